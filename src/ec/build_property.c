/* src/ec/build_property.c - properties: as declared, then as each class has them.
 *
 * Order of iTwin.js, taken from ec_PropertyMap and the class dumps of genuine files: the properties
 * of the bases in their order, each once, then the class's own by Ordinal; a property that is
 * declared again stands where it is declared last.
 */
#include <stdlib.h>
#include <string.h>

#include "ec_priv.h"

#define MAX_PROPERTIES 4000000u /* of all classes together, inherited ones included */
#define NOTHING        UINT32_MAX

struct order_key {
    uint32_t class_index;
    uint32_t own;
    int64_t ordinal;
};

struct name_key {
    struct weh_str name;
    uint32_t own;
};

static bool primitive_is_known(int64_t type)
{
    switch (type) {
    case WEH_EC_BINARY:
    case WEH_EC_BOOLEAN:
    case WEH_EC_DATETIME:
    case WEH_EC_DOUBLE:
    case WEH_EC_INT:
    case WEH_EC_LONG:
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
    case WEH_EC_STRING:
    case WEH_EC_GEOMETRY:
        return true;
    default:
        return false;
    }
}

/* The EC name with its first letter lower-cased. */
static bool js_name_make(struct weh_arena *arena, struct weh_ec_property *property)
{
    char *text;

    property->js_name = property->name;
    if (property->name.ptr[0] < 'A' || property->name.ptr[0] > 'Z') {
        return true;
    }
    text = weh_arena_strdup(arena, property->name);
    if (text == NULL) {
        return false;
    }
    text[0] = (char)(text[0] + ('a' - 'A'));
    property->js_name.ptr = text;
    return true;
}

/* The type of a primitive or primitive array. */
static weh_err primitive_fill(struct ec_build *build, const int64_t *row,
                              struct weh_ec_property *property)
{
    int64_t type = row[PROP_PRIMITIVE];
    uint32_t index = 0;

    if (row[PROP_ENUM] != 0) {
        if (!ec_find(build->snapshot, EC_ROWS_ENUM, row[PROP_ENUM], &index)) {
            return ec_corrupt(build->diag, "an enumeration is missing");
        }
        property->enumeration_id = (weh_id)row[PROP_ENUM];
        type = ec_row(build->snapshot, EC_ROWS_ENUM, index)[ENUM_TYPE];
        if (type != WEH_EC_INT && type != WEH_EC_STRING) {
            return ec_corrupt(build->diag, "the type of an enumeration");
        }
    }
    if (!primitive_is_known(type)) {
        return ec_corrupt(build->diag, "the type of a property");
    }
    property->primitive = (enum weh_ec_primitive)type;
    return WEH_OK;
}

/* The class @id when it is of @type, else NULL. */
static const struct weh_ec_class *class_of_type(struct ec_build *build, int64_t id,
                                                enum weh_ec_class_type type)
{
    uint32_t index = 0;

    if (!ec_find(build->snapshot, EC_ROWS_CLASS, id, &index) ||
        build->classes[index].type != type) {
        return NULL;
    }
    return &build->classes[index];
}

