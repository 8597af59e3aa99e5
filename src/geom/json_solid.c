/* src/geom/json_solid.c - solids and B-spline surfaces of JSON geometry. */
#include <math.h>

#include "weh/compiler.h"

#include "box_priv.h"
#include "json_priv.h"

weh_err json_read_box(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "origin", "baseOrigin", "topOrigin", "baseX",
                                         "baseY",  "topX",       "topY",      "height",
                                         "capped", "xyVectors",  "zxVectors", "xyzVectors",
                                         NULL };
    struct weh_box_solid *box = &out->as.box;
    struct box_frame axes = { .x = { 1.0, 0.0, 0.0 } };
    double height = 0.0;
    bool has = false;
    bool has_top = false;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        /* Both are written; the first one counts. */
        err = json_point(r, v, "origin", &box->base_origin, &has);
    }
    if (err == WEH_OK && !has) {
        err = json_need_point(r, v, "baseOrigin", &box->base_origin);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "baseX", &box->base_x);
        box->base_y = box->base_x;
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "baseY", &box->base_y, NULL);
        box->top_x = box->base_x;
        box->top_y = box->base_y;
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "topX", &box->top_x, NULL);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "topY", &box->top_y, NULL);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &box->capped);
    }
    if (err == WEH_OK) {
        err = json_axes(r, v, &axes, &has);
    }
    if (err == WEH_OK) {
        err = json_point(r, v, "topOrigin", &box->top_origin, &has_top);
        height = box->base_x;
    }
    if (err == WEH_OK && !has_top) {
        err = json_number(r, v, "height", &height, NULL);
        box->top_origin = box_plus(box->base_origin, axes.z, height);
    }
    box->vector_x = axes.x;
    box->vector_y = axes.y;
    return err;
}

static void set_frame(struct weh_frame *frame, const struct box_frame *axes, const double scale[3],
                      struct weh_xyz origin)
{
    struct weh_xyz x = box_scale(axes->x, scale[0]);
    struct weh_xyz y = box_scale(axes->y, scale[1]);
    struct weh_xyz z = box_scale(axes->z, scale[2]);

    *frame = (struct weh_frame){ { x.x, y.x, z.x, origin.x,     /* row x */
                                   x.y, y.y, z.y, origin.y,     /* row y */
                                   x.z, y.z, z.z, origin.z } }; /* row z */
}

/* radius, radiusX, radiusY, radiusZ: each absent one is the one before it. */
static weh_err read_radii(struct json_reader *r, const struct weh_value *v, double radii[3])
{
    static const char *const names[] = { "radiusX", "radiusY", "radiusZ" };
    double radius = 0.0;
    weh_err err = json_number(r, v, "radius", &radius, NULL);

    for (unsigned i = 0; err == WEH_OK && i < 3; i++) {
        err = json_number(r, v, names[i], &radius, NULL);
        radii[i] = radius;
        if (err == WEH_OK && !(radius > 0.0)) {
            err = json_fail(r, i == 0 && json_get(v, names[0]) == NULL ? "radius" : names[i],
                            "must be above 0");
        }
    }
    return err;
}

