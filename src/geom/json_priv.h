/* src/geom/json_priv.h - the state of reading JSON geometry, and readers of single members.
 *
 * Every reader names the place of a fault: geom[3].linearSweep.contour.loop[0].arc.center. A member that is
 * null counts as absent.
 */
#ifndef WEH_JSON_PRIV_H
#define WEH_JSON_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/geom.h"
#include "weh/geom_mesh.h"
#include "weh/sink.h"
#include "weh/value.h"

/* Children of a shape that are being read. */
struct json_level {
    struct weh_shape *parent;
    const char *name;              /* the member the children are in */
    const struct weh_value *items; /* one, when @is_array is false */
    uint32_t next;
    unsigned allowed; /* JSON_ classes of the children */
    bool is_array;
};

struct json_reader {
    struct weh_arena *arena;
    struct weh_diag *diag;
    uint32_t entry;    /* index in the stream */
    uint32_t n_shapes; /* of the whole stream */
    const char *kind;  /* the member that is being read, or "" */
    unsigned depth;
    struct json_level levels[WEH_SHAPE_MAX_DEPTH];
    /* Transparency that a fill without its own takes over. */
    double fill_transparency;
};

/* What a shape may stand for. */
enum json_class {
    JSON_CURVE = 1,
    JSON_CURVES = 2, /* path, loop, regions, bag */
    JSON_SOLID = 4,
    JSON_MESH = 8,
    JSON_SURFACE = 16
};

/** Raise WEH_E_BAD_ARGS at member @member ("" for the thing itself). */
weh_err json_fail(struct json_reader *r, const char *member, const char *format, ...)
    WEH_PRINTF(3, 4);
weh_err json_nomem(struct json_reader *r);

/** The member @name of @map unless it is null. */
const struct weh_value *json_get(const struct weh_value *map, const char *name);

/** Refuse members of @map whose name is not in @names (NULL-terminated), and what is no object. */
WEH_MUST_CHECK weh_err json_check_members(struct json_reader *r, const struct weh_value *map,
                                          const char *const *names);

/* Each leaves *@out as it is when the member is absent; *@has (may be NULL) tells. */
WEH_MUST_CHECK weh_err json_number(struct json_reader *r, const struct weh_value *map,
                                   const char *name, double *out, bool *has);
WEH_MUST_CHECK weh_err json_bool(struct json_reader *r, const struct weh_value *map,
                                 const char *name, bool *out);
WEH_MUST_CHECK weh_err json_int(struct json_reader *r, const struct weh_value *map,
                                const char *name, int32_t *out, bool *has);
/** 0 to 4294967295: colours, weights, flags. */
WEH_MUST_CHECK weh_err json_uint(struct json_reader *r, const struct weh_value *map,
                                 const char *name, uint32_t *out, bool *has);
/** Radians; given as degrees, {degrees} or {radians}. */
WEH_MUST_CHECK weh_err json_angle(struct json_reader *r, const struct weh_value *map,
                                  const char *name, double *out, bool *has);
WEH_MUST_CHECK weh_err json_point(struct json_reader *r, const struct weh_value *map,
                                  const char *name, struct weh_xyz *out, bool *has);
/** Yaw, pitch and roll in degrees, rounded as native does. */
WEH_MUST_CHECK weh_err json_rotation(struct json_reader *r, const struct weh_value *map,
                                     const char *name, double out[3], bool *has);
/** An id; "0", "0x0" and "" are 0. */
WEH_MUST_CHECK weh_err json_id(struct json_reader *r, const struct weh_value *map, const char *name,
                               uint64_t *out, bool *has);
WEH_MUST_CHECK weh_err json_text(struct json_reader *r, const struct weh_value *map,
                                 const char *name, struct weh_str *out, bool *has);

/* As above, but the member must be there. */
WEH_MUST_CHECK weh_err json_need_number(struct json_reader *r, const struct weh_value *map,
                                        const char *name, double *out);
WEH_MUST_CHECK weh_err json_need_point(struct json_reader *r, const struct weh_value *map,
                                       const char *name, struct weh_xyz *out);

/** [x, y], [x, y, z] or {x, y, z}: the value itself; @name for the error. */
WEH_MUST_CHECK weh_err json_point_value(struct json_reader *r, const struct weh_value *value,
                                        const char *name, struct weh_xyz *out);
/** Two numbers or {degrees: [..]} or {radians: [..]}: radians, start and end. */
WEH_MUST_CHECK weh_err json_angle_pair(struct json_reader *r, const struct weh_value *value,
                                       const char *name, double out[2]);