static weh_err own_fill(struct ec_build *build, const int64_t *row, size_t index)
{
    struct weh_ec_property *property = &build->own[index];

    property->id = (weh_id)row[PROP_ID];
    property->name = ec_text(build->snapshot, row[PROP_NAME]);
    property->extended_type = ec_text(build->snapshot, row[PROP_EXTENDED]);
    property->readonly = row[PROP_READONLY] != 0;
    if (!ec_find(build->snapshot, EC_ROWS_CLASS, row[PROP_CLASS], &build->own_class[index])) {
        return ec_corrupt(build->diag, "a property without a class");
    }
    if (!ec_is_identifier(property->name)) {
        return ec_corrupt(build->diag, "a property name");
    }
    if (!js_name_make(&build->catalog->arena, property)) {
        return ec_build_no_memory(build);
    }

    switch (row[PROP_KIND]) {
    case WEH_EC_PRIMITIVE:
    case WEH_EC_PRIMITIVE_ARRAY:
        property->kind = (enum weh_ec_kind)row[PROP_KIND];
        return primitive_fill(build, row, property);
    case WEH_EC_STRUCT_VALUE:
    case WEH_EC_STRUCT_ARRAY:
        property->kind = (enum weh_ec_kind)row[PROP_KIND];
        property->struct_class = class_of_type(build, row[PROP_STRUCT], WEH_EC_STRUCT);
        return property->struct_class != NULL ? WEH_OK
                                              : ec_corrupt(build->diag, "a struct is missing");
    case WEH_EC_NAVIGATION:
        property->kind = WEH_EC_NAVIGATION;
        property->nav_forward = row[PROP_NAV_DIRECTION] == 1;
        property->nav_class = class_of_type(build, row[PROP_NAV], WEH_EC_RELATIONSHIP);
        return property->nav_class != NULL ? WEH_OK
                                           : ec_corrupt(build->diag, "a relationship is missing");
    default:
        return ec_corrupt(build->diag, "the kind of a property");
    }
}

static int compare_orders(const void *left, const void *right)
{
    const struct order_key *a = left;
    const struct order_key *b = right;

    if (a->class_index != b->class_index) {
        return a->class_index < b->class_index ? -1 : 1;
    }
    if (a->ordinal != b->ordinal) {
        return a->ordinal < b->ordinal ? -1 : 1;
    }
    return a->own < b->own ? -1 : (a->own > b->own ? 1 : 0);
}

static weh_err order_own(struct ec_build *build)
{
    size_t n = build->n_own;
    struct order_key *keys = weh_arena_array(&build->scratch, n, sizeof(*keys));

    build->own_by_class = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    build->own_begin =
        weh_arena_array(&build->scratch, build->catalog->n_classes + 1, sizeof(uint32_t));
    if (keys == NULL || build->own_by_class == NULL || build->own_begin == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        keys[i] = (struct order_key){ build->own_class[i], (uint32_t)i,
                                      ec_row(build->snapshot, EC_ROWS_PROPERTY, i)[PROP_ORDINAL] };
        build->own_begin[build->own_class[i] + 1]++;
    }
    if (n != 0) {
        qsort(keys, n, sizeof(*keys), compare_orders);
    }
    for (size_t i = 0; i < n; i++) {
        build->own_by_class[i] = keys[i].own;
    }
    for (size_t i = 0; i < build->catalog->n_classes; i++) {
        build->own_begin[i + 1] += build->own_begin[i];
    }
    return WEH_OK;
}

static int compare_names(const void *left, const void *right)
{
    return ec_compare_nocase(((const struct name_key *)left)->name,
                             ((const struct name_key *)right)->name);
}

/* Number the names: equal but for case, equal number. */
static weh_err number_names(struct ec_build *build)
{
    size_t n = build->n_own;
    struct name_key *keys = weh_arena_array(&build->scratch, n, sizeof(*keys));
    uint32_t number = 0;

    if (keys == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        keys[i] = (struct name_key){ build->own[i].name, (uint32_t)i };
    }
    if (n != 0) {
        qsort(keys, n, sizeof(*keys), compare_names);
    }
    for (size_t i = 0; i < n; i++) {
        if (i != 0 && compare_names(&keys[i - 1], &keys[i]) != 0) {
            number++;
        }
        build->own_name[keys[i].own] = number;
    }
    return WEH_OK;
}

