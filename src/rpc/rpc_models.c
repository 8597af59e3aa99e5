/* src/rpc/rpc_models.c - models.*: arguments to the BIS rules and back. */
#include "rpc_priv.h"

weh_err models_get_props(struct weh_call *call, struct weh_diag *diag)
{
    return weh_model_get_props(call_workspace(call)->bis, call->args[0].as.id, call->result, diag);
}

weh_err models_insert(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = weh_model_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);

    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err models_update(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_model_update(call_workspace(call)->bis, call->args[0].as.value, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err models_delete(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_model_delete(call_workspace(call)->bis, call->args[0].as.id, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err models_query_extents(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *ids = &call->args[0];

    return weh_model_query_extents(call_workspace(call)->bis, ids->as.list.ids, ids->as.list.n,
                                   call->result, diag);
}
