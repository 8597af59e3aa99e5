/* src/rpc/rpc_relationships.c - relationships.*: arguments to the BIS rules and back. */
#include "weh/relationship.h"

#include "rpc_priv.h"

weh_err relationships_get_props(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    struct weh_relationship_key key = { .class_name = args[0].as.string };

    if (args[2].given != args[3].given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, args[2].given ? "targetId" : "sourceId",
                              "sourceId and targetId are given together");
    }
    if (args[1].given == args[2].given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id",
                              "give either id, or sourceId and targetId");
    }
    if (args[1].given) {
        key.id = args[1].as.id;
    } else {
        key.source = args[2].as.id;
        key.target = args[3].as.id;
    }
    return weh_relationship_get_props(call_workspace(call)->bis, &key, call->result, diag);
}

weh_err relationships_insert(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    weh_id id = 0;
    weh_err err = weh_relationship_insert(call_workspace(call)->bis, args[0].as.value,
                                          args[1].given && args[1].as.boolean, &id, diag);

    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err relationships_update(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_relationship_update(call_workspace(call)->bis, call->args[0].as.value, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err relationships_delete(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_relationship_delete(call_workspace(call)->bis, call->args[0].as.value, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}
