/* src/net/admin.c - the admin socket: see admin.h. Its path and its connections; what is asked on them is
 * in admin_http.c.
 */
#include "admin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/config.h"

#include "net_priv.h"

#define KEY            "admin.socket"
#define BACKLOG        64
#define ACCEPTS_A_TURN 16
/* Operators are few. Beyond this the oldest connection has to go, so that silent ones keep nobody out. */
#define MAX_CONNS      32
#define REFUSAL_LOG_MS 1000

void weh_admin_init(struct weh_net *net)
{
    net->admin.fd = -1;
    net->admin.lock_fd = -1;
}

/* ---- the path ---- */

/* Held by the server whose socket it is, until it ends, however it does. So one that was killed leaves
 * nothing in the way, and of two that start at once one finds the other. */
static weh_err take_lock(struct weh_admin_socket *admin, struct weh_diag *diag)
{
    char path[sizeof(admin->path) + sizeof(".lock")];

    (void)snprintf(path, sizeof(path), "%s.lock", admin->path);
    admin->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (admin->lock_fd < 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, KEY, "its folder cannot be written: %s",
                              strerrordesc_np(errno));
    }
    return flock(admin->lock_fd, LOCK_EX | LOCK_NB) == 0
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BUSY, KEY, "another server listens there");
}

static struct sockaddr_un address_of(const struct weh_admin_socket *admin)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    memcpy(address.sun_path, admin->path, sizeof(address.sun_path));
    return address;
}

static int make_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Does anybody listen at the path? (Programs of another kind hold no lock.) */
static bool is_alive(const struct weh_admin_socket *admin)
{
    const struct sockaddr_un address = address_of(admin);
    const int fd = make_socket();
    bool is_refused = false;

    if (fd < 0) {
        return true;
    }
    is_refused =
        connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0 &&
        errno == ECONNREFUSED;
    (void)close(fd);
    return !is_refused;
}

/* Remove what a dead server has left. */
static weh_err clear_path(const struct weh_admin_socket *admin, struct weh_diag *diag)
{
    struct stat found;

    if (lstat(admin->path, &found) != 0) {
        return WEH_OK;
    }
    if (!S_ISSOCK(found.st_mode)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, KEY, "something else has this name");
    }
    if (is_alive(admin)) {
        return weh_fail_where(diag, WEH_E_BUSY, KEY, "somebody listens there");
    }
    return unlink(admin->path) == 0 || errno == ENOENT
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_IO, KEY, "the socket of a dead server stays: %s",
                                strerrordesc_np(errno));
}

static weh_err bind_path(struct weh_admin_socket *admin, struct weh_diag *diag)
{
    const struct sockaddr_un address = address_of(admin);

    admin->fd = make_socket();
    /* Before it has a name, so that at no time others may connect: unix(7) says that Linux takes the
     * file's mode from the socket's. */
    if (admin->fd < 0 || fchmod(admin->fd, 0600) != 0) {
        return weh_fail(diag, WEH_E_IO, "no admin socket: %s", strerrordesc_np(errno));
    }
    if (bind(admin->fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) != 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, KEY, "cannot listen there: %s",
                              strerrordesc_np(errno));
    }
    admin->is_bound = true;
    return listen(admin->fd, BACKLOG) == 0
               ? WEH_OK
               : weh_fail(diag, WEH_E_IO, "cannot listen: %s", strerrordesc_np(errno));
}

weh_err weh_admin_open(struct weh_net *net, struct weh_diag *diag)
{
    struct weh_admin_socket *admin = &net->admin;
    weh_err err = weh_config_admin_path(net->config, admin->path, sizeof(admin->path), diag);

    if (err != WEH_OK || admin->path[0] == '\0') {
        return err;
    }
    err = take_lock(admin, diag);
    if (err == WEH_OK) {
        err = clear_path(admin, diag);
    }
    if (err == WEH_OK) {
        err = bind_path(admin, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (uv_poll_init(&net->loop, &admin->poll, admin->fd) != 0) {
        return weh_fail(diag, WEH_E_IO, "the admin socket cannot be watched");
    }
    admin->poll.data = net;
    return WEH_OK;
}

void weh_admin_close(struct weh_net *net)
{
    struct weh_admin_socket *admin = &net->admin;

    if (admin->fd >= 0) {
        if (net->is_loop_open && admin->poll.data == net) {
            (void)uv_poll_stop(&admin->poll);
        }
        admin->is_polled = false;
        if (admin->is_bound) {
            (void)unlink(admin->path);
            admin->is_bound = false;
        }
        (void)close(admin->fd);
        admin->fd = -1;
    }
    if (admin->lock_fd >= 0) {
        /* The file stays: who removes it could take it away from under the next server. */
        (void)close(admin->lock_fd);
        admin->lock_fd = -1;
    }
}

/* ---- connections ---- */

void weh_admin_count(struct weh_net *net, int difference)
{
    net->admin.n_conns += (size_t)difference;
}

static void refuse(struct weh_net *net, int fd, const struct ucred *peer)
{
    static const char text[] = "HTTP/1.1 403 Forbidden\r\n"
                               "Content-Length: 0\r\n"
                               "Connection: close\r\n"
                               "\r\n";
    const uint64_t now_ms = weh_net_now_ms(net);

    weh_metrics_add(net->metrics, WEH_METRIC_REFUSED_ADMIN, 1);
    if (net->admin.refused_ms == 0 || now_ms - net->admin.refused_ms >= REFUSAL_LOG_MS) {
        net->admin.refused_ms = now_ms;
        weh_log(net->log, WEH_LOG_WARN, NULL, "admin.refused", WEH_F_INT("uid", peer->uid),
                WEH_F_INT("pid", peer->pid));
    }
    (void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)close(fd);
}

/* The oldest connection goes. */
static void make_room(const struct weh_net *net)
{
    struct weh_conn *oldest = NULL;

    for (struct weh_conn *conn = net->conns; conn != NULL; conn = conn->next) {
        if (conn->is_admin && !conn->is_closing) {
            oldest = conn;
        }
    }
    if (oldest != NULL) {
        weh_conn_kill(oldest);
    }
}

static void admit(struct weh_net *net, int fd)
{
    struct ucred peer = { .pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1 };
    socklen_t size = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        (peer.uid != geteuid() && peer.uid != 0)) {
        refuse(net, fd, &peer);
        return;
    }
    if (net->admin.n_conns >= MAX_CONNS) {
        make_room(net);
    }
    /* Those that are on their way out count still. */
    if (net->admin.n_conns >= (size_t)2 * MAX_CONNS) {
        (void)close(fd);
        return;
    }
    weh_lws_adopt_admin(net, fd, &peer);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct weh_net *net = poll->data;

    (void)events;
    for (unsigned i = 0; i < ACCEPTS_A_TURN && status >= 0; i++) {
        const int fd = accept4(net->admin.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            admit(net, fd);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            status = -errno;
        }
    }
    if (status < 0) {
        /* No descriptors: again with the next tick, since the socket stays readable. */
        (void)uv_poll_stop(&net->admin.poll);
        net->admin.is_polled = false;
    }
}

void weh_admin_start(struct weh_net *net)
{
    if (net->admin.fd >= 0 && !net->admin.is_polled) {
        net->admin.is_polled = uv_poll_start(&net->admin.poll, UV_READABLE, on_connection) == 0;
    }
}
