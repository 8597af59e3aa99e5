/* tests/unit/wire/test_msgpack.c - MessagePack values: what is read, and what hostile bytes get. */
#include <stdio.h>

#include "fake_alloc.h"
#include "wire_fixture.h"

static struct weh_str view(const uint8_t *bytes, size_t n)
{
    return (struct weh_str){ (const char *)bytes, n };
}

/* Packed by python3-msgpack 1.0.3 but for the last, whose heads are longer than they need be. */
static void test_msgpack_values_of_another_packer_are_read(void **state)
{
    static const struct {
        const char *json;
        struct weh_str bytes;
    } rows[] = {
        { "null", BYTES("\xc0") },
        { "[true,false]", BYTES("\x92\xc3\xc2") },
        { "[0,127,128,255,256,65535,65536,4294967295,4294967296,9223372036854775807]",
          BYTES(
              "\x9a\x00\x7f\xcc\x80\xcc\xff\xcd\x01\x00\xcd\xff\xff\xce\x00\x01\x00\x00\xce\xff\xff\xff\xff\xcf\x00\x00\x00\x01\x00\x00\x00\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff") },
        { "[-1,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649,-9223372036854775808]",
          BYTES(
              "\x9a\xff\xe0\xd0\xdf\xd0\x80\xd1\xff\x7f\xd1\x80\x00\xd2\xff\xff\x7f\xff\xd2\x80\x00\x00\x00\xd3\xff\xff\xff\xff\x7f\xff\xff\xff\xd3\x80\x00\x00\x00\x00\x00\x00\x00") },
        { "18446744073709551615", BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff") },
        { "[1.5,-0.25,1e+300]",
          BYTES(
              "\x93\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xcb\xbf\xd0\x00\x00\x00\x00\x00\x00\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c") },
        { "1.5", BYTES("\xca\x3f\xc0\x00\x00") },
        { "{\"a\":{\"b\":[{}],\"\xc3\xa9\":\"\xc3\xbc\"}}",
          BYTES("\x81\xa1\x61\x82\xa1\x62\x91\x80\xa2\xc3\xa9\xa2\xc3\xbc") },
        { "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"", BYTES("\xbfxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") },
        { "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
          BYTES("\xd9\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") },
        { "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
          BYTES("\xdc\x00\x10\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01") },
        { "{\"k\":[\"s\",\"t\"]}",
          BYTES(
              "\xdf\x00\x00\x00\x01\xda\x00\x01k\xdd\x00\x00\x00\x02\xdb\x00\x00\x00\x01s\xd9\x01t") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, rows[i].bytes), WEH_OK);
        assert_string_equal(as_json(f, &f->value), rows[i].json);
    }
}

static void test_msgpack_integer_above_int64_is_a_uint_and_whole_float_a_real(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, WEH_STR("\xcf\x80\0\0\0\0\0\0\0")), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_UINT);
    assert_true(f->value.as.uinteger == UINT64_C(1) << 63);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, WEH_STR("\xcb\x40\x14\0\0\0\0\0\0")), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_REAL);
    assert_true(f->value.as.real == 5.0);
}

static void test_msgpack_strings_and_binary_are_views_into_the_message(void **state)
{
    struct weh_str bytes = WEH_STR("\x92\xa3"
                                   "abc"
                                   "\xc4\x02\x00\xff");
    struct fixture *f = *state;

    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, bytes), WEH_OK);
    assert_ptr_equal(f->value.as.items[0].as.string, bytes.ptr + 2);
    assert_int_equal(f->value.as.items[1].type, WEH_VALUE_BINARY);
    assert_int_equal(f->value.as.items[1].n, 2);
    assert_ptr_equal(f->value.as.items[1].as.binary, bytes.ptr + 7);
}

