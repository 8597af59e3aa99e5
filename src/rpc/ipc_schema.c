/* src/rpc/ipc_schema.c - ECSchemaRpcInterface: schemas as EC 3.2 JSON. */
#include "weh/ec_describe.h"

#include "ipc_priv.h"

static struct weh_ec_describer describer_of(struct weh_call *call)
{
    const struct workspace *workspace = call_workspace(call);

    return (struct weh_ec_describer){ .briefcase = workspace->briefcase,
                                      .catalog = workspace->catalog,
                                      .arena = call->arena,
                                      .sink = call->result };
}

weh_err ipc_schema_get_keys(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_ec_describer describer = describer_of(call);

    return weh_ec_schema_keys(&describer, diag);
}

weh_err ipc_schema_get_json(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_ec_describer describer = describer_of(call);

    return weh_ec_schema_json(&describer, call->args[1].as.string, diag);
}
