/* src/txn/undo.c - reverses and reinstates stored transactions.
 *
 * The work of one call is one SQLite transaction; what the stack remembers changes, and the
 * observer hears of it, only when that is durable. Reversed rows stay with Deleted=1 until the
 * next save (as in the native library) or go at once (cancel).
 *
 * Transactions of this session are applied as they are: nobody else has written the file since.
 * Those of earlier sessions must fit the file row by row, since somebody may have.
 */
#include "weh/alloc.h"

#include "rows_priv.h"

struct undo {
    bool is_undo;
    bool cancel;             /* the reversed transactions go for good */
    struct weh_txn_ids ids;  /* in the order of the work */
    struct redo_range range; /* of them */
    struct weh_spill log;    /* of what each has changed */
};

static weh_err apply_step(struct weh_txn_stack *stack, const struct undo *undo,
                          struct weh_txn_id id, struct change_source *source, struct weh_diag *diag)
{
    bool strict = id.value < stack->session_first;
    weh_err err = rows_open(stack, id, source, diag);

    if (err == WEH_OK) {
        err = changeset_apply(
            &stack->tables,
            &(struct changeset_work){ *source, .invert = undo->is_undo, .strict = strict }, diag);
    }
    if (strict && (err == WEH_E_CORRUPT || err == WEH_E_UNSUPPORTED)) {
        return weh_fail(diag, WEH_E_CANNOT_UNDO,
                        "a transaction of an earlier session does not fit the file as it is now");
    }
    return err;
}

static weh_err run_step(struct weh_txn_stack *stack, struct undo *undo, size_t i,
                        struct weh_diag *diag)
{
    struct change_builder *builder = &stack->builder;
    const struct weh_txn_observer *observer = &stack->observer;
    struct weh_txn_id id = undo->ids.ids[i];
    struct change_source source;
    weh_err err = apply_step(stack, undo, id, &source, diag);

    change_builder_clear(builder);
    if (err == WEH_OK) {
        err = change_builder_scan(builder, &source, undo->is_undo, diag);
    }
    /* Now: a later step may delete what this one has updated. */
    if (err == WEH_OK) {
        err = change_builder_finish(builder, diag);
    }
    if (err == WEH_OK) {
        err = change_log_add(&undo->log, &builder->list, diag);
    }
    if (err == WEH_OK && observer->noted != NULL) {
        err = observer->noted(observer->ctx, &builder->list, diag);
    }
    if (err == WEH_OK && undo->cancel) {
        err = rows_run(stack, "DELETE FROM main.dgn_Txns WHERE Id=?1", id.value, 0, diag);
    } else if (err == WEH_OK && source.is_stored) {
        err = rows_set_reversed_large(stack, id, undo->is_undo, diag);
    } else if (err == WEH_OK) {
        err = rows_set_reversed(stack, id, undo->is_undo, diag);
    }
    return err;
}

/* How many ranges can be reinstated when it is done; the new one stands behind the others. */
static size_t ranges_after(const struct weh_txn_stack *stack, const struct undo *undo)
{
    if (undo->cancel) {
        return 0;
    }
    return undo->is_undo ? stack->n_redo + 1 : stack->n_redo - 1;
}

