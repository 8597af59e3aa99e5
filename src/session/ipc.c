/* src/session/ipc.c - what a session does otherwise when its client is a stock iTwin.js frontend.
 *
 * Messages of each direction of a connection are numbered from 0. Frames come in order, so a number that
 * is too high is none that has to be waited for, but a fault.
 */
#include "weh/ipc.h"

#include <stdio.h>

#include "call_priv.h"
#include "session_ipc.h"

/* iTwin.js: IModelStatus.FunctionNotFound. */
#define FUNCTION_NOT_FOUND 65606
/* What BentleyError has when it is not told a number. */
#define NO_OPERATION 32768

/* Channels of iTwin.js itself: those of applications have no second spelling. */
static bool tells_spelling(struct weh_str scope)
{
    return weh_str_eq_text(scope, "ipc-app") || weh_str_eq_text(scope, "editor");
}

void session_ipc_look_at_spelling(struct weh_session *session, const struct weh_envelope *envelope)
{
    if (tells_spelling(envelope->scope)) {
        atomic_store(&session->ipc_is_old, envelope->is_old);
    }
}

static enum weh_close_reason reason_of(weh_err err)
{
    return err == WEH_E_LIMIT ? WEH_CLOSE_MESSAGE_SIZE : WEH_CLOSE_IPC_MESSAGE;
}

enum ipc_verdict session_ipc_take(struct weh_session *session, const struct weh_envelope *envelope,
                                  weh_err err)
{
    if (err != WEH_OK && err != WEH_E_METHOD_NOT_FOUND && err != WEH_E_TOO_LARGE) {
        weh_session_end(session, reason_of(err));
        return IPC_END;
    }
    if (envelope->sequence < session->ipc_next) {
        return IPC_DROP;
    }
    if (envelope->sequence > session->ipc_next) {
        weh_session_end(session, WEH_CLOSE_IPC_MESSAGE);
        return IPC_END;
    }
    session_ipc_look_at_spelling(session, envelope);
    session->ipc_next++;
    return IPC_TAKE;
}

/* What every object of JavaScript has: the stock backend says that these are not to be called. */
static bool is_of_all_objects(struct weh_str name)
{
    static const char *const names[] = {
        "constructor",      "hasOwnProperty",   "isPrototypeOf",    "propertyIsEnumerable",
        "toLocaleString",   "toString",         "valueOf",          "__proto__",
        "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_text(name, names[i])) {
            return true;
        }
    }
    return false;
}

weh_err session_ipc_no_method(const struct weh_envelope *envelope, struct weh_diag *diag)
{
    static const size_t prefix = sizeof("itwin.") - 1;
    const bool is_plain = !envelope->is_rpc && is_of_all_objects(envelope->method);
    struct weh_str scope = envelope->is_rpc ? envelope->scope : envelope->channel;
    char channel[64];
    char method[64];
    weh_err err;

    if (!envelope->is_rpc && scope.len > prefix) {
        scope = (struct weh_str){ scope.ptr + prefix, scope.len - prefix };
    }
    (void)snprintf(channel, sizeof(channel), "%.*s", WEH_STR_ARGS(scope));
    (void)snprintf(method, sizeof(method), "%.*s", WEH_STR_ARGS(envelope->method));
    err = weh_fail(diag, WEH_E_METHOD_NOT_FOUND,
                   envelope->is_rpc ? "Operation \"%s\" not found in RPC interface: %s"
                   : is_plain       ? "Method \"%s\" not available for channel: %s"
                                    : "Method \"%s\" not found for channel: %s",
                   method, channel);
    if (!is_plain) {
        diag->itwin = envelope->is_rpc ? NO_OPERATION : FUNCTION_NOT_FOUND;
    }
    return err;
}

struct weh_sink *weh_push_begin(struct weh_session *session, const char *family, struct weh_str key,
                                const char *method)
{
    weh_assert(session->is_ipc);
    session_buf_begin(session, &session->notify_buf);
    weh_writer_init(&session->notify_writer, session->codec, &session->notify_buf);
    weh_ipc_push_begin(&session->notify_writer, family, key, method,
                       atomic_load(&session->ipc_is_old));
    return session->notify_writer.sink;
}

void weh_push_end(struct weh_session *session)
{
    weh_ipc_push_end(&session->notify_writer);
    session->stats.notifications++;
    session_send(session, SENDER_WORKER, &session->notify_buf);
}
