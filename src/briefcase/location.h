/* src/briefcase/location.h - extents, origin and place on the earth of an iModel. */
#ifndef WEH_BRIEFCASE_LOCATION_H
#define WEH_BRIEFCASE_LOCATION_H

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/sink.h"

struct weh_briefcase;

/** Write the members projectExtents, globalOrigin and, when it is set, ecefLocation into an open
 * map. @arena takes the decoded properties. Errors as weh_prop_read; nothing is written then. */
WEH_MUST_CHECK weh_err weh_location_write(struct weh_briefcase *briefcase, struct weh_arena *arena,
                                          struct weh_sink *sink, struct weh_diag *diag);

#endif
