/* src/briefcase/savepoint.c - marks in what is unsaved, to which it can be rolled back.
 *
 * SQLite's savepoints under numbers, with the id sequences that belong to them; names are the
 * transaction stack's. They stand outside of edits, lie inside each other, and end with the
 * transaction.
 */
#include <stdio.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"

#include "briefcase_priv.h"

static weh_err run_numbered(struct weh_briefcase *briefcase, const char *verb, uint32_t number,
                            struct weh_diag *diag)
{
    char sql[64];

    (void)snprintf(sql, sizeof(sql), "%s weh_mark_%u", verb, (unsigned)number);
    return weh_transaction_run(briefcase, sql, diag);
}

uint32_t weh_briefcase_savepoint_count(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->n_savepoints;
}

weh_err weh_briefcase_savepoint(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    struct weh_sequences *mark;
    weh_err err;

    weh_assert(briefcase != NULL && briefcase->edit_depth == 0);
    if (briefcase->readonly) {
        return weh_fail(diag, WEH_E_READ_ONLY, "the briefcase is open for reading only");
    }
    if (briefcase->n_savepoints == WEH_MAX_SAVEPOINTS) {
        return weh_fail(diag, WEH_E_LIMIT, "at most %d savepoints inside each other",
                        WEH_MAX_SAVEPOINTS);
    }
    if (briefcase->savepoints == NULL) {
        briefcase->savepoints = weh_calloc(WEH_MAX_SAVEPOINTS, sizeof(*briefcase->savepoints));
    }
    if (briefcase->savepoints == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_transaction_ensure(briefcase, diag);
    if (err == WEH_OK) {
        err = run_numbered(briefcase, "SAVEPOINT", briefcase->n_savepoints, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    mark = &briefcase->savepoints[briefcase->n_savepoints++];
    for (int i = 0; i < WEH_N_SEQUENCES; i++) {
        mark->items[i] = briefcase->sequences[i];
    }
    return WEH_OK;
}

weh_err weh_briefcase_savepoint_rollback(struct weh_briefcase *briefcase, uint32_t number,
                                         struct weh_diag *diag)
{
    weh_err err;

    weh_assert(briefcase != NULL && briefcase->edit_depth == 0);
    weh_assert(number < briefcase->n_savepoints);
    err = run_numbered(briefcase, "ROLLBACK TO", number, diag);
    if (err != WEH_OK) {
        /* What is in the file now is not known. */
        weh_briefcase_edit_lose(briefcase);
        return err;
    }
    briefcase->n_savepoints = number + 1;
    for (int i = 0; i < WEH_N_SEQUENCES; i++) {
        briefcase->sequences[i] = briefcase->savepoints[number].items[i];
    }
    return WEH_OK;
}

weh_err weh_briefcase_savepoint_release(struct weh_briefcase *briefcase, uint32_t number,
                                        struct weh_diag *diag)
{
    weh_err err;

    weh_assert(briefcase != NULL && briefcase->edit_depth == 0);
    weh_assert(number < briefcase->n_savepoints);
    err = run_numbered(briefcase, "RELEASE", number, diag);
    if (err == WEH_OK) {
        briefcase->n_savepoints = number;
    }
    return err;
}
