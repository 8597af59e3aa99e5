/* src/auth/pem.c - public keys and certificates as PEM text. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "weh/alloc.h"

#include "key.h"

/* The next key of @bio: of a certificate, or by itself. NULL at the end, and for what is neither. */
static EVP_PKEY *read_block(BIO *bio, bool *is_end)
{
    char *name = NULL;
    char *header = NULL;
    unsigned char *data = NULL;
    const unsigned char *at = NULL;
    long n = 0;
    EVP_PKEY *key = NULL;

    *is_end = PEM_read_bio(bio, &name, &header, &data, &n) != 1;
    if (*is_end) {
        return NULL;
    }
    at = data;
    if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
        key = d2i_PUBKEY(NULL, &at, n);
    } else if (strcmp(name, PEM_STRING_X509) == 0) {
        X509 *certificate = d2i_X509(NULL, &at, n);

        key = certificate == NULL ? NULL : X509_get_pubkey(certificate);
        X509_free(certificate);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, (size_t)n);
    return key;
}

/* Rule: what is in the file must be usable, all of it. */
static weh_err add_key(struct weh_key_set *set, EVP_PKEY *public_key,
                       const struct weh_alg_list *algs, struct weh_diag *diag)
{
    struct weh_key *key = NULL;
    enum weh_alg alg = WEH_ALG_COUNT;

    if (public_key == NULL || !weh_key_choose_alg(public_key, algs, &alg)) {
        EVP_PKEY_free(public_key);
        return weh_fail(diag, WEH_E_PARSE,
                        "a PEM block is no public key or certificate for an allowed algorithm, or "
                        "it is too weak");
    }
    if (set->n == WEH_KEYS_MAX) {
        EVP_PKEY_free(public_key);
        return weh_fail(diag, WEH_E_LIMIT, "more than %d keys", WEH_KEYS_MAX);
    }
    key = weh_calloc(1, sizeof(*key));
    if (key == NULL) {
        EVP_PKEY_free(public_key);
        return weh_fail_nomem(diag);
    }
    key->alg = alg;
    key->public_key = public_key;
    set->keys[set->n++] = key;
    return WEH_OK;
}

weh_err weh_pem_read(struct weh_str text, const struct weh_alg_list *algs, struct weh_key_set **out,
                     struct weh_diag *diag)
{
    struct weh_key_set *set = weh_calloc(1, sizeof(*set));
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    bool is_end = false;
    weh_err err = WEH_OK;

    if (set == NULL || bio == NULL) {
        BIO_free(bio);
        weh_free(set);
        return weh_fail_nomem(diag);
    }
    atomic_init(&set->n_holders, 1);
    while (err == WEH_OK) {
        EVP_PKEY *key = read_block(bio, &is_end);

        if (is_end) {
            break;
        }
        err = add_key(set, key, algs, diag);
    }
    if (err == WEH_OK && set->n == 0) {
        err = weh_fail(diag, WEH_E_NOT_FOUND, "no public key or certificate is in it");
    }
    if (err == WEH_OK) {
        *out = set;
        set = NULL;
    }
    weh_key_set_release(set);
    BIO_free(bio);
    ERR_clear_error();
    return err;
}
