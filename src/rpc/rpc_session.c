/* src/rpc/rpc_session.c - session.*: who is there, what is allowed, the end. */
#include <stdio.h>
#include <string.h>

#include "weh/claim.h"
#include "weh/clock.h"

#include "rpc_priv.h"

static void put_limits(struct weh_sink *sink, const struct weh_config *config)
{
    weh_sink_key(sink, "limits");
    weh_sink_map_begin(sink, 8);
    put_int(sink, "messageBytes", config->limits_message_bytes);
    put_int(sink, "messageValues", config->limits_message_values);
    put_int(sink, "messageDepth", config->limits_message_depth);
    put_int(sink, "mailboxMessages", config->limits_mailbox_messages);
    put_int(sink, "mailboxBytes", config->limits_mailbox_bytes);
    put_int(sink, "outboxBytes", config->limits_outbox_bytes);
    put_int(sink, "lingerSeconds", config->session_linger_s);
    put_int(sink, "resumeBytes", config->session_resume_bytes);
    weh_sink_map_end(sink);
}

/* The member @key of @client as printable text of at most @size - 1 bytes; "" when absent. */
static weh_err client_text(const struct weh_value *client, const char *key, char *out, size_t size,
                           struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(client, key);

    out[0] = '\0';
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING || value->n >= size) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "client",
                              "client.%s must be a string of at most %zu bytes", key, size - 1);
    }
    (void)snprintf(out, size, "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    return WEH_OK;
}

/* The member @key of @map as text. */
static weh_err resume_text(const struct weh_value *map, const char *key, struct weh_str *out,
                           struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(map, key);

    if (value == NULL || value->type != WEH_VALUE_STRING || value->n > 64) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "resume",
                              "resume.%s must be a string, as an earlier hello gave it", key);
    }
    *out = weh_value_str(value);
    return WEH_OK;
}

static weh_err read_resume(const struct weh_value *map, struct weh_resume *out,
                           struct weh_diag *diag)
{
    int64_t received = 0;
    weh_err err = resume_text(map, "sessionId", &out->session_id, diag);

    if (err == WEH_OK) {
        err = resume_text(map, "resumeToken", &out->token, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (!weh_value_to_int64(weh_value_get(map, "received"), &received) || received < 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "resume",
                              "resume.received must be a whole number from 0");
    }
    out->received = (uint64_t)received;
    if (map->n != 3) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "resume",
                              "resume has sessionId, resumeToken and received, nothing else");
    }
    return WEH_OK;
}

static weh_err say_hello(const struct weh_call *call, const struct weh_arg *resume,
                         struct weh_hello *out, struct weh_claim *claim, struct weh_diag *diag)
{
    struct weh_resume from = { .received = 0 };
    weh_err err = resume->given ? read_resume(resume->as.value, &from, diag) : WEH_OK;

    if (err != WEH_OK) {
        return err;
    }
    return weh_session_hello(call->session, resume->given ? &from : NULL, out, claim, diag);
}

static void put_claim(struct weh_sink *sink, const struct weh_claim *claim)
{
    weh_sink_key(sink, "ledBack");
    weh_sink_map_begin(sink, 2);
    put_text(sink, claim->is_checkout ? "briefcase" : "imodel", claim->name);
    put_text(sink, "mode", claim->readonly ? "readonly" : "readwrite");
    weh_sink_map_end(sink);
}

/* @claim  what is being opened; NULL: nothing. */
static void put_hello(struct weh_sink *sink, const struct weh_hello *hello,
                      const struct weh_claim *claim, const struct weh_config *config)
{
    weh_sink_map_begin(sink, claim == NULL ? 9 : 10);
    put_text(sink, "sessionId", weh_session_name(hello->session));
    put_text(sink, "resumeToken", hello->token);
    put_text(sink, "user", weh_session_user(hello->session));
    put_text(sink, "access", weh_access_name(hello->access));
    weh_sink_key(sink, "server");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "name", "webedithost");
    put_text(sink, "version", WEH_VERSION);
    weh_sink_map_end(sink);
    put_text(sink, "protocol", WEH_PROTOCOL_NAME);
    put_limits(sink, config);
    put_bool(sink, "resumed", hello->resumed);
    put_int(sink, "received", (int64_t)hello->received);
    if (claim != NULL) {
        put_claim(sink, claim);
    }
    weh_sink_map_end(sink);
}

