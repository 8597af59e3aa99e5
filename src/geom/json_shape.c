/* src/geom/json_shape.c - shapes as JSON, members in native's order.
 *
 * A tree is written with a stack: what stands before the children of a shape is written when it is entered,
 * what stands behind them when it is left.
 */
#include <math.h>

#include "weh/compiler.h"

#include "box_priv.h"
#include "json_priv.h"

/* Shapes inside each other that are written; what is nested deeper is left out. A shape is two levels of JSON,
 * and JSON has at most 64, some of which are around the geometry. */
#define MAX_WRITTEN 24

static double degrees(double radians)
{
    return radians * (180.0 / BOX_PI);
}

static void write_vectors(struct weh_sink *sink, const char *key, const struct weh_xyz *vectors,
                          uint32_t n)
{
    struct weh_points points = { vectors, n };

    weh_sink_key(sink, key);
    json_write_points(sink, &points);
}

static void write_pair(struct weh_sink *sink, const char *key, double a, double b)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 2);
    weh_sink_real(sink, a);
    weh_sink_real(sink, b);
    weh_sink_array_end(sink);
}

static void write_arc(struct weh_sink *sink, const struct weh_arc *arc)
{
    weh_sink_map_begin(sink, 4);
    json_write_xyz(sink, "center", arc->center);
    json_write_xyz(sink, "vectorX", arc->vector0);
    json_write_xyz(sink, "vectorY", arc->vector90);
    write_pair(sink, "sweepStartEnd", degrees(arc->start), degrees(arc->start + arc->sweep));
    weh_sink_map_end(sink);
}

/* One pole, with its weight when there is one. */
static void write_pole(struct weh_sink *sink, struct weh_xyz p, const double *weight)
{
    weh_sink_array_begin(sink, weight != NULL ? 4 : 3);
    weh_sink_real(sink, p.x);
    weh_sink_real(sink, p.y);
    weh_sink_real(sink, p.z);
    if (weight != NULL) {
        weh_sink_real(sink, *weight);
    }
    weh_sink_array_end(sink);
}

static void write_bcurve(struct weh_sink *sink, const struct weh_bcurve *curve)
{
    bool rational = curve->weights.n > 0 && curve->weights.n == curve->poles.n;

    weh_sink_map_begin(sink, curve->closed ? 4 : 3);
    weh_sink_key(sink, "points");
    weh_sink_array_begin(sink, curve->poles.n);
    for (uint32_t i = 0; i < curve->poles.n; i++) {
        write_pole(sink, curve->poles.items[i], rational ? &curve->weights.items[i] : NULL);
    }
    weh_sink_array_end(sink);
    json_put_int(sink, "order", curve->order);
    json_write_doubles(sink, "knots", &curve->knots);
    if (curve->closed) {
        json_put_flag(sink, "closed", true);
    }
    weh_sink_map_end(sink);
}

static void write_flag_number(struct weh_sink *sink, const char *key, int32_t value)
{
    if (value != 0) {
        json_put_int(sink, key, value);
    }
}

static void write_fit(struct weh_sink *sink, const struct weh_interpolation *curve)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "fitPoints");
    json_write_points(sink, &curve->fit_points);
    if (curve->knots.n > 0) {
        json_write_doubles(sink, "knots", &curve->knots);
    }
    json_put_int(sink, "order", curve->order);
    if (curve->closed) {
        json_put_flag(sink, "closed", true);
    }
    write_flag_number(sink, "isChordLenKnots", curve->is_chord_len_knots);
    write_flag_number(sink, "isColinearTangents", curve->is_colinear_tangents);
    write_flag_number(sink, "isChordLenTangents", curve->is_chord_len_tangents);
    write_flag_number(sink, "isNaturalTangents", curve->is_natural_tangents);
    if (curve->has_start_tangent && box_length(curve->start_tangent) != 0.0) {
        json_write_xyz(sink, "startTangent", curve->start_tangent);
    }
    if (curve->has_end_tangent && box_length(curve->end_tangent) != 0.0) {
        json_write_xyz(sink, "endTangent", curve->end_tangent);
    }
    weh_sink_map_end(sink);
}

static const char *spiral_type(int32_t type)
{
    static const char *const names[] = { "clothoid", "bloss", "biquadratic", "cosine", "sine" };

    return type >= 10 && type < 10 + (int32_t)WEH_ARRAY_LEN(names) ? names[type - 10] : "unknown";
}

