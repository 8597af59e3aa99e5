/* src/briefcase/prop.c - single values of be_Prop and be_Local.
 *
 * Values come from a file and may be anything: sizes are checked before memory is taken.
 */
#include <limits.h>
#include <string.h>

#include <zlib.h>

#include "weh/json.h"

#include "briefcase_priv.h"
#include "content_priv.h"

/* The best that deflate can do is 1032 to 1 (zlib technical details); more is a lie. */
#define MAX_INFLATE_RATIO 1040

static weh_err unpack(struct weh_str packed, int64_t raw_size, struct weh_arena *arena,
                      struct weh_str *out, struct weh_diag *diag)
{
    uLongf n = 0;
    char *bytes = NULL;

    if (raw_size < 0 || (uint64_t)raw_size / MAX_INFLATE_RATIO > packed.len) {
        return weh_fail(diag, WEH_E_CORRUPT, "a property's size is wrong");
    }
    if (raw_size > WEH_PROP_MAX_BYTES) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a property is too large");
    }
    bytes = weh_arena_alloc(arena, (size_t)raw_size + 1);
    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    n = (uLongf)raw_size;
    switch (uncompress((Bytef *)bytes, &n, (const Bytef *)packed.ptr, (uLong)packed.len)) {
    case Z_OK:
        break;
    case Z_MEM_ERROR:
        return weh_fail_nomem(diag);
    default:
        return weh_fail(diag, WEH_E_CORRUPT, "a compressed property is damaged");
    }
    if (n != (uLongf)raw_size) {
        return weh_fail(diag, WEH_E_CORRUPT, "a property's size is wrong");
    }
    *out = (struct weh_str){ bytes, (size_t)n };
    return WEH_OK;
}

static weh_err copy_value(struct weh_str value, struct weh_arena *arena, struct weh_str *out,
                          struct weh_diag *diag)
{
    if (value.len > WEH_PROP_MAX_BYTES) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a property is too large");
    }
    out->ptr = weh_arena_strdup(arena, value);
    if (out->ptr == NULL) {
        return weh_fail_nomem(diag);
    }
    out->len = value.len;
    return WEH_OK;
}

static struct weh_str column_blob(sqlite3_stmt *stmt, int column)
{
    const void *bytes = sqlite3_column_blob(stmt, column);
    int n = sqlite3_column_bytes(stmt, column);

    return (struct weh_str){ bytes, bytes == NULL || n < 0 ? 0 : (size_t)n };
}

weh_err weh_prop_unpack(sqlite3_stmt *stmt, int raw_size_column, int data_column,
                        struct weh_arena *arena, struct weh_str *out, struct weh_diag *diag)
{
    struct weh_str data;

    *out = (struct weh_str){ NULL, 0 };
    if (sqlite3_column_type(stmt, data_column) == SQLITE_NULL) {
        return WEH_OK;
    }
    data = column_blob(stmt, data_column);
    return sqlite3_column_type(stmt, raw_size_column) != SQLITE_NULL
               ? unpack(data, sqlite3_column_int64(stmt, raw_size_column), arena, out, diag)
               : copy_value(data, arena, out, diag);
}

static weh_err read_row(sqlite3_stmt *stmt, struct weh_arena *arena, struct weh_str *out,
                        struct weh_diag *diag)
{
    struct weh_str value = weh_stmt_text(stmt, 0);

    /* Binary values stand beside an empty text in some files. */
    if (value.len == 0 && sqlite3_column_type(stmt, 2) != SQLITE_NULL) {
        return weh_prop_unpack(stmt, 1, 2, arena, out, diag);
    }
    return value.ptr == NULL ? WEH_OK : copy_value(value, arena, out, diag);
}

weh_err weh_prop_read(struct weh_briefcase *briefcase, const char *space, const char *name,
                      struct weh_arena *arena, struct weh_str *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    *out = (struct weh_str){ NULL, 0 };
    err = weh_stmt_acquire(briefcase,
                           "SELECT StrData,RawSize,Data FROM be_Prop "
                           "WHERE Namespace=? AND Name=? AND Id=0 AND SubId=0",
                           &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    sqlite3_bind_text(stmt, 1, space, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row) {
        err = read_row(stmt, arena, out, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err weh_prop_read_json(struct weh_briefcase *briefcase, const char *space, const char *name,
                           struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 16, .max_values = 10000 };
    struct weh_str text = { NULL, 0 };
    weh_err err;

    *out = (struct weh_value){ .type = WEH_VALUE_NULL };
    err = weh_prop_read(briefcase, space, name, arena, &text, diag);
    if (err != WEH_OK || text.ptr == NULL) {
        return err;
    }
    err = weh_json_parse(text, &limits, arena, out, diag);
    if (err == WEH_E_NOMEM) {
        return err;
    }
    if (err != WEH_OK) {
        *out = (struct weh_value){ .type = WEH_VALUE_NULL };
    }
    return WEH_OK;
}

weh_err weh_prop_read_guid(struct weh_briefcase *briefcase, const char *name, struct weh_guid *out,
                           struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_str bytes = { NULL, 0 };
    weh_err err;

    memset(out, 0, sizeof(*out));
    weh_arena_init(&arena, 0);
    err = weh_prop_read(briefcase, "be_Db", name, &arena, &bytes, diag);
    if (err == WEH_OK && bytes.len == sizeof(out->bytes)) {
        memcpy(out->bytes, bytes.ptr, sizeof(out->bytes));
    }
    weh_arena_fini(&arena);
    return err;
}

weh_err weh_local_read(struct weh_briefcase *briefcase, const char *name, struct weh_arena *arena,
                       struct weh_str *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    *out = (struct weh_str){ NULL, 0 };
    err = weh_stmt_acquire(briefcase, "SELECT Val FROM be_Local WHERE Name=?", &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
        err = copy_value(column_blob(stmt, 0), arena, out, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}
