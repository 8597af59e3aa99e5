/* src/ec/describe_quantity.c - kinds of quantity, their units and formats, as EC 3.2 JSON has them.
 *
 * The tables name units and formats by schema alias ("u:M", "f:DefaultRealU(4)[u:M|metre]"), and those of
 * the schema that declares the kind of quantity without; clients get the schema's name and a dot, as the
 * quantity formatter of iTwin.js reads it.
 */
#include "weh/buf.h"
#include "weh/json.h"

#include "describe_priv.h"
#include "ec_priv.h"

#define MAX_PRESENTATIONS  256
#define MAX_PRESENTATION   2048 /* bytes */
#define MAX_REPLACED_NAMES 16   /* in one presentation: a format and at most four units */

static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 4096 };

/* Parse @text of the file into *@out; anything that is no JSON is null. */
static weh_err json_read(struct ec_describe *describe, struct weh_str text, struct weh_value *out)
{
    weh_err err = weh_json_parse(text, &limits, describe->arena, out, NULL);

    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(describe->diag);
    }
    if (err != WEH_OK) {
        *out = (struct weh_value){ .type = WEH_VALUE_NULL };
    }
    return WEH_OK;
}

/* The bytes of @text in front of any of @stops. */
static struct weh_str head_until(struct weh_str text, const char *stops)
{
    size_t n = 0;

    while (n < text.len && strchr(stops, text.ptr[n]) == NULL) {
        n++;
    }
    return (struct weh_str){ text.ptr, n };
}

/* "u:M" or "Units:M" as "Units.M", "M" as that of @owner (or NULL); as it is when there is no such schema. */
static weh_err name_resolve(struct ec_describe *describe, const struct weh_ec_schema *owner,
                            struct weh_str name, struct weh_str *out)
{
    const struct weh_ec_schema *schema = NULL;
    struct weh_str head;
    struct weh_str tail;

    *out = name;
    if (ec_name_split(name, &head, &tail)) {
        schema = weh_ec_schema_by_name(describe->catalog, head);
    } else if (name.len != 0 && head_until(name, ":.").len == name.len) {
        schema = owner;
        tail = name;
    }
    if (schema == NULL) {
        return WEH_OK;
    }
    *out = ec_name_make(describe->arena, schema->name, '.', tail);
    return out->ptr == NULL ? weh_fail_nomem(describe->diag) : WEH_OK;
}

static void name_remember(struct weh_str *names, size_t *n, struct weh_str name)
{
    for (size_t i = 0; i < *n; i++) {
        if (weh_str_eq(names[i], name)) {
            return;
        }
    }
    if (*n < EC_MAX_QUANTITY_NAMES) {
        names[(*n)++] = name;
    }
}

/* One presentation: the name in front, and behind each '[', resolved and remembered. */
static weh_err presentation_put(struct ec_describe *describe, const struct weh_ec_schema *owner,
                                struct weh_str text)
{
    struct weh_buf buf;
    struct weh_str name = head_until(text, "([");
    struct weh_str resolved;
    weh_err err = WEH_OK;

    weh_buf_init(&buf, 0);
    for (unsigned i = 0; i < MAX_REPLACED_NAMES && err == WEH_OK; i++) {
        const char *bracket;
        size_t n_copy;

        err = name_resolve(describe, owner, name, &resolved);
        if (err != WEH_OK) {
            break;
        }
        name_remember(i == 0 ? describe->formats : describe->units,
                      i == 0 ? &describe->n_formats : &describe->n_units, resolved);
        weh_buf_append(&buf, resolved.ptr, resolved.len);
        text.ptr += name.len;
        text.len -= name.len;
        bracket = text.len == 0 ? NULL : memchr(text.ptr, '[', text.len);
        n_copy = bracket == NULL ? text.len : (size_t)(bracket - text.ptr) + 1;
        weh_buf_append(&buf, text.ptr, n_copy);
        text.ptr += n_copy;
        text.len -= n_copy;
        if (bracket == NULL) {
            break;
        }
        name = head_until(text, "|]");
    }
    weh_buf_append(&buf, text.ptr, text.len);
    if (err == WEH_OK && buf.err != WEH_OK) {
        err = weh_fail_nomem(describe->diag);
    }
    if (err == WEH_OK) {
        weh_sink_str(describe->sink, (struct weh_str){ (const char *)buf.data, buf.len });
    }
    weh_buf_fini(&buf);
    return err;
}

static weh_err presentations_put(struct ec_describe *describe, const struct weh_ec_schema *owner,
                                 struct weh_str text)
{
    struct weh_value list;
    weh_err err = json_read(describe, text, &list);

