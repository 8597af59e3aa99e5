/* src/auth/jwt.h - JSON Web Tokens: form, claims, and ours (RFC 7515, 7519, 8725, 9068). */
#ifndef WEH_AUTH_JWT_H
#define WEH_AUTH_JWT_H

#include <stdint.h>

#include "weh/access.h"
#include "weh/arena.h"
#include "weh/value.h"

#include "key.h"

#define WEH_TOKEN_MAX_BYTES 8192

/** A token taken apart: nothing of it is to be believed before its signature has been checked. */
struct weh_jwt {
    enum weh_alg alg;
    struct weh_str key_id; /* "" when the header has none */
    struct weh_str type;   /* "" when the header has none */
    struct weh_str signed_part;
    struct weh_str claims_part; /* base64url */
    uint8_t signature[WEH_SIGNATURE_MAX];
    size_t n_signature;
};

/** Take @token (kept as a view) apart. WEH_E_UNAUTHENTICATED, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_jwt_open(struct weh_str token, struct weh_arena *arena,
                                    struct weh_jwt *out, struct weh_diag *diag);

/** What an issuer's tokens have to say. */
struct weh_jwt_rules {
    const char *issuer;
    const char *audience;
    const char *user_claim;
    const char *type; /* "any", "JWT" or "at+jwt" */
    int64_t skew_ms;
};

/** Read the claims of @jwt, whose signature was found good. WEH_E_UNAUTHENTICATED, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_jwt_claims(const struct weh_jwt *jwt, const struct weh_jwt_rules *rules,
                                      int64_t now_ms, struct weh_arena *arena,
                                      struct weh_identity *out, struct weh_diag *diag);

/** How an invalid token is refused: the reason holds nothing of the token. */
weh_err weh_jwt_refuse(struct weh_diag *diag, const char *why);

/** Decode a part of a token as a JSON object. */
WEH_MUST_CHECK weh_err weh_jwt_read_part(struct weh_str part, struct weh_arena *arena,
                                         struct weh_value *out, struct weh_diag *diag);

#define WEH_LOCAL_ISSUER    "webedithost"
#define WEH_LOCAL_KEY_BYTES 32 /* as long as the hash: RFC 7518 3.2 */

struct weh_jwt_claims {
    const char *user;
    const char *scope;
    int64_t now_ms;
    uint32_t ttl_s;
};

/** jwt_sign.c: a token of this server's own (HS256), NUL-terminated, owned by the caller. */
WEH_MUST_CHECK weh_err weh_jwt_sign(const uint8_t key[WEH_LOCAL_KEY_BYTES],
                                    const struct weh_jwt_claims *claims, char **out,
                                    struct weh_diag *diag);

#endif
