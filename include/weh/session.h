/* include/weh/session.h - one user at work: a mailbox, an open briefcase, an outbox.
 *
 * A session has one channel at a time, or none while it is detached: its socket was lost, and it waits
 * to be resumed on another. The channel's thread delivers messages and takes frames; a
 * worker of the pool runs the requests, one session at most once in the run queue, so requests run
 * strictly in the order received and neither the session's briefcase nor its state needs a lock. The
 * two threads meet in the mailbox and the outbox, both bounded.
 */
#ifndef WEH_SESSION_H
#define WEH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/access.h"
#include "weh/channel.h"
#include "weh/codec.h"
#include "weh/err.h"
#include "weh/log.h"

struct weh_host;
struct weh_session;

/** NEW: no briefcase open. READY: one is open. Whether there is a channel is another question: requests
 * run on without one. */
enum weh_session_state {
    WEH_SESSION_NEW,
    WEH_SESSION_OPENING,
    WEH_SESSION_READY,
    WEH_SESSION_CLOSING,
    WEH_SESSION_CLOSED,
};

/** "NEW", "OPENING" ... Static. */
const char *weh_session_state_name(enum weh_session_state state);

/** True when the table of moves allows it. */
bool weh_session_may_move(enum weh_session_state from, enum weh_session_state to);

/** Of a label that a page has chosen for its session: 1 to 64 characters, NUL. */
#define WEH_RESUME_LABEL_SIZE 65

struct weh_session_options {
    struct weh_host *host;       /* kept: must outlive the session */
    struct weh_channel *channel; /* kept until weh_session_channel_gone */
    enum weh_codec codec;
    bool is_ipc;               /* the methods of stock frontends; always so with WEH_CODEC_IPC */
    enum weh_access access;    /* to every iModel */
    struct weh_grants *grants; /* to single ones beyond that: shared; may be NULL */
    int64_t expires_ms;        /* of the token, wall clock; 0: never */
    const char *user;          /* copied */
    const char *peer;          /* "127.0.0.1:51234", for the log; copied */
    const char *label;         /* see weh_session_take_over; of IPC only; copied; NULL: none */
    const char *activity; /* what the handshake belongs to (weh/activity.h); NULL: it did not say */
};

/**
 * A new session in state NEW. Service thread.
 *
 * WEH_E_LIMIT when the host has as many sessions as it may, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_session_create(const struct weh_session_options *options,
                                          struct weh_session **out, struct weh_diag *diag);

/**
 * Deliver one whole message. Service thread. Never blocks.
 *
 * @bytes  taken (from weh_malloc), whatever the result.
 *
 * Everything that is wrong with the message is answered or ends the session from inside.
 */
void weh_session_receive(struct weh_session *session, uint8_t *bytes, size_t len);

/** The next frame to send, the caller's until it is sent or given back; NULL when there is none now.
 * Service thread. */
struct weh_frame *weh_session_next_frame(struct weh_session *session);

/** @frame has left as a whole. Taken. Its payload must be what it was: it may be sent again. */
void weh_session_frame_done(struct weh_session *session, struct weh_frame *frame);

/** Of @frame only @n_sent bytes have left (told by weh_session_sent), and no more will. Taken. To be
 * called before the channel goes. */
void weh_session_give_back(struct weh_session *session, struct weh_frame *frame, size_t n_sent);

/** Tell that @n bytes of frames have left (they count against the outbox limit until then). */
void weh_session_sent(struct weh_session *session, size_t n);

/** True when the session wants its channel closed and has no frames left. Service thread. */
bool weh_session_wants_close(struct weh_session *session, enum weh_close_reason *reason);

#define WEH_CLOSE_TEXT_SIZE 104

/** What is said about the end beside its reason, for the close frame; "" when nothing is. Service
 * thread. */
void weh_session_close_text(struct weh_session *session, char *out, size_t size);

/** Begin the end from the channel's side for @reason, keeping what is queued to be sent when the
 * channel still can. The first reason counts. Service thread. */
void weh_session_end(struct weh_session *session, enum weh_close_reason reason);

/**
 * The channel is gone: nothing can be sent any more. Service thread; the last call with @session, which
 * does not touch the channel any more. A session whose client can resume it waits for that if @reason
 * is a loss; else it ends.
 */
void weh_session_channel_gone(struct weh_session *session, enum weh_close_reason reason);

/**
 * The client of @session, which was just made, may be a page that was loaded anew: when another session of
 * the same user has the same label, the channel of @session goes to that (attached is called), and
 * @session ends. Numbers begin anew there, what was unsent and what answers requests of the former
 * connection is dropped, the rest stays. A former connection that is still open is closed. Service thread.
 */
void weh_session_take_over(struct weh_session *session);

struct weh_host *weh_session_host(const struct weh_session *session);

/** Tell the client that its token ends soon, or end the session when it has ended some time ago. Now
 * and then. Service thread. */
void weh_session_check_expiry(struct weh_session *session, int64_t now_ms);

/** The session's id as text, for the log. Borrowed. */
const char *weh_session_name(const struct weh_session *session);

/* ---- resuming: see PROTOCOL.md, "Resuming" ---- */

#define WEH_RESUME_TOKEN_BYTES 24
#define WEH_RESUME_TOKEN_SIZE  (2 * WEH_RESUME_TOKEN_BYTES + 1) /* hexadecimal digits, NUL */

/** What the client says of the session that it wants back. */
struct weh_resume {
    struct weh_str session_id;
    struct weh_str token;
    uint64_t received; /* messages of the server */
};

struct weh_claim;

struct weh_hello {
    struct weh_session *session; /* the one that the connection has now */
    enum weh_access access;      /* what its rights are, with those of the connection */
    bool resumed;
    bool is_led_back;  /* the session is of an earlier process: what it had open is being opened */
    uint64_t received; /* messages of the client */
    char token[WEH_RESUME_TOKEN_SIZE];
};

/**
 * The client of @session has said hello. With @resume (may be NULL) its channel goes to the session that
 * is named there, and @session ends: the reply goes to the former, before what it sends again.
 * Service thread, from the handler of an out-of-band method.
 *
 * @claim  filled when the session is one of an earlier process (is_led_back): then @session goes on as a
 *         new one, in which briefcase.open comes before all other requests.
 *
 * WEH_E_RESUME when there is no such session, the token is wrong or the user another: one error for all;
 * the connection ends after some. WEH_E_BAD_ARGS (where: resume) when the encoding is another, or more
 * was received than sent. WEH_E_RESUME_LOST when what the client lacks is not kept: the session named
 * ends. WEH_E_LIMIT, WEH_E_IO: no random numbers.
 */
WEH_MUST_CHECK weh_err weh_session_hello(struct weh_session *session,
                                         const struct weh_resume *resume, struct weh_hello *out,
                                         struct weh_claim *claim, struct weh_diag *diag);

/**
 * Keep a claim to what @claim says is open: its name, is_checkout and readonly; the rest is filled in.
 * A session that cannot be resumed has none. A failure is logged, and costs nobody more than the way
 * back. Worker thread, with the one below.
 */
void weh_session_put_claim(struct weh_session *session, struct weh_claim *claim);
/** Nothing is open any more. */
void weh_session_drop_claim(struct weh_session *session);

/** The client has @received messages of the server: they need not be kept. WEH_E_BAD_ARGS when that is
 * more than were sent. Service thread. */
WEH_MUST_CHECK weh_err weh_session_acknowledge(struct weh_session *session, uint64_t received,
                                               struct weh_diag *diag);

#endif
