/* src/ec/schema_json.c - a whole schema as EC 3.2 JSON, as the native library gives it to iTwin.js.
 *
 * Everything is read from the ec_* tables, row by row, into the reply; classes are in schema_json_class.c.
 */
#include "describe_priv.h"
#include "ec_priv.h"

#define SCHEMA_URL "https://dev.bentley.com/json_schemas/ec/32/ecschema"

/* Writes the members of the item that a statement stands on, whose first columns are Id and Name. */
typedef weh_err (*item_writer)(struct ec_describe *describe, sqlite3_stmt *stmt);

static weh_err enumeration_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    bool found;

    ec_put_text(describe, "schemaItemType", "Enumeration");
    return ec_describe_enumeration(describe, (weh_id)sqlite3_column_int64(stmt, 0), &found);
}

static weh_err quantity_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    ec_put_text(describe, "schemaItemType", "KindOfQuantity");
    return ec_describe_quantity(describe, (weh_id)sqlite3_column_int64(stmt, 0));
}

static void labels_put(struct ec_describe *describe, const char *type, sqlite3_stmt *stmt)
{
    ec_put_text(describe, "schemaItemType", type);
    ec_put_column_text(describe, "label", stmt, 2);
    ec_put_column_text(describe, "description", stmt, 3);
}

static weh_err category_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    labels_put(describe, "PropertyCategory", stmt);
    ec_put_column_number(describe, "priority", stmt, 4);
    return WEH_OK;
}

static weh_err unit_system_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    labels_put(describe, "UnitSystem", stmt);
    return WEH_OK;
}

static weh_err phenomenon_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    labels_put(describe, "Phenomenon", stmt);
    ec_put_column_text(describe, "definition", stmt, 4);
    return WEH_OK;
}

/* Constants and inverted units stand in the same table. */
static weh_err unit_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    const bool is_inverted = sqlite3_column_type(stmt, 11) == SQLITE_INTEGER;
    const bool is_constant = sqlite3_column_int(stmt, 10) != 0;
    weh_err err = WEH_OK;

    labels_put(describe, is_inverted ? "InvertedUnit" : is_constant ? "Constant" : "Unit", stmt);
    if (!is_constant) {
        err = ec_reference_put(describe, "unitSystem",
                               "SELECT SchemaId,Name FROM main.ec_UnitSystem WHERE Id=?1", stmt, 5);
    }
    if (err == WEH_OK && is_inverted) {
        return ec_reference_put(describe, "invertsUnit",
                                "SELECT SchemaId,Name FROM main.ec_Unit WHERE Id=?1", stmt, 11);
    }
    if (err == WEH_OK) {
        err = ec_reference_put(describe, "phenomenon",
                               "SELECT SchemaId,Name FROM main.ec_Phenomenon WHERE Id=?1", stmt, 4);
    }
    ec_put_column_text(describe, "definition", stmt, 6);
    ec_put_column_number(describe, "numerator", stmt, 7);
    ec_put_column_number(describe, "denominator", stmt, 8);
    ec_put_column_number(describe, "offset", stmt, 9);
    return err;
}

static weh_err format_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    ec_put_text(describe, "schemaItemType", "Format");
    return ec_describe_format(describe, (weh_id)sqlite3_column_int64(stmt, 0), stmt, 2);
}

/* ---- items ---- */

void ec_json_item_begin(struct ec_describe *describe, struct weh_str name)
{
    if (!describe->has_items) {
        weh_sink_key(describe->sink, "items");
        weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
        describe->has_items = true;
    }
    describe->sink->ops->key(describe->sink, name);
    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
}

