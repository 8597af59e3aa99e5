/* src/txn/apply.c - puts the rows of a stored transaction, or of its inverse, into the file.
 *
 * Each row is set by its key; whether it was what the transaction says is compared before, where
 * somebody else may have written since (strict). The common way runs with foreign keys on: rows come (owners first), rows change,
 * rows go (owners last). In that order a cascade removes only what must go, SET NULL meets no row
 * that stays, and what a constraint refuses is tried again after the others. What is still refused
 * (a unique value that passes from one row to another) is rolled back and done with foreign keys
 * off: rows go, rows change, rows come. Switching them makes every prepared statement of the
 * connection stale, which costs more than a small undo, so it is the first choice only for a large
 * one; sqlite3changeset_apply does so always, and cannot make two rows swap a unique value at all.
 */
#include <string.h>

#include "weh/alloc.h"

#include "apply_priv.h"

/* From here on the checks of foreign keys cost more than to prepare the statements anew. */
#define MANY_OPS 64

/* ---- reading ---- */

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
        return apply_misfit(diag, "table");
    }
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if ((i < group->n_columns && group->pk[i] != 0) != (table->pk[i] != 0)) {
            return apply_misfit(diag, "primary key");
        }
    }
    err = apply_grow(&items, applier->n_groups, sizeof(*applier->groups), diag);
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

/* An update of an element that does not say when it was changed keeps the time that it has. */
static weh_err keep_last_mod(struct applier *applier, const struct table *table,
                             const struct cs_change *change, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    void *items = applier->last_mods;
    weh_id id = (weh_id)cs_int(&key_row(change)[table->id_column]);
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = apply_grow(&items, applier->n_last_mods, sizeof(*applier->last_mods), diag);

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
    err = apply_grow(&items, applier->n_ops, sizeof(*applier->ops), diag);
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

/* The ops of @kind in @group behind the @n that are in order: how many then. */
static uint32_t collect_group(struct applier *applier, const struct apply_group *group, int kind,
                              uint32_t n)
{
    for (uint32_t i = 0; i < group->end - group->first; i++) {
        uint32_t op = applier->invert ? group->end - 1 - i : group->first + i;

        if (applier->ops[op].kind == kind) {
            applier->order[n++] = op;
        }
    }
    return n;
}

/* The ops of @kind into order: how many. */
static uint32_t collect(struct applier *applier, int kind)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < applier->n_groups; i++) {
        uint32_t group = kind == SQLITE_DELETE ? applier->n_groups - 1 - i : i;

        n = collect_group(applier, &applier->groups[group], kind, n);
    }
    return n;
}

/* The first @n ops in order; the *@left of them that were refused are then its head. */
static weh_err run_round(struct applier *applier, uint32_t n, uint32_t *left, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *left = 0;
    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        bool done = false;

        err = apply_run_op(applier, &applier->ops[applier->order[i]], &done, diag);
        if (!done) {
            applier->order[(*left)++] = applier->order[i];
        }
    }
    return err;
}

/* All ops of @kind; those refused once more after the others, while that helps. *@left of them
 * are then still refused, at the head of applier->order. */
static weh_err run_kind(struct applier *applier, int kind, uint32_t *left, struct weh_diag *diag)
{
    uint32_t n;
    weh_err err = WEH_OK;

    *left = collect(applier, kind);
    do {
        n = *left;
        err = run_round(applier, n, left, diag);
    } while (err == WEH_OK && *left > 0 && *left < n);
    apply_drop_statement(applier);
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
static weh_err run_without_keys(struct applier *applier, struct weh_diag *diag)
{
    uint32_t left = 0;
    weh_err err = run_kind(applier, SQLITE_DELETE, &left, diag);

    if (err == WEH_OK && left == 0) {
        err = run_kind(applier, SQLITE_UPDATE, &left, diag);
        for (uint32_t i = 0; i < left && err == WEH_OK; i++) {
            err = apply_move_out(applier, &applier->ops[applier->order[i]], diag);
        }
        for (uint32_t i = 0; i < applier->n_moved && err == WEH_OK; i++) {
            err = apply_move_in(applier, &applier->moved[i], diag);
        }
        left = 0;
    }
    if (err == WEH_OK && left == 0) {
        err = run_kind(applier, SQLITE_INSERT, &left, diag);
    }
    return err == WEH_OK && left > 0 ? apply_misfit(diag, "a constraint") : err;
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
    *refused = applier->n_ops > MANY_OPS;
    if (!*refused) {
        err = run_common_way(applier, &left, diag);
    }
    if (err != WEH_OK) {
        return err; /* the caller rolls back everything, the savepoint too */
    }
    *refused = *refused || left > 0;
    return weh_briefcase_edit_end(briefcase, !*refused, diag);
}

weh_err changeset_apply(struct tables *tables, const struct changeset_work *work,
                        struct weh_diag *diag)
{
    struct applier applier = { .tables = tables, .invert = work->invert };
    bool refused = false;
    weh_err err;

    applier.db = weh_briefcase_db(tables->briefcase);
    cs_reader_init(&applier.reader, work->bytes, work->len);
    err = read_all(&applier, diag);
    if (err == WEH_OK && work->strict) {
        err = apply_check(&applier, diag);
    }
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
