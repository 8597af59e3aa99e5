/* include/weh/auth.h - who is there: tokens and tickets.
 *
 * A token is a JWT. With auth.mode=local it is signed (HS256) with a key that the host made at its
 * first start (data.dir/auth.key, mode 0600). A ticket stands for a token that was verified moments
 * ago: single use, short-lived, for clients that cannot set headers. Tickets: service thread only;
 * tokens: any thread.
 */
#ifndef WEH_AUTH_H
#define WEH_AUTH_H

#include <stdint.h>

#include "weh/err.h"
#include "weh/session.h"
#include "weh/str.h"

struct weh_auth;
struct weh_config;

struct weh_identity {
    char user[128]; /* the token's sub */
    enum weh_access access;
    int64_t expires_ms; /* wall clock */
};

/** Read or make the key. @config kept. WEH_E_IO (text names the key file by its configuration key),
 * WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_auth_create(const struct weh_config *config, struct weh_auth **out,
                                       struct weh_diag *diag);
void weh_auth_destroy(struct weh_auth *auth);

/** A new token for @user, NUL-terminated, owned by the caller (weh_free). */
WEH_MUST_CHECK weh_err weh_auth_issue_token(struct weh_auth *auth, const char *user,
                                            enum weh_access access, uint32_t ttl_s, char **out,
                                            struct weh_diag *diag);

/** WEH_E_UNAUTHENTICATED when @token is not valid now; the text says why without secrets. */
WEH_MUST_CHECK weh_err weh_auth_verify_token(struct weh_auth *auth, struct weh_str token,
                                             struct weh_identity *out, struct weh_diag *diag);

#define WEH_TICKET_SIZE 33 /* 32 hexadecimal digits, NUL */

/** A ticket for @identity. WEH_E_LIMIT when too many are out. */
WEH_MUST_CHECK weh_err weh_auth_issue_ticket(struct weh_auth *auth,
                                             const struct weh_identity *identity,
                                             char out[WEH_TICKET_SIZE], struct weh_diag *diag);

/** Use up @ticket. WEH_E_UNAUTHENTICATED when it is unknown, used or too old. */
WEH_MUST_CHECK weh_err weh_auth_redeem_ticket(struct weh_auth *auth, struct weh_str ticket,
                                              struct weh_identity *out, struct weh_diag *diag);

#endif
