/* src/ecsql/sql_view.c - the classes of ECDbMeta that are views of custom attributes, as SQL.
 *
 * The schema writes down their queries, but for three classes that every iModel has alike a compiler of
 * views would be much: what the queries say stands here.
 */
#include <inttypes.h>

#include "sql.h"

static const struct {
    const char *name;
    const char *holder; /* the property that leads to what has the attribute */
    int container;      /* ec_CustomAttribute.ContainerType */
} views[] = {
    { "ECDbMeta:SchemaCustomAttribute", "Schema", 1 },
    { "ECDbMeta:ClassCustomAttribute", "Class", 30 },
    { "ECDbMeta:PropertyCustomAttribute", "Property", 992 },
};

static int view_find(const struct weh_ec_class *ec_class)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(views); i++) {
        if (ec_class->n_tables == 0 &&
            weh_str_eq_nocase(ec_class->full_name, weh_str_from(views[i].name))) {
            return (int)i;
        }
    }
    return -1;
}

bool ecsql_is_view(const struct weh_ec_class *ec_class)
{
    return view_find(ec_class) >= 0;
}

bool ecsql_is_view_key(const struct weh_ec_class *ec_class)
{
    const struct weh_ec_relationship *relationship = ec_class->relationship;

    return ec_class->n_tables == 0 && relationship != NULL &&
           relationship->ends[1].n_classes == 1 && ecsql_is_view(relationship->ends[1].classes[0]);
}

bool ecsql_is_computed(const struct ecsql_ref *ref)
{
    return ref->source != NULL && ref->source->kind == ECSQL_SOURCE_CLASS &&
           ecsql_is_view(ref->source->ec_class) &&
           (weh_str_eq_text(ref->path, "ECClassId") || weh_str_eq_text(ref->path, "Instance"));
}

static void put(struct ecsql_sql *sql, const char *text)
{
    struct weh_str str = weh_str_from(text);

    weh_buf_append(&sql->out, str.ptr, str.len);
}

static void put_property(struct ecsql_sql *sql, const struct weh_ec_property *property,
                         const char *holder, uint16_t leaf)
{
    if (property->kind != WEH_EC_NAVIGATION) {
        put(sql, "weh_attribute(d.ClassId,d.Instance)");
    } else if (leaf == 0) {
        put(sql, weh_str_eq_nocase(property->name, weh_str_from(holder)) ? "d.ContainerId"
                                                                         : "d.ClassId");
    } else {
        weh_buf_printf(&sql->out, "%" PRIu64,
                       property->nav_class == NULL ? 0 : property->nav_class->id);
    }
}

void sql_view(struct ecsql_sql *sql, const struct ecsql_source *source)
{
    const struct weh_ec_class *ec_class = source->ec_class;
    int view = view_find(ec_class);

    weh_assert(view >= 0);
    put(sql, source->n_outputs == 0 ? "SELECT 1" : "SELECT ");
    for (uint16_t i = 0; i < source->n_outputs; i++) {
        const struct ecsql_output *output = &source->outputs[i];

        put(sql, i == 0 ? "" : ",");
        if (!output->is_system) {
            put_property(sql, &ec_class->properties[output->property], views[view].holder,
                         output->leaf);
        } else if (output->system == ECSQL_SYSTEM_ID) {
            put(sql, "d.Id");
        } else {
            weh_buf_printf(&sql->out, "%" PRIu64, ec_class->id);
        }
        weh_buf_printf(&sql->out, " AS c%u", i);
    }
    weh_buf_printf(&sql->out,
                   " FROM main.ec_CustomAttribute AS d WHERE d.ContainerType=%d ORDER BY d.Ordinal",
                   views[view].container);
}
