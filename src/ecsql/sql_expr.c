/* src/ecsql/sql_expr.c - values and conditions as SQL.
 *
 * Operators stand as they stood in the query, with its parentheses and no others: where SQLite binds them
 * otherwise than ECSQL the result is SQLite's, as it is in the native library. Recursion is as deep as
 * the tree (ECSQL_MAX_DEPTH).
 */
#include <inttypes.h>
#include <string.h>

#include "function.h"
#include "sql.h"

static void put(struct ecsql_sql *sql, const char *text)
{
    struct weh_str str = weh_str_from(text);

    weh_buf_append(&sql->out, str.ptr, str.len);
}

void sql_text(struct ecsql_sql *sql, struct weh_str text)
{
    struct ecsql_literal *literal = weh_arena_alloc(sql->context->arena, sizeof(*literal));

    if (literal == NULL) {
        sql->out.err = WEH_E_NOMEM;
        return;
    }
    literal->text = text;
    if (sql->last_literal == NULL) {
        sql->literals = literal;
    } else {
        sql->last_literal->next = literal;
    }
    sql->last_literal = literal;
    sql->n_literals++;
    weh_buf_printf(&sql->out, "?%u", sql->n_params + sql->n_literals);
}

void sql_shown(struct ecsql_sql *sql)
{
    if (sql->shown > 0) {
        weh_buf_printf(&sql->out, "?%u", sql->n_params + sql->shown);
        return;
    }
    sql_text(sql, WEH_STR(""));
    if (sql->last_literal != NULL) {
        sql->last_literal->is_shown = true;
        sql->shown = sql->n_literals;
    }
}

static void put_path(struct ecsql_sql *sql, const struct ecsql_node *node, uint16_t cell)
{
    static const char *const json_columns[] = { "key",    "value",   "type", "atom",
                                                "parent", "fullkey", "path" };
    const struct ecsql_ref *ref = node->ref;
    const struct ecsql_source *source = ref->source;

    if (source == NULL && ref->column != NULL) {
        weh_buf_printf(&sql->out, "q%ur%u", ref->column->query->number, ref->column->cell + cell);
        return;
    }
    if (source == NULL) {
        if (node->type.primitive == WEH_EC_STRING) {
            sql_text(sql, ref->enumerator);
        } else {
            weh_buf_append(&sql->out, ref->enumerator.ptr, ref->enumerator.len);
        }
        return;
    }
    switch (source->kind) {
    case ECSQL_SOURCE_FUNCTION:
        weh_buf_printf(&sql->out, "t%u.\"%s\"", source->number,
                       source->query->n_columns == 1 ? "id" : json_columns[ref->cells[cell]]);
        break;
    case ECSQL_SOURCE_QUERY:
    case ECSQL_SOURCE_CTE:
        weh_buf_printf(&sql->out, "t%u.q%ur%u", source->number, source->query->number,
                       ref->cells[cell]);
        break;
    case ECSQL_SOURCE_CLASS:
    default:
        weh_buf_printf(&sql->out, "t%u.c%u", source->number, ref->cells[cell]);
        break;
    }
}

