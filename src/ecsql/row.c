/* src/ecsql/row.c - rows from SQLite into a sink, each value in the form its type asks for.
 *
 * What a column holds is read as its type says, whatever its storage class is, as the native library
 * reads it. A row goes out value by value; nothing is kept.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/ec_value.h"
#include "weh/pack.h"

#include "instance_read.h"

struct row {
    const struct ecsql_statement *statement;
    const struct ecsql_row_style *style;
    sqlite3_stmt *stmt;
    struct weh_sink *sink;
    uint64_t *bytes;
    struct weh_diag *diag;
};

/* A point has three SQL columns, a navigation value two; those of a struct are its members'. */
#define MAX_CELLS 3

/* A value's SQL columns. As SQLite's values, because asking for each by its number, once for its type
 * and once for what it holds, costs more than writing it. They may be read so because connections are
 * used by one thread at a time and have no mutexes (SQLITE_CONFIG_MULTITHREAD). */
struct cells {
    uint16_t first;
    sqlite3_value *at[MAX_CELLS];
};

static bool is_null(sqlite3_value *cell)
{
    return sqlite3_value_type(cell) == SQLITE_NULL;
}

static bool struct_is_null(const struct row *row, const struct ecsql_type *type, uint16_t first)
{
    uint16_t i = 0;

    while (i < type->n_leaves && is_null(sqlite3_column_value(row->stmt, first + i))) {
        i++;
    }
    return i == type->n_leaves;
}

/* The cells of a value of @type; false when it is null. Navigation values are null without an id, points
 * when a coordinate is, structs when all of them are. */
static bool load(const struct row *row, const struct ecsql_type *type, uint16_t first,
                 struct cells *out)
{
    uint16_t n = 1;
    bool has_null;

    *out = (struct cells){ .first = first };
    if (type->kind == ECSQL_TYPE_STRUCT) {
        return !struct_is_null(row, type, first);
    }
    out->at[0] = sqlite3_column_value(row->stmt, first);
    has_null = is_null(out->at[0]) || type->kind == ECSQL_TYPE_NULL; /* whatever a UNION brings */
    if (has_null || (type->kind != ECSQL_TYPE_PRIMITIVE && type->kind != ECSQL_TYPE_NAVIGATION)) {
        return !has_null;
    }
    n = ecsql_type_cells(type);
    for (uint16_t i = 1; i < n; i++) {
        out->at[i] = sqlite3_column_value(row->stmt, first + i);
        has_null = has_null || (type->kind == ECSQL_TYPE_PRIMITIVE && is_null(out->at[i]));
    }
    return !has_null;
}

static weh_err nomem_or_ok(const struct row *row, bool failed)
{
    return failed && sqlite3_errcode(sqlite3_db_handle(row->stmt)) == SQLITE_NOMEM
               ? weh_fail_nomem(row->diag)
               : WEH_OK;
}

static weh_err put_text(const struct row *row, sqlite3_value *cell)
{
    const unsigned char *text = sqlite3_value_text(cell);
    /* The native library's texts end with their first NUL. */
    struct weh_str str = weh_str_from(text == NULL ? "" : (const char *)text);

    *row->bytes += str.len;
    weh_sink_str(row->sink, text == NULL ? WEH_STR("") : str);
    return nomem_or_ok(row, text == NULL);
}

static void put_class_id(const struct row *row, weh_id id)
{
    const struct weh_ec_class *ec_class = row->style->class_names || row->style->js_values
                                              ? weh_ec_class_by_id(row->statement->catalog, id)
                                              : NULL;

    if (id == 0) {
        weh_sink_null(row->sink);
    } else if (ec_class != NULL) {
        weh_sink_str(row->sink, ec_class->full_name_dot);
    } else {
        weh_sink_id(row->sink, id);
    }
}

