/* src/bis/write.c - the rows of one insert or update.
 *
 * An insert runs the plan's statements, one a table; an update builds the statements for the columns
 * that it sets. Which values they take is decided in members.c.
 */
#include <string.h>

#include "weh/briefcase_txn.h"

#include "bis_edit.h"

weh_err bis_begin(struct weh_bis *bis, struct weh_diag *diag)
{
    bis_call_begin(bis);
    return weh_briefcase_edit_begin(bis->briefcase, diag);
}

weh_err bis_begin_plain(struct weh_bis *bis, struct weh_diag *diag)
{
    bis_call_begin(bis);
    return weh_briefcase_edit_begin_plain(bis->briefcase, diag);
}

weh_err bis_end(struct weh_bis *bis, weh_err err, struct weh_diag *diag)
{
    weh_err ended =
        weh_briefcase_edit_end(bis->briefcase, err == WEH_OK, err == WEH_OK ? diag : NULL);

    if (err != WEH_OK) {
        /* What was looked up within the failed edit may have been its own. */
        bis_forget_ids(bis);
    }
    return err != WEH_OK ? err : ended;
}

weh_err weh_bis_batch_begin(struct weh_bis *bis, struct weh_diag *diag)
{
    bis->n_restyled_before = bis->n_restyled;
    return bis_begin(bis, diag);
}

weh_err weh_bis_batch_end(struct weh_bis *bis, weh_err err, struct weh_diag *diag)
{
    weh_err ended = bis_end(bis, err, diag);

    if (ended != WEH_OK && bis->n_restyled > bis->n_restyled_before) {
        bis->n_restyled = bis->n_restyled_before;
    }
    return ended;
}

weh_err bis_edit_begin(struct bis_edit *edit, struct weh_bis *bis, struct bis_plan *plan,
                       const struct weh_value *props, struct weh_diag *diag)
{
    size_t n = plan->ec_class->n_properties;

    memset(edit, 0, sizeof(*edit));
    edit->bis = bis;
    edit->plan = plan;
    edit->props = props;
    edit->plain = weh_arena_array(&bis->arena, n + 1, sizeof(const struct weh_value *));
    edit->touched = weh_arena_array(&bis->arena, n + 1, sizeof(*edit->touched));
    return edit->plain == NULL || edit->touched == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

/* A constraint failed: which member is at fault? */
static weh_err explain(struct bis_edit *edit, weh_err err, struct weh_diag *diag)
{
    weh_id other = 0;

    if (err == WEH_E_FOREIGN_KEY) {
        return weh_fail_where(diag, err, "", "the element refers to something that does not exist");
    }
    if (err != WEH_E_NOT_UNIQUE) {
        return err;
    }
    if (edit->is_link) {
        /* The official backend lets SQLITE_CONSTRAINT_UNIQUE through. */
        return bis_fail_number(
            weh_fail_where(diag, err, "targetId", "there is such a relationship already"),
            SQLITE_CONSTRAINT_UNIQUE, diag);
    }
    if (edit->is_model) {
        return weh_fail_where(diag, WEH_E_WRITE, "modeledElement",
                              "the element has a model already");
    }
    if (edit->code_spec != 0 &&
        bis_find_by_code(edit->bis, edit->code_spec, edit->code_scope, edit->code_value, &other,
                         NULL) == WEH_OK &&
        other != 0 && other != edit->id) {
        return weh_fail_where(diag, WEH_E_DUPLICATE_CODE, "code", "another element has that code");
    }
    return weh_fail_where(diag, edit->is_insert ? WEH_E_NOT_UNIQUE : WEH_E_WRITE, "federationGuid",
                          "another element has that federation GUID");
}

static weh_err hold_inserts(struct bis_edit *edit, struct weh_diag *diag)
{
    struct weh_bis *bis = edit->bis;
    struct bis_plan *plan = edit->plan;
    weh_err err = WEH_OK;

    for (unsigned t = 0; err == WEH_OK && t < plan->ec_class->n_tables; t++) {
        if (plan->insert[t] == NULL) {
            err = weh_stmt_acquire(bis->briefcase, plan->insert_sql[t], &plan->insert[t], diag);
            bis->n_held += err == WEH_OK;
        }
        edit->stmts[t] = plan->insert[t];
    }
    return err;
}

/* Of an edit without a savepoint: the element's row goes, and with it, by the foreign keys' cascade,
 * the rows of the other tables. */
static void take_back(struct bis_edit *edit)
{
    struct weh_briefcase *briefcase = edit->bis->briefcase;
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_fixed(edit->bis, SQL_ELEMENT_DELETE, &stmt, NULL);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)edit->id) != SQLITE_OK) {
        err = WEH_E_NOMEM;
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(briefcase, stmt, NULL);
    }
    bis_reset(stmt);
    if (err != WEH_OK) {
        weh_briefcase_edit_lose(briefcase);
    }
}

