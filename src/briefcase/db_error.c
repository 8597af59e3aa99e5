/* src/briefcase/db_error.c - SQLite's results as our errors, and statements run at once.
 *
 * Not the statement cache (stmt_cache.c) and not transactions (transaction.c).
 */
#include "weh/sqlite_time.h"

#include "briefcase_priv.h"

/* Result codes that say more than their primary code, then primary codes. */
/* clang-format off */
static const struct {
    int rc;
    weh_err err;
    const char *text; /* for the client */
} results[] = {
    { SQLITE_CONSTRAINT_FOREIGNKEY, WEH_E_FOREIGN_KEY, "something else refers to it, or it refers to nothing" },
    { SQLITE_CONSTRAINT_UNIQUE,     WEH_E_NOT_UNIQUE,  "a value that must be unique is taken" },
    { SQLITE_CONSTRAINT_PRIMARYKEY, WEH_E_NOT_UNIQUE,  "an id that must be unique is taken" },
    { SQLITE_CONSTRAINT_ROWID,      WEH_E_NOT_UNIQUE,  "an id that must be unique is taken" },
    { SQLITE_IOERR_NOMEM,           WEH_E_NOMEM,       "out of memory" },
    { SQLITE_ABORT_ROLLBACK,        WEH_E_IO,          "rolled back to the last saved state" },
    { SQLITE_CONSTRAINT,            WEH_E_WRITE,       "the edit breaks a rule of the file" },
    { SQLITE_BUSY,                  WEH_E_BUSY,        "the file is locked by another process" },
    { SQLITE_LOCKED,                WEH_E_BUSY,        "the file is locked" },
    { SQLITE_PROTOCOL,              WEH_E_BUSY,        "the file is locked by another process" },
    { SQLITE_CANTOPEN,              WEH_E_IO,          "the file cannot be opened" },
    { SQLITE_FULL,                  WEH_E_DISK_FULL,   "no space left; unsaved changes were rolled back" },
    { SQLITE_IOERR,                 WEH_E_IO,          "the storage failed; unsaved changes may have been rolled back (txns.state tells)" },
    { SQLITE_CORRUPT,               WEH_E_CORRUPT,     "the file is damaged" },
    { SQLITE_NOTADB,                WEH_E_CORRUPT,     "the file is damaged" },
    { SQLITE_NOMEM,                 WEH_E_NOMEM,       "out of memory" },
    { SQLITE_INTERRUPT,             WEH_E_CANCELLED,   "cancelled" },
    { SQLITE_TOOBIG,                WEH_E_TOO_LARGE,   "a value or statement is too large" },
    { SQLITE_READONLY,              WEH_E_READ_ONLY,   "the file cannot be written" },
};
/* clang-format on */

static size_t find_result(int rc)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(results); i++) {
        if (results[i].rc == rc) {
            return i;
        }
    }
    return WEH_ARRAY_LEN(results);
}

weh_err weh_sqlite_fail(sqlite3 *db, int rc, struct weh_diag *diag)
{
    size_t row = find_result(rc);
    weh_err err = WEH_E_DB;

    if (row == WEH_ARRAY_LEN(results)) {
        row = find_result(rc & 0xff);
    }
    if (row == WEH_ARRAY_LEN(results)) {
        err = weh_fail(diag, WEH_E_DB, "the database failed");
    } else {
        err = weh_fail(diag, results[row].err, "%s", results[row].text);
    }
    weh_diag_detail(diag, "sqlite %d: %s", rc,
                    db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(db));
    return err;
}

weh_err weh_db_fail(struct weh_briefcase *briefcase, int rc, struct weh_diag *diag)
{
    weh_assert(briefcase != NULL);
    return weh_sqlite_fail(briefcase->db, rc, diag);
}

weh_err weh_db_exec(struct weh_briefcase *briefcase, const char *sql, struct weh_diag *diag)
{
    weh_err err;
    int rc;

    weh_assert(briefcase != NULL && sql != NULL);
    err = weh_transaction_ensure(briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    rc = weh_sqlite_exec(briefcase->db, sql);
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(briefcase, rc, diag);
}

weh_err weh_stmt_step(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, bool *row,
                      struct weh_diag *diag)
{
    /* A function that a query calls may step statements of its own. */
    bool within = briefcase->interruptible;
    int rc;

    weh_assert(briefcase != NULL && stmt != NULL && row != NULL);
    *row = false;
    /* SQLite answers an interrupted write by rolling back the whole transaction, which would take
     * everything unsaved with it; so only reading statements can be cancelled. */
    if (sqlite3_stmt_readonly(stmt) != 0) {
        briefcase->interruptible = true;
    } else {
        weh_err err = weh_transaction_ensure(briefcase, diag);

        if (err != WEH_OK) {
            return err;
        }
    }
    rc = weh_sqlite_step(stmt);
    briefcase->interruptible = within;
    if (rc == SQLITE_ROW) {
        *row = true;
        return WEH_OK;
    }
    return rc == SQLITE_DONE ? WEH_OK : weh_db_fail(briefcase, rc, diag);
}

weh_err weh_stmt_run(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    bool row = false;

    return weh_stmt_step(briefcase, stmt, &row, diag);
}

struct weh_str weh_stmt_text(sqlite3_stmt *stmt, int column)
{
    /* The text first: it may convert the value, which changes the size. */
    const unsigned char *text = sqlite3_column_text(stmt, column);
    int n = sqlite3_column_bytes(stmt, column);

    if (text == NULL || n < 0) {
        return (struct weh_str){ NULL, 0 };
    }
    return (struct weh_str){ (const char *)text, (size_t)n };
}