static void put_long(const struct row *row, const struct ecsql_type *type, sqlite3_value *cell)
{
    int64_t integer = sqlite3_value_int64(cell);

    if (type->id_kind == ECSQL_ID_CLASS_ID) {
        put_class_id(row, (weh_id)integer);
    } else if (type->id_kind == ECSQL_ID_ID && integer == 0) {
        weh_sink_null(row->sink);
    } else if (type->id_kind == ECSQL_ID_ID) {
        weh_sink_id(row->sink, (uint64_t)integer);
    } else if (row->style->long_doubles) {
        weh_sink_real(row->sink, sqlite3_value_double(cell));
    } else if (sqlite3_value_type(cell) == SQLITE_INTEGER) {
        weh_sink_int(row->sink, integer);
    } else {
        weh_sink_real(row->sink, trunc(sqlite3_value_double(cell)));
    }
}

/* A geometry stream is stored packed. */
static weh_err put_stream(const struct row *row, const uint8_t *bytes, size_t n)
{
    static const struct weh_pack_kind kind = { .name = "geometry stream",
                                               .limit_bytes = (size_t)256 << 20 };
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, kind.limit_bytes);
    err = weh_unpack(&kind, bytes, n, &buf, row->diag);
    if (err == WEH_OK) {
        *row->bytes += buf.len;
        weh_sink_binary(row->sink, buf.data, buf.len);
    }
    weh_buf_fini(&buf);
    return err;
}

static weh_err put_binary(const struct row *row, const struct ecsql_type *type, sqlite3_value *cell)
{
    const uint8_t *bytes = sqlite3_value_blob(cell);
    size_t n = (size_t)sqlite3_value_bytes(cell);
    struct weh_guid guid;
    char text[64];

    *row->bytes += n;
    if (n == sizeof(guid.bytes) && weh_str_eq_nocase(type->extended, WEH_STR("BeGuid"))) {
        memcpy(guid.bytes, bytes, n);
        weh_guid_print(&guid, text);
        weh_sink_text(row->sink, text);
    } else if (row->style->abbreviate_blobs) {
        (void)snprintf(text, sizeof(text), "{\"bytes\":%zu}", n);
        weh_sink_text(row->sink, text);
    } else if (n == 0) {
        weh_sink_text(row->sink, "");
    } else if (weh_str_eq_nocase(type->extended, WEH_STR("GeometryStream"))) {
        return put_stream(row, bytes, n);
    } else {
        weh_sink_binary(row->sink, bytes, n);
    }
    return nomem_or_ok(row, bytes == NULL && n > 0);
}

static void put_date(const struct row *row, const struct ecsql_type *type, sqlite3_value *cell)
{
    char text[32];
    size_t n = weh_julian_day_print(sqlite3_value_double(cell), type->datetime, text);

    /* A text of its own for what is no date. */
    weh_sink_str(row->sink, (struct weh_str){ text, n });
}

static void put_point(const struct row *row, const struct ecsql_type *type,
                      const struct cells *cells)
{
    static const char *const names[2][3] = { { "X", "Y", "Z" }, { "x", "y", "z" } };
    uint16_t n = ecsql_type_cells(type);

    weh_sink_map_begin(row->sink, n);
    for (uint16_t i = 0; i < n && i < MAX_CELLS; i++) {
        weh_sink_key(row->sink, names[row->style->js_values][i]);
        weh_sink_real(row->sink, sqlite3_value_double(cells->at[i]));
    }
    weh_sink_map_end(row->sink);
}

static void put_navigation(const struct row *row, const struct cells *cells)
{
    bool js = row->style->js_values;
    bool bare = is_null(cells->at[1]);

    weh_sink_map_begin(row->sink, bare ? 1 : 2);
    weh_sink_key(row->sink, js ? "id" : "Id");
    weh_sink_id(row->sink, (uint64_t)sqlite3_value_int64(cells->at[0]));
    if (!bare) {
        weh_sink_key(row->sink, js ? "relClassName" : "RelECClassId");
        put_class_id(row, (weh_id)sqlite3_value_int64(cells->at[1]));
    }
    weh_sink_map_end(row->sink);
}

