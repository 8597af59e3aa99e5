/* tools/weh/rpc_resume.c - getting a session back after its connection was lost (PROTOCOL.md,
 * "Resuming"): counts messages, keeps what was sent until it is answered, connects anew. */
#include <stdio.h>
#include <string.h>

#include <poll.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "rpc_client_priv.h"

/* The server need not keep what it has been told of. */
#define ACK_MESSAGES 64
#define ACK_BYTES    ((size_t)256 * 1024)

#define RETRY_MS 20

static bool is_wanted(const struct weh_rpc_client *client)
{
    return client->options.resume_ms != 0;
}

/* ---- what was sent ---- */

static void forget_first(struct weh_rpc_resume *resume)
{
    struct weh_rpc_sent *sent = resume->head;

    resume->head = sent->next;
    if (resume->head == NULL) {
        resume->tail = NULL;
    }
    resume->n_known++;
    weh_free(sent);
}

void weh_rpc_resume_fini(struct weh_rpc_client *client)
{
    while (client->resume.head != NULL) {
        forget_first(&client->resume);
    }
}

weh_err weh_rpc_resume_keep(struct weh_rpc_client *client, const uint8_t *bytes, size_t len,
                            uint64_t id, struct weh_diag *diag)
{
    struct weh_rpc_resume *resume = &client->resume;
    struct weh_rpc_sent *sent;

    if (!resume->has_session) {
        return WEH_OK;
    }
    sent = weh_malloc(sizeof(*sent) + len);
    if (sent == NULL) {
        return weh_fail_nomem(diag);
    }
    *sent = (struct weh_rpc_sent){ .id = id, .len = len };
    memcpy(sent->bytes, bytes, len);
    if (resume->tail == NULL) {
        resume->head = sent;
    } else {
        resume->tail->next = sent;
    }
    resume->tail = sent;
    return WEH_OK;
}

/* The answer to @id shows that it has come in, and all before it. */
static void answered(struct weh_rpc_resume *resume, uint64_t id)
{
    const struct weh_rpc_sent *sent = resume->head;

    while (sent != NULL && sent->id != id) {
        sent = sent->next;
    }
    while (sent != NULL && resume->head != sent) {
        forget_first(resume);
    }
    if (sent != NULL) {
        forget_first(resume);
    }
}

/* ---- hello ---- */

static void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

/* With the id 0, which no request of the caller has. */
static weh_err send_hello(struct weh_rpc_client *client, struct weh_client *socket,
                          struct weh_diag *diag)
{
    const struct weh_rpc_resume *resume = &client->resume;
    const struct weh_value id = { .type = WEH_VALUE_INT };
    struct weh_writer writer;
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, client->codec, &buf);
    weh_call_begin(&writer, &id, WEH_STR("session.hello"));
    weh_sink_map_begin(writer.sink, resume->has_session ? 2 : 1);
    weh_sink_key(writer.sink, "client");
    weh_sink_map_begin(writer.sink, 2);
    put_text(writer.sink, "name", "weh");
    put_text(writer.sink, "version", WEH_VERSION);
    weh_sink_map_end(writer.sink);
    if (resume->has_session) {
        weh_sink_key(writer.sink, "resume");
        weh_sink_map_begin(writer.sink, 3);
        put_text(writer.sink, "sessionId", resume->session_id);
        put_text(writer.sink, "resumeToken", resume->token);
        weh_sink_key(writer.sink, "received");
        weh_sink_int(writer.sink, (int64_t)resume->n_received);
        weh_sink_map_end(writer.sink);
    }
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    err = buf.err == WEH_OK
              ? weh_client_send(socket, buf.data, buf.len, client->codec == WEH_CODEC_JSON, diag)
              : weh_fail_nomem(diag);
    weh_buf_fini(&buf);
    return err;
}

