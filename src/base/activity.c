/* src/base/activity.c - checks the names that clients give to what they do. */
#include "weh/activity.h"

#include <string.h>

#define TRACEPARENT_BYTES 55 /* of version 00: 2, 32, 16 and 2 digits and three dashes */

bool weh_activity_is_valid(struct weh_str text)
{
    if (text.len == 0 || text.len >= WEH_ACTIVITY_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

/* @n lower-case hexadecimal digits; not all zero when @not_zero. */
static bool is_hex(const char *digits, size_t n, bool not_zero)
{
    bool is_zero = true;

    for (size_t i = 0; i < n; i++) {
        if ((digits[i] < '0' || digits[i] > '9') && (digits[i] < 'a' || digits[i] > 'f')) {
            return false;
        }
        is_zero = is_zero && digits[i] == '0';
    }
    return !(is_zero && not_zero);
}

bool weh_traceparent_read(struct weh_str text, char out[WEH_TRACE_SIZE])
{
    const char *at = text.ptr;
    bool is_first_version;

    out[0] = '\0';
    if (text.len < TRACEPARENT_BYTES || at[2] != '-' || at[35] != '-' || at[52] != '-' ||
        !is_hex(at, 2, false) || memcmp(at, "ff", 2) == 0 || !is_hex(at + 3, 32, true) ||
        !is_hex(at + 36, 16, true) || !is_hex(at + 53, 2, false)) {
        return false;
    }
    is_first_version = memcmp(at, "00", 2) == 0;
    if (text.len > TRACEPARENT_BYTES && (is_first_version || at[TRACEPARENT_BYTES] != '-')) {
        return false;
    }
    memcpy(out, at + 3, WEH_TRACE_SIZE - 1);
    out[WEH_TRACE_SIZE - 1] = '\0';
    return true;
}
