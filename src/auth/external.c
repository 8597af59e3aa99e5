/* src/auth/external.c - an issuer elsewhere: its settings, and where its keys are. */
#include <string.h>

#include "auth_priv.h"

static weh_err check_settings(const struct weh_config *config, struct weh_diag *diag)
{
    int n_sources = (config->auth_jwks_url[0] != '\0') + (config->auth_jwks_file[0] != '\0') +
                    (config->auth_pem_file[0] != '\0');

    if (config->auth_issuer[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.issuer",
                              "auth.mode %s needs the issuer whose tokens count",
                              config->auth_mode);
    }
    if (config->auth_audience[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.audience",
                              "tokens for anybody would be accepted: set it");
    }
    /* Both issue tokens: a name for two issuers would make one of them the other. */
    if (strcmp(config->auth_issuer, WEH_LOCAL_ISSUER) == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.issuer",
                              "this is the name of the server's own tokens");
    }
    if (config->auth_user_claim[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.user_claim", "must be a claim's name");
    }
    if (n_sources != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.jwks_url",
                              "auth.mode %s needs one of auth.jwks_url, auth.jwks_file and "
                              "auth.pem_file",
                              config->auth_mode);
    }
    return WEH_OK;
}

static weh_err read_file(const struct weh_auth *auth, struct weh_key_set **out,
                         struct weh_diag *diag)
{
    const struct weh_config *config = auth->config;

    return config->auth_pem_file[0] != '\0'
               ? weh_key_file_read(config->auth_pem_file, "auth.pem_file", WEH_KEYS_PEM,
                                   &auth->algs, out, diag)
               : weh_key_file_read(config->auth_jwks_file, "auth.jwks_file", WEH_KEYS_JWKS,
                                   &auth->algs, out, diag);
}

/* Rule: secrets do not come over the network, even if HS256 is allowed for a file. */
static weh_err open_url(struct weh_auth *auth, struct weh_diag *diag)
{
    weh_err err = weh_key_url_check(auth->config->auth_jwks_url, diag);

    if (err != WEH_OK) {
        return err;
    }
    for (size_t i = 0; i < auth->algs.n; i++) {
        if (auth->algs.algs[i] == WEH_ALG_HS256) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "auth.algorithms",
                                  "HS256 is for keys from auth.jwks_file only");
        }
    }
    return weh_key_fetcher_create(auth->config, auth->log, &auth->algs, &auth->external,
                                  &auth->fetcher, diag);
}

weh_err weh_external_open(struct weh_auth *auth, struct weh_diag *diag)
{
    struct weh_key_set *set = NULL;
    weh_err err = check_settings(auth->config, diag);

    if (err == WEH_OK) {
        err =
            weh_alg_list_read(auth->config->auth_algorithms, "auth.algorithms", &auth->algs, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (auth->config->auth_jwks_url[0] != '\0') {
        return open_url(auth, diag);
    }
    err = read_file(auth, &set, diag);
    if (err == WEH_OK) {
        weh_key_store_replace(&auth->external, set);
    }
    return err;
}

weh_err weh_auth_reload(struct weh_auth *auth, struct weh_diag *diag)
{
    struct weh_key_set *set = NULL;
    weh_err err = WEH_OK;

    if (!auth->has_external) {
        return WEH_OK;
    }
    if (auth->fetcher != NULL) {
        weh_key_fetcher_ask(auth->fetcher);
        return WEH_OK;
    }
    err = read_file(auth, &set, diag);
    if (err == WEH_OK) {
        weh_key_store_replace(&auth->external, set);
    }
    return err;
}

void weh_external_close(struct weh_auth *auth)
{
    weh_key_fetcher_destroy(auth->fetcher);
    if (auth->is_store_ready) {
        weh_key_store_replace(&auth->external, NULL);
        (void)pthread_mutex_destroy(&auth->external.lock);
    }
}
