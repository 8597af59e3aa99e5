/* src/geom/decode_shape.c - curves, solids and surfaces from their FlatBuffers.
 *
 * Field numbers are those of allcg.fbs (see include/weh/geom_shape.h). The tree is walked with a stack of
 * its own: how deep it is, the sender decides.
 */
#include <string.h>

#include "decode_priv.h"

/* VariantGeometry */
enum {
    VARIANT_KIND,
    VARIANT_GEOMETRY,
    VARIANT_TAG
};

/* Children still to be read: @n offsets from @at on. */
struct level {
    struct weh_shape *shapes;
    uint32_t at;
    uint32_t n, next;
    bool variant; /* else plain CurveVector tables */
};

void *decode_alloc(struct decoder *d, size_t n, size_t size)
{
    size_t limit = d->arena->limit_bytes;
    void *memory = d->err == WEH_OK ? weh_arena_array(d->arena, n, size) : NULL;

    if (memory == NULL && d->err == WEH_OK) {
        d->err =
            limit != 0 && n * size > limit - d->arena->used_bytes ? WEH_E_TOO_LARGE : WEH_E_NOMEM;
    }
    return memory;
}

struct weh_doubles decode_doubles(struct decoder *d, const struct fb_table *table, unsigned field)
{
    struct fb_vector vector = fb_vector(table, field, sizeof(double));
    double *items = vector.items == NULL ? NULL : decode_alloc(d, vector.n, sizeof(double));

    if (items == NULL) {
        return (struct weh_doubles){ 0 };
    }
    memcpy(items, vector.items, vector.n * sizeof(double));
    return (struct weh_doubles){ items, vector.n };
}

struct weh_points decode_points(struct decoder *d, const struct fb_table *table, unsigned field)
{
    /* Flat coordinates; one or two left over at the end are no point. */
    struct fb_vector vector = fb_vector(table, field, sizeof(double));
    uint32_t n = vector.n / 3;
    struct weh_xyz *items = vector.items == NULL ? NULL : decode_alloc(d, n, sizeof(*items));

    if (items == NULL) {
        return (struct weh_points){ 0 };
    }
    memcpy(items, vector.items, n * sizeof(*items));
    return (struct weh_points){ items, n };
}

struct weh_ints decode_ints(struct decoder *d, const struct fb_table *table, unsigned field)
{
    struct fb_vector vector = fb_vector(table, field, sizeof(int32_t));
    int32_t *items = vector.items == NULL ? NULL : decode_alloc(d, vector.n, sizeof(int32_t));

    if (items == NULL) {
        return (struct weh_ints){ 0 };
    }
    memcpy(items, vector.items, vector.n * sizeof(int32_t));
    return (struct weh_ints){ items, vector.n };
}

struct weh_str decode_string(struct decoder *d, const struct fb_table *table, unsigned field)
{
    struct fb_vector vector = fb_vector(table, field, 1);
    char *text = vector.items == NULL ? NULL : decode_alloc(d, (size_t)vector.n + 1, 1);

    if (text == NULL) {
        return (struct weh_str){ 0 };
    }
    memcpy(text, vector.items, vector.n);
    return (struct weh_str){ text, vector.n };
}

struct weh_xyz decode_xyz(const struct fb_table *table, unsigned field, bool *has)
{
    double xyz[3];
    bool there = fb_doubles(table, field, 3, xyz);

    if (has != NULL) {
        *has = there;
    }
    return (struct weh_xyz){ xyz[0], xyz[1], xyz[2] };
}

static struct weh_xyz xyz_at(const double *from)
{
    return (struct weh_xyz){ from[0], from[1], from[2] };
}

static void read_segment(const struct fb_table *table, struct weh_shape *out)
{
    double n[6];

    fb_doubles(table, 0, 6, n);
    out->as.segment[0] = xyz_at(n);
    out->as.segment[1] = xyz_at(n + 3);
}

static void read_arc(const struct fb_table *table, struct weh_shape *out)
{
    double n[11];

    fb_doubles(table, 0, 11, n);
    out->as.arc = (struct weh_arc){ .center = xyz_at(n),
                                    .vector0 = xyz_at(n + 3),
                                    .vector90 = xyz_at(n + 6),
                                    .start = n[9],
                                    .sweep = n[10] };
}

static void read_bcurve(struct decoder *d, const struct fb_table *table, struct weh_bcurve *out)
{
    out->order = fb_i32(table, 0);
    out->closed = fb_u8(table, 1, 0) != 0;
    out->poles = decode_points(d, table, 2);
    out->weights = decode_doubles(d, table, 3);
    out->knots = decode_doubles(d, table, 4);
}

