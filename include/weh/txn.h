/* include/weh/txn.h - the undo and redo stack of one open briefcase.
 *
 * Captures what changes with SQLite's session extension, stores each saved transaction as a row of
 * dgn_Txns, reverses and reinstates them (formats: bim-format section 5, native library 5.1.72). A
 * stack belongs to one session and is used by one thread at a time; nothing here locks.
 *
 * States: IDLE (nothing unsaved), IN_TXN (unsaved edits), BROKEN (the database could not be brought
 * back to a known state: every call answers WEH_E_DB, the session must end).
 */
#ifndef WEH_TXN_H
#define WEH_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/changes.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/str.h"
#include "weh/txn_observer.h"

struct weh_briefcase;
struct weh_ec_catalog;
struct weh_txn_stack;

/**
 * Open the stack of @briefcase.
 *
 * @briefcase  kept: must outlive the stack. Read-only, or without recording: saves just commit.
 * @catalog    kept: tells which tables belong to elements.
 * @out        the stack, owned by the caller; untouched on failure.
 *
 * WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_txn_stack_create(struct weh_briefcase *briefcase,
                                            const struct weh_ec_catalog *catalog,
                                            struct weh_txn_stack **out, struct weh_diag *diag);

/** Release @stack (NULL is fine). Unsaved changes are rolled back when the briefcase closes. */
void weh_txn_stack_destroy(struct weh_txn_stack *stack);

/** @observer, @propagator and @watch are copied; @watch NULL: none. */
void weh_txn_set_observer(struct weh_txn_stack *stack, const struct weh_txn_observer *observer);
void weh_txn_set_propagator(struct weh_txn_stack *stack,
                            const struct weh_txn_propagator *propagator);
void weh_txn_set_watch(struct weh_txn_stack *stack, const struct weh_txn_watch *watch);

/** True when rows of the schema tables (ec_*) were or may have been touched through this stack since it
 * was made: edits, undo, redo, whether saved or not. */
bool weh_txn_has_met_schema(const struct weh_txn_stack *stack);

/**
 * True when rows of tracked tables differ from what they were at the last save. An edit that was
 * undone by its opposite or rolled back to its savepoint does not count, nor what SQLite rolled
 * back by itself.
 */
bool weh_txn_has_unsaved(struct weh_txn_stack *stack);

/** What is held for unsaved changes. */
struct weh_txn_held {
    uint64_t memory_bytes;
    uint64_t temporary_bytes; /* in files without a name */
    uint64_t n_rows;          /* that were inserted, changed or deleted */
};
struct weh_txn_held weh_txn_get_held(const struct weh_txn_stack *stack);

/**
 * Save what changed as one transaction, durable when the call returns (WAL, synchronous=FULL).
 *
 * @description  may be empty; at most 64 KiB.
 * @saved        false when nothing had changed (then everything else is untouched).
 * @txn_id       of the new transaction when @saved; 0 in a file without change tracking.
 *
 * WEH_E_TOO_LARGE (the description, or the transaction does not fit into a row), WEH_E_CANCELLED
 * (the watch): what is unsaved is so still. On any other failure it is rolled back: WEH_E_DISK_FULL,
 * WEH_E_IO, WEH_E_NOMEM, WEH_E_DB, and what the propagator answers.
 */
WEH_MUST_CHECK weh_err weh_txn_save(struct weh_txn_stack *stack, struct weh_str description,
                                    bool *saved, struct weh_txn_id *txn_id, struct weh_diag *diag);

/** Drop everything unsaved. */
WEH_MUST_CHECK weh_err weh_txn_abandon(struct weh_txn_stack *stack, struct weh_diag *diag);

/* ---- undo and redo ----
 * They reach the transactions of all sessions that are in the file, ours or the official backend's:
 * those that are not pushed, after the last schema change, after the last restart. New transactions
 * always get ids of the present session. */

/** What was reversed or reinstated. */
struct weh_txn_ids {
    struct weh_txn_id *ids; /* in the order of the work; freed by weh_txn_ids_fini */
    size_t n;
};
void weh_txn_ids_fini(struct weh_txn_ids *ids);

/**
 * Reverse the last @count operations (a multi-transaction operation counts once); a @count beyond
 * what there is reverses what there is. Unsaved changes are dropped first.
 *
 * @out  transactions reversed, newest first; give to weh_txn_ids_fini.
 *
 * Transactions of earlier sessions are compared with the file row by row before they are applied.
 *
 * WEH_E_NOTHING_TO_UNDO, WEH_E_CANNOT_UNDO (a schema change is the last transaction, or one of an
 * earlier session does not fit the file), WEH_E_CORRUPT when one of this session is damaged,
 * WEH_E_CANCELLED, else as weh_txn_save. After any failure the file is at the last saved state; after
 * NOTHING_TO_UNDO, a schema change and NOMEM unsaved changes may be there still.
 */
