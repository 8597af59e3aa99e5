/* src/ecsql/resolve_expr.c - values and conditions: their types, and what may stand beside what.
 *
 * Types are those that the native library 5.1.72 tells in column metadata: arithmetic is double, bits
 * are long, whatever the operands are. Recursion is as deep as the tree (ECSQL_MAX_DEPTH).
 */
#include "weh/ec_value.h"

#include "parse.h"
#include "resolve.h"

static weh_err wrong(struct ecsql_context *context, const struct ecsql_node *node, const char *what)
{
    return ecsql_fail(context->text, node->at, context->diag, "%s", what);
}

weh_err resolve_list(struct ecsql_context *context, struct ecsql_node *list,
                     const struct ecsql_scope *scope)
{
    weh_err err = WEH_OK;

    for (; list != NULL && err == WEH_OK; list = list->next) {
        err = resolve_expr(context, list, scope);
    }
    return err;
}

/* ---- parameters ---- */

static weh_err resolve_param(struct ecsql_context *context, struct ecsql_node *node)
{
    uint16_t number = context->n_params;
    weh_err err = WEH_OK;

    context->n_param_uses++;
    for (uint16_t i = 0; i < context->n_params && node->text.len > 0; i++) {
        if (weh_str_eq_nocase(context->params[i].name, node->text)) {
            number = i;
        }
    }
    if (number == context->n_params) {
        if (context->n_params == ECSQL_MAX_PARAMS) {
            return wrong(context, node, "too many parameters");
        }
        err = resolve_add_param(context, node->text);
    }
    node->param = (uint16_t)(number + 1);
    node->type = (struct ecsql_type){ .kind = ECSQL_TYPE_UNSET };
    return err;
}

/* @node, if it is a parameter, is used where a value of @type is. */
void resolve_tell_param(struct ecsql_context *context, struct ecsql_node *node,
                        const struct ecsql_type *type)
{
    struct ecsql_param *param;
    uint16_t n;

    if (node->kind != ECSQL_PARAM || type->kind == ECSQL_TYPE_UNSET ||
        type->kind == ECSQL_TYPE_NULL) {
        return;
    }
    param = &context->params[node->param - 1];
    if (param->type.kind == ECSQL_TYPE_UNSET) {
        param->type = *type;
    }
    node->type = *type;
    n = ecsql_type_cells(type);
    param->n_cells = n > param->n_cells ? n : param->n_cells;
}

/* Conditions about nothing but a parameter are refused, as there. */
weh_err resolve_check_condition(struct ecsql_context *context, const struct ecsql_node *node)
{
    return node->kind == ECSQL_PARAM
               ? wrong(context, node,
                       "Type mismatch in expression. Unary predicates cannot be parametrized.")
               : WEH_OK;
}

/* ---- operators ---- */

static weh_err resolve_chain(struct ecsql_context *context, struct ecsql_node *node,
                             const struct ecsql_scope *scope)
{
    enum ecsql_op op = node->a->next->infix;
    bool texts = op == ECSQL_OP_CONCAT ||
                 (op == ECSQL_OP_ADD && node->a->kind == ECSQL_STRING && node->a->parens == 0);
    bool bits = op == ECSQL_OP_SHIFT_LEFT || op == ECSQL_OP_SHIFT_RIGHT || op == ECSQL_OP_BIT_AND ||
                op == ECSQL_OP_BIT_OR;
    weh_err err = resolve_list(context, node->a, scope);

    node->type = ecsql_type_of(texts ? WEH_EC_STRING : bits ? WEH_EC_LONG : WEH_EC_DOUBLE);
    for (struct ecsql_node *operand = node->a; operand != NULL && err == WEH_OK;
         operand = operand->next) {
        resolve_tell_param(context, operand, &node->type);
        if (operand->type.kind == ECSQL_TYPE_UNSET || operand->kind == ECSQL_PARAM) {
            continue;
        }
        if (operand->type.kind != ECSQL_TYPE_PRIMITIVE) {
            err = wrong(context, operand, "Expecting a primitive value expression as operand.");
        } else if (texts && !ecsql_type_is_string(&operand->type)) {
            err = wrong(context, operand, "Expecting value expression of type String as operand.");
        } else if (!texts && !ecsql_type_is_number(&operand->type)) {
            err = wrong(context, operand, "Expecting a numeric value expression as operand.");
        }
        if (operand->infix == ECSQL_OP_ADD && texts) {
            operand->infix = ECSQL_OP_CONCAT;
        }
    }
    return err;
}

