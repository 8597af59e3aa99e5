/* src/briefcase/open.c - opening and closing the file of one session.
 *
 * The order: registry, connection, safe settings, is it an iModel, the write lock, then the values
 * that do not change while it is open. What happens in an open file is in the other files here.
 */
#include <string.h>

#include <unistd.h>

#include "weh/alloc.h"
#include "weh/beside.h"
#include "weh/db_query.h"
#include "weh/file_state.h"
#include "weh/json.h"
#include "weh/sqlite_time.h"

#include "briefcase_priv.h"
#include "content_priv.h"

/* Virtual machine steps between two looks at the cancel flag and the clock: some microseconds, but each step of a
 * query may make a value of megabytes. */
#define STEPS_PER_CHECK 200

static int check_cancel(void *ctx)
{
    struct weh_briefcase *briefcase = ctx;

    if (briefcase->pause != NULL) {
        briefcase->pause(briefcase->pause_ctx);
    }
    if (!briefcase->interruptible) {
        return 0;
    }
    return (briefcase->cancel != NULL &&
            atomic_load_explicit(briefcase->cancel, memory_order_relaxed)) ||
           weh_query_is_over(briefcase);
}

static weh_err make_watch_path(struct weh_briefcase *briefcase, const char *path,
                               struct weh_diag *diag)
{
    static const char suffix[] = "-watch";
    size_t len = strlen(path);

    briefcase->watch_path = weh_malloc(len + sizeof(suffix));
    if (briefcase->watch_path == NULL) {
        return weh_fail_nomem(diag);
    }
    memcpy(briefcase->watch_path, path, len);
    memcpy(briefcase->watch_path + len, suffix, sizeof(suffix));
    return WEH_OK;
}

/** The one place that decides when a commit is done: in WAL mode FULL waits until its log is on stable
 * storage, NORMAL leaves that to the next checkpoint. Either way the file is never damaged. */
static int set_durability(struct weh_briefcase *briefcase, enum weh_durability durability)
{
    return weh_sqlite_exec(briefcase->db, durability == WEH_DURABILITY_NORMAL
                                              ? "PRAGMA synchronous=NORMAL"
                                              : "PRAGMA synchronous=FULL");
}

/** The session's page cache, then what cannot be set otherwise; reads the schema. */
static weh_err set_pragmas(struct weh_briefcase *briefcase,
                           const struct weh_briefcase_options *options, struct weh_diag *diag)
{
    char sql[160];
    int rc;

    sqlite3_snprintf(sizeof(sql), sql,
                     "PRAGMA cell_size_check=ON;"
                     "PRAGMA recursive_triggers=OFF;%s",
                     briefcase->readonly ? "PRAGMA query_only=ON;" : "");
    rc = weh_sqlite_exec(briefcase->db, sql);
    if (rc == SQLITE_OK) {
        rc = set_durability(briefcase, options->durability);
    }
    if (rc != SQLITE_OK) {
        return weh_db_fail(briefcase, rc, diag);
    }
    return options->cache_kb == 0 ? WEH_OK
                                  : weh_briefcase_set_cache(briefcase, options->cache_kb, diag);
}

/* SQLite keeps what the file has already, and answers as if the disk were full beyond. */
static weh_err set_limit(struct weh_briefcase *briefcase, uint64_t limit_bytes,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    char sql[80];
    int64_t page_size = 0;
    weh_err err = weh_stmt_acquire(briefcase, "PRAGMA page_size", &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    page_size = err == WEH_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    weh_stmt_release(briefcase, stmt);
    if (err != WEH_OK || page_size <= 0) {
        return err;
    }
    (void)sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count=%lld",
                           (long long)(limit_bytes / (uint64_t)page_size) + 1);
    return weh_db_exec(briefcase, sql, diag);
}

static weh_err connect(struct weh_briefcase *briefcase, const struct weh_briefcase_options *options,
                       struct weh_diag *diag)
{
    /* Readers open read-write too (and may not write): SQLite falls back to read-only by itself,
     * and only a connection that could write removes the log when it is the last to close. */
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    int rc = sqlite3_open_v2(weh_file_entry_path(briefcase->entry), &briefcase->db, flags, NULL);

