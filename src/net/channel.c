/* src/net/channel.c - one connection: made, its frames out, one end. What it reads is in receive.c.
 *
 * States move in one place (move). The session knows the connection only as its weh_channel, whose
 * two calls come from any thread and go through the inbox.
 */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "weh/alloc.h"

#include "net_priv.h"
#include "rx_tap.h"

WEH_STATIC_ASSERT(WEH_FRAME_HEADROOM >= LWS_PRE, "lws_write puts the header in front of a frame");

#define IN(state) (1u << (unsigned)WEH_CONN_##state)

/* Turns of the send loop before the other connections get theirs. */
#define WRITES_A_TURN 64

#define CLOCKS_DIFFER_MS 500

enum pump_result {
    PUMP_IDLE,
    PUMP_BLOCKED,
    PUMP_CLOSE,
    PUMP_BROKEN
};

static void move(struct weh_conn *conn, enum weh_conn_state next)
{
    static const unsigned allowed[] = {
        [WEH_CONN_HANDSHAKE] = IN(OPEN) | IN(GONE),
        [WEH_CONN_OPEN] = IN(DRAINING) | IN(GONE),
        [WEH_CONN_DRAINING] = IN(GONE),
        [WEH_CONN_GONE] = 0,
    };

    weh_assert((allowed[conn->state] & 1u << (unsigned)next) != 0);
    if (next == WEH_CONN_OPEN) {
        conn->net->n_sessions++;
    } else if (next == WEH_CONN_GONE && conn->state != WEH_CONN_HANDSHAKE) {
        conn->net->n_sessions--;
    }
    conn->state = next;
}

/* Rule: only the loop's thread may call libwebsockets. Other threads leave a note in the inbox and
 * wake the loop, once for however many notes. */
void weh_inbox_post(struct weh_conn *conn)
{
    struct weh_net *net = conn->net;

    (void)pthread_mutex_lock(&net->inbox_lock);
    if (!conn->is_in_inbox) {
        conn->is_in_inbox = true;
        conn->next_in_inbox = net->inbox;
        net->inbox = conn;
    }
    (void)pthread_mutex_unlock(&net->inbox_lock);
    (void)uv_async_send(&net->async);
}

static void channel_wake(struct weh_channel *channel)
{
    weh_inbox_post(WEH_CONTAINER_OF(channel, struct weh_conn, channel));
}

static void channel_attached(struct weh_channel *channel, struct weh_session *session)
{
    WEH_CONTAINER_OF(channel, struct weh_conn, channel)->session = session;
}

/* What the session may want to send again. */
static void give_back(struct weh_conn *conn)
{
    if (conn->tx != NULL && conn->session != NULL) {
        weh_session_give_back(conn->session, conn->tx, conn->tx_sent);
        conn->tx = NULL;
        conn->tx_sent = 0;
    }
}

static void channel_detached(struct weh_channel *channel, enum weh_close_reason reason)
{
    struct weh_conn *conn = WEH_CONTAINER_OF(channel, struct weh_conn, channel);

    give_back(conn);
    conn->session = NULL;
    conn->gone_reason = reason;
    conn->is_closing = true;
    weh_inbox_post(conn);
}

/* Count @conn among those that come from @address; NULL: over the admin socket. */
static weh_err admit(struct weh_conn *conn, const struct weh_address *address)
{
    struct weh_admission *admission = &conn->net->admission;

    if (address == NULL) {
        weh_admin_count(conn->net, 1);
        return WEH_OK;
    }
    conn->address = *address;
    weh_admission_enter(admission, &conn->admitted, conn->alive_ms);
    if (!weh_address_is_here(address) &&
        weh_admission_place(admission, &conn->admitted, address) != WEH_OK) {
        weh_admission_leave(admission, &conn->admitted);
        return WEH_E_NOMEM;
    }
    return WEH_OK;
}

weh_err weh_conn_create(struct weh_net *net, int fd, const struct weh_address *address,
                        struct weh_conn **out)
{
    static const struct weh_channel_ops ops = { channel_wake, channel_attached, channel_detached };
    struct weh_conn *conn = weh_calloc(1, sizeof(*conn));

    if (conn == NULL) {
        return WEH_E_NOMEM;
    }
    conn->channel.ops = &ops;
    conn->net = net;
    conn->fd = fd;
    conn->state = WEH_CONN_HANDSHAKE;
    conn->gone_reason = WEH_CLOSE_SOCKET_LOST;
    conn->alive_ms = weh_net_now_ms(net);
    conn->deadline_ms = conn->alive_ms + (uint64_t)net->config->limits_handshake_s * 1000;
    conn->is_admin = address == NULL;
    if (weh_rx_tap_register(net, conn) != WEH_OK) {
        weh_free(conn);
        return WEH_E_NOMEM;
    }
    if (admit(conn, address) != WEH_OK) {
        weh_rx_tap_forget(net, conn);
        weh_free(conn);
        return WEH_E_NOMEM;
    }
    conn->next = net->conns;
    if (conn->next != NULL) {
        conn->next->prev = conn;
    }
    net->conns = conn;
    net->n_conns++;
    weh_metrics_add(net->metrics, WEH_METRIC_CONNECTIONS, 1);
    *out = conn;
    return WEH_OK;
}

