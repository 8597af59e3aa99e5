/* src/ecsql/name_text.c - a computed column's name: its expression, written as the native library 5.1.72
 * writes it.
 *
 * Clients find such columns by these names, so blanks, brackets and case are what they are there.
 * Recursion is as deep as the tree (ECSQL_MAX_DEPTH).
 */
#include "name_text.h"

#include "sql.h"

void name_put(struct weh_buf *out, const char *text)
{
    struct weh_str str = weh_str_from(text);

    weh_buf_append(out, str.ptr, str.len);
}

void name_put_str(struct weh_buf *out, struct weh_str text)
{
    weh_buf_append(out, text.ptr, text.len);
}

static void put_upper(struct weh_buf *out, struct weh_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        weh_buf_byte(out, (uint8_t)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c));
    }
}

void name_list(struct weh_buf *out, const struct ecsql_node *list, const char *between)
{
    for (const struct ecsql_node *node = list; node != NULL; node = node->next) {
        if (node != list) {
            name_put(out, between);
        }
        name_expr(out, node);
    }
}

/* "[Origin].[X]" */
static void put_dotted(struct weh_buf *out, struct weh_str path)
{
    struct weh_str part;
    const char *before = "[";

    do {
        path = weh_str_split(path, '.', &part);
        name_put(out, before);
        name_put_str(out, part);
        name_put(out, "]");
        before = ".[";
    } while (path.len > 0);
}

/* The names of @node that @path is, as they are written. */
static void put_written(struct weh_buf *out, const struct ecsql_node *node, struct weh_str path)
{
    const struct ecsql_node *name = node->a;
    const char *before = "[";
    size_t n = 1;
    size_t m = 0;

    for (size_t i = 0; i < path.len; i++) {
        n += path.ptr[i] == '.';
    }
    for (const struct ecsql_node *at = name; at != NULL; at = at->next) {
        m++;
    }
    for (; m > n; m--) {
        name = name->next;
    }
    for (; name != NULL; name = name->next) {
        name_put(out, before);
        name_put_str(out, name->text);
        name_put(out, "]");
        before = ".[";
    }
}

static void put_path(struct weh_buf *out, const struct ecsql_node *node)
{
    const struct ecsql_ref *ref = node->ref;
    const struct ecsql_source *source = ref == NULL ? NULL : ref->source;

    if (source == NULL || ref->path.len == 0) {
        const char *before = "[";

        for (const struct ecsql_node *name = node->a; name != NULL; name = name->next) {
            name_put(out, before);
            name_put_str(out, name->text);
            name_put(out, "]");
            before = ".[";
        }
        return;
    }
    if (source->kind == ECSQL_SOURCE_CLASS && ecsql_is_view(source->ec_class)) {
        name_put_str(out, source->alias.len > 0 ? source->alias : source->ec_class->name);
        name_put(out, ".");
    } else if (source->alias.len > 0) {
        name_put_str(out, source->ec_class != NULL ? source->ec_class->name : source->alias);
        name_put(out, ".");
    }
    if (ref->shown.len == 0 && source->kind == ECSQL_SOURCE_CLASS) {
        put_written(out, node, ref->path);
    } else {
        put_dotted(out, ref->shown.len > 0 ? ref->shown : ref->path);
    }
}

static void put_string(struct weh_buf *out, struct weh_str text)
{
    name_put(out, "'");
    for (size_t i = 0; i < text.len; i++) {
        weh_buf_byte(out, (uint8_t)text.ptr[i]);
        if (text.ptr[i] == '\'') {
            name_put(out, "'");
        }
    }
    name_put(out, "'");
}

static void put_datetime(struct weh_buf *out, const struct ecsql_node *node)
{
    const char *word = "TIMESTAMP ";

    if (node->type.datetime == WEH_EC_DT_DATE_ONLY) {
        word = "DATE ";
    } else if (node->type.datetime == WEH_EC_DT_TIME_OF_DAY) {
        word = "TIME ";
    }
    name_put(out, word);
    put_string(out, node->text);
}

