/* src/geom/encode_shape.c - curves, solids and surfaces as FlatBuffers.
 *
 * The order in which vectors, tables and fields are written is that of native library 5.1.72 (fields of
 * one size from the last to the first where its generated code does so): it decides the bytes. A tree is
 * written children first, with a stack of its own.
 */
#include <string.h>

#include "encode_priv.h"

/* A shape whose children are being written. */
struct level {
    const struct weh_shape *shape;
    uint32_t next;
    bool variant;   /* wrap it in a VariantGeometry */
    fbw_ref pre[4]; /* vectors that stand before the children */
};

struct encoder {
    struct fbw *fbw;
    struct weh_buf refs; /* fbw_ref of finished shapes that wait for their parent */
    uint32_t n_shapes;
};

fbw_ref encode_doubles(struct fbw *fbw, struct weh_doubles doubles)
{
    return doubles.items == NULL
               ? 0
               : fbw_vector(fbw, doubles.items, doubles.n, sizeof(double), sizeof(double));
}

fbw_ref encode_points(struct fbw *fbw, struct weh_points points)
{
    if (points.items == NULL) {
        return 0;
    }
    if (points.n > UINT32_MAX / 3) {
        fbw->err = WEH_E_TOO_LARGE;
        return 0;
    }
    return fbw_vector(fbw, points.items, 3 * points.n, sizeof(double), sizeof(double));
}

fbw_ref encode_ints(struct fbw *fbw, struct weh_ints ints)
{
    return ints.items == NULL
               ? 0
               : fbw_vector(fbw, ints.items, ints.n, sizeof(int32_t), sizeof(int32_t));
}

static void put_xyz(double *out, struct weh_xyz xyz)
{
    out[0] = xyz.x;
    out[1] = xyz.y;
    out[2] = xyz.z;
}

static void xyz_field(struct fbw *fbw, unsigned field, struct weh_xyz xyz)
{
    fbw_struct(fbw, field, &xyz, sizeof(xyz));
}

/* A table of one struct: @n doubles, and a byte padded to eight for solids. */
static fbw_ref detail_table(struct fbw *fbw, const double *detail, uint32_t n)
{
    fbw_begin(fbw);
    fbw_struct(fbw, 0, detail, n * (uint32_t)sizeof(*detail));
    return fbw_end(fbw);
}

static double capped_word(bool capped)
{
    const uint8_t bytes[sizeof(double)] = { capped };
    double word;

    memcpy(&word, bytes, sizeof(word));
    return word;
}

static fbw_ref write_segment(struct fbw *fbw, const struct weh_xyz *segment)
{
    double n[6];

    put_xyz(n, segment[0]);
    put_xyz(n + 3, segment[1]);
    return detail_table(fbw, n, 6);
}

static fbw_ref write_arc(struct fbw *fbw, const struct weh_arc *arc)
{
    double n[11];

    put_xyz(n, arc->center);
    put_xyz(n + 3, arc->vector0);
    put_xyz(n + 6, arc->vector90);
    n[9] = arc->start;
    n[10] = arc->sweep;
    return detail_table(fbw, n, 11);
}

static fbw_ref write_points(struct fbw *fbw, struct weh_points points)
{
    fbw_ref vector = encode_points(fbw, points);

    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, vector);
    return fbw_end(fbw);
}

static fbw_ref write_bcurve(struct fbw *fbw, const struct weh_bcurve *curve)
{
    fbw_ref poles = encode_points(fbw, curve->poles);
    fbw_ref knots = encode_doubles(fbw, curve->knots);
    fbw_ref weights = encode_doubles(fbw, curve->weights);

    fbw_begin(fbw);
    fbw_i32(fbw, 0, curve->order);
    fbw_u8(fbw, 1, curve->closed);
    fbw_ref_field(fbw, 2, poles);
    fbw_ref_field(fbw, 4, knots);
    fbw_ref_field(fbw, 3, weights);
    return fbw_end(fbw);
}

static fbw_ref write_interpolation(struct fbw *fbw, const struct weh_interpolation *curve)
{
    fbw_ref points = encode_points(fbw, curve->fit_points);
    fbw_ref knots = encode_doubles(fbw, curve->knots);

    fbw_begin(fbw);
    fbw_i32(fbw, 0, curve->order);
    fbw_u8(fbw, 1, curve->closed);
    xyz_field(fbw, 6, curve->start_tangent);
    xyz_field(fbw, 7, curve->end_tangent);
    fbw_i32(fbw, 2, curve->is_chord_len_knots);
    fbw_i32(fbw, 3, curve->is_colinear_tangents);
    fbw_i32(fbw, 4, curve->is_chord_len_tangents);
    fbw_i32(fbw, 5, curve->is_natural_tangents);
    fbw_ref_field(fbw, 8, points);
    fbw_ref_field(fbw, 9, knots);
    return fbw_end(fbw);
}

