/* src/auth/key_verify.c - signatures as RFC 7518 section 3 and RFC 8037 have them, by OpenSSL.
 *
 * A signature has one form: its length is the algorithm's, elliptic curve signatures are two numbers
 * side by side (never DER), the salt of PS256 is as long as the hash.
 */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "key.h"

#define MAC_BYTES     32
#define ED25519_BYTES 64
#define DER_MAX_BYTES 128 /* two numbers of 48 bytes, each with a sign, and their heads */

static bool verify_mac(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                       size_t n)
{
    uint8_t wanted[MAC_BYTES];
    unsigned int n_wanted = 0;

    return n == MAC_BYTES &&
           HMAC(EVP_sha256(), key->secret, (int)key->n_secret, (const uint8_t *)bytes.ptr,
                bytes.len, wanted, &n_wanted) != NULL &&
           n_wanted == MAC_BYTES && CRYPTO_memcmp(wanted, signature, MAC_BYTES) == 0;
}

static bool set_padding(EVP_PKEY_CTX *ctx, enum weh_alg alg)
{
    if (alg == WEH_ALG_RS256) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    }
    if (alg == WEH_ALG_PS256) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
    }
    return true;
}

/* With EdDSA there is no digest before the signature's own. */
static bool verify_evp(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                       size_t n)
{
    EVP_MD_CTX *md_ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = NULL;
    const EVP_MD *md = key->alg == WEH_ALG_EDDSA   ? NULL
                       : key->alg == WEH_ALG_ES384 ? EVP_sha384()
                                                   : EVP_sha256();
    bool is_valid =
        md_ctx != NULL && EVP_DigestVerifyInit(md_ctx, &ctx, md, NULL, key->public_key) == 1 &&
        set_padding(ctx, key->alg) &&
        EVP_DigestVerify(md_ctx, signature, n, (const unsigned char *)bytes.ptr, bytes.len) == 1;

    EVP_MD_CTX_free(md_ctx);
    return is_valid;
}

/* Two numbers of @half bytes each become what OpenSSL reads. */
static bool verify_ecdsa(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                         size_t n, int half)
{
    uint8_t der[DER_MAX_BYTES];
    uint8_t *end = der;
    ECDSA_SIG *pair = NULL;
    BIGNUM *r = NULL;
    BIGNUM *s = NULL;
    int n_der = 0;
    bool is_valid = false;

    if (n != 2 * (size_t)half) {
        return false;
    }
    pair = ECDSA_SIG_new();
    r = BN_bin2bn(signature, half, NULL);
    s = BN_bin2bn(signature + half, half, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        goto out;
    }
    n_der = i2d_ECDSA_SIG(pair, NULL);
    if (n_der <= 0 || n_der > DER_MAX_BYTES) {
        goto out;
    }
    n_der = i2d_ECDSA_SIG(pair, &end);
    is_valid = n_der > 0 && verify_evp(key, bytes, der, (size_t)n_der);
out:
    ECDSA_SIG_free(pair);
    return is_valid;
}

static bool verify(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                   size_t n)
{
    switch (key->alg) {
    case WEH_ALG_HS256:
        return verify_mac(key, bytes, signature, n);
    case WEH_ALG_RS256:
    case WEH_ALG_PS256:
        return n == (size_t)EVP_PKEY_get_size(key->public_key) &&
               verify_evp(key, bytes, signature, n);
    case WEH_ALG_ES256:
        return verify_ecdsa(key, bytes, signature, n, 32);
    case WEH_ALG_ES384:
        return verify_ecdsa(key, bytes, signature, n, 48);
    case WEH_ALG_EDDSA:
        return n == ED25519_BYTES && verify_evp(key, bytes, signature, n);
    case WEH_ALG_COUNT:
        break;
    }
    return false;
}

bool weh_key_verify(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                    size_t n_signature)
{
    bool is_valid = verify(key, bytes, signature, n_signature);

    ERR_clear_error();
    return is_valid;
}
