/* src/briefcase/stmt_cache.c - prepared statements by their text, a bounded number a briefcase.
 *
 * Looked through linearly: 128 hashes are 1 KB, and a hit costs less than preparing by a factor of
 * a hundred. The least recently used one goes when all places are taken.
 */
#include <string.h>

#include "weh/sqlite_time.h"

#include "briefcase_priv.h"

static uint64_t hash_text(const char *text, size_t len)
{
    const uint64_t prime = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t hash = prime ^ len;
    uint64_t word = 0;

    for (; len >= sizeof(word); len -= sizeof(word), text += sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = (hash ^ word) * prime;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, text, len);
    hash = (hash ^ word) * prime;
    return hash ^ (hash >> 29);
}

static void drop(struct weh_stmt_cache *cache, unsigned at)
{
    unsigned last = cache->n - 1;

    sqlite3_finalize(cache->stmts[at]);
    cache->hashes[at] = cache->hashes[last];
    cache->stmts[at] = cache->stmts[last];
    cache->used[at] = cache->used[last];
    cache->out[at] = cache->out[last];
    cache->n = last;
}

/** Make a place free. False when every statement is out. */
static bool make_room(struct weh_stmt_cache *cache)
{
    unsigned oldest = WEH_STMT_CACHE_SIZE;

    if (cache->n < WEH_STMT_CACHE_SIZE) {
        return true;
    }
    for (unsigned i = 0; i < cache->n; i++) {
        if (!cache->out[i] &&
            (oldest == WEH_STMT_CACHE_SIZE || cache->used[i] < cache->used[oldest])) {
            oldest = i;
        }
    }
    if (oldest == WEH_STMT_CACHE_SIZE) {
        return false;
    }
    drop(cache, oldest);
    return true;
}

static sqlite3_stmt *take_cached(struct weh_stmt_cache *cache, const char *sql, uint64_t hash,
                                 bool *is_out)
{
    *is_out = false;
    for (unsigned i = 0; i < cache->n; i++) {
        if (cache->hashes[i] != hash || strcmp(sqlite3_sql(cache->stmts[i]), sql) != 0) {
            continue;
        }
        if (cache->out[i]) {
            *is_out = true;
            return NULL;
        }
        cache->out[i] = true;
        cache->used[i] = ++cache->tick;
        return cache->stmts[i];
    }
    return NULL;
}

static void remember(struct weh_stmt_cache *cache, sqlite3_stmt *stmt, uint64_t hash)
{
    unsigned at = cache->n++;

    cache->hashes[at] = hash;
    cache->stmts[at] = stmt;
    cache->used[at] = ++cache->tick;
    cache->out[at] = true;
}

weh_err weh_stmt_acquire(struct weh_briefcase *briefcase, const char *sql, sqlite3_stmt **out,
                         struct weh_diag *diag)
{
    struct weh_stmt_cache *cache = NULL;
    sqlite3_stmt *stmt = NULL;
    size_t len;
    uint64_t hash;
    bool is_out = false;
    int rc;

    weh_assert(briefcase != NULL && sql != NULL && out != NULL);
    cache = &briefcase->cache;
    len = strlen(sql);
    hash = hash_text(sql, len);
    stmt = take_cached(cache, sql, hash, &is_out);
    if (stmt != NULL) {
        *out = stmt;
        return WEH_OK;
    }
    if (len >= INT32_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a statement is too large");
    }
    rc = weh_sqlite_prepare(briefcase->db, sql, (int)len, &stmt);
    if (rc != SQLITE_OK) {
        return weh_db_fail(briefcase, rc, diag);
    }
    if (stmt == NULL) {
        return weh_fail(diag, WEH_E_DB, "an empty statement");
    }
    if (!is_out && make_room(cache)) {
        remember(cache, stmt, hash);
    }
    *out = stmt;
    return WEH_OK;
}

/** The place of @stmt, or cache->n. */
static unsigned find_stmt(const struct weh_stmt_cache *cache, const sqlite3_stmt *stmt)
{
    unsigned at = 0;

    while (at < cache->n && cache->stmts[at] != stmt) {
        at++;
    }
    return at;
}

void weh_stmt_release(struct weh_briefcase *briefcase, sqlite3_stmt *stmt)
{
    struct weh_stmt_cache *cache = NULL;
    unsigned at = 0;

    if (stmt == NULL) {
        return;
    }
    cache = &briefcase->cache;
    at = find_stmt(cache, stmt);
    if (at == cache->n) {
        sqlite3_finalize(stmt);
        return;
    }
    weh_assert(cache->out[at]);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    cache->out[at] = false;
}

void weh_stmt_cache_clear(struct weh_stmt_cache *cache, bool all)
{
    for (unsigned i = cache->n; i > 0; i--) {
        if (all || !cache->out[i - 1]) {
            drop(cache, i - 1);
        }
    }
}
