/* src/ecsql/resolve_from.c - what stands in FROM: classes, subqueries, common tables, table functions, and
 * the relationships of JOIN ... USING.
 */
#include <string.h>

#include "weh/ec_suggest.h"

#include "parse.h"
#include "resolve.h"
#include "sql.h"

static weh_err class_not_found(struct ecsql_context *context, const struct ecsql_node *names)
{
    struct weh_buf name;
    const struct weh_ec_class *near = NULL;
    weh_err err;

    weh_buf_init(&name, 512);
    weh_buf_printf(&name, "%.*s.%.*s", WEH_STR_ARGS(names->text), WEH_STR_ARGS(names->next->text));
    if (name.err == WEH_OK) {
        near =
            weh_ec_suggest_class(context->catalog, (struct weh_str){ (char *)name.data, name.len });
    }
    err = ecsql_fail(context->text, names->at, context->diag,
                     "ECClass '%.*s.%.*s' does not exist or could not be loaded.%s%.*s%s",
                     WEH_STR_ARGS(names->text), WEH_STR_ARGS(names->next->text),
                     near == NULL ? "" : " Did you mean '",
                     WEH_STR_ARGS(near == NULL ? WEH_STR("") : near->full_name_dot),
                     near == NULL ? "" : "'?");
    weh_buf_fini(&name);
    return err;
}

weh_err resolve_class(struct ecsql_context *context, const struct ecsql_node *names,
                      const struct weh_ec_class **out)
{
    const struct weh_ec_schema *schema;

    /* main: the only table space there is. */
    if (names->next != NULL && names->next->next != NULL &&
        weh_str_eq_nocase(names->text, WEH_STR("main"))) {
        names = names->next;
    }
    if (names->next == NULL || names->next->next != NULL) {
        return ecsql_fail(context->text, names->at, context->diag,
                          "Invalid ECSQL class expression '%.*s': Valid syntax: <schema name or "
                          "alias>.<class name>",
                          WEH_STR_ARGS(names->text));
    }
    schema = weh_ec_schema_by_name(context->catalog, names->text);
    for (size_t i = 0; schema != NULL && i < weh_ec_class_count(context->catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(context->catalog, i);

        if (ec_class->schema == schema && weh_str_eq_nocase(ec_class->name, names->next->text)) {
            *out = ec_class;
            return WEH_OK;
        }
    }
    return class_not_found(context, names);
}

/* A new source of @node, at the end of @select's. */
static struct ecsql_source *add_source(struct ecsql_context *context, struct ecsql_select *select,
                                       struct ecsql_node *node, enum ecsql_source_kind kind)
{
    struct ecsql_source *source = weh_arena_alloc(context->arena, sizeof(*source));
    struct ecsql_source **end = &select->sources;

    if (source == NULL) {
        return NULL;
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = source;
    source->kind = kind;
    source->number = context->n_sources++;
    source->alias = node->text;
    source->node = node;
    node->source = source;
    return source;
}

static struct weh_str source_name(const struct ecsql_source *source)
{
    if (source->alias.len > 0) {
        return source->alias;
    }
    if (source->kind == ECSQL_SOURCE_CLASS) {
        return source->ec_class->name;
    }
    return source->kind == ECSQL_SOURCE_CTE ? source->cte->name : WEH_STR("");
}

static const struct ecsql_source *namesake(const struct ecsql_source *source)
{
    struct weh_str name = source_name(source);
    const struct ecsql_source *other = name.len == 0 ? NULL : source->next;

    while (other != NULL && !weh_str_eq_nocase(name, source_name(other))) {
        other = other->next;
    }
    return other;
}

static weh_err check_names(struct ecsql_context *context, const struct ecsql_select *select)
{
    for (const struct ecsql_source *source = select->sources; source != NULL;
         source = source->next) {
        const struct ecsql_source *other = namesake(source);

        if (other != NULL) {
            return ecsql_fail(context->text, other->node->at, context->diag,
                              "Duplicate class name / alias '%.*s' in FROM or JOIN clause",
                              WEH_STR_ARGS(source_name(source)));
        }
    }
    return WEH_OK;
}

weh_err resolve_check_queryable(struct ecsql_context *context, const struct ecsql_node *node,
                                const struct weh_ec_class *ec_class)
{
    if (ec_class->type != WEH_EC_STRUCT && ec_class->type != WEH_EC_CUSTOM_ATTRIBUTE) {
        return WEH_OK;
    }
    return ecsql_fail(context->text, node->at, context->diag,
                      "Invalid ECClass in ECSQL: '%.*s' is neither an entity class nor a "
                      "relationship class",
                      WEH_STR_ARGS(ec_class->full_name));
}

static weh_err class_source(struct ecsql_context *context, struct ecsql_select *select,
                            struct ecsql_node *node)
{
    const struct weh_ec_class *ec_class = NULL;
    struct ecsql_source *source = NULL;
    weh_err err = resolve_class(context, node->a, &ec_class);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(ec_class != NULL);
    err = resolve_check_queryable(context, node, ec_class);
    if (err != WEH_OK) {
        return err;
    }
    if (ec_class->map_strategy == WEH_EC_NOT_MAPPED && ec_class->n_tables == 0) {
        return ecsql_fail(
            context->text, node->at, context->diag,
            "Invalid ECClass in ECSQL: ECClass '%.*s' is not supported in ECSQL as it "
            "was not mapped to a table.",
            WEH_STR_ARGS(ec_class->name));
    }
    if (node->op == ECSQL_OP_ONLY && ecsql_is_view(ec_class)) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "ONLY keyword is not supported for view classes (ViewClass: %.*s).",
                          WEH_STR_ARGS(ec_class->full_name));
    }
    source = add_source(context, select, node, ECSQL_SOURCE_CLASS);
    if (source == NULL) {
        return weh_fail_nomem(context->diag);
    }
    source->ec_class = ec_class;
    source->only = node->op == ECSQL_OP_ONLY;
    return WEH_OK;
}