static weh_err resolve_unary(struct ecsql_context *context, struct ecsql_node *node,
                             const struct ecsql_scope *scope)
{
    bool bits = node->op == ECSQL_OP_BIT_NOT;
    weh_err err = resolve_expr(context, node->a, scope);

    node->type = ecsql_type_of(bits ? WEH_EC_LONG : WEH_EC_DOUBLE);
    if (err != WEH_OK || node->a->kind == ECSQL_PARAM) {
        resolve_tell_param(context, node->a, &node->type);
        return err;
    }
    if (!bits && !ecsql_type_is_number(&node->a->type)) {
        return wrong(context, node, "Unary operator expects a numeric type expression");
    }
    if (bits && !ecsql_type_is_whole_number(&node->a->type)) {
        return wrong(context, node, "Unary operator expects an integral type expression");
    }
    return WEH_OK;
}

/* A column that WITH name(...) names: its type is not asked for. */
static bool is_named_column(const struct ecsql_node *node)
{
    const struct ecsql_source *source =
        node->kind == ECSQL_PATH && node->ref != NULL ? node->ref->source : NULL;

    return source != NULL && source->kind == ECSQL_SOURCE_CTE && source->query->names != NULL;
}

/* Is @node, whose type nobody knows, more than a parameter? */
static bool is_unknown(const struct ecsql_node *node)
{
    return node->type.kind == ECSQL_TYPE_UNSET && node->kind != ECSQL_PARAM &&
           !is_named_column(node);
}

static const char *pair_mismatch(const struct ecsql_node *a, const struct ecsql_node *b,
                                 bool has_params)
{
    bool lost = (a->kind == ECSQL_PARAM && a->text.len == 0 && is_unknown(b)) ||
                (b->kind == ECSQL_PARAM && b->text.len == 0 && is_unknown(a));

    if (lost ||
        ((is_unknown(a) || is_unknown(b)) &&
         (!has_params || !ecsql_type_is_scalar(&a->type) || !ecsql_type_is_scalar(&b->type)))) {
        return "Type mismatch in expression.";
    }
    if (has_params && a->type.primitive == WEH_EC_DATETIME &&
        b->type.primitive == WEH_EC_DATETIME) {
        return NULL;
    }
    return ecsql_type_mismatch(&a->type, &b->type);
}

/* Both sides of a comparison; @equality: = <> IN IS, which values of several columns can stand.
 * @has_params: there are parameters somewhere in them, so types are taken as they come. */
static weh_err check_pair(struct ecsql_context *context, struct ecsql_node *a, struct ecsql_node *b,
                          bool equality, bool has_params)
{
    const char *what = pair_mismatch(a, b, has_params);

    resolve_tell_param(context, a, &b->type);
    resolve_tell_param(context, b, &a->type);
    if (what == NULL && b->kind != ECSQL_NULL &&
        (a->type.kind == ECSQL_TYPE_STRUCT_ARRAY || b->type.kind == ECSQL_TYPE_STRUCT_ARRAY)) {
        what = "Type mismatch in expression. Operator not supported with struct arrays or structs "
               "that contain struct arrays.";
    }
    if (what == NULL && !equality &&
        (!ecsql_type_is_scalar(&a->type) || !ecsql_type_is_scalar(&b->type))) {
        what = "Type mismatch in expression. Operator not supported with point, geometry, "
               "navigation properties, struct or primitive array operands.";
    }
    return what == NULL ? WEH_OK : wrong(context, a, what);
}

/* IS NULL, IS TRUE: about values of any type. */
static bool is_truth(const struct ecsql_node *node)
{
    return node->kind == ECSQL_IS && node->b->parens == 0 &&
           (node->b->kind == ECSQL_NULL || node->b->kind == ECSQL_BOOL);
}