static const char *op_text(enum ecsql_op op)
{
    static const struct {
        enum ecsql_op op;
        const char *text;
    } texts[] = {
        { ECSQL_OP_ADD, "+" },         { ECSQL_OP_SUBTRACT, "-" },     { ECSQL_OP_MULTIPLY, "*" },
        { ECSQL_OP_DIVIDE, "/" },      { ECSQL_OP_MODULO, "%" },       { ECSQL_OP_CONCAT, "||" },
        { ECSQL_OP_SHIFT_LEFT, "<<" }, { ECSQL_OP_SHIFT_RIGHT, ">>" }, { ECSQL_OP_BIT_AND, "&" },
        { ECSQL_OP_BIT_OR, "|" },      { ECSQL_OP_BIT_NOT, "~" },      { ECSQL_OP_EQ, "=" },
        { ECSQL_OP_NE, "<>" },         { ECSQL_OP_LT, "<" },           { ECSQL_OP_LE, "<=" },
        { ECSQL_OP_GT, ">" },          { ECSQL_OP_GE, ">=" },          { ECSQL_OP_AND, "AND" },
        { ECSQL_OP_OR, "OR" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        if (texts[i].op == op) {
            return texts[i].text;
        }
    }
    return "";
}

static void put_args(struct ecsql_sql *sql, const struct ecsql_node *args)
{
    for (const struct ecsql_node *arg = args; arg != NULL; arg = arg->next) {
        put(sql, arg == args ? "" : ",");
        sql_expr(sql, arg);
    }
}

static void put_call(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    /* any, some and every are the largest and the smallest truth. */
    bool truth = node->keyword && node->function->result == WEH_EC_BOOLEAN;
    bool json_valid = false;

    /* Of NULL it was false before SQLite 3.45. */
    if (weh_str_eq_nocase(node->text, WEH_STR("json_valid"))) {
        put(sql, "iif(");
        put_args(sql, node->a);
        put(sql, " IS NULL,NULL,");
        json_valid = true;
    }
    put(sql, node->function->sql_name);
    put(sql, "(");
    if (node->op == ECSQL_OP_DISTINCT) {
        put(sql, "DISTINCT ");
    } else if (node->op == ECSQL_OP_STAR) {
        put(sql, "*");
    }
    put_args(sql, node->a);
    put(sql, truth ? "<>0)" : json_valid ? "))" : ")");
}

void sql_orders(struct ecsql_sql *sql, const struct ecsql_node *orders)
{
    for (const struct ecsql_node *order = orders; order != NULL; order = order->next) {
        put(sql, order == orders ? "" : ",");
        sql_expr(sql, order->a);
        if (order->op != ECSQL_OP_NONE) {
            put(sql, order->op == ECSQL_OP_ASC ? " ASC" : " DESC");
        }
        if (order->nulls != ECSQL_OP_NONE) {
            put(sql, order->nulls == ECSQL_OP_FIRST ? " NULLS FIRST" : " NULLS LAST");
        }
    }
}

static void put_bound(struct ecsql_sql *sql, const struct ecsql_node *bound)
{
    switch ((unsigned)bound->op) {
    case ECSQL_OP_UNBOUNDED_PRECEDING:
        put(sql, "UNBOUNDED PRECEDING");
        break;
    case ECSQL_OP_UNBOUNDED_FOLLOWING:
        put(sql, "UNBOUNDED FOLLOWING");
        break;
    case ECSQL_OP_CURRENT_ROW:
        put(sql, "CURRENT ROW");
        break;
    default:
        sql_expr(sql, bound->a);
        put(sql, bound->op == ECSQL_OP_PRECEDING ? " PRECEDING" : " FOLLOWING");
        break;
    }
}

static void put_frame(struct ecsql_sql *sql, const struct ecsql_node *frame)
{
    put(sql, frame->op == ECSQL_OP_ROWS    ? " ROWS "
             : frame->op == ECSQL_OP_RANGE ? " RANGE "
                                           : " GROUPS ");
    if (frame->a->next != NULL) {
        put(sql, "BETWEEN ");
    }
    put_bound(sql, frame->a);
    if (frame->a->next != NULL) {
        put(sql, " AND ");
        put_bound(sql, frame->a->next);
    }
    if (frame->c != NULL) {
        /* One of the grammar's own words. */
        put(sql, " EXCLUDE ");
        weh_buf_append(&sql->out, frame->c->text.ptr, frame->c->text.len);
    }
}

static const char *collation(struct weh_str name)
{
    if (weh_str_eq_nocase(name, WEH_STR("NOCASE"))) {
        return " COLLATE NOCASE";
    }
    return weh_str_eq_nocase(name, WEH_STR("RTRIM")) ? " COLLATE RTRIM" : " COLLATE BINARY";
}

void sql_window(struct ecsql_sql *sql, const struct ecsql_node *window)
{
    if (window->kind == ECSQL_NAME) {
        weh_buf_printf(&sql->out, " n%u", window->cell);
        return;
    }
    put(sql, "(");
    if (window->text.len > 0) {
        weh_buf_printf(&sql->out, "n%u", window->cell);
    }
    for (const struct ecsql_node *item = window->a; item != NULL; item = item->next) {
        put(sql, item == window->a ? " PARTITION BY " : ",");
        sql_expr(sql, item->kind == ECSQL_COLLATE ? item->a : item);
        put(sql, item->kind == ECSQL_COLLATE ? collation(item->text) : "");
    }
    if (window->b != NULL) {
        put(sql, " ORDER BY ");
        sql_orders(sql, window->b);
    }
    if (window->c != NULL) {
        put_frame(sql, window->c);
    }
    put(sql, ")");
}

static const char *cast_text(const struct ecsql_type *type)
{
    switch (type->primitive) {
    case WEH_EC_INT:
    case WEH_EC_LONG:
        return "INTEGER";
    case WEH_EC_BOOLEAN:
        return "BOOLEAN";
    case WEH_EC_DOUBLE:
        return "REAL";
    case WEH_EC_DATETIME:
        return "TIMESTAMP";
    case WEH_EC_BINARY:
        return "BLOB";
    case WEH_EC_STRING:
    case WEH_EC_POINT2D:
    case WEH_EC_POINT3D:
    case WEH_EC_GEOMETRY:
    case WEH_EC_NONE:
    default:
        return "TEXT";
    }
}

static void put_cast(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    if (node->type.kind == ECSQL_TYPE_PRIMITIVE && node->type.primitive == WEH_EC_BOOLEAN &&
        node->a->kind != ECSQL_NULL) {
        put(sql, "CASE WHEN ");
        sql_expr(sql, node->a);
        put(sql, "<>0 THEN 1 ELSE 0 END");
        return;
    }
    put(sql, "CAST(");
    sql_expr(sql, node->a);
    weh_buf_printf(&sql->out, " AS %s)", cast_text(&node->type));
}

static void put_chain(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    for (const struct ecsql_node *operand = node->a; operand != NULL; operand = operand->next) {
        put(sql, operand == node->a ? "" : op_text(operand->infix));
        /* "1 - -1" must not become a comment. */
        put(sql, operand->kind == ECSQL_UNARY ? " " : "");
        sql_expr(sql, operand);
    }
}

/* MIN or MAX of one value, or what is made of them. */
static bool is_extreme(const struct ecsql_node *call)
{
    return call->op != ECSQL_OP_DISTINCT && call->a != NULL && call->a->next == NULL &&
           (strcmp(call->function->sql_name, "min") == 0 ||
            strcmp(call->function->sql_name, "max") == 0);
}

/* Can the frame of @window begin behind the first row? Of a window that is named, nobody looks. */
static bool may_move(const struct ecsql_node *window)
{
    return window->text.len > 0 ||
           (window->c != NULL && window->c->a->op != ECSQL_OP_UNBOUNDED_PRECEDING);
}

static void put_over(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    bool extreme = node->b != NULL && is_extreme(node->a) && may_move(node->c);

    /* SQLite 3.40 loses the FILTER of MIN and MAX over a frame that moves. */
    if (extreme) {
        put(sql, node->a->function->sql_name);
        put(sql, "(iif(");
        sql_expr(sql, node->b);
        put(sql, ",");
        put_args(sql, node->a->a);
        put(sql, node->a->function->result == WEH_EC_BOOLEAN ? "<>0,NULL))" : ",NULL))");
    } else {
        put_call(sql, node->a);
    }
    if (node->b != NULL && !extreme) {
        put(sql, " FILTER (WHERE ");
        sql_expr(sql, node->b);
        put(sql, ")");
    }
    put(sql, " OVER ");
    sql_window(sql, node->c);
}

static void put_iif(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    put(sql, "iif(");
    sql_expr(sql, node->a);
    put(sql, ",");
    sql_expr(sql, node->b);
    put(sql, ",");
    sql_expr(sql, node->c);
    put(sql, ")");
}

static void put_case(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    put(sql, "CASE");
    for (const struct ecsql_node *when = node->a; when != NULL; when = when->next) {
        put(sql, " WHEN ");
        sql_expr(sql, when->a);
        put(sql, " THEN ");
        sql_expr(sql, when->b);
    }
    if (node->b != NULL) {
        put(sql, " ELSE ");
        sql_expr(sql, node->b);
    }
    put(sql, " END");
}

static const char *now_text(const struct ecsql_type *type)
{
    if (type->datetime == WEH_EC_DT_UTC) {
        return "julianday(CURRENT_TIMESTAMP)";
    }
    return type->datetime == WEH_EC_DT_DATE_ONLY ? "julianday(CURRENT_DATE)"
                                                 : "julianday(CURRENT_TIME)";
}

static void put_value(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_NULL:
        put(sql, "NULL");
        break;
    case ECSQL_BOOL:
        put(sql, node->op == ECSQL_OP_TRUE ? "1" : "0");
        break;
    case ECSQL_INTEGER:
    case ECSQL_REAL:
        /* Digits, x, e, signs and dots: the lexer lets nothing else through. */
        weh_buf_append(&sql->out, node->text.ptr, node->text.len);
        break;
    case ECSQL_STRING:
        sql_text(sql, node->text);
        break;
    case ECSQL_DATETIME:
        weh_buf_printf(&sql->out, "%.17g", node->day);
        break;
    case ECSQL_NOW:
        put(sql, now_text(&node->type));
        break;
    case ECSQL_UNARY:
        put(sql, op_text(node->op));
        sql_expr(sql, node->a);
        break;
    case ECSQL_CHAIN:
        put_chain(sql, node);
        break;
    case ECSQL_CALL:
        put_call(sql, node);
        break;
    case ECSQL_OVER:
        put_over(sql, node);
        break;
    case ECSQL_CAST:
        put_cast(sql, node);
        break;
    case ECSQL_IIF:
        put_iif(sql, node);
        break;
    case ECSQL_CASE:
        put_case(sql, node);
        break;
    case ECSQL_SUBQUERY:
        put(sql, "(");
        sql_query(sql, node->query);
        put(sql, ")");
        break;
    case ECSQL_EXTRACT:
        sql_instance(sql, node);
        break;
    default:
        sql_fail(sql, node, "syntax error");
        break;
    }
}