static void read_interpolation(struct decoder *d, const struct fb_table *table,
                               struct weh_interpolation *out)
{
    out->order = fb_i32(table, 0);
    out->closed = fb_u8(table, 1, 0) != 0;
    out->is_chord_len_knots = fb_i32(table, 2);
    out->is_colinear_tangents = fb_i32(table, 3);
    out->is_chord_len_tangents = fb_i32(table, 4);
    out->is_natural_tangents = fb_i32(table, 5);
    out->start_tangent = decode_xyz(table, 6, &out->has_start_tangent);
    out->end_tangent = decode_xyz(table, 7, &out->has_end_tangent);
    out->fit_points = decode_points(d, table, 8);
    out->knots = decode_doubles(d, table, 9);
}

static void read_spiral(struct decoder *d, const struct fb_table *table, struct weh_spiral *out)
{
    const uint8_t *ints = fb_struct(table, 0, 18 * sizeof(double) + 2 * sizeof(int32_t));
    double n[18];

    fb_doubles(table, 0, 18, n);
    memcpy(out->frame.m, n, sizeof(out->frame.m));
    out->fraction_a = n[12];
    out->fraction_b = n[13];
    out->bearing0 = n[14];
    out->bearing1 = n[15];
    out->curvature0 = n[16];
    out->curvature1 = n[17];
    if (ints != NULL) {
        out->type = (int32_t)fb_get_u32(ints + 18 * sizeof(double));
        out->hint = (int32_t)fb_get_u32(ints + 18 * sizeof(double) + sizeof(int32_t));
    }
    out->extra = decode_doubles(d, table, 1);
}

static void read_catenary(const struct fb_table *table, struct weh_catenary *out)
{
    out->a = fb_double(table, 0, 0.0);
    out->origin = decode_xyz(table, 1, NULL);
    out->vector_u = decode_xyz(table, 2, NULL);
    out->vector_v = decode_xyz(table, 3, NULL);
    out->x0 = fb_double(table, 4, 0.0);
    out->x1 = fb_double(table, 5, 0.0);
}

/* The byte behind the @n doubles of a solid's detail. */
static bool read_capped(const struct fb_table *table, unsigned n)
{
    const uint8_t *bytes = fb_struct(table, 0, n * (unsigned)sizeof(double) + 1);

    return bytes != NULL && bytes[n * sizeof(double)] != 0;
}

static void read_box(const struct fb_table *table, struct weh_box_solid *out)
{
    double n[16];

    fb_doubles(table, 0, 16, n);
    *out = (struct weh_box_solid){ .base_origin = xyz_at(n),
                                   .top_origin = xyz_at(n + 3),
                                   .vector_x = xyz_at(n + 6),
                                   .vector_y = xyz_at(n + 9),
                                   .base_x = n[12],
                                   .base_y = n[13],
                                   .top_x = n[14],
                                   .top_y = n[15],
                                   .capped = read_capped(table, 16) };
}

static void read_sphere(const struct fb_table *table, struct weh_sphere *out)
{
    double n[14];

    fb_doubles(table, 0, 14, n);
    memcpy(out->frame.m, n, sizeof(out->frame.m));
    out->start_latitude = n[12];
    out->latitude_sweep = n[13];
    out->capped = read_capped(table, 14);
}

static void read_cone(const struct fb_table *table, struct weh_cone *out)
{
    double n[14];

    fb_doubles(table, 0, 14, n);
    *out = (struct weh_cone){ .center_a = xyz_at(n),
                              .center_b = xyz_at(n + 3),
                              .vector0 = xyz_at(n + 6),
                              .vector90 = xyz_at(n + 9),
                              .radius_a = n[12],
                              .radius_b = n[13],
                              .capped = read_capped(table, 14) };
}

static void read_torus(const struct fb_table *table, struct weh_torus *out)
{
    double n[12];

    fb_doubles(table, 0, 12, n);
    *out = (struct weh_torus){ .center = xyz_at(n),
                               .vector_x = xyz_at(n + 3),
                               .vector_y = xyz_at(n + 6),
                               .major_radius = n[9],
                               .minor_radius = n[10],
                               .sweep = n[11],
                               .capped = read_capped(table, 12) };
}

static void read_rotation(const struct fb_table *table, struct weh_rotation *out)
{
    double n[6];

    fb_doubles(table, 1, 6, n);
    out->center = xyz_at(n);
    out->axis = xyz_at(n + 3);
    out->sweep = fb_double(table, 2, 0.0);
    out->n_v_rules = fb_i32(table, 3);
    out->capped = fb_u8(table, 4, 0) != 0;
}

