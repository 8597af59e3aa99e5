/* src/briefcase/connection.c - SQLite connections to files that somebody else wrote.
 *
 * Process-wide settings, settings of every connection, and the short look into a file that is not
 * opened for a session. Sessions are opened in open.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include "weh/alloc.h"

#include "briefcase_priv.h"
#include "content_priv.h"
#include "query_memory.h"

/* The session extension, UPSERT and SQLITE_INNOCUOUS as used here. */
#define OLDEST_SQLITE 3037000

/* Of the page cache, in one piece. */
#define FIRST_PAGES 4

/* For little things of short life. */
#define LOOKASIDE_BYTES 1200
#define LOOKASIDE_SLOTS 8

/* A savepoint's page images are kept in a block of this size before they go to a file; held in
 * memory for good (temp_store) they would come in blocks of 1 KiB, an allocation each. Below 128
 * KiB: SQLite 3.40 cuts the length of one write to 17 bits, and a longer block becomes "disk full". */
#define SAVEPOINT_BLOCK_BYTES 122880

weh_err weh_briefcase_global_init(struct weh_diag *diag)
{
    int rc = SQLITE_OK;

    if (sqlite3_libversion_number() < OLDEST_SQLITE || sqlite3_threadsafe() == 0) {
        return weh_fail(diag, WEH_E_INTERNAL, "SQLite %s is too old or not thread-safe",
                        sqlite3_libversion());
    }
    /* Without statistics the allocator takes no lock: three times as fast on two threads. */
    rc = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    if (rc == SQLITE_OK) {
        rc = weh_query_memory_install();
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVEPOINT_BLOCK_BYTES);
    }
    /* A connection that rests needs page 1; those beyond these few come one by one. */
    if (rc == SQLITE_OK) {
        rc = sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, FIRST_PAGES);
    }
    /* Each connection takes it as a whole for as long as it lives; more makes nothing faster here. */
    if (rc == SQLITE_OK) {
        rc = sqlite3_config(SQLITE_CONFIG_LOOKASIDE, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_config(SQLITE_CONFIG_URI, 0);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_initialize();
    }
    if (rc == SQLITE_OK) {
        rc = weh_temporary_files_install();
    }
    if (rc != SQLITE_OK) {
        return weh_fail(diag, WEH_E_INTERNAL, "SQLite cannot be set up: %s", sqlite3_errstr(rc));
    }
    return WEH_OK;
}

int weh_connection_harden(sqlite3 *db)
{
    static const struct {
        int id, value;
    } limits[] = {
        { SQLITE_LIMIT_ATTACHED, 0 },        { SQLITE_LIMIT_WORKER_THREADS, 0 },
        { SQLITE_LIMIT_TRIGGER_DEPTH, 100 }, { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10000 },
        { SQLITE_LIMIT_EXPR_DEPTH, 1000 },   { SQLITE_LIMIT_COMPOUND_SELECT, 200 },
        { SQLITE_LIMIT_VDBE_OP, 10000000 },
    };
    static const struct {
        int id, value;
    } configs[] = {
        { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        /* Not 0, although files are not trusted: the file's own triggers write to its R*Tree, and
         * SQLite 3.40 counts every R*Tree as unsafe inside triggers. What triggers and expressions
         * may hold is judged by schema_check.c instead, more strictly than this switch would. */
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1 },
        { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
        { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
    };
    int rc = sqlite3_extended_result_codes(db, 1);

    for (size_t i = 0; i < WEH_ARRAY_LEN(limits); i++) {
        sqlite3_limit(db, limits[i].id, limits[i].value);
    }
    for (size_t i = 0; rc == SQLITE_OK && i < WEH_ARRAY_LEN(configs); i++) {
        rc = sqlite3_db_config(db, configs[i].id, configs[i].value, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = weh_functions_register(db);
    }
    return rc;
}

/** True when a log stands beside the file: it may be open elsewhere, or was left by a crash. */
static bool has_log(const char *path)
{
    char log_path[PATH_MAX];
    struct stat status;
    int n = snprintf(log_path, sizeof(log_path), "%s-wal", path);

    return n < 0 || (size_t)n >= sizeof(log_path) || stat(log_path, &status) == 0;
}

/** "file:PATH?immutable=1" with what a URI cannot hold escaped. */
static char *immutable_uri(const char *path)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = strlen(path);
    char *uri = len > PATH_MAX ? NULL : weh_malloc(3 * len + 32);
    char *at = uri;

    if (uri == NULL) {
        return NULL;
    }
    /* With an empty authority, lest a path that begins with two slashes is taken for one. */
    at = stpcpy(at, path[0] == '/' ? "file://" : "file:");
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)path[i];

        if (byte > 0x20 && byte < 0x7f && byte != '%' && byte != '?' && byte != '#') {
            *at++ = path[i];
        } else {
            *at++ = '%';
            *at++ = hex[byte >> 4];
            *at++ = hex[byte & 15];
        }
    }
    memcpy(at, "?immutable=1", sizeof("?immutable=1"));
    return uri;
}

/**
 * Without a log beside it nobody writes the file, and a plain look needs neither locks nor the log
 * that SQLite would make and leave behind. With one, it takes part in SQLite's locking as a reader
 * that never checkpoints: otherwise its close could stand in the way of somebody's open.
 */
static int glance(const char *path, sqlite3 **db)
{
    int flags =
        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    char *uri = NULL;
    int rc;

    if (has_log(path)) {
        rc = sqlite3_open_v2(path, db, flags, NULL);
        if (rc == SQLITE_OK) {
            rc = sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        }
        return rc;
    }
    uri = immutable_uri(path);
    if (uri == NULL) {
        return SQLITE_NOMEM;
    }
    rc = sqlite3_open_v2(uri, db, flags | SQLITE_OPEN_URI, NULL);
    weh_free(uri);
    return rc;
}

weh_err weh_glance_open(const char *path, const struct weh_file_bounds *bounds,
                        struct weh_briefcase **out, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = NULL;
    char real_path[PATH_MAX];
    struct stat status;
    weh_err err;
    int rc;

    weh_assert(path != NULL && out != NULL);
    err = weh_beneath(bounds, path, &status, real_path, diag);
    if (err != WEH_OK) {
        return err;
    }
    briefcase = weh_calloc(1, sizeof(*briefcase));
    if (briefcase == NULL) {
        return weh_fail_nomem(diag);
    }
    briefcase->readonly = true;
    rc = glance(real_path, &briefcase->db);
    if (rc == SQLITE_OK) {
        rc = weh_connection_harden(briefcase->db);
    }
    if (rc != SQLITE_OK) {
        err = weh_sqlite_fail(briefcase->db, rc, diag);
        goto out;
    }
    err = weh_header_check(briefcase, diag);
    if (err == WEH_OK) {
        err = weh_profile_check(briefcase, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    *out = briefcase;
    briefcase = NULL;
out:
    weh_glance_close(briefcase);
    return err;
}

void weh_glance_close(struct weh_briefcase *briefcase)
{
    if (briefcase == NULL) {
        return;
    }
    weh_stmt_cache_clear(&briefcase->cache, true);
    sqlite3_close(briefcase->db);
    weh_free(briefcase);
}
