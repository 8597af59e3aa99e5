/* src/geom/encode_symbology.c - the FlatBuffers of entries that are no shapes.
 *
 * Field numbers are those of ElementGraphics.fbs and TextString.fbs; the order of writing is that of
 * native library 5.1.72 (see encode_shape.c). A B-rep is not written here: its bytes are kept.
 */
#include "weh/alloc.h"

#include "encode_priv.h"

static void xyz_field(struct fbw *fbw, unsigned field, const struct weh_xyz *xyz)
{
    fbw_struct(fbw, field, xyz, sizeof(*xyz));
}

static fbw_ref write_range(struct fbw *fbw, const struct weh_geom_range *range)
{
    const struct weh_xyz corners[2] = { range->low, range->high };
    fbw_ref coords = fbw_vector(fbw, corners, 2, sizeof(corners[0]), sizeof(double));

    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, coords);
    return fbw_end(fbw);
}

static fbw_ref write_coords_2d(struct fbw *fbw, struct weh_points points)
{
    double *xy = weh_calloc(points.n + (size_t)1, 2 * sizeof(*xy));
    fbw_ref coords;

    if (xy == NULL) {
        fbw->err = WEH_E_NOMEM;
        return 0;
    }
    for (uint32_t i = 0; i < points.n; i++) {
        xy[2 * (size_t)i] = points.items[i].x;
        xy[2 * (size_t)i + 1] = points.items[i].y;
    }
    coords = fbw_vector(fbw, xy, points.n, 2 * sizeof(*xy), sizeof(*xy));
    weh_free(xy);
    return coords;
}

static fbw_ref write_points(struct fbw *fbw, const struct weh_geom_points *entry, bool is_2d)
{
    struct weh_points points = entry->points;
    fbw_ref coords =
        is_2d ? write_coords_2d(fbw, points)
              : fbw_vector(fbw, points.items, points.n, sizeof(*points.items), sizeof(double));

    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, coords);
    fbw_u8(fbw, 1, (uint8_t)entry->boundary);
    return fbw_end(fbw);
}

static fbw_ref write_arc(struct fbw *fbw, const struct weh_geom_arc *entry)
{
    fbw_begin(fbw);
    fbw_double(fbw, 4, entry->arc.sweep, 0.0);
    fbw_double(fbw, 3, entry->arc.start, 0.0);
    xyz_field(fbw, 2, &entry->arc.vector90);
    xyz_field(fbw, 1, &entry->arc.vector0);
    xyz_field(fbw, 0, &entry->arc.center);
    fbw_u8(fbw, 5, (uint8_t)entry->boundary);
    return fbw_end(fbw);
}

static fbw_ref write_part(struct fbw *fbw, const struct weh_geom_part *part)
{
    fbw_begin(fbw);
    fbw_double(fbw, 5, part->scale, 1.0);
    fbw_double(fbw, 4, part->roll, 0.0);
    fbw_double(fbw, 3, part->pitch, 0.0);
    fbw_double(fbw, 2, part->yaw, 0.0);
    fbw_u64(fbw, 0, part->part_id);
    if (part->has_origin) {
        xyz_field(fbw, 1, &part->origin);
    }
    return fbw_end(fbw);
}

static fbw_ref write_symbology(struct fbw *fbw, const struct weh_geom_symbology *symbology)
{
    fbw_begin(fbw);
    fbw_double(fbw, 4, symbology->transparency, 0.0);
    fbw_u64(fbw, 3, symbology->line_style_id);
    fbw_u64(fbw, 0, symbology->sub_category_id);
    fbw_i32(fbw, 5, symbology->display_priority);
    fbw_u32(fbw, 2, symbology->weight);
    fbw_u32(fbw, 1, symbology->color);
    fbw_u8(fbw, 9, symbology->use_style);
    fbw_u8(fbw, 8, symbology->use_weight);
    fbw_u8(fbw, 7, symbology->use_color);
    fbw_u8(fbw, 6, (uint8_t)symbology->geometry_class);
    return fbw_end(fbw);
}

static fbw_ref write_thematic(struct fbw *fbw, const struct weh_geom_thematic *thematic)
{
    double range[2];

    if (thematic == NULL) {
        return 0;
    }
    range[0] = thematic->low;
    range[1] = thematic->high;
    fbw_begin(fbw);
    fbw_double(fbw, 1, thematic->margin, 0.0);
    fbw_struct(fbw, 5, range, sizeof(range));
    fbw_u32(fbw, 4, thematic->color_scheme);
    fbw_u32(fbw, 3, thematic->mode);
    fbw_u32(fbw, 2, thematic->margin_color);
    fbw_u32(fbw, 0, thematic->step_count);
    return fbw_end(fbw);
}

