/* include/weh/method.h - a method of the protocol as data; weh/call.h has one that runs.
 *
 * The table (src/rpc/methods.c) is the one source of what exists: dispatch checks state, access and
 * arguments by it, host.describe and PROTOCOL.md are written from it.
 */
#ifndef WEH_METHOD_H
#define WEH_METHOD_H

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

struct weh_call;

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

#endif
