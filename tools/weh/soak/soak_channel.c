/* tools/weh/soak/soak_channel.c - one WebSocket connection that never waits, and breaks when told to. */
#include "soak_channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#define READ_BYTES   65536
#define HEADER_MAX   16384
#define MESSAGE_MAX  ((uint64_t)1 << 26)
#define OPCODE_TEXT  1
#define OPCODE_BIN   2
#define OPCODE_CLOSE 8
#define OPCODE_PING  9
#define OPCODE_PONG  10

/* The example of RFC 6455. A random key would show that no cache answers; none is asked here. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

/* ---- where ---- */

weh_err soak_address_read(const char *url, struct soak_address *out, struct weh_diag *diag)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char host[256] = "";
    char port[8] = "80";
    const char *from = url + 5;
    size_t n;

    if (strncmp(url, "ws://", 5) != 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "url", "weh soak speaks ws:// only");
    }
    n = strcspn(from, "/");
    (void)snprintf(out->host, sizeof(out->host), "%.*s", (int)n, from);
    (void)snprintf(out->path, sizeof(out->path), "%s", from[n] == '\0' ? "/" : from + n);
    if (sscanf(out->host, "[%255[^]]]:%7[0-9]", host, port) < 1 &&
        sscanf(out->host, "%255[^:]:%7[0-9]", host, port) < 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "url", "no host can be read");
    }
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return weh_fail(diag, WEH_E_IO, "%s is not known", host);
    }
    memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return WEH_OK;
}

/* ---- the socket ---- */

void soak_channel_init(struct soak_channel *channel, int epoll, uint32_t tag)
{
    *channel = (struct soak_channel){ .epoll = epoll, .fd = -1, .tag = tag };
    weh_buf_init(&channel->out, 0);
    weh_buf_init(&channel->in, 0);
    weh_buf_init(&channel->message, MESSAGE_MAX);
    weh_buf_init(&channel->whole, MESSAGE_MAX);
}

void soak_channel_close(struct soak_channel *channel)
{
    /* Without the four-way goodbye: tens of thousands of ports would wait for it. */
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

    if (channel->fd >= 0) {
        (void)setsockopt(channel->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        close(channel->fd);
    }
    channel->fd = -1;
    channel->state = SOAK_CHANNEL_CLOSED;
}

void soak_channel_fini(struct soak_channel *channel)
{
    soak_channel_close(channel);
    weh_buf_fini(&channel->out);
    weh_buf_fini(&channel->in);
    weh_buf_fini(&channel->message);
    weh_buf_fini(&channel->whole);
}

static void lose(struct soak_channel *channel, const char *why)
{
    if (channel->why[0] == '\0') {
        (void)snprintf(channel->why, sizeof(channel->why), "%s", why);
    }
    soak_channel_close(channel);
}

static void cut(struct soak_channel *channel)
{
    channel->was_cut = true;
    soak_channel_close(channel);
}

static void ask_for_events(struct soak_channel *channel)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u32 = channel->tag };
    int rc;

    if (channel->state == SOAK_CHANNEL_CONNECTING || channel->out_done < channel->out.len) {
        event.events |= EPOLLOUT;
    }
    if (channel->fd < 0 || event.events == channel->events) {
        return;
    }
    rc = epoll_ctl(channel->epoll, channel->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
                   channel->fd, &event);
    channel->events = event.events;
    if (rc != 0) {
        lose(channel, "epoll refuses the socket");
    }
}

