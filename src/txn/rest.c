/* src/txn/rest.c - what of a stack is not in the file, kept while the file is closed.
 *
 * Whether the file is still what it was is told by the fingerprint of the recovery journal: every save, undo,
 * push or pull changes it.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/txn_rest.h"

#include "journal_priv.h"

struct weh_txn_rest {
    uint8_t fingerprint[JOURNAL_FINGERPRINT_BYTES];
    uint64_t session_first;
    uint64_t current;
    bool may_have_reversed;
    enum known pending;
    struct txn_floor floor;
    struct redo_range *redo;
    size_t n_redo;
    size_t redo_capacity;
};

bool weh_txn_may_rest(struct weh_txn_stack *stack)
{
    return stack_enter(stack, NULL) == WEH_OK && stack->state == TXN_IDLE && !stack->recorder.any &&
           stack->n_groups == 0 && stack->n_savepoints == 0 && !stack->restart_unsaved &&
           !stack->journal.pending && !stack->journal.exists && !weh_txn_has_met_schema(stack) &&
           !weh_briefcase_lost_transaction(stack->briefcase);
}

weh_err weh_txn_rest(struct weh_txn_stack *stack, struct weh_txn_rest **out, struct weh_diag *diag)
{
    struct weh_txn_rest *rest = weh_calloc(1, sizeof(*rest));
    weh_err err;

    if (rest == NULL) {
        return weh_fail_nomem(diag);
    }
    err = journal_fingerprint(stack, diag);
    if (err != WEH_OK) {
        weh_free(rest);
        return err;
    }
    memcpy(rest->fingerprint, stack->journal.fingerprint, sizeof(rest->fingerprint));
    rest->session_first = stack->session_first;
    rest->current = stack->current;
    rest->may_have_reversed = stack->may_have_reversed;
    rest->pending = stack->pending;
    rest->floor = stack->floor;
    rest->redo = stack->redo;
    rest->n_redo = stack->n_redo;
    rest->redo_capacity = stack->redo_capacity;
    stack->redo = NULL;
    stack->n_redo = 0;
    stack->redo_capacity = 0;
    *out = rest;
    return WEH_OK;
}

weh_err weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest, bool *same,
                       struct weh_diag *diag)
{
    weh_err err = journal_fingerprint(stack, diag);

    *same = err == WEH_OK &&
            memcmp(rest->fingerprint, stack->journal.fingerprint, sizeof(rest->fingerprint)) == 0;
    if (!*same) {
        return err;
    }
    stack->session_first = rest->session_first;
    stack->current = rest->current;
    stack->may_have_reversed = rest->may_have_reversed;
    stack->pending = rest->pending;
    stack->floor = rest->floor;
    weh_free(stack->redo);
    stack->redo = rest->redo;
    stack->n_redo = rest->n_redo;
    stack->redo_capacity = rest->redo_capacity;
    rest->redo = NULL;
    return WEH_OK;
}

void weh_txn_rest_destroy(struct weh_txn_rest *rest)
{
    if (rest != NULL) {
        weh_free(rest->redo);
        weh_free(rest);
    }
}
