/* src/geom/kind_priv.h - the parts of telling curves, surfaces and solids apart. */
#ifndef WEH_GEOM_KIND_PRIV_H
#define WEH_GEOM_KIND_PRIV_H

#include "weh/geom_kind.h"
#include "weh/geom_mesh.h"

/** A sheet or a closed volume; NONE when the indexes of @mesh are wrong. WEH_E_TOO_LARGE, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err kind_of_mesh(const struct weh_mesh *mesh, struct weh_arena *arena,
                                    enum weh_geom_kind *out, struct weh_diag *diag);

#endif
