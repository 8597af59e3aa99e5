/* src/briefcase/query_memory.c - the memory that a query takes, counted as SQLite allocates it.
 *
 * A value has a longest length (SQLITE_LIMIT_LENGTH), but a row may have thousands. SQLite's own limit on
 * its heap is for the whole process and needs its statistics, which take a lock; and an allocation that is
 * refused makes SQLite roll back what is unsaved. So nothing is refused here: when a step has taken too
 * much, or its time is over, the longest length is lowered, so that the next value fails in good order, and
 * the progress handler interrupts it: an aggregate of JSON grows without looking at that length.
 *
 * What is static here is set once before the threads start, or belongs to one thread.
 */
#include "query_memory.h"

#include <stddef.h>

#include "weh/clock.h"
#include "weh/compiler.h"

/* Values of a step that has met the limit: thousands of these are not much. */
#define LENGTH_WHEN_OVER 4096
/* SQLite looks at its progress handler by instructions; a few of these may handle many megabytes. */
#define BYTES_A_LOOK (INT64_C(256) << 10)

static sqlite3_mem_methods beneath;
static _Thread_local struct weh_query_memory *current;

/* What is longer fails from here on. */
static void be_over(void)
{
    if (!current->is_over) {
        current->is_over = true;
        (void)sqlite3_limit(current->db, SQLITE_LIMIT_LENGTH, LENGTH_WHEN_OVER);
    }
}

/* Is the time over? Then what is longer fails, too. */
static void look_at_the_clock(void)
{
    current->unlooked_bytes = 0;
    if (*current->deadline_us != 0 && weh_clock_mono_us() >= *current->deadline_us) {
        current->is_late = true;
        be_over();
    }
}

static void count(void *memory, int sign)
{
    int64_t size;

    if (current == NULL || memory == NULL) {
        return;
    }
    size = beneath.xSize(memory);
    current->used_bytes += sign * size;
    current->unlooked_bytes += sign > 0 ? size : 0;
    if (current->unlooked_bytes >= BYTES_A_LOOK) {
        look_at_the_clock();
    }
    if (current->used_bytes > current->limit_bytes) {
        be_over();
    }
}

bool weh_query_memory_is_over(void)
{
    return current != NULL && current->is_over;
}

int weh_query_memory_file(int rc)
{
    if (current == NULL || rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ) {
        return rc;
    }
    current->file_rc = rc;
    return SQLITE_ERROR;
}

void weh_query_memory_wrote(int64_t n_bytes)
{
    struct weh_query_space *space = current == NULL ? NULL : current->space;

    if (space == NULL) {
        return;
    }
    space->used_bytes += (uint64_t)n_bytes;
    if (space->used_bytes > space->limit_bytes) {
        be_over();
    }
}

static void *counted_malloc(int n)
{
    void *memory = beneath.xMalloc(n);

    count(memory, 1);
    return memory;
}

static void counted_free(void *memory)
{
    count(memory, -1);
    beneath.xFree(memory);
}

static void *counted_realloc(void *old, int n)
{
    void *memory;

    count(old, -1);
    memory = beneath.xRealloc(old, n);
    count(memory == NULL ? old : memory, 1);
    return memory;
}

int weh_query_memory_install(void)
{
    sqlite3_mem_methods methods;
    int rc = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods);

    if (rc != SQLITE_OK || methods.xMalloc == counted_malloc) {
        return rc;
    }
    beneath = methods;
    methods.xMalloc = counted_malloc;
    methods.xFree = counted_free;
    methods.xRealloc = counted_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

void weh_query_memory_begin(struct weh_query_memory *memory)
{
    weh_assert(current == NULL);
    current = memory;
}

struct weh_query_memory *weh_query_memory_pause(void)
{
    struct weh_query_memory *memory = current;

    current = NULL;
    return memory;
}

void weh_query_memory_resume(struct weh_query_memory *memory)
{
    current = memory;
}
