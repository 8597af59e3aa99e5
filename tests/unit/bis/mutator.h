/* tests/unit/bis/mutator.h - decoded values with something wrong in them, from a seed.
 *
 * What comes out is what a decoder could deliver: UTF-8, no NaN, no key twice, at most 64 levels deep.
 */
#ifndef MUTATOR_H
#define MUTATOR_H

#include <stddef.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/value.h"

struct mutator {
    struct weh_arena *arena; /* of what comes out */
    uint64_t random;         /* state of the generator */
    char *long_text;
};

void mutator_init(struct mutator *mutator, struct weh_arena *arena, uint64_t seed);
void mutator_fini(struct mutator *mutator);

/** A random number below @n. */
uint32_t mutator_below(struct mutator *mutator, uint32_t n);

/** Zeroed memory of the arena; never NULL. */
void *mutator_take(struct mutator *mutator, size_t n, size_t size);

/** @text as a value; kept as a view. */
struct weh_value mutator_text(const char *text);

/**
 * A copy of @value with @n random changes: a member or item replaced by something odd, removed, added,
 * said twice in two spellings, or renamed. {"$base64": "..."}, as dumps have it, becomes the text
 * that edits take, also with @n 0.
 *
 * @what  the last change in one word. Static.
 */
struct weh_value mutator_mutate(struct mutator *mutator, const struct weh_value *value, uint32_t n,
                                const char **what);

#endif
