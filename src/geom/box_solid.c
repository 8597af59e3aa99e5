/* src/geom/box_solid.c - boxes of solids, by the rules of the native library.
 *
 * Two of these are estimates there, and so here: a torus pipe is measured at 25 sections and made 5 % of its
 * diagonal larger, a rotational sweep by circles through the strokes of its contour, and 2 % larger.
 */
#include "weh/compiler.h"
#include "weh/geom_box.h"

#include "box_priv.h"

#define TORUS_SECTIONS 24
#define TORUS_MARGIN   0.05
#define SWEEP_MARGIN   0.02
#define STROKE_CIRCLE  64 /* strokes of a full circle at 0.1 radians, in fours */
#define STROKE_ANGLE   0.1
#define STROKE_MAX     100 /* of one span of a spline */

static void add_circle(struct weh_geom_range *range, const struct weh_cone *cone,
                       struct weh_xyz center, double radius)
{
    struct weh_arc arc = { .center = center,
                           .vector0 = box_scale(cone->vector0, radius),
                           .vector90 = box_scale(cone->vector90, radius),
                           .start = 0.0,
                           .sweep = BOX_TWO_PI };

    box_add_arc(range, &arc);
}

void box_add_cone(struct weh_geom_range *range, const struct weh_cone *cone)
{
    add_circle(range, cone, cone->center_a, cone->radius_a);
    add_circle(range, cone, cone->center_b, cone->radius_b);
}

void box_add_sphere(struct weh_geom_range *range, const struct weh_sphere *sphere)
{
    struct box_frame frame = box_frame_from(&sphere->frame);
    struct weh_xyz c = frame.origin;
    struct weh_xyz half = {
        sqrt(frame.x.x * frame.x.x + frame.y.x * frame.y.x + frame.z.x * frame.z.x),
        sqrt(frame.x.y * frame.x.y + frame.y.y * frame.y.y + frame.z.y * frame.z.y),
        sqrt(frame.x.z * frame.x.z + frame.y.z * frame.y.z + frame.z.z * frame.z.z)
    };

    box_add(range, box_sub(c, half));
    box_add(range, box_plus(c, half, 1.0));
}

void box_add_torus(struct weh_geom_range *range, const struct weh_torus *torus)
{
    struct weh_geom_range own;

    box_init(&own);
    for (unsigned i = 0; i <= TORUS_SECTIONS; i++) {
        double theta = i * (1.0 / TORUS_SECTIONS) * torus->sweep;
        double c = cos(theta);
        double s = sin(theta);
        struct weh_xyz u = box_plus(box_scale(torus->vector_x, c), torus->vector_y, s);
        struct weh_xyz v = box_plus(box_scale(torus->vector_x, s), torus->vector_y, -c);
        struct weh_xyz w = box_cross(u, v);
        struct weh_arc arc = { .center = box_plus(torus->center, u, torus->major_radius),
                               .vector0 = box_scale(u, torus->minor_radius),
                               .start = 0.0,
                               .sweep = BOX_TWO_PI };

        box_normalize(&w);
        arc.vector90 =
            box_scale(w, torus->sweep < 0.0 ? -torus->minor_radius : torus->minor_radius);
        box_add_arc(&own, &arc);
    }
    box_grow(&own, TORUS_MARGIN * box_diagonal(&own));
    box_add_range(range, &own);
}

static void add_rectangle(struct weh_geom_range *range, const struct weh_box_solid *box,
                          struct weh_xyz origin, const double size[2])
{
    struct weh_xyz right = box_plus(origin, box->vector_x, size[0]);

    box_add(range, origin);
    box_add(range, right);
    box_add(range, box_plus(right, box->vector_y, size[1]));
    box_add(range, box_plus(origin, box->vector_y, size[1]));
}

void box_add_box(struct weh_geom_range *range, const struct weh_box_solid *box)
{
    add_rectangle(range, box, box->base_origin, (double[2]){ box->base_x, box->base_y });
    add_rectangle(range, box, box->top_origin, (double[2]){ box->top_x, box->top_y });
}

static void sweep_value(double *low, double *high, double by)
{
    if (by > 0.0) {
        *high += by;
    } else {
        *low += by;
    }
}

void box_sweep(struct weh_geom_range *range, struct weh_xyz vector)
{
    if (!weh_geom_range_is_null(range)) {
        sweep_value(&range->low.x, &range->high.x, vector.x);
        sweep_value(&range->low.y, &range->high.y, vector.y);
        sweep_value(&range->low.z, &range->high.z, vector.z);
    }
}

/* The rotation while the strokes of the contour come in. */
struct turn {
    struct weh_xyz center, axis; /* of length 1 */
    double sweep;
    struct weh_geom_range range;
};

static void turn_point(struct turn *turn, struct weh_xyz point)
{
    struct weh_xyz from = box_sub(point, turn->center);
    double height = box_dot(from, turn->axis);
    struct weh_arc arc = { .center = box_plus(turn->center, turn->axis, height),
                           .vector0 = box_plus(from, turn->axis, -height),
                           .vector90 = box_cross(turn->axis, from),
                           .start = 0.0,
                           .sweep = turn->sweep };

    box_add_arc(&turn->range, &arc);
}

static void turn_points(struct turn *turn, const struct weh_points *points)
{
    for (uint32_t i = 0; i < points->n; i++) {
        turn_point(turn, points->items[i]);
    }
}

static struct weh_xyz pole_of(const struct box_bezier *bezier, unsigned i)
{
    const double *p = bezier->pole[i];
    double w = bezier->rational ? p[3] : 1.0;

