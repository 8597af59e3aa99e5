/* src/session/quota.h - what one user or session may take of the host. Service thread. */
#ifndef WEH_SESSION_QUOTA_H
#define WEH_SESSION_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/err.h"

struct weh_host;
struct weh_method;
struct weh_session;
struct user;

#define SESSION_USER_BUCKETS 1024

/** Who has sessions, by name. */
struct users {
    struct user *buckets[SESSION_USER_BUCKETS];
};

/** Count @session, which has its user's name. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err users_add(struct weh_host *host, struct weh_session *session,
                                 struct weh_diag *diag);
void users_remove(struct weh_host *host, struct weh_session *session);
/** Count @session among those that wait to be resumed, or not any more; for the host too. */
void users_detached(struct weh_session *session, bool is_detached);
bool users_may_detach(const struct weh_session *session);

enum flow {
    FLOW_FINE,
    FLOW_TOO_FAST, /* to be refused */
    FLOW_FLOOD     /* the session is to end */
};

/** A message of @len bytes has come. @retry_s is set when it is too many: seconds to wait. */
enum flow session_flow(struct weh_session *session, size_t len, uint32_t *retry_s);

/** True when @method, which would begin something, has to be refused for those that are at work. */
bool session_is_too_much(const struct weh_session *session, const struct weh_method *method);

#endif
