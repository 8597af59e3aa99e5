/* include/weh/aspect.h - aspects of elements, by the rules of BisCore.
 *
 * Rules and errors as core-backend 5.1.9 with the native library 5.1.72 has them, measured. Every edit
 * sets the owner's LastMod. Threads and failures as in bis.h: each edit is all or nothing.
 */
#ifndef WEH_ASPECT_H
#define WEH_ASPECT_H

#include "weh/bis.h"

/**
 * Write the AspectProps of the aspects of @element as one array: multi aspects by id, then the unique
 * ones. An element that does not exist has none.
 *
 * @class_name  only aspects of this class and of those that derive from it (of a concrete class in the
 *              order of the classes, as the official backend has them); NULL ptr: all.
 *
 * WEH_E_BAD_ARGS (classFullName is no class of aspects), WEH_E_CORRUPT, WEH_E_NOMEM. After the last two
 * a part may have been written.
 */
WEH_MUST_CHECK weh_err weh_aspects_get_props(struct weh_bis *bis, weh_id element,
                                             struct weh_str class_name, struct weh_sink *sink,
                                             struct weh_diag *diag);

/** Write the AspectProps of one aspect. WEH_E_NOT_FOUND. */
WEH_MUST_CHECK weh_err weh_aspect_get_props(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                                            struct weh_diag *diag);

/**
 * Insert; @props is an AspectProps map: classFullName, element {id, relClassName?}, properties.
 *
 * A unique aspect that the element has already is replaced: its id stays and is the result, and what
 * @props does not name becomes NULL; one of a class that derives from the given one is deleted.
 *
 * WEH_E_INVALID_ID (no element), WEH_E_MISSING_ID (it does not exist), WEH_E_WRONG_CLASS,
 * WEH_E_BAD_ARGS (abstract class, unknown relClassName, a member or its type), WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_aspect_insert(struct weh_bis *bis, const struct weh_value *props,
                                         weh_id *out, struct weh_diag *diag);

/**
 * Update: an absent member stays, a null one is cleared. @props has classFullName, element.id (the
 * owner) and, unless the class is of unique aspects, the id (theirs is not looked at). The owner and
 * its relationship stay.
 *
 * As weh_aspect_insert; WEH_E_NOT_FOUND when the element has no such aspect.
 */
WEH_MUST_CHECK weh_err weh_aspect_update(struct weh_bis *bis, const struct weh_value *props,
                                         struct weh_diag *diag);

/** Delete the aspects, all or none. WEH_E_NOT_FOUND, WEH_E_INVALID_ID (0), WEH_E_READ_ONLY. */
WEH_MUST_CHECK weh_err weh_aspect_delete(struct weh_bis *bis, const weh_id *ids, size_t n,
                                         struct weh_diag *diag);

#endif
