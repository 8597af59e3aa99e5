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
 * Take what the file does not say out of @stack, which may rest. Only weh_txn_resume or
 * weh_txn_stack_destroy may follow for @stack.
 *
 * @out  owned by the caller.
 *
 * WEH_E_NOMEM: nothing has changed.
 */
WEH_MUST_CHECK weh_err weh_txn_rest(struct weh_txn_stack *stack, struct weh_txn_rest **out,
                                    struct weh_diag *diag);

/** Let @stack go on where @rest (taken) was taken: the same one, or one made anew of the same file in the
 * same state, which is the caller's to know. */
void weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest);

/** NULL is fine. */
void weh_txn_rest_destroy(struct weh_txn_rest *rest);

#endif
