/* src/txn/rest.c - what of a stack is not in the file, kept while the file is closed. */
#include "weh/alloc.h"
#include "weh/txn_rest.h"

#include "stack_priv.h"

struct weh_txn_rest {
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

    weh_assert(stack != NULL && out != NULL);
    if (rest == NULL) {
        return weh_fail_nomem(diag);
    }
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

void weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest)
{
    weh_assert(stack != NULL && rest != NULL);
    stack->session_first = rest->session_first;
    stack->current = rest->current;
    stack->may_have_reversed = rest->may_have_reversed;
    stack->pending = rest->pending;
    stack->floor = rest->floor;
    weh_free(stack->redo);
    stack->redo = rest->redo;
    stack->n_redo = rest->n_redo;
    stack->redo_capacity = rest->redo_capacity;
    weh_free(rest);
}

void weh_txn_rest_destroy(struct weh_txn_rest *rest)
{
    if (rest != NULL) {
        weh_free(rest->redo);
        weh_free(rest);
    }
}
