/* src/ecsql/name_query.c - the names of computed columns (name_text.c): queries and windows in them. */
#include "name_text.h"

static void put_orders(struct weh_buf *out, const struct ecsql_node *orders)
{
    name_put(out, "ORDER BY ");
    for (const struct ecsql_node *order = orders; order != NULL; order = order->next) {
        if (order != orders) {
            name_put(out, ", ");
        }
        name_expr(out, order->a);
        if (order->op != ECSQL_OP_NONE) {
            name_put(out, order->op == ECSQL_OP_ASC ? " ASC" : " DESC");
        }
        if (order->nulls != ECSQL_OP_NONE) {
            name_put(out, order->nulls == ECSQL_OP_FIRST ? " NULLS FIRST" : " NULLS LAST");
        }
    }
}

static void put_bound(struct weh_buf *out, const struct ecsql_node *bound)
{
    switch ((unsigned)bound->op) {
    case ECSQL_OP_UNBOUNDED_PRECEDING:
        name_put(out, "UNBOUNDED PRECEDING");
        break;
    case ECSQL_OP_UNBOUNDED_FOLLOWING:
        name_put(out, "UNBOUNDED FOLLOWING");
        break;
    case ECSQL_OP_CURRENT_ROW:
        name_put(out, "CURRENT ROW");
        break;
    default:
        name_expr(out, bound->a);
        name_put(out, bound->op == ECSQL_OP_PRECEDING ? " PRECEDING" : " FOLLOWING");
        break;
    }
}

static void put_frame(struct weh_buf *out, const struct ecsql_node *frame)
{
    name_put(out, frame->op == ECSQL_OP_ROWS    ? "ROWS "
                  : frame->op == ECSQL_OP_RANGE ? "RANGE "
                                                : "GROUPS ");
    if (frame->a->next != NULL) {
        name_put(out, "BETWEEN ");
    }
    put_bound(out, frame->a);
    if (frame->a->next != NULL) {
        name_put(out, " AND ");
        put_bound(out, frame->a->next);
    }
    if (frame->c != NULL) {
        name_put(out, " EXCLUDE ");
        name_put_str(out, frame->c->text);
    }
}

void name_window(struct weh_buf *out, const struct ecsql_node *window)
{
    const char *before = "";

    if (window->kind == ECSQL_NAME) {
        name_put(out, " ");
        name_put_str(out, window->text);
        return;
    }
    name_put(out, "(");
    if (window->text.len > 0) {
        name_put_str(out, window->text);
        before = " ";
    }
    if (window->a != NULL) {
        name_put(out, before);
        name_put(out, "PARTITION BY ");
        name_list(out, window->a, ", ");
        before = " ";
    }
    if (window->b != NULL) {
        name_put(out, before);
        put_orders(out, window->b);
        before = " ";
    }
    if (window->c != NULL) {
        name_put(out, before);
        put_frame(out, window->c);
    }
    name_put(out, ")");
}

static void put_function(struct weh_buf *out, const struct ecsql_node *function)
{
    name_put(out, function->a->next == NULL ? ".." : "");
    for (const struct ecsql_node *name = function->a; name != NULL; name = name->next) {
        name_put_str(out, name->text);
        name_put(out, name->next == NULL ? "(" : "..");
    }
    name_list(out, function->b, ",");
    name_put(out, ")");
}

static void put_class(struct weh_buf *out, const struct ecsql_node *from)
{
    bool common = from->source != NULL && from->source->kind == ECSQL_SOURCE_CTE;

    name_put(out, from->plus ? "+" : "");
    name_put(out, from->op == ECSQL_OP_ONLY ? "ONLY " : from->op == ECSQL_OP_ALL ? "ALL " : "");
    for (const struct ecsql_node *name = from->a; name != NULL; name = name->next) {
        name_put(out, name == from->a ? "" : ".");
        name_put(out, common ? "" : "[");
        name_put_str(out, name->text);
        name_put(out, common ? "" : "]");
    }
    name_put(out, from->text.len > 0 ? " " : "");
    name_put_str(out, from->text);
}

static void put_from(struct weh_buf *out, const struct ecsql_node *from);

