/* src/base/alloc.c - the one door to malloc. Only these functions stand here, so that a test can
 * link another file in its place. */
#include "weh/alloc.h"

#include <stdlib.h>
#include <string.h>

void *weh_calloc(size_t n, size_t size)
{
    return calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);
}

void *weh_malloc(size_t size)
{
    return malloc(size == 0 ? 1 : size);
}

void *weh_realloc(void *memory, size_t size)
{
    return realloc(memory, size == 0 ? 1 : size);
}

void weh_free(void *memory)
{
    free(memory);
}
