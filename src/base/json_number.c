/* src/base/json_number.c - doubles as JavaScript prints them.
 *
 * ECMA-262, Number::toString: the fewest digits that read back as the same double and, of those, the
 * ones nearest to it; then plain notation from 1e-6 to below 1e21, exponents outside. It does not
 * print NaN and infinities.
 */
#include <math.h>
#include <string.h>

#include "weh/json.h"

#include "shortest.h"

static char *put(char *at, const char *bytes, int n)
{
    memcpy(at, bytes, (size_t)n);
    return at + n;
}

static char *put_zeros(char *at, int n)
{
    memset(at, '0', (size_t)n);
    return at + n;
}

/* "e-7", "e+21"; three digits at the most. */
static char *put_exponent(char *at, int exponent)
{
    int rest = exponent < 0 ? -exponent : exponent;

    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    for (int unit = rest >= 100 ? 100 : rest >= 10 ? 10 : 1; unit > 0; unit /= 10) {
        *at++ = (char)('0' + rest / unit % 10);
    }
    return at;
}

/* @decimal in JavaScript's notation (ECMA-262, Number::toString, steps 6 to 12). */
static char *lay_out(const struct shortest *decimal, char *at)
{
    const char *digits = decimal->digits;
    const int point = decimal->exponent + 1; /* digits in front of the point */
    const int n = decimal->n;

    if (n <= point && point <= 21) {
        return put_zeros(put(at, digits, n), point - n);
    }
    if (point > 0 && point <= 21) {
        at = put(at, digits, point);
        *at++ = '.';
        return put(at, digits + point, n - point);
    }
    if (point > -6 && point <= 0) {
        return put(put_zeros(put(at, "0.", 2), -point), digits, n);
    }
    *at++ = digits[0];
    if (n > 1) {
        *at++ = '.';
        at = put(at, digits + 1, n - 1);
    }
    return put_exponent(at, decimal->exponent);
}

size_t weh_json_print_double(double value, char out[32])
{
    struct shortest decimal;
    char *at = out;

    weh_assert(isfinite(value));
    if (value == 0) {
        *at++ = '0'; /* also minus zero */
    } else {
        if (value < 0) {
            *at++ = '-';
        }
        shortest_print(fabs(value), &decimal);
        at = lay_out(&decimal, at);
    }
    *at = '\0';
    return (size_t)(at - out);
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
