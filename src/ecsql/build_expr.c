/* src/ecsql/build_expr.c - the tree: values and conditions. Lists, selects and FROM are made by build.c. */
#include "build.h"

static struct ecsql_node *three(struct ecsql_build *p, enum ecsql_kind kind, struct ecsql_node *a,
                                struct ecsql_node *b, struct ecsql_node *c)
{
    struct ecsql_node *node = a == NULL ? NULL : build_node(p, kind, a->at);

    if (node != NULL) {
        node->a = a;
        node->b = b;
        node->c = c;
    }
    return build_deepen(p, node);
}

static struct ecsql_node *negate(struct ecsql_node *node, bool negated)
{
    if (node != NULL) {
        node->negated = negated;
    }
    return node;
}

struct ecsql_node *build_literal(struct ecsql_build *p, const struct ecsql_token *token,
                                 enum ecsql_kind kind)
{
    struct ecsql_node *node = build_node(p, kind, token->at);

    if (node != NULL) {
        node->text = token->text;
        if (kind == ECSQL_BOOL) {
            node->op =
                weh_str_eq_nocase(token->text, WEH_STR("TRUE")) ? ECSQL_OP_TRUE : ECSQL_OP_FALSE;
        }
    }
    return node;
}

struct ecsql_node *build_unknown(struct ecsql_build *p, const struct ecsql_token *token)
{
    struct ecsql_node *node = build_node(p, ECSQL_NULL, token->at);

    if (node != NULL) {
        node->op = ECSQL_OP_UNKNOWN;
    }
    return node;
}

struct ecsql_node *build_param(struct ecsql_build *p, const struct ecsql_token *token,
                               const struct ecsql_token *name)
{
    struct ecsql_node *node = build_node(p, ECSQL_PARAM, token->at);

    if (node == NULL) {
        return NULL;
    }
    if (name != NULL) {
        node->text = name->text;
    }
    if (p->last_param == NULL) {
        p->tree->params = node;
    } else {
        p->last_param->b = node;
    }
    p->last_param = node;
    return node;
}

struct ecsql_node *build_parens(struct ecsql_build *p, struct ecsql_node *node)
{
    if (node == NULL || p->err != WEH_OK) {
        return NULL;
    }
    node->parens++;
    node->depth++;
    return build_deepen(p, node);
}

struct ecsql_node *build_subquery(struct ecsql_build *p, struct ecsql_query *query)
{
    struct ecsql_node *node =
        query == NULL ? NULL : build_node(p, ECSQL_SUBQUERY, query->selects->at);

