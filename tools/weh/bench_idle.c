/* tools/weh/bench_idle.c - many sessions that do nothing: what they cost, and how fast they wake.
 *
 * Two servers one after the other, each with a copy of the iModel and nothing else. In the first no
 * session hibernates: what one with a briefcase costs. In the second they do after a second's rest;
 * then come the sessions without anything open, and each that sleeps is woken.
 *
 * Memory is the resident memory of the server's process, less what it had after a first session had
 * come and gone, for each session.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/json.h"

#include "bench.h"

#define IMODEL      "bench"
#define AWAKE_MAX   500 /* more do not tell more */
#define POLL_NS     50000000L
#define ASLEEP_S    120
#define REST_S      20 /* until a session has given up its caches */
#define RETURN_S    11 /* until the server has given back what its sessions have freed */
#define DESCRIPTORS 16 /* that come and go */

struct idle {
    const struct weh_bench_idle *options;
    struct weh_rpc_options connection;
    struct weh_daemon daemon;
    struct weh_rpc_client **clients; /* those with briefcases first */
    uint32_t n_clients;
    int *sockets; /* of the sessions without anything open */
    uint32_t n_sockets;
    double base_kb;
    uint32_t base_descriptors;
    struct weh_bench_series wake;
    struct weh_bench_series again; /* the same request, awake */
};

static uint32_t count_descriptors(const struct idle *idle)
{
    uint32_t n = 0;
    char path[64];
    DIR *dir;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)idle->daemon.pid);
    dir = opendir(path);
    while (dir != NULL && readdir(dir) != NULL) { /* NOLINT(concurrency-mt-unsafe): own stream */
        n++;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return n;
}

/* ---- one session ---- */

static weh_err say_hello(struct weh_rpc_client *client, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    struct weh_sink *sink = weh_rpc_client_begin(client, "session.hello");

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "client");
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "name");
    weh_sink_text(sink, "weh bench");
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    return weh_rpc_client_demand(client, &message, diag);
}

static weh_err connect_one(struct idle *idle, struct weh_diag *diag)
{
    struct weh_rpc_client **client = &idle->clients[idle->n_clients];
    weh_err err = weh_rpc_client_open(&idle->connection, client, diag);

    if (err != WEH_OK) {
        return err;
    }
    idle->n_clients++;
    return say_hello(*client, diag);
}

static weh_err checkout(struct weh_rpc_client *client, char out[64], struct weh_diag *diag)
{
    struct weh_rpc_message message;
    const struct weh_value *name;
    struct weh_sink *sink = weh_rpc_client_begin(client, "briefcase.checkout");
    weh_err err;

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "imodel");
    weh_sink_text(sink, IMODEL);
    weh_sink_map_end(sink);
    err = weh_rpc_client_demand(client, &message, diag);
    if (err != WEH_OK) {
        return err;
    }
    name = weh_value_get(&message.incoming.value, "briefcase");
    if (name == NULL || name->type != WEH_VALUE_STRING || name->n >= 64) {
        return weh_fail(diag, WEH_E_PARSE, "a checkout answered without a briefcase");
    }
    (void)snprintf(out, 64, "%.*s", WEH_STR_ARGS(weh_value_str(name)));
    return WEH_OK;
}

/* Check out, open, read, edit, save: a session that has been used. */
static weh_err use_copy(struct weh_rpc_client *client, struct weh_diag *diag)
{
    struct weh_bench_places places;
    struct weh_rpc_message message;
    struct weh_sink *sink;
    char name[64];
    weh_err err = checkout(client, name, diag);

    if (err == WEH_OK) {
        sink = weh_rpc_client_begin(client, "briefcase.open");
        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "briefcase");
        weh_sink_text(sink, name);
        weh_sink_map_end(sink);
        err = weh_rpc_client_demand(client, &message, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_prepare(client, &places, diag);
    }
    if (err == WEH_OK) {
        weh_bench_begin_insert(client, &places, 1);
        err = weh_rpc_client_demand(client, &message, diag);
    }
    return err == WEH_OK ? weh_bench_simple(client, "txns.saveChanges", &message, diag) : err;
}

