/* src/bis/propagate.c - what a save changes besides the edits: times and geometry GUIDs of models.
 *
 * The native library 5.1.72 sets LastMod of every model of which an element changed, and one new
 * GeometryGuid for all models whose geometry changed, also by another look of a sub-category.
 */
#include <string.h>

#include "bis_edit.h"

weh_err bis_restyled_add(struct weh_bis *bis, weh_id category, struct weh_diag *diag)
{
    for (size_t i = 0; i < bis->n_restyled; i++) {
        if (bis->restyled[i] == category) {
            return WEH_OK;
        }
    }
    if (bis->n_restyled == bis->max_restyled) {
        size_t max = bis->max_restyled == 0 ? 8 : bis->max_restyled * 2;
        weh_id *ids = weh_realloc(bis->restyled, max * sizeof(*ids));

        if (ids == NULL) {
            return weh_fail_nomem(diag);
        }
        bis->restyled = ids;
        bis->max_restyled = max;
    }
    bis->restyled[bis->n_restyled++] = category;
    return WEH_OK;
}

static weh_err build_touch(struct weh_bis *bis, const struct bis_plan *plan, struct weh_str guid,
                           struct weh_diag *diag)
{
    struct weh_buf *buf = &bis->scratch;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "UPDATE ");
    bis_sql_name(buf, plan->ec_class->tables[0]->name);
    weh_buf_printf(buf, " SET ");
    bis_sql_name(buf, bis_slot_column(plan, SLOT_LAST_MOD, ""));
    weh_buf_printf(buf, "=julianday('now')");
    if (guid.len > 0) {
        weh_buf_byte(buf, ',');
        bis_sql_name(buf, guid);
        weh_buf_printf(buf, "=?2");
    }
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, plan->ec_class->tables[0]->id_column);
    weh_buf_printf(buf, "=?1");
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

weh_err bis_model_touch(struct weh_bis *bis, weh_id id, const struct weh_guid *guid,
                        struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct weh_str column = { NULL, 0 };
    struct bis_plan *plan = NULL;
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_model_class(bis, id, &ec_class, diag);

    if (err != WEH_OK || ec_class == NULL) {
        return err; /* deleted with its elements */
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err == WEH_OK && guid != NULL) {
        column = bis_slot_column(plan, SLOT_MODEL_GUID, "");
    }
    if (err == WEH_OK) {
        err = build_touch(bis, plan, column, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, &stmt, diag);
    }
    if (err == WEH_OK &&
        (sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK ||
         (column.len > 0 && sqlite3_bind_blob(stmt, 2, guid->bytes, sizeof(guid->bytes),
                                              SQLITE_STATIC) != SQLITE_OK))) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

/* SELECT DISTINCT model FROM elements of base class @base WHERE category=?; WEH_OK without a text
 * when the file has no such class. */
static weh_err build_users(struct weh_bis *bis, enum bis_base base, bool *any,
                           struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, bis->bases[base]);
    struct weh_buf *buf = &bis->scratch;
    struct bis_plan *plan = NULL;
    weh_err err;

    *any = false;
    if (ec_class == NULL || ec_class->n_tables < 2) {
        return WEH_OK;
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT DISTINCT e.");
    bis_sql_name(buf, bis_slot_column(plan, SLOT_MODEL, "Id"));
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, ec_class->tables[1]->name);
    weh_buf_printf(buf, " g JOIN ");
    bis_sql_name(buf, ec_class->tables[0]->name);
    weh_buf_printf(buf, " e ON e.");
    bis_sql_name(buf, ec_class->tables[0]->id_column);
    weh_buf_printf(buf, "=g.");
    bis_sql_name(buf, ec_class->tables[1]->id_column);
    weh_buf_printf(buf, " WHERE g.");
    bis_sql_name(buf, bis_slot_column(plan, SLOT_CATEGORY, "Id"));
    weh_buf_printf(buf, "=?");
    weh_buf_byte(buf, 0);
    *any = true;
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

/* Models that show elements of a restyled @category, of one dimension. */
static weh_err touch_users(struct weh_bis *bis, enum bis_base base, weh_id category,
                           const struct weh_guid *guid, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = build_users(bis, base, &row, diag);

    if (err != WEH_OK || !row) {
        return err;
    }
    err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)category) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = bis_model_touch(bis, (weh_id)sqlite3_column_int64(stmt, 0), guid, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err weh_bis_propagate(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag)
{
    struct weh_bis *bis = ctx;
    struct weh_guid guid;
    weh_err err = weh_guid_create(&guid, diag);

    for (size_t i = 0; err == WEH_OK && i < changes->n_touched; i++) {
        const struct weh_model_change *model = &changes->touched[i];

        err = bis_model_touch(bis, model->id, model->geometry ? &guid : NULL, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < bis->n_restyled; i++) {
        err = touch_users(bis, BASE_GEOMETRIC_3D, bis->restyled[i], &guid, diag);
        if (err == WEH_OK) {
            err = touch_users(bis, BASE_GEOMETRIC_2D, bis->restyled[i], &guid, diag);
        }
    }
    return err == WEH_OK ? bis_drives_settle(bis, changes, diag) : err;
}

void weh_bis_saved(void *ctx)
{
    struct weh_bis *bis = ctx;

    bis->n_restyled = 0;
    bis->n_drives = 0;
}
