/* tests/unit/txn/test_changeset.c - the bytes of changesets and of their stored form, whole and
 * damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <snappy-c.h>

#include "weh/alloc.h"

#include "changeset_priv.h"

/* Table "t", three columns, key in the first: insert (1, 'ab', NULL), update 2 (x'05' -> 0.5),
 * delete (3, 'c', NULL), the last two indirect. */
static const uint8_t sample[] = {
    'T', 3, 1, 0, 0, 't', 0,                                /* group */
    18,  0, 1, 0, 0, 0,   0, 0, 0, 0, 1, 3, 2, 'a', 'b', 5, /* insert */
    23,  1, 1, 0, 0, 0,   0, 0, 0, 0, 2, 0, 4, 1,   5,   0, 0, 2, 0x3f, 0xe0, 0,
    0,   0, 0, 0, 0, 9,   1, 1, 0, 0, 0, 0, 0, 0,   0,   3, 3, 1, 'c',  5,
};

/* All changes: their number, or -1 when it is damaged. */
static int walk(const uint8_t *bytes, size_t len)
{
    struct cs_reader reader;
    struct cs_change change;
    bool more = true;
    int n = 0;
    weh_err err;

    cs_reader_init(&reader, bytes, len);
    for (;;) {
        err = cs_reader_next(&reader, &change, &more, NULL);
        if (err != WEH_OK || !more) {
            break;
        }
        n++;
    }
    cs_reader_fini(&reader);
    if (err != WEH_OK) {
        assert_int_equal(err, WEH_E_CORRUPT);
        return -1;
    }
    return n;
}

static void test_changeset_values_are_read(void **state)
{
    struct cs_reader reader;
    struct cs_change change;
    bool more = true;

    (void)state;
    cs_reader_init(&reader, sample, sizeof(sample));
    assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
    assert_true(more && reader.new_group);
    assert_string_equal(reader.group.table, "t");
    assert_int_equal(change.op, SQLITE_INSERT);
    assert_false(change.indirect);
    assert_int_equal(cs_int(&change.new_row[0]), 1);
    assert_int_equal(change.new_row[1].type, CS_TEXT);
    assert_memory_equal(change.new_row[1].bytes, "ab", 2);
    assert_int_equal(change.new_row[2].type, CS_NULL);
    assert_int_equal(change.old_row[0].type, CS_UNDEFINED);

    assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
    assert_true(more && !reader.new_group && change.indirect);
    assert_int_equal(change.op, SQLITE_UPDATE);
    assert_int_equal(cs_int(&change.old_row[0]), 2);
    assert_int_equal(change.old_row[1].type, CS_UNDEFINED);
    assert_int_equal(change.old_row[2].type, CS_BLOB);
    assert_int_equal(change.new_row[2].type, CS_REAL);

    assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
    assert_int_equal(change.op, SQLITE_DELETE);
    assert_int_equal(cs_int(&change.old_row[0]), 3);
    assert_int_equal(cs_reader_next(&reader, &change, &more, NULL), WEH_OK);
    assert_false(more);
    cs_reader_fini(&reader);
}

/* Ends of changes are the only places where a changeset may end. */
static void test_changeset_cut_anywhere_is_damaged_or_shorter(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(sample); len++) {
        /* A copy, so that reading behind the end is noticed. */
        uint8_t *bytes = malloc(len + (len == 0));
        int n;

        memcpy(bytes, sample, len);
        n = walk(bytes, len);
        free(bytes);
        assert_int_equal(n, len == 0 || len == 7 ? 0 : len == 23 ? 1 : len == 49 ? 2 : -1);
    }
    assert_int_equal(walk(sample, sizeof(sample)), 3);
    assert_int_equal(walk(NULL, 0), 0);
}

/* Whatever a byte is changed to, nothing is read outside and nothing hangs. */
static void test_changeset_with_any_byte_changed_is_read_or_refused(void **state)
{
    unsigned n_refused = 0;

    (void)state;
    for (size_t at = 0; at < sizeof(sample); at++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t *bytes = malloc(sizeof(sample));

            memcpy(bytes, sample, sizeof(sample));
            bytes[at] = (uint8_t)value;
            n_refused += walk(bytes, sizeof(sample)) < 0;
            free(bytes);
        }
    }
    assert_true(n_refused > 1000);
}

static void test_changeset_with_absurd_lengths_is_refused(void **state)
{
    static const uint8_t columns[] = { 'T', 0xff, 0xff, 0xff, 0xff, 0x7f, 1, 't', 0 };
    static const uint8_t no_columns[] = { 'T', 0, 't', 0 };
    static const uint8_t endless[] = { 'T', 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 't', 0 };
    static const uint8_t text[] = {
        'T', 1, 1, 't', 0, 18, 0, 3, 0x8f, 0xff, 0xff, 0xff, 0x7f, 'a'
    };
    static const uint8_t no_group[] = { 18, 0, 5 };
    static const uint8_t no_key[] = { 'T', 1, 1, 't', 0, 23, 0, 0, 0 };

    (void)state;
    assert_int_equal(walk(columns, sizeof(columns)), -1);
    assert_int_equal(walk(no_columns, sizeof(no_columns)), -1);
    assert_int_equal(walk(endless, sizeof(endless)), -1);
    assert_int_equal(walk(text, sizeof(text)), -1);
    assert_int_equal(walk(no_group, sizeof(no_group)), -1);
    assert_int_equal(walk(no_key, sizeof(no_key)), -1);
}

/* ---- stored form ---- */

