/* src/rpc/rpc_txns.c - txns.*: the transaction stack. */
#include "weh/txn_savepoint.h"

#include "rpc_priv.h"

weh_err txns_save(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_id id;
    bool saved = false;
    weh_err err = call_save(call, call_description(&call->args[0]), &saved, &id, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, saved ? 2 : 1);
    put_bool(call->result, "saved", saved);
    if (saved) {
        put_id(call->result, "txnId", id.value);
    }
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err txns_abandon(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = call_abandon(call, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

static void put_txn_ids(struct weh_call *call, const char *key, const struct weh_txn_ids *ids)
{
    weh_sink_map_begin(call->result, 1);
    weh_sink_key(call->result, key);
    weh_sink_array_begin(call->result, (uint32_t)ids->n);
    for (size_t i = 0; i < ids->n; i++) {
        weh_sink_id(call->result, ids->ids[i].value);
    }
    weh_sink_array_end(call->result);
    weh_sink_map_end(call->result);
}

static weh_err answer_reversed(struct weh_call *call, weh_err err, struct weh_txn_ids *ids)
{
    if (err == WEH_OK) {
        put_txn_ids(call, "reversed", ids);
    }
    weh_txn_ids_fini(ids);
    return err;
}

static weh_err reverse(struct weh_call *call, uint32_t count, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err = call_reverse(call, count, &ids, diag);

    return answer_reversed(call, err, &ids);
}

static weh_err reverse_to(struct weh_call *call, bool cancel, struct weh_diag *diag)
{
    struct weh_txn_id id = { call->args[0].as.id };
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err = call_reverse_to(call, id, cancel, &ids, diag);

    return answer_reversed(call, err, &ids);
}

weh_err txns_reverse(struct weh_call *call, struct weh_diag *diag)
{
    return reverse(call, call->args[0].given ? (uint32_t)call->args[0].as.integer : 1, diag);
}

weh_err txns_reverse_all(struct weh_call *call, struct weh_diag *diag)
{
    return reverse(call, UINT32_MAX, diag);
}

weh_err txns_reverse_to(struct weh_call *call, struct weh_diag *diag)
{
    return reverse_to(call, false, diag);
}

weh_err txns_cancel_to(struct weh_call *call, struct weh_diag *diag)
{
    return reverse_to(call, true, diag);
}

weh_err txns_reinstate(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err = call_reinstate(call, &ids, diag);

    if (err == WEH_OK) {
        put_txn_ids(call, "reinstated", &ids);
    }
    weh_txn_ids_fini(&ids);
    return err;
}

weh_err txns_restart(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_txn_restart(call_workspace(call)->txns, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

/* ---- multi-transaction operations ---- */

static weh_err answer_depth(struct weh_call *call, weh_err err, uint32_t depth)
{
    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, 1);
        put_int(call->result, "depth", depth);
        weh_sink_map_end(call->result);
    }
    return err;
}

weh_err txns_begin_operation(struct weh_call *call, struct weh_diag *diag)
{
    uint32_t depth = 0;
    weh_err err = weh_txn_begin_operation(call_workspace(call)->txns,
                                          call_description(&call->args[0]), &depth, diag);

    return answer_depth(call, err, depth);
}

weh_err txns_end_operation(struct weh_call *call, struct weh_diag *diag)
{
    uint32_t depth = 0;
    weh_err err = weh_txn_end_operation(call_workspace(call)->txns, &depth, diag);

    return answer_depth(call, err, depth);
}

/* ---- savepoints ---- */

static weh_err answer_empty(struct weh_call *call, weh_err err)
{
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err txns_savepoint(struct weh_call *call, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    weh_err err = weh_txn_savepoint(workspace->txns, call->args[0].as.string,
                                    weh_bis_mark(workspace->bis), diag);

    return answer_empty(call, err);
}

weh_err txns_rollback_to(struct weh_call *call, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);
    size_t mark = 0;
    weh_err err = weh_txn_rollback_to(workspace->txns, call->args[0].as.string, &mark, diag);

    if (err == WEH_OK) {
        weh_bis_forget_since(workspace->bis, mark);
    }
    return answer_empty(call, err);
}

weh_err txns_release(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_txn_release(call_workspace(call)->txns, call->args[0].as.string, diag);

    return answer_empty(call, err);
}

/* ---- what there is ---- */

static void put_info(void *ctx, const struct weh_txn_info *info)
{
    struct weh_sink *sink = ctx;

    weh_sink_map_begin(sink, info->user.len == 0 ? 7 : 8);
    put_id(sink, "txnId", info->id.value);
    put_str(sink, "description", info->description);
    put_time(sink, "time", info->time_ms);
    if (info->user.len > 0) {
        put_str(sink, "user", info->user);
    }
    put_bool(sink, "grouped", info->grouped);
    put_bool(sink, "reversed", info->reversed);
    put_int(sink, "session", (int64_t)(info->id.value >> 32));
    put_int(sink, "bytes", (int64_t)info->bytes);
    weh_sink_map_end(sink);
}

weh_err txns_list(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *limit = &call->args[0];
    struct weh_txn_visitor visitor = { call->result, put_info };
    weh_err err;

    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    err = weh_txn_list(call_workspace(call)->txns,
                       limit->given ? (uint32_t)limit->as.integer : RPC_MAX_TXNS, &visitor, diag);
    weh_sink_array_end(call->result);
    return err;
}

weh_err txns_state(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    struct weh_sink *sink = call->result;
    weh_err err = weh_txn_get_state(call_workspace(call)->txns, &state, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(sink, 8);
    put_bool(sink, "hasUnsavedChanges", state.has_unsaved_changes);
    put_bool(sink, "hasPendingTxns", state.has_pending_txns);
    put_bool(sink, "isUndoPossible", state.is_undo_possible);
    put_bool(sink, "isRedoPossible", state.is_redo_possible);
    put_str(sink, "undoString", state.undo_string);
    put_str(sink, "redoString", state.redo_string);
    put_id(sink, "currentTxnId", state.current_txn_id.value);
    put_int(sink, "depth", state.depth);
    weh_sink_map_end(sink);
    return WEH_OK;
}