static weh_err put_primitive(const struct row *row, const struct ecsql_type *type,
                             const struct cells *cells)
{
    sqlite3_value *cell = cells->at[0];

    switch (type->primitive) {
    case WEH_EC_LONG:
        put_long(row, type, cell);
        return WEH_OK;
    case WEH_EC_INT:
        weh_sink_int(row->sink, sqlite3_value_int64(cell));
        return WEH_OK;
    case WEH_EC_DOUBLE:
        weh_sink_real(row->sink, sqlite3_value_double(cell));
        return WEH_OK;
    case WEH_EC_BOOLEAN:
        weh_sink_bool(row->sink, sqlite3_value_int64(cell) != 0);
        return WEH_OK;
    case WEH_EC_DATETIME:
        put_date(row, type, cell);
        return WEH_OK;
    case WEH_EC_BINARY:
    case WEH_EC_GEOMETRY:
        return put_binary(row, type, cell);
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
        put_point(row, type, cells);
        return WEH_OK;
    case WEH_EC_STRING:
    case WEH_EC_NONE:
    default:
        return put_text(row, cell);
    }
}

/* A value of which the style tells what it is (enum ecsql_shown). */
static weh_err put_varying(const struct row *row, uint16_t column, const struct cells *cells)
{
    unsigned shown = row->style->shown == NULL ? ECSQL_SHOWN_TEXT : row->style->shown[column];
    struct ecsql_type type = ecsql_type_of(WEH_EC_LONG);

    if (shown >= ECSQL_SHOWN_DATE) {
        type.primitive = WEH_EC_DATETIME;
        type.datetime = (enum weh_ec_datetime)(shown - ECSQL_SHOWN_DATE);
        return put_primitive(row, &type, cells);
    }
    switch (shown) {
    case ECSQL_SHOWN_BOOLEAN:
        type.primitive = WEH_EC_BOOLEAN;
        break;
    case ECSQL_SHOWN_INT:
        type.primitive = WEH_EC_INT;
        break;
    case ECSQL_SHOWN_LONG:
        break;
    case ECSQL_SHOWN_DOUBLE:
        type.primitive = WEH_EC_DOUBLE;
        break;
    case ECSQL_SHOWN_ID:
    case ECSQL_SHOWN_CLASS_ID:
        type.id_kind = shown == ECSQL_SHOWN_ID ? ECSQL_ID_ID : ECSQL_ID_CLASS_ID;
        break;
    case ECSQL_SHOWN_BINARY:
    case ECSQL_SHOWN_GUID:
    case ECSQL_SHOWN_STREAM:
        type.primitive = WEH_EC_BINARY;
        type.extended = shown == ECSQL_SHOWN_GUID     ? WEH_STR("BeGuid")
                        : shown == ECSQL_SHOWN_STREAM ? WEH_STR("GeometryStream")
                                                      : WEH_STR("");
        break;
    default:
        type.primitive = WEH_EC_STRING;
        break;
    }
    return put_primitive(row, &type, cells);
}

static weh_err put_array(const struct row *row, const struct ecsql_type *type, sqlite3_value *cell)
{
    const struct weh_ec_property *property = type->property->leaves[type->first_leaf].value;
    const unsigned style =
        (row->style->js_values ? 0U : (unsigned)WEH_EC_ARRAY_EC_NAMES) |
        (row->style->abbreviate_blobs ? (unsigned)WEH_EC_ARRAY_ABBREVIATE_BLOBS : 0U) |
        (row->style->long_doubles ? (unsigned)WEH_EC_ARRAY_LONG_DOUBLES : 0U);
    struct weh_arena arena;
    struct weh_str text = { (const char *)sqlite3_value_text(cell),
                            (size_t)sqlite3_value_bytes(cell) };
    weh_err err;

    *row->bytes += text.len;
    weh_arena_init(&arena, 0);
    err = weh_ec_array_write(property, text, style, row->sink, &arena, row->diag);
    weh_arena_fini(&arena);
    return err;
}

/* ---- structs: their leaves stand in the order of their members, so one pass writes them ---- */

struct nest {
    struct weh_str open[WEH_EC_MAX_STRUCT_DEPTH + 1];
    size_t n;
};

