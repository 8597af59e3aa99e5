/* src/ec/describe_property.c - properties as data: all that a form needs to edit one. */
#include "describe_priv.h"
#include "ec_priv.h"

/* Names compared for one answer while looking for what is overridden: a hostile class must not cost
 * the square of its properties. Beyond, nothing is said to override anything. */
#define MAX_COMPARED 4000000u

/* Columns of the statement below. */
enum {
    COL_CLASS,
    COL_LABEL,
    COL_DESCRIPTION,
    COL_PRIORITY,
    COL_MIN_LENGTH,
    COL_MAX_LENGTH,
    COL_MIN_VALUE,
    COL_MAX_VALUE,
    COL_QUANTITY,
    COL_CATEGORY,
    COL_MIN_OCCURS,
    COL_MAX_OCCURS
};

static const char property_sql[] =
    "SELECT ClassId,DisplayLabel,Description,Priority,PrimitiveTypeMinLength,"
    "PrimitiveTypeMaxLength,PrimitiveTypeMinValue,PrimitiveTypeMaxValue,KindOfQuantityId,"
    "CategoryId,ArrayMinOccurs,ArrayMaxOccurs FROM main.ec_Property WHERE Id=?1";

static void remember(struct ec_id_set *set, weh_id id)
{
    set->ids[set->n++] = id;
}

/* A member that names an item of a schema, which is explained at the end. */
static weh_err item_put(struct ec_describe *describe, const char *key, enum ec_item_table table,
                        weh_id id, struct ec_id_set *set)
{
    struct weh_str name = { NULL, 0 };
    weh_err err = ec_item_name(describe, table, id, &name);

    if (err == WEH_OK && name.len != 0) {
        ec_put_str(describe, key, name);
        remember(set, id);
    }
    return err;
}

/* typeName is that of EC 3.2: an enumeration's name stands in the place of its primitive type. */
static weh_err enumeration_put(struct ec_describe *describe, weh_id id)
{
    struct weh_str name = { NULL, 0 };
    weh_err err = ec_item_name(describe, EC_ITEM_ENUMERATION, id, &name);

    if (err == WEH_OK && name.len != 0) {
        ec_put_str(describe, "typeName", name);
        ec_put_str(describe, "enumeration", name);
        remember(&describe->enumerations, id);
    }
    return err;
}

/* primitiveType, extendedType, structName, ... as the class metadata has them; typeName as EC 3.2. */
static weh_err type_put(struct ec_describe *describe, const struct weh_ec_property *property)
{
    static const char *const types[] = {
        [WEH_EC_PRIMITIVE] = "PrimitiveProperty",
        [WEH_EC_STRUCT_VALUE] = "StructProperty",
        [WEH_EC_PRIMITIVE_ARRAY] = "PrimitiveArrayProperty",
        [WEH_EC_STRUCT_ARRAY] = "StructArrayProperty",
        [WEH_EC_NAVIGATION] = "NavigationProperty",
    };

    ec_put_text(describe, "type", types[property->kind]);
    if (property->kind == WEH_EC_NAVIGATION) {
        ec_put_text(describe, "direction", property->nav_forward ? "Forward" : "Backward");
        ec_put_str(describe, "relationshipClass", property->nav_class->full_name);
        weh_sink_key(describe->sink, "targetConstraint");
        return ec_describe_one_end(describe, property->nav_class, property->nav_forward ? 1 : 0);
    }
    if (property->struct_class != NULL) {
        ec_put_str(describe, "structName", property->struct_class->full_name);
        ec_put_str(describe, "typeName", property->struct_class->full_name);
        return WEH_OK;
    }
    weh_sink_key(describe->sink, "primitiveType");
    weh_sink_int(describe->sink, property->primitive);
    if (property->extended_type.len != 0) {
        ec_put_str(describe, "extendedType", property->extended_type);
    }
    if (property->enumeration_id != 0) {
        return enumeration_put(describe, property->enumeration_id);
    }
    ec_put_text(describe, "typeName", weh_ec_primitive_name(property->primitive));
    return WEH_OK;
}

/* The property @name of @ec_class, or NULL; also when too many names were compared already. */
static const struct weh_ec_property *property_find(struct ec_describe *describe,
                                                   const struct weh_ec_class *ec_class,
                                                   struct weh_str name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (describe->n_compared++ > MAX_COMPARED) {
            return NULL;
        }
        if (weh_str_eq_nocase(ec_class->properties[i].name, name)) {
            return &ec_class->properties[i];
        }
    }
    return NULL;
}

/* The property of that name in a base class of @ec_class, or NULL; *@where is that base. */
static const struct weh_ec_property *base_property(struct ec_describe *describe,
                                                   const struct weh_ec_class *ec_class,
                                                   struct weh_str name,
                                                   const struct weh_ec_class **where)
{
    const struct weh_ec_property *found = NULL;

    for (uint16_t b = 0; b < ec_class->n_bases && found == NULL; b++) {
        found = property_find(describe, ec_class->bases[b], name);
        if (found != NULL) {
            *where = ec_class->bases[b];
        }
    }
    return found;
}

/* The property that @property, which @declared_in declares, declares again; *@where declares it. */
static const struct weh_ec_property *overridden(struct ec_describe *describe,
                                                const struct weh_ec_class *declared_in,
                                                const struct weh_ec_property *property,
                                                const struct weh_ec_class **where)
{
    const struct weh_ec_property *found =
        base_property(describe, declared_in, property->name, where);
    const struct weh_ec_property *above = found;

    while (above != NULL && above->id == found->id) {
        const struct weh_ec_class *base = NULL;

        above = base_property(describe, *where, property->name, &base);
        if (above != NULL && above->id == found->id) {
            *where = base;
        }
    }
    return found;
}

