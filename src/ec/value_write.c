/* src/ec/value_write.c - columns of a row written into a sink as iTwin.js shows them.
 *
 * Numbers are read with SQLite's own conversions, as the native library reads them; what can be no
 * value of the property's type at all is damage.
 */
#include <string.h>

#include "value_priv.h"

struct output {
    const struct weh_ec_catalog *catalog;
    const struct weh_ec_property *property;
    sqlite3_stmt *stmt;
    const int *columns;
    struct weh_sink *sink;
    struct weh_arena *arena;
    struct weh_diag *diag;
};

weh_err ec_value_corrupt(const struct weh_ec_property *property, struct weh_diag *diag)
{
    char where[96];
    size_t n = property->js_name.len < sizeof(where) ? property->js_name.len : sizeof(where) - 1;

    memcpy(where, property->js_name.ptr, n);
    where[n] = '\0';
    return weh_fail_where(diag, WEH_E_CORRUPT, where, "the stored value is damaged");
}

static weh_err damaged(const struct output *output)
{
    return ec_value_corrupt(output->property, output->diag);
}

static void key_write(struct weh_sink *sink, struct weh_str key)
{
    sink->ops->key(sink, key);
}

/* How many leaves the value that begins with @leaf has. */
static uint16_t value_leaves(const struct weh_ec_leaf *leaf)
{
    if (leaf->value->kind == WEH_EC_NAVIGATION) {
        return 2;
    }
    if (leaf->value->kind == WEH_EC_PRIMITIVE && ec_point_size(leaf->value) != 0) {
        return (uint16_t)ec_point_size(leaf->value);
    }
    return 1;
}

static bool column_is_null(const struct output *output, uint16_t leaf)
{
    return output->columns[leaf] < 0 ||
           sqlite3_column_type(output->stmt, output->columns[leaf]) == SQLITE_NULL;
}

/* A point needs all of its coordinates, a navigation value its id. */
static bool value_is_null(const struct output *output, uint16_t first)
{
    const struct weh_ec_leaf *leaf = &output->property->leaves[first];
    uint16_t n = leaf->value->kind == WEH_EC_NAVIGATION ? 1 : value_leaves(leaf);

    for (uint16_t i = 0; i < n; i++) {
        if (column_is_null(output, (uint16_t)(first + i))) {
            return true;
        }
    }
    return false;
}

static weh_err nomem_or(const struct output *output)
{
    return sqlite3_errcode(sqlite3_db_handle(output->stmt)) == SQLITE_NOMEM
               ? weh_fail_nomem(output->diag)
               : WEH_OK;
}

/* The bytes of a text or blob column, which must have the storage class @type. */
static weh_err bytes_read(const struct output *output, int column, int type, struct weh_str *out)
{
    if (sqlite3_column_type(output->stmt, column) != type) {
        return damaged(output);
    }
    out->ptr = type == SQLITE_TEXT ? (const char *)sqlite3_column_text(output->stmt, column)
                                   : sqlite3_column_blob(output->stmt, column);
    out->len = (size_t)sqlite3_column_bytes(output->stmt, column);
    return out->ptr == NULL ? nomem_or(output) : WEH_OK;
}

bool ec_binary_write(const struct weh_ec_property *type, struct weh_str bytes,
                     struct weh_sink *sink)
{
    struct weh_guid guid;
    char text[WEH_GUID_TEXT_SIZE];

    if (!weh_str_eq_nocase(type->extended_type, WEH_STR("BeGuid"))) {
        weh_sink_binary(sink, bytes.ptr, bytes.len);
        return true;
    }
    if (bytes.len != sizeof(guid.bytes)) {
        return false;
    }
    memcpy(guid.bytes, bytes.ptr, sizeof(guid.bytes));
    weh_guid_print(&guid, text);
    weh_sink_text(sink, text);
    return true;
}

