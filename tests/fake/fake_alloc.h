/* tests/fake/fake_alloc.h - an allocator that fails when told to, and counts. */
#ifndef WEH_FAKE_ALLOC_H
#define WEH_FAKE_ALLOC_H

#include <stddef.h>

/** Let the @nth allocation from now (1 is the next) and all after it fail. */
void fake_alloc_fail_at(unsigned nth);

/** Let only the @nth allocation from now fail. */
void fake_alloc_fail_once(unsigned nth);

/** No more failures, and counting from 0. */
void fake_alloc_reset(void);

/** Not 0: neither fail nor count, until 0. */
void fake_alloc_pause(int paused);

/** Allocations since the last reset or fail_at. */
unsigned fake_alloc_count(void);

/** Blocks allocated and not freed. */
size_t fake_alloc_live(void);

/** True when an allocation has failed since the last fake_alloc_fail_at. */
int fake_alloc_has_failed(void);

#endif