weh_err json_read_sphere(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "center",           "radius",    "radiusX",
                                         "radiusY",          "radiusZ",   "capped",
                                         "latitudeStartEnd", "xyVectors", "zxVectors",
                                         "xyzVectors",       NULL };
    struct weh_sphere *sphere = &out->as.sphere;
    const struct weh_value *latitudes = NULL;
    struct weh_xyz center = { 0.0, 0.0, 0.0 };
    struct box_frame axes;
    double radii[3];
    double sweep[2];
    bool has;
    weh_err err = json_check_members(r, v, names);

    sphere->start_latitude = -BOX_PI / 2.0;
    sphere->latitude_sweep = BOX_PI;
    if (err == WEH_OK) {
        err = json_need_point(r, v, "center", &center);
    }
    if (err == WEH_OK) {
        err = read_radii(r, v, radii);
    }
    if (err == WEH_OK) {
        err = json_axes(r, v, &axes, &has);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &sphere->capped);
        latitudes = json_get(v, "latitudeStartEnd");
    }
    if (err == WEH_OK && latitudes != NULL) {
        err = json_angle_pair(r, latitudes, "latitudeStartEnd", sweep);
        sphere->start_latitude = err == WEH_OK ? sweep[0] : 0.0;
        sphere->latitude_sweep = err == WEH_OK ? sweep[1] : 0.0;
    } else {
        /* A whole sphere has no caps. */
        sphere->capped = false;
    }
    if (err == WEH_OK) {
        set_frame(&sphere->frame, &axes, radii, center);
    }
    return err;
}

/* Axes of a cone that came without: perpendicular to the line between its centres. */
static void set_cone_axes(struct weh_cone *cone)
{
    struct weh_xyz z = box_sub(cone->center_b, cone->center_a);
    double size = box_dot(cone->center_a, cone->center_a) + box_dot(cone->center_b, cone->center_b);

    if (box_dot(z, z) < 1.0e-20 * (1.0 + size)) {
        z = (struct weh_xyz){ 0.0, 0.0, 1.0 };
    }
    box_triad(&cone->vector0, &cone->vector90, &z);
}

static weh_err read_centers(struct json_reader *r, const struct weh_value *v, struct weh_cone *cone)
{
    weh_err err = json_need_point(r, v, "start", &cone->center_a);

    if (err == WEH_OK) {
        err = json_need_point(r, v, "end", &cone->center_b);
    }
    return err == WEH_OK ? json_bool(r, v, "capped", &cone->capped) : err;
}

weh_err json_read_cylinder(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "start", "end", "radius", "capped", NULL };
    struct weh_cone *cone = &out->as.cone;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = read_centers(r, v, cone);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "radius", &cone->radius_a);
    }
    cone->radius_b = cone->radius_a;
    set_cone_axes(cone);
    return err;
}

weh_err json_read_cone(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "start",     "end",       "radius",     "startRadius",
                                         "endRadius", "capped",    "vectorX",    "vectorY",
                                         "xyVectors", "zxVectors", "xyzVectors", NULL };
    struct weh_cone *cone = &out->as.cone;
    struct box_frame axes;
    bool has_radius = false;
    bool has_start = false;
    bool has_axes = false;
    weh_err err = json_check_members(r, v, names);

    if (err == WEH_OK) {
        err = read_centers(r, v, cone);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "radius", &cone->radius_a, &has_radius);
    }
    if (err == WEH_OK) {
        err = json_number(r, v, "startRadius", &cone->radius_a, &has_start);
    }
    if (err == WEH_OK && !has_radius && !has_start) {
        err = json_fail(r, "radius", "is missing");
    }
    cone->radius_b = cone->radius_a;
    if (err == WEH_OK) {
        err = json_number(r, v, "endRadius", &cone->radius_b, NULL);
    }
    if (err == WEH_OK) {
        err = json_axes(r, v, &axes, &has_axes);
    }
    if (err == WEH_OK && has_axes) {
        cone->vector0 = axes.x;
        cone->vector90 = axes.y;
    } else {
        set_cone_axes(cone);
    }
    return err;
}

weh_err json_read_torus(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "center",     "majorRadius", "minorRadius",
                                         "sweepAngle", "capped",      "xyVectors",
                                         "zxVectors",  "xyzVectors",  NULL };
    struct weh_torus *torus = &out->as.torus;
    struct box_frame axes = { .x = { 1.0, 0.0, 0.0 } };
    bool has;
    weh_err err = json_check_members(r, v, names);

    torus->sweep = BOX_TWO_PI;
    if (err == WEH_OK) {
        err = json_need_point(r, v, "center", &torus->center);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "majorRadius", &torus->major_radius);
    }
    if (err == WEH_OK) {
        err = json_need_number(r, v, "minorRadius", &torus->minor_radius);
    }
    if (err == WEH_OK) {
        err = json_angle(r, v, "sweepAngle", &torus->sweep, NULL);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "capped", &torus->capped);
    }
    if (err == WEH_OK) {
        err = json_axes(r, v, &axes, &has);
    }
    torus->vector_x = axes.x;
    torus->vector_y = axes.y;
    return err;
}

