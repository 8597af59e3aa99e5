/* src/geom/view_angles.c - the angles of a view, as they come out of the matrix in which the native library keeps them.
 *
 * A rotation has two sets of yaw, pitch and roll (and many a full turn apart); the native library 5.1.72
 * stores the one with the smaller angles. Steps and their order are its own where they decide the last
 * bits. Placements keep their angles as given; they are in placement.c.
 */
#include <math.h>

#include "weh/placement.h"

#define PI 3.14159265358979323846

/** Below this cosine of the pitch yaw and roll turn about the same axis. */
#define COSINE_OF_UPRIGHT 1e-12
/** The set whose largest angle is below this share of the other's wins without a look at the rest. */
#define CLEARLY_SMALLER 0.95

struct turn {
    double cosine;
    double sine;
};

static double to_radians(double degrees)
{
    return degrees * (PI / 180.0);
}

static double to_degrees(double radians)
{
    return radians * (180.0 / PI);
}

/* Sine and cosine by way of the nearest quarter turn, so that those of whole quarters are exact. */
static struct turn turn_of(double degrees)
{
    double d = fabs(degrees);
    struct turn turn;

    while (d >= 315.0) {
        d -= d < 720.0 ? 360.0 : floor(d / 360.0) * 360.0;
    }
    if (d < 45.0) {
        turn = (struct turn){ cos(to_radians(d)), sin(to_radians(d)) };
    } else if (d < 135.0) {
        turn = (struct turn){ sin(to_radians(90.0 - d)), cos(to_radians(90.0 - d)) };
    } else if (d < 225.0) {
        turn = (struct turn){ -cos(to_radians(180.0 - d)), sin(to_radians(180.0 - d)) };
    } else {
        turn = (struct turn){ sin(to_radians(d - 270.0)), -cos(to_radians(270.0 - d)) };
    }
    if (degrees < 0.0) {
        turn.sine = -turn.sine;
    }
    return turn;
}

/* The direction of (@x, @y) in degrees, measured from the nearer axis. */
static double direction(double y, double x)
{
    double from_axis;

    if (fabs(x) > fabs(y)) {
        from_axis = to_degrees(atan2(y, fabs(x)));
        if (x > 0.0) {
            return from_axis;
        }
        return (y >= 0.0 ? 180.0 : -180.0) - from_axis;
    }
    from_axis = to_degrees(atan2(x, fabs(y)));
    return y >= 0.0 ? 90.0 - from_axis : -90.0 + from_axis;
}

static double largest(const double angles[3])
{
    return fmax(fmax(fabs(angles[0]), fabs(angles[1])), fabs(angles[2]));
}

static double sum_of_squares(const double angles[3])
{
    return angles[0] * angles[0] + angles[1] * angles[1] + angles[2] * angles[2];
}

static bool is_smaller(const double a[3], const double b[3])
{
    if (largest(a) < CLEARLY_SMALLER * largest(b)) {
        return true;
    }
    return largest(b) >= CLEARLY_SMALLER * largest(a) && sum_of_squares(a) <= sum_of_squares(b);
}

void weh_view_angles_round(double angles[3])
{
    const struct turn yaw = turn_of(angles[0]);
    const struct turn pitch = turn_of(angles[1]);
    const struct turn roll = turn_of(angles[2]);
    /* The first column of the matrix, and its last row. */
    const double x = yaw.cosine * pitch.cosine;
    const double y = yaw.sine * pitch.cosine;
    const double side = pitch.cosine * roll.sine;
    const double up = pitch.cosine * roll.cosine;
    const double level = sqrt(side * side + up * up);
    double near_set[3];
    double far_set[3];

    if (level < COSINE_OF_UPRIGHT) {
        angles[0] = direction(yaw.sine * roll.cosine + yaw.cosine * pitch.sine * roll.sine,
                              yaw.cosine * roll.cosine - yaw.sine * pitch.sine * roll.sine);
        angles[1] = direction(pitch.sine, level);
        angles[2] = 0.0;
        return;
    }
    near_set[0] = direction(y, x);
    near_set[1] = direction(pitch.sine, level);
    near_set[2] = direction(side, up);
    far_set[0] = direction(-y, -x);
    far_set[1] = direction(pitch.sine, -level);
    far_set[2] = direction(-side, -up);
    for (unsigned i = 0; i < 3; i++) {
        angles[i] = is_smaller(near_set, far_set) ? near_set[i] : far_set[i];
    }
}
