/* src/rpc/ipc_editor.c - channel editor: the one edit command of a page, and the methods that are called on it.
 *
 * The command is BasicManipulation of @itwin/editor-backend 5.0; what its methods do is in ipc_manipulate.c. As with the
 * stock backend a command stays active when its iModel is closed; then only ping answers.
 */
#include <stdio.h>
#include <string.h>

#include "ipc_priv.h"

/* IModelStatus of @itwin/core-bentley. */
#define ITWIN_NOT_REGISTERED     65605
#define ITWIN_FUNCTION_NOT_FOUND 65606
#define ITWIN_NO_ACTIVE_COMMAND  65607

#define COMMAND_ID "basicManipulation"

static weh_err fail_as(int32_t itwin, struct weh_diag *diag)
{
    if (diag != NULL) {
        diag->itwin = itwin;
    }
    return WEH_E_STATE;
}

weh_err ipc_editor_start_command(struct weh_call *call, struct weh_diag *diag)
{
    struct desk *desk = call_desk(call);
    const struct weh_str id = call->args[0].as.string;
    const struct weh_str key = call->args[1].given ? call->args[1].as.string : WEH_STR("");

    desk->has_command = false;
    if (id.len == 0) {
        return WEH_OK;
    }
    if (!weh_str_eq_text(id, COMMAND_ID)) {
        char name[64];

        (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(id));
        (void)weh_fail(diag, WEH_E_STATE, "Command not registered [%s]", name);
        return fail_as(ITWIN_NOT_REGISTERED, diag);
    }
    if (desk_find(desk, key) == NULL) {
        return weh_fail(diag, WEH_E_IMODEL_NOT_FOUND, "iModel not found");
    }
    desk->has_command = true;
    (void)snprintf(desk->command_key, sizeof(desk->command_key), "%.*s", WEH_STR_ARGS(key));
    weh_sink_text(call->result, COMMAND_ID);
    return WEH_OK;
}

/* What was given behind the name of the method, as an array. */
static weh_err rest_of(struct weh_call *call, struct weh_value *out, struct weh_diag *diag)
{
    struct weh_value *items = weh_arena_array(call->arena, WEH_MAX_ARGS, sizeof(*items));
    uint32_t n = 0;

    if (items == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 1; call->method->args[i].name != NULL && call->args[i].as.value != NULL;
         i++) {
        items[n++] = *call->args[i].as.value;
    }
    *out = (struct weh_value){ .type = WEH_VALUE_ARRAY, .n = n };
    out->as.items = items;
    return WEH_OK;
}

static weh_err run(struct weh_call *call, const struct weh_method *method, struct weh_diag *diag)
{
    struct desk *desk = call_desk(call);
    struct workspace *workspace = desk_find(desk, weh_str_from(desk->command_key));
    struct weh_arg args[WEH_MAX_ARGS];
    struct weh_call inner = *call;
    struct weh_value params;
    weh_err err = rest_of(call, &params, diag);

    if (err == WEH_OK) {
        err = weh_args_decode(method->args, &params, call->arena, args, diag);
    }
    if (err == WEH_OK && (method->states & WEH_IN(NEW)) == 0) {
        err = workspace == NULL
                  ? weh_fail(diag, WEH_E_STATE, "the iModel of the command was closed")
                  : desk_enter(desk, workspace, method, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    inner.method = method;
    inner.args = args;
    return method->handler(&inner, diag);
}

weh_err ipc_editor_call_method(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_method *method;
    char name[64];
    size_t n;
    const struct weh_method *methods = weh_rpc_ipc_command_methods(&n);

    if (!call_desk(call)->has_command) {
        (void)weh_fail(diag, WEH_E_STATE, "No active command");
        return fail_as(ITWIN_NO_ACTIVE_COMMAND, diag);
    }
    method = weh_method_find(methods, n, WEH_STR(COMMAND_ID), call->args[0].as.string);
    if (method != NULL) {
        return run(call, method, diag);
    }
    (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(call->args[0].as.string));
    (void)weh_fail(diag, WEH_E_STATE, "Method %s not found on " COMMAND_ID, name);
    return fail_as(ITWIN_FUNCTION_NOT_FOUND, diag);
}
