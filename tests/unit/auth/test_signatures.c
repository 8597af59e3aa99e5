/* tests/unit/auth/test_signatures.c - signatures: those of the RFCs, and every forgery that we know of
 * (RFC 8725). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base64url.h"
#include "issuer_fixture.h"
#include "key.h"

static void test_signatures_of_the_rfcs_are_good(void **state)
{
    static const struct {
        const char *jwk;
        const char *bytes;
        const char *signature;
    } vectors[] = {
        { "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
          "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
          "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
          "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
          "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5"
          "ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
          "yuXpoQ\"}",
          "eyJhbGciOiJSUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_"
          "lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
          "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
          "xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AX"
          "LIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw" },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
          "eyJhbGciOiJFUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
          "Kg6NU1Q" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
          "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
          "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
          "MuM0KAg" },
    };
    struct weh_alg_list algs;

    (void)state;
    assert_int_equal(weh_alg_list_read("RS256 HS256 ES256 EdDSA", "x", &algs, NULL), WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(vectors); i++) {
        struct weh_key_set *keys = NULL;
        uint8_t signature[1024];
        size_t n = 0;
        size_t n_secrets = 0;
        char jwks[2048];

        (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[%s]}", vectors[i].jwk);
        assert_int_equal(weh_jwks_read(weh_str_from(jwks), &algs, &keys, &n_secrets, NULL), WEH_OK);
        assert_true(weh_base64url_decode(weh_str_from(vectors[i].signature), signature,
                                         sizeof(signature), &n));
        assert_true(weh_key_verify(keys->keys[0], weh_str_from(vectors[i].bytes), signature, n));
        for (size_t bit = 0; bit < n * 8; bit++) {
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(
                weh_key_verify(keys->keys[0], weh_str_from(vectors[i].bytes), signature, n));
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        weh_key_set_release(keys);
    }
}

/* RFC 8725 section 2.1: the public key as the secret of an HMAC, in each form it goes about in. */
static void test_public_key_is_no_secret(void **state)
{
    static const char *const headers[] = { "{\"alg\":\"HS256\"}",
                                           "{\"alg\":\"HS256\",\"kid\":\"r\"}",
                                           "{\"alg\":\"HS256\",\"kid\":\"h\"}" };
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_RSA];
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    char *pem = NULL;
    long n_pem = 0;
    int n_der = i2d_PUBKEY(key, &der);

    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    n_pem = BIO_get_mem_data(bio, &pem);
    for (size_t i = 0; i < WEH_ARRAY_LEN(headers); i++) {
        const struct {
            const void *bytes;
            size_t n;
        } secrets[] = { { pem, (size_t)n_pem },
                        { pem, (size_t)n_pem - 1 },
                        { der, (size_t)n_der },
                        { "", 0 },
                        { "secretsecretsecretsecretsecretsecre", 35 } };

        for (size_t k = 0; k < WEH_ARRAY_LEN(secrets); k++) {
            struct weh_str body =
                forge_body(f->forge, weh_str_from(headers[i]), weh_str_from(CLAIMS));
            uint8_t mac[1024];
            size_t n = forge_mac(secrets[k].bytes, secrets[k].n, body.ptr, body.len, mac);

            expect_refused(f, headers[i], forge_end(f->forge, mac, n));
        }
    }
    OPENSSL_free(der);
    BIO_free(bio);
}