static fbw_ref write_spiral(struct fbw *fbw, const struct weh_spiral *spiral)
{
    double n[19];

    memcpy(n, spiral->frame.m, sizeof(spiral->frame.m));
    n[12] = spiral->fraction_a;
    n[13] = spiral->fraction_b;
    n[14] = spiral->bearing0;
    n[15] = spiral->bearing1;
    n[16] = spiral->curvature0;
    n[17] = spiral->curvature1;
    memcpy(&n[18], &spiral->type, sizeof(spiral->type));
    memcpy((uint8_t *)&n[18] + sizeof(spiral->type), &spiral->hint, sizeof(spiral->hint));
    return detail_table(fbw, n, 19);
}

static fbw_ref write_catenary(struct fbw *fbw, const struct weh_catenary *curve)
{
    fbw_begin(fbw);
    fbw_double(fbw, 5, curve->x1, 0.0);
    fbw_double(fbw, 4, curve->x0, 0.0);
    fbw_double(fbw, 0, curve->a, 0.0);
    xyz_field(fbw, 3, curve->vector_v);
    xyz_field(fbw, 2, curve->vector_u);
    xyz_field(fbw, 1, curve->origin);
    return fbw_end(fbw);
}

static fbw_ref write_box(struct fbw *fbw, const struct weh_box_solid *box)
{
    double n[17];

    put_xyz(n, box->base_origin);
    put_xyz(n + 3, box->top_origin);
    put_xyz(n + 6, box->vector_x);
    put_xyz(n + 9, box->vector_y);
    n[12] = box->base_x;
    n[13] = box->base_y;
    n[14] = box->top_x;
    n[15] = box->top_y;
    n[16] = capped_word(box->capped);
    return detail_table(fbw, n, 17);
}

static fbw_ref write_sphere(struct fbw *fbw, const struct weh_sphere *sphere)
{
    double n[15];

    memcpy(n, sphere->frame.m, sizeof(sphere->frame.m));
    n[12] = sphere->start_latitude;
    n[13] = sphere->latitude_sweep;
    n[14] = capped_word(sphere->capped);
    return detail_table(fbw, n, 15);
}

static fbw_ref write_cone(struct fbw *fbw, const struct weh_cone *cone)
{
    double n[15];

    put_xyz(n, cone->center_a);
    put_xyz(n + 3, cone->center_b);
    put_xyz(n + 6, cone->vector0);
    put_xyz(n + 9, cone->vector90);
    n[12] = cone->radius_a;
    n[13] = cone->radius_b;
    n[14] = capped_word(cone->capped);
    return detail_table(fbw, n, 15);
}

static fbw_ref write_torus(struct fbw *fbw, const struct weh_torus *torus)
{
    double n[13];

    put_xyz(n, torus->center);
    put_xyz(n + 3, torus->vector_x);
    put_xyz(n + 6, torus->vector_y);
    n[9] = torus->major_radius;
    n[10] = torus->minor_radius;
    n[11] = torus->sweep;
    n[12] = capped_word(torus->capped);
    return detail_table(fbw, n, 13);
}

static fbw_ref write_extrusion(struct fbw *fbw, const struct weh_extrusion *sweep, fbw_ref base)
{
    fbw_begin(fbw);
    xyz_field(fbw, 1, sweep->vector);
    fbw_ref_field(fbw, 0, base);
    fbw_u8(fbw, 2, sweep->capped);
    return fbw_end(fbw);
}

static fbw_ref write_rotation(struct fbw *fbw, const struct weh_rotation *sweep, fbw_ref base)
{
    double ray[6];

    put_xyz(ray, sweep->center);
    put_xyz(ray + 3, sweep->axis);
    fbw_begin(fbw);
    fbw_double(fbw, 2, sweep->sweep, 0.0);
    fbw_i32(fbw, 3, sweep->n_v_rules);
    fbw_struct(fbw, 1, ray, sizeof(ray));
    fbw_ref_field(fbw, 0, base);
    fbw_u8(fbw, 4, sweep->capped);
    return fbw_end(fbw);
}

static fbw_ref write_ruled(struct fbw *fbw, bool capped, fbw_ref curves)
{
    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, curves);
    fbw_u8(fbw, 1, capped);
    return fbw_end(fbw);
}

