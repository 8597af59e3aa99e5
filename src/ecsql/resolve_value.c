/* src/ecsql/resolve_value.c - what a path of names is in one source: which of its columns, which type.
 *
 * Names of properties are compared without case, and may have the alias or the class in front. Which
 * sources are asked is resolve_path.c's business.
 */
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "resolve.h"
#include "sql.h"

/* The value that some of a path's names stand for. */
struct value {
    struct ecsql_type type;
    uint16_t first; /* cell, counted in what the walk began with */
    struct weh_str name;
    struct weh_str declared_in; /* full name of the class */
    bool is_system;
    bool is_part;
};

static bool same(struct weh_str a, const char *text)
{
    return weh_str_eq_nocase(a, weh_str_from(text));
}

static struct ecsql_type id_type(enum ecsql_id_kind kind, const char *extended)
{
    struct ecsql_type type = ecsql_type_of(WEH_EC_LONG);

    type.id_kind = kind;
    type.extended = weh_str_from(extended);
    return type;
}

static enum ecsql_id_kind id_kind_of(struct weh_str extended)
{
    static const char *const ids[] = { "Id", "NavId", "SourceId", "TargetId" };
    static const char *const class_ids[] = { "ClassId", "NavRelClassId", "SourceClassId",
                                             "TargetClassId" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(ids); i++) {
        if (same(extended, ids[i])) {
            return ECSQL_ID_ID;
        }
        if (same(extended, class_ids[i])) {
            return ECSQL_ID_CLASS_ID;
        }
    }
    return ECSQL_ID_NONE;
}

/* The type of @declared, whose leaves are @n from @first of @root on. */
static struct ecsql_type type_of_property(const struct weh_ec_property *root,
                                          const struct weh_ec_property *declared, uint16_t first,
                                          uint16_t n)
{
    static const enum ecsql_type_kind kinds[] = {
        [WEH_EC_PRIMITIVE] = ECSQL_TYPE_PRIMITIVE,
        [WEH_EC_STRUCT_VALUE] = ECSQL_TYPE_STRUCT,
        [WEH_EC_PRIMITIVE_ARRAY] = ECSQL_TYPE_ARRAY,
        [WEH_EC_STRUCT_ARRAY] = ECSQL_TYPE_STRUCT_ARRAY,
        [WEH_EC_NAVIGATION] = ECSQL_TYPE_NAVIGATION,
    };
    struct ecsql_type type = { .kind = kinds[declared->kind],
                               .primitive = declared->primitive,
                               .datetime = declared->datetime,
                               .datetime_said = declared->datetime_said,
                               .enumeration_id = declared->enumeration_id,
                               .property = root,
                               .first_leaf = first,
                               .n_leaves = n,
                               .struct_class = declared->struct_class };

    if (type.kind == ECSQL_TYPE_PRIMITIVE) {
        type.extended = declared->extended_type;
        type.id_kind = id_kind_of(declared->extended_type);
    }
    return type;
}

static const struct weh_ec_property *property_find(const struct weh_ec_class *ec_class,
                                                   struct weh_str name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (weh_str_eq_nocase(ec_class->properties[i].name, name)) {
            return &ec_class->properties[i];
        }
    }
    return NULL;
}

static bool has_property_id(const struct weh_ec_class *ec_class, weh_id id)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (ec_class->properties[i].id == id) {
            return true;
        }
    }
    return false;
}

/* The class of @ec_class's line that has declared @property. */
static const struct weh_ec_class *declaring_class(const struct weh_ec_class *ec_class,
                                                  const struct weh_ec_property *property)
{
    uint16_t i = 0;

    while (i < ec_class->n_bases) {
        if (has_property_id(ec_class->bases[i], property->id)) {
            ec_class = ec_class->bases[i];
            i = 0;
        } else {
            i++;
        }
    }
    return ec_class;
}

