/* src/geom/placement_move.c - moving and turning placements, as iTwin.js does it.
 *
 * A rotation is roll about x, then pitch about -y, then yaw about z. Of the two sets of angles that make the same
 * rotation the one with the smaller angles is taken (YawPitchRollAngles.createFromMatrix3d of
 * @itwin/core-geometry 5.1).
 */
#include "weh/placement_move.h"

#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

/* Geometry.smallAngleRadians, Geometry.smallMetricDistance, Constant.circumferenceOfEarth. */
#define SMALL_ANGLE_RADIANS 1.0e-12
#define SMALL_DISTANCE      1.0e-6
#define EARTH_M             40075017.0
#define CLEARLY_SMALLER     0.95

/* Yaw, pitch, roll in radians. */
struct turns {
    double yaw;
    double pitch;
    double roll;
};

static double radians_of(double degrees)
{
    return degrees * PI / 180;
}

/* From the nearest quarter turn, so that whole quarters come out whole. */
static double degrees_of(double radians)
{
    double quarter;

    if (radians < 0) {
        return -degrees_of(-radians);
    }
    if (radians <= 0.25 * PI) {
        return 180.0 / PI * radians;
    }
    quarter = radians < 0.75 * PI ? 1 : radians <= 1.25 * PI ? 2 : radians <= 1.75 * PI ? 3 : 4;
    return 90.0 * quarter + 180 * ((radians - quarter * 0.5 * PI) / PI);
}

static void matrix_of(const struct turns *turns, double out[9])
{
    const double cz = cos(turns->yaw);
    const double sz = sin(turns->yaw);
    const double cy = cos(turns->pitch);
    const double sy = sin(turns->pitch);
    const double cx = cos(turns->roll);
    const double sx = sin(turns->roll);

    out[0] = cz * cy;
    out[1] = -(sz * cx + cz * sy * sx);
    out[2] = sz * sx - cz * sy * cx;
    out[3] = sz * cy;
    out[4] = cz * cx - sz * sy * sx;
    out[5] = -(cz * sx + sz * sy * cx);
    out[6] = sy;
    out[7] = cy * sx;
    out[8] = cy * cx;
}

static double largest(const struct turns *turns)
{
    return fmax(fabs(turns->yaw), fmax(fabs(turns->pitch), fabs(turns->roll)));
}

static double squares(const struct turns *turns)
{
    return turns->yaw * turns->yaw + turns->pitch * turns->pitch + turns->roll * turns->roll;
}

static const struct turns *smaller(const struct turns *a, const struct turns *b)
{
    if (largest(a) < CLEARLY_SMALLER * largest(b)) {
        return a;
    }
    if (largest(b) < CLEARLY_SMALLER * largest(a)) {
        return b;
    }
    return squares(a) <= squares(b) ? a : b;
}

/* False when @m is no rotation. */
static bool turns_of(const double m[9], struct turns *out)
{
    const double sine = m[6];
    const double cosine = sqrt(m[7] * m[7] + m[8] * m[8]);
    double check[9];

    if (cosine < SMALL_ANGLE_RADIANS) {
        /* Upright: yaw and roll turn about the same axis. */
        *out = (struct turns){ atan2(-m[1], m[4]), atan2(sine, cosine), 0 };
    } else {
        const struct turns a = { atan2(m[3], m[0]), atan2(sine, cosine), atan2(m[7], m[8]) };
        const struct turns b = { atan2(-m[3], -m[0]), atan2(sine, -cosine), atan2(-m[7], -m[8]) };

        *out = *smaller(&a, &b);
    }
    matrix_of(out, check);
    for (int i = 0; i < 9; i++) {
        if (!(fabs(check[i] - m[i]) <= SMALL_DISTANCE)) {
            return false;
        }
    }
    return true;
}