static fbw_ref write_fill(struct fbw *fbw, const struct weh_geom_fill *fill)
{
    fbw_ref colors = encode_ints(fbw, fill->colors);
    fbw_ref values = encode_doubles(fbw, fill->values);
    fbw_ref thematic = write_thematic(fbw, fill->thematic);

    fbw_begin(fbw);
    fbw_double(fbw, 9, fill->shift, 0.0);
    fbw_double(fbw, 8, fill->tint, 0.0);
    fbw_double(fbw, 7, fill->angle, 0.0);
    fbw_double(fbw, 4, fill->transparency, 0.0);
    fbw_ref_field(fbw, 12, thematic);
    fbw_ref_field(fbw, 11, values);
    fbw_ref_field(fbw, 10, colors);
    fbw_u32(fbw, 1, fill->color);
    fbw_u16(fbw, 6, fill->flags);
    fbw_u8(fbw, 5, (uint8_t)fill->mode);
    fbw_u8(fbw, 3, fill->background_fill);
    fbw_u8(fbw, 2, fill->use_color);
    fbw_u8(fbw, 0, (uint8_t)fill->display);
    return fbw_end(fbw);
}

static fbw_ref write_hatch_lines(struct fbw *fbw, const struct weh_geom_pattern *pattern)
{
    fbw_ref *refs;
    fbw_ref lines;

    if (pattern->n_lines == 0) {
        return 0;
    }
    refs = weh_calloc(pattern->n_lines, sizeof(*refs));
    if (refs == NULL) {
        fbw->err = WEH_E_NOMEM;
        return 0;
    }
    for (uint32_t i = 0; i < pattern->n_lines; i++) {
        const struct weh_geom_hatch_line *line = &pattern->lines[i];
        fbw_ref dashes =
            fbw_vector(fbw, line->dashes.items, line->dashes.n, sizeof(double), sizeof(double));

        fbw_begin(fbw);
        fbw_double(fbw, 0, line->angle, 0.0);
        fbw_struct(fbw, 1, line->through, sizeof(line->through));
        fbw_struct(fbw, 2, line->offset, sizeof(line->offset));
        fbw_ref_field(fbw, 3, dashes);
        refs[i] = fbw_end(fbw);
    }
    lines = fbw_refs(fbw, refs, pattern->n_lines);
    weh_free(refs);
    return lines;
}

static fbw_ref write_pattern(struct fbw *fbw, const struct weh_geom_pattern *pattern)
{
    fbw_ref lines = write_hatch_lines(fbw, pattern);

    fbw_begin(fbw);
    if (pattern->has_origin) {
        xyz_field(fbw, 0, &pattern->origin);
    }
    if (pattern->has_rotation) {
        fbw_struct(fbw, 1, pattern->rotation, sizeof(pattern->rotation));
    }
    fbw_double(fbw, 2, pattern->space1, 0.0);
    fbw_double(fbw, 3, pattern->space2, 0.0);
    fbw_double(fbw, 4, pattern->angle1, 0.0);
    fbw_double(fbw, 5, pattern->angle2, 0.0);
    fbw_double(fbw, 6, pattern->scale, 0.0);
    fbw_u64(fbw, 13, pattern->symbol_id);
    fbw_ref_field(fbw, 14, lines);
    fbw_u8(fbw, 9, pattern->use_color);
    fbw_u32(fbw, 7, pattern->color);
    fbw_u8(fbw, 10, pattern->use_weight);
    fbw_u32(fbw, 8, pattern->weight);
    fbw_u8(fbw, 11, pattern->invisible_boundary);
    fbw_u8(fbw, 12, pattern->snappable);
    return fbw_end(fbw);
}

static fbw_ref write_material(struct fbw *fbw, const struct weh_geom_material *material)
{
    fbw_begin(fbw);
    fbw_double(fbw, 6, material->roll, 0.0);
    fbw_double(fbw, 5, material->pitch, 0.0);
    fbw_double(fbw, 4, material->yaw, 0.0);
    fbw_u64(fbw, 1, material->material_id);
    if (material->has_uv) {
        fbw_struct(fbw, 7, material->uv, sizeof(material->uv));
    }
    if (material->has_size) {
        xyz_field(fbw, 3, &material->size);
    }
    if (material->has_origin) {
        xyz_field(fbw, 2, &material->origin);
    }
    fbw_u8(fbw, 0, material->use_material);
    return fbw_end(fbw);
}

