/* src/net/admin.h - the admin socket: a unix socket on which operators of this machine are served.
 *
 * It speaks HTTP: POST /v1/admin with a request in JSON-RPC, and GET of what monitoring wants. Who may
 * connect is who the kernel says runs as the server's own user, or as root. Service thread.
 */
#ifndef WEH_NET_ADMIN_H
#define WEH_NET_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/un.h>
#include <uv.h>

#include "weh/err.h"

struct weh_conn;
struct weh_net;

struct weh_admin_socket {
    uv_poll_t poll;
    int fd;        /* -1: there is none */
    int lock_fd;   /* held as long as the socket is ours */
    bool is_bound; /* the file at the path is ours */
    bool is_polled;
    size_t n_conns;
    uint64_t refused_ms; /* when a refusal was logged last */
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/** Before anything else is done with @net's. */
void weh_admin_init(struct weh_net *net);
/** Listen where admin.socket says; "": nowhere. WEH_E_BAD_ARGS (where: admin.socket: the path is too
 * long, something else has the name), WEH_E_BUSY (another server listens there), WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_admin_open(struct weh_net *net, struct weh_diag *diag);
/** Accept; nothing when it does already. */
void weh_admin_start(struct weh_net *net);
/** Stop accepting, remove the socket. May be called twice. */
void weh_admin_close(struct weh_net *net);

/** A connection came, or went. */
void weh_admin_count(struct weh_net *net, int difference);

/** Answer a request on the admin socket: what the lws callback returns. */
int weh_admin_request(struct weh_conn *conn);
/** A part of its body. */
int weh_admin_body(struct weh_conn *conn, const void *bytes, size_t len);
/** Its body is in. */
int weh_admin_body_done(struct weh_conn *conn);

#endif
