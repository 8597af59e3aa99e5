/* tests/fake/fake_clock.c - stands in for src/base/clock.c: link it into the test itself. */
#include "fake_clock.h"

#include "weh/clock.h"

static _Atomic int64_t now_ms = 1795226437313; /* 2026-11-21T02:00:37.313Z */

void fake_clock_set_ms(int64_t wall_ms)
{
    now_ms = wall_ms;
}

void fake_clock_advance_ms(int64_t ms)
{
    now_ms += ms;
}

uint64_t weh_clock_mono_us(void)
{
    return (uint64_t)now_ms * 1000U;
}

uint64_t weh_clock_coarse_us(void)
{
    return weh_clock_mono_us();
}

int64_t weh_clock_wall_ms(void)
{
    return now_ms;
}
