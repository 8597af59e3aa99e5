/* src/ecsql/sql_source.c - classes and relationships as subqueries over their tables. */
#include <inttypes.h>

#include "sql.h"

#define MAX_JOINED 64 /* tables of a class: as the catalogue bounds them */

void sql_name(struct ecsql_sql *sql, struct weh_str name)
{
    /* The catalogue lets only [A-Za-z_][A-Za-z0-9_]* in. */
    weh_buf_byte(&sql->out, '"');
    weh_buf_append(&sql->out, name.ptr, name.len);
    weh_buf_byte(&sql->out, '"');
}

static void put(struct ecsql_sql *sql, const char *text)
{
    struct weh_str str = weh_str_from(text);

    weh_buf_append(&sql->out, str.ptr, str.len);
}

/* One group of classes: "d" is its table, "jN" are those that are joined for more columns. */
struct group_out {
    struct ecsql_sql *sql;
    const struct ecsql_source *source;
    const struct ecsql_group *group;
    uint64_t joined; /* bit N: tables[N] of the class */
    bool ends[2];    /* the classes of the relationship's ends are wanted */
};

static void put_column(struct group_out *out, const struct weh_ec_leaf *leaf)
{
    const struct weh_ec_table *table = out->group->ec_class->tables[leaf->table];

    if (table == out->group->table) {
        put(out->sql, "d.");
    } else {
        weh_buf_printf(&out->sql->out, "j%u.", leaf->table);
        out->joined |= UINT64_C(1) << leaf->table;
    }
    sql_name(out->sql, leaf->column);
}

/* A relationship class id counts only beside an id. */
static void put_leaf(struct group_out *out, const struct weh_ec_leaf *leaf)
{
    if (!weh_str_eq_text(leaf->part, "RelECClassId")) {
        put_column(out, leaf);
        return;
    }
    put(out->sql, "CASE WHEN ");
    put_column(out, leaf - 1);
    put(out->sql, " IS NULL THEN NULL ELSE ");
    if (leaf->is_virtual) {
        weh_buf_printf(&out->sql->out, "%" PRIu64,
                       leaf->value->nav_class == NULL ? 0 : leaf->value->nav_class->id);
    } else {
        put_column(out, leaf);
    }
    put(out->sql, " END");
}

/* The table where the class of an end of a relationship stands; NULL: it is always the same class. */
static const struct weh_ec_class *end_class(const struct ecsql_sql *sql,
                                            const struct weh_ec_class *relationship, int end)
{
    const struct weh_ec_catalog *catalog = sql->context->catalog;
    const struct weh_ec_constraint *constraint = &relationship->relationship->ends[end];

    if (constraint->abstract_class != NULL && constraint->abstract_class->n_tables > 0) {
        return constraint->abstract_class;
    }
    for (uint32_t i = 0; i < constraint->n_classes; i++) {
        if (constraint->classes[i]->n_tables > 0) {
            return constraint->classes[i];
        }
    }
    /* A mixin: its elements stand where any of them does. */
    for (size_t i = 0; i < weh_ec_class_count(catalog) && constraint->n_classes > 0; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(catalog, i);

        if (ec_class->n_tables > 0 && weh_ec_class_is(ec_class, constraint->classes[0]->id)) {
            return ec_class;
        }
    }
    return NULL;
}

static void put_end_class(struct ecsql_sql *sql, const struct weh_ec_class *relationship, int end,
                          bool *joined)
{
    const struct weh_ec_class *ec_class = end_class(sql, relationship, end);

    if (ec_class == NULL) {
        put(sql, "NULL");
    } else if (!ec_class->tables[0]->has_class_id_column) {
        weh_buf_printf(&sql->out, "%" PRIu64, ec_class->id);
    } else {
        weh_buf_printf(&sql->out, "e%d.\"ECClassId\"", end);
        *joined = true;
    }
}

