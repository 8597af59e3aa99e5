/* include/weh/db_query.h - statements made from what a client asked: read-only, bounded, cancellable.
 *
 * Only for the data side. SQLite itself checks such a statement while it is prepared (the authorizer):
 * it may read what the guard names, and call what the guard names, and nothing else.
 */
#ifndef WEH_DB_QUERY_H
#define WEH_DB_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/db.h"

struct weh_buf;

/** What a statement has put into temporary files so far, over all its steps, and may. */
struct weh_query_space {
    uint64_t used_bytes;
    uint64_t limit_bytes;
};

/** What a statement may do; kept while it is prepared or steps. */
struct weh_query_guard {
    bool (*may_read)(void *ctx, const char *table);
    bool (*may_call)(void *ctx, const char *function);
    /** Asked now and then while the statement steps: true stops it as its deadline would. May be NULL. */
    bool (*stop)(void *ctx);
    void *ctx;
    struct weh_query_space *space; /* NULL: no limit */
    uint64_t deadline_us;          /* of weh_clock_mono_us; 0: none */
    uint32_t
        value_bytes; /* longest text or blob that may come into being; a step may hold about four of
                           * them at a time; 0: SQLite's own limit */
};

/**
 * As weh_stmt_acquire, under @guard. WEH_E_QUERY when SQLite or the guard refuses it: the text says why
 * without repeating the statement.
 */
WEH_MUST_CHECK weh_err weh_query_acquire(struct weh_briefcase *briefcase,
                                         const struct weh_query_guard *guard, const char *sql,
                                         sqlite3_stmt **out, struct weh_diag *diag);

/**
 * As weh_stmt_step, under @guard. *@expired: the deadline is over and the statement stopped; nothing
 * more comes out of it. WEH_E_QUERY when the statement itself fails (a function refuses its arguments,
 * JSON that is none ...); WEH_E_TOO_LARGE when a value is too long, or all of them together.
 */
WEH_MUST_CHECK weh_err weh_query_step(struct weh_briefcase *briefcase,
                                      const struct weh_query_guard *guard, sqlite3_stmt *stmt,
                                      bool *row, bool *expired, struct weh_diag *diag);

/** For an SQL function that takes long: has the query of @briefcase to end? It is noted; the function fails with
 * SQLITE_INTERRUPT then. False when none runs. */
bool weh_query_is_over(struct weh_briefcase *briefcase);
/** The answer of an SQL function is the text in @buf, or that there is no memory, or that it is too long. Copied. */
void weh_query_give_text(sqlite3_context *context, const struct weh_buf *buf);

#endif