static void multiply(const double a[9], const double b[9], double out[9])
{
    for (size_t i = 0; i < 9; i += 3) {
        for (size_t column = 0; column < 3; column++) {
            out[i + column] =
                a[i] * b[column] + a[i + 1] * b[3 + column] + a[i + 2] * b[6 + column];
        }
    }
}

/* @origin + @m * @point, added up in this order. */
static void apply(const double origin[3], const double m[9], const double point[3], double out[3])
{
    for (size_t i = 0; i < 3; i++) {
        const double *row = m + 3 * i;

        out[i] = origin[i] + row[0] * point[0] + row[1] * point[1] + row[2] * point[2];
    }
}

/* ---- read ---- */

static weh_err read_numbers(const struct weh_value *value, const char *where, unsigned n,
                            double *out, struct weh_diag *diag)
{
    for (unsigned i = 0; i < n; i++) {
        if (!weh_value_to_double(&value->as.items[i], &out[i])) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be of numbers", where);
        }
    }
    return WEH_OK;
}

/* @n_rows rows of @n numbers, or all of them in one array. */
static weh_err read_rows(const struct weh_value *value, const char *where, unsigned n_rows,
                         unsigned n, double *out, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (value->type == WEH_VALUE_ARRAY && value->n == n_rows * n) {
        return read_numbers(value, where, n_rows * n, out, diag);
    }
    if (value->type != WEH_VALUE_ARRAY || value->n != n_rows) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must have %u rows", where, n_rows);
    }
    for (unsigned i = 0; i < n_rows && err == WEH_OK; i++) {
        const struct weh_value *row = &value->as.items[i];

        err = row->type == WEH_VALUE_ARRAY && row->n == n
                  ? read_numbers(row, where, n, out + (size_t)i * n, diag)
                  : weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must have rows of %u numbers",
                                   where, n);
    }
    return err;
}

weh_err weh_matrix_read(const struct weh_value *value, const char *where, double out[9],
                        struct weh_diag *diag)
{
    static const double identity[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };

    if (weh_value_is_null(value)) {
        memcpy(out, identity, sizeof(identity));
        return WEH_OK;
    }
    return read_rows(value, where, 3, 3, out, diag);
}

weh_err weh_transform_read(const struct weh_value *value, const char *where,
                           struct weh_transform *out, struct weh_diag *diag)
{
    double rows[12] = { 0 };
    weh_err err;

    if (value->type == WEH_VALUE_MAP) {
        err = weh_matrix_read(weh_value_get(value, "matrix"), where, out->matrix, diag);
        return err == WEH_OK
                   ? weh_point_read(weh_value_get(value, "origin"), where, 3, out->origin, diag)
                   : err;
    }
    err = read_rows(value, where, 3, 4, rows, diag);
    for (size_t i = 0; i < 3 && err == WEH_OK; i++) {
        memcpy(out->matrix + 3 * i, rows + 4 * i, 3 * sizeof(double));
        out->origin[i] = rows[4 * i + 3];
    }
    return err;
}

/* ---- moved ---- */

void weh_transform_about(const double point[3], const double matrix[9], struct weh_transform *out)
{
    static const double nowhere[3] = { 0, 0, 0 };
    double turned[3];

    memcpy(out->matrix, matrix, sizeof(out->matrix));
    apply(nowhere, matrix, point, turned);
    for (int i = 0; i < 3; i++) {
        out->origin[i] = point[i] - turned[i];
    }
}

static weh_err invalid(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_STATE, "Invalid Transform");
}

/* @origin and @turns become those of the transform behind them. */
static bool move(const struct weh_transform *transform, double origin[3], struct turns *turns)
{
    double rotation[9];
    double turned[9];
    double moved[3];

    matrix_of(turns, rotation);
    multiply(transform->matrix, rotation, turned);
    if (!turns_of(turned, turns)) {
        return false;
    }
    apply(transform->origin, transform->matrix, origin, moved);
    memcpy(origin, moved, sizeof(moved));
    return true;
}