/* One more name inside of a struct. */
static bool walk_struct(struct ecsql_context *context, struct value *value, struct weh_str name,
                        weh_err *err)
{
    const struct ecsql_type *type = &value->type;
    const struct weh_ec_property *member = property_find(type->struct_class, name);
    const struct weh_ec_leaf *leaves = type->property->leaves;
    uint16_t first = 0;
    uint16_t n = 0;
    size_t len;
    char *prefix;

    if (member == NULL) {
        return false;
    }
    len = type->prefix.len + 1 + member->name.len;
    prefix = weh_arena_alloc(context->arena, len + 1);
    if (prefix == NULL) {
        *err = weh_fail_nomem(context->diag);
        return false;
    }
    (void)snprintf(prefix, len + 1, "%.*s%s%.*s", WEH_STR_ARGS(type->prefix),
                   type->prefix.len == 0 ? "" : ".", WEH_STR_ARGS(member->name));
    len = strlen(prefix);
    for (uint16_t i = type->first_leaf; i < type->first_leaf + type->n_leaves; i++) {
        const struct weh_str at = leaves[i].member;

        if (at.len >= len && memcmp(at.ptr, prefix, len) == 0 &&
            (at.len == len || at.ptr[len] == '.')) {
            first = n == 0 ? i : first;
            n++;
        }
    }
    value->first = (uint16_t)(value->first + first - type->first_leaf);
    value->declared_in = declaring_class(type->struct_class, member)->full_name;
    value->name = member->name;
    value->type = type_of_property(type->property, member, first, n);
    value->type.prefix = (struct weh_str){ prefix, len };
    return n > 0;
}

static bool walk_point(struct value *value, struct weh_str name)
{
    static const struct weh_str parts[] = { { "X", 1 }, { "Y", 1 }, { "Z", 1 } };
    uint16_t n = ecsql_type_cells(&value->type);

    for (uint16_t i = 0; i < n; i++) {
        if (weh_str_eq_nocase(name, parts[i])) {
            value->first = (uint16_t)(value->first + i);
            value->name = parts[i];
            value->type = ecsql_type_of(WEH_EC_DOUBLE);
            value->is_part = true;
            value->declared_in = WEH_STR("ECDbSystem:PointECSqlSystemProperties");
            return true;
        }
    }
    return false;
}

static bool walk_navigation(struct value *value, struct weh_str name)
{
    if (same(name, "Id")) {
        value->type = id_type(ECSQL_ID_ID, "NavId");
        value->name = WEH_STR("Id");
    } else if (same(name, "RelECClassId")) {
        value->type = id_type(ECSQL_ID_CLASS_ID, "NavRelClassId");
        value->name = WEH_STR("RelECClassId");
        value->first++;
    } else {
        return false;
    }
    value->is_system = true;
    value->declared_in = WEH_STR("");
    return true;
}

