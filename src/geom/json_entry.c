/* src/geom/json_entry.c - entries of JSON geometry that are no shapes: appearance, parts, text, images.
 *
 * Patterns and gradients are in json_fill.c.
 */
#include <string.h>

#include "weh/compiler.h"

#include "box_priv.h"
#include "json_priv.h"

weh_err json_read_header(struct json_reader *r, const struct weh_value *v,
                         struct weh_geom_entry *out)
{
    static const char *const names[] = { "flags", NULL };
    weh_err err = json_check_members(r, v, names);

    out->as.header.version = 1;
    return err == WEH_OK ? json_uint(r, v, "flags", &out->as.header.flags, NULL) : err;
}

weh_err json_read_appearance(struct json_reader *r, const struct weh_value *v,
                             struct weh_geom_entry *out)
{
    static const char *const names[] = { "subCategory",   "color",
                                         "weight",        "style",
                                         "transparency",  "displayPriority",
                                         "geometryClass", NULL };
    struct weh_geom_symbology *symbology = &out->as.symbology;
    uint32_t geometry_class = 0;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_id(r, v, "subCategory", &symbology->sub_category_id, NULL);
    }
    if (err == WEH_OK) {
        err = json_uint(r, v, "color", &symbology->color, &symbology->use_color);
    }
    if (err == WEH_OK) {
        err = json_uint(r, v, "weight", &symbology->weight, &symbology->use_weight);
    }
    if (err == WEH_OK) {
        err = json_id(r, v, "style", &symbology->line_style_id, &symbology->use_style);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "transparency", &symbology->transparency, NULL);
    }
    if (err == WEH_OK) {
        err = json_int(r, v, "displayPriority", &symbology->display_priority, NULL);
    }
    if (err == WEH_OK) {
        err = json_uint(r, v, "geometryClass", &geometry_class, NULL);
    }
    if (err == WEH_OK && geometry_class > 3) {
        err = json_fail(r, "geometryClass", "must be 0 to 3");
    }
    symbology->geometry_class = (int8_t)geometry_class;
    r->fill_transparency = symbology->transparency;
    return err;
}

/* Numbers of a line style, each with its bit. */
static weh_err read_style_numbers(struct json_reader *r, const struct weh_value *v,
                                  struct weh_geom_line_style *style)
{
    const struct {
        const char *name;
        double *out;
        uint32_t bit;
    } numbers[] = {
        { "scale", &style->scale, WEH_GEOM_STYLE_SCALE },
        { "dashScale", &style->dash_scale, WEH_GEOM_STYLE_DASH_SCALE },
        { "gapScale", &style->gap_scale, WEH_GEOM_STYLE_GAP_SCALE },
        { "startWidth", &style->start_width, WEH_GEOM_STYLE_START_WIDTH },
        { "endWidth", &style->end_width, WEH_GEOM_STYLE_END_WIDTH },
        { "distPhase", &style->dist_phase, WEH_GEOM_STYLE_DIST_PHASE },
        { "fractPhase", &style->fract_phase, WEH_GEOM_STYLE_FRACT_PHASE },
    };
    weh_err err = WEH_OK;

    /* What a style without modifiers has. */
    style->scale = style->dash_scale = style->gap_scale = 1.0;
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(numbers); i++) {
        bool has;

        err = json_number(r, v, numbers[i].name, numbers[i].out, &has);
        style->modifiers |= has ? numbers[i].bit : 0;
    }
    return err;
}

static weh_err read_style_flags(struct json_reader *r, const struct weh_value *v,
                                struct weh_geom_line_style *style)
{
    bool ignored = false;
    bool segment = false;
    weh_err err = json_bool(r, v, "centerPhase", &ignored);

    if (err == WEH_OK) {
        err = json_bool(r, v, "physicalWidth", &ignored);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "segmentMode", &segment);
    }
    /* Native takes the presence of the first two for true. */
    if (json_get(v, "centerPhase") != NULL) {
        style->modifiers |= WEH_GEOM_STYLE_CENTER_PHASE;
    }
    if (json_get(v, "physicalWidth") != NULL) {
        style->modifiers |= WEH_GEOM_STYLE_PHYSICAL_WIDTH;
    }
    if (json_get(v, "segmentMode") != NULL) {
        style->modifiers |= segment ? WEH_GEOM_STYLE_SEGMENT : WEH_GEOM_STYLE_NO_SEGMENT;
    }
    return err;
}

