/* src/bis/geometry.c - geometry in an insert or update: from what was given to columns.
 *
 * One of elementGeometryBuilderParams, geom and geomBinary counts, in this order, as in the native
 * library 5.1.72. The first two bring their box, and of a placement only origin and angles count
 * then; geomBinary (the entries as they stand in the file, not compressed) keeps the box that is given.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/geom_build.h"
#include "weh/geom_json.h"
#include "weh/pack.h"

#include "bis_edit.h"

#define NO_GEOMETRY 65570 /* IModelStatus.NoGeometry */

static const char params_name[] = "elementGeometryBuilderParams";

static bool given(const struct bis_edit *edit, const char *name)
{
    return !weh_value_is_null(weh_value_get(edit->props, name));
}

static bool is_part(const struct bis_edit *edit)
{
    return (edit->plan->traits & TRAIT(GEOMETRY_PART)) != 0;
}

static bool is_3d(const struct bis_edit *edit)
{
    return (edit->plan->traits & TRAIT(GEOMETRIC_3D)) != 0;
}

static bool has_geometry(const struct bis_edit *edit)
{
    return (edit->plan->traits &
            (TRAIT(GEOMETRIC_3D) | TRAIT(GEOMETRIC_2D) | TRAIT(GEOMETRY_PART))) != 0;
}

/* ---- what the geometry may refer to ---- */

static weh_err find_part_box(void *context, uint64_t part_id, struct weh_geom_range *out,
                             struct weh_diag *diag)
{
    struct weh_bis *bis = context;
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    struct bis_head head = { 0 };
    bool found = false;
    double box[6] = { 0 };
    static const char *const axes[] = { "X", "Y", "Z" };
    weh_err err = bis_element_head(bis, part_id, &head, &found, diag);

    if (err == WEH_OK && (!found || (bis_traits(bis, head.ec_class) & TRAIT(GEOMETRY_PART)) == 0)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "geomPart",
                              "a part of the geometry does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, head.ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, part_id, &row, &found, diag);
    }
    for (unsigned i = 0; err == WEH_OK && i < 3; i++) {
        box[i] = sqlite3_column_double(row, bis_read_column(plan, SLOT_LOW, axes[i]));
        box[i + 3] = sqlite3_column_double(row, bis_read_column(plan, SLOT_HIGH, axes[i]));
    }
    bis_reset(row);
    *out = (struct weh_geom_range){ { box[0], box[1], box[2] }, { box[3], box[4], box[5] } };
    return err;
}

static weh_err check_sub_category(void *context, uint64_t sub_category, struct weh_diag *diag)
{
    const struct bis_edit *edit = context;
    struct bis_head head = { 0 };
    bool found = false;
    weh_err err = bis_element_head(edit->bis, sub_category, &head, &found, diag);

    if (err == WEH_OK && (!found || head.parent != edit->geometry.category)) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "subCategory",
                             "a sub-category of the geometry is not one of the element's category");
    }
    return err;
}

/* ---- the placement ---- */

/* What is stored now; all zeros for an insert, or when there is none. */
static weh_err read_stored(struct bis_edit *edit, struct bis_geometry *geometry,
                           struct weh_diag *diag)
{
    static const char *const axes[] = { "X", "Y", "Z" };
    const struct bis_plan *plan = edit->plan;
    sqlite3_stmt *row = NULL;
    bool found = false;
    weh_err err = bis_read_row(edit->bis, edit->plan, edit->id, &row, &found, diag);

