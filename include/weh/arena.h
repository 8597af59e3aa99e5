/* include/weh/arena.h - memory that is given back all at once.
 *
 * For what lives as long as one request. One thread at a time.
 */
#ifndef WEH_ARENA_H
#define WEH_ARENA_H

#include <stddef.h>

#include "weh/compiler.h"
#include "weh/str.h"

struct weh_arena_chunk;

struct weh_arena {
    struct weh_arena_chunk *chunks; /* newest first */
    size_t used_bytes;              /* handed out since the last reset */
    size_t limit_bytes;             /* 0: no limit */
};

/** Make @arena empty; it takes memory when it is first asked. @limit_bytes 0 is no limit. */
void weh_arena_init(struct weh_arena *arena, size_t limit_bytes);

/** Give back everything. The arena is as after weh_arena_init. Zeroed memory is fine. */
void weh_arena_fini(struct weh_arena *arena);

/** Give back everything but one small chunk, which is kept for the next use. */
void weh_arena_reset(struct weh_arena *arena);

/** @size bytes, aligned for any type, zeroed; NULL when out of memory or over the limit. */
WEH_MUST_CHECK void *weh_arena_alloc(struct weh_arena *arena, size_t size);

/** Room for @n objects of @size bytes each (checked against overflow), zeroed. */
WEH_MUST_CHECK void *weh_arena_array(struct weh_arena *arena, size_t n, size_t size);

/** A NUL-terminated copy of @str; NULL when out of memory. */
WEH_MUST_CHECK char *weh_arena_strdup(struct weh_arena *arena, struct weh_str str);

#endif
