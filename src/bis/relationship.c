/* src/bis/relationship.c - insert, update and delete of rows of link tables.
 *
 * Measured with core-backend 5.1.9; reading is in relationship_read.c. What selectors and deleted
 * elements do to link tables is in selector.c.
 */
#include "weh/relationship.h"

#include <string.h>

#include "relationship_priv.h"

static weh_err check_props(const struct weh_value *props, struct weh_diag *diag)
{
    return props != NULL && props->type == WEH_VALUE_MAP
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
}

/* Members that name the relationship, or that getInstanceProps adds. */
static bool is_known(struct weh_str key)
{
    static const char *const names[] = { "classFullName",   "id",
                                         "className",       "sourceId",
                                         "sourceClassName", "targetId",
                                         "targetClassName", "isInstanceOfEntity" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_text(key, names[i])) {
            return true;
        }
    }
    return false;
}

/* *@any tells whether the props name a property. */
static weh_err route(struct bis_edit *edit, bool *any, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *any = false;
    for (uint32_t i = 0; err == WEH_OK && i < edit->props->n; i++) {
        const struct weh_member *member = &edit->props->as.members[i];

        if (!is_known(member->key)) {
            *any = true;
            err = bis_member_plain(edit, member, diag);
        }
    }
    return err;
}

static weh_err check_concrete(const struct weh_ec_class *ec_class, struct weh_diag *diag)
{
    return ec_class->modifier != WEH_EC_ABSTRACT
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName", "%.*s is abstract",
                                WEH_STR_ARGS(ec_class->full_name));
}

static weh_err read_end(struct bis_edit *edit, bool is_target, bool allow_dangling, weh_id *out,
                        struct weh_diag *diag)
{
    const char *where = is_target ? "targetId" : "sourceId";
    const struct weh_ec_class *ec_class = NULL;
    weh_err err = bis_id_read(weh_value_get(edit->props, where), where, out, diag);

    if (err == WEH_OK && *out == 0) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be an id", where);
    }
    if (err != WEH_OK || allow_dangling) {
        return err;
    }
    err = link_end_class(edit->bis, edit->plan, is_target, *out, &ec_class, diag);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail_where(diag, WEH_E_FOREIGN_KEY, where, "%s does not exist", where);
    }
    return err;
}

/* Does a way along the driving relationships lead from @from to @to? UNION visits each element once. */
static weh_err is_driven(struct weh_bis *bis, weh_id from, weh_id to, bool *out,
                         struct weh_diag *diag)
{
    const struct bis_link *link = NULL;
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_link(bis, LINK_DRIVES, &link, diag);

