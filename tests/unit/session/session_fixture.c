/* tests/unit/session/session_fixture.c - methods that wait, count and fail as a test wants. */
#include "session_fixture.h"

#include "weh/claim.h"

static weh_err echo(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_value(call->result, call->args[0].as.value);
    return WEH_OK;
}

static weh_err count(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);

    (void)diag;
    f->n_calls++;
    weh_sink_int(call->result, f->n_calls);
    return WEH_OK;
}

static weh_err wait_at_gate(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    bool is_cancelled;

    (void)diag;
    (void)pthread_mutex_lock(&f->lock);
    f->n_waiting++;
    (void)pthread_cond_broadcast(&f->changed);
    while (!f->gate_open) {
        (void)pthread_cond_wait(&f->changed, &f->lock);
    }
    is_cancelled = atomic_load(weh_session_cancel_flag(call->session));
    f->saw_cancel = is_cancelled;
    (void)pthread_mutex_unlock(&f->lock);
    weh_sink_bool(call->result, is_cancelled);
    return WEH_OK;
}

/* Uses the processor until the gate is open or the request is cancelled. */
static weh_err spin(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    weh_err err = WEH_OK;
    bool open = false;

    (void)pthread_mutex_lock(&f->lock);
    f->n_waiting++;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    while (err == WEH_OK && !open) {
        err = weh_call_progress(call, 0, 0, diag);
        (void)pthread_mutex_lock(&f->lock);
        open = f->gate_open;
        (void)pthread_mutex_unlock(&f->lock);
    }
    if (err == WEH_OK) {
        weh_sink_null(call->result);
    }
    return err;
}

static weh_err fail_request(struct weh_call *call, struct weh_diag *diag)
{
    weh_sink_text(call->result, "half of a reply");
    return weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "nothing there");
}

static weh_err fail_session(struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    return weh_fail(diag, WEH_E_CORRUPT, "the file is damaged");
}

static weh_err notify(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_sink *sink = weh_notify_begin(call->session, "test.happened");

    (void)diag;
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    weh_notify_end(call->session);
    weh_sink_null(call->result);
    return WEH_OK;
}

static weh_err cancel(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_bool(call->result, weh_session_cancel_request(call->session, call->args[0].as.value));
    return WEH_OK;
}

static weh_err big(struct weh_call *call, struct weh_diag *diag)
{
    static char text[70000];

    (void)diag;
    memset(text, 'x', sizeof(text));
    weh_sink_str(call->result, (struct weh_str){ text, sizeof(text) });
    return WEH_OK;
}

/* So many notifications of 50,000 bytes, numbered from 1; the result is how many. Counts as a call that
 * waits when all are sent. */
static weh_err tell_many(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    static char text[50000];

    (void)diag;
    memset(text, 'x', sizeof(text));
    for (int64_t i = 1; i <= call->args[0].as.integer; i++) {
        struct weh_sink *sink = weh_notify_begin(call->session, "test.told");

        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "n");
        weh_sink_int(sink, i);
        weh_sink_key(sink, "text");
        weh_sink_str(sink, (struct weh_str){ text, sizeof(text) });
        weh_sink_map_end(sink);
        weh_notify_end(call->session);
    }
    (void)pthread_mutex_lock(&f->lock);
    f->n_waiting++;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    weh_sink_int(call->result, call->args[0].as.integer);
    return WEH_OK;
}

static weh_err close_session(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_session_end_after_reply(call->session, WEH_CLOSE_SESSION_CLOSE);
    weh_sink_null(call->result);
    return WEH_OK;
}

