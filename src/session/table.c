/* src/session/table.c - the sessions of a host by their id. Service thread only: nothing locks.
 *
 * The ids are random, so their digits are the hash; a client that asks for an id of its own making
 * finds a bucket like any other.
 */
#include "weh/alloc.h"

#include "session_priv.h"

#define FIRST_BUCKETS 64

static size_t bucket_of(const struct table *table, struct weh_str name)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a */

    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t)name.ptr[i]) * 1099511628211U;
    }
    return (size_t)(hash ^ hash >> 32) & (table->n_buckets - 1);
}

static void link_in(struct table *table, struct weh_session *session)
{
    size_t bucket = bucket_of(table, weh_str_from(session->name));

    session->table_next = table->buckets[bucket];
    table->buckets[bucket] = session;
}

static weh_err grow(struct table *table, struct weh_diag *diag)
{
    struct table grown = { .n_buckets =
                               table->n_buckets == 0 ? FIRST_BUCKETS : table->n_buckets * 2 };

    grown.buckets = weh_calloc(grown.n_buckets, sizeof(struct weh_session *));
    if (grown.buckets == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < table->n_buckets; i++) {
        while (table->buckets[i] != NULL) {
            struct weh_session *session = table->buckets[i];

            table->buckets[i] = session->table_next;
            link_in(&grown, session);
        }
    }
    weh_free(table->buckets);
    table->buckets = grown.buckets;
    table->n_buckets = grown.n_buckets;
    return WEH_OK;
}

weh_err table_add(struct table *table, struct weh_session *session, struct weh_diag *diag)
{
    if (table->n == table->n_buckets) {
        weh_err err = grow(table, diag);

        if (err != WEH_OK) {
            return err;
        }
    }
    link_in(table, session);
    table->n++;
    return WEH_OK;
}

void table_remove(struct table *table, struct weh_session *session)
{
    struct weh_session **at = &table->buckets[bucket_of(table, weh_str_from(session->name))];

    while (*at != NULL && *at != session) {
        at = &(*at)->table_next;
    }
    weh_assert(*at == session);
    *at = session->table_next;
    table->n--;
}

struct weh_session *table_find(const struct table *table, struct weh_str name)
{
    struct weh_session *session;

    if (table->n == 0) {
        return NULL;
    }
    session = table->buckets[bucket_of(table, name)];
    while (session != NULL && !weh_str_eq_text(name, session->name)) {
        session = session->table_next;
    }
    return session;
}

void table_fini(struct table *table)
{
    weh_assert(table->n == 0);
    weh_free(table->buckets);
}

struct weh_session *weh_host_find(const struct weh_host *host, struct weh_str name)
{
    return table_find(&host->table, name);
}

void weh_host_each(const struct weh_host *host, weh_session_visitor visit, void *ctx)
{
    for (size_t i = 0; i < host->table.n_buckets; i++) {
        struct weh_session *next;

        for (struct weh_session *at = host->table.buckets[i]; at != NULL; at = next) {
            next = at->table_next;
            visit(ctx, at);
        }
    }
}
