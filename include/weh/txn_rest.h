/* include/weh/txn_rest.h - a stack put to rest while nothing is unsaved, and taken up again.
 *
 * In between its briefcase may be closed and opened anew. The client of the stack notices nothing: the
 * session of transactions goes on, undo and redo reach as far as before.
 */
#ifndef WEH_TXN_REST_H
#define WEH_TXN_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redo_range;
struct weh_txn_stack;

/** What the file does not say. The members are the stack's; zeroed memory is an empty one. */
struct weh_txn_rest {
    uint64_t session_first;
    uint64_t current;
    uint64_t floor[3];
    struct redo_range *redo;
    size_t n_redo;
    size_t redo_capacity;
    uint64_t author_written;
    int pending;
    bool may_have_reversed;
};

/** True when nothing would be lost: nothing unsaved, no savepoint, no open operation, no recovery
 * journal that waits for a decision, no schema change. */
bool weh_txn_may_rest(struct weh_txn_stack *stack);

/** Take what the file does not say out of @stack, which may rest. Only weh_txn_resume or
 * weh_txn_stack_destroy may follow for @stack. */
void weh_txn_rest(struct weh_txn_stack *stack, struct weh_txn_rest *out);

/** Let @stack go on where @rest, which is empty afterwards, was taken: the same one, or one made anew of
 * the same file in the same state, which is the caller's to know. */
void weh_txn_resume(struct weh_txn_stack *stack, struct weh_txn_rest *rest);

void weh_txn_rest_fini(struct weh_txn_rest *rest);

#endif
