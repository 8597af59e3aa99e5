/* src/bis/members.c - which member of ElementProps sets what.
 *
 * A row of the table belongs to a class and all that derive from it; a member without a row is a
 * property of the class by its JavaScript name and is bound as its EC type says. What nobody knows
 * is refused by name. The rules for null were measured with the native library 5.1.72.
 */
#include <string.h>

#include "bis_edit.h"

/* What a member does besides setting its slots. */
enum {
    KEEP_NULL = 1, /* in an update, null leaves the value as it is */
    IGNORED = 2,   /* known and without effect: what getElementProps or the JavaScript side adds */
    REFUSED = 4,   /* unless null: geometry of what has none */
    ALWAYS = 8,    /* an insert binds it though it is absent: a default or a computed value */
    ROWS = 16,     /* rows of another table; see bis_members_finish */
    INSERT_ONLY = 32 /* ignored by updates */
};

#define MEMBER_MAX_SLOTS 8

struct member_row {
    const char *name;
    uint8_t base;
    uint8_t flags;
    bis_binder bind;
    uint8_t slots[MEMBER_MAX_SLOTS]; /* +1 each, 0 ends */
};

#define S(slot) (SLOT_##slot + 1)

/* clang-format off */
static const struct member_row rows[] = {
    { "classFullName",       BASE_ELEMENT,        IGNORED,      NULL, { 0 } },
    { "id",                  BASE_ELEMENT,        IGNORED,      NULL, { 0 } },
    { "isInstanceOfEntity",  BASE_ELEMENT,        IGNORED,      NULL, { 0 } },
    { "model",               BASE_ELEMENT,        INSERT_ONLY,  NULL, { S(MODEL) } },
    { "code",                BASE_ELEMENT,        ALWAYS | KEEP_NULL, bis_bind_code, { S(CODE_SPEC), S(CODE_SCOPE), S(CODE_VALUE) } },
    { "parent",              BASE_ELEMENT,        0,            bis_bind_parent, { S(PARENT) } },
    { "federationGuid",      BASE_ELEMENT,        ALWAYS,       bis_bind_federation_guid, { S(FEDERATION_GUID) } },
    { "userLabel",           BASE_ELEMENT,        0,            bis_bind_user_label, { S(USER_LABEL) } },
    { "jsonProperties",      BASE_ELEMENT,        KEEP_NULL,    bis_bind_json, { S(JSON) } },
    { "jsonProperties",      BASE_DISPLAY_STYLE,  ALWAYS | KEEP_NULL, bis_bind_style_json, { S(JSON) } },
    { "jsonProperties",      BASE_RENDER_MATERIAL, KEEP_NULL,   bis_bind_material_json, { S(JSON) } },
    { "category",            BASE_GEOMETRIC_3D,   ALWAYS | KEEP_NULL, bis_bind_category, { S(CATEGORY) } },
    { "placement",           BASE_GEOMETRIC_3D,   KEEP_NULL,    bis_bind_placement3, { S(ORIGIN), S(YAW), S(PITCH), S(ROLL), S(LOW), S(HIGH) } },
    { "typeDefinition",      BASE_GEOMETRIC_3D,   0,            bis_bind_type_definition, { S(TYPE_DEFINITION) } },
    { "category",            BASE_GEOMETRIC_2D,   ALWAYS | KEEP_NULL, bis_bind_category, { S(CATEGORY) } },
    { "placement",           BASE_GEOMETRIC_2D,   KEEP_NULL,    bis_bind_placement2, { S(ORIGIN), S(ROTATION), S(LOW), S(HIGH) } },
    { "typeDefinition",      BASE_GEOMETRIC_2D,   0,            bis_bind_type_definition, { S(TYPE_DEFINITION) } },
    { "geom",                BASE_GEOMETRIC_3D,   IGNORED,      NULL, { 0 } }, /* geometry.c */
    { "geomBinary",          BASE_GEOMETRIC_3D,   IGNORED,      NULL, { 0 } },
    { "elementGeometryBuilderParams", BASE_GEOMETRIC_3D, IGNORED, NULL, { 0 } },
    { "geom",                BASE_GEOMETRIC_2D,   IGNORED,      NULL, { 0 } },
    { "geomBinary",          BASE_GEOMETRIC_2D,   IGNORED,      NULL, { 0 } },
    { "elementGeometryBuilderParams", BASE_GEOMETRIC_2D, IGNORED, NULL, { 0 } },
    { "geom",                BASE_GEOMETRY_PART,  IGNORED,      NULL, { 0 } },
    { "geomBinary",          BASE_GEOMETRY_PART,  IGNORED,      NULL, { 0 } },
    { "elementGeometryBuilderParams", BASE_GEOMETRY_PART, IGNORED, NULL, { 0 } },
    { "geom",                BASE_ELEMENT,        REFUSED,      NULL, { 0 } },
    { "geomBinary",          BASE_ELEMENT,        REFUSED,      NULL, { 0 } },
    { "elementGeometryBuilderParams", BASE_ELEMENT, REFUSED,    NULL, { 0 } },
    { "bbox",                BASE_GEOMETRY_PART,  IGNORED,      NULL, { 0 } },
    { "isPrivate",           BASE_DEFINITION,     ALWAYS | KEEP_NULL, bis_bind_flag, { S(IS_PRIVATE) } },
    { "description",         BASE_CATEGORY,       ALWAYS, bis_bind_description, { S(DESCRIPTION) } },
    { "rank",                BASE_CATEGORY,       ALWAYS | KEEP_NULL, bis_bind_rank, { S(RANK) } },
    { "description",         BASE_SUB_CATEGORY,   ALWAYS, bis_bind_description, { S(DESCRIPTION) } },
    { "appearance",          BASE_SUB_CATEGORY,   ALWAYS | KEEP_NULL, bis_bind_appearance, { S(APPEARANCE) } },
    { "description",         BASE_URL_LINK,       0,            bis_bind_restyled_text, { S(DESCRIPTION) } },
    { "url",                 BASE_URL_LINK,       KEEP_NULL,    bis_bind_url, { S(URL) } },
    { "description",         BASE_TEXTURE,        ALWAYS,       bis_bind_description, { S(DESCRIPTION) } },
    { "data",                BASE_TEXTURE,        KEEP_NULL,    bis_bind_texture_data, { S(TEXTURE_DATA) } },
    { "format",              BASE_TEXTURE,        ALWAYS | KEEP_NULL, bis_bind_texture_format, { S(TEXTURE_FORMAT) } },
    { "width",               BASE_TEXTURE,        ALWAYS | KEEP_NULL, bis_bind_texture_width, { S(TEXTURE_WIDTH) } },
    { "height",              BASE_TEXTURE,        ALWAYS | KEEP_NULL, bis_bind_texture_height, { S(TEXTURE_HEIGHT) } },
    { "flags",               BASE_TEXTURE,        ALWAYS | KEEP_NULL, bis_bind_texture_flags, { S(TEXTURE_FLAGS) } },
    { "categories",          BASE_CATEGORY_SELECTOR, ROWS,      NULL, { 0 } },
    { "models",              BASE_MODEL_SELECTOR, ROWS,         NULL, { 0 } },
    { "categorySelectorId",  BASE_VIEW,           ALWAYS | KEEP_NULL, bis_bind_view_selector, { S(VIEW_SELECTOR) } },
    { "displayStyleId",      BASE_VIEW,           ALWAYS | KEEP_NULL, bis_bind_view_style, { S(VIEW_STYLE) } },
    { "modelSelectorId",     BASE_SPATIAL_VIEW,   ALWAYS | KEEP_NULL, bis_bind_view_models, { S(VIEW_MODELS) } },
    { "baseModelId",         BASE_VIEW_2D,        ALWAYS | KEEP_NULL, bis_bind_view_model, { S(VIEW_MODEL) } },
    { "origin",              BASE_VIEW,           ALWAYS | KEEP_NULL, bis_bind_view_origin, { S(VIEW_ORIGIN) } },
    { "extents",             BASE_VIEW_3D,        ALWAYS | KEEP_NULL, bis_bind_view_extents, { S(VIEW_EXTENTS) } },
    { "delta",               BASE_VIEW_2D,        ALWAYS | KEEP_NULL, bis_bind_view_delta, { S(VIEW_EXTENTS) } },
    { "angles",              BASE_VIEW_3D,        ALWAYS | KEEP_NULL, bis_bind_view_angles, { S(VIEW_YAW), S(VIEW_PITCH), S(VIEW_ROLL) } },
    { "angle",               BASE_VIEW_2D,        ALWAYS | KEEP_NULL, bis_bind_view_angle, { S(VIEW_ANGLE) } },
    { "cameraOn",            BASE_VIEW_3D,        ALWAYS | KEEP_NULL, bis_bind_camera_on, { S(CAMERA_ON) } },
    { "camera",              BASE_VIEW_3D,        ALWAYS | KEEP_NULL, bis_bind_camera, { S(CAMERA_EYE), S(CAMERA_LENS), S(CAMERA_FOCUS) } },
    { "classFullName",       BASE_ASPECT,         IGNORED,      NULL, { 0 } },
    { "id",                  BASE_ASPECT,         IGNORED,      NULL, { 0 } },
    { "isInstanceOfEntity",  BASE_ASPECT,         IGNORED,      NULL, { 0 } },
    { "element",             BASE_ASPECT,         ALWAYS | INSERT_ONLY, bis_bind_aspect_owner, { S(ASPECT_ELEMENT) } },
};
/* clang-format on */

