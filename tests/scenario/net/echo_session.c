/* tests/scenario/net/echo_session.c - the session interface over an echo.
 *
 * Messages with a meaning: "big:N" is answered with N bytes, "close" ends the session with
 * SESSION_CLOSE, "who" is answered with the user's name.
 */
#include "echo_session.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>

#include "weh/admin.h"
#include "weh/alloc.h"
#include "weh/buf.h"
#include "weh/host.h"
#include "weh/ipc.h"
#include "weh/metrics.h"

struct message {
    struct message *next;
    uint8_t *bytes;
    size_t len;
};

struct weh_session {
    struct weh_host *host;
    struct weh_channel *channel;
    enum weh_codec codec;
    char user[128];
    int64_t expires_ms;
    struct weh_session *next_to_run;
    struct message *in_head, **in_tail;
    struct weh_frame *out_head, **out_tail;
    size_t out_bytes;
    enum weh_close_reason reason;
    bool is_scheduled, is_ending, is_finished, is_channel_gone;
};

struct weh_host {
    const struct weh_config *config;
    pthread_t worker;
    pthread_mutex_t lock; /* one for everything: this is a test */
    pthread_cond_t work;
    struct weh_session *run_head, **run_tail;
    atomic_size_t n_sessions;
    bool is_stopping;
    void (*wake)(void *ctx);
    void *wake_ctx;
};

static const struct weh_close_info infos[] = {
#define X(name, code, is_error, text) { #name, text, code, is_error },
#include "weh/close_reasons.def"
#undef X
};

const struct weh_close_info *weh_close_info(enum weh_close_reason reason)
{
    return &infos[reason];
}

void weh_frame_destroy(struct weh_frame *frame)
{
    if (frame != NULL) {
        weh_free(frame->memory);
        weh_free(frame);
    }
}

static void schedule(struct weh_session *session)
{
    struct weh_host *host = session->host;

    if (!session->is_scheduled && !session->is_finished) {
        session->is_scheduled = true;
        session->next_to_run = NULL;
        *host->run_tail = session;
        host->run_tail = &session->next_to_run;
        (void)pthread_cond_signal(&host->work);
    }
}

static void end_locked(struct weh_session *session, enum weh_close_reason reason)
{
    if (!session->is_ending) {
        session->is_ending = true;
        session->reason = reason;
        schedule(session);
    }
}

static void drop_out(struct weh_session *session)
{
    while (session->out_head != NULL) {
        struct weh_frame *next = session->out_head->next;

        weh_frame_destroy(session->out_head);
        session->out_head = next;
    }
    session->out_tail = &session->out_head;
}

static void destroy(struct weh_session *session)
{
    drop_out(session);
    weh_free(session);
}

/* What came as a block (weh/ipc.h) goes back as its frames. */
static void find_parts(struct weh_frame *frame)
{
    struct weh_ipc_parts parts;
    struct weh_str text;

    if (!weh_ipc_split((struct weh_str){ (const char *)weh_frame_payload(frame), frame->len },
                       &text, &parts)) {
        abort();
    }
    frame->n_parts = parts.n;
    frame->len -= WEH_IPC_TRAILER_BYTES(parts.n);
}

/* Put an answer of @len bytes into the outbox. */
static void answer(struct weh_session *session, const void *bytes, size_t len)
{
    struct weh_frame *frame = NULL;
    bool is_ending = false;

    (void)pthread_mutex_lock(&session->host->lock);
    is_ending = session->is_ending;
    (void)pthread_mutex_unlock(&session->host->lock);
    if (is_ending) {
        return; /* nobody would read it */
    }
    frame = weh_calloc(1, sizeof(*frame));
    if (frame == NULL) {
        abort();
    }
    frame->memory = weh_calloc(1, WEH_FRAME_HEADROOM + len + 1);
    if (frame->memory == NULL) {
        abort();
    }
    if (bytes == NULL) {
        memset(weh_frame_payload(frame), 'x', len);
    } else if (len != 0) {
        memcpy(weh_frame_payload(frame), bytes, len);
    }
    frame->len = len;
    frame->is_text = weh_codec_is_text(session->codec);
    if (session->codec == WEH_CODEC_IPC) {
        find_parts(frame);
    }
    (void)pthread_mutex_lock(&session->host->lock);
    *session->out_tail = frame;
    session->out_tail = &frame->next;
    session->out_bytes += frame->len;
    if (session->out_bytes > (uint64_t)session->host->config->limits_outbox_bytes) {
        end_locked(session, WEH_CLOSE_SLOW_READER);
        drop_out(session);
    }
    if (!session->is_channel_gone) {
        session->channel->ops->wake(session->channel);
    }
    (void)pthread_mutex_unlock(&session->host->lock);
}

