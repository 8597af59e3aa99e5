/* src/base/json_number.c - doubles as JavaScript prints them.
 *
 * ECMA-262, Number::toString: the fewest digits that read back as the same double and, of those, the
 * ones nearest to it; then plain notation from 1e-6 to below 1e21, exponents outside. It does not
 * print NaN and infinities.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "weh/json.h"

#define MAX_DIGITS 17

/* digits[0].digits[1..] times 10 to the power of exponent. */
struct decimal {
    char digits[MAX_DIGITS + 2];
    int n;
    int exponent;
};

static void strip_zeros(struct decimal *decimal)
{
    while (decimal->n > 1 && decimal->digits[decimal->n - 1] == '0') {
        decimal->n--;
    }
    decimal->digits[decimal->n] = '\0';
}

static void from_whole(uint64_t whole, int scale, struct decimal *out)
{
    out->n = snprintf(out->digits, sizeof(out->digits), "%llu", (unsigned long long)whole);
    out->exponent = out->n - 1 - scale;
    strip_zeros(out);
}

/* The usual case without a formatting call per precision: @value is a number of at most 15 digits
 * over a small power of ten. Such a decimal is the only one of at most 15 digits that reads back as
 * @value, since the division of two exact doubles is rounded as reading is. */
static bool print_short(double value, struct decimal *out)
{
    static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11 };

    for (size_t k = 0; k < WEH_ARRAY_LEN(tens); k++) {
        double whole = nearbyint(value * tens[k]);

        if (whole >= 1e15) {
            return false;
        }
        if (whole >= 1 && whole / tens[k] == value) {
            from_whole((uint64_t)whole, (int)k, out);
            return true;
        }
    }
    return false;
}

/* The decimal of @n digits nearest to @value; true when it reads back as @value. Picked out of printf's text digit by digit, so that
 * the locale's decimal point does not matter. */
static bool round_to(double value, int n, struct decimal *out)
{
    char text[40];
    const char *at = text;

    (void)snprintf(text, sizeof(text), "%.*e", n - 1, value);
    out->n = 0;
    for (; *at != 'e'; at++) {
        if (*at >= '0' && *at <= '9') {
            out->digits[out->n++] = *at;
        }
    }
    out->digits[out->n] = '\0';
    out->exponent = (int)strtol(at + 1, NULL, 10);
    return strtod(text, NULL) == value;
}

/* Add one to the last digit; true when that reads back as @value. */
static bool step_up(double value, struct decimal *decimal)
{
    char text[40];
    int i = decimal->n - 1;

    while (i >= 0 && decimal->digits[i] == '9') {
        decimal->digits[i--] = '0';
    }
    if (i >= 0) {
        decimal->digits[i]++;
    } else {
        decimal->digits[0] = '1';
        decimal->exponent++;
    }
    /* Without a point: the exponent is that of the last digit. */
    (void)snprintf(text, sizeof(text), "%se%d", decimal->digits,
                   decimal->exponent - (decimal->n - 1));
    return strtod(text, NULL) == value;
}

static void print_shortest(double value, struct decimal *out)
{
    /* Subnormal numbers have fewer digits than 15 that count. */
    int n = value < 0x1p-1022 ? 1 : 15;
    int exponent;
    bool power_of_two = frexp(value, &exponent) == 0.5;

    /* The doubles above a power of two are farther away than those below: the decimal next above
     * may read back where the nearest, below, does not. 17 digits always do. */
    while (!round_to(value, n, out) && n < MAX_DIGITS) {
        if (power_of_two && step_up(value, out)) {
            break;
        }
        n++;
    }
    strip_zeros(out);
}

/* @decimal in JavaScript's notation (ECMA-262, Number::toString, steps 6 to 12). */
static size_t lay_out(const struct decimal *decimal, char *out, size_t size)
{
    const char *digits = decimal->digits;
    int point = decimal->exponent + 1; /* digits in front of the point */
    int n = decimal->n;

    if (n <= point && point <= 21) {
        return (size_t)snprintf(out, size, "%s%.*s", digits, point - n, "00000000000000000000");
    }
    if (point > 0 && point <= 21) {
        return (size_t)snprintf(out, size, "%.*s.%s", point, digits, digits + point);
    }
    if (point > -6 && point <= 0) {
        return (size_t)snprintf(out, size, "0.%.*s%s", -point, "000000", digits);
    }
    return (size_t)snprintf(out, size, "%c%s%se%+d", digits[0], n > 1 ? "." : "", digits + 1,
                            decimal->exponent);
}

size_t weh_json_print_double(double value, char out[32])
{
    struct decimal decimal;
    size_t sign = value < 0 ? 1 : 0;

    weh_assert(isfinite(value));
    if (value == 0) {
        /* Also minus zero. */
        out[0] = '0';
        out[1] = '\0';
        return 1;
    }
    out[0] = '-';
    value = fabs(value);
    if (!print_short(value, &decimal)) {
        print_shortest(value, &decimal);
    }
    return sign + lay_out(&decimal, out + sign, 32 - sign);
}

size_t weh_json_print_stored(double value, char out[WEH_JSON_NUMBER_SIZE])
{
    size_t n = weh_json_print_double(value, out);
    char *plus = memchr(out, '+', n);

    if (plus != NULL) {
        memmove(plus, plus + 1, n - (size_t)(plus - out));
        return n - 1;
    }
    if (memchr(out, '.', n) == NULL && memchr(out, 'e', n) == NULL) {
        memcpy(out + n, ".0", 3);
        return n + 2;
    }
    return n;
}
