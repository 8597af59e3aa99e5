/* tests/fake/fake_sqlite_memory.h - SQLite's own allocator, which fails when told to, and counts. */
#ifndef WEH_FAKE_SQLITE_MEMORY_H
#define WEH_FAKE_SQLITE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/** Stand before SQLite's own; before SQLite is initialised. Connections then have no memory of their
 * own (lookaside) that would not be counted. */
void fake_sqlite_memory_install(void);

/** Let the @nth allocation from now (1 is the next) fail; with @lasting all after it too. */
void fake_sqlite_memory_fail_at(unsigned nth, bool lasting);

/** No more failures, and counting from 0. */
void fake_sqlite_memory_reset(void);

/** True: neither fail nor count, until false. */
void fake_sqlite_memory_pause(bool paused);

/** Allocations since the last reset or fail_at. */
unsigned fake_sqlite_memory_count(void);

/** Blocks allocated and not freed. */
size_t fake_sqlite_memory_live(void);

/** True when an allocation has failed since the last fail_at. */
bool fake_sqlite_memory_has_failed(void);

#endif
