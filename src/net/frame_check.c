/* src/net/frame_check.c - the frames of RFC 6455 section 5.2, one after another.
 *
 * Order and continuation of fragments are libwebsockets' business, which checks them.
 */
#include "frame_check.h"

#include <string.h>

#include "weh/str.h"

#define OPCODE_CONTROL 0x08
#define OPCODE_CLOSE   0x08
#define OPCODE_PING    0x09

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

static uint8_t opcode_of(const struct weh_frame_check *check)
{
    return check->header[0] & 0x0f;
}

bool weh_frame_check_is_control(const struct weh_frame_check *check)
{
    return (check->header[0] & OPCODE_CONTROL) != 0;
}

bool weh_frame_check_has_ping(const struct weh_frame_check *check)
{
    bool is_under_way = check->n_header != 0 || check->skip_bytes != 0;

    return check->n_pings != 0 && !check->is_closed &&
           !(is_under_way && opcode_of(check) == OPCODE_PING);
}

static bool is_kept(const struct weh_frame_check *check)
{
    return opcode_of(check) == OPCODE_PING || opcode_of(check) == OPCODE_CLOSE;
}

/* All of a frame is in. */
static enum weh_frame_fault end_frame(struct weh_frame_check *check)
{
    if (opcode_of(check) == OPCODE_PING) {
        check->n_pings++;
    } else if (opcode_of(check) == OPCODE_CLOSE) {
        check->is_closed = true;
        if (check->n_control > 2 &&
            !weh_str_is_utf8((struct weh_str){ (const char *)check->control + 2,
                                               (size_t)check->n_control - 2 })) {
            return WEH_FRAME_BAD_REASON;
        }
    }
    return WEH_FRAME_FINE;
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
    if (!weh_frame_check_is_control(check)) {
        check->n_data_frames++;
    } else if (is_kept(check)) {
        check->n_control = 0;
    }
    if (length >> 63 != 0) {
        return WEH_FRAME_MALFORMED;
    }
    return length == 0 ? end_frame(check) : WEH_FRAME_FINE;
}

/* Pass over @n bytes of payload, no more than there are. A control frame has its mask right behind
 * the two bytes that begin it. */
static enum weh_frame_fault take_payload(struct weh_frame_check *check, const uint8_t *bytes,
                                         size_t n)
{
    if (is_kept(check)) {
        for (size_t i = 0; i < n; i++) {
            check->control[check->n_control] = bytes[i] ^ check->header[2 + check->n_control % 4];
            check->n_control++;
        }
    }
    check->skip_bytes -= n;
    return check->skip_bytes == 0 ? end_frame(check) : WEH_FRAME_FINE;
}

size_t weh_frame_check_feed(struct weh_frame_check *check, const uint8_t *bytes, size_t n)
{
    size_t at = 0;

    while (at < n && check->fault == WEH_FRAME_FINE && !check->is_closed) {
        if (check->skip_bytes != 0) {
            size_t step = check->skip_bytes < n - at ? (size_t)check->skip_bytes : n - at;

            check->fault = take_payload(check, bytes + at, step);
            at += step;
            continue;
        }
        check->header[check->n_header++] = bytes[at++];
        if (check->n_header == 2) {
            check->fault = check_start(check->header);
        } else if (check->n_header > 2 && check->n_header == header_size(check->header)) {
            check->fault = take_header(check);
        }
    }
    return at;
}
