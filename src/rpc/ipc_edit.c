/* src/rpc/ipc_edit.c - webedit/edit: what stock commands cannot do, for pages that call it by name.
 *
 * The first argument is the key of the open iModel. The others are those of the method of weh.v1 that does the
 * same; what gives only a new id there gives the id here, and what gives {} gives nothing.
 */
#include <string.h>

#include "weh/value_sink.h"

#include "ipc_priv.h"

weh_err ipc_edit_ping(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *value = call->args[1].as.value;

    (void)diag;
    if (value != NULL) {
        weh_sink_value(call->result, value);
    }
    return WEH_OK;
}

/* What is made of a method of weh.v1. */
enum result {
    RESULT_AS_IS,
    RESULT_MEMBER, /* one member of it */
    RESULT_NONE
};

static const struct route {
    const char *method; /* of this channel */
    weh_handler handler;
    enum result result;
    const char *member;
} routes[] = {
    { "batch", edit_batch, RESULT_AS_IS, NULL },
    { "deleteDefinitionElements", elements_delete_definitions, RESULT_MEMBER, "inUse" },
    { "deleteElementTree", elements_delete_tree, RESULT_MEMBER, "deleted" },
    { "deleteFileProperty", briefcase_delete_file_property, RESULT_NONE, NULL },
    { "deleteModel", models_delete, RESULT_NONE, NULL },
    { "deleteRelationship", relationships_delete, RESULT_NONE, NULL },
    { "dropUnsaved", briefcase_drop_unsaved, RESULT_NONE, NULL },
    { "getAspects", elements_get_aspects, RESULT_AS_IS, NULL },
    { "getCodeSpecs", code_specs_list, RESULT_AS_IS, NULL },
    { "getModelProps", models_get_props, RESULT_AS_IS, NULL },
    { "getRelationshipProps", relationships_get_props, RESULT_AS_IS, NULL },
    { "insertAspect", elements_insert_aspect, RESULT_MEMBER, "id" },
    { "insertCodeSpec", code_specs_insert, RESULT_MEMBER, "id" },
    { "insertModel", models_insert, RESULT_MEMBER, "id" },
    { "insertRelationship", relationships_insert, RESULT_MEMBER, "id" },
    { "queryFileProperty", briefcase_query_file_property, RESULT_AS_IS, NULL },
    { "restoreUnsaved", briefcase_restore_unsaved, RESULT_NONE, NULL },
    { "saveFileProperty", briefcase_save_file_property, RESULT_NONE, NULL },
    { "updateAspect", elements_update_aspect, RESULT_NONE, NULL },
    { "updateElement", elements_update, RESULT_NONE, NULL },
    { "updateModel", models_update, RESULT_NONE, NULL },
    { "updateRelationship", relationships_update, RESULT_NONE, NULL },
};

static const struct route *route_of(const struct weh_method *method)
{
    const char *name = strrchr(method->name, '.') + 1;
    size_t i = 0;

    while (i < WEH_ARRAY_LEN(routes) - 1 && strcmp(routes[i].method, name) != 0) {
        i++;
    }
    weh_assert(strcmp(routes[i].method, name) == 0);
    return &routes[i];
}

weh_err ipc_edit_as_in_v1(struct weh_call *call, struct weh_diag *diag)
{
    const struct route *route = route_of(call->method);
    struct weh_call inner = *call;
    struct weh_value_sink sink;
    struct weh_value result;
    weh_err err;

    inner.args = call->args + 1;
    if (route->result == RESULT_AS_IS) {
        return route->handler(&inner, diag);
    }
    weh_value_sink_init(&sink, call->arena);
    inner.result = &sink.sink;
    err = route->handler(&inner, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &result, diag);
    }
    if (err == WEH_OK && route->result == RESULT_MEMBER) {
        weh_sink_value(call->result, weh_value_get(&result, route->member));
    }
    return err;
}

