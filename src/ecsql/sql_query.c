/* src/ecsql/sql_query.c - selects as SQL. */
#include "parse.h"
#include "sql.h"

static void put(struct ecsql_sql *sql, const char *text)
{
    struct weh_str str = weh_str_from(text);

    weh_buf_append(&sql->out, str.ptr, str.len);
}

void sql_fail(struct ecsql_sql *sql, const struct ecsql_node *node, const char *text)
{
    if (sql->err == WEH_OK) {
        sql->err = ecsql_fail(sql->context->text, node->at, sql->context->diag, "%s", text);
    }
}

static const char *join_text(enum ecsql_op op)
{
    switch ((unsigned)op) {
    case ECSQL_OP_LEFT:
        return " LEFT JOIN ";
    case ECSQL_OP_RIGHT:
        return " RIGHT JOIN ";
    case ECSQL_OP_FULL:
        return " FULL JOIN ";
    case ECSQL_OP_CROSS:
        return " CROSS JOIN ";
    default:
        return " JOIN ";
    }
}

static void put_end(struct ecsql_sql *sql, const struct ecsql_node *join, bool source_end,
                    const struct ecsql_source *other)
{
    struct ecsql_context *context = sql->context;
    enum ecsql_system system = source_end ? ECSQL_SYSTEM_SOURCE_ID : ECSQL_SYSTEM_TARGET_ID;
    struct ecsql_source *relationship = join->c->source;
    /* The outputs were made by the resolver: these calls only look them up. */
    uint16_t end = resolve_system(context, relationship, system);
    uint16_t id =
        resolve_system(context, (struct ecsql_source *)other->node->source, ECSQL_SYSTEM_ID);

    weh_buf_printf(&sql->out, " ON t%u.c%u=t%u.c%u", relationship->number, end, other->number, id);
}

static void put_from(struct ecsql_sql *sql, const struct ecsql_node *from)
{
    if (from->kind != ECSQL_JOIN) {
        sql_source(sql, from->source);
        return;
    }
    put_from(sql, from->a);
    if (from->c != NULL && from->c->kind == ECSQL_CLASS) {
        put(sql, join_text(from->op));
        sql_source(sql, from->c->source);
        put_end(sql, from, from->cell != 0, from->source);
        put(sql, join_text(from->op));
        sql_source(sql, from->b->source);
        put_end(sql, from, from->cell == 0, from->b->source);
        return;
    }
    put(sql, join_text(from->op));
    put_from(sql, from->b);
    if (from->c != NULL) {
        put(sql, " ON ");
        sql_where(sql, from->c);
    }
}

static void put_columns(struct ecsql_sql *sql, const struct ecsql_query *query,
                        const struct ecsql_select *select)
{
    uint16_t k = 0;

    for (const struct ecsql_node *column = select->columns; column != NULL; column = column->next) {
        uint16_t n = ecsql_type_cells(&column->a->type);

        for (uint16_t i = 0; i < n; i++, k++) {
            put(sql, k == 0 ? "" : ",");
            sql_cell(sql, column->a, i);
            weh_buf_printf(&sql->out, " AS q%ur%u", query->number, k);
        }
    }
}

static void put_list(struct ecsql_sql *sql, const struct ecsql_node *list)
{
    for (const struct ecsql_node *node = list; node != NULL; node = node->next) {
        uint16_t n = ecsql_type_cells(&node->type);

        for (uint16_t i = 0; i < n; i++) {
            put(sql, node == list && i == 0 ? "" : ",");
            sql_cell(sql, node, i);
        }
    }
}

static void put_windows(struct ecsql_sql *sql, const struct ecsql_select *select)
{
    uint16_t n = 0;

    for (const struct ecsql_node *window = select->windows; window != NULL; window = window->next) {
        weh_buf_printf(&sql->out, "%sn%u AS ", n == 0 ? " WINDOW " : ",", n);
        n++;
        sql_window(sql, window->c);
    }
}

static void put_clauses(struct ecsql_sql *sql, const struct ecsql_select *select)
{
    if (select->where != NULL) {
        put(sql, " WHERE ");
        sql_where(sql, select->where);
    }
    if (select->group != NULL) {
        put(sql, " GROUP BY ");
        put_list(sql, select->group);
    }
    if (select->having != NULL) {
        put(sql, " HAVING ");
        sql_expr(sql, select->having);
    }
    put_windows(sql, select);
    if (select->order != NULL) {
        put(sql, " ORDER BY ");
        sql_orders(sql, select->order);
    }
    if (select->limit != NULL) {
        put(sql, " LIMIT ");
        sql_expr(sql, select->limit);
    }
    if (select->offset != NULL) {
        put(sql, " OFFSET ");
        sql_expr(sql, select->offset);
    }
}

