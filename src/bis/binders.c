/* src/bis/binders.c - how each member of ElementProps that has a rule becomes column values.
 *
 * Defaults and roundings are those of the native library 5.1.72, measured. What was resolved while
 * checking (code, parent, category) is taken from the edit. @value is NULL when the member is absent
 * and only then called for when an insert has a default.
 */
#include <math.h>
#include <string.h>

#include "bis_edit.h"

#define BINDER_PI 3.14159265358979323846

/** Rank of categories that say none: User. */
#define RANK_USER 3

static weh_err fail_type(const char *where, const char *what, struct weh_diag *diag)
{
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be %s", where, what);
}

/* As the property's EC type says. */
static weh_err bind_as_typed(struct bis_edit *edit, enum bis_slot slot,
                             const struct weh_value *value, struct weh_diag *diag)
{
    const struct weh_ec_property *property = bis_slot_property(edit->plan, slot);
    uint32_t first;

    if (property == NULL || property->n_leaves == 0) {
        return WEH_OK;
    }
    first = edit->plan->first_leaf[edit->plan->slots[slot]];
    return weh_ec_value_bind(edit->bis->catalog, property, value,
                             edit->stmts[property->leaves[0].table], &edit->params[first],
                             &edit->bis->arena, diag);
}

static weh_err bind_int_or(struct bis_edit *edit, enum bis_slot slot, const struct weh_value *value,
                           int64_t absent, struct weh_diag *diag)
{
    return weh_value_is_null(value) ? bis_put_int(edit, slot, "", absent, diag)
                                    : bind_as_typed(edit, slot, value, diag);
}

/* A string or null; *@given tells which. */
static weh_err read_text(const struct weh_value *value, const char *where, struct weh_str *out,
                         bool *given, struct weh_diag *diag)
{
    *out = (struct weh_str){ "", 0 };
    *given = !weh_value_is_null(value);
    if (*given && value->type != WEH_VALUE_STRING) {
        return fail_type(where, "a string", diag);
    }
    if (*given) {
        *out = weh_value_str(value);
    }
    return WEH_OK;
}

weh_err bis_bind_code(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    weh_err err = bis_put_nav(edit, SLOT_CODE_SPEC, edit->code_spec, 0, diag);

    (void)value;
    if (err == WEH_OK) {
        err = bis_put_nav(edit, SLOT_CODE_SCOPE, edit->code_scope, 0, diag);
    }
    return err == WEH_OK ? bis_put_text(edit, SLOT_CODE_VALUE, edit->code_value, true, diag) : err;
}

weh_err bis_bind_parent(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    (void)value;
    return bis_put_nav(edit, SLOT_PARENT, edit->parent, edit->parent_rel, diag);
}

weh_err bis_bind_federation_guid(struct bis_edit *edit, const struct weh_value *value,
                                 struct weh_diag *diag)
{
    struct weh_guid guid;

    if (weh_value_is_null(value)) {
        weh_err err = edit->is_insert ? weh_guid_create(&guid, diag) : WEH_OK;

        return err == WEH_OK && edit->is_insert
                   ? bis_put_blob(edit, SLOT_FEDERATION_GUID, guid.bytes, sizeof(guid.bytes), diag)
                   : err;
    }
    if (value->type != WEH_VALUE_STRING) {
        return fail_type("federationGuid", "a GUID", diag);
    }
    /* Text that is no GUID means none, as the zero GUID does. */
    if (!weh_guid_parse(weh_value_str(value), &guid) || weh_guid_is_nil(&guid)) {
        return WEH_OK;
    }
    return bis_put_blob(edit, SLOT_FEDERATION_GUID, guid.bytes, sizeof(guid.bytes), diag);
}

weh_err bis_bind_user_label(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    struct weh_str text;
    bool given;
    weh_err err = read_text(value, "userLabel", &text, &given, diag);

    return err == WEH_OK ? bis_put_text(edit, SLOT_USER_LABEL, text, true, diag) : err;
}

weh_err bis_bind_json(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    struct weh_str text;
    weh_err err;

    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    err = bis_json_text(edit->bis, value, &text, diag);
    return err == WEH_OK ? bis_put_text(edit, SLOT_JSON, text, false, diag) : err;
}

weh_err bis_bind_category(struct bis_edit *edit, const struct weh_value *value,
                          struct weh_diag *diag)
{
    (void)value;
    return bis_put_nav(edit, SLOT_CATEGORY, edit->category, 0, diag);
}

