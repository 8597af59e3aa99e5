/* src/bis/aspect.c - insert, update and delete of aspects.
 *
 * The order of the checks and what becomes of a second unique aspect were measured with the native
 * library 5.1.72: owner, class, relationship, members. Reading is in aspect_read.c.
 */
#include "weh/aspect.h"

#include <string.h>

#include "aspect_priv.h"

/* iTwin.js number of an aspect that cannot be inserted as it is given: BadRequest. */
#define BAD_REQUEST 65542

#define OWNS_MULTI  "BisCore:ElementOwnsMultiAspects"
#define OWNS_UNIQUE "BisCore:ElementOwnsUniqueAspect"

static weh_err check_props(const struct weh_value *props, struct weh_diag *diag)
{
    return props != NULL && props->type == WEH_VALUE_MAP
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
}

/* An update of no member: the rows of the owner in all its tables, unchanged, as the official backend
 * writes them (see build_update). */
static weh_err touch_rows(struct weh_bis *bis, weh_id element, struct weh_diag *diag)
{
    static const struct weh_value nothing = { .type = WEH_VALUE_MAP };
    struct bis_plan *plan = NULL;
    struct bis_head head;
    struct bis_edit edit;
    bool found = false;
    weh_err err = bis_element_head(bis, element, &head, &found, diag);

    if (err != WEH_OK || !found || head.ec_class->n_tables < 2) {
        return err;
    }
    err = bis_plan_get(bis, head.ec_class, &plan, diag);
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit, bis, plan, &nothing, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    edit.id = element;
    return bis_update_rows(&edit, diag);
}

/* The owner's LastMod; WEH_E_MISSING_ID when there is no such element. */
static weh_err touch_owner(struct weh_bis *bis, weh_id element, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = bis_fixed(bis, SQL_ELEMENT_TOUCH, &stmt, diag);

    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)element) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    bis_reset(stmt);
    if (err == WEH_OK && sqlite3_changes(weh_briefcase_db(bis->briefcase)) == 0) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, "element.id", "the element does not exist");
    }
    return err == WEH_OK ? touch_rows(bis, element, diag) : err;
}

/* The owner and, when it is given, the relationship (0: none, or an unknown one). */
static weh_err read_owner(struct weh_bis *bis, const struct weh_value *props, weh_id *element,
                          weh_id *rel, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(props, "element");
    weh_err err = WEH_OK;

    *element = 0;
    *rel = 0;
    if (value != NULL && value->type == WEH_VALUE_MAP) {
        err = bis_related_read(bis, value, "element", element, rel, diag);
    }
    if (err == WEH_OK && *element == 0) {
        err = weh_fail_where(diag, WEH_E_INVALID_ID, "element",
                             "element must be {id, relClassName} of the aspect's element");
    }
    return err;
}

static weh_err find_class(const struct weh_bis *bis, const struct weh_value *props,
                          const struct weh_ec_class **out, struct weh_diag *diag)
{
    *out = bis_class_find(bis, props);
    if (*out == NULL || (*out)->type != WEH_EC_ENTITY ||
        !weh_ec_class_is(*out, bis->bases[BASE_ASPECT])) {
        return weh_fail_where(diag, WEH_E_WRONG_CLASS, "classFullName",
                              "classFullName must be the name of a class of aspects");
    }
    return WEH_OK;
}

static bool is_unique(const struct weh_bis *bis, const struct weh_ec_class *ec_class)
{
    return bis->bases[BASE_UNIQUE_ASPECT] != 0 &&
           weh_ec_class_is(ec_class, bis->bases[BASE_UNIQUE_ASPECT]);
}

weh_err bis_bind_aspect_owner(struct bis_edit *edit, const struct weh_value *value,
                              struct weh_diag *diag)
{
    (void)value;
    return bis_put_nav(edit, SLOT_ASPECT_ELEMENT, edit->parent, edit->parent_rel, diag);
}

/* What relates the owner to the aspect: as given, else by kind. */
static weh_err find_rel(const struct bis_edit *edit, weh_id given, weh_id *out,
                        struct weh_diag *diag)
{
    const struct weh_value *element = weh_value_get(edit->props, "element");
    const char *name = (edit->plan->traits & TRAIT(UNIQUE_ASPECT)) != 0 ? OWNS_UNIQUE : OWNS_MULTI;
    const struct weh_ec_class *rel;

    *out = given;
    if (given != 0) {
        return WEH_OK;
    }
    if (!weh_value_is_null(weh_value_get(element, "relClassName"))) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "element.relClassName",
                              "element.relClassName must be the name of a relationship class");
    }
    rel = weh_ec_class_by_name(edit->bis->catalog, weh_str_from(name));
    if (rel == NULL) {
        return weh_fail(diag, WEH_E_CORRUPT, "the file has no %s", name);
    }
    *out = rel->id;
    return WEH_OK;
}

/* The first unique aspect of @element that is of class @ec_class; its id is 0 when there is none. */
static weh_err find_unique(struct weh_bis *bis, weh_id element, const struct weh_ec_class *ec_class,
                           struct aspect_row *out, struct weh_diag *diag)
{
    const struct aspect_filter filter = { .base = BASE_UNIQUE_ASPECT,
                                          .element = element,
                                          .by_class = true };
    sqlite3_stmt *stmt = NULL;
    bool found = true;
    weh_err err = aspect_query(bis, &filter, &stmt, diag);