static void write_spiral(struct weh_sink *sink, const struct weh_spiral *spiral)
{
    struct box_frame frame = box_frame_from(&spiral->frame);
    struct weh_xyz axes[2] = { frame.x, frame.y };
    double k0 = spiral->curvature0;
    double k1 = spiral->curvature1;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_write_xyz(sink, "origin", frame.origin);
    weh_sink_key(sink, "type");
    weh_sink_text(sink, spiral_type(spiral->type));
    if (!box_frame_is_identity(&frame)) {
        write_vectors(sink, "xyVectors", axes, 2);
    }
    json_put_number(sink, "startRadius", k0 == 0.0 ? 0.0 : 1.0 / k0);
    json_put_number(sink, "endRadius", k1 == 0.0 ? 0.0 : 1.0 / k1);
    json_put_number(sink, "startBearing", degrees(spiral->bearing0));
    json_put_number(sink, "endBearing", degrees(spiral->bearing1));
    if (spiral->fraction_a != 0.0 || spiral->fraction_b != 1.0) {
        write_pair(sink, "activeFractionInterval", spiral->fraction_a, spiral->fraction_b);
    }
    weh_sink_map_end(sink);
}

/* Nothing when the box has no axes: native leaves its object empty. */
static void write_box(struct weh_sink *sink, const struct weh_box_solid *box)
{
    struct box_frame frame = { .x = box->vector_x,
                               .y = box->vector_y,
                               .z = box_sub(box->top_origin, box->base_origin) };
    struct weh_xyz axes[2];

    if (!box_frame_square(&frame, 0, 1)) {
        return;
    }
    weh_sink_key(sink, "box");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_write_xyz(sink, "baseOrigin", box->base_origin);
    json_write_xyz(sink, "origin", box->base_origin);
    json_write_xyz(sink, "topOrigin", box->top_origin);
    json_put_number(sink, "baseX", box->base_x);
    json_put_number(sink, "baseY", box->base_y);
    if (!box_almost_equal(box->top_x, box->base_x)) {
        json_put_number(sink, "topX", box->top_x);
    }
    if (!box_almost_equal(box->top_y, box->base_y)) {
        json_put_number(sink, "topY", box->top_y);
    }
    json_put_flag(sink, "capped", box->capped);
    if (!box_frame_is_identity(&frame)) {
        axes[0] = frame.x;
        axes[1] = frame.y;
        write_vectors(sink, "xyVectors", axes, 2);
    }
    weh_sink_map_end(sink);
}

static void write_radii(struct weh_sink *sink, const double r[3])
{
    bool round = box_almost_equal(r[0], r[1]);

    if (round && box_almost_equal(r[0], r[2])) {
        json_put_number(sink, "radius", r[0]);
        return;
    }
    json_put_number(sink, "radiusX", r[0]);
    if (!round) {
        json_put_number(sink, "radiusY", r[1]);
    }
    json_put_number(sink, "radiusZ", r[2]);
}

/* Whether the axes are not square, or mirrored, seen from their square frame. */
static bool is_skew(const struct box_frame *square, const struct box_frame *axes)
{
    const struct weh_xyz rows[3] = { square->x, square->y, square->z };
    const struct weh_xyz columns[3] = { axes->x, axes->y, axes->z };
    double largest[2] = { 0.0, 0.0 }; /* beside the diagonal, on it */

    for (unsigned i = 0; i < 9; i++) {
        double value = fabs(box_dot(rows[i / 3], columns[i % 3]));

        largest[i / 3 == i % 3] = fmax(largest[i / 3 == i % 3], value);
    }
    return !(largest[0] < 1.0e-12 * largest[1]) ||
           box_dot(box_cross(axes->x, axes->y), axes->z) < 0.0;
}

