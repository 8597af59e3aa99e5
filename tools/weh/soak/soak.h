/* tools/weh/soak/soak.h - weh soak: many sessions in one thread, each checked against a model.
 *
 * A session sends windows of requests, up to SOAK_WINDOW of them at once, and knows what must come back.
 * A request that makes ids or transactions, which the answer names, ends its window: the model changes
 * with the answer. Everything else changes it when it is sent. Texts begin with "soak-NNNN-", the
 * session's number, so that what belongs to another shows.
 */
#ifndef SOAK_H
#define SOAK_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/codec.h"

#include "soak_channel.h"
#include "soak_kinds.h"
#include "soak_model.h"
#include "soak_stats.h"
#include "soak_values.h"

#define SOAK_SESSIONS_MAX 9999
#define SOAK_BASE         "soak-base" /* the iModel that is checked out, in a server of one's own */

/* What went wrong, as the result counts it. */
#define SOAK_FAULT_LIST(X)               \
    X(REPLY, "wrongReply")               \
    X(NOTIFICATION, "wrongNotification") \
    X(FOREIGN, "foreignData")            \
    X(ERROR, "unexpectedError")          \
    X(CONNECTION, "connectionEnded")     \
    X(RESUME, "notResumed")              \
    X(TIMEOUT, "noReply")                \
    X(PROTOCOL, "brokenMessage")

enum soak_fault {
#define X(id, name) SOAK_FAULT_##id,
    SOAK_FAULT_LIST(X)
#undef X
    SOAK_FAULTS
};

struct soak_message {
    struct weh_incoming incoming;
    struct weh_str raw;
};

/** Notifications since the last reply: a letter for each, and what the changes were. */
struct soak_heard {
    uint32_t n;
    char letters[2 * SOAK_TXNS_MAX + 4];
    uint32_t n_steps;
    struct {
        uint64_t txn_id;
        struct soak_set set;
    } steps[SOAK_TXNS_MAX];
};

enum soak_stage {
    SOAK_OPENING,  /* until the briefcase is open */
    SOAK_WORKING,  /* windows at random */
    SOAK_SETTLING, /* saves, checks all; parked when the window is empty */
    SOAK_LEAVING,
    SOAK_DONE,
    SOAK_FAILED
};

enum soak_link {
    SOAK_LINK_NONE, /* connects at its wake_ns */
    SOAK_LINK_CONNECTING,
    SOAK_LINK_HELLO, /* not answered */
    SOAK_LINK_UP
};

struct soak_session {
    struct soak *soak;
    uint32_t number;
    enum weh_codec codec;
    enum soak_stage stage;
    uint32_t step;  /* of the stage */
    bool is_parked; /* has nothing more to do in its stage */
    bool is_open;   /* the briefcase */
    char *token;
    uint64_t random;
    struct soak_model model;
    char briefcase[64];
    uint32_t briefcase_id;

    struct soak_channel channel;
    enum soak_link link;
    char session_id[65];
    char resume_token[65];
    uint64_t n_received; /* messages of the server, as resuming counts them */
    uint64_t n_acked;
    uint64_t n_settled; /* messages sent and known to have come in */
    uint64_t lost_ns;

    uint64_t last_id;
    struct soak_pending window[SOAK_WINDOW];
    uint32_t n_window;
    uint32_t n_answered;
    struct soak_heard heard;
    struct weh_buf sent; /* of this window: a length and a message, each */
    uint64_t n_sent;     /* messages in it */
    uint32_t retry_s;    /* the server was busy; 0: not now */
    bool was_lost;       /* within this window: its times say nothing */
};

struct soak_options {
    uint32_t n_sessions;
    uint32_t seconds;
    uint32_t warmup_s;
    uint64_t n_requests; /* 0: the time decides */
    uint32_t think_ms;
    uint32_t cut_every; /* windows; 0: never */
    uint32_t timeout_ms;
    uint32_t seed;
    const char *imodel;
    const char *codec; /* NULL: half of them each */
    const char *token; /* NULL: each session has one of its own */
};

struct soak {
    struct soak_options options;
    struct soak_address address;
    int epoll;
    struct soak_session *sessions;
    uint64_t *wake_ns; /* by session; SOAK_NEVER: it waits for the server */
    struct weh_buf request;
    struct weh_arena arena;
    bool is_stopping;
    uint32_t n_opening;
    uint32_t n_parked;
    uint32_t n_done;
    uint32_t n_failed;
    uint32_t n_told; /* faults printed */
    uint64_t faults[SOAK_FAULTS];
    uint64_t n_requests;
    uint64_t n_messages;
    uint64_t n_bytes;
    uint64_t n_cuts;
    uint64_t n_resumed;
    uint64_t n_put_off; /* requests: the server was busy */
    uint64_t n_refused; /* handshakes: the server was full */
    struct soak_histogram latency[SOAK_KINDS];
    struct soak_histogram resuming;
};

uint64_t soak_now_ns(void);

/* ---- soak_session.c ---- */

void soak_session_init(struct soak_session *session, struct soak *soak, uint32_t number);
void soak_session_fini(struct soak_session *session);
/** Go into @stage; the session leaves its parking place. */
void soak_session_enter(struct soak_session *session, enum soak_stage stage);
/** It has sent session.close: there may be nothing any more to resume. */
bool soak_session_has_left(const struct soak_session *session);
/** All is done and was right. */
void soak_session_done(struct soak_session *session);
/** The time in wake_ns has come. */
void soak_session_wake(struct soak_session *session);
/** The epoll has @events. */
void soak_session_turn(struct soak_session *session, uint32_t events);
/** The session ends here; said on standard error for the first few. Always false. */
bool soak_session_fail(struct soak_session *session, enum soak_fault fault, const char *format, ...)
    WEH_PRINTF(3, 4);

/* ---- soak_resume.c ---- */

/** Begin to connect, the first time or again. */
void soak_resume_connect(struct soak_session *session);
/** The connection is gone, as was meant or not: try again, or fail. */
void soak_resume_lost(struct soak_session *session);
/** Say hello on the new connection. */
void soak_resume_hello(struct soak_session *session);
/** The answer to it, when it is one. */
void soak_resume_answered(struct soak_session *session, const struct soak_message *message);
/** Send and keep the message in soak->request. */
void soak_resume_send(struct soak_session *session);
/** All that was sent is answered. */
void soak_resume_settled(struct soak_session *session);

/* ---- soak_check.c ---- */

/** Decode @raw and look for what belongs to others. False, and the session failed, when it is wrong. */
bool soak_check_message(struct soak_session *session, struct weh_str raw, struct soak_message *out);
void soak_check_notification(struct soak_session *session, const struct soak_message *message);
void soak_check_reply(struct soak_session *session, const struct soak_message *message);

/** @result tells the save of what the model holds, as the notifications did. Changes the model. */
bool soak_check_saved(struct soak_session *session, const struct weh_value *result);

#endif
