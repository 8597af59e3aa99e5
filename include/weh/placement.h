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
    bool has_box;
};

struct weh_placement2d {
    double origin[2];
    double angle; /* degrees, as stored */
    double low[2];
    double high[2];
    bool has_box;
};

/** Read Placement3dProps. Angles take the official rounding (degrees to radians and back).
 * WEH_E_BAD_ARGS naming the member. */
WEH_MUST_CHECK weh_err weh_placement3d_read(const struct weh_value *value,
                                            struct weh_placement3d *out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_placement2d_read(const struct weh_value *value,
                                            struct weh_placement2d *out, struct weh_diag *diag);

/** Write the map as getElementProps has it (zero angles left out). */
void weh_placement3d_write(const struct weh_placement3d *placement, struct weh_sink *sink);
void weh_placement2d_write(const struct weh_placement2d *placement, struct weh_sink *sink);

#endif
