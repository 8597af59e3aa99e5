/* src/briefcase/file_prop.c - file properties for clients: rows of be_Prop read, listed, written.
 *
 * How a blob is packed (prop.c reads it back) and what is stored for what was given was measured with
 * the native library 5.1.72.
 */
#include "weh/file_prop.h"

#include <limits.h>
#include <string.h>

#include <zlib.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"

#include "briefcase_priv.h"
#include "content_priv.h"

/* Shorter blobs are never packed; the level decides the bytes. */
#define PACK_ABOVE_BYTES 100
#define PACK_LEVEL       3

static weh_err check_key(const struct weh_file_prop_key *key, struct weh_diag *diag)
{
    static const char *const own_spaces[] = { "be_Db", "ec_Db" };
    static const char *const own_names[] = { "SchemaVersion", "Extents", "Units", "DgnGCS" };

    if (memchr(key->space.ptr, '\0', key->space.len) != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "namespace", "namespace has a NUL character");
    }
    if (memchr(key->name.ptr, '\0', key->name.len) != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "name", "name has a NUL character");
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(own_spaces); i++) {
        if (weh_str_eq_text(key->space, own_spaces[i])) {
            return weh_fail_where(diag, WEH_E_DENIED, "namespace",
                                  "the properties of %s are what the file says of itself",
                                  own_spaces[i]);
        }
    }
    for (size_t i = 0; weh_str_eq_text(key->space, "dgn_Db") && i < WEH_ARRAY_LEN(own_names); i++) {
        if (weh_str_eq_text(key->name, own_names[i])) {
            return weh_fail_where(diag, WEH_E_DENIED, "name",
                                  "%s of dgn_Db is what the file says of itself", own_names[i]);
        }
    }
    return WEH_OK;
}

/* A text parameter; an empty one is text too. */
static int bind_text(sqlite3_stmt *stmt, int param, struct weh_str text)
{
    return text.len > INT_MAX ? SQLITE_TOOBIG
                              : sqlite3_bind_text(stmt, param, text.len == 0 ? "" : text.ptr,
                                                  (int)text.len, SQLITE_STATIC);
}

/* Acquire @sql, whose first four parameters are the key. */
static weh_err acquire(struct weh_briefcase *briefcase, const char *sql,
                       const struct weh_file_prop_key *key, sqlite3_stmt **out,
                       struct weh_diag *diag)
{
    weh_err err = weh_stmt_acquire(briefcase, sql, out, diag);
    int rc;

    if (err != WEH_OK) {
        return err;
    }
    rc = bind_text(*out, 1, key->space);
    rc = rc != SQLITE_OK ? rc : bind_text(*out, 2, key->name);
    rc = rc != SQLITE_OK ? rc : sqlite3_bind_int64(*out, 3, key->id);
    rc = rc != SQLITE_OK ? rc : sqlite3_bind_int64(*out, 4, key->sub_id);
    if (rc != SQLITE_OK) {
        weh_stmt_release(briefcase, *out);
        *out = NULL;
        return weh_db_fail(briefcase, rc, diag);
    }
    return WEH_OK;
}

static void write_values(struct weh_sink *sink, bool found, struct weh_str text,
                         struct weh_str blob)
{
    weh_sink_map_begin(sink, (uint32_t)found + (blob.len > 0));
    if (found) {
        weh_sink_key(sink, "string");
        weh_sink_str(sink, text);
    }
    if (blob.len > 0) {
        weh_sink_key(sink, "blob");
        weh_sink_binary(sink, blob.ptr, blob.len);
    }
    weh_sink_map_end(sink);
}

weh_err weh_file_prop_query(struct weh_briefcase *briefcase, const struct weh_file_prop_key *key,
                            struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_str blob = { NULL, 0 };
    sqlite3_stmt *stmt = NULL;
    struct weh_arena arena;
    bool row = false;
    weh_err err;

    weh_assert(briefcase != NULL && key != NULL && sink != NULL);
    weh_arena_init(&arena, 0);
    err = acquire(briefcase,
                  "SELECT StrData,RawSize,Data FROM be_Prop "
                  "WHERE Namespace=? AND Name=? AND Id=? AND SubId=?",
                  key, &stmt, diag);
    if (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        err = weh_prop_unpack(stmt, 1, 2, &arena, &blob, diag);
    }
    if (err == WEH_OK) {
        write_values(sink, row, row ? weh_stmt_text(stmt, 0) : WEH_STR(""), blob);
    }
    weh_stmt_release(briefcase, stmt);
    weh_arena_fini(&arena);
    return err;
}

static void write_key(sqlite3_stmt *stmt, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 4);
    weh_sink_key(sink, "namespace");
    weh_sink_str(sink, weh_stmt_text(stmt, 0));
    weh_sink_key(sink, "name");
    weh_sink_str(sink, weh_stmt_text(stmt, 1));
    weh_sink_key(sink, "id");
    weh_sink_int(sink, sqlite3_column_int64(stmt, 2));
    weh_sink_key(sink, "subId");
    weh_sink_int(sink, sqlite3_column_int64(stmt, 3));
    weh_sink_map_end(sink);
}

