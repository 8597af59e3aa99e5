/* src/net/frame_check.h - follows the frames of one client: headers, pings and the close frame.
 *
 * RFC 6455 5.1: a server must fail a connection that sends an unmasked frame. libwebsockets before
 * 5.0 accepts such frames and its API does not tell, so the raw bytes are looked at on their way in.
 * Of payload only that of the last ping or close is kept: libwebsockets answers the first of several
 * pings where 5.5.3 wants the last, and closes without a word on a reason that is no UTF-8.
 */
#ifndef WEH_FRAME_CHECK_H
#define WEH_FRAME_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEH_FRAME_CONTROL_BYTES 125 /* at most: RFC 6455 5.5 */

/** MALFORMED: what libwebsockets refuses too. UNMASKED: what it would take. BAD_REASON: a close frame
 * whose reason is no UTF-8. */
enum weh_frame_fault {
    WEH_FRAME_FINE,
    WEH_FRAME_MALFORMED,
    WEH_FRAME_UNMASKED,
    WEH_FRAME_BAD_REASON
};

struct weh_frame_check {
    uint64_t skip_bytes;    /* of payload still to come */
    uint64_t n_data_frames; /* headers of data frames that were in order */
    uint8_t header[14];
    uint8_t n_header;
    uint8_t control[WEH_FRAME_CONTROL_BYTES]; /* payload of the last ping or close, unmasked */
    uint8_t n_control;
    uint8_t tail[4]; /* the last bytes read before is_websocket */
    bool is_websocket;
    bool is_closed;   /* a close frame has come: what follows is no frame of this connection */
    uint32_t n_pings; /* that came whole since the caller set it to 0 */
    enum weh_frame_fault fault; /* the first one ends the following */
};

/** While the connection speaks HTTP: remember how what was read ends. */
void weh_frame_check_http(struct weh_frame_check *check, const uint8_t *bytes, size_t n);

/** True when the last read ended with the end of a request's header: nothing stands behind it. */
bool weh_frame_check_at_header_end(const struct weh_frame_check *check);

/** Follow @n bytes of frames. Malformed: reserved bits or opcode, a long or fragmented control frame,
 * a length of 2^63 or more (RFC 6455 5.2, 5.5). Returns how many bytes were looked at: less than @n
 * when the last of them ends a close frame or tells check->fault. */
size_t weh_frame_check_feed(struct weh_frame_check *check, const uint8_t *bytes, size_t n);

/** True when the frame whose header was looked at last is a control frame. */
bool weh_frame_check_is_control(const struct weh_frame_check *check);

/** True when the last ping has come whole: check->control holds its payload. */
bool weh_frame_check_has_ping(const struct weh_frame_check *check);

#endif
