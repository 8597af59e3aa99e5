/* src/geom/json_curve.c - curves of JSON geometry: segments, strings, arcs, splines, spirals. */
#include <math.h>

#include "weh/compiler.h"

#include "box_priv.h"
#include "json_priv.h"

weh_err json_read_segment(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    weh_err err;

    if (v->type != WEH_VALUE_ARRAY || v->n != 2) {
        return json_fail(r, "", "must be two points");
    }
    err = json_point_value(r, &v->as.items[0], "", &out->as.segment[0]);
    return err != WEH_OK ? err : json_point_value(r, &v->as.items[1], "", &out->as.segment[1]);
}

weh_err json_read_points(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    weh_err err = json_points(r, v, "", &out->as.points);

    return err == WEH_OK && out->as.points.n == 0 ? json_fail(r, "", "has no points") : err;
}

/* The circle through three points, from the first to the last by way of the second. */
static weh_err arc_through(struct json_reader *r, const struct weh_value *v, struct weh_arc *out)
{
    struct weh_xyz p[3];
    struct weh_xyz ab, ac, normal;
    double nn, angle_b, angle_c;

    for (unsigned i = 0; i < 3; i++) {
        weh_err err = json_point_value(r, &v->as.items[i], "", &p[i]);

        if (err != WEH_OK) {
            return err;
        }
    }
    ab = box_sub(p[1], p[0]);
    ac = box_sub(p[2], p[0]);
    normal = box_cross(ab, ac);
    nn = box_dot(normal, normal);
    if (!(nn > 1.0e-24 * box_dot(ab, ab) * box_dot(ac, ac))) {
        return json_fail(r, "", "must be three points that are not on one line");
    }
    out->center = box_plus(p[0],
                           box_plus(box_scale(box_cross(normal, ab), box_dot(ac, ac)),
                                    box_cross(ac, normal), box_dot(ab, ab)),
                           0.5 / nn);
    out->vector0 = box_sub(p[0], out->center);
    box_normalize(&normal);
    out->vector90 = box_cross(normal, out->vector0);
    out->start = 0.0;
    ab = box_sub(p[1], out->center);
    ac = box_sub(p[2], out->center);
    angle_b = atan2(box_dot(ab, out->vector90), box_dot(ab, out->vector0));
    angle_c = atan2(box_dot(ac, out->vector90), box_dot(ac, out->vector0));
    if (angle_b < 0.0) {
        angle_b += BOX_TWO_PI;
    }
    while (angle_c < angle_b) {
        angle_c += BOX_TWO_PI;
    }
    out->sweep = angle_c;
    return WEH_OK;
}

weh_err json_read_arc(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "center", "vectorX", "vectorY", "sweepStartEnd", NULL };
    struct weh_arc *arc = &out->as.arc;
    double sweep[2];
    weh_err err;

    if (v->type == WEH_VALUE_ARRAY && v->n == 3) {
        return arc_through(r, v, arc);
    }
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = json_need_point(r, v, "center", &arc->center);
    }
    if (err == WEH_OK) {
        err = json_need_point(r, v, "vectorX", &arc->vector0);
    }
    if (err == WEH_OK) {
        err = json_need_point(r, v, "vectorY", &arc->vector90);
    }
    if (err == WEH_OK) {
        err = json_angle_pair(r, json_get(v, "sweepStartEnd"), "sweepStartEnd", sweep);
    }
    if (err == WEH_OK) {
        arc->start = sweep[0];
        arc->sweep = sweep[1];
    }
    return err;
}

/* Poles of three coordinates, or of four: the weight, by which the others are multiplied already. */
static weh_err read_poles(struct json_reader *r, const struct weh_value *value,
                          struct weh_points *poles, struct weh_doubles *weights)
{
    struct weh_xyz *points;
    double *w = NULL;
    bool rational;

    if (value == NULL || value->type != WEH_VALUE_ARRAY || value->n == 0) {
        return json_fail(r, "points", "must be an array of points");
    }
    rational = value->as.items[0].type == WEH_VALUE_ARRAY && value->as.items[0].n == 4;
    if (!rational) {
        return json_points(r, value, "points", poles);
    }
    points = weh_arena_array(r->arena, value->n, sizeof(*points));
    w = weh_arena_array(r->arena, value->n, sizeof(*w));
    if (points == NULL || w == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; i < value->n; i++) {
        const struct weh_value *item = &value->as.items[i];

        if (item->type != WEH_VALUE_ARRAY || item->n != 4 ||
            !weh_value_to_double(&item->as.items[0], &points[i].x) ||
            !weh_value_to_double(&item->as.items[1], &points[i].y) ||
            !weh_value_to_double(&item->as.items[2], &points[i].z) ||
            !weh_value_to_double(&item->as.items[3], &w[i]) || !(w[i] >= 1.0e-5) ||
            !(w[i] <= 1.0e5)) {
            return json_fail(r, "points", "item %u must be x, y, z and a weight", (unsigned)i);
        }
    }
    *poles = (struct weh_points){ points, value->n };
    *weights = (struct weh_doubles){ w, value->n };
    return WEH_OK;
}

