/* include/weh/txn_rest.h - a stack put to rest while nothing is unsaved, and taken up again.
 *
 * In between its briefcase may be closed and opened anew. The client of the stack notices nothing: the
 * session of transactions goes on, undo and redo reach as far as before.
 */
#ifndef WEH_TXN_REST_H
#define WEH_TXN_REST_H

#include <stdbool.h>

#include "weh/err.h"

struct weh_txn_rest;
struct weh_txn_stack;

/** True when nothing would be lost: nothing unsaved, no savepoint, no open operation, no recovery
 * journal that waits for a decision, no schema change. */
bool weh_txn_may_rest(struct weh_txn_stack *stack);

/**
 * Take down what the file does not say. Only weh_txn_stack_destroy may follow for @stack.
 *
 * @out  owned by the caller.
 *
 * WEH_E_NOMEM, those of weh_db_fail: nothing has changed.
 */
WEH_MUST_CHECK weh_err weh_txn_rest(struct weh_txn_stack *stack, struct weh_txn_rest **out,
                                    struct weh_diag *diag);

/**
 * Let @stack, made anew of the same file, go on where @rest was taken.
 *
 * @rest  used up when *@same, else left as it was.
 * @same  false when the saved state of the file is another one: then the stack stays what it is, that of
 *        a file just opened.
 *
 * WEH_E_NOMEM, those of weh_db_fail: nothing has changed.
 */
WEH_MUST_CHECK weh_err weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest,
                                      bool *same, struct weh_diag *diag);

void weh_txn_rest_destroy(struct weh_txn_rest *rest);

#endif
