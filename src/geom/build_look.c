/* src/geom/build_look.c - the appearance of geometry as native library 5.1.72 keeps and writes it.
 *
 * Whether a line style has strokes is not known here (it takes the style's definition), so one is never
 * taken from geometry that cannot have it.
 */
#include <string.h>

#include "weh/geom_box.h"

#include "build_priv.h"

#define GRADIENT_THEMATIC 6

static void reset(struct look *look, uint64_t sub_category)
{
    *look = (struct look){ .sub_category = sub_category };
}

/* Without a sub-category, which only parts are, entries add to what was; JSON always starts anew. */
static bool apply_symbology(struct look *look, const struct weh_geom_symbology *symbology,
                            bool is_json)
{
    struct look before = *look;
    uint64_t sub_category =
        symbology->sub_category_id != 0 ? symbology->sub_category_id : look->sub_category;

    if (is_json || sub_category != 0) {
        reset(look, sub_category);
    }
    if (symbology->use_color) {
        look->has_color = true;
        look->color = symbology->color;
    }
    if (symbology->use_weight) {
        look->has_weight = true;
        look->weight = symbology->weight;
    }
    if (symbology->use_style) {
        look->has_style = true;
        look->style_id = symbology->line_style_id;
        look->style = NULL;
    }
    if (symbology->transparency != look->transparency) {
        /* It counts for fills, too, until a fill says otherwise. */
        look->transparency = symbology->transparency;
        look->fill_transparency = symbology->transparency;
    }
    look->priority = symbology->display_priority;
    look->geometry_class = symbology->geometry_class;
    return sub_category != 0 || !look_equal(&before, look);
}

static bool apply_fill(struct look *look, const struct weh_geom_fill *fill)
{
    struct look before = *look;

    look->fill_display = fill->display;
    if (fill->display == 0) {
        return before.fill_display != 0;
    }
    look->fill_transparency = fill->transparency;
    if (fill->mode != 0) {
        look->gradient = fill;
    } else if (fill->use_color) {
        look->has_fill = true;
        look->fill_color = fill->color;
        look->background_fill = 0;
    } else if (fill->background_fill != 0) {
        look->has_fill = true;
        look->background_fill = fill->background_fill == 2 ? 2 : 1;
    }
    return !look_equal(&before, look);
}

static bool apply_material(struct look *look, const struct weh_geom_material *material)
{
    struct look before = *look;

    if (material->has_uv) {
        look->has_uv = true;
        memcpy(look->uv, material->uv, sizeof(look->uv));
    }
    if (material->use_material) {
        look->has_material = true;
        look->material_id = material->material_id;
    }
    return !look_equal(&before, look);
}

static bool apply_pattern(struct look *look, const struct weh_geom_pattern *pattern)
{
    struct look before = *look;

    look->pattern = pattern;
    return !look_equal(&before, look);
}

bool look_apply(struct look *look, const struct weh_geom_entry *entry, bool is_json)
{
    switch (entry->opcode) {
    case WEH_GEOM_SYMBOLOGY:
        return apply_symbology(look, &entry->as.symbology, is_json);
    case WEH_GEOM_FILL:
        return apply_fill(look, entry->as.fill);
    case WEH_GEOM_MATERIAL:
        return apply_material(look, entry->as.material);
    case WEH_GEOM_PATTERN:
        return apply_pattern(look, entry->as.pattern);
    default:
        look->has_style = true;
        look->style = entry->as.line_style;
        return true;
    }
}

/* ---- comparing ---- */

static bool entries_equal(const struct weh_geom_entry *a, const struct weh_geom_entry *b)
{
    struct weh_buf first;
    struct weh_buf second;
    bool equal;

    weh_buf_init(&first, 0);
    weh_buf_init(&second, 0);
    /* Without memory they are taken as different, which writes one more entry. */
    equal = weh_geom_entry_encode(a, &first, NULL) == WEH_OK &&
            weh_geom_entry_encode(b, &second, NULL) == WEH_OK && first.len == second.len &&
            memcmp(first.data, second.data, first.len) == 0;
    weh_buf_fini(&first);
    weh_buf_fini(&second);
    return equal;
}

static bool modifiers_equal(const struct weh_geom_line_style *a,
                            const struct weh_geom_line_style *b)
{
    struct weh_geom_entry first = { .opcode = WEH_GEOM_LINE_STYLE };
    struct weh_geom_entry second = { .opcode = WEH_GEOM_LINE_STYLE };
    struct weh_geom_line_style x;
    struct weh_geom_line_style y;

    if (a == b) {
        return true;
    }
    if (a == NULL || b == NULL) {
        return false;
    }
    x = *a;
    y = *b;
    first.as.line_style = &x;
    second.as.line_style = &y;
    return entries_equal(&first, &second);
}

