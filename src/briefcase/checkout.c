/* src/briefcase/checkout.c - the file of a new briefcase: a copy of an iModel that became its own.
 *
 * The copy must be that of one saved state although the source may be written meanwhile. A reading
 * transaction is held over it. SQLite lets nobody restart the log before frames that such a reader
 * may need, nor write pages into the file that are newer than what it reads; so the file, and after
 * it the log, copied in this order, are together the state of the reader or a later saved one:
 * - the reader needs the log: what is moved from the log into the file stands in the log still, and
 *   covers pages of the copy that are half moved;
 * - it does not: nothing is moved, the file stands still, and what is in the log came later.
 * Frames of a transaction that is not committed do not count when the copy is first opened.
 *
 * Closing any descriptor of a file drops the locks that SQLite holds on it in this process. The
 * source's descriptor therefore belongs to the registry, which closes it when nobody has it open.
 */
#include "weh/checkout.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/file.h"

#include "briefcase_priv.h"
#include "content_priv.h"
#include "file_copy.h"
#include "imodel_file.h"

/* ---- the copy ---- */

/* @from is not closed here. */
static weh_err copy_into(int from, const char *target, const struct weh_copy_watch *watch,
                         struct weh_diag *diag)
{
    int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    weh_err err;

    if (to < 0) {
        return weh_file_fail(diag, errno);
    }
    err = weh_file_copy(from, to, watch, diag);
    if (close(to) != 0 && err == WEH_OK) {
        err = weh_file_fail(diag, errno);
    }
    return err;
}