weh_err json_read_style(struct json_reader *r, const struct weh_value *v,
                        struct weh_geom_entry *out)
{
    static const char *const names[] = {
        "scale",     "dashScale",  "gapScale",    "startWidth",  "endWidth",
        "distPhase", "fractPhase", "centerPhase", "segmentMode", "physicalWidth",
        "normal",    "rotation",   NULL
    };
    struct weh_geom_line_style *style = weh_arena_alloc(r->arena, sizeof(*style));
    double angles[3] = { 0.0, 0.0, 0.0 };
    bool has_normal = false;
    bool has_rotation = false;
    weh_err err;

    if (style == NULL) {
        return json_nomem(r);
    }
    out->as.line_style = style;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = read_style_numbers(r, v, style);
    }
    if (err == WEH_OK) {
        err = read_style_flags(r, v, style);
    }
    style->has_normal = true;
    style->normal = (struct weh_xyz){ 0.0, 0.0, 1.0 };
    if (err == WEH_OK) {
        err = json_point(r, v, "normal", &style->normal, &has_normal);
    }
    if (err == WEH_OK) {
        err = json_rotation(r, v, "rotation", angles, &has_rotation);
    }
    if (err == WEH_OK) {
        struct box_frame frame;

        style->modifiers |= has_normal ? WEH_GEOM_STYLE_NORMAL : 0;
        style->modifiers |= has_rotation ? WEH_GEOM_STYLE_ROTATION : 0;
        box_frame_rotate(&frame, angles[0], angles[1], angles[2]);
        box_frame_angles(&frame, angles);
        style->yaw = angles[0];
        style->pitch = angles[1];
        style->roll = angles[2];
    }
    return err;
}

static weh_err read_uv(struct json_reader *r, const struct weh_value *v,
                       struct weh_geom_material *material)
{
    const struct weh_value *rows = json_get(v, "trans2x3");

    if (rows == NULL) {
        return WEH_OK;
    }
    if (rows->type != WEH_VALUE_ARRAY || rows->n != 2) {
        return json_fail(r, "trans2x3", "must be two rows");
    }
    for (uint32_t i = 0; i < 6; i++) {
        const struct weh_value *row = &rows->as.items[i / 3];

        if (row->type != WEH_VALUE_ARRAY || row->n != 3 ||
            !weh_value_to_double(&row->as.items[i % 3], &material->uv[i])) {
            return json_fail(r, "trans2x3", "must be two rows of three numbers");
        }
    }
    material->has_uv = true;
    return WEH_OK;
}

weh_err json_read_material(struct json_reader *r, const struct weh_value *v,
                           struct weh_geom_entry *out)
{
    /* The last three are in MaterialProps; native takes no notice of them. */
    static const char *const names[] = { "materialId", "trans2x3", "origin",
                                         "size",       "rotation", NULL };
    struct weh_geom_material *material = weh_arena_alloc(r->arena, sizeof(*material));
    weh_err err;

    if (material == NULL) {
        return json_nomem(r);
    }
    out->as.material = material;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = json_id(r, v, "materialId", &material->material_id, &material->use_material);
    }
    if (err == WEH_OK) {
        err = read_uv(r, v, material);
    }
    if (err == WEH_OK && !material->use_material && !material->has_uv) {
        err = json_fail(r, "materialId", "is missing");
    }
    return err;
}

weh_err json_read_part(struct json_reader *r, const struct weh_value *v, struct weh_geom_entry *out)
{
    static const char *const names[] = { "part", "origin", "rotation", "scale", NULL };
    struct weh_geom_part *part = &out->as.part;
    double angles[3] = { 0.0, 0.0, 0.0 };
    weh_err err = json_check_members(r, v, names);

    part->scale = 1.0;
    if (err == WEH_OK) {
        err = json_id(r, v, "part", &part->part_id, NULL);
    }
    if (err == WEH_OK && part->part_id == 0) {
        err = json_fail(r, "part", "is missing");
    }
    if (err == WEH_OK) {
        err = json_point(r, v, "origin", &part->origin, &part->has_origin);
    }
    if (err == WEH_OK) {
        err = json_rotation(r, v, "rotation", angles, NULL);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "scale", &part->scale, NULL);
    }
    if (err == WEH_OK && !(part->scale > 0.0)) {
        err = json_fail(r, "scale", "must be above 0");
    }
    part->yaw = angles[0];
    part->pitch = angles[1];
    part->roll = angles[2];
    return err;
}

