/* src/txn/apply.c - puts the rows of a stored transaction, or of its inverse, into the file.
 *
 * The history is linear and nobody else writes, so each row is set by its key without comparing
 * what it was. The common way runs with foreign keys on and cached statements: rows come (owners
 * first), rows change, rows go (owners last). In that order a cascade removes only what must go,
 * SET NULL meets no row that stays, and what is refused is tried again after the others. What
 * still does not go (say, two rows that swap a unique value) is rolled back and left to
 * sqlite3changeset_apply with foreign keys off, as the native library does it. That way is four
 * times slower for one element and makes every prepared statement of the connection stale.
 */
#include <string.h>

#include "weh/alloc.h"

#include "txn_priv.h"

struct apply_group {
    struct cs_group group;
    struct table *table;
    uint32_t first; /* index of its first op */
    uint32_t end;
};

struct apply_op {
    const uint8_t *at;
    uint32_t group;
    int kind; /* SQLITE_INSERT ..: what is to be done, inversion considered */
};

/* The time of an element's last change, which its trigger would move. */
struct last_mod {
    weh_id id;
    double value;
};

struct applier {
    struct tables *tables;
    sqlite3 *db;
    struct cs_reader reader;
    bool invert;
    struct apply_group *groups;
    uint32_t n_groups;
    struct apply_op *ops;
    uint32_t n_ops;
    uint32_t *order; /* ops still to be done, in order */
    struct last_mod *last_mods;
    uint32_t n_last_mods;
    /* the statement at hand */
    sqlite3_stmt *stmt;
    uint32_t stmt_group;
    int stmt_kind;
    struct weh_buf sql;
    struct weh_buf columns; /* of an UPDATE: a byte a column, 1 is set */
    bool refused;           /* the common way cannot do it */
};

static weh_err does_not_fit(struct weh_diag *diag, const char *what)
{
    return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction does not fit the file: %s", what);
}

/* ---- reading ---- */

/* Room for one more: doubled at each power of two. */
static weh_err grow(void **items, uint32_t n, size_t size, struct weh_diag *diag)
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

static weh_err add_group(struct applier *applier, struct weh_diag *diag)
{
    const struct cs_group *group = &applier->reader.group;
    struct table *table = NULL;
    void *items = applier->groups;
    weh_err err = tables_find(applier->tables, group->table, &table, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (table == NULL || !table->tracked || group->n_columns > table->n_columns) {
        return does_not_fit(diag, "table");
    }
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if ((i < group->n_columns && group->pk[i] != 0) != (table->pk[i] != 0)) {
            return does_not_fit(diag, "primary key");
        }
    }
    err = grow(&items, applier->n_groups, sizeof(*applier->groups), diag);
    applier->groups = items;
    if (err == WEH_OK) {
        applier->groups[applier->n_groups++] =
            (struct apply_group){ .group = *group, .table = table, .first = applier->n_ops };
    }
    return err;
}

static int inverse(int op)
{
    if (op == SQLITE_UPDATE) {
        return SQLITE_UPDATE;
    }
    return op == SQLITE_INSERT ? SQLITE_DELETE : SQLITE_INSERT;
}

/* The row that the change leads to, and the one that holds its key. */
static const struct cs_value *target_row(const struct applier *applier,
                                         const struct cs_change *change)
{
    return applier->invert ? change->old_row : change->new_row;
}

static const struct cs_value *key_row(const struct cs_change *change)
{
    return change->op == SQLITE_INSERT ? change->new_row : change->old_row;
}

