/* include/weh/geom_build.h - entries as given into the entries that are stored.
 *
 * What a client gives (entryArray, or JSON read by geom_json.h) is not what stands in a file: native
 * library 5.1.72 keeps an appearance and writes it, as a whole, before the first geometry that it counts for;
 * single line strings, segments, point strings and arcs become opcodes 5 to 7; ranges of sub-graphics are
 * computed; what a kind of geometry cannot have (a fill on a solid) is left out there.
 */
#ifndef WEH_GEOM_BUILD_H
#define WEH_GEOM_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/geom.h"
#include "weh/geom_box.h"

/** What the geometry is for. */
struct weh_geom_target {
    bool is_part; /* of a GeometryPart: no category, no instances of parts */
    bool is_2d;
    bool is_json;          /* the entries came from JSON: a few rules differ */
    uint32_t flags;        /* of the header; a header of JSON has its own */
    uint64_t sub_category; /* the default one of the category; 0 for parts */
    const struct weh_geom_part_boxes *parts;
    const struct weh_geom_range *given_box; /* of entries that cannot be boxed; NULL: refused */
    /* WEH_OK when @sub_category belongs to the element's category. */
    weh_err (*check_sub_category)(void *context, uint64_t sub_category, struct weh_diag *diag);
    void *context;
};

/**
 * Make the stored entries of @in, and the box of all of them.
 *
 * @arena  gets the memory of @out, which also refers to what @in refers to.
 * @out    no entries at all when nothing in @in draws anything.
 *
 * WEH_E_BAD_ARGS naming the entry (an opcode that is none, 3d geometry in 2d, appearance without effect),
 * WEH_E_NOMEM; and the errors of weh_geom_entry_box and of @target's functions.
 */
WEH_MUST_CHECK weh_err weh_geom_build(const struct weh_geom *in,
                                      const struct weh_geom_target *target, struct weh_arena *arena,
                                      struct weh_geom *out, struct weh_geom_range *box,
                                      struct weh_diag *diag);

#endif