    if (node != NULL) {
        node->query = query;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_extract(struct ecsql_build *p, struct ecsql_node *instance,
                                 struct ecsql_node *path, bool optional)
{
    struct ecsql_node *node = three(p, ECSQL_EXTRACT, instance, path, NULL);

    if (node != NULL) {
        node->op = optional ? ECSQL_OP_OPTIONAL : ECSQL_OP_NONE;
    }
    return node;
}

static struct ecsql_node *time_node(struct ecsql_build *p, const struct ecsql_token *token,
                                    enum ecsql_kind kind, enum weh_ec_datetime datetime)
{
    struct ecsql_node *node = build_node(p, kind, token->at);

    if (node != NULL) {
        node->text = token->text;
        node->type = ecsql_type_of(WEH_EC_DATETIME);
        node->type.datetime = datetime;
        node->type.datetime_said = true;
    }
    return node;
}

struct ecsql_node *build_datetime(struct ecsql_build *p, const struct ecsql_token *token,
                                  const struct ecsql_token *text, enum weh_ec_datetime kind)
{
    struct ecsql_node *node = time_node(p, token, ECSQL_DATETIME, kind);

    if (node != NULL) {
        node->text = text->text;
    }
    return node;
}

struct ecsql_node *build_now(struct ecsql_build *p, const struct ecsql_token *token,
                             enum weh_ec_datetime kind)
{
    return time_node(p, token, ECSQL_NOW, kind);
}

struct ecsql_node *build_unary(struct ecsql_build *p, const struct ecsql_token *token,
                               enum ecsql_op op, struct ecsql_node *a)
{
    struct ecsql_node *node = three(p, ECSQL_UNARY, a, NULL, NULL);

    if (node != NULL) {
        node->op = op;
        node->at = token->at;
    }
    return node;
}

/* Operators of one strength: they bind from left to right, so a list of operands says the same as a
 * tree. */
static unsigned strength(enum ecsql_op op)
{
    switch ((unsigned)op) {
    case ECSQL_OP_MULTIPLY:
    case ECSQL_OP_DIVIDE:
    case ECSQL_OP_MODULO:
        return 1;
    case ECSQL_OP_ADD:
    case ECSQL_OP_SUBTRACT:
        return 2;
    case ECSQL_OP_CONCAT:
        return 4;
    default:
        return 3;
    }
}

/* @a, a list already or to become one, and @b behind it. The last of the list is kept in c. */
static struct ecsql_node *extend(struct ecsql_build *p, enum ecsql_kind kind, bool is_list,
                                 struct ecsql_node *a, struct ecsql_node *b)
{
    struct ecsql_node *list = a;

    if (a == NULL || b == NULL || p->err != WEH_OK) {
        return NULL;
    }
    if (!is_list) {
        list = build_node(p, kind, a->at);
        if (list == NULL) {
            return NULL;
        }
        list->a = a;
        list->c = a;
        list->depth = (uint16_t)(a->depth + 1);
    }
    list->c->next = b;
    list->c = b;
    if (b->depth >= list->depth) {
        list->depth = (uint16_t)(b->depth + 1);
    }
    build_check_depth(p, list->depth, list->at);
    return list;
}

struct ecsql_node *build_chain(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                               struct ecsql_node *b)
{
    bool is_list = a != NULL && a->kind == ECSQL_CHAIN && a->parens == 0 &&
                   strength(a->c->infix) == strength(op);
    struct ecsql_node *node;

    node = extend(p, ECSQL_CHAIN, is_list, a, b);
    if (node != NULL) {
        b->infix = op;
    }
    return node;
}

struct ecsql_node *build_logic(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                               struct ecsql_node *b)
{
    bool is_list = a != NULL && a->kind == ECSQL_LOGIC && a->parens == 0 && a->op == op;
    struct ecsql_node *node = extend(p, ECSQL_LOGIC, is_list, a, b);

    if (node != NULL) {
        node->op = op;
    }
    return node;
}

struct ecsql_node *build_not(struct ecsql_build *p, const struct ecsql_token *token,
                             struct ecsql_node *a)
{
    struct ecsql_node *node = three(p, ECSQL_NOT, a, NULL, NULL);

    if (node != NULL) {
        node->at = token->at;
    }
    return node;
}

struct ecsql_node *build_compare(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                                 struct ecsql_node *b)
{
    struct ecsql_node *node = b == NULL ? NULL : three(p, ECSQL_COMPARE, a, b, NULL);

    if (node != NULL) {
        node->op = op;
    }
    return node;
}

struct ecsql_node *build_quantified(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                                    enum ecsql_op some, struct ecsql_node *subquery)
{
    struct ecsql_node *node =
        subquery == NULL ? NULL : three(p, ECSQL_QUANTIFIED, a, subquery, NULL);

    if (node != NULL) {
        node->op = op;
        node->negated = some == ECSQL_OP_ALL;
    }
    return node;
}

struct ecsql_node *build_between(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                                 struct ecsql_node *b, struct ecsql_node *c)
{
    return b == NULL || c == NULL ? NULL : negate(three(p, ECSQL_BETWEEN, a, b, c), negated);
}

struct ecsql_node *build_like(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                              struct ecsql_node *b, struct ecsql_node *escape)
{
    return b == NULL ? NULL : negate(three(p, ECSQL_LIKE, a, b, escape), negated);
}

struct ecsql_node *build_in(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                            struct ecsql_node *values)
{
    return values == NULL ? NULL : negate(three(p, ECSQL_IN, a, values, NULL), negated);
}

struct ecsql_node *build_match(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                               struct ecsql_node *b)
{
    return b == NULL ? NULL : negate(three(p, ECSQL_MATCH, a, b, NULL), negated);
}

struct ecsql_node *build_is(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                            struct ecsql_node *b)
{
    if (a == NULL || b == NULL) {
        return NULL;
    }
    /* "ECClassId IS (bis.Element)" reads like a property in parentheses. */
    if (b->kind == ECSQL_PATH && b->parens == 1 && b->a->next != NULL) {
        return build_is_types(p, a, negated, build_list(build_class_of(p, b)));
    }
    return negate(three(p, ECSQL_IS, a, b, NULL), negated);
}

struct ecsql_node *build_is_types(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                                  struct ecsql_list types)
{
    return types.first == NULL ? NULL
                               : negate(three(p, ECSQL_IS_TYPE, a, types.first, NULL), negated);
}

struct ecsql_node *build_exists(struct ecsql_build *p, struct ecsql_node *subquery)
{
    return three(p, ECSQL_EXISTS, subquery, NULL, NULL);
}

struct ecsql_node *build_unique(struct ecsql_build *p, const struct ecsql_token *token,
                                struct ecsql_node *subquery)
{
    (void)subquery;
    build_fail(p, "UNIQUE (subquery) is not supported", token->at);
    return NULL;
}

struct ecsql_node *build_when(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_node *condition, struct ecsql_node *value)
{
    struct ecsql_node *node = value == NULL ? NULL : three(p, ECSQL_WHEN, condition, value, NULL);

    if (node != NULL) {
        node->at = token->at;
    }
    return node;
}

struct ecsql_node *build_case(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_list whens, struct ecsql_node *otherwise)
{
    struct ecsql_node *node = three(p, ECSQL_CASE, whens.first, otherwise, NULL);

    if (node != NULL) {
        node->at = token->at;
    }
    return node;
}

struct ecsql_node *build_cast(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_node *value, const struct ecsql_token *schema,
                              const struct ecsql_token *type)
{
    struct ecsql_node *node = three(p, ECSQL_CAST, value, NULL, NULL);

    if (node != NULL) {
        node->at = token->at;
        node->text = type->text;
        node->b = schema == NULL ? NULL : build_name(p, schema);
    }
    return node;
}

struct ecsql_node *build_iif(struct ecsql_build *p, const struct ecsql_token *token,
                             struct ecsql_node *a, struct ecsql_node *b, struct ecsql_node *c)
{
    struct ecsql_node *node = b == NULL || c == NULL ? NULL : three(p, ECSQL_IIF, a, b, c);

    if (node != NULL) {
        node->at = token->at;
    }
    return node;
}

struct ecsql_node *build_nav_value(struct ecsql_build *p, const struct ecsql_token *token,
                                   struct ecsql_node *path, struct ecsql_list values)
{
    struct ecsql_node *id = values.first;
    struct ecsql_node *class_id = id == NULL ? NULL : id->next;
    struct ecsql_node *node = NULL;

    if (path != NULL && id != NULL) {
        id->next = NULL;
        node = three(p, ECSQL_NAV_VALUE, path, id, class_id);
    }
    if (node != NULL) {
        node->at = token->at;
    }
    return node;
}

struct ecsql_node *build_call(struct ecsql_build *p, const struct ecsql_token *name,
                              enum ecsql_op quantifier, const struct ecsql_list *args)
{
    struct ecsql_node *node = build_node(p, ECSQL_CALL, name->at);

    if (node != NULL) {
        node->text = name->text;
        node->op = quantifier;
        node->a = args == NULL ? NULL : args->first;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_aggregate(struct ecsql_build *p, const struct ecsql_token *name,
                                   enum ecsql_op quantifier, const struct ecsql_list *args)
{
    struct ecsql_node *node = build_call(p, name, quantifier, args);
    const struct ecsql_node *first = node == NULL ? NULL : node->a;

    if (node == NULL) {
        return NULL;
    }
    node->keyword = true;
    if (weh_str_eq_nocase(name->text, WEH_STR("count")) && first != NULL &&
        first->kind == ECSQL_PATH && first->a->op == ECSQL_OP_STAR && first->a->next == NULL &&
        first->next == NULL && quantifier == ECSQL_OP_NONE) {
        node->op = ECSQL_OP_STAR;
        node->a = NULL;
    }
    return node;
}

struct ecsql_node *build_over(struct ecsql_build *p, struct ecsql_node *call,
                              struct ecsql_node *filter, struct ecsql_node *window)
{
    return window == NULL ? NULL : three(p, ECSQL_OVER, call, filter, window);
}

struct ecsql_node *build_window_name(struct ecsql_build *p, const struct ecsql_token *name)
{
    return build_name(p, name);
}

struct ecsql_node *build_window(struct ecsql_build *p, const struct ecsql_token *token,
                                const struct ecsql_token *name, struct ecsql_node *partition,
                                struct ecsql_node *order, struct ecsql_node *frame)
{
    struct ecsql_node *node = build_node(p, ECSQL_WINDOW, token->at);

    if (node != NULL) {
        node->a = partition;
        node->b = order;
        node->c = frame;
        if (name != NULL) {
            node->text = name->text;
        }
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_window_def(struct ecsql_build *p, const struct ecsql_token *name,
                                    struct ecsql_node *window)
{
    struct ecsql_node *node = window == NULL ? NULL : build_node(p, ECSQL_OVER, name->at);

    if (node != NULL) {
        node->text = name->text;
        node->c = window;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_collate(struct ecsql_build *p, struct ecsql_node *path,
                                 const struct ecsql_token *name)
{
    struct ecsql_node *node = three(p, ECSQL_COLLATE, path, NULL, NULL);

    if (node != NULL) {
        node->text = name->text;
    }
    return node;
}

struct ecsql_node *build_frame(struct ecsql_build *p, enum ecsql_op unit, struct ecsql_node *from,
                               struct ecsql_node *to, struct ecsql_node *exclude)
{
    struct ecsql_node *node = three(p, ECSQL_FRAME, from, NULL, exclude);

    if (node != NULL) {
        node->op = unit;
        from->next = to;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_bound(struct ecsql_build *p, const struct ecsql_token *token,
                               enum ecsql_op op, struct ecsql_node *value)
{
    struct ecsql_node *node = build_node(p, ECSQL_BOUND, token->at);

    if (node != NULL) {
        node->op = op;
        node->a = value;
    }
    return build_deepen(p, node);
}
