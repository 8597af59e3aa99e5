/* src/ecsql/resolve.c - queries and selects: in which order their parts are resolved, and what columns they
 * have seen from outside.
 *
 * Recursion is as deep as the tree (ECSQL_MAX_DEPTH).
 */
#include "resolve.h"

#include <string.h>

#include "parse.h"
#include "sql.h"

#define FIRST_PARAMS 8

static struct ecsql_cte *find_cte(struct ecsql_cte *list, struct weh_str name)
{
    while (list != NULL && !weh_str_eq_nocase(list->name, name)) {
        list = list->next;
    }
    return list;
}

struct ecsql_cte *resolve_find_cte(const struct ecsql_scope *scope, struct weh_str name,
                                   const struct ecsql_scope **where)
{
    struct ecsql_cte *cte = NULL;

    for (; scope != NULL && cte == NULL; scope = scope->outer) {
        cte = scope->query == NULL ? NULL : find_cte(scope->query->ctes, name);
        *where = scope;
    }
    return cte;
}

/* ---- "*" ---- */

static struct ecsql_node *new_node(struct ecsql_context *context, enum ecsql_kind kind, uint32_t at)
{
    struct ecsql_node *node = weh_arena_alloc(context->arena, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        node->at = at;
        node->depth = 1;
    }
    return node;
}

/* A COLUMN of a PATH of one name (or none: of a query's column), appended to @list. */
static struct ecsql_node *append_path(struct ecsql_context *context, struct ecsql_list *list,
                                      struct weh_str text, uint32_t at)
{
    struct ecsql_node *column = new_node(context, ECSQL_COLUMN, at);
    struct ecsql_node *path = new_node(context, ECSQL_PATH, at);
    struct ecsql_node *name = new_node(context, ECSQL_NAME, at);

    if (column == NULL || path == NULL || name == NULL) {
        return NULL;
    }
    name->text = text;
    path->a = name;
    column->a = path;
    if (list->first == NULL) {
        list->first = column;
    } else {
        list->last->next = column;
    }
    list->last = column;
    return path;
}

static weh_err expand_name(struct ecsql_context *context, struct ecsql_source *source,
                           struct weh_str text, uint32_t at, struct ecsql_list *list)
{
    struct ecsql_node *path = append_path(context, list, text, at);
    bool found = false;

    return path == NULL ? weh_fail_nomem(context->diag)
                        : resolve_in_source(context, source, path->a, path, &found);
}

static weh_err expand_class(struct ecsql_context *context, struct ecsql_source *source, uint32_t at,
                            struct ecsql_list *list)
{
    static const struct weh_str before[] = { { "ECInstanceId", 12 }, { "ECClassId", 9 } };
    static const struct weh_str behind[] = { { "SourceECInstanceId", 18 },
                                             { "SourceECClassId", 15 },
                                             { "TargetECInstanceId", 18 },
                                             { "TargetECClassId", 15 } };
    const struct weh_ec_class *ec_class = source->ec_class;
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(before) && err == WEH_OK; i++) {
        err = expand_name(context, source, before[i], at, list);
    }
    for (uint16_t i = 0; i < ec_class->n_properties && err == WEH_OK; i++) {
        if (ec_class->properties[i].n_leaves > 0) {
            err = expand_name(context, source, ec_class->properties[i].name, at, list);
        }
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(behind) && err == WEH_OK && ec_class->relationship != NULL;
         i++) {
        err = expand_name(context, source, behind[i], at, list);
    }
    return err;
}

static weh_err expand_source(struct ecsql_context *context, struct ecsql_source *source,
                             uint32_t at, struct ecsql_list *list)
{
    weh_err err = WEH_OK;

    if (source->kind == ECSQL_SOURCE_CLASS) {
        return expand_class(context, source, at, list);
    }
    for (uint16_t i = 0; i < source->query->n_columns && err == WEH_OK; i++) {
        struct ecsql_node *path = append_path(context, list, source->query->columns[i].name, at);

        err = path == NULL ? weh_fail_nomem(context->diag)
                           : resolve_query_column(context, source, i, path);
    }
    return err;
}

static bool source_is(const struct ecsql_source *source, struct weh_str name)
{
    if (source->alias.len > 0) {
        return weh_str_eq_nocase(source->alias, name);
    }
    return (source->kind == ECSQL_SOURCE_CLASS &&
            weh_str_eq_nocase(source->ec_class->name, name)) ||
           (source->kind == ECSQL_SOURCE_CTE && weh_str_eq_nocase(source->cte->name, name));
}