/* ---- common tables ---- */

static weh_err cte_source(struct ecsql_context *context, const struct ecsql_scope *scope,
                          struct ecsql_node *node, struct ecsql_cte *cte,
                          const struct ecsql_scope *where)
{
    struct ecsql_source *source = NULL;
    weh_err err = WEH_OK;

    if (!cte->query->resolved && !cte->in_use) {
        struct ecsql_scope outside = { .outer = where->outer, .query = where->query };

        cte->in_use = true;
        err = resolve_query(context, cte->query, &outside);
        cte->in_use = false;
    }
    if (err != WEH_OK) {
        return err;
    }
    /* Its own body refers to it: what its first SELECT gives must be known by now. */
    if (cte->query->columns == NULL) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "the common table '%.*s' refers to itself before its columns are known",
                          WEH_STR_ARGS(cte->name));
    }
    if (cte->query->names != NULL && cte->query->n_cells != cte->query->n_columns) {
        return ecsql_fail(context->text, cte->query->names->at, context->diag,
                          "a column of a common table with names must be a plain value");
    }
    source = add_source(context, scope->select, node, ECSQL_SOURCE_CTE);
    if (source == NULL) {
        return weh_fail_nomem(context->diag);
    }
    source->cte = cte;
    source->query = cte->query;
    return WEH_OK;
}

static weh_err named_source(struct ecsql_context *context, const struct ecsql_scope *scope,
                            struct ecsql_node *node)
{
    const struct ecsql_scope *where = NULL;
    struct ecsql_cte *cte = NULL;

    /* ONLY is for classes. */
    if (node->a->next == NULL && node->op != ECSQL_OP_ONLY && node->op != ECSQL_OP_PLUS_ONLY) {
        cte = resolve_find_cte(scope, node->a->text, &where);
    }
    return cte != NULL ? cte_source(context, scope, node, cte, where)
                       : class_source(context, scope->select, node);
}

static weh_err derived_source(struct ecsql_context *context, const struct ecsql_scope *scope,
                              struct ecsql_node *node)
{
    /* Sees the common tables, but not what stands beside it. */
    struct ecsql_scope outside = { .outer = scope->outer, .query = scope->query };
    struct ecsql_source *source = NULL;
    weh_err err = resolve_query(context, node->a->query, &outside);

    if (err != WEH_OK) {
        return err;
    }
    source = add_source(context, scope->select, node, ECSQL_SOURCE_QUERY);
    if (source == NULL) {
        return weh_fail_nomem(context->diag);
    }
    source->query = node->a->query;
    return WEH_OK;
}

/* ---- table functions ---- */

#define N_JSON_COLUMNS 7

