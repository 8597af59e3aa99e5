/* tools/weh/soak/soak_resume.c - connecting, and getting the session back after a cut (PROTOCOL.md,
 * "Resuming"). What a window sent is kept until it is answered. */
#include <stdio.h>
#include <string.h>

#include "soak.h"

#define AGAIN_MS   200 /* at most, after a cut */
#define REFUSED_MS 500 /* at least, when the server was full */

static void sleep_ms(struct soak_session *session, uint32_t ms)
{
    session->soak->wake_ns[session->number] = soak_now_ns() + (uint64_t)ms * 1000000;
}

/* ---- what was sent ---- */

void soak_resume_send(struct soak_session *session)
{
    const struct weh_buf *request = &session->soak->request;
    uint32_t len = (uint32_t)request->len;

    weh_buf_append(&session->sent, &len, sizeof(len));
    weh_buf_append(&session->sent, request->data, len);
    if (request->err != WEH_OK || session->sent.err != WEH_OK) {
        (void)soak_session_fail(session, SOAK_FAULT_PROTOCOL, "out of memory");
        return;
    }
    session->n_sent++;
    soak_channel_send(&session->channel, request->data, len);
}

void soak_resume_settled(struct soak_session *session)
{
    session->n_settled += session->n_sent;
    session->n_sent = 0;
    weh_buf_clear(&session->sent);
}

/* Send again all but the first @n_known messages of the session. */
static void repeat(struct soak_session *session, uint64_t n_known)
{
    const uint8_t *at = session->sent.data;
    uint64_t number = session->n_settled;

    for (uint64_t i = 0; i < session->n_sent; i++) {
        uint32_t len = 0;

        memcpy(&len, at, sizeof(len));
        at += sizeof(len);
        if (++number > n_known) {
            soak_channel_send(&session->channel, at, len);
        }
        at += len;
    }
}

/* ---- the connection ---- */

void soak_resume_connect(struct soak_session *session)
{
    const struct soak *soak = session->soak;

    session->link = SOAK_LINK_CONNECTING;
    sleep_ms(session, soak->options.timeout_ms);
    soak_channel_open(&session->channel, &soak->address,
                      soak->options.token == NULL ? session->token : soak->options.token,
                      session->codec);
    if (session->channel.state == SOAK_CHANNEL_CLOSED) {
        soak_resume_lost(session);
    }
}

void soak_resume_lost(struct soak_session *session)
{
    struct soak_channel *channel = &session->channel;
    bool is_full = channel->status == 503 || channel->status == 429;

    if (!channel->was_cut && !is_full) {
        (void)soak_session_fail(
            session, SOAK_FAULT_CONNECTION, "the connection ended: %u %s (status %u)",
            (unsigned)channel->close_code, channel->why, (unsigned)channel->status);
        return;
    }
    session->soak->n_cuts += channel->was_cut ? 1 : 0;
    session->soak->n_refused += is_full ? 1 : 0;
    if (session->link == SOAK_LINK_UP) {
        session->lost_ns = soak_now_ns();
    }
    session->was_lost = true;
    session->link = SOAK_LINK_NONE;
    sleep_ms(session, is_full ? REFUSED_MS + soak_dice(&session->random, REFUSED_MS)
                              : soak_dice(&session->random, AGAIN_MS));
}

/* ---- hello ---- */

static void put_resume(const struct soak_session *session, struct weh_sink *sink)
{
    weh_sink_key(sink, "resume");
    weh_sink_map_begin(sink, 3);
    soak_put_text(sink, "sessionId", session->session_id);
    soak_put_text(sink, "resumeToken", session->resume_token);
    weh_sink_key(sink, "received");
    weh_sink_int(sink, (int64_t)session->n_received);
    weh_sink_map_end(sink);
}

void soak_resume_hello(struct soak_session *session)
{
    const bool is_known = session->session_id[0] != '\0';
    const struct weh_value id = { .type = WEH_VALUE_INT };
    struct weh_buf *buf = &session->soak->request;
    struct weh_writer writer;

    /* This may break too, but not for ever. */
    if (is_known && session->soak->options.cut_every != 0 && soak_dice(&session->random, 8) == 0) {
        bool in = soak_dice(&session->random, 2) == 0;

        soak_channel_cut_after(&session->channel,
                               in ? SOAK_NEVER : soak_dice(&session->random, 300),
                               in ? soak_dice(&session->random, 600) : SOAK_NEVER);
    }
    weh_buf_clear(buf);
    weh_writer_init(&writer, session->codec, buf);
    weh_call_begin(&writer, &id, WEH_STR("session.hello"));
    weh_sink_map_begin(writer.sink, is_known ? 2 : 1);
    weh_sink_key(writer.sink, "client");
    weh_sink_map_begin(writer.sink, 2);
    soak_put_text(writer.sink, "name", "weh soak");
    soak_put_text(writer.sink, "version", WEH_VERSION);
    weh_sink_map_end(writer.sink);
    if (is_known) {
        put_resume(session, writer.sink);
    }
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    session->link = SOAK_LINK_HELLO;
    soak_channel_send(&session->channel, buf->data, buf->len);
}

static bool copy_text(const struct weh_value *map, const char *key, char out[65])
{
    const struct weh_value *value = weh_value_get(map, key);

    if (value == NULL || value->type != WEH_VALUE_STRING || value->n == 0 || value->n > 64) {
        return false;
    }
    (void)snprintf(out, 65, "%.*s", WEH_STR_ARGS(weh_value_str(value)));
    return true;
}

static void resumed(struct soak_session *session, const struct weh_value *result)
{
    struct soak *soak = session->soak;
    const uint64_t n_all = session->n_settled + session->n_sent;
    int64_t received = -1;

    if (!soak_is_bool(result, "resumed", true) ||
        !weh_value_to_int64(weh_value_get(result, "received"), &received) ||
        (uint64_t)received < session->n_settled || (uint64_t)received > n_all) {
        (void)soak_session_fail(session, SOAK_FAULT_RESUME,
                                "resumed, but the server has got %lld of my messages, not %llu to "
                                "%llu",
                                (long long)received, (unsigned long long)session->n_settled,
                                (unsigned long long)n_all);
        return;
    }
    soak->n_resumed++;
    soak_histogram_add(&soak->resuming, soak_now_ns() - session->lost_ns);
    repeat(session, (uint64_t)received);
}

void soak_resume_answered(struct soak_session *session, const struct soak_message *message)
{
    const struct weh_value *result = &message->incoming.value;
    const bool was_known = session->session_id[0] != '\0';

    /* The connection was cut before the answer to session.close. */
    if (session->link == SOAK_LINK_HELLO && message->incoming.kind == WEH_INCOMING_ERROR &&
        soak_session_has_left(session)) {
        soak_session_done(session);
        return;
    }
    if (session->link != SOAK_LINK_HELLO || message->incoming.kind != WEH_INCOMING_RESULT ||
        !copy_text(result, "sessionId", session->session_id) ||
        !copy_text(result, "resumeToken", session->resume_token)) {
        (void)soak_session_fail(session, SOAK_FAULT_RESUME, "session.hello is answered with %.*s",
                                (int)(message->raw.len < 200 ? message->raw.len : 200),
                                message->raw.ptr);
        return;
    }
    session->link = SOAK_LINK_UP;
    sleep_ms(session, session->soak->options.timeout_ms);
    if (was_known) {
        resumed(session, result);
    }
}
