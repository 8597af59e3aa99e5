/* src/bis/rules.c - may this element be: model, category, parent, code, what a view refers to.
 *
 * The rules and the order in which they fail were measured with the native library 5.1.72, each
 * concrete class of BisCore in each kind of model: existence of the model, code, kind of the model,
 * category, code spec, parent, class. What the
 * file's own constraints say (duplicates, references) they say when the rows are written.
 */
#include <string.h>

#include "bis_edit.h"

#define ROOT_SUBJECT 1u

static bool model_suits(uint64_t element, uint64_t model)
{
    const uint64_t root_only = TRAIT(SUBJECT) | TRAIT(PARTITION);

    if ((element & TRAIT(GEOMETRIC_3D)) != 0 && (model & TRAIT(GEOMETRIC_MODEL_3D)) == 0) {
        return false;
    }
    if ((element & TRAIT(GEOMETRIC_2D)) != 0 && (model & TRAIT(GEOMETRIC_MODEL_2D)) == 0) {
        return false;
    }
    if ((element & TRAIT(PHYSICAL)) != 0 && (model & TRAIT(LOCATION_MODEL)) != 0) {
        return false;
    }
    if ((element & TRAIT(VIEW_ATTACHMENT)) != 0 && (model & TRAIT(SHEET_MODEL)) == 0) {
        return false;
    }
    /* RepositoryModel derives from DefinitionModel, and yet takes no definitions. */
    if ((element & TRAIT(DEFINITION)) != 0 &&
        ((model & TRAIT(DEFINITION_MODEL)) == 0 || (model & TRAIT(REPOSITORY_MODEL)) != 0)) {
        return false;
    }
    if ((element & root_only) != 0 && (model & TRAIT(REPOSITORY_MODEL)) == 0) {
        return false;
    }
    if ((element & TRAIT(LINK)) != 0 && (model & TRAIT(INFORMATION_MODEL)) == 0) {
        return false;
    }
    return ((model & TRAIT(LINK_MODEL)) == 0 || (element & TRAIT(LINK)) != 0) &&
           ((model & TRAIT(RECORD_MODEL)) == 0 || (element & TRAIT(RECORD)) != 0) &&
           ((model & TRAIT(GROUP_MODEL)) == 0 || (element & TRAIT(GROUP_INFORMATION)) != 0) &&
           ((model & TRAIT(DOCUMENT_MODEL)) == 0 || (element & TRAIT(DOCUMENT)) != 0);
}

