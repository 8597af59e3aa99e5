/* src/ecsql/partition.c - in which tables the instances of a class are, and whether others are there too.
 *
 * Only tables that can hold rows are read, and the class of a row is only looked at where rows of other
 * classes stand in the same table.
 */
#include "sql.h"

static bool has_table(const struct weh_ec_class *ec_class, const struct weh_ec_table *table)
{
    for (uint16_t i = 0; i < ec_class->n_tables; i++) {
        if (ec_class->tables[i] == table) {
            return true;
        }
    }
    return false;
}

/* The table that says most: joined if there is one, else the primary; overflow tables only add. */
static const struct weh_ec_table *own_table(const struct weh_ec_class *ec_class)
{
    const struct weh_ec_table *table = NULL;

    for (uint16_t i = 0; i < ec_class->n_tables; i++) {
        if (ec_class->tables[i]->type != WEH_EC_TABLE_OVERFLOW) {
            table = ec_class->tables[i];
        }
    }
    return table;
}

static const struct weh_ec_table *table_of(const struct ecsql_source *source,
                                           const struct weh_ec_class *ec_class)
{
    const struct weh_ec_table *wanted = own_table(source->ec_class);

    return wanted != NULL && has_table(ec_class, wanted) ? wanted : own_table(ec_class);
}

const struct weh_ec_leaf *ecsql_group_leaf(const struct ecsql_source *source,
                                           const struct weh_ec_class *ec_class,
                                           const struct ecsql_output *output)
{
    struct weh_str name;

    if (output->is_system) {
        return NULL;
    }
    name = source->ec_class->properties[output->property].name;
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        const struct weh_ec_property *property = &ec_class->properties[i];

        if (weh_str_eq_nocase(property->name, name)) {
            return output->leaf < property->n_leaves ? &property->leaves[output->leaf] : NULL;
        }
    }
    return NULL;
}

/* Does @ec_class keep all outputs where the classes of @group keep them? */
static bool fits(const struct ecsql_source *source, const struct ecsql_group *group,
                 const struct weh_ec_class *ec_class)
{
    if (table_of(source, ec_class) != group->table ||
        (!group->table->has_class_id_column && ec_class != group->ec_class)) {
        return false;
    }
    for (uint16_t i = 0; i < source->n_outputs; i++) {
        const struct weh_ec_leaf *a =
            ecsql_group_leaf(source, group->ec_class, &source->outputs[i]);
        const struct weh_ec_leaf *b = ecsql_group_leaf(source, ec_class, &source->outputs[i]);

        if (a == b) {
            continue;
        }
        if (a == NULL || b == NULL || a->is_virtual != b->is_virtual ||
            !weh_str_eq(a->column, b->column) ||
            group->ec_class->tables[a->table] != ec_class->tables[b->table]) {
            return false;
        }
    }
    return true;
}

static weh_err add(struct ecsql_context *context, const struct ecsql_source *source,
                   struct ecsql_group **groups, const struct weh_ec_class *ec_class)
{
    struct ecsql_group **at = groups;

    while (*at != NULL && !fits(source, *at, ec_class)) {
        at = &(*at)->next;
    }
    if (*at == NULL) {
        struct ecsql_group *group = weh_arena_alloc(context->arena, sizeof(*group));

        if (group != NULL) {
            group->table = table_of(source, ec_class);
            group->ec_class = ec_class;
            group->ids = weh_arena_array(context->arena, weh_ec_class_count(context->catalog) + 1,
                                         sizeof(*group->ids));
        }
        if (group == NULL || group->ids == NULL) {
            return weh_fail_nomem(context->diag);
        }
        *at = group;
    }
    (*at)->ids[(*at)->n_ids++] = ec_class->id;
    return WEH_OK;
}

/* Every property that "$->name" asks for without "?": the official backend leaves the others out. */
static bool has_required(const struct ecsql_source *source, const struct weh_ec_class *ec_class)
{
    for (const struct ecsql_node *name = source->ec_class->relationship != NULL ? NULL
                                                                                : source->required;
         name != NULL; name = name->c) {
        struct weh_str text = name->b->a->text;
        bool found = weh_str_eq_nocase(text, WEH_STR("ECInstanceId")) ||
                     weh_str_eq_nocase(text, WEH_STR("ECClassId"));

        for (uint16_t i = 0; i < ec_class->n_properties && !found; i++) {
            found = weh_str_eq_nocase(ec_class->properties[i].name, text);
        }
        if (!found || name->b->a->next != NULL) {
            return false;
        }
    }
    return true;
}

/* Are there other classes in the table of @group? Those that are abstract have no rows. */
static bool is_shared(const struct weh_ec_catalog *catalog, const struct ecsql_group *group)
{
    uint32_t n = 0;

    for (size_t i = 0; i < weh_ec_class_count(catalog); i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(catalog, i);

        n += ec_class->modifier != WEH_EC_ABSTRACT && has_table(ec_class, group->table);
    }
    return n != group->n_ids;
}

weh_err ecsql_partition(struct ecsql_context *context, const struct ecsql_source *source,
                        struct ecsql_group **out)
{
    weh_err err = WEH_OK;

    *out = NULL;
    for (size_t i = 0; i < weh_ec_class_count(context->catalog) && err == WEH_OK; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_at(context->catalog, i);
        bool wanted = source->only ? ec_class == source->ec_class
                                   : weh_ec_class_is(ec_class, source->ec_class->id);

        if (wanted && ec_class->modifier != WEH_EC_ABSTRACT && own_table(ec_class) != NULL &&
            has_required(source, ec_class)) {
            err = add(context, source, out, ec_class);
        }
    }
    for (struct ecsql_group *group = *out; group != NULL; group = group->next) {
        group->filter = !source->unfiltered && group->table->has_class_id_column &&
                        is_shared(context->catalog, group);
    }
    return err;
}
