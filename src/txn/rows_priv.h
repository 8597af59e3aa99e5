/* src/txn/rows_priv.h - the rows of dgn_Txns: found, read, written. What they mean is the stack's. */
#ifndef WEH_ROWS_PRIV_H
#define WEH_ROWS_PRIV_H

#include "stack_priv.h"

/** The ids of this session's first transaction and of the next. */
WEH_MUST_CHECK weh_err rows_begin_session(struct weh_txn_stack *stack, struct weh_diag *diag);
/** Store what the recorder holds, of which @description is the text, as transaction current. */
WEH_MUST_CHECK weh_err rows_insert(struct weh_txn_stack *stack, struct weh_str description,
                                   struct weh_diag *diag);
/** The same when it does not fit into memory (rows_large.c). */
WEH_MUST_CHECK weh_err rows_insert_large(struct weh_txn_stack *stack, struct weh_str description,
                                         struct weh_diag *diag);
/** Insert the row alone, with the blob in stack->bytes, or with one of @size bytes to be written
 * afterwards when that is not 0. */
WEH_MUST_CHECK weh_err rows_insert_row(struct weh_txn_stack *stack, struct weh_str description,
                                       uint64_t size, struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_delete_reversed(struct weh_txn_stack *stack, struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_set_reversed(struct weh_txn_stack *stack, struct weh_txn_id id,
                                         bool reversed, struct weh_diag *diag);
/** The same for a row whose changeset does not fit into memory (rows_large.c). */
WEH_MUST_CHECK weh_err rows_set_reversed_large(struct weh_txn_stack *stack, struct weh_txn_id id,
                                               bool reversed, struct weh_diag *diag);
/** Where the changeset of @id can be read: in stack->bytes when it is small. */
WEH_MUST_CHECK weh_err rows_open(struct weh_txn_stack *stack, struct weh_txn_id id,
                                 struct change_source *out, struct weh_diag *diag);

/** Which transactions are to be reversed. */
struct rows_wanted {
    uint64_t down_to; /* none before it */
    uint32_t count;   /* operations at most */
};
struct rows_found {
    struct weh_txn_ids ids;  /* newest first; freed by weh_txn_ids_fini */
    struct redo_range range; /* the same as a range */
    bool wall;               /* a schema change ended the walk */
};
/** Those before the position; none from before the floor or a schema change. */
WEH_MUST_CHECK weh_err rows_live(struct weh_txn_stack *stack, const struct rows_wanted *wanted,
                                 struct rows_found *out, struct weh_diag *diag);
/** The reversed transactions of @range, oldest first. */
WEH_MUST_CHECK weh_err rows_reversed(struct weh_txn_stack *stack, const struct redo_range *range,
                                     struct weh_txn_ids *out, struct weh_diag *diag);

/** One row of the table, without its changeset. */
struct txn_row {
    uint64_t id;
    uint64_t time; /* bits */
    bool grouped;
};
/** Prepare a walk over the reversed rows, oldest first; step with rows_next_reversed. */
WEH_MUST_CHECK weh_err rows_walk_reversed(struct weh_txn_stack *stack, sqlite3_stmt **out,
                                          struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_next_reversed(struct weh_txn_stack *stack, sqlite3_stmt *stmt,
                                          struct txn_row *row, bool *more, struct weh_diag *diag);
/** The newest row that is not reversed; id 0: none. */
WEH_MUST_CHECK weh_err rows_last_live(struct weh_txn_stack *stack, struct txn_row *out,
                                      struct weh_diag *diag);
/** The time of row @id; *@found false when there is none. */
WEH_MUST_CHECK weh_err rows_time(struct weh_txn_stack *stack, uint64_t id, uint64_t *time,
                                 bool *found, struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_have_pending(struct weh_txn_stack *stack, bool *out,
                                         struct weh_diag *diag);
WEH_MUST_CHECK weh_err rows_start(struct weh_txn_stack *stack, const char *sql, uint64_t first,
                                  uint64_t second, sqlite3_stmt **out, struct weh_diag *diag);
/** Run @sql with up to two integers. */
WEH_MUST_CHECK weh_err rows_run(struct weh_txn_stack *stack, const char *sql, uint64_t first,
                                uint64_t second, struct weh_diag *diag);

#endif
