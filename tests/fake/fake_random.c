/* tests/fake/fake_random.c - see fake_random.h. */
#include "fake_random.h"

#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

static uint64_t state = 1;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming): the linker's names */
ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags);

void fake_random_reset(unsigned seed)
{
    state = seed + 1;
}

ssize_t __wrap_getrandom(void *out, size_t n, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < n; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        ((uint8_t *)out)[i] = (uint8_t)(state >> 56);
    }
    return (ssize_t)n;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
