/* src/ec/value_items.c - arrays on their way out of a column: stored JSON text to JavaScript form.
 *
 * Nulls in a primitive array are left out and null structs become empty objects, as the native
 * library 5.1.72 reads them. What the text says beyond the schema is skipped. Recursion follows
 * structs inside structs, which the catalogue bounds (WEH_EC_MAX_STRUCT_DEPTH).
 */
#include <stdio.h>

#include "weh/json.h"

#include "value_priv.h"

/* An array column holds at most what SQLite's length limit lets in; each value costs 24 bytes. */
static const struct weh_json_limits limits = { .max_depth = WEH_JSON_MAX_DEPTH,
                                               .max_values = 8000000 };

struct output {
    struct weh_sink *sink;
    struct weh_arena *arena;
    struct weh_diag *diag;
    const struct weh_ec_property *property; /* of the column */
    unsigned style;                         /* of enum weh_ec_array_style */
};

static weh_err items_write(struct output *output, const struct weh_ec_property *property,
                           const struct weh_value *items);

static bool has_style(const struct output *output, enum weh_ec_array_style style)
{
    return (output->style & (unsigned)style) != 0;
}

static weh_err damaged(struct output *output)
{
    return ec_value_corrupt(output->property, output->diag);
}

static weh_err blob_write(struct output *output, const struct weh_ec_property *type,
                          const struct weh_value *value)
{
    struct weh_str text = weh_value_str(value);
    uint8_t *bytes = weh_arena_alloc(output->arena, text.len / 4 * 3 + 3);
    size_t n = 0;
    char size[40];

    if (bytes == NULL) {
        return weh_fail_nomem(output->diag);
    }
    if (!ec_base64_decode(text, bytes, &n)) {
        return damaged(output);
    }
    if (has_style(output, WEH_EC_ARRAY_ABBREVIATE_BLOBS)) {
        (void)snprintf(size, sizeof(size), "{\"bytes\":%zu}", n);
        weh_sink_text(output->sink, size);
        return WEH_OK;
    }
    if (!ec_binary_write(type, (struct weh_str){ (const char *)bytes, n }, output->sink)) {
        return damaged(output);
    }
    return WEH_OK;
}

static weh_err date_write(struct output *output, const struct weh_ec_property *type, double day)
{
    char text[32];
    size_t n = weh_julian_day_print(day, type->datetime, text);

    if (n == 0) {
        return damaged(output);
    }
    weh_sink_str(output->sink, (struct weh_str){ text, n });
    return WEH_OK;
}

static weh_err point_write(struct output *output, const struct weh_ec_property *type,
                           const struct weh_value *value)
{
    static const char *const names[] = { "x", "y", "z" };
    static const char *const ec_names[] = { "X", "Y", "Z" };
    size_t n = ec_point_size(type);

    weh_sink_map_begin(output->sink, (uint32_t)n);
    for (size_t i = 0; i < n && i < WEH_ARRAY_LEN(names); i++) {
        const struct weh_value *part = weh_value_get(value, names[i]);
        double number;

        if (part == NULL || !weh_value_to_double(part, &number)) {
            return damaged(output);
        }
        weh_sink_key(output->sink,
                     has_style(output, WEH_EC_ARRAY_EC_NAMES) ? ec_names[i] : names[i]);
        weh_sink_real(output->sink, number);
    }
    weh_sink_map_end(output->sink);
    return WEH_OK;
}

