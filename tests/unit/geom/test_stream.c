/* tests/unit/geom/test_stream.c - golden geometry streams: read, compared with the official dump, and
 * written again byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/geom.h"
#include "weh/json.h"
#include "weh/pack.h"

#include "geom_blobs.h"
#include "oracle_file.h"

static const struct weh_pack_kind kind = { .name = "test", .limit_bytes = WEH_GEOM_MAX_BYTES };

static void unpack(const uint8_t *blob, size_t len, struct weh_buf *out)
{
    weh_buf_clear(out);
    assert_int_equal(weh_unpack(&kind, blob, len, out, NULL), WEH_OK);
}

/* Seven bytes behind the flag "capped" are uninitialised memory in native files. */
static void clear_padding(uint32_t opcode, uint8_t *payload, uint32_t size)
{
    if (opcode == WEH_GEOM_SOLID) {
        struct weh_arena arena;
        struct weh_geom_entry entry;

        weh_arena_init(&arena, 0);
        assert_int_equal(weh_geom_entry_decode(opcode, payload, size, &arena, &entry, NULL),
                         WEH_OK);
        if (entry.as.shape->kind >= WEH_SHAPE_CONE && entry.as.shape->kind <= WEH_SHAPE_BOX) {
            memset(payload + size - 7, 0, 7);
        }
        weh_arena_fini(&arena);
    }
}

static void clear_all_padding(struct weh_buf *body)
{
    for (size_t at = 0; at < body->len;) {
        uint32_t head[2];

        memcpy(head, body->data + at, sizeof(head));
        clear_padding(head[0], body->data + at + sizeof(head), head[1]);
        at += sizeof(head) + head[1];
    }
}

struct check {
    struct weh_buf ours, theirs, packed;
};

static void check_blob(struct check *check, const char *name, const struct geom_blob *blob)
{
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_diag diag = { 0 };

    weh_arena_init(&arena, 0);
    weh_buf_clear(&check->packed);
    if (weh_geom_decode(blob->bytes, blob->len, &arena, &geom, &diag) != WEH_OK ||
        weh_geom_encode(&geom, &check->packed, &diag) != WEH_OK) {
        fail_msg("%s 0x%llx: %s", name, (unsigned long long)blob->element_id, diag.text);
    }
    unpack(blob->bytes, blob->len, &check->theirs);
    unpack(check->packed.data, check->packed.len, &check->ours);
    clear_all_padding(&check->theirs);
    if (check->ours.len != check->theirs.len ||
        memcmp(check->ours.data, check->theirs.data, check->ours.len) != 0) {
        fail_msg("%s 0x%llx: %zu bytes, %zu expected, or others", name,
                 (unsigned long long)blob->element_id, check->ours.len, check->theirs.len);
    }
    weh_arena_fini(&arena);
}

static unsigned check_file(const char *name)
{
    struct geom_blobs blobs;
    struct geom_blob blob;
    struct check check = { 0 };
    unsigned n = 0;

    geom_blobs_open(&blobs, name);
    while (geom_blobs_next(&blobs, &blob)) {
        check_blob(&check, name, &blob);
        n++;
    }
    geom_blobs_close(&blobs);
    weh_buf_fini(&check.ours);
    weh_buf_fini(&check.theirs);
    weh_buf_fini(&check.packed);
    return n;
}

static void test_streams_of_small_are_written_as_they_were(void **state)
{
    (void)state;
    assert_int_equal(check_file("small.bim"), 198);
}

static void test_streams_of_medium_are_written_as_they_were(void **state)
{
    (void)state;
    assert_int_equal(check_file("medium.bim.xz"), 7000);
}

static void test_streams_of_final_are_written_as_they_were(void **state)
{
    (void)state;
    assert_in_range(check_file("final.bim.xz"), 1, 20000);
}

/* ---- the dump ---- */

static unsigned base64_digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);

    return at == NULL || c == '\0' ? 0 : (unsigned)(at - digits);
}

static void base64_read(struct weh_str text, struct weh_buf *out)
{
    weh_buf_clear(out);
    for (size_t i = 0; i + 3 < text.len; i += 4) {
        unsigned bits = base64_digit(text.ptr[i]) << 18 | base64_digit(text.ptr[i + 1]) << 12 |
                        base64_digit(text.ptr[i + 2]) << 6 | base64_digit(text.ptr[i + 3]);

        weh_buf_byte(out, (uint8_t)(bits >> 16));
        if (text.ptr[i + 2] != '=') {
            weh_buf_byte(out, (uint8_t)(bits >> 8 & 0xff));
        }
        if (text.ptr[i + 3] != '=') {
            weh_buf_byte(out, (uint8_t)(bits & 0xff));
        }
    }
}

