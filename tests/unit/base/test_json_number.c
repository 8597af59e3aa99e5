/* tests/unit/base/test_json_number.c - doubles are printed as JavaScript prints them.
 *
 * The table and the sums over larger sets were made with String(x) of node 20; the sums are FNV-1a
 * (64 bits) over all results, each followed by a line feed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weh/json.h"

struct row {
    double value;
    const char *text;
};

/* clang-format off */
static const struct row rows[] = {
    { 0.0, "0" },
    { -0.0, "0" },
    { 1.0, "1" },
    { -1.0, "-1" },
    { 5.0, "5" },
    { 1.5, "1.5" },
    { 0.1, "0.1" },
    { 0.2, "0.2" },
    { 0.30000000000000004, "0.30000000000000004" },
    { 1e21, "1e+21" },
    { 1e20, "100000000000000000000" },
    { 123456789012345680000.0, "123456789012345680000" },
    { 999999999999999900000.0, "999999999999999900000" },
    { 1e-6, "0.000001" },
    { 1e-7, "1e-7" },
    { 1.5e-7, "1.5e-7" },
    { 0.000001234, "0.000001234" },
    { 5e-324, "5e-324" },
    { -5e-324, "-5e-324" },
    { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308" },
    { 2.225073858507201e-308, "2.225073858507201e-308" },
    { 4.35, "4.35" },
    { 9007199254740991.0, "9007199254740991" },
    { 9007199254740992.0, "9007199254740992" },
    { 9007199254740993.0, "9007199254740992" },
    { -9223372036854775808.0, "-9223372036854776000" },
    { 18446744073709552000.0, "18446744073709552000" },
    { 1e100, "1e+100" },
    { 1.1e22, "1.1e+22" },
    { 123e-20, "1.23e-18" },
    { 100.0, "100" },
    { 1e2, "100" },
    { 0.1234567890123456, "0.1234567890123456" },
    { 33333333333.3333333, "33333333333.333332" },
    { 4.9406564584124654e-324, "5e-324" },
    { 6.02214076e23, "6.02214076e+23" },
    { 299792458.0, "299792458" },
    { 3.141592653589793, "3.141592653589793" },
    { 2.718281828459045, "2.718281828459045" },
    { 1e15, "1000000000000000" },
    { 1e16, "10000000000000000" },
    { 999999999999999.0, "999999999999999" },
    { 1234567890123456.0, "1234567890123456" },
    { 12345678901234567.0, "12345678901234568" },
    { 0.00001, "0.00001" },
    { 1e-5, "0.00001" },
    { 5.684341886080802e-14, "5.684341886080802e-14" },
    { 9.5367431640625e-7, "9.5367431640625e-7" },
    { 1.9073486328125e-6, "0.0000019073486328125" },
    { 4503599627370496.5, "4503599627370496" },
    { 4503599627370497.5, "4503599627370498" },
    { 8.41e21, "8.41e+21" },
    { 2e-308, "2e-308" },
    { 123456.789, "123456.789" },
    { -123456.789, "-123456.789" },
    { 1e23, "1e+23" },
    { 8.5e-1, "0.85" },
    { 179769313486231570000.0, "179769313486231570000" },
};
/* clang-format on */

#define SUM_START UINT64_C(0xcbf29ce484222325)

static uint64_t add_byte(uint64_t sum, uint8_t byte)
{
    return (sum ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t add_number(uint64_t sum, double value)
{
    char text[32];
    size_t n = weh_json_print_double(value, text);

    for (size_t i = 0; i < n; i++) {
        sum = add_byte(sum, (uint8_t)text[i]);
    }
    assert_true(strtod(text, NULL) == value);
    return add_byte(sum, '\n');
}

/* xorshift64 (Marsaglia 2003); node makes the same numbers. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_number_of_table_is_printed_as_javascript_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        char text[32];
        size_t n = weh_json_print_double(rows[i].value, text);

        assert_string_equal(text, rows[i].text);
        assert_int_equal(n, strlen(rows[i].text));
    }
}

static void test_number_power_of_two_is_printed_as_javascript_does(void **state)
{
    uint64_t sum = SUM_START;

    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        sum = add_number(sum, ldexp(1, exponent));
    }
    assert_true(sum == UINT64_C(0x5115e8c46ea2a06d));
}

/* Where the distance to the next double changes, the nearest decimal is not the middle one. */
static void test_number_beside_power_of_two_is_printed_as_javascript_does(void **state)
{
    uint64_t sum = SUM_START;

    (void)state;
    for (int exponent = -1022; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);

        sum = add_number(sum, nextafter(power, 0));
        sum = add_number(sum, nextafter(power, (double)INFINITY));
    }
    assert_true(sum == UINT64_C(0x9aa30785fda0620c));
}

/* Subnormal doubles have fewer digits that count. */
static void test_number_below_normal_is_printed_as_javascript_does(void **state)
{
    uint64_t seed = UINT64_C(88172645463325252);
    uint64_t sum = SUM_START;

    (void)state;
    for (int n = 0; n < 5000; n++) {
        uint64_t bits = next_random(&seed) >> (12 + n % 52);
        double value;

        memcpy(&value, &bits, sizeof(value));
        sum = add_number(sum, value);
    }
    assert_true(sum == UINT64_C(0x868efc9b34fb77d4));
}

static void test_number_of_random_bits_is_printed_as_javascript_does(void **state)
{
    uint64_t seed = UINT64_C(88172645463325252);
    uint64_t sum = SUM_START;

    (void)state;
    for (int n = 0; n < 20000;) {
        uint64_t bits = next_random(&seed);
        double value;

        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            sum = add_number(sum, value);
            n++;
        }
    }
    assert_true(sum == UINT64_C(0xd1e63ac955870ace));
}

static void test_number_of_random_quotient_is_printed_as_javascript_does(void **state)
{
    static const double divisors[] = { 1, 10, 1000, 65536, 1e9, 3, 7e20 };
    uint64_t seed = UINT64_C(88172645463325252);
    uint64_t sum = SUM_START;

    (void)state;
    for (size_t n = 0; n < 20000; n++) {
        sum = add_number(sum, (double)(next_random(&seed) >> 11) / divisors[n % 7]);
    }
    assert_true(sum == UINT64_C(0xd4d3746888a79ae2));
}

static void test_number_of_hundredths_is_printed_as_javascript_does(void **state)
{
    uint64_t sum = SUM_START;

    (void)state;
    for (int i = -20000; i < 20000; i++) {
        sum = add_number(sum, i / 100.0);
    }
    assert_true(sum == UINT64_C(0x5267da099cea5dab));
}

static void test_number_is_stored_as_the_native_library_does(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = { { 0, "0.0" },
                  { 5, "5.0" },
                  { -0.25, "-0.25" },
                  { 1e21, "1e21" },
                  { 1.5e-7, "1.5e-7" },
                  { 9007199254740992.0, "9007199254740992.0" },
                  { -1e300, "-1e300" },
                  { 123456789012345680000.0, "123456789012345680000.0" },
                  { 8.503244914348818e-05, "0.00008503244914348818" } };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[WEH_JSON_NUMBER_SIZE];

        assert_int_equal(weh_json_print_stored(cases[i].value, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_of_table_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_power_of_two_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_beside_power_of_two_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_below_normal_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_of_random_bits_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_of_random_quotient_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_of_hundredths_is_printed_as_javascript_does),
        cmocka_unit_test(test_number_is_stored_as_the_native_library_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