/* SQLite takes no locks on the log: it may be opened and closed. */
static weh_err copy_log(const char *source, const char *target, struct weh_diag *diag)
{
    static const struct weh_copy_watch nobody = { NULL, NULL };
    char *from_path = sqlite3_mprintf("%s-wal", source);
    char *to_path = sqlite3_mprintf("%s-wal", target);
    weh_err err = WEH_OK;
    int from = -1;

    if (from_path == NULL || to_path == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    from = open(from_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (from < 0) {
        err = errno == ENOENT ? WEH_OK : weh_file_fail(diag, errno);
        goto out;
    }
    err = copy_into(from, to_path, &nobody, diag);
    (void)close(from);
out:
    sqlite3_free(from_path);
    sqlite3_free(to_path);
    return err;
}

static weh_err copy_state(struct weh_briefcase *source, const char *target,
                          const struct weh_copy_watch *watch, struct weh_diag *diag)
{
    int64_t version;
    int from = -1;
    weh_err err = weh_briefcase_read_begin(source, diag);

    if (err != WEH_OK) {
        return err;
    }
    /* The transaction begins to read with its first statement. */
    err = weh_briefcase_data_version(source, &version, diag);
    if (err == WEH_OK) {
        err = weh_file_entry_descriptor(source->registry, source->entry, &from, diag);
    }
    if (err == WEH_OK) {
        err = copy_into(from, target, watch, diag);
    }
    if (err == WEH_OK) {
        err = copy_log(weh_file_entry_path(source->entry), target, diag);
    }
    weh_briefcase_read_end(source);
    return err;
}

/* ---- what makes it a briefcase ---- */

static weh_err check_whole(struct weh_briefcase *copy, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(
        copy, "SELECT 1 FROM be_Local WHERE Name='pull_merge_conf' AND Val IS NOT NULL", &stmt,
        diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(copy, stmt, &row, diag);
    weh_stmt_release(copy, stmt);
    return err == WEH_OK && row
               ? weh_fail(diag, WEH_E_UNSUPPORTED, "a pull into the iModel is not finished")
               : err;
}

static weh_err set_briefcase_id(struct weh_briefcase *copy, uint32_t id, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    uint8_t bytes[8] = { 0 };
    weh_err err = weh_stmt_acquire(copy,
                                   "INSERT INTO be_Local(Name,Val) VALUES('be_repositoryid',?1) "
                                   "ON CONFLICT(Name) DO UPDATE SET Val=excluded.Val",
                                   &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    for (size_t i = 0; i < sizeof(id); i++) {
        bytes[i] = (uint8_t)(id >> 8 * i);
    }
    (void)sqlite3_bind_blob(stmt, 1, bytes, sizeof(bytes), SQLITE_STATIC);
    err = weh_stmt_run(copy, stmt, diag);
    weh_stmt_release(copy, stmt);
    copy->id = id;
    return err;
}

/* As nobody has locks to ask for, NoLocking; the rows of the native library first, then ours. */
static weh_err become(struct weh_briefcase *copy, uint32_t id, struct weh_diag *diag)
{
    static const char sql[] =
        "DELETE FROM dgn_Txns;"
        "DELETE FROM be_Local WHERE Name IN('bis_elementidsequence','ec_instanceidsequence')"
        " OR Name LIKE 'weh\\_%' ESCAPE '\\';"
        "INSERT OR REPLACE INTO be_Local(Name,Val) VALUES('NoLocking','true');"
        "INSERT INTO be_Local(Name,Val) SELECT 'parentChangeSet','{\"id\":\"\",\"index\":0}'"
        " WHERE NOT EXISTS(SELECT 1 FROM be_Local"
        " WHERE Name IN('parentChangeSet','ParentChangeSetId'));";
    weh_err err = check_whole(copy, diag);

    if (err == WEH_OK) {
        err = weh_db_exec(copy, sql, diag);
    }
    if (err == WEH_OK) {
        err = set_briefcase_id(copy, id, diag);
    }
    for (int kind = 0; err == WEH_OK && kind < WEH_N_SEQUENCES; kind++) {
        err = weh_sequence_load(copy, (enum weh_sequence_kind)kind, diag);
    }
    return err == WEH_OK ? weh_briefcase_flush_ids(copy, diag) : err;
}

/* Alone with the file: SQLite makes no index beside the log, and flushes nothing; that is done when
 * everything is written. */
static weh_err rewrite(struct weh_briefcase *copy, uint32_t id, struct weh_diag *diag)
{
    weh_err err = weh_db_exec(copy, "PRAGMA locking_mode=EXCLUSIVE;PRAGMA synchronous=OFF", diag);

    if (err == WEH_OK) {
        err = weh_header_check(copy, diag);
    }
    if (err == WEH_OK) {
        err = weh_db_exec(copy, "BEGIN IMMEDIATE", diag);
    }
    if (err == WEH_OK) {
        err = become(copy, id, diag);
    }
    if (err == WEH_OK) {
        err = weh_db_exec(copy, "COMMIT", diag);
    }
    weh_stmt_cache_clear(&copy->cache, true);
    return err == WEH_OK ? weh_db_exec(copy, "PRAGMA wal_checkpoint(TRUNCATE)", diag) : err;
}

static weh_err make_briefcase(const char *path, uint32_t id, struct weh_diag *diag)
{
    struct weh_briefcase *copy = weh_calloc(1, sizeof(*copy));
    weh_err err = WEH_OK;
    int rc;

    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    /* As far as the transactions of a session go: here they are begun and ended by hand. */
    copy->readonly = true;
    rc = sqlite3_open_v2(path, &copy->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK) {
        rc = weh_connection_harden(copy->db);
    }
    err = rc == SQLITE_OK ? rewrite(copy, id, diag) : weh_sqlite_fail(copy->db, rc, diag);
    weh_stmt_cache_clear(&copy->cache, true);
    rc = sqlite3_close(copy->db);
    weh_assert(rc == SQLITE_OK);
    weh_free(copy);
    return err;
}

/* A log that is left has changes which are not in the file: closing has failed. */
static weh_err check_no_log(const char *path, struct weh_diag *diag)
{
    char *log_path = sqlite3_mprintf("%s-wal", path);
    struct stat status;
    bool is_left;

    if (log_path == NULL) {
        return weh_fail_nomem(diag);
    }
    is_left = stat(log_path, &status) == 0 && status.st_size > 0;
    sqlite3_free(log_path);
    return is_left ? weh_fail(diag, WEH_E_IO, "the copy cannot be completed") : WEH_OK;
}

static weh_err fill(const struct weh_checkout_options *options, const char *path,
                    struct weh_diag *diag)
{
    struct weh_briefcase_options source_options = { .path = options->source,
                                                    .bounds = options->bounds,
                                                    .readonly = true,
                                                    .user = options->user,
                                                    .registry = options->registry };
    struct weh_briefcase *source = NULL;
    weh_err err = weh_briefcase_open(&source_options, &source, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = copy_state(source, path, &options->watch, diag);
    weh_briefcase_close(source);
    if (err == WEH_OK) {
        err = make_briefcase(path, options->briefcase_id, diag);
    }
    return err == WEH_OK ? check_no_log(path, diag) : err;
}

weh_err weh_checkout_make(const struct weh_checkout_options *options, struct weh_diag *diag)
{
    struct weh_new_file file;
    weh_err err;

    weh_assert(options != NULL && options->registry != NULL && options->briefcase_id >= 2 &&
               options->briefcase_id <= WEH_MAX_BRIEFCASE_ID);
    err = weh_new_file_begin(&file, options->target, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = fill(options, file.temporary, diag);
    if (err == WEH_OK) {
        err = weh_new_file_finish(&file, diag);
    }
    weh_new_file_abandon(&file);
    return err;
}

/* ---- what stands beside a briefcase ---- */

typedef weh_err (*visit_name)(void *ctx, int folder, const char *name);

/* The names in @path's folder that begin with that of @path. */
static weh_err each_beside(const char *path, visit_name visit, void *ctx, struct weh_diag *diag)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    char folder_path[PATH_MAX];
    struct dirent *entry;
    DIR *folder;
    weh_err err = WEH_OK;

    (void)snprintf(folder_path, sizeof(folder_path), "%.*s",
                   slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
    folder = opendir(folder_path);
    if (folder == NULL) {
        return errno == ENOENT ? WEH_OK : weh_file_fail(diag, errno);
    }
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else has this stream */
    while (err == WEH_OK && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, base, strlen(base)) == 0) {
            err = visit(ctx, dirfd(folder), entry->d_name);
        }
    }
    (void)closedir(folder);
    return err;
}

static weh_err remove_one(void *ctx, int folder, const char *name)
{
    struct weh_diag *diag = ctx;

    return unlinkat(folder, name, 0) == 0 || errno == ENOENT ? WEH_OK : weh_file_fail(diag, errno);
}

weh_err weh_checkout_sweep(const char *path, struct weh_diag *diag)
{
    weh_err err;
    int number;

    weh_assert(path != NULL);
    err = each_beside(path, remove_one, diag, diag);
    if (err != WEH_OK) {
        return err;
    }
    number = weh_file_sync_folder(path);
    return number == 0 || number == ENOENT ? WEH_OK : weh_file_fail(diag, number);
}

uint64_t weh_checkout_size(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", ".weh-journal", ".weh-authors" };
    uint64_t total = 0;

    weh_assert(path != NULL);
    for (size_t i = 0; i < WEH_ARRAY_LEN(suffixes); i++) {
        char *name = sqlite3_mprintf("%s%s", path, suffixes[i]);
        struct stat status;

        if (name != NULL && lstat(name, &status) == 0 && S_ISREG(status.st_mode)) {
            total += (uint64_t)status.st_size;
        }
        sqlite3_free(name);
    }
    return total;
}

weh_err weh_checkout_hold(struct weh_file_registry *registry, const char *path, const char *user,
                          struct weh_file_entry **out, struct weh_diag *diag)
{
    struct weh_briefcase_options options = { .path = path, .user = user, .registry = registry };
    struct weh_file_entry *entry = NULL;
    weh_err err;

    weh_assert(registry != NULL && path != NULL && out != NULL);
    *out = NULL;
    err = weh_file_entry_acquire(registry, &options, &entry, diag);
    if (err != WEH_OK) {
        return err == WEH_E_FILE_NOT_FOUND ? WEH_OK : err;
    }
    if (weh_file_entry_is_shared(registry, entry)) {
        weh_file_entry_release(registry, entry, true);
        return weh_fail(diag, WEH_E_BUSY, "somebody has the briefcase open");
    }
    *out = entry;
    return WEH_OK;
}

void weh_checkout_let_go(struct weh_file_registry *registry, struct weh_file_entry *entry)
{
    weh_file_entry_release(registry, entry, true);
}
