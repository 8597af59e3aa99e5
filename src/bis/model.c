/* src/bis/model.c - inserting and updating models.
 *
 * A model has the id of the element that it models and stands in that element's model. What is
 * written was measured with the native library 5.1.72. Deleting is in remove.c, reading in
 * model_read.c, the JSON of geometric models in model_json.c.
 */
#include <string.h>

#include "model_priv.h"

#define MODELED_BY "BisCore:ModelModelsElement"

/* Which model class an element class can have; by name, since a file may lack some. An element that
 * is none of these may have any model when it is an ISubModeledElement. */
static const struct {
    const char *element;
    const char *model;
} pairs[] = {
    { "BisCore:DefinitionPartition", "BisCore:DefinitionModel" },
    { "BisCore:DefinitionContainer", "BisCore:DefinitionModel" },
    { "BisCore:DocumentPartition", "BisCore:DocumentListModel" },
    { "BisCore:GraphicalPartition3d", "BisCore:GraphicalModel3d" },
    { "BisCore:GroupInformationPartition", "BisCore:GroupInformationModel" },
    { "BisCore:InformationRecordPartition", "BisCore:InformationRecordModel" },
    { "BisCore:LinkPartition", "BisCore:LinkModel" },
    { "BisCore:PhysicalPartition", "BisCore:PhysicalModel" },
    { "BisCore:PhysicalSystemPartition", "BisCore:PhysicalSystemModel" },
    { "BisCore:SheetIndexPartition", "BisCore:SheetIndexModel" },
    { "BisCore:SpatialLocationPartition", "BisCore:SpatialLocationModel" },
    { "BisCore:Drawing", "BisCore:DrawingModel" },
    { "BisCore:Sheet", "BisCore:SheetModel" },
    { "BisCore:TemplateRecipe2d", "BisCore:DrawingModel" },
    { "BisCore:TemplateRecipe3d", "BisCore:PhysicalModel" },
};

static const enum bis_slot flag_slots[MODEL_N_FLAGS] = { SLOT_MODEL_PRIVATE, SLOT_MODEL_TEMPLATE,
                                                         SLOT_MODEL_UNLOCATED, SLOT_MODEL_PLAN };

static bool class_is_named(const struct weh_bis *bis, const struct weh_ec_class *ec_class,
                           const char *name)
{
    const struct weh_ec_class *base = weh_ec_class_by_name(bis->catalog, weh_str_from(name));

    return base != NULL && weh_ec_class_is(ec_class, base->id);
}

static weh_err check_pair(const struct weh_bis *bis, const struct weh_ec_class *element,
                          const struct weh_ec_class *model, struct weh_diag *diag)
{
    if ((bis_traits(bis, element) & TRAIT(SUB_MODELED)) == 0) {
        return weh_fail_where(diag, WEH_E_BLOCKED, "modeledElement",
                              "an element of class %.*s cannot have a model",
                              WEH_STR_ARGS(element->full_name));
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(pairs); i++) {
        if (class_is_named(bis, element, pairs[i].element) &&
            !class_is_named(bis, model, pairs[i].model)) {
            return weh_fail_where(diag, WEH_E_BLOCKED, "modeledElement",
                                  "an element of class %.*s cannot have a model of that class",
                                  WEH_STR_ARGS(element->full_name));
        }
    }
    return WEH_OK;
}