    if (rc == SQLITE_OK) {
        rc = weh_connection_harden(briefcase->db);
    }
    if (rc != SQLITE_OK) {
        return weh_db_fail(briefcase, rc, diag);
    }
    if (!weh_file_entry_is_same(briefcase->entry)) {
        return weh_fail(diag, WEH_E_BUSY, "the file was replaced while it was opened");
    }
    sqlite3_rollback_hook(briefcase->db, weh_transaction_on_rollback, briefcase);
    sqlite3_commit_hook(briefcase->db, weh_transaction_on_commit, briefcase);
    briefcase->cancel = options->cancel;
    briefcase->pause = options->cancel != NULL ? options->pause : NULL;
    briefcase->pause_ctx = options->pause_ctx;
    sqlite3_progress_handler(briefcase->db, STEPS_PER_CHECK, check_cancel, briefcase);
    rc = sqlite3_set_authorizer(briefcase->db, weh_query_authorize, briefcase);
    if (rc == SQLITE_OK) {
        rc = weh_search_functions_register(briefcase);
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(briefcase, rc, diag);
}

static weh_err check_writable(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool is_wal = false;
    weh_err err;

    if (sqlite3_db_readonly(briefcase->db, "main") != 0) {
        return weh_fail(diag, WEH_E_READ_ONLY, "the file cannot be written");
    }
    err = weh_stmt_acquire(briefcase, "PRAGMA journal_mode", &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    is_wal = err == WEH_OK && row && weh_str_eq_text(weh_stmt_text(stmt, 0), "wal");
    weh_stmt_release(briefcase, stmt);
    if (err == WEH_OK && !is_wal) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "the file is not in WAL mode");
    }
    return err;
}

/** Eight bytes, little-endian. */
static weh_err read_briefcase_id(struct weh_briefcase *briefcase, struct weh_arena *arena,
                                 struct weh_diag *diag)
{
    struct weh_str bytes = { NULL, 0 };
    uint64_t id = 0;
    weh_err err = weh_local_read(briefcase, "be_repositoryid", arena, &bytes, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (bytes.ptr == NULL) {
        briefcase->id = 0;
        return WEH_OK;
    }
    for (size_t i = bytes.len; i > 0 && bytes.len == sizeof(id); i--) {
        id = id << 8 | (uint8_t)bytes.ptr[i - 1];
    }
    if (bytes.len != sizeof(id) || id > WEH_MAX_BRIEFCASE_ID) {
        return weh_fail_where(diag, WEH_E_CORRUPT, "be_repositoryid", "no valid briefcase id");
    }
    briefcase->id = (uint32_t)id;
    return WEH_OK;
}

static weh_err read_standalone_edit(struct weh_briefcase *briefcase, struct weh_arena *arena,
                                    bool *out, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 100 };
    struct weh_str text = { NULL, 0 };
    struct weh_value json = { .type = WEH_VALUE_NULL };
    weh_err err = weh_local_read(briefcase, "StandaloneEdit", arena, &text, diag);

    *out = false;
    if (err != WEH_OK || text.ptr == NULL) {
        return err;
    }
    err = weh_json_parse(text, &limits, arena, &json, diag);
    if (err == WEH_E_NOMEM) {
        return err;
    }
    /* Anything that is no JSON is no permission. */
    if (err != WEH_OK || !weh_value_to_bool(weh_value_get(&json, "txns"), out)) {
        *out = false;
    }
    return WEH_OK;
}

weh_err weh_local_values_load(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    struct weh_arena arena;
    bool standalone_edit = false;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = read_briefcase_id(briefcase, &arena, diag);
    if (err == WEH_OK) {
        err = read_standalone_edit(briefcase, &arena, &standalone_edit, diag);
    }
    if (err == WEH_OK) {
        err = weh_prop_read_guid(briefcase, "DbGuid", &briefcase->imodel_guid, diag);
    }
    if (err == WEH_OK) {
        err = weh_prop_read_guid(briefcase, "ProjectGuid", &briefcase->itwin_guid, diag);
    }
    briefcase->records_txns =
        err == WEH_OK && !briefcase->readonly && (briefcase->id != 0 || standalone_edit);
    weh_arena_fini(&arena);
    return err;
}

/* Is it the file that this process has had open, and nobody has written it since? */
static bool was_checked(struct weh_briefcase *briefcase,
                        const struct weh_briefcase_options *options)
{
    struct weh_file_state state;

    return options->kept_state != NULL && weh_briefcase_file_state(briefcase, &state) &&
           weh_file_state_is_same(&state, options->kept_state);
}

static weh_err load(struct weh_briefcase *briefcase, const struct weh_briefcase_options *options,
                    struct weh_diag *diag)
{
    weh_err err = weh_header_check(briefcase, diag);

    if (err == WEH_OK) {
        err = set_pragmas(briefcase, options, diag);
    }
    if (err == WEH_OK && !briefcase->readonly) {
        err = check_writable(briefcase, diag);
    }
    if (err == WEH_OK && !briefcase->readonly && options->limit_bytes != 0) {
        err = set_limit(briefcase, options->limit_bytes, diag);
    }
    if (err == WEH_OK) {
        err = weh_transaction_ensure(briefcase, diag);
    }
    /* Under the lock, so that nobody changes between the look and the lock what is checked. */
    if (err == WEH_OK && !was_checked(briefcase, options)) {
        err = weh_profile_check(briefcase, diag);
    }
    if (err == WEH_OK) {
        err = weh_local_values_load(briefcase, diag);
    }
    return err;
}

