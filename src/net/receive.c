/* src/net/receive.c - what one connection reads: messages put together, broken frames, the peer's close.
 *
 * Called by libwebsockets on the service thread. The frames were looked at before, by rx_tap.c.
 */
#include <string.h>

#include "weh/alloc.h"

#include "net_priv.h"

#define FIRST_RX_BYTES 4096

void weh_conn_violated(struct weh_conn *conn)
{
    /* Inside a read of libwebsockets. What it will find itself it closes itself, but not always
     * with a frame, unless a reason is prepared. */
    if (conn->check.fault == WEH_FRAME_BAD_REASON) {
        lws_close_reason(conn->wsi, LWS_CLOSE_STATUS_INVALID_PAYLOAD, NULL, 0);
    } else if (conn->check.fault == WEH_FRAME_MALFORMED ||
               weh_frame_check_is_control(&conn->check)) {
        lws_close_reason(conn->wsi, LWS_CLOSE_STATUS_PROTOCOL_ERR, NULL, 0);
    }
    /* Act when the read is over. What was in order before is delivered. */
    weh_inbox_post(conn);
}

/* Room for @extra more bytes, for a message that will be @expected bytes long or longer. What the
 * peer has announced is not taken for what it sends: memory grows with what has arrived. */
bool weh_rx_reserve(struct weh_conn *conn, size_t extra, size_t expected)
{
    size_t needed = conn->rx_len + extra;
    size_t capacity = conn->rx_capacity < FIRST_RX_BYTES ? FIRST_RX_BYTES : conn->rx_capacity;
    uint8_t *grown = NULL;

    if (needed <= conn->rx_capacity) {
        return true;
    }
    if (expected == needed) {
        capacity = needed == 0 ? 1 : needed;
    }
    while (capacity < needed) {
        capacity *= 2;
    }
    grown = weh_realloc(conn->rx, capacity);
    if (grown == NULL) {
        return false;
    }
    conn->rx = grown;
    conn->rx_capacity = capacity;
    return true;
}

void weh_conn_drop_rx(struct weh_conn *conn)
{
    weh_free(conn->rx);
    weh_free(conn->ipc.lengths);
    conn->rx = NULL;
    conn->rx_len = 0;
    conn->rx_capacity = 0;
    conn->ipc.lengths = NULL;
    conn->ipc.n_due = 0;
    conn->ipc.n_done = 0;
    conn->ipc.frame_at = 0;
}

static void deliver(struct weh_conn *conn)
{
    uint8_t *bytes = conn->rx;
    size_t len = conn->rx_len;

    if (conn->rx_capacity - len > len / 4 + FIRST_RX_BYTES) {
        /* The session counts messages by their length: let the memory agree. */
        uint8_t *smaller = weh_realloc(bytes, len == 0 ? 1 : len);

        bytes = smaller == NULL ? bytes : smaller;
    }
    conn->rx = NULL;
    weh_conn_drop_rx(conn);
    conn->first_message_ms = 0;
    weh_session_receive(conn->session, bytes, len);
}

/* A frame that arrives whole counts when it has; the tap counted its header before. */
static bool is_after_violation(const struct weh_conn *conn)
{
    return conn->check.fault != WEH_FRAME_FINE && conn->n_frames_done >= conn->check.n_data_frames;
}

static bool is_frame_expected(struct weh_conn *conn, bool is_text)
{
    const bool is_ipc = conn->codec == WEH_CODEC_IPC;
    const bool is_fine =
        is_ipc ? weh_ipc_expects(conn, is_text) : is_text == (conn->codec == WEH_CODEC_JSON);

    if (!is_fine) {
        weh_conn_end(conn, is_ipc ? WEH_CLOSE_IPC_MESSAGE : WEH_CLOSE_FRAME_TYPE,
                     WEH_NET_CLOSE_GRACE_MS);
    }
    return is_fine;
}

static void frame_done(struct weh_conn *conn)
{
    bool is_whole = true;
    weh_err err = conn->codec == WEH_CODEC_IPC ? weh_ipc_frame_done(conn, &is_whole) : WEH_OK;

    if (err != WEH_OK) {
        weh_conn_end(conn, err == WEH_E_PARSE ? WEH_CLOSE_IPC_MESSAGE : WEH_CLOSE_FAULT,
                     WEH_NET_CLOSE_GRACE_MS);
    } else if (is_whole) {
        deliver(conn);
    }
}

int weh_conn_receive(struct weh_conn *conn, const uint8_t *bytes, size_t len)
{
    uint64_t limit = (uint64_t)conn->net->config->limits_message_bytes;
    uint64_t frame_rest = lws_remaining_packet_payload(conn->wsi);
    bool is_text = lws_frame_is_binary(conn->wsi) == 0;

    if (conn->state != WEH_CONN_OPEN || conn->is_closing || is_after_violation(conn)) {
        return 0;
    }
    if (frame_rest == 0) {
        conn->n_frames_done++;
    }
    if (!is_frame_expected(conn, is_text)) {
        return 0;
    }
    /* Before a byte of it is kept. No sum of peer's numbers: each is compared with what is left. */
    if (len > limit - conn->rx_len || frame_rest > limit - conn->rx_len - len) {
        weh_metrics_add(conn->net->metrics, WEH_METRIC_LIMIT_MESSAGE_BYTES, 1);
        weh_conn_end(conn, WEH_CLOSE_MESSAGE_SIZE, WEH_NET_CLOSE_GRACE_MS);
        return 0;
    }
    if (!weh_rx_reserve(conn, len, conn->rx_len + len + (size_t)frame_rest)) {
        weh_conn_end(conn, WEH_CLOSE_FAULT, WEH_NET_CLOSE_GRACE_MS);
        return 0;
    }
    if (len != 0) {
        memcpy(conn->rx + conn->rx_len, bytes, len);
        conn->rx_len += len;
    }
    if (lws_is_final_fragment(conn->wsi) != 0) {
        frame_done(conn);
    }
    return 0;
}

int weh_conn_peer_closes(struct weh_conn *conn, const uint8_t *bytes, size_t len)
{
    unsigned code = len >= 2 ? (unsigned)bytes[0] << 8 | bytes[1] : 1005;

    conn->is_closing = true;
    if (conn->state == WEH_CONN_OPEN) {
        /* 1001: a browser leaves the page, and may come back. */
        conn->gone_reason = code == 1001 ? WEH_CLOSE_CLIENT_AWAY : WEH_CLOSE_CLIENT_CLOSED;
    }
    /* RFC 6455 5.5.1 and 7.4.2: libwebsockets echoes these two. */
    if (len == 1 || code >= 5000) {
        lws_close_reason(conn->wsi, LWS_CLOSE_STATUS_PROTOCOL_ERR, NULL, 0);
        conn->gone_reason = WEH_CLOSE_PROTOCOL;
        return -1;
    }
    if (conn->check.fault == WEH_FRAME_BAD_REASON) {
        lws_close_reason(conn->wsi, LWS_CLOSE_STATUS_INVALID_PAYLOAD, NULL, 0);
        conn->gone_reason = WEH_CLOSE_BAD_UTF8;
        return -1;
    }
    return 0;
}
