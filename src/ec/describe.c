/* src/ec/describe.c - a class as data: what it is, where it stands among others; and what the other files
 * that describe share. Properties, relationships, items and attributes have files of their own. */
#include <stdio.h>

#include "weh/ec_suggest.h"

#include "describe_priv.h"
#include "ec_priv.h"

/* ---- rows ---- */

weh_err ec_rows_begin(struct ec_describe *describe, const char *sql, weh_id a, weh_id b,
                      struct ec_cursor *cursor)
{
    weh_err err = weh_stmt_acquire(describe->briefcase, sql, &cursor->stmt, describe->diag);
    int rc = SQLITE_OK;

    cursor->row = false;
    if (err != WEH_OK) {
        return err;
    }
    if (sqlite3_bind_parameter_count(cursor->stmt) > 0) {
        rc = sqlite3_bind_int64(cursor->stmt, 1, (int64_t)a);
    }
    if (rc == SQLITE_OK && sqlite3_bind_parameter_count(cursor->stmt) > 1) {
        rc = sqlite3_bind_int64(cursor->stmt, 2, (int64_t)b);
    }
    return rc == SQLITE_OK ? ec_rows_next(describe, cursor)
                           : weh_db_fail(describe->briefcase, rc, describe->diag);
}

weh_err ec_rows_next(struct ec_describe *describe, struct ec_cursor *cursor)
{
    return weh_stmt_step(describe->briefcase, cursor->stmt, &cursor->row, describe->diag);
}

void ec_rows_end(struct ec_describe *describe, struct ec_cursor *cursor)
{
    weh_stmt_release(describe->briefcase, cursor->stmt);
    cursor->stmt = NULL;
    cursor->row = false;
}

/* ---- members ---- */

void ec_put_str(struct ec_describe *describe, const char *key, struct weh_str text)
{
    weh_sink_key(describe->sink, key);
    weh_sink_str(describe->sink, text);
}

void ec_put_text(struct ec_describe *describe, const char *key, const char *text)
{
    ec_put_str(describe, key, weh_str_from(text));
}

void ec_put_bool(struct ec_describe *describe, const char *key, bool value)
{
    weh_sink_key(describe->sink, key);
    weh_sink_bool(describe->sink, value);
}

void ec_put_column_text(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt,
                        int column)
{
    if (sqlite3_column_type(stmt, column) == SQLITE_TEXT &&
        sqlite3_column_bytes(stmt, column) != 0) {
        ec_put_str(describe, key, weh_stmt_text(stmt, column));
    }
}

void ec_put_column_number(struct ec_describe *describe, const char *key, sqlite3_stmt *stmt,
                          int column)
{
    int type = sqlite3_column_type(stmt, column);

    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
        return;
    }
    weh_sink_key(describe->sink, key);
    if (type == SQLITE_INTEGER) {
        weh_sink_int(describe->sink, sqlite3_column_int64(stmt, column));
    } else {
        weh_sink_real(describe->sink, sqlite3_column_double(stmt, column));
    }
}

struct weh_str ec_name_make(struct weh_arena *arena, struct weh_str schema, char separator,
                            struct weh_str name)
{
    char *text = weh_arena_alloc(arena, schema.len + name.len + 1);

    if (text == NULL) {
        return (struct weh_str){ NULL, 0 };
    }
    memcpy(text, schema.ptr, schema.len);
    text[schema.len] = separator;
    memcpy(text + schema.len + 1, name.ptr, name.len);
    return (struct weh_str){ text, schema.len + 1 + name.len };
}

void ec_put_version(struct ec_describe *describe, const struct weh_ec_schema *schema)
{
    char text[40];

    (void)snprintf(text, sizeof(text), "%02u.%02u.%02u", schema->version[0], schema->version[1],
                   schema->version[2]);
    ec_put_text(describe, "version", text);
}

const struct weh_ec_schema *ec_schema_by_id(const struct weh_ec_catalog *catalog, weh_id id)
{
    for (size_t i = 0; i < catalog->n_schemas; i++) {
        if (catalog->schemas[i].id == id) {
            return &catalog->schemas[i];
        }
    }
    return NULL;
}

/* ---- a class ---- */

struct weh_str ec_class_name(const struct ec_describe *describe,
                             const struct weh_ec_class *ec_class)
{
    return describe->is_ec_json ? ec_class->full_name_dot : ec_class->full_name;
}

static void class_names_put(struct ec_describe *describe, const char *key,
                            const struct weh_ec_class *const *classes, size_t n)
{
    weh_sink_key(describe->sink, key);
    weh_sink_array_begin(describe->sink, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_str(describe->sink, ec_class_name(describe, classes[i]));
    }
    weh_sink_array_end(describe->sink);
}

