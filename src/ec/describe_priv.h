/* src/ec/describe_priv.h - what the files that describe schemas share; not for other folders. */
#ifndef WEH_EC_DESCRIBE_PRIV_H
#define WEH_EC_DESCRIBE_PRIV_H

#include <sqlite3.h>

#include "weh/db.h"
#include "weh/ec_describe.h"

/* Containers of custom attributes: ec_CustomAttribute.ContainerType, as ECObjects' bits. */
enum {
    EC_CONTAINER_SCHEMA = 1,
    EC_CONTAINER_CLASS = 30,
    EC_CONTAINER_PROPERTY = 992,
    EC_CONTAINER_SOURCE = 1024,
    EC_CONTAINER_TARGET = 2048
};

/* Names of units and formats that one answer explains; what is beyond is only named. */
#define EC_MAX_QUANTITY_NAMES 512u

/** A set of ids: collected in any order, then sorted, each once. */
struct ec_id_set {
    weh_id *ids;
    size_t n;
};

/** One description under way. */
struct ec_describe {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_arena *arena;
    struct weh_arena scratch; /* of one attribute; emptied by the next */
    struct weh_sink *sink;
    struct weh_diag *diag;
    /* What properties refer to, explained at the end. */
    struct ec_id_set enumerations;
    struct ec_id_set quantities;
    struct ec_id_set categories;
    struct weh_str units[EC_MAX_QUANTITY_NAMES];   /* "Units.M" */
    struct weh_str formats[EC_MAX_QUANTITY_NAMES]; /* "Formats.AmerFI" */
    size_t n_units;
    size_t n_formats;
    size_t n_compared; /* names, looking for overridden properties */
    bool has_items;    /* of a schema as EC 3.2 JSON: the member is open */
    bool is_ec_json;   /* EC 3.2 JSON: names with a dot, attributes with their values inside */
};

/** Run a statement on one row or many: ec_rows_begin, then while (*row) ... ec_rows_next. */
struct ec_cursor {
    sqlite3_stmt *stmt;
    bool row;
};

/** Begin @sql with @a and @b as its first parameters (@b only if it has two). */
weh_err ec_rows_begin(struct ec_describe *describe, const char *sql, weh_id a, weh_id b,
                      struct ec_cursor *cursor);
weh_err ec_rows_next(struct ec_describe *describe, struct ec_cursor *cursor);
void ec_rows_end(struct ec_describe *describe, struct ec_cursor *cursor);

/* describe.c */
/** Begin a description in the describer's arena; NULL when out of memory. */
struct ec_describe *ec_describe_begin(const struct weh_ec_describer *describer,
                                      struct weh_diag *diag);
void ec_describe_end(struct ec_describe *describe);
/** Members schemaItemType and modifier. */
void ec_describe_class_kind(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                            bool is_mixin);
/* members; texts and numbers only when the column has one */
void ec_put_str(struct ec_describe *describe, const char *key, struct weh_str text);
void ec_put_text(struct ec_describe *describe, const char *key, const char *text);
void ec_put_bool(struct ec_describe *describe, const char *key, bool value);
void ec_put_column_text(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt,
                        int column);
void ec_put_column_number(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt,
                          int column);
/** "01.00.22" */
void ec_put_version(struct ec_describe *describe, const struct weh_ec_schema *schema);
/** @schema, @separator and @name in the arena; without bytes when out of memory. */
struct weh_str ec_name_make(struct weh_arena *arena, struct weh_str schema, char separator,
                            struct weh_str name);
const struct weh_ec_schema *ec_schema_by_id(const struct weh_ec_catalog *catalog, weh_id id);

/** "EntityClass", "Mixin", ... */
const char *ec_class_item_type(const struct weh_ec_class *ec_class, bool is_mixin);
/** How the answer names a class. */
struct weh_str ec_class_name(const struct ec_describe *describe,
                             const struct weh_ec_class *ec_class);
/** Member appliesTo of a class of custom attributes; @bits of ec_Class.CustomAttributeContainerType. */
void ec_describe_containers(struct ec_describe *describe, int64_t bits);
/** Members baseClass and mixins. */
weh_err ec_describe_bases(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                          bool is_mixin);

/* describe_attribute.c */
/** Members customAttributes (unless there is none), then isMixin and hidden facts into @facts. */
struct ec_attribute_facts {
    const struct weh_ec_class *applies_to; /* of a mixin; NULL when it names none */
    bool is_mixin;
    bool has_hidden; /* HiddenClass, HiddenProperty or HiddenSchema is there */
    bool hidden;     /* what it says */
};
weh_err ec_describe_attributes(struct ec_describe *describe, weh_id container, int type,
                               struct ec_attribute_facts *facts);
/** Only the facts; nothing is written. */
weh_err ec_attribute_facts_read(struct ec_describe *describe, weh_id container, int type,
                                struct ec_attribute_facts *facts);

/* describe_property.c */
/** Members properties and, when @inherited, inheritedProperties. */
weh_err ec_describe_properties(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                               bool inherited);

/* describe_relationship.c */
/** Members strength, strengthDirection, source and target of a relationship class. */
weh_err ec_describe_relationship(struct ec_describe *describe, const struct weh_ec_class *ec_class);
/** The value of one end: 0 source, 1 target. */
weh_err ec_describe_one_end(struct ec_describe *describe, const struct weh_ec_class *relationship,
                            int end);

/* describe_item.c */
/** Members enumerations, kindsOfQuantity, categories, units, formats of what was collected. */
weh_err ec_describe_items(struct ec_describe *describe);
/** The members of the enumeration @id into an open map; *@found tells whether there is one. */
weh_err ec_describe_enumeration(struct ec_describe *describe, weh_id id, bool *found);
enum ec_item_table {
    EC_ITEM_ENUMERATION,
    EC_ITEM_QUANTITY,
    EC_ITEM_CATEGORY
};
/** The name of an item ("Schema:Name", in EC JSON "Schema.Name"), in the arena, or without bytes. */
weh_err ec_item_name(struct ec_describe *describe, enum ec_item_table table, weh_id id,
                     struct weh_str *out);

/* describe_quantity.c */
/** The members of the kind of quantity @id into an open map; collects units and formats. */
weh_err ec_describe_quantity(struct ec_describe *describe, weh_id id);
/** Members units and formats of what was collected. */
weh_err ec_describe_units(struct ec_describe *describe);
/** A member that names ("Units.M") what has the id in @column; nothing when that is NULL. @sql gives schema id
 * and name of an id. */
weh_err ec_reference_put(struct ec_describe *describe, const char *key, const char *sql,
                         sqlite3_stmt *stmt, int column);
/** The members of the format @id, whose columns from @first on are DisplayLabel, Description, NumericSpec,
 * CompositeSpec. */
weh_err ec_describe_format(struct ec_describe *describe, weh_id id, sqlite3_stmt *stmt, int first);

/* describe_schema.c */
/** Member references; in EC JSON none when there are none. */
weh_err ec_describe_references(struct ec_describe *describe, weh_id schema);

/* schema_json.c */
/** Key and beginning of one of a schema's items, and of them all when it is the first. */
void ec_json_item_begin(struct ec_describe *describe, struct weh_str name);

/* schema_json_class.c */
/** The item of the class that @stmt stands on: Id, DisplayLabel, Description, containers. */
weh_err ec_json_class(struct ec_describe *describe, sqlite3_stmt *stmt);

#endif
