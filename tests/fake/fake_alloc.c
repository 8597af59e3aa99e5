/* tests/fake/fake_alloc.c - stands in for src/base/alloc.c: link it into the test itself. */
#include "fake_alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "weh/alloc.h"

static atomic_size_t live;
static atomic_uint countdown; /* 0: never fail */
static atomic_uint count;
static atomic_int once;
static atomic_int paused;
static atomic_int failed;

static void arm(unsigned nth, int only_once)
{
    atomic_store(&failed, 0);
    atomic_store(&count, 0);
    atomic_store(&once, only_once);
    atomic_store(&countdown, nth);
}

void fake_alloc_fail_at(unsigned nth)
{
    arm(nth, 0);
}

void fake_alloc_fail_once(unsigned nth)
{
    arm(nth, 1);
}

void fake_alloc_reset(void)
{
    atomic_store(&countdown, 0);
    atomic_store(&count, 0);
}

void fake_alloc_pause(int pause)
{
    atomic_store(&paused, pause);
}

unsigned fake_alloc_count(void)
{
    return atomic_load(&count);
}

size_t fake_alloc_live(void)
{
    return atomic_load(&live);
}

int fake_alloc_has_failed(void)
{
    return atomic_load(&failed);
}

static int must_fail(void)
{
    unsigned left = atomic_load(&countdown);

    if (atomic_load(&paused)) {
        return 0;
    }
    atomic_fetch_add(&count, 1);
    if (left == 0) {
        return 0;
    }
    if (left > 1) {
        atomic_store(&countdown, left - 1);
        return 0;
    }
    if (atomic_load(&once)) {
        atomic_store(&countdown, 0);
    }
    atomic_store(&failed, 1);
    return 1;
}

static void *counted(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_add(&live, 1);
    }
    return memory;
}

void *weh_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : counted(calloc(n == 0 ? 1 : n, size == 0 ? 1 : size));
}

void *weh_malloc(size_t size)
{
    return must_fail() ? NULL : counted(malloc(size == 0 ? 1 : size));
}

void *weh_realloc(void *memory, size_t size)
{
    if (must_fail()) {
        return NULL;
    }
    if (memory == NULL) {
        return counted(malloc(size == 0 ? 1 : size));
    }
    return realloc(memory, size == 0 ? 1 : size);
}

void weh_free(void *memory)
{
    if (memory != NULL) {
        atomic_fetch_sub(&live, 1);
    }
    free(memory);
}