    if (err != WEH_OK || list.type != WEH_VALUE_ARRAY || list.n == 0) {
        return err;
    }
    weh_sink_key(describe->sink, "presentationUnits");
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < list.n && i < MAX_PRESENTATIONS && err == WEH_OK; i++) {
        const struct weh_value *item = &list.as.items[i];

        if (item->type == WEH_VALUE_STRING && item->n != 0 && item->n <= MAX_PRESENTATION) {
            err = presentation_put(describe, owner, weh_value_str(item));
        }
    }
    weh_sink_array_end(describe->sink);
    return err;
}

/* The persistence unit @raw, a view into the row. */
static weh_err unit_name_put(struct ec_describe *describe, const struct weh_ec_schema *owner,
                             struct weh_str raw)
{
    const char *copy;
    struct weh_str unit;
    weh_err err;

    if (raw.len > MAX_PRESENTATION) {
        return WEH_OK;
    }
    copy = weh_arena_strdup(describe->arena, raw);
    if (copy == NULL) {
        return weh_fail_nomem(describe->diag);
    }
    err = name_resolve(describe, owner, (struct weh_str){ copy, raw.len }, &unit);
    if (err == WEH_OK) {
        ec_put_str(describe, "persistenceUnit", unit);
        name_remember(describe->units, &describe->n_units, unit);
    }
    return err;
}

weh_err ec_describe_quantity(struct ec_describe *describe, weh_id id)
{
    static const char sql[] = "SELECT DisplayLabel,Description,PersistenceUnit,RelativeError,"
                              "PresentationUnits,SchemaId FROM main.ec_KindOfQuantity WHERE Id=?1";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, id, 0, &cursor);

    if (err == WEH_OK && cursor.row) {
        const struct weh_ec_schema *owner =
            ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 5));

        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
        ec_put_column_number(describe, "relativeError", cursor.stmt, 3);
        err = unit_name_put(describe, owner, weh_stmt_text(cursor.stmt, 2));
        if (err == WEH_OK) {
            err = presentations_put(describe, owner, weh_stmt_text(cursor.stmt, 4));
        }
    }
    ec_rows_end(describe, &cursor);
    return err;
}

/* "Schema.Name" of the schema id and the name in @stmt; nothing when there is no such schema. */
static weh_err reference_name_put(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt)
{
    const struct weh_ec_schema *schema =
        ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
    struct weh_str name = weh_stmt_text(stmt, 1);

    if (schema == NULL || name.len > EC_MAX_NAME) {
        return WEH_OK;
    }
    name = ec_name_make(describe->arena, schema->name, '.', name);
    if (name.ptr == NULL) {
        return weh_fail_nomem(describe->diag);
    }
    ec_put_str(describe, key, name);
    return WEH_OK;
}

