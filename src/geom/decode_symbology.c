/* src/geom/decode_symbology.c - the entries that say how things look, and texts, images, B-reps.
 *
 * Field numbers are those of ElementGraphics.fbs and TextString.fbs (see include/weh/geom_entry.h).
 */
#include <string.h>

#include "decode_priv.h"

static void read_symbology(const struct fb_table *root, struct weh_geom_symbology *out)
{
    out->sub_category_id = fb_u64(root, 0);
    out->color = fb_u32(root, 1);
    out->weight = fb_u32(root, 2);
    out->line_style_id = fb_u64(root, 3);
    out->transparency = fb_double(root, 4, 0.0);
    out->display_priority = fb_i32(root, 5);
    out->geometry_class = (int8_t)fb_u8(root, 6, 0);
    out->use_color = fb_u8(root, 7, 0) != 0;
    out->use_weight = fb_u8(root, 8, 0) != 0;
    out->use_style = fb_u8(root, 9, 0) != 0;
}

static const struct weh_geom_thematic *read_thematic(struct decoder *d, const struct fb_table *fill)
{
    struct fb_table table = fb_child(fill, 12);
    struct weh_geom_thematic *out = table.fb == NULL ? NULL : decode_alloc(d, 1, sizeof(*out));
    double range[2];

    if (out == NULL) {
        return NULL;
    }
    fb_doubles(&table, 5, 2, range);
    out->step_count = fb_u32(&table, 0);
    out->margin = fb_double(&table, 1, 0.0);
    out->margin_color = fb_u32(&table, 2);
    out->mode = fb_u32(&table, 3);
    out->color_scheme = fb_u32(&table, 4);
    out->low = range[0];
    out->high = range[1];
    return out;
}

static void read_fill(struct decoder *d, const struct fb_table *root, struct weh_geom_fill *out)
{
    out->display = (int8_t)fb_u8(root, 0, 0);
    out->color = fb_u32(root, 1);
    out->use_color = fb_u8(root, 2, 0) != 0;
    out->background_fill = fb_u8(root, 3, 0);
    out->transparency = fb_double(root, 4, 0.0);
    out->mode = (int8_t)fb_u8(root, 5, 0);
    out->flags = fb_u16(root, 6);
    out->angle = fb_double(root, 7, 0.0);
    out->tint = fb_double(root, 8, 0.0);
    out->shift = fb_double(root, 9, 0.0);
    out->colors = decode_ints(d, root, 10);
    out->values = decode_doubles(d, root, 11);
    out->thematic = read_thematic(d, root);
    if (out->colors.n != out->values.n) {
        d->fb.bad = true;
    }
}

static void read_hatch_lines(struct decoder *d, const struct fb_table *root,
                             struct weh_geom_pattern *out)
{
    struct fb_vector offsets = fb_vector(root, 14, sizeof(uint32_t));
    struct weh_geom_hatch_line *lines;

    if (offsets.items == NULL) {
        return;
    }
    lines = decode_alloc(d, offsets.n, sizeof(*lines));
    for (uint32_t i = 0; lines != NULL && i < offsets.n && !d->fb.bad; i++) {
        struct fb_table table = fb_table_at(&d->fb, offsets.at + 4 * i);

        lines[i].angle = fb_double(&table, 0, 0.0);
        fb_doubles(&table, 1, 2, lines[i].through);
        fb_doubles(&table, 2, 2, lines[i].offset);
        lines[i].dashes = decode_doubles(d, &table, 3);
        if (lines[i].dashes.n > WEH_GEOM_MAX_DASHES) {
            d->fb.bad = true;
        }
    }
    out->lines = lines;
    out->n_lines = offsets.n;
}

static void read_pattern(struct decoder *d, const struct fb_table *root,
                         struct weh_geom_pattern *out)
{
    out->origin = decode_xyz(root, 0, &out->has_origin);
    out->has_rotation = fb_doubles(root, 1, 9, out->rotation);
    out->space1 = fb_double(root, 2, 0.0);
    out->space2 = fb_double(root, 3, 0.0);
    out->angle1 = fb_double(root, 4, 0.0);
    out->angle2 = fb_double(root, 5, 0.0);
    out->scale = fb_double(root, 6, 0.0);
    out->color = fb_u32(root, 7);
    out->weight = fb_u32(root, 8);
    out->use_color = fb_u8(root, 9, 0) != 0;
    out->use_weight = fb_u8(root, 10, 0) != 0;
    out->invisible_boundary = fb_u8(root, 11, 0) != 0;
    out->snappable = fb_u8(root, 12, 0) != 0;
    out->symbol_id = fb_u64(root, 13);
    read_hatch_lines(d, root, out);
}

static void read_material(const struct fb_table *root, struct weh_geom_material *out)
{
    out->use_material = fb_u8(root, 0, 0) != 0;
    out->material_id = fb_u64(root, 1);
    out->origin = decode_xyz(root, 2, &out->has_origin);
    out->size = decode_xyz(root, 3, &out->has_size);
    out->yaw = fb_double(root, 4, 0.0);
    out->pitch = fb_double(root, 5, 0.0);
    out->roll = fb_double(root, 6, 0.0);
    out->has_uv = fb_doubles(root, 7, 6, out->uv);
}

static void read_layout(struct decoder *d, const struct fb_table *root, struct weh_geom_text *out)
{
    struct fb_vector origins = fb_vector(root, 7, 2 * (unsigned)sizeof(double));
    double range[4];
    double *copy;

    out->has_layout = fb_doubles(root, 5, 4, range);
    memcpy(out->low, range, sizeof(out->low));
    memcpy(out->high, range + 2, sizeof(out->high));
    out->glyph_ids = decode_ints(d, root, 6);
    copy = origins.items == NULL ? NULL : decode_alloc(d, origins.n, 2 * sizeof(double));
    if (copy != NULL) {
        memcpy(copy, origins.items, (size_t)origins.n * 2 * sizeof(double));
        out->glyph_origins = (struct weh_doubles){ copy, 2 * origins.n };
    }
}

