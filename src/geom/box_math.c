/* src/geom/box_math.c - frames, angles and ranges: the arithmetic below boxes and JSON geometry. */
#include <string.h>

#include "weh/compiler.h"
#include "weh/geom_box.h"

#include "box_priv.h"

#define BOX_MATRIX_TOLERANCE 1.0e-12

bool box_perpendicular(struct weh_xyz a, struct weh_xyz b)
{
    double ab = box_dot(a, b);

    return ab * ab <= BOX_SMALL_ANGLE * BOX_SMALL_ANGLE * box_dot(a, a) * box_dot(b, b);
}

/* The unit vector of a x b; false when they are parallel. */
static bool unit_cross(struct weh_xyz a, struct weh_xyz b, struct weh_xyz *out)
{
    *out = box_cross(a, b);
    return box_normalize(out) != 0.0;
}

bool box_frame_square(struct box_frame *frame, unsigned first, unsigned second)
{
    struct weh_xyz column[3] = { frame->x, frame->y, frame->z };
    unsigned third = 3 - first - second;

    weh_assert(first < 3 && second < 3 && first != second);
    box_normalize(&column[first]);
    if (!unit_cross(column[first], column[second], &column[third]) ||
        !unit_cross(column[third], column[first], &column[second])) {
        return false;
    }
    if ((second + 1) % 3 == first) {
        column[third] = box_scale(column[third], -1.0);
    }
    frame->x = column[0];
    frame->y = column[1];
    frame->z = column[2];
    return true;
}

static bool near(struct weh_xyz a, double x, double y, double z)
{
    return fabs(a.x - x) <= BOX_MATRIX_TOLERANCE && fabs(a.y - y) <= BOX_MATRIX_TOLERANCE &&
           fabs(a.z - z) <= BOX_MATRIX_TOLERANCE;
}

bool box_frame_is_identity(const struct box_frame *frame)
{
    return near(frame->x, 1.0, 0.0, 0.0) && near(frame->y, 0.0, 1.0, 0.0) &&
           near(frame->z, 0.0, 0.0, 1.0);
}

void box_triad(struct weh_xyz *x, struct weh_xyz *y, struct weh_xyz *z)
{
    double limit = box_length(*z) / 64.0;
    struct weh_xyz other = { 0.0, 0.0, 1.0 };

    if (box_length(*z) == 0.0) {
        *x = (struct weh_xyz){ 1.0, 0.0, 0.0 };
        *y = (struct weh_xyz){ 0.0, 1.0, 0.0 };
        *z = (struct weh_xyz){ 0.0, 0.0, 1.0 };
        return;
    }
    if (fabs(z->x) < limit && fabs(z->y) < limit) {
        other = (struct weh_xyz){ 0.0, 1.0, 0.0 };
    }
    *x = box_cross(other, *z);
    *y = box_cross(*z, *x);
    box_normalize(x);
    box_normalize(y);
    box_normalize(z);
}

struct box_frame box_frame_from(const struct weh_frame *frame)
{
    const double *m = frame->m;

    return (struct box_frame){
        { m[0], m[4], m[8] }, { m[1], m[5], m[9] }, { m[2], m[6], m[10] }, { m[3], m[7], m[11] }
    };
}

static double radians(double degrees)
{
    return degrees * (BOX_PI / 180.0);
}

/* Into the eighth of the circle where cosine and sine are most exact; @quadrant counts quarters. */
static double reduce(double degrees, unsigned *quadrant)
{
    double rest = fmod(degrees, 360.0);

    if (rest < 45.0) {
        *quadrant = 0;
        return rest;
    }
    if (rest < 135.0) {
        *quadrant = 1;
        return rest - 90.0;
    }
    if (rest < 225.0) {
        *quadrant = 2;
        return rest - 180.0;
    }
    if (rest < 315.0) {
        *quadrant = 3;
        return rest - 270.0;
    }
    *quadrant = 0;
    return rest - 360.0;
}

/* Exact at multiples of 90, as the sine is: 0.0 - rest rather than -rest, as a zero has no sign there. */
static double cos_degrees(double degrees)
{
    unsigned quadrant;
    double rest = reduce(fabs(degrees), &quadrant);

    switch (quadrant) {
    case 0:
        return cos(radians(rest));
    case 1:
        return sin(radians(0.0 - rest));
    case 2:
        return -cos(radians(rest));
    default:
        return sin(radians(rest));
    }
}