/* "*" or "a.*" at @column. */
static weh_err expand(struct ecsql_context *context, const struct ecsql_select *select,
                      const struct ecsql_node *column, struct ecsql_list *list)
{
    const struct ecsql_node *names = column->a->a;
    bool all = names->op == ECSQL_OP_STAR;
    bool found = false;
    weh_err err = WEH_OK;

    for (struct ecsql_source *source = select->sources; source != NULL && err == WEH_OK;
         source = source->next) {
        if (all || (names->next->next == NULL && source_is(source, names->text))) {
            found = true;
            err = expand_source(context, source, column->at, list);
        }
    }
    if (err == WEH_OK && !found) {
        err = ecsql_fail(context->text, column->at, context->diag,
                         "No property or enumeration found for expression '%.*s%s'.",
                         WEH_STR_ARGS(names->text), all ? "" : ".*");
    }
    return err;
}

static bool is_star(const struct ecsql_node *value)
{
    const struct ecsql_node *name = value->kind == ECSQL_PATH ? value->a : NULL;

    while (name != NULL && name->next != NULL) {
        name = name->next;
    }
    return name != NULL && name->op == ECSQL_OP_STAR;
}

weh_err resolve_stars(struct ecsql_context *context, struct ecsql_select *select)
{
    struct ecsql_list list = { NULL, NULL };
    weh_err err = WEH_OK;

    for (struct ecsql_node *column = select->columns, *next; column != NULL && err == WEH_OK;
         column = next) {
        next = column->next;
        if (is_star(column->a)) {
            err = expand(context, select, column, &list);
            continue;
        }
        column->next = NULL;
        if (list.first == NULL) {
            list.first = column;
        } else {
            list.last->next = column;
        }
        list.last = column;
    }
    select->columns = list.first;
    return err;
}

/* ---- columns of a query ---- */

static weh_err make_column(struct ecsql_context *context, const struct ecsql_node *node,
                           struct ecsql_column *column)
{
    const struct ecsql_node *value = node->a;
    const struct ecsql_ref *ref = value->kind == ECSQL_PATH ? value->ref : NULL;

    if (ref != NULL && ref->source == NULL) {
        ref = NULL;
    }
    column->node = node;
    column->type = value->type;
    column->ref = ref;
    column->generated = node->text.len > 0 || ref == NULL || ref->generated;
    column->is_part = ref != NULL && ref->is_part;
    if (node->text.len > 0) {
        column->name = node->text;
        /* Under an alias it shows as the query of the view gives it. */
        if (ref != NULL && ecsql_is_computed(ref)) {
            column->type.extended = WEH_STR("");
            column->type.id_kind = ECSQL_ID_NONE;
        }
        return WEH_OK;
    }
    if (ref != NULL) {
        column->name = ref->path;
        return WEH_OK;
    }
    if (value->kind == ECSQL_NAV_VALUE) {
        column->name = value->type.property->name;
        return WEH_OK;
    }
    return ecsql_name_text(context, value, &column->name);
}

static weh_err check_repeated(struct ecsql_context *context, const struct ecsql_node *names,
                              const struct ecsql_node *name)
{
    for (; names != name; names = names->next) {
        if (weh_str_eq_nocase(names->text, name->text)) {
            return ecsql_fail(context->text, name->at, context->diag,
                              "a common table has two columns '%.*s'", WEH_STR_ARGS(name->text));
        }
    }
    return WEH_OK;
}

/* What the columns of WITH name(...) are called; their types are those of the first SELECT that has
 * any. */
static weh_err name_columns(struct ecsql_context *context, struct ecsql_query *query)
{
    uint16_t n = 0;
    weh_err err = WEH_OK;

    for (const struct ecsql_node *name = query->names; name != NULL && err == WEH_OK;
         name = name->next, n++) {
        err = check_repeated(context, query->names, name);
        if (n < query->n_columns) {
            query->columns[n].name = name->text;
            query->columns[n].generated = true;
            query->columns[n].is_part = false;
        }
    }
    if (err != WEH_OK || query->names == NULL) {
        return err;
    }
    if (n != query->n_columns) {
        return ecsql_fail(context->text, query->names->at, context->diag,
                          "a common table has %u names for %u columns", n, query->n_columns);
    }
    return WEH_OK;
}

