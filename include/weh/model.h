/* include/weh/model.h - models by the rules of BisCore, in the context of weh/bis.h. */
#ifndef WEH_MODEL_H
#define WEH_MODEL_H

#include "weh/bis.h"

/**
 * Insert the model of an element; @props is a ModelProps map. Its id is the element's.
 *
 * WEH_E_BAD_ARGS, WEH_E_BAD_ELEMENT (no such element, or of a wrong kind for the class),
 * WEH_E_WRONG_ELEMENT (it cannot have a model), WEH_E_WRITE (it has one, or the class is abstract),
 * WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_model_insert(struct weh_bis *bis, const struct weh_value *props,
                                        weh_id *out, struct weh_diag *diag);

/**
 * Update a model: an absent or null member stays; @props has the id. LastMod stays too, unless the
 * members of iTwin.js' UpdateModelOptions say otherwise: updateLastMod, geometryChanged (a new
 * geometry GUID). jsonProperties are replaced, but for the formatter of geometric models.
 *
 * WEH_E_INVALID_ID, WEH_E_MISSING_ID, WEH_E_BAD_ARGS, WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_model_update(struct weh_bis *bis, const struct weh_value *props,
                                        struct weh_diag *diag);

/**
 * Delete a model with all its elements, each as weh_element_delete does; the modelled element stays.
 *
 * WEH_E_INVALID_ID, WEH_E_MISSING_ID, WEH_E_WRONG_MODEL (one of those that every iModel has), and as
 * weh_element_delete; nothing was deleted then.
 */
WEH_MUST_CHECK weh_err weh_model_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag);

/**
 * Write [{id, status, extents: {low, high}}], one for each id, as the official queryExtents: status 0,
 * or the iTwin.js number of why there are none (65559 no id, 65574 no such model, 65600 a model
 * without geometry). Extents of nothing have low above high.
 *
 * Errors as weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_model_query_extents(struct weh_bis *bis, const weh_id *ids, size_t n,
                                               struct weh_sink *sink, struct weh_diag *diag);

/** What weh_model_query_extents tells of the model @id: low and high corner. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_model_get_range(struct weh_bis *bis, weh_id id, double out[6],
                                           struct weh_diag *diag);

/** Write ModelProps as the official getModelProps. WEH_E_NOT_FOUND. */
WEH_MUST_CHECK weh_err weh_model_get_props(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                                           struct weh_diag *diag);

#endif
