/* tools/weh/soak/soak_session.c - one session: what it does next, stage by stage. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"

#include "soak.h"

#define FAULTS_TOLD 10
#define DRAWS_MAX   20
#define ACK_EVERY   32

/* What is said in stages that are no play of chance. */
static const enum soak_kind settling[] = { SOAK_SAVE, SOAK_GET_ALL, SOAK_CHILDREN, SOAK_LIST,
                                           SOAK_STATE };
static const enum soak_kind leaving[] = { SOAK_CLOSE, SOAK_DROP, SOAK_GOODBYE };

void soak_session_init(struct soak_session *session, struct soak *soak, uint32_t number)
{
    session->soak = soak;
    session->number = number;
    session->codec = number % 2 == 0 ? WEH_CODEC_MSGPACK : WEH_CODEC_JSON;
    if (soak->options.codec != NULL) {
        session->codec =
            strcmp(soak->options.codec, "json") == 0 ? WEH_CODEC_JSON : WEH_CODEC_MSGPACK;
    }
    session->random = ((uint64_t)soak->options.seed << 32) + number;
    session->model.are_groups_known = true;
    soak_channel_init(&session->channel, soak->epoll, number);
    weh_buf_init(&session->sent, 0);
    soak->wake_ns[number] = SOAK_NEVER;
}

void soak_session_fini(struct soak_session *session)
{
    soak_channel_fini(&session->channel);
    weh_buf_fini(&session->sent);
    weh_free(session->token);
}

static void sleep_until(struct soak_session *session, uint64_t ns)
{
    session->soak->wake_ns[session->number] = ns;
}

/* The first few. A message of MessagePack has bytes that a terminal would take amiss. */
static WEH_PRINTF(2, 0) void tell(struct soak_session *session, const char *format, va_list args)
{
    char text[600];
    int n = vsnprintf(text, sizeof(text), format, args);

    if (session->soak->n_told++ >= FAULTS_TOLD) {
        return;
    }
    for (int i = 0; i < n && i < (int)sizeof(text) - 1; i++) {
        if (text[i] < ' ' || text[i] > '~') {
            text[i] = '.';
        }
    }
    fprintf(stderr, "session %u: %s\n", session->number, text);
}

bool soak_session_fail(struct soak_session *session, enum soak_fault fault, const char *format, ...)
{
    struct soak *soak = session->soak;
    va_list args;

    if (session->stage == SOAK_FAILED) {
        return false;
    }
    soak->faults[fault]++;
    va_start(args, format);
    tell(session, format, args);
    va_end(args);
    soak->n_opening -= session->stage == SOAK_OPENING && !session->is_parked ? 1 : 0;
    soak->n_parked -= session->is_parked ? 1 : 0;
    soak->n_failed++;
    session->stage = SOAK_FAILED;
    sleep_until(session, SOAK_NEVER);
    soak_channel_close(&session->channel);
    return false;
}

/* ---- windows ---- */

static void write_request(struct soak_session *session, struct soak_pending *pending)
{
    const struct soak_kind_info *info = soak_kind_info(pending->kind);
    struct weh_buf *buf = &session->soak->request;
    struct weh_value id = { .type = WEH_VALUE_INT };
    struct weh_writer writer;

    pending->id = ++session->last_id;
    pending->sent_ns = soak_now_ns();
    id.as.integer = (int64_t)pending->id;
    weh_buf_clear(buf);
    weh_writer_init(&writer, session->codec, buf);
    weh_call_begin(&writer, &id, weh_str_from(info->method));
    info->write(session, pending, writer.sink);
    weh_call_end(&writer);
    session->soak->n_requests++;
    soak_resume_send(session);
}

static bool ask(struct soak_session *session, enum soak_kind kind)
{
    struct soak_pending *pending = &session->window[session->n_window];

    *pending = (struct soak_pending){ .kind = kind };
    if (!soak_kind_info(kind)->plan(session, pending)) {
        return false;
    }
    session->n_window++;
    write_request(session, pending);
    return true;
}

