/* src/txn/replay.c - tells what somebody else has saved in a file that is open for reading. */
#include "weh/alloc.h"

#include "rows_priv.h"

static weh_err tell_one(struct weh_txn_stack *stack, uint64_t id, struct weh_diag *diag)
{
    const struct weh_txn_observer *observer = &stack->observer;
    struct change_builder *builder = &stack->builder;
    const struct weh_txn_id txn_id = { id };
    struct change_source source;
    weh_err err = rows_open(stack, txn_id, &source, diag);

    change_builder_clear(builder);
    if (err == WEH_OK) {
        err = change_builder_scan(builder, &source, false, diag);
    }
    /* A change of the schemas, or what else is no list of rows that this server reads: that it is there is told. */
    if (err == WEH_E_CORRUPT || err == WEH_E_UNSUPPORTED) {
        change_builder_clear(builder);
        err = WEH_OK;
    }
    if (err == WEH_OK) {
        err = change_builder_finish(builder, diag);
    }
    if (err == WEH_OK && observer->changed != NULL) {
        observer->changed(observer->ctx, txn_id, &builder->list);
    }
    return err;
}

/* The oldest transaction behind @after that is not reversed; 0: none. */
static weh_err find_next(struct weh_txn_stack *stack, uint64_t after, uint64_t *out,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = rows_start(
        stack, "SELECT Id FROM main.dgn_Txns WHERE Deleted=0 AND Id>?1 ORDER BY Id LIMIT 1", after,
        0, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    *out = err == WEH_OK && row ? (uint64_t)sqlite3_column_int64(stmt, 0) : 0;
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

static void tell_replay(const struct weh_txn_stack *stack, bool is_over)
{
    if (stack->observer.replay != NULL) {
        stack->observer.replay(stack->observer.ctx, is_over);
    }
}

static weh_err tell_all(struct weh_txn_stack *stack, uint64_t after, struct weh_diag *diag)
{
    uint64_t id = 0;
    weh_err err = find_next(stack, after, &id, diag);

    while (err == WEH_OK && id != 0) {
        err = tell_one(stack, id, diag);
        if (err == WEH_OK) {
            err = find_next(stack, id, &id, diag);
        }
    }
    return err;
}

weh_err weh_txn_newest(struct weh_txn_stack *stack, struct weh_txn_id *out, struct weh_diag *diag)
{
    struct txn_row row = { 0 };
    weh_err err = rows_last_live(stack, &row, diag);

    out->value = row.id;
    return err;
}

weh_err weh_txn_replay(struct weh_txn_stack *stack, struct weh_txn_id *seen, struct weh_diag *diag)
{
    const uint64_t after = seen->value;
    struct weh_txn_id newest;
    weh_err err = weh_txn_newest(stack, &newest, diag);

    weh_assert(stack->readonly);
    if (err != WEH_OK) {
        return err;
    }
    *seen = newest;
    if (newest.value <= after) {
        return WEH_OK;
    }
    tell_replay(stack, false);
    err = tell_all(stack, after, diag);
    change_builder_fini(&stack->builder);
    weh_buf_fini(&stack->bytes);
    tell_replay(stack, true);
    return err;
}
