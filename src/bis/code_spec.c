/* src/bis/code_spec.c - code specs: insert, read, list. Codes of elements are in code.c.
 *
 * No sequence hands out the ids, and a briefcase has no range of its own: iTwin.js takes the highest id
 * of the table and one.
 */
#include "weh/code_spec.h"

#include <limits.h>
#include <string.h>

#include "bis_edit.h"

#define SPEC_JSON_VALUES 1000000u

enum spec_by {
    SPEC_ALL,
    SPEC_BY_ID,
    SPEC_BY_NAME
};

struct spec_columns {
    struct bis_plan *plan;
    struct weh_str table;
    struct weh_str id;
    struct weh_str name;
    struct weh_str json;
};

static weh_err find_columns(struct weh_bis *bis, struct spec_columns *out, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(bis->catalog, bis->bases[BASE_CODE_SPEC]);
    weh_err err = bis_plan_get(bis, ec_class, &out->plan, diag);

    if (err != WEH_OK) {
        return err;
    }
    out->table = ec_class->tables[0]->name;
    out->id = ec_class->tables[0]->id_column;
    out->name = bis_slot_column(out->plan, SLOT_CODE_SPEC_NAME, "");
    out->json = bis_slot_column(out->plan, SLOT_CODE_SPEC_JSON, "");
    return out->name.len > 0 && out->json.len > 0
               ? WEH_OK
               : weh_fail(diag, WEH_E_CORRUPT, "code specs are not mapped");
}

static weh_err acquire(struct weh_bis *bis, sqlite3_stmt **out, struct weh_diag *diag)
{
    weh_buf_byte(&bis->scratch, 0);
    if (bis->scratch.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    return weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, out, diag);
}

static weh_err select_specs(struct weh_bis *bis, enum spec_by by, sqlite3_stmt **out,
                            struct weh_diag *diag)
{
    struct spec_columns columns = { 0 };
    struct weh_buf *buf = &bis->scratch;
    weh_err err = find_columns(bis, &columns, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, columns.id);
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, columns.name);
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, columns.json);
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, columns.table);
    if (by == SPEC_ALL) {
        weh_buf_printf(buf, " ORDER BY ");
        bis_sql_name(buf, columns.id);
    } else {
        weh_buf_printf(buf, " WHERE ");
        bis_sql_name(buf, by == SPEC_BY_ID ? columns.id : columns.name);
        weh_buf_printf(buf, "=?");
    }
    return acquire(bis, out, diag);
}

/* Nulls stay: these come through JavaScript's JSON.parse, not through the native library. */
static weh_err write_spec(struct weh_bis *bis, sqlite3_stmt *row, struct weh_sink *sink,
                          struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, SPEC_JSON_VALUES };
    struct weh_str json = weh_stmt_text(row, 2);
    struct weh_value properties = { .type = WEH_VALUE_MAP };
    weh_err err = WEH_OK;

    if (json.len > 0) {
        err = weh_json_parse(json, &limits, &bis->arena, &properties, NULL);
    }
    if (err != WEH_OK) {
        return err == WEH_E_NOMEM
                   ? weh_fail_nomem(diag)
                   : weh_fail(diag, WEH_E_CORRUPT, "the properties of a code spec are no JSON");
    }
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, (weh_id)sqlite3_column_int64(row, 0));
    weh_sink_key(sink, "name");
    weh_sink_str(sink, weh_stmt_text(row, 1));
    weh_sink_key(sink, "properties");
    weh_sink_value(sink, &properties);
    weh_sink_map_end(sink);
    return WEH_OK;
}

weh_err weh_code_spec_get_by_id(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                                struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err;

    bis_call_begin(bis);
    err = select_specs(bis, SPEC_BY_ID, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_INVALID_ID, "id", "the code spec does not exist");
    }
    if (err == WEH_OK) {
        err = write_spec(bis, stmt, sink, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err bind_name(sqlite3_stmt *stmt, int param, struct weh_str name, struct weh_diag *diag)
{
    if (name.len > INT_MAX) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, "name", "the name is too long");
    }
    return sqlite3_bind_text(stmt, param, name.len == 0 ? "" : name.ptr, (int)name.len,
                             SQLITE_STATIC) == SQLITE_OK
               ? WEH_OK
               : weh_fail_nomem(diag);
}

