/* src/ec/catalog.c - looking things up in a catalogue. Nothing here changes one. */
#include "ec_priv.h"

const struct weh_ec_class *weh_ec_class_by_id(const struct weh_ec_catalog *catalog, weh_id id)
{
    size_t low = 0;
    size_t high = catalog->n_classes;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct weh_ec_class *ec_class = &catalog->classes[middle];

        if (ec_class->id == id) {
            return ec_class;
        }
        if (ec_class->id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct weh_ec_schema *weh_ec_schema_by_name(const struct weh_ec_catalog *catalog,
                                                  struct weh_str name)
{
    for (size_t i = 0; i < catalog->n_schemas; i++) {
        if (weh_str_eq_nocase(catalog->schemas[i].name, name)) {
            return &catalog->schemas[i];
        }
    }
    for (size_t i = 0; i < catalog->n_schemas; i++) {
        if (weh_str_eq_nocase(catalog->schemas[i].alias, name)) {
            return &catalog->schemas[i];
        }
    }
    return NULL;
}

/* The first part of @rest up to a separator, without white space around it; "" when none is left. */
static struct weh_str name_part(struct weh_str *rest)
{
    const char *at = rest->ptr;
    const char *end = rest->ptr + rest->len;
    struct weh_str part;

    while (at < end && (*at == ':' || *at == '.')) {
        at++;
    }
    part.ptr = at;
    while (at < end && *at != ':' && *at != '.') {
        at++;
    }
    part.len = (size_t)(at - part.ptr);
    *rest = (struct weh_str){ at, (size_t)(end - at) };
    while (part.len > 0 && ec_is_space(part.ptr[0])) {
        part.ptr++;
        part.len--;
    }
    while (part.len > 0 && ec_is_space(part.ptr[part.len - 1])) {
        part.len--;
    }
    return part;
}

bool ec_name_split(struct weh_str full_name, struct weh_str *schema, struct weh_str *name)
{
    struct weh_str rest = full_name;

    if (full_name.len == 0 || full_name.len > EC_MAX_FULL_NAME) {
        return false;
    }
    *schema = name_part(&rest);
    *name = name_part(&rest);
    return schema->len != 0 && name->len != 0 && name_part(&rest).len == 0;
}

const struct weh_ec_class *weh_ec_class_by_name(const struct weh_ec_catalog *catalog,
                                                struct weh_str full_name)
{
    const struct weh_ec_schema *schema;
    struct weh_str head;
    struct weh_str name;
    size_t low = 0;
    size_t high = catalog->n_classes;

    if (!ec_name_split(full_name, &head, &name)) {
        return NULL;
    }
    schema = weh_ec_schema_by_name(catalog, head);
    if (schema == NULL) {
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct weh_ec_class *ec_class = catalog->classes_by_name[middle];
        int order = ec_class->schema == schema ? ec_compare_nocase(ec_class->name, name)
                                               : (ec_class->schema->id < schema->id ? -1 : 1);

        if (order == 0) {
            return ec_class;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

bool weh_ec_class_is(const struct weh_ec_class *ec_class, weh_id base_id)
{
    size_t low = 0;
    size_t high = ec_class->n_ancestors;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ec_class->ancestors[middle] == base_id) {
            return true;
        }
        if (ec_class->ancestors[middle] < base_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

const struct weh_ec_property *weh_ec_property_by_js_name(const struct weh_ec_class *ec_class,
                                                         struct weh_str js_name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];

        if (weh_str_eq(property->js_name, js_name) || weh_str_eq(property->name, js_name)) {
            return property;
        }
    }
    return NULL;
}

const struct weh_ec_table *weh_ec_table_by_name(const struct weh_ec_catalog *catalog,
                                                struct weh_str name)
{
    size_t low = 0;
    size_t high = catalog->n_tables;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = ec_compare_nocase(catalog->tables_by_name[middle]->name, name);

        if (order == 0) {
            return catalog->tables_by_name[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

size_t weh_ec_class_count(const struct weh_ec_catalog *catalog)
{
    return catalog->n_classes;
}

const struct weh_ec_class *weh_ec_class_at(const struct weh_ec_catalog *catalog, size_t index)
{
    weh_assert(index < catalog->n_classes);
    return &catalog->classes[index];
}

size_t weh_ec_catalog_bytes(const struct weh_ec_catalog *catalog)
{
    return catalog->bytes;
}
