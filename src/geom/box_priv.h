/* src/geom/box_priv.h - vectors, ranges and the pieces that boxes are put together from.
 *
 * Sums are written in the order in which the native library adds, so that the last bits agree.
 */
#ifndef WEH_BOX_PRIV_H
#define WEH_BOX_PRIV_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include <float.h>

#include "weh/err.h"
#include "weh/geom.h"

#define BOX_PI          3.14159265358979310
#define BOX_TWO_PI      6.28318530717958620
#define BOX_SMALL_ANGLE 1.0e-12
#define BOX_MAX_ORDER   26 /* of a spline; native's limit as well */

/* Columns x, y, z and the translation. */
struct box_frame {
    struct weh_xyz x, y, z, origin;
};

static inline struct weh_xyz box_sub(struct weh_xyz a, struct weh_xyz b)
{
    return (struct weh_xyz){ a.x - b.x, a.y - b.y, a.z - b.z };
}

static inline struct weh_xyz box_scale(struct weh_xyz a, double s)
{
    return (struct weh_xyz){ a.x * s, a.y * s, a.z * s };
}

/* a + b * s */
static inline struct weh_xyz box_plus(struct weh_xyz a, struct weh_xyz b, double s)
{
    return (struct weh_xyz){ a.x + b.x * s, a.y + b.y * s, a.z + b.z * s };
}

