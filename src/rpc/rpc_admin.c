/* src/rpc/rpc_admin.c - admin.*: what operators see of all sessions, and do with them and the process.
 *
 * All of it runs out of band, in the service thread, which alone may look sessions up. There may be no
 * session that calls: over the admin socket operators come without one. So nothing here looks at
 * call->session or the workspace.
 */
#include <stdio.h>
#include <string.h>

#include "weh/admin.h"
#include "weh/clock.h"

#include "rpc_priv.h"

#define DEFAULT_SESSIONS 100

static weh_err find_session(const struct weh_call *call, struct weh_str name,
                            struct weh_session **out, struct weh_diag *diag)
{
    *out = weh_host_find(call->host, name);
    return *out != NULL ? WEH_OK
                        : weh_fail_where(diag, WEH_E_NOT_FOUND, "session",
                                         "there is no session with this id");
}

static weh_err get_control(const struct weh_call *call, const struct weh_control **out,
                           struct weh_diag *diag)
{
    *out = weh_host_control(call->host);
    return *out != NULL ? WEH_OK
                        : weh_fail(diag, WEH_E_UNSUPPORTED, "this process is not to be controlled");
}

/* ---- sessions ---- */

static void put_session(struct weh_sink *sink, struct weh_session *session)
{
    struct weh_session_view view;

    weh_session_look(session, &view);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_text(sink, "session", view.id);
    put_text(sink, "user", view.user);
    put_text(sink, "peer", view.peer);
    put_text(sink, "codec", weh_codec_name(view.codec));
    put_text(sink, "state", view.state);
    put_bool(sink, "hibernating", view.is_hibernating);
    if (view.name[0] != '\0') {
        put_text(sink, view.is_checkout ? "briefcase" : "imodel", view.name);
    }
    put_int(sink, "ageMs", (int64_t)view.age_ms);
    put_int(sink, "idleMs", (int64_t)view.idle_ms);
    if (view.method != NULL) {
        put_text(sink, "method", view.method);
    }
    put_bool(sink, "running", view.is_running);
    put_int(sink, "unsavedRows", (int64_t)view.unsaved_rows);
    put_int(sink, "requests", (int64_t)view.requests);
    put_int(sink, "failures", (int64_t)view.failures);
    put_int(sink, "mailboxMessages", (int64_t)view.mailbox_messages);
    put_int(sink, "mailboxBytes", (int64_t)view.mailbox_bytes);
    put_int(sink, "outboxBytes", (int64_t)view.outbox_bytes);
    put_int(sink, "keptBytes", (int64_t)view.kept_bytes);
    put_int(sink, "bytesIn", (int64_t)view.bytes_in);
    put_int(sink, "bytesOut", (int64_t)view.bytes_out);
    weh_sink_map_end(sink);
}

/* @arg as a view, empty when absent. */
static struct weh_str text_of(const struct weh_arg *arg)
{
    return arg->given ? arg->as.string : WEH_STR("");
}

weh_err admin_sessions(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *limit_arg = &call->args[1];
    const size_t limit = limit_arg->given ? (size_t)limit_arg->as.integer : DEFAULT_SESSIONS;
    struct weh_session **found =
        weh_arena_array(call->arena, limit, sizeof(struct weh_session *)); /* NOLINT */
    bool more = false;
    size_t n = 1;

    if (found == NULL) {
        return weh_fail_nomem(diag);
    }
    if (call->args[3].given) {
        weh_err err = find_session(call, call->args[3].as.string, &found[0], diag);

        if (err != WEH_OK) {
            return err;
        }
    } else {
        n = weh_host_page(call->host, text_of(&call->args[2]), text_of(&call->args[0]), found,
                          limit, &more);
    }
    weh_sink_map_begin(call->result, more ? 3 : 2);
    put_int(call->result, "total", (int64_t)weh_host_session_count(call->host));
    weh_sink_key(call->result, "sessions");
    weh_sink_array_begin(call->result, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        put_session(call->result, found[i]);
    }
    weh_sink_array_end(call->result);
    if (more) {
        put_text(call->result, "next", weh_session_name(found[n - 1]));
    }
    weh_sink_map_end(call->result);
    return WEH_OK;
}

