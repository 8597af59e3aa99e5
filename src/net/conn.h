/* src/net/conn.h - one connection: its socket, the message that comes, the message that goes, its session.
 *
 * Everything here belongs to the service thread but for the inbox, which is locked.
 */
#ifndef WEH_NET_CONN_H
#define WEH_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "weh/activity.h"
#include "weh/auth.h"
#include "weh/channel.h"
#include "weh/session.h"

#include "admission.h"
#include "frame_check.h"

struct weh_net;

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
    bool is_ipc; /* the methods of stock frontends */
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

#endif
