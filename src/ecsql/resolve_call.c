/* src/ecsql/resolve_call.c - function calls and windows. */
#include "function.h"
#include "parse.h"
#include "resolve.h"
#include "sql.h"

static weh_err no_function(struct ecsql_context *context, const struct ecsql_node *node)
{
    const struct ecsql_function *near = ecsql_function_suggest(node->text);

    return ecsql_fail(context->text, node->at, context->diag, "no such function: %.*s%s%s%s",
                      WEH_STR_ARGS(node->text), near == NULL ? "" : ". Did you mean '",
                      near == NULL ? "" : near->name, near == NULL ? "" : "'?");
}

/* A call that is of its argument's type. */
static struct ecsql_type type_of_arg(const struct ecsql_node *arg)
{
    struct ecsql_type type = arg->type;

    if (arg->kind == ECSQL_PATH && arg->ref != NULL && ecsql_is_computed(arg->ref)) {
        type.extended = WEH_STR("");
    }
    return type;
}

static void call_type(struct ecsql_node *node)
{
    const struct ecsql_node *arg = node->a;

    if (node->function->result != WEH_EC_NONE) {
        node->type = ecsql_type_of(node->function->result);
        return;
    }
    while (arg != NULL && arg->type.kind == ECSQL_TYPE_NULL) {
        arg = arg->next;
    }
    /* Of a parameter nobody knows: then it cannot be a column. */
    node->type = arg == NULL ? ecsql_type_of(WEH_EC_DOUBLE) : type_of_arg(arg);
}

static weh_err check_arg(struct ecsql_context *context, const struct ecsql_node *node,
                         struct ecsql_node *arg)
{
    struct ecsql_type number = ecsql_type_of(WEH_EC_DOUBLE);

    if (arg->kind == ECSQL_PARAM) {
        resolve_tell_param(context, arg, &number);
        arg->type = (struct ecsql_type){ .kind = ECSQL_TYPE_UNSET };
    }
    if (!ecsql_type_is_scalar(&arg->type) ||
        (arg->kind != ECSQL_PARAM && arg->type.kind == ECSQL_TYPE_UNSET)) {
        return ecsql_fail(context->text, arg->at, context->diag,
                          "Function '%.*s' can only be called with primitive arguments.",
                          WEH_STR_ARGS(node->text));
    }
    return WEH_OK;
}

static weh_err check_args(struct ecsql_context *context, struct ecsql_node *node, uint32_t *n)
{
    bool is_set = weh_str_eq_nocase(node->text, WEH_STR("InVirtualSet"));
    bool is_count = weh_str_eq_nocase(node->text, WEH_STR("count"));
    weh_err err = WEH_OK;

    *n = 0;
    for (struct ecsql_node *arg = node->a; arg != NULL && err == WEH_OK; arg = arg->next, ++*n) {
        if (is_count && arg->kind != ECSQL_PARAM &&
            (arg->type.kind == ECSQL_TYPE_UNSET || arg->type.kind == ECSQL_TYPE_ARRAY ||
             arg->type.kind == ECSQL_TYPE_STRUCT_ARRAY)) {
            continue;
        }
        if (!is_set || *n > 0) {
            err = check_arg(context, node, arg);
        } else if (arg->kind == ECSQL_PARAM) {
            context->params[arg->param - 1].is_set = true;
        } else {
            err =
                ecsql_fail(context->text, arg->at, context->diag,
                           "The function 'InVirtualSet' can only be called with a parameter as "
                           "the first argument, for example, InVirtualSet(?, <second argument>).");
        }
    }
    return err;
}

weh_err resolve_call(struct ecsql_context *context, struct ecsql_node *node,
                     const struct ecsql_scope *scope)
{
    const struct ecsql_function *function = ecsql_function_find(node->text);
    uint32_t n = 0;
    weh_err err = resolve_list(context, node->a, scope);

    if (err != WEH_OK) {
        return err;
    }
    if (function == NULL) {
        return no_function(context, node);
    }
    node->function = function;
    context->is_random = context->is_random || ecsql_function_is_random(function);
    err = check_args(context, node, &n);
    if (err == WEH_OK && (n < function->min_args || n > function->max_args)) {
        err = ecsql_fail(context->text, node->at, context->diag,
                         "wrong number of arguments to function %.*s()", WEH_STR_ARGS(node->text));
    }
    if (err == WEH_OK) {
        call_type(node);
    }
    return err;
}

static weh_err check_window_name(struct ecsql_context *context, struct ecsql_node *node,
                                 const struct ecsql_scope *scope)
{
    const struct ecsql_node *window = scope->select == NULL ? NULL : scope->select->windows;

    for (uint16_t i = 0; window != NULL; window = window->next, i++) {
        if (weh_str_eq_nocase(window->text, node->text)) {
            node->cell = i;
            return WEH_OK;
        }
    }
    return ecsql_fail(context->text, node->at, context->diag, "no such window: %.*s",
                      WEH_STR_ARGS(node->text));
}

/* What PARTITION BY names is one column. */
static weh_err resolve_partition(struct ecsql_context *context, struct ecsql_node *list,
                                 const struct ecsql_scope *scope)
{
    weh_err err = WEH_OK;

    for (; list != NULL && err == WEH_OK; list = list->next) {
        struct ecsql_node *item = list->kind == ECSQL_COLLATE ? list->a : list;

        err = resolve_expr(context, item, scope);
        if (err == WEH_OK && ecsql_type_cells(&item->type) > 1) {
            err = ecsql_fail(context->text, item->at, context->diag,
                             "PARTITION BY takes no point, navigation property or struct");
        }
    }
    return err;
}

weh_err resolve_window(struct ecsql_context *context, struct ecsql_node *node,
                       const struct ecsql_scope *scope)
{
    weh_err err = WEH_OK;

    if (node->text.len > 0) {
        err = check_window_name(context, node, scope);
    }
    if (node->kind == ECSQL_NAME || err != WEH_OK) {
        return err;
    }
    err = resolve_partition(context, node->a, scope);
    if (err == WEH_OK) {
        err = resolve_list(context, node->b, scope);
    }
    if (err == WEH_OK) {
        err = resolve_check_order(context, node->b);
    }
    for (struct ecsql_node *bound = node->c == NULL ? NULL : node->c->a;
         bound != NULL && err == WEH_OK; bound = bound->next) {
        err = bound->a == NULL ? WEH_OK : resolve_expr(context, bound->a, scope);
    }
    return err;
}

weh_err resolve_over(struct ecsql_context *context, struct ecsql_node *node,
                     const struct ecsql_scope *scope)
{
    weh_err err = resolve_call(context, node->a, scope);

    if (err == WEH_OK && node->b != NULL) {
        err = resolve_expr(context, node->b, scope);
    }
    if (err == WEH_OK) {
        err = resolve_window(context, node->c, scope);
    }
    node->type = node->a->type;
    return err;
}
