/* src/ec/value_bind.c - a decoded property value bound to the parameters of a statement. */
#include <string.h>

#include "value_priv.h"

struct binding {
    struct ec_input input;
    const struct weh_ec_property *property;
    sqlite3_stmt *stmt;
    const int *params;
};

static weh_err bad(struct ec_input *input, const char *text)
{
    return weh_fail_where(input->diag, WEH_E_BAD_ARGS, input->where.text, "%s", text);
}

/* Bind one cell to leaf @leaf. Texts and blobs are copied into the arena: @value may be gone before
 * the statement runs. */
static weh_err cell_bind(struct binding *binding, uint16_t leaf, const struct ec_cell *cell)
{
    int param = binding->params[leaf];
    struct weh_diag *diag = binding->input.diag;
    const char *copy;
    int rc = SQLITE_OK;

    if (param == 0) {
        return WEH_OK;
    }
    switch (cell->type) {
    case EC_CELL_INT:
        rc = sqlite3_bind_int64(binding->stmt, param, cell->as.integer);
        break;
    case EC_CELL_REAL:
        /* -0 would be recorded as a change of 0, and is 0 in the file. */
        rc = sqlite3_bind_double(binding->stmt, param, cell->as.real + 0.0);
        break;
    case EC_CELL_TEXT:
        copy = weh_arena_strdup(binding->input.arena, cell->as.text);
        if (copy == NULL) {
            return weh_fail_nomem(diag);
        }
        rc = sqlite3_bind_text64(binding->stmt, param, copy, cell->as.text.len, SQLITE_STATIC,
                                 SQLITE_UTF8);
        break;
    case EC_CELL_BLOB:
        copy = weh_arena_strdup(binding->input.arena, cell->as.blob);
        if (copy == NULL) {
            return weh_fail_nomem(diag);
        }
        rc = sqlite3_bind_blob64(binding->stmt, param, copy, cell->as.blob.len, SQLITE_STATIC);
        break;
    case EC_CELL_NULL:
    default:
        rc = sqlite3_bind_null(binding->stmt, param);
        break;
    }
    if (rc == SQLITE_TOOBIG) {
        return weh_fail_where(diag, WEH_E_TOO_LARGE, binding->input.where.text,
                              "the value is too large to be stored");
    }
    /* Anything but NOMEM would be a wrong parameter number. */
    weh_assert(rc == SQLITE_OK || rc == SQLITE_NOMEM);
    return rc == SQLITE_OK ? WEH_OK : weh_fail_nomem(diag);
}

static weh_err null_bind(struct binding *binding, uint16_t first, uint16_t n)
{
    static const struct ec_cell null_cell = { .type = EC_CELL_NULL };
    weh_err err = WEH_OK;

    for (uint16_t i = 0; i < n && err == WEH_OK; i++) {
        err = cell_bind(binding, (uint16_t)(first + i), &null_cell);
    }
    return err;
}

static weh_err point_bind(struct binding *binding, uint16_t first,
                          const struct weh_ec_property *type, const struct weh_value *value)
{
    struct ec_cell cell = { .type = EC_CELL_REAL };
    double point[3] = { 0, 0, 0 };
    weh_err err = ec_point_from_value(&binding->input, type, value, true, point);

    for (size_t i = 0; i < ec_point_size(type) && err == WEH_OK; i++) {
        cell.as.real = point[i];
        err = cell_bind(binding, (uint16_t)(first + i), &cell);
    }
    return err;
}

/* The relationship class that @value names; any will do, as for the native library. */
static weh_err relationship_find(struct ec_input *input, const struct weh_value *value,
                                 struct ec_cell *cell)
{
    const struct weh_value *name = weh_value_get(value, "relClassName");
    const struct weh_ec_class *ec_class = NULL;

    cell->type = EC_CELL_NULL;
    if (weh_value_is_null(name)) {
        return WEH_OK;
    }
    if (name->type == WEH_VALUE_STRING) {
        ec_class = weh_ec_class_by_name(input->catalog, weh_value_str(name));
    }
    if (ec_class == NULL || ec_class->type != WEH_EC_RELATIONSHIP) {
        (void)ec_where_push(&input->where, WEH_STR("relClassName"));
        return bad(input, "must name a relationship class");
    }
    cell->type = EC_CELL_INT;
    cell->as.integer = (int64_t)ec_class->id;
    return WEH_OK;
}