/* An id of no use must not be used up by what cannot be bound: the official backend goes on with it. */
static weh_err bind_ids(struct bis_edit *edit, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = edit->plan->ec_class;
    weh_err err = WEH_OK;

    if (edit->is_instance) {
        err = weh_briefcase_next_instance_id(edit->bis->briefcase, &edit->id, diag);
    }
    for (unsigned t = 0; err == WEH_OK && t < ec_class->n_tables; t++) {
        int rc = sqlite3_bind_int64(edit->stmts[t], 1, (int64_t)edit->id);

        if (rc == SQLITE_OK && ec_class->tables[t]->has_class_id_column) {
            rc = sqlite3_bind_int64(edit->stmts[t], 2, (int64_t)ec_class->id);
        }
        if (rc != SQLITE_OK) {
            err = weh_db_fail(edit->bis->briefcase, rc, diag);
        }
    }
    return err;
}

static weh_err bind_ends(struct bis_edit *edit, struct weh_diag *diag)
{
    const int param = edit->plan->link_param;
    int rc;

    if (!edit->is_link) {
        return WEH_OK;
    }
    rc = sqlite3_bind_int64(edit->stmts[0], param, (int64_t)edit->source);
    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(edit->stmts[0], param + 1, (int64_t)edit->target);
    }
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(edit->bis->briefcase, rc, diag);
}

weh_err bis_insert_rows(struct bis_edit *edit, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = edit->plan->ec_class;
    unsigned n_inserted = 0;
    weh_err err = hold_inserts(edit, diag);

    edit->params = edit->plan->params;
    if (err == WEH_OK) {
        err = bis_members_bind(edit, diag);
    }
    if (err == WEH_OK) {
        err = bind_ends(edit, diag);
    }
    if (err == WEH_OK) {
        err = bind_ids(edit, diag);
    }
    for (unsigned t = 0; err == WEH_OK && t < ec_class->n_tables; t++) {
        err = explain(edit, weh_stmt_run(edit->bis->briefcase, edit->stmts[t], diag), diag);
        n_inserted += err == WEH_OK;
    }
    for (unsigned t = 0; t < ec_class->n_tables; t++) {
        bis_reset(edit->stmts[t]);
    }
    if (err != WEH_OK && edit->is_plain && n_inserted > 0) {
        take_back(edit);
    }
    return err;
}

weh_err bis_insert_checked(struct bis_edit *edit, struct weh_diag *diag)
{
    weh_err err;

    edit->is_insert = true;
    err = bis_members_route(edit, diag);
    if (err == WEH_OK) {
        err = bis_check_insert(edit, diag);
    }
    if (err == WEH_OK) {
        err = weh_briefcase_next_element_id(edit->bis->briefcase, &edit->id, diag);
    }
    if (err == WEH_OK) {
        err = bis_insert_rows(edit, diag);
    }
    return err == WEH_OK ? bis_members_finish(edit, diag) : err;
}

static void put_updated(struct bis_edit *edit, unsigned t, unsigned p, int *params, int *n)
{
    const struct weh_ec_property *property = &edit->plan->ec_class->properties[p];
    struct weh_buf *buf = &edit->bis->scratch;

    for (unsigned i = 0; i < property->n_leaves; i++) {
        const struct weh_ec_leaf *leaf = &property->leaves[i];
        /* Of a struct, the members that are not named stay. */
        const bool is_set = edit->replaces || edit->plain[p] == NULL ||
                            weh_ec_value_sets_leaf(property, edit->plain[p], (uint16_t)i);

        if (!leaf->is_virtual && leaf->table == t && is_set) {
            weh_buf_printf(buf, "%s", *n > 1 ? "," : "");
            bis_sql_name(buf, leaf->column);
            weh_buf_printf(buf, "=?%d", ++*n);
            params[edit->plan->first_leaf[p] + i] = *n;
        }
    }
}

/* The file's trigger that fills the spatial index listens to the columns of the placement only. Behind the
 * column that says that the element is in it, which is in the same table. */
