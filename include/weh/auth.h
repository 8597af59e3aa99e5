/* include/weh/auth.h - who is there: tokens and tickets.
 *
 * A token is a JWT. With auth.mode=local it is signed (HS256) with a key that the host made at its
 * first start (data.dir/auth.key, mode 0600); with auth.mode=external by an issuer whose public keys
 * are in a file or at a URL; both counts both. A ticket stands for a token that was verified moments
 * ago: single use, short-lived, for clients that cannot set headers. Tickets: service thread only;
 * the rest: any thread. Nothing here waits for the network but weh_auth_create.
 */
#ifndef WEH_AUTH_H
#define WEH_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/access.h"
#include "weh/err.h"
#include "weh/str.h"

struct weh_auth;
struct weh_config;
struct weh_log;

/**
 * Read or make the key, get the keys of the issuer. @config, @log (may be NULL) kept.
 *
 * A URL that does not answer is no error: it is asked again. WEH_E_BAD_ARGS (where names the
 * setting), WEH_E_IO (the text names the key file by its configuration key), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_auth_create(const struct weh_config *config, const struct weh_log *log,
                                       struct weh_auth **out, struct weh_diag *diag);
void weh_auth_destroy(struct weh_auth *auth);

/** Read the issuer's keys again; on failure the ones that were read before go on counting. Errors as
 * weh_auth_create. */
WEH_MUST_CHECK weh_err weh_auth_reload(struct weh_auth *auth, struct weh_diag *diag);

/** True when tokens of this server's own count. */
bool weh_auth_has_local(const struct weh_auth *auth);

#define WEH_SCOPE_TEXT_MAX 4096

/**
 * A new token of this server's own for @user, NUL-terminated, owned by the caller (weh_free).
 *
 * @scope  "weh:edit", "weh:view weh:edit:NAME" ...
 *
 * WEH_E_BAD_ARGS, WEH_E_STATE (such tokens do not count), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_auth_issue_token(struct weh_auth *auth, const char *user,
                                            const char *scope, uint32_t ttl_s, char **out,
                                            struct weh_diag *diag);

/** @out, to be finished with weh_identity_fini. WEH_E_UNAUTHENTICATED when @token is not valid now;
 * the text says why without secrets. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_auth_verify_token(struct weh_auth *auth, struct weh_str token,
                                             struct weh_identity *out, struct weh_diag *diag);

#define WEH_TICKET_SIZE 33 /* 32 hexadecimal digits, NUL */

/** A ticket for @identity. WEH_E_LIMIT when too many are out. */
WEH_MUST_CHECK weh_err weh_auth_issue_ticket(struct weh_auth *auth,
                                             const struct weh_identity *identity,
                                             char out[WEH_TICKET_SIZE], struct weh_diag *diag);

/** Use up @ticket; @out to be finished with weh_identity_fini. WEH_E_UNAUTHENTICATED when it is
 * unknown, used or too old. */
WEH_MUST_CHECK weh_err weh_auth_redeem_ticket(struct weh_auth *auth, struct weh_str ticket,
                                              struct weh_identity *out, struct weh_diag *diag);

#endif