/* Native drops one superfluous knot at either end of a knot vector. */
static void drop_outer_knots(struct weh_doubles *knots, uint32_t n_poles, uint32_t order,
                             bool closed)
{
    uint32_t surplus = closed ? n_poles + 2 * order + 1 : n_poles + order + 2;

    if (knots->n == surplus && knots->items[0] < 0.0 && knots->items[knots->n - 1] > 1.0) {
        knots->items++;
        knots->n -= 2;
    }
}

/* One pole: three numbers, or four when @weights is not NULL. */
static bool read_pole(const struct weh_value *item, struct weh_xyz *pole, double *weight)
{
    double number[4] = { 0.0, 0.0, 0.0, 1.0 };

    if (item->type != WEH_VALUE_ARRAY ||
        (weight != NULL ? item->n != 4 : item->n < 2 || item->n > 3)) {
        return false;
    }
    for (uint32_t i = 0; i < item->n; i++) {
        if (!weh_value_to_double(&item->as.items[i], &number[i])) {
            return false;
        }
    }
    *pole = (struct weh_xyz){ number[0], number[1], number[2] };
    if (weight != NULL) {
        *weight = number[3];
    }
    return number[3] >= 1.0e-5 && number[3] <= 1.0e5;
}

/* The grid's size, and whether its poles have weights. */
static weh_err measure_grid(struct json_reader *r, const struct weh_value *rows,
                            struct weh_surface *surface, bool *rational)
{
    uint32_t n_u;

    if (rows == NULL || rows->type != WEH_VALUE_ARRAY || rows->n == 0 ||
        rows->as.items[0].type != WEH_VALUE_ARRAY || rows->as.items[0].n == 0) {
        return json_fail(r, "points", "must be rows of points");
    }
    n_u = rows->as.items[0].n;
    for (uint32_t i = 0; i < rows->n; i++) {
        if (rows->as.items[i].type != WEH_VALUE_ARRAY || rows->as.items[i].n != n_u) {
            return json_fail(r, "points", "row %u must have %u points", (unsigned)i, (unsigned)n_u);
        }
    }
    if (n_u > INT32_MAX || rows->n > INT32_MAX || (uint64_t)n_u * rows->n > INT32_MAX) {
        return json_fail(r, "points", "has too many points");
    }
    surface->n_poles_u = (int32_t)n_u;
    surface->n_poles_v = (int32_t)rows->n;
    *rational = rows->as.items[0].as.items[0].type == WEH_VALUE_ARRAY &&
                rows->as.items[0].as.items[0].n == 4;
    return WEH_OK;
}

static weh_err read_grid(struct json_reader *r, const struct weh_value *rows,
                         struct weh_surface *surface)
{
    struct weh_xyz *poles;
    double *weights = NULL;
    bool rational = false;
    uint32_t n;
    weh_err err = measure_grid(r, rows, surface, &rational);

