/* src/rpc/rpc_aspects.c - elements.*Aspect*: arguments to the BIS rules and back. */
#include "weh/aspect.h"

#include "rpc_priv.h"

weh_err elements_get_aspects(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    struct weh_str class_name = { NULL, 0 };

    if (args[1].given) {
        class_name = args[1].as.string;
    }
    return weh_aspects_get_props(call_workspace(call)->bis, args[0].as.id, class_name, call->result,
                                 diag);
}

weh_err elements_insert_aspect(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_aspect_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);
    }
    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err elements_update_aspect(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = call_check_writable(call, diag);

    if (err == WEH_OK) {
        err = weh_aspect_update(call_workspace(call)->bis, call->args[0].as.value, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err elements_delete_aspect(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    const weh_id *ids = args[0].given ? &args[0].as.id : args[1].as.list.ids;
    size_t n = args[0].given ? 1 : args[1].as.list.n;
    weh_err err = call_check_writable(call, diag);

    if (args[0].given == args[1].given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "give exactly one of id and ids");
    }
    if (err == WEH_OK) {
        err = weh_aspect_delete(call_workspace(call)->bis, ids, n, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}
