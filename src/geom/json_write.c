/* src/geom/json_write.c - a geometry stream as JSON: entry by entry, members in native's order. */
#include <string.h>

#include "weh/compiler.h"
#include "weh/geom_json.h"

#include "box_priv.h"
#include "json_priv.h"

static void write_values(struct weh_sink *sink, struct weh_xyz p)
{
    weh_sink_array_begin(sink, 3);
    weh_sink_real(sink, p.x);
    weh_sink_real(sink, p.y);
    weh_sink_real(sink, p.z);
    weh_sink_array_end(sink);
}

void json_put_number(struct weh_sink *sink, const char *key, double value)
{
    weh_sink_key(sink, key);
    weh_sink_real(sink, value);
}

void json_put_int(struct weh_sink *sink, const char *key, int64_t value)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, value);
}

void json_put_flag(struct weh_sink *sink, const char *key, bool value)
{
    weh_sink_key(sink, key);
    weh_sink_bool(sink, value);
}

void json_write_xyz(struct weh_sink *sink, const char *key, struct weh_xyz point)
{
    weh_sink_key(sink, key);
    write_values(sink, point);
}

void json_write_points(struct weh_sink *sink, const struct weh_points *points)
{
    weh_sink_array_begin(sink, points->n);
    for (uint32_t i = 0; i < points->n; i++) {
        write_values(sink, points->items[i]);
    }
    weh_sink_array_end(sink);
}

void json_write_doubles(struct weh_sink *sink, const char *key, const struct weh_doubles *values)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, values->n);
    for (uint32_t i = 0; i < values->n; i++) {
        weh_sink_real(sink, values->items[i]);
    }
    weh_sink_array_end(sink);
}

void json_write_angles(struct weh_sink *sink, const char *key, const double angles[3])
{
    static const char *const names[] = { "yaw", "pitch", "roll" };

    weh_sink_key(sink, key);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (unsigned i = 0; i < 3; i++) {
        if (angles[i] != 0.0) {
            weh_sink_key(sink, names[i]);
            weh_sink_real(sink, angles[i]);
        }
    }
    weh_sink_map_end(sink);
}

static void write_id(struct weh_sink *sink, const char *key, uint64_t id)
{
    weh_sink_key(sink, key);
    weh_sink_id(sink, id);
}

/* @last is the sub-category that is in force; it is told only when it changes. */
static void write_appearance(struct weh_sink *sink, const struct weh_geom_symbology *symbology,
                             uint64_t *last)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (symbology->sub_category_id != 0 && symbology->sub_category_id != *last) {
        write_id(sink, "subCategory", symbology->sub_category_id);
        *last = symbology->sub_category_id;
    }
    if (symbology->use_color) {
        json_put_int(sink, "color", symbology->color);
    }
    if (symbology->use_weight) {
        json_put_int(sink, "weight", symbology->weight);
    }
    if (symbology->use_style) {
        write_id(sink, "style", symbology->line_style_id);
    }
    if (symbology->transparency != 0.0) {
        json_put_number(sink, "transparency", symbology->transparency);
    }
    if (symbology->display_priority != 0) {
        json_put_int(sink, "displayPriority", symbology->display_priority);
    }
    if (symbology->geometry_class != 0) {
        json_put_int(sink, "geometryClass", symbology->geometry_class);
    }
    weh_sink_map_end(sink);
}

static void write_style_numbers(struct weh_sink *sink, const struct weh_geom_line_style *style)
{
    const struct {
        const char *name;
        double value;
        uint32_t bit;
        bool unless_zero;
    } numbers[] = {
        { "scale", style->scale, WEH_GEOM_STYLE_SCALE, true },
        { "dashScale", style->dash_scale, WEH_GEOM_STYLE_DASH_SCALE, true },
        { "gapScale", style->gap_scale, WEH_GEOM_STYLE_GAP_SCALE, true },
        { "startWidth", style->start_width, WEH_GEOM_STYLE_START_WIDTH, false },
        { "endWidth", style->end_width, WEH_GEOM_STYLE_END_WIDTH, false },
        { "distPhase", style->dist_phase, WEH_GEOM_STYLE_DIST_PHASE, false },
        { "fractPhase", style->fract_phase, WEH_GEOM_STYLE_FRACT_PHASE, false },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(numbers); i++) {
        if ((style->modifiers & numbers[i].bit) != 0 &&
            !(numbers[i].unless_zero && numbers[i].value == 0.0)) {
            json_put_number(sink, numbers[i].name, numbers[i].value);
        }
    }
}