static void put_end_join(struct ecsql_sql *sql, const struct weh_ec_class *relationship, int end)
{
    const struct weh_ec_class *ec_class = end_class(sql, relationship, end);
    const struct weh_ec_table *table;

    if (ec_class == NULL) { /* only ends that have a class are joined */
        return;
    }
    table = ec_class->tables[0];
    put(sql, " JOIN ");
    sql_name(sql, table->name);
    weh_buf_printf(&sql->out, " AS e%d ON e%d.", end, end);
    sql_name(sql, table->id_column);
    put(sql, "=");
}

static void put_system(struct group_out *out, enum ecsql_system system)
{
    const struct weh_ec_class *ec_class = out->group->ec_class;

    switch (system) {
    case ECSQL_SYSTEM_ID:
        put(out->sql, "d.");
        sql_name(out->sql, out->group->table->id_column);
        break;
    case ECSQL_SYSTEM_CLASS_ID:
        if (out->group->table->has_class_id_column) {
            put(out->sql, "d.\"ECClassId\"");
        } else {
            weh_buf_printf(&out->sql->out, "%" PRIu64, ec_class->id);
        }
        break;
    case ECSQL_SYSTEM_SOURCE_ID:
    case ECSQL_SYSTEM_TARGET_ID:
        put(out->sql, "d.");
        sql_name(out->sql, system == ECSQL_SYSTEM_SOURCE_ID ? ec_class->source_id_column
                                                            : ec_class->target_id_column);
        break;
    case ECSQL_SYSTEM_SOURCE_CLASS_ID:
    case ECSQL_SYSTEM_TARGET_CLASS_ID: {
        int end = system == ECSQL_SYSTEM_TARGET_CLASS_ID;

        put_end_class(out->sql, out->source->ec_class, end, &out->ends[end]);
        break;
    }
    case ECSQL_N_SYSTEM:
    default:
        put(out->sql, "NULL");
        break;
    }
}

static void put_outputs(struct group_out *out)
{
    const struct ecsql_source *source = out->source;

    for (uint16_t i = 0; i < source->n_outputs; i++) {
        const struct ecsql_output *output = &source->outputs[i];
        const struct weh_ec_leaf *leaf = ecsql_group_leaf(source, out->group->ec_class, output);

        put(out->sql, i == 0 ? "" : ",");
        if (leaf != NULL) {
            put_leaf(out, leaf);
        } else if (output->is_system) {
            put_system(out, output->system);
        } else {
            put(out->sql, "NULL");
        }
        weh_buf_printf(&out->sql->out, " AS c%u", i);
    }
    if (source->n_outputs == 0) {
        put(out->sql, "1");
    }
}

static void put_tables(struct group_out *out)
{
    const struct ecsql_group *group = out->group;

    put(out->sql, " FROM ");
    sql_name(out->sql, group->table->name);
    put(out->sql, " AS d");
    for (uint16_t i = 0; i < group->ec_class->n_tables && i < MAX_JOINED; i++) {
        if ((out->joined >> i & 1) == 0) {
            continue;
        }
        put(out->sql, " JOIN ");
        sql_name(out->sql, group->ec_class->tables[i]->name);
        weh_buf_printf(&out->sql->out, " AS j%u ON j%u.", i, i);
        sql_name(out->sql, group->ec_class->tables[i]->id_column);
        put(out->sql, "=d.");
        sql_name(out->sql, group->table->id_column);
    }
    for (int end = 0; end < 2; end++) {
        if (out->ends[end]) {
            put_end_join(out->sql, out->source->ec_class, end);
            put(out->sql, "d.");
            sql_name(out->sql, end == 0 ? group->ec_class->source_id_column
                                        : group->ec_class->target_id_column);
        }
    }
}

static void put_ids(struct ecsql_sql *sql, const weh_id *ids, uint32_t n)
{
    weh_buf_printf(&sql->out, n == 1 ? "=" : " IN (");
    for (uint32_t i = 0; i < n; i++) {
        weh_buf_printf(&sql->out, "%s%" PRIu64, i == 0 ? "" : ",", ids[i]);
    }
    put(sql, n == 1 ? "" : ")");
}

/* @by_hierarchy: the classes are looked up in the file, as the official backend does where all are in one
 * table: then rows that nothing orders come as they do there. In a join that costs more than it is worth. */
