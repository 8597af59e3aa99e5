/* src/bis/geometry_info.c - the geometry of an element as edit tools get it: where it is, and its stream as stored. */
#include <math.h>
#include <string.h>

#include <float.h>

#include "weh/geom.h"
#include "weh/geom_filter.h"

#include "bis_priv.h"

/* The entry at the beginning of a stream. */
#define HEADER_BYTES     8
#define FLAGS_AT         4
#define VIEW_INDEPENDENT 1

/* ElementGeometryInfo of @itwin/core-common. */
struct info {
    bool found;   /* there is such an element, and it may have geometry */
    bool is_part; /* it has no category and is nowhere */
    weh_id category;
    double source_to_world[12]; /* rows of a 3 x 4 matrix; without a placement the identity */
    double box[6];              /* low, high; low above high without a placement */
    struct weh_buf stream;
};

/* ---- read ---- */

/* A box that nothing is in. */
static void empty_box(unsigned n, double box[6])
{
    for (unsigned i = 0; i < n; i++) {
        box[i] = DBL_MAX;
        box[3 + i] = -DBL_MAX;
    }
}

static void place3d(const struct bis_plan *plan, struct info *out)
{
    struct weh_placement3d placement;

    bis_read_placement3d(plan, &placement);
    weh_placement3d_transform(&placement, out->source_to_world);
    memcpy(out->box, placement.low, sizeof(placement.low));
    memcpy(out->box + 3, placement.high, sizeof(placement.high));
    if (!placement.has_box) {
        empty_box(3, out->box);
    }
}

static void place2d(const struct bis_plan *plan, struct info *out)
{
    struct weh_placement2d placement;

    bis_read_placement2d(plan, &placement);
    weh_placement2d_transform(&placement, out->source_to_world);
    memcpy(out->box, placement.low, sizeof(placement.low));
    memcpy(out->box + 3, placement.high, sizeof(placement.high));
    if (!placement.has_box) {
        empty_box(2, out->box);
    }
}

/* A part without geometry has a box with its corners exchanged, which is told the right way round. */
static void place_part(const struct bis_plan *plan, struct info *out)
{
    double low[3];
    double high[3];

    empty_box(3, out->box);
    if (!bis_read_part_box(plan, low, high)) {
        return;
    }
    for (unsigned i = 0; i < 3; i++) {
        out->box[i] = fmin(low[i], high[i]);
        out->box[3 + i] = fmax(low[i], high[i]);
    }
}

static weh_err read_info(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                         struct info *out, struct weh_diag *diag)
{
    if ((plan->traits & TRAIT(GEOMETRIC_3D)) != 0) {
        place3d(plan, out);
    } else if ((plan->traits & TRAIT(GEOMETRIC_2D)) != 0) {
        place2d(plan, out);
    } else if ((plan->traits & TRAIT(GEOMETRY_PART)) != 0) {
        place_part(plan, out);
    } else {
        return WEH_OK;
    }
    out->found = true;
    out->is_part = (plan->traits & TRAIT(GEOMETRY_PART)) != 0;
    out->category = bis_read_id(plan, SLOT_CATEGORY, "Id");
    return bis_unpack_geometry(bis, plan, id, &out->stream, diag);
}

/* ---- written ---- */

static void put_reals(struct weh_sink *sink, const char *key, const double *reals, size_t n)
{
    weh_sink_key(sink, key);
    weh_sink_binary_view(sink, WEH_VIEW_FLOAT64, reals, n * sizeof(*reals));
}

static bool is_view_independent(const struct weh_buf *stream)
{
    struct weh_geom_walk walk = weh_geom_walk_of(stream);
    struct weh_geom_stored first;

    return weh_geom_walk_next(&walk, &first) && first.opcode == WEH_GEOM_HEADER &&
           first.n >= HEADER_BYTES && (first.bytes[FLAGS_AT] & VIEW_INDEPENDENT) != 0;
}

static void write_entries(const struct weh_buf *stream, struct weh_sink *sink)
{
    struct weh_geom_walk walk = weh_geom_walk_of(stream);
    struct weh_geom_stored stored;

    weh_sink_key(sink, "entryArray");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    while (weh_geom_walk_next(&walk, &stored)) {
        if (stored.opcode != WEH_GEOM_HEADER) {
            weh_sink_map_begin(sink, 2);
            weh_sink_key(sink, "opcode");
            weh_sink_int(sink, stored.opcode);
            weh_sink_key(sink, "data");
            weh_sink_binary(sink, stored.bytes, stored.n);
            weh_sink_map_end(sink);
        }
    }
    weh_sink_array_end(sink);
}

static void write_info(const struct info *info, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (!info->is_part) {
        weh_sink_key(sink, "categoryId");
        weh_sink_id(sink, info->category);
        put_reals(sink, "sourceToWorld", info->source_to_world,
                  WEH_ARRAY_LEN(info->source_to_world));
    }
    put_reals(sink, "bbox", info->box, WEH_ARRAY_LEN(info->box));
    if (is_view_independent(&info->stream)) {
        weh_sink_key(sink, "viewIndependent");
        weh_sink_bool(sink, true);
    }
    write_entries(&info->stream, sink);
    weh_sink_map_end(sink);
}

static weh_err read_row(struct weh_bis *bis, weh_id id, struct info *out, struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    struct bis_head head = { 0 };
    sqlite3_stmt *row = NULL;
    bool found = false;
    weh_err err = bis_element_head(bis, id, &head, &found, diag);

    if (err == WEH_OK && found) {
        err = bis_plan_get(bis, head.ec_class, &plan, diag);
    }
    if (err == WEH_OK && found) {
        err = bis_read_row(bis, plan, id, &row, &found, diag);
    }
    if (err == WEH_OK && found) {
        err = read_info(bis, plan, id, out, diag);
    }
    bis_reset(row);
    return err;
}

weh_err weh_element_write_geometry(struct weh_bis *bis, weh_id id, const struct weh_value *filter,
                                   struct weh_sink *sink, struct weh_diag *diag)
{
    struct info info = { .found = false };
    bool accepted = true;
    weh_err err;

    bis_call_begin(bis);
    weh_buf_init(&info.stream, 0);
    err = read_row(bis, id, &info, diag);
    if (err == WEH_OK && filter != NULL) {
        err = weh_geom_filter_accepts(filter, &info.stream, &accepted, diag);
    }
    if (err == WEH_E_CORRUPT) {
        err = weh_fail(diag, WEH_E_UNSUPPORTED, "the geometry cannot be read");
    }
    if (err == WEH_OK && info.found && accepted) {
        write_info(&info, sink);
    }
    weh_buf_fini(&info.stream);
    return err;
}
