/* src/rpc/rpc_elements.c - elements.*: arguments to the BIS rules and back. */
#include <stdlib.h>

#include "weh/id_set.h"

#include "rpc_priv.h"

weh_err elements_get_props(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *args = call->args;
    struct weh_element_key key = {
        .id = args[0].given ? args[0].as.id : 0,
        .federation_guid = args[1].given ? &args[1].as.guid : NULL,
        .code = args[2].given ? args[2].as.value : NULL,
        .want_geometry = args[3].given && args[3].as.boolean,
    };

    if ((int)args[0].given + (int)args[1].given + (int)args[2].given != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id",
                              "give exactly one of id, federationGuid and code");
    }
    return weh_element_get_props(call_workspace(call)->bis, &key, call->result, diag);
}

/* One of the ids asked for, and where it stood. */
struct asked {
    weh_id id;
    size_t index;
};

static int compare_asked(const void *a, const void *b)
{
    const struct asked *x = a;
    const struct asked *y = b;

    if (x->id != y->id) {
        return x->id < y->id ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* @list with each id once, where it stood first. */
static weh_err drop_repeated(struct weh_id_list *list, struct weh_arena *arena,
                             struct weh_diag *diag)
{
    struct asked *asked = weh_arena_array(arena, list->n + 1, sizeof(*asked));
    weh_id *ids = weh_arena_array(arena, list->n + 1, sizeof(*ids));
    size_t n = 0;

    if (asked == NULL || ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < list->n; i++) {
        asked[i] = (struct asked){ list->ids[i], i };
    }
    qsort(asked, list->n, sizeof(*asked), compare_asked);
    for (size_t i = 0; i < list->n; i++) {
        if (i == 0 || asked[i].id != asked[i - 1].id) {
            ids[asked[i].index] = asked[i].id;
        }
    }
    for (size_t i = 0; i < list->n; i++) {
        if (ids[i] != 0) {
            ids[n++] = ids[i];
        }
    }
    list->ids = ids;
    list->n = n;
    return WEH_OK;
}

/* The argument ids, or idSet instead. */
static weh_err read_ids(struct weh_call *call, struct weh_id_list *out, struct weh_diag *diag)
{
    const struct weh_arg *ids = &call->args[0];
    const struct weh_arg *set = &call->args[1];

    if (ids->given == set->given) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "ids", "give exactly one of ids and idSet");
    }
    if (set->given) {
        return weh_id_set_read(set->as.string, "idSet", RPC_MAX_IDS, call->arena, out, diag);
    }
    *out = (struct weh_id_list){ ids->as.list.ids, ids->as.list.n };
    return drop_repeated(out, call->arena, diag);
}

weh_err elements_get_many(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *geometry = &call->args[2];
    struct weh_id_list list = { NULL, 0 };
    weh_err err;

    err = read_ids(call, &list, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    for (size_t i = 0; err == WEH_OK && i < list.n; i++) {
        struct weh_element_key key = { .id = list.ids[i],
                                       .want_geometry = geometry->given && geometry->as.boolean };

        err = weh_call_progress(call, i, list.n, diag);
        if (err == WEH_OK) {
            err = weh_element_get_props(call_workspace(call)->bis, &key, call->result, diag);
        }
        if (err == WEH_E_NOT_FOUND) {
            err = WEH_OK; /* nothing was written */
        }
    }
    weh_sink_array_end(call->result);
    return err;
}

weh_err elements_query_children(struct weh_call *call, struct weh_diag *diag)
{
    return weh_element_query_children(call_workspace(call)->bis, call->args[0].as.id, call->result,
                                      diag);
}

weh_err elements_insert(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err;

    weh_call_edits(call, call->args[0].as.value);
    err = weh_element_insert(call_workspace(call)->bis, call->args[0].as.value, &id, diag);

    if (err == WEH_OK) {
        put_new_id(call->result, id);
    }
    return err;
}

weh_err elements_update(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err;

    weh_call_edits(call, call->args[0].as.value);
    err = weh_element_update(call_workspace(call)->bis, call->args[0].as.value, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err elements_delete(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list list = { NULL, 0 };
    weh_err err = call_id_or_ids(call, &list, diag);

    if (err == WEH_OK) {
        err = weh_element_delete(call_workspace(call)->bis, list.ids, list.n, diag);
    }
    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err elements_delete_tree(struct weh_call *call, struct weh_diag *diag)
{
    size_t n = 0;
    weh_err err = weh_element_delete_tree(call_workspace(call)->bis, call->args[0].as.id, &n, diag);

    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, 1);
        put_int(call->result, "deleted", (int64_t)n);
        weh_sink_map_end(call->result);
    }
    return err;
}

weh_err elements_delete_definitions(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *ids = &call->args[0];
    weh_id *used = weh_arena_array(call->arena, ids->as.list.n + 1, sizeof(*used));
    size_t n = 0;
    weh_err err;

    if (used == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_element_delete_definitions(call_workspace(call)->bis, ids->as.list.ids,
                                         ids->as.list.n, used, &n, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, 1);
    weh_sink_key(call->result, "inUse");
    weh_sink_array_begin(call->result, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_id(call->result, used[i]);
    }
    weh_sink_array_end(call->result);
    weh_sink_map_end(call->result);
    return WEH_OK;
}
