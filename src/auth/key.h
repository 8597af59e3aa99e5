/* src/auth/key.h - keys that tokens are checked with: one algorithm each (RFC 8725 section 3.1). */
#ifndef WEH_AUTH_KEY_H
#define WEH_AUTH_KEY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <pthread.h>

#include "weh/err.h"
#include "weh/str.h"
#include "weh/value.h"

#define WEH_KEYS_MAX        32 /* of one set */
#define WEH_KEY_ID_MAX      256
#define WEH_SECRET_MIN      32 /* as long as the hash: RFC 7518 section 3.2 */
#define WEH_SECRET_MAX      1024
#define WEH_SIGNATURE_MAX   1024 /* RSA of 8192 bits */
#define WEH_RSA_MIN_BITS    2048
#define WEH_RSA_MAX_BITS    8192
#define WEH_KEYS_FILE_BYTES 262144

/** Rule: "none" is not in it, and a header's text is compared byte by byte. */
enum weh_alg {
    WEH_ALG_HS256,
    WEH_ALG_RS256,
    WEH_ALG_PS256,
    WEH_ALG_ES256,
    WEH_ALG_ES384,
    WEH_ALG_EDDSA,
    WEH_ALG_COUNT
};

const char *weh_alg_name(enum weh_alg alg);
/** False when @name is none of ours. */
bool weh_alg_find(struct weh_str name, enum weh_alg *out);

/** Algorithms in the order of preference; what is not in it is not used. */
struct weh_alg_list {
    enum weh_alg algs[WEH_ALG_COUNT];
    size_t n;
};

/** Read "RS256 ES256"; WEH_E_BAD_ARGS naming @where. */
WEH_MUST_CHECK weh_err weh_alg_list_read(const char *text, const char *where,
                                         struct weh_alg_list *out, struct weh_diag *diag);

struct weh_key {
    enum weh_alg alg;
    EVP_PKEY *public_key; /* NULL with HS256 */
    uint8_t secret[WEH_SECRET_MAX];
    size_t n_secret;
    char id[WEH_KEY_ID_MAX + 1];
    size_t n_id; /* 0: it has none, and fits any */
};

void weh_key_fini(struct weh_key *key);

/** True when @signature is @key's of @bytes, by the key's algorithm. */
bool weh_key_verify(const struct weh_key *key, struct weh_str bytes, const uint8_t *signature,
                    size_t n_signature);

/** The first of @algs that keys such as @public_key are for; false when there is none, or the key is
 * too weak. */
bool weh_key_choose_alg(const EVP_PKEY *public_key, const struct weh_alg_list *algs,
                        enum weh_alg *out);

/** Keys that belong to one issuer; counted, never changed once it is shared. */
struct weh_key_set {
    atomic_uint n_holders;
    size_t n;
    struct weh_key *keys[WEH_KEYS_MAX];
};

struct weh_key_set *weh_key_set_acquire(struct weh_key_set *set);
void weh_key_set_release(struct weh_key_set *set);

enum weh_key_found {
    WEH_KEY_FOUND,
    WEH_KEY_UNKNOWN,   /* its issuer may have a newer set */
    WEH_KEY_AMBIGUOUS, /* no id in the token, and several keys fit */
};

/** The one key of @set (may be NULL) for @alg and the id @id ("" when the token names none). */
enum weh_key_found weh_key_set_find(const struct weh_key_set *set, enum weh_alg alg,
                                    struct weh_str id, const struct weh_key **out);

/* jwk.c */
/**
 * Read a JSON Web Key Set (RFC 7517). Keys that are not for signatures, of other kinds or too weak are
 * left out, as section 5 has it.
 *
 * @algs          what may be used; symmetric keys only when HS256 is among them.
 * @n_secrets     how many symmetric keys there are.
 *
 * WEH_E_PARSE, WEH_E_LIMIT (more than WEH_KEYS_MAX), WEH_E_NOT_FOUND (none can be used),
 * WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_jwks_read(struct weh_str text, const struct weh_alg_list *algs,
                                     struct weh_key_set **out, size_t *n_secrets,
                                     struct weh_diag *diag);

/* pem.c */
/** Read the public keys (or certificates) of a PEM text; the same errors. */
WEH_MUST_CHECK weh_err weh_pem_read(struct weh_str text, const struct weh_alg_list *algs,
                                    struct weh_key_set **out, struct weh_diag *diag);

/* key_file.c */
enum weh_key_format {
    WEH_KEYS_JWKS,
    WEH_KEYS_PEM
};

/** Read @path. @where names the setting in errors, the path does not stand in them. */
WEH_MUST_CHECK weh_err weh_key_file_read(const char *path, const char *where,
                                         enum weh_key_format format,
                                         const struct weh_alg_list *algs, struct weh_key_set **out,
                                         struct weh_diag *diag);

/** Where the newest set is. Any thread. */
struct weh_key_store {
    pthread_mutex_t lock;
    struct weh_key_set *set; /* NULL: none yet, or too old */
};

/** The set now, acquired; NULL when there is none. */
struct weh_key_set *weh_key_store_acquire(struct weh_key_store *store);
/** @set is taken. */
void weh_key_store_replace(struct weh_key_store *store, struct weh_key_set *set);

#endif
