/* src/net/frame_check.h - follows the frame headers of one client, and nothing else.
 *
 * RFC 6455 5.1: a server must fail a connection that sends an unmasked frame. libwebsockets before
 * 5.0 accepts such frames and its API does not tell, so the raw bytes are looked at on their way in.
 * No payload is kept; one pass over the headers.
 */
#ifndef WEH_FRAME_CHECK_H
#define WEH_FRAME_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weh_frame_check {
    uint64_t skip_bytes;    /* of payload still to come */
    uint64_t n_data_frames; /* headers of data frames that were in order */
    uint8_t header[14];
    uint8_t n_header;
    uint8_t tail[4]; /* the last bytes read before is_websocket */
    bool is_websocket;
    bool is_bad;
};

/** While the connection speaks HTTP: remember how what was read ends. */
void weh_frame_check_http(struct weh_frame_check *check, const uint8_t *bytes, size_t n);

/** True when the last read ended with the end of a request's header: nothing stands behind it. */
bool weh_frame_check_at_header_end(const struct weh_frame_check *check);

/** Follow @n bytes of frames. False when a header breaks RFC 6455 5.2 or 5.5 (then and ever after):
 * no mask, reserved bits, reserved opcode, a long or fragmented control frame, a length over 2^63. */
bool weh_frame_check_feed(struct weh_frame_check *check, const uint8_t *bytes, size_t n);

#endif
