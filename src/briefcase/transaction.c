/* src/briefcase/transaction.c - SQLite's transactions and the savepoint around one edit.
 *
 * A writable briefcase always has a transaction open (BEGIN IMMEDIATE), as the native library has;
 * src/txn decides when it ends. SQLite itself rolls back everything when a write fails for want of
 * space or by an I/O error: the rollback hook notices, and nothing can be edited until the layers
 * above have forgotten what they knew and called weh_briefcase_rollback.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "weh/beside.h"
#include "weh/briefcase_txn.h"
#include "weh/sqlite_time.h"

#include "briefcase_priv.h"

weh_err weh_transaction_run(struct weh_briefcase *briefcase, const char *sql, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);
    int rc;

    if (err != WEH_OK) {
        return err;
    }
    rc = weh_sqlite_step(stmt);
    if (rc != SQLITE_DONE) {
        err = weh_db_fail(briefcase, rc, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

/** The same where a failure shows by itself later. */
static void try_run(struct weh_briefcase *briefcase, const char *sql)
{
    weh_err err = weh_transaction_run(briefcase, sql, NULL);

    (void)err;
}

static bool is_in_transaction(const struct weh_briefcase *briefcase)
{
    return sqlite3_get_autocommit(briefcase->db) == 0;
}

static weh_err fail_lost(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_IO, "rolled back to the last saved state");
}

weh_err weh_transaction_ensure(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    if (briefcase->lost) {
        /* What was edited so far is gone: nothing may go on as if it were there. */
        return fail_lost(diag);
    }
    if (briefcase->readonly || is_in_transaction(briefcase)) {
        return WEH_OK;
    }
    briefcase->changes_at_begin = sqlite3_total_changes64(briefcase->db);
    return weh_transaction_run(briefcase, "BEGIN IMMEDIATE", diag);
}

bool weh_briefcase_is_as_saved(const struct weh_briefcase *briefcase)
{
    return !briefcase->readonly && !briefcase->lost && is_in_transaction(briefcase) &&
           sqlite3_total_changes64(briefcase->db) == briefcase->changes_at_begin;
}

void weh_transaction_on_rollback(void *ctx)
{
    struct weh_briefcase *briefcase = ctx;

    briefcase->n_rollbacks++;
    briefcase->n_savepoints = 0;
    briefcase->lost = !briefcase->readonly;
    weh_briefcase_forget_ids(briefcase);
}

/* Not 0: SQLite rolls back instead. A read that fails in the middle of a statement makes SQLite roll
 * everything back and go on without a transaction, which ends with the statement; the R*Tree module then
 * writes what it had begun (SQLite 3.40). Nothing reaches the file but by weh_briefcase_commit. */
int weh_transaction_on_commit(void *ctx)
{
    const struct weh_briefcase *briefcase = ctx;

    return briefcase->may_commit ? 0 : 1;
}

uint64_t weh_briefcase_rollback_count(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->n_rollbacks;
}

bool weh_briefcase_lost_transaction(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->lost;
}

static weh_err refuse_readonly(const struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_assert(briefcase != NULL);
    if (briefcase->readonly) {
        return weh_fail(diag, WEH_E_READ_ONLY, "the briefcase is open for reading only");
    }
    return WEH_OK;
}

/** End the transaction without its changes. Should ROLLBACK itself fail, the connection still holds
 * the old state or is unusable; the next statement tells. */
static void drop_transaction(struct weh_briefcase *briefcase)
{
    briefcase->edit_depth = 0;
    briefcase->n_savepoints = 0;
    if (is_in_transaction(briefcase)) {
        try_run(briefcase, "ROLLBACK");
    }
    if (is_in_transaction(briefcase)) {
        /* Without memory for the statement above. */
        (void)sqlite3_exec(briefcase->db, "ROLLBACK", NULL, NULL, NULL);
    }
    weh_briefcase_forget_ids(briefcase);
    briefcase->lost = false;
}

/** A failure to begin again is not the caller's: what it asked for is done. The next edit begins
 * the transaction, or reports why it cannot. */
static void begin_again(struct weh_briefcase *briefcase)
{
    weh_err err = weh_transaction_ensure(briefcase, NULL);

    (void)err;
}