static weh_err connect_users(struct idle *idle, uint32_t n, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        err = connect_one(idle, diag);
        if (err == WEH_OK) {
            err = use_copy(idle->clients[idle->n_clients - 1], diag);
        }
    }
    return err;
}

/* ---- sessions without anything open: a client of ours takes two descriptors, these take one ---- */

static weh_err send_all(int fd, const char *bytes, size_t n, struct weh_diag *diag)
{
    return send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n
               ? WEH_OK
               : weh_fail(diag, WEH_E_IO, "a session cannot be written to");
}

/* Read until @mark has come. */
static weh_err read_until(int fd, const char *mark, struct weh_diag *diag)
{
    char answer[1024];
    size_t n = 0;

    answer[0] = '\0';
    while (strstr(answer, mark) == NULL) {
        ssize_t more = n + 1 < sizeof(answer) ? recv(fd, answer + n, sizeof(answer) - 1 - n, 0) : 0;

        if (more <= 0) {
            return weh_fail(diag, WEH_E_IO, "a session does not begin");
        }
        n += (size_t)more;
        answer[n] = '\0';
    }
    return WEH_OK;
}

/* The handshake, and a ping, which goes through the worker as any request. */
static weh_err begin_session(const struct idle *idle, int fd, struct weh_diag *diag)
{
    static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session.ping\"}";
    char text[2048];
    char frame[6 + sizeof(ping)] = { (char)0x81, (char)(0x80 | (sizeof(ping) - 1)) };
    int n = snprintf(text, sizeof(text),
                     "GET /v1/session HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     "Sec-WebSocket-Protocol: weh.v1.json\r\nAuthorization: Bearer %s\r\n\r\n",
                     idle->daemon.port, idle->daemon.token);
    weh_err err = n < (int)sizeof(text) ? send_all(fd, text, (size_t)n, diag)
                                        : weh_fail(diag, WEH_E_TOO_LARGE, "the token is too long");

    if (err == WEH_OK) {
        err = read_until(fd, "\r\n\r\n", diag);
    }
    if (err == WEH_OK) {
        memcpy(frame + 6, ping, sizeof(ping) - 1); /* masked with zeros */
        err = send_all(fd, frame, 6 + sizeof(ping) - 1, diag);
    }
    return err == WEH_OK ? read_until(fd, "\"result\"", diag) : err;
}

static weh_err connect_socket(struct idle *idle, struct weh_diag *diag)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(idle->daemon.port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return weh_fail(diag, WEH_E_IO, "no socket: ulimit -n");
    }
    idle->sockets[idle->n_sockets++] = fd;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return weh_fail(diag, WEH_E_IO, "no connection");
    }
    return begin_session(idle, fd, diag);
}

/* ---- a server ---- */

static void disconnect_all(struct idle *idle)
{
    for (uint32_t i = 0; i < idle->n_clients; i++) {
        weh_rpc_client_close(idle->clients[i]);
        idle->clients[i] = NULL;
    }
    for (uint32_t i = 0; i < idle->n_sockets; i++) {
        (void)close(idle->sockets[i]);
    }
    idle->n_clients = 0;
    idle->n_sockets = 0;
}

/* Wait until the server has no more than @n descriptors: files of sessions have three. */
static weh_err await_descriptors(const struct idle *idle, uint32_t n, struct weh_diag *diag)
{
    const struct timespec pause = { .tv_nsec = POLL_NS };
    const struct timespec until_returned = { .tv_sec = RETURN_S };
    const uint64_t end_ns = weh_bench_now_ns() + ASLEEP_S * UINT64_C(1000000000);

    while (count_descriptors(idle) > n) {
        if (weh_bench_now_ns() > end_ns) {
            return weh_fail(diag, WEH_E_STATE, "the sessions do not fall asleep");
        }
        (void)nanosleep(&pause, NULL);
    }
    (void)nanosleep(&until_returned, NULL);
    return WEH_OK;
}

