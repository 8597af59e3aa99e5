/* tests/fake/fake_clock.h - a clock that stands until it is moved. */
#ifndef WEH_FAKE_CLOCK_H
#define WEH_FAKE_CLOCK_H

#include <stdint.h>

/** Set the wall clock; the monotonic clock goes along. */
void fake_clock_set_ms(int64_t wall_ms);

void fake_clock_advance_ms(int64_t ms);

#endif
