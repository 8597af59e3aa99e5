/* src/auth/tickets.c - single-use tickets for those who cannot set headers.
 *
 * A ticket is looked up by comparing with every one: the table is small, and the comparison takes
 * the same time for a near miss as for a wild guess.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/id.h"

#include "auth_priv.h"

#define TICKET_DIGITS (WEH_TICKET_SIZE - 1)

static void remove_at(struct weh_ticket_table *table, size_t at)
{
    table->n--;
    weh_identity_fini(&table->tickets[at].identity);
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

void weh_tickets_fini(struct weh_ticket_table *table)
{
    while (table->n != 0) {
        remove_at(table, table->n - 1);
    }
    weh_free(table->tickets);
    table->tickets = NULL;
    table->capacity = 0;
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
    weh_identity_copy(&ticket->identity, identity);
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
    weh_identity_copy(out, &table->tickets[found].identity);
    remove_at(table, found);
    return WEH_OK;
}