weh_err json_read_sub_range(struct json_reader *r, const struct weh_value *v,
                            struct weh_geom_entry *out)
{
    static const char *const names[] = { "low", "high", NULL };
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_point(r, v, "low", &out->as.range.low, NULL);
    }
    return err == WEH_OK ? json_point(r, v, "high", &out->as.range.high, NULL) : err;
}

static weh_err read_text_style(struct json_reader *r, const struct weh_value *v,
                               struct weh_geom_text *text)
{
    bool has = false;
    weh_err err = json_uint(r, v, "font", &text->font_id, &has);

    if (err == WEH_OK && !has) {
        err = json_fail(r, "font", "is missing");
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "height", &text->height);
    }
    if (err == WEH_OK && text->height == 0.0) {
        err = json_fail(r, "height", "must not be 0");
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "widthFactor", &text->width_factor, NULL);
    }
    if (text->width_factor == 0.0) {
        text->width_factor = 1.0;
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "bold", &text->bold);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "italic", &text->italic);
    }
    return err == WEH_OK ? json_bool(r, v, "underline", &text->underline) : err;
}

static weh_err read_text_frame(struct json_reader *r, const struct weh_value *v,
                               struct weh_geom_text *text)
{
    struct weh_xyz o = { 0.0, 0.0, 0.0 };
    struct box_frame f;
    double angles[3];
    bool has_origin, has_rotation;
    weh_err err = json_point(r, v, "origin", &o, &has_origin);

    if (err == WEH_OK) {
        err = json_rotation(r, v, "rotation", angles, &has_rotation);
    }
    if (err != WEH_OK) {
        return err;
    }
    box_frame_rotate(&f, angles[0], angles[1], angles[2]);
    text->has_frame = !box_frame_is_identity(&f) || o.x != 0.0 || o.y != 0.0 || o.z != 0.0;
    text->frame = (struct weh_frame){ { f.x.x, f.y.x, f.z.x, o.x,     /* row x */
                                        f.x.y, f.y.y, f.z.y, o.y,     /* row y */
                                        f.x.z, f.y.z, f.z.z, o.z } }; /* row z */
    return WEH_OK;
}

weh_err json_read_text(struct json_reader *r, const struct weh_value *v, struct weh_geom_entry *out)
{
    static const char *const names[] = { "text",   "font",      "height", "widthFactor", "bold",
                                         "italic", "underline", "origin", "rotation",    NULL };
    struct weh_geom_text *text = weh_arena_alloc(r->arena, sizeof(*text));
    bool has = false;
    weh_err err;

    if (text == NULL) {
        return json_nomem(r);
    }
    out->as.text = text;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = json_text(r, v, "text", &text->text, &has);
    }
    if (err == WEH_OK && !has) {
        err = json_fail(r, "text", "is missing");
    }
    if (err == WEH_OK) {
        err = read_text_style(r, v, text);
    }
    return err == WEH_OK ? read_text_frame(r, v, text) : err;
}

weh_err json_read_image(struct json_reader *r, const struct weh_value *v,
                        struct weh_geom_entry *out)
{
    static const char *const names[] = { "corners", "textureId", "hasBorder", NULL };
    struct weh_geom_image *image = weh_arena_alloc(r->arena, sizeof(*image));
    const struct weh_value *corners;
    weh_err err;

    if (image == NULL) {
        return json_nomem(r);
    }
    out->as.image = image;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = json_id(r, v, "textureId", &image->texture_id, NULL);
    }
    if (err == WEH_OK && image->texture_id == 0) {
        err = json_fail(r, "textureId", "is missing");
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "hasBorder", &image->draw_border);
    }
    corners = err == WEH_OK ? json_get(v, "corners") : NULL;
    if (err == WEH_OK && (corners == NULL || corners->type != WEH_VALUE_ARRAY || corners->n != 4)) {
        err = json_fail(r, "corners", "must be four points");
    }
    for (uint32_t i = 0; err == WEH_OK && corners != NULL && i < 4; i++) {
        err = json_point_value(r, &corners->as.items[i], "corners", &image->corners[i]);
    }
    return err;
}

weh_err json_read_brep(struct json_reader *r, const struct weh_value *v, struct weh_geom_entry *out)
{
    (void)v;
    (void)out;
    return weh_fail_where(r->diag, WEH_E_UNSUPPORTED, "geom.brep",
                          "geom[%u].brep: Parasolid data is not read from JSON",
                          (unsigned)r->entry);
}
