/* tools/weh/rpc_client.h - requests, replies and notifications over one connection, blocking.
 *
 * Shared by weh and by the test and benchmark programs: numbers the requests, speaks both encodings,
 * sorts what comes in. It knows no method. One connection an object, one thread at a time.
 */
#ifndef WEH_RPC_CLIENT_H
#define WEH_RPC_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/codec.h"
#include "weh/err.h"

struct weh_rpc_client;

struct weh_rpc_options {
    const char *url;     /* the texts are kept when resume_ms is set */
    const char *token;   /* NULL or "" for none */
    const char *ca_file; /* NULL for none */
    enum weh_codec codec;
    uint32_t timeout_ms; /* for the handshake and for each reply */
    uint32_t resume_ms;  /* how long to try to get the session back after a loss; 0: not at all */
};

/** One message from the server. Views: good until the next receive, await or call. */
struct weh_rpc_message {
    struct weh_incoming incoming;
    uint64_t id;        /* of the request that is answered; 0 for a notification or when unknown */
    struct weh_str raw; /* the bytes as they came */
};

/** Called for each notification that comes while a reply is awaited. */
typedef void (*weh_rpc_notified)(void *ctx, const struct weh_rpc_message *message);

/** Connect. Errors as weh_client_open. */
WEH_MUST_CHECK weh_err weh_rpc_client_open(const struct weh_rpc_options *options,
                                           struct weh_rpc_client **out, struct weh_diag *diag);

/** Close the connection and free (NULL is fine). */
void weh_rpc_client_close(struct weh_rpc_client *client);

/** Tell @notified (NULL: nobody) about notifications from now on. */
void weh_rpc_client_on_notification(struct weh_rpc_client *client, weh_rpc_notified notified,
                                    void *ctx);

/** Begin a request: write its params, one map, to the sink, then call weh_rpc_client_send. */
struct weh_sink *weh_rpc_client_begin(struct weh_rpc_client *client, const char *method);

/** Send what was begun. @id (may be NULL) its number. WEH_E_IO, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_rpc_client_send(struct weh_rpc_client *client, uint64_t *id,
                                           struct weh_diag *diag);

/**
 * The next message, a notification too (which is not told to anybody), within @timeout_ms.
 *
 * @timed_out  true when none came.
 *
 * WEH_E_IO when the connection ended (the text has code and reason), WEH_E_PARSE when the server
 * does not keep the protocol, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_rpc_client_receive(struct weh_rpc_client *client, uint32_t timeout_ms,
                                              struct weh_rpc_message *out, bool *timed_out,
                                              struct weh_diag *diag);

/**
 * Wait for the next reply, which must be the one to @id: a session answers in order.
 *
 * An error reply is WEH_OK and stands in @out. Also WEH_E_BUSY when the time is up.
 */
WEH_MUST_CHECK weh_err weh_rpc_client_await(struct weh_rpc_client *client, uint64_t id,
                                            struct weh_rpc_message *out, struct weh_diag *diag);

/** Send what was begun and wait for its reply. */
WEH_MUST_CHECK weh_err weh_rpc_client_call(struct weh_rpc_client *client,
                                           struct weh_rpc_message *out, struct weh_diag *diag);

/** The same, where an error reply is a failure: WEH_E_STATE, the text has its name and message. */
WEH_MUST_CHECK weh_err weh_rpc_client_demand(struct weh_rpc_client *client,
                                             struct weh_rpc_message *out, struct weh_diag *diag);

/** The stable name of an error reply (data.name), empty when it has none. */
struct weh_str weh_rpc_error_name(const struct weh_rpc_message *message);

/** How often the session was taken back. */
uint32_t weh_rpc_client_resumed(const struct weh_rpc_client *client);

/** To poll for input, -1 when closed. */
int weh_rpc_client_fd(const struct weh_rpc_client *client);

/** Close code received from the server, 0 when none. */
uint16_t weh_rpc_client_close_code(const struct weh_rpc_client *client);

#endif