void json_write_style(struct weh_sink *sink, const struct weh_geom_line_style *style)
{
    uint32_t bits = style->modifiers;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_style_numbers(sink, style);
    if ((bits & WEH_GEOM_STYLE_CENTER_PHASE) != 0) {
        json_put_flag(sink, "centerPhase", true);
    }
    if ((bits & WEH_GEOM_STYLE_NO_SEGMENT) != 0) {
        json_put_flag(sink, "segmentMode", false);
    } else if ((bits & WEH_GEOM_STYLE_SEGMENT) != 0) {
        json_put_flag(sink, "segmentMode", true);
    }
    if ((bits & WEH_GEOM_STYLE_PHYSICAL_WIDTH) != 0) {
        json_put_flag(sink, "physicalWidth", true);
    }
    if ((bits & WEH_GEOM_STYLE_NORMAL) != 0) {
        json_write_xyz(sink, "normal", style->normal);
    }
    if ((bits & WEH_GEOM_STYLE_ROTATION) != 0) {
        json_write_angles(sink, "rotation", (double[3]){ style->yaw, style->pitch, style->roll });
    }
    weh_sink_map_end(sink);
}

/* Two rows of three or three of four numbers. */
static void write_matrix(struct weh_sink *sink, const char *key, const double *m,
                         const uint32_t size[2])
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, size[0]);
    for (uint32_t i = 0; i < size[0]; i++) {
        weh_sink_array_begin(sink, size[1]);
        for (uint32_t k = 0; k < size[1]; k++) {
            weh_sink_real(sink, m[i * size[1] + k]);
        }
        weh_sink_array_end(sink);
    }
    weh_sink_array_end(sink);
}

static void write_material(struct weh_sink *sink, const struct weh_geom_material *material)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (material->has_uv) {
        write_matrix(sink, "trans2x3", material->uv, (uint32_t[2]){ 2, 3 });
    }
    if (material->use_material) {
        write_id(sink, "materialId", material->material_id);
    }
    weh_sink_map_end(sink);
}

static void write_part(struct weh_sink *sink, const struct weh_geom_part *part)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_id(sink, "part", part->part_id);
    if (part->has_origin) {
        json_write_xyz(sink, "origin", part->origin);
    }
    if (part->yaw != 0.0 || part->pitch != 0.0 || part->roll != 0.0) {
        json_write_angles(sink, "rotation", (double[3]){ part->yaw, part->pitch, part->roll });
    }
    if (part->scale != 1.0) {
        json_put_number(sink, "scale", part->scale);
    }
    weh_sink_map_end(sink);
}

static bool is_zero(struct weh_xyz p)
{
    return p.x == 0.0 && p.y == 0.0 && p.z == 0.0;
}

static void write_text_frame(struct weh_sink *sink, const struct weh_geom_text *text)
{
    struct box_frame frame = box_frame_from(&text->frame);
    double angles[3];

    if (!is_zero(frame.origin)) {
        json_write_xyz(sink, "origin", frame.origin);
    }
    if (!box_frame_is_identity(&frame)) {
        box_frame_angles(&frame, angles);
        json_write_angles(sink, "rotation", angles);
    }
}

static void write_text(struct weh_sink *sink, const struct weh_geom_text *text)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_put_int(sink, "font", text->font_id);
    weh_sink_key(sink, "text");
    weh_sink_str(sink, text->text);
    json_put_number(sink, "height", text->height);
    if (!box_almost_equal(text->width_factor, 1.0)) {
        json_put_number(sink, "widthFactor", text->width_factor);
    }
    if (text->bold) {
        json_put_flag(sink, "bold", true);
    }
    if (text->italic) {
        json_put_flag(sink, "italic", true);
    }
    if (text->underline) {
        json_put_flag(sink, "underline", true);
    }
    if (text->has_frame) {
        write_text_frame(sink, text);
    }
    weh_sink_map_end(sink);
}