weh_err weh_briefcase_commit(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err = refuse_readonly(briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(briefcase->edit_depth == 0 || briefcase->lost);
    if (briefcase->lost) {
        drop_transaction(briefcase);
        begin_again(briefcase);
        return fail_lost(diag);
    }
    err = weh_transaction_ensure(briefcase, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_briefcase_flush_ids(briefcase, diag);
    if (err == WEH_OK) {
        briefcase->may_commit = true;
        err = weh_transaction_run(briefcase, "COMMIT", diag);
        briefcase->may_commit = false;
    }
    if (err != WEH_OK) {
        drop_transaction(briefcase);
    } else {
        briefcase->n_savepoints = 0;
        /* Somebody who watches the file reads the new transactions when the time of this one
         * changes; mostly it does not exist. */
        (void)utimensat(AT_FDCWD, briefcase->watch_path, NULL, 0);
    }
    begin_again(briefcase);
    return err;
}

weh_err weh_briefcase_rollback(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err = refuse_readonly(briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    drop_transaction(briefcase);
    if (is_in_transaction(briefcase)) {
        return weh_fail(diag, WEH_E_DB, "the changes cannot be rolled back");
    }
    begin_again(briefcase);
    return WEH_OK;
}

static weh_err begin_edit(struct weh_briefcase *briefcase, bool has_savepoint,
                          struct weh_diag *diag)
{
    weh_err err = refuse_readonly(briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_transaction_ensure(briefcase, diag);
    if (err == WEH_OK && briefcase->edit_depth > 0) {
        /* Part of the edit around it, which comes to nothing as a whole when this one fails. */
        briefcase->edit_depth++;
        return WEH_OK;
    }
    if (err == WEH_OK && has_savepoint) {
        err = weh_transaction_run(briefcase, "SAVEPOINT weh_edit", diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    for (int i = 0; i < WEH_N_SEQUENCES; i++) {
        briefcase->sequences_before_edit[i] = briefcase->sequences[i];
    }
    briefcase->edit_depth = 1;
    briefcase->inner_failed = false;
    briefcase->has_savepoint = has_savepoint;
    return WEH_OK;
}

weh_err weh_briefcase_edit_begin(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    return begin_edit(briefcase, true, diag);
}

weh_err weh_briefcase_edit_begin_plain(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    return begin_edit(briefcase, false, diag);
}

void weh_briefcase_edit_lose(struct weh_briefcase *briefcase)
{
    drop_transaction(briefcase);
    briefcase->lost = true;
}

static weh_err undo_edit(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (briefcase->has_savepoint) {
        err = weh_transaction_run(briefcase, "ROLLBACK TO weh_edit", diag);
        if (err == WEH_OK) {
            err = weh_transaction_run(briefcase, "RELEASE weh_edit", diag);
        }
    }
    if (err != WEH_OK) {
        weh_briefcase_edit_lose(briefcase);
        return err;
    }
    for (int i = 0; i < WEH_N_SEQUENCES; i++) {
        briefcase->sequences[i] = briefcase->sequences_before_edit[i];
    }
    return WEH_OK;
}

weh_err weh_briefcase_edit_end(struct weh_briefcase *briefcase, bool keep, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_assert(briefcase != NULL);
    if (briefcase->edit_depth == 0 || briefcase->lost) {
        /* A rollback in the middle of the edit ended it, and everything before it. */
        briefcase->edit_depth = 0;
        return keep ? fail_lost(diag) : WEH_OK;
    }
    if (briefcase->edit_depth > 1) {
        briefcase->edit_depth--;
        briefcase->inner_failed |= !keep;
        return WEH_OK;
    }
    weh_assert(!keep || !briefcase->inner_failed);
    briefcase->edit_depth = 0;
    if (keep && !briefcase->has_savepoint) {
        return WEH_OK;
    }
    if (keep) {
        err = weh_transaction_run(briefcase, "RELEASE weh_edit", diag);
        if (err == WEH_OK) {
            return WEH_OK;
        }
        /* The caller is told that the edit failed. */
        weh_err undo_err = undo_edit(briefcase, NULL);
        (void)undo_err;
        return err;
    }
    return undo_edit(briefcase, diag);
}

weh_err weh_briefcase_read_begin(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err;

    weh_assert(briefcase != NULL);
    if (!briefcase->readonly || is_in_transaction(briefcase)) {
        return WEH_OK;
    }
    err = weh_transaction_run(briefcase, "BEGIN", diag);
    briefcase->in_read = err == WEH_OK;
    return err;
}

void weh_briefcase_read_end(struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    if (briefcase->in_read) {
        briefcase->in_read = false;
        try_run(briefcase, "COMMIT");
    }
}
