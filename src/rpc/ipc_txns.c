/* src/rpc/ipc_txns.c - ipc-app: the transaction stack of an open iModel, as stock frontends drive it. */
#include "weh/txn.h"

#include "ipc_priv.h"

weh_err ipc_save(struct weh_call *call, struct weh_str description, struct weh_diag *diag)
{
    struct weh_txn_id id;
    bool saved = false;

    return call_save(call, description, &saved, &id, diag);
}

weh_err ipc_app_save_changes(struct weh_call *call, struct weh_diag *diag)
{
    return ipc_save(call, call_description(&call->args[1]), diag);
}

weh_err ipc_app_abandon_changes(struct weh_call *call, struct weh_diag *diag)
{
    return call_workspace(call)->readonly ? WEH_OK : call_abandon(call, diag);
}

/* ---- what there is ---- */

static weh_err get_state(const struct weh_call *call, struct weh_txn_state *out,
                         struct weh_diag *diag)
{
    return weh_txn_get_state(call_workspace(call)->txns, out, diag);
}

weh_err ipc_app_has_pending_txns(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    weh_err err = get_state(call, &state, diag);

    if (err == WEH_OK) {
        weh_sink_bool(call->result, state.has_pending_txns);
    }
    return err;
}

weh_err ipc_app_is_undo_possible(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    weh_err err = get_state(call, &state, diag);

    if (err == WEH_OK) {
        weh_sink_bool(call->result, state.is_undo_possible);
    }
    return err;
}

weh_err ipc_app_is_redo_possible(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    weh_err err = get_state(call, &state, diag);

    if (err == WEH_OK) {
        weh_sink_bool(call->result, state.is_redo_possible);
    }
    return err;
}

weh_err ipc_app_get_undo_string(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    weh_err err = get_state(call, &state, diag);

    if (err == WEH_OK) {
        weh_sink_str(call->result, state.undo_string);
    }
    return err;
}

weh_err ipc_app_get_redo_string(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_state state;
    weh_err err = get_state(call, &state, diag);

    if (err == WEH_OK) {
        weh_sink_str(call->result, state.redo_string);
    }
    return err;
}

/* ---- undo and redo ---- */

static weh_err reverse(struct weh_call *call, uint32_t count, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err;

    if (count == 0 || call_workspace(call)->readonly) {
        return weh_fail(diag, WEH_E_NOTHING_TO_UNDO, "nothing to undo");
    }
    err = call_reverse(call, count, &ids, diag);
    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err reinstate(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_txn_ids ids = { NULL, 0 };
    weh_err err;

    if (call_workspace(call)->readonly) {
        return weh_fail(diag, WEH_E_NOTHING_TO_REDO, "nothing to redo");
    }
    err = call_reinstate(call, &ids, diag);
    weh_txn_ids_fini(&ids);
    return err;
}

/* IModelStatus: that there is nothing to do is no failure of the older functions. */
static weh_err answer_status(struct weh_call *call, weh_err err)
{
    if (err != WEH_OK && err != WEH_E_NOTHING_TO_UNDO && err != WEH_E_NOTHING_TO_REDO) {
        return err;
    }
    weh_sink_int(call->result, err == WEH_OK ? 0 : weh_err_info(err)->itwin);
    return WEH_OK;
}

/* As the native library takes numbers: without their fraction. */
static weh_err read_count(const struct weh_arg *arg, uint32_t *out, struct weh_diag *diag)
{
    double count = 0;
    weh_err err;

    *out = 0;
    if (!arg->given || !weh_value_to_double(arg->as.value, &count)) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "count", "count must be a number");
        if (diag != NULL) {
            diag->itwin_error = WEH_ITWIN_TYPE_ERROR;
        }
        return err;
    }
    if (count >= 1) {
        *out = count >= UINT32_MAX ? UINT32_MAX : (uint32_t)count;
    }
    return WEH_OK;
}

weh_err ipc_app_reverse_txns(struct weh_call *call, struct weh_diag *diag)
{
    uint32_t count;
    weh_err err = read_count(&call->args[1], &count, diag);

    return err == WEH_OK ? answer_status(call, reverse(call, count, diag)) : err;
}

weh_err ipc_app_reverse_all_txn(struct weh_call *call, struct weh_diag *diag)
{
    return answer_status(call, reverse(call, UINT32_MAX, diag));
}

weh_err ipc_app_reinstate_txn(struct weh_call *call, struct weh_diag *diag)
{
    return answer_status(call, reinstate(call, diag));
}

weh_err ipc_app_reverse_txns_async(struct weh_call *call, struct weh_diag *diag)
{
    uint32_t count;
    weh_err err = read_count(&call->args[1], &count, diag);

    return err == WEH_OK ? reverse(call, count, diag) : err;
}

weh_err ipc_app_reverse_all_txns_async(struct weh_call *call, struct weh_diag *diag)
{
    return reverse(call, UINT32_MAX, diag);
}

weh_err ipc_app_reinstate_txn_async(struct weh_call *call, struct weh_diag *diag)
{
    return reinstate(call, diag);
}

weh_err ipc_app_restart_txn_session(struct weh_call *call, struct weh_diag *diag)
{
    return call_workspace(call)->readonly ? WEH_OK
                                          : weh_txn_restart(call_workspace(call)->txns, diag);
}
