/* src/txn/txn_priv.h - what the files of src/txn share.
 *
 * Four layers, each above the one before: changeset (changeset_priv.h), tables (what the file's
 * tables look like), recorder and applier with the change list (change_list_priv.h), stack
 * (stack_priv.h).
 */
#ifndef WEH_TXN_PRIV_H
#define WEH_TXN_PRIV_H

#include "weh/buf.h"
#include "weh/changes.h"
#include "weh/db.h"
#include "weh/ec.h"
#include "weh/spill.h"
#include "weh/txn.h"

#include "change_stream.h"
#include "changeset_priv.h"

/* ---- tables ---- */

enum table_role {
    TABLE_OTHER,
    TABLE_ELEMENT,
    TABLE_ELEMENT_PART,
    TABLE_MODEL
};

/** One row that was touched since the last save. There may be millions. */
struct record {
    uint32_t next; /* in its bucket: index + 1, 0 ends */
    uint32_t hash;
    uint32_t key; /* offset in keys of the primary key's values */
    uint32_t key_len;
    uint32_t old_len;
    uint64_t old_at : 48; /* offset in old of all old values; unused when the row is new */
    bool is_new : 1;
    bool indirect : 1;
};

struct table {
    char *name;
    bool tracked;
    bool dirty; /* touched since its group was written */
    uint32_t n_columns;
    uint32_t n_pk;
    uint8_t *pk;       /* as in cs_group */
    uint16_t *pk_cols; /* n_pk column indices in the order of the key */
    char **columns;
    char *select_sql;
    enum table_role role;
    int id_column; /* of elements, their parts, models; else -1 */
    int class_column;
    int model_column;
    int last_mod_column;
    int guid_column;    /* GeometryGuid, of models; shared with other classes */
    int geometry_first; /* columns of placement and geometry; -1: none */
    int geometry_last;

    /* the recorder's */
    struct record *records;
    uint32_t n_records;
    uint32_t records_capacity;
    uint32_t *buckets; /* a power of two; index + 1 */
    uint32_t n_buckets;
    struct weh_buf keys;
    struct weh_spill old;   /* old rows */
    struct weh_spill group; /* what the table adds to the changeset; empty: nothing */
    uint64_t n_changes;     /* in group */
};

/** How far a long save or undo is, and who wants to know. */
struct watch {
    struct weh_txn_watch told; /* step NULL: nobody */
    uint64_t done;
    uint64_t total;
    unsigned n_ticks;
};

struct tables {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct table **items; /* stable addresses */
    size_t n;
    size_t capacity;
    struct watch watch;
    size_t keep_bytes; /* of spills; 0: as they have it */
};

/** A step of long work is done: now and then ask whether to go on. */
WEH_MUST_CHECK weh_err tables_tick(struct tables *tables, struct weh_diag *diag);
/** The same, to ask at once. */
WEH_MUST_CHECK weh_err tables_ask(struct tables *tables, struct weh_diag *diag);
void tables_fini(struct tables *tables);
/** The table called @name, read from the file when it is new here; *@out NULL: no such table. */
WEH_MUST_CHECK weh_err tables_find(struct tables *tables, const char *name, struct table **out,
                                   struct weh_diag *diag);
/** The index of the column @name, -1: none. */
int table_column(const struct table *table, const char *name, size_t len);
/** As weh_stmt_step, but not to be cancelled: half a save or undo helps nobody. */
WEH_MUST_CHECK weh_err txn_step(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, bool *row,
                                struct weh_diag *diag);
/** Append @name as a quoted SQL identifier. */
void sql_identifier(struct weh_buf *out, const char *name);

/* ---- recorder: which rows were touched, and what they were ---- */

struct recorder {
    struct tables *tables;
    sqlite3 *db;
    bool paused;
    bool indirect;
    weh_err err; /* of the hook, sticky until reset */
    struct table *last;
    struct weh_buf key;
    struct weh_buf scratch;
    struct weh_buf old_row;
    uint64_t n_rollbacks; /* of the briefcase, when the records began */
    uint64_t n_touches;   /* rows touched, ever: tells that something has been edited since */
    void (*first_change)(void *ctx);
    void *ctx;
    bool any;
};

void recorder_init(struct recorder *recorder, struct tables *tables, sqlite3 *db);
void recorder_fini(struct recorder *recorder);
/** Forget everything if the briefcase has rolled back since, which SQLite also does by itself. */
void recorder_sync(struct recorder *recorder);
/** Forget everything: after a commit or a rollback. */
void recorder_reset(struct recorder *recorder);
/** The file has been rolled back to a savepoint: what is written is not what would be written now. */
void recorder_stale(struct recorder *recorder);
/** All old values of a row that is not new, good until the next call. */
WEH_MUST_CHECK weh_err recorder_old_row(struct recorder *recorder, const struct table *table,
                                        const struct record *record, const uint8_t **out,
                                        struct weh_diag *diag);
/** Bind the primary key of @record to the table's select. */
WEH_MUST_CHECK weh_err recorder_bind_key(const struct recorder *recorder, const struct table *table,
                                         const struct record *record, sqlite3_stmt *stmt,
                                         struct weh_diag *diag);
/** How many rows are remembered. */
uint64_t recorder_rows(const struct recorder *recorder);
/** Bring the groups of all tables up to date; *@n_bytes their sum. */
WEH_MUST_CHECK weh_err recorder_write(struct recorder *recorder, uint64_t *n_bytes,
                                      struct weh_diag *diag);
/** As recorder_write for somebody who only looks: what is saved later is the same as without. */
WEH_MUST_CHECK weh_err recorder_look(struct recorder *recorder, uint64_t *n_bytes,
                                     struct weh_diag *diag);
/** Take down the row of @change as if an edit, direct or indirect as @change says, were about to begin
 * with it. @select: the table's, reset. CORRUPT when there is no such row. */
WEH_MUST_CHECK weh_err recorder_seed(struct recorder *recorder, struct table *table,
                                     const struct cs_change *change, sqlite3_stmt *select,
                                     struct weh_diag *diag);
/** True when a row differs from what it was; stops at the first. */
WEH_MUST_CHECK weh_err recorder_has_net_change(struct recorder *recorder, bool *out,
                                               struct weh_diag *diag);

/* ---- applier ---- */

/** A changeset and what is to be done with it. */
struct changeset_work {
    struct change_source source;
    bool invert;
    bool strict; /* each row must be what the changeset says it was; else no row is touched */
};

/** Put the rows of a changeset (or of its inverse) into the file. The recorder is paused.
 *
 * CORRUPT when the rows do not fit, else as weh_db_fail; then some of them may be in the file, and
 * the caller must roll back. */
WEH_MUST_CHECK weh_err changeset_apply(struct tables *tables, const struct changeset_work *work,
                                       struct weh_diag *diag);

#endif
