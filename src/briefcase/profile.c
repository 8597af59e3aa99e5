/* src/briefcase/profile.c - is this file an iModel, and of a version that we may read or write?
 *
 * The rule is that of the native library: the major version must be ours; a newer minor version may
 * be read only, an older one too until it is upgraded; the last two numbers do not matter.
 */
#include <stdio.h>
#include <string.h>

#include "briefcase_priv.h"
#include "content_priv.h"

static weh_err read_pragma(struct weh_briefcase *briefcase, const char *sql, int64_t *out,
                           struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);

    *out = 0;
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row) {
        *out = sqlite3_column_int64(stmt, 0);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

static bool read_number(const struct weh_value *json, const char *name, uint32_t *out)
{
    int64_t number = 0;

    if (!weh_value_to_int64(weh_value_get(json, name), &number) || number < 0 ||
        number > UINT16_MAX) {
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

weh_err weh_profile_read(struct weh_briefcase *briefcase, const char *space,
                         struct weh_profile_version *out, bool *found, struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_value json;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_prop_read_json(briefcase, space, "SchemaVersion", &arena, &json, diag);
    *found = err == WEH_OK && read_number(&json, "major", &out->major) &&
             read_number(&json, "minor", &out->minor) && read_number(&json, "sub1", &out->sub1) &&
             read_number(&json, "sub2", &out->sub2);
    weh_arena_fini(&arena);
    return err;
}

/** Below 0, 0 or above 0 as major and minor of @file are older, the same, newer. */
static int compare(const struct weh_profile_version *file, uint32_t major, uint32_t minor)
{
    if (file->major != major) {
        return file->major < major ? -1 : 1;
    }
    if (file->minor != minor) {
        return file->minor < minor ? -1 : 1;
    }
    return 0;
}

static weh_err check_one(struct weh_briefcase *briefcase, const char *space, uint32_t major,
                         uint32_t minor, struct weh_diag *diag)
{
    struct weh_profile_version file = { 0 };
    bool found = false;
    int order = 0;
    weh_err err = weh_profile_read(briefcase, space, &file, &found, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (!found) {
        return weh_fail_where(diag, WEH_E_NOT_AN_IMODEL, space, "the profile has no version");
    }
    order = compare(&file, major, minor);
    if (order == 0 || (briefcase->readonly && file.major == major)) {
        return WEH_OK;
    }
    return weh_fail_where(diag, order > 0 ? WEH_E_VERSION_TOO_NEW : WEH_E_VERSION_TOO_OLD, space,
                          "version %u.%u of the file, %u.%u of this server%s", file.major,
                          file.minor, major, minor,
                          file.major == major ? "; it can be opened read-only" : "");
}

/** The tables that everything else relies on. */
static weh_err check_tables(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    int64_t n = 0;
    weh_err err = read_pragma(briefcase,
                              "SELECT count(*) FROM sqlite_master WHERE type='table' AND name IN "
                              "('be_Prop','be_Local','bis_Element','bis_Model','dgn_Txns',"
                              "'ec_Class','ec_PropertyMap')",
                              &n, diag);

    if (err == WEH_OK && n != 7) {
        return weh_fail(diag, WEH_E_NOT_AN_IMODEL, "tables of an iModel are missing");
    }
    return err;
}

weh_err weh_header_check(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    int64_t application_id = 0;
    int64_t user_version = 0;
    weh_err err;

    weh_assert(briefcase != NULL);
    err = read_pragma(briefcase, "PRAGMA application_id", &application_id, diag);
    if (err == WEH_OK) {
        err = read_pragma(briefcase, "PRAGMA user_version", &user_version, diag);
    }
    if (err == WEH_E_CORRUPT) {
        return weh_fail(diag, WEH_E_NOT_AN_IMODEL, "not an iModel");
    }
    if (err != WEH_OK) {
        return err;
    }
    if (application_id != WEH_BIM_APPLICATION_ID || user_version != WEH_BIM_USER_VERSION) {
        return weh_fail(diag, WEH_E_NOT_AN_IMODEL, "not an iModel");
    }
    return WEH_OK;
}

weh_err weh_profile_check(struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    static const struct {
        const char *space;
        uint32_t major, minor;
    } profiles[] = { { "be_Db", 3, 1 }, { "ec_Db", 4, 0 }, { "dgn_Db", 2, 0 } };
    weh_err err;

    weh_assert(briefcase != NULL);
    err = weh_schema_check(briefcase, diag);
    if (err == WEH_OK) {
        err = check_tables(briefcase, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(profiles); i++) {
        err = check_one(briefcase, profiles[i].space, profiles[i].major, profiles[i].minor, diag);
    }
    return err;
}
