/* src/base/str.c - views of text: compare, split, check. */
#include "weh/str.h"

#include <stdint.h>

#include "weh/alloc.h"

static char lower(char c)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

    if (c < 'A' || c > 'Z') {
        return c;
    }
    return letters[c - 'A'];
}

bool weh_str_eq_nocase(struct weh_str a, struct weh_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

struct weh_str weh_str_split(struct weh_str str, char separator, struct weh_str *head)
{
    const char *at = str.len == 0 ? NULL : memchr(str.ptr, separator, str.len);

    if (at == NULL) {
        *head = str;
        return (struct weh_str){ NULL, 0 };
    }
    *head = (struct weh_str){ str.ptr, (size_t)(at - str.ptr) };
    return (struct weh_str){ at + 1, str.len - head->len - 1 };
}

/* Length of the UTF-8 sequence that begins with @lead, 0 when nothing may begin so. */
static size_t sequence_length(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        return 2;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        return 3;
    }
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* The second byte carries the limits: no overlong forms, no surrogates, nothing above U+10FFFF
 * (RFC 3629 section 4). */
static bool second_byte_fits(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0:
        return second >= 0xa0 && second <= 0xbf;
    case 0xed:
        return second >= 0x80 && second <= 0x9f;
    case 0xf0:
        return second >= 0x90 && second <= 0xbf;
    case 0xf4:
        return second >= 0x80 && second <= 0x8f;
    default:
        return second >= 0x80 && second <= 0xbf;
    }
}

/* Length of the well-formed sequence at @bytes, of which @left are there; 0 when there is none. */
static size_t whole_sequence(const uint8_t *bytes, size_t left)
{
    size_t n = sequence_length(bytes[0]);

    if (n > left || (n > 1 && !second_byte_fits(bytes[0], bytes[1]))) {
        return 0;
    }
    for (size_t k = 2; k < n; k++) {
        if ((bytes[k] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

bool weh_str_is_utf8(struct weh_str str)
{
    const uint8_t *bytes = (const uint8_t *)str.ptr;

    for (size_t i = 0; i < str.len;) {
        size_t n = whole_sequence(bytes + i, str.len - i);

        if (n == 0) {
            return false;
        }
        i += n;
    }
    return true;
}

char *weh_strndup(const char *text, size_t len)
{
    char *copy = weh_malloc(len + 1);

    if (copy != NULL) {
        if (len > 0) {
            memcpy(copy, text, len);
        }
        copy[len] = '\0';
    }
    return copy;
}
