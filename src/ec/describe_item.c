/* src/ec/describe_item.c - enumerations, categories and kinds of quantity, as EC 3.2 JSON has them. */
#include <stdlib.h>

#include "weh/json.h"

#include "describe_priv.h"
#include "ec_priv.h"

static const struct weh_json_limits list_limits = { .max_depth = 8, .max_values = 200000 };

weh_err ec_item_name(struct ec_describe *describe, enum ec_item_table table, weh_id id,
                     struct weh_str *out)
{
    static const char *const sql[] = {
        [EC_ITEM_ENUMERATION] = "SELECT SchemaId,Name FROM main.ec_Enumeration WHERE Id=?1",
        [EC_ITEM_QUANTITY] = "SELECT SchemaId,Name FROM main.ec_KindOfQuantity WHERE Id=?1",
        [EC_ITEM_CATEGORY] = "SELECT SchemaId,Name FROM main.ec_PropertyCategory WHERE Id=?1",
    };
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql[table], id, 0, &cursor);

    *out = (struct weh_str){ NULL, 0 };
    if (err == WEH_OK && cursor.row) {
        const struct weh_ec_schema *schema =
            ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 0));
        struct weh_str name = weh_stmt_text(cursor.stmt, 1);

        if (schema != NULL && name.len <= EC_MAX_NAME) {
            *out =
                ec_name_make(describe->arena, schema->name, describe->is_ec_json ? '.' : ':', name);
            err = out->ptr == NULL ? weh_fail_nomem(describe->diag) : WEH_OK;
        }
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static void value_put(struct ec_describe *describe, const char *key, const struct weh_value *value)
{
    if (!weh_value_is_null(value)) {
        weh_sink_key(describe->sink, key);
        weh_sink_value(describe->sink, value);
    }
}

/* EnumValues is a JSON array of {Name, IntValue or StringValue, DisplayLabel, Description}. */
static weh_err enumerators_put(struct ec_describe *describe, struct weh_str text)
{
    struct weh_value list = { .type = WEH_VALUE_NULL };
    weh_err err;

    weh_arena_reset(&describe->scratch);
    err = weh_json_parse(text, &list_limits, &describe->scratch, &list, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(describe->diag);
    }
    weh_sink_key(describe->sink, "enumerators");
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; err == WEH_OK && list.type == WEH_VALUE_ARRAY && i < list.n; i++) {
        const struct weh_value *item = &list.as.items[i];
        const struct weh_value *number = weh_value_get(item, "IntValue");

        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        value_put(describe, "name", weh_value_get(item, "Name"));
        value_put(describe, "label", weh_value_get(item, "DisplayLabel"));
        value_put(describe, "description", weh_value_get(item, "Description"));
        value_put(describe, "value",
                  weh_value_is_null(number) ? weh_value_get(item, "StringValue") : number);
        weh_sink_map_end(describe->sink);
    }
    weh_sink_array_end(describe->sink);
    return WEH_OK;
}