/* The id of @value; none for "", "0" and "0x0", which iTwin.js writes for no id. */
static weh_err target_find(struct ec_input *input, const struct weh_value *value,
                           struct ec_cell *cell)
{
    const struct weh_value *text = weh_value_get(value, "id");
    weh_id id = 0;

    cell->type = EC_CELL_NULL;
    if (text == NULL || text->type != WEH_VALUE_STRING) {
        (void)ec_where_push(&input->where, WEH_STR("id"));
        return bad(input, "must be an id");
    }
    if (text->n == 0 || weh_str_eq_text(weh_value_str(text), "0") ||
        weh_str_eq_text(weh_value_str(text), "0x0")) {
        return WEH_OK;
    }
    if (!weh_id_parse(weh_value_str(text), &id) || id > INT64_MAX) {
        (void)ec_where_push(&input->where, WEH_STR("id"));
        return bad(input, "must be an id");
    }
    cell->type = EC_CELL_INT;
    cell->as.integer = (int64_t)id;
    return WEH_OK;
}

static weh_err navigation_bind(struct binding *binding, uint16_t first,
                               const struct weh_value *value)
{
    struct ec_input *input = &binding->input;
    struct ec_cell id;
    struct ec_cell relationship;
    weh_err err;

    if (value->type != WEH_VALUE_MAP) {
        return bad(input, "must be {id, relClassName}");
    }
    for (uint32_t i = 0; i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;

        if (!weh_str_eq_text(key, "id") && !weh_str_eq_text(key, "relClassName")) {
            (void)ec_where_push(&input->where, key);
            return bad(input, "no such member");
        }
    }
    err = target_find(input, value, &id);
    if (err == WEH_OK) {
        err = relationship_find(input, value, &relationship);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (id.type == EC_CELL_NULL) {
        return null_bind(binding, first, 2);
    }
    err = cell_bind(binding, first, &id);
    /* A virtual relationship class is the property's own, whatever was named. */
    if (err == WEH_OK && !binding->property->leaves[first + 1].is_virtual) {
        err = cell_bind(binding, (uint16_t)(first + 1), &relationship);
    }
    return err;
}

static uint16_t value_leaves(const struct weh_ec_property *type)
{
    if (type->kind == WEH_EC_NAVIGATION) {
        return 2;
    }
    if (type->kind == WEH_EC_PRIMITIVE && ec_point_size(type) != 0) {
        return (uint16_t)ec_point_size(type);
    }
    return 1;
}

/* The value that begins with leaf @first. */
static weh_err value_bind(struct binding *binding, uint16_t first, const struct weh_value *value)
{
    const struct weh_ec_property *type = binding->property->leaves[first].value;
    struct ec_cell cell = { .type = EC_CELL_NULL };
    weh_err err;

    if (weh_value_is_null(value)) {
        return null_bind(binding, first, value_leaves(type));
    }
    if (type->kind == WEH_EC_NAVIGATION) {
        return navigation_bind(binding, first, value);
    }
    if (type->kind == WEH_EC_PRIMITIVE && ec_point_size(type) != 0) {
        return point_bind(binding, first, type, value);
    }
    err = type->kind == WEH_EC_PRIMITIVE ? ec_cell_from_value(&binding->input, type, value, &cell)
                                         : ec_array_to_text(&binding->input, type, value, &cell);
    return err == WEH_OK ? cell_bind(binding, first, &cell) : err;
}

/* The property of a struct that @segment of an access string names. */
static const struct weh_ec_property *member_of(const struct weh_ec_class *ec_class,
                                               struct weh_str segment)
{
    uint16_t i = 0;

    while (i < ec_class->n_properties &&
           !weh_str_eq_nocase(ec_class->properties[i].name, segment)) {
        i++;
    }
    weh_assert(i < ec_class->n_properties); /* the catalogue resolved this string once */
    return &ec_class->properties[i];
}

static bool map_names(const struct weh_value *map, const struct weh_ec_property *property)
{
    for (uint32_t i = 0; i < map->n; i++) {
        struct weh_str key = map->as.members[i].key;

        if (weh_str_eq(key, property->js_name) || weh_str_eq(key, property->name)) {
            return true;
        }
    }
    return false;
}

/* Where a struct's leaf is in a struct's value: *@member NULL when absent or null. *@given tells
 * whether the value says anything about it. The path goes to @where when not NULL. */
static void leaf_find(const struct weh_ec_property *property, const struct weh_ec_leaf *leaf,
                      const struct weh_value *value, struct ec_where *where,
                      const struct weh_value **member, bool *given)
{
    const struct weh_ec_class *ec_class = property->struct_class;
    struct weh_str rest = leaf->member;
    struct weh_str segment;

    *given = true;
    while (value != NULL && value->type == WEH_VALUE_MAP && ec_class != NULL) {
        const struct weh_ec_property *inner;

        rest = weh_str_split(rest, '.', &segment);
        inner = member_of(ec_class, segment);
        *given = map_names(value, inner);
        value = ec_member_get(value, inner);
        ec_class = inner->kind == WEH_EC_STRUCT_VALUE ? inner->struct_class : NULL;
        if (where != NULL) {
            (void)ec_where_push(where, inner->js_name);
        }
    }
    *member = value;
}

/* Structs are maps all the way down, and name nothing unknown. Recursion follows the schema, which
 * the catalogue bounds (WEH_EC_MAX_STRUCT_DEPTH). */
static weh_err struct_check(struct ec_input *input, const struct weh_ec_class *ec_class,
                            const struct weh_value *value)
{
    weh_err err = ec_members_check(input, ec_class, value);

    for (uint16_t i = 0; i < ec_class->n_properties && err == WEH_OK; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];
        const struct weh_value *member =
            property->kind == WEH_EC_STRUCT_VALUE ? ec_member_get(value, property) : NULL;
        size_t where = input->where.len;

        if (member == NULL) {
            continue;
        }
        (void)ec_where_push(&input->where, property->js_name);
        err = struct_check(input, property->struct_class, member);
        if (err != WEH_OK) {
            return err;
        }
        ec_where_pop(&input->where, where);
    }
    return err;
}