/* Go on from @value by the names @rest; false when there is no such part. */
static bool walk(struct ecsql_context *context, struct value *value, const struct ecsql_node *rest,
                 weh_err *err)
{
    for (; rest != NULL; rest = rest->next) {
        bool found = false;

        if (value->type.kind == ECSQL_TYPE_NAVIGATION) {
            found = walk_navigation(value, rest->text);
        } else if (value->type.kind == ECSQL_TYPE_STRUCT) {
            found = walk_struct(context, value, rest->text, err);
        } else if (ecsql_type_is_point(&value->type)) {
            found = walk_point(value, rest->text);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

uint16_t resolve_output(struct ecsql_context *context, struct ecsql_source *source,
                        const struct ecsql_output *output)
{
    for (uint16_t i = 0; i < source->n_outputs; i++) {
        const struct ecsql_output *known = &source->outputs[i];

        if (known->is_system == output->is_system && known->system == output->system &&
            known->property == output->property && known->leaf == output->leaf) {
            return i;
        }
    }
    if (source->n_outputs == source->room) {
        uint16_t room = source->room == 0 ? 8 : (uint16_t)(source->room * 2);
        struct ecsql_output *outputs;

        if (source->n_outputs >= ECSQL_MAX_OUTPUTS) {
            return UINT16_MAX;
        }
        outputs = weh_arena_array(context->arena, room, sizeof(*outputs));
        if (outputs == NULL) {
            return UINT16_MAX;
        }
        if (source->n_outputs > 0) {
            memcpy(outputs, source->outputs, source->n_outputs * sizeof(*outputs));
        }
        source->outputs = outputs;
        source->room = room;
    }
    source->outputs[source->n_outputs] = *output;
    return source->n_outputs++;
}

uint16_t resolve_system(struct ecsql_context *context, struct ecsql_source *source,
                        enum ecsql_system system)
{
    return resolve_output(context, source,
                          &(struct ecsql_output){ .is_system = true, .system = system });
}

/* The dotted path of @first, whose value is @value, and the names @rest behind it, as declared. */
static weh_err path_text(struct ecsql_context *context, struct weh_str first, struct value value,
                         const struct ecsql_node *rest, struct weh_str *out)
{
    struct weh_buf buf;
    weh_err err = WEH_OK;
    char *copy;

    weh_buf_init(&buf, 0);
    weh_buf_append(&buf, first.ptr, first.len);
    for (; rest != NULL; rest = rest->next) {
        struct ecsql_node name = { .text = rest->text };

        (void)walk(context, &value, &name, &err);
        weh_buf_byte(&buf, '.');
        weh_buf_append(&buf, value.name.ptr, value.name.len);
    }
    copy = buf.err == WEH_OK
               ? weh_arena_strdup(context->arena, (struct weh_str){ (char *)buf.data, buf.len })
               : NULL;
    *out = (struct weh_str){ copy, buf.len };
    weh_buf_fini(&buf);
    return copy == NULL && err == WEH_OK ? weh_fail_nomem(context->diag) : err;
}

static struct ecsql_ref *new_ref(struct ecsql_context *context, const struct value *value)
{
    struct ecsql_ref *ref = weh_arena_alloc(context->arena, sizeof(*ref));

    if (ref != NULL) {
        ref->name = value->name;
        ref->declared_in = value->declared_in;
        ref->is_system = value->is_system;
        ref->is_part = value->is_part;
    }
    return ref;
}

/* Why resolve_output had none for @node. */
static weh_err no_output(struct ecsql_context *context, const struct ecsql_source *source,
                         const struct ecsql_node *node)
{
    return source->n_outputs < ECSQL_MAX_OUTPUTS
               ? weh_fail_nomem(context->diag)
               : ecsql_fail(context->text, node->at, context->diag, "too many columns");
}

/* Outputs of the class @source for the leaves of @value. */
static weh_err class_cells(struct ecsql_context *context, struct ecsql_source *source,
                           uint16_t property, const struct value *value, struct ecsql_node *node,
                           const uint16_t **out)
{
    uint16_t n = ecsql_type_cells(&value->type);
    uint16_t *cells = weh_arena_array(context->arena, (size_t)n + 1, sizeof(*cells));

    if (cells == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (uint16_t i = 0; i < n; i++) {
        struct ecsql_output output = { .property = property, .leaf = (uint16_t)(value->first + i) };

        cells[i] = resolve_output(context, source, &output);
        if (cells[i] == UINT16_MAX) {
            return no_output(context, source, node);
        }
    }
    *out = cells;
    return WEH_OK;
}

static const struct {
    const char *name;
    const char *extended;
    enum ecsql_id_kind id_kind;
    bool of_relationships;
} systems[ECSQL_N_SYSTEM] = {
    [ECSQL_SYSTEM_ID] = { "ECInstanceId", "Id", ECSQL_ID_ID, false },
    [ECSQL_SYSTEM_CLASS_ID] = { "ECClassId", "ClassId", ECSQL_ID_CLASS_ID, false },
    [ECSQL_SYSTEM_SOURCE_ID] = { "SourceECInstanceId", "SourceId", ECSQL_ID_ID, true },
    [ECSQL_SYSTEM_SOURCE_CLASS_ID] = { "SourceECClassId", "SourceClassId", ECSQL_ID_CLASS_ID,
                                       true },
    [ECSQL_SYSTEM_TARGET_ID] = { "TargetECInstanceId", "TargetId", ECSQL_ID_ID, true },
    [ECSQL_SYSTEM_TARGET_CLASS_ID] = { "TargetECClassId", "TargetClassId", ECSQL_ID_CLASS_ID,
                                       true },
};

static weh_err system_value(struct ecsql_context *context, struct ecsql_source *source,
                            enum ecsql_system system, struct ecsql_node *node)
{
    struct value value = { .type = id_type(systems[system].id_kind, systems[system].extended),
                           .name = weh_str_from(systems[system].name),
                           .is_system = true };
    struct ecsql_ref *ref = new_ref(context, &value);
    uint16_t *cell = weh_arena_alloc(context->arena, sizeof(*cell));

    if (ref == NULL || cell == NULL) {
        return weh_fail_nomem(context->diag);
    }
    *cell = resolve_system(context, source, system);
    if (*cell == UINT16_MAX) {
        return no_output(context, source, node);
    }
    ref->source = source;
    ref->cells = cell;
    ref->path = value.name;
    node->type = value.type;
    node->ref = ref;
    return WEH_OK;
}

/* @names as a property of the class @source, without anything in front. */
static weh_err class_value(struct ecsql_context *context, struct ecsql_source *source,
                           const struct ecsql_node *names, struct ecsql_node *node, bool *found)
{
    const struct weh_ec_class *ec_class = source->ec_class;
    const struct weh_ec_property *property = NULL;
    struct value value = { .first = 0 };
    struct value whole;
    struct ecsql_ref *ref = NULL;
    weh_err err = WEH_OK;

    for (int i = 0; i < ECSQL_N_SYSTEM && names->next == NULL; i++) {
        if (same(names->text, systems[i].name) &&
            (!systems[i].of_relationships || ec_class->relationship != NULL)) {
            *found = true;
            return system_value(context, source, (enum ecsql_system)i, node);
        }
    }
    property = property_find(ec_class, names->text);
    if (property == NULL || property->n_leaves == 0) {
        return WEH_OK;
    }
    value.type = type_of_property(property, property, 0, property->n_leaves);
    value.name = property->name;
    value.declared_in = declaring_class(ec_class, property)->full_name;
    value.is_system = value.type.id_kind != ECSQL_ID_NONE;
    whole = value;
    if (!walk(context, &value, names->next, &err)) {
        return err;
    }
    ref = new_ref(context, &value);
    if (ref == NULL) {
        return weh_fail_nomem(context->diag);
    }
    ref->source = source;
    /* The parts of what a view computes are computed. */
    ref->generated = ecsql_is_view(ec_class) && names->next != NULL;
    err = path_text(context, property->name, whole, names->next, &ref->path);
    if (err == WEH_OK) {
        err = class_cells(context, source, (uint16_t)(property - ec_class->properties), &value,
                          node, &ref->cells);
    }
    node->type = value.type;
    node->ref = ref;
    *found = err == WEH_OK;
    return err;
}

/* How many of @names stand in front of the property's: alias, class, schema and class. */
static const struct ecsql_node *skip_class(const struct ecsql_source *source,
                                           const struct ecsql_node *names)
{
    const struct weh_ec_class *ec_class = source->ec_class;
    const struct ecsql_node *second = names->next;

    if (second == NULL) {
        return names;
    }
    if (source->alias.len > 0 && weh_str_eq_nocase(names->text, source->alias)) {
        return second;
    }
    if (second->next != NULL && weh_str_eq_nocase(second->text, ec_class->name) &&
        (weh_str_eq_nocase(names->text, ec_class->schema->name) ||
         weh_str_eq_nocase(names->text, ec_class->schema->alias))) {
        return second->next;
    }
    return weh_str_eq_nocase(names->text, ec_class->name) ? second : names;
}

/* The part of @names behind the name of @column; NULL in *@rest when nothing is. False: another. */
static bool column_matches(const struct ecsql_column *column, const struct ecsql_node *names,
                           const struct ecsql_node **rest)
{
    struct weh_str path;
    struct weh_str part;

    if (column->generated || column->ref == NULL) {
        *rest = names->next;
        return weh_str_eq_nocase(names->text, column->name);
    }
    path = column->ref->path;
    do {
        path = weh_str_split(path, '.', &part);
        if (names == NULL || !weh_str_eq_nocase(names->text, part)) {
            return false;
        }
        names = names->next;
    } while (path.len > 0);
    *rest = names;
    return true;
}

/* @column, a column of the query @source, or the part @rest of it. */
static weh_err column_value(struct ecsql_context *context, struct ecsql_source *source,
                            const struct ecsql_column *column, const struct ecsql_node *rest,
                            struct ecsql_node *node, bool *found)
{
    struct value value = { .type = column->type, .name = column->name };
    struct value whole;
    struct ecsql_ref *ref = NULL;
    uint16_t *cells = NULL;
    uint16_t n;
    weh_err err = WEH_OK;

    if (column->ref != NULL && !column->generated) {
        value.name = column->ref->name;
        value.declared_in = column->ref->declared_in;
        value.is_system = column->ref->is_system;
    }
    whole = value;
    if (!walk(context, &value, rest, &err)) {
        return err;
    }
    n = ecsql_type_cells(&value.type);
    cells = weh_arena_array(context->arena, (size_t)n + 1, sizeof(*cells));
    ref = new_ref(context, &value);
    if (cells == NULL || ref == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (uint16_t i = 0; i < n; i++) {
        cells[i] = (uint16_t)(column->first_cell + value.first + i);
    }
    ref->source = source;
    ref->cells = cells;
    ref->generated = column->generated || column->ref == NULL;
    ref->path = column->name;
    if (!ref->generated) {
        err = path_text(context, column->ref->path, whole, rest, &ref->path);
    } else {
        ref->name = column->name;
        ref->is_part = rest == NULL && column->is_part;
    }
    node->type = value.type;
    node->ref = ref;
    *found = err == WEH_OK;
    return err;
}

/* What an alias hides can be named all the same, but not what the names of a common table hide. */
static bool is_hidden_name(const struct ecsql_column *column, const struct ecsql_node *names)
{
    return names->next == NULL && column->generated && column->ref != NULL &&
           column->node != NULL && column->node->text.len > 0 &&
           weh_str_eq_nocase(column->ref->path, names->text);
}

/* @names without anything in front, as a column of the query @source or a part of one. */
static weh_err query_names(struct ecsql_context *context, struct ecsql_source *source,
                           const struct ecsql_node *names, struct ecsql_node *node, bool *found)
{
    struct ecsql_query *query = source->query;
    const struct ecsql_node *rest = NULL;
    weh_err err = WEH_OK;

    for (uint16_t i = 0; i < query->n_columns && err == WEH_OK && !*found; i++) {
        const struct ecsql_column *column = &query->columns[i];

        if (column_matches(column, names, &rest)) {
            err = column_value(context, source, column, rest, node, found);
        } else if (query->names == NULL && is_hidden_name(column, names)) {
            err = column_value(context, source, column, NULL, node, found);
        }
    }
    return err;
}

/* "b.x": a common table's column is shown with what stands before it. */
static weh_err show_prefix(struct ecsql_context *context, const struct ecsql_node *names,
                           struct ecsql_node *node)
{
    size_t len = names->text.len + 1 + node->ref->path.len;
    char *text = weh_arena_alloc(context->arena, len + 1);
    struct ecsql_ref *ref = weh_arena_alloc(context->arena, sizeof(*ref));

    if (text == NULL || ref == NULL) {
        return weh_fail_nomem(context->diag);
    }
    (void)snprintf(text, len + 1, "%.*s.%.*s", WEH_STR_ARGS(names->text),
                   WEH_STR_ARGS(node->ref->path));
    *ref = *node->ref;
    ref->shown = (struct weh_str){ text, len };
    node->ref = ref;
    return WEH_OK;
}

static weh_err query_value(struct ecsql_context *context, struct ecsql_source *source,
                           const struct ecsql_node *names, struct ecsql_node *node, bool *found)
{
    struct weh_str alias = source->alias;
    weh_err err = WEH_OK;

    if (alias.len == 0 && source->cte != NULL) {
        alias = source->cte->name;
    }
    if (alias.len == 0 && source->kind == ECSQL_SOURCE_FUNCTION) {
        const struct ecsql_node *function = source->node->a;

        alias = function->next == NULL ? function->text : function->next->text;
    }
    if (names->next != NULL && alias.len > 0 && weh_str_eq_nocase(names->text, alias)) {
        err = query_names(context, source, names->next, node, found);
        if (err == WEH_OK && *found && source->cte != NULL && source->query->names != NULL &&
            node->ref->generated) {
            err = show_prefix(context, names, node);
        }
    }
    return err == WEH_OK && !*found ? query_names(context, source, names, node, found) : err;
}

weh_err resolve_in_source(struct ecsql_context *context, struct ecsql_source *source,
                          const struct ecsql_node *names, struct ecsql_node *node, bool *found)
{
    const struct ecsql_node *rest;
    weh_err err;

    *found = false;
    if (source->kind != ECSQL_SOURCE_CLASS) {
        return query_value(context, source, names, node, found);
    }
    rest = skip_class(source, names);
    err = class_value(context, source, rest, node, found);
    if (err == WEH_OK && !*found && rest != names) {
        err = class_value(context, source, names, node, found);
    }
    return err;
}

weh_err resolve_query_column(struct ecsql_context *context, struct ecsql_source *source,
                             uint16_t at, struct ecsql_node *node)
{
    bool found = false;

    return column_value(context, source, &source->query->columns[at], NULL, node, &found);
}