static weh_err run_steps(struct weh_txn_stack *stack, struct undo *undo, struct weh_diag *diag)
{
    struct watch *watch = &stack->tables.watch;
    weh_err err;

    watch->done = 0;
    watch->total = undo->ids.n * 1000;
    err = tables_ask(&stack->tables, diag);
    if (err == WEH_OK && stack->state == TXN_IN_TXN) {
        err = stack_roll_back(stack, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    stack->recorder.paused = true;
    for (size_t i = 0; i < undo->ids.n && err == WEH_OK; i++) {
        watch->done = i * 1000;
        err = run_step(stack, undo, i, diag);
    }
    if (err == WEH_OK) {
        err = tables_ask(&stack->tables, diag);
    }
    if (err == WEH_OK && undo->cancel && stack->may_have_reversed) {
        err = rows_delete_reversed(stack, diag);
    }
    if (err == WEH_OK) {
        err = stack_commit(stack, ranges_after(stack, undo), diag);
    }
    stack->recorder.paused = false;
    if (err != WEH_OK && stack->state != TXN_BROKEN) {
        (void)stack_roll_back(stack, NULL);
        journal_lost(stack);
    }
    return err;
}

static void tell(struct weh_txn_stack *stack, const struct undo *undo)
{
    const struct weh_txn_observer *observer = &stack->observer;
    struct change_builder *builder = &stack->builder;
    uint64_t at = 0;
    weh_err err = WEH_OK;

    if (observer->before_undo_redo != NULL) {
        observer->before_undo_redo(observer->ctx, undo->is_undo);
    }
    for (size_t i = 0; i < undo->ids.n && observer->changed != NULL && err == WEH_OK; i++) {
        err = change_log_next(&undo->log, &at, builder, NULL);
        if (err == WEH_OK) {
            observer->changed(observer->ctx, undo->ids.ids[i], &builder->list);
        }
    }
    if (err != WEH_OK && observer->untold != NULL) {
        observer->untold(observer->ctx);
    }
    if (observer->after_undo_redo != NULL) {
        observer->after_undo_redo(observer->ctx, undo->is_undo);
    }
}

weh_err stack_reserve_redo(struct weh_txn_stack *stack, struct weh_diag *diag)
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

static weh_err prepare(struct weh_txn_stack *stack, const struct undo *undo, struct weh_diag *diag)
{
    weh_err err = stack_reserve_redo(stack, diag);

    if (err == WEH_OK && undo->is_undo) {
        stack->redo[stack->n_redo] = undo->range; /* counted when it is durable */
    }
    return err;
}

static void undo_fini(struct weh_txn_stack *stack, struct undo *undo)
{
    change_builder_fini(&stack->builder);
    weh_spill_fini(&undo->log);
    weh_txn_ids_fini(&undo->ids);
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* What the stack remembers, once the file has it. */
static void remember(struct weh_txn_stack *stack, const struct undo *undo)
{
    /* A row in use keeps its id; a new one never gets one of an earlier session. */
    uint64_t free_id = undo->is_undo ? undo->range.first : undo->range.last + 1;

    stack->n_redo = ranges_after(stack, undo);
    stack->may_have_reversed = stack->n_redo > 0;
    stack->current = later(free_id, stack->session_first);
    stack->pending = undo->is_undo ? KNOWN_NOT : KNOWN_YES;
    if (undo->is_undo) {
        groups_follow(stack);
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
        undo->ids = (struct weh_txn_ids){ 0 };
    }
    return err;
}

static bool can_undo(const struct weh_txn_stack *stack)
{
    return stack->records_txns && !stack->readonly;
}

static weh_err fail_wall(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_CANNOT_UNDO, "a schema change stands in the way");
}

static weh_err reverse(struct weh_txn_stack *stack, const struct rows_wanted *wanted, bool cancel,
                       struct weh_txn_ids *out, struct weh_diag *diag)
{
    struct undo undo = { .is_undo = true, .cancel = cancel };
    struct rows_found found = { .wall = false };
    weh_err err = WEH_OK;

    *out = (struct weh_txn_ids){ 0 };
    if (can_undo(stack)) {
        err = rows_live(stack, wanted, &found, diag);
        undo.ids = found.ids;
        undo.range = found.range;
    }
    /* A count takes what there is; an id that is named must be reached. */
    if (err == WEH_OK && found.wall && (undo.ids.n == 0 || wanted->down_to > 0)) {
        err = fail_wall(diag);
    }
    if (err == WEH_OK && undo.ids.n == 0) {
        err = weh_fail(diag, WEH_E_NOTHING_TO_UNDO, "no transaction can be undone");
    }
    if (err == WEH_OK) {
        err = run(stack, &undo, out, diag);
    }
    undo_fini(stack, &undo);
    return err;
}

weh_err weh_txn_reverse(struct weh_txn_stack *stack, uint32_t count, struct weh_txn_ids *out,
                        struct weh_diag *diag)
{
    struct rows_wanted wanted = { .count = count };
    weh_err err = stack_enter(stack, diag);

    weh_assert(out != NULL);
    return err != WEH_OK ? err : reverse(stack, &wanted, false, out, diag);
}

weh_err weh_txn_reverse_to(struct weh_txn_stack *stack, struct weh_txn_id id, bool cancel,
                           struct weh_txn_ids *out, struct weh_diag *diag)
{
    struct rows_wanted wanted = { .down_to = id.value, .count = UINT32_MAX };
    weh_err err = stack_enter(stack, diag);

    weh_assert(out != NULL);
    if (err != WEH_OK) {
        return err;
    }
    if (id.value == 0 || id.value >= stack_position(stack) || !can_undo(stack)) {
        return weh_fail_where(diag, WEH_E_NOTHING_TO_UNDO, "txnId",
                              "no transaction from there on can be undone");
    }
    if (id.value < stack->floor.id) {
        return weh_fail_where(diag, WEH_E_CANNOT_UNDO, "txnId",
                              "the session has been restarted since");
    }
    return reverse(stack, &wanted, cancel, out, diag);
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
    *out = (struct weh_txn_ids){ 0 };
    if (stack->n_redo == 0) {
        return weh_fail(diag, WEH_E_NOTHING_TO_REDO, "nothing has been undone");
    }
    undo.range = stack->redo[stack->n_redo - 1];
    err = rows_reversed(stack, &undo.range, &undo.ids, diag);
    if (err == WEH_OK && undo.ids.n == 0) {
        err = weh_fail(diag, WEH_E_CORRUPT, "a reversed transaction is missing");
    }
    if (err == WEH_OK) {
        err = run(stack, &undo, out, diag);
    }
    undo_fini(stack, &undo);
    return err;
}