/* Angles that count as zero are left out of JSON. */
static double told_degrees(double radians)
{
    return fabs(radians) < SMALL_ANGLE_RADIANS ? 0 : degrees_of(radians);
}

static struct turns turns3d(const struct weh_placement3d *placement)
{
    return (struct turns){ radians_of(placement->angles[0]), radians_of(placement->angles[1]),
                           radians_of(placement->angles[2]) };
}

weh_err weh_placement3d_move(struct weh_placement3d *placement,
                             const struct weh_transform *transform, struct weh_diag *diag)
{
    struct turns turns = turns3d(placement);

    if (!move(transform, placement->origin, &turns)) {
        return invalid(diag);
    }
    placement->angles[0] = told_degrees(turns.yaw);
    placement->angles[1] = told_degrees(turns.pitch);
    placement->angles[2] = told_degrees(turns.roll);
    return WEH_OK;
}

weh_err weh_placement2d_move(struct weh_placement2d *placement,
                             const struct weh_transform *transform, struct weh_diag *diag)
{
    struct turns turns = { .yaw = radians_of(placement->angle) };
    double origin[3] = { placement->origin[0], placement->origin[1], 0 };

    if (!move(transform, origin, &turns) || fabs(turns.pitch) >= SMALL_ANGLE_RADIANS ||
        fabs(turns.roll) >= SMALL_ANGLE_RADIANS) {
        return invalid(diag);
    }
    placement->origin[0] = origin[0];
    placement->origin[1] = origin[1];
    placement->angle = degrees_of(turns.yaw);
    return WEH_OK;
}

/* ---- what there is to move ---- */

static bool is_valid(const double *origin, const double *low, const double *high, int n)
{
    for (int i = 0; i < n; i++) {
        if (!(low[i] <= high[i]) ||
            !(fmax(fabs(origin[i]), fmax(fabs(low[i]), fabs(high[i]))) < EARTH_M)) {
            return false;
        }
    }
    return true;
}

bool weh_placement3d_is_valid(const struct weh_placement3d *placement)
{
    return placement->has_box && is_valid(placement->origin, placement->low, placement->high, 3);
}

bool weh_placement2d_is_valid(const struct weh_placement2d *placement)
{
    return placement->has_box && is_valid(placement->origin, placement->low, placement->high, 2);
}

static void center(const struct turns *turns, const double origin[3], const double low[3],
                   const double high[3], double out[3])
{
    double rotation[9];
    double range[6] = { 0 };

    matrix_of(turns, rotation);
    for (unsigned corner = 0; corner < 8; corner++) {
        const double point[3] = { (corner & 1) != 0 ? high[0] : low[0],
                                  (corner & 2) != 0 ? high[1] : low[1],
                                  (corner & 4) != 0 ? high[2] : low[2] };
        double at[3];

        apply(origin, rotation, point, at);
        for (int i = 0; i < 3; i++) {
            range[i] = corner == 0 ? at[i] : fmin(range[i], at[i]);
            range[3 + i] = corner == 0 ? at[i] : fmax(range[3 + i], at[i]);
        }
    }
    for (int i = 0; i < 3; i++) {
        out[i] = range[i] + 0.5 * (range[3 + i] - range[i]);
    }
}

void weh_placement3d_center(const struct weh_placement3d *placement, double out[3])
{
    const struct turns turns = turns3d(placement);

    center(&turns, placement->origin, placement->low, placement->high, out);
}

void weh_placement2d_center(const struct weh_placement2d *placement, double out[3])
{
    const struct turns turns = { .yaw = radians_of(placement->angle) };
    const double origin[3] = { placement->origin[0], placement->origin[1], 0 };
    const double low[3] = { placement->low[0], placement->low[1], 0 };
    const double high[3] = { placement->high[0], placement->high[1], 0 };

    center(&turns, origin, low, high, out);
    out[2] = 0;
}
