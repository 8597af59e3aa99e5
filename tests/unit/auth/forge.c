/* tests/unit/auth/forge.c - keys and signatures with OpenSSL alone: nothing of src/auth but base64url. */
#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "weh/buf.h"

#include "base64url.h"

void forge_init(struct forge *forge)
{
    forge->keys[FORGE_RSA] = EVP_RSA_gen(2048);
    forge->keys[FORGE_P256] = EVP_EC_gen("P-256");
    forge->keys[FORGE_P384] = EVP_EC_gen("P-384");
    forge->keys[FORGE_ED25519] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    for (size_t i = 0; i < FORGE_COUNT; i++) {
        assert_non_null(forge->keys[i]);
    }
}

void forge_fini(struct forge *forge)
{
    for (size_t i = 0; i < FORGE_COUNT; i++) {
        EVP_PKEY_free(forge->keys[i]);
    }
}

static void put_number(EVP_PKEY *key, const char *param, const char *name, size_t width, char *out,
                       size_t size)
{
    uint8_t bytes[1024];
    BIGNUM *number = NULL;
    struct weh_buf buf;
    int n = 0;

    assert_int_equal(EVP_PKEY_get_bn_param(key, param, &number), 1);
    n = width == 0 ? BN_bn2bin(number, bytes) : BN_bn2binpad(number, bytes, (int)width);
    assert_true(n > 0);
    BN_free(number);
    weh_buf_init(&buf, 0);
    weh_base64url_encode(bytes, (size_t)n, &buf);
    (void)snprintf(out + strlen(out), size - strlen(out), ",\"%s\":\"%.*s\"", name, (int)buf.len,
                   (const char *)buf.data);
    weh_buf_fini(&buf);
}

void forge_jwk(EVP_PKEY *key, const char *more, char *out, size_t size)
{
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        (void)snprintf(out, size, "\"kty\":\"RSA\"");
        put_number(key, OSSL_PKEY_PARAM_RSA_N, "n", 0, out, size);
        put_number(key, OSSL_PKEY_PARAM_RSA_E, "e", 0, out, size);
    } else if (EVP_PKEY_is_a(key, "EC") == 1) {
        size_t width = EVP_PKEY_get_bits(key) == 256 ? 32 : 48;

        (void)snprintf(out, size, "\"kty\":\"EC\",\"crv\":\"%s\"", width == 32 ? "P-256" : "P-384");
        put_number(key, OSSL_PKEY_PARAM_EC_PUB_X, "x", width, out, size);
        put_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, "y", width, out, size);
    } else {
        uint8_t bytes[32];
        size_t n = sizeof(bytes);
        struct weh_buf buf;

        assert_int_equal(EVP_PKEY_get_raw_public_key(key, bytes, &n), 1);
        weh_buf_init(&buf, 0);
        weh_base64url_encode(bytes, n, &buf);
        (void)snprintf(out, size, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%.*s\"",
                       (int)buf.len, (const char *)buf.data);
        weh_buf_fini(&buf);
    }
    (void)snprintf(out + strlen(out), size - strlen(out), "%s", more);
}

/* DER to two numbers side by side. */
static size_t to_raw(const uint8_t *der, size_t n, size_t half, uint8_t *out)
{
    const unsigned char *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)n);

    assert_non_null(pair);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, (int)half) > 0);
    assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, (int)half) > 0);
    ECDSA_SIG_free(pair);
    return 2 * half;
}

size_t forge_sign(EVP_PKEY *key, const char *alg, const void *bytes, size_t n, uint8_t out[1024])
{
    EVP_MD_CTX *md_ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = NULL;
    const EVP_MD *md = strcmp(alg, "EdDSA") == 0   ? NULL
                       : strcmp(alg, "ES384") == 0 ? EVP_sha384()
                                                   : EVP_sha256();
    uint8_t der[1024];
    size_t n_der = sizeof(der);

    assert_int_equal(EVP_DigestSignInit(md_ctx, &ctx, md, NULL, key), 1);
    if (strncmp(alg, "PS256", 5) == 0) {
        int salt = alg[5] == ':' ? atoi(alg + 6) : 32; /* "PS256:20" */

        assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 1);
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 1);
    }
    assert_int_equal(EVP_DigestSign(md_ctx, der, &n_der, bytes, n), 1);
    EVP_MD_CTX_free(md_ctx);
    if (strcmp(alg, "ES256") == 0 || strcmp(alg, "ES384") == 0) {
        return to_raw(der, n_der, EVP_PKEY_get_bits(key) == 256 ? 32 : 48, out);
    }
    memcpy(out, der, n_der);
    return n_der;
}

size_t forge_mac(const void *secret, size_t n_secret, const void *bytes, size_t n,
                 uint8_t out[1024])
{
    unsigned n_out = 0;

    assert_non_null(HMAC(EVP_sha256(), secret, (int)n_secret, bytes, n, out, &n_out));
    return n_out;
}

static struct weh_str append(struct forge *forge, size_t at, const void *bytes, size_t n)
{
    struct weh_buf buf;
    size_t len = 0;

    weh_buf_init(&buf, 0);
    weh_base64url_encode(bytes, n, &buf);
    assert_int_equal(buf.err, WEH_OK);
    assert_true(at + buf.len + 1 < sizeof(forge->token));
    if (buf.len != 0) {
        memcpy(forge->token + at, buf.data, buf.len);
    }
    len = at + buf.len;
    forge->token[len] = '\0';
    weh_buf_fini(&buf);
    return (struct weh_str){ forge->token, len };
}

struct weh_str forge_body(struct forge *forge, struct weh_str header, struct weh_str claims)
{
    struct weh_str token = append(forge, 0, header.ptr, header.len);

    forge->token[token.len] = '.';
    return append(forge, token.len + 1, claims.ptr, claims.len);
}

struct weh_str forge_end(struct forge *forge, const uint8_t *signature, size_t n)
{
    size_t len = strlen(forge->token);

    forge->token[len] = '.';
    return append(forge, len + 1, signature, n);
}

struct weh_str forge_token(struct forge *forge, const char *header, const char *claims,
                           EVP_PKEY *key, const char *alg)
{
    uint8_t signature[1024];
    struct weh_str body = forge_body(forge, weh_str_from(header), weh_str_from(claims));

    return forge_end(forge, signature, forge_sign(key, alg, body.ptr, body.len, signature));
}