/* Nothing at all when the sphere is flat. */
static void write_sphere(struct weh_sink *sink, const struct weh_sphere *sphere)
{
    struct box_frame axes = box_frame_from(&sphere->frame);
    struct box_frame square = axes;
    struct weh_xyz unit[3] = { axes.x, axes.y, axes.z };
    double r[3];
    bool full = fabs(sphere->start_latitude + BOX_PI / 2.0) < BOX_SMALL_ANGLE &&
                fabs(sphere->latitude_sweep - BOX_PI) < BOX_SMALL_ANGLE;

    for (unsigned i = 0; i < 3; i++) {
        r[i] = box_normalize(&unit[i]);
    }
    if (r[0] <= 1.0e-10 || r[1] <= 1.0e-10 || r[2] <= 1.0e-10 || !box_frame_square(&square, 0, 1)) {
        return;
    }
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "sphere");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_write_xyz(sink, "center", axes.origin);
    if (!box_frame_is_identity(&square)) {
        struct weh_xyz zx[2] = { unit[2], unit[0] };

        write_vectors(sink, "zxVectors", zx, 2);
    }
    if (is_skew(&square, &axes)) {
        write_vectors(sink, "xyzVectors", unit, 3);
    }
    if (sphere->capped && !full) {
        json_put_flag(sink, "capped", true);
    }
    if (!full) {
        write_pair(sink, "latitudeStartEnd", degrees(sphere->start_latitude),
                   degrees(sphere->start_latitude + sphere->latitude_sweep));
    }
    write_radii(sink, r);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

static bool is_cylinder(const struct weh_cone *cone)
{
    struct weh_xyz axis = box_sub(cone->center_b, cone->center_a);
    struct weh_xyz x = cone->vector0;
    struct weh_xyz y = cone->vector90;
    double length = box_length(cone->vector0);

    box_normalize(&x);
    box_normalize(&y);
    return box_perpendicular(x, y) && box_perpendicular(x, axis) && box_perpendicular(y, axis) &&
           box_almost_equal(cone->radius_a * length, cone->radius_b * length);
}

static void write_cylinder(struct weh_sink *sink, const struct weh_cone *cone)
{
    weh_sink_key(sink, "cylinder");
    weh_sink_map_begin(sink, 4);
    json_write_xyz(sink, "start", cone->center_a);
    json_write_xyz(sink, "end", cone->center_b);
    json_put_flag(sink, "capped", cone->capped);
    json_put_number(sink, "radius", cone->radius_a * box_length(cone->vector0));
    weh_sink_map_end(sink);
}

static void write_cone(struct weh_sink *sink, const struct weh_cone *cone)
{
    struct weh_xyz axes[3] = { cone->vector0, cone->vector90,
                               box_sub(cone->center_b, cone->center_a) };

    if (is_cylinder(cone)) {
        write_cylinder(sink, cone);
        return;
    }
    weh_sink_key(sink, "cone");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_put_flag(sink, "capped", cone->capped);
    json_write_xyz(sink, "start", cone->center_a);
    json_write_xyz(sink, "end", cone->center_b);
    if (box_almost_equal(cone->radius_a, cone->radius_b)) {
        json_put_number(sink, "radius", cone->radius_a);
    } else {
        json_put_number(sink, "startRadius", cone->radius_a);
        json_put_number(sink, "endRadius", cone->radius_b);
    }
    write_vectors(sink, "xyVectors", axes, 2);
    if (!box_almost_equal(box_length(axes[0]), box_length(axes[1])) ||
        !box_perpendicular(axes[0], axes[1])) {
        write_vectors(sink, "xyzVectors", axes, 3);
    }
    weh_sink_map_end(sink);
}

/* As write_box. */
static void write_torus(struct weh_sink *sink, const struct weh_torus *torus)
{
    struct box_frame frame = { .x = torus->vector_x, .y = torus->vector_y };
    struct weh_xyz axes[2];

    if (!box_frame_square(&frame, 0, 1)) {
        return;
    }
    weh_sink_key(sink, "torusPipe");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_write_xyz(sink, "center", torus->center);
    json_put_number(sink, "majorRadius", torus->major_radius);
    json_put_number(sink, "minorRadius", torus->minor_radius);
    if (!(fabs(torus->sweep) > BOX_TWO_PI - BOX_SMALL_ANGLE)) {
        json_put_number(sink, "sweepAngle", degrees(torus->sweep));
    }
    if (torus->capped) {
        json_put_flag(sink, "capped", true);
    }
    axes[0] = frame.x;
    axes[1] = frame.y;
    write_vectors(sink, "xyVectors", axes, 2);
    weh_sink_map_end(sink);
}

static void write_surface_points(struct weh_sink *sink, const struct weh_surface *surface)
{
    uint32_t n_u = surface->n_poles_u > 0 ? (uint32_t)surface->n_poles_u : 1;
    bool rational = surface->weights.n > 0 && surface->weights.n == surface->poles.n;

    weh_sink_key(sink, "points");
    weh_sink_array_begin(sink, surface->poles.n / n_u);
    for (uint32_t i = 0; i < surface->poles.n / n_u; i++) {
        weh_sink_array_begin(sink, n_u);
        for (uint32_t k = 0; k < n_u; k++) {
            size_t at = (size_t)i * n_u + k;

            write_pole(sink, surface->poles.items[at],
                       rational ? &surface->weights.items[at] : NULL);
        }
        weh_sink_array_end(sink);
    }
    weh_sink_array_end(sink);
}