weh_err ec_describe_enumeration(struct ec_describe *describe, weh_id id, bool *found)
{
    static const char sql[] = "SELECT DisplayLabel,Description,UnderlyingPrimitiveType,IsStrict,"
                              "EnumValues FROM main.ec_Enumeration WHERE Id=?1";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, id, 0, &cursor);

    *found = err == WEH_OK && cursor.row;
    if (*found) {
        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
        ec_put_text(describe, "type",
                    sqlite3_column_int(cursor.stmt, 2) == WEH_EC_INT ? "int" : "string");
        ec_put_bool(describe, "isStrict", sqlite3_column_int(cursor.stmt, 3) != 0);
        err = enumerators_put(describe, weh_stmt_text(cursor.stmt, 4));
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err enumeration_members(struct ec_describe *describe, weh_id id)
{
    bool found;

    return ec_describe_enumeration(describe, id, &found);
}

static weh_err category_members(struct ec_describe *describe, weh_id id)
{
    static const char sql[] =
        "SELECT DisplayLabel,Description,Priority FROM main.ec_PropertyCategory WHERE Id=?1";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, id, 0, &cursor);

    if (err == WEH_OK && cursor.row) {
        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
        ec_put_column_number(describe, "priority", cursor.stmt, 2);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static int compare_ids(const void *left, const void *right)
{
    weh_id a = *(const weh_id *)left;
    weh_id b = *(const weh_id *)right;

    return a < b ? -1 : (a > b ? 1 : 0);
}

/* A member that maps the name of each item in @set to what it is; none when there is none. */
static weh_err set_put(struct ec_describe *describe, const char *key, enum ec_item_table table,
                       struct ec_id_set *set,
                       weh_err (*members)(struct ec_describe *describe, weh_id id))
{
    weh_err err = WEH_OK;

    if (set->n == 0) {
        return WEH_OK;
    }
    qsort(set->ids, set->n, sizeof(weh_id), compare_ids);
    weh_sink_key(describe->sink, key);
    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < set->n && err == WEH_OK; i++) {
        struct weh_str name;

        if (i != 0 && set->ids[i] == set->ids[i - 1]) {
            continue;
        }
        err = ec_item_name(describe, table, set->ids[i], &name);
        if (err == WEH_OK) {
            describe->sink->ops->key(describe->sink, name);
            weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
            err = members(describe, set->ids[i]);
            weh_sink_map_end(describe->sink);
        }
    }
    weh_sink_map_end(describe->sink);
    return err;
}

weh_err ec_describe_items(struct ec_describe *describe)
{
    weh_err err = set_put(describe, "enumerations", EC_ITEM_ENUMERATION, &describe->enumerations,
                          enumeration_members);

    if (err == WEH_OK) {
        err = set_put(describe, "categories", EC_ITEM_CATEGORY, &describe->categories,
                      category_members);
    }
    if (err == WEH_OK) {
        err = set_put(describe, "kindsOfQuantity", EC_ITEM_QUANTITY, &describe->quantities,
                      ec_describe_quantity);
    }
    return err == WEH_OK ? ec_describe_units(describe) : err;
}

static weh_err enumeration_find(struct ec_describe *describe, struct weh_str full_name, weh_id *id)
{
    static const char sql[] =
        "SELECT Id FROM main.ec_Enumeration WHERE SchemaId=?1 AND Name=?3 COLLATE NOCASE";
    const struct weh_ec_schema *schema;
    struct ec_cursor cursor = { 0 };
    struct weh_str head;
    struct weh_str name;
    weh_err err;

    if (!ec_name_split(full_name, &head, &name)) {
        return WEH_OK;
    }
    schema = weh_ec_schema_by_name(describe->catalog, head);
    if (schema == NULL) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(describe->briefcase, sql, &cursor.stmt, describe->diag);
    if (err == WEH_OK &&
        (sqlite3_bind_int64(cursor.stmt, 1, (int64_t)schema->id) != SQLITE_OK ||
         sqlite3_bind_text(cursor.stmt, 3, name.ptr, (int)name.len, SQLITE_STATIC) != SQLITE_OK)) {
        err = weh_db_fail(describe->briefcase, SQLITE_ERROR, describe->diag);
    }
    if (err == WEH_OK) {
        err = ec_rows_next(describe, &cursor);
    }
    if (err == WEH_OK && cursor.row) {
        *id = (weh_id)sqlite3_column_int64(cursor.stmt, 0);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

weh_err weh_ec_describe_enumeration(const struct weh_ec_describer *describer,
                                    struct weh_str full_name, struct weh_diag *diag)
{
    struct ec_describe *describe = ec_describe_begin(describer, diag);
    struct weh_str name = { NULL, 0 };
    bool found = false;
    weh_id id = 0;
    weh_err err;

    if (describe == NULL) {
        return weh_fail_nomem(diag);
    }
    err = enumeration_find(describe, full_name, &id);
    if (err == WEH_OK && id == 0) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "enumeration", "no such enumeration");
    }
    if (err == WEH_OK) {
        err = ec_item_name(describe, EC_ITEM_ENUMERATION, id, &name);
    }
    if (err == WEH_OK) {
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        ec_put_str(describe, "fullName", name);
        err = ec_describe_enumeration(describe, id, &found);
        weh_sink_map_end(describe->sink);
    }
    ec_describe_end(describe);
    return err;
}