/* Knots of a curve that came without: from 0 to 1 in equal steps. */
static weh_err make_knots(struct json_reader *r, struct weh_bcurve *curve)
{
    uint32_t order = (uint32_t)curve->order;
    uint32_t n = curve->poles.n + order + (curve->closed ? order - 1 : 0);
    uint32_t spans = curve->closed ? curve->poles.n : curve->poles.n - order + 1;
    double *knots = weh_arena_array(r->arena, n, sizeof(*knots));

    if (knots == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; i < n; i++) {
        double step = (double)i - (double)(order - 1);

        if (!curve->closed) {
            step = fmin(fmax(step, 0.0), spans);
        }
        knots[i] = step / spans;
    }
    curve->knots = (struct weh_doubles){ knots, n };
    return WEH_OK;
}

/* Native stores open curves with clamped knots only. */
static weh_err clamp(struct json_reader *r, struct weh_bcurve *curve)
{
    struct box_spline spline = box_spline_of(curve);
    double *knots = weh_arena_array(r->arena, curve->knots.n, sizeof(*knots));
    struct weh_xyz *poles = weh_arena_array(r->arena, curve->poles.n, sizeof(*poles));
    double *weights = NULL;

    if (spline.weights != NULL) {
        weights = weh_arena_array(r->arena, curve->poles.n, sizeof(*weights));
    }
    if (knots == NULL || poles == NULL || (spline.weights != NULL && weights == NULL)) {
        return json_nomem(r);
    }
    if (!box_spline_clamp(&spline, knots, poles, weights)) {
        return json_fail(r, "knots", "must leave a curve between them");
    }
    curve->knots.items = knots;
    curve->poles.items = poles;
    if (weights != NULL) {
        curve->weights.items = weights;
    }
    return WEH_OK;
}

static bool ascending(const struct weh_doubles *knots)
{
    for (uint32_t i = 1; i < knots->n; i++) {
        if (knots->items[i] < knots->items[i - 1]) {
            return false;
        }
    }
    return true;
}

static weh_err check_spline(struct json_reader *r, const struct weh_bcurve *curve)
{
    struct box_spline spline = box_spline_of(curve);
    struct weh_diag reason = { .where = "" };
    weh_err err = box_spline_check(&spline, &reason);

    if (err != WEH_OK) {
        return json_fail(r, "", "%s", reason.text);
    }
    return ascending(&curve->knots) ? WEH_OK : json_fail(r, "knots", "must not descend");
}

weh_err json_read_bcurve(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "points", "order", "knots", "closed", NULL };
    struct weh_bcurve *curve = &out->as.bcurve;
    struct box_spline spline;
    bool has_order = false;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = read_poles(r, json_get(v, "points"), &curve->poles, &curve->weights);
    }
    if (err == WEH_OK) {
        err = json_int(r, v, "order", &curve->order, &has_order);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "closed", &curve->closed);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, v, "knots", &curve->knots);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (!has_order || curve->order < 2 || curve->order > BOX_MAX_ORDER) {
        return json_fail(r, "order", "must be 2 to %d", BOX_MAX_ORDER);
    }
    if (curve->poles.n < (uint32_t)curve->order) {
        return json_fail(r, "points", "must be as many as the order or more");
    }
    if (curve->knots.n == 0) {
        return make_knots(r, curve);
    }
    err = check_spline(r, curve);
    spline = box_spline_of(curve);
    if (err == WEH_OK && !curve->closed && !box_spline_is_clamped(&spline)) {
        err = clamp(r, curve);
    }
    return err;
}

/* A flag of an interpolation curve: a number; native takes no notice of a boolean. */
static weh_err read_flag(struct json_reader *r, const struct weh_value *v, const char *name,
                         int32_t *out)
{
    const struct weh_value *value = json_get(v, name);

    if (value != NULL && value->type == WEH_VALUE_BOOL) {
        return WEH_OK;
    }
    return json_int(r, v, name, out, NULL);
}

static weh_err read_fit_flags(struct json_reader *r, const struct weh_value *v,
                              struct weh_interpolation *curve)
{
    weh_err err = read_flag(r, v, "isChordLenKnots", &curve->is_chord_len_knots);

    if (err == WEH_OK) {
        err = read_flag(r, v, "isColinearTangents", &curve->is_colinear_tangents);
    }
    if (err == WEH_OK) {
        err = read_flag(r, v, "isChordLenTangents", &curve->is_chord_len_tangents);
    }
    if (err == WEH_OK) {
        err = read_flag(r, v, "isNaturalTangents", &curve->is_natural_tangents);
    }
    return err;
}

static void ignore_span(void *context, const struct box_bezier *bezier)
{
    (void)context;
    (void)bezier;
}

/* Refuse points that no curve goes through. */
static weh_err check_fit(struct json_reader *r, const struct weh_interpolation *curve)
{
    struct box_fit_sink sink = { ignore_span, NULL };
    struct weh_diag reason = { .where = "" };
    weh_err err = box_fit_spans(curve, &sink, &reason);

    if (err == WEH_E_NOMEM) {
        return json_nomem(r);
    }
    return err == WEH_OK ? WEH_OK : json_fail(r, "fitPoints", "%s", reason.text);
}