weh_err bis_bind_placement3(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    struct weh_placement3d placement;
    weh_err err;

    if (weh_value_is_null(value) || edit->geometry.is_given) {
        return WEH_OK; /* geometry binds its placement itself */
    }
    err = weh_placement3d_read(value, &placement, diag);
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_ORIGIN, 3, placement.origin, diag);
    }
    if (err == WEH_OK) {
        err = bis_put_real(edit, SLOT_YAW, "", placement.angles[0], diag);
    }
    if (err == WEH_OK) {
        err = bis_put_real(edit, SLOT_PITCH, "", placement.angles[1], diag);
    }
    if (err == WEH_OK) {
        err = bis_put_real(edit, SLOT_ROLL, "", placement.angles[2], diag);
    }
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_LOW, 3, placement.low, diag);
    }
    return err == WEH_OK ? bis_put_point(edit, SLOT_HIGH, 3, placement.high, diag) : err;
}

weh_err bis_bind_placement2(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    struct weh_placement2d placement;
    weh_err err;

    if (weh_value_is_null(value) || edit->geometry.is_given) {
        return WEH_OK;
    }
    err = weh_placement2d_read(value, &placement, diag);
    if (err == WEH_OK && !placement.has_box) {
        /* The native library stores none, and has no placement to give to geometry that is there. */
        return edit->is_insert ? WEH_OK
                               : weh_fail_where(diag, WEH_E_BAD_ELEMENT, "placement.bbox",
                                                "placement.bbox.low must not be above high");
    }
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_ORIGIN, 2, placement.origin, diag);
    }
    if (err == WEH_OK) {
        err = bis_put_real(edit, SLOT_ROTATION, "", placement.angle, diag);
    }
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_LOW, 2, placement.low, diag);
    }
    return err == WEH_OK ? bis_put_point(edit, SLOT_HIGH, 2, placement.high, diag) : err;
}

weh_err bis_bind_type_definition(struct bis_edit *edit, const struct weh_value *value,
                                 struct weh_diag *diag)
{
    weh_id id = 0;
    weh_id rel = 0;
    uint64_t traits = 0;
    weh_err err = bis_related_read(edit->bis, value, "typeDefinition", &id, &rel, diag);

    if (err == WEH_OK && id != 0) {
        err = bis_element_traits(edit->bis, id, &traits, diag);
        if (err == WEH_OK && traits == 0) {
            err = weh_fail_where(diag, WEH_E_FOREIGN_KEY, "typeDefinition",
                                 "the type definition does not exist");
        }
    }
    return err == WEH_OK ? bis_put_nav(edit, SLOT_TYPE_DEFINITION, id, rel, diag) : err;
}

weh_err bis_bind_flag(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_IS_PRIVATE, value, 0, diag);
}

weh_err bis_bind_description(struct bis_edit *edit, const struct weh_value *value,
                             struct weh_diag *diag)
{
    struct weh_str text;
    bool given;
    weh_err err = read_text(value, "description", &text, &given, diag);

    if (err != WEH_OK || edit->is_default_sub) {
        return err; /* the sub-category that comes with a category has none at all */
    }
    return bis_put_text(edit, SLOT_DESCRIPTION, text, false, diag);
}

weh_err bis_bind_restyled_text(struct bis_edit *edit, const struct weh_value *value,
                               struct weh_diag *diag)
{
    struct weh_str text;
    bool given;
    weh_err err = read_text(value, "description", &text, &given, diag);

    return err == WEH_OK ? bis_put_text(edit, SLOT_DESCRIPTION, text, true, diag) : err;
}

weh_err bis_bind_url(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    struct weh_str text;
    bool given;
    weh_err err = read_text(value, "url", &text, &given, diag);

    return err == WEH_OK ? bis_put_text(edit, SLOT_URL, text, true, diag) : err;
}

weh_err bis_bind_rank(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_RANK, value, RANK_USER, diag);
}

weh_err bis_bind_texture_data(struct bis_edit *edit, const struct weh_value *value,
                              struct weh_diag *diag)
{
    return bind_as_typed(edit, SLOT_TEXTURE_DATA, value, diag);
}

weh_err bis_bind_texture_format(struct bis_edit *edit, const struct weh_value *value,
                                struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_TEXTURE_FORMAT, value, 0, diag);
}

weh_err bis_bind_texture_width(struct bis_edit *edit, const struct weh_value *value,
                               struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_TEXTURE_WIDTH, value, 0, diag);
}

weh_err bis_bind_texture_height(struct bis_edit *edit, const struct weh_value *value,
                                struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_TEXTURE_HEIGHT, value, 0, diag);
}

weh_err bis_bind_texture_flags(struct bis_edit *edit, const struct weh_value *value,
                               struct weh_diag *diag)
{
    return bind_int_or(edit, SLOT_TEXTURE_FLAGS, value, 0, diag);
}

/* Views: ids of what they show were checked by the rules. */
static weh_err bind_view_id(struct bis_edit *edit, enum bis_slot slot,
                            const struct weh_value *value, const char *where, struct weh_diag *diag)
{
    weh_id id = 0;
    weh_err err = bis_id_read(value, where, &id, diag);

    return err == WEH_OK ? bis_put_nav(edit, slot, id, 0, diag) : err;
}

