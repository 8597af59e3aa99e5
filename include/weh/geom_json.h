/* include/weh/geom_json.h - GeometryStreamProps, the JSON form of geometry, to and from a geometry stream.
 *
 * Sources: GeometryStreamProps of @itwin/core-common, IModelJson of @itwin/core-geometry, and what the
 * native library 5.1.72 accepts and writes (tests/interop/FACTS.md, Geometry). Where native ignores what
 * it does not understand, this reader refuses it by name.
 *
 * One thread at a time; the JSON may come from a peer.
 */
#ifndef WEH_GEOM_JSON_H
#define WEH_GEOM_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/geom.h"
#include "weh/sink.h"
#include "weh/value.h"

/**
 * Read GeometryStreamProps: each item makes one entry, in the general form (geom.h); an empty object none.
 *
 * @json   an array; not kept, texts are copied.
 * @arena  gets all memory of @out.
 *
 * WEH_E_BAD_ARGS naming the place (geom[3].loop[0].arc.center), WEH_E_UNSUPPORTED for Parasolid data,
 * WEH_E_TOO_LARGE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_geom_json_read(const struct weh_value *json, struct weh_arena *arena,
                                          struct weh_geom *out, struct weh_diag *diag);

struct weh_geom_json_options {
    uint64_t sub_category; /* the default one of the element's category: not written; 0 for parts */
    bool want_brep_data;   /* Parasolid data too */
};

/** Write @geom as getElementProps({wantGeometry: true}) has it: an array, members in native's order.
 * Entries and
 * shapes without a JSON form are left out. */
void weh_geom_json_write(const struct weh_geom *geom, const struct weh_geom_json_options *options,
                         struct weh_sink *sink);

#endif
