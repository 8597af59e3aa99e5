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
    weh_err err = weh_aspect_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);

    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err elements_update_aspect(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_aspect_update(call_workspace(call)->bis, call->args[0].as.value, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err elements_delete_aspect(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list list = { NULL, 0 };
    weh_err err = call_id_or_ids(call, &list, diag);

    if (err == WEH_OK) {
        err = weh_aspect_delete(call_workspace(call)->bis, list.ids, list.n, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}