/* All but the trim curves, which are children. */
static void begin_surface(struct weh_sink *sink, const struct weh_shape *shape)
{
    const struct weh_surface *surface = &shape->as.surface;

    weh_sink_key(sink, "bsurf");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    json_put_int(sink, "orderU", surface->order_u);
    json_put_int(sink, "orderV", surface->order_v);
    json_write_doubles(sink, "uKnots", &surface->knots_u);
    json_write_doubles(sink, "vKnots", &surface->knots_v);
    if (surface->closed_u) {
        json_put_flag(sink, "closedU", true);
    }
    if (surface->closed_v) {
        json_put_flag(sink, "closedV", true);
    }
    write_surface_points(sink, surface);
    if (shape->n_children > 0) {
        weh_sink_key(sink, "uvBoundaries");
    }
}

static void begin_extrusion(struct weh_sink *sink, const struct weh_shape *shape)
{
    weh_sink_key(sink, "linearSweep");
    weh_sink_map_begin(sink, 3);
    json_put_flag(sink, "capped", shape->as.extrusion.capped);
    weh_sink_key(sink, "contour");
}

static void end_rotation(struct weh_sink *sink, const struct weh_rotation *rotation)
{
    json_put_flag(sink, "capped", rotation->capped);
    json_write_xyz(sink, "center", rotation->center);
    json_write_xyz(sink, "axis", rotation->axis);
    json_put_number(sink, "sweepAngle", degrees(rotation->sweep));
    weh_sink_map_end(sink);
}

static const char *boundary_name(int32_t boundary)
{
    switch (boundary) {
    case WEH_BOUNDARY_OPEN:
        return "path";
    case WEH_BOUNDARY_OUTER:
    case WEH_BOUNDARY_INNER:
        return "loop";
    case WEH_BOUNDARY_PARITY:
        return "parityRegion";
    case WEH_BOUNDARY_UNION:
        return "unionRegion";
    default:
        return "bagOfCurves";
    }
}

/* The object of a shape without children. */
static void write_leaf(struct weh_sink *sink, const struct weh_shape *shape)
{
    switch ((int)shape->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        write_vectors(sink, "lineSegment", shape->as.segment, 2);
        break;
    case WEH_SHAPE_ARC:
        weh_sink_key(sink, "arc");
        write_arc(sink, &shape->as.arc);
        break;
    case WEH_SHAPE_BSPLINE_CURVE:
        weh_sink_key(sink, "bcurve");
        write_bcurve(sink, &shape->as.bcurve);
        break;
    case WEH_SHAPE_LINE_STRING:
        weh_sink_key(sink, "lineString");
        json_write_points(sink, &shape->as.points);
        break;
    case WEH_SHAPE_POINT_STRING:
        weh_sink_key(sink, "pointString");
        json_write_points(sink, &shape->as.points);
        break;
    case WEH_SHAPE_INTERPOLATION_CURVE:
        weh_sink_key(sink, "interpolationCurve");
        write_fit(sink, &shape->as.interpolation);
        break;
    case WEH_SHAPE_SPIRAL:
        weh_sink_key(sink, "transitionSpiral");
        write_spiral(sink, &shape->as.spiral);
        break;
    case WEH_SHAPE_CONE:
        write_cone(sink, &shape->as.cone);
        break;
    case WEH_SHAPE_TORUS_PIPE:
        write_torus(sink, &shape->as.torus);
        break;
    case WEH_SHAPE_BOX:
        write_box(sink, &shape->as.box);
        break;
    default:
        weh_sink_key(sink, "indexedMesh");
        json_write_mesh(sink, shape->as.mesh);
        break;
    }
}

static bool has_leaf_form(const struct weh_shape *shape)
{
    switch ((int)shape->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
    case WEH_SHAPE_ARC:
    case WEH_SHAPE_BSPLINE_CURVE:
    case WEH_SHAPE_LINE_STRING:
    case WEH_SHAPE_POINT_STRING:
    case WEH_SHAPE_INTERPOLATION_CURVE:
    case WEH_SHAPE_SPIRAL:
    case WEH_SHAPE_CONE:
    case WEH_SHAPE_TORUS_PIPE:
    case WEH_SHAPE_BOX:
        return true;
    case WEH_SHAPE_POLYFACE:
        /* Grids and other styles that native turns into face loops first are not turned here. */
        return shape->as.mesh->mesh_style == 1;
    default:
        return false;
    }
}