static void put_select(struct ecsql_sql *sql, const struct ecsql_query *query,
                       const struct ecsql_select *select)
{
    put(sql, select->quantifier == ECSQL_OP_DISTINCT ? "SELECT DISTINCT " : "SELECT ");
    put_columns(sql, query, select);
    for (const struct ecsql_node *from = select->from; from != NULL; from = from->next) {
        put(sql, from == select->from ? " FROM " : ",");
        put_from(sql, from);
    }
    put_clauses(sql, select);
}

/* Is there an aggregate or a window in @list? As deep as the tree. */
static bool gathers(const struct ecsql_node *list)
{
    for (const struct ecsql_node *node = list; node != NULL; node = node->next) {
        if (node->kind == ECSQL_OVER || (node->kind == ECSQL_CALL && node->keyword) ||
            gathers(node->a) || gathers(node->b) || (node->kind == ECSQL_IIF && gathers(node->c))) {
            return true;
        }
    }
    return false;
}

/* Does it only choose rows and name columns? SQLite 3.40 writes down what is used twice all the same, and computes
 * columns that nobody asks for; later versions do not. */
static bool is_plain(const struct ecsql_query *query)
{
    const struct ecsql_select *select = query->selects;

    return !query->recursive && query->ctes == NULL && select->next == NULL &&
           select->from != NULL && select->from->next == NULL &&
           select->from->kind == ECSQL_CLASS && select->from->source->kind == ECSQL_SOURCE_CLASS &&
           select->quantifier != ECSQL_OP_DISTINCT && select->group == NULL &&
           select->having == NULL && select->windows == NULL && select->order == NULL &&
           select->limit == NULL && !gathers(select->columns);
}

static void put_cte(struct ecsql_sql *sql, const struct ecsql_cte *cte)
{
    const struct ecsql_query *query = cte->query;

    weh_buf_printf(&sql->out, "w%u(", cte->number);
    for (uint16_t i = 0; i < query->n_cells; i++) {
        weh_buf_printf(&sql->out, "%sq%ur%u", i == 0 ? "" : ",", query->number, i);
    }
    put(sql, is_plain(query) ? ") AS NOT MATERIALIZED (" : ") AS (");
    sql_query(sql, query);
    put(sql, ")");
}

static const char *set_text(enum ecsql_op op)
{
    switch ((unsigned)op) {
    case ECSQL_OP_UNION:
        return " UNION ";
    case ECSQL_OP_UNION_ALL:
        return " UNION ALL ";
    case ECSQL_OP_INTERSECT:
        return " INTERSECT ";
    case ECSQL_OP_EXCEPT:
        return " EXCEPT ";
    default:
        return NULL;
    }
}

void sql_query(struct ecsql_sql *sql, const struct ecsql_query *query)
{
    for (const struct ecsql_cte *cte = query->ctes; cte != NULL; cte = cte->next) {
        if (cte == query->ctes) {
            put(sql, query->recursive ? "WITH RECURSIVE " : "WITH ");
        }
        put_cte(sql, cte);
        put(sql, cte->next == NULL ? " " : ",");
    }
    for (const struct ecsql_select *select = query->selects; select != NULL;
         select = select->next) {
        if (select != query->selects && set_text(select->set_op) == NULL) {
            sql_fail(sql, select->columns, "INTERSECT ALL and EXCEPT ALL are not supported");
            return;
        }
        put(sql, select == query->selects ? "" : set_text(select->set_op));
        put_select(sql, query, select);
    }
}

weh_err ecsql_sql_write(struct ecsql_sql *sql)
{
    struct ecsql_context *context = sql->context;

    for (uint16_t i = 0; i < context->n_params; i++) {
        context->params[i].first_cell = (uint16_t)(sql->n_params + 1);
        sql->n_params = (uint16_t)(sql->n_params + context->params[i].n_cells);
    }
    sql_query(sql, context->tree->query);
    if (sql->err == WEH_OK && sql->out.err != WEH_OK) {
        sql->err = sql->out.err == WEH_E_NOMEM
                       ? weh_fail_nomem(context->diag)
                       : weh_fail(context->diag, WEH_E_TOO_LARGE, "the query is too large");
    }
    return sql->err;
}
