/* include/weh/relationship.h - rows of link tables: relationships that stand in a table of their own.
 *
 * The families of BisCore:ElementRefersToElements and BisCore:ElementDrivesElement, and what model
 * selectors select. Navigation relationships are properties and are not edited here. Rules and errors as
 * core-backend 5.1.9 with the native library 5.1.72 has them, measured; beyond it, both ends have to
 * exist, and elements must not drive each other in a circle (which ends the official process). Threads
 * and failures as in bis.h: each edit is all or nothing.
 */
#ifndef WEH_RELATIONSHIP_H
#define WEH_RELATIONSHIP_H

#include "weh/bis.h"

/** Which relationship: a class and either an id or both ends. */
struct weh_relationship_key {
    struct weh_str class_name; /* this class or one that derives from it */
    weh_id id;                 /* 0: by the ends */
    weh_id source;
    weh_id target;
};

/**
 * Write the RelationshipProps of one relationship: what the class of @key has, and the ends with
 * their classes. Of several between the same ends the one that the table's index has first.
 *
 * WEH_E_BAD_ARGS (classFullName), WEH_E_NOT_FOUND (also when an end does not exist), WEH_E_CORRUPT,
 * WEH_E_NOMEM. After the last two a part may have been written.
 */
WEH_MUST_CHECK weh_err weh_relationship_get_props(struct weh_bis *bis,
                                                  const struct weh_relationship_key *key,
                                                  struct weh_sink *sink, struct weh_diag *diag);

/**
 * Insert; @props is a RelationshipProps map: classFullName, sourceId, targetId, properties.
 *
 * @allow_dangling  the ends need not exist, as the official backend has it.
 *
 * WEH_E_BAD_ARGS (class, an end that is no id, a member or its type), WEH_E_FOREIGN_KEY (sourceId or
 * targetId does not exist), WEH_E_CYCLE, WEH_E_NOT_UNIQUE, WEH_E_READ_ONLY. Whether the ends are of
 * the classes that the relationship is made for is not checked, as by the official backend.
 */
WEH_MUST_CHECK weh_err weh_relationship_insert(struct weh_bis *bis, const struct weh_value *props,
                                               bool allow_dangling, weh_id *out,
                                               struct weh_diag *diag);

/**
 * Update; @props has classFullName and id. As by the official backend all properties are set when one
 * is named: those that are not named become NULL. The ends stay, whatever @props says.
 *
 * WEH_E_BAD_ARGS, WEH_E_NOT_FOUND (no such relationship of that class), WEH_E_NOT_UNIQUE,
 * WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_relationship_update(struct weh_bis *bis, const struct weh_value *props,
                                               struct weh_diag *diag);

/** Delete the relationship that @props names by classFullName and id; when there is none of that class
 * nothing happens, as by the official backend. WEH_E_BAD_ARGS, WEH_E_READ_ONLY. */
WEH_MUST_CHECK weh_err weh_relationship_delete(struct weh_bis *bis, const struct weh_value *props,
                                               struct weh_diag *diag);

#endif
