/* src/ecsql/shape.c - what the grammar takes and ECSQL does not: conditions where values must stand, texts
 * where numbers must, and the like.
 *
 * The rules are those of the native library 5.1.72, so that what it refuses is refused here. Some
 * follow from its grammar rather than from sense: "(a) = 1" is no condition, "(a + 0) = 1" is one.
 * Recursion is as deep as the tree (ECSQL_MAX_DEPTH).
 */
#include <string.h>

#include "parse.h"

struct shape {
    const char *what; /* is wrong; NULL: nothing yet */
    uint32_t at;
};

static void check_query(struct shape *shape, const struct ecsql_query *query);
static void check_value(struct shape *shape, const struct ecsql_node *node);
static void check_condition(struct shape *shape, const struct ecsql_node *node);

static void wrong(struct shape *shape, const struct ecsql_node *node, const char *what)
{
    if (shape->what == NULL) {
        shape->what = what;
        shape->at = node->at;
    }
}

static void syntax(struct shape *shape, const struct ecsql_node *node)
{
    wrong(shape, node, "syntax error");
}

static bool is_condition(const struct ecsql_node *node)
{
    return node->kind >= ECSQL_COMPARE && node->kind <= ECSQL_LOGIC;
}

/* The plainest values, which make a condition of their own when they stand in parentheses. */
static bool is_bare(const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_NULL:
    case ECSQL_BOOL:
    case ECSQL_INTEGER:
    case ECSQL_REAL:
    case ECSQL_PARAM:
    case ECSQL_PATH:
    case ECSQL_EXTRACT:
    case ECSQL_CALL:
    case ECSQL_IIF:
    case ECSQL_SUBQUERY:
        return true;
    default:
        return false;
    }
}

/* A text, or texts put together; in parentheses anything is a plain value. */
static bool is_text(const struct ecsql_node *node)
{
    if (node->parens > 0) {
        return false;
    }
    return node->kind == ECSQL_STRING ||
           (node->kind == ECSQL_CHAIN &&
            (node->a->next->infix == ECSQL_OP_CONCAT ||
             (node->a->next->infix == ECSQL_OP_ADD && is_text(node->a))));
}

static bool is_time(const struct ecsql_node *node)
{
    return node->parens == 0 && (node->kind == ECSQL_DATETIME || node->kind == ECSQL_NOW);
}

static void check_values(struct shape *shape, const struct ecsql_node *list)
{
    for (; list != NULL; list = list->next) {
        check_value(shape, list);
    }
}

/* An operand of arithmetic. */
static void check_number(struct shape *shape, const struct ecsql_node *node)
{
    check_value(shape, node);
    if (is_text(node) || is_time(node)) {
        syntax(shape, node);
    }
}

static void check_chain(struct shape *shape, const struct ecsql_node *node)
{
    bool texts = is_text(node);

    for (const struct ecsql_node *operand = node->a; operand != NULL; operand = operand->next) {
        if (operand->infix == ECSQL_OP_CONCAT || node->a->next->infix == ECSQL_OP_CONCAT) {
            check_value(shape, operand);
        } else if (!texts) {
            check_number(shape, operand);
        } else if (operand->infix != ECSQL_OP_NONE &&
                   (operand->infix != ECSQL_OP_ADD || operand->kind != ECSQL_STRING)) {
            syntax(shape, operand);
        }
    }
}

static void check_path(struct shape *shape, const struct ecsql_node *node)
{
    for (const struct ecsql_node *name = node->a; name != NULL; name = name->next) {
        if (name->colon) {
            syntax(shape, name);
        }
        if (name->op == ECSQL_OP_STAR && name->next != NULL) {
            wrong(shape, name, "'*' can only stand at the end of a path");
        }
    }
}

static uint32_t count(const struct ecsql_node *list)
{
    uint32_t n = 0;

    for (; list != NULL; list = list->next) {
        n++;
    }
    return n;
}

static bool named(const struct ecsql_node *node, const char *name)
{
    return weh_str_eq_nocase(node->text, weh_str_from(name));
}

static void check_call(struct shape *shape, const struct ecsql_node *node)
{
    uint32_t n = count(node->a);

    check_values(shape, node->a);
    if ((node->op == ECSQL_OP_ALL || node->op == ECSQL_OP_DISTINCT) && n != 1) {
        wrong(shape, node, "DISTINCT and ALL take one argument");
    }
    if (!node->keyword) {
        return;
    }
    if ((named(node, "max") || named(node, "min")) && n > 1) {
        wrong(shape, node,
              named(node, "max") ? "Use GREATEST(a, b, ...) instead of MAX(a, b, ...)"
                                 : "Use LEAST(a, b, ...) instead of MIN(a, b, ...)");
    }
    if (n > 1 &&
        (named(node, "count") || named(node, "avg") || named(node, "sum") || named(node, "total") ||
         named(node, "every") || named(node, "any") || named(node, "some"))) {
        syntax(shape, node->a->next);
    }
    if (named(node, "group_concat") && n > 2) {
        syntax(shape, node->a->next->next);
    }
}

