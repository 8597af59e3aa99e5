/* src/geom/encode_priv.h - what the writers of entries share. */
#ifndef WEH_GEOM_ENCODE_PRIV_H
#define WEH_GEOM_ENCODE_PRIV_H

#include "weh/geom.h"
#include "weh/geom_mesh.h"

#include "fb_write.h"

/* Vectors of scalars; 0 when absent. */
fbw_ref encode_doubles(struct fbw *fbw, struct weh_doubles doubles);
fbw_ref encode_points(struct fbw *fbw, struct weh_points points);
fbw_ref encode_ints(struct fbw *fbw, struct weh_ints ints);

/* The VariantGeometry of @shape and all below it. WEH_E_BAD_ARGS over the bounds of geom_shape.h. */
WEH_MUST_CHECK weh_err encode_shape(struct fbw *fbw, const struct weh_shape *shape, fbw_ref *out,
                                    struct weh_diag *diag);

fbw_ref encode_mesh(struct fbw *fbw, const struct weh_mesh *mesh);

/* The table of an entry that is no shape; 0 for opcodes without one. */
fbw_ref encode_symbology(struct fbw *fbw, const struct weh_geom_entry *entry);

#endif
