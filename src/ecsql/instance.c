/* src/ecsql/instance.c - "$" and "$->property". */
#include "parse.h"
#include "resolve.h"
#include "sql.h"

weh_err resolve_instance(struct ecsql_context *context, struct ecsql_node *node,
                         const struct ecsql_scope *scope)
{
    (void)scope;
    return ecsql_fail(context->text, node->at, context->diag, "'$' is not supported");
}

void sql_instance(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    sql_fail(sql, node, "'$' is not supported");
}