static void put_join(struct weh_buf *out, const struct ecsql_node *join)
{
    static const char *const joins[] = {
        [ECSQL_OP_INNER] = " INNER JOIN ",       [ECSQL_OP_LEFT] = " LEFT OUTER JOIN ",
        [ECSQL_OP_RIGHT] = " RIGHT OUTER JOIN ", [ECSQL_OP_FULL] = " FULL OUTER JOIN ",
        [ECSQL_OP_CROSS] = " CROSS JOIN ",
    };

    put_from(out, join->a);
    if (join->c != NULL && join->c->kind == ECSQL_CLASS) {
        name_put(out, " JOIN ");
        put_from(out, join->b);
        name_put(out, " USING ");
        put_class(out, join->c);
        name_put(out, join->forward ? " FORWARD" : join->backward ? " BACKWARD" : "");
        return;
    }
    name_put(out, joins[join->op]);
    put_from(out, join->b);
    if (join->c != NULL) {
        name_put(out, " ON ");
        name_condition(out, join->c);
    }
}

static void put_from(struct weh_buf *out, const struct ecsql_node *from)
{
    if (from->kind == ECSQL_JOIN) {
        put_join(out, from);
    } else if (from->kind == ECSQL_DERIVED) {
        name_query(out, from->a->query);
        name_put(out, from->text.len > 0 ? " AS " : "");
        name_put_str(out, from->text);
    } else if (from->kind == ECSQL_FUNC) {
        put_function(out, from);
    } else {
        put_class(out, from);
    }
}

static void put_columns(struct weh_buf *out, const struct ecsql_node *columns)
{
    for (const struct ecsql_node *column = columns; column != NULL; column = column->next) {
        name_put(out, column == columns ? "" : ", ");
        name_put(out, column->text.len > 0 ? "(" : "");
        name_expr(out, column->a);
        name_put(out, column->text.len > 0 ? ") AS " : "");
        name_put_str(out, column->text);
    }
}

/* @word and @node behind it, unless that is missing. */
static void put_clause(struct weh_buf *out, const char *word, const struct ecsql_node *node)
{
    if (node != NULL) {
        name_put(out, word);
        name_list(out, node, ", ");
    }
}

static void put_condition(struct weh_buf *out, const char *word, const struct ecsql_node *node)
{
    if (node != NULL) {
        name_put(out, word);
        name_condition(out, node);
    }
}

static void put_select(struct weh_buf *out, const struct ecsql_select *select)
{
    bool row = select->is_values || select->from == NULL;

    name_put(out, row ? "VALUES (" : "SELECT ");
    if (select->quantifier != ECSQL_OP_NONE) {
        name_put(out, select->quantifier == ECSQL_OP_DISTINCT ? "DISTINCT " : "ALL ");
    }
    put_columns(out, select->columns);
    name_put(out, row ? ")" : " FROM ");
    for (const struct ecsql_node *from = select->from; from != NULL; from = from->next) {
        name_put(out, from == select->from ? "" : ", ");
        put_from(out, from);
    }
    put_condition(out, " WHERE ", select->where);
    put_clause(out, " GROUP BY ", select->group);
    if (select->order != NULL) {
        name_put(out, " ");
        put_orders(out, select->order);
    }
    put_condition(out, " HAVING ", select->having);
    put_clause(out, " LIMIT ", select->limit);
    put_clause(out, " OFFSET ", select->offset);
}

void name_bare_query(struct weh_buf *out, const struct ecsql_query *query)
{
    for (const struct ecsql_select *select = query->selects; select != NULL;
         select = select->next) {
        if (select != query->selects) {
            bool all = select->set_op == ECSQL_OP_UNION_ALL ||
                       select->set_op == ECSQL_OP_INTERSECT_ALL ||
                       select->set_op == ECSQL_OP_EXCEPT_ALL;

            name_put(out, " ");
            name_put(out, name_op(select->set_op));
            name_put(out, all ? " ALL " : "");
        }
        put_select(out, select);
    }
}

void name_query(struct weh_buf *out, const struct ecsql_query *query)
{
    name_put(out, "(");
    name_bare_query(out, query);
    name_put(out, ")");
}