    return (struct weh_xyz){ p[0] / w, p[1] / w, p[2] / w };
}

/* Strokes of a span: by the sharpest turn of its control polygon; a straight one is a single stroke. */
static unsigned bezier_strokes(const struct box_bezier *bezier)
{
    unsigned n = bezier->order - 1;
    struct weh_xyz first = pole_of(bezier, 0);
    struct weh_xyz chord = box_sub(pole_of(bezier, n), first);
    struct weh_xyz before = { 0.0, 0.0, 0.0 };
    double cosine = 1.0;
    bool straight = box_normalize(&chord) > 0.0;

    for (unsigned i = 1; i <= n; i++) {
        struct weh_xyz edge = box_sub(pole_of(bezier, i), pole_of(bezier, i - 1));
        struct weh_xyz off = box_cross(box_sub(pole_of(bezier, i), first), chord);

        straight = straight && box_length(off) <= 1.0e-8;
        box_normalize(&edge);
        if (i > 1) {
            cosine = fmin(cosine, box_dot(before, edge));
        }
        before = edge;
    }
    if (straight) {
        return 1;
    }
    if (acos(fmax(cosine, -1.0)) > STROKE_ANGLE) {
        double turns = ceil(acos(fmax(cosine, -1.0)) / STROKE_ANGLE);

        n = (unsigned)fmax(n, (n - 1) * turns);
    }
    return n < STROKE_MAX ? n : STROKE_MAX;
}

static void turn_bezier(void *context, const struct box_bezier *bezier)
{
    unsigned n = bezier_strokes(bezier);

    for (unsigned i = 0; i <= n; i++) {
        turn_point(context, box_bezier_at(bezier, (double)i / n));
    }
}

static unsigned arc_strokes(double sweep)
{
    double fraction = fabs(sweep / BOX_TWO_PI);

    if (!(fraction <= 0.999)) {
        return STROKE_CIRCLE;
    }
    if (fabs(fraction - 0.5) <= 0.001) {
        return (STROKE_CIRCLE + 1) / 2;
    }
    return (unsigned)ceil(fraction * STROKE_CIRCLE);
}

static void turn_arc(struct turn *turn, const struct weh_arc *arc)
{
    unsigned n = arc_strokes(arc->sweep);

    for (unsigned i = 0; i < n || i < 2; i++) {
        double f = n < 2 ? i : (double)i / (n - 1);
        double angle = arc->start + f * arc->sweep;

        turn_point(turn, box_plus(box_plus(arc->center, arc->vector0, cos(angle)), arc->vector90,
                                  sin(angle)));
    }
}

static weh_err turn_bcurve(struct turn *turn, const struct weh_bcurve *curve, struct weh_diag *diag)
{
    struct box_spline spline = box_spline_of(curve);
    struct box_bezier bezier;
    weh_err err = box_spline_check(&spline, diag);

    for (uint32_t i = 0; err == WEH_OK && i < box_spline_n_spans(&spline); i++) {
        if (box_spline_span(&spline, i, &bezier)) {
            turn_bezier(turn, &bezier);
        }
    }
    return err;
}

static weh_err turn_curve(struct turn *turn, const struct weh_shape *curve, struct weh_diag *diag)
{
    struct box_fit_sink sink = { turn_bezier, turn };

    switch ((int)curve->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        turn_point(turn, curve->as.segment[0]);
        turn_point(turn, curve->as.segment[1]);
        return WEH_OK;
    case WEH_SHAPE_LINE_STRING:
    case WEH_SHAPE_POINT_STRING:
        turn_points(turn, &curve->as.points);
        return WEH_OK;
    case WEH_SHAPE_ARC:
        turn_arc(turn, &curve->as.arc);
        return WEH_OK;
    case WEH_SHAPE_BSPLINE_CURVE:
        return turn_bcurve(turn, &curve->as.bcurve, diag);
    case WEH_SHAPE_INTERPOLATION_CURVE:
        return box_fit_spans(&curve->as.interpolation, &sink, diag);
    default:
        return weh_fail(diag, WEH_E_UNSUPPORTED, "the box of a rotated curve of kind %d",
                        (int)curve->kind);
    }
}

weh_err box_add_rotation(struct weh_geom_range *range, const struct weh_shape *shape,
                         struct weh_diag *diag)
{
    const struct weh_shape *stack[WEH_SHAPE_MAX_DEPTH];
    uint32_t next[WEH_SHAPE_MAX_DEPTH] = { 0 };
    unsigned depth = 0;
    struct turn turn = { .center = shape->as.rotation.center,
                         .axis = shape->as.rotation.axis,
                         .sweep = shape->as.rotation.sweep };
    weh_err err = WEH_OK;

    box_normalize(&turn.axis);
    box_init(&turn.range);
    stack[depth++] = shape;
    while (err == WEH_OK && depth > 0) {
        const struct weh_shape *top = stack[depth - 1];
        const struct weh_shape *child;

        if (next[depth - 1] == top->n_children) {
            depth--;
            continue;
        }
        child = &top->children[next[depth - 1]++];
        if (child->kind != WEH_SHAPE_CURVE_VECTOR) {
            err = turn_curve(&turn, child, diag);
        } else if (depth == WEH_SHAPE_MAX_DEPTH) {
            err = weh_fail(diag, WEH_E_BAD_ARGS, "geometry nested too deep");
        } else {
            next[depth] = 0;
            stack[depth++] = child;
        }
    }
    box_grow(&turn.range, SWEEP_MARGIN * box_diagonal(&turn.range));
    box_add_range(range, &turn.range);
    return err;
}