static weh_err resolve_compare(struct ecsql_context *context, struct ecsql_node *node,
                               const struct ecsql_scope *scope)
{
    bool equality = node->kind == ECSQL_IS || node->op == ECSQL_OP_EQ || node->op == ECSQL_OP_NE;
    uint32_t before = context->n_param_uses;
    weh_err err = resolve_expr(context, node->a, scope);

    if (err == WEH_OK) {
        err = resolve_expr(context, node->b, scope);
    }
    if (err == WEH_OK && node->b->op == ECSQL_OP_UNKNOWN) {
        err = wrong(context, node, "Type mismatch in expression: IS UNKNOWN is not supported.");
    }
    if (err == WEH_OK && is_truth(node) && node->a->kind == ECSQL_PARAM) {
        err =
            wrong(context, node, "Type mismatch in expression. IS takes no parameter on its left.");
    }
    if (err == WEH_OK && node->kind == ECSQL_IS && node->b->kind == ECSQL_NULL) {
        err = resolve_check_condition(context, node->a);
    }
    return err == WEH_OK ? check_pair(context, node->a, node->b, equality,
                                      is_truth(node) || context->n_param_uses != before)
                         : err;
}

/* A bound of BETWEEN has a type: neither NULL nor a function of a parameter. */
static weh_err check_bound(struct ecsql_context *context, const struct ecsql_node *bound)
{
    return bound->kind == ECSQL_PARAM || bound->type.kind == ECSQL_TYPE_PRIMITIVE
               ? WEH_OK
               : wrong(context, bound,
                       "Invalid BETWEEN expression. Operands must be of numeric, date/timestamp, "
                       "or string type.");
}

/* BETWEEN and LIKE. */
static weh_err resolve_three(struct ecsql_context *context, struct ecsql_node *node,
                             const struct ecsql_scope *scope)
{
    uint32_t before = context->n_param_uses;
    struct ecsql_node *parts[] = { node->a, node->b, node->c };
    struct ecsql_type string = ecsql_type_of(WEH_EC_STRING);
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(parts) && err == WEH_OK; i++) {
        err = parts[i] == NULL ? WEH_OK : resolve_expr(context, parts[i], scope);
    }
    if (err == WEH_OK && node->kind == ECSQL_BETWEEN) {
        err = resolve_check_condition(context, node->a);
    }
    for (size_t i = 1; i < WEH_ARRAY_LEN(parts) && err == WEH_OK; i++) {
        if (parts[i] != NULL) {
            err = check_pair(context, node->a, parts[i], false, context->n_param_uses != before);
        }
        if (err == WEH_OK && node->kind == ECSQL_BETWEEN) {
            err = check_bound(context, parts[i]);
        }
        if (parts[i] != NULL && node->kind == ECSQL_LIKE) {
            resolve_tell_param(context, parts[i], &string);
        }
    }
    return err;
}

/* The one column of the subquery @node. */
static weh_err one_column(struct ecsql_context *context, struct ecsql_node *node)
{
    const struct ecsql_query *query = node->query;

    if (query->n_columns != 1) {
        return wrong(context, node, "Subquery must return exactly one column.");
    }
    node->type = query->columns[0].type;
    return WEH_OK;
}

static weh_err resolve_in(struct ecsql_context *context, struct ecsql_node *node,
                          const struct ecsql_scope *scope)
{
    uint32_t before = context->n_param_uses;
    weh_err err = resolve_expr(context, node->a, scope);

    if (err == WEH_OK && node->b->kind != ECSQL_SUBQUERY) {
        err = resolve_check_condition(context, node->a);
    }
    for (struct ecsql_node *value = node->b; value != NULL && err == WEH_OK; value = value->next) {
        err = resolve_expr(context, value, scope);
        if (err == WEH_OK) {
            err = check_pair(context, node->a, value, true, context->n_param_uses != before);
        }
    }
    return err;
}

/* a op ALL|ANY|SOME (subquery) */
static weh_err resolve_quantified(struct ecsql_context *context, struct ecsql_node *node,
                                  const struct ecsql_scope *scope)
{
    uint32_t before = context->n_param_uses;
    weh_err err = resolve_expr(context, node->a, scope);

    if (err == WEH_OK) {
        err = resolve_expr(context, node->b, scope);
    }
    return err == WEH_OK
               ? check_pair(context, node->a, node->b, false, context->n_param_uses != before)
               : err;
}

static weh_err resolve_types(struct ecsql_context *context, struct ecsql_node *node,
                             const struct ecsql_scope *scope)
{
    weh_err err = resolve_expr(context, node->a, scope);

    for (struct ecsql_node *type = node->b; type != NULL && err == WEH_OK; type = type->next) {
        err = resolve_class(context, type->a, &type->ec_class);
        if (err == WEH_OK) {
            err = resolve_check_queryable(context, type, type->ec_class);
        }
    }
    if (err == WEH_OK && !ecsql_type_is_scalar(&node->a->type)) {
        err = wrong(context, node->a, "Type mismatch in expression.");
    }
    return err;
}

