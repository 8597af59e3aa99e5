/* src/txn/apply.c - puts the rows of a stored transaction, or of its inverse, into the file.
 *
 * The history is linear and nobody else writes, so each row is set by its key without comparing
 * what it was. The common way runs with foreign keys on: rows come (owners first), rows change,
 * rows go (owners last). In that order a cascade removes only what must go, SET NULL meets no row
 * that stays, and what a constraint refuses is tried again after the others. What is still refused
 * (a unique value that passes from one row to another) is rolled back and done with foreign keys
 * off: rows go, rows change, rows come. Switching them makes every prepared statement of the
 * connection stale, which costs more than a small undo; sqlite3changeset_apply does so always, and
 * cannot make two rows swap a unique value at all.
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

/* A row taken out, with the values that it gets, because updates in turn are refused. */
struct moved_row {
    uint32_t group;
    size_t values; /* offset in moved_bytes of all its values */
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
    struct moved_row *moved;
    uint32_t n_moved;
    struct weh_buf moved_bytes;
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

static void drop_statement(struct applier *applier)
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
        put_insert(&applier->sql, group->table, group->group.n_columns);
    } else if (op->kind == SQLITE_DELETE) {
        put_delete(&applier->sql, group->table);
    } else if (!put_update(&applier->sql, group, row)) {
        return does_not_fit(diag, "an update of nothing");
    }
    applier->stmt_group = op->group;
    applier->stmt_kind = op->kind;
    return acquire_sql(applier, &applier->stmt, diag);
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
        err = does_not_fit(diag, "a row to be changed is missing");
    }
    return err;
}

/* All ops of @kind; those refused once more after the others, while that helps. *@left of them
 * are then still refused, at the head of applier->order. */
static weh_err run_kind(struct applier *applier, int kind, uint32_t *left, struct weh_diag *diag)
{
    uint32_t n = collect(applier, kind);
    weh_err err = WEH_OK;

    for (*left = 0; n > 0; n = *left) {
        *left = 0;
        for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
            bool done = false;

            err = run_op(applier, &applier->ops[applier->order[i]], &done, diag);
            if (!done) {
                applier->order[(*left)++] = applier->order[i];
            }
        }
        if (err != WEH_OK || *left == n) {
            break;
        }
    }
    drop_statement(applier);
    return err;
}

/* *@left is not 0 when a constraint refuses it this way. */
static weh_err run_common_way(struct applier *applier, uint32_t *left, struct weh_diag *diag)
{
    weh_err err = run_kind(applier, SQLITE_INSERT, left, diag);

    if (err == WEH_OK && *left == 0) {
        err = run_kind(applier, SQLITE_UPDATE, left, diag);
    }
    if (err == WEH_OK && *left == 0) {
        err = run_kind(applier, SQLITE_DELETE, left, diag);
    }
    return err;
}

/* ---- with foreign keys off ---- */

