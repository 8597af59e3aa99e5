/* src/session/session_ipc.h - what the service thread asks of messages of stock iTwin.js frontends. */
#ifndef WEH_SESSION_IPC_H
#define WEH_SESSION_IPC_H

#include "session_priv.h"

/** What becomes of a message. */
enum ipc_verdict {
    IPC_TAKE,
    IPC_DROP, /* it came before, or its number is missing: stock backends say nothing */
    IPC_END   /* the session ends */
};

/** A message with @envelope has come, which was read with @err. Service thread. */
enum ipc_verdict session_ipc_take(struct weh_session *session, const struct weh_envelope *envelope,
                                  weh_err err);
/** Say that there is no method as @envelope wants it. */
weh_err session_ipc_no_method(const struct weh_envelope *envelope, struct weh_diag *diag);

#endif