static void acknowledge(struct soak_session *session)
{
    struct weh_buf *buf = &session->soak->request;
    struct weh_writer writer;

    weh_buf_clear(buf);
    weh_writer_init(&writer, session->codec, buf);
    weh_call_begin(&writer, NULL, WEH_STR("session.ack"));
    weh_sink_map_begin(writer.sink, 1);
    weh_sink_key(writer.sink, "received");
    weh_sink_int(writer.sink, (int64_t)session->n_received);
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    session->n_acked = session->n_received;
    soak_resume_send(session);
}

/* Break the connection somewhere in what is to come, now and then. */
static void maybe_cut(struct soak_session *session)
{
    uint32_t every = session->soak->options.cut_every;

    if (every == 0 || soak_dice(&session->random, every) != 0) {
        return;
    }
    if (soak_dice(&session->random, 2) == 0) {
        soak_channel_cut_after(&session->channel, soak_dice(&session->random, 1500), SOAK_NEVER);
    } else {
        soak_channel_cut_after(&session->channel, SOAK_NEVER, soak_dice(&session->random, 4000));
    }
}

static void play(struct soak_session *session)
{
    uint32_t n = 1 + soak_dice(&session->random, SOAK_WINDOW);
    uint32_t draws = 0;

    maybe_cut(session);
    if (!session->is_open) {
        (void)ask(session, SOAK_OPEN);
        return;
    }
    while (session->n_window < n && draws++ < DRAWS_MAX) {
        enum soak_kind kind = soak_kind_draw(&session->random);

        if (ask(session, kind) && (soak_kind_info(kind)->flags & SOAK_LAST) != 0) {
            return;
        }
    }
    if (session->n_window == 0) {
        (void)ask(session, SOAK_PING);
    }
}

static void park(struct soak_session *session)
{
    session->soak->n_opening -= session->stage == SOAK_OPENING ? 1 : 0;
    session->soak->n_parked++;
    session->is_parked = true;
    sleep_until(session, SOAK_NEVER);
}

/* The next of @kinds that is possible. */
static void follow(struct soak_session *session, const enum soak_kind *kinds, uint32_t n)
{
    while (session->step < n && session->n_window == 0) {
        (void)ask(session, kinds[session->step++]);
    }
    if (session->n_window == 0) {
        park(session);
    }
}

static void begin(struct soak_session *session)
{
    if (!ask(session, SOAK_CHECKOUT) && !ask(session, SOAK_OPEN)) {
        park(session);
    }
}

static void settle(struct soak_session *session)
{
    if (!session->is_open) {
        (void)ask(session, SOAK_OPEN);
        return;
    }
    /* There must be room for one more transaction, or what is unsaved would stay so. */
    if (session->step == 0 && session->model.n_done == SOAK_TXNS_MAX) {
        (void)ask(session, SOAK_CANCEL_TO);
        return;
    }
    follow(session, settling, WEH_ARRAY_LEN(settling));
}

static void leave(struct soak_session *session)
{
    if (session->step == 0 && !session->is_open) {
        session->step = 1;
    }
    follow(session, leaving, WEH_ARRAY_LEN(leaving));
}

/* The window is empty and the connection up. */
static void next_window(struct soak_session *session)
{
    session->n_window = 0;
    session->n_answered = 0;
    session->was_lost = false;
    if (session->n_received - session->n_acked >= ACK_EVERY) {
        acknowledge(session);
    }
    switch (session->stage) {
    case SOAK_OPENING:
        begin(session);
        break;
    case SOAK_WORKING:
        play(session);
        break;
    case SOAK_SETTLING:
        settle(session);
        break;
    case SOAK_LEAVING:
        leave(session);
        break;
    case SOAK_DONE:
    case SOAK_FAILED:
        return;
    }
    if (session->n_window > 0) {
        sleep_until(session, soak_now_ns() + (uint64_t)session->soak->options.timeout_ms * 1000000);
    }
    if (session->channel.state == SOAK_CHANNEL_CLOSED && session->link == SOAK_LINK_UP) {
        soak_resume_lost(session);
    }
}