static weh_err bind_key(struct applier *applier, const struct table *table,
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

/* All values of the row as it shall be into moved_bytes. */
static weh_err keep_row(struct applier *applier, const struct apply_group *group,
                        const struct cs_value *row, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    bool found = false;
    weh_err err = txn_step(applier->tables->briefcase, stmt, &found, diag);

    if (err != WEH_OK || !found) {
        return err != WEH_OK ? err : does_not_fit(diag, "a row to be changed is missing");
    }
    for (uint32_t i = 0; i < group->table->n_columns; i++) {
        if (i < group->group.n_columns && group->table->pk[i] == 0 && row[i].type != CS_UNDEFINED) {
            cs_copy_value(&applier->moved_bytes, &row[i]);
        } else {
            cs_put_value(&applier->moved_bytes, sqlite3_column_value(stmt, (int)i));
        }
    }
    return applier->moved_bytes.err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
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
        err = bind_key(applier, table, key, true, stmt, diag);
    }
    if (err == WEH_OK) {
        err = txn_step(applier->tables->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(applier->tables->briefcase, stmt);
    return err;
}

/* Take a row out that cannot change where it is. */
static weh_err move_out(struct applier *applier, const struct apply_op *op, struct weh_diag *diag)
{
    const struct apply_group *group = &applier->groups[op->group];
    void *items = applier->moved;
    sqlite3_stmt *stmt = NULL;
    struct cs_change change;
    weh_err err = grow(&items, applier->n_moved, sizeof(*applier->moved), diag);

    applier->moved = items;
    if (err == WEH_OK) {
        err = cs_reader_seek(&applier->reader, &group->group, op->at, &change, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    applier->moved[applier->n_moved++] =
        (struct moved_row){ .group = op->group, .values = applier->moved_bytes.len };
    err = weh_stmt_acquire(applier->tables->briefcase, group->table->select_sql, &stmt, diag);
    if (err == WEH_OK) {
        err = bind_key(applier, group->table, key_row(&change), false, stmt, diag);
    }
    if (err == WEH_OK) {
        err = keep_row(applier, group, target_row(applier, &change), stmt, diag);
    }
    weh_stmt_release(applier->tables->briefcase, stmt);
    return err == WEH_OK ? delete_row(applier, group->table, key_row(&change), diag) : err;
}

static weh_err move_in(struct applier *applier, const struct moved_row *moved,
                       struct weh_diag *diag)
{
    const struct table *table = applier->groups[moved->group].table;
    const uint8_t *at = applier->moved_bytes.data + moved->values;
    const uint8_t *end = applier->moved_bytes.data + applier->moved_bytes.len;
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_OK;
    weh_err err;

    weh_buf_clear(&applier->sql);
    put_insert(&applier->sql, table, table->n_columns);
    err = acquire_sql(applier, &stmt, diag);
    for (uint32_t i = 0; i < table->n_columns && err == WEH_OK && rc == SQLITE_OK; i++) {
        struct cs_value value;

        weh_assert(cs_get_value(&at, end, &value));
        rc = cs_bind(stmt, (int)i + 1, &value);
    }
    if (err == WEH_OK && rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if ((rc & 0xff) == SQLITE_CONSTRAINT) {
        err = does_not_fit(diag, "a unique value is taken");
    } else if (err == WEH_OK && rc != SQLITE_DONE) {
        err = weh_db_fail(applier->tables->briefcase, rc, diag);
    }
    weh_stmt_release(applier->tables->briefcase, stmt);
    return err;
}

static weh_err run_without_keys(struct applier *applier, struct weh_diag *diag)
{
    uint32_t left = 0;
    weh_err err = run_kind(applier, SQLITE_DELETE, &left, diag);

    if (err == WEH_OK && left == 0) {
        err = run_kind(applier, SQLITE_UPDATE, &left, diag);
        for (uint32_t i = 0; i < left && err == WEH_OK; i++) {
            err = move_out(applier, &applier->ops[applier->order[i]], diag);
        }
        for (uint32_t i = 0; i < applier->n_moved && err == WEH_OK; i++) {
            err = move_in(applier, &applier->moved[i], diag);
        }
        left = 0;
    }
    if (err == WEH_OK && left == 0) {
        err = run_kind(applier, SQLITE_INSERT, &left, diag);
    }
    return err == WEH_OK && left > 0 ? does_not_fit(diag, "a constraint") : err;
}

static weh_err apply_slowly(struct applier *applier, struct weh_diag *diag)
{
    int keys = 0;
    weh_err err;

    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &keys);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    err = run_without_keys(applier, diag);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, NULL);
    return err;
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

/* *@refused: nothing is done, and it cannot be done this way. */
static weh_err apply_quickly(struct applier *applier, bool *refused, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    uint32_t left = 0;
    weh_err err;

    applier->order = weh_malloc(((size_t)applier->n_ops + 1) * sizeof(*applier->order));
    if (applier->order == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_briefcase_edit_begin(briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = run_common_way(applier, &left, diag);
    if (err != WEH_OK) {
        return err; /* the caller rolls back everything, the savepoint too */
    }
    *refused = left > 0;
    return weh_briefcase_edit_end(briefcase, left == 0, diag);
}

weh_err changeset_apply(struct tables *tables, const uint8_t *bytes, size_t len, bool invert,
                        struct weh_diag *diag)
{
    struct applier applier = { .tables = tables, .invert = invert };
    bool refused = false;
    weh_err err;

    applier.db = weh_briefcase_db(tables->briefcase);
    cs_reader_init(&applier.reader, bytes, len);
    err = read_all(&applier, diag);
    if (err == WEH_OK) {
        err = apply_quickly(&applier, &refused, diag);
    }
    if (err == WEH_OK && refused) {
        err = apply_slowly(&applier, diag);
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
    weh_free(applier.moved);
    weh_buf_fini(&applier.moved_bytes);
    return err;
}
