/* src/geom/placement.c - placements from decoded values and back.
 *
 * Shapes are PlacementProps of @itwin/core-common; what is accepted besides them (points as objects,
 * angles in radians) and how numbers are rounded was measured with the native library 5.1.72. No
 * database here: columns are the BIS layer's business.
 */
#include "weh/placement.h"

#include <math.h>
#include <string.h>

#include "box_priv.h"

#define PLACEMENT_PI 3.14159265358979323846

/* Beyond these many metres from the origin, or with a box longer than that, the native library
 * stores no placement at all, without a word. */
#define PLACEMENT_MAX_ORIGIN 80150000.0
#define PLACEMENT_MAX_BOX    40075000.0

static weh_err fail_member(struct weh_diag *diag, const char *where, const char *what)
{
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be %s", where, what);
}

static weh_err read_items(const struct weh_value *value, const char *where, unsigned n, double *out,
                          struct weh_diag *diag)
{
    /* Missing components are 0, components behind the last are ignored (a 3d point in 2d). */
    for (unsigned i = 0; i < n && i < value->n; i++) {
        if (!weh_value_to_double(&value->as.items[i], &out[i])) {
            return fail_member(diag, where, "an array of numbers");
        }
    }
    return WEH_OK;
}

static weh_err read_xyz(const struct weh_value *value, const char *where, unsigned n, double *out,
                        struct weh_diag *diag)
{
    static const char *const names[] = { "x", "y", "z" };

    for (unsigned i = 0; i < n; i++) {
        const struct weh_value *component = weh_value_get(value, names[i]);

        if (!weh_value_is_null(component) && !weh_value_to_double(component, &out[i])) {
            return fail_member(diag, where, "a point of numbers");
        }
    }
    return WEH_OK;
}

weh_err weh_point_read(const struct weh_value *value, const char *where, unsigned n, double *out,
                       struct weh_diag *diag)
{
    weh_assert(n <= 3);
    memset(out, 0, n * sizeof(*out));
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_ARRAY) {
        return read_items(value, where, n, out, diag);
    }
    return value->type == WEH_VALUE_MAP ? read_xyz(value, where, n, out, diag)
                                        : fail_member(diag, where, "a point");
}

weh_err weh_angle_read(const struct weh_value *value, const char *where, double *degrees,
                       struct weh_diag *diag)
{
    const struct weh_value *radians = NULL;
    double number = 0.0;

    *degrees = 0.0;
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_MAP) {
        radians = weh_value_get(value, "radians");
        if (radians == NULL) {
            radians = weh_value_get(value, "_radians");
        }
        value = radians != NULL ? radians : weh_value_get(value, "degrees");
    }
    if (value == NULL || !weh_value_to_double(value, &number)) {
        return fail_member(diag, where, "an angle in degrees");
    }
    *degrees = radians != NULL ? number * (180.0 / PLACEMENT_PI) : weh_angle_round(number);
    return WEH_OK;
}

double weh_angle_round(double degrees)
{
    /* The native library keeps angles in radians; the detour costs the last bits. */
    volatile double radians = degrees * (PLACEMENT_PI / 180.0);

    return radians * (180.0 / PLACEMENT_PI);
}

static weh_err read_box(const struct weh_value *box, unsigned n, double *low, double *high,
                        struct weh_diag *diag)
{
    weh_err err;

    memset(low, 0, n * sizeof(*low));
    memset(high, 0, n * sizeof(*high));
    if (weh_value_is_null(box)) {
        return WEH_OK;
    }
    if (box->type != WEH_VALUE_MAP) {
        return fail_member(diag, "placement.bbox", "an object with low and high");
    }
    err = weh_point_read(weh_value_get(box, "low"), "placement.bbox.low", n, low, diag);
    if (err == WEH_OK) {
        err = weh_point_read(weh_value_get(box, "high"), "placement.bbox.high", n, high, diag);
    }
    /* The native range in 3d grows by one point and then by the other, so corners may be swapped; in 2d
     * it takes them as they are. */
    for (unsigned i = 0; err == WEH_OK && i < n; i++) {
        if (n == 3 && low[i] > high[i]) {
            double swap = low[i];

            low[i] = high[i];
            high[i] = swap;
        }
        if (high[i] - low[i] > PLACEMENT_MAX_BOX) {
            err = fail_member(diag, "placement.bbox", "no longer than 40075 km");
        }
    }
    return err;
}

static weh_err check_members(const struct weh_value *value, const char *const *names,
                             size_t n_names, struct weh_diag *diag)
{
    if (value->type != WEH_VALUE_MAP) {
        return fail_member(diag, "placement", "an object");
    }
    for (uint32_t i = 0; i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;
        size_t k = 0;

        while (k < n_names && !weh_str_eq_text(key, names[k])) {
            k++;
        }
        if (k == n_names) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "placement",
                                  "unknown member placement.%.*s", WEH_STR_ARGS(key));
        }
    }
    return WEH_OK;
}

static bool origin_is_far(const double *origin, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (fabs(origin[i]) > PLACEMENT_MAX_ORIGIN) {
            return true;
        }
    }
    return false;
}

weh_err weh_placement3d_read(const struct weh_value *value, struct weh_placement3d *out,
                             struct weh_diag *diag)
{
    static const char *const members[] = { "origin", "angles", "bbox" };
    static const char *const angle_names[] = { "yaw", "pitch", "roll" };
    static const char *const angle_where[] = { "placement.angles.yaw", "placement.angles.pitch",
                                               "placement.angles.roll" };
    const struct weh_value *angles;
    weh_err err;

