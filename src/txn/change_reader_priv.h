/* src/txn/change_reader_priv.h - what the files of the change reader share.
 *
 * The way of a row: stream (change_stream.h), spool (a temporary database that
 * brings the rows of one instance together), merge (the rows of one instance over the transactions),
 * class (columns to properties), write.
 */
#ifndef WEH_CHANGE_READER_PRIV_H
#define WEH_CHANGE_READER_PRIV_H

#include "weh/arena.h"

#include "change_stream.h"
#include "stack_priv.h"

/* ---- spool: rows in, in any order; out by instance ---- */

/** One row of a changeset. */
struct spool_row {
    int64_t root;       /* ec_Table.Id of the primary table; ROOT_FILE_PROPS */
    int64_t id;         /* of the instance */
    struct weh_str key; /* of a file property: its primary key */
    uint32_t tab;       /* number of the reader's table */
    uint32_t n_columns;
    uint64_t txn_id;
    struct weh_str bytes; /* the change */
};

#define ROOT_FILE_PROPS INT64_MAX

struct spool {
    sqlite3 *db;
    sqlite3_stmt *insert;
    sqlite3_stmt *select;
    sqlite3_stmt *class_insert;
    sqlite3_stmt *class_select;
    uint64_t max_pages; /* 0: no limit */
    bool ended;         /* spool_next has told the last row */
};

WEH_MUST_CHECK weh_err spool_open(struct spool *spool, uint64_t limit_bytes, struct weh_diag *diag);
void spool_close(struct spool *spool);
WEH_MUST_CHECK weh_err spool_add(struct spool *spool, const struct spool_row *row,
                                 struct weh_diag *diag);
/** All rows are in: sort them. */
WEH_MUST_CHECK weh_err spool_sort(struct spool *spool, struct weh_diag *diag);
/** The next row by root, id, key, then in the order of spool_add; views until the next call. */
WEH_MUST_CHECK weh_err spool_next(struct spool *spool, struct spool_row *out, bool *more,
                                  struct weh_diag *diag);
/** Remember the class of an instance, unless one is known. */
WEH_MUST_CHECK weh_err spool_put_class(struct spool *spool, int64_t root, int64_t id,
                                       int64_t class_id, struct weh_diag *diag);
/** *@out 0: not known. */
WEH_MUST_CHECK weh_err spool_get_class(struct spool *spool, int64_t root, int64_t id, int64_t *out,
                                       struct weh_diag *diag);
/** The error for SQLite's result @rc on the temporary database. */
weh_err spool_fail(const struct spool *spool, int rc, struct weh_diag *diag);

/* ---- merge: what one row of a table became over the transactions ---- */

/** A table that has changes. */
struct reader_table {
    struct table *table; /* NULL: such rows are not told */
    const struct weh_ec_table *root;
    bool is_root;
    bool is_file_prop;
};

struct merged_row {
    uint32_t tab;
    int op; /* SQLITE_INSERT ..; 0: no change */
    bool indirect;
    uint32_t n_columns;
    struct weh_buf bytes; /* all old values, then all new ones; CS_UNDEFINED where there is none */
    struct cs_value *values; /* 2 * n_columns of them, views into bytes */
    uint32_t n_values;       /* that there is room for */
};

/** The rows of one instance, one a table. */
struct merged {
    struct merged_row *rows;
    uint32_t n;
    uint32_t capacity;
    struct weh_buf scratch;
    struct cs_value *work;
    uint32_t n_work;
};

void merged_fini(struct merged *merged);
void merged_clear(struct merged *merged);
/** Put @change (of a table with @n_columns) on top of what is there. */
WEH_MUST_CHECK weh_err merged_add(struct merged *merged, uint32_t tab, uint32_t n_columns,
                                  const struct cs_change *change, struct weh_diag *diag);
/** Take out of updates what has its old value again; a row without anything left gets op 0. */
void merged_settle(struct merged *merged, const struct reader_table *tables);
static inline const struct cs_value *merged_old(const struct merged_row *row)
{
    return row->values;
}
static inline const struct cs_value *merged_new(const struct merged_row *row)
{
    return row->values + row->n_columns;
}
const struct merged_row *merged_find(const struct merged *merged, uint32_t tab);

/* ---- class: where the values of a class's properties stand ---- */

struct class_leaf {
    uint32_t tab; /* TAB_NONE: nowhere */
    int column;
};

#define TAB_NONE UINT32_MAX

struct class_plan {
    const struct weh_ec_class *ec_class;
    struct weh_ec_property *properties; /* copies: points as structs of their coordinates */
    struct weh_ec_leaf *leaves;
    struct class_leaf *places; /* as leaves */
    struct class_leaf ends[2]; /* of a link */
};

#define N_CLASS_PLANS 32

struct weh_change_reader {
    struct weh_txn_stack *stack;
    struct weh_change_options options;
    uint64_t stamp;
    uint64_t total; /* bytes of all transactions */
    uint64_t done;
    struct weh_txn_id *txns; /* those that are read */
    size_t n_txns;
    struct change_stream stream;
    struct spool spool;
    struct reader_table *tables;
    uint32_t n_tables;
    uint32_t tables_capacity;
    struct weh_buf key; /* of the file property at hand */
    bool has_row;       /* row is one that no change has used */
    struct spool_row row;
    bool classes_loaded;
    struct merged merged;
    /* the change just read */
    int64_t root;
    int64_t id;
    const struct class_plan *plan; /* NULL: a file property */
    bool tell_old;
    bool tell_new;
    bool insert_follows; /* a deletion whose id was then used for another class */
    weh_id next_class_id;
    bool indirect;
    struct weh_txn_id txn_id;
    size_t row_bytes;
    struct cs_reader parser;
    struct class_plan plans[N_CLASS_PLANS];
    sqlite3_stmt *values; /* SELECT ?1,?2,... */
    int n_values;
    struct weh_arena arena;
};

/** Find the transactions of the range: txns, total and stamp, which are empty. */
WEH_MUST_CHECK weh_err reader_find_txns(struct weh_change_reader *reader, struct weh_diag *diag);
/** Ask whether to go on, of which @done bytes of the transactions are read. */
WEH_MUST_CHECK weh_err reader_progress(struct weh_change_reader *reader, uint64_t done,
                                       struct weh_diag *diag);
/** The number of the table called @name. */
WEH_MUST_CHECK weh_err reader_table(struct weh_change_reader *reader, const char *name,
                                    uint32_t *out, struct weh_diag *diag);
/** The class of the instance at hand, of the primary table @root, whose change says @said (0:
 * nothing). *@out NULL: none. */
WEH_MUST_CHECK weh_err reader_class(struct weh_change_reader *reader,
                                    const struct weh_ec_table *root, weh_id said,
                                    const struct weh_ec_class **out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err reader_plan(struct weh_change_reader *reader,
                                   const struct weh_ec_class *ec_class,
                                   const struct class_plan **out, struct weh_diag *diag);
void reader_plans_fini(struct weh_change_reader *reader);

#endif
