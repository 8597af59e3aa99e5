/* src/rpc/describe.c - the API as data, for host.describe and the generated documents. */
#include "weh/channel.h"

#include "rpc_priv.h"

static void describe_arg(const struct weh_arg_spec *arg, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_text(sink, "name", arg->name);
    put_text(sink, "type", weh_arg_type_name(arg->type));
    put_bool(sink, "required", arg->required);
    if (arg->type == WEH_ARG_INT || arg->type == WEH_ARG_STRING || arg->type == WEH_ARG_IDS ||
        arg->type == WEH_ARG_ARRAY) {
        put_int(sink, "min", arg->min);
        put_int(sink, "max", arg->max);
    }
    if (arg->type == WEH_ARG_CHOICE) {
        put_text(sink, "choices", arg->choices);
    }
    put_text(sink, "help", arg->help);
    weh_sink_map_end(sink);
}

static void describe_method(const struct weh_method *method, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_text(sink, "name", method->name);
    put_text(sink, "access", weh_access_name(method->access));
    weh_sink_key(sink, "states");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (unsigned state = 0; state <= WEH_SESSION_CLOSED; state++) {
        if ((method->states & (1u << state)) != 0) {
            weh_sink_text(sink, weh_session_state_name((enum weh_session_state)state));
        }
    }
    weh_sink_array_end(sink);
    weh_sink_key(sink, "params");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; method->args[i].name != NULL; i++) {
        describe_arg(&method->args[i], sink);
    }
    weh_sink_array_end(sink);
    put_text(sink, "result", method->result);
    put_bool(sink, "batch", (method->flags & WEH_METHOD_IN_BATCH) != 0);
    put_text(sink, "since", method->since);
    put_text(sink, "help", method->help);
    weh_sink_map_end(sink);
}

static void describe_notifications(struct weh_sink *sink)
{
    size_t n;
    const struct weh_notification *notifications = weh_rpc_notifications(&n);

    weh_sink_array_begin(sink, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_map_begin(sink, 3);
        put_text(sink, "name", notifications[i].name);
        put_text(sink, "params", notifications[i].params);
        put_text(sink, "help", notifications[i].help);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

static void describe_errors(struct weh_sink *sink)
{
    weh_sink_array_begin(sink, WEH_E_COUNT - 1);
    for (unsigned err = WEH_OK + 1; err < WEH_E_COUNT; err++) {
        const struct weh_err_info *info = weh_err_info((weh_err)err);

        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        put_text(sink, "name", info->name);
        put_int(sink, "code", info->code);
        if (info->itwin != 0) {
            put_int(sink, "iTwin", info->itwin);
        }
        put_text(sink, "ends", info->scope == WEH_SCOPE_SESSION ? "session" : "request");
        put_text(sink, "help", info->help);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

static void describe_close_reasons(struct weh_sink *sink)
{
    weh_sink_array_begin(sink, WEH_CLOSE_COUNT);
    for (unsigned reason = 0; reason < WEH_CLOSE_COUNT; reason++) {
        const struct weh_close_info *info = weh_close_info((enum weh_close_reason)reason);

        weh_sink_map_begin(sink, 4);
        put_text(sink, "name", info->name);
        put_int(sink, "code", info->code);
        put_bool(sink, "isError", info->is_error);
        put_text(sink, "text", info->text);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

void weh_rpc_describe(struct weh_sink *sink)
{
    size_t n;
    const struct weh_method *methods = weh_rpc_methods(&n);

    weh_sink_map_begin(sink, 5);
    put_text(sink, "protocol", WEH_PROTOCOL_NAME);
    weh_sink_key(sink, "methods");
    weh_sink_array_begin(sink, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        describe_method(&methods[i], sink);
    }
    weh_sink_array_end(sink);
    weh_sink_key(sink, "notifications");
    describe_notifications(sink);
    weh_sink_key(sink, "errors");
    describe_errors(sink);
    weh_sink_key(sink, "closeReasons");
    describe_close_reasons(sink);
    weh_sink_map_end(sink);
}

weh_err host_describe(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_rpc_describe(call->result);
    return WEH_OK;
}