    if (err != WEH_OK || !found) {
        bis_reset(row);
        return err;
    }
    geometry->category = bis_read_id(plan, SLOT_CATEGORY, "Id");
    geometry->has_stored_box =
        sqlite3_column_type(row, bis_read_column(plan, SLOT_LOW, "X")) != SQLITE_NULL;
    for (unsigned i = 0; i < (is_3d(edit) ? 3U : 2U) && !is_part(edit); i++) {
        geometry->placement.origin[i] =
            sqlite3_column_double(row, bis_read_column(plan, SLOT_ORIGIN, axes[i]));
    }
    for (unsigned i = 0; i < (is_3d(edit) || is_part(edit) ? 3U : 2U); i++) {
        geometry->placement.low[i] =
            sqlite3_column_double(row, bis_read_column(plan, SLOT_LOW, axes[i]));
        geometry->placement.high[i] =
            sqlite3_column_double(row, bis_read_column(plan, SLOT_HIGH, axes[i]));
    }
    if (is_3d(edit)) {
        const enum bis_slot slots[3] = { SLOT_YAW, SLOT_PITCH, SLOT_ROLL };

        for (unsigned i = 0; i < 3; i++) {
            geometry->placement.angles[i] =
                sqlite3_column_double(row, bis_read_column(plan, slots[i], ""));
        }
    } else if (!is_part(edit)) {
        geometry->placement.angles[0] =
            sqlite3_column_double(row, bis_read_column(plan, SLOT_ROTATION, ""));
    }
    bis_reset(row);
    return WEH_OK;
}

/* Origin and angles as given; the box stays unless @with_box. */
static weh_err apply_placement(struct bis_edit *edit, bool with_box, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(edit->props, "placement");
    struct weh_placement3d *placement = &edit->geometry.placement;
    struct weh_placement3d read = { 0 };
    weh_err err;

    if (is_part(edit) || weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (is_3d(edit)) {
        err = weh_placement3d_read(value, &read, diag);
    } else {
        struct weh_placement2d flat;

        err = weh_placement2d_read(value, &flat, diag);
        if (err == WEH_OK) {
            memcpy(read.origin, flat.origin, sizeof(flat.origin));
            memcpy(read.low, flat.low, sizeof(flat.low));
            memcpy(read.high, flat.high, sizeof(flat.high));
            read.angles[0] = flat.angle;
        }
    }
    if (err != WEH_OK) {
        return err;
    }
    memcpy(placement->origin, read.origin, sizeof(read.origin));
    memcpy(placement->angles, read.angles, sizeof(read.angles));
    if (with_box) {
        memcpy(placement->low, read.low, sizeof(read.low));
        memcpy(placement->high, read.high, sizeof(read.high));
        edit->geometry.has_stored_box = true;
    }
    return WEH_OK;
}

/* The box that the client gives along: for geometry that has none. */
static weh_err read_given_box(const struct bis_edit *edit, struct weh_geom_range *box, bool *has,
                              struct weh_diag *diag)
{
    const struct weh_value *value =
        is_part(edit) ? weh_value_get(edit->props, "bbox")
                      : weh_value_get(weh_value_get(edit->props, "placement"), "bbox");
    const unsigned n = is_3d(edit) || is_part(edit) ? 3 : 2;
    double low[3] = { 0 };
    double high[3] = { 0 };
    weh_err err;

    *has = !weh_value_is_null(value);
    if (!*has) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "bbox", "bbox must have low and high");
    }
    err = weh_point_read(weh_value_get(value, "low"), "bbox.low", n, low, diag);
    if (err == WEH_OK) {
        err = weh_point_read(weh_value_get(value, "high"), "bbox.high", n, high, diag);
    }
    *box = (struct weh_geom_range){
        { fmin(low[0], high[0]), fmin(low[1], high[1]), fmin(low[2], high[2]) },
        { fmax(low[0], high[0]), fmax(low[1], high[1]), fmax(low[2], high[2]) }
    };
    return err;
}

/* ---- the three forms ---- */

static weh_err fail_entry(uint32_t index, const char *what, struct weh_diag *diag)
{
    char where[80];

    (void)snprintf(where, sizeof(where), "%s.entryArray[%u]", params_name, (unsigned)index);
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s %s", where, what);
}

static weh_err read_entry(struct bis_edit *edit, const struct weh_value *value, uint32_t index,
                          struct weh_geom_entry *out, struct weh_diag *diag)
{
    const struct weh_value *data = weh_value_get(value, "data");
    struct weh_arena *arena = &edit->bis->arena;
    struct weh_str bytes = { 0 };
    int64_t opcode = 0;
    weh_err err;

