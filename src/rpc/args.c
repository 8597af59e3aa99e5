/* src/rpc/args.c - arguments that several methods have, beyond what their table checks. */
#include "rpc_priv.h"

weh_err call_id_or_ids(const struct weh_call *call, struct weh_id_list *out, struct weh_diag *diag)
{
    const struct weh_arg *id = &call->args[0];
    const struct weh_arg *ids = &call->args[1];

    if (id->given == ids->given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "give exactly one of id and ids");
    }
    *out = id->given ? (struct weh_id_list){ &id->as.id, 1 }
                     : (struct weh_id_list){ ids->as.list.ids, ids->as.list.n };
    return WEH_OK;
}