static void test_msgpack_timestamp_becomes_an_iso_text(void **state)
{
    /* Packed by python3-msgpack 1.0.3; texts of node's Date.prototype.toISOString, but for the one
     * with nanoseconds, which a Date does not have. */
    static const struct {
        const char *json;
        struct weh_str bytes;
    } rows[] = {
        { "\"1970-01-01T00:00:00.000Z\"", BYTES("\xd6\xff\x00\x00\x00\x00") },
        { "\"2023-11-14T22:13:20.000Z\"", BYTES("\xd6\xff\x65\x53\xf1\x00") },
        { "\"2023-11-14T22:13:20.123Z\"", BYTES("\xd7\xff\x1d\x53\x53\x00\x65\x53\xf1\x00") },
        { "\"1970-01-01T00:00:01.000000001Z\"", BYTES("\xd7\xff\x00\x00\x00\x04\x00\x00\x00\x01") },
        { "\"2514-05-30T01:53:04.000Z\"",
          BYTES("\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00") },
        { "\"1969-12-31T23:59:59.500Z\"",
          BYTES("\xc7\x0c\xff\x1d\xcd\x65\x00\xff\xff\xff\xff\xff\xff\xff\xff") },
        { "\"9999-12-31T23:59:59.000Z\"",
          BYTES("\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x00\x3a\xff\xf4\x41\x7f") },
        { "\"+010000-01-01T00:00:00.000Z\"",
          BYTES("\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x00\x3a\xff\xf4\x41\x80") },
        { "\"-000001-12-31T23:59:59.000Z\"",
          BYTES("\xc7\x0c\xff\x00\x00\x00\x00\xff\xff\xff\xf1\x86\x8b\x83\xff") },
        { "\"+275760-09-13T00:00:00.000Z\"",
          BYTES("\xc7\x0c\xff\x00\x00\x00\x00\x00\x00\x07\xdb\xa8\x21\x80\x00") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, rows[i].bytes), WEH_OK);
        assert_string_equal(as_json(f, &f->value), rows[i].json);
    }
}

static void test_msgpack_undefined_of_msgpackr_is_null(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, WEH_STR("\xd4\x00\x00")), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_NULL);
}

static void test_msgpack_values_that_the_model_lacks_are_bad_args_and_named(void **state)
{
    static const struct {
        struct weh_str bytes;
        const char *where;
        const char *text;
    } rows[] = {
        { BYTES("\x81\xa1"
                "a\xcb\x7f\xf8\0\0\0\0\0\0"),
          "a", "NaN or infinity" },
        { BYTES("\x81\xa1"
                "a\x92\x01\xcb\x7f\xf0\0\0\0\0\0\0"),
          "a[1]", "NaN or infinity" },
        { BYTES("\x81\xa1"
                "a\xcb\xff\xf0\0\0\0\0\0\0"),
          "a", "NaN or infinity" },
        { BYTES("\x81\xa1"
                "a\xca\x7f\xc0\0\0"),
          "a", "NaN or infinity" },
        { BYTES("\x81\xa1"
                "a\x81\xa1"
                "b\xd4\x0a\x00"),
          "a.b", "extension type that is not supported" },
        { BYTES("\x81\xa1"
                "a\xd5\x00\x00\x00"),
          "a", "extension type that is not supported" },
        { BYTES("\x81\xa1"
                "a\xc7\x00\x00"),
          "a", "extension type that is not supported" },
        { BYTES("\x81\xa1"
                "a\xd8\x7f"
                "0123456789abcdef"),
          "a", "extension type that is not supported" },
        { BYTES("\x81\xa1"
                "a\xd4\xff\x00"),
          "a", "timestamp out of range" },
        { BYTES("\x81\xa1"
                "a\xd7\xff\xff\xff\xff\xff\0\0\0\0"),
          "a", "timestamp out of range" },
        { BYTES("\x81\xa1"
                "a\xc7\x0c\xff\0\0\0\0\0\0\x07\xdb\xa8\x21\x80\x01"),
          "a", "timestamp out of range" },
        { BYTES("\x81\xa1"
                "a\xc7\x0c\xff\0\0\0\0\x80\0\0\0\0\0\0\0"),
          "a", "timestamp out of range" },
        { BYTES("\x81\xa1"
                "a\xa1\xff"),
          "a", "invalid UTF-8" },
        { BYTES("\x81\xa1"
                "a\xa2\xc0\x80"),
          "a", "invalid UTF-8" },
        { BYTES("\x81\xa1"
                "a\xa3\xed\xa0\x80"),
          "a", "invalid UTF-8" },
        { BYTES("\x81\xa1\xff\x01"), "", "key with invalid UTF-8" },
        { BYTES("\x81\x01\x01"), "", "key that is no string" },
        { BYTES("\x81\xc0\x01"), "", "key that is no string" },
        { BYTES("\x81\x90\x01"), "", "key that is no string" },
        { BYTES("\x81\xc4\x01"
                "a\x01"),
          "", "key that is no string" },
        { BYTES("\x81\xa3"
                "a\0b\x01"),
          "", "NUL in a key" },
        { BYTES("\x82\xa1"
                "a\x01\xa1"
                "a\x02"),
          "a", "duplicate key" },
        { BYTES("\x81\xa1"
                "x\x91\x83\xa1"
                "a\x01\xa1"
                "b\x02\xa1"
                "b\x03"),
          "x[0].b", "duplicate key" },
        { BYTES("\x82\xa0\x01\xa0\x02"), "", "duplicate key" },
        { BYTES("\x82\xa1"
                "a\x01\xd9\x01"
                "a\x02"),
          "a", "duplicate key" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, rows[i].bytes), WEH_E_BAD_ARGS);
        assert_string_equal(f->diag.where, rows[i].where);
        assert_string_equal(f->diag.text, rows[i].text);
    }
}

