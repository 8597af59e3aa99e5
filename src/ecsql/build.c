/* src/ecsql/build.c - the tree: lists, names, selects, and what stands in FROM. Expressions are made by
 * build_expr.c.
 *
 * Depth and number of nodes are bounded here, where each node is made; the limits are those of tree.h.
 */
#include "build.h"

#include "weh/compiler.h"

void build_fail(struct ecsql_build *p, const char *what, uint32_t at)
{
    if (p->err == WEH_OK) {
        p->err = WEH_E_QUERY;
        p->what = what;
        p->at = at;
    }
}

void build_syntax_error(struct ecsql_build *p, const struct ecsql_token *token)
{
    build_fail(p, "syntax error", token->at);
}

void build_too_deep(struct ecsql_build *p)
{
    build_fail(p, "the query is nested too deeply", 0);
}

static void no_memory(struct ecsql_build *p)
{
    if (p->err == WEH_OK) {
        p->err = WEH_E_NOMEM;
    }
}

struct ecsql_node *build_node(struct ecsql_build *p, enum ecsql_kind kind, uint32_t at)
{
    struct ecsql_node *node;

    if (p->err != WEH_OK) {
        return NULL;
    }
    if (++p->n_nodes > ECSQL_MAX_NODES) {
        build_fail(p, "the query is too long", at);
        return NULL;
    }
    node = weh_arena_alloc(p->arena, sizeof(*node));
    if (node == NULL) {
        no_memory(p);
        return NULL;
    }
    node->kind = kind;
    node->at = at;
    node->depth = 1;
    return node;
}

static void deepen(uint16_t *depth, const struct ecsql_node *list)
{
    for (; list != NULL; list = list->next) {
        if (list->depth >= *depth) {
            *depth = (uint16_t)(list->depth + 1);
        }
    }
}

void build_check_depth(struct ecsql_build *p, uint16_t depth, uint32_t at)
{
    if (depth > ECSQL_MAX_DEPTH) {
        build_fail(p, "the query is nested too deeply", at);
    }
}

struct ecsql_node *build_deepen(struct ecsql_build *p, struct ecsql_node *node)
{
    if (node == NULL || p->err != WEH_OK) {
        return NULL;
    }
    deepen(&node->depth, node->a);
    deepen(&node->depth, node->b);
    deepen(&node->depth, node->c);
    if (node->query != NULL && node->query->depth >= node->depth) {
        node->depth = (uint16_t)(node->query->depth + 1);
    }
    build_check_depth(p, node->depth, node->at);
    return node;
}

struct ecsql_list build_list(struct ecsql_node *node)
{
    return (struct ecsql_list){ node, node };
}

struct ecsql_list build_append(struct ecsql_list list, struct ecsql_node *node)
{
    if (list.last == NULL || node == NULL) {
        return (struct ecsql_list){ NULL, NULL };
    }
    list.last->next = node;
    list.last = node;
    return list;
}

struct ecsql_node *build_name(struct ecsql_build *p, const struct ecsql_token *token)
{
    struct ecsql_node *node = build_node(p, ECSQL_NAME, token->at);

    if (node != NULL) {
        node->text = token->text;
        node->quoted = token->quoted;
    }
    return node;
}

struct ecsql_node *build_colon_name(struct ecsql_build *p, const struct ecsql_token *token)
{
    struct ecsql_node *node = build_name(p, token);

    if (node != NULL) {
        node->colon = true;
    }
    return node;
}

struct ecsql_node *build_special_name(struct ecsql_build *p, const struct ecsql_token *token,
                                      enum ecsql_op op)
{
    struct ecsql_node *node = build_name(p, token);

    if (node != NULL) {
        node->op = op;
    }
    return node;
}

struct ecsql_node *build_word(struct ecsql_build *p, const struct ecsql_token *token,
                              const char *text)
{
    struct ecsql_node *node = build_name(p, token);

    if (node != NULL) {
        node->text = weh_str_from(text);
    }
    return node;
}