static void put_group(struct ecsql_sql *sql, const struct ecsql_source *source,
                      const struct ecsql_group *group, bool by_hierarchy)
{
    struct group_out out = { .sql = sql, .source = source, .group = group };

    put(sql, "SELECT ");
    put_outputs(&out);
    put_tables(&out);
    if (group->filter && by_hierarchy) {
        weh_buf_printf(&sql->out,
                       " JOIN ec_cache_ClassHierarchy AS h ON h.ClassId=d.\"ECClassId\" AND "
                       "h.BaseClassId=%" PRIu64,
                       source->ec_class->id);
    } else if (group->filter) {
        put(sql, " WHERE d.\"ECClassId\"");
        put_ids(sql, group->ids, group->n_ids);
    }
}

static void put_nothing(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    put(sql, "SELECT 1");
    for (uint16_t i = 0; i < source->n_outputs; i++) {
        weh_buf_printf(&sql->out, ",NULL AS c%u", i);
    }
    put(sql, " WHERE 0");
}

static void put_class(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    struct ecsql_group *groups = NULL;
    bool by_hierarchy;

    if (ecsql_is_view(source->ec_class)) {
        sql_view(sql, source);
        return;
    }
    sql->err = ecsql_partition(sql->context, source, &groups);
    if (sql->err != WEH_OK) {
        return;
    }
    if (groups == NULL) {
        put_nothing(sql, source);
    }
    by_hierarchy = groups != NULL && groups->next == NULL && groups->n_ids > 1 &&
                   source->is_alone && source->required == NULL;
    for (const struct ecsql_group *group = groups; group != NULL; group = group->next) {
        put_group(sql, source, group, by_hierarchy);
        put(sql, group->next == NULL ? "" : " UNION ALL ");
    }
}

/* ---- relationships that are foreign keys ---- */