/* EC 3.2 tells bases and mixins apart, the tables do not. */
weh_err ec_describe_bases(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                          bool is_mixin)
{
    const struct weh_ec_class **mixins =
        weh_arena_array(describe->arena, ec_class->n_bases, sizeof(const struct weh_ec_class *));
    const struct weh_ec_class *base = NULL;
    size_t n_mixins = 0;
    weh_err err = WEH_OK;

    if (mixins == NULL) {
        return weh_fail_nomem(describe->diag);
    }
    for (uint16_t i = 0; i < ec_class->n_bases && err == WEH_OK; i++) {
        struct ec_attribute_facts facts = { 0 };

        err = ec_attribute_facts_read(describe, ec_class->bases[i]->id, EC_CONTAINER_CLASS, &facts);
        if (facts.is_mixin && !is_mixin) {
            mixins[n_mixins++] = ec_class->bases[i];
        } else if (base == NULL) {
            base = ec_class->bases[i];
        }
    }
    if (err != WEH_OK) {
        return err;
    }
    if (base != NULL) {
        ec_put_str(describe, "baseClass", ec_class_name(describe, base));
    }
    if (n_mixins != 0) {
        class_names_put(describe, "mixins", mixins, n_mixins);
    }
    return WEH_OK;
}

/* HiddenClass counts for subclasses until one says otherwise; HiddenSchema for all classes in it. */
static weh_err hidden_put(struct ec_describe *describe, const struct weh_ec_class *ec_class)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err = WEH_OK;

    for (const struct weh_ec_class *at = ec_class; at != NULL && err == WEH_OK && !facts.has_hidden;
         at = at->n_bases == 0 ? NULL : at->bases[0]) {
        err = ec_attribute_facts_read(describe, at->id, EC_CONTAINER_CLASS, &facts);
    }
    if (err == WEH_OK && !facts.has_hidden) {
        err = ec_attribute_facts_read(describe, ec_class->schema->id, EC_CONTAINER_SCHEMA, &facts);
    }
    if (err == WEH_OK) {
        ec_put_bool(describe, "hidden", facts.has_hidden && facts.hidden);
    }
    return err;
}

/* ec_Class.CustomAttributeContainerType: bits, as EC 3.2 lists them; none is anywhere. */
void ec_describe_containers(struct ec_describe *describe, int64_t bits)
{
    static const struct {
        int64_t bits;
        const char *name;
    } containers[] = {
        { 1, "Schema" },
        { 30, "AnyClass" },
        { 2, "EntityClass" },
        { 4, "CustomAttributeClass" },
        { 8, "StructClass" },
        { 16, "RelationshipClass" },
        { 992, "AnyProperty" },
        { 32, "PrimitiveProperty" },
        { 64, "StructProperty" },
        { 128, "ArrayProperty" },
        { 256, "StructArrayProperty" },
        { 512, "NavigationProperty" },
        { 3072, "AnyRelationshipConstraint" },
        { 1024, "SourceRelationshipConstraint" },
        { 2048, "TargetRelationshipConstraint" },
    };
    char text[256] = "";
    size_t n = 0;

    for (size_t i = 0; i < WEH_ARRAY_LEN(containers); i++) {
        if ((bits & containers[i].bits) == containers[i].bits) {
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n == 0 ? "" : ", ",
                                  containers[i].name);
            bits &= ~containers[i].bits;
        }
    }
    ec_put_text(describe, "appliesTo", n == 0 ? "Any" : text);
}

const char *ec_class_item_type(const struct weh_ec_class *ec_class, bool is_mixin)
{
    switch (ec_class->type) {
    case WEH_EC_RELATIONSHIP:
        return "RelationshipClass";
    case WEH_EC_STRUCT:
        return "StructClass";
    case WEH_EC_CUSTOM_ATTRIBUTE:
        return "CustomAttributeClass";
    case WEH_EC_ENTITY:
    default:
        return is_mixin ? "Mixin" : "EntityClass";
    }
}

void ec_describe_class_kind(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                            bool is_mixin)
{
    ec_put_text(describe, "schemaItemType", ec_class_item_type(ec_class, is_mixin));
    if (ec_class->modifier != WEH_EC_CONCRETE) {
        ec_put_text(describe, "modifier",
                    ec_class->modifier == WEH_EC_ABSTRACT ? "Abstract" : "Sealed");
    }
}

static void schema_put(struct ec_describe *describe, const struct weh_ec_schema *schema)
{
    weh_sink_key(describe->sink, "schema");
    weh_sink_map_begin(describe->sink, 3);
    ec_put_str(describe, "name", schema->name);
    ec_put_str(describe, "alias", schema->alias);
    ec_put_version(describe, schema);
    weh_sink_map_end(describe->sink);
}