static inline double box_dot(struct weh_xyz a, struct weh_xyz b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline double box_length(struct weh_xyz a)
{
    return sqrt(box_dot(a, a));
}

static inline struct weh_xyz box_cross(struct weh_xyz a, struct weh_xyz b)
{
    return (struct weh_xyz){ a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x };
}

/* Make *@a a unit vector; returns its length, 0 when it has none (then it becomes the x axis). */
static inline double box_normalize(struct weh_xyz *a)
{
    double length = box_length(*a);

    *a = length > 0.0 ? box_scale(*a, 1.0 / length) : (struct weh_xyz){ 1.0, 0.0, 0.0 };
    return length;
}

static inline bool box_almost_equal(double a, double b)
{
    return fabs(a - b) <= 1.0e-10 * (1.0 + fabs(a) + fabs(b));
}

bool box_perpendicular(struct weh_xyz a, struct weh_xyz b);

/** Make the columns of @frame perpendicular unit vectors, keeping the direction of the first of @axes
 * and the plane of the first two (0 x, 1 y, 2 z). False when they have no plane. */
bool box_frame_square(struct box_frame *frame, unsigned first, unsigned second);

bool box_frame_is_identity(const struct box_frame *frame);

/** Two unit vectors perpendicular to @z and to each other; @z becomes a unit vector itself. */
void box_triad(struct weh_xyz *x, struct weh_xyz *y, struct weh_xyz *z);

struct box_frame box_frame_from(const struct weh_frame *frame);

/** Rotation of yaw, pitch and roll in degrees, and back. */
void box_frame_rotate(struct box_frame *frame, double yaw, double pitch, double roll);
void box_frame_angles(const struct box_frame *frame, double angles[3]);

struct weh_xyz box_frame_apply(const struct box_frame *frame, struct weh_xyz p);

static inline void box_init(struct weh_geom_range *range)
{
    range->low = (struct weh_xyz){ DBL_MAX, DBL_MAX, DBL_MAX };
    range->high = (struct weh_xyz){ -DBL_MAX, -DBL_MAX, -DBL_MAX };
}

static inline void box_add_value(double *low, double *high, double value)
{
    if (value < *low) {
        *low = value;
    }
    if (value > *high) {
        *high = value;
    }
}

static inline void box_add(struct weh_geom_range *range, struct weh_xyz point)
{
    box_add_value(&range->low.x, &range->high.x, point.x);
    box_add_value(&range->low.y, &range->high.y, point.y);
    box_add_value(&range->low.z, &range->high.z, point.z);
}

void box_add_points(struct weh_geom_range *range, const struct weh_points *points);
void box_add_range(struct weh_geom_range *range, const struct weh_geom_range *other);
void box_add_arc(struct weh_geom_range *range, const struct weh_arc *arc);

/** Larger by @by on all sides, unless nothing is in it. */
void box_grow(struct weh_geom_range *range, double by);
double box_diagonal(const struct weh_geom_range *range);

/** The corners of @range through @frame. */
void box_add_corners(struct weh_geom_range *out, const struct box_frame *frame,
                     const struct weh_geom_range *range);

/* --- splines: box_spline.c --- */

/* Poles of one Bezier span, x y z w; x y z times w when rational, else w is 1. */
struct box_bezier {
    unsigned order;
    bool rational;
    double pole[BOX_MAX_ORDER][4];
};

/* A spline seen along one direction: @stride poles apart. */
struct box_spline {
    const struct weh_xyz *poles;
    const double *weights; /* NULL: not rational */
    uint32_t n_poles, stride;
    const double *knots;
    uint32_t n_knots;
    unsigned order;
    bool closed;
};

/** Check order, poles and knots against each other. WEH_E_BAD_ARGS, WEH_E_UNSUPPORTED. */
WEH_MUST_CHECK weh_err box_spline_check(const struct box_spline *spline, struct weh_diag *diag);

uint32_t box_spline_n_spans(const struct box_spline *spline);

/** The @i-th span as a Bezier curve; false when it has no length. */
bool box_spline_span(const struct box_spline *spline, uint32_t i, struct box_bezier *out);

/** Whether the curve starts at its first pole and ends at the last. */
bool box_spline_is_clamped(const struct box_spline *spline);

/** The same open curve with clamped knots from 0 to 1: as many @knots, @poles and @weights (NULL when
 * not rational). False when the knots leave nothing of it. */
bool box_spline_clamp(const struct box_spline *spline, double *knots, struct weh_xyz *poles,
                      double *weights);

struct weh_xyz box_bezier_at(const struct box_bezier *bezier, double t);
void box_add_bezier(struct weh_geom_range *range, const struct box_bezier *bezier);

/** What @curve is, seen as a spline. */
struct box_spline box_spline_of(const struct weh_bcurve *curve);

WEH_MUST_CHECK weh_err box_add_bcurve(struct weh_geom_range *range, const struct weh_bcurve *curve,
                                      struct weh_diag *diag);

void box_add_poles(struct weh_geom_range *range, const struct weh_points *poles,
                   const double *weights);

/* --- box_fit.c, box_surface.c --- */

struct box_fit_sink {
    void (*span)(void *context, const struct box_bezier *bezier); /* takes the spans of a curve */
    void *context;
};
weh_err box_fit_spans(const struct weh_interpolation *curve, const struct box_fit_sink *sink,
                      struct weh_diag *diag);
WEH_MUST_CHECK weh_err box_add_interpolation(struct weh_geom_range *range,
                                             const struct weh_interpolation *curve,
                                             struct weh_diag *diag);
WEH_MUST_CHECK weh_err box_add_surface(struct weh_geom_range *range,
                                       const struct weh_surface *surface, struct weh_diag *diag);

/* --- box_solid.c --- */

void box_add_cone(struct weh_geom_range *range, const struct weh_cone *cone);
void box_add_sphere(struct weh_geom_range *range, const struct weh_sphere *sphere);
void box_add_torus(struct weh_geom_range *range, const struct weh_torus *torus);
void box_add_box(struct weh_geom_range *range, const struct weh_box_solid *box);
void box_sweep(struct weh_geom_range *range, struct weh_xyz vector);

/** The rotational sweep of @shape's contour, all of its curves. */
WEH_MUST_CHECK weh_err box_add_rotation(struct weh_geom_range *range, const struct weh_shape *shape,
                                        struct weh_diag *diag);

#endif