    if (!weh_value_to_int64(weh_value_get(value, "opcode"), &opcode) || opcode < 1 ||
        opcode > UINT32_MAX || data == NULL) {
        return fail_entry(index, "must have an opcode and data", diag);
    }
    err = weh_ec_binary_read(data, "data", arena, &bytes, NULL);
    if (err == WEH_OK && opcode == WEH_GEOM_HEADER) {
        *out = (struct weh_geom_entry){ .opcode = WEH_GEOM_HEADER }; /* has no effect */
        return WEH_OK;
    }
    if (err == WEH_OK) {
        err = weh_geom_entry_decode((uint32_t)opcode, (const uint8_t *)bytes.ptr, bytes.len, arena,
                                    out, diag);
    }
    if (err == WEH_OK || err == WEH_E_NOMEM || err == WEH_E_TOO_LARGE) {
        return err == WEH_E_NOMEM ? weh_fail_nomem(diag) : err;
    }
    return fail_entry(index, "has data that is no such geometry", diag);
}

static weh_err check_params(const struct bis_edit *edit, const struct weh_value *params,
                            struct weh_diag *diag)
{
    for (uint32_t i = 0; params->type == WEH_VALUE_MAP && i < params->n; i++) {
        struct weh_str key = params->as.members[i].key;

        if (!weh_str_eq_text(key, "entryArray") &&
            !weh_str_eq_text(key, is_part(edit) ? "is2dPart" : "viewIndependent")) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, params_name, "%s has no member %.*s",
                                  params_name, WEH_STR_ARGS(key));
        }
    }
    return WEH_OK;
}

static weh_err read_flag(const struct weh_value *params, const char *name, bool *out,
                         struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(params, name);

    *out = false;
    return weh_value_is_null(value) || weh_value_to_bool(value, out)
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_BAD_ARGS, name, "%s must be true or false", name);
}