/* Start a server in a folder of its own, have one session come and go, and look at it. */
static weh_err begin(struct idle *idle, const char *folder, uint32_t hibernate_s,
                     struct weh_diag *diag)
{
    char hibernate[48];
    /* Nobody reads here while others are measured, so nobody answers a ping. What a client that can
     * resume has not acknowledged would come on top. */
    const char *settings[] = { "limits.sessions=1000000",
                               "limits.user_disk_bytes=0",
                               "limits.ping_s=3600",
                               "limits.ping_timeout_s=7200",
                               "limits.user_briefcases=1000000",
                               "session.linger_s=0",
                               "txn.durability=normal",
                               hibernate,
                               NULL };
    char path[400];
    weh_err err = weh_dir_make(folder, diag);

    (void)snprintf(hibernate, sizeof(hibernate), "session.hibernate_s=%u", hibernate_s);
    (void)snprintf(path, sizeof(path), "%s/imodels", folder);
    if (err == WEH_OK) {
        err = weh_dir_make(path, diag);
    }
    (void)snprintf(path, sizeof(path), "%s/imodels/" IMODEL ".bim", folder);
    if (err == WEH_OK) {
        err = weh_file_copy(idle->options->imodel, path, diag);
    }
    if (err == WEH_OK) {
        err = weh_daemon_start(idle->options->daemon_path, folder, settings, &idle->daemon, diag);
    }
    idle->connection.url = idle->daemon.url;
    idle->connection.token = idle->daemon.token;
    idle->base_descriptors = count_descriptors(idle);
    if (err == WEH_OK) {
        err = connect_users(idle, 1, diag);
    }
    disconnect_all(idle);
    if (err == WEH_OK) {
        err = await_descriptors(idle, idle->base_descriptors + DESCRIPTORS, diag);
    }
    return err == WEH_OK ? weh_bench_resident_kb(idle->daemon.pid, &idle->base_kb, diag) : err;
}

static weh_err end(struct idle *idle, struct weh_diag *diag)
{
    disconnect_all(idle);
    return weh_daemon_stop(&idle->daemon, diag);
}

/* ---- the measures ---- */

static void write_real(struct weh_sink *sink, const char *key, double value)
{
    weh_sink_key(sink, key);
    weh_sink_real(sink, value);
}

/* How much the server has grown, for each of @n sessions. */
static weh_err write_growth(struct idle *idle, const char *key, uint32_t n, struct weh_sink *sink,
                            struct weh_diag *diag)
{
    double now_kb = 0.0;
    weh_err err = weh_bench_resident_kb(idle->daemon.pid, &now_kb, diag);

    if (err == WEH_OK && n > 0) {
        write_real(sink, key, (now_kb - idle->base_kb) / n);
    }
    return err;
}

static void write_descriptors(const struct idle *idle, const char *key, struct weh_sink *sink)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, count_descriptors(idle));
}

static weh_err measure_awake(struct idle *idle, const char *folder, struct weh_sink *sink,
                             struct weh_diag *diag)
{
    const uint32_t n = idle->options->n_copies < AWAKE_MAX ? idle->options->n_copies : AWAKE_MAX;
    const struct timespec rest = { .tv_sec = REST_S };
    weh_err err = begin(idle, folder, 0, diag);

    if (err == WEH_OK) {
        err = connect_users(idle, n, diag);
    }
    if (err == WEH_OK) {
        err = write_growth(idle, "usedKb", n, sink, diag);
        write_descriptors(idle, "awakeDescriptors", sink);
    }
    if (err == WEH_OK) {
        (void)nanosleep(&rest, NULL);
        err = write_growth(idle, "awakeKb", n, sink, diag);
    }
    return err == WEH_OK ? end(idle, diag) : err;
}

