/* src/geom/kind.c - what an entry draws: curves, a surface or a solid.
 *
 * Bounds of sizes and angles are those of @itwin/core-geometry 5.1 (class Geometry), which refuses to make some
 * solids: then the entry is of no kind. Meshes are looked at in kind_mesh.c.
 */
#include <math.h>
#include <string.h>

#include "kind_priv.h"

#define PI                 3.14159265358979323846
#define SMALL_DISTANCE     1.0e-6
#define SMALL_ANGLE        1.0e-12
#define MAX_CONTOUR_LEVELS WEH_SHAPE_MAX_DEPTH

enum {
    BOUNDARY_POINTS = 0,
    BOUNDARY_OPEN = 1,
    BOUNDARY_CLOSED = 2
};

enum {
    BREP_SOLID = 0,
    BREP_SHEET = 1,
    BREP_WIRE = 2
};

bool weh_geom_op_is_displayable(uint32_t opcode)
{
    return opcode == WEH_GEOM_PART || weh_geom_op_is_geometry(opcode);
}

static bool is_region(const struct weh_shape *curves)
{
    return curves->as.boundary >= WEH_BOUNDARY_OUTER && curves->as.boundary <= WEH_BOUNDARY_UNION;
}

static enum weh_geom_kind closed_if(bool closed)
{
    return closed ? WEH_GEOM_KIND_SOLID : WEH_GEOM_KIND_SURFACE;
}

static bool is_full_turn(double sweep)
{
    return fabs(sweep) >= 2 * PI - SMALL_ANGLE;
}

/* ---- contours of sweeps: do they have an extent? ---- */

static bool is_near(struct weh_xyz a, struct weh_xyz b)
{
    return fabs(a.x - b.x) <= SMALL_DISTANCE && fabs(a.y - b.y) <= SMALL_DISTANCE &&
           fabs(a.z - b.z) <= SMALL_DISTANCE;
}

/* The points that have been seen: all in one place, so far. */
struct spot {
    const struct weh_xyz *point; /* NULL: none was seen */
    bool is_extended;
};

static void see(struct spot *spot, const struct weh_xyz *points, uint32_t n)
{
    for (uint32_t i = 0; i < n && !spot->is_extended; i++) {
        if (spot->point == NULL) {
            spot->point = &points[i];
        } else {
            spot->is_extended = !is_near(*spot->point, points[i]);
        }
    }
}

static void see_arc(struct spot *spot, const struct weh_arc *arc)
{
    static const struct weh_xyz zero = { 0, 0, 0 };

    if (!is_near(arc->vector0, zero) || !is_near(arc->vector90, zero)) {
        spot->is_extended = true;
    }
}

static void see_curve(struct spot *spot, const struct weh_shape *curve)
{
    switch ((int)curve->kind) {
    case WEH_SHAPE_LINE_SEGMENT:
        see(spot, curve->as.segment, 2);
        break;
    case WEH_SHAPE_LINE_STRING:
        /* Taken for level when its points are all the same. */
        spot->is_extended = true;
        break;
    case WEH_SHAPE_AKIMA_CURVE:
        see(spot, curve->as.points.items, curve->as.points.n);
        break;
    case WEH_SHAPE_BSPLINE_CURVE:
        see(spot, curve->as.bcurve.poles.items, curve->as.bcurve.poles.n);
        break;
    case WEH_SHAPE_INTERPOLATION_CURVE:
        see(spot, curve->as.interpolation.fit_points.items, curve->as.interpolation.fit_points.n);
        break;
    case WEH_SHAPE_ARC:
        see_arc(spot, &curve->as.arc);
        break;
    case WEH_SHAPE_SPIRAL:
        spot->is_extended = true;
        break;
    default:
        break;
    }
}

/* Whether a plane can be laid through @contour, as a sweep wants it: any line will do. */
static bool has_extent(const struct weh_shape *contour)
{
    struct {
        const struct weh_shape *shape;
        uint32_t next;
    } level[MAX_CONTOUR_LEVELS];
    struct spot spot = { NULL, false };
    unsigned depth = 1;

    level[0].shape = contour;
    level[0].next = 0;
    while (depth > 0 && !spot.is_extended) {
        const struct weh_shape *shape = level[depth - 1].shape;
        const uint32_t i = level[depth - 1].next++;

        if (i == shape->n_children) {
            depth--;
        } else if (shape->children[i].kind != WEH_SHAPE_CURVE_VECTOR) {
            see_curve(&spot, &shape->children[i]);
        } else if (depth < MAX_CONTOUR_LEVELS) {
            level[depth].shape = &shape->children[i];
            level[depth].next = 0;
            depth++;
        }
    }
    return spot.is_extended;
}