static weh_err find_model(struct bis_edit *edit, struct weh_diag *diag)
{
    struct bis_model_info info = { 0 };
    weh_err err = bis_id_read(weh_value_get(edit->props, "model"), "model", &edit->model, diag);

    if (err == WEH_E_BAD_ARGS) {
        err = weh_fail_where(diag, WEH_E_BAD_MODEL, "model", "model must be the id of a model");
    }
    if (err == WEH_OK) {
        err = bis_model_info(edit->bis, edit->model, &info, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    edit->model_traits = info.traits;
    edit->in_spatial_index = info.in_spatial_index;
    return WEH_OK;
}

static weh_err check_model(const struct bis_edit *edit, struct weh_diag *diag)
{
    return model_suits(edit->plan->traits, edit->model_traits)
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_WRONG_MODEL, "model",
                                "an element of this class may not be in that model");
}

static weh_err check_category(struct bis_edit *edit, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(edit->props, "category");
    uint64_t geometric = edit->plan->traits & (TRAIT(GEOMETRIC_3D) | TRAIT(GEOMETRIC_2D));
    uint64_t wanted =
        (geometric & TRAIT(GEOMETRIC_3D)) != 0 ? TRAIT(SPATIAL_CATEGORY) : TRAIT(DRAWING_CATEGORY);
    uint64_t traits = 0;
    weh_err err;

    if (geometric == 0 || (!edit->is_insert && weh_value_is_null(value))) {
        return WEH_OK;
    }
    if (weh_value_is_null(value) &&
        !weh_value_is_null(weh_value_get(edit->props, "elementGeometryBuilderParams"))) {
        return weh_fail_where(diag, WEH_E_BAD_ELEMENT, "category", "geometry needs a category");
    }
    err = bis_id_read(value, "category", &edit->category, diag);
    if (err == WEH_OK) {
        err = bis_element_traits(edit->bis, edit->category, &traits, diag);
    }
    if (err == WEH_OK && (traits & wanted) == 0) {
        err = weh_fail_where(diag, WEH_E_INVALID_CATEGORY, "category",
                             "category must be the id of a %s category",
                             wanted == TRAIT(SPATIAL_CATEGORY) ? "spatial" : "drawing");
    }
    return err;
}

static weh_err fail_parent(const char *why, struct weh_diag *diag)
{
    return weh_fail_where(diag, WEH_E_INVALID_PARENT, "parent", "%s", why);
}

/* Would @edit's element be its own ancestor? The walk is bounded: a file may hold a cycle. */
static weh_err check_cycle(struct bis_edit *edit, struct weh_diag *diag)
{
    weh_id at = edit->parent;

    for (unsigned n = 0; at != 0; n++) {
        struct bis_head head;
        bool found = false;
        weh_err err;

        if (at == edit->id || n == BIS_MAX_ANCESTORS) {
            return fail_parent("an element cannot be its own ancestor", diag);
        }
        err = bis_element_head(edit->bis, at, &head, &found, diag);
        if (err != WEH_OK) {
            return err;
        }
        at = found ? head.parent : 0;
    }
    return WEH_OK;
}

static weh_err check_parent_class(struct bis_edit *edit, const struct bis_head *parent,
                                  struct weh_diag *diag)
{
    uint64_t traits = edit->parent == 0 ? 0 : bis_traits(edit->bis, parent->ec_class);

    if ((edit->plan->traits & TRAIT(SUBJECT)) != 0 && edit->parent == 0) {
        return fail_parent("a subject needs a parent", diag);
    }
    if ((edit->plan->traits & TRAIT(PARTITION)) != 0 && (traits & TRAIT(SUBJECT)) == 0) {
        return fail_parent("the parent of a partition must be a subject", diag);
    }
    if ((edit->plan->traits & TRAIT(SUB_CATEGORY)) != 0 && (traits & TRAIT(CATEGORY)) == 0) {
        return fail_parent("the parent of a sub-category must be a category", diag);
    }
    return WEH_OK;
}

/* Classes that look at their parent's class have a number of their own. */
static weh_err fail_missing_parent(const struct bis_edit *edit, struct weh_diag *diag)
{
    const char *why = "the parent does not exist";

    if (edit->is_insert && (edit->plan->traits & (TRAIT(PARTITION) | TRAIT(SUB_CATEGORY))) != 0) {
        return fail_parent(why, diag);
    }
    return weh_fail_where(diag, WEH_E_FOREIGN_KEY, "parent", "%s", why);
}

static weh_err check_parent(struct bis_edit *edit, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(edit->props, "parent");
    struct bis_head head = { 0 };
    bool found = false;
    weh_err err =
        bis_related_read(edit->bis, value, "parent", &edit->parent, &edit->parent_rel, diag);

    if (err == WEH_OK && edit->parent != 0 && edit->is_insert && edit->parent_rel == 0) {
        err = fail_parent("parent.relClassName must be the name of a relationship class", diag);
    }
    if (err == WEH_OK && edit->parent != 0) {
        err = bis_element_head(edit->bis, edit->parent, &head, &found, diag);
        if (err == WEH_OK && !found) {
            return fail_missing_parent(edit, diag);
        }
    }
    if (err == WEH_OK && edit->parent != 0 && head.model != edit->model) {
        return weh_fail_where(diag, WEH_E_WRONG_MODEL, "parent", "the parent is in another model");
    }
    if (err == WEH_OK) {
        err = check_parent_class(edit, &head, diag);
    }
    return err == WEH_OK && !edit->is_insert ? check_cycle(edit, diag) : err;
}

/* Native refuses these in the names of categories and sub-categories (measured with 5.1.72). */
static bool has_bad_name_character(struct weh_str name)
{
    static const char bad[] = "\"&'*,./<=>?\\|";

    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] != '\0' && strchr(bad, name.ptr[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static weh_err check_code(struct bis_edit *edit, struct weh_diag *diag)
{
    const uint64_t named = TRAIT(CATEGORY) | TRAIT(SUB_CATEGORY);
    struct bis_code code;
    weh_err err = bis_code_read(edit->bis, weh_value_get(edit->props, "code"), &code, diag);

    if (err != WEH_OK) {
        return err;
    }
    edit->code_spec = code.spec;
    edit->code_scope = code.scope;
    edit->code_value = code.value;
    if ((edit->plan->traits & named) != 0 && code.value.len == 0) {
        return weh_fail_where(diag, WEH_E_INVALID_NAME, "code.value",
                              "categories and sub-categories need a name");
    }
    if ((edit->plan->traits & named) != 0 && has_bad_name_character(code.value)) {
        return weh_fail_where(diag, WEH_E_INVALID_NAME, "code.value",
                              "the name of a category has none of \" & ' * , . / < = > ? \\ |");
    }
    /* The official backend takes longer ones in updates. */
    if (edit->is_insert && code.value.len > BIS_CODE_MAX_BYTES) {
        return weh_fail_where(diag, WEH_E_INVALID_CODE, "code.value",
                              "code.value is longer than %u bytes", BIS_CODE_MAX_BYTES);
    }
    return WEH_OK;
}

/* The element that @name refers to must be of the kind @wanted. */
static weh_err check_reference(struct bis_edit *edit, const char *name, uint64_t wanted,
                               struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(edit->props, name);
    uint64_t traits = 0;
    weh_id id = 0;
    weh_err err;

    if (!edit->is_insert && weh_value_is_null(value)) {
        return WEH_OK;
    }
    err = bis_id_read(value, name, &id, diag);
    if (err == WEH_OK) {
        err = bis_element_traits(edit->bis, id, &traits, diag);
    }
    if (err == WEH_OK && (traits & wanted) == 0) {
        err =
            weh_fail_where(diag, WEH_E_BAD_ELEMENT, name, "%s is missing or of a wrong kind", name);
    }
    return err;
}

static weh_err check_kind(struct bis_edit *edit, struct weh_diag *diag)
{
    uint64_t traits = edit->plan->traits;
    weh_err err = WEH_OK;

    if ((traits & TRAIT(VIEW_ATTACHMENT)) != 0 && edit->is_insert &&
        weh_value_is_null(weh_value_get(edit->props, "view"))) {
        return weh_fail_where(diag, WEH_E_NOT_FOUND, "view", "a view attachment needs a view");
    }
    if ((traits & TRAIT(VIEW)) != 0) {
        err = check_reference(edit, "categorySelectorId", TRAIT(CATEGORY_SELECTOR), diag);
        if (err == WEH_OK) {
            err = check_reference(edit, "displayStyleId", TRAIT(DISPLAY_STYLE), diag);
        }
    }
    if (err == WEH_OK && (traits & TRAIT(SPATIAL_VIEW)) != 0) {
        err = check_reference(edit, "modelSelectorId", TRAIT(MODEL_SELECTOR), diag);
    }
    return err;
}

weh_err bis_check_insert(struct bis_edit *edit, struct weh_diag *diag)
{
    weh_err err = find_model(edit, diag);

    if (err == WEH_OK) {
        err = check_code(edit, diag);
    }
    if (err == WEH_OK) {
        err = check_model(edit, diag);
    }
    if (err == WEH_OK) {
        err = check_category(edit, diag);
    }
    if (err == WEH_OK) {
        err = bis_code_spec_check(edit->bis, edit->code_spec, diag);
    }
    if (err == WEH_OK) {
        err = check_parent(edit, diag);
    }
    if (err == WEH_OK) {
        err = check_kind(edit, diag);
    }
    if (err == WEH_OK && edit->plan->ec_class->modifier == WEH_EC_ABSTRACT) {
        err = weh_fail_where(diag, WEH_E_WRITE, "classFullName", "%.*s is abstract",
                             WEH_STR_ARGS(edit->plan->ec_class->full_name));
    }
    if (err == WEH_OK) {
        err = bis_geometry_prepare(edit, diag);
    }
    if (err == WEH_OK && (edit->plan->traits & TRAIT(GEOMETRY_PART)) != 0 &&
        !edit->geometry.has_stream) {
        err = weh_fail_where(diag, WEH_E_BAD_ELEMENT, "geom", "a geometry part needs geometry");
    }
    return err;
}

/* The model may have become a template, or no template any more, since the element was written. */
static weh_err check_spatial(struct bis_edit *edit, struct weh_diag *diag)
{
    struct bis_model_info info = { 0 };
    sqlite3_stmt *row = NULL;
    bool found = false;
    weh_err err;

    if ((edit->plan->traits & TRAIT(GEOMETRIC_3D)) == 0 || edit->plan->slots[SLOT_IN_SPATIAL] < 0) {
        return WEH_OK;
    }
    err = bis_model_info(edit->bis, edit->model, &info, diag);
    if (err == WEH_OK) {
        err = bis_read_row(edit->bis, edit->plan, edit->id, &row, &found, diag);
    }
    if (err == WEH_OK && found) {
        int column = bis_read_column(edit->plan, SLOT_IN_SPATIAL, "");
        bool stored = sqlite3_column_int(row, column) != 0;

        edit->in_spatial_index = info.in_spatial_index;
        edit->reindexes = info.in_spatial_index && !stored;
        edit->touched[edit->plan->slots[SLOT_IN_SPATIAL]] = stored != info.in_spatial_index;
    }
    bis_reset(row);
    return err;
}

weh_err bis_check_update(struct bis_edit *edit, const struct bis_head *head, struct weh_diag *diag)
{
    weh_err err;

    edit->model = head->model;
    edit->parent = head->parent;
    err = check_category(edit, diag);
    if (err == WEH_OK && !weh_value_is_null(weh_value_get(edit->props, "code"))) {
        err = check_code(edit, diag);
        if (err == WEH_OK) {
            err = bis_code_spec_check(edit->bis, edit->code_spec, diag);
        }
    }
    if (err == WEH_OK && weh_value_get(edit->props, "parent") != NULL &&
        (edit->id != ROOT_SUBJECT || !weh_value_is_null(weh_value_get(edit->props, "parent")))) {
        /* The root subject has no parent, and may be told so. */
        err = check_parent(edit, diag);
    }
    if ((edit->plan->traits & TRAIT(SUB_CATEGORY)) != 0 && edit->id == head->parent + 1 &&
        edit->plan->slots[SLOT_DESCRIPTION] >= 0) {
        /* The sub-category that came with its category has no description of its own. */
        edit->touched[edit->plan->slots[SLOT_DESCRIPTION]] = 0;
    }
    if (err == WEH_OK) {
        err = check_kind(edit, diag);
    }
    if (err == WEH_OK) {
        err = check_spatial(edit, diag);
    }
    return err == WEH_OK ? bis_geometry_prepare(edit, diag) : err;
}
