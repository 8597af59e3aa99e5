/* src/bis/selector.c - rows of link tables: what selectors select, and what goes with an element.
 *
 * The general relationships of iTwin.js are not here yet; only what elements own.
 */
#include <string.h>

#include "weh/id_set.h"

#include "bis_edit.h"

static weh_err text_done(struct weh_buf *buf, struct weh_diag *diag)
{
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

/* " AND ECClassId=N" when the table holds several classes. */
static void put_class(struct weh_buf *buf, const struct bis_link *link)
{
    if (link->ec_class->tables[0]->has_class_id_column) {
        weh_buf_printf(buf, " AND ECClassId=%lld", (long long)link->ec_class->id);
    }
}

static weh_err acquire(struct weh_bis *bis, sqlite3_stmt **out, weh_id id, struct weh_diag *diag)
{
    weh_err err = text_done(&bis->scratch, diag);

    if (err == WEH_OK) {
        err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, out, diag);
    }
    if (err == WEH_OK && sqlite3_bind_int64(*out, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    return err;
}

/* The selected ids, each once, in order. */
static weh_err select_targets(struct weh_bis *bis, const struct bis_link *link, weh_id id,
                              sqlite3_stmt **out, struct weh_diag *diag)
{
    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch, "SELECT DISTINCT %s FROM %s WHERE %s=?", link->target, link->name,
                   link->source);
    put_class(&bis->scratch, link);
    weh_buf_printf(&bis->scratch, " ORDER BY 1");
    return acquire(bis, out, id, diag);
}

weh_err bis_selector_write(struct weh_bis *bis, enum bis_link_name name, weh_id id, const char *key,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    const struct bis_link *link = NULL;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = bis_link(bis, name, &link, diag);

    if (err == WEH_OK) {
        err = select_targets(bis, link, id, &stmt, diag);
    }
    if (err == WEH_OK) {
        weh_sink_key(sink, key);
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            weh_sink_id(sink, (weh_id)sqlite3_column_int64(stmt, 0));
        }
    }
    if (err == WEH_OK) {
        weh_sink_array_end(sink);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err delete_selected(struct weh_bis *bis, const struct bis_link *link, weh_id id,
                               struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch, "DELETE FROM %s WHERE %s=?", link->name, link->source);
    put_class(&bis->scratch, link);
    err = acquire(bis, &stmt, id, diag);
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static int compare_ids(const void *a, const void *b)
{
    weh_id x = *(const weh_id *)a;
    weh_id y = *(const weh_id *)b;

    return x < y ? -1 : x > y;
}

/* The ids of @value, sorted, each once. */
static weh_err read_ids(struct weh_bis *bis, enum bis_link_name name, const struct weh_value *value,
                        weh_id **out, size_t *n, struct weh_diag *diag)
{
    const char *where = name == LINK_SELECTOR_MODELS ? "models" : "categories";
    size_t count = 0;
    weh_id *ids;

    *n = 0;
    *out = NULL;
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_ARRAY || value->n > BIS_MAX_SELECTED) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be an array of ids", where);
    }
    ids = weh_arena_array(&bis->arena, value->n + 1u, sizeof(*ids));
    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < value->n; i++) {
        weh_err err = bis_id_read(&value->as.items[i], where, &ids[i], diag);

        if (err != WEH_OK || ids[i] == 0) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be an array of ids", where);
        }
    }
    qsort(ids, value->n, sizeof(*ids), compare_ids);
    for (uint32_t i = 0; i < value->n; i++) {
        if (count == 0 || ids[count - 1] != ids[i]) {
            ids[count++] = ids[i];
        }
    }
    *out = ids;
    *n = count;
    return WEH_OK;
}

static weh_err insert_selected(struct weh_bis *bis, const struct bis_link *link, weh_id id,
                               const weh_id *ids, size_t n, struct weh_diag *diag)
{
    const struct weh_ec_table *table = link->ec_class->tables[0];
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch, "INSERT INTO %s(%s,%s,", link->name, link->source, link->target);
    bis_sql_name(&bis->scratch, table->id_column);
    weh_buf_printf(&bis->scratch,
                   table->has_class_id_column ? ",ECClassId) VALUES(?1,?2,?3,%lld)"
                                              : ") VALUES(?1,?2,?3)",
                   (long long)link->ec_class->id);
    err = acquire(bis, &stmt, id, diag);
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        weh_id row = 0;

        err = weh_briefcase_next_instance_id(bis->briefcase, &row, diag);
        if (err == WEH_OK && (sqlite3_bind_int64(stmt, 2, (int64_t)ids[i]) != SQLITE_OK ||
                              sqlite3_bind_int64(stmt, 3, (int64_t)row) != SQLITE_OK)) {
            err = weh_fail_nomem(diag);
        }
        if (err == WEH_OK) {
            err = weh_stmt_run(bis->briefcase, stmt, diag);
            (void)sqlite3_reset(stmt);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

/* Are just the sorted ids of @wanted selected? */
static weh_err is_selected(struct weh_bis *bis, const struct bis_link *link, weh_id id,
                           const struct weh_id_list *wanted, bool *same, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    size_t at = 0;
    bool row = true;
    weh_err err = select_targets(bis, link, id, &stmt, diag);

    *same = true;
    while (err == WEH_OK && row && *same) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            *same = at < wanted->n && wanted->ids[at] == (weh_id)sqlite3_column_int64(stmt, 0);
            at++;
        }
    }
    *same = *same && at == wanted->n;
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err bis_selector_replace(struct weh_bis *bis, enum bis_link_name name, weh_id id,
                             const struct weh_value *value, struct weh_diag *diag)
{
    const struct bis_link *link = NULL;
    weh_id *ids = NULL;
    size_t n = 0;
    bool same = false;
    weh_err err = read_ids(bis, name, value, &ids, &n, diag);

    if (err == WEH_OK) {
        err = bis_link(bis, name, &link, diag);
    }
    if (err == WEH_OK) {
        err = is_selected(bis, link, id, &(struct weh_id_list){ ids, n }, &same, diag);
    }
    if (err != WEH_OK || same) {
        return err; /* the rows keep their ids */
    }
    err = delete_selected(bis, link, id, diag);
    return err == WEH_OK && n > 0 ? insert_selected(bis, link, id, ids, n, diag) : err;
}

static weh_err delete_from(struct weh_bis *bis, enum bis_link_name name, enum bis_sql sql,
                           weh_id id, struct weh_diag *diag)
{
    const struct bis_link *link = NULL;
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_link(bis, name, &link, diag);

    if (err == WEH_OK && bis->sql[sql] == NULL) {
        weh_buf_clear(&bis->scratch);
        weh_buf_printf(&bis->scratch, "DELETE FROM %s WHERE %s=?1 OR %s=?1", link->name,
                       link->source, link->target);
        err = bis_sql_take(&bis->scratch, &bis->sql[sql], diag);
    }
    if (err == WEH_OK) {
        err = bis_fixed(bis, sql, &stmt, diag);
    }
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    bis_reset(stmt);
    return err;
}

weh_err bis_links_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    weh_err err = delete_from(bis, LINK_REFERS, SQL_REFERS_DELETE, id, diag);

    return err == WEH_OK ? delete_from(bis, LINK_DRIVES, SQL_DRIVES_DELETE, id, diag) : err;
}

weh_err bis_selected_delete(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    return delete_from(bis, LINK_SELECTOR_MODELS, SQL_SELECTED_DELETE, id, diag);
}
