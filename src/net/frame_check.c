/* src/net/frame_check.c - the headers of RFC 6455 section 5.2, one after another.
 *
 * Order and continuation of fragments are libwebsockets' business, which checks them.
 */
#include "frame_check.h"

#include <string.h>

#define OPCODE_CONTROL 0x08

void weh_frame_check_http(struct weh_frame_check *check, const uint8_t *bytes, size_t n)
{
    if (n >= sizeof(check->tail)) {
        memcpy(check->tail, bytes + n - sizeof(check->tail), sizeof(check->tail));
        return;
    }
    memmove(check->tail, check->tail + n, sizeof(check->tail) - n);
    memcpy(check->tail + sizeof(check->tail) - n, bytes, n);
}

bool weh_frame_check_at_header_end(const struct weh_frame_check *check)
{
    return memcmp(check->tail, "\r\n\r\n", sizeof(check->tail)) == 0;
}

/* The first two bytes tell everything but the length. */
static enum weh_frame_fault check_start(const uint8_t header[2])
{
    uint8_t opcode = header[0] & 0x0f;
    bool is_final = (header[0] & 0x80) != 0;
    bool is_control = (opcode & OPCODE_CONTROL) != 0;
    uint8_t short_length = header[1] & 0x7f;

    if ((header[0] & 0x70) != 0 || opcode > 0x0a || (opcode > 0x02 && !is_control)) {
        return WEH_FRAME_MALFORMED;
    }
    if (is_control && (!is_final || short_length > 125)) {
        return WEH_FRAME_MALFORMED;
    }
    return (header[1] & 0x80) == 0 ? WEH_FRAME_UNMASKED : WEH_FRAME_FINE;
}

static uint8_t header_size(const uint8_t header[2])
{
    uint8_t short_length = header[1] & 0x7f;

    if (short_length == 126) {
        return 2 + 2 + 4;
    }
    return short_length == 127 ? 2 + 8 + 4 : 2 + 4;
}

static enum weh_frame_fault take_header(struct weh_frame_check *check)
{
    uint64_t length = check->header[1] & 0x7f;
    size_t n_length = length == 126 ? 2 : length == 127 ? 8 : 0;

    if (n_length != 0) {
        length = 0;
        for (size_t i = 0; i < n_length; i++) {
            length = length << 8 | check->header[2 + i];
        }
    }
    check->n_header = 0;
    check->skip_bytes = length;
    if ((check->header[0] & OPCODE_CONTROL) == 0) {
        check->n_data_frames++;
    }
    return length >> 63 == 0 ? WEH_FRAME_FINE : WEH_FRAME_MALFORMED;
}

enum weh_frame_fault weh_frame_check_feed(struct weh_frame_check *check, const uint8_t *bytes,
                                          size_t n)
{
    size_t at = 0;

    while (at < n && check->fault == WEH_FRAME_FINE) {
        if (check->skip_bytes != 0) {
            uint64_t left = n - at;
            uint64_t step = check->skip_bytes < left ? check->skip_bytes : left;

            check->skip_bytes -= step;
            at += (size_t)step;
            continue;
        }
        check->header[check->n_header++] = bytes[at++];
        if (check->n_header == 2) {
            check->fault = check_start(check->header);
        } else if (check->n_header > 2 && check->n_header == header_size(check->header)) {
            check->fault = take_header(check);
        }
    }
    return check->fault;
}
