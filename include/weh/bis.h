/* include/weh/bis.h - elements by the rules of BisCore; models are in weh/model.h.
 *
 * Reads and edits entities of any class through the EC catalogue, with the official backend's rules
 * (bim-format 3.1 to 3.4, core-backend 5.1.9 with native 5.1.72) and its errors. One context belongs
 * to one open briefcase; one thread at a time. Each edit is all or nothing.
 */
#ifndef WEH_BIS_H
#define WEH_BIS_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/changes.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/sink.h"
#include "weh/value.h"

struct weh_bis;
struct weh_briefcase;
struct weh_ec_catalog;

/** @briefcase and @catalog are kept and must outlive the context. @out owned by the caller. */
WEH_MUST_CHECK weh_err weh_bis_create(struct weh_briefcase *briefcase,
                                      const struct weh_ec_catalog *catalog, struct weh_bis **out,
                                      struct weh_diag *diag);
/** Before the briefcase closes. NULL is fine. */
void weh_bis_destroy(struct weh_bis *bis);

/**
 * Forget what is remembered of the file's rows: which models, elements and code specs exist, which
 * sub-categories were restyled. To be called whenever rows change other than through this context:
 * after abandon, undo, redo, applied changesets. Cannot fail.
 */
void weh_bis_forget(struct weh_bis *bis);

/** How much of that is remembered now, for weh_bis_forget_since: to be asked at a savepoint. */
size_t weh_bis_mark(const struct weh_bis *bis);

/** Forget, after a rollback to a savepoint, what came after @mark; what the file may now deny, all. */
void weh_bis_forget_since(struct weh_bis *bis, size_t mark);

/**
 * Make the edits that follow one: all of them stay or none. One that fails has failed them all, and
 * weh_bis_batch_end must be told. They do not nest.
 */
WEH_MUST_CHECK weh_err weh_bis_batch_begin(struct weh_bis *bis, struct weh_diag *diag);
/** @err WEH_OK keeps the edits, anything else takes them back. Returns @err, or why it could not
 * end. */
WEH_MUST_CHECK weh_err weh_bis_batch_end(struct weh_bis *bis, weh_err err, struct weh_diag *diag);

/** Give back prepared statements and scratch memory of an idle context; all come back by use. */
void weh_bis_trim(struct weh_bis *bis);

/** Which element (exactly one of the first three), and how much of it: ElementLoadProps. */
struct weh_element_key {
    weh_id id;                              /* 0: not this */
    const struct weh_guid *federation_guid; /* NULL: not this */
    const struct weh_value *code;           /* {spec, scope, value}; NULL: not this */
    bool want_geometry;                     /* geom too */
    bool want_brep_data;                    /* the Parasolid data in it */
    bool want_excluded_set; /* excludedElements of a display style as a compressed set of ids */
    bool omit_script_ids;   /* elementIds in the schedule script of one are "" */
};

/**
 * Write the ElementProps of one element as one map to @sink, members and order as the official
 * getElementProps.
 *
 * WEH_E_NOT_FOUND (nothing was written), WEH_E_BAD_ARGS, WEH_E_UNSUPPORTED (geometry that cannot be
 * read, naming the element), WEH_E_CORRUPT, WEH_E_NOMEM. After another
 * error than NOT_FOUND and BAD_ARGS a part of the map may have been written.
 */
WEH_MUST_CHECK weh_err weh_element_get_props(struct weh_bis *bis, const struct weh_element_key *key,
                                             struct weh_sink *sink, struct weh_diag *diag);

/** Where an element stands. */
struct weh_element_place {
    weh_id model;
    weh_id parent; /* 0: none */
};

/** Where the element @id stands; *@found says whether there is one. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_element_get_place(struct weh_bis *bis, weh_id id,
                                             struct weh_element_place *out, bool *found,
                                             struct weh_diag *diag);

/**
 * Write the geometry of the element @id as edit tools get it: ElementGeometryInfo, with the entries of its stream
 * as they are stored. Nothing is written when there is no such element, when it is not geometric, and when
 * @filter (FlatBufferGeometryFilter; NULL: none) does not take the stream.
 *
 * WEH_E_BAD_ARGS naming the member of @filter, WEH_E_UNSUPPORTED (the stream cannot be read), WEH_E_TOO_LARGE,
 * WEH_E_NOMEM, and those of weh_db_fail. Nothing was written then.
 */