void sql_cell(struct ecsql_sql *sql, const struct ecsql_node *node, uint16_t cell)
{
    put(sql, node->parens > 0 ? "(" : "");
    if (node->kind == ECSQL_PATH) {
        put_path(sql, node, cell);
    } else if (node->kind == ECSQL_PARAM) {
        weh_buf_printf(&sql->out, "?%u", sql->context->params[node->param - 1].first_cell + cell);
    } else if (node->kind == ECSQL_NAV_VALUE && (cell == 0 || node->c != NULL)) {
        sql_expr(sql, cell == 0 ? node->b : node->c);
    } else if (node->kind == ECSQL_NAV_VALUE) {
        weh_buf_printf(&sql->out, "%" PRIu64, node->type.property->nav_class->id);
    } else if (cell > 0) {
        put(sql, "NULL");
    } else {
        put_value(sql, node);
    }
    put(sql, node->parens > 0 ? ")" : "");
}

/* ---- conditions ---- */

/* One side of a comparison: IS TRUE may stand behind a condition. */
static void put_side(struct ecsql_sql *sql, const struct ecsql_node *side, uint16_t cell)
{
    if (side->kind >= ECSQL_COMPARE && side->kind <= ECSQL_LOGIC) {
        sql_expr(sql, side);
    } else {
        sql_cell(sql, side, cell);
    }
}