/* json_each and json_tree look like a subquery with these columns. */
static weh_err json_columns(struct ecsql_context *context, const char *class_name,
                            struct ecsql_query **out)
{
    static const struct {
        const char *name;
        enum weh_ec_primitive primitive;
    } names[N_JSON_COLUMNS] = {
        { "key", WEH_EC_STRING },  { "value", WEH_EC_STRING }, { "type", WEH_EC_STRING },
        { "atom", WEH_EC_STRING }, { "parent", WEH_EC_INT },   { "fullkey", WEH_EC_STRING },
        { "path", WEH_EC_STRING },
    };
    struct ecsql_query *query = weh_arena_alloc(context->arena, sizeof(*query));
    struct ecsql_column *columns =
        weh_arena_array(context->arena, N_JSON_COLUMNS, sizeof(*columns));
    struct ecsql_ref *refs = weh_arena_array(context->arena, N_JSON_COLUMNS, sizeof(*refs));

    if (query == NULL || columns == NULL || refs == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (uint16_t i = 0; i < N_JSON_COLUMNS; i++) {
        refs[i].path = weh_str_from(names[i].name);
        refs[i].name = refs[i].path;
        refs[i].declared_in = weh_str_from(class_name);
        columns[i].name = refs[i].path;
        columns[i].type = ecsql_type_of(names[i].primitive);
        columns[i].ref = &refs[i];
        columns[i].first_cell = i;
    }
    query->n_columns = N_JSON_COLUMNS;
    query->columns = columns;
    *out = query;
    return WEH_OK;
}

/* IdSet(ids) looks like a subquery with the column id. */
static weh_err id_set_columns(struct ecsql_context *context, struct ecsql_query **out)
{
    struct ecsql_query *query = weh_arena_alloc(context->arena, sizeof(*query));
    struct ecsql_column *column = weh_arena_alloc(context->arena, sizeof(*column));
    struct ecsql_ref *ref = weh_arena_alloc(context->arena, sizeof(*ref));

    if (query == NULL || column == NULL || ref == NULL) {
        return weh_fail_nomem(context->diag);
    }
    ref->path = WEH_STR("id");
    ref->name = ref->path;
    ref->is_system = true;
    column->name = ref->path;
    column->type = ecsql_type_of(WEH_EC_LONG);
    column->type.id_kind = ECSQL_ID_ID;
    column->type.extended = WEH_STR("Id");
    column->ref = ref;
    query->n_columns = 1;
    query->columns = column;
    *out = query;
    return WEH_OK;
}

static bool is_id_set(const struct ecsql_node *name)
{
    if (name->next != NULL && weh_str_eq_nocase(name->text, WEH_STR("ECVLib"))) {
        name = name->next;
    }
    return name->next == NULL && weh_str_eq_nocase(name->text, WEH_STR("IdSet"));
}

static weh_err id_set_source(struct ecsql_context *context, const struct ecsql_scope *scope,
                             struct ecsql_node *node)
{
    struct ecsql_query *query = NULL;
    struct ecsql_source *source = NULL;
    weh_err err;

    if (!ecsql_has_option(scope, "ENABLE_EXPERIMENTAL_FEATURES")) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "'IdSet' virtual table is experimental feature and disabled by default.");
    }
    if (node->b == NULL || node->b->next != NULL) {
        return ecsql_fail(context->text, node->at, context->diag, "'IdSet' takes one argument");
    }
    err = resolve_expr(context, node->b, scope);
    if (err == WEH_OK && node->b->kind == ECSQL_PARAM) {
        context->params[node->b->param - 1].is_list = true;
    }
    if (err == WEH_OK) {
        err = id_set_columns(context, &query);
    }
    source = err == WEH_OK ? add_source(context, scope->select, node, ECSQL_SOURCE_FUNCTION) : NULL;
    if (source == NULL) {
        return err == WEH_OK ? weh_fail_nomem(context->diag) : err;
    }
    source->query = query;
    return WEH_OK;
}

static weh_err function_source(struct ecsql_context *context, const struct ecsql_scope *scope,
                               struct ecsql_node *node)
{
    const struct ecsql_node *name = node->a;
    struct ecsql_query *query = NULL;
    struct ecsql_source *source = NULL;
    weh_err err = WEH_OK;

