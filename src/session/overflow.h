/* src/session/overflow.h - what a session sends while its outbox is full: in a file, until its client has read.
 *
 * For the worker that holds the session.
 */
#ifndef WEH_SESSION_OVERFLOW_H
#define WEH_SESSION_OVERFLOW_H

#include "session_priv.h"

/** What is sent now has to wait outside of the outbox. @session's lock is held. */
bool session_overflows_locked(const struct weh_session *session);
/** Keep @frame. WEH_E_LIMIT (limits.temporary_bytes), those of weh_spill; then all is dropped. */
WEH_MUST_CHECK weh_err session_overflow_add(struct weh_session *session,
                                            const struct weh_frame *frame, struct weh_diag *diag);
/** Move into the outbox what it has room for now. @session's lock is held, and let go meanwhile. */
void session_refill_locked(struct weh_session *session);
void session_overflow_drop(struct weh_session *session);

#endif
