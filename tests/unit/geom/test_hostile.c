/* tests/unit/geom/test_hostile.c - damaged geometry streams: a typed error or a model, never a crash.
 *
 * The model of a damaged stream is used, too: what decoding lets pass, encoding must be able to write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/geom.h"
#include "weh/pack.h"

#include "fake_alloc.h"
#include "geom_blobs.h"

#define N_MUTATIONS 10000
#define ARENA_LIMIT (16u << 20)
#define MAX_BLOBS   256

static const struct weh_pack_kind kind = { .name = "test", .limit_bytes = WEH_GEOM_MAX_BYTES };

struct body {
    uint8_t *bytes;
    size_t len;
};

struct bodies {
    struct body items[MAX_BLOBS];
    unsigned n;
    uint64_t seed;
};

static uint64_t next_random(struct bodies *bodies)
{
    bodies->seed ^= bodies->seed << 13;
    bodies->seed ^= bodies->seed >> 7;
    bodies->seed ^= bodies->seed << 17;
    return bodies->seed;
}

static int load(void **state)
{
    struct bodies *bodies = calloc(1, sizeof(*bodies));
    struct geom_blobs blobs;
    struct geom_blob blob;

    assert_non_null(bodies);
    bodies->seed = 88172645463325252U;
    geom_blobs_open(&blobs, "small.bim");
    while (geom_blobs_next(&blobs, &blob) && bodies->n < MAX_BLOBS) {
        struct weh_buf buf;
        size_t len;

        weh_buf_init(&buf, 0);
        assert_int_equal(weh_unpack(&kind, blob.bytes, blob.len, &buf, NULL), WEH_OK);
        bodies->items[bodies->n].bytes = weh_buf_take(&buf, &len);
        bodies->items[bodies->n].len = len;
        bodies->n++;
    }
    geom_blobs_close(&blobs);
    *state = bodies;
    return 0;
}

static int unload(void **state)
{
    struct bodies *bodies = *state;

    for (unsigned i = 0; i < bodies->n; i++) {
        weh_free(bodies->items[i].bytes);
    }
    free(bodies);
    return 0;
}

static void put_word(uint8_t *bytes, size_t at, size_t len, uint32_t word)
{
    at = at / 4 * 4;
    if (at + sizeof(word) <= len) {
        memcpy(bytes + at, &word, sizeof(word));
    }
}

/* Flip a bit, put a byte, a number that hurts, an offset into the neighbourhood. */
static void mutate_at(struct bodies *bodies, uint8_t *bytes, size_t at, size_t len)
{
    static const uint32_t words[] = { 0,          1,          4,          0x7fffffff, 0x80000000,
                                      0xffffffff, 0xfffffffc, 0x10000000, 0x40000000, 8 };

    switch (next_random(bodies) % 4) {
    case 0:
        bytes[at] ^= (uint8_t)(1U << next_random(bodies) % 8);
        break;
    case 1:
        bytes[at] = (uint8_t)next_random(bodies);
        break;
    case 2:
        put_word(bytes, at, len, words[next_random(bodies) % WEH_ARRAY_LEN(words)]);
        break;
    default:
        put_word(bytes, at, len, (uint32_t)(next_random(bodies) % 256));
        break;
    }
}

/* The new length. The header entry stays, so that most streams are read beyond it. */
static size_t mutate(struct bodies *bodies, uint8_t *bytes, size_t len)
{
    unsigned n = 1 + (unsigned)(next_random(bodies) % 4);

    for (unsigned i = 0; i < n; i++) {
        mutate_at(bodies, bytes, 16 + next_random(bodies) % (len - 16), len);
    }
    if (next_random(bodies) % 32 == 0) {
        len -= next_random(bodies) % (len - 24);
    }
    return len;
}

static weh_err check(const uint8_t *body, size_t len)
{
    const struct weh_pack_piece piece = { body, len };
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_buf packed;
    struct weh_buf again;
    weh_err err;

    weh_arena_init(&arena, ARENA_LIMIT);
    weh_buf_init(&packed, 0);
    weh_buf_init(&again, 0);
    assert_int_equal(weh_pack(&kind, &piece, 1, &packed, NULL), WEH_OK);
    err = weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL);
    if (err == WEH_OK) {
        assert_int_equal(weh_geom_encode(&geom, &again, NULL), WEH_OK);
        /* What was written is sound. */
        assert_int_equal(weh_geom_decode(again.data, again.len, &arena, &geom, NULL), WEH_OK);
    } else {
        assert_true(err == WEH_E_CORRUPT || err == WEH_E_TOO_LARGE);
    }
    weh_buf_fini(&packed);
    weh_buf_fini(&again);
    weh_arena_fini(&arena);
    return err;
}

