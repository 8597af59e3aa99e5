/* src/auth/key.c - algorithms, keys and sets of them. The signatures are checked in key_verify.c. */
#include "key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "weh/alloc.h"

static const char *const names[WEH_ALG_COUNT] = {
    [WEH_ALG_HS256] = "HS256", [WEH_ALG_RS256] = "RS256", [WEH_ALG_PS256] = "PS256",
    [WEH_ALG_ES256] = "ES256", [WEH_ALG_ES384] = "ES384", [WEH_ALG_EDDSA] = "EdDSA",
};

const char *weh_alg_name(enum weh_alg alg)
{
    return names[alg];
}

bool weh_alg_find(struct weh_str name, enum weh_alg *out)
{
    for (size_t i = 0; i < WEH_ALG_COUNT; i++) {
        if (weh_str_eq_text(name, names[i])) {
            *out = (enum weh_alg)i;
            return true;
        }
    }
    return false;
}

static bool has_alg(const struct weh_alg_list *list, enum weh_alg alg)
{
    for (size_t i = 0; i < list->n; i++) {
        if (list->algs[i] == alg) {
            return true;
        }
    }
    return false;
}

weh_err weh_alg_list_read(const char *text, const char *where, struct weh_alg_list *out,
                          struct weh_diag *diag)
{
    struct weh_str rest = weh_str_from(text);

    out->n = 0;
    while (rest.len != 0) {
        struct weh_str name;
        enum weh_alg alg;

        rest = weh_str_split(rest, ' ', &name);
        if (name.len == 0) {
            continue;
        }
        if (!weh_alg_find(name, &alg) || has_alg(out, alg)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where,
                                  "%.*s is unknown or stands there twice; there are RS256, PS256, "
                                  "ES256, ES384, EdDSA and HS256",
                                  WEH_STR_ARGS(name));
        }
        out->algs[out->n++] = alg;
    }
    if (out->n == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "no algorithm is allowed");
    }
    return WEH_OK;
}

/* ---- keys ---- */

void weh_key_fini(struct weh_key *key)
{
    EVP_PKEY_free(key->public_key);
    explicit_bzero(key, sizeof(*key));
}

static bool is_curve(const EVP_PKEY *key, const char *curve)
{
    char name[64] = "";

    return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name),
                                          NULL) == 1 &&
           strcmp(name, curve) == 0;
}

static bool is_rsa_sound(const EVP_PKEY *key)
{
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    bool is_sound = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1;

    if (is_sound) {
        /* An exponent of 1 makes every number its own signature; a huge one costs seconds. */
        is_sound = BN_num_bits(n) >= WEH_RSA_MIN_BITS && BN_num_bits(n) <= WEH_RSA_MAX_BITS &&
                   BN_is_odd(n) == 1 && BN_is_odd(e) == 1 && BN_num_bits(e) >= 2 &&
                   BN_num_bits(e) <= 32;
    }
    BN_free(n);
    BN_free(e);
    return is_sound;
}

static bool is_for(const EVP_PKEY *key, enum weh_alg alg)
{
    switch (alg) {
    case WEH_ALG_RS256:
        return EVP_PKEY_is_a(key, "RSA") == 1 && is_rsa_sound(key);
    case WEH_ALG_PS256:
        return (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) &&
               is_rsa_sound(key);
    case WEH_ALG_ES256:
        return EVP_PKEY_is_a(key, "EC") == 1 && is_curve(key, "prime256v1");
    case WEH_ALG_ES384:
        return EVP_PKEY_is_a(key, "EC") == 1 && is_curve(key, "secp384r1");
    case WEH_ALG_EDDSA:
        return EVP_PKEY_is_a(key, "ED25519") == 1;
    case WEH_ALG_HS256:
    case WEH_ALG_COUNT:
        break;
    }
    return false; /* Rule: a public key is never a secret. */
}

bool weh_key_choose_alg(const EVP_PKEY *public_key, const struct weh_alg_list *algs,
                        enum weh_alg *out)
{
    bool is_found = false;

    for (size_t i = 0; i < algs->n && !is_found; i++) {
        is_found = is_for(public_key, algs->algs[i]);
        *out = algs->algs[i];
    }
    ERR_clear_error();
    return is_found;
}

/* ---- sets ---- */

struct weh_key_set *weh_key_set_acquire(struct weh_key_set *set)
{
    if (set != NULL) {
        atomic_fetch_add(&set->n_holders, 1);
    }
    return set;
}

void weh_key_set_release(struct weh_key_set *set)
{
    if (set == NULL || atomic_fetch_sub(&set->n_holders, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < set->n; i++) {
        weh_key_fini(set->keys[i]);
        weh_free(set->keys[i]);
    }
    weh_free(set);
}

enum weh_key_found weh_key_set_find(const struct weh_key_set *set, enum weh_alg alg,
                                    struct weh_str id, const struct weh_key **out)
{
    size_t n_found = 0;

    for (size_t i = 0; set != NULL && i < set->n; i++) {
        const struct weh_key *key = set->keys[i];
        bool is_id_right =
            key->n_id == 0 || id.len == 0 || weh_str_eq(id, (struct weh_str){ key->id, key->n_id });

        if (key->alg == alg && is_id_right) {
            *out = key;
            n_found++;
        }
    }
    return n_found == 1 ? WEH_KEY_FOUND : n_found == 0 ? WEH_KEY_UNKNOWN : WEH_KEY_AMBIGUOUS;
}

struct weh_key_set *weh_key_store_acquire(struct weh_key_store *store)
{
    struct weh_key_set *set = NULL;

    (void)pthread_mutex_lock(&store->lock);
    set = weh_key_set_acquire(store->set);
    (void)pthread_mutex_unlock(&store->lock);
    return set;
}

void weh_key_store_replace(struct weh_key_store *store, struct weh_key_set *set)
{
    struct weh_key_set *old = NULL;

    (void)pthread_mutex_lock(&store->lock);
    old = store->set;
    store->set = set;
    (void)pthread_mutex_unlock(&store->lock);
    weh_key_set_release(old);
}
