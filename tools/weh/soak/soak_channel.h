/* tools/weh/soak/soak_channel.h - one WebSocket connection that never waits, and breaks when told to.
 *
 * Thousands of them share a thread and an epoll, which is why it is not weh/client.h; and it breaks at
 * any byte, which libwebsockets would not let it. ws:// only.
 */
#ifndef SOAK_CHANNEL_H
#define SOAK_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/socket.h>

#include "weh/buf.h"
#include "weh/codec.h"
#include "weh/err.h"
#include "weh/str.h"

#define SOAK_NEVER UINT64_MAX

/** Where to connect. */
struct soak_address {
    struct sockaddr_storage socket;
    socklen_t len;
    char host[280]; /* for the Host header */
    char path[256];
};

/** Read "ws://HOST:PORT/PATH". WEH_E_BAD_ARGS, WEH_E_IO (the name is not known). */
WEH_MUST_CHECK weh_err soak_address_read(const char *url, struct soak_address *out,
                                         struct weh_diag *diag);

enum soak_channel_state {
    SOAK_CHANNEL_CLOSED, /* nothing in it is left to read */
    SOAK_CHANNEL_CONNECTING,
    SOAK_CHANNEL_UPGRADING,
    SOAK_CHANNEL_OPEN
};

struct soak_channel {
    enum soak_channel_state state;
    int epoll;
    int fd;
    uint32_t tag;    /* in the epoll's events */
    uint32_t events; /* that are asked for */
    bool is_text;
    bool is_upgraded;
    struct weh_buf out;
    size_t out_done;
    struct weh_buf in;
    size_t in_done;
    struct weh_buf message; /* of several frames */
    struct weh_buf whole;   /* what the last soak_channel_next gave */
    uint64_t cut_out;       /* bytes until the connection breaks */
    uint64_t cut_in;
    bool was_cut;
    uint16_t status; /* of HTTP, when it was not 101 */
    uint16_t close_code;
    char why[96];
};

void soak_channel_init(struct soak_channel *channel, int epoll, uint32_t tag);
void soak_channel_fini(struct soak_channel *channel);

/** Begin to connect; the handshake's bytes wait until then. What was cut is as new. */
void soak_channel_open(struct soak_channel *channel, const struct soak_address *address,
                       const char *token, enum weh_codec codec);
/** Close without a word. */
void soak_channel_close(struct soak_channel *channel);
/** Break the connection after @out more bytes were written, or @in read. */
void soak_channel_cut_after(struct soak_channel *channel, uint64_t out, uint64_t in);

/** Queue a message and write what the socket takes. */
void soak_channel_send(struct soak_channel *channel, const uint8_t *bytes, size_t len);
/** Write and read what there is. */
void soak_channel_turn(struct soak_channel *channel, uint32_t events);
/** The next message; good until the next call. False when there is none yet. */
bool soak_channel_next(struct soak_channel *channel, struct weh_str *out);

#endif
