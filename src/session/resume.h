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
/** @session is detached no more: its linger is over, or it ends. @session's lock is held. Service
 * thread. */
void session_undetach_locked(struct weh_session *session);
/** A message that counts has been taken from the client. Service thread. */
void session_count_taken(struct weh_session *session);

/** @wanted gets the rights of @session, in which no request has run, before its next request. Service
 * thread. */
void session_hand_rights(const struct weh_session *session, struct weh_session *wanted);
/** Take the rights that were handed, if any. Worker, between requests. */
void session_take_rights(struct weh_session *session);

#endif
