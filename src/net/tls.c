/* src/net/tls.c - certificates, the server's and the clients'. libwebsockets does the handshakes. */
#include "tls.h"

#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "weh/clock.h"

#include "net_priv.h"

/* ---- client certificates ---- */

static bool read_scope(const char *text, struct weh_identity *out)
{
    struct weh_str rest = weh_str_from(text);
    bool found = false;
    bool is_good = true;

    while (rest.len != 0 && is_good) {
        struct weh_str scope;

        rest = weh_str_split(rest, ' ', &scope);
        found = false;
        is_good = weh_identity_add_scope(out, scope, &found, NULL) == WEH_OK && found;
    }
    return is_good && found;
}

static bool is_scope_list(const char *text)
{
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    bool is_good = text[0] == '\0' || read_scope(text, &identity);

    weh_identity_fini(&identity);
    return is_good;
}

static weh_err check_client_settings(const struct weh_config *config, SSL_CTX *ctx,
                                     struct weh_diag *diag)
{
    if (config->tls_client_ca[0] == '\0') {
        return WEH_OK;
    }
    if (SSL_CTX_load_verify_locations(ctx, config->tls_client_ca, NULL) != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.client_ca",
                              "no PEM certificates can be read from it");
    }
    return is_scope_list(config->tls_client_scope)
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.client_scope",
                                "scopes such as weh:view, separated by single spaces");
}

static weh_err check_both_set(const struct weh_config *config, struct weh_diag *diag)
{
    if (config->tls_certificate[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.certificate",
                              "tls.key is set, tls.certificate is not");
    }
    if (config->tls_key[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                              "tls.certificate is set, tls.key is not");
    }
    return WEH_OK;
}

static weh_err read_files(const struct weh_config *config, SSL_CTX *ctx, struct weh_diag *diag)
{
    if (SSL_CTX_use_certificate_chain_file(ctx, config->tls_certificate) != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.certificate",
                              "no PEM certificate can be read from it");
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, config->tls_key, SSL_FILETYPE_PEM) != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                              "no PEM private key of tls.certificate can be read from it");
    }
    if (SSL_CTX_check_private_key(ctx) != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                              "the key does not belong to tls.certificate");
    }
    return check_client_settings(config, ctx, diag);
}

/* A context of its own with what the files hold: *@out, NULL on failure. */
static weh_err load_files(const struct weh_config *config, SSL_CTX **out, struct weh_diag *diag)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    weh_err err = ctx == NULL ? weh_fail_nomem(diag) : read_files(config, ctx, diag);

    if (err != WEH_OK) {
        SSL_CTX_free(ctx);
        ctx = NULL;
    }
    ERR_clear_error();
    *out = ctx;
    return err;
}

/* libwebsockets says only that its context could not be made; try first, and name the key. */
weh_err weh_tls_check_files(const struct weh_config *config, struct weh_diag *diag)
{
    SSL_CTX *ctx = NULL;
    weh_err err;

    if (config->tls_certificate[0] == '\0' && config->tls_key[0] == '\0') {
        return config->tls_client_ca[0] == '\0'
                   ? WEH_OK
                   : weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.client_ca",
                                    "needs tls.certificate and tls.key");
    }
    err = check_both_set(config, diag);
    if (err == WEH_OK) {
        err = load_files(config, &ctx, diag);
    }
    SSL_CTX_free(ctx);
    return err;
}

weh_err weh_tls_reload(struct weh_net *net, struct weh_diag *diag)
{
    SSL_CTX *fresh = NULL;
    SSL_CTX *ctx = net->ssl_ctx;
    STACK_OF(X509) *chain = NULL;
    weh_err err;

    if (ctx == NULL) {
        return WEH_OK;
    }
    err = load_files(net->config, &fresh, diag);
    if (err != WEH_OK) {
        return err;
    }
    /* One call for all three: no handshake sees the new certificate with the old key. */
    (void)SSL_CTX_get0_chain_certs(fresh, &chain);
    if (SSL_CTX_use_cert_and_key(ctx, SSL_CTX_get0_certificate(fresh),
                                 SSL_CTX_get0_privatekey(fresh), chain, 1) != 1) {
        err = weh_fail_where(diag, WEH_E_INTERNAL, "tls.certificate", "OpenSSL does not take it");
    } else if (net->config->tls_client_ca[0] != '\0') {
        SSL_CTX_set1_cert_store(ctx, SSL_CTX_get_cert_store(fresh));
    }
    SSL_CTX_free(fresh);
    ERR_clear_error();
    return err;
}

bool weh_tls_restrict(struct weh_net *net, void *ssl_ctx)
{
    const struct weh_config *config = net->config;
    static const unsigned char session_context[] = "webedithost";
    SSL_CTX *ctx = ssl_ctx;
    int mode = SSL_VERIFY_PEER;

    net->ssl_ctx = ctx;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    /* A client could make the server do key exchanges without end. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (config->tls_client_ca[0] == '\0') {
        return true;
    }
    if (strcmp(config->tls_client_certificate, "required") == 0) {
        mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    /* Rule: with client certificates OpenSSL refuses to resume sessions without a context. */
    SSL_CTX_set_verify(ctx, mode, NULL);
    return SSL_CTX_load_verify_locations(ctx, config->tls_client_ca, NULL) == 1 &&
           SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1) == 1;
}

/* The one common name of @certificate's subject as UTF-8 without control characters. */
static bool read_common_name(X509 *certificate, struct weh_identity *out)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    unsigned char *text = NULL;
    int n = -1;
    bool is_good = false;

    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) {
        return false;
    }
    n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    is_good = n > 0 && (size_t)n < sizeof(out->user) &&
              weh_str_is_utf8((struct weh_str){ (const char *)text, (size_t)n });
    for (int i = 0; i < n && is_good; i++) {
        is_good = text[i] >= ' ' && text[i] != 0x7f;
    }
    if (is_good) {
        memcpy(out->user, text, (size_t)n);
        out->user[n] = '\0';
    }
    OPENSSL_free(text);
    return is_good;
}

static bool read_end(const X509 *certificate, int64_t *out_ms)
{
    struct tm tm;
    time_t seconds = 0;

    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1) {
        return false;
    }
    seconds = timegm(&tm);
    *out_ms = (int64_t)seconds * 1000;
    return seconds > 0;
}

bool weh_tls_client_identity(const struct weh_net *net, struct lws *wsi, struct weh_identity *out)
{
    const struct weh_config *config = net->config;
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    SSL *ssl = lws_get_ssl(wsi);
    X509 *certificate = NULL;
    bool is_good = false;

    if (ssl == NULL || config->tls_client_ca[0] == '\0' || config->tls_client_scope[0] == '\0' ||
        SSL_get_verify_result(ssl) != X509_V_OK) {
        return false;
    }
    certificate = SSL_get1_peer_certificate(ssl);
    is_good = certificate != NULL && read_common_name(certificate, &identity) &&
              read_end(certificate, &identity.expires_ms) &&
              weh_clock_wall_ms() < identity.expires_ms &&
              read_scope(config->tls_client_scope, &identity);
    X509_free(certificate);
    ERR_clear_error();
    if (is_good) {
        *out = identity;
    } else {
        weh_identity_fini(&identity);
    }
    return is_good;
}
