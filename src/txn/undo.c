/* src/txn/undo.c - reverses and reinstates stored transactions.
 *
 * The work of one call is one SQLite transaction; what the stack remembers changes, and the
 * observer hears of it, only when that is durable. Reversed rows stay with Deleted=1 until the
 * next save; which of them may come back is remembered here only, as in the native library.
 */
#include "weh/alloc.h"

#include "stack_priv.h"

struct undo {
    bool is_undo;
    struct weh_txn_ids ids;          /* in the order of the work */
    struct change_builder *builders; /* one each */
};

static weh_err run_step(struct weh_txn_stack *stack, const struct undo *undo, size_t i,
                        struct weh_diag *diag)
{
    struct change_builder *builder = &undo->builders[i];
    weh_err err = rows_load(stack, undo->ids.ids[i], diag);

    if (err == WEH_OK) {
        err = changeset_apply(&stack->tables, stack->bytes.data, stack->bytes.len, undo->is_undo,
                              diag);
    }
    if (err == WEH_OK) {
        err = rows_set_reversed(stack, undo->ids.ids[i], undo->is_undo, diag);
    }
    if (err == WEH_OK) {
        err =
            change_builder_scan(builder, stack->bytes.data, stack->bytes.len, undo->is_undo, diag);
    }
    /* Now: a later step may delete what this one has updated. */
    return err == WEH_OK ? change_builder_finish(builder, diag) : err;
}

static weh_err run_steps(struct weh_txn_stack *stack, const struct undo *undo,
                         struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (stack->state == TXN_IN_TXN) {
        err = stack_roll_back(stack, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    stack->recorder.paused = true;
    for (size_t i = 0; i < undo->ids.n && err == WEH_OK; i++) {
        err = run_step(stack, undo, i, diag);
    }
    if (err == WEH_OK) {
        err = weh_briefcase_commit(stack->briefcase, diag);
    }
    stack->recorder.paused = false;
    if (err != WEH_OK && stack->state != TXN_BROKEN) {
        (void)stack_roll_back(stack, NULL);
    }
    return err;
}

static void tell(const struct weh_txn_stack *stack, const struct undo *undo)
{
    const struct weh_txn_observer *observer = &stack->observer;

    if (observer->before_undo_redo != NULL) {
        observer->before_undo_redo(observer->ctx, undo->is_undo);
    }
    for (size_t i = 0; i < undo->ids.n && observer->changed != NULL; i++) {
        observer->changed(observer->ctx, undo->ids.ids[i], &undo->builders[i].list);
    }
    if (observer->after_undo_redo != NULL) {
        observer->after_undo_redo(observer->ctx, undo->is_undo);
    }
}

static weh_err reserve_redo(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    size_t capacity = stack->redo_capacity == 0 ? 8 : stack->redo_capacity * 2;
    struct redo_range *grown;

    if (stack->n_redo < stack->redo_capacity) {
        return WEH_OK;
    }
    grown = weh_realloc(stack->redo, capacity * sizeof(*grown));
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    stack->redo = grown;
    stack->redo_capacity = capacity;
    return WEH_OK;
}

static weh_err prepare(struct weh_txn_stack *stack, struct undo *undo, struct weh_diag *diag)
{
    undo->builders = weh_calloc(undo->ids.n, sizeof(*undo->builders));
    if (undo->builders == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < undo->ids.n; i++) {
        change_builder_init(&undo->builders[i], &stack->tables);
    }
    return reserve_redo(stack, diag);
}

static void undo_fini(struct undo *undo)
{
    for (size_t i = 0; undo->builders != NULL && i < undo->ids.n; i++) {
        change_builder_fini(&undo->builders[i]);
    }
    weh_free(undo->builders);
    weh_txn_ids_fini(&undo->ids);
}

/* What the stack remembers, once the file has it. */
static void remember(struct weh_txn_stack *stack, const struct undo *undo)
{
    if (undo->is_undo) {
        uint64_t first = undo->ids.ids[undo->ids.n - 1].value;

        stack->redo[stack->n_redo++] = (struct redo_range){ first, stack->current };
        stack->current = first;
        stack->may_have_reversed = true;
        stack->pending = KNOWN_NOT;
    } else {
        stack->current = stack->redo[--stack->n_redo].end;
        stack->pending = KNOWN_YES;
    }
    weh_buf_fini(&stack->bytes);
}

static weh_err run(struct weh_txn_stack *stack, struct undo *undo, struct weh_txn_ids *out,
                   struct weh_diag *diag)
{
    weh_err err = prepare(stack, undo, diag);

    if (err == WEH_OK) {
        err = run_steps(stack, undo, diag);
    }
    if (err == WEH_OK) {
        remember(stack, undo);
        tell(stack, undo);
        *out = undo->ids;
        for (size_t i = 0; i < undo->ids.n; i++) {
            change_builder_fini(&undo->builders[i]);
        }
        undo->ids = (struct weh_txn_ids){ 0 };
    }
    return err;
}

weh_err weh_txn_reverse(struct weh_txn_stack *stack, uint32_t count, struct weh_txn_ids *out,
                        struct weh_diag *diag)
{
    struct undo undo = { .is_undo = true };
    weh_err err = stack_enter(stack, diag);

    weh_assert(out != NULL);
    if (err != WEH_OK) {
        return err;
    }
    if (stack->records_txns && !stack->readonly) {
        err = rows_last_operations(stack, count, &undo.ids, diag);
    }
    if (err == WEH_OK && undo.ids.n == 0) {
        err = weh_fail(diag, WEH_E_NOTHING_TO_UNDO, "no transaction of this session can be undone");
    }
    if (err == WEH_OK) {
        err = run(stack, &undo, out, diag);
    }
    undo_fini(&undo);
    return err;
}

weh_err weh_txn_reinstate(struct weh_txn_stack *stack, struct weh_txn_ids *out,
                          struct weh_diag *diag)
{
    struct undo undo = { .is_undo = false };
    weh_err err = stack_enter(stack, diag);

    weh_assert(out != NULL);
    if (err != WEH_OK) {
        return err;
    }
    if (stack->n_redo == 0) {
        return weh_fail(diag, WEH_E_NOTHING_TO_REDO, "nothing has been undone");
    }
    err = rows_reversed(stack, &stack->redo[stack->n_redo - 1], &undo.ids, diag);
    if (err == WEH_OK && undo.ids.n == 0) {
        err = weh_fail(diag, WEH_E_CORRUPT, "a reversed transaction is missing");
    }
    if (err == WEH_OK) {
        err = run(stack, &undo, out, diag);
    }
    undo_fini(&undo);
    return err;
}
