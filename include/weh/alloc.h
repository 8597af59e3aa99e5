/* include/weh/alloc.h - memory from the heap.
 *
 * The one door to malloc, so that a test can link an allocator in its place which fails the n-th
 * call (tests/fake/fake_alloc.c). Threads: any.
 */
#ifndef WEH_ALLOC_H
#define WEH_ALLOC_H

#include <stddef.h>

#include "weh/compiler.h"

/** @size bytes, zeroed; NULL when there is no memory. Owned by the caller. */
WEH_MUST_CHECK void *weh_calloc(size_t n, size_t size);

/** @size bytes, not initialised; NULL when there is no memory. Owned by the caller. */
WEH_MUST_CHECK void *weh_malloc(size_t size);

/** Resize @memory (may be NULL). On failure NULL, and @memory stays as it was. */
WEH_MUST_CHECK void *weh_realloc(void *memory, size_t size);

/** Free @memory (NULL is fine). */
void weh_free(void *memory);

/** Give what is free back to the system where it can be. Takes milliseconds when much is in use. */
void weh_alloc_trim(void);

/** A copy of the @len bytes at @text with a NUL behind them; NULL when there is no memory. */
WEH_MUST_CHECK char *weh_strndup(const char *text, size_t len);

#endif