void weh_conn_settle(struct weh_conn *conn)
{
    struct weh_net *net = conn->net;

    if (conn->state != WEH_CONN_GONE || conn->n_pins != 0 || conn->is_in_inbox) {
        return;
    }
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        net->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    net->n_conns--;
    weh_frame_destroy(conn->tx);
    weh_conn_drop_rx(conn);
    weh_identity_fini(&conn->identity);
    weh_free(conn);
    weh_net_check_drained(net);
}

/* Whom the log names: what a proxy says, where it is believed. */
static void print_peer(const struct weh_conn *conn, char *out, size_t size)
{
    if (!conn->is_forwarded ||
        inet_ntop(AF_INET6, &conn->address.in6, out, (socklen_t)size) == NULL) {
        (void)lws_get_peer_simple(conn->wsi, out, size);
    }
}

int weh_conn_established(struct weh_conn *conn)
{
    char peer[64] = "";
    struct weh_session_options options = {
        .host = conn->net->options.host,
        .channel = &conn->channel,
        .codec = conn->codec,
        .is_ipc = conn->is_ipc,
        .access = conn->identity.access,
        .grants = conn->identity.grants,
        .expires_ms = conn->identity.expires_ms,
        .user = conn->identity.user,
        .peer = peer,
        .label = conn->label,
        .activity = conn->activity,
    };

    print_peer(conn, peer, sizeof(peer));
    move(conn, WEH_CONN_OPEN);
    conn->alive_ms = weh_net_now_ms(conn->net);
    weh_admission_opened(&conn->net->admission, &conn->admitted);
    conn->check.is_websocket = true;
    conn->deadline_ms = 0;
    conn->first_message_ms =
        weh_net_now_ms(conn->net) + (uint64_t)conn->net->config->limits_first_message_s * 1000;
    if (weh_session_create(&options, &conn->session, NULL) != WEH_OK) {
        conn->session = NULL;
        conn->gone_reason = WEH_CLOSE_OVERLOAD;
        conn->is_closing = true;
        weh_inbox_post(conn);
    } else {
        weh_session_take_over(conn->session);
    }
    return 0;
}

void weh_conn_end(struct weh_conn *conn, enum weh_close_reason reason, uint64_t grace_ms)
{
    if (conn->state != WEH_CONN_OPEN) {
        return;
    }
    move(conn, WEH_CONN_DRAINING);
    conn->gone_reason = reason;
    conn->deadline_ms = weh_net_now_ms(conn->net) + grace_ms;
    weh_conn_drop_rx(conn);
    if (conn->session != NULL) {
        weh_session_end(conn->session, reason);
        (void)lws_callback_on_writable(conn->wsi);
    }
}

void weh_conn_kill(struct weh_conn *conn)
{
    if (conn->wsi != NULL) {
        conn->is_closing = true;
        lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
        /* On libuv, timers that are due at once wait for the next event: make one. */
        lws_cancel_service(conn->net->context);
    }
}

/* The length of the @i-th part of @frame. */
static size_t part_length(struct weh_frame *frame, uint32_t i)
{
    uint32_t length;

    weh_assert(i < frame->n_parts);
    memcpy(&length, weh_frame_payload(frame) + frame->len + i * sizeof(length), sizeof(length));
    return length;
}

/* Bytes of the payload that go as the first frame. */
static size_t head_length(struct weh_frame *frame)
{
    size_t length = frame->len;

    for (uint32_t i = 0; i < frame->n_parts; i++) {
        length -= part_length(frame, i);
    }
    return length;
}

static void begin_frame(struct weh_conn *conn, struct weh_frame *frame)
{
    conn->tx = frame;
    if (frame != NULL) {
        conn->tx_sent = 0;
        conn->tx_part = 0;
        conn->tx_frame_at = 0;
        conn->tx_frame_end = head_length(frame);
    }
}

/* A frame of conn->tx is written whole. */
static void next_part(struct weh_conn *conn)
{
    struct weh_frame *frame = conn->tx;

    if (conn->tx_part < frame->n_parts) {
        conn->tx_frame_at = conn->tx_frame_end;
        conn->tx_frame_end += part_length(frame, conn->tx_part);
        conn->tx_part++;
        return;
    }
    weh_session_frame_done(conn->session, frame);
    conn->tx = NULL;
    conn->tx_sent = 0;
}