WEH_MUST_CHECK weh_err weh_element_write_geometry(struct weh_bis *bis, weh_id id,
                                                  const struct weh_value *filter,
                                                  struct weh_sink *sink, struct weh_diag *diag);

/** Write the ids of the children of @id as an array, ascending; empty when there are none, and when
 * there is no such element. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_element_query_children(struct weh_bis *bis, weh_id id,
                                                  struct weh_sink *sink, struct weh_diag *diag);

/**
 * Insert; @props is an ElementProps map. Members outside the class are refused by name.
 *
 * A category brings its default sub-category, whose id is the next one.
 *
 * WEH_E_BAD_ARGS (class, a member or its type), WEH_E_NOT_FOUND (model), WEH_E_WRONG_MODEL,
 * WEH_E_INVALID_CATEGORY, WEH_E_INVALID_CODE, WEH_E_INVALID_PARENT, WEH_E_BAD_ELEMENT (what a view
 * or a geometry part needs), WEH_E_WRITE (abstract class), WEH_E_DUPLICATE_CODE, WEH_E_NOT_UNIQUE
 * (federation GUID), WEH_E_FOREIGN_KEY, WEH_E_UNSUPPORTED (geometry
 * without a box that is known here, when none is given), WEH_E_READ_ONLY, and those of
 * weh_db_fail. The diag's where names the member.
 */
WEH_MUST_CHECK weh_err weh_element_insert(struct weh_bis *bis, const struct weh_value *props,
                                          weh_id *out, struct weh_diag *diag);

/**
 * Update: an absent member stays, a null one is cleared; @props has the id.
 *
 * As by the native library, classFullName and model are ignored, and null leaves these as they are:
 * code, jsonProperties, category, placement, appearance, url, and the parts of views. What
 * weh_element_get_props wrote can be given back whole.
 *
 * WEH_E_MISSING_ID, and as weh_element_insert (a federation GUID that is taken: WEH_E_WRITE).
 */
WEH_MUST_CHECK weh_err weh_element_update(struct weh_bis *bis, const struct weh_value *props,
                                          struct weh_diag *diag);

/**
 * Delete the elements with their children, all or none. One that went with an earlier one's children
 * still has to exist when its turn comes, unless it was among those.
 *
 * WEH_E_MISSING_ID, WEH_E_WRONG_ELEMENT (the root subject), WEH_E_DELETION_PROHIBITED (definitions),
 * WEH_E_FOREIGN_KEY (it has a model, or others refer to it), WEH_E_LIMIT, WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_element_delete(struct weh_bis *bis, const weh_id *ids, size_t n,
                                          struct weh_diag *diag);

/**
 * Delete the element @id with its children and sub-models, and what is in these, as iTwin.js'
 * deleteElementTree: of the definitions those that nothing outside uses. The others stay, with the
 * models and subjects that hold them; that is no error.
 *
 * @n_deleted  how many elements.
 *
 * WEH_E_NOT_FOUND, and as weh_element_delete: nothing was deleted then.
 */
WEH_MUST_CHECK weh_err weh_element_delete_tree(struct weh_bis *bis, weh_id id, size_t *n_deleted,
                                               struct weh_diag *diag);

/**
 * Delete those of the definition elements @ids that nothing uses, as iTwin.js'
 * deleteDefinitionElements: ids of anything else are passed over.
 *
 * @used  those that are in use and were left; room for @n. *@n_used their number, ascending.
 *
 * As weh_element_delete, without WEH_E_DELETION_PROHIBITED.
 */
WEH_MUST_CHECK weh_err weh_element_delete_definitions(struct weh_bis *bis, const weh_id *ids,
                                                      size_t n, weh_id *used, size_t *n_used,
                                                      struct weh_diag *diag);

/** The range of the element @id of class @class_id in world coordinates, from its placement; low above high when it has
 * none. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_element_get_range(struct weh_bis *bis, weh_id id, weh_id class_id,
                                             double out[6], struct weh_diag *diag);

/** The dependent changes of a save: LastMod of each touched model, one new GeometryGuid shared by
 * all models whose geometry changed. For weh_txn_set_propagator; @ctx is the context. */
WEH_MUST_CHECK weh_err weh_bis_propagate(void *ctx, const struct weh_change_list *changes,
                                         struct weh_diag *diag);
/** That save is durable. */
void weh_bis_saved(void *ctx);

#endif