const char *name_op(enum ecsql_op op)
{
    switch ((unsigned)op) {
    case ECSQL_OP_ADD:
        return "+";
    case ECSQL_OP_SUBTRACT:
        return "-";
    case ECSQL_OP_MULTIPLY:
        return "*";
    case ECSQL_OP_DIVIDE:
        return "/";
    case ECSQL_OP_MODULO:
        return "%";
    case ECSQL_OP_CONCAT:
        return "||";
    case ECSQL_OP_SHIFT_LEFT:
        return "<<";
    case ECSQL_OP_SHIFT_RIGHT:
        return ">>";
    case ECSQL_OP_BIT_AND:
        return "&";
    case ECSQL_OP_BIT_OR:
        return "|";
    case ECSQL_OP_BIT_NOT:
        return "~";
    case ECSQL_OP_EQ:
        return "=";
    case ECSQL_OP_NE:
        return "<>";
    case ECSQL_OP_LT:
        return "<";
    case ECSQL_OP_LE:
        return "<=";
    case ECSQL_OP_GT:
        return ">";
    case ECSQL_OP_GE:
        return ">=";
    case ECSQL_OP_AND:
        return "AND";
    case ECSQL_OP_OR:
        return "OR";
    case ECSQL_OP_UNION:
    case ECSQL_OP_UNION_ALL:
        return "UNION";
    case ECSQL_OP_INTERSECT:
    case ECSQL_OP_INTERSECT_ALL:
        return "INTERSECT";
    case ECSQL_OP_EXCEPT:
    case ECSQL_OP_EXCEPT_ALL:
        return "EXCEPT";
    default:
        return "";
    }
}

static void put_call(struct weh_buf *out, const struct ecsql_node *node)
{
    /* Words of the grammar are kept as their token, all but ntile. */
    bool word = node->keyword || weh_str_eq_nocase(node->text, WEH_STR("rtrim"));

    if (word && !weh_str_eq_nocase(node->text, WEH_STR("ntile"))) {
        put_upper(out, node->text);
    } else if (word) {
        name_put(out, "ntile");
    } else {
        name_put_str(out, node->text);
    }
    name_put(out, "(");
    if (node->op == ECSQL_OP_DISTINCT) {
        name_put(out, "DISTINCT ");
    } else if (node->op == ECSQL_OP_ALL) {
        name_put(out, "ALL ");
    } else if (node->op == ECSQL_OP_STAR) {
        name_put(out, "*");
    }
    name_list(out, node->a, ",");
    name_put(out, ")");
}

static void put_types(struct weh_buf *out, const struct ecsql_node *types)
{
    name_put(out, "(");
    for (const struct ecsql_node *type = types; type != NULL; type = type->next) {
        const char *before = "[";

        name_put(out, type == types ? "" : ",");
        name_put(out, type->op == ECSQL_OP_ONLY ? "ONLY " : type->op == ECSQL_OP_ALL ? "ALL " : "");
        for (const struct ecsql_node *name = type->a; name != NULL; name = name->next) {
            name_put(out, before);
            name_put_str(out, name->text);
            name_put(out, "]");
            before = ".[";
        }
    }
    name_put(out, ")");
}

static void put_like(struct weh_buf *out, const struct ecsql_node *node)
{
    name_expr(out, node->a);
    name_put(out, node->negated ? " NOT" : "");
    name_put(out, node->kind == ECSQL_LIKE ? " LIKE " : " MATCH ");
    name_expr(out, node->b);
    if (node->c != NULL) {
        name_put(out, " ESCAPE ");
        name_expr(out, node->c);
    }
}

static void put_in(struct weh_buf *out, const struct ecsql_node *node)
{
    name_expr(out, node->a);
    name_put(out, node->negated ? " NOT IN " : " IN ");
    name_list(out, node->b, ", ");
}

static void put_is(struct weh_buf *out, const struct ecsql_node *node)
{
    name_condition(out, node->a);
    name_put(out, node->negated ? " IS NOT " : " IS ");
    if (node->kind == ECSQL_IS) {
        name_expr(out, node->b);
    } else {
        put_types(out, node->b);
    }
}