void soak_channel_open(struct soak_channel *channel, const struct soak_address *address,
                       const char *token, enum weh_codec codec)
{
    const int yes = 1;

    soak_channel_close(channel);
    weh_buf_clear(&channel->out);
    weh_buf_clear(&channel->in);
    weh_buf_clear(&channel->message);
    channel->out_done = 0;
    channel->in_done = 0;
    channel->events = 0;
    channel->was_cut = false;
    channel->is_upgraded = false;
    channel->status = 0;
    channel->close_code = 0;
    channel->why[0] = '\0';
    channel->is_text = codec == WEH_CODEC_JSON;
    channel->cut_out = SOAK_NEVER;
    channel->cut_in = SOAK_NEVER;
    channel->fd = socket(address->socket.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (channel->fd < 0) {
        lose(channel, "no socket");
        return;
    }
    (void)setsockopt(channel->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    channel->state = SOAK_CHANNEL_CONNECTING;
    if (connect(channel->fd, (const struct sockaddr *)&address->socket, address->len) != 0 &&
        errno != EINPROGRESS) {
        lose(channel, "no connection");
        return;
    }
    weh_buf_printf(&channel->out,
                   "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n"
                   "Sec-WebSocket-Protocol: weh.v1.%s\r\n",
                   address->path, address->host, channel->is_text ? "json" : "msgpack");
    if (token != NULL && token[0] != '\0') {
        weh_buf_printf(&channel->out, "Authorization: Bearer %s\r\n", token);
    }
    weh_buf_append(&channel->out, "\r\n", 2);
    ask_for_events(channel);
}

void soak_channel_cut_after(struct soak_channel *channel, uint64_t out, uint64_t in)
{
    channel->cut_out = out;
    channel->cut_in = in;
}

/* ---- out ---- */

static void write_out(struct soak_channel *channel)
{
    while (channel->fd >= 0 && channel->state != SOAK_CHANNEL_CONNECTING &&
           channel->out_done < channel->out.len) {
        size_t left = channel->out.len - channel->out_done;
        ssize_t n = 0;

        if (left > channel->cut_out) {
            left = (size_t)channel->cut_out;
        }
        if (left > 0) {
            n = send(channel->fd, channel->out.data + channel->out_done, left, MSG_NOSIGNAL);
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n < 0) {
            lose(channel, "the connection broke while writing");
            return;
        }
        channel->out_done += (size_t)n;
        channel->cut_out -= channel->cut_out == SOAK_NEVER ? 0 : (uint64_t)n;
        if (channel->cut_out == 0) {
            cut(channel);
        }
    }
    if (channel->out_done == channel->out.len) {
        weh_buf_clear(&channel->out);
        channel->out_done = 0;
    }
}

static void put_frame(struct soak_channel *channel, uint8_t opcode, const uint8_t *bytes,
                      size_t len)
{
    /* Masked, as it must be; with zeros, so that the bytes can be read in a trace. */
    static const uint8_t mask[4] = { 0, 0, 0, 0 };

    weh_buf_byte(&channel->out, (uint8_t)(0x80 | opcode));
    if (len < 126) {
        weh_buf_byte(&channel->out, (uint8_t)(0x80 | len));
    } else {
        int n_bytes = len < 65536 ? 2 : 8;

        weh_buf_byte(&channel->out, len < 65536 ? 0x80 | 126 : 0x80 | 127);
        for (int i = n_bytes - 1; i >= 0; i--) {
            weh_buf_byte(&channel->out, (uint8_t)((uint64_t)len >> (8 * i)));
        }
    }
    weh_buf_append(&channel->out, mask, sizeof(mask));
    weh_buf_append(&channel->out, bytes, len);
}

void soak_channel_send(struct soak_channel *channel, const uint8_t *bytes, size_t len)
{
    put_frame(channel, channel->is_text ? OPCODE_TEXT : OPCODE_BIN, bytes, len);
    if (channel->out.err != WEH_OK) {
        lose(channel, "out of memory");
        return;
    }
    write_out(channel);
    ask_for_events(channel);
}

/* ---- in ---- */

static void read_in(struct soak_channel *channel)
{
    for (;;) {
        size_t want = channel->cut_in < READ_BYTES ? (size_t)channel->cut_in : READ_BYTES;
        uint8_t *room = weh_buf_reserve(&channel->in, READ_BYTES);
        ssize_t n;

        if (room == NULL) {
            lose(channel, "out of memory");
            return;
        }
        if (want == 0) {
            cut(channel);
            return;
        }
        n = recv(channel->fd, room, want, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (n <= 0) {
            lose(channel, "the connection was lost");
            return;
        }
        channel->in.len += (size_t)n;
        channel->cut_in -= channel->cut_in == SOAK_NEVER ? 0 : (uint64_t)n;
        if (n < (ssize_t)want) {
            return;
        }
    }
}

/* True when the answer to the handshake is complete, and was read. */
static bool take_upgrade(struct soak_channel *channel)
{
    const char *text = (const char *)channel->in.data;
    const char *end = channel->in.len == 0 ? NULL : memmem(text, channel->in.len, "\r\n\r\n", 4);
    size_t n = end == NULL ? 0 : (size_t)(end - text) + 4;
    unsigned long status = 0;

    if (end == NULL) {
        if (channel->in.len > HEADER_MAX) {
            lose(channel, "the answer to the handshake is too long");
        }
        return false;
    }
    if (n > sizeof("HTTP/1.1 101") && memcmp(text, "HTTP/1.1 ", 9) == 0) {
        status = strtoul(text + 9, NULL, 10); /* it ends with the line at the latest */
    }
    if (status != 101 || memmem(channel->in.data, n, ACCEPT, sizeof(ACCEPT) - 1) == NULL) {
        channel->status = (uint16_t)status;
        lose(channel, "the handshake was refused");
        return false;
    }
    channel->in_done = n;
    channel->is_upgraded = true;
    channel->state = SOAK_CHANNEL_OPEN;
    return true;
}

static void take_socket(struct soak_channel *channel)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
        lose(channel, "no connection");
        return;
    }
    channel->state = SOAK_CHANNEL_UPGRADING;
}

void soak_channel_turn(struct soak_channel *channel, uint32_t events)
{
    if (channel->state == SOAK_CHANNEL_CONNECTING &&
        (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
        take_socket(channel);
    }
    write_out(channel);
    if (channel->fd >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) {
        read_in(channel);
    }
    /* What came before a loss counts, but nothing after a cut: that never came. */
    if (channel->state == SOAK_CHANNEL_UPGRADING) {
        (void)take_upgrade(channel);
    }
    ask_for_events(channel);
}

/* ---- frames ---- */

struct frame {
    uint8_t opcode;
    bool is_last;
    const uint8_t *bytes;
    size_t len;
};

/* The next whole frame of what came in. */
static bool take_frame(struct soak_channel *channel, struct frame *out)
{
    const uint8_t *at = channel->in.data + channel->in_done;
    size_t left = channel->in.len - channel->in_done;
    size_t n_header = 2;
    uint64_t len;

    if (left < n_header) {
        return false;
    }
    len = at[1] & 0x7f;
    if (len >= 126) {
        size_t n_bytes = len == 126 ? 2 : 8;

        if (left < n_header + n_bytes) {
            return false;
        }
        len = 0;
        for (size_t i = 0; i < n_bytes; i++) {
            len = len << 8 | at[n_header + i];
        }
        n_header += n_bytes;
    }
    if ((at[1] & 0x80) != 0 || len > MESSAGE_MAX) {
        lose(channel, "the server sent a frame that it may not send");
        return false;
    }
    if (left - n_header < len) {
        return false;
    }
    *out = (struct frame){ at[0] & 0x0f, (at[0] & 0x80) != 0, at + n_header, (size_t)len };
    channel->in_done += n_header + (size_t)len;
    return true;
}

static void take_close(struct soak_channel *channel, const struct frame *frame)
{
    if (frame->len >= 2) {
        channel->close_code = (uint16_t)(frame->bytes[0] << 8 | frame->bytes[1]);
        (void)snprintf(channel->why, sizeof(channel->why), "%.*s", (int)frame->len - 2,
                       (const char *)frame->bytes + 2);
    }
    put_frame(channel, OPCODE_CLOSE, frame->bytes, frame->len < 2 ? 0 : 2);
    write_out(channel);
    lose(channel, "closed by the server");
}

/* True when a message is complete in channel->message. */
static bool take_data(struct soak_channel *channel, const struct frame *frame)
{
    bool is_first = frame->opcode != 0;

    if (is_first && (frame->opcode == OPCODE_TEXT) != channel->is_text) {
        lose(channel, "the server sent a frame of the wrong type");
        return false;
    }
    weh_buf_append(&channel->message, frame->bytes, frame->len);
    if (channel->message.err != WEH_OK) {
        lose(channel, "a message is too large");
        return false;
    }
    return frame->is_last;
}

static void forget_read(struct soak_channel *channel)
{
    if (channel->in_done == channel->in.len) {
        weh_buf_clear(&channel->in);
        channel->in_done = 0;
    } else if (channel->in_done >= READ_BYTES) {
        channel->in.len -= channel->in_done;
        memmove(channel->in.data, channel->in.data + channel->in_done, channel->in.len);
        channel->in_done = 0;
    }
}

bool soak_channel_next(struct soak_channel *channel, struct weh_str *out)
{
    struct frame frame;

    while (channel->is_upgraded && !channel->was_cut && take_frame(channel, &frame)) {
        bool is_whole = false;

        switch (frame.opcode) {
        case OPCODE_PING:
            put_frame(channel, OPCODE_PONG, frame.bytes, frame.len);
            write_out(channel);
            ask_for_events(channel);
            break;
        case OPCODE_PONG:
            break;
        case OPCODE_CLOSE:
            take_close(channel, &frame);
            return false;
        default:
            is_whole = take_data(channel, &frame);
            break;
        }
        if (is_whole) {
            struct weh_buf empty = channel->whole;

            weh_buf_clear(&empty);
            channel->whole = channel->message;
            channel->message = empty;
            *out = (struct weh_str){ (const char *)channel->whole.data, channel->whole.len };
            return true;
        }
    }
    if (channel->is_upgraded) {
        forget_read(channel);
    }
    return false;
}
