/* src/ec/schema_json_class.c - one class of a schema as EC 3.2 JSON: what it declares itself. */
#include "describe_priv.h"
#include "ec_priv.h"

/* Columns of the statement below. */
enum {
    COL_ID,
    COL_NAME,
    COL_LABEL,
    COL_DESCRIPTION,
    COL_READONLY,
    COL_PRIORITY,
    COL_KIND,
    COL_PRIMITIVE,
    COL_MIN_LENGTH,
    COL_MAX_LENGTH,
    COL_MIN_VALUE,
    COL_MAX_VALUE,
    COL_ENUMERATION,
    COL_STRUCT,
    COL_EXTENDED_TYPE,
    COL_QUANTITY,
    COL_CATEGORY,
    COL_MIN_OCCURS,
    COL_MAX_OCCURS,
    COL_RELATIONSHIP,
    COL_DIRECTION
};

static const char property_sql[] =
    "SELECT Id,Name,DisplayLabel,Description,IsReadonly,Priority,Kind,PrimitiveType,"
    "PrimitiveTypeMinLength,PrimitiveTypeMaxLength,PrimitiveTypeMinValue,PrimitiveTypeMaxValue,"
    "EnumerationId,StructClassId,ExtendedTypeName,KindOfQuantityId,CategoryId,ArrayMinOccurs,"
    "ArrayMaxOccurs,NavigationRelationshipClassId,NavigationDirection "
    "FROM main.ec_Property WHERE ClassId=?1 ORDER BY Ordinal";

#define DIRECTION_FORWARD 1

/* A member that names an item; nothing when the column is NULL. */
static weh_err item_put(struct ec_describe *describe, const char *key, enum ec_item_table table,
                        sqlite3_stmt *stmt, int column)
{
    struct weh_str name = { NULL, 0 };
    weh_err err = WEH_OK;

    if (sqlite3_column_type(stmt, column) == SQLITE_INTEGER) {
        err = ec_item_name(describe, table, (weh_id)sqlite3_column_int64(stmt, column), &name);
    }
    if (err == WEH_OK && name.len != 0) {
        ec_put_str(describe, key, name);
    }
    return err;
}

static void class_put(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt, int column)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(describe->catalog, (weh_id)sqlite3_column_int64(stmt, column));

    if (ec_class != NULL) {
        ec_put_str(describe, key, ec_class->full_name_dot);
    }
}

static weh_err primitive_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    if (sqlite3_column_type(stmt, COL_ENUMERATION) == SQLITE_INTEGER) {
        return item_put(describe, "typeName", EC_ITEM_ENUMERATION, stmt, COL_ENUMERATION);
    }
    ec_put_text(
        describe, "typeName",
        weh_ec_primitive_name((enum weh_ec_primitive)sqlite3_column_int(stmt, COL_PRIMITIVE)));
    ec_put_column_text(describe, "extendedTypeName", stmt, COL_EXTENDED_TYPE);
    return WEH_OK;
}

static weh_err type_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    const int kind = sqlite3_column_int(stmt, COL_KIND);

    if (kind == WEH_EC_NAVIGATION) {
        class_put(describe, "relationshipName", stmt, COL_RELATIONSHIP);
        ec_put_text(describe, "direction",
                    sqlite3_column_int(stmt, COL_DIRECTION) == DIRECTION_FORWARD ? "Forward"
                                                                                 : "Backward");
        return WEH_OK;
    }
    if (kind == WEH_EC_PRIMITIVE_ARRAY || kind == WEH_EC_STRUCT_ARRAY) {
        ec_put_column_number(describe, "minOccurs", stmt, COL_MIN_OCCURS);
        ec_put_column_number(describe, "maxOccurs", stmt, COL_MAX_OCCURS);
    }
    if (kind == WEH_EC_STRUCT_VALUE || kind == WEH_EC_STRUCT_ARRAY) {
        class_put(describe, "typeName", stmt, COL_STRUCT);
        return WEH_OK;
    }
    ec_put_column_number(describe, "minLength", stmt, COL_MIN_LENGTH);
    ec_put_column_number(describe, "maxLength", stmt, COL_MAX_LENGTH);
    ec_put_column_number(describe, "minValue", stmt, COL_MIN_VALUE);
    ec_put_column_number(describe, "maxValue", stmt, COL_MAX_VALUE);
    return primitive_put(describe, stmt);
}

