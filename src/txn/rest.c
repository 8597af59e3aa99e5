/* src/txn/rest.c - what of a stack is not in the file, kept while the file is closed. */
#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/txn_rest.h"

#include "stack_priv.h"

bool weh_txn_may_rest(struct weh_txn_stack *stack)
{
    return stack_enter(stack, NULL) == WEH_OK && stack->state == TXN_IDLE && !stack->recorder.any &&
           stack->n_groups == 0 && stack->n_savepoints == 0 && !stack->restart_unsaved &&
           !stack->journal.pending && !stack->journal.exists && !weh_txn_has_met_schema(stack) &&
           !weh_briefcase_lost_transaction(stack->briefcase);
}

void weh_txn_rest(struct weh_txn_stack *stack, struct weh_txn_rest *out)
{
    weh_assert(stack != NULL && out != NULL);
    *out = (struct weh_txn_rest){
        .session_first = stack->session_first,
        .current = stack->current,
        .floor = { stack->floor.id, stack->floor.below, stack->floor.time },
        .redo = stack->redo,
        .n_redo = stack->n_redo,
        .redo_capacity = stack->redo_capacity,
        .author_written = stack->authors.written,
        .pending = (int)stack->pending,
        .may_have_reversed = stack->may_have_reversed,
    };
    stack->redo = NULL;
    stack->n_redo = 0;
    stack->redo_capacity = 0;
}

void weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest)
{
    weh_assert(stack != NULL && rest != NULL);
    stack->session_first = rest->session_first;
    stack->current = rest->current;
    stack->floor = (struct txn_floor){ rest->floor[0], rest->floor[1], rest->floor[2] };
    weh_free(stack->redo);
    stack->redo = rest->redo;
    stack->n_redo = rest->n_redo;
    stack->redo_capacity = rest->redo_capacity;
    stack->authors.written = rest->author_written;
    stack->pending = (enum known)rest->pending;
    stack->may_have_reversed = rest->may_have_reversed;
    *rest = (struct weh_txn_rest){ 0 };
}

void weh_txn_rest_fini(struct weh_txn_rest *rest)
{
    weh_free(rest->redo);
    *rest = (struct weh_txn_rest){ 0 };
}