static void check_pack(size_t len, unsigned pieces)
{
    uint8_t *bytes = malloc(len + 1);
    struct weh_pack_piece parts[8];
    struct weh_buf packed;
    struct weh_buf unpacked;
    size_t at = 0;
    uint32_t random = 1;

    for (size_t i = 0; i < len; i++) {
        random = random * 1664525U + 1013904223U;
        bytes[i] = i % 3 == 0 ? (uint8_t)(random >> 24) : 0;
    }
    for (unsigned i = 0; i < pieces; i++) {
        size_t end = i + 1 == pieces ? len : len * (i + 1) / pieces;

        parts[i] = (struct weh_pack_piece){ bytes + at, end - at };
        at = end;
    }
    weh_buf_init(&packed, 0);
    weh_buf_init(&unpacked, 0);
    assert_int_equal(weh_pack(&txn_pack_kind, parts, pieces, &packed, NULL), WEH_OK);
    assert_int_equal(weh_unpack(&txn_pack_kind, packed.data, packed.len, &unpacked, NULL), WEH_OK);
    assert_int_equal(unpacked.len, len);
    assert_memory_equal(unpacked.data, bytes, len);
    weh_buf_fini(&packed);
    weh_buf_fini(&unpacked);
    free(bytes);
}

static void test_pack_of_any_length_is_read_back(void **state)
{
    static const size_t lengths[] = { 1,     7,     100,   32759, 32760,  32761,
                                      32768, 65528, 65529, 98304, 200000, 1000000 };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(lengths); i++) {
        check_pack(lengths[i], 1);
        check_pack(lengths[i], 3);
        check_pack(lengths[i], 8);
    }
}

static void test_pack_begins_with_the_header_of_the_format(void **state)
{
    const struct weh_pack_piece piece = { sample, sizeof(sample) };
    struct weh_buf packed;
    char plain[256];
    size_t len = sizeof(plain);

    (void)state;
    weh_buf_init(&packed, 0);
    assert_int_equal(weh_pack(&txn_pack_kind, &piece, 1, &packed, NULL), WEH_OK);
    assert_int_equal(packed.data[0] | packed.data[1] << 8, packed.len);
    assert_int_equal(snappy_uncompress((const char *)packed.data + 2, packed.len - 2, plain, &len),
                     SNAPPY_OK);
    assert_int_equal(len, sizeof(sample) + 8);
    assert_memory_equal(plain, "\x00\x06\x00\x00", 4);
    assert_int_equal((uint8_t)plain[4], sizeof(sample));
    assert_memory_equal(plain + 8, sample, sizeof(sample));
    weh_buf_fini(&packed);
}

static void test_unpack_of_a_cut_blob_is_refused(void **state)
{
    const struct weh_pack_piece piece = { sample, sizeof(sample) };
    struct weh_buf packed;
    struct weh_buf out;

    (void)state;
    weh_buf_init(&packed, 0);
    weh_buf_init(&out, 0);
    assert_int_equal(weh_pack(&txn_pack_kind, &piece, 1, &packed, NULL), WEH_OK);
    for (size_t len = 0; len < packed.len; len++) {
        uint8_t *bytes = malloc(len + (len == 0));

        memcpy(bytes, packed.data, len);
        weh_buf_clear(&out);
        assert_int_equal(weh_unpack(&txn_pack_kind, bytes, len, &out, NULL), WEH_E_CORRUPT);
        free(bytes);
    }
    weh_buf_fini(&packed);
    weh_buf_fini(&out);
}

/* One stored piece of @n bytes at @plain. */
static weh_err unpack_one(const void *plain, size_t n, size_t *capacity)
{
    char packed[512];
    size_t len = sizeof(packed) - 2;
    struct weh_buf out;
    weh_err err;

    assert_int_equal(snappy_compress(plain, n, packed + 2, &len), SNAPPY_OK);
    packed[0] = (char)(len + 2);
    packed[1] = 0;
    weh_buf_init(&out, 0);
    err = weh_unpack(&txn_pack_kind, (const uint8_t *)packed, len + 2, &out, NULL);
    *capacity = out.capacity;
    weh_buf_fini(&out);
    return err;
}

static void test_unpack_believes_no_stated_length(void **state)
{
    static const uint8_t huge[] = { 0, 6, 0, 0, 0xff, 0xff, 0xff, 0xff, 1 };
    static const uint8_t unknown[] = { 0, 7, 0, 0, 1, 0, 0, 0, 1 };
    /* A piece that says that it holds 4 GiB. */
    static const uint8_t bomb[] = { 9, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0 };
    struct weh_buf out;
    size_t capacity;

    (void)state;
    assert_int_equal(unpack_one(huge, sizeof(huge), &capacity), WEH_E_CORRUPT);
    assert_true(capacity < 1024);
    assert_int_equal(unpack_one(unknown, sizeof(unknown), &capacity), WEH_E_UNSUPPORTED);
    weh_buf_init(&out, 0);
    assert_int_equal(weh_unpack(&txn_pack_kind, bomb, sizeof(bomb), &out, NULL), WEH_E_CORRUPT);
    assert_true(out.capacity < 65536);
    weh_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changeset_values_are_read),
        cmocka_unit_test(test_changeset_cut_anywhere_is_damaged_or_shorter),
        cmocka_unit_test(test_changeset_with_any_byte_changed_is_read_or_refused),
        cmocka_unit_test(test_changeset_with_absurd_lengths_is_refused),
        cmocka_unit_test(test_pack_of_any_length_is_read_back),
        cmocka_unit_test(test_pack_begins_with_the_header_of_the_format),
        cmocka_unit_test(test_unpack_of_a_cut_blob_is_refused),
        cmocka_unit_test(test_unpack_believes_no_stated_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