static void test_signature_by_another_key_is_refused(void **state)
{
    static const struct {
        const char *header;
        const char *alg;
        enum forge_kind kind;
    } rows[] = {
        { HEADER, "RS256", FORGE_RSA },
        { "{\"alg\":\"PS256\",\"kid\":\"p\"}", "PS256", FORGE_RSA },
        { "{\"alg\":\"ES256\",\"kid\":\"e\"}", "ES256", FORGE_P256 },
        { "{\"alg\":\"ES384\",\"kid\":\"e3\"}", "ES384", FORGE_P384 },
        { "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", "EdDSA", FORGE_ED25519 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        expect_refused(f, rows[i].alg,
                       forge_token(&strangers, rows[i].header, CLAIMS, strangers.keys[rows[i].kind],
                                   rows[i].alg));
    }
    /* The key's own algorithm, not the one that the header says, and the other way round. */
    expect_refused(f, "RS256 as PS256",
                   forge_token(f->forge, HEADER, CLAIMS, f->forge->keys[FORGE_RSA], "PS256"));
    expect_refused(
        f, "PS256 as RS256",
        forge_token(f->forge, rows[1].header, CLAIMS, f->forge->keys[FORGE_RSA], "RS256"));
    expect_refused(
        f, "P-384 as ES256",
        forge_token(f->forge, rows[2].header, CLAIMS, f->forge->keys[FORGE_P384], "ES256"));
}

/* The token brings its own key (CVE-2018-0114 and its kin). */
static void test_embedded_key_is_not_used(void **state)
{
    struct fixture *f = *state;
    char header[4096];
    char jwk[2048];

    forge_jwk(strangers.keys[FORGE_RSA], "", jwk, sizeof(jwk));
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"jwk\":{%s}}", jwk);
    expect_refused(f, "jwk",
                   forge_token(&strangers, header, CLAIMS, strangers.keys[FORGE_RSA], "RS256"));
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"kid\":\"r\",\"jwk\":{%s}}", jwk);
    expect_refused(f, "jwk beside a kid",
                   forge_token(&strangers, header, CLAIMS, strangers.keys[FORGE_RSA], "RS256"));
}

static void test_salt_of_another_length_is_refused(void **state)
{
    static const char *const algs[] = { "PS256:0", "PS256:20", "PS256:31", "PS256:33", "PS256:64" };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(algs); i++) {
        expect_refused(f, algs[i],
                       forge_token(f->forge, "{\"alg\":\"PS256\",\"kid\":\"p\"}", CLAIMS,
                                   f->forge->keys[FORGE_RSA], algs[i]));
    }
}

/* A signature that is @n bytes of @bytes, for the body that stands in the forge already. */
static void refuse_signature(struct fixture *f, const char *what, const uint8_t *bytes, size_t n)
{
    size_t len = strlen(f->forge->token);

    expect_refused(f, what, forge_end(f->forge, bytes, n));
    f->forge->token[len] = '\0';
}

static void test_elliptic_signature_of_another_form_is_refused(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_P256];
    struct weh_str body =
        forge_body(f->forge, WEH_STR("{\"alg\":\"ES256\",\"kid\":\"e\"}"), WEH_STR(CLAIMS));
    uint8_t good[1024];
    uint8_t bad[1024] = { 0 };
    uint8_t der[256];
    size_t n_der = sizeof(der);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    BIGNUM *order = NULL;

    assert_int_equal(forge_sign(key, "ES256", body.ptr, body.len, good), 64);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, der, &n_der, (const uint8_t *)body.ptr, body.len), 1);
    EVP_MD_CTX_free(md);
    refuse_signature(f, "DER", der, n_der);
    refuse_signature(f, "r and s are zero", bad, 64); /* CVE-2022-21449 */
    memcpy(bad, good, 32);
    refuse_signature(f, "s is zero", bad, 64);
    memset(bad, 0, 32);
    memcpy(bad + 32, good + 32, 32);
    refuse_signature(f, "r is zero", bad, 64);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
    assert_int_equal(BN_bn2binpad(order, bad, 32), 32);
    assert_int_equal(BN_bn2binpad(order, bad + 32, 32), 32);
    refuse_signature(f, "r and s are the order", bad, 64);
    memset(bad, 0xff, 64);
    refuse_signature(f, "r and s are too large", bad, 64);
    memcpy(bad, good + 32, 32);
    memcpy(bad + 32, good, 32);
    refuse_signature(f, "r and s changed places", bad, 64);
    refuse_signature(f, "a byte is missing", good, 63);
    memcpy(bad, good, 64);
    bad[64] = 0;
    refuse_signature(f, "a byte too many", bad, 65);
    refuse_signature(f, "half", good, 32);
    memset(bad, 0, 96);
    memcpy(bad + 16, good, 32);
    memcpy(bad + 64, good + 32, 32);
    refuse_signature(f, "as wide as P-384's", bad, 96);
    expect_good(f, "good", forge_end(f->forge, good, 64));
    BN_free(order);
}

