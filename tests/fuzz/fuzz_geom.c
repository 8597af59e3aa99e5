/* tests/fuzz/fuzz_geom.c - fuzz target: any bytes as the body of a geometry stream.
 *
 * Without the container, which hides the bytes behind a compression: what a fuzzer changes stays where
 * it was. What decoding lets pass is written and read again, told as JSON, and given as entries; and all of it
 * goes through filters, which look at what entries draw.
 */
#include <stdlib.h>

#include "weh/geom.h"
#include "weh/geom_build.h"
#include "weh/geom_filter.h"
#include "weh/geom_json.h"
#include "weh/json.h"
#include "weh/pack.h"

#include "fuzz.h"

#define ARENA_BYTES (16u << 20)

static void rewrite(const struct weh_geom *geom, struct weh_arena *arena)
{
    struct weh_buf packed;
    struct weh_geom again;

    weh_buf_init(&packed, 0);
    if (weh_geom_encode(geom, &packed, NULL) != WEH_OK ||
        weh_geom_decode(packed.data, packed.len, arena, &again, NULL) != WEH_OK) {
        abort();
    }
    weh_buf_fini(&packed);
}

static void tell(const struct weh_geom *geom)
{
    const struct weh_geom_json_options options = { .sub_category = 0x17, .want_brep_data = true };
    struct weh_json_writer writer;
    struct weh_buf text;

    weh_buf_init(&text, ARENA_BYTES);
    weh_json_writer_init(&writer, &text);
    weh_geom_json_write(geom, &options, &writer.sink);
    weh_buf_fini(&text);
}

/* Entry by entry, damaged ones too. */
static void filter(const struct weh_buf *packed, struct weh_arena *arena)
{
    static const char *const filters[] = { "{\"geometry\":{\"curves\":true}}",
                                           "{\"geometry\":{\"surfaces\":true,\"solids\":true}}" };
    struct weh_buf body;
    bool accepted;

    weh_buf_init(&body, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(filters); i++) {
        const struct weh_json_limits limits = { .max_depth = 8, .max_values = 8 };
        struct weh_value value;

        weh_buf_clear(&body);
        if (weh_geom_unpack(packed->data, packed->len, &body, NULL) == WEH_OK &&
            weh_json_parse(weh_str_from(filters[i]), &limits, arena, &value, NULL) == WEH_OK &&
            weh_geom_filter_accepts(&value, &body, &accepted, NULL) == WEH_E_BAD_ARGS) {
            abort();
        }
    }
    weh_buf_fini(&body);
}

/* As entries of an element in 3d and in 2d; what comes out can be written. */
static void build(const struct weh_geom *geom, struct weh_arena *arena)
{
    const struct weh_geom_range box = { { 0, 0, 0 }, { 1, 1, 1 } };

    for (unsigned i = 0; i < 4; i++) {
        const struct weh_geom_target target = {
            .is_2d = i % 2 != 0, .is_json = i / 2 != 0, .sub_category = 0x17, .given_box = &box
        };
        struct weh_geom_range range;
        struct weh_geom stored;

        if (weh_geom_build(geom, &target, arena, &stored, &range, NULL) == WEH_OK) {
            rewrite(&stored, arena);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct weh_pack_kind kind = { .name = "test", .limit_bytes = 1u << 20 };
    const struct weh_pack_piece piece = { data, size };
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_buf packed;

    weh_arena_init(&arena, ARENA_BYTES);
    weh_buf_init(&packed, 0);
    if (weh_pack(&kind, &piece, 1, &packed, NULL) == WEH_OK) {
        filter(&packed, &arena);
    }
    if (packed.len > 0 && weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL) == WEH_OK) {
        rewrite(&geom, &arena);
        tell(&geom);
        build(&geom, &arena);
    }
    weh_buf_fini(&packed);
    weh_arena_fini(&arena);
    return 0;
}
