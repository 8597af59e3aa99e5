/* src/session/session_priv.h - the inside of a session and of the host, for this folder. */
#ifndef WEH_SESSION_PRIV_H
#define WEH_SESSION_PRIV_H

#include <stdatomic.h>

#include <pthread.h>

#include "weh/activity.h"
#include "weh/admin.h"
#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/call.h"
#include "weh/codec.h"
#include "weh/host.h"
#include "weh/session.h"
#include "weh/spill.h"
#include "weh/within.h"

#include "host_priv.h"
#include "queue.h"
#include "resume.h"

/** For the line that is logged at the end of a session. Worker thread, but for bytes_in. */
struct session_stats {
    uint64_t started_us;
    uint64_t requests;
    uint64_t failures;
    uint64_t notifications;
    uint64_t longest_us;
    atomic_uint_fast64_t bytes_in;
    atomic_uint_fast64_t bytes_out;
};

/** What a request belongs to. */
struct activity {
    char id[WEH_ACTIVITY_SIZE];
    char trace[WEH_TRACE_SIZE]; /* "" when the client has told none */
};

/** What an operator sees of the worker's members, as they were after the last request. Guarded by the
 * session's lock. */
struct session_shown {
    const struct weh_method *method; /* the last one; NULL: none yet */
    uint64_t requests;
    uint64_t failures;
    uint64_t unsaved_rows;
    uint64_t idle_since_ms;
    bool is_running; /* the method is not answered yet */
    bool is_checkout;
    bool is_hibernating;
    char peer[64]; /* of the connection that it had last */
    char name[WEH_SHOWN_NAME_SIZE];
};

/** How far the end of a session has come; each step once, in this order. */
enum ending {
    ENDING_NOT,
    ENDING_ASKED,    /* no new work; the worker has to close the workspace */
    ENDING_FINISHED, /* the workspace is closed; the channel may close */
};

/** So many requests of a session may wait while others run within them. */
#define SESSION_OUTERS WEH_WITHIN_MAX

/** One of them. */
struct outer {
    const struct weh_value *id; /* NULL: it has none */
    bool is_cancelled;
};

struct weh_session {
    struct weh_host *host;
    enum weh_codec codec;
    bool is_ipc;   /* the methods of stock frontends */
    char name[20]; /* "s" and 16 digits */
    char user[WEH_USER_SIZE];
    char peer[64];
    char label[WEH_RESUME_LABEL_SIZE];   /* by which a page takes it over; "": none can */
    char correlation[WEH_ACTIVITY_SIZE]; /* of the handshake; "" when it had none */

    /* Service thread. */
    struct weh_session *table_next;
    struct weh_session *moved_to; /* the channel has gone there; NULL: it has not */
    struct user *user_count;
    uint64_t messages_free_ns; /* when all messages so far would be in time (session_flow) */
    uint64_t bytes_free_ns;
    uint64_t n_taken; /* messages of the client that count */
    int64_t ipc_next; /* sequence number that the next message must have */
    unsigned n_bad_resumes;
    bool had_request;       /* one that went into the mailbox */
    atomic_bool ipc_is_old; /* channels are spelled as in iTwin.js 4.0 */

