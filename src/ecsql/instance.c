/* src/ecsql/instance.c - "$" and "$->property": a whole instance as JSON, and a property by name.
 *
 * Both become a call of an SQL function (instance_read.c) with the class and the id of the instance.
 */
#include "parse.h"
#include "resolve.h"
#include "sql.h"

static struct ecsql_node *new_node(struct ecsql_context *context, const struct ecsql_node *like)
{
    struct ecsql_node *node = weh_arena_alloc(context->arena, sizeof(*node));

    if (node != NULL) {
        *node = *like;
        node->next = NULL;
    }
    return node;
}

/* The path @names with @text in the place of its "$", looked up in @scope; NULL: failed. */
static struct ecsql_node *sibling(struct ecsql_context *context, const struct ecsql_node *path,
                                  struct weh_str text, const struct ecsql_scope *scope,
                                  weh_err *err)
{
    struct ecsql_node *out = new_node(context, path);
    struct ecsql_node **end = out == NULL ? NULL : &out->a;

    for (const struct ecsql_node *name = path->a; name != NULL && end != NULL; name = name->next) {
        struct ecsql_node *copy = new_node(context, name);

        *end = copy;
        end = copy == NULL ? NULL : &copy->next;
        if (copy != NULL && copy->op == ECSQL_OP_DOLLAR) {
            copy->op = ECSQL_OP_NONE;
            copy->text = text;
        }
    }
    *err = end == NULL ? weh_fail_nomem(context->diag) : resolve_path(context, out, scope);
    return *err == WEH_OK ? out : NULL;
}

static bool is_on(const struct ecsql_node *option)
{
    const struct ecsql_node *value = option->a;

    return value == NULL || !(value->op == ECSQL_OP_FALSE || weh_str_eq_text(value->text, "0"));
}

static const struct ecsql_node *select_option(const struct ecsql_select *select, const char *name)
{
    const struct ecsql_node *option = select == NULL ? NULL : select->options;

    while (option != NULL && !weh_str_eq_nocase(option->text, weh_str_from(name))) {
        option = option->next;
    }
    return option;
}

bool ecsql_has_option(const struct ecsql_scope *scope, const char *name)
{
    for (; scope != NULL; scope = scope->outer) {
        const struct ecsql_node *option = select_option(scope->select, name);

        if (option != NULL) {
            return is_on(option);
        }
    }
    return false;
}

bool ecsql_is_instance(const struct ecsql_node *path)
{
    const struct ecsql_node *name = path->a;

    while (name->next != NULL) {
        name = name->next;
    }
    return name->op == ECSQL_OP_DOLLAR;
}

weh_err resolve_instance(struct ecsql_context *context, struct ecsql_node *node,
                         const struct ecsql_scope *scope)
{
    struct ecsql_node *path;
    weh_err err = WEH_OK;

    if (node->kind == ECSQL_PATH) {
        path = new_node(context, node);
        if (path == NULL) {
            return weh_fail_nomem(context->diag);
        }
        node->kind = ECSQL_EXTRACT;
        node->a = path;
        node->b = NULL;
    }
    path = node->a;
    if (path->a->next != NULL && path->a->next->next != NULL) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "Invalid grammar. Instance exp must be follow syntax '[<alias>.]$'");
    }
    if (!ecsql_is_instance(path)) {
        return ecsql_fail(context->text, node->at, context->diag, "'->' needs '$' before it");
    }
    path->b = sibling(context, path, WEH_STR("ECClassId"), scope, &err);
    if (err == WEH_OK) {
        path->c = sibling(context, path, WEH_STR("ECInstanceId"), scope, &err);
    }
    if (err != WEH_OK) {
        return err;
    }
    node->type = ecsql_type_of(WEH_EC_STRING);
    node->cell =
        (uint16_t)((ecsql_has_option(scope, "USE_JS_PROP_NAMES") ? ECSQL_INSTANCE_JS : 0) |
                   (ecsql_has_option(scope, "DO_NOT_TRUNCATE_BLOB") ? ECSQL_INSTANCE_BLOBS : 0));
    if (node->b != NULL) {
        struct ecsql_source *source = path->c->ref->source;

        if (node->op != ECSQL_OP_OPTIONAL && source != NULL && source->kind == ECSQL_SOURCE_CLASS) {
            node->c = source->required;
            source->required = node;
        }
    }
    return WEH_OK;
}

/* The column of the query @source whose first SQL column is @cell. */
static struct ecsql_node *column_at(const struct ecsql_source *source, uint16_t cell)
{
    for (uint16_t i = 0; i < source->query->n_columns; i++) {
        const struct ecsql_column *column = &source->query->columns[i];

        if (column->first_cell == cell && column->node != NULL) {
            return column->node->a;
        }
    }
    return NULL;
}

/* Common tables that name their columns hide what these are. */
static bool is_transparent(const struct ecsql_source *source)
{
    return source->kind == ECSQL_SOURCE_QUERY ||
           (source->kind == ECSQL_SOURCE_CTE && source->query->names == NULL);
}

/* What the value of @node is made of, if that is one thing; else NULL. */
static struct ecsql_node *only_part(const struct ecsql_node *node)
{
    const struct ecsql_ref *ref = node->kind == ECSQL_PATH ? node->ref : NULL;

    switch ((unsigned)node->kind) {
    case ECSQL_PATH:
        return ref != NULL && ref->source != NULL && is_transparent(ref->source) &&
                       node->type.kind == ECSQL_TYPE_PRIMITIVE
                   ? column_at(ref->source, ref->cells[0])
                   : NULL;
    case ECSQL_CALL:
        return node->a != NULL && node->a->next == NULL ? node->a : NULL;
    case ECSQL_OVER:
        return node->b == NULL && node->c->kind == ECSQL_NAME ? node->a : NULL;
    case ECSQL_CAST:
    case ECSQL_UNARY:
        return node->a;
    default:
        return NULL;
    }
}

/* A column is shown as the property is that it comes from, whatever was done to it on the way. */
void ecsql_instance_mark(struct ecsql_context *context)
{
    struct ecsql_query *query = context->tree->query;

    for (uint16_t i = 0; i < query->n_columns; i++) {
        struct ecsql_node *node = query->columns[i].node->a;

        while (node != NULL && (node->kind != ECSQL_EXTRACT || node->b == NULL)) {
            node = only_part(node);
        }
        if (node == NULL) {
            continue;
        }
        if (node->param == 0) {
            node->param = (uint16_t)(i + 1);
        }
        query->columns[i].type = ecsql_type_of(WEH_EC_STRING);
        query->columns[i].type.extended = WEH_STR("json");
        query->columns[i].type.varies = true;
        query->columns[i].generated = true;
    }
}

void sql_instance(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    weh_buf_printf(&sql->out, ECSQL_INSTANCE_FUNCTION "(");
    sql_cell(sql, node->a->b, 0);
    weh_buf_printf(&sql->out, ",");
    sql_cell(sql, node->a->c, 0);
    weh_buf_printf(&sql->out, ",%u", node->cell);
    if (node->b != NULL) {
        weh_buf_printf(&sql->out, ",");
        sql_text(sql, node->b->a->next == NULL ? node->b->a->text : WEH_STR("."));
    }
    if (node->param > 0) {
        weh_buf_printf(&sql->out, ",");
        sql_shown(sql);
        weh_buf_printf(&sql->out, ",%u", node->param - 1);
    }
    weh_buf_printf(&sql->out, ")");
}
