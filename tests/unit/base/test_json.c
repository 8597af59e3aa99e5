/* tests/unit/base/test_json.c - the JSON reader and writer: what is read, refused and written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weh/json.h"

#include "fake_alloc.h"

static const struct weh_json_limits roomy = { 64, 100000 };

struct fixture {
    struct weh_arena arena;
    struct weh_diag diag;
    struct weh_value value;
    struct weh_buf buf;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    weh_arena_init(&f->arena, 0);
    weh_buf_init(&f->buf, 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    weh_arena_fini(&f->arena);
    weh_buf_fini(&f->buf);
    free(f);
    return 0;
}

static weh_err parse_bytes(struct fixture *f, struct weh_str text)
{
    memset(&f->diag, 0, sizeof(f->diag));
    weh_arena_reset(&f->arena);
    return weh_json_parse(text, &roomy, &f->arena, &f->value, &f->diag);
}

static weh_err parse(struct fixture *f, const char *text)
{
    return parse_bytes(f, weh_str_from(text));
}

/* Parse @text and write it again: the text as the writer says it. */
static const char *echo(struct fixture *f, const char *text)
{
    struct weh_json_writer writer;

    assert_int_equal(parse(f, text), WEH_OK);
    weh_buf_clear(&f->buf);
    weh_json_writer_init(&writer, &f->buf);
    weh_sink_value(&writer.sink, &f->value);
    weh_buf_byte(&f->buf, '\0');
    assert_int_equal(f->buf.err, WEH_OK);
    return (const char *)f->buf.data;
}

static const char *written(struct fixture *f)
{
    weh_buf_byte(&f->buf, '\0');
    assert_int_equal(f->buf.err, WEH_OK);
    return (const char *)f->buf.data;
}

static void test_json_every_kind_of_value_is_read_and_written_back(void **state)
{
    static const char text[] =
        "{\"a\":[1,-2,3.5,true,false,null,\"x\"],\"b\":{\"c\":{},\"d\":[]},\"\":\"\"}";

    assert_string_equal(echo(*state, text), text);
    assert_string_equal(echo(*state, " [ 1 , { \"a\" : 2 } ]\r\n\t"), "[1,{\"a\":2}]");
    assert_string_equal(echo(*state, "\"top\""), "\"top\"");
    assert_string_equal(echo(*state, "-0"), "0");
    assert_string_equal(echo(*state, "5.0"), "5");
    assert_string_equal(echo(*state, "1E3"), "1000");
}

static void test_json_integers_keep_all_digits(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, "9223372036854775807"), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_INT);
    assert_true(f->value.as.integer == INT64_MAX);
    assert_int_equal(parse(f, "-9223372036854775808"), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_INT);
    assert_true(f->value.as.integer == INT64_MIN);
    assert_int_equal(parse(f, "18446744073709551615"), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_UINT);
    assert_true(f->value.as.uinteger == UINT64_MAX);
    assert_string_equal(echo(f, "[-9223372036854775808,18446744073709551615]"),
                        "[-9223372036854775808,18446744073709551615]");
}

static void test_json_integer_beyond_64_bits_is_a_double(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, "18446744073709551616"), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_REAL);
    assert_true(f->value.as.real == 0x1p64);
    assert_int_equal(parse(f, "-9223372036854775809"), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_REAL);
    assert_true(f->value.as.real == -0x1p63);
}

static void test_json_integers_beside_a_long_one_stay_exact(void **state)
{
    /* Digits in strings, keys and doubles must not be taken for the integers. */
    static const char text[] =
        "{\"1\":[\"2\\\"3\",9007199254740993,0.5,{\"4\":-7}],\"\\\\\":["
        "18446744073709551616,true,1.5e3,\"-8\",\"\"],\"z\":9007199254740995}";

    assert_string_equal(echo(*state, text),
                        "{\"1\":[\"2\\\"3\",9007199254740993,0.5,{\"4\":-7}],\"\\\\\":["
                        "18446744073709552000,true,1500,\"-8\",\"\"],\"z\":9007199254740995}");
}

static void test_json_escapes_are_read_and_written_as_stringify_does(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(echo(f, "\"\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\\\u001f\\u007f\\u00e9\""),
                        "\"A/\\b\\f\\n\\r\\t\\\"\\\\\\u001f\x7f\xc3\xa9\"");
    assert_string_equal(echo(f, "\"\\uD83D\\ude00\\u2028\""), "\"\xf0\x9f\x98\x80\xe2\x80\xa8\"");
}