weh_err json_read_fit(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "fitPoints",
                                         "knots",
                                         "order",
                                         "closed",
                                         "isChordLenKnots",
                                         "isColinearTangents",
                                         "isChordLenTangents",
                                         "isNaturalTangents",
                                         "startTangent",
                                         "endTangent",
                                         NULL };
    struct weh_interpolation *curve = &out->as.interpolation;
    weh_err err = json_check_members(r, v, names);

    curve->order = 4;
    /* Native writes both tangents, zeros when there are none. */
    curve->has_start_tangent = curve->has_end_tangent = true;
    if (err == WEH_OK) {
        err = json_points(r, json_get(v, "fitPoints"), "fitPoints", &curve->fit_points);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, v, "knots", &curve->knots);
    }
    if (err == WEH_OK) {
        err = json_int(r, v, "order", &curve->order, NULL);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "closed", &curve->closed);
    }
    if (err == WEH_OK) {
        err = read_fit_flags(r, v, curve);
    }
    if (err == WEH_OK) {
        err = json_point(r, v, "startTangent", &curve->start_tangent, NULL);
    }
    if (err == WEH_OK) {
        err = json_point(r, v, "endTangent", &curve->end_tangent, NULL);
    }
    return err == WEH_OK ? check_fit(r, curve) : err;
}

/* The types of spirals that two bearings and two radii define, by native's numbers. */
static bool spiral_type(struct weh_str name, int32_t *out)
{
    static const struct {
        const char *name;
        int32_t type;
    } types[] = {
        { "clothoid", 10 }, { "bloss", 11 }, { "biquadratic", 12 }, { "cosine", 13 }, { "sine", 14 }
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(types); i++) {
        if (weh_str_eq_nocase(name, weh_str_from(types[i].name))) {
            *out = types[i].type;
            return true;
        }
    }
    return false;
}

static double curvature(double radius)
{
    return radius == 0.0 ? 0.0 : 1.0 / radius;
}

static void set_frame(struct weh_frame *frame, const struct box_frame *axes, struct weh_xyz origin)
{
    *frame = (struct weh_frame){ { axes->x.x, axes->y.x, axes->z.x, origin.x,     /* row x */
                                   axes->x.y, axes->y.y, axes->z.y, origin.y,     /* row y */
                                   axes->x.z, axes->y.z, axes->z.z, origin.z } }; /* row z */
}

/* Bearings from the length, or the other way round, as the mean curvature has it. */
static weh_err settle_bearings(struct json_reader *r, const struct weh_value *v,
                               struct weh_spiral *spiral)
{
    bool has_length, has_end;
    double length = 0.0;
    weh_err err = json_number(r, v, "length", &length, &has_length);

    if (err == WEH_OK) {
        err = json_angle(r, v, "startBearing", &spiral->bearing0, NULL);
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "endBearing", &spiral->bearing1, &has_end);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (!has_length && !has_end) {
        return json_fail(r, "endBearing", "or length is missing");
    }
    if (has_length) {
        spiral->bearing1 =
            spiral->bearing0 + 0.5 * length * (spiral->curvature0 + spiral->curvature1);
    }
    return WEH_OK;
}

weh_err json_read_spiral(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "origin",
                                         "type",
                                         "xyVectors",
                                         "zxVectors",
                                         "xyzVectors",
                                         "startRadius",
                                         "endRadius",
                                         "startBearing",
                                         "endBearing",
                                         "length",
                                         "activeFractionInterval",
                                         NULL };
    struct weh_spiral *spiral = &out->as.spiral;
    struct weh_doubles interval = { NULL, 0 };
    struct weh_xyz origin = { 0.0, 0.0, 0.0 };
    struct weh_str type = { NULL, 0 };
    struct box_frame axes;
    double radius0 = 0.0, radius1 = 0.0;
    bool has;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = json_need_point(r, v, "origin", &origin);
    }
    if (err == WEH_OK) {
        err = json_axes(r, v, &axes, &has);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "startRadius", &radius0);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "endRadius", &radius1);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, v, "activeFractionInterval", &interval);
    }
    if (err == WEH_OK) {
        err = json_text(r, v, "type", &type, &has);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (!spiral_type(type, &spiral->type)) {
        return json_fail(r, "type", "must be clothoid, bloss, biquadratic, cosine or sine");
    }
    if (interval.n != 0 && interval.n != 2) {
        return json_fail(r, "activeFractionInterval", "must be two numbers");
    }
    set_frame(&spiral->frame, &axes, origin);
    spiral->fraction_a = interval.n == 2 ? interval.items[0] : 0.0;
    spiral->fraction_b = interval.n == 2 ? interval.items[1] : 1.0;
    spiral->curvature0 = curvature(radius0);
    spiral->curvature1 = curvature(radius1);
    return settle_bearings(r, v, spiral);
}
