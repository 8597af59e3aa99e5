/* tests/unit/ec/test_julian.c - dates between ISO text and Julian days. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "weh/ec_value.h"

/* Days and texts as core-backend 5.1.9 stored and showed them. */
static void test_julian_day_of_text_is_the_stored_one_to_the_last_bit(void **state)
{
    static const struct {
        const char *text;
        enum weh_ec_datetime kind;
        double day;
        const char *back;
    } cases[] = {
        { "2020-01-02T03:04:05.678", WEH_EC_DT_UNSPECIFIED, 2458850.6278434955,
          "2020-01-02T03:04:05.678" },
        { "2024-02-29T12:34:56.789", WEH_EC_DT_UTC, 2460370.0242683911,
          "2024-02-29T12:34:56.789Z" },
        { "2024-02-29T12:34:56.789Z", WEH_EC_DT_UNSPECIFIED, 2460370.0242683911,
          "2024-02-29T12:34:56.789" },
        { "2024-02-29T12:34:56.789Z", WEH_EC_DT_DATE_ONLY, 2460370.0242683911, "2024-02-29" },
        { "1970-01-01T00:00:00.000Z", WEH_EC_DT_UTC, 2440587.5, "1970-01-01T00:00:00.000Z" },
        { "1999-12-31T23:59:59.999Z", WEH_EC_DT_UTC, 2451544.4999999884,
          "1999-12-31T23:59:59.999Z" },
        { "2100-06-15T06:07:08.000Z", WEH_EC_DT_UTC, 2488234.7549537038,
          "2100-06-15T06:07:08.000Z" },
        { "1900-03-01", WEH_EC_DT_DATE_ONLY, 2415079.5, "1900-03-01" },
        { "20240229", WEH_EC_DT_DATE_ONLY, 2460369.5, "2024-02-29" },
        { "2024-02-29", WEH_EC_DT_LOCAL, 2460369.5, "2024-02-29T00:00:00.000" },
        { "13:45:30.250", WEH_EC_DT_TIME_OF_DAY, 2451545.0732667823, "13:45:30.250" },
        { "13:45", WEH_EC_DT_TIME_OF_DAY, 2451545.0729166665, "13:45:00.000" },
        { "2024-02-29T13:45:30.250", WEH_EC_DT_TIME_OF_DAY, 2460370.0732667823, "13:45:30.250" },
        { "2024-02-29T12:34Z", WEH_EC_DT_UNSPECIFIED, 2460370.0236111111,
          "2024-02-29T12:34:00.000" },
        { "2024-02-29 12:34:56", WEH_EC_DT_UNSPECIFIED, 2460370.0242592595,
          "2024-02-29T12:34:56.000" },
        { "2024-02-29T12:34:56.7894Z", WEH_EC_DT_UTC, 2460370.0242683911,
          "2024-02-29T12:34:56.789Z" },
        { "2024-02-29T12:34:56.7896", WEH_EC_DT_UNSPECIFIED, 2460370.0242684027,
          "2024-02-29T12:34:56.790" },
        { "2024-02-29T24:00:00", WEH_EC_DT_UNSPECIFIED, 2460370.5, "2024-03-01T00:00:00.000" },
        { "1500-02-28T12:34:56Z", WEH_EC_DT_UTC, 2268982.0242592595, "1500-02-28T12:34:56.000Z" },
        { "0001-01-01T00:00:00Z", WEH_EC_DT_UNSPECIFIED, 1721425.5, "0001-01-01T00:00:00.000" },
        { "9999-12-31T23:59:59.999Z", WEH_EC_DT_UTC, 5373484.4999999888,
          "9999-12-31T23:59:59.999Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double day = 0;
        char back[32];

        assert_true(weh_julian_day_parse(weh_str_from(cases[i].text), cases[i].kind, &day));
        if (day != cases[i].day) {
            fail_msg("%s: %.17g, not %.17g", cases[i].text, day, cases[i].day);
        }
        assert_int_equal(weh_julian_day_print(day, cases[i].kind, back), strlen(cases[i].back));
        assert_string_equal(back, cases[i].back);
    }
}

static void test_julian_day_of_no_date_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "x",
        "2024",
        "2024-02",
        "2024-02-30",
        "2023-02-29",
        "1900-02-29",
        "2024-00-01",
        "2024-13-01",
        "2024-01-00",
        "2024-01-32",
        "0000-01-01",
        "-0001-02-28",
        "2024-0229",
        "202402-29",
        "2024-02-29T",
        "2024-02-29T12",
        "2024-02-29T12:3",
        "2024-02-29T12:34:",
        "2024-02-29T12:34:56.",
        "2024-02-29T12:34:56,5",
        "2024-02-29T24:00:01",
        "2024-02-29T25:00:00",
        "2024-02-29T12:60:00",
        "2024-02-29T12:34:60",
        "2024-02-29T12:34:56+02:00",
        "2024-02-29T12:34:56z",
        "2024-02-29Z",
        "2024-02-29T12:34:56ZZ",
        " 2024-02-29",
        "2024-02-29 ",
        "13:45:30",
        "T13:45:30",
        "9999-12-31T24:00:00",
    };
    double day;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (weh_julian_day_parse(weh_str_from(texts[i]), WEH_EC_DT_UTC, &day)) {
            fail_msg("\"%s\" accepted", texts[i]);
        }
    }
    assert_false(weh_julian_day_parse(WEH_STR("T13:45:30"), WEH_EC_DT_TIME_OF_DAY, &day));
    assert_false(weh_julian_day_parse(WEH_STR("13:45Z"), WEH_EC_DT_TIME_OF_DAY, &day));
}

