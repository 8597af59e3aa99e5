/* include/weh/geom_kind.h - what an entry of a geometry stream draws: curves, a surface or a solid.
 *
 * As ElementGeometry.getBRepEntityType of @itwin/core-common 5.1, on which the filters of edit tools rest. So
 * a solid whose definition @itwin/core-geometry refuses (a torus pipe that is wider than it is large) is of no kind.
 */
#ifndef WEH_GEOM_KIND_H
#define WEH_GEOM_KIND_H

#include <stdbool.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/geom.h"

enum weh_geom_kind {
    WEH_GEOM_KIND_NONE,    /* points, text, images, parts, and what draws nothing */
    WEH_GEOM_KIND_CURVE,   /* curves, paths, wire bodies */
    WEH_GEOM_KIND_SURFACE, /* loops, regions, open meshes and solids without caps, sheet bodies */
    WEH_GEOM_KIND_SOLID    /* capped solids, closed meshes, solid bodies */
};

/** Whether an entry with @opcode is seen: geometry or a part. */
bool weh_geom_op_is_displayable(uint32_t opcode);

/**
 * What @stored draws.
 *
 * @arena  for the decoded entry.
 *
 * WEH_E_CORRUPT (the payload is damaged), WEH_E_TOO_LARGE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_geom_kind_of(const struct weh_geom_stored *stored,
                                        struct weh_arena *arena, enum weh_geom_kind *out,
                                        struct weh_diag *diag);

/** Whether @stored is an open curve, as ElementGeometry.isCurve: unlike above, bodies are none. Errors as above. */
WEH_MUST_CHECK weh_err weh_geom_is_curve(const struct weh_geom_stored *stored,
                                         struct weh_arena *arena, bool *out, struct weh_diag *diag);

#endif