static void put_between(struct weh_buf *out, const struct ecsql_node *node)
{
    name_expr(out, node->a);
    name_put(out, node->negated ? " NOT BETWEEN " : " BETWEEN ");
    name_expr(out, node->b);
    name_put(out, " AND ");
    name_expr(out, node->c);
}

static void put_logic(struct weh_buf *out, const struct ecsql_node *node)
{
    for (const struct ecsql_node *part = node->a; part != NULL; part = part->next) {
        if (part != node->a) {
            weh_buf_printf(out, " %s ", name_op(node->op));
        }
        name_condition(out, part);
    }
}

static void put_condition(struct weh_buf *out, const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_COMPARE:
        name_expr(out, node->a);
        weh_buf_printf(out, " %s ", name_op(node->op));
        name_expr(out, node->b);
        break;
    case ECSQL_IS:
    case ECSQL_IS_TYPE:
        put_is(out, node);
        break;
    case ECSQL_BETWEEN:
        put_between(out, node);
        break;
    case ECSQL_LIKE:
    case ECSQL_MATCH:
        put_like(out, node);
        break;
    case ECSQL_IN:
        put_in(out, node);
        break;
    case ECSQL_QUANTIFIED:
        name_expr(out, node->a);
        weh_buf_printf(out, " %s %s ", name_op(node->op), node->negated ? "ALL" : "ANY");
        name_query(out, node->b->query);
        break;
    case ECSQL_EXISTS:
        name_put(out, "EXISTS ");
        name_bare_query(out, node->a->query);
        break;
    case ECSQL_NOT:
        name_put(out, "NOT ");
        name_condition(out, node->a);
        break;
    default:
        put_logic(out, node);
        break;
    }
}

static void put_case(struct weh_buf *out, const struct ecsql_node *node)
{
    name_put(out, " CASE ");
    for (const struct ecsql_node *when = node->a; when != NULL; when = when->next) {
        name_put(out, " WHEN ");
        name_condition(out, when->a);
        name_put(out, " THEN ");
        name_expr(out, when->b);
    }
    if (node->b != NULL) {
        name_put(out, " ELSE ");
        name_expr(out, node->b);
    }
    name_put(out, " END ");
}

static void put_names(struct weh_buf *out, const struct ecsql_node *names)
{
    for (const struct ecsql_node *name = names; name != NULL; name = name->next) {
        name_put_str(out, name->text);
        name_put(out, name->next != NULL ? "." : "");
    }
}

static void put_extract(struct weh_buf *out, const struct ecsql_node *node)
{
    put_names(out, node->a->a);
    if (node->b != NULL) {
        name_put(out, "->");
        put_names(out, node->b->a);
    }
    name_put(out, node->op == ECSQL_OP_OPTIONAL ? "?" : "");
}

static void put_chain(struct weh_buf *out, const struct ecsql_node *node)
{
    for (const struct ecsql_node *operand = node->a; operand != NULL; operand = operand->next) {
        if (operand != node->a) {
            weh_buf_printf(out, " %s ", name_op(operand->infix));
        }
        name_expr(out, operand);
    }
}

static void put_over(struct weh_buf *out, const struct ecsql_node *node)
{
    put_call(out, node->a);
    if (node->b != NULL) {
        name_put(out, " FILTER(WHERE ");
        name_condition(out, node->b);
        name_put(out, ")");
    }
    name_put(out, " OVER");
    name_window(out, node->c);
}

static void put_cast(struct weh_buf *out, const struct ecsql_node *node)
{
    name_put(out, "CAST (");
    name_expr(out, node->a);
    name_put(out, " AS ");
    if (node->b != NULL) {
        name_put_str(out, node->b->text);
        name_put(out, ".");
        name_put_str(out, node->text);
    } else if (weh_str_eq_nocase(node->text, WEH_STR("INT"))) {
        name_put(out, "INTEGER");
    } else {
        put_upper(out, node->text);
    }
    name_put(out, ")");
}

static void put_iif(struct weh_buf *out, const struct ecsql_node *node)
{
    name_put(out, " IIF (");
    name_condition(out, node->a);
    name_put(out, ",");
    name_expr(out, node->b);
    name_put(out, ",");
    name_expr(out, node->c);
    name_put(out, ")");
}

