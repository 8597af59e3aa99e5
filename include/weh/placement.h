/* include/weh/placement.h - where a geometric element stands.
 *
 * Values as JSON has them: degrees, metres. Source: PlacementProps of @itwin/core-common and what
 * the native library 5.1.72 stores.
 */
#ifndef WEH_PLACEMENT_H
#define WEH_PLACEMENT_H

#include <stdbool.h>

#include "weh/err.h"
#include "weh/sink.h"
#include "weh/value.h"

struct weh_placement3d {
    double origin[3];
    double angles[3]; /* yaw, pitch, roll in degrees, as stored */
    double low[3];    /* element-aligned box in local coordinates */
    double high[3];
    bool has_box; /* reading: always */
};

struct weh_placement2d {
    double origin[2];
    double angle; /* degrees, as stored */
    double low[2];
    double high[2];
    bool has_box; /* reading: false for a box whose low is above its high, which cannot be stored */
};

/** Read Placement3dProps. Angles take the official rounding (degrees to radians and back); an absent
 * box is all zeros, as the native library stores it. WEH_E_BAD_ARGS naming the member. */
WEH_MUST_CHECK weh_err weh_placement3d_read(const struct weh_value *value,
                                            struct weh_placement3d *out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_placement2d_read(const struct weh_value *value,
                                            struct weh_placement2d *out, struct weh_diag *diag);

/** Read the first @n (2 or 3) components of a point, an array or an object; absent ones are 0.
 * WEH_E_BAD_ARGS naming @where. */
WEH_MUST_CHECK weh_err weh_point_read(const struct weh_value *value, const char *where, unsigned n,
                                      double *out, struct weh_diag *diag);

/** Read an angle: a number of degrees, or {degrees}, {radians}. An absent one is 0.
 * WEH_E_BAD_ARGS naming @where. */
WEH_MUST_CHECK weh_err weh_angle_read(const struct weh_value *value, const char *where,
                                      double *degrees, struct weh_diag *diag);

/** @degrees as they come back from the native library's radians. */
double weh_angle_round(double degrees);

/** @angles of a view (yaw, pitch, roll in degrees), which the native library keeps as a matrix, as
 * they come back from it: those of the same rotation that are near zero. */
void weh_view_angles_round(double angles[3]);

/** Write an array of @n numbers; {low, high} of such arrays; {pitch, roll, yaw} without zeros. */
void weh_point_write(const double *point, unsigned n, struct weh_sink *sink);
void weh_box_write(const double *low, const double *high, unsigned n, struct weh_sink *sink);
void weh_angles_write(const double angles[3], struct weh_sink *sink);

/** Write the map as getElementProps has it (zero angles left out). */
void weh_placement3d_write(const struct weh_placement3d *placement, struct weh_sink *sink);
void weh_placement2d_write(const struct weh_placement2d *placement, struct weh_sink *sink);

/** From the element's coordinates to the world's: rows of a 3 x 4 matrix, as the native library has them. */
void weh_placement3d_transform(const struct weh_placement3d *placement, double out[12]);
void weh_placement2d_transform(const struct weh_placement2d *placement, double out[12]);

#endif
