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

#include "weh/activity.h"
#include "weh/auth.h"
#include "weh/channel.h"
#include "weh/metrics.h"
#include "weh/net.h"
#include "weh/session.h"

#include "admin.h"
#include "admission.h"
#include "frame_check.h"

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

/** HANDSHAKE: speaks HTTP. OPEN: has a session. DRAINING: takes no more messages, still sends.
 * GONE: the socket is closed, the session may still be ending. */
enum weh_conn_state {
    WEH_CONN_HANDSHAKE,
    WEH_CONN_OPEN,
    WEH_CONN_DRAINING,
    WEH_CONN_GONE
};

struct weh_conn {
    struct weh_channel channel;
    struct weh_net *net;
    struct weh_conn *next, *prev; /* in net->conns */
    struct lws *wsi;              /* NULL when GONE */
    struct weh_session *session;  /* NULL before the upgrade and after weh_session_channel_gone */
    struct weh_identity identity; /* of the request being looked at; then the session's */
    char activity[WEH_ACTIVITY_SIZE];  /* what the request belongs to; "" when it does not say */
    char label[WEH_RESUME_LABEL_SIZE]; /* of the page's session; "": it has none */
    enum weh_conn_state state;
    enum weh_codec codec;
    int fd;
    unsigned n_pins;   /* calls on the stack that use it: not to be freed under them */
    bool is_authentic; /* identity is valid for the request at hand */
    bool is_closing;   /* a close frame is due or out: nothing may be written any more */
    bool is_forwarded; /* the address is what a proxy says */
    bool is_admin;     /* came over the admin socket: HTTP only */
    bool is_reply_due; /* a request with a body was accepted: answer when the body is in */
    enum weh_close_reason gone_reason;
    uint64_t deadline_ms; /* of the loop's clock; 0: none */
    uint64_t alive_ms; /* when the last pong came: nothing else counts as life in libwebsockets */
    uint64_t first_message_ms; /* when one must have come; 0: one has */
    uid_t peer_uid;            /* of the admin socket, with the one below */
    pid_t peer_pid;
    struct weh_admitted admitted;
    struct weh_address address; /* the client's, as far as is known */

    struct weh_frame_check check; /* fed by rx_tap.c with what libwebsockets reads */
    uint64_t n_frames_done;       /* data frames delivered whole */

    uint8_t *rx; /* the message that is being put together */
    size_t rx_len;
    size_t rx_capacity;
    struct {
        uint32_t n_due;    /* binary frames of the message */
        uint32_t n_done;   /* of them, those that have come */
        size_t frame_at;   /* where in rx the one that is coming begins */
        uint32_t *lengths; /* of those that have come; NULL: none are due */
    } ipc;

    const uint8_t *page; /* what is still to be sent of a file of the site */
    size_t page_left;
    struct weh_frame *tx; /* the message that is being sent */
    size_t tx_sent;
    uint32_t tx_part;    /* which frame of it is: 0, or that of the part before */
    size_t tx_frame_at;  /* where in it that frame begins */
    size_t tx_frame_end; /* and ends */

    struct weh_conn *next_in_inbox; /* locked, with the one below */
    bool is_in_inbox;
};

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

/* channel.c */
/** @address NULL: it comes over the admin socket. */
WEH_MUST_CHECK weh_err weh_conn_create(struct weh_net *net, int fd,
                                       const struct weh_address *address, struct weh_conn **out);
/** Free @conn when neither libwebsockets nor a session knows it any more. */
void weh_conn_settle(struct weh_conn *conn);
/** Make the session: 0, or -1 to close. */
int weh_conn_established(struct weh_conn *conn);
int weh_conn_writable(struct weh_conn *conn);
void weh_conn_gone(struct weh_conn *conn);
/** End the session for @reason; the socket gets @grace_ms for what is still to be sent. */
void weh_conn_end(struct weh_conn *conn, enum weh_close_reason reason, uint64_t grace_ms);
/** Close the socket soon, without a close frame. */
void weh_conn_kill(struct weh_conn *conn);
/** What arrived from other threads. */
void weh_inbox_drain(struct weh_net *net);
void weh_inbox_post(struct weh_conn *conn);

/* receive.c */
/** Forget what has come of a message. */
void weh_conn_drop_rx(struct weh_conn *conn);
int weh_conn_receive(struct weh_conn *conn, const uint8_t *bytes, size_t len);
int weh_conn_peer_closes(struct weh_conn *conn, const uint8_t *bytes, size_t len);
/** A frame broke RFC 6455: found by rx_tap.c. */
void weh_conn_violated(struct weh_conn *conn);

/* ipc_collect.c: messages of IPC, which have several frames. */

/** May a text frame come now, or else a binary one? */
bool weh_ipc_expects(const struct weh_conn *conn, bool is_text);
/** A frame has come whole: WEH_OK and @is_whole when it was the last one of the message, whose trailer
 * stands behind it then. WEH_E_PARSE, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_ipc_frame_done(struct weh_conn *conn, bool *is_whole);
/** Room in conn->rx; receive.c. */
bool weh_rx_reserve(struct weh_conn *conn, size_t extra, size_t expected);

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
