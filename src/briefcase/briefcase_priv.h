/* src/briefcase/briefcase_priv.h - what the files of src/briefcase share; nobody else sees it. */
#ifndef WEH_BRIEFCASE_PRIV_H
#define WEH_BRIEFCASE_PRIV_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>
#include <sys/stat.h>

#include "weh/briefcase.h"
#include "weh/db.h"
#include "weh/err.h"
#include "weh/id.h"

/* Header values of every iModel: "BeDb" and the version of BeSQLite's bookkeeping. */
#define WEH_BIM_APPLICATION_ID 0x42654462
#define WEH_BIM_USER_VERSION   10

/* Greatest briefcase id that a hub hands out (BriefcaseIdValue.LastValid, @itwin/core-common). */
#define WEH_MAX_BRIEFCASE_ID 16777205

/** One of the two id sequences of be_Local: the last id handed out. */
struct weh_sequence {
    uint64_t last;
    bool loaded;
    bool dirty;
};

enum weh_sequence_kind {
    WEH_SEQUENCE_ELEMENT,
    WEH_SEQUENCE_INSTANCE,
    WEH_N_SEQUENCES
};

/** The sequences as they were at a savepoint. */
struct weh_sequences {
    struct weh_sequence items[WEH_N_SEQUENCES];
};

#define WEH_MAX_SAVEPOINTS 32

/* A statement takes 2 to 10 KB, so this bounds what a session holds for speed. */
#define WEH_STMT_CACHE_SIZE 128

struct weh_stmt_cache {
    uint64_t hashes[WEH_STMT_CACHE_SIZE]; /* of the text; looked through in one go */
    sqlite3_stmt *stmts[WEH_STMT_CACHE_SIZE];
    uint64_t used[WEH_STMT_CACHE_SIZE]; /* tick of the last use */
    bool out[WEH_STMT_CACHE_SIZE];
    unsigned n;
    uint64_t tick;
};

struct weh_file_entry;
struct weh_query_guard;

struct weh_briefcase {
    sqlite3 *db;
    char *watch_path; /* FILE-watch */
    const atomic_bool *cancel;
    void (*pause)(void *ctx);
    void *pause_ctx;
    bool interruptible; /* a reading statement runs: the progress handler may stop it */
    const struct weh_query_guard *guard; /* of the client's query that is prepared or stepped */
    bool expired;                        /* its deadline has stopped it */
    bool readonly;
    bool records_txns;
    unsigned edit_depth; /* edits within each other; 0: none is running */
    bool inner_failed;   /* one within the outermost has failed */
    bool has_savepoint;  /* of the outermost */
    bool lost;           /* SQLite rolled back by itself, the layers above do not know yet */
    bool may_commit;     /* weh_briefcase_commit runs */
    bool in_read;
    int64_t changes_at_begin; /* of the connection, when its transaction began */
    uint32_t id;
    struct weh_guid imodel_guid;
    struct weh_guid itwin_guid;
    struct weh_sequence sequences[WEH_N_SEQUENCES];
    struct weh_sequence sequences_before_edit[WEH_N_SEQUENCES];
    struct weh_sequences *savepoints; /* WEH_MAX_SAVEPOINTS, or NULL */
    uint32_t n_savepoints;            /* those that SQLite has */
    uint64_t n_rollbacks;
    struct weh_file_registry *registry;
    struct weh_file_entry *entry;
    struct weh_stmt_cache cache;
};

/* ---- stmt_cache.c ---- */

/** Finalize what nobody has out; all of them when @all. */
void weh_stmt_cache_clear(struct weh_stmt_cache *cache, bool all);

/* ---- query.c ---- */

/** The authorizer of every session's connection. */
int weh_query_authorize(void *ctx, int action, const char *a, const char *b, const char *database,
                        const char *trigger);

/* ---- functions.c ---- */

/** Register what the triggers of an iModel call. Returns SQLite's code. */
int weh_functions_register(sqlite3 *db);

/** Rotation matrix, row by row, from the cosines and sines of yaw, pitch and roll. */
void weh_rotation_make(const double c[3], const double s[3], double out[9]);

/* ---- functions_search.c ---- */