/* An update of an element that does not say when it was changed keeps the time that it has. */
static weh_err keep_last_mod(struct applier *applier, const struct table *table,
                             const struct cs_change *change, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    void *items = applier->last_mods;
    weh_id id = (weh_id)cs_int(&key_row(change)[table->id_column]);
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = grow(&items, applier->n_last_mods, sizeof(*applier->last_mods), diag);

    applier->last_mods = items;
    if (err == WEH_OK) {
        err = weh_stmt_acquire(briefcase, "SELECT LastMod FROM main.bis_Element WHERE Id=?1", &stmt,
                               diag);
    }
    if (err == WEH_OK) {
        (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
        err = txn_step(briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        applier->last_mods[applier->n_last_mods++] =
            (struct last_mod){ .id = id, .value = sqlite3_column_double(stmt, 0) };
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err add_op(struct applier *applier, const struct cs_change *change,
                      struct weh_diag *diag)
{
    struct apply_group *group = &applier->groups[applier->n_groups - 1];
    int last_mod = group->table->last_mod_column;
    void *items = applier->ops;
    weh_err err;

    if (applier->n_ops == INT32_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the transaction is too large");
    }
    err = grow(&items, applier->n_ops, sizeof(*applier->ops), diag);
    applier->ops = items;
    if (err != WEH_OK) {
        return err;
    }
    applier->ops[applier->n_ops++] =
        (struct apply_op){ .at = change->at,
                           .group = applier->n_groups - 1,
                           .kind = applier->invert ? inverse(change->op) : change->op };
    group->end = applier->n_ops;
    if (change->op == SQLITE_UPDATE && last_mod >= 0 &&
        (uint32_t)last_mod < group->group.n_columns &&
        target_row(applier, change)[last_mod].type == CS_UNDEFINED) {
        return keep_last_mod(applier, group->table, change, diag);
    }
    return WEH_OK;
}

static weh_err read_all(struct applier *applier, struct weh_diag *diag)
{
    struct cs_change change;
    bool more = true;
    weh_err err;

    for (;;) {
        err = cs_reader_next(&applier->reader, &change, &more, diag);
        if (err != WEH_OK || !more) {
            return err;
        }
        if (applier->reader.new_group) {
            err = add_group(applier, diag);
        }
        if (err == WEH_OK) {
            err = add_op(applier, &change, diag);
        }
        if (err != WEH_OK) {
            return err;
        }
    }
}

/* ---- the common way ---- */

/* The ops of @kind into order: how many. */
static uint32_t collect(struct applier *applier, int kind)
{
    bool groups_back = kind == SQLITE_DELETE;
    uint32_t n = 0;

    for (uint32_t g = 0; g < applier->n_groups; g++) {
        const struct apply_group *group =
            &applier->groups[groups_back ? applier->n_groups - 1 - g : g];

        for (uint32_t i = 0; i < group->end - group->first; i++) {
            uint32_t op = applier->invert ? group->end - 1 - i : group->first + i;

            if (applier->ops[op].kind == kind) {
                applier->order[n++] = op;
            }
        }
    }
    return n;
}

static void put_where(struct weh_buf *sql, const struct table *table)
{
    for (uint32_t i = 0; i < table->n_pk; i++) {
        weh_buf_printf(sql, i == 0 ? " WHERE " : " AND ");
        sql_identifier(sql, table->columns[table->pk_cols[i]]);
        weh_buf_printf(sql, "=?%u", table->pk_cols[i] + 1U);
    }
}

static void put_insert(struct weh_buf *sql, const struct apply_group *group)
{
    weh_buf_printf(sql, "INSERT INTO main.");
    sql_identifier(sql, group->table->name);
    for (uint32_t i = 0; i < group->group.n_columns; i++) {
        weh_buf_byte(sql, i == 0 ? '(' : ',');
        sql_identifier(sql, group->table->columns[i]);
    }
    weh_buf_printf(sql, ")VALUES");
    for (uint32_t i = 0; i < group->group.n_columns; i++) {
        weh_buf_printf(sql, "%c?%u", i == 0 ? '(' : ',', i + 1);
    }
    weh_buf_byte(sql, ')');
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

static void drop_statement(struct applier *applier)
{
    weh_stmt_release(applier->tables->briefcase, applier->stmt);
    applier->stmt = NULL;
}

static weh_err take_statement(struct applier *applier, const struct apply_op *op,
                              const struct cs_value *row, struct weh_diag *diag)
{
    const struct apply_group *group = &applier->groups[op->group];
    bool same = op->kind != SQLITE_UPDATE || same_columns(applier, group->group.n_columns, row);

    if (applier->stmt != NULL && same && applier->stmt_group == op->group &&
        applier->stmt_kind == op->kind) {
        return WEH_OK;
    }
    drop_statement(applier);
    weh_buf_clear(&applier->sql);
    if (op->kind == SQLITE_INSERT) {
        put_insert(&applier->sql, group);
    } else if (op->kind == SQLITE_UPDATE) {
        if (!put_update(&applier->sql, group, row)) {
            return does_not_fit(diag, "an update of nothing");
        }
    } else {
        weh_buf_printf(&applier->sql, "DELETE FROM main.");
        sql_identifier(&applier->sql, group->table->name);
        put_where(&applier->sql, group->table);
    }
    weh_buf_byte(&applier->sql, 0);
    if (applier->sql.err != WEH_OK || applier->columns.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    applier->stmt_group = op->group;
    applier->stmt_kind = op->kind;
    return weh_stmt_acquire(applier->tables->briefcase, (const char *)applier->sql.data,
                            &applier->stmt, diag);
}

static weh_err bind_row(struct applier *applier, const struct apply_op *op,
                        const struct cs_value *row, const struct cs_value *key,
                        struct weh_diag *diag)
{
    const struct apply_group *group = &applier->groups[op->group];
    int rc = SQLITE_OK;

    for (uint32_t i = 0; i < group->group.n_columns && rc == SQLITE_OK; i++) {
        const struct cs_value *value = group->table->pk[i] != 0 ? &key[i] : &row[i];

        if (op->kind == SQLITE_DELETE && group->table->pk[i] == 0) {
            continue;
        }
        if (value->type != CS_UNDEFINED) {
            rc = cs_bind(applier->stmt, (int)i + 1, value);
        }
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(applier->tables->briefcase, rc, diag);
}

/* *@done false: a constraint refused it for now. */
static weh_err run_op(struct applier *applier, const struct apply_op *op, bool *done,
                      struct weh_diag *diag)
{
    struct cs_change change;
    const struct cs_value *row;
    int rc;
    weh_err err =
        cs_reader_seek(&applier->reader, &applier->groups[op->group].group, op->at, &change, diag);

    if (err != WEH_OK) {
        return err;
    }
    row = target_row(applier, &change);
    err = take_statement(applier, op, row, diag);
    if (err == WEH_OK) {
        err = bind_row(applier, op, row, key_row(&change), diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    rc = sqlite3_step(applier->stmt);
    *done = rc == SQLITE_DONE;
    if (rc != SQLITE_DONE && (rc & 0xff) != SQLITE_CONSTRAINT) {
        err = weh_db_fail(applier->tables->briefcase, rc, diag);
    }
    (void)sqlite3_reset(applier->stmt);
    /* A row to be deleted may have gone with its owner; one to be changed must be there. */
    if (*done && op->kind == SQLITE_UPDATE && sqlite3_changes(applier->db) == 0) {
        applier->refused = true;
    }
    return err;
}

/* All ops of @kind; those refused once more after the others, while that helps. */
static weh_err run_kind(struct applier *applier, int kind, struct weh_diag *diag)
{
    uint32_t n = collect(applier, kind);
    uint32_t left = 0;
    weh_err err = WEH_OK;

    while (n > 0 && !applier->refused) {
        left = 0;
        for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
            bool done = false;

            err = run_op(applier, &applier->ops[applier->order[i]], &done, diag);
            if (!done) {
                applier->order[left++] = applier->order[i];
            }
        }
        if (err != WEH_OK) {
            return err;
        }
        applier->refused = applier->refused || left == n;
        n = left;
    }
    return WEH_OK;
}

static weh_err run_all(struct applier *applier, struct weh_diag *diag)
{
    static const int kinds[] = { SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE };
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(kinds) && err == WEH_OK && !applier->refused; i++) {
        err = run_kind(applier, kinds[i], diag);
    }
    drop_statement(applier);
    return err;
}

/* ---- the slow way ---- */

/* With a linear history only a trigger's work may differ from the record; that gives way. */
static int on_conflict(void *ctx, int reason, sqlite3_changeset_iter *iter)
{
    const char *table = NULL;
    int n_columns = 0;
    int op = 0;
    int indirect = 0;

    (void)ctx;
    (void)sqlite3changeset_op(iter, &table, &n_columns, &op, &indirect);
    if (reason == SQLITE_CHANGESET_DATA) {
        return SQLITE_CHANGESET_REPLACE;
    }
    if (reason == SQLITE_CHANGESET_NOTFOUND && op == SQLITE_DELETE) {
        return SQLITE_CHANGESET_OMIT;
    }
    return SQLITE_CHANGESET_ABORT;
}

static weh_err apply_slowly(struct applier *applier, uint8_t *bytes, size_t len,
                            struct weh_diag *diag)
{
    int flags =
        SQLITE_CHANGESETAPPLY_NOSAVEPOINT | (applier->invert ? SQLITE_CHANGESETAPPLY_INVERT : 0);
    int had_foreign_keys = 0;
    int rc;

    if (len > INT32_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the transaction is too large");
    }
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &had_foreign_keys);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    rc = sqlite3changeset_apply_v2(applier->db, (int)len, bytes, NULL, on_conflict, NULL, NULL,
                                   NULL, flags);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, had_foreign_keys, NULL);
    if (rc == SQLITE_ABORT) {
        return does_not_fit(diag, "rows");
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(applier->tables->briefcase, rc, diag);
}

static weh_err restore_last_mods(struct applier *applier, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    if (applier->n_last_mods == 0) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(briefcase,
                           "UPDATE main.bis_Element SET LastMod=?2 WHERE Id=?1 AND LastMod<>?2",
                           &stmt, diag);
    for (uint32_t i = 0; i < applier->n_last_mods && err == WEH_OK; i++) {
        (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)applier->last_mods[i].id);
        (void)sqlite3_bind_double(stmt, 2, applier->last_mods[i].value);
        err = txn_step(briefcase, stmt, &row, diag);
        (void)sqlite3_reset(stmt);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err apply_quickly(struct applier *applier, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    weh_err err;

    applier->order = weh_malloc((applier->n_ops + 1) * sizeof(*applier->order));
    if (applier->order == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_briefcase_edit_begin(briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = run_all(applier, diag);
    if (err != WEH_OK) {
        return err; /* the caller rolls back everything, the savepoint too */
    }
    return weh_briefcase_edit_end(briefcase, !applier->refused, diag);
}

weh_err changeset_apply(struct tables *tables, uint8_t *bytes, size_t len, bool invert,
                        struct weh_diag *diag)
{
    struct applier applier = { .tables = tables, .invert = invert };
    weh_err err;

    applier.db = weh_briefcase_db(tables->briefcase);
    cs_reader_init(&applier.reader, bytes, len);
    err = read_all(&applier, diag);
    if (err == WEH_OK) {
        err = apply_quickly(&applier, diag);
    }
    if (err == WEH_OK && applier.refused) {
        err = apply_slowly(&applier, bytes, len, diag);
    }
    if (err == WEH_OK) {
        err = restore_last_mods(&applier, diag);
    }
    cs_reader_fini(&applier.reader);
    weh_free(applier.groups);
    weh_free(applier.ops);
    weh_free(applier.order);
    weh_free(applier.last_mods);
    weh_buf_fini(&applier.sql);
    weh_buf_fini(&applier.columns);
    return err;
}
