/* src/net/auth_priv.h - tokens, tickets and the key they hang on. */
#ifndef WEH_AUTH_PRIV_H
#define WEH_AUTH_PRIV_H

#include <stdint.h>

#include "weh/auth.h"
#include "weh/config.h"

#define WEH_AUTH_KEY_BYTES 32 /* as long as the hash: RFC 7518 3.2 */

struct weh_ticket {
    struct weh_identity identity;
    uint64_t expires_us; /* of the clock that never jumps */
    char text[WEH_TICKET_SIZE];
};

/** A bounded table; expired tickets make room. */
struct weh_ticket_table {
    struct weh_ticket *tickets;
    size_t n;
    size_t capacity;
};

struct weh_auth {
    const struct weh_config *config;
    uint8_t key[WEH_AUTH_KEY_BYTES];
    struct weh_ticket_table tickets;
};

/* auth_key.c */
/** Read data.dir/auth.key, made when missing. */
WEH_MUST_CHECK weh_err weh_auth_key_load(const struct weh_config *config,
                                         uint8_t key[WEH_AUTH_KEY_BYTES], struct weh_diag *diag);

/* jwt.c */
/** A token for @identity, NUL-terminated, owned by the caller. */
WEH_MUST_CHECK weh_err weh_jwt_sign(const uint8_t key[WEH_AUTH_KEY_BYTES],
                                    const struct weh_identity *identity, int64_t now_ms, char **out,
                                    struct weh_diag *diag);
/** WEH_E_UNAUTHENTICATED for everything that weh_jwt_sign would not have made, or is over. */
WEH_MUST_CHECK weh_err weh_jwt_verify(const uint8_t key[WEH_AUTH_KEY_BYTES], struct weh_str token,
                                      int64_t now_ms, struct weh_identity *out,
                                      struct weh_diag *diag);

#endif
