/* src/ecsql/functions_geom.c - the iModel_ functions of points, angles, boxes and placements that queries
 * call beside those of the file's triggers, and the match of the spatial index.
 *
 * Blobs are those of src/briefcase/functions.c: little-endian doubles. As the native library 5.1.72:
 * NULL for NULL, an error for anything that is not such a blob.
 */
#include <math.h>
#include <string.h>

#include "weh/compiler.h"

#include "functions.h"

/* The number of doubles in a blob. */
enum {
    N_POINT = 3,
    N_BOX = 6,
    N_PLACEMENT = 12
};

static void illegal(sqlite3_context *context)
{
    const char *name = sqlite3_user_data(context);
    char text[64];

    /* Those of the same name that the file's triggers call are others. */
    sqlite3_snprintf(sizeof(text), text, "Illegal input to %s%s",
                     strncmp(name, "weh_", 4) == 0 ? "iModel_" : "",
                     strncmp(name, "weh_", 4) == 0 ? name + 4 : name);
    sqlite3_result_error(context, text, -1);
}

/* Angles and placements answer NULL for NULL, the others refuse it. */
static bool takes_null(sqlite3_context *context)
{
    const char *name = sqlite3_user_data(context);

    return strstr(name, "_angles") != NULL || strstr(name, "_placement") != NULL ||
           strstr(name, "_union") != NULL || strstr(name, "_overlap_aabb") != NULL;
}

/* Read @n doubles; false (and NULL or an error as the result) when they are not there. */
static bool read(sqlite3_context *context, sqlite3_value *value, size_t n, double *out)
{
    const void *bytes;

    if (sqlite3_value_type(value) == SQLITE_NULL && takes_null(context)) {
        return false;
    }
    bytes = sqlite3_value_type(value) == SQLITE_BLOB ? sqlite3_value_blob(value) : NULL;
    if (bytes == NULL || (size_t)sqlite3_value_bytes(value) != n * sizeof(double)) {
        illegal(context);
        return false;
    }
    memcpy(out, bytes, n * sizeof(double));
    return true;
}

static void part_of_point(sqlite3_context *context, int n, sqlite3_value **args)
{
    sqlite3_int64 at = sqlite3_value_int64(args[1]);
    double point[N_POINT];

    weh_assert(n == 2);
    if (!read(context, args[0], N_POINT, point)) {
        return;
    }
    if (at < 0 || at >= N_POINT) {
        illegal(context);
        return;
    }
    sqlite3_result_double(context, point[at]);
}

/* A box of two corners, in whatever order. */
static void make_box(sqlite3_context *context, int n, sqlite3_value **args)
{
    double box[N_BOX];

    weh_assert(n == N_BOX);
    for (int i = 0; i < 3; i++) {
        double a = sqlite3_value_double(args[i]);
        double b = sqlite3_value_double(args[i + 3]);

        box[i] = b < a ? b : a;
        box[i + 3] = b < a ? a : b;
    }
    sqlite3_result_blob(context, box, sizeof(box), SQLITE_TRANSIENT);
}

static void part_of_box(sqlite3_context *context, int n, sqlite3_value **args)
{
    sqlite3_int64 at = sqlite3_value_int64(args[1]);
    double box[N_BOX];

    weh_assert(n == 2);
    if (!read(context, args[0], N_BOX, box)) {
        return;
    }
    if (at < 0 || at >= N_BOX) {
        illegal(context);
        return;
    }
    sqlite3_result_double(context, box[at]);
}

static void angles_maxdiff(sqlite3_context *context, int n, sqlite3_value **args)
{
    double a[N_POINT];
    double b[N_POINT];
    double most = 0;

    weh_assert(n == 2);
    if (!read(context, args[0], N_POINT, a) || !read(context, args[1], N_POINT, b)) {
        return;
    }
    for (int i = 0; i < N_POINT; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
    }
    sqlite3_result_double(context, most);
}