/* The navigation property of @ec_class that stands for @relationship, or one it derives from. */
static bool find_navigation(const struct weh_ec_class *ec_class,
                            const struct weh_ec_class *relationship, uint16_t *out)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];

        if (property->kind == WEH_EC_NAVIGATION && property->nav_class != NULL &&
            property->n_leaves == 2 && weh_ec_class_is(relationship, property->nav_class->id)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool is_foreign_key(const struct weh_ec_class *ec_class)
{
    return ec_class->map_strategy == WEH_EC_FOREIGN_KEY_IN_TARGET ||
           ec_class->map_strategy == WEH_EC_FOREIGN_KEY_IN_SOURCE || ecsql_is_view_key(ec_class);
}

/* The class with the foreign key, as a source of its own: outputs id, class id, key, relationship. */
static bool key_source(const struct weh_ec_class *relationship, int end,
                       struct ecsql_output outputs[4], struct ecsql_source *out)
{
    const struct weh_ec_constraint *constraint = &relationship->relationship->ends[end];
    uint16_t property = 0;

    for (uint32_t i = 0; i < constraint->n_classes; i++) {
        if (!find_navigation(constraint->classes[i], relationship, &property)) {
            continue;
        }
        outputs[0] = (struct ecsql_output){ .is_system = true, .system = ECSQL_SYSTEM_ID };
        outputs[1] = (struct ecsql_output){ .is_system = true, .system = ECSQL_SYSTEM_CLASS_ID };
        outputs[2] = (struct ecsql_output){ .property = property };
        outputs[3] = (struct ecsql_output){ .property = property, .leaf = 1 };
        *out = (struct ecsql_source){ .kind = ECSQL_SOURCE_CLASS,
                                      .ec_class = constraint->classes[i],
                                      /* As there: a column that other classes share counts. */
                                      .unfiltered = true,
                                      .outputs = outputs,
                                      .n_outputs = 4 };
        return true;
    }
    return false;
}

static void put_key_output(struct ecsql_sql *sql, const struct ecsql_source *source, int key_end,
                           enum ecsql_system system, bool *joined)
{
    switch (system) {
    case ECSQL_SYSTEM_ID:
        put(sql, "k.c0");
        break;
    case ECSQL_SYSTEM_CLASS_ID:
        put(sql, "k.c3");
        break;
    case ECSQL_SYSTEM_SOURCE_ID:
        put(sql, key_end == 0 ? "k.c0" : "k.c2");
        break;
    case ECSQL_SYSTEM_TARGET_ID:
        put(sql, key_end == 1 ? "k.c0" : "k.c2");
        break;
    case ECSQL_SYSTEM_SOURCE_CLASS_ID:
    case ECSQL_SYSTEM_TARGET_CLASS_ID:
        if ((system == ECSQL_SYSTEM_TARGET_CLASS_ID) == (key_end == 1)) {
            put(sql, "k.c1");
        } else {
            put_end_class(sql, source->ec_class, 1 - key_end, joined);
        }
        break;
    case ECSQL_N_SYSTEM:
    default:
        put(sql, "NULL");
        break;
    }
}

static void put_relationship_filter(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    put(sql, " WHERE k.c2 IS NOT NULL AND k.c3");
    if (source->only) {
        weh_buf_printf(&sql->out, "=%" PRIu64, source->ec_class->id);
        return;
    }
    weh_buf_printf(&sql->out,
                   " IN (SELECT ClassId FROM ec_cache_ClassHierarchy WHERE BaseClassId=%" PRIu64
                   ")",
                   source->ec_class->id);
}

static void put_foreign_key(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    int key_end = source->ec_class->map_strategy == WEH_EC_FOREIGN_KEY_IN_SOURCE ? 0 : 1;
    const struct weh_ec_class *other = end_class(sql, source->ec_class, 1 - key_end);
    struct ecsql_output outputs[4];
    struct ecsql_source key;
    bool joined = false;

    if (!key_source(source->ec_class, key_end, outputs, &key)) {
        put_nothing(sql, source);
        return;
    }
    put(sql, "SELECT ");
    for (uint16_t i = 0; i < source->n_outputs; i++) {
        put(sql, i == 0 ? "" : ",");
        put_key_output(sql, source, key_end, source->outputs[i].system, &joined);
        weh_buf_printf(&sql->out, " AS c%u", i);
    }
    put(sql, source->n_outputs == 0 ? "1 FROM (" : " FROM (");
    put_class(sql, &key);
    put(sql, ") AS k");
    /* Keys that lead nowhere are no relationships, whether the other end is asked for or not. */
    if (other != NULL && other->tables[0]->has_class_id_column) {
        put_end_join(sql, source->ec_class, 1 - key_end);
        put(sql, "k.c2");
    }
    put_relationship_filter(sql, source);
}

/* ---- any source ---- */

static void put_function(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    const struct ecsql_node *name = source->node->a;
    bool is_set;

    name = name->next == NULL ? name : name->next;
    is_set = weh_str_eq_nocase(name->text, WEH_STR("IdSet"));
    if (is_set) {
        put(sql, "(SELECT DISTINCT weh_id_set(key,value) AS id FROM ");
    }
    put(sql, weh_str_eq_nocase(name->text, WEH_STR("json_tree")) ? "json_tree(" : "json_each(");
    for (const struct ecsql_node *arg = source->node->b; arg != NULL; arg = arg->next) {
        sql_expr(sql, arg);
        put(sql, arg->next == NULL ? "" : ",");
    }
    weh_buf_printf(&sql->out, is_set ? ") ORDER BY 1) AS t%u" : ") AS t%u", source->number);
}

void sql_source(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    switch (source->kind) {
    case ECSQL_SOURCE_FUNCTION:
        put_function(sql, source);
        return;
    case ECSQL_SOURCE_CTE:
        weh_buf_printf(&sql->out, "w%u", source->cte->number);
        break;
    case ECSQL_SOURCE_QUERY:
        put(sql, "(");
        sql_query(sql, source->query);
        put(sql, ")");
        break;
    case ECSQL_SOURCE_CLASS:
    default:
        put(sql, "(");
        if (is_foreign_key(source->ec_class)) {
            put_foreign_key(sql, source);
        } else {
            put_class(sql, source);
        }
        put(sql, ")");
        break;
    }
    weh_buf_printf(&sql->out, " AS t%u", source->number);
}
