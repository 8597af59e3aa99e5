/* src/rpc/rpc_txns.c - txns.*: the transaction stack. */
#include "rpc_priv.h"

weh_err txns_save(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *description = &call->args[0];
    struct weh_txn_id id;
    bool saved = false;
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_txn_save(call_workspace(call)->txns,
                           description->given ? description->as.string : WEH_STR(""), &saved, &id,
                           diag);
    }
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
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_txn_abandon(call_workspace(call)->txns, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_bis_forget(call_workspace(call)->bis);
    weh_sink_map_begin(call->result, 0);
    weh_sink_map_end(call->result);
    return WEH_OK;
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

weh_err txns_reverse(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    uint32_t count = call->args[0].given ? (uint32_t)call->args[0].as.integer : 1;
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        weh_bis_forget(call_workspace(call)->bis);
        err = weh_txn_reverse(call_workspace(call)->txns, count, &ids, diag);
    }
    if (err == WEH_OK) {
        put_txn_ids(call, "reversed", &ids);
    }
    weh_txn_ids_fini(&ids);
    return err;
}

weh_err txns_reinstate(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        weh_bis_forget(call_workspace(call)->bis);
        err = weh_txn_reinstate(call_workspace(call)->txns, &ids, diag);
    }
    if (err == WEH_OK) {
        put_txn_ids(call, "reinstated", &ids);
    }
    weh_txn_ids_fini(&ids);
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
