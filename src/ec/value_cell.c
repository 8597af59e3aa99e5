/* src/ec/value_cell.c - one decoded value becomes what one column, or one item of an array, holds.
 *
 * The storage classes of bim-format: a shared column has no affinity, so what is bound is what is
 * stored.
 */
#include <stdio.h>
#include <string.h>

#include "value_priv.h"

#define BASE64_PREFIX "encoding=base64;" /* Base64EncodedString of @itwin/core-common */

static weh_err bad(struct ec_input *input, const char *text)
{
    return weh_fail_where(input->diag, WEH_E_BAD_ARGS, input->where.text, "%s", text);
}

static size_t where_append(struct ec_where *where, const char *format, struct weh_str name,
                           uint32_t index)
{
    size_t before = where->len;
    size_t room = sizeof(where->text) - where->len;
    int n;

    if (format != NULL) {
        n = snprintf(where->text + where->len, room, "[%u]", index);
    } else {
        n = snprintf(where->text + where->len, room, "%s%.*s", where->len == 0 ? "" : ".",
                     WEH_STR_ARGS(name));
    }
    where->len += n < 0 ? 0 : ((size_t)n < room ? (size_t)n : room - 1);
    return before;
}

size_t ec_where_push(struct ec_where *where, struct weh_str name)
{
    return where_append(where, NULL, name, 0);
}

size_t ec_where_push_index(struct ec_where *where, uint32_t index)
{
    return where_append(where, "[]", (struct weh_str){ NULL, 0 }, index);
}

void ec_where_pop(struct ec_where *where, size_t len)
{
    where->len = len;
    where->text[len] = '\0';
}

size_t ec_point_size(const struct weh_ec_property *type)
{
    if (type->primitive == WEH_EC_POINT2D) {
        return 2;
    }
    return type->primitive == WEH_EC_POINT3D ? 3 : 0;
}

const struct weh_value *ec_member_get(const struct weh_value *map,
                                      const struct weh_ec_property *property)
{
    const struct weh_value *found = NULL;

    for (uint32_t i = 0; i < map->n; i++) {
        const struct weh_member *member = &map->as.members[i];

        if (weh_str_eq(member->key, property->js_name)) {
            found = &member->value;
            break;
        }
        if (weh_str_eq(member->key, property->name)) {
            found = &member->value;
        }
    }
    return weh_value_is_null(found) ? NULL : found;
}

weh_err ec_members_check(struct ec_input *input, const struct weh_ec_class *ec_class,
                         const struct weh_value *value)
{
    if (value->type != WEH_VALUE_MAP) {
        return bad(input, "must be an object");
    }
    for (uint32_t i = 0; i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;

        if (weh_ec_property_by_js_name(ec_class, key) == NULL) {
            (void)ec_where_push(&input->where, key);
            return bad(input, "no such member");
        }
    }
    return WEH_OK;
}

weh_err ec_point_from_value(struct ec_input *input, const struct weh_ec_property *type,
                            const struct weh_value *value, bool arrays, double out[3])
{
    static const char *const names[] = { "x", "y", "z" };
    size_t n = ec_point_size(type);
    bool is_array = arrays && value->type == WEH_VALUE_ARRAY && value->n == n;

    if (!is_array && value->type != WEH_VALUE_MAP) {
        return bad(input, n == 2 ? "must be a point {x, y}" : "must be a point {x, y, z}");
    }
    for (size_t i = 0; i < n; i++) {
        const struct weh_value *part =
            is_array ? &value->as.items[i] : weh_value_get(value, names[i]);

        if (part == NULL || !weh_value_to_double(part, &out[i])) {
            (void)ec_where_push(&input->where, weh_str_from(names[i]));
            return bad(input, "must be a number");
        }
    }
    for (uint32_t i = 0; !is_array && i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;

        /* z is let through for 2d too: a point of three coordinates is one of two, and more. */
        if (!weh_str_eq_text(key, "x") && !weh_str_eq_text(key, "y") &&
            !weh_str_eq_text(key, "z")) {
            (void)ec_where_push(&input->where, key);
            return bad(input, "no such member");
        }
    }
    return WEH_OK;
}

weh_err weh_ec_base64_read(struct weh_str text, const char *where, struct weh_arena *arena,
                           struct weh_str *out, struct weh_diag *diag)
{
    uint8_t *bytes = weh_arena_alloc(arena, text.len / 4 * 3 + 3);

    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    if (!ec_base64_decode(text, bytes, &out->len)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "is no base64 text");
    }
    out->ptr = (const char *)bytes;
    return WEH_OK;
}

weh_err weh_ec_binary_read(const struct weh_value *value, const char *where,
                           struct weh_arena *arena, struct weh_str *out, struct weh_diag *diag)
{
    struct weh_str text;

    *out = (struct weh_str){ NULL, 0 };
    if (value->type == WEH_VALUE_BINARY) {
        *out = (struct weh_str){ (const char *)value->as.binary, value->n };
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "must be binary");
    }
    text = weh_value_str(value);
    if (text.len == 0) {
        return WEH_OK;
    }
    if (text.len < sizeof(BASE64_PREFIX) - 1 ||
        memcmp(text.ptr, BASE64_PREFIX, sizeof(BASE64_PREFIX) - 1) != 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where,
                              "must be binary, or text \"" BASE64_PREFIX "...\"");
    }
    text.ptr += sizeof(BASE64_PREFIX) - 1;
    text.len -= sizeof(BASE64_PREFIX) - 1;
    return weh_ec_base64_read(text, where, arena, out, diag);
}

