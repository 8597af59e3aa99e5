/* include/weh/geom_box.h - the element-aligned box of a geometry stream.
 *
 * The box is in the coordinates of the placement, axis by axis, and not made larger: a flat shape has a
 * box without thickness. It is what the native library 5.1.72 computes when it builds the stream:
 *
 *   exact           points, lines, arcs, boxes, cones, linear and ruled sweeps of these, meshes, images,
 *                   text with its layout, B-spline and interpolation curves (extremes of each span)
 *   as native       spheres (the whole sphere, whatever the latitudes), torus pipes (24 sections, 5 % of
 *                   the diagonal more), rotational sweeps (strokes of the contour, 2 % more), B-spline
 *                   surfaces (a grid on each patch, 10 % more, never beyond the poles)
 *   otherwise       trimmed B-spline surfaces: as if untrimmed (native takes the box of a mesh)
 *   not at all      Parasolid bodies, text without a layout (JSON text: the font is not here), spirals,
 *                   catenaries, Akima and partial curves: WEH_E_UNSUPPORTED
 *
 * Symbology has no effect: the width of a line style, which native adds, is not known here.
 * One thread at a time; geometry may come from a peer.
 */
#ifndef WEH_GEOM_BOX_H
#define WEH_GEOM_BOX_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/geom.h"

/** Where the boxes of parts come from. @find fills @out with the box of the part's own geometry;
 * WEH_E_MISSING_ID or another error refuses the instance. */
struct weh_geom_part_boxes {
    weh_err (*find)(void *context, uint64_t part_id, struct weh_geom_range *out,
                    struct weh_diag *diag);
    void *context;
};

/**
 * The box of one entry.
 *
 * @parts  asked for part instances; NULL: they are refused with WEH_E_UNSUPPORTED.
 * @out    low above high when the entry draws nothing (symbology, header, sub-range).
 *
 * WEH_E_UNSUPPORTED for what has no box here, WEH_E_BAD_ARGS for a shape that makes no sense (a spline
 * without enough knots) or is larger than 40075 km, both without a place; WEH_E_NOMEM; or the error of @parts.
 */
WEH_MUST_CHECK weh_err weh_geom_entry_box(const struct weh_geom_entry *entry,
                                          const struct weh_geom_part_boxes *parts,
                                          struct weh_geom_range *out, struct weh_diag *diag);

/** The box of all of @geom; errors as above, naming the entry (geom[3]), and WEH_E_BAD_ARGS when the whole is
 * larger than 40075 km, which native does not keep. */
WEH_MUST_CHECK weh_err weh_geom_box(const struct weh_geom *geom,
                                    const struct weh_geom_part_boxes *parts,
                                    struct weh_geom_range *out, struct weh_diag *diag);

/** True when @range holds nothing (low above high). */
bool weh_geom_range_is_null(const struct weh_geom_range *range);

/** True when @range is larger than 40075 km, the size of the largest placement that native keeps. */
bool weh_geom_range_is_too_large(const struct weh_geom_range *range);

/** Bring the transform of @part into the form that is stored: rotation and scale by way of a matrix, as
 * native does; the identity loses its origin. The box above wants @part as it was given. */
void weh_geom_part_settle(struct weh_geom_part *part);

#endif
