/* include/weh/geom_shape.h - one geometric shape: a curve, a solid, a mesh, a surface, or a tree of them.
 *
 * The members are those of the geometry FlatBuffers (schema allcg.fbs of imodel-native; the same data as
 * BGFBAccessors.ts and IModelJson of @itwin/core-geometry), under the same names where these are clear.
 * Lengths in metres, angles in radians, coordinates local to the element's placement. All memory belongs
 * to the arena that the shape was made in; nothing here points into the bytes it was read from.
 *
 * A shape is a tree of bounded size (WEH_SHAPE_MAX_DEPTH levels, WEH_SHAPE_MAX_COUNT shapes): whoever
 * makes one keeps the bounds, whoever walks one uses a stack of WEH_SHAPE_MAX_DEPTH and no recursion.
 */
#ifndef WEH_GEOM_SHAPE_H
#define WEH_GEOM_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/str.h"

#define WEH_SHAPE_MAX_DEPTH 32      /* a lone curve has depth 1 */
#define WEH_SHAPE_MAX_COUNT 1000000 /* of one stream */

struct weh_xyz {
    double x, y, z;
};

/* Arrays. n 0 and items NULL: absent; n 0 and items not NULL: there, but empty. */
struct weh_points {
    const struct weh_xyz *items;
    uint32_t n;
};
struct weh_doubles {
    const double *items;
    uint32_t n;
};
struct weh_ints {
    const int32_t *items;
    uint32_t n;
};

/* The numbers are those of VariantGeometryUnion. */
enum weh_shape_kind {
    WEH_SHAPE_LINE_SEGMENT = 1,         /* as.segment */
    WEH_SHAPE_ARC = 2,                  /* as.arc */
    WEH_SHAPE_BSPLINE_CURVE = 3,        /* as.bcurve */
    WEH_SHAPE_LINE_STRING = 4,          /* as.points */
    WEH_SHAPE_CURVE_VECTOR = 5,         /* as.boundary; children: curves or curve vectors */
    WEH_SHAPE_CONE = 6,                 /* as.cone; a cylinder has equal radii */
    WEH_SHAPE_SPHERE = 7,               /* as.sphere */
    WEH_SHAPE_TORUS_PIPE = 8,           /* as.torus */
    WEH_SHAPE_BOX = 9,                  /* as.box */
    WEH_SHAPE_EXTRUSION = 10,           /* as.extrusion (linearSweep); one child, a curve vector */
    WEH_SHAPE_ROTATIONAL_SWEEP = 11,    /* as.rotation; one child, a curve vector */
    WEH_SHAPE_RULED_SWEEP = 12,         /* as.capped; children: curve vectors */
    WEH_SHAPE_POLYFACE = 13,            /* as.mesh (indexedMesh) */
    WEH_SHAPE_BSPLINE_SURFACE = 14,     /* as.surface; no child, or one: the trim curve vector */
    WEH_SHAPE_BAG = 15,                 /* children: any (VectorOfVariantGeometry) */
    WEH_SHAPE_INTERPOLATION_CURVE = 16, /* as.interpolation */
    WEH_SHAPE_SPIRAL = 17,              /* as.spiral (transitionSpiral) */
    WEH_SHAPE_POINT_STRING = 18,        /* as.points */
    WEH_SHAPE_AKIMA_CURVE = 19,         /* as.points */
    WEH_SHAPE_CATENARY = 20,            /* as.catenary */
    WEH_SHAPE_PARTIAL_CURVE = 21        /* as.fractions; one child, a curve */
};

/* CurveVector.type */
enum weh_boundary {
    WEH_BOUNDARY_NONE = 0,   /* curves without order: bagOfCurves */
    WEH_BOUNDARY_OPEN = 1,   /* path */
    WEH_BOUNDARY_OUTER = 2,  /* loop */
    WEH_BOUNDARY_INNER = 3,  /* loop, as a hole */
    WEH_BOUNDARY_PARITY = 4, /* parityRegion: children are loops */
    WEH_BOUNDARY_UNION = 5   /* unionRegion: children are loops and parity regions */
};

