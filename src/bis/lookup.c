/* src/bis/lookup.c - does it exist, and what is it: elements, models.
 *
 * Remembers what was found in small direct-mapped tables. Only existence is remembered, never
 * absence, and within the write lock nobody else can take it away: the tables are emptied by our
 * own deletes and, through weh_bis_forget, when changes are rolled back, undone or redone.
 */
#include <string.h>

#include "bis_priv.h"

static weh_err bind_id(struct weh_bis *bis, sqlite3_stmt *stmt, int param, weh_id id,
                       struct weh_diag *diag)
{
    int rc = sqlite3_bind_int64(stmt, param, (int64_t)id);

    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(bis->briefcase, rc, diag);
}

void bis_forget_ids(struct weh_bis *bis)
{
    memset(bis->models, 0, sizeof(bis->models));
    memset(bis->elements, 0, sizeof(bis->elements));
    memset(bis->specs, 0, sizeof(bis->specs));
}

weh_err bis_element_head(struct weh_bis *bis, weh_id id, struct bis_head *out, bool *found,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_fixed(bis, SQL_ELEMENT_HEAD, &stmt, diag);

    memset(out, 0, sizeof(*out));
    *found = false;
    if (err == WEH_OK) {
        err = bind_id(bis, stmt, 1, id, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, found, diag);
    }
    if (err == WEH_OK && *found) {
        out->class_id = (weh_id)sqlite3_column_int64(stmt, 0);
        out->model = (weh_id)sqlite3_column_int64(stmt, 1);
        out->parent = (weh_id)sqlite3_column_int64(stmt, 2);
        out->ec_class = weh_ec_class_by_id(bis->catalog, out->class_id);
    }
    bis_reset(stmt);
    if (err == WEH_OK && *found && out->ec_class == NULL) {
        err = weh_fail(diag, WEH_E_CORRUPT, "an element is of no known class");
    }
    return err;
}

weh_err weh_element_get_place(struct weh_bis *bis, weh_id id, struct weh_element_place *out,
                              bool *found, struct weh_diag *diag)
{
    struct bis_head head;
    weh_err err = bis_element_head(bis, id, &head, found, diag);

    *out = (struct weh_element_place){ .model = head.model, .parent = head.parent };
    return err;
}

weh_err bis_element_traits(struct weh_bis *bis, weh_id id, uint64_t *out, struct weh_diag *diag)
{
    size_t index = id % BIS_CACHE_SIZE;
    struct bis_head head;
    bool found = false;
    weh_err err;

    *out = 0;
    if (id == 0) {
        return WEH_OK;
    }
    if (bis->elements[index].id == id) {
        *out = bis->elements[index].traits;
        return WEH_OK;
    }
    err = bis_element_head(bis, id, &head, &found, diag);
    if (err == WEH_OK && found) {
        *out = bis_traits(bis, head.ec_class) | TRAIT(ELEMENT);
        bis->elements[index].id = id;
        bis->elements[index].traits = *out;
    }
    return err;
}

/* Only geometric 3d models have the flag, in a column that other classes use for other things. */
static weh_err read_unlocated(struct weh_bis *bis, struct bis_plan *plan, weh_id id, bool *out,
                              struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err = bis_read_row(bis, plan, id, &stmt, &found, diag);
    int column = bis_read_column(plan, SLOT_MODEL_UNLOCATED, "");

    *out = err == WEH_OK && found && column >= 0 && sqlite3_column_int(stmt, column) != 0;
    bis_reset(stmt);
    return err;
}

static weh_err read_model(struct weh_bis *bis, weh_id id, struct bis_model_info *out,
                          struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    bool is_template = false;
    bool unlocated = false;
    weh_err err = bis_fixed(bis, SQL_MODEL_HEAD, &stmt, diag);

    if (err == WEH_OK) {
        err = bind_id(bis, stmt, 1, id, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        ec_class = weh_ec_class_by_id(bis->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
        is_template = sqlite3_column_int(stmt, 1) != 0;
    }
    bis_reset(stmt);
    if (err != WEH_OK) {
        return err;
    }
    if (!found) {
        return weh_fail_where(diag, WEH_E_NOT_FOUND, "model", "the model does not exist");
    }
    if (ec_class == NULL) {
        return weh_fail(diag, WEH_E_CORRUPT, "a model is of no known class");
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err == WEH_OK && (plan->traits & TRAIT(GEOMETRIC_MODEL_3D)) != 0) {
        err = read_unlocated(bis, plan, id, &unlocated, diag);
    }
    if (err == WEH_OK) {
        out->id = id;
        out->traits = plan->traits;
        out->in_spatial_index = !is_template && !unlocated;
        out->is_unlocated = unlocated;
    }
    return err;
}

weh_err bis_model_info(struct weh_bis *bis, weh_id id, struct bis_model_info *out,
                       struct weh_diag *diag)
{
    struct bis_model_info *entry = &bis->models[id % BIS_CACHE_SIZE];
    struct bis_model_info fresh = { 0 };
    weh_err err;

    if (id == 0) {
        return weh_fail_where(diag, WEH_E_BAD_MODEL, "model", "model must be the id of a model");
    }
    if (entry->id != id) {
        err = read_model(bis, id, &fresh, diag);
        if (err != WEH_OK) {
            return err;
        }
        *entry = fresh;
    }
    *out = *entry;
    return WEH_OK;
}

weh_err bis_model_class(struct weh_bis *bis, weh_id id, const struct weh_ec_class **out,
                        struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err = bis_fixed(bis, SQL_MODEL_HEAD, &stmt, diag);

    *out = NULL;
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        *out = weh_ec_class_by_id(bis->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
    }
    bis_reset(stmt);
    return err;
}

weh_err bis_find_by_guid(struct weh_bis *bis, const struct weh_guid *guid, weh_id *out,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err = bis_fixed(bis, SQL_ELEMENT_BY_GUID, &stmt, diag);

    *out = 0;
    if (err == WEH_OK &&
        sqlite3_bind_blob(stmt, 1, guid->bytes, sizeof(guid->bytes), SQLITE_STATIC) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        *out = (weh_id)sqlite3_column_int64(stmt, 0);
    }
    bis_reset(stmt);
    return err;
}

weh_err bis_find_by_code(struct weh_bis *bis, weh_id spec, weh_id scope, struct weh_str value,
                         weh_id *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err = WEH_OK;

    *out = 0;
    if (value.len == 0) {
        return WEH_OK; /* an empty code is nobody's */
    }
    err = bis_fixed(bis, SQL_ELEMENT_BY_CODE, &stmt, diag);
    if (err == WEH_OK) {
        err = bind_id(bis, stmt, 1, spec, diag);
    }
    if (err == WEH_OK) {
        err = bind_id(bis, stmt, 2, scope, diag);
    }
    if (err == WEH_OK &&
        sqlite3_bind_text(stmt, 3, value.ptr, (int)value.len, SQLITE_STATIC) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        *out = (weh_id)sqlite3_column_int64(stmt, 0);
    }
    bis_reset(stmt);
    return err;
}
