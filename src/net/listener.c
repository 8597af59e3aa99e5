/* src/net/listener.c - the listening socket: address, accept, and what happens without descriptors.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net_priv.h"

#define ACCEPTS_A_TURN        64
#define ACCEPT_PAUSE_MS       100
#define ACCEPT_LOG_MS         1000
#define HANDSHAKE_FAIR_MS     2000 /* a longer one has to make room when there are too many */
#define ANSWERED_BEYOND_LIMIT 16   /* connections of an address that may ask and be told 429 */
#define RESERVED_DESCRIPTORS  64   /* that connections leave to files */
#define ACTIVATION_FIRST      3    /* sd_listen_fds(3): SD_LISTEN_FDS_START */

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;

        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;

        return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
    }
    return address->sa_family == AF_UNIX;
}

static weh_err check_exposure(const struct weh_net *net, const struct sockaddr *address,
                              struct weh_diag *diag)
{
    if (is_loopback(address) || net->is_tls || net->config->listen_allow_plain_remote) {
        return WEH_OK;
    }
    return weh_fail_where(diag, WEH_E_BAD_ARGS, "listen.host",
                          "not a loopback address and no TLS: set tls.certificate and tls.key, or "
                          "listen.allow_plain_remote behind a TLS proxy");
}

static weh_err bind_address(struct weh_net *net, const struct addrinfo *address,
                            struct weh_diag *diag)
{
    int one = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return weh_fail(diag, WEH_E_IO, "no socket: %s", strerrordesc_np(errno));
    }
    net->listen_fd = fd;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno == EADDRINUSE) {
            return weh_fail_where(diag, WEH_E_BUSY, "listen.port", "port %lld is in use",
                                  (long long)net->config->listen_port);
        }
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "listen.host", "cannot listen there: %s",
                              strerrordesc_np(errno));
    }
    if (listen(fd, (int)net->config->listen_backlog) != 0) {
        return weh_fail(diag, WEH_E_IO, "cannot listen: %s", strerrordesc_np(errno));
    }
    return WEH_OK;
}

static weh_err open_configured(struct weh_net *net, struct weh_diag *diag)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    struct addrinfo *found = NULL;
    char port[16];
    weh_err err = WEH_OK;

    (void)snprintf(port, sizeof(port), "%lld", (long long)net->config->listen_port);
    if (getaddrinfo(net->config->listen_host, port, &hints, &found) != 0 || found == NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "listen.host",
                              "neither an address nor a name that resolves to one");
    }
    err = check_exposure(net, found->ai_addr, diag);
    if (err == WEH_OK) {
        err = bind_address(net, found, diag);
    }
    freeaddrinfo(found);
    return err;
}

/* A socket handed over by the service manager (sd_listen_fds(3)), -1 when there is none. */
static int activation_fd(void)
{
    /* Before any other thread reads or writes the environment. */
    const char *pid = getenv("LISTEN_PID"); /* NOLINT(concurrency-mt-unsafe) */
    const char *n = getenv("LISTEN_FDS");   /* NOLINT(concurrency-mt-unsafe) */

    if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != (long)getpid() ||
        strtol(n, NULL, 10) < 1) {
        return -1;
    }
    return ACTIVATION_FIRST;
}

static weh_err read_port(struct weh_net *net, const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET) {
        net->port = ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    } else if (address->ss_family == AF_INET6) {
        net->port = ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    }
    return WEH_OK;
}

weh_err weh_listener_open(struct weh_net *net, struct weh_diag *diag)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof(address);
    struct rlimit limit = { .rlim_cur = RLIM_INFINITY };
    int fd = activation_fd();
    weh_err err = WEH_OK;

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    net->n_descriptors = limit.rlim_cur > INT_MAX ? INT_MAX : (size_t)limit.rlim_cur;
    if (fd < 0) {
        err = open_configured(net, diag);
        if (err != WEH_OK) {
            return err;
        }
    } else {
        net->listen_fd = fd;
        (void)fcntl(fd, F_SETFL, O_NONBLOCK);
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    memset(&address, 0, sizeof(address));
    if (getsockname(net->listen_fd, (struct sockaddr *)(void *)&address, &size) != 0) {
        return weh_fail(diag, WEH_E_IO, "the listening socket has no address: %s",
                        strerrordesc_np(errno));
    }
    if (fd >= 0) {
        err = check_exposure(net, (const struct sockaddr *)(const void *)&address, diag);
        if (err != WEH_OK) {
            return err;
        }
    }
    return read_port(net, &address);
}

static void on_accept_again(uv_timer_t *timer)
{
    weh_listener_start(timer->data);
}

/* Rule: no spinning. The socket stays readable while connections wait, so looking at it again at
 * once would take the whole processor; they wait in the backlog until the timer. */
