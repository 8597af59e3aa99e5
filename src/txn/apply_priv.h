/* src/txn/apply_priv.h - what the files of the applier share: the common way for few rows in apply.c,
 * the way for many rows or with foreign keys off in apply_stream.c, single rows in apply_rows.c,
 * whether the rows fit in apply_check.c. */
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

struct applier {
    struct tables *tables;
    sqlite3 *db;
    const struct changeset_work *work;
    bool invert;
    /* what there is to do, after apply_look */
    uint64_t n_changes;
    uint64_t n_kind[3]; /* of them by apply_kind_index */
    /* few rows: all ops */
    struct cs_reader reader;
    struct apply_group *groups;
    uint32_t n_groups;
    struct apply_op *ops;
    uint32_t n_ops;
    uint32_t *order; /* ops still to be done, in order */
    /* many rows */
    struct change_stream stream;
    struct weh_spill refused; /* a changeset of what a constraint has refused */
    uint64_t n_refused;
    const struct table *refused_table; /* of its last group */
    struct weh_spill moved; /* a changeset of rows taken out, as they shall be put back */
    const struct table *moved_table;
    struct weh_spill last_mods; /* struct last_mod */
    /* the statement at hand */
    sqlite3_stmt *stmt;
    const struct table *stmt_table;
    int stmt_kind;
    uint32_t stmt_columns;
    struct weh_buf sql;
    struct weh_buf columns; /* of an UPDATE: a byte a column, 1 is set */
    sqlite3_stmt *check_stmt;
    uint64_t pass; /* which walk over the transaction it is */
};

/** Raise CORRUPT. */
weh_err apply_misfit(struct weh_diag *diag, const char *what);
/** Room for one more behind @n items of @size bytes: doubled at each power of two. */
WEH_MUST_CHECK weh_err apply_grow(void **items, uint32_t n, size_t size, struct weh_diag *diag);

/* What is to be done for a change of @op. */
static inline int apply_kind(bool invert, int op)
{
    if (op == SQLITE_UPDATE || !invert) {
        return op;
    }
    return op == SQLITE_INSERT ? SQLITE_DELETE : SQLITE_INSERT;
}

static inline unsigned apply_kind_index(int kind)
{
    return kind == SQLITE_INSERT ? 0 : kind == SQLITE_UPDATE ? 1 : 2;
}

/* The row that the change leads to, the one it starts from, and the one that holds its key. */
static inline const struct cs_value *target_row(bool invert, const struct cs_change *change)
{
    return invert ? change->old_row : change->new_row;
}

static inline const struct cs_value *origin_row(bool invert, const struct cs_change *change)
{
    return invert ? change->new_row : change->old_row;
}

static inline const struct cs_value *key_row(const struct cs_change *change)
{
    return change->op == SQLITE_INSERT ? change->new_row : change->old_row;
}

/** The table of @group; CORRUPT when the file has none that fits. */
WEH_MUST_CHECK weh_err apply_find_table(struct applier *applier, const struct cs_group *group,
                                        struct table **out, struct weh_diag *diag);
/** Bind the values of a primary key, by the place in the key or (@by_column) in the table. */
WEH_MUST_CHECK weh_err apply_bind_key(struct applier *applier, const struct table *table,
                                      const struct cs_value *key, bool by_column,
                                      sqlite3_stmt *stmt, struct weh_diag *diag);
/** CORRUPT unless the row is in the file what the change says it was before. @stmt selects it. */
WEH_MUST_CHECK weh_err apply_check_row(struct applier *applier, const struct apply_group *group,
                                       const struct cs_change *change, sqlite3_stmt *stmt,
                                       struct weh_diag *diag);
/** Make one row what @change (inverted or not) leads to; *@done false: a constraint refused it for
 * now. */
WEH_MUST_CHECK weh_err apply_row(struct applier *applier, const struct apply_group *group,
                                 const struct cs_change *change, bool invert, bool *done,
                                 struct weh_diag *diag);
/** Give back the statement that apply_row keeps for the next row. */
void apply_drop_statement(struct applier *applier);
/** Take out a row that cannot be changed where it is, and append it as it shall be to moved. */
WEH_MUST_CHECK weh_err apply_move_out(struct applier *applier, const struct apply_group *group,
                                      const struct cs_change *change, struct weh_diag *diag);
/** Remember the time of an element's last change, which its trigger would move. */
WEH_MUST_CHECK weh_err apply_keep_last_mod(struct applier *applier, const struct table *table,
                                           const struct cs_change *change, struct weh_diag *diag);
WEH_MUST_CHECK weh_err apply_restore_last_mods(struct applier *applier, struct weh_diag *diag);

/** Look at every change before the first row is touched: does it fit, how many of which kind. */
WEH_MUST_CHECK weh_err apply_look(struct applier *applier, struct weh_diag *diag);
/** All changes with foreign keys off. */
WEH_MUST_CHECK weh_err apply_slowly(struct applier *applier, struct weh_diag *diag);

#endif