static void write_image(struct weh_sink *sink, const struct weh_geom_image *image)
{
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "corners");
    weh_sink_array_begin(sink, 4);
    for (unsigned i = 0; i < 4; i++) {
        write_values(sink, image->corners[i]);
    }
    weh_sink_array_end(sink);
    write_id(sink, "textureId", image->texture_id);
    json_put_flag(sink, "hasBorder", image->draw_border);
    weh_sink_map_end(sink);
}

static void write_face(struct weh_sink *sink, const struct weh_geom_face_symbology *face)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (face->use_color) {
        json_put_int(sink, "color", face->color);
    }
    if (face->use_color && face->transparency != 0.0) {
        json_put_number(sink, "transparency", face->transparency);
    }
    if (face->use_material) {
        write_id(sink, "materialId", face->material_id);
    }
    weh_sink_map_end(sink);
}

static void write_faces(struct weh_sink *sink, const struct weh_geom_brep *brep)
{
    weh_sink_key(sink, "faceSymbology");
    weh_sink_array_begin(sink, brep->n_faces);
    for (uint32_t i = 0; i < brep->n_faces; i++) {
        write_face(sink, &brep->faces[i]);
    }
    weh_sink_array_end(sink);
}

static bool frame_is_identity(const struct weh_frame *frame)
{
    struct box_frame f = box_frame_from(frame);

    return box_frame_is_identity(&f) && f.origin.x == 0.0 && f.origin.y == 0.0 && f.origin.z == 0.0;
}

static void write_brep(struct weh_sink *sink, const struct weh_geom_brep *brep, bool want_data)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (want_data && brep->entity != NULL) {
        weh_sink_key(sink, "data");
        weh_sink_binary(sink, brep->entity, brep->n_entity);
    }
    if (brep->type != 0) {
        json_put_int(sink, "type", brep->type);
    }
    if (brep->has_frame && !frame_is_identity(&brep->frame)) {
        write_matrix(sink, "transform", brep->frame.m, (uint32_t[2]){ 3, 4 });
    }
    if (brep->faces != NULL && brep->n_faces > 0 && !brep->has_face_index) {
        write_faces(sink, brep);
    }
    weh_sink_map_end(sink);
}

/* Opcodes 5 and 6: points, a line string, or a closed one as a loop. */
static void write_stored_points(struct weh_sink *sink, const struct weh_geom_points *points)
{
    weh_sink_map_begin(sink, 1);
    if (points->boundary == 2) {
        weh_sink_key(sink, "loop");
        weh_sink_array_begin(sink, 1);
        weh_sink_map_begin(sink, 1);
    }
    weh_sink_key(sink, points->boundary == 0 ? "pointString" : "lineString");
    json_write_points(sink, &points->points);
    weh_sink_map_end(sink);
    if (points->boundary == 2) {
        weh_sink_array_end(sink);
        weh_sink_map_end(sink);
    }
}

static void write_stored_arc(struct weh_sink *sink, const struct weh_geom_arc *stored)
{
    struct weh_shape arc = { .kind = WEH_SHAPE_ARC };
    struct weh_shape loop = { .kind = WEH_SHAPE_CURVE_VECTOR, .n_children = 1, .children = &arc };

    arc.as.arc = stored->arc;
    loop.as.boundary = WEH_BOUNDARY_OUTER;
    json_write_shape(sink, stored->boundary == 2 ? &loop : &arc);
}

static void write_range(struct weh_sink *sink, const struct weh_geom_range *range)
{
    weh_sink_map_begin(sink, 2);
    json_write_xyz(sink, "low", range->low);
    json_write_xyz(sink, "high", range->high);
    weh_sink_map_end(sink);
}

