/* src/auth/auth_priv.h - what makes up a weh_auth: its own key, an issuer's keys, tickets. */
#ifndef WEH_AUTH_PRIV_H
#define WEH_AUTH_PRIV_H

#include <stdint.h>

#include "weh/auth.h"
#include "weh/config.h"
#include "weh/log.h"

#include "jwt.h"
#include "key.h"

struct weh_ticket {
    struct weh_identity identity;
    uint64_t expires_us; /* of the clock that never jumps */
    char text[WEH_TICKET_SIZE];
};

/** A bounded table; expired tickets make room. */
struct weh_ticket_table {
    struct weh_ticket *tickets;
    size_t n;
    size_t capacity;
};

struct weh_key_fetcher;

struct weh_auth {
    const struct weh_config *config;
    const struct weh_log *log;
    bool has_local;
    bool has_external;
    struct weh_key_set *local_keys; /* one key: it fits any id */
    struct weh_key_store external;
    bool is_store_ready;
    struct weh_alg_list algs;        /* of the external issuer */
    struct weh_key_fetcher *fetcher; /* NULL: its keys are in a file */
    struct weh_ticket_table tickets;
};

/* tickets.c */
void weh_tickets_fini(struct weh_ticket_table *table);

/* local_key.c */
/** Read data.dir/auth.key, made when missing. */
WEH_MUST_CHECK weh_err weh_local_key_load(const struct weh_config *config,
                                          uint8_t key[WEH_LOCAL_KEY_BYTES], struct weh_diag *diag);

/* external.c */
/** Check the settings of the issuer, and get its keys: a URL that does not answer is no error. */
WEH_MUST_CHECK weh_err weh_external_open(struct weh_auth *auth, struct weh_diag *diag);
void weh_external_close(struct weh_auth *auth);

/* key_fetch.c */
/** Start the thread that gets @config's auth.jwks_url into @store, and wait for the first answer (a
 * few seconds at most). All kept. */
WEH_MUST_CHECK weh_err weh_key_fetcher_create(const struct weh_config *config,
                                              const struct weh_log *log,
                                              const struct weh_alg_list *algs,
                                              struct weh_key_store *store,
                                              struct weh_key_fetcher **out, struct weh_diag *diag);
/** Stop and join the thread. NULL is fine. */
void weh_key_fetcher_destroy(struct weh_key_fetcher *fetcher);
/** A token names a key that is not known: ask again, if it is time. Any thread, never blocks. */
void weh_key_fetcher_ask(struct weh_key_fetcher *fetcher);
/** "https", or any host's "http" that is this machine: false with a reason in @diag. */
WEH_MUST_CHECK weh_err weh_key_url_check(const char *url, struct weh_diag *diag);

#endif
