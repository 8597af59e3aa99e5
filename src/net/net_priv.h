/* src/net/net_priv.h - what the files of src/net share.
 *
 * Everything here belongs to the service thread but for the inbox, which is locked.
 */
#ifndef WEH_NET_PRIV_H
#define WEH_NET_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>
#include <pthread.h>
#include <uv.h>

#include "weh/metrics.h"
#include "weh/net.h"

#include "admin.h"
#include "admission.h"
#include "conn.h"

/* Rule: both encodings by name; the first is also what a client without a subprotocol gets. */
#define WEH_SUBPROTOCOL_JSON    "weh.v1.json"
#define WEH_SUBPROTOCOL_MSGPACK "weh.v1.msgpack"
#define WEH_SUBPROTOCOL_IPC     "weh.v1.ipc" /* for clients at /ipc that want to offer one */
#define WEH_SUBPROTOCOL_TICKET  "weh.ticket."
#define WEH_SESSION_PATH        "/v1/session"
#define WEH_IPC_PATH            "/ipc" /* of stock iTwin.js frontends */

#define WEH_NET_READ_BYTES 65536 /* of one read of a socket */
/* Of a message that are unmasked at a time. Each connection keeps as much for good. */
#define WEH_NET_FRAME_BYTES 8192
/* No less than a TLS record: of one that was read in part, libwebsockets reads on even after a fault in
 * it, and fails. */
#define WEH_NET_TLS_FRAME_BYTES 16384
#define WEH_NET_FRAGMENT_BYTES  65536 /* lws copies what the kernel does not take of one write */
#define WEH_NET_CLOSE_GRACE_MS  5000  /* for the close frame to get out and be answered */

struct weh_net {
    struct weh_net_options options;
    const struct weh_config *config;
    const struct weh_log *log;
    struct weh_metrics *metrics;

    uv_loop_t loop;
    uv_poll_t listen_poll;
    uv_timer_t accept_timer; /* accepting again after descriptors ran out */
    uv_timer_t tick;         /* deadlines */
    uv_timer_t drain_timer;
    uv_timer_t host_timer; /* when the host has something due */
    uv_async_t async;
    uv_signal_t signals[3];
    bool is_loop_open;
    bool is_listening;
    bool is_draining;      /* sessions end, the listener refuses */
    bool is_over;          /* there is no listener any more, connections are being closed */
    uint64_t drain_end_ms; /* of the loop's clock */
    unsigned n_stop_signals;

    int listen_fd;
    size_t n_descriptors; /* that the process may have */
    uint16_t port;
    bool is_tls;
    void *ssl_ctx; /* libwebsockets' SSL_CTX of the listener, borrowed; NULL without TLS */
    uint64_t n_accept_refused; /* since the last line in the log */
    uint64_t accept_logged_ms;

    struct lws_context *context;
    struct lws_vhost *vhost;
    lws_retry_bo_t keepalive;

    struct weh_admin_socket admin;
    struct weh_admission admission;
    struct weh_conn *conns;
    size_t n_conns;
    size_t n_sessions;       /* conns in state OPEN or DRAINING */
    struct weh_conn **by_fd; /* for rx_tap.c */
    size_t n_by_fd;

    pthread_mutex_t inbox_lock;
    bool is_inbox_ready;
    struct weh_conn *inbox;
    bool is_stop_asked; /* locked, with the one below */
    uint64_t stop_within_ms;
};

/* listener.c */
WEH_MUST_CHECK weh_err weh_listener_open(struct weh_net *net, struct weh_diag *diag);
void weh_listener_start(struct weh_net *net);
/** Stop accepting and close the listening socket. May be called twice. */
void weh_listener_close(struct weh_net *net);

/* lws_glue.c */
WEH_MUST_CHECK weh_err weh_lws_open(struct weh_net *net, struct weh_diag *diag);
/** Hand @fd, which comes from @address, to libwebsockets; it is closed on failure. */
void weh_lws_adopt(struct weh_net *net, int fd, const struct weh_address *address);
/** The same with @fd from the admin socket, the other end of which is @peer. */
void weh_lws_adopt_admin(struct weh_net *net, int fd, const struct ucred *peer);

/* net.c */
/** Milliseconds of the loop's clock, cached for one turn of the loop. */
uint64_t weh_net_now_ms(const struct weh_net *net);

/* drain.c */
/** End all sessions within @within_ms, or sooner than was said if that is sooner. */
void weh_drain_begin(struct weh_net *net, uint64_t within_ms);
/** The time is up. */
void weh_drain_over(struct weh_net *net);
/** The last connection or session may have gone: end the loop when it is draining. */
void weh_net_check_drained(struct weh_net *net);

#endif
