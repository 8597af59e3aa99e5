/* src/net/auth.c - tokens by the key, tickets by a table.
 *
 * Tickets are looked up by comparing with every one: the table is small, and the comparison takes
 * the same time for a near miss as for a wild guess.
 */
#include "weh/auth.h"

#include <string.h>

#include <openssl/crypto.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/id.h"

#include "auth_priv.h"

#define TICKET_DIGITS (WEH_TICKET_SIZE - 1)

weh_err weh_auth_create(const struct weh_config *config, struct weh_auth **out,
                        struct weh_diag *diag)
{
    struct weh_auth *auth = weh_calloc(1, sizeof(*auth));
    weh_err err = WEH_OK;

    if (auth == NULL) {
        return weh_fail_nomem(diag);
    }
    auth->config = config;
    err = weh_auth_key_load(config, auth->key, diag);
    if (err != WEH_OK) {
        weh_auth_destroy(auth);
        return err;
    }
    *out = auth;
    return WEH_OK;
}

void weh_auth_destroy(struct weh_auth *auth)
{
    if (auth == NULL) {
        return;
    }
    explicit_bzero(auth->key, sizeof(auth->key));
    weh_free(auth->tickets.tickets);
    weh_free(auth);
}

weh_err weh_auth_issue_token(struct weh_auth *auth, const char *user, enum weh_access access,
                             uint32_t ttl_s, char **out, struct weh_diag *diag)
{
    struct weh_identity identity = { .access = access };
    int64_t now_ms = weh_clock_wall_ms();
    size_t n = strlen(user);

    if (n == 0 || n >= sizeof(identity.user) || !weh_str_is_utf8((struct weh_str){ user, n })) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "user", "1 to %zu bytes of UTF-8",
                              sizeof(identity.user) - 1);
    }
    memcpy(identity.user, user, n + 1);
    identity.expires_ms = now_ms + (int64_t)ttl_s * 1000;
    return weh_jwt_sign(auth->key, &identity, now_ms, out, diag);
}

weh_err weh_auth_verify_token(struct weh_auth *auth, struct weh_str token, struct weh_identity *out,
                              struct weh_diag *diag)
{
    return weh_jwt_verify(auth->key, token, weh_clock_wall_ms(), out, diag);
}

/* ---- tickets ---- */

static void remove_at(struct weh_ticket_table *table, size_t at)
{
    table->n--;
    table->tickets[at] = table->tickets[table->n];
    explicit_bzero(&table->tickets[table->n], sizeof(table->tickets[table->n]));
}

static void remove_expired(struct weh_ticket_table *table, uint64_t now_us)
{
    for (size_t i = table->n; i-- > 0;) {
        if (now_us >= table->tickets[i].expires_us) {
            remove_at(table, i);
        }
    }
}

static bool make_room(struct weh_ticket_table *table)
{
    size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
    struct weh_ticket *grown = NULL;

    if (table->n < table->capacity) {
        return true;
    }
    grown = weh_realloc(table->tickets, capacity * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    table->tickets = grown;
    table->capacity = capacity;
    return true;
}

weh_err weh_auth_issue_ticket(struct weh_auth *auth, const struct weh_identity *identity,
                              char out[WEH_TICKET_SIZE], struct weh_diag *diag)
{
    struct weh_ticket_table *table = &auth->tickets;
    uint64_t now_us = weh_clock_mono_us();
    struct weh_ticket *ticket = NULL;
    uint8_t random[TICKET_DIGITS / 2];
    weh_err err = weh_random(random, sizeof(random), diag);

    if (err != WEH_OK) {
        return err;
    }
    remove_expired(table, now_us);
    if (table->n >= (uint64_t)auth->config->auth_tickets_max) {
        return weh_fail(diag, WEH_E_LIMIT, "too many tickets are out");
    }
    if (!make_room(table)) {
        return weh_fail_nomem(diag);
    }
    ticket = &table->tickets[table->n++];
    ticket->identity = *identity;
    ticket->expires_us = now_us + (uint64_t)auth->config->auth_ticket_ttl_s * 1000000;
    weh_hex_print(random, sizeof(random), ticket->text);
    memcpy(out, ticket->text, WEH_TICKET_SIZE);
    return WEH_OK;
}

weh_err weh_auth_redeem_ticket(struct weh_auth *auth, struct weh_str ticket,
                               struct weh_identity *out, struct weh_diag *diag)
{
    struct weh_ticket_table *table = &auth->tickets;
    size_t found = SIZE_MAX;

    remove_expired(table, weh_clock_mono_us());
    for (size_t i = 0; i < table->n && ticket.len == TICKET_DIGITS; i++) {
        if (CRYPTO_memcmp(table->tickets[i].text, ticket.ptr, TICKET_DIGITS) == 0) {
            found = i;
        }
    }
    /* The token behind a ticket may have ended meanwhile. */
    if (found == SIZE_MAX || table->tickets[found].identity.expires_ms <= weh_clock_wall_ms()) {
        return weh_fail(diag, WEH_E_UNAUTHENTICATED, "the ticket is unknown, used or too old");
    }
    *out = table->tickets[found].identity;
    remove_at(table, found);
    return WEH_OK;
}
