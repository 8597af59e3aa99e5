/* src/ec/cache.c - catalogues shared by the content of the tables they were made from.
 *
 * One mutex guards the list and the reference counts; a catalogue is read, built and freed outside
 * of it. Two sessions that open the same schemas at once may both build: the second one's is thrown
 * away.
 */
#include <string.h>

#include <pthread.h>

#include "weh/alloc.h"
#include "weh/db.h"

#include "ec_priv.h"

/* Unused catalogues kept for the next open; a large one is not worth its memory. */
#define MAX_UNUSED       4u
#define MAX_UNUSED_BYTES (32u << 20)

struct weh_ec_cache {
    pthread_mutex_t lock;
    struct weh_ec_catalog *catalogs;
    uint64_t clock; /* counts last releases: the age of unused ones */
    uint32_t n_unused;
};

weh_err weh_ec_cache_create(struct weh_ec_cache **out, struct weh_diag *diag)
{
    struct weh_ec_cache *cache = weh_calloc(1, sizeof(*cache));

    if (cache == NULL) {
        return weh_fail_nomem(diag);
    }
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        weh_free(cache);
        return weh_fail_nomem(diag);
    }
    *out = cache;
    return WEH_OK;
}

void weh_ec_cache_destroy(struct weh_ec_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    while (cache->catalogs != NULL) {
        struct weh_ec_catalog *catalog = cache->catalogs;

        cache->catalogs = catalog->next;
        ec_catalog_destroy(catalog);
    }
    (void)pthread_mutex_destroy(&cache->lock);
    weh_free(cache);
}

/* With the lock held: a new reference to the catalogue with @digest, or NULL. */
static struct weh_ec_catalog *share(struct weh_ec_cache *cache, const uint8_t digest[32])
{
    for (struct weh_ec_catalog *catalog = cache->catalogs; catalog != NULL;
         catalog = catalog->next) {
        if (memcmp(catalog->digest, digest, sizeof(catalog->digest)) != 0) {
            continue;
        }
        if (catalog->n_refs++ == 0) {
            cache->n_unused--;
        }
        return catalog;
    }
    return NULL;
}

/* With the lock held: take @catalog out of the list. */
static void unlink_catalog(struct weh_ec_cache *cache, struct weh_ec_catalog *catalog)
{
    struct weh_ec_catalog **link = &cache->catalogs;

    while (*link != catalog) {
        link = &(*link)->next;
    }
    *link = catalog->next;
    cache->n_unused--;
}

/* With the lock held: the unused catalogue that has to go, out of the list; NULL when none. */
static struct weh_ec_catalog *evict(struct weh_ec_cache *cache)
{
    struct weh_ec_catalog *oldest = NULL;

    for (struct weh_ec_catalog *catalog = cache->catalogs; catalog != NULL;
         catalog = catalog->next) {
        if (catalog->n_refs != 0) {
            continue;
        }
        if (catalog->bytes > MAX_UNUSED_BYTES) {
            unlink_catalog(cache, catalog);
            return catalog;
        }
        if (oldest == NULL || catalog->last_use < oldest->last_use) {
            oldest = catalog;
        }
    }
    if (cache->n_unused <= MAX_UNUSED || oldest == NULL) {
        return NULL;
    }
    unlink_catalog(cache, oldest);
    return oldest;
}

/* Put @mine (taken) into the cache, or drop it for one that came first. A reference. */
static struct weh_ec_catalog *publish(struct weh_ec_cache *cache, struct weh_ec_catalog *mine)
{
    struct weh_ec_catalog *catalog;

    (void)pthread_mutex_lock(&cache->lock);
    catalog = share(cache, mine->digest);
    if (catalog == NULL) {
        mine->cache = cache;
        mine->n_refs = 1;
        mine->next = cache->catalogs;
        cache->catalogs = mine;
    }
    (void)pthread_mutex_unlock(&cache->lock);

    if (catalog != NULL) {
        ec_catalog_destroy(mine);
        return catalog;
    }
    return mine;
}

weh_err weh_ec_catalog_acquire(struct weh_ec_cache *cache, struct weh_briefcase *briefcase,
                               const struct weh_ec_catalog **out, struct weh_diag *diag)
{
    struct ec_snapshot snapshot = { 0 };
    struct weh_ec_catalog *catalog = NULL;
    weh_err err;

    err = ec_snapshot_read(briefcase, &snapshot, diag);
    if (err != WEH_OK) {
        goto out;
    }
    (void)pthread_mutex_lock(&cache->lock);
    catalog = share(cache, snapshot.digest);
    (void)pthread_mutex_unlock(&cache->lock);
    if (catalog == NULL) {
        struct weh_ec_catalog *mine = NULL;

        err = ec_catalog_build(&snapshot, &mine, diag);
        if (err != WEH_OK) {
            goto out;
        }
        catalog = publish(cache, mine);
    }
    /* The digest does not cover the SQL tables themselves. */
    err = ec_catalog_check_columns(catalog, weh_briefcase_db(briefcase), diag);
    if (err != WEH_OK) {
        goto out;
    }

    *out = catalog;
    catalog = NULL;
out:
    weh_ec_catalog_release(catalog);
    ec_snapshot_fini(&snapshot);
    return err;
}

/* With the lock held: @catalog, in a form that may be changed. */
static struct weh_ec_catalog *find(struct weh_ec_cache *cache, const struct weh_ec_catalog *catalog)
{
    struct weh_ec_catalog *mine = cache->catalogs;

    while (mine != NULL && mine != catalog) {
        mine = mine->next;
    }
    weh_assert(mine != NULL);
    return mine;
}

void weh_ec_catalog_release(const struct weh_ec_catalog *catalog)
{
    struct weh_ec_catalog *dead = NULL;
    struct weh_ec_catalog *mine;
    struct weh_ec_cache *cache;

    if (catalog == NULL) {
        return;
    }
    cache = catalog->cache;
    (void)pthread_mutex_lock(&cache->lock);
    mine = find(cache, catalog);
    weh_assert(mine->n_refs > 0);
    if (--mine->n_refs == 0) {
        mine->last_use = cache->clock++;
        cache->n_unused++;
        dead = evict(cache);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    ec_catalog_destroy(dead);
}