    while (err == WEH_OK && found) {
        err = aspect_next(bis, stmt, out, &found, diag);
        if (found && err == WEH_OK && weh_ec_class_is(out->ec_class, ec_class->id)) {
            break;
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    if (err != WEH_OK || !found) {
        memset(out, 0, sizeof(*out));
    }
    return err;
}

/* The element has a unique aspect already: it takes the new values, or makes room. */
static weh_err replace(struct bis_edit *edit, const struct aspect_row *old, bool *done,
                       struct weh_diag *diag)
{
    *done = old->ec_class == edit->plan->ec_class;
    if (!*done) {
        return bis_row_delete(edit->bis, old->ec_class->tables[0], old->id, diag);
    }
    edit->is_insert = false;
    edit->id = old->id;
    bis_members_replace(edit);
    return bis_update_rows(edit, diag);
}

static weh_err insert_members(struct bis_edit *edit, weh_id rel, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = edit->plan->ec_class;
    struct aspect_row old = { 0 };
    bool done = false;
    weh_err err = find_rel(edit, rel, &edit->parent_rel, diag);

    if (err == WEH_OK && ec_class->modifier == WEH_EC_ABSTRACT) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName", "%.*s is abstract",
                             WEH_STR_ARGS(ec_class->full_name));
    }
    if (err == WEH_OK) {
        err = bis_members_route(edit, diag);
    }
    if (err == WEH_OK && (edit->plan->traits & TRAIT(UNIQUE_ASPECT)) != 0) {
        err = find_unique(edit->bis, edit->parent, ec_class, &old, diag);
    }
    if (err == WEH_OK && old.id != 0) {
        err = replace(edit, &old, &done, diag);
    }
    if (err == WEH_OK && !done) {
        err = bis_insert_rows(edit, diag);
    }
    return err;
}

static weh_err insert(struct weh_bis *bis, const struct weh_value *props, weh_id *out,
                      struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    struct bis_edit edit;
    weh_id element = 0;
    weh_id rel = 0;
    weh_err err = read_owner(bis, props, &element, &rel, diag);

    if (err == WEH_OK) {
        err = touch_owner(bis, element, diag);
    }
    if (err == WEH_OK) {
        err = find_class(bis, props, &ec_class, diag);
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit, bis, plan, props, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    edit.is_insert = true;
    edit.is_instance = true;
    edit.parent = element;
    err = insert_members(&edit, rel, diag);
    *out = edit.id;
    return err == WEH_E_BAD_ARGS ? bis_fail_number(err, BAD_REQUEST, diag) : err;
}

weh_err weh_aspect_insert(struct weh_bis *bis, const struct weh_value *props, weh_id *out,
                          struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = insert(bis, props, &id, diag);
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = id;
    }
    return err;
}

static weh_err fail_not_found(struct weh_diag *diag)
{
    return weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the element has no such aspect");
}

/* Which aspect do the props mean? */
static weh_err find_updated(struct weh_bis *bis, const struct weh_value *props, weh_id element,
                            struct aspect_row *out, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    weh_id id = 0;
    weh_err err = find_class(bis, props, &ec_class, diag);

    if (err == WEH_OK) {
        err = bis_id_read(weh_value_get(props, "id"), "id", &id, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (is_unique(bis, ec_class)) {
        /* There is one at most: the official backend does not look at the id either. */
        err = find_unique(bis, element, ec_class, out, diag);
    } else if (id == 0) {
        return weh_fail_where(diag, WEH_E_INVALID_ID, "id", "id must be the id of an aspect");
    } else {
        err = aspect_find(bis, id, out, diag);
    }
    if (err == WEH_OK && (out->id == 0 || out->element != element ||
                          !weh_ec_class_is(out->ec_class, ec_class->id))) {
        err = fail_not_found(diag);
    }
    return err;
}

static weh_err update(struct weh_bis *bis, const struct weh_value *props, struct weh_diag *diag)
{
    struct aspect_row row = { 0 };
    struct bis_plan *plan = NULL;
    struct bis_edit edit;
    weh_id element = 0;
    weh_id rel = 0;
    weh_err err = read_owner(bis, props, &element, &rel, diag);

    if (err == WEH_OK) {
        err = touch_owner(bis, element, diag);
    }
    if (err == WEH_OK) {
        err = find_updated(bis, props, element, &row, diag);
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, row.ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit, bis, plan, props, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    edit.id = row.id;
    err = bis_members_route(&edit, diag);
    return err == WEH_OK ? bis_update_rows(&edit, diag) : err;
}

weh_err weh_aspect_update(struct weh_bis *bis, const struct weh_value *props, struct weh_diag *diag)
{
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = update(bis, props, diag);
    return bis_end(bis, err, diag);
}

static weh_err delete_one(struct weh_bis *bis, weh_id id, struct weh_diag *diag)
{
    struct aspect_row row = { 0 };
    weh_err err = WEH_OK;

    if (id == 0) {
        return weh_fail_where(diag, WEH_E_INVALID_ID, "id", "id must be the id of an aspect");
    }
    err = aspect_find(bis, id, &row, diag);
    if (err == WEH_OK) {
        err = touch_owner(bis, row.element, diag);
    }
    return err == WEH_OK ? bis_row_delete(bis, row.ec_class->tables[0], row.id, diag) : err;
}

weh_err weh_aspect_delete(struct weh_bis *bis, const weh_id *ids, size_t n, struct weh_diag *diag)
{
    weh_err err = bis_begin(bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    for (size_t i = 0; err == WEH_OK && i < n; i++) {
        err = delete_one(bis, ids[i], diag);
    }
    return bis_end(bis, err, diag);
}