weh_err ec_reference_put(struct ec_describe *describe, const char *key, const char *sql,
                         sqlite3_stmt *stmt, int column)
{
    struct ec_cursor cursor = { 0 };
    weh_err err;

    if (sqlite3_column_type(stmt, column) != SQLITE_INTEGER) {
        return WEH_OK;
    }
    err = ec_rows_begin(describe, sql, (weh_id)sqlite3_column_int64(stmt, column), 0, &cursor);
    if (err == WEH_OK && cursor.row) {
        err = reference_name_put(describe, key, cursor.stmt);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static const char unit_name_sql[] = "SELECT SchemaId,Name FROM main.ec_Unit WHERE Id=?1";

/* Bind the row of @name ("Units.M") to @sql, whose parameters are schema id and name. */
static weh_err named_begin(struct ec_describe *describe, const char *sql, struct weh_str name,
                           struct ec_cursor *cursor)
{
    const struct weh_ec_schema *schema = NULL;
    struct weh_str head;
    struct weh_str tail;
    weh_err err;

    if (ec_name_split(name, &head, &tail)) {
        schema = weh_ec_schema_by_name(describe->catalog, head);
    }
    if (schema == NULL) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(describe->briefcase, sql, &cursor->stmt, describe->diag);
    if (err == WEH_OK &&
        (sqlite3_bind_int64(cursor->stmt, 1, (int64_t)schema->id) != SQLITE_OK ||
         sqlite3_bind_text(cursor->stmt, 2, tail.ptr, (int)tail.len, SQLITE_STATIC) != SQLITE_OK)) {
        err = weh_db_fail(describe->briefcase, SQLITE_ERROR, describe->diag);
    }
    return err == WEH_OK ? ec_rows_next(describe, cursor) : err;
}

static weh_err unit_put(struct ec_describe *describe, struct weh_str name)
{
    static const char sql[] =
        "SELECT DisplayLabel,Description,Definition,Numerator,Denominator,Offset,PhenomenonId,"
        "UnitSystemId,InvertingUnitId FROM main.ec_Unit WHERE SchemaId=?1 AND Name=?2";
    struct ec_cursor cursor = { 0 };
    weh_err err = named_begin(describe, sql, name, &cursor);

    if (err == WEH_OK && cursor.row) {
        describe->sink->ops->key(describe->sink, name);
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
        ec_put_column_text(describe, "definition", cursor.stmt, 2);
        ec_put_column_number(describe, "numerator", cursor.stmt, 3);
        ec_put_column_number(describe, "denominator", cursor.stmt, 4);
        ec_put_column_number(describe, "offset", cursor.stmt, 5);
        err = ec_reference_put(describe, "phenomenon",
                               "SELECT SchemaId,Name FROM main.ec_Phenomenon WHERE Id=?1",
                               cursor.stmt, 6);
        if (err == WEH_OK) {
            err = ec_reference_put(describe, "unitSystem",
                                   "SELECT SchemaId,Name FROM main.ec_UnitSystem WHERE Id=?1",
                                   cursor.stmt, 7);
        }
        if (err == WEH_OK) {
            err = ec_reference_put(describe, "invertsUnit", unit_name_sql, cursor.stmt, 8);
        }
        weh_sink_map_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

/* The members of a JSON object as members of the open map. */
static weh_err members_put(struct ec_describe *describe, struct weh_str text)
{
    struct weh_value map;
    weh_err err = json_read(describe, text, &map);

    if (err != WEH_OK || map.type != WEH_VALUE_MAP) {
        return err;
    }
    for (uint32_t i = 0; i < map.n; i++) {
        const struct weh_member *member = &map.as.members[i];

        /* Those are written from columns. */
        if (!weh_str_eq_text(member->key, "label") &&
            !weh_str_eq_text(member->key, "description") &&
            !weh_str_eq_text(member->key, "composite") && !weh_str_eq_text(member->key, "units")) {
            describe->sink->ops->key(describe->sink, member->key);
            weh_sink_value(describe->sink, &member->value);
        }
    }
    return WEH_OK;
}

static weh_err composite_units_put(struct ec_describe *describe, struct ec_cursor *cursor)
{
    weh_err err = WEH_OK;

    weh_sink_key(describe->sink, "units");
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && cursor->row) {
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        ec_put_column_text(describe, "label", cursor->stmt, 0);
        err = ec_reference_put(describe, "name", unit_name_sql, cursor->stmt, 1);
        weh_sink_map_end(describe->sink);
        if (err == WEH_OK) {
            err = ec_rows_next(describe, cursor);
        }
    }
    weh_sink_array_end(describe->sink);
    return err;
}

static weh_err composite_put(struct ec_describe *describe, weh_id format, struct weh_str spec)
{
    static const char sql[] = "SELECT Label,UnitId FROM main.ec_FormatCompositeUnit "
                              "WHERE FormatId=?1 ORDER BY Ordinal";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, format, 0, &cursor);

    if (err == WEH_OK && cursor.row) {
        weh_sink_key(describe->sink, "composite");
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        err = members_put(describe, spec);
        if (err == WEH_OK) {
            err = composite_units_put(describe, &cursor);
        }
        weh_sink_map_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

weh_err ec_describe_format(struct ec_describe *describe, weh_id id, sqlite3_stmt *stmt, int first)
{
    weh_err err;

    ec_put_column_text(describe, "label", stmt, first);
    ec_put_column_text(describe, "description", stmt, first + 1);
    err = members_put(describe, weh_stmt_text(stmt, first + 2));
    return err == WEH_OK ? composite_put(describe, id, weh_stmt_text(stmt, first + 3)) : err;
}

static weh_err format_put(struct ec_describe *describe, struct weh_str name)
{
    static const char sql[] = "SELECT Id,DisplayLabel,Description,NumericSpec,CompositeSpec "
                              "FROM main.ec_Format WHERE SchemaId=?1 AND Name=?2";
    struct ec_cursor cursor = { 0 };
    weh_err err = named_begin(describe, sql, name, &cursor);

    if (err == WEH_OK && cursor.row) {
        describe->sink->ops->key(describe->sink, name);
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        err = ec_describe_format(describe, (weh_id)sqlite3_column_int64(cursor.stmt, 0),
                                 cursor.stmt, 1);
        weh_sink_map_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

weh_err ec_describe_units(struct ec_describe *describe)
{
    weh_err err = WEH_OK;

    if (describe->n_formats != 0) {
        weh_sink_key(describe->sink, "formats");
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        for (size_t i = 0; i < describe->n_formats && err == WEH_OK; i++) {
            err = format_put(describe, describe->formats[i]);
        }
        weh_sink_map_end(describe->sink);
    }
    if (err == WEH_OK && describe->n_units != 0) {
        weh_sink_key(describe->sink, "units");
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        for (size_t i = 0; i < describe->n_units && err == WEH_OK; i++) {
            err = unit_put(describe, describe->units[i]);
        }
        weh_sink_map_end(describe->sink);
    }
    return err;
}
