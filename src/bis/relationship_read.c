/* src/bis/relationship_read.c - RelationshipProps of one row of a link table.
 *
 * Members as iTwin.js has them (Relationships.getInstanceProps of core-backend 5.1.9: a row of
 * "SELECT *", and the class once more behind it).
 */
#include <string.h>

#include "weh/relationship.h"

#include "relationship_priv.h"

weh_err link_plan(struct weh_bis *bis, const struct weh_ec_class *ec_class, int32_t itwin,
                  struct bis_plan **out, struct weh_diag *diag)
{
    if (ec_class == NULL || ec_class->type != WEH_EC_RELATIONSHIP || ec_class->n_tables == 0 ||
        ec_class->source_id_column.len == 0 || ec_class->target_id_column.len == 0) {
        (void)bis_fail_number(
            weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName",
                           "classFullName must be the name of a link table relationship class"),
            itwin, diag);
        return WEH_E_BAD_ARGS;
    }
    return bis_plan_get(bis, ec_class, out, diag);
}

weh_err link_read(struct weh_bis *bis, struct bis_plan *plan, struct link_row *row,
                  sqlite3_stmt **stmt, struct weh_diag *diag)
{
    const struct weh_ec_table *table = plan->ec_class->tables[0];
    weh_id class_id = table->exclusive_root_class_id;
    weh_err err = bis_read_row(bis, plan, row->id, stmt, &row->found, diag);

    if (err != WEH_OK || !row->found) {
        return err;
    }
    row->source = (weh_id)sqlite3_column_int64(*stmt, plan->link_column);
    row->target = (weh_id)sqlite3_column_int64(*stmt, plan->link_column + 1);
    if (table->has_class_id_column) {
        class_id = (weh_id)sqlite3_column_int64(*stmt, plan->link_column + 2);
    }
    row->ec_class = weh_ec_class_by_id(bis->catalog, class_id);
    if (row->ec_class == NULL) {
        (void)weh_fail(diag, WEH_E_CORRUPT, "a relationship is of no known class");
        return WEH_E_CORRUPT;
    }
    row->found = weh_ec_class_is(row->ec_class, plan->ec_class->id);
    return WEH_OK;
}

weh_err link_end_class(struct weh_bis *bis, const struct bis_plan *plan, bool is_target, weh_id id,
                       const struct weh_ec_class **out, struct weh_diag *diag)
{
    struct bis_head head;
    bool found = false;
    weh_err err;

    if (is_target && (plan->traits & TRAIT(SELECTED_MODELS)) != 0) {
        return bis_model_class(bis, id, out, diag);
    }
    err = bis_element_head(bis, id, &head, &found, diag);
    *out = err == WEH_OK && found ? head.ec_class : NULL;
    return err;
}

/* The id of the relationship between the ends of @key, 0 when there is none. Which one of several is the
 * index's choice, which is that of the official backend's statement too. */
static weh_err find_between(struct weh_bis *bis, const struct bis_plan *plan,
                            const struct weh_relationship_key *key, weh_id *out,
                            struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    bool has_class = ec_class->tables[0]->has_class_id_column;
    struct weh_buf *buf = &bis->scratch;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, ec_class->tables[0]->id_column);
    weh_buf_printf(buf, "%s FROM ", has_class ? ",ECClassId" : "");
    bis_sql_name(buf, ec_class->tables[0]->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, ec_class->source_id_column);
    weh_buf_printf(buf, "=? AND ");
    bis_sql_name(buf, ec_class->target_id_column);
    weh_buf_printf(buf, "=?");
    weh_buf_byte(buf, 0);
    if (buf->err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    err = weh_stmt_acquire(bis->briefcase, (const char *)buf->data, &stmt, diag);
    if (err == WEH_OK && (sqlite3_bind_int64(stmt, 1, (int64_t)key->source) != SQLITE_OK ||
                          sqlite3_bind_int64(stmt, 2, (int64_t)key->target) != SQLITE_OK)) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row && *out == 0) {
        const struct weh_ec_class *found = ec_class;

        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row && has_class) {
            found = weh_ec_class_by_id(bis->catalog, (weh_id)sqlite3_column_int64(stmt, 1));
        }
        if (err == WEH_OK && row && found != NULL && weh_ec_class_is(found, ec_class->id)) {
            *out = (weh_id)sqlite3_column_int64(stmt, 0);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static void put_end(struct weh_sink *sink, const char *id_key, weh_id id, const char *class_key,
                    const struct weh_ec_class *ec_class)
{
    weh_sink_key(sink, id_key);
    weh_sink_id(sink, id);
    weh_sink_key(sink, class_key);
    weh_sink_str(sink, ec_class->full_name_dot);
}

static weh_err write_link(struct weh_bis *bis, const struct bis_plan *plan,
                          const struct link_row *row, struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_ec_class *source = NULL;
    const struct weh_ec_class *target = NULL;
    weh_err err = link_end_class(bis, plan, false, row->source, &source, diag);

    if (err == WEH_OK) {
        err = link_end_class(bis, plan, true, row->target, &target, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (source == NULL || target == NULL) {
        (void)weh_fail_where(diag, WEH_E_NOT_FOUND, "id",
                             "what the relationship relates does not exist");
        return WEH_E_NOT_FOUND;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, row->id);
    weh_sink_key(sink, "className");
    weh_sink_str(sink, row->ec_class->full_name_dot);
    err = bis_write_plain(bis, plan, sink, diag);
    put_end(sink, "sourceId", row->source, "sourceClassName", source);
    put_end(sink, "targetId", row->target, "targetClassName", target);
    weh_sink_key(sink, "classFullName");
    weh_sink_str(sink, row->ec_class->full_name);
    weh_sink_map_end(sink);
    return err;
}

weh_err weh_relationship_get_props(struct weh_bis *bis, const struct weh_relationship_key *key,
                                   struct weh_sink *sink, struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    sqlite3_stmt *stmt = NULL;
    struct link_row row = { .id = key->id };
    weh_err err;

    bis_call_begin(bis);
    err = link_plan(bis, weh_ec_class_by_name(bis->catalog, key->class_name), LINK_SQLITE_ERROR,
                    &plan, diag);
    if (err == WEH_OK && row.id == 0) {
        err = find_between(bis, plan, key, &row.id, diag);
    }
    if (err == WEH_OK && row.id != 0) {
        err = link_read(bis, plan, &row, &stmt, diag);
    }
    if (err == WEH_OK && !row.found) {
        (void)weh_fail_where(diag, WEH_E_NOT_FOUND, key->id != 0 ? "id" : "sourceId",
                             "there is no such relationship");
        err = WEH_E_NOT_FOUND;
    }
    if (err == WEH_OK) {
        err = write_link(bis, plan, &row, sink, diag);
    }
    bis_reset(stmt);
    return err;
}
