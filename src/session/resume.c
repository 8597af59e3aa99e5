/* src/session/resume.c - sessions without a channel, and how a client takes its session back.
 *
 * Both sides count messages, from the first of the session, all but session.hello and its replies. What
 * was sent is kept until the client has told that it came in, within session.resume_bytes: what goes
 * beyond is forgotten, and a client that lacks it cannot resume. Frames are kept as they were sent, in
 * one list (kept), in front of those that wait to be sent (outbox): resuming moves what the client lacks
 * back to the front of the latter.
 *
 * A token is rotated when it is used. The reply with the new one can be lost, so the one that was used
 * stays good until a message on the new connection shows that the reply came in. That gives nobody
 * more: who has the old token could have used it a moment ago.
 */
#include <string.h>

#include "weh/clock.h"
#include "weh/id.h"

#include "call_priv.h"

/* A frame in the list costs more than its bytes. */
#define FRAME_OVERHEAD_BYTES 128

/* Failed attempts of one connection. The next ones need a handshake with credentials each. */
#define BAD_RESUMES_MAX 5

/* ---- what is kept ---- */

static size_t cost_of(const struct weh_frame *frame)
{
    return frame->len + FRAME_OVERHEAD_BYTES;
}

/* Frees the oldest that is kept. */
static void forget_first(struct weh_session *session)
{
    struct weh_frame *frame = outbox_pop(&session->kept);

    session->kept.bytes -= cost_of(frame);
    session->n_gone = frame->seq;
    weh_frame_destroy(frame);
}

void session_keep_locked(struct weh_session *session, struct weh_frame *frame)
{
    const struct weh_config *config = session->host->options.config;
    const uint64_t limit =
        config->session_linger_s == 0 || !session->is_resumable || session->ending != ENDING_NOT
            ? 0
            : (uint64_t)config->session_resume_bytes;

    if (frame->seq == 0) {
        weh_frame_destroy(frame);
        return;
    }
    outbox_push(&session->kept, frame);
    session->kept.bytes += FRAME_OVERHEAD_BYTES;
    while (session->kept.head != NULL && session->kept.bytes > limit) {
        if (limit != 0) {
            weh_metrics_add(session->host->metrics, WEH_METRIC_LIMIT_RESUME_BYTES, 1);
        }
        forget_first(session);
    }
}

weh_err weh_session_acknowledge(struct weh_session *session, uint64_t received,
                                struct weh_diag *diag)
{
    bool is_wrong;

    (void)pthread_mutex_lock(&session->lock);
    is_wrong = received > session->n_made;
    while (!is_wrong && session->kept.head != NULL && session->kept.head->seq <= received) {
        forget_first(session);
    }
    (void)pthread_mutex_unlock(&session->lock);
    return is_wrong ? weh_fail_where(diag, WEH_E_BAD_ARGS, "received", "so many were not sent")
                    : WEH_OK;
}

void session_count_taken(struct weh_session *session)
{
    session->n_taken++;
    /* Seldom: only this thread sets it. Workers read it under the lock. */
    if (session->has_previous) {
        (void)pthread_mutex_lock(&session->lock);
        session->has_previous = false;
        session->has_new_token = true; /* its claim must not name the other any more */
        (void)pthread_mutex_unlock(&session->lock);
    }
}

/* ---- without a channel ---- */

static bool is_loss(enum weh_close_reason reason)
{
    return reason == WEH_CLOSE_SOCKET_LOST || reason == WEH_CLOSE_PING_TIMEOUT ||
           reason == WEH_CLOSE_CLIENT_AWAY;
}

/* A reply to hello belongs to the connection that is gone. */
static void drop_uncounted(struct outbox *outbox)
{
    struct outbox left = { NULL, NULL, 0 };
    struct weh_frame *frame;

    while ((frame = outbox_pop(outbox)) != NULL) {
        outbox->bytes -= frame->len;
        if (frame->seq == 0) {
            weh_frame_destroy(frame);
        } else {
            outbox_push(&left, frame);
        }
    }
    left.bytes += outbox->bytes;
    *outbox = left;
}

