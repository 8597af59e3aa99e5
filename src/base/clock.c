/* src/base/clock.c - the time. The clock functions stand alone with the text form, so that a
 * test can link another clock. */
#include "weh/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t read_us(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

uint64_t weh_clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

uint64_t weh_clock_coarse_us(void)
{
    return read_us(CLOCK_MONOTONIC_COARSE);
}

int64_t weh_clock_wall_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
