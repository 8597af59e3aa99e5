/* tests/fuzz/fuzz_geom.c - fuzz target: any bytes as the body of a geometry stream.
 *
 * Without the container, which hides the bytes behind a compression: what a fuzzer changes stays where
 * it was. What decoding lets pass is written, and read again.
 */
#include <stdlib.h>

#include "weh/geom.h"
#include "weh/pack.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct weh_pack_kind kind = { .name = "test", .limit_bytes = 1u << 20 };
    const struct weh_pack_piece piece = { data, size };
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_buf packed;
    struct weh_buf again;

    weh_arena_init(&arena, 16u << 20);
    weh_buf_init(&packed, 0);
    weh_buf_init(&again, 0);
    if (weh_pack(&kind, &piece, 1, &packed, NULL) == WEH_OK &&
        weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL) == WEH_OK) {
        if (weh_geom_encode(&geom, &again, NULL) != WEH_OK ||
            weh_geom_decode(again.data, again.len, &arena, &geom, NULL) != WEH_OK) {
            abort();
        }
    }
    weh_buf_fini(&packed);
    weh_buf_fini(&again);
    weh_arena_fini(&arena);
    return 0;
}
