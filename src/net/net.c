/* src/net/net.c - the service thread: its loop, its signals, its clock, its end. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/host.h"

#include "net_priv.h"
#include "rx_tap.h"
#include "tls.h"

#define TICK_MS 250

uint64_t weh_net_now_ms(const struct weh_net *net)
{
    return uv_now(&net->loop);
}

/* ---- what wakes the loop ---- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct weh_net *net = handle->data;

    if (number == SIGHUP) {
        if (net->options.reload != NULL) {
            net->options.reload(net->options.ctx);
        }
        return;
    }
    net->n_stop_signals++;
    if (net->n_stop_signals == 1) {
        weh_drain_begin(net, (uint64_t)net->config->limits_drain_s * 1000);
    } else {
        weh_drain_over(net);
    }
}

static void on_host_due(uv_timer_t *timer);

static void serve_host(struct weh_net *net)
{
    uint64_t after_ms = weh_host_service(net->options.host);

    if (after_ms == WEH_NEVER) {
        (void)uv_timer_stop(&net->host_timer);
    } else {
        uv_update_time(&net->loop);
        (void)uv_timer_start(&net->host_timer, on_host_due, after_ms, 0);
    }
    weh_net_check_drained(net);
}

static void on_host_due(uv_timer_t *timer)
{
    serve_host(timer->data);
}

/* The host wants weh_host_service to be called. Any thread. */
static void wake_for_host(void *ctx)
{
    struct weh_net *net = ctx;

    (void)uv_async_send(&net->async);
}

static void on_async(uv_async_t *async)
{
    struct weh_net *net = async->data;
    bool is_stop_asked = false;
    uint64_t within_ms = 0;

    weh_inbox_drain(net);
    serve_host(net);
    (void)pthread_mutex_lock(&net->inbox_lock);
    is_stop_asked = net->is_stop_asked;
    within_ms = net->stop_within_ms;
    net->is_stop_asked = false;
    (void)pthread_mutex_unlock(&net->inbox_lock);
    if (is_stop_asked) {
        weh_drain_begin(net, within_ms);
    }
}

static void check_deadlines(struct weh_net *net, struct weh_conn *conn, uint64_t now_ms,
                            int64_t wall_ms)
{
    if (conn->deadline_ms != 0 && now_ms >= conn->deadline_ms) {
        conn->deadline_ms = 0;
        if (conn->state == WEH_CONN_HANDSHAKE) {
            weh_metrics_add(net->metrics, WEH_METRIC_LIMIT_HANDSHAKE_S, 1);
        }
        weh_conn_kill(conn);
    } else if (conn->first_message_ms != 0 && now_ms >= conn->first_message_ms) {
        conn->first_message_ms = 0;
        weh_metrics_add(net->metrics, WEH_METRIC_LIMIT_FIRST_MESSAGE, 1);
        weh_conn_end(conn, WEH_CLOSE_NO_REQUEST, WEH_NET_CLOSE_GRACE_MS);
    } else if (conn->state == WEH_CONN_OPEN && conn->session != NULL) {
        weh_session_check_expiry(conn->session, wall_ms);
    }
}

/* Deadlines of all connections: of the request, of the close handshake, of the credentials. */
static void on_tick(uv_timer_t *timer)
{
    struct weh_net *net = timer->data;
    uint64_t now_ms = weh_net_now_ms(net);
    int64_t wall_ms = weh_clock_wall_ms();

    for (struct weh_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        check_deadlines(net, conn, now_ms, wall_ms);
    }
    weh_admin_start(net);
}

/* ---- making it ---- */

static weh_err open_loop(struct weh_net *net, struct weh_diag *diag)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };

    if (uv_loop_init(&net->loop) != 0) {
        return weh_fail(diag, WEH_E_IO, "no event loop");
    }
    net->is_loop_open = true;
    net->loop.data = net;
    /* None of these fails once the loop stands, but for the poll handle of a bad descriptor. */
    (void)uv_async_init(&net->loop, &net->async, on_async);
    (void)uv_timer_init(&net->loop, &net->accept_timer);
    (void)uv_timer_init(&net->loop, &net->tick);
    (void)uv_timer_init(&net->loop, &net->drain_timer);
    (void)uv_timer_init(&net->loop, &net->host_timer);
    net->async.data = net;
    net->accept_timer.data = net;
    net->tick.data = net;
    net->drain_timer.data = net;
    net->host_timer.data = net;
    for (size_t i = 0; i < WEH_ARRAY_LEN(numbers); i++) {
        (void)uv_signal_init(&net->loop, &net->signals[i]);
        net->signals[i].data = net;
        if (uv_signal_start(&net->signals[i], on_signal, numbers[i]) != 0) {
            return weh_fail(diag, WEH_E_IO, "signals cannot be watched");
        }
    }
    return WEH_OK;
}

