/* src/briefcase/file_state.c - telling by the file's times whether it still holds what it held.
 *
 * While no frame stands in the log, the content is that of the file, and only a checkpoint writes
 * the file: then device, inode, size and both times stand for the content. As for the index of a version
 * control system, the times count only when they are older than the clock they are taken from can
 * tell apart: somebody could still write in the same tick.
 */
#include "weh/file_state.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "briefcase_priv.h"

#define NS_PER_S INT64_C(1000000000)

/* Times of a file system that does not keep them to the tick of the kernel's clock: FAT has two
 * seconds. */
#define COARSE_NS (INT64_C(4) * NS_PER_S)

static int64_t nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

/* The clock that stamps files (that of the last tick), and its tick. */
static int64_t file_clock(int64_t *tick)
{
    struct timespec now = { 0 };
    struct timespec resolution = { 0 };

    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    (void)clock_getres(CLOCK_REALTIME_COARSE, &resolution);
    *tick = nanoseconds(&resolution);
    return nanoseconds(&now);
}

/* Whoever writes from now on leaves other times than these. */
static bool times_are_settled(const struct weh_file_state *state)
{
    int64_t newest = state->mtime_ns > state->ctime_ns ? state->mtime_ns : state->ctime_ns;
    int64_t tick;
    int64_t now = file_clock(&tick);
    /* The change time is always the file system's own. */
    int64_t margin = state->ctime_ns % 1000000 == 0 ? COARSE_NS : 2 * tick;

    return newest < now && now - newest > margin;
}

bool weh_file_state_is_same(const struct weh_file_state *a, const struct weh_file_state *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static bool state_read(const struct weh_briefcase *briefcase, struct weh_file_state *out)
{
    const char *path = weh_file_entry_path(briefcase->entry);
    char log_path[PATH_MAX + 8];
    struct stat status;

    (void)snprintf(log_path, sizeof(log_path), "%s-wal", path);
    if (stat(log_path, &status) == 0 && status.st_size != 0) {
        return false;
    }
    if (stat(path, &status) != 0 || !weh_file_entry_is_same(briefcase->entry)) {
        return false;
    }
    *out = (struct weh_file_state){
        .device = status.st_dev,
        .inode = status.st_ino,
        .size = status.st_size,
        .mtime_ns = nanoseconds(&status.st_mtim),
        .ctime_ns = nanoseconds(&status.st_ctim),
    };
    return true;
}

/* The number that changes when another connection has committed; it also begins to read. */
static weh_err data_version(struct weh_briefcase *briefcase, int64_t *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase, "PRAGMA data_version", &stmt, diag);

    if (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
    }
    *out = err == WEH_OK && row ? sqlite3_column_int64(stmt, 0) : -1;
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err weh_briefcase_data_version(struct weh_briefcase *briefcase, int64_t *out,
                                   struct weh_diag *diag)
{
    weh_assert(briefcase != NULL && out != NULL);
    return data_version(briefcase, out, diag);
}

bool weh_briefcase_file_state(struct weh_briefcase *briefcase, struct weh_file_state *out)
{
    int64_t version;

    weh_assert(briefcase != NULL && out != NULL);
    /* First the transaction, then the look: frames that it sees would still be in the log. */
    if (briefcase->entry == NULL || sqlite3_get_autocommit(briefcase->db) != 0 ||
        data_version(briefcase, &version, NULL) != WEH_OK || !state_read(briefcase, out)) {
        return false;
    }
    out->settled = times_are_settled(out);
    return true;
}

/* Everything into the file, and the log empty; false when somebody reads from it. */
static bool checkpoint(struct weh_briefcase *briefcase)
{
    return sqlite3_wal_checkpoint_v2(briefcase->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                     NULL) == SQLITE_OK;
}

/* Give the file a time of change that nobody who writes it later can leave: just before now. */
static bool stamp(const struct weh_briefcase *briefcase)
{
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
    int64_t tick;
    int64_t before = file_clock(&tick) - 1000;

    times[1].tv_sec = (time_t)(before / NS_PER_S);
    times[1].tv_nsec = (long)(before % NS_PER_S);
    return utimensat(AT_FDCWD, weh_file_entry_path(briefcase->entry), times, 0) == 0;
}

/* Checkpoint, and look at the file with the write lock held again: what it is then, it stays. */
static bool settle_locked(struct weh_briefcase *briefcase, struct weh_file_state *out)
{
    int64_t before;
    int64_t after;

    if (data_version(briefcase, &before, NULL) != WEH_OK ||
        sqlite3_exec(briefcase->db, "ROLLBACK", NULL, NULL, NULL) != SQLITE_OK) {
        return false;
    }
    /* The rollback was asked for. */
    briefcase->lost = false;
    if (!checkpoint(briefcase) ||
        sqlite3_exec(briefcase->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK ||
        data_version(briefcase, &after, NULL) != WEH_OK || before != after || !stamp(briefcase) ||
        !state_read(briefcase, out)) {
        return false;
    }
    out->settled = true;
    return true;
}

bool weh_briefcase_settle(struct weh_briefcase *briefcase, struct weh_file_state *out)
{
    bool settled;

    weh_assert(briefcase != NULL && !briefcase->readonly && out != NULL);
    if (briefcase->lost || sqlite3_get_autocommit(briefcase->db) != 0) {
        return false;
    }
    weh_file_entry_lock(briefcase->entry);
    weh_stmt_cache_clear(&briefcase->cache, false);
    settled = settle_locked(briefcase, out);
    weh_file_entry_unlock(briefcase->entry);
    return settled;
}
