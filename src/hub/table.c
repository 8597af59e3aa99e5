/* src/hub/table.c - the SQLite file that the hub keeps: opened, made, asked.
 *
 * WAL and synchronous=FULL: what a call has answered outlives a power cut, in particular that an id
 * has been given away.
 */
#include <errno.h>
#include <string.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/file.h"

#include "hub_priv.h"

#define APPLICATION_ID 0x77656862 /* "wehb" */
#define VERSION        1
/* Another process may be writing: a weh tool, a second server on the same folder. */
#define BUSY_TIMEOUT_MS 5000

static weh_err fail(struct weh_hub *hub, int rc, struct weh_diag *diag)
{
    return weh_sqlite_fail(hub->db, rc, diag);
}

weh_err table_run(struct weh_hub *hub, const char *sql, struct weh_diag *diag)
{
    int rc = sqlite3_exec(hub->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? WEH_OK : fail(hub, rc, diag);
}

weh_err table_prepare(struct weh_hub *hub, const char *sql, sqlite3_stmt **out,
                      struct weh_diag *diag)
{
    int rc = sqlite3_prepare_v2(hub->db, sql, -1, out, NULL);

    return rc == SQLITE_OK ? WEH_OK : fail(hub, rc, diag);
}

weh_err table_step(struct weh_hub *hub, sqlite3_stmt *stmt, bool *row, struct weh_diag *diag)
{
    int rc = sqlite3_step(stmt);

    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? WEH_OK : fail(hub, rc, diag);
}

weh_err table_finish(struct weh_hub *hub, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    bool row;
    weh_err err = table_step(hub, stmt, &row, diag);

    (void)sqlite3_finalize(stmt);
    return err;
}

static weh_err read_number(struct weh_hub *hub, const char *sql, int64_t *out,
                           struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = table_prepare(hub, sql, &stmt, diag);

    if (err == WEH_OK) {
        err = table_step(hub, stmt, &row, diag);
    }
    *out = row ? sqlite3_column_int64(stmt, 0) : 0;
    (void)sqlite3_finalize(stmt);
    return err;
}

/* One transaction: a table that exists has everything. */
static weh_err make(struct weh_hub *hub, struct weh_diag *diag)
{
    char sql[1024];

    (void)sqlite3_snprintf(
        sizeof(sql), sql,
        "BEGIN IMMEDIATE;"
        "CREATE TABLE IF NOT EXISTS briefcase(name TEXT PRIMARY KEY NOT NULL, user TEXT NOT NULL,"
        " imodel TEXT NOT NULL, imodelId BLOB NOT NULL, briefcaseId INTEGER NOT NULL,"
        " created INTEGER NOT NULL, bytes INTEGER NOT NULL, state INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS briefcase_user ON briefcase(user,created);"
        "CREATE TABLE IF NOT EXISTS last_id(imodelId BLOB PRIMARY KEY NOT NULL,"
        " briefcaseId INTEGER NOT NULL) WITHOUT ROWID;"
        "PRAGMA application_id=%d;PRAGMA user_version=%d;COMMIT;",
        APPLICATION_ID, VERSION);
    return table_run(hub, sql, diag);
}

static weh_err check_or_make(struct weh_hub *hub, struct weh_diag *diag)
{
    int64_t application = 0;
    int64_t version = 0;
    weh_err err = table_run(hub, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL", diag);

    if (err == WEH_OK) {
        err = read_number(hub, "PRAGMA application_id", &application, diag);
    }
    if (err == WEH_OK) {
        err = read_number(hub, "PRAGMA user_version", &version, diag);
    }
    if (err != WEH_OK || (application == APPLICATION_ID && version == VERSION)) {
        return err;
    }
    if (application != 0 || version != 0) {
        return weh_fail_where(diag, WEH_E_IO, "data.dir",
                              "hub/briefcases.db belongs to another program or version");
    }
    return make(hub, diag);
}

/* The lock tells who may tidy up; it goes with the process. */
static weh_err take_lock(struct weh_hub *hub, struct weh_diag *diag)
{
    char *path = sqlite3_mprintf("%s/hub/lock", hub->data_dir);
    int number = 0;

    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    hub->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    number = hub->lock_fd < 0 ? errno : 0;
    sqlite3_free(path);
    if (number != 0) {
        return weh_file_fail(diag, number);
    }
    if (flock(hub->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(hub->lock_fd);
        hub->lock_fd = -1;
    }
    return WEH_OK;
}

static weh_err make_folder(const char *data_dir, const char *name, struct weh_diag *diag)
{
    char *path = sqlite3_mprintf("%s%s", data_dir, name);
    int number;

    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    number = mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : errno;
    sqlite3_free(path);
    return number == 0 ? WEH_OK : weh_file_fail(diag, number);
}

weh_err table_open(struct weh_hub *hub, struct weh_diag *diag)
{
    char *path = NULL;
    weh_err err = make_folder(hub->data_dir, "/hub", diag);
    int rc;

    if (err == WEH_OK) {
        err = make_folder(hub->data_dir, "/briefcases", diag);
    }
    if (err == WEH_OK) {
        err = take_lock(hub, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    path = sqlite3_mprintf("%s/hub/briefcases.db", hub->data_dir);
    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    rc = sqlite3_open_v2(path, &hub->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                             SQLITE_OPEN_EXRESCODE,
                         NULL);
    sqlite3_free(path);
    if (rc == SQLITE_OK) {
        rc = sqlite3_busy_timeout(hub->db, BUSY_TIMEOUT_MS);
    }
    return rc == SQLITE_OK ? check_or_make(hub, diag) : fail(hub, rc, diag);
}

void table_close(struct weh_hub *hub)
{
    int rc = sqlite3_close(hub->db);

    weh_assert(rc == SQLITE_OK);
    hub->db = NULL;
    if (hub->lock_fd >= 0) {
        (void)close(hub->lock_fd);
    }
}
