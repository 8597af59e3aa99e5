/* include/weh/call.h - one running call of a method, and what its handler may do with the session.
 *
 * A handler runs in a worker thread, or, of a method that runs out of band, in the service thread.
 */
#ifndef WEH_CALL_H
#define WEH_CALL_H

#include <stdatomic.h>

#include "weh/method.h"

struct weh_writer;

/** One request being handled; everything is borrowed for the call. */
struct weh_call {
    struct weh_session *session;
    struct weh_host *host;
    const struct weh_method *method;
    const struct weh_value *request_id; /* NULL: nobody waits for a reply */
    const struct weh_arg *args;         /* in the order of the method's arguments */
    struct weh_sink *result;            /* write exactly one value, unless an error is returned */
    struct weh_writer *writer;          /* of result, for what only one encoding has */
    const weh_err *result_err;        /* sticky: not WEH_OK when the result grew beyond the limit */
    struct weh_arena *arena;          /* scratch; emptied after the call */
    void *workspace;                  /* the session's, made by the application */
    const char *activity_id;          /* what the request belongs to, for the log */
    struct weh_edit_subject *subject; /* of the error, should there be one; NULL: nobody asks */
};

/** The call is about to insert or update by @props, which live as long as the call's arguments. */
static inline void weh_call_edits(const struct weh_call *call, const struct weh_value *props)
{
    if (call->subject != NULL) {
        *call->subject = (struct weh_edit_subject){ .is_edit = true, .props = props };
    }
}

/** The call is about to delete @id. */
static inline void weh_call_deletes(const struct weh_call *call, weh_id id)
{
    if (call->subject != NULL) {
        *call->subject = (struct weh_edit_subject){ .is_edit = true, .id = id };
    }
}

/* ---- the session ---- */

enum weh_session_state weh_session_state_now(const struct weh_session *session);

/** Move to @state; the move must be one of the allowed ones. */
void weh_session_move(struct weh_session *session, enum weh_session_state state);

const char *weh_session_user(const struct weh_session *session);
/** What the session may do with the open iModel; without one, the most that it may do with any. */
enum weh_access weh_session_access(const struct weh_session *session);
/** What it may do with the iModel @imodel; WEH_ACCESS_NONE: it is as if it were not there. */
enum weh_access weh_session_access_to(const struct weh_session *session, struct weh_str imodel);
/** A briefcase is open, with which the session may do @access. */
void weh_session_set_open_access(struct weh_session *session, enum weh_access access);
/** When the session's token ends, wall clock; 0: never. */
int64_t weh_session_expires_ms(const struct weh_session *session);
/** Another token of the same user: what it allows, and until when. weh_session_set_open_access is to
 * follow when a briefcase is open. */
void weh_session_renew(struct weh_session *session, const struct weh_identity *identity);
enum weh_codec weh_session_codec(const struct weh_session *session);

/** Its methods are those of stock frontends, in whatever encoding. */
bool weh_session_is_ipc(const struct weh_session *session);

/** True until a request of the session has been taken, or hello said. Service thread. */
bool weh_session_is_first_request(const struct weh_session *session);

/** The flag that a cancelled request's statements read. Borrowed, lives as the session. */
const atomic_bool *weh_session_cancel_flag(const struct weh_session *session);

/** End the session after the reply of this call. */
void weh_session_end_after_reply(struct weh_session *session, enum weh_close_reason reason);

/** Cancel the running or waiting request @id; false when there is none. Any thread. */
bool weh_session_cancel_request(struct weh_session *session, const struct weh_value *id);

/** A notification: begin, write one map into the sink that begin gives, end. It goes out before the
 * reply of the call that causes it. Sessions that speak IPC have none: what is written is dropped. */
struct weh_sink *weh_notify_begin(struct weh_session *session, const char *name);
void weh_notify_end(struct weh_session *session);

/** A Push of a session that speaks IPC, on the channel of @key in @family ("txns"): begin, write
 * arguments into the sink one after the other, end. @method, the first argument, may be NULL: there is
 * none. It goes out before the answer of the call that causes it. */
struct weh_sink *weh_push_begin(struct weh_session *session, const char *family, struct weh_str key,
                                const char *method);
void weh_push_end(struct weh_session *session);

/** To be called by what takes long where it can wait: lets others come first. Part of weh_call_progress;
 * by itself for what runs beneath a handler. */
void weh_session_pause(struct weh_session *session);

/**
 * To be called between the steps of work that may take long: WEH_E_CANCELLED when the client has
 * cancelled the request, WEH_E_TOO_LARGE when its result has outgrown the limit. Tells the client
 * how far it is (session.onProgress), at once and at most a few times a second; nothing while the
 * request is young, or when nobody waits for its reply.
 *
 * @done, @total  in whatever is counted; @total 0 is not known.
 */
WEH_MUST_CHECK weh_err weh_call_progress(const struct weh_call *call, uint64_t done, uint64_t total,
                                         struct weh_diag *diag);

#endif