static void test_julian_day_out_of_range_has_no_text(void **state)
{
    static const double days[] = { -1, 5373484.5, 1e300, -1e300 };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        assert_int_equal(weh_julian_day_print(days[i], WEH_EC_DT_UTC, text), 0);
        assert_string_equal(text, "");
    }
    assert_int_equal(weh_julian_day_print((double)NAN, WEH_EC_DT_UTC, text), 0);
    assert_int_equal(weh_julian_day_print((double)INFINITY, WEH_EC_DT_UTC, text), 0);
    assert_true(weh_julian_day_print(0, WEH_EC_DT_UTC, text) > 0);
    assert_string_equal(text, "-4713-11-24T12:00:00.000Z");
    /* The last instant rounds up into a year that has no text of four digits. */
    assert_int_equal(weh_julian_day_print(nextafter(5373484.5, 0), WEH_EC_DT_UTC, text), 25);
    assert_string_equal(text, "10000-01-01T00:00:00.000Z");
    assert_int_equal(weh_julian_day_print(1719230, WEH_EC_DT_DATE_ONLY, text), 10);
    assert_string_equal(text, "-006-12-28");
}

static void test_julian_day_of_every_day_comes_back(void **state)
{
    (void)state;
    for (int day = 1721426; day < 5373485; day += 97) {
        double expected = (double)day - 0.5 + (day % 86400) / 86400.0;
        double again = 0;
        char text[32];
        char second[32];
        size_t n = weh_julian_day_print(expected, WEH_EC_DT_UTC, text);

        assert_true(n > 0);
        assert_true(weh_julian_day_parse((struct weh_str){ text, n }, WEH_EC_DT_UTC, &again));
        assert_true(fabs(again - expected) < 1e-8);
        assert_int_equal(weh_julian_day_print(again, WEH_EC_DT_UTC, second), n);
        assert_string_equal(second, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_julian_day_of_text_is_the_stored_one_to_the_last_bit),
        cmocka_unit_test(test_julian_day_of_no_date_is_refused),
        cmocka_unit_test(test_julian_day_out_of_range_has_no_text),
        cmocka_unit_test(test_julian_day_of_every_day_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
