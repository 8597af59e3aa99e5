/* src/geom/build_priv.h - the appearance that a stream under construction has; not for other folders. */
#ifndef WEH_GEOM_BUILD_PRIV_H
#define WEH_GEOM_BUILD_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/geom.h"

/** How geometry looks: overrides of its sub-category. All zero but sub_category: none. */
struct look {
    uint64_t sub_category;
    uint64_t style_id;
    uint64_t material_id;
    uint32_t color, weight, fill_color;
    int32_t priority;
    int8_t geometry_class;
    int8_t fill_display;
    uint8_t background_fill;
    bool has_color, has_weight, has_style, has_material, has_fill, has_uv;
    double transparency, fill_transparency;
    double uv[6];
    const struct weh_geom_line_style *style; /* NULL: no modifiers */
    const struct weh_geom_fill *gradient;    /* NULL: none */
    const struct weh_geom_pattern *pattern;  /* NULL: none */
};

/** What a kind of geometry can have. */
enum {
    LOOK_SOLID_FILL = 1,
    LOOK_GRADIENT = 2, /* and patterns */
    LOOK_MATERIAL = 4
};

/** Apply an appearance entry (4, 19 to 23) to @look. False when it has no effect; JSON does not care. */
bool look_apply(struct look *look, const struct weh_geom_entry *entry, bool is_json);

bool look_equal(const struct look *a, const struct look *b);

/** Take from @look what geometry with @abilities cannot have; false when there was nothing. */
bool look_restrict(struct look *look, unsigned abilities);

/** Append the entries that establish @look to @entries (struct weh_geom_entry). */
WEH_MUST_CHECK weh_err look_write(const struct look *look, bool with_sub_category, bool is_2d,
                                  struct weh_arena *arena, struct weh_buf *entries,
                                  struct weh_diag *diag);

#endif
