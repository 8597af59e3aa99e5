/* src/net/drain.c - the end of the service: sessions end, within a time, and then everything else.
 *
 * While sessions end the listener goes on to answer: who asks whether the server is ready, or wants to
 * connect, hears that it is stopping rather than nothing. Then (is_over) what is left of connections is
 * closed, and the loop stops when the last has gone.
 */
#include "weh/clock.h"
#include "weh/host.h"

#include "net_priv.h"

static void kill_all(struct weh_net *net)
{
    for (struct weh_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        weh_conn_kill(conn);
    }
}

static void close_all(struct weh_net *net)
{
    net->is_over = true;
    weh_listener_close(net);
    weh_admin_close(net);
    kill_all(net);
}

void weh_net_check_drained(struct weh_net *net)
{
    if (!net->is_draining || weh_host_session_count(net->options.host) != 0) {
        return;
    }
    if (!net->is_over && net->n_sessions == 0) {
        close_all(net);
    }
    if (net->is_over && net->n_conns == 0) {
        uv_stop(&net->loop);
    }
}

/* Time is up: the sockets go now, and with them what the clients could still be told. What is left
 * is to wait for the requests that run: their sessions may not be freed under them. */
static void on_drain_over(uv_timer_t *timer)
{
    weh_drain_over(timer->data);
}

void weh_drain_over(struct weh_net *net)
{
    close_all(net);
    weh_host_stop(net->options.host, 0, true);
    weh_net_check_drained(net);
}

/* The sessions end by @net's drain_end_ms at the latest. */
static void set_end(struct weh_net *net, uint64_t within_ms)
{
    for (struct weh_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        if (conn->state == WEH_CONN_DRAINING && conn->deadline_ms > net->drain_end_ms) {
            conn->deadline_ms = net->drain_end_ms;
        }
    }
    (void)uv_timer_start(&net->drain_timer, on_drain_over, within_ms, 0);
}

void weh_drain_begin(struct weh_net *net, uint64_t within_ms)
{
    const uint64_t end_ms = weh_net_now_ms(net) + within_ms;

    if (net->is_draining) {
        if (!net->is_over && end_ms < net->drain_end_ms) {
            net->drain_end_ms = end_ms;
            set_end(net, within_ms);
        }
        return;
    }
    net->is_draining = true;
    net->drain_end_ms = end_ms;
    if (net->options.stopping != NULL) {
        net->options.stopping(net->options.ctx);
    }
    /* First, so that the clients hear of it before their sessions end. */
    weh_host_stop(net->options.host, within_ms, false);
    weh_log(net->log, WEH_LOG_INFO, NULL, "net.drain", WEH_F_INT("sessions", net->n_sessions),
            WEH_F_INT("limit_ms", within_ms));
    for (struct weh_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        weh_conn_end(conn, WEH_CLOSE_SHUTDOWN, within_ms);
    }
    set_end(net, within_ms);
    weh_net_check_drained(net);
}

int64_t weh_net_drain(struct weh_net *net, uint64_t within_ms)
{
    const uint64_t now_ms = weh_net_now_ms(net);
    const uint64_t end_ms = now_ms + within_ms;

    if (net->is_draining && net->drain_end_ms <= end_ms) {
        within_ms = net->drain_end_ms > now_ms ? net->drain_end_ms - now_ms : 0;
    } else {
        (void)pthread_mutex_lock(&net->inbox_lock);
        net->stop_within_ms = within_ms;
        (void)pthread_mutex_unlock(&net->inbox_lock);
        weh_net_stop(net);
    }
    return weh_clock_wall_ms() + (int64_t)within_ms;
}
