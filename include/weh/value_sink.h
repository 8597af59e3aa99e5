/* include/weh/value_sink.h - a sink that makes a tree of values.
 *
 * For a result that is needed again on this side. One thread at a time.
 */
#ifndef WEH_VALUE_SINK_H
#define WEH_VALUE_SINK_H

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/sink.h"

#define WEH_VALUE_SINK_DEPTH 64

/** A container that is being written. */
struct weh_value_level {
    struct weh_value *items;    /* of an array */
    struct weh_member *members; /* of a map */
    uint32_t n;
    uint32_t capacity;
    bool is_map;
};

/** Members are private. */
struct weh_value_sink {
    struct weh_sink sink; /* write into this one */
    struct weh_arena *arena;
    weh_err err;
    unsigned depth;
    struct weh_str key; /* of the next member */
    struct weh_value root;
    struct weh_value_level levels[WEH_VALUE_SINK_DEPTH];
};

/** @arena holds the tree, copies of all texts and bytes included. */
void weh_value_sink_init(struct weh_value_sink *sink, struct weh_arena *arena);

/** What was written, once it is one whole value: WEH_E_NOMEM, or WEH_E_TOO_LARGE when it is too deep
 * or has too many items. */
WEH_MUST_CHECK weh_err weh_value_sink_take(const struct weh_value_sink *sink, struct weh_value *out,
                                           struct weh_diag *diag);

#endif
