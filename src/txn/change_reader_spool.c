/* src/txn/change_reader_spool.c - a temporary database that sorts rows by instance.
 *
 * SQLite keeps it in a file of its own that has no name and goes with the connection; what is in
 * memory is its page cache. Nothing here knows what the rows mean.
 */
#include <limits.h>

#include "weh/sqlite_time.h"

#include "change_reader_priv.h"

#define PAGE_SIZE 4096
#define CACHE_KB  "2048"

weh_err spool_fail(const struct spool *spool, int rc, struct weh_diag *diag)
{
    weh_err err;

    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return weh_fail_nomem(diag);
    case SQLITE_FULL:
        err = spool->max_pages != 0
                  ? weh_fail(diag, WEH_E_LIMIT,
                             "the transactions are too large to be read at once, or no space is "
                             "left for temporary files")
                  : weh_fail(diag, WEH_E_DISK_FULL, "no space left for temporary files");
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        err = rc == SQLITE_IOERR_NOMEM
                  ? weh_fail_nomem(diag)
                  : weh_fail(diag, WEH_E_IO, "the storage of temporary files failed");
        break;
    case SQLITE_TOOBIG:
        err = weh_fail(diag, WEH_E_TOO_LARGE, "a row is too large");
        break;
    default:
        err = weh_fail(diag, WEH_E_DB, "the temporary database failed");
        break;
    }
    weh_diag_detail(diag, "sqlite %d: %s", rc,
                    spool->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(spool->db));
    return err;
}

static weh_err prepare(struct spool *spool, const char *sql, sqlite3_stmt **out,
                       struct weh_diag *diag)
{
    int rc = sqlite3_prepare_v3(spool->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);

    return rc == SQLITE_OK ? WEH_OK : spool_fail(spool, rc, diag);
}

static weh_err run(struct spool *spool, const char *sql, struct weh_diag *diag)
{
    int rc = sqlite3_exec(spool->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? WEH_OK : spool_fail(spool, rc, diag);
}

static weh_err set_up(struct spool *spool, struct weh_diag *diag)
{
    char sql[64];
    weh_err err = run(spool,
                      "PRAGMA page_size=4096;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"
                      "PRAGMA cache_size=-" CACHE_KB ";PRAGMA temp_store=FILE;"
                      "CREATE TABLE r(seq INTEGER PRIMARY KEY,root,id,key,tab,n,txn,bytes);"
                      "CREATE TABLE c(root,id,class,PRIMARY KEY(root,id)) WITHOUT ROWID;BEGIN",
                      diag);

    if (err == WEH_OK && spool->max_pages != 0) {
        sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count=%llu",
                         (unsigned long long)spool->max_pages);
        err = run(spool, sql, diag);
    }
    if (err == WEH_OK) {
        err = prepare(spool,
                      "INSERT INTO r(root,id,key,tab,n,txn,bytes) VALUES(?1,?2,?3,?4,?5,?6,?7)",
                      &spool->insert, diag);
    }
    if (err == WEH_OK) {
        err =
            prepare(spool, "INSERT OR IGNORE INTO c VALUES(?1,?2,?3)", &spool->class_insert, diag);
    }
    if (err == WEH_OK) {
        err = prepare(spool, "SELECT class FROM c WHERE root=?1 AND id=?2", &spool->class_select,
                      diag);
    }
    return err;
}

weh_err spool_open(struct spool *spool, uint64_t limit_bytes, struct weh_diag *diag)
{
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc;

    *spool = (struct spool){ .max_pages = limit_bytes / PAGE_SIZE };
    if (limit_bytes != 0 && spool->max_pages < 8) {
        spool->max_pages = 8;
    }
    if (spool->max_pages > INT_MAX) {
        spool->max_pages = INT_MAX;
    }
    rc = sqlite3_open_v2("", &spool->db, flags, NULL);
    return rc == SQLITE_OK ? set_up(spool, diag) : spool_fail(spool, rc, diag);
}

void spool_close(struct spool *spool)
{
    sqlite3_finalize(spool->insert);
    sqlite3_finalize(spool->select);
    sqlite3_finalize(spool->class_insert);
    sqlite3_finalize(spool->class_select);
    sqlite3_close(spool->db);
    *spool = (struct spool){ .db = NULL };
}

