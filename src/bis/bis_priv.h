/* src/bis/bis_priv.h - what the files of the BIS rules share; not for other folders. */
#ifndef BIS_PRIV_H
#define BIS_PRIV_H

#include <stdio.h>
#include <stdlib.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/ec_value.h"
#include "weh/json.h"
#include "weh/placement.h"

#include "bis_context.h"

/* ---- context.c ---- */
weh_err bis_fixed(struct weh_bis *bis, enum bis_sql which, sqlite3_stmt **out,
                  struct weh_diag *diag);
void bis_reset(sqlite3_stmt *stmt);
uint64_t bis_traits(const struct weh_bis *bis, const struct weh_ec_class *ec_class);
/** Every public call begins with it: scratch memory and the number of held statements. */
void bis_call_begin(struct weh_bis *bis);
weh_err bis_link(struct weh_bis *bis, enum bis_link_name name, const struct bis_link **out,
                 struct weh_diag *diag);

/* ---- plan.c ---- */
weh_err bis_plan_get(struct weh_bis *bis, const struct weh_ec_class *ec_class,
                     struct bis_plan **out, struct weh_diag *diag);
void bis_plan_free(struct bis_plan *plan);
/** The property in @slot, or NULL. */
const struct weh_ec_property *bis_slot_property(const struct bis_plan *plan, enum bis_slot slot);
/** Index of the leaf @member of the property in @slot among all leaves, -1 when there is none. */
int bis_slot_leaf(const struct bis_plan *plan, enum bis_slot slot, const char *member);
/** The real column of a leaf of @slot, NULL ptr when there is none. */
struct weh_str bis_slot_column(const struct bis_plan *plan, enum bis_slot slot, const char *member);
/** Append @name as a quoted SQL identifier. */
void bis_sql_name(struct weh_buf *buf, struct weh_str name);
weh_err bis_sql_take(struct weh_buf *buf, char **out, struct weh_diag *diag);

/* ---- lookup.c ---- */
weh_err bis_element_head(struct weh_bis *bis, weh_id id, struct bis_head *out, bool *found,
                         struct weh_diag *diag);
/** Traits of an existing element, 0 when there is none. Remembered. */
weh_err bis_element_traits(struct weh_bis *bis, weh_id id, uint64_t *out, struct weh_diag *diag);
/** WEH_E_NOT_FOUND naming "model". Remembered. */
weh_err bis_model_info(struct weh_bis *bis, weh_id id, struct bis_model_info *out,
                       struct weh_diag *diag);
/** Class of a model, NULL when there is no such model. */
weh_err bis_model_class(struct weh_bis *bis, weh_id id, const struct weh_ec_class **out,
                        struct weh_diag *diag);
weh_err bis_find_by_guid(struct weh_bis *bis, const struct weh_guid *guid, weh_id *out,
                         struct weh_diag *diag);
weh_err bis_find_by_code(struct weh_bis *bis, weh_id spec, weh_id scope, struct weh_str value,
                         weh_id *out, struct weh_diag *diag);
void bis_forget_ids(struct weh_bis *bis);

/* ---- code.c ---- */
struct bis_code {
    weh_id spec;
    weh_id scope;
    struct weh_str value; /* trimmed, views into the props */
};
/** Without the white space around it: of Unicode, with U+0085 (@next_line) as the native library has
 * it, or without as JavaScript does. */
struct weh_str bis_trim(struct weh_str text, bool next_line);
/** Read {spec, scope, value}; NULL is the empty code. The spec need not exist. WEH_E_BAD_ARGS
 * naming the member. */
weh_err bis_code_read(struct weh_bis *bis, const struct weh_value *value, struct bis_code *out,
                      struct weh_diag *diag);
/** WEH_E_FOREIGN_KEY when there is no code spec @id. */
weh_err bis_code_spec_check(struct weh_bis *bis, weh_id id, struct weh_diag *diag);

/* ---- read.c, parts.c ---- */
weh_err bis_read_row(struct weh_bis *bis, struct bis_plan *plan, weh_id id, sqlite3_stmt **out,
                     bool *found, struct weh_diag *diag);
weh_err bis_write_plain(struct weh_bis *bis, const struct bis_plan *plan, struct weh_sink *sink,
                        struct weh_diag *diag);
weh_err bis_write_json(struct weh_bis *bis, struct weh_str text, const char *key,
                       struct weh_sink *sink, struct weh_diag *diag);
/** Change the parsed JSON properties of a display style to what is to be shown. */
weh_err bis_style_show(struct weh_bis *bis, struct weh_value *json, struct weh_diag *diag);
weh_err bis_write_parts(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                        struct weh_sink *sink, struct weh_diag *diag);
/** Write geom, if it is wanted and the element has one. */
weh_err bis_write_geometry(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                           struct weh_sink *sink, struct weh_diag *diag);
/** The stream of the element @id, unpacked (weh_geom_unpack); nothing when it has none. WEH_E_UNSUPPORTED. */
weh_err bis_unpack_geometry(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                            struct weh_buf *out, struct weh_diag *diag);
void bis_write_related(struct weh_bis *bis, const char *key, weh_id id, weh_id rel,
                       struct weh_sink *sink);
/** Column of the select that holds a leaf, -1 when there is none. */
int bis_read_column(const struct bis_plan *plan, enum bis_slot slot, const char *member);
weh_id bis_read_id(const struct bis_plan *plan, enum bis_slot slot, const char *member);

/** The placement of the current row of the plan's select; without has_box when it has none. */
void bis_read_placement3d(const struct bis_plan *plan, struct weh_placement3d *out);
void bis_read_placement2d(const struct bis_plan *plan, struct weh_placement2d *out);
/** The box of a geometry part; false when it has none. */
bool bis_read_part_box(const struct bis_plan *plan, double low[3], double high[3]);

/* ---- selector.c ---- */
weh_err bis_selector_write(struct weh_bis *bis, enum bis_link_name name, weh_id id, const char *key,
                           struct weh_sink *sink, struct weh_diag *diag);
weh_err bis_links_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag);
/** The rows of model selectors that are of the selector @id, or have selected the model @id. */
weh_err bis_selected_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag);

#endif
