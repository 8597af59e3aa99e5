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

weh_err call_check_members(const struct weh_value *map, const char *where, const char *const *names,
                           struct weh_diag *diag)
{
    if (map->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be an object", where);
    }
    for (uint32_t i = 0; i < map->n; i++) {
        const char *const *name = names;

        while (*name != NULL && !weh_str_eq_text(map->as.members[i].key, *name)) {
            name++;
        }
        if (*name == NULL) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s has no member %.*s", where,
                                  WEH_STR_ARGS(map->as.members[i].key));
        }
    }
    return WEH_OK;
}