/* What the row of the class adds to the catalogue. */
static weh_err class_row_put(struct ec_describe *describe, const struct weh_ec_class *ec_class)
{
    static const char sql[] = "SELECT DisplayLabel,Description,CustomAttributeContainerType "
                              "FROM main.ec_Class WHERE Id=?1";
    struct ec_cursor cursor = { 0 };
    weh_err err = ec_rows_begin(describe, sql, ec_class->id, 0, &cursor);

    if (err == WEH_OK && cursor.row) {
        ec_put_column_text(describe, "label", cursor.stmt, 0);
        ec_put_column_text(describe, "displayLabel", cursor.stmt, 0);
        ec_put_column_text(describe, "description", cursor.stmt, 1);
        if (ec_class->type == WEH_EC_CUSTOM_ATTRIBUTE) {
            ec_describe_containers(describe, sqlite3_column_int64(cursor.stmt, 2));
        }
    }
    if (err == WEH_OK && (!cursor.row || sqlite3_column_bytes(cursor.stmt, 0) == 0)) {
        ec_put_str(describe, "displayLabel", ec_class->name);
    }
    ec_rows_end(describe, &cursor);
    return err;
}

static weh_err class_put(struct ec_describe *describe, const struct weh_ec_class *ec_class,
                         bool inherited)
{
    struct ec_attribute_facts facts = { 0 };
    weh_err err;

    weh_sink_key(describe->sink, "classId");
    weh_sink_id(describe->sink, ec_class->id);
    ec_put_str(describe, "ecclass", ec_class->full_name);
    ec_put_str(describe, "name", ec_class->name);
    schema_put(describe, ec_class->schema);
    err = class_row_put(describe, ec_class);
    class_names_put(describe, "baseClasses", ec_class->bases, ec_class->n_bases);
    if (err == WEH_OK) {
        err = ec_describe_bases(describe, ec_class, false);
    }
    class_names_put(describe, "derivedClasses", ec_class->derived, ec_class->n_derived);
    if (err == WEH_OK) {
        err = ec_describe_attributes(describe, ec_class->id, EC_CONTAINER_CLASS, &facts);
    }
    ec_describe_class_kind(describe, ec_class, facts.is_mixin);
    if (facts.applies_to != NULL) {
        ec_put_str(describe, "appliesTo", facts.applies_to->full_name);
    }
    if (err == WEH_OK) {
        err = hidden_put(describe, ec_class);
    }
    if (err == WEH_OK && ec_class->relationship != NULL) {
        err = ec_describe_relationship(describe, ec_class);
    }
    if (err == WEH_OK) {
        err = ec_describe_properties(describe, ec_class, inherited);
    }
    return err == WEH_OK ? ec_describe_items(describe) : err;
}

static weh_err class_not_found(const struct weh_ec_describer *describer, struct weh_str full_name,
                               struct weh_diag *diag)
{
    const struct weh_ec_class *nearest = weh_ec_suggest_class(describer->catalog, full_name);

    if (nearest == NULL) {
        return weh_fail_where(diag, WEH_E_NOT_FOUND, "classFullName", "no such class");
    }
    return weh_fail_where(diag, WEH_E_NOT_FOUND, "classFullName",
                          "no such class; did you mean %.*s?", WEH_STR_ARGS(nearest->full_name));
}

struct ec_describe *ec_describe_begin(const struct weh_ec_describer *describer,
                                      struct weh_diag *diag)
{
    struct ec_describe *describe = weh_arena_alloc(describer->arena, sizeof(*describe));

    if (describe == NULL) {
        return NULL;
    }
    describe->briefcase = describer->briefcase;
    describe->catalog = describer->catalog;
    describe->arena = describer->arena;
    describe->sink = describer->sink;
    describe->diag = diag;
    weh_arena_init(&describe->scratch, 0);
    return describe;
}

void ec_describe_end(struct ec_describe *describe)
{
    weh_arena_fini(&describe->scratch);
}

weh_err weh_ec_describe_class(const struct weh_ec_describer *describer, struct weh_str full_name,
                              bool inherited, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_name(describer->catalog, full_name);
    struct ec_describe *describe;
    weh_err err;

    if (ec_class == NULL) {
        return class_not_found(describer, full_name, diag);
    }
    describe = ec_describe_begin(describer, diag);
    if (describe == NULL) {
        return weh_fail_nomem(diag);
    }
    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    err = class_put(describe, ec_class, inherited);
    weh_sink_map_end(describe->sink);
    ec_describe_end(describe);
    return err;
}
