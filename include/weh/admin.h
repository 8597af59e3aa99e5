/* include/weh/admin.h - what an operator sees of the sessions of a host, and may do with them and the
 * process.
 *
 * Everything runs in the service thread, beside the workers: it answers also while all of them are
 * busy, and holds none of them up. What it reads of a session is copied under the session's lock.
 */
#ifndef WEH_ADMIN_H
#define WEH_ADMIN_H

#include "weh/buf.h"
#include "weh/channel.h"
#include "weh/host.h"
#include "weh/session.h"
#include "weh/sink.h"

/** What became of a reload. */
struct weh_reload {
    struct weh_buf needs_restart; /* keys that differ but stay as they are, separated by ", " */
    struct {
        const char *what; /* "settings", "keys", "certificates"; static */
        char where[96];   /* the setting at fault, "" when none */
    } failed[3];
    uint32_t n_failed;
};

/** What may be done with the process. Service thread. */
struct weh_control {
    /** Begin to stop, or stop sooner: everything has to be over within @within_ms. Does not call back.
     * Returns when it will be over, wall clock. */
    int64_t (*drain)(void *ctx, uint64_t within_ms);
    /** Fill @out, whose buffer is initialised and finished by the caller. */
    void (*reload)(void *ctx, struct weh_reload *out);
    /** From now until the next reload. Returns what it was. */
    enum weh_log_level (*set_log_level)(void *ctx, enum weh_log_level level);
    void *ctx;
};

/** NULL when the host has none. */
const struct weh_control *weh_host_control(const struct weh_host *host);

#define WEH_SHOWN_NAME_SIZE 160

/** One session as it is seen from outside. Texts that are not copied live as long as the session. */
struct weh_session_view {
    const char *id;
    const char *user;
    char peer[64];     /* of the connection that it had last */
    const char *state; /* "attached", "hibernating", "detached", "ending", "draining" */
    enum weh_codec codec;
    char name[WEH_SHOWN_NAME_SIZE]; /* of the open iModel or briefcase, "" for none */
    bool is_checkout;               /* it is a briefcase */
    bool is_hibernating;
    bool is_running;    /* the last method is not answered yet */
    const char *method; /* the last one; NULL: none yet */
    uint64_t age_ms;
    uint64_t idle_ms; /* since the last request ended; 0 while one runs */
    uint64_t unsaved_rows;
    uint64_t requests;
    uint64_t failures;
    uint64_t mailbox_messages, mailbox_bytes;
    uint64_t outbox_bytes;
    uint64_t kept_bytes; /* sent, not acknowledged */
    uint64_t bytes_in, bytes_out;
};

void weh_session_look(struct weh_session *session, struct weh_session_view *out);

/** The first @limit of the sessions of @user ("": of all) whose ids come after @after ("": from the
 * first), by id. How many were put into @out; @more: there are others behind them. */
size_t weh_host_page(const struct weh_host *host, struct weh_str user, struct weh_str after,
                     struct weh_session **out, size_t limit, bool *more);

/** End @session, whether it has a connection or waits for one; what is unsaved goes into the recovery
 * journal. @text ("": none) stands in the close frame. */
void weh_session_end_by_operator(struct weh_session *session, struct weh_str text);

/** Send the notification session.onMessage {text, time}. False when the session is ending. */
bool weh_session_message(struct weh_session *session, struct weh_str text);

/** Everything that weh_metrics_print writes, as one map. */
void weh_metrics_write(const struct weh_host *host, struct weh_sink *sink);

/** Who calls without a session. */
struct weh_caller {
    const char *user; /* "uid:0" */
    const char *peer; /* "pid:4711" */
};

/**
 * Run @body, a request in JSON-RPC, for @caller, who may do what operators may and nothing else.
 *
 * @out  gets the reply; stays empty when the request wants none. Its err is not WEH_OK when there was no
 *       memory for it.
 */
void weh_host_call(struct weh_host *host, const struct weh_caller *caller, struct weh_str body,
                   struct weh_buf *out);

#endif