bool session_detach_locked(struct weh_session *session, enum weh_close_reason reason)
{
    struct weh_host *host = session->host;
    const struct weh_config *config = host->options.config;
    struct weh_log_who who = { session->name, NULL };

    if (!is_loss(reason) || session->ending != ENDING_NOT ||
        !(session->is_resumable || session->label[0] != '\0') || config->session_linger_s == 0 ||
        host->is_stopping || host->n_detached >= (size_t)config->limits_sessions ||
        !users_may_detach(session)) {
        return false;
    }
    drop_uncounted(&session->outbox);
    if (session->codec == WEH_CODEC_IPC) {
        session_begin_anew_locked(session);
    }
    session->is_detached = true;
    session->linger_ms = service_now_ms() + (uint64_t)config->session_linger_s * 1000;
    users_detached(session, true);
    service_arm(&host->service, session, session->linger_ms);
    weh_log(host->options.log, WEH_LOG_INFO, &who, "session.detached",
            WEH_F_TEXT("reason", weh_close_info(reason)->name),
            WEH_F_INT("linger_s", config->session_linger_s));
    return true;
}

void session_undetach_locked(struct weh_session *session)
{
    if (session->is_detached) {
        session->is_detached = false;
        session->linger_ms = WEH_NEVER;
        users_detached(session, false);
    }
}

static void stop_detached(struct weh_session *session, bool hurry)
{
    (void)pthread_mutex_lock(&session->lock);
    if (session->is_detached) {
        session_undetach_locked(session);
        session_end_locked(session, WEH_CLOSE_SHUTDOWN);
    }
    if (session->channel == NULL && hurry) {
        session_cancel_locked(session);
    }
    (void)pthread_mutex_unlock(&session->lock);
}

static void stop_visited(void *ctx, struct weh_session *session)
{
    stop_detached(session, *(const bool *)ctx);
}

static void tell_drain(void *ctx, struct weh_session *session)
{
    session_tell_time(session, "session.onDrain", "deadline", *(const int64_t *)ctx);
}

void weh_host_stop(struct weh_host *host, uint64_t within_ms, bool hurry)
{
    const bool is_first = !host->is_stopping;

    host->is_stopping = true;
    if (is_first) {
        int64_t deadline_ms = weh_clock_wall_ms() + (int64_t)within_ms;

        weh_host_each(host, tell_drain, &deadline_ms);
    }
    weh_host_each(host, stop_visited, &hurry);
}

/* ---- taking it back ---- */

/* Under the lock: workers write the token into claims. */
static void take_token(struct weh_session *session, const uint8_t token[WEH_RESUME_TOKEN_BYTES],
                       bool has_previous)
{
    (void)pthread_mutex_lock(&session->lock);
    memcpy(session->token, token, WEH_RESUME_TOKEN_BYTES);
    session->has_previous = has_previous;
    session->has_new_token = true;
    session->is_resumable = true;
    (void)pthread_mutex_unlock(&session->lock);
}