static bool contains(struct weh_str text, const char *part)
{
    return text.ptr != NULL && memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* CoreCustomAttributes:DateTimeInfo; the XML is written by the native library in one form. */
static enum weh_ec_datetime datetime_kind(struct weh_str xml)
{
    if (contains(xml, "<DateTimeComponent>Date</DateTimeComponent>")) {
        return WEH_EC_DT_DATE_ONLY;
    }
    if (contains(xml, "<DateTimeComponent>TimeOfDay</DateTimeComponent>")) {
        return WEH_EC_DT_TIME_OF_DAY;
    }
    if (contains(xml, "<DateTimeKind>Utc</DateTimeKind>")) {
        return WEH_EC_DT_UTC;
    }
    if (contains(xml, "<DateTimeKind>Local</DateTimeKind>")) {
        return WEH_EC_DT_LOCAL;
    }
    return WEH_EC_DT_UNSPECIFIED;
}

static weh_err attributes_apply(struct ec_build *build)
{
    const struct ec_snapshot *snapshot = build->snapshot;

    for (size_t i = 0; i < snapshot->rows[EC_ROWS_ATTRIBUTE].n_rows; i++) {
        const int64_t *row = ec_row(snapshot, EC_ROWS_ATTRIBUTE, i);
        struct weh_str class_name;
        uint32_t property = 0;
        uint32_t class_index = 0;

        if (!ec_find(snapshot, EC_ROWS_PROPERTY, row[ATTRIBUTE_CONTAINER], &property) ||
            !ec_find(snapshot, EC_ROWS_CLASS, row[ATTRIBUTE_CLASS], &class_index)) {
            return ec_corrupt(build->diag, "a custom attribute of nothing");
        }
        class_name = build->classes[class_index].full_name;
        if (weh_str_eq_nocase(class_name, WEH_STR("CoreCustomAttributes:DateTimeInfo"))) {
            build->own[property].datetime = datetime_kind(ec_text(snapshot, row[ATTRIBUTE_TEXT]));
            build->own[property].datetime_said = true;
        } else if (weh_str_eq_nocase(class_name, WEH_STR("BisCore:CustomHandledProperty"))) {
            build->own[property].custom_handled = true;
        }
    }
    return WEH_OK;
}

/* A class is one deeper than the structs of its own properties. True when that changed something. */
static bool depth_of_members(const struct ec_build *build, uint8_t *depth)
{
    bool changed = false;

    for (size_t i = 0; i < build->n_own; i++) {
        const struct weh_ec_class *inner = build->own[i].struct_class;
        uint8_t *outer = &depth[build->own_class[i]];

        if (inner != NULL && *outer <= depth[inner - build->classes]) {
            *outer = (uint8_t)(depth[inner - build->classes] + 1);
            changed = true;
        }
    }
    return changed;
}

/* And as deep as its bases. */
static void depth_of_bases(const struct ec_build *build, uint8_t *depth)
{
    for (size_t i = 0; i < build->catalog->n_classes; i++) {
        const struct weh_ec_class *ec_class = &build->classes[build->topological[i]];
        uint8_t *mine = &depth[build->topological[i]];

        for (uint16_t b = 0; b < ec_class->n_bases; b++) {
            uint8_t base = depth[ec_class->bases[b] - build->classes];

            *mine = *mine < base ? base : *mine;
        }
    }
}

/* Structs inside structs: no circle, and not deeper than what value code recurses into. */
static weh_err depth_check(struct ec_build *build)
{
    uint8_t *depth = weh_arena_array(&build->scratch, build->catalog->n_classes, sizeof(*depth));
    unsigned round = 0;

    if (depth == NULL) {
        return ec_build_no_memory(build);
    }
    while (depth_of_members(build, depth)) {
        depth_of_bases(build, depth);
        if (++round > WEH_EC_MAX_STRUCT_DEPTH) {
            return ec_corrupt(build->diag, "structs inside each other");
        }
    }
    return WEH_OK;
}

weh_err ec_build_own(struct ec_build *build)
{
    size_t n = build->snapshot->rows[EC_ROWS_PROPERTY].n_rows;
    weh_err err = WEH_OK;

    build->n_own = n;
    /* Kept: leaves point to them. */
    build->own = weh_arena_array(&build->catalog->arena, n, sizeof(*build->own));
    build->own_class = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    build->own_name = weh_arena_array(&build->scratch, n, sizeof(uint32_t));
    if (build->own == NULL || build->own_class == NULL || build->own_name == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = own_fill(build, ec_row(build->snapshot, EC_ROWS_PROPERTY, i), i);
    }
    if (err == WEH_OK) {
        err = attributes_apply(build);
    }
    if (err == WEH_OK) {
        err = order_own(build);
    }
    if (err == WEH_OK) {
        err = number_names(build);
    }
    return err == WEH_OK ? depth_check(build) : err;
}

/* What merging the lists of bases needs; arrays run along names. */
struct merge {
    uint32_t *in_class; /* class (plus 1) in which the name was seen last */
    uint32_t *position; /* where it stands there */
    uint32_t *list;     /* being made */
    uint32_t n;
    size_t total;
};

static void merge_add(struct ec_build *build, struct merge *merge, uint32_t class_index,
                      uint32_t own, bool wins)
{
    uint32_t name = build->own_name[own];

    if (merge->in_class[name] == class_index + 1) {
        if (!wins) {
            return;
        }
        merge->list[merge->position[name]] = NOTHING;
    }
    merge->in_class[name] = class_index + 1;
    merge->position[name] = merge->n;
    merge->list[merge->n++] = own;
}

/* Close the gaps. Structs get their properties now, for paths lead through them; the others when their
 * leaves are known (build_leaf.c). */
static weh_err merge_finish(struct ec_build *build, struct merge *merge,
                            struct weh_ec_class *ec_class)
{
    struct weh_ec_property *properties;
    uint32_t n = 0;

    for (uint32_t i = 0; i < merge->n; i++) {
        if (merge->list[i] != NOTHING) {
            merge->list[n++] = merge->list[i];
        }
    }
    if (n > UINT16_MAX) {
        return ec_corrupt(build->diag, "a class has too many properties");
    }
    ec_class->n_properties = (uint16_t)n;
    if (ec_class->type != WEH_EC_STRUCT) {
        return WEH_OK;
    }
    properties = weh_arena_array(&build->catalog->arena, n, sizeof(*properties));
    if (properties == NULL) {
        return ec_build_no_memory(build);
    }
    for (uint32_t i = 0; i < n; i++) {
        properties[i] = build->own[merge->list[i]];
    }
    ec_class->properties = properties;
    return WEH_OK;
}

static weh_err merge_class(struct ec_build *build, struct merge *merge, uint32_t class_index)
{
    struct weh_ec_class *ec_class = &build->classes[class_index];
    uint32_t own_begin = build->own_begin[class_index];
    uint32_t own_end = build->own_begin[class_index + 1];
    size_t n_most = own_end - own_begin;

    for (uint16_t b = 0; b < ec_class->n_bases; b++) {
        n_most += ec_class->bases[b]->n_properties;
    }
    merge->total += n_most;
    if (merge->total > MAX_PROPERTIES) {
        return ec_corrupt(build->diag, "too many properties");
    }
    merge->list = weh_arena_array(&build->scratch, n_most, sizeof(uint32_t));
    if (merge->list == NULL) {
        return ec_build_no_memory(build);
    }
    build->lists[class_index] = merge->list;
    merge->n = 0;

    for (uint16_t b = 0; b < ec_class->n_bases; b++) {
        const uint32_t *base = build->lists[ec_class->bases[b] - build->classes];

        for (uint16_t i = 0; i < ec_class->bases[b]->n_properties; i++) {
            merge_add(build, merge, class_index, base[i], false);
        }
    }
    for (uint32_t i = own_begin; i < own_end; i++) {
        merge_add(build, merge, class_index, build->own_by_class[i], true);
    }
    return merge_finish(build, merge, ec_class);
}

weh_err ec_build_properties(struct ec_build *build)
{
    size_t n = build->catalog->n_classes;
    struct merge merge = { 0 };
    weh_err err = WEH_OK;

    build->lists = weh_arena_array(&build->scratch, n, sizeof(uint32_t *));
    merge.in_class = weh_arena_array(&build->scratch, build->n_own, sizeof(uint32_t));
    merge.position = weh_arena_array(&build->scratch, build->n_own, sizeof(uint32_t));
    if (build->lists == NULL || merge.in_class == NULL || merge.position == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = merge_class(build, &merge, build->topological[i]);
    }
    return err;
}
