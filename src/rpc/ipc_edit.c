/* src/rpc/ipc_edit.c - webedit/edit: what stock commands cannot do, for pages that call it by name.
 *
 * The first argument is the key of the open iModel. The others are those of the method of weh.v1 that does the
 * same; what gives only a new id there gives the id here, and what gives {} gives nothing.
 */
#include <string.h>

#include "weh/value_sink.h"

#include "ipc_read.h"

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

/* In what is looked at whether it is in an open channel; that of relationships, code specs and file properties is not
 * asked for, nor that of what a batch holds. */
enum subject {
    SUBJECT_NONE,
    SUBJECT_ELEMENT,        /* of the id that is given */
    SUBJECT_MODEL,          /* the same, of a model */
    SUBJECT_PROPS_OF_MODEL, /* of the properties that are given */
    SUBJECT_MODELED,        /* what the new model models */
    SUBJECT_OWNER           /* of the aspect */
};

static const struct route {
    const char *method; /* of this channel */
    weh_handler handler;
    const char *member;
    enum result result;
    enum subject subject;
} routes[] = {
    { "batch", edit_batch, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "deleteDefinitionElements", elements_delete_definitions, "inUse", RESULT_MEMBER,
      SUBJECT_NONE },
    { "deleteElementTree", elements_delete_tree, "deleted", RESULT_MEMBER, SUBJECT_ELEMENT },
    { "deleteFileProperty", briefcase_delete_file_property, NULL, RESULT_NONE, SUBJECT_NONE },
    { "deleteModel", models_delete, NULL, RESULT_NONE, SUBJECT_MODEL },
    { "deleteRelationship", relationships_delete, NULL, RESULT_NONE, SUBJECT_NONE },
    { "dropUnsaved", briefcase_drop_unsaved, NULL, RESULT_NONE, SUBJECT_NONE },
    { "getAspects", elements_get_aspects, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "getCodeSpecs", code_specs_list, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "getModelProps", models_get_props, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "getRelationshipProps", relationships_get_props, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "insertAspect", elements_insert_aspect, "id", RESULT_MEMBER, SUBJECT_OWNER },
    { "insertCodeSpec", code_specs_insert, "id", RESULT_MEMBER, SUBJECT_NONE },
    { "insertModel", models_insert, "id", RESULT_MEMBER, SUBJECT_MODELED },
    { "insertRelationship", relationships_insert, "id", RESULT_MEMBER, SUBJECT_NONE },
    { "queryFileProperty", briefcase_query_file_property, NULL, RESULT_AS_IS, SUBJECT_NONE },
    { "restoreUnsaved", briefcase_restore_unsaved, NULL, RESULT_NONE, SUBJECT_NONE },
    { "saveFileProperty", briefcase_save_file_property, NULL, RESULT_NONE, SUBJECT_NONE },
    { "updateAspect", elements_update_aspect, NULL, RESULT_NONE, SUBJECT_OWNER },
    { "updateModel", models_update, NULL, RESULT_NONE, SUBJECT_PROPS_OF_MODEL },
    { "updateRelationship", relationships_update, NULL, RESULT_NONE, SUBJECT_NONE },
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

/* ---- looked at before an edit ---- */

static weh_err check_subject(struct weh_call *call, enum subject subject, struct weh_diag *diag)
{
    const struct weh_value *props = call->args[1].as.value;

    switch (subject) {
    case SUBJECT_NONE:
        return WEH_OK;
    case SUBJECT_ELEMENT:
        return channels_check_element(call, call->args[1].as.id, diag);
    case SUBJECT_MODEL:
        return channels_check_model(call, call->args[1].as.id, diag);
    case SUBJECT_PROPS_OF_MODEL:
        return channels_check_model(call, member_id(props, "id"), diag);
    case SUBJECT_MODELED:
        return channels_check_model(call, member_id(weh_value_get(props, "modeledElement"), "id"),
                                    diag);
    case SUBJECT_OWNER:
        return channels_check_element(call, member_id(weh_value_get(props, "element"), "id"), diag);
    }
    return WEH_OK;
}

weh_err ipc_check_update(struct weh_call *call, const struct weh_value *props,
                         struct weh_diag *diag)
{
    return channels_check_element(call, member_id(props, "id"), diag);
}

weh_err ipc_check_insert(struct weh_call *call, const struct weh_value *props,
                         struct weh_diag *diag)
{
    static const char *const keys[] = { "id", "federationGuid", "code" };
    weh_err err;

    for (size_t i = 0; i < WEH_ARRAY_LEN(keys); i++) {
        if (!weh_value_is_null(weh_value_get(props, keys[i]))) {
            return channels_check_model(call, member_id(props, "model"), diag);
        }
    }
    err = weh_fail_where(diag, WEH_E_BAD_ARGS, "code", "Error inserting element [No key provided]");
    if (diag != NULL) {
        diag->itwin_error = WEH_ITWIN_NO_KEY;
    }
    return err;
}

/* ---- as in weh.v1 ---- */

weh_err ipc_edit_as_in_v1(struct weh_call *call, struct weh_diag *diag)
{
    const struct route *route = route_of(call->method);
    struct weh_call inner = *call;
    struct weh_value_sink sink;
    struct weh_value result;
    weh_err err;

    err = check_subject(call, route->subject, diag);
    if (err != WEH_OK) {
        return err;
    }
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
    err = ipc_check_insert(call, props, diag);
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
    weh_err err;

    weh_call_edits(call, props);
    err = ipc_check_update(call, props, diag);
    return err == WEH_OK ? weh_element_update(call_workspace(call)->bis, props, diag) : err;
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

weh_err ipc_edit_update_element(struct weh_call *call, struct weh_diag *diag)
{
    return update_one(call, call->args[1].as.value, diag);
}

weh_err ipc_edit_allow_channel(struct weh_call *call, struct weh_diag *diag)
{
    return channels_allow(call, call->args[1].as.string, diag);
}

weh_err ipc_edit_forbid_channel(struct weh_call *call, struct weh_diag *diag)
{
    return channels_forbid(call, call->args[1].as.string, diag);
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
        err = channels_check_element(call, ids->as.list.ids[i], diag);
        if (err == WEH_OK) {
            err = weh_element_delete(call_workspace(call)->bis, &ids->as.list.ids[i], 1, diag);
        }
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
