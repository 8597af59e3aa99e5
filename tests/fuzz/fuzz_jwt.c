/* tests/fuzz/fuzz_jwt.c - fuzz target: tokens and key sets.
 *
 * The first byte says what the rest is: 't' a token, 'p' the header and claims of one as JSON (separated
 * by a newline), 'k' a JSON Web Key Set, 'm' PEM. Claims are read without a signature: what is behind
 * it is hostile too while an issuer is.
 */
#include <string.h>

#include "weh/buf.h"

#include "base64url.h"
#include "fuzz.h"
#include "jwt.h"

static const struct weh_alg_list algs = { { WEH_ALG_RS256, WEH_ALG_PS256, WEH_ALG_ES256,
                                            WEH_ALG_ES384, WEH_ALG_EDDSA, WEH_ALG_HS256 },
                                          6 };

static void read_token(struct weh_str token)
{
    static const struct weh_jwt_rules rules = { "https://id.example", "webedithost", "sub", "any",
                                                30000 };
    struct weh_key secret = { .alg = WEH_ALG_HS256, .n_secret = 32 };
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    struct weh_arena arena;
    struct weh_jwt jwt;

    weh_arena_init(&arena, 262144);
    if (weh_jwt_open(token, &arena, &jwt, NULL) == WEH_OK) {
        (void)weh_key_verify(&secret, jwt.signed_part, jwt.signature, jwt.n_signature);
        if (weh_jwt_claims(&jwt, &rules, 1800000000000, &arena, &identity, NULL) == WEH_OK) {
            weh_assert(identity.user[0] != '\0' && identity.expires_ms > 1800000000000);
            weh_assert(weh_grants_highest(identity.access, identity.grants) >= WEH_ACCESS_VIEW);
        }
    }
    weh_identity_fini(&identity);
    weh_arena_fini(&arena);
}

static void read_parts(struct weh_str text)
{
    struct weh_str header;
    struct weh_str claims = weh_str_split(text, '\n', &header);
    struct weh_buf token;

    weh_buf_init(&token, 65536);
    weh_base64url_encode((const uint8_t *)header.ptr, header.len, &token);
    weh_buf_byte(&token, '.');
    weh_base64url_encode((const uint8_t *)claims.ptr, claims.len, &token);
    weh_buf_append(&token, ".AAAA", 5);
    if (token.err == WEH_OK) {
        read_token((struct weh_str){ (const char *)token.data, token.len });
    }
    weh_buf_fini(&token);
}

static void read_keys(struct weh_str text, bool is_pem)
{
    struct weh_key_set *keys = NULL;
    size_t n_secrets = 0;
    weh_err err = is_pem ? weh_pem_read(text, &algs, &keys, NULL)
                         : weh_jwks_read(text, &algs, &keys, &n_secrets, NULL);

    if (err == WEH_OK) {
        static const uint8_t zeros[256];

        weh_assert(keys->n != 0 && keys->n <= WEH_KEYS_MAX);
        for (size_t i = 0; i < keys->n; i++) {
            bool is_valid = weh_key_verify(keys->keys[i], text, zeros, 64);

            /* With a point of small order as the key anything may be a signature of EdDSA. */
            weh_assert(!is_valid || keys->keys[i]->alg == WEH_ALG_EDDSA);
        }
        weh_key_set_release(keys);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weh_str rest = { (const char *)data + 1, size == 0 ? 0 : size - 1 };

    if (size == 0) {
        return 0;
    }
    switch (data[0]) {
    case 't':
        read_token(rest);
        break;
    case 'p':
        read_parts(rest);
        break;
    case 'k':
        read_keys(rest, false);
        break;
    case 'm':
        read_keys(rest, true);
        break;
    default:
        break;
    }
    return 0;
}