static void read_text(struct decoder *d, const struct fb_table *root, struct weh_geom_text *out)
{
    struct fb_table style = fb_child(root, 3);

    /* Text of a later major version means something else; the native library refuses it, too. */
    if (fb_u8(root, 0, 0) > 1 || fb_u8(&style, 0, 0) > 1 || style.fb == NULL || !fb_has(root, 2)) {
        d->fb.bad = true;
        return;
    }
    out->text = decode_string(d, root, 2);
    out->font_id = fb_u32(&style, 2);
    out->bold = fb_u8(&style, 3, 0) != 0;
    out->italic = fb_u8(&style, 4, 0) != 0;
    out->underline = fb_u8(&style, 5, 0) != 0;
    out->height = fb_double(&style, 6, 0.0);
    out->width_factor = fb_double(&style, 7, 1.0);
    out->has_frame = fb_doubles(root, 4, 12, out->frame.m);
    read_layout(d, root, out);
    if (!weh_str_is_utf8(out->text)) {
        d->fb.bad = true;
    }
}

static void read_line_style(const struct fb_table *root, struct weh_geom_line_style *out)
{
    out->modifiers = fb_u32(root, 0);
    out->scale = fb_double(root, 1, 0.0);
    out->dash_scale = fb_double(root, 2, 0.0);
    out->gap_scale = fb_double(root, 3, 0.0);
    out->start_width = fb_double(root, 4, 0.0);
    out->end_width = fb_double(root, 5, 0.0);
    out->dist_phase = fb_double(root, 6, 0.0);
    out->fract_phase = fb_double(root, 7, 0.0);
    out->normal = decode_xyz(root, 8, &out->has_normal);
    out->yaw = fb_double(root, 9, 0.0);
    out->pitch = fb_double(root, 10, 0.0);
    out->roll = fb_double(root, 11, 0.0);
}

static void read_faces(struct decoder *d, const struct fb_table *root, struct weh_geom_brep *out)
{
    enum {
        FACE_SIZE = 40
    }; /* u8, u8, u32 at 4, i64 at 8, f64 at 16, two doubles */
    struct fb_vector vector = fb_vector(root, 3, FACE_SIZE);
    struct weh_geom_face_symbology *faces;

    if (vector.items == NULL) {
        return;
    }
    faces = decode_alloc(d, vector.n, sizeof(*faces));
    for (uint32_t i = 0; faces != NULL && i < vector.n; i++) {
        const uint8_t *bytes = vector.items + (size_t)i * FACE_SIZE;

        faces[i].use_color = bytes[0] != 0;
        faces[i].use_material = bytes[1] != 0;
        faces[i].color = fb_get_u32(bytes + 4);
        faces[i].material_id = fb_get_u64(bytes + 8);
        faces[i].transparency = fb_get_double(bytes + 16);
    }
    out->faces = faces;
    out->n_faces = vector.n;
}

static void read_brep(struct decoder *d, const struct fb_table *root, struct weh_geom_brep *out)
{
    struct fb_vector entity = fb_vector(root, 2, 1);
    uint8_t *copy = decode_alloc(d, d->fb.len, 1);

    if (copy == NULL) {
        return;
    }
    memcpy(copy, d->fb.data, d->fb.len);
    out->bytes = copy;
    out->n_bytes = d->fb.len;
    out->has_frame = fb_doubles(root, 0, 12, out->frame.m);
    out->type = (int8_t)fb_u8(root, 1, 0);
    out->entity = entity.items == NULL ? NULL : copy + entity.at;
    out->n_entity = entity.n;
    out->has_face_index = fb_has(root, 4);
    read_faces(d, root, out);
}

static void read_image(const struct fb_table *root, struct weh_geom_image *out)
{
    out->draw_border = fb_u8(root, 0, 0) != 0;
    for (unsigned i = 0; i < 4; i++) {
        out->corners[i] = decode_xyz(root, 2 + i, NULL);
    }
    out->texture_id = fb_u64(root, 10);
}

/* Room for the struct of an entry. */
#define ALLOC(member) ((out->as.member = decode_alloc(d, 1, sizeof(*out->as.member))) != NULL)

bool decode_symbology(struct decoder *d, const struct fb_table *root, struct weh_geom_entry *out)
{
    switch (out->opcode) {
    case WEH_GEOM_SYMBOLOGY:
        read_symbology(root, &out->as.symbology);
        return true;
    case WEH_GEOM_FILL:
        if (ALLOC(fill)) {
            read_fill(d, root, out->as.fill);
        }
        return true;
    case WEH_GEOM_PATTERN:
        if (ALLOC(pattern)) {
            read_pattern(d, root, out->as.pattern);
        }
        return true;
    case WEH_GEOM_MATERIAL:
        if (ALLOC(material)) {
            read_material(root, out->as.material);
        }
        return true;
    case WEH_GEOM_TEXT:
        if (ALLOC(text)) {
            read_text(d, root, out->as.text);
        }
        return true;
    case WEH_GEOM_LINE_STYLE:
        if (ALLOC(line_style)) {
            read_line_style(root, out->as.line_style);
        }
        return true;
    case WEH_GEOM_BREP:
        if (ALLOC(brep)) {
            read_brep(d, root, out->as.brep);
        }
        return true;
    case WEH_GEOM_IMAGE:
        if (ALLOC(image)) {
            read_image(root, out->as.image);
        }
        return true;
    default:
        return false;
    }
}