static const struct member_row *find_row(uint64_t traits, struct weh_str name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        if ((traits >> rows[i].base & 1) != 0 && weh_str_eq_text(name, rows[i].name)) {
            return &rows[i];
        }
    }
    return NULL;
}

static void touch_row(struct bis_edit *edit, const struct member_row *row)
{
    for (unsigned i = 0; i < MEMBER_MAX_SLOTS && row->slots[i] != 0; i++) {
        int16_t property = edit->plan->slots[row->slots[i] - 1];

        if (property >= 0) {
            edit->touched[property] = 1;
        }
    }
}

weh_err bis_fail_unknown(const struct bis_edit *edit, struct weh_str key, struct weh_diag *diag)
{
    char where[96];
    size_t n = key.len < sizeof(where) - 1 ? key.len : sizeof(where) - 1;

    if (n > 0) {
        memcpy(where, key.ptr, n);
    }
    where[n] = '\0';
    return weh_fail_where(diag, WEH_E_BAD_ARGS, n > 0 ? where : "props", "%.*s has no member %s",
                          WEH_STR_ARGS(edit->plan->ec_class->full_name),
                          n > 0 ? where : "without a name");
}

weh_err bis_member_plain(struct bis_edit *edit, const struct weh_member *member,
                         struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = edit->plan->ec_class;
    const struct weh_ec_property *property = weh_ec_property_by_js_name(ec_class, member->key);
    size_t index;

    if (property == NULL) {
        return bis_fail_unknown(edit, member->key, diag);
    }
    index = (size_t)(property - ec_class->properties);
    if ((edit->plan->roles[index] & SLOT_WRITE) != 0 || edit->touched[index] != 0) {
        return bis_fail_unknown(edit, member->key, diag);
    }
    edit->plain[index] = &member->value;
    edit->touched[index] = 1;
    return WEH_OK;
}