static fbw_ref write_text_style(struct fbw *fbw, const struct weh_geom_text *text)
{
    fbw_begin(fbw);
    fbw_u8(fbw, 0, 1); /* version 1.0 */
    fbw_u8(fbw, 1, 0);
    fbw_u32(fbw, 2, text->font_id);
    fbw_u8(fbw, 3, text->bold);
    fbw_u8(fbw, 4, text->italic);
    fbw_u8(fbw, 5, text->underline);
    fbw_double(fbw, 6, text->height, 0.0);
    fbw_double(fbw, 7, text->width_factor, 0.0);
    return fbw_end(fbw);
}

static fbw_ref write_text(struct fbw *fbw, const struct weh_geom_text *text)
{
    const double range[4] = { text->low[0], text->low[1], text->high[0], text->high[1] };
    fbw_ref style;
    fbw_ref ids;
    fbw_ref origins = 0;
    fbw_ref string;
    fbw_ref table;

    fbw->force_defaults = true;
    style = write_text_style(fbw, text);
    ids = encode_ints(fbw, text->glyph_ids);
    if (text->glyph_origins.items != NULL) {
        origins = fbw_vector(fbw, text->glyph_origins.items, text->glyph_origins.n / 2,
                             2 * sizeof(double), sizeof(double));
    }
    string = fbw_string(fbw, text->text.ptr, text->text.len);
    fbw_begin(fbw);
    fbw_u8(fbw, 0, 1);
    fbw_u8(fbw, 1, 0);
    fbw_ref_field(fbw, 2, string);
    fbw_ref_field(fbw, 3, style);
    if (text->has_frame) {
        fbw_struct(fbw, 4, text->frame.m, sizeof(text->frame.m));
    }
    if (text->has_layout) {
        fbw_struct(fbw, 5, range, sizeof(range));
    }
    fbw_ref_field(fbw, 6, ids);
    fbw_ref_field(fbw, 7, origins);
    table = fbw_end(fbw);
    fbw->force_defaults = false;
    return table;
}

static fbw_ref write_line_style(struct fbw *fbw, const struct weh_geom_line_style *style)
{
    fbw_begin(fbw);
    fbw_double(fbw, 11, style->roll, 0.0);
    fbw_double(fbw, 10, style->pitch, 0.0);
    fbw_double(fbw, 9, style->yaw, 0.0);
    fbw_double(fbw, 7, style->fract_phase, 0.0);
    fbw_double(fbw, 6, style->dist_phase, 0.0);
    fbw_double(fbw, 5, style->end_width, 0.0);
    fbw_double(fbw, 4, style->start_width, 0.0);
    fbw_double(fbw, 3, style->gap_scale, 0.0);
    fbw_double(fbw, 2, style->dash_scale, 0.0);
    fbw_double(fbw, 1, style->scale, 0.0);
    if (style->has_normal) {
        xyz_field(fbw, 8, &style->normal);
    }
    fbw_u32(fbw, 0, style->modifiers);
    return fbw_end(fbw);
}

static fbw_ref write_image(struct fbw *fbw, const struct weh_geom_image *image)
{
    fbw_begin(fbw);
    for (unsigned i = 0; i < 4; i++) {
        xyz_field(fbw, 2 + i, &image->corners[i]);
    }
    fbw_u8(fbw, 0, image->draw_border);
    fbw_u64(fbw, 10, image->texture_id);
    return fbw_end(fbw);
}

fbw_ref encode_symbology(struct fbw *fbw, const struct weh_geom_entry *entry)
{
    switch (entry->opcode) {
    case WEH_GEOM_SUB_RANGE:
        return write_range(fbw, &entry->as.range);
    case WEH_GEOM_PART:
        return write_part(fbw, &entry->as.part);
    case WEH_GEOM_SYMBOLOGY:
        return write_symbology(fbw, &entry->as.symbology);
    case WEH_GEOM_POINTS:
        return write_points(fbw, &entry->as.points, false);
    case WEH_GEOM_POINTS_2D:
        return write_points(fbw, &entry->as.points, true);
    case WEH_GEOM_ARC:
        return write_arc(fbw, &entry->as.arc);
    case WEH_GEOM_FILL:
        return write_fill(fbw, entry->as.fill);
    case WEH_GEOM_PATTERN:
        return write_pattern(fbw, entry->as.pattern);
    case WEH_GEOM_MATERIAL:
        return write_material(fbw, entry->as.material);
    case WEH_GEOM_TEXT:
        return write_text(fbw, entry->as.text);
    case WEH_GEOM_LINE_STYLE:
        return write_line_style(fbw, entry->as.line_style);
    case WEH_GEOM_IMAGE:
        return write_image(fbw, entry->as.image);
    default:
        return 0;
    }
}