static void test_mutated_stream_is_an_error_or_a_model(void **state)
{
    struct bodies *bodies = *state;
    unsigned n_refused = 0;

    for (unsigned i = 0; i < N_MUTATIONS; i++) {
        const struct body *body = &bodies->items[next_random(bodies) % bodies->n];
        uint8_t *bytes = malloc(body->len);

        assert_non_null(bytes);
        memcpy(bytes, body->bytes, body->len);
        n_refused += check(bytes, mutate(bodies, bytes, body->len)) != WEH_OK;
        free(bytes);
    }
    assert_in_range(n_refused, N_MUTATIONS / 20, N_MUTATIONS);
}

static void test_mutated_container_is_an_error_or_a_model(void **state)
{
    struct bodies *bodies = *state;

    for (unsigned i = 0; i < N_MUTATIONS / 5; i++) {
        const struct body *body = &bodies->items[next_random(bodies) % bodies->n];
        const struct weh_pack_piece piece = { body->bytes, body->len };
        struct weh_arena arena;
        struct weh_buf packed;
        struct weh_geom geom;
        weh_err err;

        weh_arena_init(&arena, ARENA_LIMIT);
        weh_buf_init(&packed, 0);
        assert_int_equal(weh_pack(&kind, &piece, 1, &packed, NULL), WEH_OK);
        packed.data[next_random(bodies) % packed.len] ^= (uint8_t)(1U << next_random(bodies) % 8);
        err = weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL);
        assert_true(err == WEH_OK || err == WEH_E_CORRUPT || err == WEH_E_TOO_LARGE ||
                    err == WEH_E_UNSUPPORTED);
        weh_buf_fini(&packed);
        weh_arena_fini(&arena);
    }
}

/* ---- shapes that a file must not make us build ---- */

/* A curve vector in a curve vector in ... */
static weh_err encode_nested(unsigned depth, struct weh_buf *out, struct weh_diag *diag)
{
    static const struct weh_xyz points[2];
    struct weh_shape *shapes = calloc(depth, sizeof(*shapes));
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_CURVES, .as.shape = shapes };
    weh_err err;

    assert_non_null(shapes);
    for (unsigned i = 0; i + 1 < depth; i++) {
        shapes[i].kind = WEH_SHAPE_CURVE_VECTOR;
        shapes[i].as.boundary = WEH_BOUNDARY_OPEN;
        shapes[i].children = &shapes[i + 1];
        shapes[i].n_children = 1;
    }
    shapes[depth - 1].kind = WEH_SHAPE_LINE_STRING;
    shapes[depth - 1].as.points = (struct weh_points){ points, 2 };
    err = weh_geom_entry_encode(&entry, out, diag);
    free(shapes);
    return err;
}

static void test_nested_curves_up_to_the_limit_are_read_back(void **state)
{
    struct weh_buf buf;
    struct weh_arena arena;
    struct weh_geom_entry entry;

    (void)state;
    weh_buf_init(&buf, 0);
    weh_arena_init(&arena, 0);
    assert_int_equal(encode_nested(WEH_SHAPE_MAX_DEPTH, &buf, NULL), WEH_OK);
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVES, buf.data, buf.len, &arena, &entry, NULL), WEH_OK);
    weh_buf_clear(&buf);
    assert_int_equal(encode_nested(WEH_SHAPE_MAX_DEPTH + 1, &buf, NULL), WEH_E_BAD_ARGS);
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

/* A curve vector whose two children are itself. */
static void test_shape_inside_itself_is_refused(void **state)
{
    static const uint8_t payload[] = {
        'b',  'g',  '0',  '0',  '0',  '1',  'f',  'b', /* prefix */
        12,   0,    0,    0,                           /* 0: root at 12 */
        8,    0,    12,   0,    7,    0,    8,    0,   /* 4: vtable of the variant */
        8,    0,    0,    0,    0,    0,    0,    5,
        12,   0,    0,    0,                         /* 12: variant; geometry at 20 + 12 */
        8,    0,    8,    0,    0,    0,    4,    0, /* 24: vtable of the curve vector (8 bytes) */
        8,    0,    0,    0,    4,    0,    0,    0, /* 32: curve vector; vector at 36 + 4 */
        2,    0,    0,    0,    0xe0, 0xff, 0xff, 0xff, /* 40: two offsets back to the variant */
        0xdc, 0xff, 0xff, 0xff,
    };
    struct weh_arena arena;
    struct weh_geom_entry entry;

    (void)state;
    weh_arena_init(&arena, 0);
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVES, payload, sizeof(payload), &arena, &entry, NULL),
        WEH_E_CORRUPT);
    weh_arena_fini(&arena);
}