static void test_msgpack_long_path_is_cut_between_characters(void **state)
{
    static const uint8_t nan[] = { 0xca, 0x7f, 0xc0, 0, 0 };
    uint8_t bytes[4 * 64];
    size_t n = 0;
    struct fixture *f = *state;

    /* {"x": {"eee...": NaN}} with two-byte characters around the cut. */
    bytes[n++] = 0x81;
    bytes[n++] = 0xa1;
    bytes[n++] = 'x';
    bytes[n++] = 0x81;
    bytes[n++] = 0xd9;
    bytes[n++] = 200;
    for (size_t i = 0; i < 100; i++) {
        bytes[n++] = 0xc3;
        bytes[n++] = 0xa9;
    }
    memcpy(bytes + n, nan, sizeof(nan));
    n += sizeof(nan);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, view(bytes, n)), WEH_E_BAD_ARGS);
    assert_true(strlen(f->diag.where) > 90);
    assert_true(weh_str_is_utf8(weh_str_from(f->diag.where)));
}

static void test_msgpack_cut_at_any_byte_is_a_parse_error(void **state)
{
    static const struct weh_str whole = BYTES("\x86\xa1"
                                              "a\xd9\x03"
                                              "abc\xa1"
                                              "b\xc5\x00\x02xy\xa1"
                                              "c\xcd\x01\x00\xa1"
                                              "d\xdc\x00\x02"
                                              "\xc0\xcb\x3f\xf8\0\0\0\0\0\0\xa1"
                                              "e\xd6\xff\0\0\0\0\xa1"
                                              "f\xde\x00\x01\xa0\xc3");
    struct fixture *f = *state;

    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, whole), WEH_OK);
    for (size_t n = 0; n < whole.len; n++) {
        /* A copy of its own, so that the sanitizer sees a read behind the end. */
        uint8_t *copy = malloc(n + 1);

        memcpy(copy + 1, whole.ptr, n);
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, view(copy + 1, n)), WEH_E_PARSE);
        assert_int_equal(f->arena.used_bytes, 0);
        free(copy);
    }
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, WEH_STR("\x01\x01")), WEH_E_PARSE);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, (struct weh_str){ NULL, 0 }), WEH_E_PARSE);
}