static const char *kind_name(int kind)
{
    static const char *const names[] = {
        [WEH_EC_PRIMITIVE] = "PrimitiveProperty",
        [WEH_EC_STRUCT_VALUE] = "StructProperty",
        [WEH_EC_PRIMITIVE_ARRAY] = "PrimitiveArrayProperty",
        [WEH_EC_STRUCT_ARRAY] = "StructArrayProperty",
        [WEH_EC_NAVIGATION] = "NavigationProperty",
    };

    return kind >= 0 && (size_t)kind < WEH_ARRAY_LEN(names) ? names[kind] : names[0];
}

static weh_err property_put(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    ec_put_str(describe, "name", weh_stmt_text(stmt, COL_NAME));
    ec_put_text(describe, "type", kind_name(sqlite3_column_int(stmt, COL_KIND)));
    ec_put_column_text(describe, "description", stmt, COL_DESCRIPTION);
    ec_put_column_text(describe, "label", stmt, COL_LABEL);
    if (sqlite3_column_int(stmt, COL_READONLY) != 0) {
        ec_put_bool(describe, "isReadOnly", true);
    }
    err = item_put(describe, "category", EC_ITEM_CATEGORY, stmt, COL_CATEGORY);
    ec_put_column_number(describe, "priority", stmt, COL_PRIORITY);
    if (err == WEH_OK) {
        err = item_put(describe, "kindOfQuantity", EC_ITEM_QUANTITY, stmt, COL_QUANTITY);
    }
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, (weh_id)sqlite3_column_int64(stmt, COL_ID),
                                     EC_CONTAINER_PROPERTY, &facts);
    }
    if (err == WEH_OK) {
        err = type_put(describe, stmt);
    }
    weh_sink_map_end(describe->sink);
    return err;
}

static weh_err properties_put(struct ec_describe *describe, weh_id class_id)
{
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, property_sql, class_id, 0, &cursor);
    const bool any = err == WEH_OK && cursor.row;

    if (any) {
        weh_sink_key(describe->sink, "properties");
        weh_sink_array_begin(describe->sink, WEH_SINK_UNKNOWN);
    }
    while (err == WEH_OK && cursor.row) {
        err = property_put(describe, cursor.stmt);
        if (err == WEH_OK) {
            err = ec_rows_next(describe, &cursor);
        }
    }
    if (any) {
        weh_sink_array_end(describe->sink);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

/* Relationships always say it, mixins never. */
static void modifier_put(struct ec_describe *describe, const struct weh_ec_class *ec_class)
{
    static const char *const names[] = {
        [WEH_EC_CONCRETE] = "None", [WEH_EC_ABSTRACT] = "Abstract", [WEH_EC_SEALED] = "Sealed"
    };

    if (ec_class->type == WEH_EC_RELATIONSHIP || ec_class->modifier != WEH_EC_CONCRETE) {
        ec_put_text(describe, "modifier", names[ec_class->modifier]);
    }
}

static weh_err members_put(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                           sqlite3_stmt *stmt)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    ec_put_column_text(describe, "label", stmt, 1);
    ec_put_column_text(describe, "description", stmt, 2);
    err = properties_put(describe, ec_class->id);
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, ec_class->id, EC_CONTAINER_CLASS, &facts);
    }
    ec_put_text(describe, "schemaItemType", ec_class_item_type(ec_class, facts.is_mixin));
    if (!facts.is_mixin) {
        modifier_put(describe, ec_class);
    } else if (facts.applies_to != NULL) {
        ec_put_str(describe, "appliesTo", facts.applies_to->full_name_dot);
    }
    if (ec_class->type == WEH_EC_CUSTOM_ATTRIBUTE) {
        ec_describe_containers(describe, sqlite3_column_int64(stmt, 3));
    }
    if (err == WEH_OK) {
        err = ec_describe_bases(describe, ec_class, facts.is_mixin);
    }
    if (err == WEH_OK && ec_class->relationship != NULL) {
        err = ec_describe_relationship(describe, ec_class);
    }
    return err;
}

weh_err ec_json_class(struct ec_describe *describe, sqlite3_stmt *stmt)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(describe->catalog, (weh_id)sqlite3_column_int64(stmt, 0));
    weh_err err = WEH_OK;

    if (ec_class != NULL) {
        ec_json_item_begin(describe, ec_class->name);
        err = members_put(describe, ec_class, stmt);
        weh_sink_map_end(describe->sink);
    }
    return err;
}
