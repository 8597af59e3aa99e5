/* tools/weh/rpc_client.c - requests, replies and notifications over one connection, blocking.
 *
 * Sits between weh/client.h (bytes) and weh/codec.h (messages); prints nothing.
 */
#include "rpc_client.h"

#include "weh/alloc.h"

#include "rpc_client_priv.h"

/* The server is trusted more than a client, yet its messages are bounded all the same. */
static const struct weh_codec_limits limits = { .max_depth = 64, .max_values = 20000000 };

weh_err weh_rpc_connect(const struct weh_rpc_options *options, struct weh_client **out,
                        struct weh_diag *diag)
{
    return weh_client_open(
        &(struct weh_client_options){
            .url = options->url,
            .token = options->token,
            .subprotocol = options->codec == WEH_CODEC_JSON ? "weh.v1.json" : "weh.v1.msgpack",
            .ca_file = options->ca_file,
            .timeout_ms = options->timeout_ms,
        },
        out, diag);
}

weh_err weh_rpc_client_open(const struct weh_rpc_options *options, struct weh_rpc_client **out,
                            struct weh_diag *diag)
{
    struct weh_rpc_client *client = weh_calloc(1, sizeof(*client));
    weh_err err;

    if (client == NULL) {
        return weh_fail_nomem(diag);
    }
    client->options = *options;
    client->codec = options->codec;
    client->timeout_ms = options->timeout_ms;
    weh_buf_init(&client->request, 0);
    weh_arena_init(&client->arena, 0);
    err = weh_rpc_connect(options, &client->socket, diag);
    if (err != WEH_OK) {
        goto out;
    }
    *out = client;
    client = NULL;
out:
    weh_rpc_client_close(client);
    return err;
}

void weh_rpc_client_close(struct weh_rpc_client *client)
{
    if (client == NULL) {
        return;
    }
    weh_client_close(client->socket);
    weh_rpc_resume_fini(client);
    weh_buf_fini(&client->request);
    weh_arena_fini(&client->arena);
    weh_free(client);
}

void weh_rpc_client_on_notification(struct weh_rpc_client *client, weh_rpc_notified notified,
                                    void *ctx)
{
    client->notified = notified;
    client->notified_ctx = ctx;
}

struct weh_sink *weh_rpc_client_begin(struct weh_rpc_client *client, const char *method)
{
    struct weh_value id = { .type = WEH_VALUE_INT };

    weh_rpc_resume_begin(client, method);
    client->last_id++;
    id.as.integer = (int64_t)client->last_id;
    weh_buf_clear(&client->request);
    weh_writer_init(&client->writer, client->codec, &client->request);
    weh_call_begin(&client->writer, &id, weh_str_from(method));
    return client->writer.sink;
}

weh_err weh_rpc_client_send(struct weh_rpc_client *client, uint64_t *id, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_call_end(&client->writer);
    if (client->request.err != WEH_OK) {
        return weh_fail(diag, client->request.err, "the request could not be written");
    }
    if (id != NULL) {
        *id = client->last_id;
    }
    if (!client->is_hello) {
        err = weh_rpc_resume_keep(client, client->request.data, client->request.len,
                                  client->last_id, diag);
    }
    if (err == WEH_OK) {
        err = weh_client_send(client->socket, client->request.data, client->request.len,
                              client->codec == WEH_CODEC_JSON, diag);
        err = err == WEH_OK ? WEH_OK : weh_rpc_resume_try(client, err, diag);
    }
    return err;
}

weh_err weh_rpc_decode(struct weh_rpc_client *client, struct weh_str raw,
                       struct weh_rpc_message *out, struct weh_diag *diag)
{
    struct weh_value value;
    int64_t id = 0;
    weh_err err;

    weh_arena_reset(&client->arena);
    *out = (struct weh_rpc_message){ .raw = raw };
    err = weh_message_decode(client->codec, out->raw, &limits, &client->arena, &value, diag);
    if (err == WEH_OK) {
        err = weh_incoming_read(client->codec, &value, &out->incoming, diag);
    }
    if (err == WEH_OK && out->incoming.kind != WEH_INCOMING_NOTIFICATION &&
        weh_value_to_int64(&out->incoming.id, &id) && id > 0) {
        out->id = (uint64_t)id;
    }
    return err;
}