/* Many offsets to one table: what is read is charged, so it is refused before it grows. */
static void test_shared_children_are_refused(void **state)
{
    struct weh_shape children[64];
    struct weh_shape root = { .kind = WEH_SHAPE_CURVE_VECTOR, .n_children = 64 };
    struct weh_geom_entry entry = { .opcode = WEH_GEOM_CURVES, .as.shape = &root };
    struct weh_xyz points[32] = { 0 };
    struct weh_arena arena;
    struct weh_buf buf;
    uint8_t *offsets;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        children[i] = (struct weh_shape){ .kind = WEH_SHAPE_LINE_STRING };
        children[i].as.points = (struct weh_points){ points, i == 0 ? 32 : 0 };
    }
    root.as.boundary = WEH_BOUNDARY_NONE;
    root.children = children;
    weh_buf_init(&buf, 0);
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_geom_entry_encode(&entry, &buf, NULL), WEH_OK);
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVES, buf.data, buf.len, &arena, &entry, NULL), WEH_OK);
    /* The vector of 64 offsets: let each point where the first points. */
    offsets = NULL;
    for (size_t at = 8; at + 4 < buf.len && offsets == NULL; at += 4) {
        if (buf.data[at] == 64 && buf.data[at + 1] == 0) {
            offsets = buf.data + at + 4;
        }
    }
    assert_non_null(offsets);
    for (uint32_t i = 1; i < 64; i++) {
        uint32_t first;

        memcpy(&first, offsets, sizeof(first));
        first -= 4 * i;
        memcpy(offsets + (size_t)4 * i, &first, sizeof(first));
    }
    assert_int_equal(
        weh_geom_entry_decode(WEH_GEOM_CURVES, buf.data, buf.len, &arena, &entry, NULL),
        WEH_E_CORRUPT);
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

static void test_stream_larger_than_the_arena_allows_is_refused(void **state)
{
    struct bodies *bodies = *state;
    const struct weh_pack_piece piece = { bodies->items[0].bytes, bodies->items[0].len };
    struct weh_arena arena;
    struct weh_buf packed;
    struct weh_geom geom;

    weh_arena_init(&arena, 64);
    weh_buf_init(&packed, 0);
    assert_int_equal(weh_pack(&kind, &piece, 1, &packed, NULL), WEH_OK);
    assert_int_equal(weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL),
                     WEH_E_TOO_LARGE);
    weh_buf_fini(&packed);
    weh_arena_fini(&arena);
}

static void test_unknown_opcodes_are_passed_through(void **state)
{
    static const uint8_t body[] = { 1,  0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                                    99, 0, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 };
    const struct weh_pack_piece piece = { body, sizeof(body) };
    struct weh_arena arena;
    struct weh_buf packed;
    struct weh_buf again;
    struct weh_geom geom;

    (void)state;
    weh_arena_init(&arena, 0);
    weh_buf_init(&packed, 0);
    weh_buf_init(&again, 0);
    assert_int_equal(weh_pack(&kind, &piece, 1, &packed, NULL), WEH_OK);
    assert_int_equal(weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL), WEH_OK);
    assert_int_equal(geom.n, 2);
    assert_int_equal(geom.entries[1].opcode, 99);
    assert_int_equal(geom.entries[1].as.raw.n, 8);
    assert_int_equal(weh_geom_encode(&geom, &again, NULL), WEH_OK);
    assert_int_equal(again.len, packed.len);
    assert_memory_equal(again.data, packed.data, again.len);
    weh_buf_fini(&packed);
    weh_buf_fini(&again);
    weh_arena_fini(&arena);
}

/* ---- no memory ---- */

static weh_err round_trip_failing_at(const struct body *body, unsigned nth)
{
    const struct weh_pack_piece piece = { body->bytes, body->len };
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_buf packed;
    struct weh_buf again;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_buf_init(&packed, 0);
    weh_buf_init(&again, 0);
    fake_alloc_fail_at(nth);
    err = weh_pack(&kind, &piece, 1, &packed, NULL);
    if (err == WEH_OK) {
        err = weh_geom_decode(packed.data, packed.len, &arena, &geom, NULL);
    }
    if (err == WEH_OK) {
        err = weh_geom_encode(&geom, &again, NULL);
    }
    fake_alloc_reset();
    weh_buf_fini(&packed);
    weh_buf_fini(&again);
    weh_arena_fini(&arena);
    return err;
}

static void test_streams_survive_any_failed_allocation(void **state)
{
    struct bodies *bodies = *state;

    for (unsigned i = 0; i < bodies->n; i += 3) {
        size_t live = fake_alloc_live();
        weh_err err = WEH_E_NOMEM;

        for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
            err = round_trip_failing_at(&bodies->items[i], nth);
            assert_int_equal(fake_alloc_live(), live);
            assert_in_range(nth, 1, 200);
        }
        assert_int_equal(err, WEH_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutated_stream_is_an_error_or_a_model),
        cmocka_unit_test(test_mutated_container_is_an_error_or_a_model),
        cmocka_unit_test(test_nested_curves_up_to_the_limit_are_read_back),
        cmocka_unit_test(test_shape_inside_itself_is_refused),
        cmocka_unit_test(test_shared_children_are_refused),
        cmocka_unit_test(test_stream_larger_than_the_arena_allows_is_refused),
        cmocka_unit_test(test_unknown_opcodes_are_passed_through),
        cmocka_unit_test(test_streams_survive_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