    pthread_mutex_t lock;
    struct weh_channel *channel; /* set by the service thread; NULL: none */
    uint64_t linger_ms;
    uint64_t ipc_made;   /* messages to the client, on this connection */
    uint64_t generation; /* of connections, of IPC: set by the service thread */
    struct outbox kept;  /* sent, not acknowledged */
    uint64_t n_made;     /* messages to the client that count */
    uint64_t n_gone;     /* of them: so many, the first ones, are neither in outbox nor kept */
    struct mailbox mailbox;
    struct outbox outbox;
    bool has_new_rights;
    bool is_resumable;  /* the client has said hello */
    bool has_new_token; /* that the application has not heard of */
    bool has_previous;  /* set by the service thread, with the two below */
    uint8_t token[WEH_RESUME_TOKEN_BYTES];
    uint8_t previous[WEH_RESUME_TOKEN_BYTES]; /* good too until the other is known to be there */
    bool is_detached;                         /* without a channel, waits for one until linger_ms */
    bool scheduled;                           /* in the run queue, or with a worker */
    bool tick_due;
    bool tick_unasked; /* the application has not been asked since the last request */
    bool paused;       /* requests wait until the client has read what was answered */
    bool drop_jobs;    /* what waits is not run any more */
    bool wake_due;     /* the worker has sent something and not yet woken the channel */
    unsigned n_held;   /* requests answered since it was woken */
    enum ending ending;
    enum weh_close_reason reason;
    char end_text[WEH_CLOSE_TEXT_SIZE]; /* what the operator says who ends it; "": nothing */
    struct session_shown shown;
    struct weh_identity
        new_rights; /* those of the connection that it was resumed on; the worker takes them */
    const struct weh_value *running_id;  /* of the request being run; NULL between requests */
    struct outer outers[SESSION_OUTERS]; /* those that it runs within, from the outermost on */
    size_t n_outers;
    uint64_t tick_ms; /* when the application wants a tick; WEH_NEVER: not now */

    struct weh_session *run_next; /* guarded by the pool's lock, with the one below */
    uint64_t run_since_us;
    int64_t told_expires_ms; /* service thread: the end of token that the client was told of */

    struct weh_session *next_ended; /* guarded by the service's lock, with the two below */
    uint64_t armed_ms;              /* its deadline in the heap; WEH_NEVER: it is not there */
    size_t heap_index;

    atomic_bool cancel;
    atomic_int_fast64_t expires_ms; /* of the token, wall clock; 0: never */

    /* From here on only the worker that holds the session. */
    struct worker *worker; /* that holds it; stale between turns */
    enum weh_session_state state;
    _Atomic(enum weh_access) access; /* to every iModel; the service thread may look at it */
    enum weh_access open_access;     /* to the open one */
    struct weh_grants *grants;       /* to single ones beyond that */
    void *workspace;
    struct weh_arena arena;
    struct weh_spill
        overflow;         /* behind the outbox: struct weh_frame.len, n_parts and bytes of each */
    uint64_t overflow_at; /* up to there it has been moved into the outbox */
    uint64_t overflow_generation; /* whom it is for */
    uint64_t run_generation;      /* whom the running request or tick answers */
    struct weh_buf notify_buf;
    struct weh_writer notify_writer;
    bool end_after_reply;
    enum weh_close_reason end_reason;
    struct session_stats stats;
    struct activity activity; /* of the running request; "" between requests */
    uint64_t idle_since_ms;
    struct usage usage;        /* of whoever holds the session, or has just scheduled it */
    uint64_t next_progress_us; /* when the client is told how far the running request is */
};

/** Something of @session may be due: see to it, and arm it anew. Service thread. */
void session_due(struct weh_session *session, uint64_t now_ms);
/** Free @session, which has ended and has no channel. Service thread. */
void session_destroy(struct weh_session *session);
/** The worker's part of the end: nothing waits any more, close the workspace. The last call of the
 * worker with @session. */
void session_finish(struct weh_session *session);
/** See that a worker comes. @session's lock is held. */
void session_schedule_locked(struct weh_session *session);
/** Unread bytes from which on the requests of @session wait. */
size_t session_outbox_high(const struct weh_session *session);

/** A turn ends with the request during which this has gone by: what takes long waits for the others
 * after each request. */
#define SESSION_TURN_US 20000U

/** Run some requests of @session in the thread of @worker. True when there is more to do. */
bool session_turn(struct weh_session *session, struct worker *worker);

/** Begin the end; the first reason counts. @session's lock is held. */
void session_end_locked(struct weh_session *session, enum weh_close_reason reason);

/** Cancel what runs, whatever it is. @session's lock is held. */
void session_cancel_locked(struct weh_session *session);

/* glance.c */

/** A worker begins with a request of @method. The lock is held. */
void session_show_begin_locked(struct weh_session *session, const struct weh_method *method);
/** Between requests: let others see how things are. Worker. */
void session_show(struct weh_session *session);

/** Log with the session's name and the running activity. */
struct weh_log_who session_who(const struct weh_session *session);

#endif