/** LIKE, GLOB, instr, replace and trim that end with the deadline. Returns SQLite's code. */
int weh_search_functions_register(struct weh_briefcase *briefcase);

/* ---- registry.c ---- */

/**
 * Enter the file at @path and lock it against others who open or close it.
 *
 * The same file is recognised by device and inode. Any number of readers and one writer.
 *
 * WEH_E_FILE_NOT_FOUND, WEH_E_NOT_AN_IMODEL (no regular file), WEH_E_BUSY, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_file_entry_acquire(struct weh_file_registry *registry,
                                              const struct weh_briefcase_options *options,
                                              struct weh_file_entry **out, struct weh_diag *diag);
/** The file is open now: let others open and close theirs. */
void weh_file_entry_unlock(struct weh_file_entry *entry);
/** Before closing the file. */
void weh_file_entry_lock(struct weh_file_entry *entry);
/** Leave; @entry is locked (NULL is fine). */
void weh_file_entry_release(struct weh_file_registry *registry, struct weh_file_entry *entry,
                            bool writer);
/** The file's path without symbolic links, as SQLite knows it too. */
const char *weh_file_entry_path(const struct weh_file_entry *entry);
/** True when the path still names the file that was entered. */
bool weh_file_entry_is_same(const struct weh_file_entry *entry);

/** A descriptor to read the file with, beside SQLite's. The entry's own, and shared: nobody closes it
 * or moves its position. WEH_E_BUSY when the file was replaced, those of weh_file_fail. */
WEH_MUST_CHECK weh_err weh_file_entry_descriptor(struct weh_file_registry *registry,
                                                 struct weh_file_entry *entry, int *out,
                                                 struct weh_diag *diag);
/** True when others have the file open too, or wait for it. */
bool weh_file_entry_is_shared(struct weh_file_registry *registry, struct weh_file_entry *entry);

/* ---- beneath.c ---- */

/**
 * Look at the regular file @path within @bounds (NULL: none): its status, and its path without links.
 * WEH_E_FILE_NOT_FOUND (not there, or not below the folder), WEH_E_NOT_AN_IMODEL (no regular file),
 * WEH_E_TOO_LARGE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_beneath(const struct weh_file_bounds *bounds, const char *path,
                                   struct stat *status, char real_path[PATH_MAX],
                                   struct weh_diag *diag);

/* ---- connection.c ---- */

/** Settings that every connection to a file from elsewhere gets before its first statement. */
int weh_connection_harden(sqlite3 *db);

/** Open @path, within @bounds (NULL: none), for a glance: no lock is taken for long, nothing is left beside the file. The result
 * has no registry entry; close it with weh_glance_close. Errors as weh_briefcase_open. */
WEH_MUST_CHECK weh_err weh_glance_open(const char *path, const struct weh_file_bounds *bounds,
                                       struct weh_briefcase **out, struct weh_diag *diag);
void weh_glance_close(struct weh_briefcase *briefcase);

/* ---- open.c ---- */

/** Read what does not change while the file is open: GUIDs, briefcase id, what is recorded.
 * WEH_E_CORRUPT, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_local_values_load(struct weh_briefcase *briefcase,
                                             struct weh_diag *diag);

/* ---- ids.c ---- */

/** Read a sequence from be_Local unless it is known; when the file has none it is what follows from
 * its ids. WEH_E_CORRUPT when it belongs to another briefcase, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_sequence_load(struct weh_briefcase *briefcase,
                                         enum weh_sequence_kind kind, struct weh_diag *diag);

/* ---- transaction.c ---- */

/** BEGIN IMMEDIATE when writable and no transaction is open; WEH_E_BUSY, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_transaction_ensure(struct weh_briefcase *briefcase,
                                              struct weh_diag *diag);

/** Run a statement that begins or ends a transaction or savepoint as it is: weh_stmt_step would
 * begin one. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_transaction_run(struct weh_briefcase *briefcase, const char *sql,
                                           struct weh_diag *diag);

/** Called by SQLite for each rollback of a transaction, also those it does itself. */
void weh_transaction_on_rollback(void *ctx);
int weh_transaction_on_commit(void *ctx);

#endif
