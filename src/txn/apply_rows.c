/* src/txn/apply_rows.c - single rows of a stored transaction: their statements, bound and run. */
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/sqlite_time.h"

#include "apply_priv.h"

weh_err apply_misfit(struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction does not fit the file: %s", what);
}

/* Room for one more: doubled at each power of two. */
weh_err apply_grow(void **items, uint32_t n, size_t size, struct weh_diag *diag)
{
    void *grown;

    if (n != 0 && (n & (n - 1)) != 0) {
        return WEH_OK;
    }
    grown = weh_realloc(*items, (n == 0 ? 1 : (size_t)n * 2) * size);
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    *items = grown;
    return WEH_OK;
}

static void put_where(struct weh_buf *sql, const struct table *table)
{
    for (uint32_t i = 0; i < table->n_pk; i++) {
        weh_buf_printf(sql, i == 0 ? " WHERE " : " AND ");
        sql_identifier(sql, table->columns[table->pk_cols[i]]);
        weh_buf_printf(sql, "=?%u", table->pk_cols[i] + 1U);
    }
}

static void put_insert(struct weh_buf *sql, const struct table *table, uint32_t n_columns)
{
    weh_buf_printf(sql, "INSERT INTO main.");
    sql_identifier(sql, table->name);
    for (uint32_t i = 0; i < n_columns; i++) {
        weh_buf_byte(sql, i == 0 ? '(' : ',');
        sql_identifier(sql, table->columns[i]);
    }
    weh_buf_printf(sql, ")VALUES");
    for (uint32_t i = 0; i < n_columns; i++) {
        weh_buf_printf(sql, "%c?%u", i == 0 ? '(' : ',', i + 1);
    }
    weh_buf_byte(sql, ')');
}

static void put_delete(struct weh_buf *sql, const struct table *table)
{
    weh_buf_printf(sql, "DELETE FROM main.");
    sql_identifier(sql, table->name);
    put_where(sql, table);
}

/* False when the row sets nothing. */
static bool put_update(struct weh_buf *sql, const struct apply_group *group,
                       const struct cs_value *row)
{
    bool first = true;

    weh_buf_printf(sql, "UPDATE main.");
    sql_identifier(sql, group->table->name);
    for (uint32_t i = 0; i < group->group.n_columns; i++) {
        if (row[i].type == CS_UNDEFINED || group->table->pk[i] != 0) {
            continue;
        }
        weh_buf_printf(sql, first ? " SET " : ",");
        sql_identifier(sql, group->table->columns[i]);
        weh_buf_printf(sql, "=?%u", i + 1);
        first = false;
    }
    put_where(sql, group->table);
    return !first;
}

/* True when the statement at hand sets the same columns as @row; remembers those of @row. */
static bool same_columns(struct applier *applier, uint32_t n, const struct cs_value *row)
{
    struct weh_buf *columns = &applier->columns;
    bool same = columns->len == n;

    for (uint32_t i = 0; i < n && same; i++) {
        same = columns->data[i] == (row[i].type != CS_UNDEFINED);
    }
    if (!same) {
        weh_buf_clear(columns);
        for (uint32_t i = 0; i < n; i++) {
            weh_buf_byte(columns, row[i].type != CS_UNDEFINED);
        }
    }
    return same;
}

void apply_drop_statement(struct applier *applier)
{
    weh_stmt_release(applier->tables->briefcase, applier->stmt);
    applier->stmt = NULL;
}

/* The statement whose text is in applier->sql. */
static weh_err acquire_sql(struct applier *applier, sqlite3_stmt **out, struct weh_diag *diag)
{
    weh_buf_byte(&applier->sql, 0);
    if (applier->sql.err != WEH_OK || applier->columns.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    return weh_stmt_acquire(applier->tables->briefcase, (const char *)applier->sql.data, out, diag);
}

static weh_err take_statement(struct applier *applier, const struct apply_group *group, int kind,
                              const struct cs_value *row, struct weh_diag *diag)
{
    uint32_t n_columns = group->group.n_columns;
    bool same = kind != SQLITE_UPDATE || same_columns(applier, n_columns, row);

    if (applier->stmt != NULL && same && applier->stmt_table == group->table &&
        applier->stmt_kind == kind && applier->stmt_columns == n_columns) {
        return WEH_OK;
    }
    apply_drop_statement(applier);
    weh_buf_clear(&applier->sql);
    if (kind == SQLITE_INSERT) {
        put_insert(&applier->sql, group->table, n_columns);
    } else if (kind == SQLITE_DELETE) {
        put_delete(&applier->sql, group->table);
    } else if (!put_update(&applier->sql, group, row)) {
        return apply_misfit(diag, "an update of nothing");
    }
    applier->stmt_table = group->table;
    applier->stmt_kind = kind;
    applier->stmt_columns = n_columns;
    return acquire_sql(applier, &applier->stmt, diag);
}

static weh_err bind_row(struct applier *applier, const struct apply_group *group, int kind,
                        const struct cs_value *row, const struct cs_value *key,
                        struct weh_diag *diag)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < group->group.n_columns && rc == SQLITE_OK; i++) {
        const struct cs_value *value = group->table->pk[i] != 0 ? &key[i] : &row[i];

        if (kind == SQLITE_DELETE && group->table->pk[i] == 0) {
            continue;
        }
        if (value->type != CS_UNDEFINED) {
            rc = cs_bind(applier->stmt, (int)i + 1, value);
        }
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(applier->tables->briefcase, rc, diag);
}