static void put_reindex(struct bis_edit *edit, unsigned t)
{
    const struct weh_ec_property *origin = bis_slot_property(edit->plan, SLOT_ORIGIN);
    struct weh_str column = bis_slot_column(edit->plan, SLOT_ORIGIN, "X");
    struct weh_buf *buf = &edit->bis->scratch;

    if (origin == NULL || column.len == 0 || origin->leaves[0].table != t ||
        edit->touched[edit->plan->slots[SLOT_ORIGIN]] != 0) {
        return;
    }
    weh_buf_byte(buf, ',');
    bis_sql_name(buf, column);
    weh_buf_byte(buf, '=');
    bis_sql_name(buf, column);
}

static bool has_column(const struct weh_ec_property *property, unsigned t)
{
    for (unsigned i = 0; i < property->n_leaves; i++) {
        if (!property->leaves[i].is_virtual && property->leaves[i].table == t) {
            return true;
        }
    }
    return false;
}

/* Is any property of @ec_class in its table @t? */
static bool has_columns(const struct weh_ec_class *ec_class, unsigned t)
{
    for (unsigned p = 0; p < ec_class->n_properties; p++) {
        if (has_column(&ec_class->properties[p], t)) {
            return true;
        }
    }
    return false;
}

/* UPDATE of the touched columns of table @t, NULL text when there are none. The row of bis_Element
 * is always written: its trigger sets LastMod. */
static weh_err build_update(struct bis_edit *edit, unsigned t, int *params, bool *any,
                            struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = edit->plan->ec_class;
    struct weh_buf *buf = &edit->bis->scratch;
    int n = 1;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "UPDATE ");
    bis_sql_name(buf, ec_class->tables[t]->name);
    weh_buf_printf(buf, " SET ");
    for (unsigned p = 0; p < ec_class->n_properties; p++) {
        if (edit->touched[p] != 0) {
            put_updated(edit, t, p, params, &n);
        }
    }
    if (edit->reindexes) {
        put_reindex(edit, t);
    }
    /* The official backend writes the rows of an element or aspect in all tables where it has properties,
     * changed or not: deleted later in the same transaction they count as direct changes. */
    *any = n > 1 || ((edit->plan->traits & (TRAIT(ELEMENT) | TRAIT(ASPECT))) != 0 &&
                     (t == 0 || has_columns(ec_class, t)));
    if (n == 1) {
        weh_buf_printf(buf, "ECClassId=ECClassId");
    }
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, ec_class->tables[t]->id_column);
    weh_buf_printf(buf, "=?1");
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

weh_err bis_update_rows(struct bis_edit *edit, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = edit->bis->briefcase;
    unsigned n_tables = edit->plan->ec_class->n_tables;
    int *params = weh_arena_array(&edit->bis->arena, edit->plan->n_leaves + 1u, sizeof(*params));
    weh_err err = WEH_OK;

    if (params == NULL) {
        return weh_fail_nomem(diag);
    }
    edit->params = params;
    for (unsigned t = 0; err == WEH_OK && t < n_tables; t++) {
        bool any = false;

        err = build_update(edit, t, params, &any, diag);
        if (err == WEH_OK && any) {
            err = weh_stmt_acquire(briefcase, (const char *)edit->bis->scratch.data,
                                   &edit->stmts[t], diag);
        }
        if (err == WEH_OK && any &&
            sqlite3_bind_int64(edit->stmts[t], 1, (int64_t)edit->id) != SQLITE_OK) {
            err = weh_fail_nomem(diag);
        }
    }
    if (err == WEH_OK) {
        err = bis_members_bind(edit, diag);
    }
    for (unsigned t = 0; err == WEH_OK && t < n_tables; t++) {
        if (edit->stmts[t] != NULL) {
            err = explain(edit, weh_stmt_run(briefcase, edit->stmts[t], diag), diag);
        }
    }
    for (unsigned t = 0; t < n_tables; t++) {
        weh_stmt_release(briefcase, edit->stmts[t]);
        edit->stmts[t] = NULL;
    }
    return err;
}

weh_err bis_row_delete(struct weh_bis *bis, const struct weh_ec_table *table, weh_id id,
                       struct weh_diag *diag)
{
    struct weh_buf *buf = &bis->scratch;
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "DELETE FROM ");
    bis_sql_name(buf, table->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, table->id_column);
    weh_buf_printf(buf, "=?");
    weh_buf_byte(buf, 0);
    if (buf->err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    err = weh_stmt_acquire(bis->briefcase, (const char *)buf->data, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}