static void test_json_nul_in_a_string_is_kept(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, "\"a\\u0000b\""), WEH_OK);
    assert_int_equal(f->value.n, 3);
    assert_memory_equal(f->value.as.string, "a\0b", 3);
    assert_string_equal(echo(f, "\"a\\u0000b\""), "\"a\\u0000b\"");
}

static void test_json_malformed_text_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "[",
        "}",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\" 1}",
        "{\"a\":1]",
        "[1}",
        "[[]",
        "1 2",
        "[] []",
        "tru",
        "True",
        "nul",
        "undefined",
        "NaN",
        "Infinity",
        "-Infinity",
        "-",
        "+1",
        "01",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1.e3",
        "0x10",
        "--1",
        "'a'",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "\"a\nb\"",
        "/**/1",
        "1//",
        "\xef\xbb\xbf{}",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800x\"",
        "\"\xff\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xe2\x82\"",
        "[\"\xc3\",1]",
        "1e999",
        "-1e999",
        "[1e400]",
        "{\"\\u0000\":1}",
        "{\"a\\u0000b\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[{\"x\":{\"k\":1,\"l\":2,\"k\":3}}]",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        print_message("%s\n", texts[i]);
        assert_int_equal(parse(f, texts[i]), WEH_E_PARSE);
        assert_int_equal(f->diag.err, WEH_E_PARSE);
        assert_int_equal(strncmp(f->diag.where, "line ", 5), 0);
        assert_true(f->diag.text[0] != '\0');
        assert_int_equal(f->arena.used_bytes, 0);
    }
    assert_int_equal(parse_bytes(f, (struct weh_str){ "\"a\0b\"", 5 }), WEH_E_PARSE);
    assert_int_equal(parse_bytes(f, (struct weh_str){ "1\0", 2 }), WEH_E_PARSE);
    assert_int_equal(parse_bytes(f, (struct weh_str){ NULL, 0 }), WEH_E_PARSE);
}