weh_err apply_row(struct applier *applier, const struct apply_group *group,
                  const struct cs_change *change, bool invert, bool *done, struct weh_diag *diag)
{
    const struct cs_value *row = target_row(invert, change);
    int kind = apply_kind(invert, change->op);
    int rc;
    weh_err err = take_statement(applier, group, kind, row, diag);

    if (err == WEH_OK) {
        err = bind_row(applier, group, kind, row, key_row(change), diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (weh_briefcase_lost_transaction(applier->tables->briefcase)) {
        /* As in txn_step. */
        return weh_fail(diag, WEH_E_IO, "rolled back to the last saved state");
    }
    rc = weh_sqlite_step(applier->stmt);
    *done = rc == SQLITE_DONE;
    if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_CONSTRAINT) {
        err = weh_db_fail(applier->tables->briefcase, rc, diag);
    }
    (void)sqlite3_reset(applier->stmt);
    /* A row to be deleted may have gone with its owner; one to be changed must be there. */
    if (*done && kind == SQLITE_UPDATE && sqlite3_changes(applier->db) == 0) {
        err = apply_misfit(diag, "a row to be changed is missing");
    }
    return err;
}

weh_err apply_bind_key(struct applier *applier, const struct table *table,
                       const struct cs_value *key, bool by_column, sqlite3_stmt *stmt,
                       struct weh_diag *diag)
{
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < table->n_pk && rc == SQLITE_OK; i++) {
        uint32_t column = table->pk_cols[i];

        rc = cs_bind(stmt, (int)(by_column ? column : i) + 1, &key[column]);
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(applier->tables->briefcase, rc, diag);
}

/* The row as it shall be, as an insert, at the end of moved. */
static weh_err keep_row(struct applier *applier, const struct apply_group *group,
                        const struct cs_value *row, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    struct weh_buf *out = &applier->moved.tail;
    bool found = false;
    weh_err err = txn_step(applier->tables->briefcase, stmt, &found, diag);

    if (err != WEH_OK || !found) {
        return err != WEH_OK ? err : apply_misfit(diag, "a row to be changed is missing");
    }
    weh_buf_byte(out, SQLITE_INSERT);
    weh_buf_byte(out, 0);
    for (uint32_t i = 0; i < group->table->n_columns; i++) {
        if (i < group->group.n_columns && group->table->pk[i] == 0 && row[i].type != CS_UNDEFINED) {
            cs_copy_value(out, &row[i]);
        } else {
            cs_put_value(out, sqlite3_column_value(stmt, (int)i));
        }
    }
    return weh_spill_settle(&applier->moved, diag);
}

static weh_err delete_row(struct applier *applier, const struct table *table,
                          const struct cs_value *key, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    weh_buf_clear(&applier->sql);
    put_delete(&applier->sql, table);
    err = acquire_sql(applier, &stmt, diag);
    if (err == WEH_OK) {
        err = apply_bind_key(applier, table, key, true, stmt, diag);
    }
    if (err == WEH_OK) {
        err = txn_step(applier->tables->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(applier->tables->briefcase, stmt);
    return err;
}

weh_err apply_move_out(struct applier *applier, const struct apply_group *group,
                       const struct cs_change *change, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err =
        weh_stmt_acquire(applier->tables->briefcase, group->table->select_sql, &stmt, diag);

    if (err == WEH_OK) {
        err = apply_bind_key(applier, group->table, key_row(change), false, stmt, diag);
    }
    if (err == WEH_OK) {
        err = keep_row(applier, group, target_row(applier->invert, change), stmt, diag);
    }
    weh_stmt_release(applier->tables->briefcase, stmt);
    return err == WEH_OK ? delete_row(applier, group->table, key_row(change), diag) : err;
}

/* ---- times of last changes ---- */

struct last_mod {
    weh_id id;
    double value;
};

weh_err apply_keep_last_mod(struct applier *applier, const struct table *table,
                            const struct cs_change *change, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    struct last_mod last_mod = { .id = (weh_id)cs_int(&key_row(change)[table->id_column]) };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase, "SELECT LastMod FROM main.bis_Element WHERE Id=?1",
                                   &stmt, diag);

    if (err == WEH_OK) {
        (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)last_mod.id);
        err = txn_step(briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        last_mod.value = sqlite3_column_double(stmt, 0);
        err = weh_spill_append(&applier->last_mods, &last_mod, sizeof(last_mod), diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err apply_restore_last_mods(struct applier *applier, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    uint64_t len = weh_spill_len(&applier->last_mods);
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    if (len == 0) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(briefcase,
                           "UPDATE main.bis_Element SET LastMod=?2 WHERE Id=?1 AND LastMod<>?2",
                           &stmt, diag);
    for (uint64_t at = 0; at < len && err == WEH_OK; at += sizeof(struct last_mod)) {
        struct last_mod last_mod;
        bool row = false;

        err = weh_spill_read(&applier->last_mods, at, &last_mod, sizeof(last_mod), diag);
        if (err != WEH_OK) {
            break;
        }
        (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)last_mod.id);
        (void)sqlite3_bind_double(stmt, 2, last_mod.value);
        err = txn_step(briefcase, stmt, &row, diag);
        (void)sqlite3_reset(stmt);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}