weh_err admin_end(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_session *session = NULL;
    weh_err err = find_session(call, call->args[0].as.string, &session, diag);

    if (err == WEH_OK) {
        weh_session_end_by_operator(session, text_of(&call->args[1]));
        put_empty(call->result);
    }
    return err;
}

/* Everybody's mail. */
struct post {
    struct weh_str text;
    int64_t n_sent;
};

static void send_message(void *ctx, struct weh_session *session)
{
    struct post *post = ctx;

    if (weh_session_message(session, post->text)) {
        post->n_sent++;
    }
}

weh_err admin_message(struct weh_call *call, struct weh_diag *diag)
{
    const bool to_all = call->args[2].given && call->args[2].as.boolean;
    struct post post = { .text = call->args[0].as.string };
    struct weh_session *session = NULL;
    weh_err err = WEH_OK;

    if (call->args[1].given == to_all) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "session",
                              "either session or all: true says who is to get it");
    }
    if (to_all) {
        weh_host_each(call->host, send_message, &post);
    } else {
        err = find_session(call, call->args[1].as.string, &session, diag);
        if (err == WEH_OK) {
            send_message(&post, session);
        }
    }
    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, 1);
        put_int(call->result, "sent", post.n_sent);
        weh_sink_map_end(call->result);
    }
    return err;
}

/* ---- the process ---- */

weh_err admin_drain(struct weh_call *call, struct weh_diag *diag)
{
    const int64_t seconds = call->args[0].given ? call->args[0].as.integer
                                                : weh_host_config(call->host)->limits_drain_s;
    const struct weh_control *control = NULL;
    weh_err err = get_control(call, &control, diag);

    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, 1);
        put_time(call->result, "deadline", control->drain(control->ctx, (uint64_t)seconds * 1000));
        weh_sink_map_end(call->result);
    }
    return err;
}

static void put_reload(struct weh_sink *sink, const struct weh_reload *reload)
{
    struct weh_str rest = { (const char *)reload->needs_restart.data, reload->needs_restart.len };

    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "needsRestart");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    while (rest.len != 0) {
        struct weh_str key;

        rest = weh_str_split(rest, ',', &key);
        if (key.len != 0 && key.ptr[0] == ' ') {
            key = (struct weh_str){ key.ptr + 1, key.len - 1 };
        }
        weh_sink_str(sink, key);
    }
    weh_sink_array_end(sink);
    weh_sink_key(sink, "failed");
    weh_sink_array_begin(sink, reload->n_failed);
    for (uint32_t i = 0; i < reload->n_failed; i++) {
        weh_sink_map_begin(sink, 2);
        put_text(sink, "what", reload->failed[i].what);
        put_text(sink, "where", reload->failed[i].where);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

weh_err admin_reload(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_reload reload = { .n_failed = 0 };
    const struct weh_control *control = NULL;
    weh_err err = get_control(call, &control, diag);

    if (err == WEH_OK) {
        weh_buf_init(&reload.needs_restart, 0);
        control->reload(control->ctx, &reload);
        put_reload(call->result, &reload);
        weh_buf_fini(&reload.needs_restart);
    }
    return err;
}

static const char *const level_names[] = { "error", "warn", "info", "debug" };

/* The level @word, which the method's row has checked. */
static enum weh_log_level level_of(struct weh_str word)
{
    enum weh_log_level level = WEH_LOG_ERROR;

    while (level < WEH_LOG_DEBUG && !weh_str_eq_text(word, level_names[level])) {
        level++;
    }
    return level;
}

weh_err admin_log_level(struct weh_call *call, struct weh_diag *diag)
{
    const enum weh_log_level level = level_of(call->args[0].as.string);
    const struct weh_control *control = NULL;
    weh_err err = get_control(call, &control, diag);

    if (err == WEH_OK) {
        weh_sink_map_begin(call->result, 2);
        put_text(call->result, "level", level_names[level]);
        put_text(call->result, "before", level_names[control->set_log_level(control->ctx, level)]);
        weh_sink_map_end(call->result);
    }
    return err;
}

weh_err admin_counters(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_metrics_write(call->host, call->result);
    return WEH_OK;
}
