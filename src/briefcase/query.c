/* src/briefcase/query.c - statements under a guard: the authorizer, the deadline, the size of values.
 *
 * One authorizer is set when a file is opened and stays: setting one makes SQLite prepare every cached
 * statement anew. It lets everything pass while no guard is there.
 */
#include <string.h>

#include "weh/buf.h"
#include "weh/clock.h"
#include "weh/db_query.h"
#include "weh/sqlite_time.h"

#include "briefcase_priv.h"
#include "query_memory.h"

/* A step may hold so many of the longest values at a time. */
#define VALUES_HELD 4

int weh_query_authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                        const char *trigger)
{
    const struct weh_briefcase *briefcase = ctx;
    const struct weh_query_guard *guard = briefcase->guard;

    (void)trigger;
    if (guard == NULL) {
        return SQLITE_OK;
    }
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        /* Subqueries are tables without a database, named by us. */
        if (a == NULL || database == NULL || a[0] == '\0') {
            return SQLITE_OK;
        }
        return strcmp(database, "main") == 0 && guard->may_read(guard->ctx, a) ? SQLITE_OK
                                                                               : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return b != NULL && guard->may_call(guard->ctx, b) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* Others may run meanwhile, whose memory is not this step's. */
static bool asks_to_stop(const struct weh_query_guard *guard)
{
    struct weh_query_memory *memory = weh_query_memory_pause();
    bool stops = guard->stop(guard->ctx);

    weh_query_memory_resume(memory);
    return stops;
}

bool weh_query_is_over(struct weh_briefcase *briefcase)
{
    const struct weh_query_guard *guard = briefcase->guard;

    if (guard == NULL) {
        return false;
    }
    if (weh_query_memory_is_over() ||
        (briefcase->cancel != NULL &&
         atomic_load_explicit(briefcase->cancel, memory_order_relaxed))) {
        return true;
    }
    if (guard->space != NULL && guard->space->used_bytes > guard->space->limit_bytes) {
        briefcase->expired = true;
        return true;
    }
    if ((guard->stop != NULL && asks_to_stop(guard)) ||
        (guard->deadline_us != 0 && weh_clock_coarse_us() >= guard->deadline_us)) {
        briefcase->expired = true;
        return true;
    }
    return false;
}

void weh_query_give_text(sqlite3_context *context, const struct weh_buf *buf)
{
    if (buf->err == WEH_E_NOMEM) {
        sqlite3_result_error_nomem(context);
    } else if (buf->err != WEH_OK) {
        sqlite3_result_error_toobig(context);
    } else {
        sqlite3_result_text64(context, buf->len == 0 ? "" : (const char *)buf->data, buf->len,
                              SQLITE_TRANSIENT, SQLITE_UTF8);
    }
}

/* SQLite's messages name tables and columns as the statement does, which is nobody's business; those
 * that begin so do not, or name only functions. */
static weh_err refuse(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    static const char *const harmless[] = {
        "misuse of ",
        "wrong number of arguments",
        "Expression tree is too large",
        "too many ",
        "no such function",
        "recursive reference",
        "circular reference",
        "malformed JSON",
        "JSON cannot hold",
        "bad JSON path",
        "JSON path error",
        "integer overflow",
        "unable to use function",
        "frame ",
        "RANGE ",
        "aggregate functions are not allowed",
        "ESCAPE ",
        "LIKE ",
        "parser stack overflow",
        "not authorized",
        "Illegal input",
        "expect",
        "string expression expected",
        "regex:",
        "regexp_extract:",
        "the text is too long",
        "datatype mismatch",
        "duplicate WITH table name",
        "IdSet ",
        "ec_class",
        "argument of ",
        "second argument",
        "DISTINCT ",
        "multiple recursive",
        "a GROUP BY clause",
    };
    const char *message = sqlite3_errmsg(briefcase->db);
    weh_err err;

    for (size_t i = 0; i < WEH_ARRAY_LEN(harmless); i++) {
        if (strncmp(message, harmless[i], strlen(harmless[i])) == 0) {
            return weh_fail(diag, WEH_E_QUERY, "%s", message);
        }
    }
    err = weh_fail(diag, WEH_E_QUERY, "the query cannot be run");
    weh_diag_detail(diag, "sqlite: %s", message);
    return err;
}

static bool is_own_fault(int rc)
{
    int primary = rc & 0xff;

    return primary == SQLITE_ERROR || primary == SQLITE_AUTH || primary == SQLITE_MISMATCH ||
           primary == SQLITE_RANGE || primary == SQLITE_CONSTRAINT;
}

static void guard_begin(struct weh_briefcase *briefcase, const struct weh_query_guard *guard,
                        int *old_limit)
{
    briefcase->guard = guard;
    briefcase->expired = false;
    /* A step may lower it further. */
    *old_limit = sqlite3_limit(briefcase->db, SQLITE_LIMIT_LENGTH,
                               guard->value_bytes > 0 ? (int)guard->value_bytes : -1);
}

static void guard_end(struct weh_briefcase *briefcase, int old_limit)
{
    (void)sqlite3_limit(briefcase->db, SQLITE_LIMIT_LENGTH, old_limit);
    briefcase->guard = NULL;
}

weh_err weh_query_acquire(struct weh_briefcase *briefcase, const struct weh_query_guard *guard,
                          const char *sql, sqlite3_stmt **out, struct weh_diag *diag)
{
    int old_limit = -1;
    weh_err err;

    weh_assert(briefcase != NULL && guard != NULL && briefcase->guard == NULL);
    guard_begin(briefcase, guard, &old_limit);
    err = weh_stmt_acquire(briefcase, sql, out, diag);
    guard_end(briefcase, old_limit);
    if (err == WEH_E_DB && is_own_fault(sqlite3_errcode(briefcase->db))) {
        return refuse(briefcase, diag);
    }
    if (err == WEH_OK && sqlite3_stmt_readonly(*out) == 0) {
        weh_stmt_release(briefcase, *out);
        *out = NULL;
        return weh_fail(diag, WEH_E_QUERY, "not authorized");
    }
    return err;
}

/* What became of a step that ended with @rc. */
static weh_err outcome(struct weh_briefcase *briefcase, const struct weh_query_memory *memory,
                       int rc, bool *row, bool *expired, struct weh_diag *diag)
{
    const struct weh_query_space *space = memory->space;
    const bool is_stopped = (rc & 0xff) == SQLITE_TOOBIG || (rc & 0xff) == SQLITE_INTERRUPT;

    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        *row = rc == SQLITE_ROW;
        return WEH_OK;
    }
    if (memory->file_rc != SQLITE_OK) {
        return weh_fail(diag, (memory->file_rc & 0xff) == SQLITE_FULL ? WEH_E_DISK_FULL : WEH_E_IO,
                        "a temporary file of the query failed; nothing else did");
    }
    if (space != NULL && space->used_bytes > space->limit_bytes) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the query takes too much temporary space");
    }
    if (is_stopped && memory->is_over && !memory->is_late) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the query takes too much memory");
    }
    if (is_stopped && (memory->is_late || briefcase->expired)) {
        *expired = true;
        return WEH_OK;
    }
    return is_own_fault(rc) ? refuse(briefcase, diag) : weh_db_fail(briefcase, rc, diag);
}

weh_err weh_query_step(struct weh_briefcase *briefcase, const struct weh_query_guard *guard,
                       sqlite3_stmt *stmt, bool *row, bool *expired, struct weh_diag *diag)
{
    struct weh_query_memory memory = { .db = briefcase->db,
                                       .limit_bytes = INT64_MAX,
                                       .space = guard->space,
                                       .deadline_us = &guard->deadline_us };
    int old_limit = -1;
    int rc;

    weh_assert(guard != NULL && briefcase->guard == NULL);
    *row = false;
    *expired = false;
    guard_begin(briefcase, guard, &old_limit);
    if (guard->value_bytes > 0) {
        memory.limit_bytes = (int64_t)guard->value_bytes * VALUES_HELD;
    }
    weh_query_memory_begin(&memory);
    briefcase->interruptible = true;
    rc = weh_sqlite_step(stmt);
    briefcase->interruptible = false;
    (void)weh_query_memory_pause();
    guard_end(briefcase, old_limit);
    return outcome(briefcase, &memory, rc, row, expired, diag);
}
