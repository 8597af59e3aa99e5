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
#include "weh/briefcase_txn.h"

#include "apply_priv.h"

/* From here on the checks of foreign keys cost more than to prepare the statements anew. */
#define MANY_OPS 64

/* ---- reading ---- */

static weh_err add_group(struct applier *applier, struct weh_diag *diag)
{
    const struct cs_group *group = &applier->reader.group;
    struct table *table = NULL;
    void *items = applier->groups;
    weh_err err = apply_find_table(applier, group, &table, diag);

    if (err == WEH_OK) {
        err = apply_grow(&items, applier->n_groups, sizeof(*applier->groups), diag);
    }
    applier->groups = items;
    if (err == WEH_OK) {
        applier->groups[applier->n_groups++] =
            (struct apply_group){ .group = *group, .table = table, .first = applier->n_ops };
    }
    return err;
}

static weh_err add_op(struct applier *applier, const struct cs_change *change,
                      struct weh_diag *diag)
{
    void *items = applier->ops;
    weh_err err = apply_grow(&items, applier->n_ops, sizeof(*applier->ops), diag);

    applier->ops = items;
    if (err != WEH_OK) {
        return err;
    }
    applier->ops[applier->n_ops++] =
        (struct apply_op){ .at = change->at,
                           .group = applier->n_groups - 1,
                           .kind = apply_kind(applier->invert, change->op) };
    applier->groups[applier->n_groups - 1].end = applier->n_ops;
    return WEH_OK;
}

static weh_err read_all(struct applier *applier, struct weh_diag *diag)
{
    const struct change_source *source = &applier->work->source;
    struct cs_change change;
    bool more = true;
    weh_err err = WEH_OK;

    cs_reader_init(&applier->reader, source->bytes, source->len);
    while (err == WEH_OK) {
        err = cs_reader_next(&applier->reader, &change, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        if (applier->reader.new_group) {
            err = add_group(applier, diag);
        }
        if (err == WEH_OK) {
            err = add_op(applier, &change, diag);
        }
    }
    return err;
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

static weh_err run_op(struct applier *applier, const struct apply_op *op, bool *done,
                      struct weh_diag *diag)
{
    const struct apply_group *group = &applier->groups[op->group];
    struct cs_change change;
    weh_err err = cs_reader_seek(&applier->reader, &group->group, op->at, &change, diag);

    return err == WEH_OK ? apply_row(applier, group, &change, applier->invert, done, diag) : err;
}

/* The first @n ops in order; the *@left of them that were refused are then its head. */
static weh_err run_round(struct applier *applier, uint32_t n, uint32_t *left, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *left = 0;
    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        bool done = false;

        err = run_op(applier, &applier->ops[applier->order[i]], &done, diag);
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

/* *@refused: nothing is done, and it cannot be done this way. */
static weh_err apply_quickly(struct applier *applier, bool *refused, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = applier->tables->briefcase;
    uint32_t left = 0;
    weh_err err = read_all(applier, diag);

    if (err == WEH_OK) {
        applier->order = weh_malloc(((size_t)applier->n_ops + 1) * sizeof(*applier->order));
        err = applier->order == NULL ? weh_fail_nomem(diag) : WEH_OK;
    }
    if (err == WEH_OK) {
        err = weh_briefcase_edit_begin(briefcase, diag);
    }
    if (err == WEH_OK) {
        err = run_common_way(applier, &left, diag);
    }
    if (err != WEH_OK) {
        return err; /* the caller rolls back everything, the savepoint too */
    }
    *refused = left > 0;
    return weh_briefcase_edit_end(briefcase, !*refused, diag);
}

static void applier_fini(struct applier *applier)
{
    cs_reader_fini(&applier->reader);
    change_stream_fini(&applier->stream);
    weh_free(applier->groups);
    weh_free(applier->ops);
    weh_free(applier->order);
    weh_spill_fini(&applier->refused);
    weh_spill_fini(&applier->moved);
    weh_spill_fini(&applier->last_mods);
    weh_buf_fini(&applier->sql);
    weh_buf_fini(&applier->columns);
}

weh_err changeset_apply(struct tables *tables, const struct changeset_work *work,
                        struct weh_diag *diag)
{
    struct applier applier = { .tables = tables, .work = work, .invert = work->invert };
    bool refused = true;
    weh_err err;

    applier.db = weh_briefcase_db(tables->briefcase);
    err = apply_look(&applier, diag);
    if (err == WEH_OK && !work->source.is_stored && applier.n_changes <= MANY_OPS) {
        err = apply_quickly(&applier, &refused, diag);
    }
    if (err == WEH_OK && refused) {
        err = apply_slowly(&applier, diag);
    }
    if (err == WEH_OK) {
        err = apply_restore_last_mods(&applier, diag);
    }
    applier_fini(&applier);
    return err;
}
