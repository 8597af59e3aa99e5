/* include/weh/db.h - SQLite as the data side sees it: cached statements and error translation.
 *
 * Only for src/briefcase and the folders above it up to src/bis: nobody else may see sqlite3.h.
 * Everything belongs to one open briefcase and is used by one thread at a time.
 */
#ifndef WEH_DB_H
#define WEH_DB_H

#include <sqlite3.h>

#include "weh/briefcase.h"
#include "weh/err.h"
#include "weh/str.h"

/** The connection of @briefcase, open until it is closed. Borrowed. */
sqlite3 *weh_briefcase_db(struct weh_briefcase *briefcase);

/**
 * A prepared statement for @sql, from the briefcase's cache or prepared now.
 *
 * Reset and without bindings. Give it back with weh_stmt_release; until then nobody else gets it
 * (a second request for the same text while it is out prepares another).
 *
 * @sql  NUL-terminated; copied when it is new.
 * @out  borrowed from the cache.
 *
 * Errors as weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_stmt_acquire(struct weh_briefcase *briefcase, const char *sql,
                                        sqlite3_stmt **out, struct weh_diag *diag);

/** Reset, clear the bindings and put back (NULL is fine). */
void weh_stmt_release(struct weh_briefcase *briefcase, sqlite3_stmt *stmt);

/** Run @sql, which may be several statements without results. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_db_exec(struct weh_briefcase *briefcase, const char *sql,
                                   struct weh_diag *diag);

/** Step a statement that gives no row. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_stmt_run(struct weh_briefcase *briefcase, sqlite3_stmt *stmt,
                                    struct weh_diag *diag);

/**
 * Step; *@row tells whether there is a row to read. Errors as weh_db_fail.
 *
 * A statement that only reads ends with WEH_E_CANCELLED when the cancel flag is set. One that writes
 * does not: SQLite would roll back everything unsaved with it.
 */
WEH_MUST_CHECK weh_err weh_stmt_step(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, bool *row,
                                     struct weh_diag *diag);

/** The text column @column of the current row as a view, valid until the next step or reset. */
struct weh_str weh_stmt_text(sqlite3_stmt *stmt, int column);

/**
 * Turn the connection's extended result @rc into ours: SQLITE_BUSY and _LOCKED to BUSY, _FULL to
 * DISK_FULL, _IOERR to IO, _CORRUPT and _NOTADB to CORRUPT, _NOMEM to NOMEM, _INTERRUPT to
 * CANCELLED, _TOOBIG to TOO_LARGE, _READONLY to READ_ONLY, _CONSTRAINT_FOREIGNKEY to FOREIGN_KEY,
 * _CONSTRAINT_UNIQUE/PRIMARYKEY to NOT_UNIQUE, _ABORT_ROLLBACK (another statement failed so) to IO, other _CONSTRAINT to WRITE, the rest to DB. The
 * SQLite message goes to the log's detail, never to the client.
 */
weh_err weh_db_fail(struct weh_briefcase *briefcase, int rc, struct weh_diag *diag);

/** The same for a connection without a briefcase. @db may be NULL. */
weh_err weh_sqlite_fail(sqlite3 *db, int rc, struct weh_diag *diag);

#endif
