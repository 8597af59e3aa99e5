/* src/auth/jwk.c - JSON Web Keys (RFC 7517, 7518 section 6, 8037 section 2) become keys.
 *
 * A key that cannot be used is left out rather than refused: an issuer's set holds keys for others.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "weh/alloc.h"
#include "weh/arena.h"
#include "weh/json.h"

#include "base64url.h"
#include "key.h"

#define NUMBER_MAX_BYTES (WEH_RSA_MAX_BITS / 8)
#define ARENA_BYTES      (size_t)(8 << 20)

static bool is_text(const struct weh_value *map, const char *name, const char *text)
{
    const struct weh_value *value = weh_value_get(map, name);

    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(value), text);
}

static bool read_bytes(const struct weh_value *jwk, const char *name, uint8_t *out, size_t size,
                       size_t *n)
{
    const struct weh_value *value = weh_value_get(jwk, name);

    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_base64url_decode(weh_value_str(value), out, size, n) && *n != 0;
}

static EVP_PKEY *make_key(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *read_rsa(const struct weh_value *jwk)
{
    uint8_t bytes[NUMBER_MAX_BYTES + 1];
    size_t n_bytes = 0;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    EVP_PKEY *key = NULL;

    if (read_bytes(jwk, "n", bytes, sizeof(bytes), &n_bytes)) {
        n = BN_bin2bn(bytes, (int)n_bytes, NULL);
    }
    if (read_bytes(jwk, "e", bytes, sizeof(bytes), &n_bytes)) {
        e = BN_bin2bn(bytes, (int)n_bytes, NULL);
    }
    if (build != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        key = make_key("RSA", build);
    }
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *read_ec(const struct weh_value *jwk)
{
    static const struct {
        const char *crv;
        const char *group;
        size_t n;
    } curves[] = { { "P-256", "prime256v1", 32 }, { "P-384", "secp384r1", 48 } };
    uint8_t point[1 + 2 * 48] = { POINT_CONVERSION_UNCOMPRESSED };
    EVP_PKEY *key = NULL;

    for (size_t i = 0; i < WEH_ARRAY_LEN(curves); i++) {
        size_t n = curves[i].n;
        size_t n_x = 0;
        size_t n_y = 0;
        OSSL_PARAM_BLD *build = NULL;

        if (!is_text(jwk, "crv", curves[i].crv) || !read_bytes(jwk, "x", point + 1, n, &n_x) ||
            !read_bytes(jwk, "y", point + 1 + n, n, &n_y) || n_x != n || n_y != n) {
            continue;
        }
        build = OSSL_PARAM_BLD_new();
        if (build != NULL &&
            OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curves[i].group,
                                            0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * n) ==
                1) {
            key = make_key("EC", build);
        }
        OSSL_PARAM_BLD_free(build);
    }
    return key;
}

static EVP_PKEY *read_okp(const struct weh_value *jwk)
{
    uint8_t bytes[32];
    size_t n = 0;

    if (!is_text(jwk, "crv", "Ed25519") || !read_bytes(jwk, "x", bytes, sizeof(bytes), &n) ||
        n != sizeof(bytes)) {
        return NULL;
    }
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, n);
}

/* "use" and "key_ops" (RFC 7517 sections 4.2, 4.3), when there, must allow checking signatures. */
static bool is_for_signatures(const struct weh_value *jwk)
{
    const struct weh_value *ops = weh_value_get(jwk, "key_ops");
    bool may_verify = ops == NULL;

    if (weh_value_get(jwk, "use") != NULL && !is_text(jwk, "use", "sig")) {
        return false;
    }
    for (uint32_t i = 0; ops != NULL && ops->type == WEH_VALUE_ARRAY && i < ops->n; i++) {
        const struct weh_value *op = &ops->as.items[i];

        may_verify = may_verify ||
                     (op->type == WEH_VALUE_STRING && weh_str_eq_text(weh_value_str(op), "verify"));
    }
    return may_verify;
}

static bool read_id(const struct weh_value *jwk, struct weh_key *key)
{
    const struct weh_value *id = weh_value_get(jwk, "kid");

    if (id == NULL) {
        return true;
    }
    if (id->type != WEH_VALUE_STRING || id->n == 0 || id->n > WEH_KEY_ID_MAX) {
        return false;
    }
    memcpy(key->id, id->as.string, id->n);
    key->n_id = id->n;
    return true;
}

