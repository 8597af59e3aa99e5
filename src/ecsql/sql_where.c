/* src/ecsql/sql_where.c - conditions of WHERE and ON as SQL, with comparisons beside LIKE by which SQLite finds its
 * rows in an index (functions_like.c). They change no answer.
 *
 * Only there: elsewhere a condition finds no rows. Recursion is as deep as the tree (ECSQL_MAX_DEPTH).
 */
#include <string.h>

#include "functions.h"
#include "sql.h"

static void put(struct ecsql_sql *sql, const char *text)
{
    weh_buf_append(&sql->out, text, strlen(text));
}

static bool is_constant(const struct ecsql_node *node)
{
    return node->kind == ECSQL_STRING || node->kind == ECSQL_PARAM;
}

/* A text of a class, like something that may begin with no wildcard. */
static bool may_be_found(const struct ecsql_node *node)
{
    const struct ecsql_node *text = node->a;
    const struct ecsql_node *pattern = node->b;

    if (node->kind != ECSQL_LIKE || node->negated || text->kind != ECSQL_PATH ||
        text->type.kind != ECSQL_TYPE_PRIMITIVE || text->type.primitive != WEH_EC_STRING ||
        text->ref->source == NULL || text->ref->source->kind != ECSQL_SOURCE_CLASS) {
        return false;
    }
    if (!is_constant(pattern) || (node->c != NULL && !is_constant(node->c))) {
        return false;
    }
    return pattern->kind == ECSQL_PARAM ||
           (pattern->text.len > 0 && pattern->text.ptr[0] != '%' && pattern->text.ptr[0] != '_');
}

static void put_bound_of_like(struct ecsql_sql *sql, const struct ecsql_node *node, const char *op,
                              const char *function)
{
    put(sql, " AND ");
    sql_expr(sql, node->a);
    weh_buf_printf(&sql->out, " COLLATE NOCASE%s%s(", op, function);
    sql_expr(sql, node->b);
    if (node->c != NULL) {
        put(sql, ",");
        sql_expr(sql, node->c);
    }
    put(sql, ")");
}

void sql_where(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    if (may_be_found(node)) {
        put(sql, "(");
        sql_expr(sql, node);
        put_bound_of_like(sql, node, ">=", ECSQL_LIKE_FROM);
        put_bound_of_like(sql, node, "<", ECSQL_LIKE_TO);
        put(sql, ")");
        return;
    }
    if (node->kind != ECSQL_LOGIC) {
        sql_expr(sql, node);
        return;
    }
    put(sql, node->parens > 0 ? "(" : "");
    for (const struct ecsql_node *part = node->a; part != NULL; part = part->next) {
        put(sql, part == node->a ? "" : node->op == ECSQL_OP_AND ? " AND " : " OR ");
        sql_where(sql, part);
    }
    put(sql, node->parens > 0 ? ")" : "");
}
