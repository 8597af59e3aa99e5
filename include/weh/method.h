/* include/weh/method.h - a method of the protocol as data, and one running call.
 *
 * The table (src/rpc/methods.c) is the one source of what exists: dispatch checks state, access and
 * arguments by it, host.describe and PROTOCOL.md are written from it.
 */
#ifndef WEH_METHOD_H
#define WEH_METHOD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/session.h"
#include "weh/sink.h"
#include "weh/value.h"

enum weh_arg_type {
    WEH_ARG_ANY,
    WEH_ARG_BOOL,
    WEH_ARG_INT,    /* min to max */
    WEH_ARG_STRING, /* min to max bytes of UTF-8 */
    WEH_ARG_CHOICE, /* one of choices */
    WEH_ARG_ID,     /* "0x1f" */
    WEH_ARG_IDS,    /* min to max ids */
    WEH_ARG_GUID,
    WEH_ARG_OBJECT,
    WEH_ARG_ARRAY,      /* min to max items */
    WEH_ARG_REQUEST_ID, /* a number or a string, as in the request it names */
    WEH_ARG_KEY,        /* a string that names something open; anything else names nothing */
};

struct weh_arg_spec {
    const char *name; /* NULL ends the list */
    enum weh_arg_type type;
    bool required;
    int64_t min;
    int64_t max;
    const char *choices; /* separated by '|', of WEH_ARG_CHOICE */
    const char *help;    /* one line */
};

#define WEH_MAX_ARGS 8

/** One decoded argument; null counts as absent. Views live as long as the call. */
struct weh_arg {
    bool given;
    union {
        bool boolean;
        int64_t integer;
        struct weh_str string; /* also the word of a choice */
        weh_id id;
        struct {
            const weh_id *ids;
            size_t n;
        } list;
        struct weh_guid guid;
        const struct weh_value *value; /* ANY, OBJECT, ARRAY, REQUEST_ID */
    } as;
};

struct weh_method;
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

typedef weh_err (*weh_handler)(struct weh_call *call, struct weh_diag *diag);

/** Bit of @state in weh_method.states. */
#define WEH_IN(state) (1u << WEH_SESSION_##state)

enum weh_method_flag {
    WEH_METHOD_OUT_OF_BAND = 1,   /* runs in the channel's thread, past the mailbox */
    WEH_METHOD_IN_BATCH = 2,      /* may stand in edit.batch */
    WEH_METHOD_WITHOUT_TOKEN = 4, /* also when the token has ended, and whatever it allows */
    WEH_METHOD_UNDECIDED = 8, /* an edit also while unsaved changes of an earlier session wait */
    WEH_METHOD_AUDITED = 32,  /* stands in the audit log although it asks for no right to edit */
    WEH_METHOD_UNAUDITED =
        64,                 /* does not stand there although it asks for such a right: it reads */
    WEH_METHOD_SAVES = 128, /* an edit that only saves */
    WEH_METHOD_IDLE_READONLY = 256, /* an edit that does nothing where only reading is open */
    WEH_METHOD_UNCOUNTED = 16, /* request and reply belong to the connection, not to the session */
};

struct weh_method {
    const char *name;
    unsigned states; /* WEH_IN bits: where the method is allowed */
    enum weh_access access;
    unsigned flags; /* of enum weh_method_flag */
    const struct weh_arg_spec *args;
    const char *result; /* shape, as text */
    const char *since;
    const char *help; /* one line */
    weh_handler handler;
};

static inline bool weh_method_is_out_of_band(const struct weh_method *method)
{
    return (method->flags & WEH_METHOD_OUT_OF_BAND) != 0;
}

/** A message of the server without a request. */
struct weh_notification {
    const char *name;
    const char *params; /* shape, as text */
    const char *help;
};

/** Find @name in @methods, which is sorted by name; NULL when there is none. @scope, when it is not empty,
 * and a dot come before the name in the table, whose names have one dot each. */
const struct weh_method *weh_method_find(const struct weh_method *methods, size_t n,
                                         struct weh_str scope, struct weh_str name);

/**
 * Check @params against @specs: a map by name, an array by position. What an array has beyond @specs is
 * left alone, as functions of JavaScript do.
 *
 * @out  WEH_MAX_ARGS entries, in the order of @specs. One that is null in an array is not given, but its value is the null.
 *
 * WEH_E_BAD_ARGS naming the argument: missing, unknown, of the wrong type or out of range;
 * WEH_E_NOMEM. The member _meta is allowed everywhere.
 */
WEH_MUST_CHECK weh_err weh_args_decode(const struct weh_arg_spec *specs,
                                       const struct weh_value *params, struct weh_arena *arena,
                                       struct weh_arg *out, struct weh_diag *diag);

/** "string", "id", ...: how documents name the type. Static. */
const char *weh_arg_type_name(enum weh_arg_type type);

/* ---- what a handler may do with its session (worker thread) ---- */

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
