/* src/rpc/call_txns.c - what the transaction methods of both endpoints do with the open briefcase, but for how they
 * answer: they let others come first while they take long, and see that what is remembered of the file stays true.
 */
#include "ipc_place.h"
#include "ipc_priv.h"

static weh_err on_step(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag)
{
    return weh_call_progress(ctx, done, total, diag);
}

/* What follows until unwatch tells how far it is, and can be cancelled until it commits. */
static struct weh_txn_stack *watch(struct weh_call *call)
{
    const struct weh_txn_watch told = { .ctx = call, .step = on_step };
    struct weh_txn_stack *stack = call_workspace(call)->txns;

    weh_txn_set_watch(stack, &told);
    return stack;
}

static void unwatch(const struct weh_call *call)
{
    weh_txn_set_watch(call_workspace(call)->txns, NULL);
}

struct weh_str call_description(const struct weh_arg *arg)
{
    return arg->given ? arg->as.string : WEH_STR("");
}

weh_err call_save(struct weh_call *call, struct weh_str description, bool *saved,
                  struct weh_txn_id *id, struct weh_diag *diag)
{
    weh_err err = weh_txn_save(watch(call), description, saved, id, diag);

    unwatch(call);
    if (err == WEH_OK) {
        weh_ecsql_saved(call_workspace(call)->queries);
    }
    return err;
}

weh_err call_abandon(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_txn_abandon(call_workspace(call)->txns, diag);

    if (err == WEH_OK) {
        weh_bis_forget(call_workspace(call)->bis);
        ipc_place_forget(call_workspace(call));
    }
    return err;
}

/* Undo and redo drop what is unsaved, unless they find nothing to do. */
static weh_err end_undo(const struct weh_call *call, weh_err err)
{
    struct workspace *workspace = call_workspace(call);

    unwatch(call);
    ipc_scope_forget(workspace);
    if (!weh_txn_has_unsaved(workspace->txns)) {
        weh_bis_forget(workspace->bis);
    }
    return err;
}

weh_err call_reverse(struct weh_call *call, uint32_t count, struct weh_txn_ids *ids,
                     struct weh_diag *diag)
{
    return end_undo(call, weh_txn_reverse(watch(call), count, ids, diag));
}

weh_err call_reverse_to(struct weh_call *call, struct weh_txn_id id, bool cancel,
                        struct weh_txn_ids *ids, struct weh_diag *diag)
{
    return end_undo(call, weh_txn_reverse_to(watch(call), id, cancel, ids, diag));
}

weh_err call_reinstate(struct weh_call *call, struct weh_txn_ids *ids, struct weh_diag *diag)
{
    return end_undo(call, weh_txn_reinstate(watch(call), ids, diag));
}
