/* src/rpc/rpc_schema.c - schema.*: schemas, classes and enumerations as data. */
#include "weh/ec_describe.h"

#include "rpc_priv.h"

static struct weh_ec_describer describer_of(struct weh_call *call)
{
    const struct workspace *workspace = call_workspace(call);

    return (struct weh_ec_describer){
        .briefcase = workspace->briefcase,
        .catalog = workspace->catalog,
        .arena = call->arena,
        .sink = call->result,
    };
}

weh_err schema_get_class(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_ec_describer describer = describer_of(call);
    const struct weh_arg *inherited = &call->args[1];

    return weh_ec_describe_class(&describer, call->args[0].as.string,
                                 !inherited->given || inherited->as.boolean, diag);
}

weh_err schema_get_enumeration(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_ec_describer describer = describer_of(call);

    return weh_ec_describe_enumeration(&describer, call->args[0].as.string, diag);
}

weh_err schema_list(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_ec_describer describer = describer_of(call);
    const struct weh_arg *schema = &call->args[0];
    const struct weh_arg *items = &call->args[1];

    return weh_ec_describe_schemas(&describer, schema->given ? schema->as.string : WEH_STR(""),
                                   items->given && items->as.boolean, diag);
}