static bool is_window_open(const struct soak_session *session)
{
    return session->n_answered < session->n_window;
}

bool soak_session_has_left(const struct soak_session *session)
{
    return session->stage == SOAK_LEAVING && session->step == WEH_ARRAY_LEN(leaving);
}

void soak_session_done(struct soak_session *session)
{
    session->stage = SOAK_DONE;
    session->soak->n_done++;
    sleep_until(session, SOAK_NEVER);
    soak_channel_close(&session->channel);
}

/* All that was asked is answered. */
static void end_window(struct soak_session *session)
{
    uint32_t think_ms = session->soak->options.think_ms;

    soak_resume_settled(session);
    session->n_window = 0;
    session->n_answered = 0;
    if (soak_session_has_left(session)) {
        soak_session_done(session);
    } else if (session->retry_s > 0) {
        sleep_until(session, soak_now_ns() + (uint64_t)session->retry_s * 1000000000);
        session->retry_s = 0;
    } else if (session->stage == SOAK_WORKING && think_ms > 0) {
        sleep_until(session,
                    soak_now_ns() + (uint64_t)soak_dice(&session->random, 2 * think_ms) * 1000000);
    } else {
        /* With the next turn of the loop: no session keeps the others waiting. */
        sleep_until(session, 0);
    }
}

void soak_session_enter(struct soak_session *session, enum soak_stage stage)
{
    if (session->stage == SOAK_FAILED || session->stage == SOAK_DONE) {
        return;
    }
    session->stage = stage;
    session->step = 0;
    if (session->is_parked) {
        session->is_parked = false;
        session->soak->n_parked--;
        sleep_until(session, 0);
    }
}

void soak_session_wake(struct soak_session *session)
{
    if (session->stage == SOAK_FAILED || session->stage == SOAK_DONE) {
        sleep_until(session, SOAK_NEVER);
    } else if (session->link == SOAK_LINK_NONE) {
        soak_resume_connect(session);
    } else if (session->link != SOAK_LINK_UP || is_window_open(session)) {
        (void)soak_session_fail(
            session, SOAK_FAULT_TIMEOUT, "no reply to request %llu, %s",
            (unsigned long long)session->window[session->n_answered].id,
            session->link != SOAK_LINK_UP
                ? "session.hello or the handshake"
                : soak_kind_info(session->window[session->n_answered].kind)->method);
    } else {
        sleep_until(session, SOAK_NEVER);
        next_window(session);
    }
}

static void take(struct soak_session *session, const struct soak_message *message)
{
    int64_t id = -1;

    if (message->incoming.kind == WEH_INCOMING_NOTIFICATION) {
        session->n_received++;
        soak_check_notification(session, message);
    } else if (weh_value_to_int64(&message->incoming.id, &id) && id == 0) {
        soak_resume_answered(session, message);
        if (session->link == SOAK_LINK_UP && !is_window_open(session)) {
            sleep_until(session, session->is_parked ? SOAK_NEVER : 0);
        }
    } else {
        session->n_received++;
        soak_check_reply(session, message);
        if (session->stage != SOAK_FAILED && !is_window_open(session)) {
            end_window(session);
        }
    }
}

void soak_session_turn(struct soak_session *session, uint32_t events)
{
    struct soak_message message;
    struct weh_str raw;

    soak_channel_turn(&session->channel, events);
    if (session->link == SOAK_LINK_CONNECTING && session->channel.state == SOAK_CHANNEL_OPEN) {
        soak_resume_hello(session);
    }
    while (session->stage != SOAK_FAILED && session->stage != SOAK_DONE &&
           soak_channel_next(&session->channel, &raw)) {
        session->soak->n_messages++;
        session->soak->n_bytes += raw.len;
        if (soak_check_message(session, raw, &message)) {
            take(session, &message);
        }
    }
    if (session->channel.state == SOAK_CHANNEL_CLOSED && session->stage != SOAK_FAILED &&
        session->stage != SOAK_DONE && session->link != SOAK_LINK_NONE) {
        soak_resume_lost(session);
    }
}
