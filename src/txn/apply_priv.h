/* src/txn/apply_priv.h - what the files of the applier share: order and way in apply.c, single
 * rows in apply_rows.c, whether the rows fit in apply_check.c. */
#ifndef WEH_APPLY_PRIV_H
#define WEH_APPLY_PRIV_H

#include "txn_priv.h"

struct apply_group {
    struct cs_group group;
    struct table *table;
    uint32_t first; /* index of its first op */
    uint32_t end;
};

struct apply_op {
    const uint8_t *at;
    uint32_t group;
    int kind; /* SQLITE_INSERT ..: what is to be done, inversion considered */
};

/* A row taken out, with the values that it gets, because updates in turn are refused. */
struct moved_row {
    uint32_t group;
    size_t values; /* offset in moved_bytes of all its values */
};

/* The time of an element's last change, which its trigger would move. */
struct last_mod {
    weh_id id;
    double value;
};

struct applier {
    struct tables *tables;
    sqlite3 *db;
    struct cs_reader reader;
    bool invert;
    struct apply_group *groups;
    uint32_t n_groups;
    struct apply_op *ops;
    uint32_t n_ops;
    uint32_t *order; /* ops still to be done, in order */
    struct last_mod *last_mods;
    uint32_t n_last_mods;
    /* the statement at hand */
    sqlite3_stmt *stmt;
    uint32_t stmt_group;
    int stmt_kind;
    struct weh_buf sql;
    struct weh_buf columns; /* of an UPDATE: a byte a column, 1 is set */
    struct moved_row *moved;
    uint32_t n_moved;
    struct weh_buf moved_bytes;
};

/** Raise CORRUPT. */
weh_err apply_misfit(struct weh_diag *diag, const char *what);
/** Room for one more behind @n items of @size bytes: doubled at each power of two. */
WEH_MUST_CHECK weh_err apply_grow(void **items, uint32_t n, size_t size, struct weh_diag *diag);

/* The row that the change leads to, the one it starts from, and the one that holds its key. */
static inline const struct cs_value *target_row(const struct applier *applier,
                                                const struct cs_change *change)
{
    return applier->invert ? change->old_row : change->new_row;
}

static inline const struct cs_value *origin_row(const struct applier *applier,
                                                const struct cs_change *change)
{
    return applier->invert ? change->new_row : change->old_row;
}

static inline const struct cs_value *key_row(const struct cs_change *change)
{
    return change->op == SQLITE_INSERT ? change->new_row : change->old_row;
}

/** Bind the values of a primary key, by the place in the key or (@by_column) in the table. */
WEH_MUST_CHECK weh_err apply_bind_key(struct applier *applier, const struct table *table,
                                      const struct cs_value *key, bool by_column,
                                      sqlite3_stmt *stmt, struct weh_diag *diag);
/** CORRUPT unless every row is in the file what the changeset says it was before. */
WEH_MUST_CHECK weh_err apply_check(struct applier *applier, struct weh_diag *diag);
/** Do @op; *@done false: a constraint refused it for now. */
WEH_MUST_CHECK weh_err apply_run_op(struct applier *applier, const struct apply_op *op, bool *done,
                                    struct weh_diag *diag);
/** Give back the statement that apply_run_op keeps for the next row. */
void apply_drop_statement(struct applier *applier);
/** Take out a row that cannot be changed where it is; apply_move_in puts it back changed. */
WEH_MUST_CHECK weh_err apply_move_out(struct applier *applier, const struct apply_op *op,
                                      struct weh_diag *diag);
WEH_MUST_CHECK weh_err apply_move_in(struct applier *applier, const struct moved_row *moved,
                                     struct weh_diag *diag);

#endif