/* s + L signs as well unless s is looked at (RFC 8032 section 5.1.7). */
static void test_edwards_signature_is_not_malleable(void **state)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                       0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0x10 };
    struct fixture *f = *state;
    struct weh_str body =
        forge_body(f->forge, WEH_STR("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}"), WEH_STR(CLAIMS));
    uint8_t good[1024];
    uint8_t bad[1024] = { 0 };
    unsigned carry = 0;

    assert_int_equal(forge_sign(f->forge->keys[FORGE_ED25519], "EdDSA", body.ptr, body.len, good),
                     64);
    memcpy(bad, good, 64);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)good[32 + i] + order[i];
        bad[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    refuse_signature(f, "s + L", bad, 64);
    memset(bad, 0, 64);
    refuse_signature(f, "zeros", bad, 64);
    bad[0] = 1;
    refuse_signature(f, "the neutral point", bad, 64);
    refuse_signature(f, "short", good, 63);
    memcpy(bad, good, 65);
    refuse_signature(f, "long", bad, 65);
    expect_good(f, "good", forge_end(f->forge, good, 64));
}

/* The number that raised to e is @block: what a signer with the key can make of any block. */
static void sign_block(EVP_PKEY *key, const uint8_t block[256], uint8_t out[256])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t n = 256;

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, out, &n, block, 256), 1);
    EVP_PKEY_CTX_free(ctx);
}

/* The block of RFC 8017 section 9.2 with room for tricks: @n_pad bytes of padding, @n_tail after the
 * digest. */
static void pkcs1_block(struct weh_str body, size_t n_pad, bool has_null, uint8_t block[256])
{
    static const uint8_t with_null[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                         0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    static const uint8_t without_null[] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                            0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20 };
    size_t n_head = has_null ? sizeof(with_null) : sizeof(without_null);
    unsigned n = 0;

    memset(block, 0, 256);
    block[1] = 1;
    memset(block + 2, 0xff, n_pad);
    memcpy(block + 3 + n_pad, has_null ? with_null : without_null, n_head);
    assert_int_equal(
        EVP_Digest(body.ptr, body.len, block + 3 + n_pad + n_head, &n, EVP_sha256(), NULL), 1);
}

static void test_rsa_padding_of_another_form_is_refused(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_RSA];
    struct weh_str body = forge_body(f->forge, WEH_STR(HEADER), WEH_STR(CLAIMS));
    const size_t n_pad = 256 - 3 - 19 - 32;
    uint8_t block[256];
    uint8_t signature[1024] = { 0 };

    pkcs1_block(body, n_pad - 8, true, block); /* rubbish after the digest: CVE-2006-4339 */
    sign_block(key, block, signature);
    refuse_signature(f, "short padding", signature, 256);
    pkcs1_block(body, 8, true, block);
    sign_block(key, block, signature);
    refuse_signature(f, "least padding", signature, 256);
    pkcs1_block(body, n_pad + 2, false, block);
    sign_block(key, block, signature);
    refuse_signature(f, "no parameters", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    block[1] = 2;
    sign_block(key, block, signature);
    refuse_signature(f, "block type 2", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    block[10] = 0xfe;
    sign_block(key, block, signature);
    refuse_signature(f, "a hole in the padding", signature, 256);
    memset(signature, 0, 256);
    refuse_signature(f, "zero", signature, 256);
    signature[255] = 1;
    refuse_signature(f, "one", signature, 256);
    memset(signature, 0xff, 256);
    refuse_signature(f, "more than the modulus", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    sign_block(key, block, signature + 1);
    signature[0] = 0;
    refuse_signature(f, "a zero in front", signature, 257);
    refuse_signature(f, "a byte is missing", signature + 1, 255);
    refuse_signature(f, "nothing", signature, 0);
    expect_good(f, "good", forge_end(f->forge, signature + 1, 256));
}

static void test_forgeries_were_many(void **state)
{
    (void)state;
    print_message("%u forgeries, 0 accepted\n", n_refused);
    assert_true(n_refused >= 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, issuer_setup, issuer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures_of_the_rfcs_are_good),
        TEST(test_public_key_is_no_secret),
        TEST(test_signature_by_another_key_is_refused),
        TEST(test_embedded_key_is_not_used),
        TEST(test_salt_of_another_length_is_refused),
        TEST(test_elliptic_signature_of_another_form_is_refused),
        TEST(test_edwards_signature_is_not_malleable),
        TEST(test_rsa_padding_of_another_form_is_refused),
        cmocka_unit_test(test_forgeries_were_many),
    };

    return cmocka_run_group_tests(tests, issuer_make_keys, issuer_drop_keys);
}