    if (is_id_set(name)) {
        return id_set_source(context, scope, node);
    }
    if (name->next != NULL && name->next->next == NULL &&
        weh_str_eq_nocase(name->text, WEH_STR("json1"))) {
        name = name->next;
    }
    if (name->next != NULL || (!weh_str_eq_nocase(name->text, WEH_STR("json_each")) &&
                               !weh_str_eq_nocase(name->text, WEH_STR("json_tree")))) {
        return ecsql_fail(context->text, node->at, context->diag, "no table function '%.*s%s%.*s'",
                          WEH_STR_ARGS(node->a->text), node->a->next == NULL ? "" : ".",
                          WEH_STR_ARGS(node->a->next == NULL ? WEH_STR("") : node->a->next->text));
    }
    if (node->b == NULL || (node->b->next != NULL && node->b->next->next != NULL)) {
        return ecsql_fail(context->text, node->at, context->diag,
                          "'%.*s' takes one or two "
                          "arguments",
                          WEH_STR_ARGS(name->text));
    }
    for (struct ecsql_node *arg = node->b; arg != NULL && err == WEH_OK; arg = arg->next) {
        err = resolve_expr(context, arg, scope);
    }
    if (err == WEH_OK) {
        bool each = weh_str_eq_nocase(name->text, WEH_STR("json_each"));

        err = json_columns(context, each ? "json1:json_each" : "json1:json_tree", &query);
    }
    if (err != WEH_OK) {
        return err;
    }
    source = add_source(context, scope->select, node, ECSQL_SOURCE_FUNCTION);
    if (source == NULL) {
        return weh_fail_nomem(context->diag);
    }
    source->query = query;
    return WEH_OK;
}

/* ---- JOIN ... USING relationship ---- */

/* At which ends of @relationship may instances of @ec_class stand, as bits: END_SOURCE, END_TARGET. */
#define END_SOURCE 1U
#define END_TARGET 2U
#define END_BOTH   (END_SOURCE | END_TARGET)

static bool end_takes(const struct weh_ec_constraint *constraint,
                      const struct weh_ec_class *ec_class)
{
    for (uint32_t i = 0; i < constraint->n_classes; i++) {
        weh_id allowed = constraint->classes[i]->id;

        if (constraint->polymorphic ? weh_ec_class_is(ec_class, allowed)
                                    : ec_class->id == allowed) {
            return true;
        }
    }
    return false;
}

static unsigned ends_of(const struct weh_ec_class *relationship,
                        const struct weh_ec_class *ec_class)
{
    const struct weh_ec_constraint *ends = relationship->relationship->ends;

    return (end_takes(&ends[0], ec_class) ? END_SOURCE : 0) |
           (end_takes(&ends[1], ec_class) ? END_TARGET : 0);
}

/* The classes beside those of @join that fit an end: the first of each end, and how many classes. */
struct lefts {
    struct ecsql_source *first[2];
    unsigned n[2];
};

static bool is_known(const struct ecsql_select *select, const struct ecsql_source *source,
                     const struct ecsql_node *join)
{
    const struct ecsql_source *other = select->sources;

    while (other != source &&
           (other->kind != ECSQL_SOURCE_CLASS || other == join->b->source ||
            other == join->c->source || other->ec_class->id != source->ec_class->id)) {
        other = other->next;
    }
    return other != source;
}

static void add_left(struct lefts *lefts, unsigned end, struct ecsql_source *source)
{
    if (lefts->n[end]++ == 0) {
        lefts->first[end] = source;
    }
}

static void find_lefts(struct ecsql_select *select, const struct ecsql_node *join,
                       struct lefts *lefts)
{
    for (struct ecsql_source *source = select->sources; source != NULL; source = source->next) {
        unsigned ends;

        if (source->kind != ECSQL_SOURCE_CLASS || source == join->b->source ||
            source == join->c->source || is_known(select, source, join)) {
            continue;
        }
        ends = ends_of(join->c->source->ec_class, source->ec_class);
        if ((ends & END_SOURCE) != 0) {
            add_left(lefts, 0, source);
        }
        if ((ends & END_TARGET) != 0) {
            add_left(lefts, 1, source);
        }
    }
}

/* Where the class on the left stands: what it may be, made less by where that on the right stands;
 * @right: its ends. */
static unsigned left_ends(const struct lefts *lefts, unsigned right)
{
    unsigned left = (lefts->n[0] > 0 ? END_SOURCE : 0) | (lefts->n[1] > 0 ? END_TARGET : 0);

    return left == END_BOTH && right != END_BOTH ? END_BOTH & ~right : left;
}

/* The rules are those of the native library 5.1.72, which looks at all classes of FROM. */
static weh_err using_ends(struct ecsql_context *context, struct ecsql_select *select,
                          struct ecsql_node *join)
{
    const struct weh_ec_class *relationship = join->c->source->ec_class;
    struct lefts lefts = { { NULL, NULL }, { 0, 0 } };
    unsigned right = ends_of(relationship, join->b->source->ec_class);
    const char *what = NULL;
    unsigned left;

