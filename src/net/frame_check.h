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

/** MALFORMED: what libwebsockets refuses too. UNMASKED: what it would take. */
enum weh_frame_fault {
    WEH_FRAME_FINE,
    WEH_FRAME_MALFORMED,
    WEH_FRAME_UNMASKED
};

struct weh_frame_check {
    uint64_t skip_bytes;    /* of payload still to come */
    uint64_t n_data_frames; /* headers of data frames that were in order */
    uint8_t header[14];
    uint8_t n_header;
    uint8_t tail[4]; /* the last bytes read before is_websocket */
    bool is_websocket;
    enum weh_frame_fault fault; /* the first one ends the following */
};

/** While the connection speaks HTTP: remember how what was read ends. */
void weh_frame_check_http(struct weh_frame_check *check, const uint8_t *bytes, size_t n);

/** True when the last read ended with the end of a request's header: nothing stands behind it. */
bool weh_frame_check_at_header_end(const struct weh_frame_check *check);

/** Follow @n bytes of frames. Malformed: reserved bits or opcode, a long or fragmented control frame,
 * a length of 2^63 or more (RFC 6455 5.2, 5.5). Returns check->fault. */
enum weh_frame_fault weh_frame_check_feed(struct weh_frame_check *check, const uint8_t *bytes,
                                          size_t n);

#endif
