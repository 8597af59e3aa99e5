/* src/ec/cache.c - catalogues shared by the content of the tables they were made from.
 *
 * Which content a file has is known without reading it while the file has not changed since it was
 * read (weh/file_state.h).
 *
 * One mutex guards the list and the reference counts; a catalogue is read, built and freed outside
 * of it. Two sessions that open the same schemas at once may both build: the second one's is thrown
 * away.
 */
#include <string.h>

#include <pthread.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/file_state.h"

#include "ec_priv.h"

/* Unused catalogues kept for the next open; a large one is not worth its memory. */
#define MAX_UNUSED       4u
#define MAX_UNUSED_BYTES (32u << 20)

/* Files remembered: sets by inode, the oldest of a set goes first. */
#define N_SETS        2048u
#define FILES_PER_SET 4u

/* A file in a state in which it was seen to belong to a catalogue. */
struct known_file {
    struct weh_file_state state;
    struct weh_ec_catalog *catalog; /* not a reference; NULL: none */
};

struct weh_ec_cache {
    pthread_mutex_t lock;
    struct weh_ec_catalog *catalogs;
    uint64_t clock; /* counts last releases: the age of unused ones */
    uint32_t n_unused;
    struct known_file files[N_SETS * FILES_PER_SET]; /* set behind set; of a set: newest first */
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

/* With the lock held: a new reference to @catalog. */
static struct weh_ec_catalog *refer(struct weh_ec_cache *cache, struct weh_ec_catalog *catalog)
{
    if (catalog->n_refs++ == 0) {
        cache->n_unused--;
    }
    return catalog;
}

/* With the lock held: a new reference to the catalogue with @digest, or NULL. */
static struct weh_ec_catalog *share(struct weh_ec_cache *cache, const uint8_t digest[32])
{
    for (struct weh_ec_catalog *catalog = cache->catalogs; catalog != NULL;
         catalog = catalog->next) {
        if (memcmp(catalog->digest, digest, sizeof(catalog->digest)) != 0) {
            continue;
        }
        return refer(cache, catalog);
    }
    return NULL;
}

static struct known_file *file_set(struct weh_ec_cache *cache, const struct weh_file_state *state)
{
    uint64_t mixed = (state->inode ^ state->device << 32) * UINT64_C(0x9e3779b97f4a7c15);

    return &cache->files[(mixed >> 32 & (N_SETS - 1)) * FILES_PER_SET];
}

static bool is_same_file(const struct weh_file_state *a, const struct weh_file_state *b)
{
    return a->device == b->device && a->inode == b->inode;
}

static bool is_same_state(const struct weh_file_state *a, const struct weh_file_state *b)
{
    return is_same_file(a, b) && a->size == b->size && a->mtime_ns == b->mtime_ns &&
           a->ctime_ns == b->ctime_ns;
}

/* With the lock held: a new reference to the catalogue of a file in @state, or NULL. */
static struct weh_ec_catalog *share_known(struct weh_ec_cache *cache,
                                          const struct weh_file_state *state)
{
    struct known_file *files = file_set(cache, state);

    for (unsigned i = 0; i < FILES_PER_SET; i++) {
        struct weh_ec_catalog *catalog = files[i].catalog;

        if (catalog != NULL && is_same_state(&files[i].state, state)) {
            return refer(cache, catalog);
        }
    }
    return NULL;
}

/* With the lock held: a file in @state belongs to @catalog. */
static void know_file(struct weh_ec_cache *cache, const struct weh_file_state *state,
                      struct weh_ec_catalog *catalog)
{
    struct known_file *files = file_set(cache, state);
    unsigned at = 0;

    while (at + 1 < FILES_PER_SET && !is_same_file(&files[at].state, state)) {
        at++;
    }
    memmove(&files[1], &files[0], at * sizeof(files[0]));
    files[0] = (struct known_file){ *state, catalog };
}

/* With the lock held: forget what files belong to @catalog, which goes. */
static void forget_files(struct weh_ec_cache *cache, const struct weh_ec_catalog *catalog)
{
    for (unsigned i = 0; i < N_SETS * FILES_PER_SET; i++) {
        if (cache->files[i].catalog == catalog) {
            cache->files[i] = (struct known_file){ 0 };
        }
    }
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
    forget_files(cache, catalog);
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

/* The catalogue by the content of the tables, read now. */
static weh_err acquire_read(struct weh_ec_cache *cache, struct weh_briefcase *briefcase,
                            struct weh_ec_catalog **out, struct weh_diag *diag)
{
    struct ec_snapshot snapshot = { 0 };
    struct weh_ec_catalog *catalog = NULL;
    struct weh_ec_catalog *mine = NULL;
    weh_err err;

    err = ec_snapshot_read(briefcase, &snapshot, diag);
    if (err != WEH_OK) {
        goto out;
    }
    (void)pthread_mutex_lock(&cache->lock);
    catalog = share(cache, snapshot.digest);
    (void)pthread_mutex_unlock(&cache->lock);
    if (catalog == NULL) {
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

/* Within one transaction. */
static weh_err acquire(struct weh_ec_cache *cache, struct weh_briefcase *briefcase,
                       struct weh_ec_catalog **out, struct weh_diag *diag)
{
    struct weh_file_state state;
    bool has_state = weh_briefcase_file_state(briefcase, &state);
    weh_err err;

    *out = NULL;
    if (has_state) {
        (void)pthread_mutex_lock(&cache->lock);
        *out = share_known(cache, &state);
        (void)pthread_mutex_unlock(&cache->lock);
    }
    if (*out != NULL) {
        return WEH_OK;
    }
    err = acquire_read(cache, briefcase, out, diag);
    if (err == WEH_OK && has_state && state.settled) {
        (void)pthread_mutex_lock(&cache->lock);
        know_file(cache, &state, *out);
        (void)pthread_mutex_unlock(&cache->lock);
    }
    return err;
}

weh_err weh_ec_catalog_acquire(struct weh_ec_cache *cache, struct weh_briefcase *briefcase,
                               const struct weh_ec_catalog **out, struct weh_diag *diag)
{
    const bool begin = sqlite3_get_autocommit(weh_briefcase_db(briefcase)) != 0;
    struct weh_ec_catalog *catalog = NULL;
    weh_err err = begin ? weh_briefcase_read_begin(briefcase, diag) : WEH_OK;

    if (err == WEH_OK) {
        err = acquire(cache, briefcase, &catalog, diag);
    }
    if (begin) {
        weh_briefcase_read_end(briefcase);
    }
    if (err == WEH_OK) {
        *out = catalog;
    }
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

void weh_ec_catalog_note(const struct weh_ec_catalog *catalog, const struct weh_file_state *state)
{
    struct weh_ec_cache *cache = catalog->cache;

    if (state->settled) {
        (void)pthread_mutex_lock(&cache->lock);
        know_file(cache, state, find(cache, catalog));
        (void)pthread_mutex_unlock(&cache->lock);
    }
}

void weh_ec_catalog_remember(const struct weh_ec_catalog *catalog, struct weh_briefcase *briefcase,
                             int64_t data_version)
{
    struct weh_file_state state;
    int64_t now = 0;

    /* Between two transactions of this session another process may have had its turn. */
    if (weh_briefcase_data_version(briefcase, &now, NULL) != WEH_OK || now != data_version) {
        return;
    }
    /* Without a state there is something in the log. */
    if (weh_briefcase_file_state(briefcase, &state) || weh_briefcase_settle(briefcase, &state)) {
        weh_ec_catalog_note(catalog, &state);
    }
}
