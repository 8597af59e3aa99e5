/* src/rpc/rpc_elements.c - elements.* and models.*: arguments to the BIS rules and back. */
#include "rpc_priv.h"

static weh_err put_empty(struct weh_call *call)
{
    weh_sink_map_begin(call->result, 0);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

static weh_err put_new_id(struct weh_call *call, weh_id id)
{
    weh_sink_map_begin(call->result, 1);
    put_id(call->result, "id", id);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err elements_get_props(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    struct weh_element_key key = {
        .id = args[0].given ? args[0].as.id : 0,
        .federation_guid = args[1].given ? &args[1].as.guid : NULL,
        .code = args[2].given ? args[2].as.value : NULL,
    };

    if ((int)args[0].given + (int)args[1].given + (int)args[2].given != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id",
                              "give exactly one of id, federationGuid and code");
    }
    if (args[3].given && args[3].as.boolean) {
        return weh_fail_where(diag, WEH_E_UNSUPPORTED, "wantGeometry",
                              "geometry cannot be read yet");
    }
    return weh_element_get_props(call_workspace(call)->bis, &key, call->result, diag);
}

weh_err elements_insert(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_element_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);
    }
    return err == WEH_OK ? put_new_id(call, id) : err;
}

weh_err elements_update(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_element_update(call_workspace(call)->bis, call->args[0].as.value, diag);
    }
    return err == WEH_OK ? put_empty(call) : err;
}

weh_err elements_delete(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    const weh_id *ids = args[0].given ? &args[0].as.id : args[1].as.list.ids;
    size_t n = args[0].given ? 1 : args[1].as.list.n;
    weh_err err = call_check_writable(call, diag);

    if (args[0].given == args[1].given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "give exactly one of id and ids");
    }
    if (err == WEH_OK) {
        err = weh_element_delete(call_workspace(call)->bis, ids, n, diag);
    }
    return err == WEH_OK ? put_empty(call) : err;
}

weh_err models_get_props(struct weh_call *call, struct weh_diag *diag)
{
    return weh_model_get_props(call_workspace(call)->bis, call->args[0].as.id, call->result, diag);
}

weh_err models_insert(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_model_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);
    }
    return err == WEH_OK ? put_new_id(call, id) : err;
}
