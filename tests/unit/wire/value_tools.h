/* tests/unit/wire/value_tools.h - comparing and inventing values, for tests and fuzz targets. */
#ifndef WEH_VALUE_TOOLS_H
#define WEH_VALUE_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/value.h"

/**
 * True when @a and @b say the same. Numbers are compared as numbers, so that 5 equals 5.0, and
 * members in their order. Depth as the decoders bound it.
 */
bool value_equal(const struct weh_value *a, const struct weh_value *b);

/** xorshift64; *@state must not be 0. */
uint64_t value_random(uint64_t *state);

/** A random tree of at most @depth containers in @arena: every type but, unless @binary, binary. */
struct weh_value value_invent(struct weh_arena *arena, uint64_t *state, uint32_t depth,
                              bool binary);

#endif