/* = <> and IS, one column after the other; <> and IS NOT hold when one of them does. */
static void put_compare(struct ecsql_sql *sql, const struct ecsql_node *node, const char *op,
                        bool any)
{
    uint16_t n = ecsql_type_cells(&node->a->type);
    uint16_t m = ecsql_type_cells(&node->b->type);

    n = m > n ? m : n;
    put(sql, n > 1 ? "(" : "");
    for (uint16_t i = 0; i < n; i++) {
        put(sql, i == 0 ? "" : any ? " OR " : " AND ");
        put_side(sql, node->a, i);
        put(sql, op);
        sql_cell(sql, node->b, i);
    }
    put(sql, n > 1 ? ")" : "");
}

static void put_in_values(struct ecsql_sql *sql, const struct ecsql_node *values, uint16_t cell)
{
    if (values->kind == ECSQL_SUBQUERY) {
        sql_query(sql, values->query);
        return;
    }
    for (const struct ecsql_node *value = values; value != NULL; value = value->next) {
        put(sql, value == values ? "" : ",");
        sql_cell(sql, value, cell);
    }
}

static void put_in(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    uint16_t n = ecsql_type_cells(&node->a->type);

    put(sql, n > 1 ? "(" : "");
    for (uint16_t i = 0; i < n; i++) {
        put(sql, i == 0 ? "" : node->negated ? " OR " : " AND ");
        sql_cell(sql, node->a, i);
        put(sql, node->negated ? " NOT IN (" : " IN (");
        put_in_values(sql, node->b, i);
        put(sql, ")");
    }
    put(sql, n > 1 ? ")" : "");
}

