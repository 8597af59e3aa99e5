/* tests/unit/base/test_text.c - views of text, ids, GUIDs, times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "weh/clock.h"
#include "weh/id.h"
#include "weh/str.h"
#include "weh/value.h"

static void test_str_split_takes_one_part_at_a_time(void **state)
{
    struct weh_str head;
    struct weh_str rest = weh_str_split(WEH_STR("a||bc"), '|', &head);

    (void)state;
    assert_true(weh_str_eq_text(head, "a"));
    rest = weh_str_split(rest, '|', &head);
    assert_int_equal(head.len, 0);
    rest = weh_str_split(rest, '|', &head);
    assert_true(weh_str_eq_text(head, "bc"));
    assert_int_equal(rest.len, 0);
}

static void test_str_nocase_compares_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(weh_str_eq_nocase(WEH_STR("BisCore"), WEH_STR("bISCORE")));
    assert_false(weh_str_eq_nocase(WEH_STR("["), WEH_STR("{")));
    assert_false(weh_str_eq_nocase(WEH_STR("a"), WEH_STR("ab")));
}

static void test_str_utf8_accepts_well_formed_and_nothing_else(void **state)
{
    static const char *const good[] = { "",
                                        "plain",
                                        "\xc2\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    static const char *const bad[] = { "\x80",
                                       "\xc0\xaf",
                                       "\xc1\xbf",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xe2\x82",
                                       "\xe2\x28\xa1",
                                       "\xff",
                                       "a\xc3" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(weh_str_is_utf8(weh_str_from(good[i])));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(weh_str_is_utf8(weh_str_from(bad[i])));
    }
}

static void test_id_prints_and_parses_the_itwin_form(void **state)
{
    static const char *const bad[] = { "",  "0", "0x", "0x0", "1f", "0x1g", "0x11112222333344445",
                                       "x1" };
    char text[WEH_ID_TEXT_SIZE];
    weh_id id;

    (void)state;
    assert_int_equal(weh_id_print(0x20000000001, text), 13);
    assert_string_equal(text, "0x20000000001");
    (void)weh_id_print(0, text);
    assert_string_equal(text, "0");
    (void)weh_id_print(UINT64_MAX, text);
    assert_string_equal(text, "0xffffffffffffffff");
    assert_true(weh_id_parse(WEH_STR("0xFFFFFFFFFFFFFFFF"), &id));
    assert_true(id == UINT64_MAX);
    assert_true(weh_id_parse(WEH_STR("0x00001f"), &id));
    assert_true(id == 0x1f);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(weh_id_parse(weh_str_from(bad[i]), &id));
    }
}

static void test_id_of_any_length_is_printed_without_zeros_in_front(void **state)
{
    char text[WEH_ID_TEXT_SIZE];
    weh_id back = 0;

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        weh_id id = (weh_id)1 << bit | 1;
        size_t n = weh_id_print(id, text);

        assert_int_equal(n, 3 + bit / 4);
        assert_int_equal(strlen(text), n);
        assert_int_not_equal(text[2], '0');
        assert_true(weh_id_parse((struct weh_str){ text, n }, &back));
        assert_true(back == id);
    }
}

static void test_clock_coarse_is_never_ahead(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t coarse_us = weh_clock_coarse_us();
        uint64_t mono_us = weh_clock_mono_us();

        assert_true(coarse_us <= mono_us);
        assert_true(coarse_us > 0);
    }
}

static void test_guid_prints_and_parses_its_text(void **state)
{
    static const char *const bad[] = { "", "b18d9612-2609-4d5d-8d4a-123456789ab",
                                       "b18d9612-2609-4d5d-8d4a-123456789abg",
                                       "b18d9612026090-4d5d-8d4a-123456789ab",
                                       "{b18d9612-2609-4d5d-8d4a-12345678ab}" };
    char text[WEH_GUID_TEXT_SIZE];
    struct weh_guid guid;
    struct weh_guid other;

    (void)state;
    assert_true(weh_guid_parse(WEH_STR("B18D9612-2609-4d5d-8d4a-123456789abc"), &guid));
    assert_int_equal(guid.bytes[0], 0xb1);
    assert_int_equal(guid.bytes[15], 0xbc);
    weh_guid_print(&guid, text);
    assert_string_equal(text, "b18d9612-2609-4d5d-8d4a-123456789abc");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(weh_guid_parse(weh_str_from(bad[i]), &guid));
    }
    assert_int_equal(weh_guid_create(&guid, NULL), WEH_OK);
    assert_int_equal(weh_guid_create(&other, NULL), WEH_OK);
    assert_memory_not_equal(&guid, &other, sizeof(guid));
    assert_int_equal(guid.bytes[6] >> 4, 4);
    assert_int_equal(guid.bytes[8] >> 6, 2);
    assert_false(weh_guid_is_nil(&guid));
}

static void test_time_prints_iso_8601_in_utc(void **state)
{
    char text[WEH_TIME_TEXT_SIZE];

    (void)state;
    weh_time_print(1795226437313, text);
    assert_string_equal(text, "2026-11-21T02:00:37.313Z");
    weh_time_print(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    weh_time_print(INT64_MAX, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static void test_value_numbers_are_taken_alike_when_whole(void **state)
{
    struct weh_value whole = { .type = WEH_VALUE_REAL, .as.real = 5.0 };
    struct weh_value half = { .type = WEH_VALUE_REAL, .as.real = 5.5 };
    struct weh_value huge = { .type = WEH_VALUE_REAL, .as.real = 0x1p63 };
    struct weh_value text = { .type = WEH_VALUE_STRING, .n = 1, .as.string = "5" };
    int64_t integer = 0;
    double real = 0;

    (void)state;
    assert_true(weh_value_to_int64(&whole, &integer));
    assert_int_equal(integer, 5);
    assert_false(weh_value_to_int64(&half, &integer));
    assert_false(weh_value_to_int64(&huge, &integer));
    assert_false(weh_value_to_int64(&text, &integer));
    assert_false(weh_value_to_int64(NULL, &integer));
    assert_true(weh_value_to_double(&half, &real));
    assert_true(real == 5.5);
    assert_false(weh_value_to_double(&text, &real));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_split_takes_one_part_at_a_time),
        cmocka_unit_test(test_str_nocase_compares_ascii_letters_only),
        cmocka_unit_test(test_str_utf8_accepts_well_formed_and_nothing_else),
        cmocka_unit_test(test_id_prints_and_parses_the_itwin_form),
        cmocka_unit_test(test_id_of_any_length_is_printed_without_zeros_in_front),
        cmocka_unit_test(test_clock_coarse_is_never_ahead),
        cmocka_unit_test(test_guid_prints_and_parses_its_text),
        cmocka_unit_test(test_time_prints_iso_8601_in_utc),
        cmocka_unit_test(test_value_numbers_are_taken_alike_when_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