void bis_members_replace(struct bis_edit *edit)
{
    edit->replaces = true;
    for (unsigned p = 0; p < edit->plan->ec_class->n_properties; p++) {
        if ((edit->plan->roles[p] & SLOT_WRITE) == 0) {
            edit->touched[p] = 1;
        }
    }
}

static weh_err route_row(struct bis_edit *edit, const struct member_row *row, bool null,
                         struct weh_diag *diag)
{
    bool keeps = (row->flags & INSERT_ONLY) != 0 || (null && (row->flags & KEEP_NULL) != 0);

    if ((row->flags & REFUSED) != 0 && !null) {
        return bis_fail_unknown(edit, weh_str_from(row->name), diag);
    }
    if (edit->is_insert || !keeps) {
        touch_row(edit, row);
    }
    return WEH_OK;
}

weh_err bis_members_route(struct bis_edit *edit, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; err == WEH_OK && i < edit->props->n; i++) {
        const struct weh_member *member = &edit->props->as.members[i];
        const struct member_row *row = find_row(edit->plan->traits, member->key);

        err = row == NULL ? bis_member_plain(edit, member, diag)
                          : route_row(edit, row, weh_value_is_null(&member->value), diag);
    }
    return err;
}

static weh_err bind_plain(struct bis_edit *edit, unsigned index, struct weh_diag *diag)
{
    const struct bis_plan *plan = edit->plan;
    const struct weh_ec_property *property = &plan->ec_class->properties[index];
    const int *params = &edit->params[plan->first_leaf[index]];
    uint16_t table;

    if (property->n_leaves == 0) {
        return WEH_OK;
    }
    /* The mapping keeps the leaves of a property in one table; others would have no parameter. */
    table = property->leaves[0].table;
    for (unsigned i = 0; i < property->n_leaves; i++) {
        if (!property->leaves[i].is_virtual) {
            table = property->leaves[i].table;
        }
    }
    return weh_ec_value_bind(edit->bis->catalog, property, edit->plain[index], edit->stmts[table],
                             params, &edit->bis->arena, diag);
}

static weh_err bind_row(struct bis_edit *edit, const struct member_row *row, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(edit->props, row->name);

    if (row->bind == NULL) {
        return WEH_OK;
    }
    if (edit->is_insert) {
        return value == NULL && (row->flags & ALWAYS) == 0 ? WEH_OK : row->bind(edit, value, diag);
    }
    if (value == NULL || (weh_value_is_null(value) && (row->flags & KEEP_NULL) != 0)) {
        return WEH_OK;
    }
    return row->bind(edit, value, diag);
}

