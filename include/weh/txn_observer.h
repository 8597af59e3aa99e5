/* include/weh/txn_observer.h - what a transaction stack tells and asks while it works.
 *
 * All of it is called by the thread that called the stack, before that call returns.
 */
#ifndef WEH_TXN_OBSERVER_H
#define WEH_TXN_OBSERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/changes.h"
#include "weh/err.h"
#include "weh/id.h"

/**
 * Told what happens, in the order of iTwin.js' TxnManager events; each may be NULL.
 *
 * Save: commit, elements/models, committed; nothing at all when nothing had changed. A save that
 * fails after its start has told commit only. Undo and redo: before_undo_redo, then for each
 * transaction elements/models, then after_undo_redo; all of it when the work is durable, so that a
 * failed undo tells nothing. Nothing here may call back into the stack but weh_txn_get_state.
 *
 * What is told of an undo can be looked up in the file only while it is as that transaction has left it: noted is
 * called then, with each list that changed gets later, in the same order. What it answers, unless WEH_OK, ends the
 * work; then nothing is told.
 */
struct weh_txn_observer {
    void *ctx;
    void (*commit)(void *ctx);
    weh_err (*noted)(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag);
    /** @changes borrowed for the call. @txn_id the transaction saved, reversed or reinstated. */
    void (*changed)(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes);
    /** Instead of a list that cannot be brought back from a temporary file. */
    void (*untold)(void *ctx);
    void (*committed)(void *ctx, struct weh_txn_id txn_id, bool has_pending_txns, int64_t time_ms);
    void (*before_undo_redo)(void *ctx, bool is_undo);
    void (*after_undo_redo)(void *ctx, bool is_undo);
    /** Around what others have saved. */
    void (*replay)(void *ctx, bool is_over);
};

/** Makes the dependent changes of a save (model times and geometry GUIDs); they are recorded as
 * indirect. Set by the layer that knows the BIS rules. */
struct weh_txn_propagator {
    void *ctx;
    weh_err (*propagate)(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag);
    /** The save is durable; may be NULL. Without it, @propagate may be called once more. */
    void (*saved)(void *ctx);
};

/** Asked now and then during a long save, undo or redo, before it commits: what it answers, unless
 * WEH_OK, ends the work. @done and @total are in no particular unit. */
struct weh_txn_watch {
    void *ctx;
    weh_err (*step)(void *ctx, uint64_t done, uint64_t total, struct weh_diag *diag);
};

#endif