static bool column_is_number(const struct output *output, int column)
{
    int type = sqlite3_column_type(output->stmt, column);

    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

static weh_err number_write(const struct output *output, const struct weh_ec_property *type,
                            int column)
{
    char text[32];
    size_t n;

    if (!column_is_number(output, column)) {
        return damaged(output);
    }
    if (type->primitive == WEH_EC_BOOLEAN) {
        weh_sink_bool(output->sink, sqlite3_column_int64(output->stmt, column) != 0);
    } else if (type->primitive == WEH_EC_DOUBLE) {
        weh_sink_real(output->sink, sqlite3_column_double(output->stmt, column));
    } else if (type->primitive == WEH_EC_DATETIME) {
        n = weh_julian_day_print(sqlite3_column_double(output->stmt, column), type->datetime, text);
        if (n == 0) {
            return damaged(output);
        }
        weh_sink_str(output->sink, (struct weh_str){ text, n });
    } else if (type->primitive == WEH_EC_LONG &&
               weh_str_eq_nocase(type->extended_type, WEH_STR("Id"))) {
        weh_sink_id(output->sink, (uint64_t)sqlite3_column_int64(output->stmt, column));
    } else {
        weh_sink_int(output->sink, sqlite3_column_int64(output->stmt, column));
    }
    return WEH_OK;
}

static weh_err point_write(const struct output *output, uint16_t first)
{
    static const char *const names[] = { "x", "y", "z" };
    size_t n = ec_point_size(output->property->leaves[first].value);

    weh_sink_map_begin(output->sink, (uint32_t)n);
    for (size_t i = 0; i < n && i < WEH_ARRAY_LEN(names); i++) {
        int column = output->columns[first + i];

        if (!column_is_number(output, column)) {
            return damaged(output);
        }
        weh_sink_key(output->sink, names[i]);
        weh_sink_real(output->sink, sqlite3_column_double(output->stmt, column));
    }
    weh_sink_map_end(output->sink);
    return WEH_OK;
}

static weh_err navigation_write(const struct output *output, uint16_t first)
{
    const struct weh_ec_leaf *leaf = &output->property->leaves[first];
    const struct weh_ec_class *ec_class = NULL;
    int id = output->columns[first];
    int relationship = output->columns[first + 1];

    if (sqlite3_column_type(output->stmt, id) != SQLITE_INTEGER) {
        return damaged(output);
    }
    if (leaf[1].is_virtual) {
        ec_class = leaf->value->nav_class;
    } else if (relationship >= 0 &&
               sqlite3_column_type(output->stmt, relationship) != SQLITE_NULL) {
        ec_class = weh_ec_class_by_id(output->catalog,
                                      (weh_id)sqlite3_column_int64(output->stmt, relationship));
    }
    weh_sink_map_begin(output->sink, ec_class == NULL ? 1 : 2);
    weh_sink_key(output->sink, "id");
    weh_sink_id(output->sink, (uint64_t)sqlite3_column_int64(output->stmt, id));
    if (ec_class != NULL) {
        weh_sink_key(output->sink, "relClassName");
        weh_sink_str(output->sink, ec_class->full_name_dot);
    }
    weh_sink_map_end(output->sink);
    return WEH_OK;
}

/* The value that begins with leaf @first and is not null; no key. */
static weh_err value_write(const struct output *output, uint16_t first)
{
    const struct weh_ec_property *type = output->property->leaves[first].value;
    int column = output->columns[first];
    struct weh_str bytes = { NULL, 0 };
    weh_err err;

    if (type->kind == WEH_EC_NAVIGATION) {
        return navigation_write(output, first);
    }
    if (type->kind == WEH_EC_PRIMITIVE_ARRAY || type->kind == WEH_EC_STRUCT_ARRAY) {
        err = bytes_read(output, column, SQLITE_TEXT, &bytes);
        return err != WEH_OK
                   ? err
                   : weh_ec_array_write(type, bytes, 0, output->sink, output->arena, output->diag);
    }
    switch (type->primitive) {
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
        return point_write(output, first);
    case WEH_EC_STRING:
        err = bytes_read(output, column, SQLITE_TEXT, &bytes);
        if (err == WEH_OK) {
            weh_sink_str(output->sink, bytes);
        }
        return err;
    case WEH_EC_BINARY:
    case WEH_EC_GEOMETRY:
        err = bytes_read(output, column, SQLITE_BLOB, &bytes);
        if (err == WEH_OK && !ec_binary_write(type, bytes, output->sink)) {
            err = damaged(output);
        }
        return err;
    case WEH_EC_BOOLEAN:
    case WEH_EC_DATETIME:
    case WEH_EC_DOUBLE:
    case WEH_EC_INT:
    case WEH_EC_LONG:
        return number_write(output, type, column);
    case WEH_EC_NONE:
    default:
        return damaged(output);
    }
}

/* Open structs, by the segments of their members' names. */
struct nest {
    struct weh_str open[WEH_EC_MAX_STRUCT_DEPTH + 1];
    size_t n;
};

/* Key of an inner struct: its EC name with the first letter lower-cased. */
static void segment_write(struct weh_sink *sink, struct weh_str segment)
{
    char name[256];
    size_t n = segment.len < sizeof(name) ? segment.len : sizeof(name);

    memcpy(name, segment.ptr, n);
    if (n > 0 && name[0] >= 'A' && name[0] <= 'Z') {
        name[0] = (char)(name[0] + ('a' - 'A'));
    }
    key_write(sink, (struct weh_str){ name, n });
}

/* Close the structs deeper than @depth. */
static void nest_close(const struct output *output, struct nest *nest, size_t depth)
{
    for (; nest->n > depth; nest->n--) {
        weh_sink_map_end(output->sink);
    }
}

/* Open the struct @segment at @depth, unless it is open. */
static void nest_enter(const struct output *output, struct nest *nest, size_t depth,
                       struct weh_str segment)
{
    weh_assert(depth < WEH_ARRAY_LEN(nest->open));
    if (depth < nest->n && !weh_str_eq(nest->open[depth], segment)) {
        nest_close(output, nest, depth);
    }
    if (depth == nest->n) {
        segment_write(output->sink, segment);
        weh_sink_map_begin(output->sink, WEH_SINK_UNKNOWN);
        nest->open[nest->n++] = segment;
    }
}

/* Close and open structs until those around @leaf's value are open. */
static void nest_move(const struct output *output, struct nest *nest,
                      const struct weh_ec_leaf *leaf)
{
    struct weh_str rest = leaf->member;
    struct weh_str segment;
    size_t depth = 0;

    if (leaf->part.len != 0) {
        rest.len -= leaf->part.len + 1;
    }
    /* The last segment is the value's own name. */
    for (rest = weh_str_split(rest, '.', &segment); rest.len != 0;
         rest = weh_str_split(rest, '.', &segment)) {
        nest_enter(output, nest, depth++, segment);
    }
    nest_close(output, nest, depth);
}

/* The leaves stand in the order of the JavaScript value, so one pass writes it. */
static weh_err struct_write(const struct output *output)
{
    const struct weh_ec_property *property = output->property;
    struct nest nest = { .n = 0 };
    bool begun = false;
    uint16_t n_value;

    for (uint16_t i = 0; i < property->n_leaves; i = (uint16_t)(i + n_value)) {
        weh_err err;

        n_value = value_leaves(&property->leaves[i]);
        if (value_is_null(output, i)) {
            continue;
        }
        if (!begun) {
            key_write(output->sink, property->js_name);
            weh_sink_map_begin(output->sink, WEH_SINK_UNKNOWN);
            begun = true;
        }
        nest_move(output, &nest, &property->leaves[i]);
        key_write(output->sink, property->leaves[i].value->js_name);
        err = value_write(output, i);
        if (err != WEH_OK) {
            return err;
        }
    }
    nest_close(output, &nest, 0);
    if (begun) {
        weh_sink_map_end(output->sink);
    }
    return WEH_OK;
}

/* Seven: who reads a row holds the columns, not the catalogue's owner.
 * NOLINTNEXTLINE(readability-function-size) */
weh_err weh_ec_value_write(const struct weh_ec_catalog *catalog,
                           const struct weh_ec_property *property, sqlite3_stmt *stmt,
                           const int *columns, struct weh_sink *sink, struct weh_arena *arena,
                           struct weh_diag *diag)
{
    struct output output = { catalog, property, stmt, columns, sink, arena, diag };

    if (property->kind == WEH_EC_STRUCT_VALUE) {
        return struct_write(&output);
    }
    if (property->n_leaves == 0 || value_is_null(&output, 0)) {
        return WEH_OK;
    }
    key_write(sink, property->js_name);
    return value_write(&output, 0);
}