static void test_msgpack_lengths_beyond_the_message_take_no_memory(void **state)
{
    static const struct weh_str rows[] = {
        BYTES("\xdd\xff\xff\xff\xff"),
        BYTES("\xdf\xff\xff\xff\xff"),
        BYTES("\xdb\xff\xff\xff\xff"),
        BYTES("\xc6\xff\xff\xff\xff"),
        BYTES("\xc9\xff\xff\xff\xff"),
        BYTES("\xc9\xff\xff\xff\xff\x01"),
        BYTES("\xdd\x10\x00\x00\x00"),
        BYTES("\xdc\xff\xff\xc0"),
        BYTES("\xde\x80\x00\xc0"),
        BYTES("\xdf\x80\x00\x00\x00"),
        BYTES("\x9f\xc0"),
        BYTES("\x8f\xa0\xc0"),
        BYTES("\x81\xdf\xff\xff\xff\xff"),
        BYTES("\xdd\x00\x00\x00\x02\xdd\xff\xff\xff\xff\x00"),
        BYTES("\xc1"),
        BYTES("\x91\xc1"),
        BYTES("\x81\xa1"
              "a\xc1"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, rows[i]), WEH_E_PARSE);
        assert_int_equal(f->arena.used_bytes, 0);
        assert_null(f->arena.chunks);
    }
}

static void test_msgpack_depth_at_the_limit_is_read_and_beyond_refused(void **state)
{
    const struct weh_codec_limits deep = { 64, 1000 };
    const struct weh_codec_limits three = { 3, 1000 };
    struct fixture *f = *state;
    uint8_t bytes[100];

    memset(bytes, 0x91, sizeof(bytes));
    bytes[WEH_MSGPACK_MAX_DEPTH] = 0xc0;
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK, view(bytes, WEH_MSGPACK_MAX_DEPTH + 1),
                                        &deep, &f->arena, &f->value, NULL),
                     WEH_OK);
    bytes[WEH_MSGPACK_MAX_DEPTH] = 0x91;
    bytes[WEH_MSGPACK_MAX_DEPTH + 1] = 0xc0;
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK, view(bytes, WEH_MSGPACK_MAX_DEPTH + 2),
                                        &deep, &f->arena, &f->value, NULL),
                     WEH_E_LIMIT);
    /* Empty containers count, and coming back up is no depth. */
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK, WEH_STR("\x93\x91\x90\x91\x80\x90"),
                                        &three, &f->arena, &f->value, NULL),
                     WEH_OK);
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK, WEH_STR("\x91\x91\x91\x80"), &three,
                                        &f->arena, &f->value, NULL),
                     WEH_E_LIMIT);
}

static void test_msgpack_number_of_values_is_limited_keys_included(void **state)
{
    const struct weh_codec_limits five = { 32, 5 };
    struct fixture *f = *state;

    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK,
                                        WEH_STR("\x82\xa1"
                                                "a\x01\xa1"
                                                "b\x02"),
                                        &five, &f->arena, &f->value, NULL),
                     WEH_OK);
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK,
                                        WEH_STR("\x82\xa1"
                                                "a\x01\xa1"
                                                "b\x90\xc0"),
                                        &five, &f->arena, &f->value, NULL),
                     WEH_E_PARSE);
    assert_int_equal(weh_message_decode(WEH_CODEC_MSGPACK,
                                        WEH_STR("\x82\xa1"
                                                "a\x01\xa1"
                                                "b\x91\xc0"),
                                        &five, &f->arena, &f->value, NULL),
                     WEH_E_LIMIT);
}

/* A map of @n members "k0", "k1", ...; the last one named as the first when @duplicate. */
static void put_map(struct weh_buf *buf, uint32_t n, bool duplicate)
{
    weh_buf_clear(buf);
    weh_buf_byte(buf, 0xde);
    weh_buf_byte(buf, (uint8_t)(n >> 8));
    weh_buf_byte(buf, (uint8_t)n);
    for (uint32_t i = 0; i < n; i++) {
        char key[16];
        int len = snprintf(key, sizeof(key), "k%u", duplicate && i == n - 1 ? 0 : i * 7919 % n);

        weh_buf_byte(buf, (uint8_t)(0xa0 + len));
        weh_buf_append(buf, key, (size_t)len);
        weh_buf_byte(buf, 0xc0);
    }
}

