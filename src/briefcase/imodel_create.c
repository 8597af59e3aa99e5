/* src/briefcase/imodel_create.c - a new iModel from the built-in template.
 *
 * What the native library's createEmpty (5.1.72) makes: the template has all that is the same in
 * each new iModel; GUIDs, times, the root subject and the place are set here.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/imodel.h"
#include "weh/json.h"

#include "briefcase_priv.h"
#include "content_priv.h"
#include "imodel_file.h"

/* Longest value of a code, in characters (DgnCode of the native library). */
#define MAX_CODE_CHARS 350
/* Elements of every new iModel: root subject, reality data partition, dictionary partition. */
static const sqlite3_int64 new_elements[] = { 1, 14, 16 };

/* ---- arguments ---- */

/** White space of Unicode as String.prototype.trim knows it, at the start of @text: its length. */
static size_t space_length(struct weh_str text)
{
    static const char *const spaces[] = {
        " ",
        "\t",
        "\n",
        "\v",
        "\f",
        "\r",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\xe2\x81\x9f",
        "\xe3\x80\x80",
        "\xef\xbb\xbf",
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(spaces); i++) {
        size_t n = strlen(spaces[i]);

        if (text.len >= n && memcmp(text.ptr, spaces[i], n) == 0) {
            return n;
        }
    }
    /* U+2000 to U+200A */
    if (text.len >= 3 && memcmp(text.ptr, "\xe2\x80", 2) == 0 && (uint8_t)text.ptr[2] >= 0x80 &&
        (uint8_t)text.ptr[2] <= 0x8a) {
        return 3;
    }
    return 0;
}

static struct weh_str trim(struct weh_str text)
{
    size_t n = space_length(text);
    size_t end = 0;

    for (; n > 0; n = space_length(text)) {
        text.ptr += n;
        text.len -= n;
    }
    /* The end of the last character that is no space. */
    for (size_t at = 0; at < text.len;) {
        n = space_length((struct weh_str){ text.ptr + at, text.len - at });
        at += n > 0 ? n : 1;
        end = n > 0 ? end : at;
    }
    text.len = end;
    return text;
}

static size_t count_chars(struct weh_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += ((uint8_t)text.ptr[i] & 0xc0) != 0x80;
    }
    return n;
}

static weh_err check_text(struct weh_str text, const char *where, struct weh_diag *diag)
{
    if (text.len > WEH_PROP_MAX_BYTES || !weh_str_is_utf8(text)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "no UTF-8, or too long");
    }
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "has a NUL character");
    }
    return WEH_OK;
}

static weh_err check_place(const struct weh_imodel_create_props *props, struct weh_diag *diag)
{
    for (size_t i = 0; props->has_extents && i < 3; i++) {
        double low = props->extents[i];
        double high = props->extents[i + 3];

        if (!isfinite(low) || !isfinite(high) || !(low < high)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "projectExtents",
                                  "each low must be below its high");
        }
    }
    for (size_t i = 0; props->has_origin && i < 3; i++) {
        if (!isfinite(props->global_origin[i])) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "globalOrigin", "must be numbers");
        }
    }
    return WEH_OK;
}

static weh_err check_props(const struct weh_imodel_create_props *props, struct weh_diag *diag)
{
    weh_err err = check_text(props->root_subject_name, "rootSubject.name", diag);
    size_t n_chars = 0;

    if (err == WEH_OK) {
        err = check_text(props->root_subject_description, "rootSubject.description", diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    n_chars = count_chars(trim(props->root_subject_name));
    if (n_chars == 0 || n_chars > MAX_CODE_CHARS) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "rootSubject.name",
                              "must have 1 to %d characters", MAX_CODE_CHARS);
    }
    return check_place(props, diag);
}

/* ---- values ---- */

