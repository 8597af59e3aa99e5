/* src/bis/code.c - codes of elements: {spec, scope, value} as the native library takes them.
 *
 * Measured with the native library 5.1.72: a spec is an id or a name, an unknown name is the null
 * spec; a scope is an element's id or federation GUID; the value ends at a NUL and is trimmed of
 * white space. How long it may be is a rule for inserts; uniqueness is the file's own index.
 */
#include <string.h>

#include "bis_priv.h"

#define CODE_NULL_SPEC  1u
#define CODE_ROOT_SCOPE 1u

static bool is_space(uint32_t c, bool next_line)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || (c == 0x85 && next_line) || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* The code point that begins at @at; white space has at most three bytes, others need no value. */
static uint32_t code_point(struct weh_str text, size_t at, size_t *n)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    size_t left = text.len - at;

    if (p[0] >= 0xc0 && p[0] < 0xe0 && left >= 2) {
        *n = 2;
        return (uint32_t)(p[0] & 0x1f) << 6 | (uint32_t)(p[1] & 0x3f);
    }
    if (p[0] >= 0xe0 && p[0] < 0xf0 && left >= 3) {
        *n = 3;
        return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 |
               (uint32_t)(p[2] & 0x3f);
    }
    *n = 1;
    return p[0] < 0x80 ? p[0] : 0;
}

struct weh_str bis_trim(struct weh_str text, bool next_line)
{
    size_t n = 0;

    while (text.len > 0 && is_space(code_point(text, 0, &n), next_line)) {
        text.ptr += n;
        text.len -= n;
    }
    while (text.len > 0) {
        size_t at = text.len - 1;

        while (at > 0 && ((unsigned char)text.ptr[at] & 0xc0) == 0x80) {
            at--;
        }
        if (!is_space(code_point(text, at, &n), next_line) || at + n != text.len) {
            break;
        }
        text.len = at;
    }
    return text;
}

weh_err bis_code_spec_check(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    weh_id *entry = &bis->specs[id % BIS_CACHE_SIZE];
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err;

    if (*entry == id) {
        return WEH_OK;
    }
    err = bis_fixed(bis, SQL_SPEC_BY_ID, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    bis_reset(stmt);
    if (err == WEH_OK && !found) {
        return weh_fail_where(diag, WEH_E_FOREIGN_KEY, "code.spec", "the code spec does not exist");
    }
    if (err == WEH_OK) {
        *entry = id;
    }
    return err;
}

static weh_err read_spec(struct weh_bis *bis, const struct weh_value *value, weh_id *out,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct weh_str text;
    bool found = false;
    weh_err err;

    *out = CODE_NULL_SPEC;
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "code.spec", "code.spec must be an id or name");
    }
    text = weh_value_str(value);
    if (weh_id_parse(text, out)) {
        return WEH_OK;
    }
    *out = CODE_NULL_SPEC;
    err = bis_fixed(bis, SQL_SPEC_BY_NAME, &stmt, diag);
    if (err == WEH_OK &&
        sqlite3_bind_text(stmt, 1, text.ptr, (int)text.len, SQLITE_STATIC) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        *out = (weh_id)sqlite3_column_int64(stmt, 0);
    }
    bis_reset(stmt);
    return err;
}

static weh_err read_scope(struct weh_bis *bis, const struct weh_value *value, weh_id *out,
                          struct weh_diag *diag)
{
    struct weh_guid guid;
    uint64_t traits = 0;
    weh_err err = WEH_OK;

    *out = 0;
    if (value != NULL && value->type == WEH_VALUE_STRING) {
        struct weh_str text = weh_value_str(value);

        if (weh_guid_parse(text, &guid)) {
            err = bis_find_by_guid(bis, &guid, out, diag);
        } else if (weh_id_parse(text, out)) {
            err = bis_element_traits(bis, *out, &traits, diag);
            *out = traits == 0 ? 0 : *out;
        }
    }
    if (err == WEH_OK && *out == 0) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "code.scope",
                             "code.scope must be the id or federation GUID of an element");
    }
    return err;
}

static struct weh_str until_nul(struct weh_str text)
{
    const char *nul = text.len == 0 ? NULL : memchr(text.ptr, '\0', text.len);

    return nul == NULL ? text : (struct weh_str){ text.ptr, (size_t)(nul - text.ptr) };
}

weh_err bis_code_read(struct weh_bis *bis, const struct weh_value *value, struct bis_code *out,
                      struct weh_diag *diag)
{
    const struct weh_value *text;
    weh_err err;

    out->spec = CODE_NULL_SPEC;
    out->scope = CODE_ROOT_SCOPE;
    out->value = (struct weh_str){ "", 0 };
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "code",
                              "code must be an object with spec, scope and value");
    }
    for (uint32_t i = 0; i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;

        if (!weh_str_eq_text(key, "spec") && !weh_str_eq_text(key, "scope") &&
            !weh_str_eq_text(key, "value")) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "code", "unknown member code.%.*s",
                                  WEH_STR_ARGS(key));
        }
    }
    err = read_spec(bis, weh_value_get(value, "spec"), &out->spec, diag);
    if (err == WEH_OK) {
        err = read_scope(bis, weh_value_get(value, "scope"), &out->scope, diag);
    }
    text = weh_value_get(value, "value");
    if (err != WEH_OK || weh_value_is_null(text)) {
        return err;
    }
    if (text->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "code.value", "code.value must be a string");
    }
    out->value = bis_trim(until_nul(weh_value_str(text)), true);
    return WEH_OK;
}