    if (err == WEH_OK) {
        weh_buf_clear(&bis->scratch);
        weh_buf_printf(&bis->scratch,
                       "WITH RECURSIVE driven(id) AS (VALUES(?1) UNION SELECT d.%s FROM driven"
                       " JOIN %s d ON d.%s=driven.id) SELECT 1 FROM driven WHERE id=?2",
                       link->target, link->name, link->source);
        weh_buf_byte(&bis->scratch, 0);
        err = bis->scratch.err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, &stmt, diag);
    }
    if (err == WEH_OK && (sqlite3_bind_int64(stmt, 1, (int64_t)from) != SQLITE_OK ||
                          sqlite3_bind_int64(stmt, 2, (int64_t)to) != SQLITE_OK)) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_step(bis->briefcase, stmt, out, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err check_cycle(struct bis_edit *edit, struct weh_diag *diag)
{
    bool cycle = false;
    weh_err err;

    if ((edit->plan->traits & TRAIT(DRIVES)) == 0) {
        return WEH_OK;
    }
    err = is_driven(edit->bis, edit->target, edit->source, &cycle, diag);
    if (err == WEH_OK && cycle) {
        err =
            weh_fail_where(diag, WEH_E_CYCLE, "targetId", "the target would drive its own source");
    }
    return err;
}

/* The next save has to look at it. */
static weh_err note_drive(const struct bis_edit *edit, const struct link_row *row,
                          struct weh_diag *diag)
{
    return (edit->plan->traits & TRAIT(DRIVES)) == 0
               ? WEH_OK
               : bis_drive_add(edit->bis, row->id, row->target, diag);
}

static weh_err insert(struct bis_edit *edit, bool allow_dangling, struct weh_diag *diag)
{
    bool any = false;
    weh_err err = read_end(edit, false, allow_dangling, &edit->source, diag);

    if (err == WEH_OK) {
        err = read_end(edit, true, allow_dangling, &edit->target, diag);
    }
    if (err == WEH_OK) {
        err = route(edit, &any, diag);
    }
    if (err == WEH_OK) {
        err = check_cycle(edit, diag);
    }
    if (err == WEH_OK) {
        err = bis_insert_rows(edit, diag);
    }
    return err == WEH_OK
               ? note_drive(edit, &(struct link_row){ .id = edit->id, .target = edit->target },
                            diag)
               : err;
}

weh_err weh_relationship_insert(struct weh_bis *bis, const struct weh_value *props,
                                bool allow_dangling, weh_id *out, struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    struct bis_edit edit;
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = link_plan(bis, bis_class_find(bis, props), LINK_SQLITE_ERROR, &plan, diag);
    }
    if (err == WEH_OK) {
        err = check_concrete(plan->ec_class, diag);
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = bis_edit_begin(&edit, bis, plan, props, diag);
    if (err == WEH_OK) {
        edit.is_insert = true;
        edit.is_link = true;
        edit.is_instance = true;
        err = insert(&edit, allow_dangling, diag);
    }
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = edit.id;
    }
    return err;
}

/* The relationship that the props of an update or delete name. */
static weh_err find_named(struct weh_bis *bis, struct bis_plan *plan, const struct weh_value *props,
                          struct link_row *row, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_id_read(weh_value_get(props, "id"), "id", &row->id, diag);

    if (err == WEH_OK && row->id == 0) {
        return bis_fail_number(
            weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "id must be the id of a relationship"),
            LINK_SQLITE_ERROR, diag);
    }
    if (err == WEH_OK) {
        err = link_read(bis, plan, row, &stmt, diag);
    }
    bis_reset(stmt);
    return err;
}

static weh_err update(struct bis_edit *edit, struct weh_diag *diag)
{
    struct link_row row = { 0 };
    bool any = false;
    weh_err err = find_named(edit->bis, edit->plan, edit->props, &row, diag);

    if (err == WEH_OK && !row.found) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "there is no such relationship");
    }
    if (err == WEH_OK) {
        edit->id = row.id;
        err = route(edit, &any, diag);
    }
    if (err != WEH_OK || !any) {
        return err;
    }
    bis_members_replace(edit);
    err = bis_update_rows(edit, diag);
    return err == WEH_OK ? note_drive(edit, &row, diag) : err;
}

weh_err weh_relationship_update(struct weh_bis *bis, const struct weh_value *props,
                                struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    struct bis_edit edit;
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = link_plan(bis, bis_class_find(bis, props), weh_err_info(WEH_E_NOT_FOUND)->itwin,
                        &plan, diag);
    }
    if (err == WEH_OK) {
        err = check_concrete(plan->ec_class, diag);
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = bis_edit_begin(&edit, bis, plan, props, diag);
    if (err == WEH_OK) {
        edit.is_link = true;
        err = update(&edit, diag);
    }
    return bis_end(bis, err, diag);
}

weh_err weh_relationship_delete(struct weh_bis *bis, const struct weh_value *props,
                                struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    struct link_row row = { 0 };
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = link_plan(bis, bis_class_find(bis, props), LINK_SQLITE_ERROR, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = find_named(bis, plan, props, &row, diag);
    if (err == WEH_OK && row.found) {
        err = bis_row_delete(bis, plan->ec_class->tables[0], row.id, diag);
        if (err == WEH_OK && (plan->traits & TRAIT(DRIVES)) != 0) {
            err = bis_drive_add(bis, row.id, row.target, diag);
        }
    }
    return bis_end(bis, err, diag);
}