static weh_err items_put(struct ec_describe *describe, const char *sql, weh_id schema,
                         item_writer write)
{
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, schema, 0, &cursor);

    while (err == WEH_OK && cursor.row) {
        ec_json_item_begin(describe, weh_stmt_text(cursor.stmt, 1));
        err = write(describe, cursor.stmt);
        weh_sink_map_end(describe->sink);
        if (err == WEH_OK) {
            err = ec_rows_next(describe, &cursor);
        }
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err classes_put(struct ec_describe *describe, weh_id schema)
{
    static const char sql[] = "SELECT Id,DisplayLabel,Description,CustomAttributeContainerType "
                              "FROM main.ec_Class WHERE SchemaId=?1 ORDER BY Name";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, schema, 0, &cursor);

    while (err == WEH_OK && cursor.row) {
        err = ec_json_class(describe, cursor.stmt);
        if (err == WEH_OK) {
            err = ec_rows_next(describe, &cursor);
        }
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err all_items_put(struct ec_describe *describe, weh_id schema)
{
    static const struct {
        item_writer write;
        const char *sql;
    } kinds[] = {
        { enumeration_put,
          "SELECT Id,Name FROM main.ec_Enumeration WHERE SchemaId=?1 ORDER BY Name" },
        { quantity_put,
          "SELECT Id,Name FROM main.ec_KindOfQuantity WHERE SchemaId=?1 ORDER BY Name" },
        { category_put, "SELECT Id,Name,DisplayLabel,Description,Priority "
                        "FROM main.ec_PropertyCategory WHERE SchemaId=?1 ORDER BY Name" },
        { unit_system_put, "SELECT Id,Name,DisplayLabel,Description FROM main.ec_UnitSystem "
                           "WHERE SchemaId=?1 ORDER BY Name" },
        { phenomenon_put, "SELECT Id,Name,DisplayLabel,Description,Definition "
                          "FROM main.ec_Phenomenon WHERE SchemaId=?1 ORDER BY Name" },
        { unit_put, "SELECT Id,Name,DisplayLabel,Description,PhenomenonId,UnitSystemId,Definition,"
                    "Numerator,Denominator,Offset,IsConstant,InvertingUnitId FROM main.ec_Unit "
                    "WHERE SchemaId=?1 ORDER BY Name" },
        { format_put, "SELECT Id,Name,DisplayLabel,Description,NumericSpec,CompositeSpec "
                      "FROM main.ec_Format WHERE SchemaId=?1 ORDER BY Name" },
    };
    weh_err err = classes_put(describe, schema);

    for (size_t i = 0; i < WEH_ARRAY_LEN(kinds) && err == WEH_OK; i++) {
        err = items_put(describe, kinds[i].sql, schema, kinds[i].write);
    }
    if (describe->has_items) {
        weh_sink_map_end(describe->sink);
    }
    return err;
}

/* ---- the schema ---- */

static weh_err labels_of_schema_put(struct ec_describe *describe, weh_id schema)
{
    static const char sql[] = "SELECT DisplayLabel,Description FROM main.ec_Schema WHERE Id=?1";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, schema, 0, &cursor);

    if (err == WEH_OK && cursor.row) {
        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err schema_put(struct ec_describe *describe, const struct weh_ec_schema *schema)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    ec_put_text(describe, "$schema", SCHEMA_URL);
    ec_put_str(describe, "name", schema->name);
    ec_put_version(describe, schema);
    ec_put_str(describe, "alias", schema->alias);
    err = labels_of_schema_put(describe, schema->id);
    if (err == WEH_OK) {
        err = ec_describe_references(describe, schema->id);
    }
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, schema->id, EC_CONTAINER_SCHEMA, &facts);
    }
    if (err == WEH_OK) {
        err = all_items_put(describe, schema->id);
    }
    weh_sink_map_end(describe->sink);
    return err;
}

weh_err weh_ec_schema_json(const struct weh_ec_describer *describer, struct weh_str name,
                           struct weh_diag *diag)
{
    const struct weh_ec_schema *schema = weh_ec_schema_by_name(describer->catalog, name);
    struct ec_describe *describe;
    weh_err err;

    /* An alias is no name. */
    if (schema == NULL || !weh_str_eq_nocase(schema->name, name)) {
        return weh_fail_where(diag, WEH_E_NOT_FOUND, "schemaName", "schema not found");
    }
    describe = ec_describe_begin(describer, diag);
    if (describe == NULL) {
        return weh_fail_nomem(diag);
    }
    describe->is_ec_json = true;
    err = schema_put(describe, schema);
    ec_describe_end(describe);
    return err;
}

static void key_part_put(struct ec_describe *describe, const char *key, uint32_t number)
{
    weh_sink_key(describe->sink, key);
    weh_sink_int(describe->sink, number);
}

weh_err weh_ec_schema_keys(const struct weh_ec_describer *describer, struct weh_diag *diag)
{
    static const char sql[] = "SELECT Id FROM main.ec_Schema ORDER BY Id";
    struct ec_describe *describe = ec_describe_begin(describer, diag);
    struct ec_cursor cursor = { 0 };
    weh_err err;

    if (describe == NULL) {
        return weh_fail_nomem(diag);
    }
    err = ec_rows_begin(describe, sql, 0, 0, &cursor);
    weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && cursor.row) {
        const struct weh_ec_schema *schema =
            ec_schema_by_id(describe->catalog, (weh_id)sqlite3_column_int64(cursor.stmt, 0));

        if (schema != NULL) {
            weh_sink_map_begin(describe->sink, 4);
            ec_put_str(describe, "name", schema->name);
            key_part_put(describe, "read", schema->version[0]);
            key_part_put(describe, "write", schema->version[1]);
            key_part_put(describe, "minor", schema->version[2]);
            weh_sink_map_end(describe->sink);
        }
        err = ec_rows_next(describe, &cursor);
    }
    weh_sink_array_end(describe->sink);
    ec_rows_end(describe, &cursor);
    ec_describe_end(describe);
    return err;
}
