/* src/ec/value_array.c - arrays on their way into a column: the JSON text that it stores.
 *
 * Byte for byte what the native library 5.1.72 writes: schema-cased members in the order of the
 * schema, doubles with a fraction ("1.0", "1e21"), dates as Julian days, binaries as base64,
 * nothing between the tokens. Recursion follows structs inside structs, which the catalogue bounds
 * (WEH_EC_MAX_STRUCT_DEPTH).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/json.h"

#include "value_priv.h"

static weh_err items_append(struct ec_input *input, const struct weh_ec_property *property,
                            const struct weh_value *value, struct weh_buf *out);

/* The shortest digits, as JavaScript prints them, but recognisable as a double: never without
 * fraction or exponent, no plus sign, -0 keeps its sign. */
static void double_append(struct weh_buf *out, double value)
{
    char text[32];
    size_t n = weh_json_print_double(value, text);
    bool whole = true;

    if (value == 0) {
        weh_buf_printf(out, signbit(value) ? "-0.0" : "0.0");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        whole = whole && text[i] != '.' && text[i] != 'e';
        if (text[i] != '+') {
            weh_buf_byte(out, (uint8_t)text[i]);
        }
    }
    if (whole) {
        weh_buf_append(out, ".0", 2);
    }
}

static void string_append(struct weh_buf *out, struct weh_str text)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: character, its letter */

    weh_buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *letter = NULL;

        for (size_t s = 0; s < sizeof(shorts) - 1 && letter == NULL; s += 2) {
            letter = shorts[s] == c ? &shorts[s + 1] : NULL;
        }
        if (letter != NULL) {
            weh_buf_byte(out, '\\');
            weh_buf_byte(out, (uint8_t)*letter);
        } else if ((unsigned char)c < 0x20) {
            weh_buf_printf(out, "\\u%04X", (unsigned)(unsigned char)c);
        } else {
            weh_buf_byte(out, (uint8_t)c);
        }
    }
    weh_buf_byte(out, '"');
}

static void blob_append(struct weh_buf *out, struct weh_str blob)
{
    size_t n = ec_base64_size(blob.len);
    uint8_t *room;

    weh_buf_byte(out, '"');
    room = weh_buf_reserve(out, n);
    if (room != NULL) {
        ec_base64_encode((const uint8_t *)blob.ptr, blob.len, (char *)room);
        out->len += n;
    }
    weh_buf_byte(out, '"');
}

static weh_err point_append(struct ec_input *input, const struct weh_ec_property *type,
                            const struct weh_value *value, struct weh_buf *out)
{
    static const char *const heads[] = { "{\"x\":", ",\"y\":", ",\"z\":" };
    double point[3] = { 0, 0, 0 };
    weh_err err = ec_point_from_value(input, type, value, true, point);

    if (err != WEH_OK) {
        return err;
    }
    for (size_t i = 0; i < ec_point_size(type) && i < WEH_ARRAY_LEN(heads); i++) {
        weh_buf_append(out, heads[i], strlen(heads[i]));
        double_append(out, point[i]);
    }
    weh_buf_byte(out, '}');
    return WEH_OK;
}

/* One primitive; null when there is none. */
static weh_err primitive_append(struct ec_input *input, const struct weh_ec_property *type,
                                const struct weh_value *value, struct weh_buf *out)
{
    struct ec_cell cell = { .type = EC_CELL_NULL };
    weh_err err;

    if (ec_point_size(type) != 0 && !weh_value_is_null(value)) {
        return point_append(input, type, value, out);
    }
    err = ec_cell_from_value(input, type, value, &cell);
    if (err != WEH_OK) {
        return err;
    }
    switch (cell.type) {
    case EC_CELL_INT:
        if (type->primitive == WEH_EC_BOOLEAN) {
            weh_buf_printf(out, "%s", cell.as.integer != 0 ? "true" : "false");
        } else {
            weh_buf_printf(out, "%lld", (long long)cell.as.integer);
        }
        break;
    case EC_CELL_REAL:
        double_append(out, cell.as.real);
        break;
    case EC_CELL_TEXT:
        string_append(out, cell.as.text);
        break;
    case EC_CELL_BLOB:
        blob_append(out, cell.as.blob);
        break;
    case EC_CELL_NULL:
    default:
        weh_buf_append(out, "null", 4);
        break;
    }
    return WEH_OK;
}