static void point_distance(sqlite3_context *context, int n, sqlite3_value **args)
{
    double a[N_POINT];
    double b[N_POINT];
    double sum = 0;

    weh_assert(n == 2);
    if (!read(context, args[0], N_POINT, a) || !read(context, args[1], N_POINT, b)) {
        return;
    }
    for (int i = 0; i < N_POINT; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    sqlite3_result_double(context, sqrt(sum));
}

static void point_to_box(sqlite3_context *context, int n, sqlite3_value **args)
{
    double point[N_POINT];
    double box[N_BOX];
    double sum = 0;

    weh_assert(n == 2);
    if (!read(context, args[0], N_POINT, point) || !read(context, args[1], N_BOX, box)) {
        return;
    }
    for (int i = 0; i < N_POINT; i++) {
        double away = fmax(fmax(box[i] - point[i], point[i] - box[i + 3]), 0);

        /* As there: what has no extent in a direction is no farther away in it. */
        sum += box[i] < box[i + 3] ? away * away : 0;
    }
    sqlite3_result_double(context, sqrt(sum));
}

/* ---- boxes ---- */

static void box_size(sqlite3_context *context, sqlite3_value *value, double size[3], bool *there)
{
    double box[N_BOX];

    *there = read(context, value, N_BOX, box);
    for (int i = 0; *there && i < 3; i++) {
        size[i] = box[i + 3] - box[i];
    }
}

static void bbox_width(sqlite3_context *context, int n, sqlite3_value **args)
{
    double size[3];
    bool there;

    weh_assert(n == 1);
    box_size(context, args[0], size, &there);
    if (there) {
        sqlite3_result_double(context, size[0]);
    }
}

static void bbox_depth(sqlite3_context *context, int n, sqlite3_value **args)
{
    double size[3];
    bool there;

    weh_assert(n == 1);
    box_size(context, args[0], size, &there);
    if (there) {
        sqlite3_result_double(context, size[1]);
    }
}

static void bbox_height(sqlite3_context *context, int n, sqlite3_value **args)
{
    double size[3];
    bool there;

    weh_assert(n == 1);
    box_size(context, args[0], size, &there);
    if (there) {
        sqlite3_result_double(context, size[2]);
    }
}

static void bbox_volume(sqlite3_context *context, int n, sqlite3_value **args)
{
    double size[3];
    bool there;

    weh_assert(n == 1);
    box_size(context, args[0], size, &there);
    if (there) {
        sqlite3_result_double(context, size[0] * size[1] * size[2]);
    }
}

static void bbox_areaxy(sqlite3_context *context, int n, sqlite3_value **args)
{
    double size[3];
    bool there;

    weh_assert(n == 1);
    box_size(context, args[0], size, &there);
    if (there) {
        sqlite3_result_double(context, size[0] * size[1]);
    }
}

static void bbox_overlaps(sqlite3_context *context, int n, sqlite3_value **args)
{
    double a[N_BOX];
    double b[N_BOX];
    bool overlaps = true;

    weh_assert(n == 2);
    if (!read(context, args[0], N_BOX, a) || !read(context, args[1], N_BOX, b)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        overlaps = overlaps && a[i] <= b[i + 3] && b[i] <= a[i + 3];
    }
    sqlite3_result_int(context, overlaps);
}

static void bbox_contains(sqlite3_context *context, int n, sqlite3_value **args)
{
    double outer[N_BOX];
    double inner[N_BOX];
    bool contains = true;

    weh_assert(n == 2);
    if (!read(context, args[0], N_BOX, outer) || !read(context, args[1], N_BOX, inner)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        contains = contains && outer[i] <= inner[i] && inner[i + 3] <= outer[i + 3];
    }
    sqlite3_result_int(context, contains);
}

/* An aggregate: SQLite gives zeroed memory at the first step. */
struct box_union {
    double box[N_BOX];
    bool begun;
};

static void union_step(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct box_union *all = sqlite3_aggregate_context(context, sizeof(*all));
    double box[N_BOX];

    weh_assert(n == 1);
    if (all == NULL || !read(context, args[0], N_BOX, box)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        all->box[i] = all->begun ? fmin(all->box[i], box[i]) : box[i];
        all->box[i + 3] = all->begun ? fmax(all->box[i + 3], box[i + 3]) : box[i + 3];
    }
    all->begun = true;
}

static void union_end(sqlite3_context *context)
{
    const struct box_union *all = sqlite3_aggregate_context(context, 0);

    if (all != NULL && all->begun) {
        sqlite3_result_blob(context, all->box, sizeof(all->box), SQLITE_TRANSIENT);
    }
}

/* ---- placements ---- */

static void placement_part(sqlite3_context *context, sqlite3_value *value, int from, int n)
{
    double placement[N_PLACEMENT];

    if (read(context, value, N_PLACEMENT, placement)) {
        sqlite3_result_blob(context, placement + from, n * (int)sizeof(double), SQLITE_TRANSIENT);
    }
}

static void placement_origin(sqlite3_context *context, int n, sqlite3_value **args)
{
    weh_assert(n == 1);
    placement_part(context, args[0], 0, N_POINT);
}

static void placement_angles(sqlite3_context *context, int n, sqlite3_value **args)
{
    weh_assert(n == 1);
    placement_part(context, args[0], N_POINT, N_POINT);
}

static void placement_eabb(sqlite3_context *context, int n, sqlite3_value **args)
{
    weh_assert(n == 1);
    placement_part(context, args[0], 2 * N_POINT, N_BOX);
}

/* ---- the spatial index ---- */

/* The columns of dgn_SpatialIndex are MinX, MaxX, MinY, MaxY, MinZ, MaxZ. */
static int overlap(sqlite3_rtree_query_info *info)
{
    double box[N_BOX];
    bool inside = true;

    if (info->nParam != 1 || info->nCoord < N_BOX ||
        sqlite3_value_type(info->apSqlParam[0]) != SQLITE_BLOB ||
        sqlite3_value_bytes(info->apSqlParam[0]) != (int)sizeof(box)) {
        return SQLITE_ERROR;
    }
    memcpy(box, sqlite3_value_blob(info->apSqlParam[0]), sizeof(box));
    info->eWithin = FULLY_WITHIN;
    for (size_t i = 0; i < 3; i++) {
        double low = info->aCoord[2 * i];
        double high = info->aCoord[2 * i + 1];

        if (low > box[i + 3] || high < box[i]) {
            info->eWithin = NOT_WITHIN;
            return SQLITE_OK;
        }
        inside = inside && low >= box[i] && high <= box[i + 3];
    }
    info->eWithin = inside ? FULLY_WITHIN : PARTLY_WITHIN;
    info->rScore = info->iLevel;
    return SQLITE_OK;
}

int ecsql_geom_functions_register(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "iModel_angles_value", 2, part_of_point },
        { "iModel_angles_maxdiff", 2, angles_maxdiff },
        { "weh_bbox", 6, make_box },
        { "weh_bbox_value", 2, part_of_box },
        { "iModel_bbox_width", 1, bbox_width },
        { "iModel_bbox_height", 1, bbox_height },
        { "iModel_bbox_depth", 1, bbox_depth },
        { "iModel_bbox_volume", 1, bbox_volume },
        { "iModel_bbox_areaxy", 1, bbox_areaxy },
        { "iModel_bbox_overlaps", 2, bbox_overlaps },
        { "iModel_bbox_contains", 2, bbox_contains },
        { "iModel_placement_origin", 1, placement_origin },
        { "iModel_placement_angles", 1, placement_angles },
        { "iModel_placement_eabb", 1, placement_eabb },
        { "iModel_point_value", 2, part_of_point },
        { "iModel_point_distance", 2, point_distance },
        { "iModel_point_min_distance_to_bbox", 2, point_to_box },
    };
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].n_args, flags,
                                        ecsql_user_data(functions[i].name), functions[i].call, NULL,
                                        NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_create_function_v2(db, "iModel_bbox_union", 1, flags,
                                        ecsql_user_data("iModel_bbox_union"), NULL, union_step,
                                        union_end, NULL);
    }
    return rc == SQLITE_OK ? sqlite3_rtree_query_callback(db, "iModel_spatial_overlap_aabb",
                                                          overlap, NULL, NULL)
                           : rc;
}