static void put_key(const struct row *row, struct weh_str name)
{
    char text[256];
    size_t n = name.len < sizeof(text) ? name.len : sizeof(text);

    memcpy(text, name.ptr, n);
    if (row->style->js_values && n > 0 && text[0] >= 'A' && text[0] <= 'Z') {
        text[0] = (char)(text[0] + ('a' - 'A'));
    }
    row->sink->ops->key(row->sink, (struct weh_str){ text, n });
}

static void nest_close(const struct row *row, struct nest *nest, size_t depth)
{
    for (; nest->n > depth; nest->n--) {
        weh_sink_map_end(row->sink);
    }
}

/* Open the struct @segment at @depth, unless it is open. */
static void nest_enter(const struct row *row, struct nest *nest, size_t depth,
                       struct weh_str segment)
{
    weh_assert(depth < WEH_ARRAY_LEN(nest->open));
    if (depth < nest->n && !weh_str_eq(nest->open[depth], segment)) {
        nest_close(row, nest, depth);
    }
    if (depth == nest->n) {
        put_key(row, segment);
        weh_sink_map_begin(row->sink, WEH_SINK_UNKNOWN);
        nest->open[nest->n++] = segment;
    }
}

/* Open the structs around the member @path (behind the struct's own prefix); its own name. */
static struct weh_str nest_move(const struct row *row, struct nest *nest, struct weh_str path)
{
    struct weh_str segment;
    size_t depth = 0;

    for (path = weh_str_split(path, '.', &segment); path.len > 0;
         path = weh_str_split(path, '.', &segment)) {
        nest_enter(row, nest, depth++, segment);
    }
    nest_close(row, nest, depth);
    return segment;
}

/* The type of the member that begins with @leaf, with as many leaves as it has. */
static struct ecsql_type member_type(const struct ecsql_type *type, const struct weh_ec_leaf *leaf)
{
    struct ecsql_type member = ecsql_type_of(leaf->value->primitive);

    member.datetime = leaf->value->datetime;
    member.extended = leaf->value->extended_type;
    member.property = type->property;
    member.first_leaf = (uint16_t)(leaf - type->property->leaves);
    if (leaf->value->kind == WEH_EC_PRIMITIVE_ARRAY) {
        member.kind = ECSQL_TYPE_ARRAY;
    } else if (leaf->value->kind == WEH_EC_STRUCT_ARRAY) {
        member.kind = ECSQL_TYPE_STRUCT_ARRAY;
    }
    return member;
}

static weh_err put_value(const struct row *row, const struct ecsql_type *type,
                         const struct cells *cells);

static weh_err put_struct(const struct row *row, const struct ecsql_type *type, uint16_t first)
{
    const struct weh_ec_leaf *leaves = &type->property->leaves[type->first_leaf];
    size_t skip = type->prefix.len == 0 ? 0 : type->prefix.len + 1;
    struct nest nest = { .n = 0 };
    weh_err err = WEH_OK;
    uint16_t n;

    weh_sink_map_begin(row->sink, WEH_SINK_UNKNOWN);
    for (uint16_t i = 0; i < type->n_leaves && err == WEH_OK; i = (uint16_t)(i + n)) {
        struct ecsql_type member = member_type(type, &leaves[i]);
        struct weh_str path = { leaves[i].member.ptr + skip, leaves[i].member.len - skip };
        struct cells cells;

        n = ecsql_type_cells(&member);
        if (!load(row, &member, (uint16_t)(first + i), &cells)) {
            continue;
        }
        if (leaves[i].part.len > 0) {
            path.len -= leaves[i].part.len + 1;
        }
        put_key(row, nest_move(row, &nest, path));
        err = put_value(row, &member, &cells);
    }
    if (err == WEH_OK) {
        nest_close(row, &nest, 0);
        weh_sink_map_end(row->sink);
    }
    return err;
}

