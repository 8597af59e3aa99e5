/* src/txn/apply_stream.c - puts a transaction of any size into the file, with foreign keys off.
 *
 * The transaction is walked over once for each kind of change: rows go, rows change, rows come. In memory is
 * one change at a time. What a constraint refuses is kept as a changeset of its own and tried again
 * while that helps; rows that pass a unique value around are taken out and put back.
 */
#include <string.h>

#include "apply_priv.h"

/* A walk over the changes of a source. */
typedef weh_err (*visit_fn)(struct applier *applier, const struct apply_group *group,
                            const struct cs_change *change, struct weh_diag *diag);

struct pass {
    const struct change_source *source;
    bool invert;
    int kind; /* of the changes visited; 0: all */
    visit_fn visit;
};

weh_err apply_find_table(struct applier *applier, const struct cs_group *group, struct table **out,
                         struct weh_diag *diag)
{
    struct table *table = NULL;
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
    *out = table;
    return WEH_OK;
}

static void drop_check(struct applier *applier)
{
    weh_stmt_release(applier->tables->briefcase, applier->check_stmt);
    applier->check_stmt = NULL;
}

/* Look, and one a kind: what progress counts by. A transaction is 1,000 steps. */
#define PASSES 4

static weh_err tick(struct applier *applier, uint64_t base, struct weh_diag *diag)
{
    struct watch *watch = &applier->tables->watch;
    uint64_t pass = applier->pass < PASSES ? applier->pass : PASSES - 1;
    uint64_t part = (pass * 1000 + change_stream_permille(&applier->stream)) / PASSES;

    watch->done = base + (part < 998 ? part : 998);
    return tables_tick(applier->tables, diag);
}

/* @group is that of the change before. */
static weh_err pass_change(struct applier *applier, const struct pass *pass,
                           struct apply_group *group, const struct cs_change *change,
                           struct weh_diag *diag)
{
    if (applier->stream.new_group) {
        weh_err err;

        drop_check(applier);
        group->group = applier->stream.group;
        err = apply_find_table(applier, &group->group, &group->table, diag);
        if (err != WEH_OK) {
            return err;
        }
    }
    weh_assert(group->table != NULL && group->group.table != NULL);
    if (pass->kind != 0 && pass->kind != apply_kind(pass->invert, change->op)) {
        return WEH_OK;
    }
    return pass->visit(applier, group, change, diag);
}