static void pause_accepting(struct weh_net *net, const char *why, enum weh_metric limit)
{
    uint64_t now_ms = weh_net_now_ms(net);

    net->n_accept_refused++;
    weh_metrics_add(net->metrics, limit, 1);
    if (net->accept_logged_ms == 0 || now_ms - net->accept_logged_ms >= ACCEPT_LOG_MS) {
        weh_log(net->log, WEH_LOG_WARN, NULL, "net.accept_paused", WEH_F_TEXT("error", why),
                WEH_F_INT("times", net->n_accept_refused), WEH_F_INT("connections", net->n_conns));
        net->accept_logged_ms = now_ms;
        net->n_accept_refused = 0;
    }
    (void)uv_poll_stop(&net->listen_poll);
    net->is_listening = false;
    (void)uv_timer_start(&net->accept_timer, on_accept_again, ACCEPT_PAUSE_MS, 0);
}

/* Those who have as many as they may are told so, a few at a time (handshake.c, http.c); the others
 * cost as little as can be. */
static bool has_too_many(const struct weh_net *net, const struct weh_address *address)
{
    const size_t limit = (size_t)net->config->limits_address_connections;

    return limit != 0 && !weh_address_is_here(address) &&
           weh_admission_count(&net->admission, address) >= limit + ANSWERED_BEYOND_LIMIT;
}

/* The longest handshake is given up when it has had its time. False: it has not, or there is none. */
static bool make_room(struct weh_net *net)
{
    struct weh_admitted *oldest = net->admission.oldest;
    struct weh_conn *conn = NULL;

    if (oldest == NULL || weh_net_now_ms(net) - oldest->since_ms < HANDSHAKE_FAIR_MS) {
        return false;
    }
    conn = WEH_CONTAINER_OF(oldest, struct weh_conn, admitted);
    weh_metrics_add(net->metrics, WEH_METRIC_LIMIT_HANDSHAKES, 1);
    weh_admission_opened(&net->admission, oldest); /* it is on its way */
    weh_conn_kill(conn);
    return true;
}

/* Descriptors are numbered from the lowest that is free. */
static bool is_last_for_files(const struct weh_net *net)
{
    const size_t reserved = net->n_descriptors / 4 < RESERVED_DESCRIPTORS ? net->n_descriptors / 4
                                                                          : RESERVED_DESCRIPTORS;
    const int lowest = fcntl(net->listen_fd, F_DUPFD_CLOEXEC, 0);

    if (lowest < 0) {
        return errno == EMFILE;
    }
    (void)close(lowest);
    return (size_t)lowest + reserved >= net->n_descriptors;
}

/* One connection; false when there is none or no more can be taken now. */
static bool accept_one(struct weh_net *net)
{
    struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
    socklen_t size = sizeof(peer);
    struct weh_address address;
    int one = 1;
    int fd;

    if (net->admission.n_handshakes >= (size_t)net->config->limits_handshakes && !make_room(net)) {
        pause_accepting(net, "too many handshakes", WEH_METRIC_LIMIT_HANDSHAKES);
        return false;
    }
    if (is_last_for_files(net)) {
        pause_accepting(net, strerrordesc_np(EMFILE), WEH_METRIC_LIMIT_DESCRIPTORS);
        return false;
    }
    fd = accept4(net->listen_fd, (struct sockaddr *)(void *)&peer, &size,
                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        address = weh_address_of((const struct sockaddr *)(const void *)&peer);
        if (has_too_many(net, &address)) {
            weh_metrics_add(net->metrics, WEH_METRIC_LIMIT_ADDRESS, 1);
            (void)close(fd);
            return true;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        weh_lws_adopt(net, fd, &address);
        return true;
    }
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) {
        return true;
    }
    if (errno != EAGAIN) {
        pause_accepting(net, strerrordesc_np(errno), WEH_METRIC_LIMIT_DESCRIPTORS);
    }
    return false;
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct weh_net *net = poll->data;

    (void)events;
    if (status < 0) {
        pause_accepting(net, strerrordesc_np(-status), WEH_METRIC_LIMIT_DESCRIPTORS);
        return;
    }
    for (unsigned i = 0; i < ACCEPTS_A_TURN && net->is_listening; i++) {
        if (!accept_one(net)) {
            return;
        }
    }
}

void weh_listener_start(struct weh_net *net)
{
    if (net->listen_fd < 0 || net->is_over || net->is_listening) {
        return;
    }
    net->is_listening = uv_poll_start(&net->listen_poll, UV_READABLE, on_connection) == 0;
}

void weh_listener_close(struct weh_net *net)
{
    if (net->listen_fd < 0) {
        return;
    }
    if (net->is_loop_open) {
        (void)uv_poll_stop(&net->listen_poll);
        (void)uv_timer_stop(&net->accept_timer);
    }
    net->is_listening = false;
    (void)close(net->listen_fd);
    net->listen_fd = -1;
}