/* A value that is not null. Structs do not stand in structs here: their leaves do. */
static weh_err put_value(const struct row *row, const struct ecsql_type *type,
                         const struct cells *cells)
{
    *row->bytes += 8;
    switch (type->kind) {
    case ECSQL_TYPE_NAVIGATION:
        put_navigation(row, cells);
        return WEH_OK;
    case ECSQL_TYPE_STRUCT:
        return put_struct(row, type, cells->first);
    case ECSQL_TYPE_ARRAY:
    case ECSQL_TYPE_STRUCT_ARRAY:
        return put_array(row, type, cells->at[0]);
    case ECSQL_TYPE_NULL:
        weh_sink_int(row->sink, sqlite3_value_int64(cells->at[0]));
        return WEH_OK;
    case ECSQL_TYPE_PRIMITIVE:
    case ECSQL_TYPE_UNSET:
    default:
        return put_primitive(row, type, cells);
    }
}

/* With JavaScript's names, class ids under an alias stay numbers. */
static bool is_bare_class_id(const struct row *row, const struct ecsql_result_column *column)
{
    static const char *const names[] = { "ECClassId", "SourceECClassId", "TargetECClassId",
                                         "RelECClassId" };

    if (!row->style->js_values || !column->generated || column->type.id_kind != ECSQL_ID_CLASS_ID) {
        return false;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_nocase(column->name, weh_str_from(names[i]))) {
            return false;
        }
    }
    return true;
}

static weh_err put_shown(const struct row *row, const struct ecsql_result_column *column,
                         const struct cells *cells)
{
    if (column->type.varies) {
        return put_varying(row, (uint16_t)(column - row->statement->columns), cells);
    }
    if (is_bare_class_id(row, column)) {
        struct ecsql_type type = column->type;

        type.id_kind = ECSQL_ID_ID;
        return put_value(row, &type, cells);
    }
    return put_value(row, &column->type, cells);
}

static weh_err put_column(const struct row *row, const struct ecsql_result_column *column,
                          const struct cells *cells)
{
    weh_err err = put_shown(row, column, cells);

    /* What an expression made need not be what its type says; the file is not to blame. */
    return err == WEH_E_CORRUPT && !column->is_stored
               ? weh_fail(row->diag, WEH_E_QUERY, "a value cannot be shown as its type asks for")
               : err;
}

/* How many columns the row has, without the nulls at its end where the style leaves them out. */
static uint16_t row_length(const struct row *row)
{
    const struct ecsql_result_column *columns = row->statement->columns;
    uint16_t n = row->statement->n_columns;
    struct cells cells;

    while (row->style->trim_nulls && n > 0 &&
           !load(row, &columns[n - 1].type, columns[n - 1].first_cell, &cells)) {
        n--;
    }
    return n;
}

weh_err ecsql_row_write(const struct ecsql_statement *statement,
                        const struct ecsql_row_style *style, sqlite3_stmt *stmt,
                        struct weh_sink *sink, uint64_t *bytes, struct weh_diag *diag)
{
    uint64_t n_bytes = 0;
    struct row row = { statement, style, stmt, sink, &n_bytes, diag };
    uint16_t n = row_length(&row);
    bool arrays = style->rows == WEH_ECSQL_ARRAYS;
    weh_err err = WEH_OK;

    if (arrays) {
        weh_sink_array_begin(sink, n);
    } else {
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    }
    for (uint16_t i = 0; i < n && err == WEH_OK; i++) {
        const struct ecsql_result_column *column = &statement->columns[i];
        struct cells cells;
        bool null = !load(&row, &column->type, column->first_cell, &cells);

        if (null && arrays) {
            weh_sink_null(sink);
        }
        if (null) {
            continue;
        }
        if (!arrays) {
            sink->ops->key(sink, style->rows == WEH_ECSQL_NAMES ? column->name : column->json_name);
        }
        err = put_column(&row, column, &cells);
    }
    *bytes += n_bytes;
    if (err != WEH_OK) {
        return err;
    }
    if (arrays) {
        weh_sink_array_end(sink);
    } else {
        weh_sink_map_end(sink);
    }
    return WEH_OK;
}
