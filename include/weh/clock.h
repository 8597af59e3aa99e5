/* include/weh/clock.h - the time. A test may link another clock (tests/fake/fake_clock.c). */
#ifndef WEH_CLOCK_H
#define WEH_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define WEH_TIME_TEXT_SIZE 25 /* 2026-11-21T02:00:37.313Z and a NUL */

/** Microseconds of a clock that never jumps; only differences mean anything. Any thread. */
uint64_t weh_clock_mono_us(void);

/** The same, up to 10 ms behind it and never ahead, for a tenth of its price: for what looks at a deadline
 * for every row. Any thread. */
uint64_t weh_clock_coarse_us(void);

/** Milliseconds since 1970 UTC. Any thread. */
int64_t weh_clock_wall_ms(void);

/** Write @wall_ms as ISO 8601 in UTC with milliseconds. Years 0 to 9999. */
void weh_time_print(int64_t wall_ms, char out[WEH_TIME_TEXT_SIZE]);

#endif