/* Name of the member of an entry that is one object; NULL for the others. */
static const char *entry_name(uint32_t opcode)
{
    switch (opcode) {
    case WEH_GEOM_HEADER:
        return "header";
    case WEH_GEOM_SUB_RANGE:
        return "subRange";
    case WEH_GEOM_PART:
        return "geomPart";
    case WEH_GEOM_SYMBOLOGY:
        return "appearance";
    case WEH_GEOM_FILL:
        return "fill";
    case WEH_GEOM_PATTERN:
        return "pattern";
    case WEH_GEOM_MATERIAL:
        return "material";
    case WEH_GEOM_TEXT:
        return "textString";
    case WEH_GEOM_LINE_STYLE:
        return "styleMod";
    case WEH_GEOM_BREP:
        return "brep";
    case WEH_GEOM_IMAGE:
        return "image";
    default:
        return NULL;
    }
}

/* What the object under entry_name holds. */
static void write_content(struct weh_sink *sink, const struct weh_geom_entry *entry,
                          const struct weh_geom_json_options *options, uint64_t *last)
{
    switch (entry->opcode) {
    case WEH_GEOM_HEADER:
        weh_sink_map_begin(sink, 1);
        json_put_int(sink, "flags", entry->as.header.flags);
        weh_sink_map_end(sink);
        break;
    case WEH_GEOM_SUB_RANGE:
        write_range(sink, &entry->as.range);
        break;
    case WEH_GEOM_PART:
        write_part(sink, &entry->as.part);
        break;
    case WEH_GEOM_SYMBOLOGY:
        write_appearance(sink, &entry->as.symbology, last);
        break;
    case WEH_GEOM_FILL:
        json_write_fill(sink, entry->as.fill);
        break;
    case WEH_GEOM_PATTERN:
        json_write_pattern(sink, entry->as.pattern);
        break;
    case WEH_GEOM_MATERIAL:
        write_material(sink, entry->as.material);
        break;
    case WEH_GEOM_TEXT:
        write_text(sink, entry->as.text);
        break;
    case WEH_GEOM_LINE_STYLE:
        json_write_style(sink, entry->as.line_style);
        break;
    case WEH_GEOM_BREP:
        write_brep(sink, entry->as.brep, options->want_brep_data);
        break;
    default:
        write_image(sink, entry->as.image);
        break;
    }
}

/* Native makes an empty object of a pattern that has nothing to tell. */
static bool is_empty_pattern(const struct weh_geom_entry *entry)
{
    const struct weh_geom_pattern *p = entry->as.pattern;

    if (entry->opcode != WEH_GEOM_PATTERN) {
        return false;
    }
    if ((p->has_origin && !is_zero(p->origin)) || p->has_rotation || p->n_lines > 0) {
        return false;
    }
    return p->space1 == 0.0 && p->space2 == 0.0 && p->angle1 == 0.0 && p->angle2 == 0.0 &&
           (p->scale == 0.0 || p->scale == 1.0) && !p->use_color && !p->use_weight &&
           !p->invisible_boundary && !p->snappable && p->symbol_id == 0;
}

static void write_entry(struct weh_sink *sink, const struct weh_geom_entry *entry,
                        const struct weh_geom_json_options *options, uint64_t *last)
{
    const char *name = entry_name(entry->opcode);

    if (name != NULL) {
        bool empty = is_empty_pattern(entry);

        weh_sink_map_begin(sink, empty ? 0 : 1);
        if (!empty) {
            weh_sink_key(sink, name);
            write_content(sink, entry, options, last);
        }
        weh_sink_map_end(sink);
        return;
    }
    switch (entry->opcode) {
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
        write_stored_points(sink, &entry->as.points);
        break;
    case WEH_GEOM_ARC:
        write_stored_arc(sink, &entry->as.arc);
        break;
    case WEH_GEOM_CURVES:
    case WEH_GEOM_POLYFACE:
    case WEH_GEOM_CURVE:
    case WEH_GEOM_SOLID:
    case WEH_GEOM_SURFACE:
        json_write_shape(sink, entry->as.shape);
        break;
    default:
        break;
    }
}

void weh_geom_json_write(const struct weh_geom *geom, const struct weh_geom_json_options *options,
                         struct weh_sink *sink)
{
    uint64_t last = options->sub_category;

    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < geom->n; i++) {
        write_entry(sink, &geom->entries[i], options, &last);
    }
    weh_sink_array_end(sink);
}