    find_lefts(select, join, &lefts);
    left = left_ends(&lefts, right);
    if (right == 0) {
        what = "the class behind JOIN is not related to by the relationship";
    } else if (left == 0) {
        what = "No ECClass in the FROM and JOIN clauses matches the ends of the relationship";
    } else if (lefts.n[0] > 1 || lefts.n[1] > 1) {
        what = "Multiple classes in the FROM and JOIN clauses match an end of the relationship";
    } else if (left == END_BOTH && !join->forward && !join->backward) {
        what = "FORWARD or BACKWARD must be specified for joins where source and target cannot be "
               "identified unambiguously, e.g. joins between the same class";
    } else if ((left == END_SOURCE && join->backward) || (left == END_TARGET && join->forward)) {
        what = "the direction is implied, and is another one";
    }
    if (what != NULL) {
        return ecsql_fail(context->text, join->c->at, context->diag, "%s ('%.*s')", what,
                          WEH_STR_ARGS(relationship->full_name));
    }
    join->cell = left == END_SOURCE || (left == END_BOTH && join->forward) ? 1 : 0;
    join->source = lefts.first[lefts.n[1] > 0 ? 1 : 0];
    return resolve_system(context, join->c->source, ECSQL_SYSTEM_SOURCE_ID) == UINT16_MAX ||
                   resolve_system(context, join->c->source, ECSQL_SYSTEM_TARGET_ID) == UINT16_MAX ||
                   resolve_system(context, join->source, ECSQL_SYSTEM_ID) == UINT16_MAX ||
                   resolve_system(context, join->b->source, ECSQL_SYSTEM_ID) == UINT16_MAX
               ? weh_fail_nomem(context->diag)
               : WEH_OK;
}

static weh_err using_source(struct ecsql_context *context, struct ecsql_select *select,
                            struct ecsql_node *join)
{
    const struct ecsql_source *right = join->b->source;
    weh_err err = class_source(context, select, join->c);

    if (err != WEH_OK) {
        return err;
    }
    if (join->c->source->ec_class->relationship == NULL || right == NULL ||
        right->kind != ECSQL_SOURCE_CLASS) {
        return ecsql_fail(context->text, join->c->at, context->diag,
                          "JOIN ... USING joins classes by a relationship class");
    }
    if (join->op != ECSQL_OP_INNER) {
        return ecsql_fail(context->text, join->c->at, context->diag,
                          "JOIN ... USING a relationship is an inner join");
    }
    return WEH_OK;
}

/* ---- all of FROM ---- */

static weh_err one_from(struct ecsql_context *context, const struct ecsql_scope *scope,
                        struct ecsql_node *from)
{
    weh_err err;

    switch ((unsigned)from->kind) {
    case ECSQL_CLASS:
        return named_source(context, scope, from);
    case ECSQL_DERIVED:
        return derived_source(context, scope, from);
    case ECSQL_FUNC:
        return function_source(context, scope, from);
    default:
        break;
    }
    err = one_from(context, scope, from->a);
    if (err == WEH_OK) {
        err = one_from(context, scope, from->b);
    }
    if (err == WEH_OK && from->c != NULL && from->c->kind == ECSQL_CLASS) {
        err = using_source(context, scope->select, from);
    }
    return err;
}

/* ON and USING see all of FROM. */
static weh_err conditions(struct ecsql_context *context, const struct ecsql_scope *scope,
                          struct ecsql_node *from)
{
    weh_err err = WEH_OK;

    for (; err == WEH_OK && from->kind == ECSQL_JOIN; from = from->a) {
        if (from->c != NULL && from->c->kind != ECSQL_CLASS) {
            err = resolve_expr(context, from->c, scope);
        } else if (from->c != NULL) {
            err = using_ends(context, scope->select, from);
        }
    }
    return err;
}

weh_err resolve_from(struct ecsql_context *context, const struct ecsql_scope *scope)
{
    weh_err err = WEH_OK;

    for (struct ecsql_node *from = scope->select->from; from != NULL && err == WEH_OK;
         from = from->next) {
        err = one_from(context, scope, from);
    }
    for (struct ecsql_source *source = scope->select->sources; source != NULL;
         source = source->next) {
        source->unfiltered = ecsql_has_option(scope, "NoECClassIdFilter");
        source->is_alone = scope->outer == NULL && scope->select->sources->next == NULL;
    }
    if (err == WEH_OK) {
        err = check_names(context, scope->select);
    }
    for (struct ecsql_node *from = scope->select->from; from != NULL && err == WEH_OK;
         from = from->next) {
        err = conditions(context, scope, from);
    }
    return err;
}
