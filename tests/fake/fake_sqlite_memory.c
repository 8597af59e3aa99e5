/* tests/fake/fake_sqlite_memory.c - see fake_sqlite_memory.h. */
#include "fake_sqlite_memory.h"

#include <sqlite3.h>

#include "weh/compiler.h"

static struct {
    sqlite3_mem_methods real;
    size_t live;
    unsigned count;
    unsigned left; /* until the failure; 0: never */
    bool lasting;
    bool failed;
    bool paused;
} memory;

static bool must_fail(void)
{
    if (memory.paused) {
        return false;
    }
    memory.count++;
    if (memory.left == 0) {
        return false;
    }
    if (memory.left > 1) {
        memory.left--;
        return false;
    }
    memory.left = memory.lasting ? 1 : 0;
    memory.failed = true;
    return true;
}

static void *memory_malloc(int n)
{
    void *got = must_fail() ? NULL : memory.real.xMalloc(n);

    memory.live += got != NULL;
    return got;
}

static void *memory_realloc(void *old, int n)
{
    return must_fail() ? NULL : memory.real.xRealloc(old, n);
}

static void memory_free(void *old)
{
    memory.live -= old != NULL;
    memory.real.xFree(old);
}

void fake_sqlite_memory_install(void)
{
    sqlite3_mem_methods methods;

    weh_assert(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real) == SQLITE_OK);
    methods = memory.real;
    methods.xMalloc = memory_malloc;
    methods.xRealloc = memory_realloc;
    methods.xFree = memory_free;
    weh_assert(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
    weh_assert(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK);
}

void fake_sqlite_memory_fail_at(unsigned nth, bool lasting)
{
    fake_sqlite_memory_reset();
    memory.left = nth;
    memory.lasting = lasting;
    memory.failed = false;
}

void fake_sqlite_memory_reset(void)
{
    memory.left = 0;
    memory.count = 0;
}

void fake_sqlite_memory_pause(bool paused)
{
    memory.paused = paused;
}

unsigned fake_sqlite_memory_count(void)
{
    return memory.count;
}

size_t fake_sqlite_memory_live(void)
{
    return memory.live;
}

bool fake_sqlite_memory_has_failed(void)
{
    return memory.failed;
}