static weh_err run_pass(struct applier *applier, const struct pass *pass, struct weh_diag *diag)
{
    struct change_stream *stream = &applier->stream;
    const uint64_t base = applier->tables->watch.done / 1000 * 1000;
    struct apply_group group = { .table = NULL };
    struct cs_change change;
    struct weh_str bytes;
    bool more = true;
    weh_err err = change_stream_open(stream, applier->tables->briefcase, pass->source, diag);

    while (err == WEH_OK) {
        err = change_stream_next(stream, &change, &bytes, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        err = pass_change(applier, pass, &group, &change, diag);
        if (err == WEH_OK) {
            err = tick(applier, base, diag);
        }
    }
    apply_drop_statement(applier);
    drop_check(applier);
    change_stream_end(stream);
    applier->pass++;
    return err;
}

/* ---- looking ---- */

static weh_err look_at(struct applier *applier, const struct apply_group *group,
                       const struct cs_change *change, struct weh_diag *diag)
{
    const struct table *table = group->table;
    int last_mod = table->last_mod_column;
    weh_err err = WEH_OK;

    applier->n_changes++;
    applier->n_kind[apply_kind_index(apply_kind(applier->invert, change->op))]++;
    if (applier->work->strict && applier->check_stmt == NULL) {
        err = weh_stmt_acquire(applier->tables->briefcase, table->select_sql, &applier->check_stmt,
                               diag);
    }
    if (err == WEH_OK && applier->work->strict) {
        err = apply_check_row(applier, group, change, applier->check_stmt, diag);
    }
    /* An update of an element that does not say when it was changed keeps the time that it has. */
    if (err == WEH_OK && change->op == SQLITE_UPDATE && last_mod >= 0 &&
        (uint32_t)last_mod < group->group.n_columns &&
        target_row(applier->invert, change)[last_mod].type == CS_UNDEFINED) {
        err = apply_keep_last_mod(applier, table, change, diag);
    }
    return err;
}

weh_err apply_look(struct applier *applier, struct weh_diag *diag)
{
    const struct pass pass = { &applier->work->source, applier->invert, 0, look_at };

    return run_pass(applier, &pass, diag);
}

/* ---- doing ---- */

static void put_head(const struct cs_group *group, struct weh_buf *out)
{
    weh_buf_byte(out, CS_GROUP_MARK);
    cs_put_varint(out, group->n_columns);
    weh_buf_append(out, group->pk, group->n_columns);
    weh_buf_append(out, group->table, strlen(group->table) + 1);
}

static weh_err refuse(struct applier *applier, const struct apply_group *group,
                      const struct cs_change *change, struct weh_diag *diag)
{
    struct weh_buf *out = &applier->refused.tail;

    if (applier->refused_table != group->table) {
        put_head(&group->group, out);
        applier->refused_table = group->table;
    }
    weh_buf_append(out, change->at, (size_t)(applier->stream.parser.at - change->at));
    applier->n_refused++;
    return weh_spill_settle(&applier->refused, diag);
}

static weh_err do_row(struct applier *applier, const struct apply_group *group,
                      const struct cs_change *change, struct weh_diag *diag)
{
    bool done = false;
    weh_err err = apply_row(applier, group, change, applier->invert, &done, diag);

    return err == WEH_OK && !done ? refuse(applier, group, change, diag) : err;
}

/* Once more what was refused; *@n is how many are left. */
static weh_err try_again(struct applier *applier, int kind, uint64_t *n, struct weh_diag *diag)
{
    struct weh_spill before = applier->refused;
    const struct change_source source = { .spill = &before };
    const struct pass pass = { &source, applier->invert, kind, do_row };
    weh_err err;

    applier->refused = (struct weh_spill){ .keep_bytes = before.keep_bytes };
    applier->refused_table = NULL;
    applier->n_refused = 0;
    err = run_pass(applier, &pass, diag);
    weh_spill_fini(&before);
    *n = applier->n_refused;
    return err;
}

/* All changes of @kind; what is refused again and again stays in refused. */
static weh_err run_kind(struct applier *applier, int kind, struct weh_diag *diag)
{
    const struct pass pass = { &applier->work->source, applier->invert, kind, do_row };
    uint64_t n;
    uint64_t left;
    weh_err err;

    if (applier->n_kind[apply_kind_index(kind)] == 0) {
        applier->pass++;
        return WEH_OK;
    }
    err = run_pass(applier, &pass, diag);
    left = applier->n_refused;
    /* A chain that is met from the wrong end comes forward by one each time: not worth it. */
    do {
        n = left;
        if (err == WEH_OK && left > 0) {
            err = try_again(applier, kind, &left, diag);
        }
    } while (err == WEH_OK && left > 0 && left <= n / 2);
    return err;
}

static weh_err move_out(struct applier *applier, const struct apply_group *group,
                        const struct cs_change *change, struct weh_diag *diag)
{
    if (applier->moved_table != group->table) {
        const struct cs_group head = { .table = group->table->name,
                                       .n_columns = group->table->n_columns,
                                       .pk = group->table->pk };

        put_head(&head, &applier->moved.tail);
        applier->moved_table = group->table;
    }
    return apply_move_out(applier, group, change, diag);
}

static weh_err move_in(struct applier *applier, const struct apply_group *group,
                       const struct cs_change *change, struct weh_diag *diag)
{
    bool done = false;
    weh_err err = apply_row(applier, group, change, false, &done, diag);

    return err == WEH_OK && !done ? apply_misfit(diag, "a unique value is taken") : err;
}

/* Updates that refuse each other. */
static weh_err move_refused(struct applier *applier, struct weh_diag *diag)
{
    const struct change_source refused = { .spill = &applier->refused };
    const struct change_source moved = { .spill = &applier->moved };
    const struct pass out = { &refused, applier->invert, SQLITE_UPDATE, move_out };
    const struct pass in = { &moved, false, SQLITE_INSERT, move_in };
    weh_err err = run_pass(applier, &out, diag);

    if (err == WEH_OK) {
        err = run_pass(applier, &in, diag);
    }
    weh_spill_clear(&applier->refused);
    weh_spill_clear(&applier->moved);
    applier->refused_table = NULL;
    applier->moved_table = NULL;
    applier->n_refused = 0;
    return err;
}

static weh_err run_without_keys(struct applier *applier, struct weh_diag *diag)
{
    weh_err err = run_kind(applier, SQLITE_DELETE, diag);

    if (err == WEH_OK && applier->n_refused == 0) {
        err = run_kind(applier, SQLITE_UPDATE, diag);
        if (err == WEH_OK && applier->n_refused > 0) {
            err = move_refused(applier, diag);
        }
    }
    if (err == WEH_OK && applier->n_refused == 0) {
        err = run_kind(applier, SQLITE_INSERT, diag);
    }
    return err == WEH_OK && applier->n_refused > 0 ? apply_misfit(diag, "a constraint") : err;
}

weh_err apply_slowly(struct applier *applier, struct weh_diag *diag)
{
    int keys = 0;
    weh_err err;

    applier->pass = 1;
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &keys);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    err = run_without_keys(applier, diag);
    (void)sqlite3_db_config(applier->db, SQLITE_DBCONFIG_ENABLE_FKEY, keys, NULL);
    return err;
}