static bool styles_equal(const struct look *a, const struct look *b)
{
    return a->has_style == b->has_style &&
           (!a->has_style || (a->style_id == b->style_id && modifiers_equal(a->style, b->style)));
}

static bool gradients_equal(const struct weh_geom_fill *a, const struct weh_geom_fill *b)
{
    struct weh_geom_fill first;
    struct weh_geom_fill second;

    if (a == b) {
        return true;
    }
    if (a == NULL || b == NULL) {
        return false;
    }
    first = *a;
    second = *b;
    /* These belong to the fill, not to its gradient. */
    first.display = second.display = 1;
    first.transparency = second.transparency = 0.0;
    return entries_equal(&(struct weh_geom_entry){ .opcode = WEH_GEOM_FILL, .as.fill = &first },
                         &(struct weh_geom_entry){ .opcode = WEH_GEOM_FILL, .as.fill = &second });
}

static bool fills_equal(const struct look *a, const struct look *b)
{
    if (a->fill_display != b->fill_display) {
        return false;
    }
    if (a->fill_display == 0) {
        return true;
    }
    if (a->has_fill != b->has_fill || !gradients_equal(a->gradient, b->gradient)) {
        return false;
    }
    return !a->has_fill || (a->background_fill == b->background_fill &&
                            (a->background_fill != 0 || a->fill_color == b->fill_color));
}

static bool patterns_equal(const struct weh_geom_pattern *a, const struct weh_geom_pattern *b)
{
    struct weh_geom_entry first = { .opcode = WEH_GEOM_PATTERN };
    struct weh_geom_entry second = { .opcode = WEH_GEOM_PATTERN };
    struct weh_geom_pattern x;
    struct weh_geom_pattern y;

    if (a == b) {
        return true;
    }
    if (a == NULL || b == NULL) {
        return false;
    }
    x = *a;
    y = *b;
    first.as.pattern = &x;
    second.as.pattern = &y;
    return entries_equal(&first, &second);
}

static bool materials_equal(const struct look *a, const struct look *b)
{
    if (a->has_material != b->has_material || a->has_uv != b->has_uv) {
        return false;
    }
    if (a->has_material && a->material_id != b->material_id) {
        return false;
    }
    for (unsigned i = 0; a->has_uv && i < WEH_ARRAY_LEN(a->uv); i++) {
        if (a->uv[i] != b->uv[i]) {
            return false;
        }
    }
    return true;
}

bool look_equal(const struct look *a, const struct look *b)
{
    if (a->sub_category != b->sub_category || a->geometry_class != b->geometry_class ||
        a->priority != b->priority || a->transparency != b->transparency ||
        a->fill_transparency != b->fill_transparency) {
        return false;
    }
    if (a->has_color != b->has_color || (a->has_color && a->color != b->color) ||
        a->has_weight != b->has_weight || (a->has_weight && a->weight != b->weight)) {
        return false;
    }
    return materials_equal(a, b) && styles_equal(a, b) && fills_equal(a, b) &&
           patterns_equal(a->pattern, b->pattern);
}

/* ---- what geometry cannot have ---- */

bool look_restrict(struct look *look, unsigned abilities)
{
    const bool filled = look->fill_display != 0;
    const bool graded = look->gradient != NULL && look->gradient->mode != GRADIENT_THEMATIC;
    const bool bad_gradient =
        (abilities & LOOK_GRADIENT) == 0 && ((filled && graded) || look->pattern != NULL);
    const bool bad_fill = (abilities & LOOK_SOLID_FILL) == 0 && filled && !graded;
    const bool bad_material =
        (abilities & LOOK_MATERIAL) == 0 && look->has_material && look->material_id != 0;

    if (bad_gradient) {
        look->gradient = NULL;
        look->pattern = NULL;
    }
    if (bad_gradient || bad_fill) {
        look->fill_display = 0;
    }
    if (bad_material) {
        look->material_id = 0;
    }
    return bad_gradient || bad_fill || bad_material;
}

/* ---- writing ---- */

static void put(struct weh_buf *entries, const struct weh_geom_entry *entry)
{
    weh_buf_append(entries, entry, sizeof(*entry));
}

static void write_symbology(const struct look *look, bool with_sub_category, bool is_2d,
                            struct weh_buf *entries)
{
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_SYMBOLOGY };
    struct weh_geom_symbology *out = &entry.as.symbology;

    out->sub_category_id = with_sub_category ? look->sub_category : 0;
    out->use_color = look->has_color;
    out->color = look->has_color ? look->color : 0;
    out->use_weight = look->has_weight;
    out->weight = look->has_weight ? look->weight : 0;
    out->use_style = look->has_style;
    out->line_style_id = look->has_style ? look->style_id : 0;
    out->transparency = look->transparency;
    out->display_priority = is_2d ? look->priority : 0;
    out->geometry_class = look->geometry_class;
    put(entries, &entry);
}