static weh_err make_columns(struct ecsql_context *context, struct ecsql_query *query)
{
    uint16_t n = 0;
    weh_err err = WEH_OK;

    for (const struct ecsql_node *node = query->selects->columns; node != NULL; node = node->next) {
        if (n++ == ECSQL_MAX_OUTPUTS) {
            return ecsql_fail(context->text, node->at, context->diag, "too many columns");
        }
    }
    query->columns = weh_arena_array(context->arena, (size_t)n + 1, sizeof(*query->columns));
    if (query->columns == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (const struct ecsql_node *node = query->selects->columns; node != NULL && err == WEH_OK;
         node = node->next) {
        struct ecsql_column *column = &query->columns[query->n_columns++];

        err = make_column(context, node, column);
        column->first_cell = query->n_cells;
        query->n_cells = (uint16_t)(query->n_cells + ecsql_type_cells(&column->type));
    }
    return err == WEH_OK ? name_columns(context, query) : err;
}

/* A function of a parameter has no type that could be compared. */
static bool has_type(const struct ecsql_node *value)
{
    return value->kind == ECSQL_PARAM || value->type.kind != ECSQL_TYPE_UNSET;
}

/* Columns of two selects beside each other. */
static bool columns_match(const struct ecsql_node *a, const struct ecsql_node *b)
{
    while (a != NULL && b != NULL && has_type(a->a) && has_type(b->a) &&
           ecsql_type_mismatch(&a->a->type, &b->a->type) == NULL) {
        a = a->next;
        b = b->next;
    }
    return a == NULL && b == NULL;
}

/* The selects behind the first: as many columns, and types for those that are NULL in the first. */
static weh_err join_columns(struct ecsql_context *context, struct ecsql_query *query,
                            const struct ecsql_select *select, const struct ecsql_node *above)
{
    uint16_t n = 0;
    bool fits = columns_match(above, select->columns);

    for (const struct ecsql_node *node = select->columns; node != NULL; node = node->next, n++) {
        struct ecsql_column *column = &query->columns[n < query->n_columns ? n : 0];
        const struct ecsql_type *type = &node->a->type;

        fits = fits && n < query->n_columns &&
               ecsql_type_cells(&column->type) == ecsql_type_cells(type);
        if (fits && query->names != NULL && type->kind != ECSQL_TYPE_UNSET &&
            (column->type.kind == ECSQL_TYPE_NULL || column->type.kind == ECSQL_TYPE_UNSET)) {
            column->type = *type;
        }
    }
    if (!fits || n != query->n_columns) {
        return ecsql_fail(context->text, select->at, context->diag,
                          "Number of properties in all the select clauses of "
                          "UNION/EXCEPT/INTERSECT must be same in number and type.");
    }
    return WEH_OK;
}

/* ---- selects and queries ---- */

static weh_err check_group(struct ecsql_context *context, const struct ecsql_node *group)
{
    for (; group != NULL; group = group->next) {
        if (group->kind == ECSQL_PARAM || group->type.kind == ECSQL_TYPE_NAVIGATION ||
            (group->kind >= ECSQL_NULL && group->kind <= ECSQL_NOW)) {
            return ecsql_fail(context->text, group->at, context->diag,
                              "Invalid expression in GROUP BY: Parameters, constants, and "
                              "navigation properties are not supported.");
        }
    }
    return WEH_OK;
}

/* Of unknown type: a function of a parameter, or a column that is one. Conditions have none. */
static bool has_no_type(const struct ecsql_node *node)
{
    return (node->type.kind == ECSQL_TYPE_UNSET || node->type.kind == ECSQL_TYPE_NULL) &&
           (node->kind < ECSQL_COMPARE || node->kind > ECSQL_LOGIC);
}

weh_err resolve_check_order(struct ecsql_context *context, const struct ecsql_node *order)
{
    for (; order != NULL; order = order->next) {
        if (!ecsql_type_is_scalar(&order->a->type) || has_no_type(order->a)) {
            return ecsql_fail(context->text, order->at, context->diag,
                              "Invalid expression in ORDER BY: Points, Geometries, navigation "
                              "properties, structs and arrays are not supported.");
        }
    }
    return WEH_OK;
}

static weh_err resolve_windows(struct ecsql_context *context, const struct ecsql_select *select,
                               const struct ecsql_scope *scope)
{
    weh_err err = WEH_OK;

    for (struct ecsql_node *window = select->windows; window != NULL && err == WEH_OK;
         window = window->next) {
        err = resolve_expr(context, window->c, scope);
    }
    return err;
}

/* All but FROM and the columns. */
static weh_err resolve_clauses(struct ecsql_context *context, struct ecsql_select *select,
                               const struct ecsql_scope *scope)
{
    struct ecsql_scope order = *scope;
    weh_err err = WEH_OK;

    order.is_union = select->set_op != ECSQL_OP_NONE;
    if (select->where != NULL) {
        err = resolve_expr(context, select->where, scope);
        err = err == WEH_OK ? resolve_check_condition(context, select->where) : err;
    }
    if (err == WEH_OK) {
        err = resolve_list(context, select->group, scope);
    }
    if (err == WEH_OK) {
        err = check_group(context, select->group);
    }
    if (err == WEH_OK && select->having != NULL) {
        err = resolve_expr(context, select->having, scope);
        err = err == WEH_OK ? resolve_check_condition(context, select->having) : err;
    }
    if (err == WEH_OK) {
        err = resolve_windows(context, select, scope);
    }
    if (err == WEH_OK) {
        err = resolve_list(context, select->order, &order);
    }
    return err == WEH_OK ? resolve_check_order(context, select->order) : err;
}

static weh_err resolve_limit(struct ecsql_context *context, struct ecsql_node *node)
{
    struct ecsql_scope nothing = { .outer = NULL };
    weh_err err = resolve_expr(context, node, &nothing);

    return err == WEH_OK && node->kind == ECSQL_BOOL
               ? ecsql_fail(context->text, node->at, context->diag,
                            "LIMIT and OFFSET must be constant numeric expressions which may have "
                            "parameters.")
               : err;
}

static const struct ecsql_node *named_again(const struct ecsql_node *option)
{
    const struct ecsql_node *other = option->next;

    while (other != NULL && !weh_str_eq_nocase(option->text, other->text)) {
        other = other->next;
    }
    return other;
}

static weh_err check_options(struct ecsql_context *context, const struct ecsql_node *options)
{
    for (const struct ecsql_node *option = options; option != NULL; option = option->next) {
        const struct ecsql_node *again = named_again(option);

        if (again != NULL) {
            return ecsql_fail(context->text, again->at, context->diag,
                              "Multiple options with same name ('%.*s') are not supported.",
                              WEH_STR_ARGS(again->text));
        }
    }
    return WEH_OK;
}

static weh_err resolve_select(struct ecsql_context *context, struct ecsql_query *query,
                              struct ecsql_select *select, const struct ecsql_scope *outer)
{
    struct ecsql_scope scope = { .outer = outer, .query = query, .select = select };
    uint16_t cell = 0;
    weh_err err = resolve_from(context, &scope);

    if (err == WEH_OK) {
        err = resolve_stars(context, select);
    }
    for (struct ecsql_node *column = select->columns; column != NULL && err == WEH_OK;
         column = column->next) {
        err = resolve_expr(context, column->a, &scope);
        column->query = query;
        column->cell = cell;
        cell = (uint16_t)(cell + ecsql_type_cells(&column->a->type));
    }
    if (err == WEH_OK) {
        err = resolve_clauses(context, select, &scope);
    }
    /* Constant: no names can be seen. */
    if (err == WEH_OK && select->limit != NULL) {
        err = resolve_limit(context, select->limit);
    }
    if (err == WEH_OK && select->offset != NULL) {
        err = resolve_limit(context, select->offset);
    }
    return err == WEH_OK ? check_options(context, select->options) : err;
}

weh_err resolve_query(struct ecsql_context *context, struct ecsql_query *query,
                      const struct ecsql_scope *outer)
{
    struct ecsql_scope own = { .outer = outer, .query = query };
    const struct ecsql_node *above = NULL; /* columns of the select before */
    weh_err err = WEH_OK;

    if (query->resolved) {
        return WEH_OK;
    }
    for (struct ecsql_select *select = query->selects; select != NULL && err == WEH_OK;
         select = select->next) {
        err = resolve_select(context, query, select, outer);
        if (err == WEH_OK) {
            err = select == query->selects ? make_columns(context, query)
                                           : join_columns(context, query, select, above);
        }
        above = select->columns;
    }
    /* Those that nothing refers to must be right all the same. */
    for (struct ecsql_cte *cte = query->ctes; cte != NULL && err == WEH_OK; cte = cte->next) {
        if (!cte->query->resolved && !cte->in_use) {
            cte->in_use = true;
            err = resolve_query(context, cte->query, &own);
            cte->in_use = false;
        }
    }
    query->resolved = err == WEH_OK;
    return err;
}

/* Room for one more, not for the most at once: it stays with the compiled query, and most have few. */
static weh_err grow_params(struct ecsql_context *context)
{
    const uint16_t room =
        context->n_params_room == 0 ? FIRST_PARAMS : (uint16_t)(context->n_params_room * 2);
    struct ecsql_param *params = weh_arena_array(context->arena, room, sizeof(*params));

    if (params == NULL) {
        return weh_fail_nomem(context->diag);
    }
    if (context->n_params > 0) {
        memcpy(params, context->params, context->n_params * sizeof(*params));
    }
    context->params = params;
    context->n_params_room = room;
    return WEH_OK;
}

weh_err resolve_add_param(struct ecsql_context *context, struct weh_str name)
{
    weh_err err = context->n_params == context->n_params_room ? grow_params(context) : WEH_OK;

    if (err == WEH_OK) {
        context->params[context->n_params++] = (struct ecsql_param){ .name = name, .n_cells = 1 };
    }
    return err;
}

weh_err ecsql_resolve(struct ecsql_context *context)
{
    return resolve_query(context, context->tree->query, NULL);
}