static void read_surface(struct decoder *d, const struct fb_table *table, struct weh_surface *out)
{
    out->poles = decode_points(d, table, 0);
    out->weights = decode_doubles(d, table, 1);
    out->knots_u = decode_doubles(d, table, 2);
    out->knots_v = decode_doubles(d, table, 3);
    out->n_poles_u = fb_i32(table, 4);
    out->n_poles_v = fb_i32(table, 5);
    out->order_u = fb_i32(table, 6);
    out->order_v = fb_i32(table, 7);
    out->n_rules_u = fb_i32(table, 8);
    out->n_rules_v = fb_i32(table, 9);
    out->hole_origin = fb_i32(table, 10);
    out->closed_u = fb_u8(table, 12, 0) != 0;
    out->closed_v = fb_u8(table, 13, 0) != 0;
}

static const struct weh_shape_tag *read_tag(struct decoder *d, const struct fb_table *variant)
{
    struct fb_table table = fb_child(variant, VARIANT_TAG);
    struct weh_shape_tag *tag;
    struct fb_vector bytes;
    uint8_t *copy = NULL;

    if (table.fb == NULL) {
        return NULL;
    }
    tag = decode_alloc(d, 1, sizeof(*tag));
    bytes = fb_vector(&table, 3, 1);
    if (tag != NULL && bytes.items != NULL) {
        copy = decode_alloc(d, bytes.n, 1);
    }
    if (d->err != WEH_OK || tag == NULL) {
        return NULL;
    }
    if (copy != NULL) {
        memcpy(copy, bytes.items, bytes.n);
    }
    tag->type = (int16_t)fb_u16(&table, 0);
    tag->geom_index = (int16_t)fb_u16(&table, 1);
    tag->part_index = (int16_t)fb_u16(&table, 2);
    tag->bytes = copy;
    tag->n_bytes = bytes.n;
    return tag;
}

/* The members of a shape that has no children to read, or besides them. */
/* Long because it has a case for each kind; nothing else is here. */
static void read_members(struct decoder *d, const struct fb_table *table, struct weh_shape *out)
{
    switch (out->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        read_segment(table, out);
        break;
    case WEH_SHAPE_ARC:
        read_arc(table, out);
        break;
    case WEH_SHAPE_BSPLINE_CURVE:
        read_bcurve(d, table, &out->as.bcurve);
        break;
    case WEH_SHAPE_LINE_STRING:
    case WEH_SHAPE_POINT_STRING:
    case WEH_SHAPE_AKIMA_CURVE:
        out->as.points = decode_points(d, table, 0);
        break;
    case WEH_SHAPE_CURVE_VECTOR:
        out->as.boundary = fb_i32(table, 0);
        break;
    case WEH_SHAPE_CONE:
        read_cone(table, &out->as.cone);
        break;
    case WEH_SHAPE_SPHERE:
        read_sphere(table, &out->as.sphere);
        break;
    case WEH_SHAPE_TORUS_PIPE:
        read_torus(table, &out->as.torus);
        break;
    case WEH_SHAPE_BOX:
        read_box(table, &out->as.box);
        break;
    case WEH_SHAPE_EXTRUSION:
        out->as.extrusion.vector = decode_xyz(table, 1, NULL);
        out->as.extrusion.capped = fb_u8(table, 2, 0) != 0;
        break;
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        read_rotation(table, &out->as.rotation);
        break;
    case WEH_SHAPE_RULED_SWEEP:
        out->as.capped = fb_u8(table, 1, 0) != 0;
        break;
    case WEH_SHAPE_POLYFACE:
        out->as.mesh = decode_alloc(d, 1, sizeof(*out->as.mesh));
        if (out->as.mesh != NULL) {
            decode_mesh(d, table, out->as.mesh);
        }
        break;
    case WEH_SHAPE_BSPLINE_SURFACE:
        read_surface(d, table, &out->as.surface);
        break;
    case WEH_SHAPE_BAG:
        break;
    case WEH_SHAPE_INTERPOLATION_CURVE:
        read_interpolation(d, table, &out->as.interpolation);
        break;
    case WEH_SHAPE_SPIRAL:
        read_spiral(d, table, &out->as.spiral);
        break;
    case WEH_SHAPE_CATENARY:
        read_catenary(table, &out->as.catenary);
        break;
    case WEH_SHAPE_PARTIAL_CURVE:
        out->as.fractions[0] = fb_double(table, 0, 0.0);
        out->as.fractions[1] = fb_double(table, 1, 0.0);
        break;
    }
}

static struct level vector_level(const struct fb_table *table, unsigned field, bool variant)
{
    struct fb_vector vector = fb_vector(table, field, sizeof(uint32_t));

    return (struct level){ .at = vector.at, .n = vector.n, .variant = variant };
}

static struct level single_level(const struct fb_table *table, unsigned field, bool variant)
{
    uint32_t at = fb_offset_at(table, field);

    return (struct level){ .at = at, .n = at != 0, .variant = variant };
}