weh_err weh_rpc_client_receive(struct weh_rpc_client *client, uint32_t timeout_ms,
                               struct weh_rpc_message *out, bool *timed_out, struct weh_diag *diag)
{
    struct weh_client_message message = { 0 };
    weh_err err;

    do {
        err = weh_client_receive(client->socket, timeout_ms, &message, diag);
    } while (err != WEH_OK && weh_rpc_resume_try(client, err, diag) == WEH_OK);
    if (err != WEH_OK) {
        return err;
    }
    *timed_out = message.bytes == NULL;
    if (*timed_out) {
        return WEH_OK;
    }
    if (message.is_text != (client->codec == WEH_CODEC_JSON)) {
        return weh_fail(diag, WEH_E_PARSE, "the server sent a frame of the wrong type");
    }
    err = weh_rpc_decode(client, (struct weh_str){ (const char *)message.bytes, message.len }, out,
                         diag);
    if (err == WEH_OK) {
        weh_rpc_resume_received(client, out);
    }
    return err;
}

uint32_t weh_rpc_client_resumed(const struct weh_rpc_client *client)
{
    return client->resume.n_resumed;
}

weh_err weh_rpc_client_await(struct weh_rpc_client *client, uint64_t id,
                             struct weh_rpc_message *out, struct weh_diag *diag)
{
    bool timed_out = false;
    weh_err err;

    for (;;) {
        err = weh_rpc_client_receive(client, client->timeout_ms, out, &timed_out, diag);
        if (err != WEH_OK) {
            return err;
        }
        if (timed_out) {
            return weh_fail(diag, WEH_E_BUSY, "no reply within %u ms", client->timeout_ms);
        }
        if (out->incoming.kind != WEH_INCOMING_NOTIFICATION) {
            break;
        }
        if (client->notified != NULL) {
            client->notified(client->notified_ctx, out);
        }
    }
    if (out->id != id) {
        return weh_fail(diag, WEH_E_PARSE, "a reply to request %llu instead of %llu",
                        (unsigned long long)out->id, (unsigned long long)id);
    }
    return WEH_OK;
}

weh_err weh_rpc_client_call(struct weh_rpc_client *client, struct weh_rpc_message *out,
                            struct weh_diag *diag)
{
    uint64_t id = 0;
    weh_err err = weh_rpc_client_send(client, &id, diag);

    return err == WEH_OK ? weh_rpc_client_await(client, id, out, diag) : err;
}

weh_err weh_rpc_client_demand(struct weh_rpc_client *client, struct weh_rpc_message *out,
                              struct weh_diag *diag)
{
    const struct weh_value *text;
    weh_err err = weh_rpc_client_call(client, out, diag);

    if (err != WEH_OK || out->incoming.kind == WEH_INCOMING_RESULT) {
        return err;
    }
    text = weh_value_get(&out->incoming.value, "message");
    if (text == NULL || text->type != WEH_VALUE_STRING) {
        return weh_fail(diag, WEH_E_PARSE, "an error without a message");
    }
    return weh_fail(diag, WEH_E_STATE, "%.*s: %.*s", WEH_STR_ARGS(weh_rpc_error_name(out)),
                    WEH_STR_ARGS(weh_value_str(text)));
}

struct weh_str weh_rpc_error_name(const struct weh_rpc_message *message)
{
    const struct weh_value *data = weh_value_get(&message->incoming.value, "data");
    const struct weh_value *name = weh_value_get(data, "name");

    if (name == NULL || name->type != WEH_VALUE_STRING) {
        return (struct weh_str){ NULL, 0 };
    }
    return weh_value_str(name);
}

int weh_rpc_client_fd(const struct weh_rpc_client *client)
{
    return weh_client_fd(client->socket);
}

uint16_t weh_rpc_client_close_code(const struct weh_rpc_client *client)
{
    return weh_client_close_code(client->socket);
}
