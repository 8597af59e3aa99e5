/* src/briefcase/briefcase_priv.h - what the files of src/briefcase share; nobody else includes it.
 */
#ifndef WEH_BRIEFCASE_PRIV_H
#define WEH_BRIEFCASE_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/briefcase.h"
#include "weh/db.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/str.h"
#include "weh/value.h"

/* Header values of every iModel: "BeDb" and the version of BeSQLite's bookkeeping. */
#define WEH_BIM_APPLICATION_ID 0x42654462
#define WEH_BIM_USER_VERSION   10

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

struct weh_briefcase {
    sqlite3 *db;
    char *watch_path; /* FILE-watch */
    const atomic_bool *cancel;
    bool interruptible; /* a reading statement runs: the progress handler may stop it */
    bool readonly;
    bool records_txns;
    bool in_edit;
    bool lost; /* SQLite rolled back by itself, the layers above do not know yet */
    bool in_read;
    uint32_t id;
    struct weh_guid imodel_guid;
    struct weh_guid itwin_guid;
    struct weh_sequence sequences[WEH_N_SEQUENCES];
    struct weh_sequence sequences_before_edit[WEH_N_SEQUENCES];
    uint64_t n_rollbacks;
    struct weh_file_registry *registry;
    struct weh_file_entry *entry;
    struct weh_stmt_cache cache;
};

/* ---- db_error.c ---- */

/** weh_db_fail for a connection without a briefcase. @db may be NULL. */
weh_err weh_sqlite_fail(sqlite3 *db, int rc, struct weh_diag *diag);

/* ---- stmt_cache.c ---- */

/** Finalize what nobody has out; all of them when @all. */
void weh_stmt_cache_clear(struct weh_stmt_cache *cache, bool all);

/* ---- functions.c ---- */

/** Register what the triggers of an iModel call. Returns SQLite's code. */
int weh_functions_register(sqlite3 *db);

/** Rotation matrix, row by row, of @yaw, @pitch and @roll in degrees. */
void weh_rotation_from_angles(double yaw, double pitch, double roll, double out[9]);

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
/** True when @path still names the file that was entered. */
bool weh_file_entry_is_same(const struct weh_file_entry *entry, const char *path);

/* ---- profile.c ---- */

struct weh_profile_version {
    uint32_t major, minor, sub1, sub2;
};

/** Check the values in SQLite's header that make a file an iModel; does not read the schema.
 * WEH_E_NOT_AN_IMODEL, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_header_check(struct weh_briefcase *briefcase, struct weh_diag *diag);

/**
 * Check the tables and the profile versions in be_Prop.
 *
 * A profile whose minor version differs from ours may be read, not written.
 *
 * WEH_E_NOT_AN_IMODEL, WEH_E_VERSION_TOO_NEW, WEH_E_VERSION_TOO_OLD, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_profile_check(struct weh_briefcase *briefcase, struct weh_diag *diag);

/** Read the version of the profile @space ("be_Db", "ec_Db", "dgn_Db"); *@found when it is there. */
WEH_MUST_CHECK weh_err weh_profile_read(struct weh_briefcase *briefcase, const char *space,
                                        struct weh_profile_version *out, bool *found,
                                        struct weh_diag *diag);

/* ---- prop.c ---- */

/** A value of be_Prop is refused above this size, whatever RawSize says. */
#define WEH_PROP_MAX_BYTES (16U << 20)

/**
 * Read the text (or, when there is none, the unpacked binary value) of one property of be_Prop.
 *
 * @out  in @arena; .ptr NULL when there is no such row or it has no value.
 *
 * WEH_E_CORRUPT, WEH_E_TOO_LARGE, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_prop_read(struct weh_briefcase *briefcase, const char *space,
                                     const char *name, struct weh_arena *arena, struct weh_str *out,
                                     struct weh_diag *diag);

/** The same, parsed as JSON; a null value when there is none or it is no JSON. */
WEH_MUST_CHECK weh_err weh_prop_read_json(struct weh_briefcase *briefcase, const char *space,
                                          const char *name, struct weh_arena *arena,
                                          struct weh_value *out, struct weh_diag *diag);

/** The 16 bytes of a GUID property; nil when there is none. */
WEH_MUST_CHECK weh_err weh_prop_read_guid(struct weh_briefcase *briefcase, const char *name,
                                          struct weh_guid *out, struct weh_diag *diag);

/** A value of be_Local as text in @arena; .ptr NULL when there is none. */
WEH_MUST_CHECK weh_err weh_local_read(struct weh_briefcase *briefcase, const char *name,
                                      struct weh_arena *arena, struct weh_str *out,
                                      struct weh_diag *diag);

/* ---- root_subject.c ---- */

/** Table, key column and column in which BisCore:Subject keeps its Description, from ec_PropertyMap;
 * all NULL when the schema has none. In @arena. */
struct weh_description_column {
    const char *table;
    const char *key;
    const char *column;
};

WEH_MUST_CHECK weh_err weh_description_column_find(struct weh_briefcase *briefcase,
                                                   struct weh_arena *arena,
                                                   struct weh_description_column *out,
                                                   struct weh_diag *diag);

/** Name (code value) and description of the root subject, in @arena; .ptr NULL when there is none. */
WEH_MUST_CHECK weh_err weh_root_subject_read(struct weh_briefcase *briefcase,
                                             struct weh_arena *arena, struct weh_str *name,
                                             struct weh_str *description, struct weh_diag *diag);

/* ---- connection.c ---- */

/** Settings that every connection to a file from elsewhere gets before its first statement. */
int weh_connection_harden(sqlite3 *db);

/** Open @path for a glance: no lock is taken for long, nothing is left beside the file. The result
 * has no registry entry; close it with weh_glance_close. Errors as weh_briefcase_open. */
WEH_MUST_CHECK weh_err weh_glance_open(const char *path, struct weh_briefcase **out,
                                       struct weh_diag *diag);
void weh_glance_close(struct weh_briefcase *briefcase);

/* ---- ids.c ---- */

/** The range of ids of the briefcase: first and last local id that may be handed out. */
WEH_MUST_CHECK weh_err weh_sequence_load(struct weh_briefcase *briefcase,
                                         enum weh_sequence_kind kind, struct weh_diag *diag);

/* ---- transaction.c ---- */

/** BEGIN IMMEDIATE when writable and no transaction is open; WEH_E_BUSY, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_transaction_ensure(struct weh_briefcase *briefcase,
                                              struct weh_diag *diag);

/** Called by SQLite for each rollback of a transaction, also those it does itself. */
void weh_transaction_on_rollback(void *ctx);

/* ---- template.c ---- */

/** The SQL text of an empty iModel, unpacked; freed by the caller with weh_free. */
WEH_MUST_CHECK weh_err weh_template_unpack(char **out, struct weh_diag *diag);

#endif