struct ecsql_node *build_path(struct ecsql_build *p, const struct ecsql_list *names)
{
    struct ecsql_node *node;

    if (names->first == NULL) {
        return NULL;
    }
    node = build_node(p, ECSQL_PATH, names->first->at);
    if (node != NULL) {
        node->a = names->first;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_column(struct ecsql_build *p, struct ecsql_node *value,
                                const struct ecsql_token *alias)
{
    struct ecsql_node *node = value == NULL ? NULL : build_node(p, ECSQL_COLUMN, value->at);

    if (node != NULL) {
        node->a = value;
        node->text = alias->text;
    }
    return build_deepen(p, node);
}

/* A row of VALUES is a list of columns; rows are linked through nodes that hold them in a. */
struct ecsql_node *build_row(struct ecsql_build *p, struct ecsql_list values)
{
    struct ecsql_token no_alias = { .at = 0 };
    struct ecsql_list columns = { NULL, NULL };
    struct ecsql_node *row;

    for (struct ecsql_node *value = values.first; value != NULL;) {
        struct ecsql_node *next = value->next;
        struct ecsql_node *column;

        value->next = NULL;
        column = build_column(p, value, &no_alias);
        columns = columns.first == NULL ? build_list(column) : build_append(columns, column);
        value = next;
    }
    row = columns.first == NULL ? NULL : build_node(p, ECSQL_COLUMN, columns.first->at);
    if (row != NULL) {
        row->a = columns.first;
    }
    return build_deepen(p, row);
}

struct ecsql_node *build_order(struct ecsql_build *p, struct ecsql_node *value, enum ecsql_op way,
                               enum ecsql_op nulls)
{
    struct ecsql_node *node = value == NULL ? NULL : build_node(p, ECSQL_ORDER, value->at);

    if (node != NULL) {
        node->a = value;
        node->op = way;
        node->nulls = nulls;
    }
    return build_deepen(p, node);
}

/* Both travel in one node until build_select takes them apart. */
struct ecsql_node *build_limit(struct ecsql_build *p, struct ecsql_node *limit,
                               struct ecsql_node *offset)
{
    struct ecsql_node *node = limit == NULL ? NULL : build_node(p, ECSQL_ORDER, limit->at);

    if (node != NULL) {
        node->a = limit;
        node->b = offset;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_option(struct ecsql_build *p, const struct ecsql_token *name,
                                struct ecsql_node *value)
{
    struct ecsql_node *node = build_node(p, ECSQL_OPTION, name->at);

    if (node != NULL) {
        node->text = name->text;
        node->a = value;
    }
    return node;
}

void build_pragma(struct ecsql_build *p, const struct ecsql_token *name, struct ecsql_node *value,
                  struct ecsql_node *path, bool sets)
{
    struct ecsql_pragma *pragma = weh_arena_alloc(p->arena, sizeof(*pragma));

    if (pragma == NULL) {
        no_memory(p);
        return;
    }
    *pragma = (struct ecsql_pragma){ name->text, value, path, name->at, sets };
    p->tree->pragma = pragma;
}

struct ecsql_select *build_select_head(struct ecsql_build *p, const struct ecsql_token *token,
                                       enum ecsql_op quantifier, struct ecsql_list columns)
{
    struct ecsql_select *select;

    if (p->err != WEH_OK) {
        return NULL;
    }
    select = weh_arena_alloc(p->arena, sizeof(*select));
    if (select == NULL) {
        no_memory(p);
        return NULL;
    }
    select->at = token->at;
    select->quantifier = quantifier;
    select->columns = columns.first;
    deepen(&select->depth, columns.first);
    return select;
}

struct ecsql_select *build_select(struct ecsql_build *p, struct ecsql_select *head,
                                  const struct ecsql_select *rest)
{
    const struct ecsql_node *parts[] = { rest->from,    rest->where, rest->group, rest->having,
                                         rest->windows, rest->order, rest->limit };

    if (head == NULL || p->err != WEH_OK) {
        return NULL;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(parts); i++) {
        deepen(&head->depth, parts[i]);
    }
    build_check_depth(p, head->depth, head->at);
    head->from = rest->from;
    head->where = rest->where;
    head->group = rest->group;
    head->having = rest->having;
    head->windows = rest->windows;
    head->order = rest->order;
    head->options = rest->options;
    if (rest->limit != NULL) {
        head->limit = rest->limit->a;
        head->offset = rest->limit->b;
    }
    return head;
}

struct ecsql_select *build_values(struct ecsql_build *p, const struct ecsql_token *token,
                                  struct ecsql_list rows)
{
    struct ecsql_select *first = NULL;
    struct ecsql_select **end = &first;

    for (struct ecsql_node *row = rows.first; row != NULL; row = row->next) {
        *end = build_select_head(p, token, ECSQL_OP_NONE, build_list(row->a));
        if (*end == NULL) {
            return NULL;
        }
        (*end)->is_values = true;
        (*end)->more_rows = row != rows.first;
        (*end)->set_op = row == rows.first ? ECSQL_OP_NONE : ECSQL_OP_UNION_ALL;
        end = &(*end)->next;
    }
    return first;
}

struct ecsql_query *build_query(struct ecsql_build *p, struct ecsql_select *select)
{
    struct ecsql_query *query;

    if (select == NULL || p->err != WEH_OK) {
        return NULL;
    }
    query = weh_arena_alloc(p->arena, sizeof(*query));
    if (query == NULL) {
        no_memory(p);
        return NULL;
    }
    query->number = p->tree->n_queries++;
    query->selects = select;
    query->depth = select->depth;
    return query;
}

struct ecsql_query *build_union(struct ecsql_build *p, struct ecsql_query *query, enum ecsql_op op,
                                struct ecsql_select *select)
{
    struct ecsql_select *last;

    if (query == NULL || select == NULL || p->err != WEH_OK) {
        return NULL;
    }
    /* A UNION of many selects costs their number here; each of them is at least ten bytes of text. */
    for (last = query->selects; last->next != NULL; last = last->next) {
    }
    last->next = select;
    select->set_op = op;
    if (select->depth > query->depth) {
        query->depth = select->depth;
    }
    return query;
}

struct ecsql_query *build_with_begin(struct ecsql_build *p, bool recursive, struct ecsql_cte *cte)
{
    struct ecsql_query *with = cte == NULL ? NULL : weh_arena_alloc(p->arena, sizeof(*with));

    if (with == NULL) {
        no_memory(p);
        return NULL;
    }
    with->recursive = recursive;
    with->ctes = cte;
    return with;
}

struct ecsql_query *build_with_more(struct ecsql_query *with, struct ecsql_cte *cte)
{
    struct ecsql_cte *last;

    if (with == NULL || cte == NULL) {
        return NULL;
    }
    for (last = with->ctes; last->next != NULL; last = last->next) {
    }
    last->next = cte;
    return with;
}

struct ecsql_cte *build_cte(struct ecsql_build *p, const struct ecsql_token *name,
                            const struct ecsql_list *columns, struct ecsql_query *query)
{
    struct ecsql_cte *cte;

    if (query == NULL || p->err != WEH_OK) {
        return NULL;
    }
    cte = weh_arena_alloc(p->arena, sizeof(*cte));
    if (cte == NULL) {
        no_memory(p);
        return NULL;
    }
    cte->name = name->text;
    cte->at = name->at;
    cte->number = p->tree->n_ctes++;
    cte->query = query;
    query->names = columns == NULL ? NULL : columns->first;
    return cte;
}

struct ecsql_query *build_with(struct ecsql_build *p, struct ecsql_query *with,
                               struct ecsql_query *query)
{
    if (with == NULL || query == NULL) {
        return NULL;
    }
    query->ctes = with->ctes;
    query->recursive = with->recursive;
    for (const struct ecsql_cte *cte = with->ctes; cte != NULL; cte = cte->next) {
        if (cte->query->depth >= query->depth) {
            query->depth = (uint16_t)(cte->query->depth + 1);
        }
        build_check_depth(p, query->depth, cte->at);
    }
    return query;
}

/* ---- what stands in FROM ---- */

struct ecsql_node *build_class(struct ecsql_build *p, const struct ecsql_list *path)
{
    struct ecsql_node *node =
        path->first == NULL ? NULL : build_node(p, ECSQL_CLASS, path->first->at);

    if (node != NULL) {
        node->a = path->first;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_class_of(struct ecsql_build *p, struct ecsql_node *path)
{
    if (path == NULL || path->kind != ECSQL_PATH) {
        return NULL;
    }
    return build_class(p, &(struct ecsql_list){ path->a, NULL });
}

struct ecsql_node *build_only(struct ecsql_node *node, enum ecsql_op only)
{
    if (node != NULL) {
        node->plus = only == ECSQL_OP_PLUS_ONLY || only == ECSQL_OP_PLUS_ALL;
        node->op = only == ECSQL_OP_PLUS_ONLY  ? ECSQL_OP_ONLY
                   : only == ECSQL_OP_PLUS_ALL ? ECSQL_OP_ALL
                   : only == ECSQL_OP_PLUS     ? ECSQL_OP_NONE
                                               : only;
    }
    return node;
}

struct ecsql_node *build_alias(struct ecsql_node *node, const struct ecsql_token *alias)
{
    if (node != NULL) {
        node->text = alias->text;
    }
    return node;
}

struct ecsql_node *build_function(struct ecsql_build *p, const struct ecsql_list *path,
                                  const struct ecsql_list *args)
{
    struct ecsql_node *node =
        path->first == NULL ? NULL : build_node(p, ECSQL_FUNC, path->first->at);

    if (node != NULL) {
        node->a = path->first;
        node->b = args == NULL ? NULL : args->first;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_derived(struct ecsql_build *p, enum ecsql_op only,
                                 struct ecsql_node *subquery)
{
    struct ecsql_node *node = subquery == NULL ? NULL : build_node(p, ECSQL_DERIVED, subquery->at);

    if (node != NULL) {
        node->a = subquery;
    }
    if (node != NULL && only >= ECSQL_OP_PLUS_ALL && only <= ECSQL_OP_PLUS) {
        build_fail(p, "syntax error", node->at);
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_join(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                              struct ecsql_node *b, struct ecsql_node *on)
{
    struct ecsql_node *node = a == NULL || b == NULL ? NULL : build_node(p, ECSQL_JOIN, b->at);

    if (node != NULL) {
        node->op = op;
        node->a = a;
        node->b = b;
        node->c = on;
    }
    return build_deepen(p, node);
}

struct ecsql_node *build_natural(struct ecsql_build *p, const struct ecsql_token *token,
                                 struct ecsql_node *a, struct ecsql_node *b)
{
    (void)a;
    (void)b;
    build_fail(p, "NATURAL JOIN is not supported", token->at);
    return NULL;
}

struct ecsql_node *build_using(struct ecsql_build *p, struct ecsql_node *join,
                               enum ecsql_op direction)
{
    if (join == NULL || p->err != WEH_OK) {
        return NULL;
    }
    join->forward = direction == ECSQL_OP_ASC;
    join->backward = direction == ECSQL_OP_DESC;
    return join;
}

struct ecsql_node *build_using_columns(struct ecsql_build *p, const struct ecsql_token *token,
                                       struct ecsql_node *a)
{
    (void)a;
    build_fail(p, "JOIN ... USING (properties) is not supported", token->at);
    return NULL;
}