/* X(t) = center + cos(t) * vector0 + sin(t) * vector90, t from start over sweep. */
struct weh_arc {
    struct weh_xyz center, vector0, vector90;
    double start, sweep;
};

/* Rational poles are stored multiplied with their weights. */
struct weh_bcurve {
    int32_t order;
    bool closed;
    struct weh_points poles;
    struct weh_doubles weights; /* absent: not rational */
    struct weh_doubles knots;
};

struct weh_interpolation {
    int32_t order;
    bool closed;
    bool has_start_tangent, has_end_tangent;
    int32_t is_chord_len_knots, is_colinear_tangents, is_chord_len_tangents, is_natural_tangents;
    struct weh_xyz start_tangent, end_tangent;
    struct weh_points fit_points;
    struct weh_doubles knots;
};

/* Rows of a 3 x 4 matrix: xx xy xz xw, yx ..., zx ...; the fourth column is the translation. */
struct weh_frame {
    double m[12];
};

struct weh_spiral {
    struct weh_frame frame;
    double fraction_a, fraction_b; /* active part */
    double bearing0, bearing1;
    double curvature0, curvature1; /* 1 / radius, 0 for a straight line */
    int32_t type; /* 10 clothoid, 11 bloss, 12 biquadratic, 13 cosine, 14 sine, ... */
    int32_t hint; /* constructionHint */
    struct weh_doubles extra;
};

/* y = a * cosh(x / a) in the plane of u and v, x from x0 to x1. */
struct weh_catenary {
    double a;
    struct weh_xyz origin, vector_u, vector_v;
    double x0, x1;
};

struct weh_box_solid {
    struct weh_xyz base_origin, top_origin, vector_x, vector_y; /* vectors of length 1, usually */
    double base_x, base_y, top_x, top_y;
    bool capped;
};

struct weh_sphere {
    struct weh_frame frame; /* columns: axes times radii; translation: centre */
    double start_latitude, latitude_sweep;
    bool capped;
};

struct weh_cone {
    struct weh_xyz center_a, center_b, vector0, vector90;
    double radius_a, radius_b;
    bool capped;
};

struct weh_torus {
    struct weh_xyz center, vector_x, vector_y;
    double major_radius, minor_radius, sweep;
    bool capped;
};

struct weh_extrusion {
    struct weh_xyz vector;
    bool capped;
};
struct weh_rotation {
    struct weh_xyz center, axis;
    double sweep;
    int32_t n_v_rules;
    bool capped;
};

struct weh_surface {
    struct weh_points poles; /* row by row along u; times weights when rational */
    struct weh_doubles weights, knots_u, knots_v;
    int32_t n_poles_u, n_poles_v, order_u, order_v, n_rules_u, n_rules_v, hole_origin;
    bool closed_u, closed_v;
};

struct weh_mesh; /* geom_mesh.h */

/* CurvePrimitiveId */
struct weh_shape_tag {
    int16_t type, geom_index, part_index;
    const uint8_t *bytes; /* NULL: absent */
    uint32_t n_bytes;
};

struct weh_shape {
    enum weh_shape_kind kind;
    uint32_t n_children;
    struct weh_shape *children; /* @n_children of them, side by side; NULL when there are none */
    const struct weh_shape_tag *tag; /* NULL: none (usual) */
    union {
        struct weh_xyz segment[2];
        struct weh_points points;
        struct weh_arc arc;
        struct weh_bcurve bcurve;
        struct weh_interpolation interpolation;
        struct weh_spiral spiral;
        struct weh_catenary catenary;
        double fractions[2];
        int32_t boundary; /* enum weh_boundary */
        struct weh_box_solid box;
        struct weh_sphere sphere;
        struct weh_cone cone;
        struct weh_torus torus;
        struct weh_extrusion extrusion;
        struct weh_rotation rotation;
        bool capped;
        struct weh_mesh *mesh;
        struct weh_surface surface;
    } as;
};

#endif