    memset(out, 0, sizeof(*out));
    err = check_members(value, members, WEH_ARRAY_LEN(members), diag);
    if (err == WEH_OK) {
        err = weh_point_read(weh_value_get(value, "origin"), "placement.origin", 3, out->origin,
                             diag);
    }
    angles = err == WEH_OK ? weh_value_get(value, "angles") : NULL;
    if (angles != NULL && !weh_value_is_null(angles) && angles->type != WEH_VALUE_MAP) {
        return fail_member(diag, "placement.angles", "an object");
    }
    for (unsigned i = 0; err == WEH_OK && i < 3; i++) {
        err = weh_angle_read(weh_value_get(angles, angle_names[i]), angle_where[i], &out->angles[i],
                             diag);
    }
    if (err == WEH_OK) {
        err = read_box(weh_value_get(value, "bbox"), 3, out->low, out->high, diag);
    }
    if (err == WEH_OK && origin_is_far(out->origin, 3)) {
        err = fail_member(diag, "placement.origin", "within 80150 km of the origin");
    }
    out->has_box = err == WEH_OK;
    return err;
}

weh_err weh_placement2d_read(const struct weh_value *value, struct weh_placement2d *out,
                             struct weh_diag *diag)
{
    static const char *const members[] = { "origin", "angle", "bbox" };
    weh_err err;

    memset(out, 0, sizeof(*out));
    err = check_members(value, members, WEH_ARRAY_LEN(members), diag);
    if (err == WEH_OK) {
        err = weh_point_read(weh_value_get(value, "origin"), "placement.origin", 2, out->origin,
                             diag);
    }
    if (err == WEH_OK) {
        err = weh_angle_read(weh_value_get(value, "angle"), "placement.angle", &out->angle, diag);
    }
    if (err == WEH_OK) {
        err = read_box(weh_value_get(value, "bbox"), 2, out->low, out->high, diag);
    }
    if (err == WEH_OK && origin_is_far(out->origin, 2)) {
        err = fail_member(diag, "placement.origin", "within 80150 km of the origin");
    }
    out->has_box = err == WEH_OK && out->low[0] <= out->high[0] && out->low[1] <= out->high[1];
    return err;
}

void weh_point_write(const double *point, unsigned n, struct weh_sink *sink)
{
    weh_sink_array_begin(sink, n);
    for (unsigned i = 0; i < n; i++) {
        weh_sink_real(sink, point[i]);
    }
    weh_sink_array_end(sink);
}

void weh_box_write(const double *low, const double *high, unsigned n, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "low");
    weh_point_write(low, n, sink);
    weh_sink_key(sink, "high");
    weh_point_write(high, n, sink);
    weh_sink_map_end(sink);
}

void weh_angles_write(const double angles[3], struct weh_sink *sink)
{
    /* In the order of the names, zeros left out: as the native library writes them. */
    static const struct {
        const char *name;
        unsigned index;
    } order[] = { { "pitch", 1 }, { "roll", 2 }, { "yaw", 0 } };
    uint32_t n = 0;

    for (unsigned i = 0; i < 3; i++) {
        n += angles[i] != 0.0;
    }
    weh_sink_map_begin(sink, n);
    for (unsigned i = 0; i < 3; i++) {
        if (angles[order[i].index] != 0.0) {
            weh_sink_key(sink, order[i].name);
            weh_sink_real(sink, angles[order[i].index]);
        }
    }
    weh_sink_map_end(sink);
}

void weh_placement3d_write(const struct weh_placement3d *placement, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, placement->has_box ? 3 : 2);
    weh_sink_key(sink, "origin");
    weh_point_write(placement->origin, 3, sink);
    weh_sink_key(sink, "angles");
    weh_angles_write(placement->angles, sink);
    if (placement->has_box) {
        weh_sink_key(sink, "bbox");
        weh_box_write(placement->low, placement->high, 3, sink);
    }
    weh_sink_map_end(sink);
}

void weh_placement2d_write(const struct weh_placement2d *placement, struct weh_sink *sink)
{
    /* Without a stored placement the native library writes the origin alone. */
    weh_sink_map_begin(sink, placement->has_box ? 3 : 1);
    weh_sink_key(sink, "origin");
    weh_point_write(placement->origin, 2, sink);
    if (placement->has_box) {
        weh_sink_key(sink, "angle");
        weh_sink_real(sink, placement->angle);
        weh_sink_key(sink, "bbox");
        weh_box_write(placement->low, placement->high, 2, sink);
    }
    weh_sink_map_end(sink);
}

void weh_placement3d_transform(const struct weh_placement3d *placement, double out[12])
{
    const double *origin = placement->origin;
    struct box_frame turned;

    box_frame_rotate(&turned, placement->angles[0], placement->angles[1], placement->angles[2]);
    memcpy(out,
           (const double[12]){ turned.x.x, turned.y.x, turned.z.x, origin[0],   //
                               turned.x.y, turned.y.y, turned.z.y, origin[1],   //
                               turned.x.z, turned.y.z, turned.z.z, origin[2] }, //
           12 * sizeof(double));
}

void weh_placement2d_transform(const struct weh_placement2d *placement, double out[12])
{
    const double *origin = placement->origin;
    const double angle = placement->angle * (BOX_PI / 180.0);
    const double cosine = cos(angle);
    const double sine = sin(angle);

    memcpy(out,
           (const double[12]){ cosine, -sine, 0, origin[0], //
                               sine, cosine, 0, origin[1],  //
                               0, 0, 1, 0 },                //
           12 * sizeof(double));
}