static double sin_degrees(double degrees)
{
    unsigned quadrant;
    double rest = reduce(fabs(degrees), &quadrant);
    double sine;

    switch (quadrant) {
    case 0:
        sine = sin(radians(rest));
        break;
    case 1:
        sine = cos(radians(rest));
        break;
    case 2:
        sine = sin(radians(0.0 - rest));
        break;
    default:
        sine = -cos(radians(rest));
        break;
    }
    return degrees < 0.0 ? -sine : sine;
}

void box_frame_rotate(struct box_frame *frame, double yaw, double pitch, double roll)
{
    double c0 = cos_degrees(yaw), s0 = sin_degrees(yaw);
    double c1 = cos_degrees(pitch), s1 = sin_degrees(pitch);
    double c2 = cos_degrees(roll), s2 = sin_degrees(roll);

    frame->x = (struct weh_xyz){ c0 * c1, s0 * c1, s1 };
    frame->y = (struct weh_xyz){ -(s0 * c2 + c0 * s1 * s2), c0 * c2 - s0 * s1 * s2, c1 * s2 };
    frame->z = (struct weh_xyz){ s0 * s2 - c0 * s1 * c2, -(c0 * s2 + s0 * s1 * c2), c1 * c2 };
}

/* The angle of (x, y) in degrees, exact at multiples of 90. */
static double degrees_of(double y, double x)
{
    double small;

    if (fabs(x) > fabs(y)) {
        small = atan2(y, fabs(x)) * (180.0 / BOX_PI);
        if (x > 0.0) {
            return small;
        }
        return y >= 0.0 ? 180.0 - small : -180.0 - small;
    }
    small = atan2(x, fabs(y)) * (180.0 / BOX_PI);
    return y >= 0.0 ? 90.0 - small : -90.0 + small;
}

static double max_abs(const double a[3])
{
    return fmax(fabs(a[0]), fmax(fabs(a[1]), fabs(a[2])));
}

static double sum_squares(const double a[3])
{
    return a[0] * a[0] + a[1] * a[1] + a[2] * a[2];
}

void box_frame_angles(const struct box_frame *frame, double angles[3])
{
    double s1 = frame->x.z;
    double c1 = sqrt(frame->y.z * frame->y.z + frame->z.z * frame->z.z);
    double a[3];
    double b[3];
    bool take_a;

    if (c1 < BOX_SMALL_ANGLE) {
        angles[0] = degrees_of(-frame->y.x, frame->y.y);
        angles[1] = degrees_of(s1, c1);
        angles[2] = 0.0;
        return;
    }
    a[0] = degrees_of(frame->x.y, frame->x.x);
    a[1] = degrees_of(s1, c1);
    a[2] = degrees_of(frame->y.z, frame->z.z);
    b[0] = degrees_of(-frame->x.y, -frame->x.x);
    b[1] = degrees_of(s1, -c1);
    b[2] = degrees_of(-frame->y.z, -frame->z.z);
    /* Two sets of angles make the same rotation: the smaller one, with a bias as native has it. */
    if (max_abs(a) < 0.95 * max_abs(b)) {
        take_a = true;
    } else if (max_abs(b) < 0.95 * max_abs(a)) {
        take_a = false;
    } else {
        take_a = sum_squares(a) <= sum_squares(b);
    }
    memcpy(angles, take_a ? a : b, sizeof(a));
}

struct weh_xyz box_frame_apply(const struct box_frame *frame, struct weh_xyz p)
{
    return (
        struct weh_xyz){ frame->x.x * p.x + frame->y.x * p.y + frame->z.x * p.z + frame->origin.x,
                         frame->x.y * p.x + frame->y.y * p.y + frame->z.y * p.z + frame->origin.y,
                         frame->x.z * p.x + frame->y.z * p.y + frame->z.z * p.z + frame->origin.z };
}

bool weh_geom_range_is_null(const struct weh_geom_range *range)
{
    return range->low.x > range->high.x || range->low.y > range->high.y ||
           range->low.z > range->high.z;
}

void box_add_points(struct weh_geom_range *range, const struct weh_points *points)
{
    for (uint32_t i = 0; i < points->n; i++) {
        box_add(range, points->items[i]);
    }
}

void box_add_range(struct weh_geom_range *range, const struct weh_geom_range *other)
{
    if (!weh_geom_range_is_null(other)) {
        box_add(range, other->low);
        box_add(range, other->high);
    }
}