WEH_MUST_CHECK weh_err weh_txn_reverse(struct weh_txn_stack *stack, uint32_t count,
                                       struct weh_txn_ids *out, struct weh_diag *diag);

/**
 * Reverse @id and what came after it, whether operations begin there or not.
 *
 * @cancel  they go for good, with everything that was reversed before.
 *
 * WEH_E_NOTHING_TO_UNDO when @id is beyond the last, WEH_E_CANNOT_UNDO when it lies before a schema
 * change or restart; else as weh_txn_reverse.
 */
WEH_MUST_CHECK weh_err weh_txn_reverse_to(struct weh_txn_stack *stack, struct weh_txn_id id,
                                          bool cancel, struct weh_txn_ids *out,
                                          struct weh_diag *diag);

/** The newest transaction in the file that is not reversed; value 0: none. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_txn_newest(struct weh_txn_stack *stack, struct weh_txn_id *out,
                                      struct weh_diag *diag);

/**
 * Tell the observer of transactions behind @seen, which others have saved or reinstated in a file that @stack only
 * reads: replay, for each in order changed, replay. Nothing when there are none. Of what was reversed nothing is told.
 *
 * One that cannot be read as changed rows (a change of schemas) is told without any.
 *
 * @seen  moves to the newest, also when that is an older one, and on failure.
 *
 * WEH_E_NOMEM, those of weh_db_fail: not all was told.
 */
WEH_MUST_CHECK weh_err weh_txn_replay(struct weh_txn_stack *stack, struct weh_txn_id *seen,
                                      struct weh_diag *diag);

/** Bring back what the last reverse took. WEH_E_NOTHING_TO_REDO, else as weh_txn_reverse. */
WEH_MUST_CHECK weh_err weh_txn_reinstate(struct weh_txn_stack *stack, struct weh_txn_ids *out,
                                         struct weh_diag *diag);

/**
 * Begin a new session of transactions: undo ends here, redo and open operations are gone, for good
 * (as in the official backend, whose every opening does it). Unsaved changes stay; then the file
 * has it with the next save or abandon. Errors as weh_txn_save.
 */
WEH_MUST_CHECK weh_err weh_txn_restart(struct weh_txn_stack *stack, struct weh_diag *diag);

/* ---- multi-transaction operations: what is saved between begin and end is undone as one ---- */

/** @description of those saved without one; may be empty. @depth operations open then.
 * WEH_E_LIMIT (64), WEH_E_TOO_LARGE (64 KiB). */
WEH_MUST_CHECK weh_err weh_txn_begin_operation(struct weh_txn_stack *stack,
                                               struct weh_str description, uint32_t *depth,
                                               struct weh_diag *diag);
/** WEH_E_NO_OPERATION. Undo of what was before an operation ends it as well. */
WEH_MUST_CHECK weh_err weh_txn_end_operation(struct weh_txn_stack *stack, uint32_t *depth,
                                             struct weh_diag *diag);

/* ---- what there is ---- */

struct weh_txn_state {
    bool has_unsaved_changes;
    bool has_pending_txns; /* saved, not reversed, not pushed; of any session */
    bool is_undo_possible;
    bool is_redo_possible;
    struct weh_txn_id current_txn_id; /* the next transaction's */
    uint32_t depth;                   /* of multi-transaction operations */
    struct weh_str undo_string;       /* description, borrowed until the next call here */
    struct weh_str redo_string;
};

/** The id of the next transaction. */
struct weh_txn_id weh_txn_next_id(const struct weh_txn_stack *stack);

WEH_MUST_CHECK weh_err weh_txn_get_state(struct weh_txn_stack *stack, struct weh_txn_state *out,
                                         struct weh_diag *diag);

struct weh_txn_info {
    struct weh_txn_id id;
    struct weh_str description; /* borrowed for the call, as is the next */
    struct weh_str user;        /* who saved it; "": not known */
    int64_t time_ms;            /* of the save, since 1970 */
    uint64_t bytes;             /* as stored */
    bool grouped;               /* part of the operation of the one before */
    bool reversed;
};
struct weh_txn_visitor {
    void *ctx;
    void (*visit)(void *ctx, const struct weh_txn_info *info);
};

/** Tell the newest @limit transactions in the file, oldest first. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_txn_list(struct weh_txn_stack *stack, uint32_t limit,
                                    const struct weh_txn_visitor *visitor, struct weh_diag *diag);

#endif