static bool copy_text(const struct weh_value *map, const char *key, char out[65])
{
    const struct weh_value *value = weh_value_get(map, key);

    if (value == NULL || value->type != WEH_VALUE_STRING || value->n > 64) {
        return false;
    }
    (void)snprintf(out, 65, "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    return true;
}

/* A server that knows no resuming leaves the client as it was. */
static void take_hello(struct weh_rpc_client *client, const struct weh_rpc_message *message)
{
    struct weh_rpc_resume *resume = &client->resume;

    resume->has_session = message->incoming.kind == WEH_INCOMING_RESULT &&
                          copy_text(&message->incoming.value, "sessionId", resume->session_id) &&
                          copy_text(&message->incoming.value, "resumeToken", resume->token);
}

static weh_err receive_hello(struct weh_rpc_client *client, struct weh_client *socket,
                             struct weh_rpc_message *out, struct weh_diag *diag)
{
    struct weh_client_message message = { 0 };
    weh_err err = weh_client_receive(socket, client->timeout_ms, &message, diag);

    if (err == WEH_OK && message.bytes == NULL) {
        err = weh_fail(diag, WEH_E_IO, "session.hello is not answered");
    }
    if (err == WEH_OK) {
        err = weh_rpc_decode(client, (struct weh_str){ (const char *)message.bytes, message.len },
                             out, diag);
    }
    return err;
}

void weh_rpc_resume_begin(struct weh_rpc_client *client, const char *method)
{
    struct weh_rpc_message message;
    struct weh_rpc_resume *resume = &client->resume;

    client->is_hello = strcmp(method, "session.hello") == 0;
    if (!is_wanted(client) || resume->has_hello) {
        return;
    }
    resume->has_hello = true;
    if (client->is_hello) {
        resume->hello_id = client->last_id + 1;
    } else if (send_hello(client, client->socket, NULL) == WEH_OK &&
               receive_hello(client, client->socket, &message, NULL) == WEH_OK) {
        take_hello(client, &message);
    }
    /* What failed shows with the request that follows. */
}

/* ---- what came in ---- */

static void acknowledge(struct weh_rpc_client *client)
{
    struct weh_rpc_resume *resume = &client->resume;
    struct weh_writer writer;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, client->codec, &buf);
    weh_call_begin(&writer, NULL, WEH_STR("session.ack"));
    weh_sink_map_begin(writer.sink, 1);
    weh_sink_key(writer.sink, "received");
    weh_sink_int(writer.sink, (int64_t)resume->n_received);
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    /* A loss shows at the next call; what could not be kept must not be sent, or the counts differ. */
    if (buf.err == WEH_OK && weh_rpc_resume_keep(client, buf.data, buf.len, 0, NULL) == WEH_OK) {
        (void)!weh_client_send(client->socket, buf.data, buf.len, client->codec == WEH_CODEC_JSON,
                               NULL);
    }
    weh_buf_fini(&buf);
    resume->n_unacknowledged = 0;
    resume->unacknowledged_bytes = 0;
}

void weh_rpc_resume_received(struct weh_rpc_client *client, const struct weh_rpc_message *message)
{
    struct weh_rpc_resume *resume = &client->resume;

    if (!is_wanted(client)) {
        return;
    }
    if (message->id != 0 && message->id == resume->hello_id) {
        take_hello(client, message);
        return;
    }
    resume->n_received++;
    resume->n_unacknowledged++;
    resume->unacknowledged_bytes += message->raw.len;
    if (message->id != 0) {
        answered(resume, message->id);
    }
    if (resume->has_session &&
        (resume->n_unacknowledged >= ACK_MESSAGES || resume->unacknowledged_bytes >= ACK_BYTES)) {
        acknowledge(client);
    }
}

/* ---- a new connection ---- */

/* Send again what the server has not got. */
static weh_err repeat(struct weh_rpc_client *client, int64_t received, struct weh_diag *diag)
{
    struct weh_rpc_resume *resume = &client->resume;
    weh_err err = WEH_OK;

    if (received < 0 || (uint64_t)received < resume->n_known) {
        return weh_fail(diag, WEH_E_PARSE, "the server has lost count of the messages");
    }
    while (resume->head != NULL && resume->n_known < (uint64_t)received) {
        forget_first(resume);
    }
    for (const struct weh_rpc_sent *sent = resume->head; sent != NULL && err == WEH_OK;
         sent = sent->next) {
        err = weh_client_send(client->socket, sent->bytes, sent->len,
                              client->codec == WEH_CODEC_JSON, diag);
    }
    return err;
}

/* One attempt; WEH_E_IO and WEH_E_BUSY may be tried again. */
static weh_err attempt(struct weh_rpc_client *client, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    struct weh_client *socket = NULL;
    bool is_resumed = false;
    int64_t received = -1;
    weh_err err = weh_rpc_connect(&client->options, &socket, diag);

    if (err == WEH_OK) {
        err = send_hello(client, socket, diag);
    }
    if (err == WEH_OK) {
        err = receive_hello(client, socket, &message, diag);
    }
    if (err != WEH_OK) {
        weh_client_close(socket);
        return err;
    }
    weh_client_close(client->socket);
    client->socket = socket;
    take_hello(client, &message);
    if (!client->resume.has_session ||
        !weh_value_to_int64(weh_value_get(&message.incoming.value, "received"), &received)) {
        client->resume.has_session = false;
        return weh_fail(diag, WEH_E_STATE, "the session could not be resumed: %.*s",
                        WEH_STR_ARGS(weh_rpc_error_name(&message)));
    }
    if (!weh_value_to_bool(weh_value_get(&message.incoming.value, "resumed"), &is_resumed) ||
        !is_resumed) {
        return weh_fail(diag, WEH_E_STATE,
                        "the server was started anew: what was open is open, what was not answered "
                        "may be done or not");
    }
    client->resume.n_resumed++;
    return repeat(client, received, diag);
}

weh_err weh_rpc_resume_try(struct weh_rpc_client *client, weh_err err, struct weh_diag *diag)
{
    const uint64_t until_us = weh_clock_mono_us() + (uint64_t)client->options.resume_ms * 1000;
    weh_err again = WEH_E_IO;

    /* Without a close frame: else the server wanted the end. */
    if (err != WEH_E_IO || !client->resume.has_session ||
        weh_client_close_code(client->socket) != 0) {
        return err;
    }
    while ((again == WEH_E_IO || again == WEH_E_BUSY) && weh_clock_mono_us() < until_us) {
        again = attempt(client, diag);
        if (again != WEH_OK) {
            (void)poll(NULL, 0, RETRY_MS);
        }
    }
    return again;
}
