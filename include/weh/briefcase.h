/* include/weh/briefcase.h - one open iModel file.
 *
 * Opens a genuine .bim, checks its profile, holds its write lock, hands out ids. The format's facts
 * are those of the iTwin.js native library 5.1.72 (BeSQLite profile 3.1, ECDb 4.0, DgnDb 2.0); each
 * function names what it relies on. Used by one thread at a time, any thread; nothing here locks
 * except the registry of open files.
 */
#ifndef WEH_BRIEFCASE_H
#define WEH_BRIEFCASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/id.h"
#include "weh/sink.h"
#include "weh/str.h"

struct weh_briefcase;
struct weh_file_entry;
struct weh_file_registry;
struct weh_file_state;

/** Once per process before anything else here: threading mode, statistics off. */
WEH_MUST_CHECK weh_err weh_briefcase_global_init(struct weh_diag *diag);

/**
 * The registry of files that this process has open, so that a second writer is refused at once and
 * told since when and by whom. Threads: any. Owned by the caller; must outlive every briefcase.
 */
WEH_MUST_CHECK weh_err weh_file_registry_create(struct weh_file_registry **out,
                                                struct weh_diag *diag);
void weh_file_registry_destroy(struct weh_file_registry *registry);

/**
 * Who has the file @path open for writing: the user's name into @out. False when nobody of this
 * process has. Any thread.
 */
bool weh_file_registry_writer(struct weh_file_registry *registry, const char *path, char *out,
                              size_t size);

/** What a commit has outlived when it returns. */
enum weh_durability {
    WEH_DURABILITY_FULL,  /* a power cut: it is on stable storage */
    WEH_DURABILITY_NORMAL /* the end of the process; a power cut may take the last commits, whole */
};

/** What a name may lead to. All zero: to any file. */
struct weh_file_bounds {
    const char *root;   /* the folder that it must be below, without symbolic links; borrowed */
    uint64_t max_bytes; /* a larger file is WEH_E_TOO_LARGE; 0: no limit */
};

struct weh_briefcase_options {
    const char *path; /* of the .bim; borrowed; begins with that of bounds.root, if any */
    struct weh_file_bounds bounds;
    bool readonly;                      /* no write lock, no transactions */
    const char *user;                   /* who opens, told to others who find it busy; borrowed */
    struct weh_file_registry *registry; /* kept */
    /** kept, may be NULL: true interrupts a running statement, but only outside of an edit
     * (weh_briefcase_edit_begin to _end) and of a commit: SQLite answers an interrupted write by
     * rolling back the whole transaction, and unsaved work of others requests must not be lost. */
    const atomic_bool *cancel;
    /** Called now and then while a statement runs, if there is a @cancel; may wait. May be NULL. */
    void (*pause)(void *ctx);
    void *pause_ctx;
    enum weh_durability durability;
    uint32_t cache_kb; /* SQLite page cache, 0: SQLite's default */
    /* of weh_briefcase_close_kept, used up on success; its file counts, not @path. NULL: none */
    struct weh_file_entry *kept;
    /* of @kept, for writing: its state when it was closed. One that has it still is not looked through
     * again. NULL: unknown */
    const struct weh_file_state *kept_state;
    uint64_t limit_bytes; /* what would make the file larger is WEH_E_DISK_FULL; 0: no limit */
};

/**
 * Open @options->path.
 *
 * Read-write: takes the write lock (BEGIN IMMEDIATE, as the native library does) and keeps it.
 * The file must already be in WAL mode, as every iModel is; it is not converted. Nothing waits for
 * a lock, except for another open or close of the same file in this process.
 *
 * Read-only: beside any number of others and one writer; each statement (each request, with
 * weh_briefcase_read_begin) sees what is committed then. The last to close removes the log.
 *
 * Nobody in this process may open the file in any other way meanwhile, not even to copy it: closing
 * any descriptor of it drops the locks that SQLite holds (POSIX fcntl locks).
 *
 * @out  owned by the caller; untouched on failure.
 *
 * WEH_E_FILE_NOT_FOUND, WEH_E_NOT_AN_IMODEL, WEH_E_VERSION_TOO_NEW, WEH_E_VERSION_TOO_OLD,
 * WEH_E_BUSY (text says since when and by whom; also through another hard link), WEH_E_READ_ONLY
 * (the file cannot be written), WEH_E_UNSUPPORTED (not in WAL mode), WEH_E_CORRUPT (no valid
 * briefcase id), WEH_E_NOMEM, and those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_briefcase_open(const struct weh_briefcase_options *options,
                                          struct weh_briefcase **out, struct weh_diag *diag);

/** Roll back what is not saved, close, leave the registry (NULL is fine). */
void weh_briefcase_close(struct weh_briefcase *briefcase);