    if (err != WEH_OK) {
        return err;
    }
    n = (uint32_t)surface->n_poles_u * (uint32_t)surface->n_poles_v;
    poles = weh_arena_array(r->arena, n, sizeof(*poles));
    if (rational) {
        weights = weh_arena_array(r->arena, n, sizeof(*weights));
    }
    if (poles == NULL || (rational && weights == NULL)) {
        return json_nomem(r);
    }
    for (uint32_t at = 0; at < n; at++) {
        uint32_t row = at / (uint32_t)surface->n_poles_u;
        uint32_t column = at % (uint32_t)surface->n_poles_u;

        if (!read_pole(&rows->as.items[row].as.items[column], &poles[at],
                       weights != NULL ? &weights[at] : NULL)) {
            return json_fail(r, "points", "row %u, item %u must be a point%s", (unsigned)row,
                             (unsigned)column, rational ? " and a weight" : "");
        }
    }
    surface->poles = (struct weh_points){ poles, n };
    if (rational) {
        surface->weights = (struct weh_doubles){ weights, n };
    }
    return WEH_OK;
}

/* One direction of a surface. */
struct direction {
    const char *order_name, *knots_name, *closed_name;
    int32_t n_poles;
    int32_t *order;
    bool *closed;
    struct weh_doubles *knots;
};

static weh_err read_direction(struct json_reader *r, const struct weh_value *v,
                              const struct direction *d)
{
    struct box_spline spline = { .n_poles = (uint32_t)d->n_poles };
    struct weh_diag reason = { .where = "" };
    bool has = false;
    weh_err err = json_int(r, v, d->order_name, d->order, &has);

    if (err == WEH_OK && (!has || *d->order < 2 || *d->order > BOX_MAX_ORDER)) {
        err = json_fail(r, d->order_name, "must be 2 to %d", BOX_MAX_ORDER);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, d->closed_name, d->closed);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, v, d->knots_name, d->knots);
    }
    if (err != WEH_OK) {
        return err;
    }
    drop_outer_knots(d->knots, spline.n_poles, (uint32_t)*d->order, *d->closed);
    spline.order = (unsigned)*d->order;
    spline.closed = *d->closed;
    spline.n_knots = d->knots->n;
    if (box_spline_check(&spline, &reason) != WEH_OK) {
        return json_fail(r, d->knots_name, "%s", reason.text);
    }
    for (uint32_t i = 1; i < d->knots->n; i++) {
        if (d->knots->items[i] < d->knots->items[i - 1]) {
            return json_fail(r, d->knots_name, "must not descend");
        }
    }
    return WEH_OK;
}

/* Trim curves become the surface's only child. */
static weh_err read_trim(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    const struct weh_value *trim = json_get(v, "uvBoundaries");
    bool active = true;
    weh_err err = json_bool(r, v, "outerBoundaryActive", &active);

    if (err != WEH_OK || trim == NULL) {
        return err;
    }
    /* hole_origin says that the outer boundary cuts nothing away by itself. */
    out->as.surface.hole_origin = active ? 0 : 1;
    out->children = weh_arena_array(r->arena, 1, sizeof(*out->children));
    if (out->children == NULL) {
        return json_nomem(r);
    }
    out->n_children = 1;
    return json_push(r, out, "bsurf.uvBoundaries", trim, false, JSON_CURVES);
}

weh_err json_read_surface(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = { "points",  "orderU",       "orderV",
                                         "uKnots",  "vKnots",       "closedU",
                                         "closedV", "uvBoundaries", "outerBoundaryActive",
                                         NULL };
    struct weh_surface *surface = &out->as.surface;
    weh_err err = json_check_members(r, v, names);

    surface->n_rules_u = surface->n_rules_v = 10;
    if (err == WEH_OK) {
        err = read_grid(r, json_get(v, "points"), surface);
    }
    if (err == WEH_OK) {
        struct direction u = { "orderU",           "uKnots",          "closedU",
                               surface->n_poles_u, &surface->order_u, &surface->closed_u,
                               &surface->knots_u };

        err = read_direction(r, v, &u);
    }
    if (err == WEH_OK) {
        struct direction w = { "orderV",           "vKnots",          "closedV",
                               surface->n_poles_v, &surface->order_v, &surface->closed_v,
                               &surface->knots_v };

        err = read_direction(r, v, &w);
    }
    return err == WEH_OK ? read_trim(r, v, out) : err;
}
