/* include/weh/sqlite_time.h - how long SQLite takes, counted for the calling thread.
 *
 * Whoever steps a statement of an iModel does it with weh_sqlite_step. What SQLite calls back (functions,
 * hooks, a request that runs within a query's progress handler) is part of its time.
 */
#ifndef WEH_SQLITE_TIME_H
#define WEH_SQLITE_TIME_H

#include <stdint.h>

#include <sqlite3.h>

/**
 * sqlite3_step. The first step of a statement is timed; of those to its further rows one in eight, which
 * counts for all: looking at the clock takes a tenth of the time of such a step.
 */
int weh_sqlite_step(sqlite3_stmt *stmt);

/** sqlite3_exec of @sql; whatever it answers with rows is dropped. */
int weh_sqlite_exec(sqlite3 *db, const char *sql);

/** sqlite3_prepare_v3 of the NUL-terminated @sql, to be kept for long. @len without the NUL. */
int weh_sqlite_prepare(sqlite3 *db, const char *sql, int len, sqlite3_stmt **out);

/** Microseconds since the thread asked last. */
uint64_t weh_sqlite_time_take(void);

#endif