static void run_message(struct weh_session *session, const struct message *message)
{
    struct weh_str text = { (const char *)message->bytes, message->len };

    if (text.len > 4 && text.len < 20 && memcmp(text.ptr, "big:", 4) == 0) {
        char digits[20] = "";

        memcpy(digits, text.ptr + 4, text.len - 4);
        answer(session, NULL, strtoul(digits, NULL, 10));
    } else if (weh_str_eq_text(text, "who")) {
        answer(session, session->user, strlen(session->user));
    } else if (weh_str_eq_text(text, "close")) {
        weh_session_end(session, WEH_CLOSE_SESSION_CLOSE);
    } else {
        answer(session, text.ptr, text.len);
    }
}

/* One turn of a scheduled session. */
static void run(struct weh_session *session)
{
    struct weh_host *host = session->host;
    struct message *message = NULL;
    bool is_last = false;

    for (;;) {
        (void)pthread_mutex_lock(&host->lock);
        message = session->in_head;
        if (message == NULL) {
            break;
        }
        session->in_head = message->next;
        if (session->in_head == NULL) {
            session->in_tail = &session->in_head;
        }
        (void)pthread_mutex_unlock(&host->lock);
        run_message(session, message);
        weh_free(message->bytes);
        weh_free(message);
    }
    session->is_scheduled = false;
    if (session->is_ending) {
        session->is_finished = true;
        is_last = session->is_channel_gone;
        host->n_sessions--;
        if (!is_last) {
            session->channel->ops->wake(session->channel);
        } else if (host->wake != NULL) {
            host->wake(host->wake_ctx);
        }
    }
    (void)pthread_mutex_unlock(&host->lock);
    if (is_last) {
        destroy(session);
    }
}

/* Wait for a session that has something to do; NULL when the host stops. */
static struct weh_session *take_session(struct weh_host *host)
{
    struct weh_session *session = NULL;

    (void)pthread_mutex_lock(&host->lock);
    while (host->run_head == NULL && !host->is_stopping) {
        (void)pthread_cond_wait(&host->work, &host->lock);
    }
    session = host->run_head;
    if (session != NULL) {
        host->run_head = session->next_to_run;
        if (host->run_head == NULL) {
            host->run_tail = &host->run_head;
        }
    }
    (void)pthread_mutex_unlock(&host->lock);
    return session;
}

static void *worker(void *ctx)
{
    struct weh_session *session = NULL;

    while ((session = take_session(ctx)) != NULL) {
        run(session);
    }
    return NULL;
}

struct weh_host *echo_host_create(const struct weh_config *config)
{
    struct weh_host *host = weh_calloc(1, sizeof(*host));

    if (host == NULL) {
        abort();
    }
    host->config = config;
    host->run_tail = &host->run_head;
    if (pthread_mutex_init(&host->lock, NULL) != 0 || pthread_cond_init(&host->work, NULL) != 0 ||
        pthread_create(&host->worker, NULL, worker, host) != 0) {
        abort();
    }
    return host;
}

void echo_host_destroy(struct weh_host *host)
{
    (void)pthread_mutex_lock(&host->lock);
    host->is_stopping = true;
    (void)pthread_cond_signal(&host->work);
    (void)pthread_mutex_unlock(&host->lock);
    (void)pthread_join(host->worker, NULL);
    (void)fprintf(stderr, "sessions=%zu\n", atomic_load(&host->n_sessions));
    (void)pthread_cond_destroy(&host->work);
    (void)pthread_mutex_destroy(&host->lock);
    weh_free(host);
}

void weh_host_attach(struct weh_host *host, void (*wake)(void *ctx), void *ctx)
{
    (void)pthread_mutex_lock(&host->lock);
    host->wake = wake;
    host->wake_ctx = ctx;
    (void)pthread_mutex_unlock(&host->lock);
}

uint64_t weh_host_service(struct weh_host *host)
{
    (void)host;
    return WEH_NEVER;
}

size_t weh_host_session_count(const struct weh_host *host)
{
    return atomic_load(&host->n_sessions);
}

weh_err weh_session_create(const struct weh_session_options *options, struct weh_session **out,
                           struct weh_diag *diag)
{
    struct weh_session *session = weh_calloc(1, sizeof(*session));

