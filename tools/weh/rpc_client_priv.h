/* tools/weh/rpc_client_priv.h - the insides of the RPC client: rpc_client.c and rpc_resume.c. */
#ifndef WEH_RPC_CLIENT_PRIV_H
#define WEH_RPC_CLIENT_PRIV_H

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/client.h"

#include "rpc_client.h"

/** A message that was sent and is not known to have come in. */
struct weh_rpc_sent {
    struct weh_rpc_sent *next;
    uint64_t id; /* 0: a notification */
    size_t len;
    uint8_t bytes[];
};

/** What it takes to get the session back. Messages are counted as PROTOCOL.md ("Resuming") says. */
struct weh_rpc_resume {
    bool has_hello;   /* sent; nothing else may come before it */
    bool has_session; /* answered: the two texts are there */
    uint64_t hello_id;
    char session_id[65];
    char token[65];
    uint64_t n_received;
    uint64_t n_known; /* messages sent that are known to have come in: the first ones */
    struct weh_rpc_sent *head;
    struct weh_rpc_sent *tail;
    uint32_t n_unacknowledged; /* received since the server was told */
    size_t unacknowledged_bytes;
    uint32_t n_resumed;
};

struct weh_rpc_client {
    struct weh_rpc_options options;
    struct weh_client *socket;
    enum weh_codec codec;
    uint32_t timeout_ms;
    uint64_t last_id;
    bool is_hello; /* what is being written */
    struct weh_buf request;
    struct weh_writer writer;
    struct weh_arena arena; /* of the message received last */
    weh_rpc_notified notified;
    void *notified_ctx;
    struct weh_rpc_resume resume;
};

WEH_MUST_CHECK weh_err weh_rpc_connect(const struct weh_rpc_options *options,
                                       struct weh_client **out, struct weh_diag *diag);

/** Decode @raw into @out, in the client's arena. */
WEH_MUST_CHECK weh_err weh_rpc_decode(struct weh_rpc_client *client, struct weh_str raw,
                                      struct weh_rpc_message *out, struct weh_diag *diag);

/** Say hello before the first request, unless that is it. */
void weh_rpc_resume_begin(struct weh_rpc_client *client, const char *method);

/** Keep the @len bytes of the message with @id that is about to be sent. */
WEH_MUST_CHECK weh_err weh_rpc_resume_keep(struct weh_rpc_client *client, const uint8_t *bytes,
                                           size_t len, uint64_t id, struct weh_diag *diag);

/** Count @message, which came in. */
void weh_rpc_resume_received(struct weh_rpc_client *client, const struct weh_rpc_message *message);

/** The connection failed with @err: get the session back. WEH_OK when it goes on; else @err. */
WEH_MUST_CHECK weh_err weh_rpc_resume_try(struct weh_rpc_client *client, weh_err err,
                                          struct weh_diag *diag);

void weh_rpc_resume_fini(struct weh_rpc_client *client);

#endif