static weh_err set_value(struct weh_briefcase *briefcase, const char *sql, struct weh_str text,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    sqlite3_bind_text64(stmt, 1, text.ptr == NULL ? "" : text.ptr, text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
    err = weh_stmt_run(briefcase, stmt, diag);
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err set_guid(struct weh_briefcase *briefcase, const char *sql, sqlite3_int64 id,
                        const struct weh_guid *guid, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    sqlite3_bind_blob(stmt, 1, guid->bytes, sizeof(guid->bytes), SQLITE_STATIC);
    if (id != 0) {
        sqlite3_bind_int64(stmt, 2, id);
    }
    err = weh_stmt_run(briefcase, stmt, diag);
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err set_guids(struct weh_briefcase *briefcase,
                         const struct weh_imodel_create_props *props, struct weh_diag *diag)
{
    struct weh_guid guid;
    weh_err err = weh_guid_create(&guid, diag);

    if (err == WEH_OK) {
        err = set_guid(briefcase,
                       "UPDATE be_Prop SET Data=? WHERE Namespace='be_Db' AND Name='DbGuid'", 0,
                       &guid, diag);
    }
    if (err == WEH_OK) {
        err = set_guid(briefcase,
                       "UPDATE be_Prop SET Data=? WHERE Namespace='be_Db' AND Name='ProjectGuid'",
                       0, &props->itwin_id, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(new_elements); i++) {
        err = weh_guid_create(&guid, diag);
        if (err == WEH_OK) {
            err = set_guid(briefcase, "UPDATE bis_Element SET FederationGuid=? WHERE Id=?",
                           new_elements[i], &guid, diag);
        }
    }
    return err;
}

static weh_err set_place(struct weh_briefcase *briefcase,
                         const struct weh_imodel_create_props *props, struct weh_diag *diag)
{
    /* The native library's default. */
    static const double default_extents[6] = { -50, -50, -10, 50, 50, 30 };
    static const double zero[3] = { 0 };
    struct weh_buf text;
    weh_err err;

    weh_buf_init(&text, 0);
    weh_extents_print(&text, props->has_extents ? props->extents : default_extents);
    err =
        text.err != WEH_OK
            ? weh_fail_nomem(diag)
            : set_value(briefcase,
                        "UPDATE be_Prop SET StrData=? WHERE Namespace='dgn_Db' AND Name='Extents'",
                        (struct weh_str){ (const char *)text.data, text.len }, diag);
    weh_buf_clear(&text);
    weh_buf_printf(&text, "{\"globalOrigin\":");
    weh_location_print_point(&text, props->has_origin ? props->global_origin : zero);
    weh_buf_printf(&text, ",\"initialProjectCenter\":[0.0,0.0,0.0]}");
    if (err == WEH_OK) {
        err = text.err != WEH_OK
                  ? weh_fail_nomem(diag)
                  : set_value(
                        briefcase,
                        "UPDATE be_Prop SET StrData=? WHERE Namespace='dgn_Db' AND Name='Units'",
                        (struct weh_str){ (const char *)text.data, text.len }, diag);
    }
    weh_buf_fini(&text);
    return err;
}

static weh_err set_description(struct weh_briefcase *briefcase, struct weh_str description,
                               struct weh_diag *diag)
{
    struct weh_description_column at;
    struct weh_arena arena;
    char *sql = NULL;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_description_column_find(briefcase, &arena, &at, diag);
    if (err != WEH_OK) {
        goto out;
    }
    if (at.column == NULL) {
        err = weh_fail(diag, WEH_E_INTERNAL, "the built-in template has no description column");
        goto out;
    }
    sql = sqlite3_mprintf("UPDATE \"%w\" SET \"%w\"=? WHERE \"%w\"=1", at.table, at.column, at.key);
    if (sql == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    err = set_value(briefcase, sql, description, diag);
out:
    sqlite3_free(sql);
    weh_arena_fini(&arena);
    return err;
}

static weh_err customize(struct weh_briefcase *briefcase,
                         const struct weh_imodel_create_props *props, struct weh_diag *diag)
{
    char now[WEH_TIME_TEXT_SIZE];
    weh_err err;

    weh_time_print(weh_clock_wall_ms(), now);
    err = set_guids(briefcase, props, diag);
    if (err == WEH_OK) {
        err = set_place(briefcase, props, diag);
    }
    if (err == WEH_OK) {
        err = set_value(
            briefcase,
            "UPDATE be_Prop SET StrData=? WHERE Namespace='be_Db' AND Name='CreationDate'",
            weh_str_from(now), diag);
    }
    if (err == WEH_OK) {
        err = set_value(briefcase,
                        "UPDATE be_Prop SET StrData=? WHERE Namespace='dgn_Db' AND Name='Client'",
                        WEH_STR("webedithost"), diag);
    }
    if (err == WEH_OK) {
        err = set_value(briefcase, "UPDATE bis_Element SET CodeValue=? WHERE Id=1",
                        trim(props->root_subject_name), diag);
    }
    if (err == WEH_OK) {
        err = set_description(briefcase, props->root_subject_description, diag);
    }
    /* The last one: the table's trigger sets the time of each change of its own accord. */
    if (err == WEH_OK) {
        err = set_value(briefcase, "UPDATE bis_Element SET LastMod=julianday(?)", weh_str_from(now),
                        diag);
    }
    return err;
}

/* ---- file ---- */

/** The whole content in one transaction that needs no journal: a failure removes the file. */
static weh_err fill(struct weh_briefcase *briefcase, const struct weh_imodel_create_props *props,
                    struct weh_diag *diag)
{
    char *template = NULL;
    char header[256];
    weh_err err = weh_template_unpack(&template, diag);

    if (err != WEH_OK) {
        return err;
    }
    sqlite3_snprintf(sizeof(header), header,
                     "PRAGMA page_size=4096;PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;"
                     "PRAGMA locking_mode=EXCLUSIVE;"
                     "PRAGMA application_id=%d;PRAGMA user_version=%d;",
                     WEH_BIM_APPLICATION_ID, WEH_BIM_USER_VERSION);
    err = weh_db_exec(briefcase, header, diag);
    if (err == WEH_OK) {
        err = weh_db_exec(briefcase, template, diag);
    }
    weh_free(template);
    if (err == WEH_OK) {
        err = weh_db_exec(briefcase, "BEGIN", diag);
    }
    if (err == WEH_OK) {
        err = customize(briefcase, props, diag);
    }
    if (err == WEH_OK) {
        err = weh_db_exec(briefcase, "COMMIT", diag);
    }
    return err;
}

/** Changes the header. SQLite never flushes here (synchronous=OFF): it may ignore that a flush
 * failed while it closes, and the kernel tells each failure once. weh_new_file_finish flushes. */
static weh_err switch_to_wal(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    err = weh_stmt_acquire(briefcase, "PRAGMA journal_mode=WAL", &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && !(row && weh_str_eq_text(weh_stmt_text(stmt, 0), "wal"))) {
        err = weh_fail(diag, WEH_E_IO, "the file cannot be put in WAL mode");
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err write_database(const char *path, const struct weh_imodel_create_props *props,
                              struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = weh_calloc(1, sizeof(*briefcase));
    weh_err err = WEH_OK;
    int rc;

    if (briefcase == NULL) {
        return weh_fail_nomem(diag);
    }
    /* Read-only as the transactions of a session go: here they are begun and ended by hand. */
    briefcase->readonly = true;
    rc = sqlite3_open_v2(path, &briefcase->db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK) {
        rc = weh_functions_register(briefcase->db);
    }
    if (rc != SQLITE_OK) {
        err = weh_sqlite_fail(briefcase->db, rc, diag);
    }
    if (err == WEH_OK) {
        err = fill(briefcase, props, diag);
    }
    if (err == WEH_OK) {
        err = switch_to_wal(briefcase, diag);
    }
    weh_stmt_cache_clear(&briefcase->cache, true);
    rc = sqlite3_close(briefcase->db);
    weh_assert(rc == SQLITE_OK);
    weh_free(briefcase);
    return err;
}

weh_err weh_imodel_create(const char *path, const struct weh_imodel_create_props *props,
                          struct weh_diag *diag)
{
    struct weh_new_file file;
    weh_err err;

    weh_assert(path != NULL && props != NULL);
    err = check_props(props, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_new_file_begin(&file, path, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = write_database(file.temporary, props, diag);
    if (err == WEH_OK) {
        err = weh_new_file_finish(&file, diag);
    }
    weh_new_file_abandon(&file);
    return err;
}