    if (session == NULL) {
        return weh_fail_nomem(diag);
    }
    session->host = options->host;
    session->channel = options->channel;
    session->codec = options->codec;
    session->expires_ms = options->expires_ms;
    (void)snprintf(session->user, sizeof(session->user), "%s", options->user);
    session->in_tail = &session->in_head;
    session->out_tail = &session->out_head;
    (void)pthread_mutex_lock(&session->host->lock);
    session->host->n_sessions++;
    (void)pthread_mutex_unlock(&session->host->lock);
    *out = session;
    return WEH_OK;
}

void weh_session_receive(struct weh_session *session, uint8_t *bytes, size_t len)
{
    struct message *message = weh_calloc(1, sizeof(*message));

    if (message == NULL) {
        abort();
    }
    message->bytes = bytes;
    message->len = len;
    (void)pthread_mutex_lock(&session->host->lock);
    if (session->is_ending) {
        weh_free(bytes);
        weh_free(message);
    } else {
        *session->in_tail = message;
        session->in_tail = &message->next;
        schedule(session);
    }
    (void)pthread_mutex_unlock(&session->host->lock);
}

void weh_session_take_over(struct weh_session *session)
{
    (void)session;
}

struct weh_frame *weh_session_next_frame(struct weh_session *session)
{
    struct weh_frame *frame = NULL;

    (void)pthread_mutex_lock(&session->host->lock);
    frame = session->out_head;
    if (frame != NULL) {
        session->out_head = frame->next;
        frame->next = NULL;
        if (session->out_head == NULL) {
            session->out_tail = &session->out_head;
        }
    }
    (void)pthread_mutex_unlock(&session->host->lock);
    return frame;
}

void weh_session_frame_done(struct weh_session *session, struct weh_frame *frame)
{
    (void)session;
    weh_frame_destroy(frame);
}

void weh_session_give_back(struct weh_session *session, struct weh_frame *frame, size_t n_sent)
{
    (void)session;
    (void)n_sent;
    weh_frame_destroy(frame);
}

enum weh_room weh_host_room(struct weh_host *host, const char *user)
{
    (void)host;
    (void)user;
    return WEH_ROOM_FREE;
}

void weh_host_stop(struct weh_host *host, uint64_t within_ms, bool hurry)
{
    (void)host;
    (void)within_ms;
    (void)hurry;
}

void weh_host_call(struct weh_host *host, const struct weh_caller *caller, struct weh_str body,
                   struct weh_buf *out)
{
    (void)host;
    (void)caller;
    (void)body;
    (void)out;
}

void weh_session_close_text(struct weh_session *session, char *out, size_t size)
{
    (void)session;
    (void)size;
    out[0] = '\0';
}

void weh_session_sent(struct weh_session *session, size_t n)
{
    (void)pthread_mutex_lock(&session->host->lock);
    weh_assert(session->out_bytes >= n);
    session->out_bytes -= n;
    (void)pthread_mutex_unlock(&session->host->lock);
}

bool weh_session_wants_close(struct weh_session *session, enum weh_close_reason *reason)
{
    bool wants = false;

    (void)pthread_mutex_lock(&session->host->lock);
    wants = session->is_finished && session->out_head == NULL;
    *reason = session->reason;
    (void)pthread_mutex_unlock(&session->host->lock);
    return wants;
}

void weh_session_end(struct weh_session *session, enum weh_close_reason reason)
{
    (void)pthread_mutex_lock(&session->host->lock);
    end_locked(session, reason);
    (void)pthread_mutex_unlock(&session->host->lock);
}

void weh_session_check_expiry(struct weh_session *session, int64_t now_ms)
{
    if (now_ms >= session->expires_ms) {
        weh_session_end(session, WEH_CLOSE_TOKEN_EXPIRED);
    }
}

void weh_session_channel_gone(struct weh_session *session, enum weh_close_reason reason)
{
    bool is_last = false;

    (void)pthread_mutex_lock(&session->host->lock);
    end_locked(session, reason);
    session->is_channel_gone = true;
    is_last = session->is_finished;
    (void)fprintf(stderr, "gone %s\n", infos[session->reason].name);
    (void)pthread_mutex_unlock(&session->host->lock);
    if (is_last) {
        destroy(session);
    }
}

const char *weh_session_name(const struct weh_session *session)
{
    return session->user;
}

/* ---- nothing is counted here ---- */

struct weh_metrics *weh_host_metrics(const struct weh_host *host)
{
    (void)host;
    return NULL;
}

void weh_metrics_add(struct weh_metrics *metrics, enum weh_metric metric, int64_t n)
{
    (void)metrics;
    (void)metric;
    (void)n;
}

void weh_metrics_print(const struct weh_host *host, struct weh_buf *out)
{
    (void)host;
    weh_buf_printf(out, "# nothing\n");
}