static fbw_ref write_surface(struct fbw *fbw, const struct weh_surface *surface,
                             const fbw_ref pre[4], fbw_ref trim)
{
    fbw_begin(fbw);
    fbw_i32(fbw, 6, surface->order_u);
    fbw_i32(fbw, 7, surface->order_v);
    fbw_i32(fbw, 4, surface->n_poles_u);
    fbw_i32(fbw, 5, surface->n_poles_v);
    fbw_i32(fbw, 8, surface->n_rules_u);
    fbw_i32(fbw, 9, surface->n_rules_v);
    fbw_u8(fbw, 12, surface->closed_u);
    fbw_u8(fbw, 13, surface->closed_v);
    fbw_i32(fbw, 10, surface->hole_origin);
    fbw_ref_field(fbw, 0, pre[0]);
    fbw_ref_field(fbw, 2, pre[1]);
    fbw_ref_field(fbw, 3, pre[2]);
    fbw_ref_field(fbw, 1, pre[3]);
    fbw_ref_field(fbw, 11, trim);
    return fbw_end(fbw);
}

static fbw_ref write_partial(struct fbw *fbw, const double fractions[2], fbw_ref target)
{
    fbw_begin(fbw);
    fbw_double(fbw, 1, fractions[1], 0.0);
    fbw_double(fbw, 0, fractions[0], 0.0);
    fbw_ref_field(fbw, 2, target);
    return fbw_end(fbw);
}

static fbw_ref write_curve_vector(struct fbw *fbw, int32_t boundary, fbw_ref curves)
{
    fbw_begin(fbw);
    fbw_ref_field(fbw, 1, curves);
    fbw_i32(fbw, 0, boundary);
    return fbw_end(fbw);
}

static fbw_ref write_tag(struct fbw *fbw, const struct weh_shape_tag *tag)
{
    fbw_ref bytes;

    if (tag == NULL) {
        return 0;
    }
    bytes = tag->bytes == NULL ? 0 : fbw_vector(fbw, tag->bytes, tag->n_bytes, 1, 1);
    fbw_begin(fbw);
    fbw_u16(fbw, 0, (uint16_t)tag->type);
    fbw_u16(fbw, 1, (uint16_t)tag->geom_index);
    fbw_u16(fbw, 2, (uint16_t)tag->part_index);
    fbw_ref_field(fbw, 3, bytes);
    return fbw_end(fbw);
}

static fbw_ref write_variant(struct fbw *fbw, enum weh_shape_kind kind, fbw_ref geometry,
                             fbw_ref tag)
{
    fbw_begin(fbw);
    fbw_ref_field(fbw, 2, tag);
    fbw_ref_field(fbw, 1, geometry);
    fbw_u8(fbw, 0, (uint8_t)kind);
    return fbw_end(fbw);
}

/* Point and line strings have their tag between the points and the table. */
static fbw_ref write_tagged_points(struct fbw *fbw, const struct weh_shape *shape)
{
    fbw_ref vector = encode_points(fbw, shape->as.points);
    fbw_ref tag = write_tag(fbw, shape->tag);
    fbw_ref table;

    fbw_begin(fbw);
    fbw_ref_field(fbw, 0, vector);
    table = fbw_end(fbw);
    return write_variant(fbw, shape->kind, table, tag);
}

/* The table of @shape, whose children are @refs. */
static fbw_ref write_table(struct fbw *fbw, const struct level *level, const fbw_ref *refs)
{
    const struct weh_shape *shape = level->shape;
    fbw_ref first = shape->n_children > 0 ? refs[0] : 0;

    switch ((unsigned)shape->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        return write_segment(fbw, shape->as.segment);
    case WEH_SHAPE_ARC:
        return write_arc(fbw, &shape->as.arc);
    case WEH_SHAPE_BSPLINE_CURVE:
        return write_bcurve(fbw, &shape->as.bcurve);
    case WEH_SHAPE_CURVE_VECTOR:
        return write_curve_vector(fbw, shape->as.boundary, fbw_refs(fbw, refs, shape->n_children));
    case WEH_SHAPE_CONE:
        return write_cone(fbw, &shape->as.cone);
    case WEH_SHAPE_SPHERE:
        return write_sphere(fbw, &shape->as.sphere);
    case WEH_SHAPE_TORUS_PIPE:
        return write_torus(fbw, &shape->as.torus);
    case WEH_SHAPE_BOX:
        return write_box(fbw, &shape->as.box);
    case WEH_SHAPE_EXTRUSION:
        return write_extrusion(fbw, &shape->as.extrusion, first);
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        return write_rotation(fbw, &shape->as.rotation, first);
    case WEH_SHAPE_RULED_SWEEP:
        return write_ruled(fbw, shape->as.capped, fbw_refs(fbw, refs, shape->n_children));
    case WEH_SHAPE_POLYFACE:
        return encode_mesh(fbw, shape->as.mesh);
    case WEH_SHAPE_BSPLINE_SURFACE:
        return write_surface(fbw, &shape->as.surface, level->pre, first);
    case WEH_SHAPE_BAG: {
        fbw_ref members = fbw_refs(fbw, refs, shape->n_children);

        fbw_begin(fbw);
        fbw_ref_field(fbw, 0, members);
        return fbw_end(fbw);
    }
    case WEH_SHAPE_INTERPOLATION_CURVE:
        return write_interpolation(fbw, &shape->as.interpolation);
    case WEH_SHAPE_SPIRAL:
        return write_spiral(fbw, &shape->as.spiral);
    case WEH_SHAPE_CATENARY:
        return write_catenary(fbw, &shape->as.catenary);
    case WEH_SHAPE_PARTIAL_CURVE:
        return write_partial(fbw, shape->as.fractions, first);
    default:
        return write_points(fbw, shape->as.points);
    }
}