/* A struct with what @value gives; *@empty and nothing written when that is nothing. */
static weh_err struct_append(struct ec_input *input, const struct weh_ec_class *ec_class,
                             const struct weh_value *value, struct weh_buf *out, bool *empty)
{
    weh_err err = ec_members_check(input, ec_class, value);

    *empty = true;
    for (uint16_t i = 0; i < ec_class->n_properties && err == WEH_OK; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];
        const struct weh_value *member = ec_member_get(value, property);
        size_t before = out->len;
        size_t where;
        bool nothing = false;

        if (member == NULL) {
            continue;
        }
        where = ec_where_push(&input->where, property->js_name);
        weh_buf_printf(out, "%s\"%.*s\":", *empty ? "{" : ",", WEH_STR_ARGS(property->name));
        if (property->kind == WEH_EC_PRIMITIVE) {
            err = primitive_append(input, property, member, out);
        } else if (property->kind == WEH_EC_STRUCT_VALUE) {
            err = struct_append(input, property->struct_class, member, out, &nothing);
        } else if (property->kind == WEH_EC_NAVIGATION) {
            err = weh_fail_where(input->diag, WEH_E_UNSUPPORTED, input->where.text,
                                 "a navigation property inside an array");
        } else if (member->type == WEH_VALUE_ARRAY && member->n == 0) {
            nothing = true;
        } else {
            err = items_append(input, property, member, out);
        }
        if (err != WEH_OK) {
            return err;
        }
        ec_where_pop(&input->where, where);
        if (nothing) {
            out->len = before;
        } else {
            *empty = false;
        }
    }
    if (err == WEH_OK && !*empty) {
        weh_buf_byte(out, '}');
    }
    return err;
}

static weh_err item_append(struct ec_input *input, const struct weh_ec_property *property,
                           const struct weh_value *value, struct weh_buf *out)
{
    bool empty = false;
    weh_err err;

    if (property->kind != WEH_EC_STRUCT_ARRAY) {
        return primitive_append(input, property, value, out);
    }
    if (weh_value_is_null(value)) {
        weh_buf_append(out, "null", 4);
        return WEH_OK;
    }
    err = struct_append(input, property->struct_class, value, out, &empty);
    if (err == WEH_OK && empty) {
        weh_buf_append(out, "null", 4);
    }
    return err;
}

static weh_err items_append(struct ec_input *input, const struct weh_ec_property *property,
                            const struct weh_value *value, struct weh_buf *out)
{
    if (value->type != WEH_VALUE_ARRAY) {
        return weh_fail_where(input->diag, WEH_E_BAD_ARGS, input->where.text, "must be an array");
    }
    weh_buf_byte(out, '[');
    for (uint32_t i = 0; i < value->n; i++) {
        size_t where = ec_where_push_index(&input->where, i);
        weh_err err;

        if (i != 0) {
            weh_buf_byte(out, ',');
        }
        err = item_append(input, property, &value->as.items[i], out);
        if (err != WEH_OK) {
            return err;
        }
        ec_where_pop(&input->where, where);
    }
    weh_buf_byte(out, ']');
    return WEH_OK;
}

weh_err ec_array_to_text(struct ec_input *input, const struct weh_ec_property *property,
                         const struct weh_value *value, struct ec_cell *cell)
{
    struct weh_buf out;
    weh_err err = WEH_OK;

    cell->type = EC_CELL_NULL;
    if (value->type == WEH_VALUE_ARRAY && value->n == 0) {
        return WEH_OK;
    }
    weh_buf_init(&out, 0);
    err = items_append(input, property, value, &out);
    if (err != WEH_OK) {
        goto out;
    }
    cell->type = EC_CELL_TEXT;
    cell->as.text.len = out.len;
    cell->as.text.ptr =
        out.err != WEH_OK
            ? NULL
            : weh_arena_strdup(input->arena, (struct weh_str){ (char *)out.data, out.len });
    if (cell->as.text.ptr == NULL) {
        err = weh_fail_nomem(input->diag);
    }
out:
    weh_buf_fini(&out);
    return err;
}