static void test_json_integer_beyond_the_doubles_is_refused(void **state)
{
    char text[402];

    memset(text, '9', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(parse(*state, text), WEH_E_PARSE);
}

static void test_json_error_says_line_and_column(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(parse(f, "{\n  \"a\": 1,\n  \"b\": ?\n}"), WEH_E_PARSE);
    assert_string_equal(f->diag.where, "line 3 column 8");
}

/* @depth containers inside each other. */
static void nest(struct weh_buf *buf, uint32_t depth)
{
    weh_buf_clear(buf);
    for (uint32_t i = 0; i < depth; i++) {
        weh_buf_append(buf, i % 2 == 0 ? "[" : "{\"k\":", i % 2 == 0 ? 1 : 5);
    }
    weh_buf_byte(buf, '1');
    for (uint32_t i = depth; i > 0; i--) {
        weh_buf_byte(buf, i % 2 == 1 ? ']' : '}');
    }
}

static void test_json_depth_at_the_limit_is_read_and_beyond_refused(void **state)
{
    const struct weh_json_limits three = { 3, 100 };
    struct fixture *f = *state;
    struct weh_value value;

    nest(&f->buf, 64);
    assert_int_equal(parse_bytes(f, (struct weh_str){ (char *)f->buf.data, f->buf.len }), WEH_OK);
    nest(&f->buf, 65);
    assert_int_equal(parse_bytes(f, (struct weh_str){ (char *)f->buf.data, f->buf.len }),
                     WEH_E_LIMIT);
    assert_int_equal(weh_json_parse(WEH_STR("[[[1]],[[2]]]"), &three, &f->arena, &value, NULL),
                     WEH_OK);
    assert_int_equal(weh_json_parse(WEH_STR("[[[[]]]]"), &three, &f->arena, &value, NULL),
                     WEH_E_LIMIT);
    /* A limit above the maximum is the maximum. */
    const struct weh_json_limits huge = { UINT32_MAX, 1000 };

    assert_int_equal(weh_json_parse((struct weh_str){ (char *)f->buf.data, f->buf.len }, &huge,
                                    &f->arena, &value, NULL),
                     WEH_E_LIMIT);
}

static void test_json_a_million_open_brackets_take_no_memory(void **state)
{
    struct fixture *f = *state;
    size_t n = 1000000;
    char *text = malloc(n);

    memset(text, '[', n);
    assert_int_equal(parse_bytes(f, (struct weh_str){ text, n }), WEH_E_LIMIT);
    assert_int_equal(f->arena.used_bytes, 0);
    free(text);
}

static void test_json_number_of_values_is_limited_keys_included(void **state)
{
    const struct weh_json_limits five = { 64, 5 };
    struct fixture *f = *state;
    struct weh_value value;

    assert_int_equal(weh_json_parse(WEH_STR("{\"a\":1,\"b\":2}"), &five, &f->arena, &value, NULL),
                     WEH_OK);
    assert_int_equal(weh_json_parse(WEH_STR("{\"a\":1,\"b\":[2]}"), &five, &f->arena, &value, NULL),
                     WEH_E_LIMIT);
    assert_int_equal(weh_json_parse(WEH_STR("[1,2,3,4]"), &five, &f->arena, &value, NULL), WEH_OK);
    assert_int_equal(weh_json_parse(WEH_STR("[1,2,3,4,5]"), &five, &f->arena, &value, NULL),
                     WEH_E_LIMIT);
}

static void test_json_arena_limit_is_a_limit_and_no_fault(void **state)
{
    static const char text[] = "[[1,2,3,4,5,6,7,8],\"a string of some length, to be copied\"]";
    struct weh_arena arena;
    struct weh_value value;
    weh_err err = WEH_E_LIMIT;
    size_t limit = 16;

    (void)state;
    for (; err == WEH_E_LIMIT; limit += 16) {
        weh_arena_init(&arena, limit);
        err = weh_json_parse(weh_str_from(text), &roomy, &arena, &value, NULL);
        assert_true(arena.used_bytes <= limit);
        weh_arena_fini(&arena);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(limit > 100);
}

static void test_json_survives_any_failed_allocation(void **state)
{
    /* Large enough for more than one chunk of the arena. */
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    char text[8192] = "[\"";
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    memset(text + 2, 'x', 6000);
    memcpy(text + 6002, "\",[1,{\"a\":\"b\"}]]", 17);
    while (err == WEH_E_NOMEM) {
        struct weh_arena arena;

        weh_arena_init(&arena, 0);
        fake_alloc_fail_at(++nth);
        err = weh_json_parse(weh_str_from(text), &roomy, &arena, &f->value, &f->diag);
        fake_alloc_reset();
        weh_arena_fini(&arena);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 2);
}

static void test_json_writer_survives_any_failed_allocation(void **state)
{
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    (void)state;
    while (err == WEH_E_NOMEM) {
        struct weh_json_writer writer;
        struct weh_buf buf;

        weh_buf_init(&buf, 0);
        weh_json_writer_init(&writer, &buf);
        fake_alloc_fail_at(++nth);
        weh_sink_array_begin(&writer.sink, WEH_SINK_UNKNOWN);
        for (int i = 0; i < 500; i++) {
            weh_sink_int(&writer.sink, i);
        }
        weh_sink_array_end(&writer.sink);
        fake_alloc_reset();
        err = buf.err;
        weh_buf_fini(&buf);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 2);
}

static void test_json_writer_replaces_bytes_that_are_not_utf8(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, &f->buf);
    weh_sink_text(&writer.sink, "a\xff\"b\xc3\xa9\xed\xa0\x80\xe2\x82");
    assert_string_equal(written(f),
                        "\"a\xef\xbf\xbd\\\"b\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                        "\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void test_json_writer_writes_binary_as_base64(void **state)
{
    static const char *const expected[] = { "",         "AA==",     "AAE=",    "AAEC",
                                            "AAEC/w==", "AAEC//4=", "AAEC//79" };
    static const uint8_t bytes[] = { 0, 1, 2, 255, 254, 253 };
    struct fixture *f = *state;

    for (size_t n = 0; n < WEH_ARRAY_LEN(expected); n++) {
        struct weh_json_writer writer;
        char text[64];

        weh_buf_clear(&f->buf);
        weh_json_writer_init(&writer, &f->buf);
        weh_sink_binary(&writer.sink, bytes, n);
        (void)snprintf(text, sizeof(text), "\"encoding=base64;%s\"", expected[n]);
        assert_string_equal(written(f), text);
    }
}

static void test_json_writer_writes_what_json_cannot_say_as_null(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, &f->buf);
    weh_sink_array_begin(&writer.sink, 3);
    weh_sink_real(&writer.sink, (double)NAN);
    weh_sink_real(&writer.sink, (double)INFINITY);
    weh_sink_real(&writer.sink, -0.0);
    weh_sink_array_end(&writer.sink);
    assert_string_equal(written(f), "[null,null,0]");
}

static void test_json_writer_too_deep_is_an_error_and_no_overrun(void **state)
{
    struct fixture *f = *state;
    struct weh_json_writer writer;

    for (uint32_t depth = WEH_JSON_MAX_DEPTH; depth <= WEH_JSON_MAX_DEPTH + 100; depth += 50) {
        weh_buf_clear(&f->buf);
        weh_json_writer_init(&writer, &f->buf);
        for (uint32_t i = 0; i < depth; i++) {
            weh_sink_array_begin(&writer.sink, 2);
            weh_sink_int(&writer.sink, 1);
        }
        for (uint32_t i = 0; i < depth; i++) {
            weh_sink_array_end(&writer.sink);
        }
        assert_int_equal(f->buf.err, depth > WEH_JSON_MAX_DEPTH ? WEH_E_TOO_LARGE : WEH_OK);
    }
}

static void test_json_utf8_prefix_ends_at_the_first_bad_byte(void **state)
{
    (void)state;
    assert_int_equal(weh_json_utf8_prefix(WEH_STR("")), 0);
    assert_int_equal(weh_json_utf8_prefix((struct weh_str){ NULL, 0 }), 0);
    assert_int_equal(weh_json_utf8_prefix(WEH_STR("0123456789abcdef\xc3\xa9")), 18);
    assert_int_equal(weh_json_utf8_prefix(WEH_STR("0123456789\xc3\xa9\xff")), 12);
    assert_int_equal(weh_json_utf8_prefix(WEH_STR("\x80")), 0);
    assert_int_equal(weh_json_utf8_prefix(WEH_STR("\xf0\x9f\x98\x80\xf0\x9f\x98")), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_every_kind_of_value_is_read_and_written_back),
        cmocka_unit_test(test_json_integers_keep_all_digits),
        cmocka_unit_test(test_json_integer_beyond_64_bits_is_a_double),
        cmocka_unit_test(test_json_integers_beside_a_long_one_stay_exact),
        cmocka_unit_test(test_json_escapes_are_read_and_written_as_stringify_does),
        cmocka_unit_test(test_json_nul_in_a_string_is_kept),
        cmocka_unit_test(test_json_malformed_text_is_refused),
        cmocka_unit_test(test_json_integer_beyond_the_doubles_is_refused),
        cmocka_unit_test(test_json_error_says_line_and_column),
        cmocka_unit_test(test_json_depth_at_the_limit_is_read_and_beyond_refused),
        cmocka_unit_test(test_json_a_million_open_brackets_take_no_memory),
        cmocka_unit_test(test_json_number_of_values_is_limited_keys_included),
        cmocka_unit_test(test_json_arena_limit_is_a_limit_and_no_fault),
        cmocka_unit_test(test_json_survives_any_failed_allocation),
        cmocka_unit_test(test_json_writer_survives_any_failed_allocation),
        cmocka_unit_test(test_json_writer_replaces_bytes_that_are_not_utf8),
        cmocka_unit_test(test_json_writer_writes_binary_as_base64),
        cmocka_unit_test(test_json_writer_writes_what_json_cannot_say_as_null),
        cmocka_unit_test(test_json_writer_too_deep_is_an_error_and_no_overrun),
        cmocka_unit_test(test_json_utf8_prefix_ends_at_the_first_bad_byte),
    };
    struct CMUnitTest with_fixture[WEH_ARRAY_LEN(tests)];
    int n_failed;

    for (size_t i = 0; i < WEH_ARRAY_LEN(tests); i++) {
        with_fixture[i] = tests[i];
        with_fixture[i].setup_func = set_up;
        with_fixture[i].teardown_func = tear_down;
    }
    n_failed = cmocka_run_group_tests_name("jansson on malloc", with_fixture, NULL, NULL);
    weh_json_own_memory();
    return n_failed + cmocka_run_group_tests_name("jansson in an arena", with_fixture, NULL, NULL);
}