/* The algorithms that @jwk may be used with: the one it names, else all of @allowed. */
static struct weh_alg_list algs_of(const struct weh_value *jwk, const struct weh_alg_list *allowed)
{
    const struct weh_value *alg = weh_value_get(jwk, "alg");
    struct weh_alg_list list = { .n = 0 };

    if (alg == NULL) {
        return *allowed;
    }
    for (size_t i = 0; i < allowed->n && alg->type == WEH_VALUE_STRING; i++) {
        if (weh_str_eq_text(weh_value_str(alg), weh_alg_name(allowed->algs[i]))) {
            list.algs[list.n++] = allowed->algs[i];
        }
    }
    return list;
}

static bool read_secret(const struct weh_value *jwk, const struct weh_alg_list *algs,
                        struct weh_key *key)
{
    bool is_allowed = false;

    for (size_t i = 0; i < algs->n; i++) {
        is_allowed = is_allowed || algs->algs[i] == WEH_ALG_HS256;
    }
    key->alg = WEH_ALG_HS256;
    return is_allowed && read_bytes(jwk, "k", key->secret, sizeof(key->secret), &key->n_secret) &&
           key->n_secret >= WEH_SECRET_MIN;
}

/* True when @jwk can be used; @key is to be finished in any case. */
static bool read_key(const struct weh_value *jwk, const struct weh_alg_list *allowed,
                     struct weh_key *key)
{
    struct weh_alg_list algs = algs_of(jwk, allowed);

    if (!is_for_signatures(jwk) || !read_id(jwk, key)) {
        return false;
    }
    if (is_text(jwk, "kty", "oct")) {
        return read_secret(jwk, &algs, key);
    }
    if (weh_value_get(jwk, "d") != NULL) {
        return false; /* a private key that has got about is nobody's any more */
    }
    if (is_text(jwk, "kty", "RSA")) {
        key->public_key = read_rsa(jwk);
    } else if (is_text(jwk, "kty", "EC")) {
        key->public_key = read_ec(jwk);
    } else if (is_text(jwk, "kty", "OKP")) {
        key->public_key = read_okp(jwk);
    }
    return key->public_key != NULL && weh_key_choose_alg(key->public_key, &algs, &key->alg);
}

static weh_err add_keys(const struct weh_value *jwks, const struct weh_alg_list *algs,
                        struct weh_key_set *set, size_t *n_secrets, struct weh_diag *diag)
{
    for (uint32_t i = 0; i < jwks->n; i++) {
        struct weh_key *key = weh_calloc(1, sizeof(*key));

        if (key == NULL) {
            return weh_fail_nomem(diag);
        }
        if (jwks->as.items[i].type != WEH_VALUE_MAP || !read_key(&jwks->as.items[i], algs, key)) {
            weh_key_fini(key);
            weh_free(key);
            continue;
        }
        if (set->n == WEH_KEYS_MAX) {
            weh_key_fini(key);
            weh_free(key);
            return weh_fail(diag, WEH_E_LIMIT, "more than %d keys", WEH_KEYS_MAX);
        }
        *n_secrets += key->alg == WEH_ALG_HS256 ? 1 : 0;
        set->keys[set->n++] = key;
    }
    return set->n != 0 ? WEH_OK
                       : weh_fail(diag, WEH_E_NOT_FOUND,
                                  "no key in it can be used with an allowed algorithm");
}

weh_err weh_jwks_read(struct weh_str text, const struct weh_alg_list *algs,
                      struct weh_key_set **out, size_t *n_secrets, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 4096 };
    struct weh_key_set *set = weh_calloc(1, sizeof(*set));
    const struct weh_value *keys = NULL;
    struct weh_arena arena;
    struct weh_value value;
    weh_err err = WEH_OK;

    *n_secrets = 0;
    if (set == NULL) {
        return weh_fail_nomem(diag);
    }
    atomic_init(&set->n_holders, 1);
    weh_arena_init(&arena, ARENA_BYTES);
    err = weh_json_parse(text, &limits, &arena, &value, diag);
    if (err == WEH_OK) {
        keys = weh_value_get(&value, "keys");
        err = keys == NULL || keys->type != WEH_VALUE_ARRAY
                  ? weh_fail(diag, WEH_E_PARSE, "no JSON Web Key Set: {\"keys\": [...]}")
                  : add_keys(keys, algs, set, n_secrets, diag);
    }
    if (err == WEH_OK) {
        *out = set;
        set = NULL;
    }
    weh_key_set_release(set);
    weh_arena_fini(&arena);
    ERR_clear_error();
    return err;
}