/* ---- CASE, IIF, CAST ---- */

static weh_err check_result(struct ecsql_context *context, const struct ecsql_node *node)
{
    return ecsql_type_is_scalar(&node->type) &&
                   (node->kind == ECSQL_PARAM || node->type.kind != ECSQL_TYPE_UNSET)
               ? WEH_OK
               : wrong(context, node, "a CASE or IIF must give a primitive value");
}

static bool says_type(const struct ecsql_node *node)
{
    return node != NULL && node->type.kind != ECSQL_TYPE_UNSET &&
           node->type.kind != ECSQL_TYPE_NULL;
}

static weh_err resolve_when(struct ecsql_context *context, const struct ecsql_node *when,
                            const struct ecsql_scope *scope)
{
    weh_err err = resolve_expr(context, when->a, scope);

    if (err == WEH_OK) {
        err = resolve_check_condition(context, when->a);
    }
    if (err == WEH_OK) {
        err = resolve_expr(context, when->b, scope);
    }
    if (err == WEH_OK && when->b->kind == ECSQL_PARAM) {
        err = wrong(context, when->b, "The type of a parameter in THEN cannot be told.");
    }
    return err == WEH_OK ? check_result(context, when->b) : err;
}

static weh_err resolve_case(struct ecsql_context *context, struct ecsql_node *node,
                            const struct ecsql_scope *scope)
{
    const struct ecsql_node *typed = NULL;
    weh_err err = WEH_OK;

    for (struct ecsql_node *when = node->a; when != NULL && err == WEH_OK; when = when->next) {
        err = resolve_when(context, when, scope);
        typed = typed == NULL && says_type(when->b) ? when->b : typed;
    }
    if (err == WEH_OK && node->b != NULL) {
        err = resolve_expr(context, node->b, scope);
        if (err == WEH_OK) {
            err = check_result(context, node->b);
        }
        typed = typed == NULL && says_type(node->b) ? node->b : typed;
    }
    node->type = typed != NULL ? typed->type : ecsql_type_of(WEH_EC_STRING);
    return err;
}

static weh_err resolve_iif(struct ecsql_context *context, struct ecsql_node *node,
                           const struct ecsql_scope *scope)
{
    struct ecsql_node *parts[] = { node->a, node->b, node->c };
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(parts) && err == WEH_OK; i++) {
        err = resolve_expr(context, parts[i], scope);
        if (err == WEH_OK) {
            err = i == 0 ? resolve_check_condition(context, parts[i])
                         : check_result(context, parts[i]);
        }
    }
    /* The last that says something counts. */
    node->type = ecsql_type_of(WEH_EC_STRING);
    if (says_type(node->b)) {
        node->type = node->b->type;
    }
    if (says_type(node->c)) {
        node->type = node->c->type;
    }
    return err;
}

static enum weh_ec_primitive cast_type(struct weh_str name)
{
    static const struct {
        const char *name;
        enum weh_ec_primitive primitive;
    } names[] = {
        { "int", WEH_EC_INT },
        { "integer", WEH_EC_INT },
        { "int32", WEH_EC_INT },
        { "float", WEH_EC_DOUBLE },
        { "double", WEH_EC_DOUBLE },
        { "real", WEH_EC_DOUBLE },
        { "long", WEH_EC_LONG },
        { "int64", WEH_EC_LONG },
        { "bigint", WEH_EC_LONG },
        { "string", WEH_EC_STRING },
        { "text", WEH_EC_STRING },
        { "varchar", WEH_EC_STRING },
        { "timestamp", WEH_EC_DATETIME },
        { "datetime", WEH_EC_DATETIME },
        { "date", WEH_EC_DATETIME },
        { "binary", WEH_EC_BINARY },
        { "blob", WEH_EC_BINARY },
        { "boolean", WEH_EC_BOOLEAN },
        { "bool", WEH_EC_BOOLEAN },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_nocase(name, weh_str_from(names[i].name))) {
            return names[i].primitive;
        }
    }
    return WEH_EC_NONE;
}