/* ---- solids ---- */

static enum weh_geom_kind kind_of_sphere(const struct weh_sphere *sphere)
{
    return closed_if(sphere->capped || (fabs(sphere->start_latitude + PI / 2) < SMALL_ANGLE &&
                                        fabs(sphere->start_latitude + sphere->latitude_sweep -
                                             PI / 2) < SMALL_ANGLE));
}

static enum weh_geom_kind kind_of_torus(const struct weh_torus *torus)
{
    const double major = fabs(torus->major_radius);
    const double minor = fabs(torus->minor_radius);

    if (!(minor > SMALL_DISTANCE && major >= minor) || fabs(torus->sweep) < SMALL_ANGLE) {
        return WEH_GEOM_KIND_NONE;
    }
    return closed_if(torus->capped || is_full_turn(torus->sweep));
}

static enum weh_geom_kind kind_of_extrusion(const struct weh_shape *shape)
{
    if (shape->n_children == 0 || !has_extent(shape->children)) {
        return WEH_GEOM_KIND_NONE;
    }
    return closed_if(shape->as.extrusion.capped && is_region(shape->children));
}

static enum weh_geom_kind kind_of_rotation(const struct weh_shape *shape)
{
    const struct weh_rotation *rotation = &shape->as.rotation;
    const struct weh_xyz axis = rotation->axis;

    if (shape->n_children == 0 || !has_extent(shape->children) ||
        sqrt(axis.x * axis.x + axis.y * axis.y + axis.z * axis.z) <= SMALL_DISTANCE) {
        return WEH_GEOM_KIND_NONE;
    }
    return closed_if(rotation->capped || is_full_turn(rotation->sweep));
}

/* The same bytes when stored. */
static weh_err are_equal(const struct weh_shape *a, const struct weh_shape *b, bool *equal,
                         struct weh_diag *diag)
{
    struct weh_shape copies[2] = { *a, *b };
    struct weh_buf bytes[2];
    weh_err err = WEH_OK;

    for (unsigned i = 0; i < 2; i++) {
        const struct weh_geom_entry entry = { .opcode = WEH_GEOM_CURVES, .as.shape = &copies[i] };

        weh_buf_init(&bytes[i], WEH_GEOM_MAX_BYTES);
        if (err == WEH_OK) {
            err = weh_geom_entry_encode(&entry, &bytes[i], diag);
        }
    }
    *equal = err == WEH_OK && bytes[0].len == bytes[1].len &&
             memcmp(bytes[0].data, bytes[1].data, bytes[0].len) == 0;
    weh_buf_fini(&bytes[0]);
    weh_buf_fini(&bytes[1]);
    return err;
}

static weh_err kind_of_ruled(const struct weh_shape *shape, enum weh_geom_kind *out,
                             struct weh_diag *diag)
{
    const uint32_t n = shape->n_children;
    bool closed = shape->as.capped;
    weh_err err = WEH_OK;

    *out = WEH_GEOM_KIND_NONE;
    for (uint32_t i = 0; i < n; i++) {
        if (!has_extent(&shape->children[i])) {
            return WEH_OK;
        }
    }
    if (n > 1 && !closed) {
        err = are_equal(&shape->children[0], &shape->children[n - 1], &closed, diag);
    }
    if (n > 0) {
        *out = closed_if(n > 1 && closed);
    }
    return err;
}

static weh_err kind_of_solid(const struct weh_shape *shape, enum weh_geom_kind *out,
                             struct weh_diag *diag)
{
    switch ((int)shape->kind) {
    case WEH_SHAPE_BOX:
        *out = closed_if(shape->as.box.capped);
        break;
    case WEH_SHAPE_CONE:
        *out = closed_if(shape->as.cone.capped);
        break;
    case WEH_SHAPE_SPHERE:
        *out = kind_of_sphere(&shape->as.sphere);
        break;
    case WEH_SHAPE_TORUS_PIPE:
        *out = kind_of_torus(&shape->as.torus);
        break;
    case WEH_SHAPE_EXTRUSION:
        *out = kind_of_extrusion(shape);
        break;
    case WEH_SHAPE_ROTATIONAL_SWEEP:
        *out = kind_of_rotation(shape);
        break;
    case WEH_SHAPE_RULED_SWEEP:
        return kind_of_ruled(shape, out, diag);
    default:
        *out = WEH_GEOM_KIND_NONE;
        break;
    }
    return WEH_OK;
}