/* Write the next fragment of conn->tx. */
static enum pump_result write_fragment(struct weh_conn *conn)
{
    struct weh_frame *frame = conn->tx;
    size_t left = conn->tx_frame_end - conn->tx_sent;
    size_t n = left < WEH_NET_FRAGMENT_BYTES ? left : WEH_NET_FRAGMENT_BYTES;
    int type = frame->is_text && conn->tx_part == 0 ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    int flags = lws_write_ws_flags(type, conn->tx_sent == conn->tx_frame_at, n == left);
    uint8_t *payload = weh_frame_payload(frame) + conn->tx_sent;
    uint8_t before[LWS_PRE];
    bool is_written = false;

    /* The header overwrites LWS_PRE bytes in front: headroom, or payload that has been sent, but may
     * be sent again to a client that resumes. */
    memcpy(before, payload - LWS_PRE, sizeof(before));
    is_written = lws_write(conn->wsi, payload, n, (enum lws_write_protocol)flags) >= (int)n;
    memcpy(payload - LWS_PRE, before, sizeof(before));
    if (!is_written) {
        return PUMP_BROKEN;
    }
    conn->tx_sent += n;
    weh_session_sent(conn->session, n);
    if (n == left) {
        next_part(conn);
    }
    return PUMP_IDLE;
}

/* With a reason prepared, libwebsockets is closing: by our wish or because of a fault that it found
 * itself. Nothing may follow a close frame (RFC 6455 5.5.1), and closing twice would lose it. */
static bool may_write(const struct weh_conn *conn)
{
    return conn->session != NULL && conn->wsi != NULL && !conn->is_closing &&
           lws_get_close_length(conn->wsi) == 0;
}

/* Send what there is while the kernel takes it. Several writes a turn are fine as long as
 * libwebsockets holds nothing back; without permessage-deflate (rule 1), that is. */
static enum pump_result pump(struct weh_conn *conn)
{
    enum weh_close_reason reason;
    unsigned n_writes = 0;

    for (; n_writes < WRITES_A_TURN; n_writes++) {
        if (lws_partial_buffered(conn->wsi) != 0) {
            break;
        }
        if (conn->tx == NULL) {
            begin_frame(conn, weh_session_next_frame(conn->session));
        }
        if (conn->tx == NULL) {
            break;
        }
        if (write_fragment(conn) == PUMP_BROKEN) {
            return PUMP_BROKEN;
        }
    }
    if (weh_session_wants_close(conn->session, &reason)) {
        if (conn->deadline_ms == 0) {
            /* A reader that has stopped (SLOW_READER) may never take what has been begun. */
            conn->deadline_ms = weh_net_now_ms(conn->net) + WEH_NET_CLOSE_GRACE_MS;
        }
        conn->gone_reason = reason;
        if (conn->tx == NULL && lws_partial_buffered(conn->wsi) == 0) {
            return PUMP_CLOSE;
        }
    }
    if (n_writes == WRITES_A_TURN || lws_partial_buffered(conn->wsi) != 0) {
        return PUMP_BLOCKED;
    }
    return PUMP_IDLE;
}

/* Close with a frame that says why.
 *
 * Not from inside a callback: with libuv, Debian's build of libwebsockets 4.1.6 closes a connection
 * twice when a callback returns -1, and the second time does not wait for the close frame to be
 * written. Killing it from outside, with a reason prepared, sends the frame and waits for the
 * answer. */