weh_err bis_members_bind(struct bis_edit *edit, struct weh_diag *diag)
{
    weh_err err = edit->is_model ? bis_model_bind(edit, diag) : WEH_OK;

    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(rows); i++) {
        if ((edit->plan->traits >> rows[i].base & 1) != 0) {
            err = bind_row(edit, &rows[i], diag);
        }
    }
    if (err == WEH_OK) {
        err = bis_geometry_bind(edit, diag);
    }
    if (err == WEH_OK) {
        /* That depends on the model, not on what is given. */
        err = bis_put_int(edit, SLOT_IN_SPATIAL, "", edit->in_spatial_index, diag);
    }
    if (err == WEH_OK && edit->is_insert) {
        err = bis_put_nav(edit, SLOT_MODEL, edit->model, 0, diag);
    }
    for (unsigned p = 0; err == WEH_OK && p < edit->plan->ec_class->n_properties; p++) {
        if (edit->plain[p] != NULL) {
            err = bind_plain(edit, p, diag);
        }
    }
    return err;
}

static weh_err insert_default_sub(struct bis_edit *category, struct weh_diag *diag)
{
    struct weh_bis *bis = category->bis;
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(bis->catalog, bis->bases[BASE_SUB_CATEGORY]);
    char id[WEH_ID_TEXT_SIZE];
    char model[WEH_ID_TEXT_SIZE];
    struct weh_member code[3] = { { WEH_STR("spec"), { 0 } },
                                  { WEH_STR("scope"), { 0 } },
                                  { WEH_STR("value"), { 0 } } };
    struct weh_member parent[2] = { { WEH_STR("id"), { 0 } }, { WEH_STR("relClassName"), { 0 } } };
    struct weh_member members[3] = { { WEH_STR("model"), { 0 } },
                                     { WEH_STR("code"), { 0 } },
                                     { WEH_STR("parent"), { 0 } } };
    struct weh_value props = { .type = WEH_VALUE_MAP, .n = 3, .as.members = members };
    struct bis_edit edit;
    struct bis_plan *plan = NULL;
    weh_err err;

#define STRING(text, len) \
    ((struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)(len), .as.string = (text) })
    if (ec_class == NULL) {
        return weh_fail(diag, WEH_E_CORRUPT, "the file has no sub-categories");
    }
    code[0].value = STRING("bis:SubCategory", 15);
    code[1].value = STRING(id, weh_id_print(category->id, id));
    code[2].value = STRING(category->code_value.ptr, category->code_value.len);
    parent[0].value = code[1].value;
    parent[1].value = STRING("BisCore:CategoryOwnsSubCategories", 33);
    members[0].value = STRING(model, weh_id_print(category->model, model));
    members[1].value = (struct weh_value){ .type = WEH_VALUE_MAP, .n = 3, .as.members = code };
    members[2].value = (struct weh_value){ .type = WEH_VALUE_MAP, .n = 2, .as.members = parent };
#undef STRING
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err == WEH_OK) {
        err = bis_edit_begin(&edit, bis, plan, &props, diag);
    }
    if (err == WEH_OK) {
        edit.is_insert = true;
        edit.is_default_sub = true;
        err = bis_insert_checked(&edit, diag);
    }
    return err;
}

weh_err bis_members_finish(struct bis_edit *edit, struct weh_diag *diag)
{
    uint64_t traits = edit->plan->traits;
    const struct weh_value *ids;

    if ((traits & TRAIT(CATEGORY)) != 0 && edit->is_insert) {
        return insert_default_sub(edit, diag);
    }
    /* An update that does not name what is selected empties the selector, in the official backend too. */
    if ((traits & TRAIT(CATEGORY_SELECTOR)) != 0) {
        ids = weh_value_get(edit->props, "categories");
        return bis_selector_replace(edit->bis, LINK_SELECTOR_CATEGORIES, edit->id, ids, diag);
    }
    if ((traits & TRAIT(MODEL_SELECTOR)) != 0) {
        ids = weh_value_get(edit->props, "models");
        return bis_selector_replace(edit->bis, LINK_SELECTOR_MODELS, edit->id, ids, diag);
    }
    if ((traits & TRAIT(SUB_CATEGORY)) != 0 && !edit->is_insert &&
        !weh_value_is_null(weh_value_get(edit->props, "appearance"))) {
        return bis_restyled_add(edit->bis, edit->parent, diag);
    }
    return WEH_OK;
}