static weh_err time_state(struct weh_rpc_client *client, struct weh_bench_series *series,
                          struct weh_diag *diag)
{
    struct weh_rpc_message message;
    uint64_t start_ns = weh_bench_now_ns();
    weh_err err = weh_bench_simple(client, "txns.state", &message, diag);

    return err == WEH_OK ? weh_bench_add(series, weh_bench_now_ns() - start_ns, diag) : err;
}

static weh_err measure_waking(struct idle *idle, struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < idle->options->n_copies && err == WEH_OK; i++) {
        err = time_state(idle->clients[i], &idle->wake, diag);
        if (err == WEH_OK) {
            err = time_state(idle->clients[i], &idle->again, diag);
        }
    }
    weh_bench_end_round(&idle->wake);
    weh_bench_end_round(&idle->again);
    if (err == WEH_OK && idle->options->n_copies > 0) {
        weh_sink_key(sink, "wakeMs");
        weh_bench_write(&idle->wake, 1000.0, sink);
        weh_sink_key(sink, "awakeRequestMs");
        weh_bench_write(&idle->again, 1000.0, sink);
    }
    return err;
}

static weh_err measure_asleep(struct idle *idle, const char *folder, struct weh_sink *sink,
                              struct weh_diag *diag)
{
    const uint32_t n_copies = idle->options->n_copies;
    const uint32_t n_idle = idle->options->n_sessions - n_copies;
    weh_err err = begin(idle, folder, 1, diag);

    if (err == WEH_OK) {
        err = connect_users(idle, n_copies, diag);
    }
    if (err == WEH_OK) {
        err = await_descriptors(idle, idle->base_descriptors + n_copies + DESCRIPTORS, diag);
    }
    if (err == WEH_OK) {
        err = write_growth(idle, "asleepKb", n_copies, sink, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_resident_kb(idle->daemon.pid, &idle->base_kb, diag);
    }
    for (uint32_t i = 0; i < n_idle && err == WEH_OK; i++) {
        err = connect_socket(idle, diag);
    }
    if (err == WEH_OK) {
        err = write_growth(idle, "nothingOpenKb", n_idle, sink, diag);
        write_descriptors(idle, "asleepDescriptors", sink);
    }
    if (err == WEH_OK) {
        err = measure_waking(idle, sink, diag);
    }
    return err == WEH_OK ? end(idle, diag) : err;
}

weh_err weh_bench_idle(const struct weh_bench_idle *options, struct weh_sink *sink,
                       struct weh_diag *diag)
{
    struct idle idle = { .options = options, .connection = options->connection };
    char folder[300];
    weh_err err = WEH_OK;

    idle.clients = weh_calloc(options->n_copies + 1, sizeof(struct weh_rpc_client *));
    idle.sockets = weh_calloc(options->n_sessions, sizeof(int));
    if (idle.clients == NULL || idle.sockets == NULL) {
        weh_free(idle.clients);
        weh_free(idle.sockets);
        return weh_fail_nomem(diag);
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "sessions");
    weh_sink_int(sink, options->n_sessions);
    weh_sink_key(sink, "copies");
    weh_sink_int(sink, options->n_copies);
    (void)snprintf(folder, sizeof(folder), "%s/awake", options->dir);
    if (options->n_copies > 0) {
        err = measure_awake(&idle, folder, sink, diag);
    }
    (void)snprintf(folder, sizeof(folder), "%s/asleep", options->dir);
    if (err == WEH_OK) {
        err = measure_asleep(&idle, folder, sink, diag);
    }
    weh_sink_map_end(sink);
    disconnect_all(&idle);
    (void)weh_daemon_stop(&idle.daemon, NULL);
    weh_bench_series_fini(&idle.wake);
    weh_bench_series_fini(&idle.again);
    weh_free(idle.clients);
    weh_free(idle.sockets);
    return err;
}