/* Out of band: in the channel's thread, which alone may give a channel to another session. */
weh_err session_hello(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_log_who who = { NULL, NULL };
    struct weh_claim claim = { .readonly = false };
    struct weh_hello hello;
    char name[65];
    char version[65];
    weh_err err;

    if (!weh_session_is_first_request(call->session)) {
        return weh_fail(diag, WEH_E_STATE, "session.hello must be the first request");
    }
    err = client_text(call->args[0].as.value, "name", name, sizeof(name), diag);
    if (err == WEH_OK) {
        err = client_text(call->args[0].as.value, "version", version, sizeof(version), diag);
    }
    if (err == WEH_OK) {
        err = say_hello(call, &call->args[1], &hello, &claim, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    who.session = weh_session_name(hello.session);
    who.activity = call->activity_id;
    weh_log(weh_host_log(call->host), WEH_LOG_INFO, &who, "session.hello",
            WEH_F_TEXT("client", name), WEH_F_TEXT("version", version));
    put_hello(call->result, &hello, hello.is_led_back ? &claim : NULL, weh_host_config(call->host));
    return WEH_OK;
}

/* Out of band too: what need not be kept is freed in the thread that keeps it. */
weh_err session_ack(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_session_acknowledge(call->session, (uint64_t)call->args[0].as.integer, diag);

    if (err == WEH_OK) {
        put_empty(call->result);
    }
    return err;
}

weh_err session_info(struct weh_call *call, struct weh_diag *diag)
{
    const struct workspace *workspace = call_workspace(call);
    struct weh_sink *sink = call->result;

    (void)diag;
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_text(sink, "sessionId", weh_session_name(call->session));
    put_text(sink, "user", weh_session_user(call->session));
    put_text(sink, "access", weh_access_name(weh_session_access(call->session)));
    put_text(sink, "codec", weh_codec_name(weh_session_codec(call->session)));
    put_text(sink, "state", weh_session_state_name(weh_session_state_now(call->session)));
    if (workspace_is_open(workspace)) {
        put_text(sink, workspace->is_checkout ? "briefcase" : "imodel", workspace->name);
        put_text(sink, "mode", workspace->readonly ? "readonly" : "readwrite");
    }
    weh_sink_map_end(sink);
    return WEH_OK;
}

weh_err session_ping(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_sink *sink = call->result;

    (void)diag;
    weh_sink_map_begin(sink, call->args[0].given ? 2 : 1);
    if (call->args[0].given) {
        weh_sink_key(sink, "data");
        weh_sink_value(sink, call->args[0].as.value);
    }
    put_time(sink, "time", weh_clock_wall_ms());
    weh_sink_map_end(sink);
    return WEH_OK;
}

/* Out of band: in the channel's thread, beside the worker. */
weh_err session_cancel(struct weh_call *call, struct weh_diag *diag)
{
    bool cancelled = weh_session_cancel_request(call->session, call->args[0].as.value);

    (void)diag;
    weh_sink_map_begin(call->result, 1);
    put_bool(call->result, "cancelled", cancelled);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err session_close(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_session_end_after_reply(call->session, WEH_CLOSE_SESSION_CLOSE);
    weh_sink_map_begin(call->result, 0);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* What is open stays open: a token that does not show it is refused, and the old one goes on. */
static weh_err check_renewal(const struct weh_call *call, const struct weh_identity *identity,
                             enum weh_access *open_access, struct weh_diag *diag)
{
    const struct workspace *workspace = call_workspace(call);

    if (strcmp(identity->user, weh_session_user(call->session)) != 0) {
        return weh_fail_where(diag, WEH_E_DENIED, "token", "the token is of another user");
    }
    /* Of stock frontends the rights to each open iModel are looked at with each request. */
    if (workspace == NULL) {
        return WEH_OK;
    }
    *open_access =
        weh_grants_access(identity->access, identity->grants, weh_str_from(workspace->imodel));
    if (workspace_is_open(workspace) && *open_access == WEH_ACCESS_NONE) {
        return weh_fail_where(diag, WEH_E_DENIED, "token",
                              "the token does not show the open iModel: close it first");
    }
    return WEH_OK;
}

weh_err session_renew_token(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_auth *auth = call_desk(call)->app->auth;
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    enum weh_access open_access = WEH_ACCESS_NONE;
    weh_err err;

    if (auth == NULL) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "this server checks no tokens");
    }
    err = weh_auth_verify_token(auth, call->args[0].as.string, &identity, diag);
    if (err == WEH_OK) {
        err = check_renewal(call, &identity, &open_access, diag);
    }
    if (err == WEH_OK) {
        weh_session_renew(call->session, &identity);
        weh_session_set_open_access(call->session, open_access);
        weh_sink_map_begin(call->result, 3);
        put_text(call->result, "user", identity.user);
        put_text(call->result, "access", weh_access_name(weh_session_access(call->session)));
        put_time(call->result, "expires", identity.expires_ms);
        weh_sink_map_end(call->result);
    }
    weh_identity_fini(&identity);
    return err;
}