static void test_msgpack_duplicate_key_is_found_in_maps_of_any_size(void **state)
{
    struct fixture *f = *state;

    for (uint32_t n = 2; n < 40; n++) {
        put_map(&f->buf, n, false);
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
        put_map(&f->buf, n, true);
        assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_E_BAD_ARGS);
        assert_string_equal(f->diag.where, "k0");
    }
    put_map(&f->buf, 20000, false);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    put_map(&f->buf, 20000, true);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_E_BAD_ARGS);
}

static void test_msgpack_arena_limit_is_a_limit_and_no_fault(void **state)
{
    struct fixture *f = *state;
    weh_err err = WEH_E_LIMIT;
    size_t limit = 16;

    put_map(&f->buf, 30, false);
    for (; err == WEH_E_LIMIT; limit += 16) {
        struct weh_arena arena;

        weh_arena_init(&arena, limit);
        err = weh_message_decode(WEH_CODEC_MSGPACK, written(f), &roomy, &arena, &f->value, NULL);
        assert_true(arena.used_bytes <= limit);
        weh_arena_fini(&arena);
    }
    assert_int_equal(err, WEH_OK);
    /* 30 members of 32 bytes and what sorting them takes. */
    assert_true(limit >= 960 && limit <= 960 + 480 + 64);
}

static void test_msgpack_memory_is_in_proportion_to_the_message(void **state)
{
    /* One byte a value is the worst: 16 bytes of tree each. */
    const size_t n = 60000;
    struct fixture *f = *state;
    uint8_t *bytes = malloc(n + 3);

    bytes[0] = 0xdc;
    bytes[1] = (uint8_t)(n >> 8);
    bytes[2] = (uint8_t)n;
    memset(bytes + 3, 1, n);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, view(bytes, n + 3)), WEH_OK);
    assert_true(f->arena.used_bytes <= n * 16 + 64);
    free(bytes);
}

static void test_msgpack_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live;
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    put_map(&f->buf, 300, false);
    /* A timestamp is the one scalar that takes memory. */
    memcpy(f->buf.data + f->buf.len - 1, "\xd6", 1);
    weh_buf_append(&f->buf, "\xff\0\0\0\0", 5);
    live = fake_alloc_live();
    while (err == WEH_E_NOMEM) {
        struct weh_arena arena;

        weh_arena_init(&arena, 0);
        fake_alloc_fail_at(++nth);
        err =
            weh_message_decode(WEH_CODEC_MSGPACK, written(f), &roomy, &arena, &f->value, &f->diag);
        fake_alloc_reset();
        weh_arena_fini(&arena);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_msgpack_values_of_another_packer_are_read),
        TEST(test_msgpack_integer_above_int64_is_a_uint_and_whole_float_a_real),
        TEST(test_msgpack_strings_and_binary_are_views_into_the_message),
        TEST(test_msgpack_timestamp_becomes_an_iso_text),
        TEST(test_msgpack_undefined_of_msgpackr_is_null),
        TEST(test_msgpack_values_that_the_model_lacks_are_bad_args_and_named),
        TEST(test_msgpack_long_path_is_cut_between_characters),
        TEST(test_msgpack_cut_at_any_byte_is_a_parse_error),
        TEST(test_msgpack_lengths_beyond_the_message_take_no_memory),
        TEST(test_msgpack_depth_at_the_limit_is_read_and_beyond_refused),
        TEST(test_msgpack_number_of_values_is_limited_keys_included),
        TEST(test_msgpack_duplicate_key_is_found_in_maps_of_any_size),
        TEST(test_msgpack_arena_limit_is_a_limit_and_no_fault),
        TEST(test_msgpack_memory_is_in_proportion_to_the_message),
        TEST(test_msgpack_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
