/* tests/scenario/isolation/iso_file.c - the files before and after, read with plain SQLite.
 *
 * Not through the server's own data side: what is checked must not check itself.
 */
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "iso.h"

static weh_err open_file(const char *path, int flags, sqlite3 **out, struct weh_diag *diag)
{
    *out = NULL;
    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK) {
        return weh_fail(diag, WEH_E_IO, "%s cannot be opened", path);
    }
    return WEH_OK;
}

static weh_err prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out, struct weh_diag *diag)
{
    if (sqlite3_prepare_v2(db, sql, -1, out, NULL) != SQLITE_OK) {
        return weh_fail(diag, WEH_E_DB, "%s", sqlite3_errmsg(db));
    }
    return WEH_OK;
}

weh_err iso_file_prepare(const char *path, uint32_t number, struct weh_diag *diag)
{
    static const char sql[] = "UPDATE be_Local SET Val=?1 WHERE Name='bis_elementidsequence'";
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    weh_err err = open_file(path, SQLITE_OPEN_READWRITE, &db, diag);

    if (err != WEH_OK) {
        goto out;
    }
    err = prepare(db, sql, &statement, diag);
    if (err != WEH_OK) {
        goto out;
    }
    sqlite3_bind_int64(statement, 1, (int64_t)ISO_FIRST_ID(number));
    if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_changes(db) != 1) {
        err = weh_fail(diag, WEH_E_DB, "the id sequence of %s cannot be set", path);
    }
out:
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return err;
}

static weh_err query_number(sqlite3 *db, const char *sql, uint64_t *out, struct weh_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    weh_err err = prepare(db, sql, &statement, diag);

    if (err == WEH_OK && sqlite3_step(statement) != SQLITE_ROW) {
        err = weh_fail(diag, WEH_E_DB, "%s", sqlite3_errmsg(db));
    }
    if (err == WEH_OK) {
        *out = (uint64_t)sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return err;
}

static weh_err count_others(sqlite3 *db, uint64_t *out, struct weh_diag *diag)
{
    return query_number(db,
                        "SELECT count(*) FROM bis_Element "
                        "WHERE UserLabel IS NULL OR UserLabel NOT LIKE 'iso-%'",
                        out, diag);
}

weh_err iso_file_count_others(const char *path, uint64_t *out, struct weh_diag *diag)
{
    sqlite3 *db = NULL;
    weh_err err = open_file(path, SQLITE_OPEN_READONLY, &db, diag);

    if (err == WEH_OK) {
        err = count_others(db, out, diag);
    }
    sqlite3_close(db);
    return err;
}

static weh_err check_sound(sqlite3 *db, struct weh_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    weh_err err = prepare(db, "PRAGMA integrity_check", &statement, diag);

    if (err == WEH_OK && (sqlite3_step(statement) != SQLITE_ROW ||
                          strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)) {
        err = weh_fail(diag, WEH_E_CORRUPT, "integrity_check: %s",
                       (const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    return err;
}

/* Each row must be the next live element of @session, and each live element a row. */
static weh_err check_rows(sqlite3_stmt *rows, const struct iso_session *session,
                          struct weh_diag *diag)
{
    uint32_t next = 0;

    for (;;) {
        bool has_row = sqlite3_step(rows) == SQLITE_ROW;
        const char *text;
        char label[48];

        while (next < session->n_elements && !session->elements[next].live) {
            next++;
        }
        if (!has_row && next == session->n_elements) {
            return WEH_OK;
        }
        if (!has_row || next == session->n_elements) {
            return weh_fail(diag, WEH_E_STATE, "session %u: the file has %s elements",
                            session->number, has_row ? "more" : "fewer");
        }
        iso_label(session->number, session->elements[next].seed, label);
        text = (const char *)sqlite3_column_text(rows, 1);
        if ((uint64_t)sqlite3_column_int64(rows, 0) != ISO_FIRST_ID(session->number) + 1 + next ||
            text == NULL || strcmp(text, label) != 0) {
            return weh_fail(diag, WEH_E_STATE, "session %u: element %lld is %s instead of %s",
                            session->number, (long long)sqlite3_column_int64(rows, 0),
                            text == NULL ? "NULL" : text, label);
        }
        next++;
    }
}

weh_err iso_file_check(const char *path, const struct iso_session *session, uint64_t n_others,
                       struct weh_diag *diag)
{
    sqlite3_stmt *rows = NULL;
    sqlite3 *db = NULL;
    uint64_t n = 0;
    weh_err err = open_file(path, SQLITE_OPEN_READWRITE, &db, diag);

    if (err == WEH_OK) {
        err = check_sound(db, diag);
    }
    if (err == WEH_OK) {
        err = count_others(db, &n, diag);
    }
    if (err == WEH_OK && n != n_others) {
        err = weh_fail(diag, WEH_E_STATE, "session %u: %llu other elements instead of %llu",
                       session->number, (unsigned long long)n, (unsigned long long)n_others);
    }
    if (err == WEH_OK) {
        err = prepare(db,
                      "SELECT Id, UserLabel FROM bis_Element WHERE UserLabel LIKE 'iso-%' "
                      "ORDER BY Id",
                      &rows, diag);
    }
    if (err == WEH_OK) {
        err = check_rows(rows, session, diag);
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return err;
}
