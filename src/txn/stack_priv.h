/* src/txn/stack_priv.h - the stack's inside, shared by save, undo and the rows of dgn_Txns. */
#ifndef WEH_STACK_PRIV_H
#define WEH_STACK_PRIV_H

#include "txn_priv.h"

enum txn_state {
    TXN_IDLE,
    TXN_IN_TXN,
    TXN_BROKEN,
    TXN_N_STATES
};

/** What one reverse took: transactions from first up to, not including, end. */
struct redo_range {
    uint64_t first;
    uint64_t end;
};

enum known {
    KNOWN_NOT,
    KNOWN_NO,
    KNOWN_YES
};

struct weh_txn_stack {
    struct weh_briefcase *briefcase;
    sqlite3 *db;
    struct tables tables;
    struct recorder recorder;
    struct change_builder builder;
    struct weh_txn_observer observer;
    struct weh_txn_propagator propagator;
    enum txn_state state;
    bool readonly;
    bool records_txns;
    uint64_t session_first;  /* the first id of this session */
    uint64_t current;        /* the id of the next transaction */
    bool may_have_reversed;  /* rows with Deleted=1, perhaps of an earlier session */
    enum known pending;      /* rows with Deleted=0 */
    struct redo_range *redo; /* the last is the next */
    size_t n_redo;
    size_t redo_capacity;
    struct weh_buf bytes; /* one changeset, packed or unpacked */
    struct weh_buf undo_string;
    struct weh_buf redo_string;
};

/* ---- stack.c ---- */

/** WEH_E_DB when the stack is broken; else takes note of what SQLite has rolled back itself. */
WEH_MUST_CHECK weh_err stack_enter(struct weh_txn_stack *stack, struct weh_diag *diag);
/** The one place where the state changes. */
void stack_move(struct weh_txn_stack *stack, enum txn_state to);
/** Back to the last saved state; BROKEN when that fails, so that the result may be left alone. */
weh_err stack_roll_back(struct weh_txn_stack *stack, struct weh_diag *diag);

/* ---- rows.c: dgn_Txns ---- */

/** The ids of this session's first transaction and of the next. */
WEH_MUST_CHECK weh_err rows_begin_session(struct weh_txn_stack *stack, struct weh_diag *diag);
/** Store what the recorder holds, of which @description is the text, as transaction current. */
WEH_MUST_CHECK weh_err rows_insert(struct weh_txn_stack *stack, struct weh_str description,
                                   struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_delete_reversed(struct weh_txn_stack *stack, struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_set_reversed(struct weh_txn_stack *stack, struct weh_txn_id id,
                                         bool reversed, struct weh_diag *diag);
/** Unpack the changeset of @id into stack->bytes. */
WEH_MUST_CHECK weh_err rows_load(struct weh_txn_stack *stack, struct weh_txn_id id,
                                 struct weh_diag *diag);
/** The transactions of the last @count operations before current, newest first. */
WEH_MUST_CHECK weh_err rows_last_operations(struct weh_txn_stack *stack, uint32_t count,
                                            struct weh_txn_ids *out, struct weh_diag *diag);
/** The reversed transactions of @range, oldest first. */
WEH_MUST_CHECK weh_err rows_reversed(struct weh_txn_stack *stack, const struct redo_range *range,
                                     struct weh_txn_ids *out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_have_pending(struct weh_txn_stack *stack, bool *out,
                                         struct weh_diag *diag);
/** The description of @id into @out; empty when there is no such row. */
WEH_MUST_CHECK weh_err rows_description(struct weh_txn_stack *stack, uint64_t id,
                                        struct weh_buf *out, struct weh_diag *diag);

#endif
