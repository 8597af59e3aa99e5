/* src/ec/base64.c - base64 text as it stands in array columns and in JSON values.
 *
 * RFC 4648 section 4; padding may be absent, as the native library takes it. Nothing else is
 * forgiven: a byte lost without a word would be a value changed.
 */
#include "value_priv.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t ec_base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

void ec_base64_encode(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i += 3) {
        unsigned group = (unsigned)bytes[i] << 16;

        group |= i + 1 < n ? (unsigned)bytes[i + 1] << 8 : 0u;
        group |= i + 2 < n ? (unsigned)bytes[i + 2] : 0u;
        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = '=';
        *out++ = '=';
        if (i + 1 < n) {
            out[-2] = alphabet[group >> 6 & 63];
        }
        if (i + 2 < n) {
            out[-1] = alphabet[group & 63];
        }
    }
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : (c == '/' ? 63 : -1);
}

bool ec_base64_decode(struct weh_str text, uint8_t *out, size_t *n)
{
    unsigned group = 0;
    size_t n_out = 0;
    size_t whole = text.len;

    /* Padding fills the last group of four; it takes the place of one or two digits. */
    while (whole % 4 == 0 && whole - text.len < 2 && text.len > 0 &&
           text.ptr[text.len - 1] == '=') {
        text.len--;
    }
    if (text.len % 4 == 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int digit = digit_value(text.ptr[i]);

        if (digit < 0) {
            return false;
        }
        group = (group << 6 | (unsigned)digit) & 0xffffff;
        if (i % 4 != 0) {
            out[n_out++] = (uint8_t)(group >> (6 - 2 * (i % 4)) & 0xff);
        }
    }
    *n = n_out;
    return true;
}
