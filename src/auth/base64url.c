/* src/auth/base64url.c - three bytes are four digits. */
#include "base64url.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void weh_base64url_encode(const uint8_t *bytes, size_t n, struct weh_buf *out)
{
    for (size_t at = 0; at < n; at += 3) {
        size_t group = n - at < 3 ? n - at : 3;
        uint32_t bits = (uint32_t)bytes[at] << 16;

        bits |= group > 1 ? (uint32_t)bytes[at + 1] << 8 : 0;
        bits |= group > 2 ? bytes[at + 2] : 0;
        for (size_t i = 0; i <= group; i++) {
            weh_buf_byte(out, (uint8_t)digits[bits >> (18 - 6 * i) & 0x3f]);
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
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool weh_base64url_decode(struct weh_str text, uint8_t *out, size_t size, size_t *n)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;

    *n = 0;
    if (text.len % 4 == 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);

        if (value < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        n_bits += 6;
        if (n_bits < 8) {
            continue;
        }
        if (*n == size) {
            return false;
        }
        n_bits -= 8;
        out[(*n)++] = (uint8_t)(bits >> n_bits & 0xff);
    }
    return (bits & ((1u << n_bits) - 1)) == 0;
}
