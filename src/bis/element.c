/* src/bis/element.c - insert and update of elements: the order of the steps.
 *
 * Deleting is in remove.c, reading in read.c.
 */
#include "bis_edit.h"

static weh_err check_props(const struct weh_value *props, struct weh_diag *diag)
{
    return props != NULL && props->type == WEH_VALUE_MAP
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
}

/* Classes whose insert writes rows beside the element's own; see bis_members_finish. */
static bool has_further_rows(const struct bis_plan *plan)
{
    return (plan->traits & (TRAIT(CATEGORY) | TRAIT(CATEGORY_SELECTOR) | TRAIT(MODEL_SELECTOR))) !=
           0;
}

weh_err weh_element_insert(struct weh_bis *bis, const struct weh_value *props, weh_id *out,
                           struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    struct bis_edit edit;
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = bis_class_read(bis, props, BASE_ELEMENT, &ec_class, diag);
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = has_further_rows(plan) ? bis_begin(bis, diag) : bis_begin_plain(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = bis_edit_begin(&edit, bis, plan, props, diag);
    edit.is_plain = !has_further_rows(plan);
    if (err == WEH_OK) {
        err = bis_insert_checked(&edit, diag);
    }
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = edit.id;
    }
    return err;
}

static weh_err update(struct weh_bis *bis, weh_id id, const struct weh_value *props,
                      struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    struct bis_head head;
    struct bis_edit edit;
    bool found = false;
    weh_err err = bis_element_head(bis, id, &head, &found, diag);

    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, "id", "the element does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, head.ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit, bis, plan, props, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    edit.id = id;
    err = bis_members_route(&edit, diag);
    if (err == WEH_OK) {
        err = bis_check_update(&edit, &head, diag);
    }
    if (err == WEH_OK) {
        err = bis_update_rows(&edit, diag);
    }
    return err == WEH_OK ? bis_members_finish(&edit, diag) : err;
}

weh_err weh_element_update(struct weh_bis *bis, const struct weh_value *props,
                           struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = check_props(props, diag);

    if (err == WEH_OK) {
        err = bis_id_read(weh_value_get(props, "id"), "id", &id, diag);
    }
    if (err == WEH_OK && id == 0) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "id", "id must be the id of an element");
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = update(bis, id, props, diag);
    return bis_end(bis, err, diag);
}