static weh_err hello(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_resume from = { call->args[0].as.string, call->args[1].as.string,
                               (uint64_t)call->args[2].as.integer };
    struct weh_claim claim;
    struct weh_hello told;
    weh_err err =
        weh_session_hello(call->session, call->args[0].given ? &from : NULL, &told, &claim, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, 4);
    weh_sink_key(call->result, "session");
    weh_sink_text(call->result, weh_session_name(told.session));
    weh_sink_key(call->result, "token");
    weh_sink_text(call->result, told.token);
    weh_sink_key(call->result, "resumed");
    weh_sink_bool(call->result, told.resumed);
    weh_sink_key(call->result, "received");
    weh_sink_int(call->result, (int64_t)told.received);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

static weh_err acknowledge(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_session_acknowledge(call->session, (uint64_t)call->args[0].as.integer, diag);

    weh_sink_null(call->result);
    return err;
}

/* An operator's method: takes some memory, tells how often it was called. */
static weh_err rule(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);

    if (weh_arena_alloc(call->arena, 100000) == NULL) {
        return weh_fail_nomem(diag);
    }
    f->n_calls++;
    weh_sink_map_begin(call->result, 1);
    weh_sink_key(call->result, "ruled");
    weh_sink_int(call->result, f->n_calls);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* So many pushes, numbered from 1, each with 50,000 bytes beside its text. */
static weh_err push_many(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    static uint8_t bytes[50000];

    (void)diag;
    for (int64_t i = 1; i <= call->args[0].as.integer; i++) {
        struct weh_sink *sink = weh_push_begin(call->session, "txns", WEH_STR("k"), "told");

        memset(bytes, (int)('a' + i % 26), sizeof(bytes));
        weh_sink_int(sink, i);
        weh_sink_binary_view(sink, WEH_VIEW_UINT16, bytes, sizeof(bytes));
        weh_push_end(call->session);
    }
    (void)pthread_mutex_lock(&f->lock);
    f->n_waiting++;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    return WEH_OK;
}

static weh_err fail_with_binary(struct weh_call *call, struct weh_diag *diag)
{
    weh_sink_binary(call->result, "half of a reply", 15);
    return weh_fail(diag, WEH_E_NOT_FOUND, "nothing there");
}

/* clang-format off */
#define HELLO (WEH_METHOD_OUT_OF_BAND | WEH_METHOD_UNCOUNTED)
static const struct weh_arg_spec hello_args[] = { { "session", WEH_ARG_STRING, false, 0, 64, NULL, "" }, { "token", WEH_ARG_STRING, false, 0, 64, NULL, "" }, { "received", WEH_ARG_INT, false, 0, 1000000, NULL, "" }, { .name = NULL } };
static const struct weh_arg_spec ack_args[] = { { "received", WEH_ARG_INT, true, 0, 1000000, NULL, "" }, { .name = NULL } };
static const struct weh_arg_spec n_args[] = { { "n", WEH_ARG_INT, true, 0, 1000000, NULL, "" }, { .name = NULL } };
static const struct weh_arg_spec none[] = { { .name = NULL } };
static const struct weh_arg_spec any[] = { { "data", WEH_ARG_ANY, true, 0, 0, NULL, "" }, { .name = NULL } };
static const struct weh_arg_spec id[] = { { "id", WEH_ARG_REQUEST_ID, true, 0, 0, NULL, "" }, { .name = NULL } };

static const struct weh_method methods[] = {
    { "test.ack",    WEH_IN(NEW),   WEH_ACCESS_VIEW,  WEH_METHOD_OUT_OF_BAND, ack_args, "", "", "", acknowledge },
    { "test.big",    WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", big },
    { "test.cancel", WEH_IN(NEW),   WEH_ACCESS_VIEW,  WEH_METHOD_OUT_OF_BAND, id,   "", "", "", cancel },
    { "test.close",  WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", close_session },
    { "test.count",  WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", count },
    { "test.echo",   WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, any,  "", "", "", echo },
    { "test.edit",   WEH_IN(NEW),   WEH_ACCESS_EDIT,  0, none, "", "", "", count },
    { "test.fail",   WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", fail_request },
    { "test.fault",  WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", fail_session },
    { "test.hello",  WEH_IN(NEW),   WEH_ACCESS_VIEW,  HELLO, hello_args, "", "", "", hello },
    { "test.many",   WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, n_args, "", "", "", tell_many },
    { "test.notify", WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", notify },
    { "test.ready",  WEH_IN(READY), WEH_ACCESS_VIEW,  0, none, "", "", "", count },
    { "test.rule",   WEH_IN(NEW),   WEH_ACCESS_ADMIN, WEH_METHOD_OUT_OF_BAND, any, "", "", "", rule },
    { "test.spin",   WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", spin },
    { "test.wait",   WEH_IN(NEW),   WEH_ACCESS_VIEW,  0, none, "", "", "", wait_at_gate },
};

static const struct weh_method ipc_methods[] = {
    { "Some.query",     WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", count },
    { "app.count",      WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", count },
    { "app.echo",       WEH_IN(NEW), WEH_ACCESS_VIEW, 0, any,    "", "", "", echo },
    { "app.fail",       WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", fail_with_binary },
    { "app.notify",     WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", notify },
    { "app.spin",       WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", spin },
    { "app.wait",       WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none,   "", "", "", wait_at_gate },
    { "ipc-app.push",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, n_args, "", "", "", push_many },
};
/* clang-format on */

static weh_err check_version(const struct weh_method *method, struct weh_str version,
                             struct weh_diag *diag)
{
    return weh_str_eq_text(version, "1.0.0")
               ? WEH_OK
               : weh_fail(diag, WEH_E_UNSUPPORTED, "%s has another version", method->name);
}

static weh_err open_workspace(void *app, struct weh_session *session, void **workspace,
                              struct weh_diag *diag)
{
    (void)session;
    (void)diag;
    *workspace = app;
    return WEH_OK;
}

static void close_workspace(void *workspace, enum weh_close_reason reason)
{
    struct fixture *f = workspace;

    (void)pthread_mutex_lock(&f->lock);
    f->closed_for = reason;
    f->n_closed++;
    (void)pthread_mutex_unlock(&f->lock);
}

static weh_err before(void *workspace, const struct weh_call *call, struct weh_diag *diag)
{
    (void)call;
    (void)workspace;
    (void)diag;
    return WEH_OK;
}

static weh_err after(void *workspace, struct weh_diag *diag)
{
    struct fixture *f = workspace;

    return f->after_err == WEH_OK ? WEH_OK : weh_fail(diag, f->after_err, "after");
}

static uint64_t tick_after(void *workspace)
{
    struct fixture *f = workspace;

    (void)pthread_mutex_lock(&f->lock);
    f->n_asked++;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    return atomic_load(&f->tick_after_ms);
}

static void tick(void *workspace, uint64_t idle_ms)
{
    struct fixture *f = workspace;

    (void)pthread_mutex_lock(&f->lock);
    f->n_ticks++;
    f->ticked_idle_ms = idle_ms;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static const struct weh_app_ops ops = { .open = open_workspace,
                                        .check_version = check_version,
                                        .close = close_workspace,
                                        .before = before,
                                        .after = after,
                                        .tick_after = tick_after,
                                        .tick = tick };

weh_err connect_session(struct fixture *f, struct fake_channel *fake)
{
    return connect_as(f, fake, "ada", WEH_CODEC_JSON);
}

weh_err connect_as(struct fixture *f, struct fake_channel *fake, const char *user,
                   enum weh_codec codec)
{
    struct weh_session_options options = { .host = f->host,
                                           .channel = &fake->channel,
                                           .codec = codec,
                                           .access = WEH_ACCESS_VIEW,
                                           .user = user,
                                           .peer = "127.0.0.1:1" };
    fake_channel_init(fake);
    return weh_session_create(&options, &fake->session, NULL);
}

int session_setup(void **state)
{
    /* No thread beside the two: tests can keep both busy. */
    return session_setup_most(state, 1);
}

int session_setup_most(void **state, int64_t most)
{
    struct fixture *f = weh_calloc(1, sizeof(*f));
    struct weh_host_options options = { .methods = methods,
                                        .n_methods = WEH_ARRAY_LEN(methods),
                                        .ipc_methods = ipc_methods,
                                        .n_ipc_methods = WEH_ARRAY_LEN(ipc_methods),
                                        .ops = &ops,
                                        .app = f };

    assert_non_null(f);
    assert_int_equal(weh_config_init(&f->config, NULL), WEH_OK);
    f->config.limits_sessions = 2;
    f->config.limits_mailbox_messages = 4;
    f->config.limits_outbox_bytes = 100000;
    f->config.workers_count = 2;
    f->config.workers_most = most;
    f->config.limits_overload_ms = 0; /* the clock of the tests jumps while sessions wait */
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    options.config = &f->config;
    assert_int_equal(weh_host_create(&options, &f->host, NULL), WEH_OK);
    f->fake = weh_calloc(1, sizeof(*f->fake));
    assert_int_equal(connect_session(f, f->fake), WEH_OK);
    *state = f;
    return 0;
}

int session_teardown(void **state)
{
    struct fixture *f = *state;

    if (f->fake->session != NULL) {
        fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    }
    fake_channel_fini(f->fake);
    weh_free(f->fake);
    weh_host_destroy(f->host);
    weh_config_fini(&f->config);
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    weh_free(f);
    assert_int_equal(fake_alloc_live(), 0);
    return 0;
}

void wait_until_waiting(struct fixture *f, unsigned n)
{
    (void)pthread_mutex_lock(&f->lock);
    while (f->n_waiting < n) {
        (void)pthread_cond_wait(&f->changed, &f->lock);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

void open_gate(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->lock);
    f->gate_open = true;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

weh_err connect_ipc(struct fixture *f, struct fake_channel *fake, const char *user,
                    const char *label)
{
    struct weh_session_options options = { .host = f->host,
                                           .channel = &fake->channel,
                                           .codec = WEH_CODEC_IPC,
                                           .access = WEH_ACCESS_VIEW,
                                           .user = user,
                                           .label = label,
                                           .peer = "test" };
    weh_err err;

    fake_channel_init(fake);
    err = weh_session_create(&options, &fake->session, NULL);
    if (err == WEH_OK) {
        weh_session_take_over(fake->session);
    }
    return err;
}

void deliver_ipc(struct fake_channel *fake, int sequence, const char *inner, const void *part,
                 uint32_t n)
{
    const uint32_t n_parts = part == NULL ? 0 : 1;
    struct weh_buf block;
    size_t len;

    weh_buf_init(&block, 0);
    weh_buf_printf(&block, "[\"{\\\"sequence\\\":%d,", sequence);
    for (; *inner != '\0'; inner++) {
        weh_buf_append(&block, "\\", *inner == '"' || *inner == '\\' ? 1 : 0);
        weh_buf_byte(&block, (uint8_t)*inner);
    }
    weh_buf_printf(&block, "}\",%u]", n_parts);
    weh_buf_append(&block, part, part == NULL ? 0 : n);
    weh_buf_append(&block, &n, part == NULL ? 0 : sizeof(n));
    weh_buf_append(&block, &n_parts, sizeof(n_parts));
    assert_int_equal(block.err, WEH_OK);
    uint8_t *bytes = weh_buf_take(&block, &len);

    weh_session_receive(fake->session, bytes, len);
}

void request(struct fixture *f, int request_id, const char *method, const char *params)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}", request_id,
                   method, params);
    fake_channel_deliver(f->fake, text);
}
