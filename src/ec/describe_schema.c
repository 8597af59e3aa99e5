/* src/ec/describe_schema.c - the list of schemas, with what stands in each. */
#include "describe_priv.h"
#include "ec_priv.h"

weh_err ec_describe_references(struct ec_describe *describe, weh_id schema)
{
    static const char sql[] =
        "SELECT r.ReferencedSchemaId FROM main.ec_SchemaReference r JOIN main.ec_Schema s "
        "ON s.Id=r.ReferencedSchemaId WHERE r.SchemaId=?1 ORDER BY s.Name";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, schema, 0, &cursor);
    const bool is_told = !describe->is_ec_json || (err == WEH_OK && cursor.row);

    if (is_told) {
        weh_sink_key(describe->sink, "references");
        weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    }
    while (err == WEH_OK && cursor.row) {
        const struct weh_ec_schema *to =
            ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 0));

        if (to != NULL) {
            weh_sink_map_begin(describe->sink, 2);
            ec_put_str(describe, "name", to->name);
            ec_put_version(describe, to);
            weh_sink_map_end(describe->sink);
        }
        err = ec_rows_next(describe, &cursor);
    }
    if (is_told) {
        weh_sink_array_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err classes_put(struct ec_describe *describe, weh_id schema)
{
    /* ?2 is the class of the attribute that makes a mixin. */
    static const char sql[] =
        "SELECT c.Id,c.DisplayLabel,EXISTS(SELECT 1 FROM main.ec_CustomAttribute a WHERE "
        "a.ContainerId=c.Id AND (a.ContainerType&30)<>0 AND a.ClassId=?2) "
        "FROM main.ec_Class c WHERE c.SchemaId=?1 ORDER BY c.Name";
    const struct weh_ec_class *mixin =
        weh_ec_class_by_name(describe->catalog, WEH_STR("CoreCustomAttributes:IsMixin"));
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, schema, mixin == NULL ? 0 : mixin->id, &cursor);

    weh_sink_key(describe->sink, "classes");
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && cursor.row) {
        const struct weh_ec_class *ec_class =
            weh_ec_class_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 0));

        if (ec_class != NULL) {
            weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
            ec_put_str(describe, "name", ec_class->name);
            ec_put_column_text(describe, "label", cursor.stmt, 1);
            ec_describe_class_kind(describe, ec_class, sqlite3_column_int(cursor.stmt, 2) != 0);
            weh_sink_map_end(describe->sink);
        }
        err = ec_rows_next(describe, &cursor);
    }
    weh_sink_array_end(describe->sink);
    ec_rows_end(describe, &cursor);
    return err;
}

/* A member with the names that @sql finds in the schema; none when there is none. */
static weh_err names_put(struct ec_describe *describe, const char *key, const char *sql, weh_id id)
{
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, id, 0, &cursor);
    bool any = err == WEH_OK && cursor.row;

    if (any) {
        weh_sink_key(describe->sink, key);
        weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    }
    while (err == WEH_OK && cursor.row) {
        weh_sink_str(describe->sink, weh_stmt_text(cursor.stmt, 0));
        err = ec_rows_next(describe, &cursor);
    }
    if (any) {
        weh_sink_array_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err items_put(struct ec_describe *describe, weh_id id)
{
    static const struct {
        const char *key;
        const char *sql;
    } items[] = {
        { "enumerations", "SELECT Name FROM main.ec_Enumeration WHERE SchemaId=?1 ORDER BY Name" },
        { "kindsOfQuantity",
          "SELECT Name FROM main.ec_KindOfQuantity WHERE SchemaId=?1 ORDER BY Name" },
        { "categories",
          "SELECT Name FROM main.ec_PropertyCategory WHERE SchemaId=?1 ORDER BY Name" },
    };
    weh_err err = classes_put(describe, id);

    for (size_t i = 0; i < WEH_ARRAY_LEN(items) && err == WEH_OK; i++) {
        err = names_put(describe, items[i].key, items[i].sql, id);
    }
    return err;
}

static weh_err schema_put(struct ec_describe *describe, const struct weh_ec_schema *schema,
                          sqlite3_stmt *row, bool items)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    ec_put_str(describe, "name", schema->name);
    ec_put_str(describe, "alias", schema->alias);
    ec_put_version(describe, schema);
    ec_put_column_text(describe, "label", row, 1);
    ec_put_column_text(describe, "description", row, 2);
    err = ec_describe_references(describe, schema->id);
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, schema->id, EC_CONTAINER_SCHEMA, &facts);
    }
    ec_put_bool(describe, "hidden", facts.has_hidden && facts.hidden);
    if (err == WEH_OK && items) {
        err = items_put(describe, schema->id);
    }
    weh_sink_map_end(describe->sink);
    return err;
}

static weh_err schemas_put(struct ec_describe *describe, const struct weh_ec_schema *only,
                           bool items)
{
    static const char sql[] =
        "SELECT Id,DisplayLabel,Description FROM main.ec_Schema ORDER BY Name";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, 0, 0, &cursor);

    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && cursor.row) {
        const struct weh_ec_schema *schema =
            ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 0));

        if (schema != NULL && (only == NULL || schema == only)) {
            err = schema_put(describe, schema, cursor.stmt, items);
        }
        if (err == WEH_OK) {
            err = ec_rows_next(describe, &cursor);
        }
    }
    weh_sink_array_end(describe->sink);
    ec_rows_end(describe, &cursor);
    return err;
}

weh_err weh_ec_describe_schemas(const struct weh_ec_describer *describer, struct weh_str schema,
                                bool items, struct weh_diag *diag)
{
    const struct weh_ec_schema *only = NULL;
    struct ec_describe *describe;
    weh_err err;

    if (schema.len != 0) {
        only = weh_ec_schema_by_name(describer->catalog, schema);
        if (only == NULL) {
            return weh_fail_where(diag, WEH_E_NOT_FOUND, "schema", "no such schema");
        }
    }
    describe = ec_describe_begin(describer, diag);
    if (describe == NULL) {
        return weh_fail_nomem(diag);
    }
    err = schemas_put(describe, only, items);
    ec_describe_end(describe);
    return err;
}