/* The ids are those of classes that exist: the catalogue's, no text of the query. */
static void put_types(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    bool first = true;

    sql_expr(sql, node->a);
    put(sql, node->negated ? " NOT IN (" : " IN (");
    for (const struct ecsql_node *type = node->b; type != NULL; type = type->next) {
        put(sql, first ? "" : " UNION ");
        first = false;
        if (type->op == ECSQL_OP_ONLY) {
            weh_buf_printf(&sql->out, "SELECT %" PRIu64, type->ec_class->id);
        } else {
            weh_buf_printf(&sql->out,
                           "SELECT ClassId FROM ec_cache_ClassHierarchy WHERE BaseClassId=%" PRIu64,
                           type->ec_class->id);
        }
    }
    put(sql, ")");
}

/* As the native library does: "> ALL" holds when no value is greater, "= ALL" when none differs. */
static void put_quantified(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    enum ecsql_op op = node->op;

    if (node->negated && (op == ECSQL_OP_EQ || op == ECSQL_OP_NE)) {
        op = op == ECSQL_OP_EQ ? ECSQL_OP_NE : ECSQL_OP_EQ;
    }
    put(sql, node->negated ? "NOT EXISTS (SELECT 1 FROM (" : "EXISTS (SELECT 1 FROM (");
    sql_query(sql, node->b->query);
    put(sql, ") WHERE ");
    if (node->negated) {
        weh_buf_printf(&sql->out, "q%ur0%s", node->b->query->number, op_text(op));
        sql_expr(sql, node->a);
    } else {
        sql_expr(sql, node->a);
        weh_buf_printf(&sql->out, "%sq%ur0", op_text(op), node->b->query->number);
    }
    put(sql, ")");
}

static void put_condition(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    const char *negated = node->negated ? " NOT" : "";

    switch ((unsigned)node->kind) {
    case ECSQL_COMPARE:
        put_compare(sql, node, op_text(node->op), node->op == ECSQL_OP_NE);
        break;
    case ECSQL_IS:
        put_compare(sql, node, node->negated ? " IS NOT " : " IS ", node->negated);
        break;
    case ECSQL_IS_TYPE:
        put_types(sql, node);
        break;
    case ECSQL_BETWEEN:
        sql_expr(sql, node->a);
        weh_buf_printf(&sql->out, "%s BETWEEN ", negated);
        sql_expr(sql, node->b);
        put(sql, " AND ");
        sql_expr(sql, node->c);
        break;
    case ECSQL_LIKE:
    case ECSQL_MATCH:
        sql_expr(sql, node->a);
        weh_buf_printf(&sql->out, "%s %s ", negated, node->kind == ECSQL_LIKE ? "LIKE" : "MATCH");
        sql_expr(sql, node->b);
        if (node->c != NULL) {
            put(sql, " ESCAPE ");
            sql_expr(sql, node->c);
        }
        break;
    case ECSQL_IN:
        put_in(sql, node);
        break;
    case ECSQL_QUANTIFIED:
        put_quantified(sql, node);
        break;
    case ECSQL_EXISTS:
        put(sql, "EXISTS (");
        sql_query(sql, node->a->query);
        put(sql, ")");
        break;
    case ECSQL_NOT:
        put(sql, "NOT ");
        sql_expr(sql, node->a);
        break;
    default:
        for (const struct ecsql_node *part = node->a; part != NULL; part = part->next) {
            put(sql, part == node->a ? "" : node->op == ECSQL_OP_AND ? " AND " : " OR ");
            sql_expr(sql, part);
        }
        break;
    }
}

void sql_expr(struct ecsql_sql *sql, const struct ecsql_node *node)
{
    if (node->kind < ECSQL_COMPARE || node->kind > ECSQL_LOGIC) {
        sql_cell(sql, node, 0);
        return;
    }
    put(sql, node->parens > 0 ? "(" : "");
    put_condition(sql, node);
    put(sql, node->parens > 0 ? ")" : "");
}