struct dump {
    struct weh_buf text;
};

static void dump_open(struct dump *dump)
{
    weh_buf_init(&dump->text, 0);
    assert_int_equal(
        data_file_read(WEH_TEST_DATA "/oracle/small.geometry.jsonl.xz", &dump->text, NULL), WEH_OK);
    weh_buf_byte(&dump->text, 0);
}

static const struct weh_json_limits limits = { .max_depth = 16, .max_values = 10000 };

/* Read the line of @element_id; 0 when there is none. */
static int dump_find(const struct dump *dump, uint64_t element_id, struct weh_arena *arena,
                     struct weh_value *out)
{
    const char *at = (const char *)dump->text.data;

    while (*at != '\0') {
        const char *end = strchr(at, '\n');

        if (strtoull(strstr(at, "0x"), NULL, 16) == element_id) {
            assert_int_equal(weh_json_parse((struct weh_str){ at, (size_t)(end - at) }, &limits,
                                            arena, out, NULL),
                             WEH_OK);
            return 1;
        }
        at = end + 1;
    }
    return 0;
}

static void check_entry(const struct weh_value *expected, const struct weh_geom_entry *entry,
                        struct weh_buf *ours, struct weh_buf *theirs)
{
    const struct weh_value *data = weh_value_get(weh_value_get(expected, "data"), "$base64");
    double opcode = 0.0;

    assert_true(weh_value_to_double(weh_value_get(expected, "opcode"), &opcode));
    assert_int_equal((uint32_t)opcode, entry->opcode);
    base64_read(weh_value_str(data), theirs);
    clear_padding(entry->opcode, theirs->data, (uint32_t)theirs->len);
    weh_buf_clear(ours);
    assert_int_equal(weh_geom_entry_encode(entry, ours, NULL), WEH_OK);
    while (ours->len % 8 != 0) {
        weh_buf_byte(ours, 0);
    }
    assert_int_equal(ours->len, theirs->len);
    assert_memory_equal(ours->data, theirs->data, ours->len);
}

static unsigned check_entries(const struct dump *dump, const struct geom_blob *blob,
                              struct weh_buf *ours, struct weh_buf *theirs)
{
    struct weh_arena arena;
    struct weh_geom geom;
    struct weh_value line = { 0 };
    const struct weh_value *entries = NULL;
    unsigned n = 0;

    weh_arena_init(&arena, 0);
    if (dump_find(dump, blob->element_id, &arena, &line)) {
        entries = weh_value_get(&line, "entries");
    }
    assert_int_equal(weh_geom_decode(blob->bytes, blob->len, &arena, &geom, NULL), WEH_OK);
    assert_int_equal(geom.entries[0].opcode, WEH_GEOM_HEADER);
    for (uint32_t i = 0; entries != NULL && i < entries->n; i++) {
        assert_in_range(i + 1, 1, geom.n - 1);
        check_entry(&entries->as.items[i], &geom.entries[i + 1], ours, theirs);
        n++;
    }
    weh_arena_fini(&arena);
    return n;
}

static void test_entries_of_small_equal_the_dump(void **state)
{
    struct geom_blobs blobs;
    struct geom_blob blob;
    struct weh_buf ours;
    struct weh_buf theirs;
    struct dump dump;
    unsigned n = 0;

    (void)state;
    weh_buf_init(&ours, 0);
    weh_buf_init(&theirs, 0);
    dump_open(&dump);
    geom_blobs_open(&blobs, "small.bim");
    while (geom_blobs_next(&blobs, &blob)) {
        n += check_entries(&dump, &blob, &ours, &theirs);
    }
    geom_blobs_close(&blobs);
    weh_buf_fini(&dump.text);
    weh_buf_fini(&ours);
    weh_buf_fini(&theirs);
    assert_int_equal(n, 248);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_of_small_are_written_as_they_were),
        cmocka_unit_test(test_streams_of_medium_are_written_as_they_were),
        cmocka_unit_test(test_streams_of_final_are_written_as_they_were),
        cmocka_unit_test(test_entries_of_small_equal_the_dump),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