weh_err weh_code_spec_get_by_name(struct weh_bis *bis, struct weh_str name, struct weh_sink *sink,
                                  struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err;

    bis_call_begin(bis);
    err = select_specs(bis, SPEC_BY_NAME, &stmt, diag);
    if (err == WEH_OK) {
        err = bind_name(stmt, 1, name, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "name", "there is no code spec of that name");
    }
    if (err == WEH_OK) {
        err = write_spec(bis, stmt, sink, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err weh_code_spec_list(struct weh_bis *bis, struct weh_sink *sink, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err;

    bis_call_begin(bis);
    err = select_specs(bis, SPEC_ALL, &stmt, diag);
    if (err == WEH_OK) {
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    }
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = write_spec(bis, stmt, sink, diag);
        }
    }
    if (err == WEH_OK) {
        weh_sink_array_end(sink);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err check_name(struct weh_bis *bis, struct weh_str name, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err;

    if (name.len > 0 && memchr(name.ptr, '\0', name.len) != NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "name", "the name has a NUL character");
    }
    err = bis_fixed(bis, SQL_SPEC_BY_NAME, &stmt, diag);
    if (err == WEH_OK) {
        err = bind_name(stmt, 1, name, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &found, diag);
    }
    bis_reset(stmt);
    if (err == WEH_OK && found) {
        err = weh_fail_where(diag, WEH_E_DUPLICATE_NAME, "name",
                             "there is a code spec of that name already");
    }
    return err;
}

/* The text of @value, as JavaScript and not the native library writes it. Lives in the context's buffer. */
static weh_err json_text(struct weh_bis *bis, const struct weh_value *value, struct weh_str *out,
                         struct weh_diag *diag)
{
    struct weh_json_writer writer;

    weh_buf_clear(&bis->json);
    weh_json_writer_init(&writer, &bis->json);
    weh_sink_value(&writer.sink, value);
    if (bis->json.err != WEH_OK) {
        return bis->json.err == WEH_E_NOMEM
                   ? weh_fail_nomem(diag)
                   : weh_fail_where(diag, bis->json.err, "properties", "properties is too large");
    }
    *out = (struct weh_str){ (const char *)bis->json.data, bis->json.len };
    return WEH_OK;
}

/* The text of @properties; a type alone is {scopeSpec: {type}}. */
static weh_err properties_text(struct weh_bis *bis, const struct weh_value *properties,
                               struct weh_str *out, struct weh_diag *diag)
{
    int64_t type = 0;
    struct weh_value number = { .type = WEH_VALUE_INT };
    struct weh_member inner = { WEH_STR("type"), { 0 } };
    struct weh_member outer = { WEH_STR("scopeSpec"), { 0 } };
    struct weh_value map = { .type = WEH_VALUE_MAP, .n = 1 };

    if (properties != NULL && properties->type == WEH_VALUE_MAP) {
        return json_text(bis, properties, out, diag);
    }
    if (properties == NULL || !weh_value_to_int64(properties, &type)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "properties",
                              "properties must be an object, or the type of scope");
    }
    number.as.integer = type;
    inner.value = number;
    outer.value = (struct weh_value){ .type = WEH_VALUE_MAP, .n = 1, .as.members = &inner };
    map.as.members = &outer;
    return json_text(bis, &map, out, diag);
}

static weh_err next_id(struct weh_bis *bis, const struct spec_columns *columns, weh_id *out,
                       struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int64_t last = 0;
    weh_err err;

    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch, "SELECT max(");
    bis_sql_name(&bis->scratch, columns->id);
    weh_buf_printf(&bis->scratch, ") FROM ");
    bis_sql_name(&bis->scratch, columns->table);
    err = acquire(bis, &stmt, diag);
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        last = sqlite3_column_int64(stmt, 0);
    }
    weh_stmt_release(bis->briefcase, stmt);
    if (err == WEH_OK && (last < 0 || last == INT64_MAX)) {
        err = weh_fail(diag, WEH_E_LIMIT, "no id is left for a code spec");
    }
    *out = (weh_id)last + 1;
    return err;
}

static weh_err insert_row(struct weh_bis *bis, struct weh_str name, struct weh_str json,
                          weh_id *out, struct weh_diag *diag)
{
    struct spec_columns columns = { 0 };
    struct weh_buf *buf = &bis->scratch;
    sqlite3_stmt *stmt = NULL;
    weh_err err = find_columns(bis, &columns, diag);

    if (err == WEH_OK) {
        err = next_id(bis, &columns, out, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "INSERT INTO ");
    bis_sql_name(buf, columns.table);
    weh_buf_byte(buf, '(');
    bis_sql_name(buf, columns.id);
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, columns.name);
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, columns.json);
    weh_buf_printf(buf, ") VALUES(?,?,?)");
    err = acquire(bis, &stmt, diag);
    if (err == WEH_OK) {
        err = bind_name(stmt, 2, name, diag);
    }
    if (err == WEH_OK &&
        (json.len > INT_MAX || sqlite3_bind_int64(stmt, 1, (int64_t)*out) != SQLITE_OK ||
         sqlite3_bind_text(stmt, 3, json.ptr, (int)json.len, SQLITE_STATIC) != SQLITE_OK)) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err weh_code_spec_insert(struct weh_bis *bis, struct weh_str name,
                             const struct weh_value *properties, weh_id *out, struct weh_diag *diag)
{
    struct weh_str json = { NULL, 0 };
    weh_id id = 0;
    weh_err err = bis_begin(bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    name = bis_trim(name, false);
    err = check_name(bis, name, diag);
    if (err == WEH_OK) {
        err = properties_text(bis, properties, &json, diag);
    }
    if (err == WEH_OK) {
        err = insert_row(bis, name, json, &id, diag);
    }
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = id;
    }
    return err;
}