weh_err bis_bind_view_selector(struct bis_edit *edit, const struct weh_value *value,
                               struct weh_diag *diag)
{
    return bind_view_id(edit, SLOT_VIEW_SELECTOR, value, "categorySelectorId", diag);
}

weh_err bis_bind_view_style(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    return bind_view_id(edit, SLOT_VIEW_STYLE, value, "displayStyleId", diag);
}

weh_err bis_bind_view_models(struct bis_edit *edit, const struct weh_value *value,
                             struct weh_diag *diag)
{
    return bind_view_id(edit, SLOT_VIEW_MODELS, value, "modelSelectorId", diag);
}

weh_err bis_bind_view_model(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    return bind_view_id(edit, SLOT_VIEW_MODEL, value, "baseModelId", diag);
}

static weh_err bind_view_point(struct bis_edit *edit, enum bis_slot slot,
                               const struct weh_value *value, const char *where,
                               struct weh_diag *diag)
{
    unsigned n = (edit->plan->traits & TRAIT(VIEW_3D)) != 0 ? 3 : 2;
    double point[3];
    weh_err err = weh_point_read(value, where, n, point, diag);

    return err == WEH_OK ? bis_put_point(edit, slot, n, point, diag) : err;
}

weh_err bis_bind_view_origin(struct bis_edit *edit, const struct weh_value *value,
                             struct weh_diag *diag)
{
    return bind_view_point(edit, SLOT_VIEW_ORIGIN, value, "origin", diag);
}

weh_err bis_bind_view_extents(struct bis_edit *edit, const struct weh_value *value,
                              struct weh_diag *diag)
{
    return bind_view_point(edit, SLOT_VIEW_EXTENTS, value, "extents", diag);
}

weh_err bis_bind_view_delta(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    return bind_view_point(edit, SLOT_VIEW_EXTENTS, value, "delta", diag);
}

weh_err bis_bind_view_angles(struct bis_edit *edit, const struct weh_value *value,
                             struct weh_diag *diag)
{
    static const struct {
        const char *name;
        const char *where;
        enum bis_slot slot;
    } angles[] = { { "yaw", "angles.yaw", SLOT_VIEW_YAW },
                   { "pitch", "angles.pitch", SLOT_VIEW_PITCH },
                   { "roll", "angles.roll", SLOT_VIEW_ROLL } };
    double degrees[3] = { 0.0, 0.0, 0.0 };
    weh_err err = WEH_OK;

    if (!weh_value_is_null(value) && value->type != WEH_VALUE_MAP) {
        return fail_type("angles", "an object", diag);
    }
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(angles); i++) {
        err = weh_angle_read(weh_value_get(value, angles[i].name), angles[i].where, &degrees[i],
                             diag);
    }
    weh_view_angles_round(degrees);
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(angles); i++) {
        err = bis_put_real(edit, angles[i].slot, "", degrees[i], diag);
    }
    return err;
}

weh_err bis_bind_view_angle(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    double degrees = 0.0;
    weh_err err = weh_angle_read(value, "angle", &degrees, diag);

    return err == WEH_OK ? bis_put_real(edit, SLOT_VIEW_ANGLE, "", degrees, diag) : err;
}

weh_err bis_bind_camera_on(struct bis_edit *edit, const struct weh_value *value,
                           struct weh_diag *diag)
{
    bool on = false;

    if (!weh_value_is_null(value) && !weh_value_to_bool(value, &on)) {
        return fail_type("cameraOn", "true or false", diag);
    }
    return bis_put_int(edit, SLOT_CAMERA_ON, "", on, diag);
}

weh_err bis_bind_camera(struct bis_edit *edit, const struct weh_value *value, struct weh_diag *diag)
{
    const struct weh_value *focus = weh_value_get(value, "focusDist");
    double eye[3];
    double lens = 0.0;
    double distance = 0.0;
    weh_err err;

    if (!weh_value_is_null(value) && value->type != WEH_VALUE_MAP) {
        return fail_type("camera", "an object", diag);
    }
    if (!weh_value_is_null(focus) && !weh_value_to_double(focus, &distance)) {
        return fail_type("camera.focusDist", "a number", diag);
    }
    err = weh_point_read(weh_value_get(value, "eye"), "camera.eye", 3, eye, diag);
    if (err == WEH_OK) {
        err = weh_angle_read(weh_value_get(value, "lens"), "camera.lens", &lens, diag);
    }
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_CAMERA_EYE, 3, eye, diag);
    }
    if (err == WEH_OK) {
        /* The only angle that is stored in radians, and so without the detour of the others. */
        (void)weh_value_to_double(weh_value_get(value, "lens"), &lens);
        err = bis_put_real(edit, SLOT_CAMERA_LENS, "", lens * (BINDER_PI / 180.0), diag);
    }
    return err == WEH_OK ? bis_put_real(edit, SLOT_CAMERA_FOCUS, "", distance, diag) : err;
}