static void begin_close(struct weh_conn *conn)
{
    const struct weh_close_info *info = weh_close_info(conn->gone_reason);
    char text[WEH_CLOSE_TEXT_SIZE] = "";

    conn->is_closing = true;
    conn->deadline_ms = weh_net_now_ms(conn->net) + WEH_NET_CLOSE_GRACE_MS;
    if (conn->state == WEH_CONN_OPEN) {
        move(conn, WEH_CONN_DRAINING);
    }
    if (info->code == 1006) {
        weh_conn_kill(conn); /* never on the wire: RFC 6455 7.4.1 */
        return;
    }
    if (conn->session != NULL) {
        weh_session_close_text(conn->session, text, sizeof(text));
    }
    if (text[0] == '\0') {
        (void)snprintf(text, sizeof(text), "%s", info->text);
    }
    lws_close_reason(conn->wsi, (enum lws_close_status)info->code, (unsigned char *)text,
                     strlen(text));
    lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

/* RFC 6455 5.5.3: of pings that came faster than they could be answered, the last one is to be.
 * libwebsockets answers the first, before it calls back. */
static bool answer_last_ping(struct weh_conn *conn)
{
    struct weh_frame_check *check = &conn->check;
    uint8_t buffer[LWS_PRE + WEH_FRAME_CONTROL_BYTES];

    if (check->n_pings <= 1) {
        check->n_pings = 0;
        return true;
    }
    if (!weh_frame_check_has_ping(check)) {
        return true; /* the next is under way, and will be the last */
    }
    check->n_pings = 0;
    memcpy(buffer + LWS_PRE, check->control, check->n_control);
    return lws_write(conn->wsi, buffer + LWS_PRE, check->n_control, LWS_WRITE_PONG) >=
           (int)check->n_control;
}

int weh_conn_writable(struct weh_conn *conn)
{
    if (!may_write(conn)) {
        return 0;
    }
    if (!answer_last_ping(conn)) {
        conn->is_closing = true;
        return -1;
    }
    switch (pump(conn)) {
    case PUMP_CLOSE:
        weh_inbox_post(conn);
        break;
    case PUMP_BROKEN:
        conn->is_closing = true;
        return -1;
    case PUMP_BLOCKED:
        (void)lws_callback_on_writable(conn->wsi);
        break;
    case PUMP_IDLE:
        break;
    }
    return 0;
}

/* The session has something: send it now rather than after another turn of the loop. */
static void conn_woken(struct weh_conn *conn)
{
    if (conn->check.fault != WEH_FRAME_FINE) {
        weh_conn_end(conn,
                     conn->check.fault == WEH_FRAME_BAD_REASON ? WEH_CLOSE_BAD_UTF8
                                                               : WEH_CLOSE_PROTOCOL,
                     WEH_NET_CLOSE_GRACE_MS);
    }
    if (conn->state == WEH_CONN_OPEN && conn->session == NULL) {
        begin_close(conn); /* the host is full, or the session has gone to another connection */
        return;
    }
    if (!may_write(conn)) {
        return;
    }
    if (conn->check.n_pings != 0) {
        (void)lws_callback_on_writable(conn->wsi);
    }
    switch (pump(conn)) {
    case PUMP_CLOSE:
        begin_close(conn);
        break;
    case PUMP_BROKEN:
        weh_conn_kill(conn);
        break;
    case PUMP_BLOCKED:
        (void)lws_callback_on_writable(conn->wsi);
        break;
    case PUMP_IDLE:
        break;
    }
}

void weh_inbox_drain(struct weh_net *net)
{
    struct weh_conn *conn = NULL;

    (void)pthread_mutex_lock(&net->inbox_lock);
    conn = net->inbox;
    net->inbox = NULL;
    (void)pthread_mutex_unlock(&net->inbox_lock);

    while (conn != NULL) {
        struct weh_conn *next = NULL;

        (void)pthread_mutex_lock(&net->inbox_lock);
        next = conn->next_in_inbox;
        conn->is_in_inbox = false;
        (void)pthread_mutex_unlock(&net->inbox_lock);

        conn->n_pins++;
        conn_woken(conn);
        conn->n_pins--;
        weh_conn_settle(conn);
        conn = next;
    }
}

/* Why a socket went that nobody had told to go. */
static enum weh_close_reason guess_reason(const struct weh_conn *conn)
{
    /* libwebsockets' clock and the loop's are not read at the same moment. */
    uint64_t silence_ms = weh_net_now_ms(conn->net) - conn->alive_ms + CLOCKS_DIFFER_MS;

    if (conn->wsi != NULL && lws_get_close_length(conn->wsi) >= 2) {
        const unsigned char *payload = lws_get_close_payload(conn->wsi);
        unsigned code = (unsigned)payload[0] << 8 | payload[1];

        return code == LWS_CLOSE_STATUS_INVALID_PAYLOAD ? WEH_CLOSE_BAD_UTF8 : WEH_CLOSE_PROTOCOL;
    }
    if (silence_ms >= (uint64_t)conn->net->config->limits_ping_timeout_s * 1000) {
        return WEH_CLOSE_PING_TIMEOUT;
    }
    return WEH_CLOSE_SOCKET_LOST;
}

void weh_conn_gone(struct weh_conn *conn)
{
    struct weh_session *session = conn->session;

    if (conn->state == WEH_CONN_GONE) {
        return;
    }
    if (conn->state == WEH_CONN_OPEN && conn->gone_reason == WEH_CLOSE_SOCKET_LOST) {
        conn->gone_reason = guess_reason(conn);
    }
    move(conn, WEH_CONN_GONE);
    if (conn->is_admin) {
        weh_admin_count(conn->net, -1);
    }
    weh_admission_leave(&conn->net->admission, &conn->admitted);
    weh_rx_tap_forget(conn->net, conn);
    if (conn->wsi != NULL) {
        /* More callbacks follow, and @conn may be freed before them. */
        lws_set_opaque_user_data(conn->wsi, NULL);
    }
    conn->wsi = NULL;
    give_back(conn);
    conn->session = NULL;
    conn->deadline_ms = 0;
    if (session != NULL) {
        weh_session_channel_gone(session, conn->gone_reason);
    }
}