/** The same, but stay in the registry as who has it open: for weh_briefcase_options.kept, or
 * weh_briefcase_forget_kept. */
struct weh_file_entry *weh_briefcase_close_kept(struct weh_briefcase *briefcase);
/** Leave the registry. @writer: it was open for writing. */
void weh_briefcase_forget_kept(struct weh_file_registry *registry, struct weh_file_entry *kept,
                               bool writer);

bool weh_briefcase_is_readonly(const struct weh_briefcase *briefcase);

/** True when transactions are recorded: writable, and a briefcase or StandaloneEdit is set. */
bool weh_briefcase_records_txns(const struct weh_briefcase *briefcase);

/** be_repositoryid: 0 standalone, else 2 and up. */
uint32_t weh_briefcase_id(const struct weh_briefcase *briefcase);

/** GUID of the iTwin it belongs to; nil: none. Borrowed. */
const struct weh_guid *weh_briefcase_itwin_guid(const struct weh_briefcase *briefcase);

/** be_Prop be_Db/DbGuid: the iModelId. */
const struct weh_guid *weh_briefcase_imodel_guid(const struct weh_briefcase *briefcase);

/**
 * Write the members of iTwin.js' IModelConnectionProps into an open map of @sink: name,
 * rootSubject, projectExtents, globalOrigin, ecefLocation (when set), iTwinId, iModelId,
 * changeset, briefcaseId. No map_begin or map_end: the caller adds its own members.
 */
WEH_MUST_CHECK weh_err weh_briefcase_write_connection_props(struct weh_briefcase *briefcase,
                                                            struct weh_sink *sink,
                                                            struct weh_diag *diag);

/** Write {fonts: [{id, type, name}]} as iTwin.js' FontMapProps. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_briefcase_write_fonts(struct weh_briefcase *briefcase,
                                                 struct weh_sink *sink, struct weh_diag *diag);

/* ---- ids (be_Local sequences; bim-format: the sequence holds the last id handed out) ---- */

/** The next element id. Becomes durable with weh_briefcase_flush_ids. WEH_E_LIMIT when used up. */
WEH_MUST_CHECK weh_err weh_briefcase_next_element_id(struct weh_briefcase *briefcase, weh_id *out,
                                                     struct weh_diag *diag);

/** The next id for aspects and link-table relationships. */
WEH_MUST_CHECK weh_err weh_briefcase_next_instance_id(struct weh_briefcase *briefcase, weh_id *out,
                                                      struct weh_diag *diag);

/** Write changed sequences to be_Local; call just before a commit. */
WEH_MUST_CHECK weh_err weh_briefcase_flush_ids(struct weh_briefcase *briefcase,
                                               struct weh_diag *diag);

/** Forget the sequences after a rollback: they are read anew from be_Local when next needed. */
void weh_briefcase_forget_ids(struct weh_briefcase *briefcase);

/* ---- reading ---- */

/**
 * One state of the file for all reads of one request, in a briefcase that is open read-only; what
 * others commit meanwhile is seen from the next weh_briefcase_read_begin on. Without the pair each
 * statement sees the newest state. Nothing happens in a writable briefcase: its transaction is
 * always open and sees its own changes. Errors as weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_briefcase_read_begin(struct weh_briefcase *briefcase,
                                                struct weh_diag *diag);
void weh_briefcase_read_end(struct weh_briefcase *briefcase);

/** A number that changes whenever another connection has committed something, whoever has it. With
 * weh_briefcase_read_begin before it, the state that is read is the one it stands for. */
WEH_MUST_CHECK weh_err weh_briefcase_data_version(struct weh_briefcase *briefcase, int64_t *out,
                                                  struct weh_diag *diag);

/** Let the page cache grow up to @cache_kb, which is not 0. */
WEH_MUST_CHECK weh_err weh_briefcase_set_cache(struct weh_briefcase *briefcase, uint32_t cache_kb,
                                               struct weh_diag *diag);

/** Give back page cache memory and unused statements of an idle briefcase. */
void weh_briefcase_shrink(struct weh_briefcase *briefcase);

#endif