/* In the same time wherever they differ. */
static bool is_same_token(const uint8_t a[WEH_RESUME_TOKEN_BYTES],
                          const uint8_t b[WEH_RESUME_TOKEN_BYTES])
{
    volatile uint8_t difference = 0;

    for (size_t i = 0; i < WEH_RESUME_TOKEN_BYTES; i++) {
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

/* The two hexadecimal digits at @text; -1 when they are none. Not fast, and the same for all. */
static int read_byte(const char *text)
{
    int value = 0;

    for (size_t i = 0; i < 2; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9') {
            value = value * 16 + (c - '0');
        } else if (c >= 'a' && c <= 'f') {
            value = value * 16 + (c - 'a') + 10;
        } else {
            return -1;
        }
    }
    return value;
}

static bool read_token(struct weh_str text, uint8_t out[WEH_RESUME_TOKEN_BYTES])
{
    if (text.len != WEH_RESUME_TOKEN_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < WEH_RESUME_TOKEN_BYTES; i++) {
        int byte = read_byte(text.ptr + i + i);

        if (byte < 0) {
            return false;
        }
        out[i] = (uint8_t)byte;
    }
    return true;
}

/* One error for all that may be wrong: it tells nobody which sessions there are. */
static weh_err refuse(struct weh_session *session, struct weh_diag *diag)
{
    session->n_bad_resumes++;
    weh_metrics_add(session->host->metrics, WEH_METRIC_RESUMES_REFUSED, 1);
    if (session->n_bad_resumes >= BAD_RESUMES_MAX) {
        weh_session_end(session, WEH_CLOSE_RESUME_GUESSES);
    }
    return weh_fail_where(diag, WEH_E_RESUME, "resume",
                          "there is no such session, or not with this token");
}

/* The session that @resume names, if it is the client's of @session and may be had; else NULL. */
static struct weh_session *find_session(const struct weh_session *session,
                                        const struct weh_resume *resume)
{
    struct weh_session *wanted = weh_host_find(session->host, resume->session_id);
    uint8_t token[WEH_RESUME_TOKEN_BYTES];
    bool is_current;
    bool is_previous;

    if (!read_token(resume->token, token) || wanted == NULL || wanted == session ||
        !wanted->is_resumable || strcmp(wanted->user, session->user) != 0) {
        return NULL;
    }
    is_current = is_same_token(token, wanted->token);
    is_previous = is_same_token(token, wanted->previous);
    if (!is_current && !(is_previous && wanted->has_previous)) {
        return NULL;
    }
    if (is_current) {
        (void)pthread_mutex_lock(&wanted->lock);
        memcpy(wanted->previous, wanted->token, sizeof(wanted->previous));
        (void)pthread_mutex_unlock(&wanted->lock);
    }
    return wanted;
}

/* Can the client have all it lacks? @wanted's lock is held. */
static weh_err check_locked(struct weh_session *wanted, uint64_t received, struct weh_diag *diag)
{
    if (wanted->ending != ENDING_NOT) {
        return WEH_E_RESUME;
    }
    if (received > wanted->n_made) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "resume",
                              "resume.received: so many were not sent");
    }
    if (received < wanted->n_gone) {
        session_end_locked(wanted, WEH_CLOSE_RESUME_LOST);
        weh_metrics_add(wanted->host->metrics, WEH_METRIC_RESUMES_LOST, 1);
        return weh_fail_where(diag, WEH_E_RESUME_LOST, "resume",
                              "messages that you lack are not kept; the session has ended");
    }
    return WEH_OK;
}

struct weh_channel *session_take_channel_locked(struct weh_session *wanted)
{
    struct weh_channel *channel = wanted->channel;

    if (channel != NULL) {
        wanted->channel = NULL;
        wanted->is_detached = true;
        users_detached(wanted, true);
    }
    return channel;
}

/* What the client has is forgotten, what it lacks comes first in the outbox. The lock is held. */
static void rewind_locked(struct weh_session *session, uint64_t received)
{
    struct outbox rest = session->outbox;
    struct weh_frame *frame;

    session->outbox = (struct outbox){ NULL, NULL, 0 };
    while ((frame = outbox_pop(&session->kept)) != NULL) {
        outbox_push(&session->outbox, frame);
    }
    session->kept.bytes = 0;
    while ((frame = outbox_pop(&rest)) != NULL) {
        outbox_push(&session->outbox, frame);
    }
    drop_uncounted(&session->outbox);
    while (session->outbox.head != NULL && session->outbox.head->seq <= received) {
        frame = outbox_pop(&session->outbox);
        session->outbox.bytes -= frame->len;
        weh_frame_destroy(frame);
    }
    session->n_gone = received;
}

/* Give @channel to @wanted; false when that has ended meanwhile. */
static bool attach(struct weh_session *wanted, struct weh_channel *channel, uint64_t received)
{
    bool is_alive;

    (void)pthread_mutex_lock(&wanted->lock);
    is_alive = wanted->ending == ENDING_NOT;
    if (is_alive) {
        rewind_locked(wanted, received);
        session_undetach_locked(wanted);
        wanted->channel = channel;
        if (wanted->paused && wanted->outbox.bytes <= session_outbox_high(wanted) / 2) {
            wanted->paused = false;
            session_schedule_locked(wanted);
        }
    }
    (void)pthread_mutex_unlock(&wanted->lock);
    return is_alive;
}