static fbw_ref write_level(struct fbw *fbw, const struct level *level, const fbw_ref *refs)
{
    const struct weh_shape *shape = level->shape;
    fbw_ref table;

    if (shape->kind == WEH_SHAPE_LINE_STRING || shape->kind == WEH_SHAPE_POINT_STRING) {
        return write_tagged_points(fbw, shape);
    }
    table = write_table(fbw, level, refs);
    if (!level->variant) {
        return table;
    }
    return write_variant(fbw, shape->kind, table, write_tag(fbw, shape->tag));
}

static struct level begin_level(struct fbw *fbw, const struct weh_shape *shape, bool variant)
{
    struct level level = { .shape = shape, .variant = variant };

    if (shape->kind == WEH_SHAPE_BSPLINE_SURFACE) {
        level.pre[0] = encode_points(fbw, shape->as.surface.poles);
        level.pre[1] = encode_doubles(fbw, shape->as.surface.knots_u);
        level.pre[2] = encode_doubles(fbw, shape->as.surface.knots_v);
        level.pre[3] = encode_doubles(fbw, shape->as.surface.weights);
    }
    return level;
}

/* Children of curve vectors and the like are wrapped, the contours of sweeps and surfaces are not. */
static bool children_are_variants(const struct weh_shape *shape)
{
    return shape->kind == WEH_SHAPE_CURVE_VECTOR || shape->kind == WEH_SHAPE_BAG ||
           shape->kind == WEH_SHAPE_PARTIAL_CURVE;
}

/* All children of @level are written: write it, and leave its ref in place of theirs. */
static void end_level(struct encoder *e, const struct level *level)
{
    size_t bytes = level->shape->n_children * sizeof(fbw_ref);
    const fbw_ref *refs = NULL;
    fbw_ref ref;

    if (bytes > 0) {
        /* The buffer holds nothing but refs, so they are aligned. */
        refs = (const fbw_ref *)(const void *)(e->refs.data + e->refs.len - bytes);
    }
    ref = write_level(e->fbw, level, refs);
    e->refs.len -= bytes;
    weh_buf_append(&e->refs, &ref, sizeof(ref));
}

static weh_err write_tree(struct encoder *e, const struct weh_shape *shape, struct weh_diag *diag)
{
    struct level levels[WEH_SHAPE_MAX_DEPTH];
    unsigned depth = 1;

    levels[0] = begin_level(e->fbw, shape, true);
    while (depth > 0 && e->refs.err == WEH_OK && e->fbw->err == WEH_OK) {
        struct level *level = &levels[depth - 1];
        const struct weh_shape *child;

        if (level->next == level->shape->n_children) {
            end_level(e, level);
            depth--;
            continue;
        }
        child = &level->shape->children[level->next++];
        if (depth == WEH_SHAPE_MAX_DEPTH || e->n_shapes++ == WEH_SHAPE_MAX_COUNT) {
            return weh_fail(diag, WEH_E_BAD_ARGS, "geometry of too many levels or parts");
        }
        levels[depth++] = begin_level(e->fbw, child, children_are_variants(level->shape));
    }
    return WEH_OK;
}

/* A shape without children, which most are: nothing to remember. */
static weh_err write_single(struct fbw *fbw, const struct weh_shape *shape, fbw_ref *out)
{
    struct level level = begin_level(fbw, shape, true);

    *out = write_level(fbw, &level, NULL);
    return WEH_OK;
}

weh_err encode_shape(struct fbw *fbw, const struct weh_shape *shape, fbw_ref *out,
                     struct weh_diag *diag)
{
    struct encoder e = { .fbw = fbw };
    weh_err err;

    *out = 0;
    if (shape->n_children == 0) {
        return write_single(fbw, shape, out);
    }
    weh_buf_init(&e.refs, 0);
    err = write_tree(&e, shape, diag);
    if (err == WEH_OK && e.refs.err != WEH_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK && fbw->err == WEH_OK) {
        memcpy(out, e.refs.data, sizeof(*out));
    }
    weh_buf_fini(&e.refs);
    return err;
}