static weh_err write_style(const struct look *look, struct weh_arena *arena,
                           struct weh_buf *entries, struct weh_diag *diag)
{
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_LINE_STYLE };
    struct weh_geom_part angles = { .scale = 1.0 };
    struct weh_geom_line_style *style;

    if (!look->has_style || look->style == NULL) {
        return WEH_OK;
    }
    style = weh_arena_alloc(arena, sizeof(*style));
    if (style == NULL) {
        return weh_fail_nomem(diag);
    }
    *style = *look->style;
    /* The angles go through a matrix, as those of part instances do. */
    angles.yaw = style->yaw;
    angles.pitch = style->pitch;
    angles.roll = style->roll;
    weh_geom_part_settle(&angles);
    style->yaw = angles.yaw;
    style->pitch = angles.pitch;
    style->roll = angles.roll;
    if (!style->has_normal) {
        style->has_normal = true;
        style->normal = (struct weh_xyz){ 0.0, 0.0, 1.0 };
    }
    entry.as.line_style = style;
    put(entries, &entry);
    return WEH_OK;
}

static weh_err write_fill(const struct look *look, struct weh_arena *arena, struct weh_buf *entries,
                          struct weh_diag *diag)
{
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_FILL };
    struct weh_geom_fill *fill;

    if (look->fill_display == 0) {
        return WEH_OK;
    }
    fill = weh_arena_alloc(arena, sizeof(*fill));
    if (fill == NULL) {
        return weh_fail_nomem(diag);
    }
    if (look->gradient != NULL) {
        *fill = *look->gradient;
        fill->color = 0;
        fill->use_color = false;
        fill->background_fill = 0;
    } else {
        fill->background_fill = look->background_fill;
        fill->use_color = look->background_fill == 0 && look->has_fill;
        fill->color = fill->use_color ? look->fill_color : 0;
    }
    fill->display = look->fill_display;
    fill->transparency = look->fill_transparency;
    entry.as.fill = fill;
    put(entries, &entry);
    return WEH_OK;
}

static bool is_identity(const double *matrix)
{
    for (unsigned i = 0; i < 9; i++) {
        if (matrix[i] != (i % 4 == 0 ? 1.0 : 0.0)) {
            return false;
        }
    }
    return true;
}

/* Of the measures only those that the kind of pattern uses are written. */
static weh_err write_pattern(const struct look *look, struct weh_arena *arena,
                             struct weh_buf *entries, struct weh_diag *diag)
{
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_PATTERN };
    struct weh_geom_pattern *pattern;

    if (look->pattern == NULL) {
        return WEH_OK;
    }
    pattern = weh_arena_alloc(arena, sizeof(*pattern));
    if (pattern == NULL) {
        return weh_fail_nomem(diag);
    }
    *pattern = *look->pattern;
    pattern->has_origin = true;
    pattern->has_rotation = pattern->has_rotation && !is_identity(pattern->rotation);
    if (pattern->symbol_id != 0) {
        pattern->angle2 = 0.0;
        pattern->lines = NULL;
        pattern->n_lines = 0;
    } else if (pattern->n_lines > 0) {
        pattern->space1 = pattern->space2 = 0.0;
        pattern->angle2 = 0.0;
    } else {
        pattern->scale = 0.0;
    }
    pattern->color = pattern->use_color ? pattern->color : 0;
    pattern->weight = pattern->use_weight ? pattern->weight : 0;
    entry.as.pattern = pattern;
    put(entries, &entry);
    return WEH_OK;
}

static weh_err write_material(const struct look *look, bool is_2d, struct weh_arena *arena,
                              struct weh_buf *entries, struct weh_diag *diag)
{
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_MATERIAL };
    struct weh_geom_material *material;

    if ((!look->has_material || is_2d) && !look->has_uv) {
        return WEH_OK;
    }
    material = weh_arena_alloc(arena, sizeof(*material));
    if (material == NULL) {
        return weh_fail_nomem(diag);
    }
    material->use_material = look->has_material && !is_2d;
    material->material_id = material->use_material ? look->material_id : 0;
    material->has_uv = look->has_uv;
    memcpy(material->uv, look->uv, sizeof(material->uv));
    entry.as.material = material;
    put(entries, &entry);
    return WEH_OK;
}

weh_err look_write(const struct look *look, bool with_sub_category, bool is_2d,
                   struct weh_arena *arena, struct weh_buf *entries, struct weh_diag *diag)
{
    weh_err err;

    write_symbology(look, with_sub_category, is_2d, entries);
    err = write_style(look, arena, entries, diag);
    if (err == WEH_OK) {
        err = write_fill(look, arena, entries, diag);
    }
    if (err == WEH_OK) {
        err = write_pattern(look, arena, entries, diag);
    }
    return err == WEH_OK ? write_material(look, is_2d, arena, entries, diag) : err;
}
