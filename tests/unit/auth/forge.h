/* tests/unit/auth/forge.h - an issuer of tokens, honest or not: keys, sets of them, signatures. */
#ifndef FORGE_H
#define FORGE_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "weh/str.h"

enum forge_kind {
    FORGE_RSA,
    FORGE_P256,
    FORGE_P384,
    FORGE_ED25519,
    FORGE_COUNT
};

#define FORGE_TOKEN_MAX 65536

struct forge {
    EVP_PKEY *keys[FORGE_COUNT];
    char token[FORGE_TOKEN_MAX]; /* what was made last */
};

/** Make a key of each kind. */
void forge_init(struct forge *forge);
void forge_fini(struct forge *forge);

/** The JSON Web Key of @key, its members without the braces, into @out. */
void forge_jwk(EVP_PKEY *key, const char *more, char *out, size_t size);

/** Sign @n bytes as @alg ("RS256" ...) wants it; how many bytes the signature has. */
size_t forge_sign(EVP_PKEY *key, const char *alg, const void *bytes, size_t n, uint8_t out[1024]);

/** The same with HMAC. */
size_t forge_mac(const void *secret, size_t n_secret, const void *bytes, size_t n,
                 uint8_t out[1024]);

/** HEADER.CLAIMS into token. */
struct weh_str forge_body(struct forge *forge, struct weh_str header, struct weh_str claims);
/** Append a signature to it. */
struct weh_str forge_end(struct forge *forge, const uint8_t *signature, size_t n);

/** A whole token signed by @key as @alg wants it, whatever the header says. */
struct weh_str forge_token(struct forge *forge, const char *header, const char *claims,
                           EVP_PKEY *key, const char *alg);

#endif