static void check_orders(struct shape *shape, const struct ecsql_node *order)
{
    for (; order != NULL; order = order->next) {
        const struct ecsql_node *value = order->a;

        if (!is_condition(value)) {
            check_value(shape, value);
        } else if (value->parens > 0 || value->kind == ECSQL_LOGIC || value->kind == ECSQL_NOT ||
                   value->kind == ECSQL_IS_TYPE) {
            syntax(shape, value);
        } else if (value->kind == ECSQL_IS) {
            check_value(shape, value->a);
            check_value(shape, value->b);
        } else {
            check_condition(shape, value);
        }
    }
}

static void check_window(struct shape *shape, const struct ecsql_node *window)
{
    if (window->kind != ECSQL_WINDOW) {
        return;
    }
    check_orders(shape, window->b);
    for (const struct ecsql_node *bound = window->c == NULL ? NULL : window->c->a; bound != NULL;
         bound = bound->next) {
        check_values(shape, bound->a);
    }
}

/* The condition of a WHEN or IIF, as what stands behind it reads it: its last part is a comparison or a
 * plain value, for a value of several parts would need something else behind it to be a condition. */
static void check_end(struct shape *shape, const struct ecsql_node *node)
{
    while (node->parens == 0 && (node->kind == ECSQL_LOGIC || node->kind == ECSQL_NOT)) {
        for (node = node->a; node->next != NULL; node = node->next) {
        }
    }
    if (!is_condition(node) && !is_bare(node)) {
        syntax(shape, node);
    }
}

static void check_when(struct shape *shape, const struct ecsql_node *node)
{
    check_condition(shape, node);
    check_end(shape, node);
}

static void check_value(struct shape *shape, const struct ecsql_node *node)
{
    if (is_condition(node)) {
        syntax(shape, node);
        return;
    }
    switch ((unsigned)node->kind) {
    case ECSQL_CHAIN:
        check_chain(shape, node);
        break;
    case ECSQL_UNARY:
        check_number(shape, node->a);
        break;
    case ECSQL_PATH:
        check_path(shape, node);
        break;
    case ECSQL_CALL:
        check_call(shape, node);
        break;
    case ECSQL_OVER:
        check_call(shape, node->a);
        if (node->b != NULL) {
            check_condition(shape, node->b);
        }
        check_window(shape, node->c);
        break;
    case ECSQL_CAST:
        check_value(shape, node->a);
        break;
    case ECSQL_NAV_VALUE:
        check_value(shape, node->b);
        check_values(shape, node->c);
        break;
    case ECSQL_IIF:
        check_when(shape, node->a);
        check_value(shape, node->b);
        check_value(shape, node->c);
        break;
    case ECSQL_CASE:
        for (const struct ecsql_node *when = node->a; when != NULL; when = when->next) {
            check_when(shape, when->a);
            check_value(shape, when->b);
        }
        check_values(shape, node->b);
        break;
    case ECSQL_SUBQUERY:
        check_query(shape, node->query);
        break;
    default:
        break;
    }
}

/* What a condition begins with: plain values in parentheses are conditions, and nothing may be done
 * with those. @used: @node is an operand. */
static void check_begin(struct shape *shape, const struct ecsql_node *node, bool used)
{
    while (node->kind == ECSQL_CHAIN) {
        node = node->a;
        used = true;
    }
    if (used && node->parens > 0 && is_bare(node)) {
        syntax(shape, node);
    }
}

static void check_is(struct shape *shape, const struct ecsql_node *node)
{
    const struct ecsql_node *b = node->b;
    bool truth = b->parens == 0 && (b->kind == ECSQL_NULL || b->kind == ECSQL_BOOL);

    if (is_condition(node->a)) {
        check_condition(shape, node->a);
        if (node->a->parens == 0 && (node->a->kind == ECSQL_IS || node->a->kind == ECSQL_IS_TYPE)) {
            syntax(shape, node->a);
        }
    } else {
        check_begin(shape, node->a, false);
        check_value(shape, node->a);
    }
    check_value(shape, b);
    if (!truth && (is_condition(node->a) || is_bare(node->a))) {
        syntax(shape, b);
    }
}

static void check_like(struct shape *shape, const struct ecsql_node *node)
{
    const struct ecsql_node *b = node->b;

    if (b->parens == 0 &&
        (b->kind == ECSQL_UNARY || is_time(b) || (b->kind == ECSQL_CHAIN && !is_text(b)))) {
        syntax(shape, b);
    }
    if (node->c != NULL && !is_text(node->c)) {
        syntax(shape, node->c);
    }
    check_values(shape, node->c);
}

