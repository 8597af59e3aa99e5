/* include/weh/placement_move.h - moving and turning placements, as iTwin.js does it.
 *
 * Numbers come out as with Placement3d.multiplyTransform of @itwin/core-common 5.1 (matrices and angles of
 * @itwin/core-geometry), but for the last bit of angles: V8 has an arc tangent of its own.
 */
#ifndef WEH_PLACEMENT_MOVE_H
#define WEH_PLACEMENT_MOVE_H

#include "weh/placement.h"

/** x -> matrix * x + origin; rows. */
struct weh_transform {
    double matrix[9];
    double origin[3];
};

/** Read Matrix3dProps: rows, or nine numbers. An absent one is the identity. WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err weh_matrix_read(const struct weh_value *value, const char *where,
                                       double out[9], struct weh_diag *diag);
/** Read TransformProps: three rows of four, twelve numbers, or {matrix, origin}. WEH_E_BAD_ARGS. */
WEH_MUST_CHECK weh_err weh_transform_read(const struct weh_value *value, const char *where,
                                          struct weh_transform *out, struct weh_diag *diag);

/** The transform that turns by @matrix about @point. */
void weh_transform_about(const double point[3], const double matrix[9], struct weh_transform *out);

/** Is there something to move? Elements without geometry have no box. */
bool weh_placement3d_is_valid(const struct weh_placement3d *placement);
bool weh_placement2d_is_valid(const struct weh_placement2d *placement);

/** Where @placement is in world coordinates: the middle of its range. */
void weh_placement3d_center(const struct weh_placement3d *placement, double out[3]);
void weh_placement2d_center(const struct weh_placement2d *placement, double out[3]);

/** Move @placement. WEH_E_STATE (the iTwin.js number of BadRequest) when no angles stand for the result: a
 * transform that scales or mirrors, in 2d also one that leaves the plane. */
WEH_MUST_CHECK weh_err weh_placement3d_move(struct weh_placement3d *placement,
                                            const struct weh_transform *transform,
                                            struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_placement2d_move(struct weh_placement2d *placement,
                                            const struct weh_transform *transform,
                                            struct weh_diag *diag);

#endif
