/* src/ec/describe_relationship.c - what a relationship class joins, as data. */
#include <stdio.h>

#include "describe_priv.h"

/* "(0..*)" */
static void multiplicity_put(struct ec_describe *describe, const struct weh_ec_constraint *end)
{
    char text[32];

    if (end->upper == WEH_EC_UNBOUNDED) {
        (void)snprintf(text, sizeof(text), "(%u..*)", end->lower);
    } else {
        (void)snprintf(text, sizeof(text), "(%u..%u)", end->lower, end->upper);
    }
    ec_put_text(describe, "multiplicity", text);
}

/* The role label and the attributes are in the file only. */
static weh_err row_put(struct ec_describe *describe, weh_id relationship, int end)
{
    static const char sql[] = "SELECT Id,RoleLabel FROM main.ec_RelationshipConstraint "
                              "WHERE RelationshipClassId=?1 AND RelationshipEnd=?2";
    struct ec_attribute_facts facts = { 0 };
    struct ec_cursor cursor = { 0 };
    weh_id id = 0;
    weh_err err = ec_rows_begin(describe, sql, relationship, (weh_id)end, &cursor);

    if (err == WEH_OK && cursor.row) {
        id = (weh_id)sqlite3_column_int64(cursor.stmt, 0);
        ec_put_column_text(describe, "roleLabel", cursor.stmt, 1);
    }
    ec_rows_end(describe, &cursor);
    if (err == WEH_OK && id != 0) {
        err = ec_describe_attributes(describe, id,
                                     end == 0 ? EC_CONTAINER_SOURCE : EC_CONTAINER_TARGET, &facts);
    }
    return err;
}

weh_err ec_describe_one_end(struct ec_describe *describe, const struct weh_ec_class *relationship,
                            int end)
{
    const struct weh_ec_constraint *constraint = &relationship->relationship->ends[end];
    weh_err err;

    weh_sink_map_begin(describe->sink, WEH_SINK_UNKNOWN);
    if (constraint->abstract_class != NULL) {
        ec_put_str(describe, "abstractConstraint",
                   ec_class_name(describe, constraint->abstract_class));
    }
    weh_sink_key(describe->sink, "constraintClasses");
    weh_sink_array_begin(describe->sink, constraint->n_classes);
    for (uint32_t i = 0; i < constraint->n_classes; i++) {
        weh_sink_str(describe->sink, ec_class_name(describe, constraint->classes[i]));
    }
    weh_sink_array_end(describe->sink);
    multiplicity_put(describe, constraint);
    ec_put_bool(describe, "polymorphic", constraint->polymorphic);
    err = row_put(describe, relationship->id, end);
    weh_sink_map_end(describe->sink);
    return err;
}

weh_err ec_describe_relationship(struct ec_describe *describe, const struct weh_ec_class *ec_class)
{
    static const char *const strengths[] = { [WEH_EC_REFERENCING] = "Referencing",
                                             [WEH_EC_HOLDING] = "Holding",
                                             [WEH_EC_EMBEDDING] = "Embedding" };
    weh_err err;

    ec_put_text(describe, "strength", strengths[ec_class->relationship->strength]);
    ec_put_text(describe, "strengthDirection",
                ec_class->relationship->forward ? "Forward" : "Backward");
    weh_sink_key(describe->sink, "source");
    err = ec_describe_one_end(describe, ec_class, 0);
    if (err == WEH_OK) {
        weh_sink_key(describe->sink, "target");
        err = ec_describe_one_end(describe, ec_class, 1);
    }
    return err;
}