static weh_err struct_bind(struct binding *binding, const struct weh_value *value)
{
    const struct weh_ec_property *property = binding->property;
    weh_err err = struct_check(&binding->input, property->struct_class, value);
    uint16_t n_value;

    for (uint16_t i = 0; i < property->n_leaves && err == WEH_OK; i = (uint16_t)(i + n_value)) {
        const struct weh_value *member = NULL;
        size_t where = binding->input.where.len;
        bool given = false;

        n_value = value_leaves(property->leaves[i].value);
        leaf_find(property, &property->leaves[i], value, &binding->input.where, &member, &given);
        err = value_bind(binding, i, member);
        if (err == WEH_OK) {
            ec_where_pop(&binding->input.where, where);
        }
    }
    return err;
}

bool weh_ec_value_sets_leaf(const struct weh_ec_property *property, const struct weh_value *value,
                            uint16_t leaf)
{
    const struct weh_value *member = NULL;
    bool given = true;

    weh_assert(leaf < property->n_leaves);
    if (property->kind == WEH_EC_STRUCT_VALUE && value != NULL) {
        leaf_find(property, &property->leaves[leaf], value, NULL, &member, &given);
    }
    return given;
}

/* Seven: who binds holds the columns, not the catalogue's owner.
 * NOLINTNEXTLINE(readability-function-size) */
weh_err weh_ec_value_bind(const struct weh_ec_catalog *catalog,
                          const struct weh_ec_property *property, const struct weh_value *value,
                          sqlite3_stmt *stmt, const int *params, struct weh_arena *arena,
                          struct weh_diag *diag)
{
    struct binding binding = {
        .input = { .catalog = catalog, .arena = arena, .diag = diag },
        .property = property,
        .stmt = stmt,
        .params = params,
    };

    if (property->n_leaves == 0 || weh_value_is_null(value)) {
        return null_bind(&binding, 0, property->n_leaves);
    }
    (void)ec_where_push(&binding.input.where, property->js_name);
    if (property->kind == WEH_EC_STRUCT_VALUE) {
        return struct_bind(&binding, value);
    }
    return value_bind(&binding, 0, value);
}
