/* src/net/client_priv.h - the insides of the blocking client: client.c and client_lws.c. */
#ifndef WEH_CLIENT_PRIV_H
#define WEH_CLIENT_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>

#include "weh/buf.h"
#include "weh/client.h"

#define WEH_CLIENT_FRAGMENT_BYTES 65536
#define WEH_CLIENT_MESSAGE_LIMIT  ((size_t)1 << 30)

enum weh_client_state {
    WEH_CLIENT_CONNECTING,
    WEH_CLIENT_OPEN,
    WEH_CLIENT_CLOSED
};

/** A message on its way, in or out. */
struct weh_client_item {
    struct weh_client_item *next;
    uint8_t *memory; /* out: LWS_PRE bytes, then the message; in: the message */
    size_t len;
    size_t done; /* out: bytes written */
    bool is_text;
};

struct weh_client_queue {
    struct weh_client_item *head;
    struct weh_client_item *tail;
};

struct weh_client_url {
    bool is_tls;
    bool is_address; /* host is a number, not a name */
    uint16_t port;
    char host[256];
    char path[512];
    char authority[300]; /* for the Host header */
};

struct weh_client {
    struct lws_context *context;
    struct lws *wsi; /* NULL when closed */
    struct lws_protocols protocols[2];
    struct weh_client_url url;
    enum weh_client_state state;
    char *authorization; /* only until the handshake is over */
    lws_sorted_usec_list_t timer;
    bool is_time_up;
    bool is_closing;

    struct weh_buf partial;
    struct weh_client_queue in;
    struct weh_client_queue out;
    struct weh_client_item *lent; /* what the last receive returned */

    unsigned http_status;
    uint16_t close_code;
    char why[128]; /* reason of the close, or what went wrong */
};

/** Make the context and begin to connect. */
WEH_MUST_CHECK weh_err weh_client_lws_open(struct weh_client *client,
                                           const struct weh_client_options *options,
                                           struct weh_diag *diag);
/** Let libwebsockets work until *@flag, the connection closes, or @timeout_ms are over. */
typedef bool (*weh_client_condition)(const struct weh_client *client);
void weh_client_lws_wait(struct weh_client *client, weh_client_condition condition,
                         uint32_t timeout_ms);
/** Write what the socket takes of the queue. False when the connection failed. */
bool weh_client_lws_flush(struct weh_client *client);

void weh_client_item_destroy(struct weh_client_item *item);
void weh_client_queue_push(struct weh_client_queue *queue, struct weh_client_item *item);
struct weh_client_item *weh_client_queue_pop(struct weh_client_queue *queue);

#endif