/* One primitive that is not null. */
static weh_err primitive_write(struct output *output, const struct weh_ec_property *type,
                               const struct weh_value *value)
{
    int64_t integer = 0;
    double real = 0;
    bool flag = false;

    switch (type->primitive) {
    case WEH_EC_BINARY:
    case WEH_EC_GEOMETRY:
        return value->type == WEH_VALUE_STRING ? blob_write(output, type, value) : damaged(output);
    case WEH_EC_BOOLEAN:
        if (!weh_value_to_bool(value, &flag)) {
            return damaged(output);
        }
        weh_sink_bool(output->sink, flag);
        return WEH_OK;
    case WEH_EC_DATETIME:
        return weh_value_to_double(value, &real) ? date_write(output, type, real) : damaged(output);
    case WEH_EC_DOUBLE:
        if (!weh_value_to_double(value, &real)) {
            return damaged(output);
        }
        weh_sink_real(output->sink, real);
        return WEH_OK;
    case WEH_EC_INT:
    case WEH_EC_LONG:
        if (!weh_value_to_int64(value, &integer)) {
            return damaged(output);
        }
        if (type->primitive == WEH_EC_LONG && has_style(output, WEH_EC_ARRAY_LONG_DOUBLES)) {
            weh_sink_real(output->sink, (double)integer);
        } else {
            weh_sink_int(output->sink, integer);
        }
        return WEH_OK;
    case WEH_EC_STRING:
        if (value->type != WEH_VALUE_STRING) {
            return damaged(output);
        }
        weh_sink_str(output->sink, weh_value_str(value));
        return WEH_OK;
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
        return value->type == WEH_VALUE_MAP ? point_write(output, type, value) : damaged(output);
    case WEH_EC_NONE:
    default:
        return damaged(output);
    }
}

/* The members of a struct, in the order they were stored in. */
static weh_err struct_write(struct output *output, const struct weh_ec_class *ec_class,
                            const struct weh_value *value)
{
    bool null = value->type == WEH_VALUE_NULL;

    if (!null && value->type != WEH_VALUE_MAP) {
        return damaged(output);
    }
    weh_sink_map_begin(output->sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; !null && i < value->n; i++) {
        const struct weh_value *member = &value->as.members[i].value;
        const struct weh_ec_property *property =
            weh_ec_property_by_js_name(ec_class, value->as.members[i].key);
        weh_err err;

        if (property == NULL || property->kind == WEH_EC_NAVIGATION ||
            member->type == WEH_VALUE_NULL) {
            continue;
        }
        output->sink->ops->key(output->sink, has_style(output, WEH_EC_ARRAY_EC_NAMES)
                                                 ? property->name
                                                 : property->js_name);
        if (property->kind == WEH_EC_PRIMITIVE) {
            err = primitive_write(output, property, member);
        } else if (property->kind == WEH_EC_STRUCT_VALUE) {
            err = struct_write(output, property->struct_class, member);
        } else {
            err = items_write(output, property, member);
        }
        if (err != WEH_OK) {
            return err;
        }
    }
    weh_sink_map_end(output->sink);
    return WEH_OK;
}

static weh_err items_write(struct output *output, const struct weh_ec_property *property,
                           const struct weh_value *items)
{
    bool structs = property->kind == WEH_EC_STRUCT_ARRAY;
    uint32_t n = 0;

    if (items->type != WEH_VALUE_ARRAY) {
        return damaged(output);
    }
    for (uint32_t i = 0; i < items->n; i++) {
        n += structs || items->as.items[i].type != WEH_VALUE_NULL ? 1 : 0;
    }
    weh_sink_array_begin(output->sink, n);
    for (uint32_t i = 0; i < items->n; i++) {
        const struct weh_value *item = &items->as.items[i];
        weh_err err = WEH_OK;

        if (structs) {
            err = struct_write(output, property->struct_class, item);
        } else if (item->type != WEH_VALUE_NULL) {
            err = primitive_write(output, property, item);
        }
        if (err != WEH_OK) {
            return err;
        }
    }
    weh_sink_array_end(output->sink);
    return WEH_OK;
}

weh_err weh_ec_array_write(const struct weh_ec_property *property, struct weh_str text,
                           unsigned style, struct weh_sink *sink, struct weh_arena *arena,
                           struct weh_diag *diag)
{
    struct output output = { sink, arena, diag, property, style };
    struct weh_value value = { .type = WEH_VALUE_NULL };
    weh_err err = weh_json_parse(text, &limits, arena, &value, diag);

    if (err != WEH_OK) {
        return err == WEH_E_NOMEM ? err : damaged(&output);
    }
    return items_write(&output, property, &value);
}