static void put_param(struct weh_buf *out, const struct ecsql_node *node)
{
    name_put(out, node->text.len > 0 ? ":[" : "?");
    name_put_str(out, node->text);
    name_put(out, node->text.len > 0 ? "]" : "");
}

/* Values of several parts. */
static void put_compound(struct weh_buf *out, const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_EXTRACT:
        put_extract(out, node);
        break;
    case ECSQL_UNARY:
        name_put(out, name_op(node->op));
        name_expr(out, node->a);
        break;
    case ECSQL_CHAIN:
        put_chain(out, node);
        break;
    case ECSQL_CALL:
        put_call(out, node);
        break;
    case ECSQL_OVER:
        put_over(out, node);
        break;
    case ECSQL_COLLATE:
        name_expr(out, node->a);
        name_put(out, " COLLATE ");
        put_upper(out, node->text);
        break;
    case ECSQL_CAST:
        put_cast(out, node);
        break;
    case ECSQL_IIF:
        put_iif(out, node);
        break;
    case ECSQL_NAV_VALUE:
        name_put(out, "NAVIGATION_VALUE(");
        put_names(out, node->a->a);
        name_put(out, ",");
        name_expr(out, node->b);
        name_put(out, node->c != NULL ? "," : "");
        if (node->c != NULL) {
            name_expr(out, node->c);
        }
        name_put(out, ")");
        break;
    case ECSQL_CASE:
        put_case(out, node);
        break;
    default:
        name_query(out, node->query);
        break;
    }
}

static void put_value(struct weh_buf *out, const struct ecsql_node *node)
{
    switch ((unsigned)node->kind) {
    case ECSQL_NULL:
        name_put(out, node->op == ECSQL_OP_UNKNOWN ? "UNKNOWN" : "NULL");
        break;
    case ECSQL_BOOL:
        name_put(out, node->op == ECSQL_OP_TRUE ? "TRUE" : "FALSE");
        break;
    case ECSQL_INTEGER:
    case ECSQL_REAL:
        name_put_str(out, node->text);
        break;
    case ECSQL_STRING:
        put_string(out, node->text);
        break;
    case ECSQL_DATETIME:
        put_datetime(out, node);
        break;
    case ECSQL_NOW:
        put_upper(out, node->text);
        break;
    case ECSQL_PARAM:
        put_param(out, node);
        break;
    case ECSQL_PATH:
        put_path(out, node);
        break;
    default:
        put_compound(out, node);
        break;
    }
}

void name_expr(struct weh_buf *out, const struct ecsql_node *node)
{
    /* Only the innermost pair is kept, and none around a name or "$". */
    bool parens = node->parens > 0 && node->kind != ECSQL_PATH && node->kind != ECSQL_EXTRACT;

    name_put(out, parens ? "(" : "");
    if (node->kind >= ECSQL_COMPARE && node->kind <= ECSQL_LOGIC) {
        put_condition(out, node);
    } else {
        put_value(out, node);
    }
    name_put(out, parens ? ")" : "");
}

void name_condition(struct weh_buf *out, const struct ecsql_node *node)
{
    bool parens = node->parens > 0 &&
                  (node->kind == ECSQL_PATH || (node->kind == ECSQL_EXTRACT && node->b != NULL));

    name_put(out, parens ? "(" : "");
    name_expr(out, node);
    name_put(out, parens ? ")" : "");
}

weh_err ecsql_name_text(struct ecsql_context *context, const struct ecsql_node *node,
                        struct weh_str *out)
{
    struct weh_buf buf;
    weh_err err = WEH_OK;

    weh_buf_init(&buf, 0);
    name_expr(&buf, node);
    out->len = buf.len;
    out->ptr = buf.err == WEH_OK
                   ? weh_arena_strdup(context->arena, (struct weh_str){ (char *)buf.data, buf.len })
                   : NULL;
    if (out->ptr == NULL) {
        err = weh_fail_nomem(context->diag);
    }
    weh_buf_fini(&buf);
    return err;
}