weh_err ipc_check_insert(const struct weh_value *props, struct weh_diag *diag)
{
    static const char *const keys[] = { "id", "federationGuid", "code" };
    weh_err err;

    for (size_t i = 0; i < WEH_ARRAY_LEN(keys); i++) {
        if (!weh_value_is_null(weh_value_get(props, keys[i]))) {
            return WEH_OK;
        }
    }
    err = weh_fail_where(diag, WEH_E_BAD_ARGS, "code", "No key provided");
    if (diag != NULL) {
        diag->itwin_error = WEH_ITWIN_NO_KEY;
    }
    return err;
}

weh_err ipc_edit_get_element_props(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_element_key key = { .id = call->args[1].as.id };

    return weh_element_get_props(call_workspace(call)->bis, &key, call->result, diag);
}

/* ---- many at once: all of them or none ---- */

typedef weh_err (*edit_one)(struct weh_call *call, const struct weh_value *props,
                            struct weh_diag *diag);

static weh_err insert_one(struct weh_call *call, const struct weh_value *props,
                          struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err;

    weh_call_edits(call, props);
    err = ipc_check_insert(props, diag);
    if (err == WEH_OK) {
        err = weh_element_insert(call_workspace(call)->bis, props, &id, diag);
    }
    if (err == WEH_OK) {
        weh_sink_id(call->result, id);
    }
    return err;
}

static weh_err update_one(struct weh_call *call, const struct weh_value *props,
                          struct weh_diag *diag)
{
    weh_call_edits(call, props);
    return weh_element_update(call_workspace(call)->bis, props, diag);
}

static weh_err edit_list(struct weh_call *call, edit_one edit, struct weh_diag *diag)
{
    const struct weh_value *list = call->args[1].as.value;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < list->n && err == WEH_OK; i++) {
        if (list->as.items[i].type != WEH_VALUE_MAP) {
            err = weh_fail_where(diag, WEH_E_BAD_ARGS, "list", "each item must be an object");
        }
        if (err == WEH_OK) {
            err = edit(call, &list->as.items[i], diag);
        }
        if (err == WEH_OK) {
            err = weh_call_progress(call, i + 1U, list->n, diag);
        } else if (diag != NULL) {
            diag->op = i + 1;
        }
    }
    return err;
}

weh_err ipc_edit_insert_element(struct weh_call *call, struct weh_diag *diag)
{
    return insert_one(call, call->args[1].as.value, diag);
}

static weh_err edit_all(struct weh_call *call, edit_one edit, struct weh_diag *diag)
{
    struct weh_bis *bis = call_workspace(call)->bis;
    weh_err err = weh_bis_batch_begin(bis, diag);

    return err == WEH_OK ? weh_bis_batch_end(bis, edit_list(call, edit, diag), diag) : err;
}

weh_err ipc_edit_insert_elements(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err;

    weh_sink_array_begin(call->result, call->args[1].as.value->n);
    err = edit_all(call, insert_one, diag);
    if (err == WEH_OK) {
        weh_sink_array_end(call->result);
    }
    return err;
}

weh_err ipc_edit_update_elements(struct weh_call *call, struct weh_diag *diag)
{
    return edit_all(call, update_one, diag);
}

/* One after the other, so that the error can name the one. */
static weh_err delete_each(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *ids = &call->args[1];
    weh_err err = WEH_OK;

    for (size_t i = 0; i < ids->as.list.n && err == WEH_OK; i++) {
        weh_call_deletes(call, ids->as.list.ids[i]);
        err = weh_element_delete(call_workspace(call)->bis, &ids->as.list.ids[i], 1, diag);
        if (err == WEH_OK) {
            err = weh_call_progress(call, i + 1, ids->as.list.n, diag);
        }
    }
    return err;
}

weh_err ipc_edit_delete_elements(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_bis *bis = call_workspace(call)->bis;
    weh_err err = weh_bis_batch_begin(bis, diag);

    return err == WEH_OK ? weh_bis_batch_end(bis, delete_each(call, diag), diag) : err;
}

weh_err ipc_edit_delete_aspects(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_arg args[2] = { { .given = false }, call->args[1] };
    struct weh_value_sink nothing;
    struct weh_call inner = *call;

    weh_value_sink_init(&nothing, call->arena);
    inner.args = args;
    inner.result = &nothing.sink;
    return elements_delete_aspect(&inner, diag);
}
