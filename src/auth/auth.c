/* src/auth/auth.c - whose token is it, and is it good? */
#include "weh/auth.h"

#include <string.h>

#include "weh/alloc.h"
#include "weh/arena.h"
#include "weh/clock.h"

#include "auth_priv.h"

#define ARENA_BYTES (size_t)262144

/* ---- making it ---- */

static weh_err open_local(struct weh_auth *auth, struct weh_diag *diag)
{
    struct weh_key_set *set = weh_calloc(1, sizeof(*set));
    struct weh_key *key = weh_calloc(1, sizeof(*key));

    if (set == NULL || key == NULL) {
        weh_free(set);
        weh_free(key);
        return weh_fail_nomem(diag);
    }
    atomic_init(&set->n_holders, 1);
    key->alg = WEH_ALG_HS256;
    key->n_secret = WEH_LOCAL_KEY_BYTES;
    set->keys[set->n++] = key;
    auth->local_keys = set;
    return weh_local_key_load(auth->config, key->secret, diag);
}

weh_err weh_auth_create(const struct weh_config *config, const struct weh_log *log,
                        struct weh_auth **out, struct weh_diag *diag)
{
    struct weh_auth *auth = weh_calloc(1, sizeof(*auth));
    weh_err err = WEH_OK;

    if (auth == NULL) {
        return weh_fail_nomem(diag);
    }
    auth->config = config;
    auth->log = log;
    auth->has_local = strcmp(config->auth_mode, "external") != 0;
    auth->has_external = strcmp(config->auth_mode, "local") != 0;
    if (pthread_mutex_init(&auth->external.lock, NULL) != 0) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    auth->is_store_ready = true;
    if (auth->has_local) {
        err = open_local(auth, diag);
    }
    if (err == WEH_OK && auth->has_external) {
        err = weh_external_open(auth, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    *out = auth;
    auth = NULL;
out:
    weh_auth_destroy(auth);
    return err;
}

void weh_auth_destroy(struct weh_auth *auth)
{
    if (auth == NULL) {
        return;
    }
    weh_external_close(auth);
    weh_key_set_release(auth->local_keys);
    weh_tickets_fini(&auth->tickets);
    weh_free(auth);
}

/* ---- tokens ---- */

bool weh_auth_has_local(const struct weh_auth *auth)
{
    return auth->has_local;
}

static bool is_scope_text(const char *scope)
{
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    struct weh_str rest = weh_str_from(scope);
    bool is_good = rest.len != 0 && rest.len <= WEH_SCOPE_TEXT_MAX;

    while (rest.len != 0 && is_good) {
        struct weh_str one;
        bool found = false;

        rest = weh_str_split(rest, ' ', &one);
        is_good = weh_identity_add_scope(&identity, one, &found, NULL) == WEH_OK && found;
    }
    weh_identity_fini(&identity);
    return is_good;
}

weh_err weh_auth_issue_token(struct weh_auth *auth, const char *user, const char *scope,
                             uint32_t ttl_s, char **out, struct weh_diag *diag)
{
    struct weh_jwt_claims claims = { user, scope, weh_clock_wall_ms(), ttl_s };
    size_t n = strlen(user);

    if (!auth->has_local) {
        return weh_fail_where(diag, WEH_E_STATE, "auth.mode",
                              "this server's own tokens are not accepted");
    }
    if (n == 0 || n >= WEH_USER_SIZE || !weh_str_is_utf8((struct weh_str){ user, n })) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "user", "1 to %d bytes of UTF-8",
                              WEH_USER_SIZE - 1);
    }
    if (!is_scope_text(scope)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "scope",
                              "weh:view, weh:edit or weh:admin, each for every iModel or with "
                              ":NAME for one; separated by single spaces");
    }
    return weh_jwt_sign(auth->local_keys->keys[0]->secret, &claims, out, diag);
}

/* Is @jwt signed by the one key of @keys that fits? */
static weh_err check_signature(const struct weh_jwt *jwt, const struct weh_key_set *keys,
                               enum weh_key_found *found, struct weh_diag *diag)
{
    const struct weh_key *key = NULL;

    *found = weh_key_set_find(keys, jwt->alg, jwt->key_id, &key);
    if (*found != WEH_KEY_FOUND) {
        return weh_jwt_refuse(diag, *found == WEH_KEY_UNKNOWN
                                        ? "header: no key for its alg and kid"
                                        : "header: several keys fit, and it has no kid");
    }
    return weh_key_verify(key, jwt->signed_part, jwt->signature, jwt->n_signature)
               ? WEH_OK
               : weh_jwt_refuse(diag, "signature");
}

static weh_err verify_external(struct weh_auth *auth, const struct weh_jwt *jwt,
                               struct weh_arena *arena, struct weh_identity *out,
                               struct weh_diag *diag)
{
    const struct weh_config *config = auth->config;
    struct weh_jwt_rules rules = { config->auth_issuer, config->auth_audience,
                                   config->auth_user_claim, config->auth_token_type,
                                   config->auth_skew_s * 1000 };
    struct weh_key_set *keys = weh_key_store_acquire(&auth->external);
    enum weh_key_found found = WEH_KEY_UNKNOWN;
    weh_err err = check_signature(jwt, keys, &found, diag);

    weh_key_set_release(keys);
    if (found == WEH_KEY_UNKNOWN && auth->fetcher != NULL) {
        weh_key_fetcher_ask(auth->fetcher);
    }
    if (err != WEH_OK) {
        return err;
    }
    return weh_jwt_claims(jwt, &rules, weh_clock_wall_ms(), arena, out, diag);
}

static weh_err verify_local(struct weh_auth *auth, const struct weh_jwt *jwt,
                            struct weh_arena *arena, struct weh_identity *out,
                            struct weh_diag *diag)
{
    /* The clock is the one that made the token: no skew. */
    static const struct weh_jwt_rules rules = { WEH_LOCAL_ISSUER, WEH_LOCAL_ISSUER, "sub", "JWT",
                                                0 };
    enum weh_key_found found = WEH_KEY_UNKNOWN;
    weh_err err = check_signature(jwt, auth->local_keys, &found, diag);

    return err == WEH_OK ? weh_jwt_claims(jwt, &rules, weh_clock_wall_ms(), arena, out, diag) : err;
}

weh_err weh_auth_verify_token(struct weh_auth *auth, struct weh_str token, struct weh_identity *out,
                              struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_jwt jwt;
    weh_err err = WEH_OK;

    weh_arena_init(&arena, ARENA_BYTES);
    err = weh_jwt_open(token, &arena, &jwt, diag);
    if (err == WEH_OK) {
        /* Rule: the header says whose keys to look at, the keys what the header may say. Our own
         * tokens have no key id and are the only ones of HS256 without. */
        bool is_local = auth->has_local &&
                        (!auth->has_external || (jwt.alg == WEH_ALG_HS256 && jwt.key_id.len == 0));

        err = is_local ? verify_local(auth, &jwt, &arena, out, diag)
                       : verify_external(auth, &jwt, &arena, out, diag);
    }
    weh_arena_fini(&arena);
    return err;
}