static int bind_bytes(sqlite3_stmt *stmt, int index, struct weh_str bytes)
{
    return sqlite3_bind_blob64(stmt, index, bytes.len == 0 ? "" : bytes.ptr, bytes.len,
                               SQLITE_STATIC);
}

static weh_err run_once(struct spool *spool, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    int rc = weh_sqlite_step(stmt);
    weh_err err = rc == SQLITE_DONE ? WEH_OK : spool_fail(spool, rc, diag);

    (void)sqlite3_reset(stmt);
    return err;
}

weh_err spool_add(struct spool *spool, const struct spool_row *row, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = spool->insert;
    int rc;

    (void)sqlite3_bind_int64(stmt, 1, row->root);
    (void)sqlite3_bind_int64(stmt, 2, row->id);
    (void)sqlite3_bind_int64(stmt, 4, row->tab);
    (void)sqlite3_bind_int64(stmt, 5, row->n_columns);
    (void)sqlite3_bind_int64(stmt, 6, (sqlite3_int64)row->txn_id);
    rc = bind_bytes(stmt, 3, row->key);
    if (rc == SQLITE_OK) {
        rc = bind_bytes(stmt, 7, row->bytes);
    }
    return rc == SQLITE_OK ? run_once(spool, stmt, diag) : spool_fail(spool, rc, diag);
}

weh_err spool_sort(struct spool *spool, struct weh_diag *diag)
{
    weh_err err = run(spool, "CREATE INDEX k ON r(root,id,key)", diag);

    return err != WEH_OK ? err
                         : prepare(spool,
                                   "SELECT root,id,key,tab,n,txn,bytes FROM r INDEXED BY k "
                                   "ORDER BY root,id,key,seq",
                                   &spool->select, diag);
}

static weh_err get_bytes(const struct spool *spool, int column, struct weh_str *out,
                         struct weh_diag *diag)
{
    out->ptr = sqlite3_column_blob(spool->select, column);
    out->len = (size_t)sqlite3_column_bytes(spool->select, column);
    return out->ptr == NULL && sqlite3_errcode(spool->db) == SQLITE_NOMEM ? weh_fail_nomem(diag)
                                                                          : WEH_OK;
}

weh_err spool_next(struct spool *spool, struct spool_row *out, bool *more, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = spool->select;
    int rc = spool->ended ? SQLITE_DONE : weh_sqlite_step(stmt);
    weh_err err;

    /* A step behind the end would begin again. */
    spool->ended = rc != SQLITE_ROW;
    *more = rc == SQLITE_ROW;
    if (rc != SQLITE_ROW) {
        return rc == SQLITE_DONE ? WEH_OK : spool_fail(spool, rc, diag);
    }
    *out = (struct spool_row){ .root = sqlite3_column_int64(stmt, 0),
                               .id = sqlite3_column_int64(stmt, 1),
                               .tab = (uint32_t)sqlite3_column_int64(stmt, 3),
                               .n_columns = (uint32_t)sqlite3_column_int64(stmt, 4),
                               .txn_id = (uint64_t)sqlite3_column_int64(stmt, 5) };
    err = get_bytes(spool, 2, &out->key, diag);
    return err == WEH_OK ? get_bytes(spool, 6, &out->bytes, diag) : err;
}

weh_err spool_put_class(struct spool *spool, int64_t root, int64_t id, int64_t class_id,
                        struct weh_diag *diag)
{
    (void)sqlite3_bind_int64(spool->class_insert, 1, root);
    (void)sqlite3_bind_int64(spool->class_insert, 2, id);
    (void)sqlite3_bind_int64(spool->class_insert, 3, class_id);
    return run_once(spool, spool->class_insert, diag);
}

weh_err spool_get_class(struct spool *spool, int64_t root, int64_t id, int64_t *out,
                        struct weh_diag *diag)
{
    sqlite3_stmt *stmt = spool->class_select;
    weh_err err = WEH_OK;
    int rc;

    *out = 0;
    (void)sqlite3_bind_int64(stmt, 1, root);
    (void)sqlite3_bind_int64(stmt, 2, id);
    rc = weh_sqlite_step(stmt);
    if (rc == SQLITE_ROW) {
        *out = sqlite3_column_int64(stmt, 0);
    } else if (rc != SQLITE_DONE) {
        err = spool_fail(spool, rc, diag);
    }
    (void)sqlite3_reset(stmt);
    return err;
}
