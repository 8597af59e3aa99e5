/* src/base/arena.c - chunks of memory handed out in order and given back together. */
#include "weh/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "weh/alloc.h"

#define FIRST_CHUNK_BYTES ((size_t)4096)
#define MAX_CHUNK_BYTES   ((size_t)256 * 1024)

struct weh_arena_chunk {
    struct weh_arena_chunk *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) uint8_t bytes[];
};

void weh_arena_init(struct weh_arena *arena, size_t limit_bytes)
{
    *arena = (struct weh_arena){ .limit_bytes = limit_bytes };
}

static void free_from(struct weh_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct weh_arena_chunk *next = chunk->next;

        weh_free(chunk);
        chunk = next;
    }
}

void weh_arena_fini(struct weh_arena *arena)
{
    free_from(arena->chunks);
    weh_arena_init(arena, arena->limit_bytes);
}

void weh_arena_reset(struct weh_arena *arena)
{
    struct weh_arena_chunk *first = arena->chunks;

    /* The oldest chunk is the small one: find it at the end of the list and keep it. */
    while (first != NULL && first->next != NULL) {
        struct weh_arena_chunk *next = first->next;

        weh_free(first);
        first = next;
    }
    if (first != NULL && first->capacity > FIRST_CHUNK_BYTES) {
        weh_free(first);
        first = NULL;
    }
    if (first != NULL) {
        first->used = 0;
    }
    arena->chunks = first;
    arena->used_bytes = 0;
}

static struct weh_arena_chunk *add_chunk(struct weh_arena *arena, size_t size)
{
    size_t capacity = arena->chunks == NULL ? FIRST_CHUNK_BYTES : arena->chunks->capacity * 2;
    struct weh_arena_chunk *chunk;

    if (capacity > MAX_CHUNK_BYTES) {
        capacity = MAX_CHUNK_BYTES;
    }
    if (capacity < size) {
        capacity = size;
    }
    chunk = weh_malloc(sizeof(*chunk) + capacity);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->next = arena->chunks;
    chunk->capacity = capacity;
    chunk->used = 0;
    arena->chunks = chunk;
    return chunk;
}

void *weh_arena_alloc(struct weh_arena *arena, size_t size)
{
    struct weh_arena_chunk *chunk = arena->chunks;
    const size_t align = alignof(max_align_t);
    size_t rounded;
    void *memory;

    if (size > SIZE_MAX / 2 - align) {
        return NULL;
    }
    rounded = (size + align - 1) / align * align;
    if (arena->limit_bytes != 0 && rounded > arena->limit_bytes - arena->used_bytes) {
        return NULL;
    }
    if (chunk == NULL || rounded > chunk->capacity - chunk->used) {
        chunk = add_chunk(arena, rounded);
        if (chunk == NULL) {
            return NULL;
        }
    }
    memory = chunk->bytes + chunk->used;
    chunk->used += rounded;
    arena->used_bytes += rounded;
    memset(memory, 0, rounded);
    return memory;
}

void *weh_arena_array(struct weh_arena *arena, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    return weh_arena_alloc(arena, bytes);
}

char *weh_arena_strdup(struct weh_arena *arena, struct weh_str str)
{
    char *copy = str.len == SIZE_MAX ? NULL : weh_arena_alloc(arena, str.len + 1);

    if (copy != NULL && str.len > 0) {
        memcpy(copy, str.ptr, str.len);
    }
    return copy;
}
