/* src/txn/stack_priv.h - the stack's inside, shared by save, undo and the rows of dgn_Txns. */
#ifndef WEH_STACK_PRIV_H
#define WEH_STACK_PRIV_H

#include "weh/txn_author.h"

#include "change_list_priv.h"
#include "txn_priv.h"

enum txn_state {
    TXN_IDLE,
    TXN_IN_TXN,
    TXN_BROKEN,
    TXN_N_STATES
};

#define TXN_DESCRIPTION_MAX 65536
#define TXN_GROUPS_MAX      64
#define TXN_SAVEPOINTS_MAX  32

/** What one reverse took and one reinstate brings back. */
struct redo_range {
    uint64_t first;
    uint64_t last;
    uint64_t time;      /* of the first, as the bits of a double: tells that it is still that one */
    uint32_t n_ops;     /* operations */
    bool first_grouped; /* the first belongs to an operation that begins before it */
};

/** One multi-transaction operation that is open. */
struct txn_group {
    uint64_t start; /* current when it began */
    struct weh_buf description;
};

struct txn_savepoint {
    struct weh_buf name;
    size_t mark; /* the caller's */
};

/** Where undo ends because of weh_txn_restart. */
struct txn_floor {
    uint64_t id;    /* transactions before it stay; 0: no floor */
    uint64_t below; /* the last one before it, which tells that the floor still means something */
    uint64_t time;  /* of below */
};

#define JOURNAL_FINGERPRINT_BYTES 32

/** The recovery journal beside the file. */
struct txn_journal {
    char *path;       /* NULL until somebody asks */
    bool exists;      /* or may exist */
    bool pending;     /* somebody must decide what becomes of it */
    uint64_t written; /* the recorder's n_touches then */
    bool has_fingerprint;
    uint8_t fingerprint[JOURNAL_FINGERPRINT_BYTES]; /* of the saved state */
};

/** Who saves, and where that is kept. */
struct txn_authors {
    struct weh_txn_author author;
    char *path;       /* NULL until somebody asks */
    uint64_t written; /* the first transaction of the entry that names this session; 0: none does */
    bool has_failed;  /* and was told */
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
    uint64_t session_first; /* the first id of this session */
    uint64_t current;       /* the id of the next transaction */
    bool may_have_reversed; /* rows with Deleted=1, which the next save deletes */
    bool restart_unsaved;   /* a restart that no commit has written yet */
    enum known pending;     /* rows with Deleted=0 */
    struct txn_floor floor;
    struct redo_range *redo; /* the last is the next; in this order their ids descend */
    size_t n_redo;
    size_t redo_capacity;
    struct txn_group *groups; /* TXN_GROUPS_MAX, or NULL; the last is the innermost */
    uint32_t n_groups;
    struct txn_savepoint *savepoints; /* TXN_SAVEPOINTS_MAX, or NULL */
    uint32_t n_savepoints;
    struct txn_journal journal;
    struct txn_authors authors;
    struct weh_buf record;     /* the text in the file */
    struct weh_buf record_new; /* the one written by the transaction that is running */
    struct weh_buf bytes;      /* one small changeset, packed or unpacked */
    int64_t max_small_blob;    /* 0: 64 KiB */
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

/** The name @user, cut where it is too long, between two characters (authors.c). */
void txn_cut_name(const char *user, char out[WEH_TXN_AUTHOR_MAX + 1]);

/** What must be written into every SQLite transaction of the stack's, then COMMIT. @n_redo: how many
 * ranges can be reinstated once it is done. */
WEH_MUST_CHECK weh_err stack_commit(struct weh_txn_stack *stack, size_t n_redo,
                                    struct weh_diag *diag);
/** The first id that is not live: where undo begins and where open groups are looked at. */
uint64_t stack_position(const struct weh_txn_stack *stack);
/** The path of the file with @suffix beside the briefcase in *@path, unless that is known (not NULL); owned by the caller. */
WEH_MUST_CHECK weh_err stack_path_beside(const struct weh_txn_stack *stack, const char *suffix,
                                         char **path, struct weh_diag *diag);
WEH_MUST_CHECK weh_err stack_reserve_redo(struct weh_txn_stack *stack, struct weh_diag *diag);

/* ---- group.c ---- */

/** Close the groups that began after the position: what they held has been reversed. */
void groups_follow(struct weh_txn_stack *stack);
void groups_close(struct weh_txn_stack *stack);
/** True when the next transaction belongs to the operation before it. */
bool groups_continue(const struct weh_txn_stack *stack);
/** @description, or when it is empty that of the innermost group that has one. */
struct weh_str groups_description(const struct weh_txn_stack *stack, struct weh_str description);

/* ---- savepoint.c ---- */

/** Forget the savepoints that the file no longer has. */
void savepoints_follow(struct weh_txn_stack *stack);
void savepoints_fini(struct weh_txn_stack *stack);

/* ---- journal.c: the recovery journal ---- */

/** What was unsaved has been saved or dropped on purpose: the journal goes. */
void journal_settled(struct weh_txn_stack *stack);
/** What was unsaved was rolled back by a failure: the journal is all that is left of it. */
void journal_lost(struct weh_txn_stack *stack);
/** Part of each save: lets a journal that outlives it be known as stale. */
WEH_MUST_CHECK weh_err journal_count_save(struct weh_txn_stack *stack, struct weh_diag *diag);
void journal_fini(struct txn_journal *journal);

/* ---- record.c: what be_Local keeps beyond dgn_Txns ---- */

/** Redo and floor as the last session left them, as far as they agree with the file. */
WEH_MUST_CHECK weh_err record_load(struct weh_txn_stack *stack, struct weh_diag *diag);
/** Write the record if it has changed; record_committed when that is durable. */
WEH_MUST_CHECK weh_err record_write(struct weh_txn_stack *stack, size_t n_redo,
                                    struct weh_diag *diag);
void record_committed(struct weh_txn_stack *stack);

#endif