/* ---- entries ---- */

static enum weh_geom_kind kind_of_boundary(int8_t boundary)
{
    return boundary == BOUNDARY_CLOSED ? WEH_GEOM_KIND_SURFACE : WEH_GEOM_KIND_CURVE;
}

static enum weh_geom_kind kind_of_body(int8_t type)
{
    switch (type) {
    case BREP_SOLID:
        return WEH_GEOM_KIND_SOLID;
    case BREP_SHEET:
        return WEH_GEOM_KIND_SURFACE;
    case BREP_WIRE:
        return WEH_GEOM_KIND_CURVE;
    default:
        return WEH_GEOM_KIND_NONE;
    }
}

/* What is not known by the opcode alone. */
static weh_err kind_of_entry(const struct weh_geom_entry *entry, struct weh_arena *arena,
                             enum weh_geom_kind *out, struct weh_diag *diag)
{
    switch (entry->opcode) {
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
        *out = entry->as.points.boundary == BOUNDARY_POINTS
                   ? WEH_GEOM_KIND_NONE
                   : kind_of_boundary(entry->as.points.boundary);
        return WEH_OK;
    case WEH_GEOM_ARC:
        *out = kind_of_boundary(entry->as.arc.boundary);
        return WEH_OK;
    case WEH_GEOM_CURVES:
        *out = is_region(entry->as.shape) ? WEH_GEOM_KIND_SURFACE : WEH_GEOM_KIND_CURVE;
        return WEH_OK;
    case WEH_GEOM_POLYFACE:
        return kind_of_mesh(entry->as.shape->as.mesh, arena, out, diag);
    case WEH_GEOM_SOLID:
        return kind_of_solid(entry->as.shape, out, diag);
    case WEH_GEOM_BREP:
        *out = kind_of_body(entry->as.brep->type);
        return WEH_OK;
    default:
        *out = WEH_GEOM_KIND_NONE;
        return WEH_OK;
    }
}

static weh_err decode(const struct weh_geom_stored *stored, struct weh_arena *arena,
                      struct weh_geom_entry *out, struct weh_diag *diag)
{
    return weh_geom_entry_decode(stored->opcode, stored->bytes, stored->n, arena, out, diag);
}

weh_err weh_geom_kind_of(const struct weh_geom_stored *stored, struct weh_arena *arena,
                         enum weh_geom_kind *out, struct weh_diag *diag)
{
    struct weh_geom_entry entry;
    weh_err err;

    *out = WEH_GEOM_KIND_NONE;
    switch (stored->opcode) {
    case WEH_GEOM_CURVE:
        *out = WEH_GEOM_KIND_CURVE;
        return WEH_OK;
    case WEH_GEOM_SURFACE:
        *out = WEH_GEOM_KIND_SURFACE;
        return WEH_OK;
    case WEH_GEOM_POINTS:
    case WEH_GEOM_POINTS_2D:
    case WEH_GEOM_ARC:
    case WEH_GEOM_CURVES:
    case WEH_GEOM_POLYFACE:
    case WEH_GEOM_SOLID:
    case WEH_GEOM_BREP:
        err = decode(stored, arena, &entry, diag);
        return err == WEH_OK ? kind_of_entry(&entry, arena, out, diag) : err;
    default:
        return WEH_OK;
    }
}

weh_err weh_geom_is_curve(const struct weh_geom_stored *stored, struct weh_arena *arena, bool *out,
                          struct weh_diag *diag)
{
    struct weh_geom_entry entry = { 0 };
    weh_err err;

    *out = stored->opcode == WEH_GEOM_CURVE;
    if (stored->opcode < WEH_GEOM_POINTS || stored->opcode > WEH_GEOM_CURVES) {
        return WEH_OK;
    }
    err = decode(stored, arena, &entry, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (stored->opcode == WEH_GEOM_CURVES) {
        *out = !is_region(entry.as.shape);
    } else {
        *out = (stored->opcode == WEH_GEOM_ARC ? entry.as.arc.boundary
                                               : entry.as.points.boundary) == BOUNDARY_OPEN;
    }
    return WEH_OK;
}
