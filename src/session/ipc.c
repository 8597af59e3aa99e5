/* src/session/ipc.c - what a session does otherwise when its client is a stock iTwin.js frontend.
 *
 * Messages of each direction of a connection are numbered from 0. Frames come in order, so a number that
 * is too high is none that has to be waited for, but a fault.
 */
#include "weh/ipc.h"

#include <stdio.h>

#include "call_priv.h"

/* iTwin.js: IModelStatus.FunctionNotFound. */
#define FUNCTION_NOT_FOUND 65606

/* Channels of iTwin.js itself: those of applications have no second spelling. */
static bool tells_spelling(struct weh_str scope)
{
    return weh_str_eq_text(scope, "ipc-app") || weh_str_eq_text(scope, "editor");
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
    if (tells_spelling(envelope->scope)) {
        atomic_store(&session->ipc_is_old, envelope->is_old);
    }
    session->ipc_next++;
    return IPC_TAKE;
}

weh_err session_ipc_no_method(const struct weh_envelope *envelope, struct weh_diag *diag)
{
    const bool is_ours = envelope->is_rpc || envelope->scope.len > 0;
    char scope[64];
    char method[64];
    weh_err err;

    (void)snprintf(scope, sizeof(scope), "%.*s",
                   WEH_STR_ARGS(is_ours ? envelope->scope : envelope->channel));
    (void)snprintf(method, sizeof(method), "%.*s", WEH_STR_ARGS(envelope->method));
    err = weh_fail(diag, WEH_E_METHOD_NOT_FOUND,
                   envelope->is_rpc ? "Operation \"%s\" not found in RPC interface: %s"
                                    : "Method \"%s\" not found for channel: %s",
                   method, scope);
    diag->itwin = FUNCTION_NOT_FOUND;
    return err;
}

struct weh_sink *weh_push_begin(struct weh_session *session, struct weh_str channel,
                                const char *method)
{
    weh_assert(session->codec == WEH_CODEC_IPC);
    session_buf_begin(session, &session->notify_buf);
    weh_writer_init(&session->notify_writer, WEH_CODEC_IPC, &session->notify_buf);
    weh_ipc_push_begin(&session->notify_writer, channel, method, atomic_load(&session->ipc_is_old));
    return session->notify_writer.sink;
}

void weh_push_end(struct weh_session *session)
{
    weh_ipc_push_end(&session->notify_writer);
    session->stats.notifications++;
    session_send(session, SENDER_WORKER, &session->notify_buf);
}