weh_err weh_briefcase_open(const struct weh_briefcase_options *options, struct weh_briefcase **out,
                           struct weh_diag *diag)
{
    struct weh_briefcase_options actual = *options;
    struct weh_briefcase *briefcase = NULL;
    weh_err err;

    weh_assert((options->path != NULL || options->kept != NULL) && options->registry != NULL &&
               out != NULL);
    if (options->kept != NULL) {
        actual.path = weh_file_entry_path(options->kept);
    }
    briefcase = weh_calloc(1, sizeof(*briefcase));
    if (briefcase == NULL) {
        return weh_fail_nomem(diag);
    }
    briefcase->readonly = options->readonly;
    briefcase->registry = options->registry;
    err = make_watch_path(briefcase, actual.path, diag);
    if (err == WEH_OK && options->kept != NULL) {
        briefcase->entry = options->kept;
        weh_file_entry_lock(briefcase->entry);
    } else if (err == WEH_OK) {
        err = weh_file_entry_acquire(options->registry, options, &briefcase->entry, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    err = connect(briefcase, &actual, diag);
    if (err == WEH_OK) {
        err = load(briefcase, &actual, diag);
    }
    weh_file_entry_unlock(briefcase->entry);
    /* What is only asked while opening need not take memory for the whole session. */
    weh_stmt_cache_clear(&briefcase->cache, false);
    if (err != WEH_OK) {
        goto out;
    }
    *out = briefcase;
    briefcase = NULL;
out:
    if (briefcase != NULL && options->kept != NULL) {
        (void)weh_briefcase_close_kept(briefcase);
    } else {
        weh_briefcase_close(briefcase);
    }
    return err;
}

weh_err weh_briefcase_open_beside(const struct weh_briefcase *briefcase, uint32_t cache_kb,
                                  struct weh_briefcase **out, struct weh_diag *diag)
{
    const struct weh_briefcase_options options = { .path = weh_file_entry_path(briefcase->entry),
                                                   .readonly = true,
                                                   .user = "",
                                                   .registry = briefcase->registry,
                                                   .cancel = briefcase->cancel,
                                                   .pause = briefcase->pause,
                                                   .pause_ctx = briefcase->pause_ctx,
                                                   .cache_kb = cache_kb };
    struct weh_briefcase *beside = NULL;
    weh_err err = weh_briefcase_open(&options, &beside, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(beside != NULL);
    if (beside->entry != briefcase->entry) {
        weh_briefcase_close(beside);
        return weh_fail(diag, WEH_E_BUSY, "the file was replaced");
    }
    *out = beside;
    return WEH_OK;
}

/* Everything but the entry, which is locked afterwards. */
static void close_connection(struct weh_briefcase *briefcase)
{
    int rc = SQLITE_OK;

    if (briefcase->entry != NULL) {
        weh_file_entry_lock(briefcase->entry);
    }
    weh_stmt_cache_clear(&briefcase->cache, true);
    /* Rolls back. It fails when somebody still has a statement, which is a defect of ours. */
    rc = sqlite3_close(briefcase->db);
    weh_assert(rc == SQLITE_OK);
    weh_free(briefcase->watch_path);
    weh_free(briefcase->savepoints);
}

void weh_briefcase_close(struct weh_briefcase *briefcase)
{
    if (briefcase != NULL) {
        close_connection(briefcase);
        weh_file_entry_release(briefcase->registry, briefcase->entry, !briefcase->readonly);
        weh_free(briefcase);
    }
}

struct weh_file_entry *weh_briefcase_close_kept(struct weh_briefcase *briefcase)
{
    struct weh_file_entry *entry = briefcase->entry;

    close_connection(briefcase);
    if (entry != NULL) {
        weh_file_entry_unlock(entry);
    }
    weh_free(briefcase);
    return entry;
}

void weh_briefcase_forget_kept(struct weh_file_registry *registry, struct weh_file_entry *kept,
                               bool writer)
{
    weh_file_entry_lock(kept);
    weh_file_entry_release(registry, kept, writer);
}

sqlite3 *weh_briefcase_db(struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->db;
}

bool weh_briefcase_is_readonly(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->readonly;
}

bool weh_briefcase_records_txns(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->records_txns;
}

uint32_t weh_briefcase_id(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return briefcase->id;
}

const struct weh_guid *weh_briefcase_itwin_guid(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return &briefcase->itwin_guid;
}

const struct weh_guid *weh_briefcase_imodel_guid(const struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    return &briefcase->imodel_guid;
}

weh_err weh_briefcase_set_cache(struct weh_briefcase *briefcase, uint32_t cache_kb,
                                struct weh_diag *diag)
{
    char sql[48];

    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA cache_size=-%u", cache_kb);
    return weh_db_exec(briefcase, sql, diag);
}

void weh_briefcase_shrink(struct weh_briefcase *briefcase)
{
    weh_assert(briefcase != NULL);
    weh_stmt_cache_clear(&briefcase->cache, false);
    (void)sqlite3_db_release_memory(briefcase->db);
}