static struct level find_children(const struct fb_table *table, const struct weh_shape *shape)
{
    switch ((unsigned)shape->kind) {
    case WEH_SHAPE_CURVE_VECTOR:
        return vector_level(table, 1, true);
    case WEH_SHAPE_BAG:
        return vector_level(table, 0, true);
    case WEH_SHAPE_RULED_SWEEP:
        return vector_level(table, 0, false);
    case WEH_SHAPE_EXTRUSION:
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        return single_level(table, 0, false);
    case WEH_SHAPE_BSPLINE_SURFACE:
        return single_level(table, 11, false);
    case WEH_SHAPE_PARTIAL_CURVE:
        return single_level(table, 2, true);
    default:
        return (struct level){ 0 };
    }
}

bool weh_shape_is_curve(const struct weh_shape *shape)
{
    switch ((unsigned)shape->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
    case WEH_SHAPE_ARC:
    case WEH_SHAPE_BSPLINE_CURVE:
    case WEH_SHAPE_LINE_STRING:
    case WEH_SHAPE_INTERPOLATION_CURVE:
    case WEH_SHAPE_SPIRAL:
    case WEH_SHAPE_POINT_STRING:
    case WEH_SHAPE_AKIMA_CURVE:
    case WEH_SHAPE_CATENARY:
    case WEH_SHAPE_PARTIAL_CURVE:
        return true;
    default:
        return false;
    }
}

/* Whether @child may stand under @parent (NULL: at the root). */
static bool fits(const struct weh_shape *parent, const struct weh_shape *child)
{
    if (parent == NULL || parent->kind == WEH_SHAPE_BAG) {
        return true;
    }
    if (parent->kind == WEH_SHAPE_CURVE_VECTOR) {
        return weh_shape_is_curve(child) || child->kind == WEH_SHAPE_CURVE_VECTOR;
    }
    return parent->kind == WEH_SHAPE_PARTIAL_CURVE ? weh_shape_is_curve(child)
                                                   : child->kind == WEH_SHAPE_CURVE_VECTOR;
}

/* Read one shape; its children are left to the caller. */
static void read_shape(struct decoder *d, struct fb_table table, bool variant,
                       struct weh_shape *out, struct level *children)
{
    out->kind = WEH_SHAPE_CURVE_VECTOR;
    if (variant) {
        struct fb_table wrapper = table;
        uint8_t kind = fb_u8(&wrapper, VARIANT_KIND, 0);

        table = fb_child(&wrapper, VARIANT_GEOMETRY);
        if (kind < WEH_SHAPE_LINE_SEGMENT || kind > WEH_SHAPE_PARTIAL_CURVE) {
            d->fb.bad = true;
            return;
        }
        out->kind = (enum weh_shape_kind)kind;
        out->tag = read_tag(d, &wrapper);
    }
    if (table.fb == NULL) {
        d->fb.bad = true;
        return;
    }
    read_members(d, &table, out);
    *children = find_children(&table, out);
}

static void add_level(struct decoder *d, struct level *level, struct weh_shape *parent)
{
    if (level->n > WEH_SHAPE_MAX_COUNT - d->n_shapes) {
        d->err = WEH_E_TOO_LARGE;
        return;
    }
    d->n_shapes += level->n;
    level->shapes = decode_alloc(d, level->n, sizeof(*level->shapes));
    parent->children = level->shapes;
    parent->n_children = level->n;
}

struct weh_shape *decode_shape(struct decoder *d)
{
    struct level levels[WEH_SHAPE_MAX_DEPTH];
    struct weh_shape *parents[WEH_SHAPE_MAX_DEPTH] = { NULL };
    struct weh_shape *root = decode_alloc(d, 1, sizeof(*root));
    unsigned depth = 1;

    levels[0] = (struct level){ .shapes = root, .at = 0, .n = 1, .variant = true };
    while (depth > 0 && d->err == WEH_OK && !d->fb.bad) {
        struct level *level = &levels[depth - 1];
        struct level children = { 0 };
        struct weh_shape *shape;

        if (level->next == level->n) {
            depth--;
            continue;
        }
        shape = &level->shapes[level->next];
        read_shape(d, fb_table_at(&d->fb, level->at + 4 * level->next), level->variant, shape,
                   &children);
        level->next++;
        if (!fits(parents[depth - 1], shape)) {
            d->fb.bad = true;
        }
        if (children.n == 0 || d->fb.bad || d->err != WEH_OK) {
            continue;
        }
        if (depth == WEH_SHAPE_MAX_DEPTH) {
            d->err = WEH_E_TOO_LARGE;
            continue;
        }
        add_level(d, &children, shape);
        parents[depth] = shape;
        levels[depth++] = children;
    }
    return d->err == WEH_OK && !d->fb.bad ? root : NULL;
}