/* An override says itself whether it is hidden, else what it overrides does. */
static weh_err hidden_put(struct ec_describe *describe, const struct weh_ec_class *declared_in,
                          const struct weh_ec_property *property, struct ec_attribute_facts *facts)
{
    const struct weh_ec_class *at = declared_in;
    weh_err err = WEH_OK;

    while (!facts->has_hidden && err == WEH_OK) {
        property = overridden(describe, at, property, &at);
        if (property == NULL) {
            break;
        }
        err = ec_attribute_facts_read(describe, property->id, EC_CONTAINER_PROPERTY, facts);
    }
    ec_put_bool(describe, "hidden", facts->has_hidden && facts->hidden);
    return err;
}

static weh_err numbers_put(struct ec_describe *describe, const struct weh_ec_property *property,
                           sqlite3_stmt *stmt)
{
    weh_id quantity = (weh_id)sqlite3_column_int64(stmt, COL_QUANTITY);
    weh_id category = (weh_id)sqlite3_column_int64(stmt, COL_CATEGORY);
    weh_err err = WEH_OK;

    ec_put_column_number(describe, "priority", stmt, COL_PRIORITY);
    ec_put_column_number(describe, "minimumLength", stmt, COL_MIN_LENGTH);
    ec_put_column_number(describe, "maximumLength", stmt, COL_MAX_LENGTH);
    ec_put_column_number(describe, "minimumValue", stmt, COL_MIN_VALUE);
    ec_put_column_number(describe, "maximumValue", stmt, COL_MAX_VALUE);
    if (property->kind == WEH_EC_PRIMITIVE_ARRAY || property->kind == WEH_EC_STRUCT_ARRAY) {
        ec_put_column_number(describe, "minOccurs", stmt, COL_MIN_OCCURS);
        ec_put_column_number(describe, "maxOccurs", stmt, COL_MAX_OCCURS);
    }
    if (quantity != 0) {
        err =
            item_put(describe, "kindOfQuantity", EC_ITEM_QUANTITY, quantity, &describe->quantities);
    }
    if (err == WEH_OK && category != 0) {
        err = item_put(describe, "category", EC_ITEM_CATEGORY, category, &describe->categories);
    }
    return err;
}

/* The value of one property; @stmt stands on its row. */
static weh_err property_put(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                            const struct weh_ec_property *property, sqlite3_stmt *stmt)
{
    const struct weh_ec_class *declared_in =
        weh_ec_class_by_id(describe->catalog, (weh_id)sqlite3_column_int64(stmt, COL_CLASS));
    const struct weh_ec_class *base = NULL;
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    ec_put_str(describe, "name", property->name);
    ec_put_column_text(describe, "label", stmt, COL_LABEL);
    if (sqlite3_column_bytes(stmt, COL_LABEL) != 0) {
        ec_put_column_text(describe, "displayLabel", stmt, COL_LABEL);
    } else {
        ec_put_str(describe, "displayLabel", property->name);
    }
    ec_put_column_text(describe, "description", stmt, COL_DESCRIPTION);
    if (property->readonly) {
        ec_put_bool(describe, "readOnly", true);
    }
    ec_put_bool(describe, "isCustomHandled", property->custom_handled);
    if (declared_in == NULL) {
        declared_in = ec_class;
    }
    if (declared_in != ec_class) {
        ec_put_str(describe, "declaredIn", declared_in->full_name);
    }
    if (overridden(describe, declared_in, property, &base) != NULL) {
        ec_put_str(describe, "overrides", base->full_name);
    }
    err = type_put(describe, property);
    if (err == WEH_OK) {
        err = numbers_put(describe, property, stmt);
    }
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, property->id, EC_CONTAINER_PROPERTY, &facts);
    }
    if (err == WEH_OK) {
        err = hidden_put(describe, declared_in, property, &facts);
    }
    weh_sink_map_end(describe->sink);
    return err;
}

/* The properties that @ec_class declares itself, or (@inherited) those that it does not. */
static weh_err properties_put(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                              bool inherited)
{
    weh_err err = WEH_OK;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    for (uint16_t i = 0; i < ec_class->n_properties && err == WEH_OK; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];
        struct ec_cursor cursor = { 0 };

        err = ec_rows_begin(describe, property_sql, property->id, 0, &cursor);
        if (err == WEH_OK && cursor.row &&
            inherited == ((weh_id)sqlite3_column_int64(cursor.stmt, COL_CLASS) != ec_class->id)) {
            describe->sink->ops->key(describe->sink, property->js_name);
            err = property_put(describe, ec_class, property, cursor.stmt);
        }
        ec_rows_end(describe, &cursor);
    }
    weh_sink_map_end(describe->sink);
    return err;
}

weh_err ec_describe_properties(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                               bool inherited)
{
    struct ec_id_set *sets[] = { &describe->enumerations, &describe->quantities,
                                 &describe->categories };
    weh_err err;

    for (size_t i = 0; i < WEH_ARRAY_LEN(sets); i++) {
        sets[i]->ids = weh_arena_array(describe->arena, ec_class->n_properties, sizeof(weh_id));
        if (sets[i]->ids == NULL) {
            return weh_fail_nomem(describe->diag);
        }
    }
    weh_sink_key(describe->sink, "properties");
    err = properties_put(describe, ec_class, false);
    if (err == WEH_OK && inherited) {
        weh_sink_key(describe->sink, "inheritedProperties");
        err = properties_put(describe, ec_class, true);
    }
    return err;
}
