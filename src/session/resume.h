/* src/session/resume.h - sessions that have lost their channel, for this folder. */
#ifndef WEH_SESSION_RESUME_H
#define WEH_SESSION_RESUME_H

#include <stdbool.h>

#include "weh/channel.h"
#include "weh/session.h"

/** What the client had not got: keep it, or free it. @session's lock is held. */
void session_keep_locked(struct weh_session *session, struct weh_frame *frame);
/** Wait for the client to come back, if it can and @reason is a loss. @session's lock is held. */
bool session_detach_locked(struct weh_session *session, enum weh_close_reason reason);
/** Let go of the channel that @wanted has (it is not known to be dead): NULL when it has none. Its
 * worker goes on meanwhile, as if the session was detached. The lock is held. */
struct weh_channel *session_take_channel_locked(struct weh_session *wanted);
/** @session has lost its channel to @wanted and is good for nothing more. */
void session_retire(struct weh_session *session, struct weh_session *wanted);
/** @session, which speaks IPC, has no connection any more, or another one: drop what was for the former.
 * @session's lock is held. Service thread. */
void session_begin_anew_locked(struct weh_session *session);
/** @session is detached no more: its linger is over, or it ends. @session's lock is held. Service
 * thread. */
void session_undetach_locked(struct weh_session *session);
/** A message that counts has been taken from the client. Service thread. */
void session_count_taken(struct weh_session *session);

struct weh_claim;

/** True when an earlier process has left a claim that @from proves to be that of @session's user; it is
 * @out then, and no more in the files. Service thread. */
bool claim_take(struct weh_session *session, const struct weh_resume *from, struct weh_claim *out);
/** Have what @claim says opened, before anything else. Service thread. */
WEH_MUST_CHECK weh_err claim_follow(struct weh_session *session, const struct weh_claim *claim,
                                    struct weh_diag *diag);

/** @wanted gets the rights of @session, in which no request has run, before its next request. Service
 * thread. */
void session_hand_rights(const struct weh_session *session, struct weh_session *wanted);
/** Take the rights that were handed, if any. Worker, between requests. */
void session_take_rights(struct weh_session *session);

#endif