/* Begin a shape with children; false when @shape is none, and then it is written, or left out when it has
 * no JSON form. */
static bool begin_group(struct weh_sink *sink, const struct weh_shape *shape)
{
    bool group = shape->kind == WEH_SHAPE_CURVE_VECTOR || shape->kind == WEH_SHAPE_EXTRUSION ||
                 shape->kind == WEH_SHAPE_ROTATIONAL_SWEEP ||
                 shape->kind == WEH_SHAPE_RULED_SWEEP || shape->kind == WEH_SHAPE_BSPLINE_SURFACE;

    if (!group) {
        if (shape->kind == WEH_SHAPE_SPHERE) {
            write_sphere(sink, &shape->as.sphere);
        } else if (has_leaf_form(shape)) {
            weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
            write_leaf(sink, shape);
            weh_sink_map_end(sink);
        }
        return false;
    }
    weh_sink_map_begin(sink, 1);
    if (shape->kind == WEH_SHAPE_CURVE_VECTOR) {
        weh_sink_key(sink, boundary_name(shape->as.boundary));
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    } else if (shape->kind == WEH_SHAPE_EXTRUSION) {
        begin_extrusion(sink, shape);
    } else if (shape->kind == WEH_SHAPE_ROTATIONAL_SWEEP) {
        weh_sink_key(sink, "rotationalSweep");
        weh_sink_map_begin(sink, 5);
        weh_sink_key(sink, "contour");
    } else if (shape->kind == WEH_SHAPE_RULED_SWEEP) {
        weh_sink_key(sink, "ruledSweep");
        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "contour");
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    } else {
        begin_surface(sink, shape);
    }
    return true;
}

static void end_group(struct weh_sink *sink, const struct weh_shape *shape)
{
    switch ((int)shape->kind) {
    case WEH_SHAPE_EXTRUSION:
        json_write_xyz(sink, "vector", shape->as.extrusion.vector);
        weh_sink_map_end(sink);
        break;
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        end_rotation(sink, &shape->as.rotation);
        break;
    case WEH_SHAPE_RULED_SWEEP:
        weh_sink_array_end(sink);
        json_put_flag(sink, "capped", shape->as.capped);
        weh_sink_map_end(sink);
        break;
    case WEH_SHAPE_BSPLINE_SURFACE:
        if (shape->n_children > 0 && shape->as.surface.hole_origin != 0) {
            json_put_flag(sink, "outerBoundaryActive", false);
        }
        weh_sink_map_end(sink);
        break;
    default:
        weh_sink_array_end(sink);
        break;
    }
    weh_sink_map_end(sink);
}

/* Shapes whose children are not an array but the value of a member: there has to be one. */
static bool has_contour(const struct weh_shape *shape)
{
    return shape->kind == WEH_SHAPE_EXTRUSION || shape->kind == WEH_SHAPE_ROTATIONAL_SWEEP ||
           (shape->kind == WEH_SHAPE_BSPLINE_SURFACE && shape->n_children > 0);
}

void json_write_shape(struct weh_sink *sink, const struct weh_shape *shape)
{
    const struct weh_shape *stack[MAX_WRITTEN];
    uint32_t next[MAX_WRITTEN];
    unsigned depth = 0;

    if (!begin_group(sink, shape)) {
        return;
    }
    stack[depth] = shape;
    next[depth++] = 0;
    while (depth > 0) {
        const struct weh_shape *top = stack[depth - 1];
        const struct weh_shape *child;

        if (next[depth - 1] == (has_contour(top) ? 1 : top->n_children)) {
            end_group(sink, top);
            depth--;
            continue;
        }
        child = next[depth - 1] < top->n_children ? &top->children[next[depth - 1]] : NULL;
        next[depth - 1]++;
        if (has_contour(top) &&
            (depth == MAX_WRITTEN || child == NULL || child->kind != WEH_SHAPE_CURVE_VECTOR)) {
            weh_sink_null(sink);
        } else if (depth < MAX_WRITTEN && begin_group(sink, child)) {
            stack[depth] = child;
            next[depth++] = 0;
        }
    }
}
