/* src/briefcase/functions.c - the SQL functions that the triggers of an iModel call.
 *
 * Points, angles, boxes and placements are blobs of little-endian doubles; the values are those of
 * the native library 5.1.72. A blob of another length is answered with NULL: a file or a query can
 * pass anything. Only the six that stand inside files, not those that queries may use.
 */
#include <math.h>
#include <string.h>

#include "briefcase_priv.h"

WEH_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are little-endian doubles");

#define MAX_EXTENT_M    40075000.0 /* the earth's circumference, longest side of a box */
#define MAX_ORIGIN_M    80150000.0 /* twice that */
#define MIN_SIDE_HALF_M 0.0005
/* The lower corner of native's empty range (DRange3d); the upper one is its negative. */
#define EMPTY_CORNER 2305843009213693951.0

#define ANGLES_AT   3
#define BOX_AT      6
#define N_PLACEMENT 12

static const double degree = 3.14159265358979323846 / 180.0;

static void concat_doubles(sqlite3_context *context, int n, sqlite3_value **args)
{
    double out[6] = { 0 };

    for (int i = 0; i < n && i < 6; i++) {
        out[i] = sqlite3_value_double(args[i]);
    }
    sqlite3_result_blob(context, out, n * (int)sizeof(double), SQLITE_TRANSIENT);
}

/** Read a blob of exactly @n doubles. */
static bool read_doubles(sqlite3_value *value, size_t n, double *out)
{
    const void *bytes = NULL;

    if (sqlite3_value_type(value) != SQLITE_BLOB) {
        return false;
    }
    bytes = sqlite3_value_blob(value);
    if (bytes == NULL || (size_t)sqlite3_value_bytes(value) != n * sizeof(double)) {
        return false;
    }
    memcpy(out, bytes, n * sizeof(double));
    return true;
}

static void make_placement(sqlite3_context *context, int n, sqlite3_value **args)
{
    double out[N_PLACEMENT];

    weh_assert(n == 3);
    if (!read_doubles(args[0], 3, out) || !read_doubles(args[1], 3, out + ANGLES_AT) ||
        !read_doubles(args[2], 6, out + BOX_AT)) {
        return;
    }
    sqlite3_result_blob(context, out, sizeof(out), SQLITE_TRANSIENT);
}

/** Sine and cosine of @degrees, finite, reduced to the nearest multiple of 90 first: so does the
 * native library (AngleInDegrees), and a float of the index shows the difference. */
static void sin_cos_degrees(double degrees, double *sine, double *cosine)
{
    double positive = fmod(fabs(degrees), 360.0);
    long quarter = lround(positive / 90.0);
    double s = sin((positive - 90.0 * (double)quarter) * degree);
    double c = cos((positive - 90.0 * (double)quarter) * degree);
    const double sines[4] = { s, c, -s, -c };
    const double cosines[4] = { c, -s, -c, s };

    *sine = degrees < 0 ? -sines[quarter & 3] : sines[quarter & 3];
    *cosine = cosines[quarter & 3];
}

void weh_rotation_make(const double c[3], const double s[3], double out[9])
{
    out[0] = c[0] * c[1];
    out[1] = -(s[0] * c[2] + c[0] * s[1] * s[2]);
    out[2] = s[0] * s[2] - c[0] * s[1] * c[2];
    out[3] = s[0] * c[1];
    out[4] = c[0] * c[2] - s[0] * s[1] * s[2];
    out[5] = -(c[0] * s[2] + s[0] * s[1] * c[2]);
    out[6] = s[1];
    out[7] = c[1] * s[2];
    out[8] = c[1] * c[2];
}

/** False for a box, an origin or angles that no element can have; NaN is one of those. */
static bool is_placement_sane(const double *placement)
{
    const double *low = placement + BOX_AT;
    const double *high = low + 3;

    for (int axis = 0; axis < 3; axis++) {
        if (!(low[axis] <= high[axis]) || !(high[axis] - low[axis] <= MAX_EXTENT_M)) {
            return false;
        }
        if (!isfinite(placement[ANGLES_AT + axis])) {
            return false;
        }
    }
    return sqrt(placement[0] * placement[0] + placement[1] * placement[1] +
                placement[2] * placement[2]) <= MAX_ORIGIN_M;
}

/** The range of the box's corners in world coordinates. */
static void transform_box(const double *placement, double *low, double *high)
{
    const double *box = placement + BOX_AT;
    double c[3], s[3], m[9];

    for (int i = 0; i < 3; i++) {
        sin_cos_degrees(placement[ANGLES_AT + i], &s[i], &c[i]);
    }
    weh_rotation_make(c, s, m);
    for (unsigned corner = 0; corner < 8; corner++) {
        double x = box[(corner & 1) != 0 ? 3 : 0];
        double y = box[(corner & 2) != 0 ? 4 : 1];
        double z = box[(corner & 4) != 0 ? 5 : 2];

        for (int axis = 0; axis < 3; axis++) {
            const double *row = m + 3 * (size_t)axis;
            double at = row[0] * x + row[1] * y + row[2] * z + placement[axis];

            low[axis] = corner == 0 || at < low[axis] ? at : low[axis];
            high[axis] = corner == 0 || at > high[axis] ? at : high[axis];
        }
    }
}

/** A box needs a size in each direction, or the index would not find it. */
static void widen_flat_sides(double *low, double *high)
{
    for (int axis = 0; axis < 3; axis++) {
        if (low[axis] == high[axis]) {
            low[axis] -= MIN_SIDE_HALF_M;
            high[axis] += MIN_SIDE_HALF_M;
        }
    }
}

static void placement_aabb(sqlite3_context *context, int n, sqlite3_value **args)
{
    double placement[N_PLACEMENT];
    double out[6] = { EMPTY_CORNER,  EMPTY_CORNER,  EMPTY_CORNER,
                      -EMPTY_CORNER, -EMPTY_CORNER, -EMPTY_CORNER };

    weh_assert(n == 1);
    if (!read_doubles(args[0], N_PLACEMENT, placement)) {
        return;
    }
    if (is_placement_sane(placement)) {
        transform_box(placement, out, out + 3);
        widen_flat_sides(out, out + 3);
    }
    sqlite3_result_blob(context, out, sizeof(out), SQLITE_TRANSIENT);
}

static void bbox_value(sqlite3_context *context, int n, sqlite3_value **args)
{
    double box[6];
    sqlite3_int64 at;

    weh_assert(n == 2);
    at = sqlite3_value_int64(args[1]);
    if (at < 0 || at > 5 || !read_doubles(args[0], 6, box)) {
        return;
    }
    sqlite3_result_double(context, box[at]);
}

int weh_functions_register(sqlite3 *db)
{
    /* Innocuous: the file's triggers call them. */
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    static const char *const prefixes[] = { "DGN_", "iModel_" };
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "point", 3, concat_doubles },          { "angles", 3, concat_doubles },
        { "bbox", 6, concat_doubles },           { "placement", 3, make_placement },
        { "placement_aabb", 1, placement_aabb }, { "bbox_value", 2, bbox_value },
    };
    char name[32];
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) * WEH_ARRAY_LEN(prefixes); i++) {
        size_t at = i / WEH_ARRAY_LEN(prefixes);

        sqlite3_snprintf(sizeof(name), name, "%s%s", prefixes[i % WEH_ARRAY_LEN(prefixes)],
                         functions[at].name);
        rc = sqlite3_create_function_v2(db, name, functions[at].n_args, flags, NULL,
                                        functions[at].call, NULL, NULL, NULL);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    return rc;
}