static weh_err resolve_cast(struct ecsql_context *context, struct ecsql_node *node,
                            const struct ecsql_scope *scope)
{
    enum weh_ec_primitive primitive = cast_type(node->text);
    weh_err err = resolve_expr(context, node->a, scope);

    if (err != WEH_OK) {
        return err;
    }
    if (node->a->kind == ECSQL_PARAM) {
        return wrong(context, node, "Parameters are not supported in a CAST expression.");
    }
    if (!ecsql_type_is_scalar(&node->a->type) || is_unknown(node->a)) {
        return wrong(context, node,
                     "CAST expects operand to be a primitive value expression or the null "
                     "constant.");
    }
    if (node->b != NULL) {
        return ecsql_cast_enumeration(context, node);
    }
    if (primitive == WEH_EC_NONE) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "Invalid CAST target type '%.*s'.", WEH_STR_ARGS(node->text));
    }
    node->type = ecsql_type_of(primitive);
    return WEH_OK;
}

/* ---- all of them ---- */

/* NOT, AND and OR: none of their parts is nothing but a parameter. */
static weh_err resolve_logic(struct ecsql_context *context, struct ecsql_node *node,
                             const struct ecsql_scope *scope)
{
    weh_err err = resolve_list(context, node->a, scope);

    for (struct ecsql_node *part = node->a; part != NULL && err == WEH_OK; part = part->next) {
        err = resolve_check_condition(context, part);
    }
    return err;
}

static weh_err resolve_operator(struct ecsql_context *context, struct ecsql_node *node,
                                const struct ecsql_scope *scope)
{
    switch ((unsigned)node->kind) {
    case ECSQL_CHAIN:
        return resolve_chain(context, node, scope);
    case ECSQL_UNARY:
        return resolve_unary(context, node, scope);
    case ECSQL_COMPARE:
    case ECSQL_IS:
        return resolve_compare(context, node, scope);
    case ECSQL_BETWEEN:
    case ECSQL_LIKE:
        return resolve_three(context, node, scope);
    case ECSQL_IN:
        return resolve_in(context, node, scope);
    case ECSQL_QUANTIFIED:
        return resolve_quantified(context, node, scope);
    case ECSQL_IS_TYPE:
        return resolve_types(context, node, scope);
    case ECSQL_EXISTS:
        return resolve_query(context, node->a->query, scope);
    case ECSQL_MATCH: {
        weh_err err = resolve_expr(context, node->a, scope);

        return err == WEH_OK ? resolve_expr(context, node->b, scope) : err;
    }
    case ECSQL_NOT:
    case ECSQL_LOGIC:
        return resolve_logic(context, node, scope);
    default:
        return wrong(context, node, "syntax error");
    }
}

weh_err resolve_expr(struct ecsql_context *context, struct ecsql_node *node,
                     const struct ecsql_scope *scope)
{
    weh_err err;

    switch ((unsigned)node->kind) {
    case ECSQL_NULL:
        node->type = (struct ecsql_type){ .kind = ECSQL_TYPE_NULL };
        return WEH_OK;
    case ECSQL_BOOL:
        node->type = ecsql_type_of(WEH_EC_BOOLEAN);
        return WEH_OK;
    case ECSQL_INTEGER:
        node->type = ecsql_type_of(WEH_EC_LONG);
        return WEH_OK;
    case ECSQL_REAL:
        node->type = ecsql_type_of(WEH_EC_DOUBLE);
        return WEH_OK;
    case ECSQL_STRING:
        node->type = ecsql_type_of(WEH_EC_STRING);
        return WEH_OK;
    case ECSQL_DATETIME:
        return resolve_datetime(context, node);
    case ECSQL_NOW:
        return WEH_OK;
    case ECSQL_PARAM:
        return resolve_param(context, node);
    case ECSQL_PATH:
        return resolve_path(context, node, scope);
    case ECSQL_EXTRACT:
        return resolve_instance(context, node, scope);
    case ECSQL_CALL:
        return resolve_call(context, node, scope);
    case ECSQL_OVER:
        return resolve_over(context, node, scope);
    case ECSQL_WINDOW:
        return resolve_window(context, node, scope);
    case ECSQL_CAST:
        return resolve_cast(context, node, scope);
    case ECSQL_IIF:
        return resolve_iif(context, node, scope);
    case ECSQL_NAV_VALUE:
        return resolve_nav_value(context, node, scope);
    case ECSQL_CASE:
        return resolve_case(context, node, scope);
    case ECSQL_ORDER:
        return resolve_expr(context, node->a, scope);
    case ECSQL_SUBQUERY:
        err = resolve_query(context, node->query, scope);
        return err == WEH_OK ? one_column(context, node) : err;
    default:
        return resolve_operator(context, node, scope);
    }
}