void session_retire(struct weh_session *session, struct weh_session *wanted)
{
    bool is_finished;

    (void)pthread_mutex_lock(&session->lock);
    session->channel = NULL;
    session_end_locked(session, WEH_CLOSE_RESUMED);
    is_finished = session->ending == ENDING_FINISHED;
    (void)pthread_mutex_unlock(&session->lock);
    session->moved_to = wanted;
    if (is_finished) {
        service_post_ended(&session->host->service, session);
    }
}

static weh_err take_back(struct weh_session *session, struct weh_session *wanted, uint64_t received,
                         struct weh_diag *diag)
{
    struct weh_channel *channel = session->channel;
    struct weh_channel *other = NULL;
    weh_err err;

    (void)pthread_mutex_lock(&wanted->lock);
    err = check_locked(wanted, received, diag);
    if (err == WEH_OK) {
        other = session_take_channel_locked(wanted);
    }
    (void)pthread_mutex_unlock(&wanted->lock);
    if (other != NULL) {
        other->ops->detached(other, WEH_CLOSE_RESUMED_ELSEWHERE);
    }
    if (err == WEH_OK && !attach(wanted, channel, received)) {
        err = WEH_E_RESUME;
    }
    if (err != WEH_OK) {
        return err == WEH_E_RESUME ? refuse(session, diag) : err;
    }
    session_hand_rights(session, wanted);
    session_retire(session, wanted);
    channel->ops->attached(channel, wanted);
    weh_metrics_add(wanted->host->metrics, WEH_METRIC_RESUMES_DONE, 1);
    return WEH_OK;
}

static weh_err resume(struct weh_session *session, const struct weh_resume *from,
                      struct weh_session *wanted, struct weh_hello *out, struct weh_diag *diag)
{
    /* No request has run in @session: its members are nobody else's. */
    const enum weh_access access = weh_session_access(session);
    struct weh_log_who who = { NULL, NULL };
    uint8_t token[WEH_RESUME_TOKEN_BYTES];
    weh_err err;

    if (wanted->codec != session->codec || wanted->is_ipc != session->is_ipc) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "resume",
                              "the session has another encoding, or other methods");
    }
    err = weh_random(token, sizeof(token), diag);
    if (err == WEH_OK) {
        err = take_back(session, wanted, from->received, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    take_token(wanted, token, true);
    /* A worker writes the claim with the new token, without waiting for a request. */
    weh_session_tick_soon(wanted);
    who.session = wanted->name;
    weh_log(wanted->host->options.log, WEH_LOG_INFO, &who, "session.resumed",
            WEH_F_TEXT("peer", session->peer), WEH_F_INT("received", from->received));
    *out = (struct weh_hello){
        .session = wanted, .access = access, .resumed = true, .received = wanted->n_taken
    };
    weh_hex_print(wanted->token, sizeof(wanted->token), out->token);
    return WEH_OK;
}

/* ---- a new one ---- */

static weh_err begin(struct weh_session *session, struct weh_hello *out, struct weh_diag *diag)
{
    uint8_t token[WEH_RESUME_TOKEN_BYTES];
    weh_err err = weh_random(token, sizeof(token), diag);

    if (err != WEH_OK) {
        return err;
    }
    take_token(session, token, false);
    *out = (struct weh_hello){ .session = session,
                               .access = weh_session_access(session),
                               .received = session->n_taken };
    weh_hex_print(session->token, sizeof(session->token), out->token);
    return WEH_OK;
}

weh_err weh_session_hello(struct weh_session *session, const struct weh_resume *from,
                          struct weh_hello *out, struct weh_claim *claim, struct weh_diag *diag)
{
    struct weh_session *wanted = NULL;
    bool is_ending;
    weh_err err;

    (void)pthread_mutex_lock(&session->lock);
    is_ending = session->ending != ENDING_NOT;
    (void)pthread_mutex_unlock(&session->lock);
    if (is_ending) {
        return weh_fail(diag, WEH_E_STATE, "the session is ending");
    }
    if (from == NULL) {
        return begin(session, out, diag);
    }
    wanted = find_session(session, from);
    if (wanted != NULL) {
        return resume(session, from, wanted, out, diag);
    }
    if (!claim_take(session, from, claim)) {
        return refuse(session, diag);
    }
    err = begin(session, out, diag);
    if (err == WEH_OK) {
        err = claim_follow(session, claim, diag);
    }
    out->is_led_back = err == WEH_OK;
    return err;
}