static weh_err check_modeled(struct model_edit *edit, struct weh_diag *diag)
{
    struct bis_edit *base = &edit->base;
    const struct weh_value *value = weh_value_get(base->props, "modeledElement");
    struct bis_head head = { 0 };
    bool found = false;
    weh_err err = bis_related_read(base->bis, value, "modeledElement", &base->id, &edit->rel, diag);

    if (err == WEH_OK && base->id != 0) {
        err = bis_element_head(base->bis, base->id, &head, &found, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (head.ec_class == NULL) {
        return weh_fail_where(diag, WEH_E_BAD_ELEMENT, "modeledElement",
                              "the modelled element does not exist");
    }
    base->model = head.model;
    err = check_pair(base->bis, head.ec_class, base->plan->ec_class, diag);
    if (err == WEH_OK && edit->rel == 0) {
        const struct weh_ec_class *rel =
            weh_ec_class_by_name(base->bis->catalog, weh_str_from(MODELED_BY));

        edit->rel = rel == NULL ? 0 : rel->id;
    }
    return err;
}

/* What getModelProps returns and an insert decides itself, or takes where it needs it. */
static bool is_known(struct weh_str key)
{
    static const char *const names[] = { "classFullName",  "id",
                                         "modeledElement", "parentModel",
                                         "name",           "jsonProperties",
                                         "geometryGuid",   "isInstanceOfEntity" };
    size_t k = 0;

    while (k < WEH_ARRAY_LEN(names) && !weh_str_eq_text(key, names[k])) {
        k++;
    }
    return k < WEH_ARRAY_LEN(names);
}

static struct model_flag *find_flag(struct model_edit *edit, struct weh_str key)
{
    static const char *const names[MODEL_N_FLAGS] = { "isPrivate", "isTemplate",
                                                      "isNotSpatiallyLocated", "isPlanProjection" };

    for (size_t k = 0; k < MODEL_N_FLAGS; k++) {
        if (weh_str_eq_text(key, names[k])) {
            return &edit->flags[k];
        }
    }
    return NULL;
}

/* Members of iTwin.js' UpdateModelOptions. */
static bool *find_option(struct model_edit *edit, struct weh_str key)
{
    if (edit->base.is_insert) {
        return NULL;
    }
    if (weh_str_eq_text(key, "geometryChanged")) {
        return &edit->geometry_changed;
    }
    return weh_str_eq_text(key, "updateLastMod") ? &edit->update_last_mod : NULL;
}

static weh_err route_plain(struct bis_edit *base, const struct weh_member *member,
                           struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = base->plan->ec_class;
    const struct weh_ec_property *property = weh_ec_property_by_js_name(ec_class, member->key);

    if (property == NULL ||
        (base->plan->roles[property - ec_class->properties] & SLOT_WRITE) != 0) {
        return bis_fail_unknown(base, member->key, diag);
    }
    base->plain[property - ec_class->properties] = &member->value;
    return WEH_OK;
}

static weh_err fail_flag(struct weh_str key, struct weh_diag *diag)
{
    char where[32];

    (void)snprintf(where, sizeof(where), "%.*s", WEH_STR_ARGS(key));
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be true or false", where);
}

static weh_err read_flag(const struct weh_member *member, bool *out, bool *given,
                         struct weh_diag *diag)
{
    if (weh_value_is_null(&member->value)) {
        return WEH_OK;
    }
    *given = true;
    return weh_value_to_bool(&member->value, out) ? WEH_OK : fail_flag(member->key, diag);
}

static weh_err route(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; err == WEH_OK && i < edit->base.props->n; i++) {
        const struct weh_member *member = &edit->base.props->as.members[i];
        struct model_flag *flag = find_flag(edit, member->key);
        bool *option = find_option(edit, member->key);
        bool given = false;

        if (flag != NULL) {
            err = read_flag(member, &flag->value, &flag->given, diag);
        } else if (option != NULL) {
            err = read_flag(member, option, &given, diag);
        } else if (!is_known(member->key)) {
            err = route_plain(&edit->base, member, diag);
        }
    }
    return err;
}

static weh_err bind_json(struct model_edit *edit, struct weh_diag *diag)
{
    const uint64_t geometric = TRAIT(GEOMETRIC_MODEL_3D) | TRAIT(GEOMETRIC_MODEL_2D);
    const struct weh_value *json = weh_value_get(edit->base.props, "jsonProperties");
    struct weh_str text = { NULL, 0 };
    weh_err err = WEH_OK;

    if (weh_value_is_null(json)) {
        json = NULL;
    }
    if (json != NULL && json->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "jsonProperties",
                              "jsonProperties must be an object");
    }
    if (json == NULL && !edit->base.is_insert) {
        return WEH_OK;
    }
    if ((edit->base.plan->traits & geometric) != 0) {
        err = bis_model_json(edit->base.bis, json, &edit->json_before, &text, diag);
    } else if (json != NULL) {
        err = bis_json_text(edit->base.bis, json, &text, diag);
    }
    return err == WEH_OK ? bis_put_text(&edit->base, SLOT_JSON, text, true, diag) : err;
}

static weh_err bind_flags(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t k = 0; err == WEH_OK && k < MODEL_N_FLAGS; k++) {
        err = bis_put_int(&edit->base, flag_slots[k], "", edit->flags[k].value, diag);
    }
    return err;
}

weh_err bis_model_bind(struct bis_edit *base, struct weh_diag *diag)
{
    struct model_edit *edit = WEH_CONTAINER_OF(base, struct model_edit, base);
    weh_err err = bis_put_nav(base, SLOT_MODEL_PARENT, base->model, 0, diag);

    if (err == WEH_OK) {
        err = bis_put_nav(base, SLOT_MODEL_ELEMENT, base->id, edit->rel, diag);
    }
    if (err == WEH_OK) {
        err = bind_flags(edit, diag);
    }
    return err == WEH_OK ? bind_json(edit, diag) : err;
}

/* Nothing of a template stands anywhere in space. Whether that is all why it does not, is remembered
 * while the context lives: the native library keeps both in memory, and one column in the file. */
static void settle_unlocated(struct model_edit *edit)
{
    struct model_flag *unlocated = &edit->flags[MODEL_UNLOCATED];
    const weh_id id = edit->base.id;
    weh_id *only_template = &edit->base.bis->only_template[id % BIS_TEMPLATES];

    if (!edit->base.is_insert && !unlocated->given && *only_template == id) {
        unlocated->value = false;
    }
    if (*only_template == id) {
        *only_template = 0;
    }
    if (edit->flags[MODEL_TEMPLATE].value && !unlocated->value) {
        *only_template = id;
        unlocated->value = true;
    }
}

