/* src/briefcase/location.c - extents, origin and place on the earth, from be_Prop to a sink.
 *
 * Shapes are those of @itwin/core-common 5.1: ProjectExtents, globalOrigin and EcefLocation.toJSON.
 * The values are JSON text that anybody may have written into the file: what is missing or of a
 * wrong kind is 0 or left out.
 */
#include "location.h"

#include <math.h>

#include "weh/file_prop.h"

#include "briefcase_priv.h"
#include "content_priv.h"

#define SMALL_ANGLE_RADIANS 1.0e-12 /* Geometry.smallAngleRadians of @itwin/core-geometry */

bool weh_location_read_xyz(const struct weh_value *value, double out[3])
{
    static const char *const names[] = { "x", "y", "z" };

    out[0] = out[1] = out[2] = 0;
    if (weh_value_is_null(value)) {
        return false;
    }
    for (uint32_t i = 0; i < 3; i++) {
        const struct weh_value *item = NULL;

        if (value->type == WEH_VALUE_ARRAY) {
            item = i < value->n ? &value->as.items[i] : NULL;
        } else {
            item = weh_value_get(value, names[i]);
        }
        if (item == NULL || !weh_value_to_double(item, &out[i])) {
            out[i] = 0;
        }
    }
    return true;
}

static void write_numbers(struct weh_sink *sink, const double *numbers, uint32_t n)
{
    weh_sink_array_begin(sink, n);
    for (uint32_t i = 0; i < n; i++) {
        weh_sink_real(sink, numbers[i]);
    }
    weh_sink_array_end(sink);
}

void weh_location_write_extents(struct weh_sink *sink, const struct weh_value *extents)
{
    double range[6];

    weh_location_read_xyz(weh_value_get(extents, "low"), range);
    weh_location_read_xyz(weh_value_get(extents, "high"), range + 3);
    weh_location_grow(range);
    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "low");
    write_numbers(sink, range, 3);
    weh_sink_key(sink, "high");
    write_numbers(sink, range + 3, 3);
    weh_sink_map_end(sink);
}

void weh_location_write_origin(struct weh_sink *sink, const struct weh_value *origin)
{
    double xyz[3];

    weh_location_read_xyz(origin, xyz);
    write_numbers(sink, xyz, 3);
}

static double read_angle(const struct weh_value *orientation, const char *name)
{
    double degrees = 0;
    const struct weh_value *value = weh_value_get(orientation, name);

    return value != NULL && weh_value_to_double(value, &degrees) ? degrees : 0;
}

static void write_angle(struct weh_sink *sink, const char *name, double degrees)
{
    if (fabs(degrees) * (3.14159265358979323846 / 180.0) >= SMALL_ANGLE_RADIANS) {
        weh_sink_key(sink, name);
        weh_sink_real(sink, degrees);
    }
}

/** Columns x, y and their normal, when the normal exists; row by row. */
static bool columns_matrix(const double x[3], const double y[3], double m[9])
{
    double z[3] = { x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2],
                    x[0] * y[1] - x[1] * y[0] };
    double length = sqrt(z[0] * z[0] + z[1] * z[1] + z[2] * z[2]);

    if (!(length > 0)) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        m[3 * i] = x[i];
        m[3 * i + 1] = y[i];
        m[3 * i + 2] = z[i] / length;
    }
    return true;
}

/** As Angle.createDegrees of @itwin/core-geometry: without reducing the angle. */
static void make_rotation(const double degrees[3], double m[9])
{
    double c[3], s[3];

    for (size_t i = 0; i < 3; i++) {
        double radians = degrees[i] * 3.14159265358979323846 / 180;

        c[i] = cos(radians);
        s[i] = sin(radians);
    }
    weh_rotation_make(c, s, m);
}

static void write_transform(struct weh_sink *sink, const struct weh_value *ecef,
                            const double origin[3], const double angles[3])
{
    const struct weh_value *given = weh_value_get(ecef, "transform");
    double x[3], y[3], m[9];
    bool has_x = weh_location_read_xyz(weh_value_get(ecef, "xVector"), x);
    bool has_y = weh_location_read_xyz(weh_value_get(ecef, "yVector"), y);

    weh_sink_key(sink, "transform");
    if (!weh_value_is_null(given)) {
        weh_sink_value(sink, given);
        return;
    }
    if (!has_x || !has_y || !columns_matrix(x, y, m)) {
        make_rotation(angles, m);
    }
    weh_sink_array_begin(sink, 3);
    for (size_t i = 0; i < 3; i++) {
        double row[4] = { m[3 * i], m[3 * i + 1], m[3 * i + 2], origin[i] };

        write_numbers(sink, row, 4);
    }
    weh_sink_array_end(sink);
}

static void write_vector(struct weh_sink *sink, const struct weh_value *ecef, const char *name)
{
    double xyz[3];

    if (weh_location_read_xyz(weh_value_get(ecef, name), xyz)) {
        weh_sink_key(sink, name);
        write_numbers(sink, xyz, 3);
    }
}

void weh_location_write_ecef(struct weh_sink *sink, const struct weh_value *ecef)
{
    const struct weh_value *orientation = weh_value_get(ecef, "orientation");
    const struct weh_value *cartographic = weh_value_get(ecef, "cartographicOrigin");
    double angles[3] = { read_angle(orientation, "yaw"), read_angle(orientation, "pitch"),
                         read_angle(orientation, "roll") };
    double origin[3];

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "origin");
    weh_location_read_xyz(weh_value_get(ecef, "origin"), origin);
    write_numbers(sink, origin, 3);
    weh_sink_key(sink, "orientation");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_angle(sink, "pitch", angles[1]);
    write_angle(sink, "roll", angles[2]);
    write_angle(sink, "yaw", angles[0]);
    weh_sink_map_end(sink);
    write_transform(sink, ecef, origin, angles);
    if (!weh_value_is_null(cartographic)) {
        weh_sink_key(sink, "cartographicOrigin");
        weh_sink_value(sink, cartographic);
    }
    if (!weh_value_is_null(weh_value_get(ecef, "xVector")) &&
        !weh_value_is_null(weh_value_get(ecef, "yVector"))) {
        write_vector(sink, ecef, "xVector");
        write_vector(sink, ecef, "yVector");
    }
    weh_sink_map_end(sink);
}

weh_err weh_location_write(struct weh_briefcase *briefcase, struct weh_arena *arena,
                           struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_value extents;
    struct weh_value units;
    const struct weh_value *ecef = NULL;
    weh_err err = weh_prop_read_json(briefcase, "dgn_Db", "Extents", arena, &extents, diag);

    if (err == WEH_OK) {
        err = weh_prop_read_json(briefcase, "dgn_Db", "Units", arena, &units, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(sink, "projectExtents");
    weh_location_write_extents(sink, &extents);
    weh_sink_key(sink, "globalOrigin");
    weh_location_write_origin(sink, weh_value_get(&units, "globalOrigin"));
    ecef = weh_value_get(&units, "ecefLocation");
    if (ecef != NULL && ecef->type == WEH_VALUE_MAP) {
        weh_sink_key(sink, "ecefLocation");
        weh_location_write_ecef(sink, ecef);
    }
    return WEH_OK;
}