void box_grow(struct weh_geom_range *range, double by)
{
    if (!weh_geom_range_is_null(range)) {
        range->low = box_sub(range->low, (struct weh_xyz){ by, by, by });
        range->high = box_plus(range->high, (struct weh_xyz){ by, by, by }, 1.0);
    }
}

double box_diagonal(const struct weh_geom_range *range)
{
    return box_length(box_sub(range->high, range->low));
}

void box_add_corners(struct weh_geom_range *out, const struct box_frame *frame,
                     const struct weh_geom_range *range)
{
    for (unsigned i = 0; i < 8; i++) {
        struct weh_xyz corner = { (i & 1) != 0 ? range->high.x : range->low.x,
                                  (i & 2) != 0 ? range->high.y : range->low.y,
                                  (i & 4) != 0 ? range->high.z : range->low.z };

        box_add(out, box_frame_apply(frame, corner));
    }
}

static bool is_full_circle(double sweep)
{
    return fabs(sweep) > BOX_TWO_PI - BOX_SMALL_ANGLE;
}

/* True when @angle is a multiple of a full turn. */
static bool is_near_turn(double angle)
{
    double rest = fmod(fabs(angle), BOX_TWO_PI);

    return rest <= BOX_SMALL_ANGLE || rest >= BOX_TWO_PI - BOX_SMALL_ANGLE;
}

/* True when @angle, some turns aside, lies in @sweep from @start. */
static bool in_sweep(double angle, double start, double sweep)
{
    double beyond = sweep >= 0.0 ? angle - start : start - angle;

    if (is_near_turn(angle - start) || is_near_turn(angle - (start + sweep))) {
        return true;
    }
    beyond = fmod(beyond, BOX_TWO_PI);
    if (beyond < 0.0) {
        beyond += BOX_TWO_PI;
    }
    return beyond <= fabs(sweep);
}

/* Extend by the extremes of center + c cos t + s sin t inside the sweep. */
static void add_component(double range[2], double center, const double vector[2],
                          const struct weh_arc *arc)
{
    double r = sqrt(vector[0] * vector[0] + vector[1] * vector[1]);
    double angle;
    double height;

    if (!(r > 0.0)) {
        return;
    }
    angle = atan2(vector[1] / r, vector[0] / r);
    height = vector[0] / r * vector[0] + vector[1] / r * vector[1];
    if (in_sweep(angle, arc->start, arc->sweep)) {
        box_add_value(&range[0], &range[1], center + height);
    }
    if (in_sweep(angle + BOX_PI, arc->start, arc->sweep)) {
        box_add_value(&range[0], &range[1], center - height);
    }
}

static struct weh_xyz arc_point(const struct weh_arc *arc, double angle)
{
    double c = cos(angle);
    double s = sin(angle);

    return (struct weh_xyz){ arc->center.x + c * arc->vector0.x + s * arc->vector90.x,
                             arc->center.y + c * arc->vector0.y + s * arc->vector90.y,
                             arc->center.z + c * arc->vector0.z + s * arc->vector90.z };
}

void box_add_arc(struct weh_geom_range *range, const struct weh_arc *arc)
{
    const double center[3] = { arc->center.x, arc->center.y, arc->center.z };
    const double vectors[3][2] = { { arc->vector0.x, arc->vector90.x },
                                   { arc->vector0.y, arc->vector90.y },
                                   { arc->vector0.z, arc->vector90.z } };
    struct weh_xyz first = arc->center;
    struct weh_xyz last = arc->center;
    double own[3][2];

    /* Native measures from the centre when the circle is full, else from the end points. */
    if (!is_full_circle(arc->sweep)) {
        first = arc_point(arc, arc->start);
        last = arc_point(arc, arc->start + arc->sweep);
    }
    own[0][0] = own[0][1] = first.x;
    own[1][0] = own[1][1] = first.y;
    own[2][0] = own[2][1] = first.z;
    box_add_value(&own[0][0], &own[0][1], last.x);
    box_add_value(&own[1][0], &own[1][1], last.y);
    box_add_value(&own[2][0], &own[2][1], last.z);
    for (unsigned i = 0; i < 3; i++) {
        add_component(own[i], center[i], vectors[i], arc);
    }
    box_add(range, (struct weh_xyz){ own[0][0], own[1][0], own[2][0] });
    box_add(range, (struct weh_xyz){ own[0][1], own[1][1], own[2][1] });
}