weh_err weh_file_prop_list(struct weh_briefcase *briefcase, const struct weh_str *space,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = weh_stmt_acquire(briefcase,
                                   "SELECT Namespace,Name,Id,SubId FROM be_Prop "
                                   "WHERE ?1 IS NULL OR Namespace=?1 ORDER BY 1,2,3,4",
                                   &stmt, diag);

    if (err == WEH_OK && space != NULL && bind_text(stmt, 1, *space) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = content_write_rows(briefcase, stmt, write_key, sink, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

/* @blob packed, owned by the caller; NULL when it is stored as it is. */
static weh_err pack(struct weh_str blob, uint8_t **out, size_t *n, struct weh_diag *diag)
{
    uLongf size = compressBound((uLong)blob.len);
    uint8_t *bytes;

    *out = NULL;
    *n = 0;
    if (blob.len <= PACK_ABOVE_BYTES) {
        return WEH_OK;
    }
    bytes = weh_malloc(size);
    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    if (compress2(bytes, &size, (const Bytef *)blob.ptr, (uLong)blob.len, PACK_LEVEL) != Z_OK) {
        weh_free(bytes);
        return weh_fail_nomem(diag);
    }
    if (size >= blob.len) {
        weh_free(bytes);
        return WEH_OK;
    }
    *out = bytes;
    *n = size;
    return WEH_OK;
}

/* Run the one statement of an edit. */
static weh_err run_edit(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    weh_err err = weh_briefcase_edit_begin_plain(briefcase, diag);
    weh_err ended;

    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_run(briefcase, stmt, diag);
    ended = weh_briefcase_edit_end(briefcase, err == WEH_OK, err == WEH_OK ? diag : NULL);
    return err != WEH_OK ? err : ended;
}

/* Parameters 5 to 7: the values. */
static int bind_values(sqlite3_stmt *stmt, const struct weh_str *text, struct weh_str blob,
                       const uint8_t *packed, size_t n_packed)
{
    int rc = text == NULL ? SQLITE_OK : bind_text(stmt, 5, *text);

    if (rc == SQLITE_OK && packed != NULL) {
        rc = sqlite3_bind_int64(stmt, 6, (int64_t)blob.len);
        rc =
            rc != SQLITE_OK ? rc : sqlite3_bind_blob(stmt, 7, packed, (int)n_packed, SQLITE_STATIC);
    } else if (rc == SQLITE_OK && blob.len > 0) {
        rc = sqlite3_bind_blob(stmt, 7, blob.ptr, (int)blob.len, SQLITE_STATIC);
    }
    return rc;
}

/* INSERT OR REPLACE would be recorded as a delete and an insert. */
static weh_err save(struct weh_briefcase *briefcase, const struct weh_file_prop_key *key,
                    const struct weh_str *text, struct weh_str blob, struct weh_diag *diag)
{
    static const char sql[] =
        "INSERT INTO be_Prop(Namespace,Name,Id,SubId,TxnMode,StrData,RawSize,Data) "
        "VALUES(?1,?2,?3,?4,0,?5,?6,?7) ON CONFLICT(Namespace,Name,Id,SubId) "
        "DO UPDATE SET StrData=excluded.StrData,RawSize=excluded.RawSize,Data=excluded.Data";
    sqlite3_stmt *stmt = NULL;
    uint8_t *packed = NULL;
    size_t n_packed = 0;
    weh_err err = pack(blob, &packed, &n_packed, diag);
    int rc;

    if (err == WEH_OK) {
        err = acquire(briefcase, sql, key, &stmt, diag);
    }
    if (err == WEH_OK) {
        rc = bind_values(stmt, text, blob, packed, n_packed);
        err = rc == SQLITE_OK ? run_edit(briefcase, stmt, diag) : weh_db_fail(briefcase, rc, diag);
    }
    weh_stmt_release(briefcase, stmt);
    weh_free(packed);
    return err;
}

weh_err weh_prop_save_text(struct weh_briefcase *briefcase, const char *space, const char *name,
                           struct weh_str text, struct weh_diag *diag)
{
    const struct weh_file_prop_key key = { weh_str_from(space), weh_str_from(name), 0, 0 };

    return save(briefcase, &key, &text, (struct weh_str){ NULL, 0 }, diag);
}

weh_err weh_file_prop_save(struct weh_briefcase *briefcase, const struct weh_file_prop_key *key,
                           const struct weh_str *text, struct weh_str blob, struct weh_diag *diag)
{
    weh_err err = check_key(key, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (text == NULL && blob.len == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "string", "give string, blob or both");
    }
    if (text != NULL && text->len > 0 && memchr(text->ptr, '\0', text->len) != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "string", "string has a NUL character");
    }
    if ((text != NULL && text->len > WEH_PROP_MAX_BYTES) || blob.len > WEH_PROP_MAX_BYTES) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE,
                              blob.len > WEH_PROP_MAX_BYTES ? "blob" : "string",
                              "a property has at most %u bytes", WEH_PROP_MAX_BYTES);
    }
    return save(briefcase, key, text, blob, diag);
}

weh_err weh_file_prop_delete(struct weh_briefcase *briefcase, const struct weh_file_prop_key *key,
                             struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = check_key(key, diag);

    if (err == WEH_OK) {
        err = acquire(briefcase,
                      "DELETE FROM be_Prop WHERE Namespace=? AND Name=? AND Id=? AND SubId=?", key,
                      &stmt, diag);
    }
    if (err == WEH_OK) {
        err = run_edit(briefcase, stmt, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}