/* Arrays; an absent member leaves @out as it is, an empty one has items. */
WEH_MUST_CHECK weh_err json_points(struct json_reader *r, const struct weh_value *value,
                                   const char *name, struct weh_points *out);
WEH_MUST_CHECK weh_err json_doubles(struct json_reader *r, const struct weh_value *map,
                                    const char *name, struct weh_doubles *out);
WEH_MUST_CHECK weh_err json_ints(struct json_reader *r, const struct weh_value *map,
                                 const char *name, struct weh_ints *out);
/** Whole numbers 0 to 4294967295, kept bit by bit. */
WEH_MUST_CHECK weh_err json_uints(struct json_reader *r, const struct weh_value *map,
                                  const char *name, struct weh_ints *out);

/** Columns of an orientation: xyzVectors as they are, xyVectors or zxVectors made square, else the
 * identity. */
struct box_frame;
WEH_MUST_CHECK weh_err json_axes(struct json_reader *r, const struct weh_value *map,
                                 struct box_frame *out, bool *has);

/* --- what the table of kinds refers to: the value of the member, into a shape whose kind is set --- */

typedef weh_err (*json_shape_reader)(struct json_reader *r, const struct weh_value *value,
                                     struct weh_shape *out);

weh_err json_read_segment(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_points(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_arc(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_bcurve(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_fit(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_spiral(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_box(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_sphere(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_cone(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_cylinder(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_torus(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_surface(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_mesh(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
/* These announce children with json_push. */
weh_err json_read_curves(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_extrusion(struct json_reader *r, const struct weh_value *v,
                            struct weh_shape *out);
weh_err json_read_rotation(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);
weh_err json_read_ruled(struct json_reader *r, const struct weh_value *v, struct weh_shape *out);

/** Let the members of array @items (or @items itself) be read as children of @parent next. */
WEH_MUST_CHECK weh_err json_push(struct json_reader *r, struct weh_shape *parent, const char *name,
                                 const struct weh_value *items, bool is_array, unsigned allowed);

/* --- entries that are no shapes --- */

typedef weh_err (*json_entry_reader)(struct json_reader *r, const struct weh_value *value,
                                     struct weh_geom_entry *out);

weh_err json_read_header(struct json_reader *r, const struct weh_value *v,
                         struct weh_geom_entry *out);
weh_err json_read_appearance(struct json_reader *r, const struct weh_value *v,
                             struct weh_geom_entry *out);
weh_err json_read_style(struct json_reader *r, const struct weh_value *v,
                        struct weh_geom_entry *out);
weh_err json_read_fill(struct json_reader *r, const struct weh_value *v,
                       struct weh_geom_entry *out);
weh_err json_read_pattern(struct json_reader *r, const struct weh_value *v,
                          struct weh_geom_entry *out);
weh_err json_read_material(struct json_reader *r, const struct weh_value *v,
                           struct weh_geom_entry *out);
weh_err json_read_part(struct json_reader *r, const struct weh_value *v,
                       struct weh_geom_entry *out);
weh_err json_read_sub_range(struct json_reader *r, const struct weh_value *v,
                            struct weh_geom_entry *out);
weh_err json_read_text(struct json_reader *r, const struct weh_value *v,
                       struct weh_geom_entry *out);
weh_err json_read_image(struct json_reader *r, const struct weh_value *v,
                        struct weh_geom_entry *out);
weh_err json_read_brep(struct json_reader *r, const struct weh_value *v,
                       struct weh_geom_entry *out);

/* --- writing --- */

void json_put_number(struct weh_sink *sink, const char *key, double value);
void json_put_int(struct weh_sink *sink, const char *key, int64_t value);
void json_put_flag(struct weh_sink *sink, const char *key, bool value);
void json_write_xyz(struct weh_sink *sink, const char *key, struct weh_xyz point);
void json_write_points(struct weh_sink *sink, const struct weh_points *points);
void json_write_doubles(struct weh_sink *sink, const char *key, const struct weh_doubles *values);
void json_write_angles(struct weh_sink *sink, const char *key, const double angles[3]);

/** The object of a shape, {"box": {..}}; nothing when it has no JSON form. */
void json_write_shape(struct weh_sink *sink, const struct weh_shape *shape);
void json_write_mesh(struct weh_sink *sink, const struct weh_mesh *mesh);
void json_write_fill(struct weh_sink *sink, const struct weh_geom_fill *fill);
void json_write_pattern(struct weh_sink *sink, const struct weh_geom_pattern *pattern);
void json_write_style(struct weh_sink *sink, const struct weh_geom_line_style *style);

#endif
