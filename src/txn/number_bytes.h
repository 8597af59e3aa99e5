/* src/txn/number_bytes.h - numbers in the files beside a briefcase: little-endian, of @n bytes. */
#ifndef WEH_NUMBER_BYTES_H
#define WEH_NUMBER_BYTES_H

#include <stdint.h>

static inline void put_number(uint8_t *to, uint64_t value, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        to[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline uint64_t get_number(const uint8_t *from, unsigned n)
{
    uint64_t value = 0;

    for (unsigned i = n; i > 0; i--) {
        value = value << 8 | from[i - 1];
    }
    return value;
}

#endif
