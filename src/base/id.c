/* src/base/id.c - ids, GUIDs, random bytes. */
#include "weh/id.h"

#include <errno.h>
#include <string.h>

#include <sys/random.h>

static const char digits[] = "0123456789abcdef";

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool weh_id_parse(struct weh_str text, weh_id *out)
{
    weh_id id = 0;

    if (text.len < 3 || text.len > 18 || text.ptr[0] != '0' ||
        (text.ptr[1] != 'x' && text.ptr[1] != 'X')) {
        return false;
    }
    for (size_t i = 2; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);

        if (value < 0) {
            return false;
        }
        id = id << 4 | (weh_id)value;
    }
    if (id == 0) {
        return false;
    }
    *out = id;
    return true;
}

size_t weh_id_print(weh_id id, char out[WEH_ID_TEXT_SIZE])
{
    size_t n = 1;

    out[0] = '0';
    if (id != 0) {
        /* "0x" and a digit for each begun four bits, from the last one on. */
        n = 2 + (size_t)(67 - __builtin_clzll(id)) / 4;
        out[1] = 'x';
        for (size_t at = n; at > 2; id >>= 4) {
            out[--at] = digits[id & 0xf];
        }
    }
    out[n] = '\0';
    return n;
}

static bool hyphen_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/* One byte from two digits. */
static bool parse_byte(const char *text, uint8_t *out)
{
    int high = digit_value(text[0]);
    int low = digit_value(text[1]);

    if (high < 0 || low < 0) {
        return false;
    }
    *out = (uint8_t)(high << 4 | low);
    return true;
}

bool weh_guid_parse(struct weh_str text, struct weh_guid *out)
{
    struct weh_guid guid;
    size_t at = 0;

    if (text.len != WEH_GUID_TEXT_SIZE - 1) {
        return false;
    }
    for (size_t n = 0; n < sizeof(guid.bytes); n++) {
        if (hyphen_at(at) && text.ptr[at++] != '-') {
            return false;
        }
        if (!parse_byte(text.ptr + at, &guid.bytes[n])) {
            return false;
        }
        at += 2;
    }
    *out = guid;
    return true;
}

void weh_guid_print(const struct weh_guid *guid, char out[WEH_GUID_TEXT_SIZE])
{
    size_t at = 0;

    for (size_t i = 0; i < sizeof(guid->bytes); i++) {
        if (hyphen_at(at)) {
            out[at++] = '-';
        }
        out[at++] = digits[guid->bytes[i] >> 4];
        out[at++] = digits[guid->bytes[i] & 0xf];
    }
    out[at] = '\0';
}

bool weh_guid_is_nil(const struct weh_guid *guid)
{
    static const struct weh_guid nil;

    return memcmp(guid, &nil, sizeof(nil)) == 0;
}

weh_err weh_guid_create(struct weh_guid *out, struct weh_diag *diag)
{
    weh_err err = weh_random(out->bytes, sizeof(out->bytes), diag);

    if (err == WEH_OK) {
        /* RFC 9562 section 5.4: version 4, variant 10. */
        out->bytes[6] = (uint8_t)((out->bytes[6] & 0x0f) | 0x40);
        out->bytes[8] = (uint8_t)((out->bytes[8] & 0x3f) | 0x80);
    }
    return err;
}

weh_err weh_random(void *out, size_t n, struct weh_diag *diag)
{
    uint8_t *at = out;

    while (n > 0) {
        ssize_t got = getrandom(at, n, 0);

        if (got < 0 && errno != EINTR) {
            return weh_fail(diag, WEH_E_INTERNAL, "no random bytes");
        }
        if (got > 0) {
            at += got;
            n -= (size_t)got;
        }
    }
    return WEH_OK;
}

void weh_hex_print(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    out[2 * n] = '\0';
}