static weh_err read_params(struct bis_edit *edit, struct weh_geom_target *target,
                           struct weh_geom *out, struct weh_diag *diag)
{
    const struct weh_value *params = weh_value_get(edit->props, params_name);
    const struct weh_value *array = weh_value_get(params, "entryArray");
    bool view_independent = false;
    weh_err err = check_params(edit, params, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (array == NULL || array->type != WEH_VALUE_ARRAY) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, params_name, "%s.entryArray must be an array",
                              params_name);
    }
    if (!is_part(edit)) {
        err = read_flag(params, "viewIndependent", &view_independent, diag);
    }
    if (is_part(edit)) {
        err = read_flag(params, "is2dPart", &target->is_2d, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    target->flags = view_independent;
    out->n = array->n;
    out->entries = weh_arena_array(&edit->bis->arena, array->n + (size_t)1, sizeof(*out->entries));
    if (out->entries == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; err == WEH_OK && i < array->n; i++) {
        err = read_entry(edit, &array->as.items[i], i, &out->entries[i], diag);
    }
    return err;
}

static weh_err encode(struct bis_edit *edit, const struct weh_geom *geom, struct weh_diag *diag)
{
    struct weh_buf *blob = &edit->bis->geometry;

    weh_buf_clear(blob);
    return weh_geom_encode(geom, blob, diag);
}

static void take_box(struct weh_placement3d *placement, const struct weh_geom_range *box)
{
    const double low[3] = { box->low.x, box->low.y, box->low.z };
    const double high[3] = { box->high.x, box->high.y, box->high.z };

    memcpy(placement->low, low, sizeof(low));
    memcpy(placement->high, high, sizeof(high));
}

/* Geometry that draws nothing: JSON has no effect then, no entries at all clear, others are refused. */
static weh_err take_nothing(struct bis_edit *edit, bool is_json, uint32_t n, struct weh_diag *diag)
{
    struct bis_geometry *geometry = &edit->geometry;

    if (is_json && !is_part(edit)) {
        geometry->sets_stream = edit->is_insert;
        geometry->has_box = geometry->has_stored_box && !edit->is_insert;
        return WEH_OK;
    }
    if (n > 0 || is_part(edit)) {
        (void)weh_fail_where(diag, WEH_E_BAD_ARGS, is_json ? "geom" : params_name,
                             "there is no geometry in it");
        if (diag != NULL) {
            diag->itwin = NO_GEOMETRY;
        }
        return WEH_E_BAD_ARGS;
    }
    geometry->sets_stream = true;
    geometry->has_box = false;
    return WEH_OK;
}

/* The placement's box may not be larger than the earth is round. */
static bool box_is_sound(const struct weh_geom_range *box)
{
    const double limit = 40075000.0;

    return box->high.x - box->low.x <= limit && box->high.y - box->low.y <= limit &&
           box->high.z - box->low.z <= limit;
}

static weh_err build(struct bis_edit *edit, bool is_json, struct weh_diag *diag)
{
    const struct weh_geom_part_boxes parts = { .find = find_part_box, .context = edit->bis };
    struct bis_geometry *geometry = &edit->geometry;
    struct weh_geom_target target = {
        .is_part = is_part(edit),
        .is_2d = !is_part(edit) && !is_3d(edit),
        .is_json = is_json,
        .sub_category = is_part(edit) ? 0 : geometry->category + 1,
        .parts = &parts,
        .check_sub_category = check_sub_category,
        .context = edit,
    };
    struct weh_geom given_entries = { 0 };
    struct weh_geom stored = { 0 };
    struct weh_geom_range given_box;
    struct weh_geom_range box;
    bool has_given_box = false;
    weh_err err = is_json ? weh_geom_json_read(weh_value_get(edit->props, "geom"),
                                               &edit->bis->arena, &given_entries, diag)
                          : read_params(edit, &target, &given_entries, diag);

    if (err == WEH_OK) {
        err = read_given_box(edit, &given_box, &has_given_box, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    target.given_box = has_given_box ? &given_box : NULL;
    err = weh_geom_build(&given_entries, &target, &edit->bis->arena, &stored, &box, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (stored.n == 0) {
        return take_nothing(edit, is_json, given_entries.n, diag);
    }
    if (!box_is_sound(&box)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "geom", "the geometry is too large");
    }
    take_box(&geometry->placement, &box);
    geometry->has_box = true;
    geometry->sets_stream = true;
    geometry->has_stream = true;
    return encode(edit, &stored, diag);
}

/* The entries as they stand in the file are checked, and stored as they are. */
static weh_err take_binary(struct bis_edit *edit, struct weh_diag *diag)
{
    static const struct weh_pack_kind kind = { .name = "geometry stream",
                                               .limit_bytes = WEH_GEOM_MAX_BYTES };
    struct bis_geometry *geometry = &edit->geometry;
    struct weh_buf *blob = &edit->bis->geometry;
    struct weh_pack_piece piece;
    struct weh_str bytes;
    struct weh_geom geom;
    weh_err err = weh_ec_binary_read(weh_value_get(edit->props, "geomBinary"), "geomBinary",
                                     &edit->bis->arena, &bytes, diag);

    if (err != WEH_OK) {
        return err;
    }
    geometry->sets_stream = true;
    geometry->has_stream = bytes.len > 0;
    piece = (struct weh_pack_piece){ (const uint8_t *)bytes.ptr, bytes.len };
    weh_buf_clear(blob);
    if (bytes.len > 0) {
        err = weh_pack(&kind, &piece, 1, blob, diag);
    }
    if (err == WEH_OK && bytes.len > 0) {
        err = weh_geom_decode(blob->data, blob->len, &edit->bis->arena, &geom, diag);
        if (err == WEH_E_CORRUPT || (err == WEH_OK && geom.entries[0].opcode != WEH_GEOM_HEADER)) {
            err = weh_fail_where(diag, WEH_E_BAD_ARGS, "geomBinary",
                                 "geomBinary is no geometry stream");
        }
    }
    return err;
}

/* ---- the edit ---- */

/* The box of a part comes with geomBinary only; else it is that of the geometry. */
static weh_err take_part_box(struct bis_edit *edit, struct weh_diag *diag)
{
    struct bis_geometry *geometry = &edit->geometry;
    struct weh_geom_range box;
    bool has = false;
    weh_err err = read_given_box(edit, &box, &has, diag);

    if (err == WEH_OK && has) {
        take_box(&geometry->placement, &box);
        geometry->has_box = true;
    } else if (err == WEH_OK) {
        geometry->has_box = geometry->has_stored_box;
    }
    return err;
}

static void touch(struct bis_edit *edit, enum bis_slot slot)
{
    if (edit->plan->slots[slot] >= 0) {
        edit->touched[edit->plan->slots[slot]] = 1;
    }
}

static void touch_columns(struct bis_edit *edit)
{
    static const enum bis_slot slots[] = { SLOT_ORIGIN,   SLOT_YAW, SLOT_PITCH, SLOT_ROLL,
                                           SLOT_ROTATION, SLOT_LOW, SLOT_HIGH };

    for (size_t i = 0; i < WEH_ARRAY_LEN(slots); i++) {
        touch(edit, slots[i]);
    }
    if (edit->geometry.sets_stream) {
        touch(edit, SLOT_STREAM);
    }
}

static weh_err prepare_binary(struct bis_edit *edit, struct weh_diag *diag)
{
    struct bis_geometry *geometry = &edit->geometry;
    weh_err err = take_binary(edit, diag);

    if (err == WEH_OK) {
        err = apply_placement(edit, true, diag);
    }
    if (err == WEH_OK && is_part(edit)) {
        return take_part_box(edit, diag);
    }
    geometry->has_box = geometry->has_stored_box;
    if (err == WEH_OK && geometry->has_stream && !geometry->has_box) {
        err = weh_fail_where(diag, WEH_E_BAD_ELEMENT, "placement",
                             "geomBinary needs a placement with its box");
    }
    return err;
}

weh_err bis_geometry_prepare(struct bis_edit *edit, struct weh_diag *diag)
{
    struct bis_geometry *geometry = &edit->geometry;
    const bool has_params = given(edit, params_name);
    const bool has_json = given(edit, "geom");
    weh_err err = WEH_OK;

    if (!has_geometry(edit) || (!has_params && !has_json && !given(edit, "geomBinary"))) {
        return WEH_OK;
    }
    geometry->is_given = true;
    if (!edit->is_insert) {
        err = read_stored(edit, geometry, diag);
    }
    if (edit->category != 0) {
        geometry->category = edit->category;
    }
    if (err == WEH_OK && !has_params && !has_json) {
        err = prepare_binary(edit, diag);
    } else if (err == WEH_OK) {
        err = build(edit, !has_params, diag);
        if (err == WEH_OK) {
            /* With geomBinary besides, which has no effect then, the given box counts. */
            err = apply_placement(edit, weh_value_get(edit->props, "geomBinary") != NULL, diag);
        }
    }
    if (err == WEH_OK) {
        touch_columns(edit);
    }
    return err;
}

weh_err bis_geometry_bind(struct bis_edit *edit, struct weh_diag *diag)
{
    const struct bis_geometry *geometry = &edit->geometry;
    const struct weh_placement3d *placement = &geometry->placement;
    const unsigned n = is_3d(edit) || is_part(edit) ? 3 : 2;
    const enum bis_slot slots[3] = { SLOT_YAW, SLOT_PITCH, SLOT_ROLL };
    weh_err err = WEH_OK;

    if (!geometry->is_given) {
        return WEH_OK;
    }
    if (geometry->has_stream) {
        err = bis_put_blob(edit, SLOT_STREAM, edit->bis->geometry.data, edit->bis->geometry.len,
                           diag);
    }
    if (err != WEH_OK || !geometry->has_box) {
        return err; /* unbound is NULL */
    }
    if (!is_part(edit)) {
        err = bis_put_point(edit, SLOT_ORIGIN, n, placement->origin, diag);
        if (err == WEH_OK && !is_3d(edit)) {
            err = bis_put_real(edit, SLOT_ROTATION, "", placement->angles[0], diag);
        }
        for (unsigned i = 0; err == WEH_OK && is_3d(edit) && i < 3; i++) {
            err = bis_put_real(edit, slots[i], "", placement->angles[i], diag);
        }
    }
    if (err == WEH_OK) {
        err = bis_put_point(edit, SLOT_LOW, n, placement->low, diag);
    }
    return err == WEH_OK ? bis_put_point(edit, SLOT_HIGH, n, placement->high, diag) : err;
}
