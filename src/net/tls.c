/* src/net/tls.c - certificate and key. libwebsockets does the handshakes. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net_priv.h"

/* libwebsockets says only that its context could not be made; try first, and name the key. */
weh_err weh_tls_check_files(const struct weh_config *config, struct weh_diag *diag)
{
    SSL_CTX *ctx = NULL;
    weh_err err = WEH_OK;

    if (config->tls_certificate[0] == '\0' && config->tls_key[0] == '\0') {
        return WEH_OK;
    }
    if (config->tls_certificate[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.certificate",
                              "tls.key is set, tls.certificate is not");
    }
    if (config->tls_key[0] == '\0') {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                              "tls.certificate is set, tls.key is not");
    }

    ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL) {
        err = weh_fail_nomem(diag);
    } else if (SSL_CTX_use_certificate_chain_file(ctx, config->tls_certificate) != 1) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.certificate",
                             "no PEM certificate can be read from it");
    } else if (SSL_CTX_use_PrivateKey_file(ctx, config->tls_key, SSL_FILETYPE_PEM) != 1) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                             "no PEM private key of tls.certificate can be read from it");
    } else if (SSL_CTX_check_private_key(ctx) != 1) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "tls.key",
                             "the key does not belong to tls.certificate");
    }
    SSL_CTX_free(ctx);
    ERR_clear_error();
    return err;
}

void weh_tls_restrict(void *ssl_ctx)
{
    SSL_CTX *ctx = ssl_ctx;

    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    /* A client could make the server do key exchanges without end. */
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
}