/* Bytes of a binary value or of its base64 text. */
static weh_err bytes_from_value(struct ec_input *input, const struct weh_value *value,
                                struct weh_str *out)
{
    return weh_ec_binary_read(value, input->where.text, input->arena, out, input->diag);
}

static weh_err guid_from_value(struct ec_input *input, const struct weh_value *value,
                               struct weh_str *out)
{
    struct weh_guid guid;

    if (value->type == WEH_VALUE_STRING) {
        if (value->n == 0) {
            *out = (struct weh_str){ NULL, 0 };
            return WEH_OK;
        }
        if (!weh_guid_parse(weh_value_str(value), &guid)) {
            return bad(input, "must be a GUID");
        }
        out->ptr = weh_arena_strdup(
            input->arena, (struct weh_str){ (const char *)guid.bytes, sizeof(guid.bytes) });
        out->len = sizeof(guid.bytes);
        return out->ptr == NULL ? weh_fail_nomem(input->diag) : WEH_OK;
    }
    if (value->type != WEH_VALUE_BINARY || value->n != sizeof(guid.bytes)) {
        return bad(input, "must be a GUID");
    }
    return bytes_from_value(input, value, out);
}

static weh_err binary_cell(struct ec_input *input, const struct weh_ec_property *type,
                           const struct weh_value *value, struct ec_cell *cell)
{
    weh_err err = weh_str_eq_nocase(type->extended_type, WEH_STR("BeGuid"))
                      ? guid_from_value(input, value, &cell->as.blob)
                      : bytes_from_value(input, value, &cell->as.blob);

    /* No bytes at all are NULL, as the native library stores them. */
    cell->type = cell->as.blob.len == 0 ? EC_CELL_NULL : EC_CELL_BLOB;
    return err;
}

/* "12", "-12" or "0x1f", nothing around it. */
static bool int64_parse(struct weh_str text, int64_t *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    weh_id id;

    if (text.len > 2 && text.ptr[0] == '0' && (text.ptr[1] == 'x' || text.ptr[1] == 'X')) {
        if (!weh_id_parse(text, &id) || id > INT64_MAX) {
            return false;
        }
        *out = (int64_t)id;
        return true;
    }
    text.ptr += negative ? 1 : 0;
    text.len -= negative ? 1 : 0;
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.ptr[i] - '0';

        if (digit < 0 || digit > 9 || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, negative ? -digit : digit, out)) {
            return false;
        }
    }
    return text.len != 0;
}

static weh_err integer_cell(struct ec_input *input, const struct weh_ec_property *type,
                            const struct weh_value *value, struct ec_cell *cell)
{
    int64_t number = 0;

    cell->type = EC_CELL_INT;
    if (type->primitive == WEH_EC_INT) {
        if (!weh_value_to_int64(value, &number) || number < INT32_MIN || number > INT32_MAX) {
            return bad(input, "must be a whole number of 32 bits");
        }
    } else if (value->type == WEH_VALUE_STRING) {
        /* JavaScript's numbers are not exact beyond 2^53; text is. */
        if (!int64_parse(weh_value_str(value), &number)) {
            return bad(input, "must be a whole number of 64 bits");
        }
    } else if (!weh_value_to_int64(value, &number)) {
        return bad(input, "must be a whole number of 64 bits");
    }
    cell->as.integer = number;
    return WEH_OK;
}

static weh_err text_cell(struct ec_input *input, const struct weh_value *value,
                         struct ec_cell *cell)
{
    cell->type = EC_CELL_TEXT;
    if (value->type != WEH_VALUE_STRING) {
        return bad(input, "must be a text");
    }
    cell->as.text = weh_value_str(value);
    if (cell->as.text.len != 0 && memchr(cell->as.text.ptr, 0, cell->as.text.len) != NULL) {
        return bad(input, "must not contain a NUL character");
    }
    return WEH_OK;
}

static weh_err date_cell(struct ec_input *input, const struct weh_ec_property *type,
                         const struct weh_value *value, struct ec_cell *cell)
{
    cell->type = EC_CELL_REAL;
    if (value->type != WEH_VALUE_STRING ||
        !weh_julian_day_parse(weh_value_str(value), type->datetime, &cell->as.real)) {
        return bad(input, "must be a date and time (ISO 8601, no offset)");
    }
    return WEH_OK;
}

weh_err ec_cell_from_value(struct ec_input *input, const struct weh_ec_property *type,
                           const struct weh_value *value, struct ec_cell *cell)
{
    bool flag;

    if (weh_value_is_null(value)) {
        cell->type = EC_CELL_NULL;
        return WEH_OK;
    }
    switch (type->primitive) {
    case WEH_EC_BINARY:
    case WEH_EC_GEOMETRY:
        return binary_cell(input, type, value, cell);
    case WEH_EC_BOOLEAN:
        if (!weh_value_to_bool(value, &flag)) {
            return bad(input, "must be a boolean");
        }
        cell->type = EC_CELL_INT;
        cell->as.integer = flag ? 1 : 0;
        return WEH_OK;
    case WEH_EC_DATETIME:
        return date_cell(input, type, value, cell);
    case WEH_EC_DOUBLE:
        cell->type = EC_CELL_REAL;
        return weh_value_to_double(value, &cell->as.real) ? WEH_OK : bad(input, "must be a number");
    case WEH_EC_INT:
    case WEH_EC_LONG:
        return integer_cell(input, type, value, cell);
    case WEH_EC_STRING:
        return text_cell(input, value, cell);
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
    case WEH_EC_NONE:
    default:
        return bad(input, "cannot be set");
    }
}