static weh_err insert(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = check_modeled(edit, diag);

    if (err == WEH_OK) {
        err = route(edit, diag);
    }
    if (err == WEH_OK && edit->base.plan->ec_class->modifier == WEH_EC_ABSTRACT) {
        err = weh_fail_where(diag, WEH_E_BLOCKED, "classFullName", "%.*s is abstract",
                             WEH_STR_ARGS(edit->base.plan->ec_class->full_name));
    }
    if (err == WEH_OK) {
        settle_unlocated(edit);
        err = bis_insert_rows(&edit->base, diag);
    }
    return err;
}

weh_err weh_model_insert(struct weh_bis *bis, const struct weh_value *props, weh_id *out,
                         struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    struct model_edit edit = { 0 };
    weh_err err;

    if (props == NULL || props->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
    }
    err = bis_class_read(bis, props, BASE_MODEL, &ec_class, diag);
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_begin(bis, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = bis_edit_begin(&edit.base, bis, plan, props, diag);
    if (err == WEH_OK) {
        edit.base.is_insert = true;
        edit.base.is_model = true;
        err = insert(&edit, diag);
    }
    err = bis_end(bis, err, diag);
    if (err == WEH_OK) {
        *out = edit.base.id;
    }
    return err;
}

/* What the model is now, under what the props change. */
static weh_err read_before(struct model_edit *edit, struct weh_diag *diag)
{
    struct bis_edit *base = &edit->base;
    sqlite3_stmt *row = NULL;
    bool found = false;
    int column = bis_read_column(base->plan, SLOT_JSON, "");
    weh_err err = bis_read_row(base->bis, base->plan, base->id, &row, &found, diag);

    for (size_t k = 0; err == WEH_OK && found && k < MODEL_N_FLAGS; k++) {
        int at = bis_read_column(base->plan, flag_slots[k], "");

        edit->flags[k].value = at >= 0 && sqlite3_column_int(row, at) != 0;
    }
    if (err == WEH_OK && found && column >= 0) {
        struct weh_str text = weh_stmt_text(row, column);

        edit->json_before.ptr = weh_arena_strdup(&base->bis->arena, text);
        edit->json_before.len = text.len;
        err = edit->json_before.ptr == NULL ? weh_fail_nomem(diag) : WEH_OK;
    }
    bis_reset(row);
    return err;
}

static void touch(struct bis_edit *base, enum bis_slot slot)
{
    if (base->plan->slots[slot] >= 0) {
        base->touched[base->plan->slots[slot]] = 1;
    }
}

static void touch_changed(struct model_edit *edit)
{
    const struct bis_edit *base = &edit->base;

    for (size_t k = 0; k < MODEL_N_FLAGS; k++) {
        if (edit->flags[k].given) {
            touch(&edit->base, flag_slots[k]);
        }
    }
    if (edit->flags[MODEL_TEMPLATE].given) {
        touch(&edit->base, SLOT_MODEL_UNLOCATED);
    }
    if (!weh_value_is_null(weh_value_get(base->props, "jsonProperties"))) {
        touch(&edit->base, SLOT_JSON);
    }
    for (unsigned p = 0; p < base->plan->ec_class->n_properties; p++) {
        if (base->plain[p] != NULL) {
            base->touched[p] = 1;
        }
    }
}

static weh_err touch_row(struct model_edit *edit, struct weh_diag *diag)
{
    struct weh_bis *bis = edit->base.bis;
    bool geometry = edit->geometry_changed && edit->base.plan->slots[SLOT_MODEL_GUID] >= 0;
    struct weh_guid guid;
    weh_err err = WEH_OK;

    if (!geometry && !edit->update_last_mod) {
        return WEH_OK;
    }
    if (geometry) {
        err = weh_guid_create(&guid, diag);
    }
    if (err == WEH_OK) {
        err = bis_model_touch(bis, edit->base.id, geometry ? &guid : NULL, diag);
    }
    return err;
}

static weh_err update(struct model_edit *edit, struct weh_diag *diag)
{
    weh_err err = read_before(edit, diag);

    if (err == WEH_OK) {
        err = route(edit, diag);
    }
    if (err == WEH_OK) {
        settle_unlocated(edit);
        touch_changed(edit);
        err = bis_update_rows(&edit->base, diag);
    }
    return err == WEH_OK ? touch_row(edit, diag) : err;
}

weh_err weh_model_update(struct weh_bis *bis, const struct weh_value *props, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct bis_plan *plan = NULL;
    struct model_edit edit = { 0 };
    weh_id id = 0;
    weh_err err;

    if (props == NULL || props->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object");
    }
    if (bis_id_read(weh_value_get(props, "id"), "id", &id, NULL) != WEH_OK || id == 0) {
        return weh_fail_where(diag, WEH_E_INVALID_ID, "id", "id must be the id of a model");
    }
    err = bis_begin(bis, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = bis_model_class(bis, id, &ec_class, diag);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail_where(diag, WEH_E_MISSING_ID, "id", "the model does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit.base, bis, plan, props, diag);
    }
    if (err == WEH_OK) {
        edit.base.is_model = true;
        edit.base.id = id;
        err = update(&edit, diag);
    }
    /* What is remembered of the model may be another now. */
    bis_forget_ids(bis);
    return bis_end(bis, err, diag);
}