static void check_condition(struct shape *shape, const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_LOGIC:
        for (const struct ecsql_node *part = node->a; part != NULL; part = part->next) {
            check_condition(shape, part);
        }
        return;
    case ECSQL_NOT:
        check_condition(shape, node->a);
        return;
    case ECSQL_EXISTS:
        check_query(shape, node->a->query);
        return;
    case ECSQL_IS:
        check_is(shape, node);
        return;
    default:
        break;
    }
    if (!is_condition(node)) {
        check_begin(shape, node, false);
        check_value(shape, node);
        return;
    }
    check_begin(shape, node->a, true);
    check_value(shape, node->a);
    if (node->kind == ECSQL_IS_TYPE) {
        return;
    }
    check_values(shape, node->b);
    if (node->kind == ECSQL_QUANTIFIED && node->b->query->selects->from == NULL) {
        syntax(shape, node->b);
    }
    if (node->kind == ECSQL_LIKE) {
        check_like(shape, node);
    } else if (node->kind == ECSQL_BETWEEN) {
        check_value(shape, node->c);
    } else if (node->kind == ECSQL_MATCH && (node->b->kind != ECSQL_CALL || node->b->parens > 0)) {
        syntax(shape, node->b);
    }
}

/* FROM a JOIN b JOIN c leans to the left, as deep as there are joins. */
static void check_from(struct shape *shape, const struct ecsql_node *from)
{
    for (; from->kind == ECSQL_JOIN; from = from->a) {
        if (from->c != NULL && from->c->kind != ECSQL_CLASS) {
            check_condition(shape, from->c);
        }
        check_from(shape, from->b);
    }
    if (from->kind == ECSQL_DERIVED) {
        check_query(shape, from->a->query);
    } else if (from->kind == ECSQL_FUNC) {
        check_values(shape, from->b);
    }
}

static void check_select(struct shape *shape, const struct ecsql_select *select)
{
    for (const struct ecsql_node *column = select->columns; column != NULL; column = column->next) {
        check_value(shape, column->a);
    }
    for (const struct ecsql_node *from = select->from; from != NULL; from = from->next) {
        check_from(shape, from);
    }
    if (select->where != NULL) {
        check_condition(shape, select->where);
    }
    check_values(shape, select->group);
    if (select->having != NULL) {
        check_condition(shape, select->having);
    }
    for (const struct ecsql_node *window = select->windows; window != NULL; window = window->next) {
        check_window(shape, window->c);
    }
    check_orders(shape, select->order);
    if (select->limit != NULL) {
        check_number(shape, select->limit);
    }
    if (select->offset != NULL) {
        check_number(shape, select->offset);
    }
    if (select->next != NULL && (select->order != NULL || select->limit != NULL)) {
        wrong(shape, select->order != NULL ? select->order : select->limit,
              "ORDER BY and LIMIT can only stand behind the last SELECT of a UNION");
    }
}

/* Several rows of VALUES stand for themselves: neither in a UNION nor with WITH. */
static void check_rows(struct shape *shape, const struct ecsql_query *query, bool alone)
{
    const struct ecsql_select *select = query->selects;
    bool several = false;

    alone = alone && query->ctes == NULL && select->is_values;
    for (; select != NULL; select = select->next) {
        several = several || select->more_rows;
        alone = alone && (select == query->selects || select->more_rows);
    }
    if (several && !alone) {
        syntax(shape, query->selects->columns);
    }
}

static void check_twice(struct shape *shape, const struct ecsql_query *query,
                        const struct ecsql_cte *cte)
{
    const struct ecsql_cte *other = query->ctes;

    while (other != cte && !weh_str_eq_nocase(other->name, cte->name)) {
        other = other->next;
    }
    if (other != cte) {
        wrong(shape, cte->query->selects->columns, "duplicate WITH table name");
    }
}

/* Whether anything refers to itself is not looked at. */
static void check_with(struct shape *shape, const struct ecsql_query *query)
{
    for (const struct ecsql_cte *cte = query->ctes; cte != NULL; cte = cte->next) {
        check_twice(shape, query, cte);
        check_query(shape, cte->query);
        check_rows(shape, cte->query, false);
        if (query->recursive && cte->query->names == NULL) {
            wrong(shape, cte->query->selects->columns,
                  "a common table of WITH RECURSIVE must name its columns");
        }
    }
}

static void check_query(struct shape *shape, const struct ecsql_query *query)
{
    check_with(shape, query);
    check_rows(shape, query, true);
    for (const struct ecsql_select *select = query->selects; select != NULL;
         select = select->next) {
        check_select(shape, select);
    }
}

const char *ecsql_shape_check(const struct ecsql_tree *tree, uint32_t *at)
{
    struct shape shape = { NULL, 0 };

    if (tree->query != NULL) {
        check_query(&shape, tree->query);
    }
    if (shape.what != NULL) {
        *at = shape.at;
    }
    return shape.what;
}
