/* include/weh/client.h - a blocking WebSocket client for the tools and tests.
 *
 * One connection an object, one thread at a time. Speaks whatever bytes it is given.
 */
#ifndef WEH_CLIENT_H
#define WEH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/err.h"

struct weh_client;

struct weh_client_options {
    const char *url;         /* ws://host:port/path or wss://...; borrowed for the call */
    const char *token;       /* sent as Authorization: Bearer; NULL or "" for none */
    const char *subprotocol; /* offered; NULL for none */
    const char *ca_file;     /* PEM to trust for wss beside the system's; NULL for none */
    uint32_t timeout_ms;     /* for the handshake; 0: 10 s */
};

/**
 * Connect and upgrade.
 *
 * WEH_E_BAD_ARGS (the URL), WEH_E_UNAUTHENTICATED (401), WEH_E_DENIED (403), WEH_E_BUSY (503),
 * WEH_E_IO (no connection, TLS, other status: the text says which), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_client_open(const struct weh_client_options *options,
                                       struct weh_client **out, struct weh_diag *diag);

/** Close the connection (1000) and free (NULL is fine). */
void weh_client_close(struct weh_client *client);

/** Queue one message and write as much as the socket takes. @bytes copied. WEH_E_IO when closed. */
WEH_MUST_CHECK weh_err weh_client_send(struct weh_client *client, const void *bytes, size_t len,
                                       bool is_text, struct weh_diag *diag);

/** One message received; borrowed until the next call. */
struct weh_client_message {
    const uint8_t *bytes;
    size_t len;
    bool is_text;
};

/**
 * Wait up to @timeout_ms for the next message, writing what is queued meanwhile.
 *
 * @out  len 0 and bytes NULL when the time is up.
 *
 * WEH_E_IO when the connection is closed: the diag's text has the close code and reason.
 */
WEH_MUST_CHECK weh_err weh_client_receive(struct weh_client *client, uint32_t timeout_ms,
                                          struct weh_client_message *out, struct weh_diag *diag);

/** The file descriptor to poll for input besides standard input (weh connect), -1 when closed. */
int weh_client_fd(const struct weh_client *client);

/** Close code received from the server, 0 when none. */
uint16_t weh_client_close_code(const struct weh_client *client);

#endif