static weh_err open_all(struct weh_net *net, struct weh_diag *diag)
{
    weh_err err = weh_tls_check_files(net->config, diag);

    if (err == WEH_OK) {
        err = weh_listener_open(net, diag);
    }
    if (err == WEH_OK) {
        err = open_loop(net, diag);
    }
    if (err == WEH_OK) {
        err = weh_lws_open(net, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (uv_poll_init(&net->loop, &net->listen_poll, net->listen_fd) != 0) {
        return weh_fail(diag, WEH_E_IO, "the listening socket cannot be watched");
    }
    net->listen_poll.data = net;
    return weh_admin_open(net, diag);
}

weh_err weh_net_create(const struct weh_net_options *options, struct weh_net **out,
                       struct weh_diag *diag)
{
    struct weh_net *net = weh_calloc(1, sizeof(*net));
    weh_err err = WEH_OK;

    if (net == NULL) {
        return weh_fail_nomem(diag);
    }
    net->options = *options;
    net->config = options->config;
    net->log = options->log;
    net->metrics = weh_host_metrics(options->host);
    net->listen_fd = -1;
    weh_admin_init(net);
    net->is_tls = net->config->tls_certificate[0] != '\0';
    net->stop_within_ms = (uint64_t)net->config->limits_drain_s * 1000;
    if (pthread_mutex_init(&net->inbox_lock, NULL) != 0) {
        weh_free(net);
        return weh_fail_nomem(diag);
    }
    net->is_inbox_ready = true;

    err = weh_admission_init(&net->admission, diag);
    if (err == WEH_OK) {
        err = open_all(net, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    *out = net;
    net = NULL;
out:
    weh_net_destroy(net);
    return err;
}

uint16_t weh_net_port(const struct weh_net *net)
{
    return net->port;
}

/* The address that a client on this machine can use: "any" becomes loopback. */
static void print_host(const struct weh_net *net, char *out, size_t size)
{
    const char *host = net->config->listen_host;

    if (strcmp(host, "0.0.0.0") == 0) {
        host = "127.0.0.1";
    } else if (strcmp(host, "::") == 0) {
        host = "::1";
    }
    (void)snprintf(out, size, strchr(host, ':') != NULL ? "[%s]" : "%s", host);
}

static size_t print_ws_url(const struct weh_net *net, const char *path, char *out, size_t size)
{
    char host[300];

    print_host(net, host, sizeof(host));
    return (size_t)snprintf(out, size, "%s://%s:%u%s", net->is_tls ? "wss" : "ws", host,
                            (unsigned)net->port, path);
}

size_t weh_net_session_url(const struct weh_net *net, char *out, size_t size)
{
    return print_ws_url(net, WEH_SESSION_PATH, out, size);
}

size_t weh_net_ipc_url(const struct weh_net *net, char *out, size_t size)
{
    return print_ws_url(net, WEH_IPC_PATH, out, size);
}

size_t weh_net_http_url(const struct weh_net *net, char *out, size_t size)
{
    char host[300];

    print_host(net, host, sizeof(host));
    return (size_t)snprintf(out, size, "%s://%s:%u/", net->is_tls ? "https" : "http", host,
                            (unsigned)net->port);
}

/* One more SIGTERM must not turn an orderly end into a death by signal when the watchers go. */
static void block_stop_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

weh_err weh_net_run(struct weh_net *net, struct weh_diag *diag)
{
    (void)diag;
    weh_log(net->log, WEH_LOG_INFO, NULL, "net.start", WEH_F_INT("port", net->port),
            WEH_F_INT("tls", net->is_tls ? 1 : 0),
            WEH_F_TEXT("libwebsockets", lws_get_library_version()),
            WEH_F_TEXT("libuv", uv_version_string()));
    weh_rx_tap_attach(net);
    weh_host_attach(net->options.host, wake_for_host, net);
    (void)uv_timer_start(&net->tick, on_tick, TICK_MS, TICK_MS);
    weh_listener_start(net);
    weh_admin_start(net);
    (void)uv_run(&net->loop, UV_RUN_DEFAULT);
    weh_rx_tap_attach(NULL);
    weh_host_attach(net->options.host, NULL, NULL);
    block_stop_signals();
    weh_log(net->log, WEH_LOG_INFO, NULL, "net.end", WEH_F_INT("connections", net->n_conns));
    return WEH_OK;
}

weh_err weh_net_reload(struct weh_net *net, struct weh_diag *diag)
{
    return weh_tls_reload(net, diag);
}

void weh_net_stop(struct weh_net *net)
{
    (void)pthread_mutex_lock(&net->inbox_lock);
    net->is_stop_asked = true;
    (void)pthread_mutex_unlock(&net->inbox_lock);
    (void)uv_async_send(&net->async);
}

/* ---- unmaking it ---- */

static void close_handle(uv_handle_t *handle, void *ctx)
{
    struct weh_net *net = ctx;

    /* Only ours are left by now; libwebsockets closes its own. */
    if (uv_is_closing(handle) == 0 && handle->data == net) {
        uv_close(handle, NULL);
    }
}

/* libwebsockets on a foreign loop needs two rounds: the first closes its handles, the loop has to
 * run until they are gone, the second frees the context. */
static void close_loop(struct weh_net *net)
{
    if (net->context != NULL) {
        lws_context_destroy(net->context);
    }
    uv_walk(&net->loop, close_handle, net);
    (void)uv_run(&net->loop, UV_RUN_DEFAULT);
    if (net->context != NULL) {
        lws_context_destroy(net->context);
        (void)uv_run(&net->loop, UV_RUN_DEFAULT);
    }
    (void)uv_loop_close(&net->loop);
    net->is_loop_open = false;
}

void weh_net_destroy(struct weh_net *net)
{
    if (net == NULL) {
        return;
    }
    weh_listener_close(net);
    weh_admin_close(net);
    if (net->is_loop_open) {
        close_loop(net);
    }
    if (net->is_inbox_ready) {
        weh_inbox_drain(net);
        (void)pthread_mutex_destroy(&net->inbox_lock);
    }
    weh_free(net->by_fd);
    weh_free(net);
}
