/* src/rpc/rpc_code_specs.c - codeSpecs.*: arguments to the BIS rules and back. */
#include "weh/code_spec.h"

#include "rpc_priv.h"

weh_err code_specs_insert(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    weh_id id = 0;
    weh_err err = weh_code_spec_insert(call_workspace(call)->bis, args[0].as.string,
                                       args[1].as.value, &id, diag);

    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err code_specs_get_by_id(struct weh_call *call, struct weh_diag *diag)
{
    return weh_code_spec_get_by_id(call_workspace(call)->bis, call->args[0].as.id, call->result,
                                   diag);
}

weh_err code_specs_get_by_name(struct weh_call *call, struct weh_diag *diag)
{
    return weh_code_spec_get_by_name(call_workspace(call)->bis, call->args[0].as.string,
                                     call->result, diag);
}

weh_err code_specs_list(struct weh_call *call, struct weh_diag *diag)
{
    return weh_code_spec_list(call_workspace(call)->bis, call->result, diag);
}
