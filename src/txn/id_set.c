/* src/txn/id_set.c - writes the compressed text form of a set of ids. Reading is not needed here. */
#include "weh/id_set.h"

#include <inttypes.h>

static void write_run(struct weh_buf *out, uint64_t increment, uint64_t length)
{
    if (length == 1) {
        weh_buf_printf(out, "+%" PRIX64, increment);
    } else if (length > 1) {
        weh_buf_printf(out, "+%" PRIX64 "*%" PRIX64, increment, length);
    }
}

void weh_id_set_write(const weh_id *ids, size_t n, struct weh_buf *out)
{
    weh_id previous = 0;
    uint64_t increment = 0;
    uint64_t length = 0;

    for (size_t i = 0; i < n; i++) {
        if (ids[i] <= previous) {
            continue;
        }
        uint64_t step = ids[i] - previous;

        previous = ids[i];
        if (length > 0 && step == increment) {
            length++;
            continue;
        }
        write_run(out, increment, length);
        increment = step;
        length = 1;
    }
    write_run(out, increment, length);
}
