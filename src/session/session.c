/* src/session/session.c - making a session, and its two sides' ways in: the channel's (messages, frames)
 * and what handlers may ask. How it works is in turn.c, how it ends in end.c. */
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/id.h"
#include "weh/ipc.h"

#include "call_priv.h"
#include "session_ipc.h"

/* A message, its envelope and a queue entry; what the limit on bytes would not see. */
#define JOB_OVERHEAD_BYTES 256

#define OVERLOAD_RETRY_S 10

/* What runs in the service thread has to be short. */
#define OUT_OF_BAND_BYTES ((size_t)65536)

static weh_err make_name(char out[20], struct weh_diag *diag)
{
    uint8_t bytes[8];
    weh_err err = weh_random(bytes, sizeof(bytes), diag);

    if (err == WEH_OK) {
        out[0] = 's';
        weh_hex_print(bytes, sizeof(bytes), out + 1);
    }
    return err;
}

struct weh_log_who session_who(const struct weh_session *session)
{
    return (struct weh_log_who){ session->name, session->activity.id };
}

static weh_err register_session(struct weh_session *session, struct weh_diag *diag)
{
    struct weh_host *host = session->host;
    weh_err err = service_admit(&host->service, session, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = users_add(host, session, diag);
    if (err == WEH_OK) {
        err = table_add(&host->table, session, diag);
        if (err != WEH_OK) {
            users_remove(host, session);
        }
    }
    if (err != WEH_OK) {
        service_dismiss(&host->service, session);
    }
    return err;
}

static void unregister_session(struct weh_session *session)
{
    table_remove(&session->host->table, session);
    users_remove(session->host, session);
    service_dismiss(&session->host->service, session);
}

static void take_correlation(struct weh_session *session, const struct weh_session_options *options)
{
    if (options->activity != NULL) {
        (void)snprintf(session->correlation, sizeof(session->correlation), "%s", options->activity);
    }
}

static void init_session(struct weh_session *session, const struct weh_session_options *options)
{
    session->host = options->host;
    session->channel = options->channel;
    session->codec = options->codec;
    session->is_ipc = options->is_ipc || options->codec == WEH_CODEC_IPC;
    session->access = options->access;
    session->open_access = options->access;
    session->grants = weh_grants_acquire(options->grants);
    atomic_init(&session->expires_ms, options->expires_ms);
    session->state = WEH_SESSION_NEW;
    (void)snprintf(session->user, sizeof(session->user), "%s", options->user);
    (void)snprintf(session->peer, sizeof(session->peer), "%s", options->peer);
    if (options->label != NULL) {
        (void)snprintf(session->label, sizeof(session->label), "%s", options->label);
    }
    take_correlation(session, options);
    session->stats.started_us = weh_clock_mono_us();
    weh_arena_init(&session->arena, 0);
    weh_buf_init(&session->notify_buf, 0);
    session->tick_ms = WEH_NEVER;
    session->linger_ms = WEH_NEVER;
    session->idle_since_ms = service_now_ms();
    memcpy(session->shown.peer, session->peer, sizeof(session->shown.peer));
    session->shown.idle_since_ms = session->idle_since_ms;
}

weh_err weh_session_create(const struct weh_session_options *options, struct weh_session **out,
                           struct weh_diag *diag)
{
    struct weh_host *host = options->host;
    struct weh_session *session = NULL;
    weh_err err;

    /* Those that wait for their client must not keep it from coming back; they have a limit of their
     * own (session_detach_locked). */
    if (atomic_fetch_add(&host->n_sessions, 1) - host->n_detached >=
        (size_t)host->options.config->limits_sessions) {
        atomic_fetch_sub(&host->n_sessions, 1);
        weh_metrics_add(host->metrics, WEH_METRIC_LIMIT_SESSIONS, 1);
        return weh_fail(diag, WEH_E_LIMIT, "the server has as many sessions as it may");
    }
    session = weh_calloc(1, sizeof(*session));
    if (session == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    init_session(session, options);
    err = make_name(session->name, diag);
    if (err == WEH_OK) {
        err = register_session(session, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    err = host->options.ops->open(host->options.app, session, &session->workspace, diag);
    if (err != WEH_OK) {
        unregister_session(session);
        goto out;
    }
    (void)pthread_mutex_init(&session->lock, NULL);
    weh_metrics_add(host->metrics, WEH_METRIC_SESSIONS_STARTED, 1);
    weh_metrics_add(host->metrics, WEH_METRIC_SESSIONS_NEW, 1);
    struct weh_log_who who = { session->name, session->correlation };

    weh_log(host->options.log, WEH_LOG_INFO, &who, "session.start",
            WEH_F_TEXT("user", session->user), WEH_F_TEXT("peer", session->peer),
            WEH_F_TEXT("codec", weh_codec_name(session->codec)));
    *out = session;
    return WEH_OK;
out:
    if (session != NULL) {
        weh_grants_release(session->grants);
    }
    weh_free(session);
    atomic_fetch_sub(&host->n_sessions, 1);
    return err;
}

/* ---- the channel's side ---- */

void session_schedule_locked(struct weh_session *session)
{
    if (!session->scheduled) {
        session->scheduled = true;
        pool_submit(&session->host->pool, session);
    }
}

/* Put @job into the mailbox and see that a worker comes. False when the mailbox is full. */
static bool enqueue(struct weh_session *session, struct job *job)
{
    const struct weh_config *config = session->host->options.config;
    struct mailbox *mailbox = &session->mailbox;
    bool is_to_run = false;
    bool taken = true;

    session->had_request = true;
    (void)pthread_mutex_lock(&session->lock);
    if (session->ending != ENDING_NOT) {
        job_destroy(job); /* nobody is there to answer */
    } else if (mailbox->n >= (size_t)config->limits_mailbox_messages ||
               mailbox->bytes + job->len + JOB_OVERHEAD_BYTES >
                   (size_t)config->limits_mailbox_bytes) {
        taken = false;
        weh_metrics_add(session->host->metrics, WEH_METRIC_LIMIT_MAILBOX, 1);
        if (!job->envelope.has_id) {
            /* A notification cannot be refused with an answer, and must not vanish. */
            session_end_locked(session, WEH_CLOSE_FLOOD);
        }
    } else {
        mailbox_push(mailbox, job);
        is_to_run = !session->paused && !session->scheduled;
        session->scheduled = session->scheduled || is_to_run;
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (is_to_run) {
        /* Without the lock, which is the first thing that the worker wants. Nobody else submits it
         * meanwhile, as it is scheduled, and only this thread frees sessions. */
        pool_submit(&session->host->pool, session);
    }
    return taken;
}

static weh_err read_envelope(const struct weh_session *session, struct job *job,
                             struct weh_diag *diag)
{
    const struct weh_codec_limits limits = session_codec_limits(session);
    const struct weh_str bytes = { (const char *)job->bytes, job->len };
    weh_err err;

    if (session->codec == WEH_CODEC_IPC) {
        return weh_ipc_read(job->bytes, job->len, &limits, &job->envelope, diag);
    }
    err = weh_envelope_read(session->codec, bytes, &limits, &job->envelope, diag);
    return err == WEH_OK && session->is_ipc ? weh_ipc_unwrap(&job->envelope, diag) : err;
}

/* A session of stock frontends that is no connection of theirs has besides what concerns the session itself. */
static const struct weh_method *find_method(const struct weh_session *session,
                                            const struct weh_envelope *envelope)
{
    const struct weh_host_options *host = &session->host->options;
    const struct weh_method *method;

    if (envelope->is_ipc) {
        return weh_method_find(host->ipc_methods, host->n_ipc_methods, envelope->scope,
                               envelope->method);
    }
    method = weh_method_find(host->methods, host->n_methods, WEH_STR(""), envelope->method);
    return method != NULL && session->is_ipc && (method->flags & WEH_METHOD_WITHOUT_TOKEN) == 0
               ? NULL
               : method;
}

static weh_err read_job(struct weh_session *session, struct job *job, struct weh_diag *diag)
{
    weh_err err = read_envelope(session, job, diag);

    if (err != WEH_OK) {
        return err;
    }
    job->method = find_method(session, &job->envelope);
    if (job->method != NULL && weh_method_is_out_of_band(job->method) &&
        job->len > OUT_OF_BAND_BYTES) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "%s is not that long", job->method->name);
    }
    if (job->method == NULL && job->envelope.is_ipc) {
        return session_ipc_no_method(&job->envelope, diag);
    }
    if (job->method == NULL) {
        char name[64];

        (void)snprintf(name, sizeof(name), "%.*s", WEH_STR_ARGS(job->envelope.method));
        return weh_fail_where(diag, WEH_E_METHOD_NOT_FOUND, name, "there is no method %s", name);
    }
    return WEH_OK;
}

/* Of a message whose params nobody has read. A notification is not answered; what could not be read
 * may have been a request. */
static void send_early_error(struct weh_session *session, const struct weh_envelope *envelope,
                             const struct weh_diag *diag)
{
    struct activity activity;

    if (!envelope->has_id && envelope->method.len > 0) {
        return;
    }
    session_default_activity(session, envelope, session->n_taken, &activity);
    session_send_error(session, SENDER_CHANNEL, envelope, NULL, diag, activity.id);
}

/* May @job, which was read with @err, become work? All messages count. A notification that has to be
 * refused ends the session: it cannot be answered, and must not vanish. */
static weh_err check_flow(struct weh_session *session, const struct job *job, weh_err err,
                          struct weh_diag *diag)
{
    uint32_t retry_s = 1;
    enum flow flow = session_flow(session, job->len, &retry_s);
    bool is_too_much =
        err == WEH_OK && flow == FLOW_FINE && session_is_too_much(session, job->method);

    if (flow == FLOW_FINE && !is_too_much) {
        return err;
    }
    if (flow == FLOW_FLOOD || !job->envelope.has_id) {
        weh_session_end(session, WEH_CLOSE_FLOOD);
    }
    if (is_too_much) {
        err = weh_fail(diag, WEH_E_BUSY, "the server has too much to do");
        retry_s = OVERLOAD_RETRY_S;
    } else {
        err = weh_fail(diag, WEH_E_LIMIT, "too many messages or bytes a second");
    }
    weh_metrics_add(session->host->metrics,
                    is_too_much ? WEH_METRIC_LIMIT_OVERLOAD : WEH_METRIC_LIMIT_RATE, 1);
    diag->retry_s = retry_s;
    return err;
}

void weh_session_receive(struct weh_session *session, uint8_t *bytes, size_t len)
{
    struct job *job = weh_calloc(1, sizeof(*job));
    enum ipc_verdict verdict = IPC_TAKE;
    struct weh_diag diag;
    weh_err err;

    atomic_fetch_add_explicit(&session->stats.bytes_in, len, memory_order_relaxed);
    weh_metrics_add(session->host->metrics, WEH_METRIC_MESSAGES_RECEIVED, 1);
    weh_metrics_add(session->host->metrics, WEH_METRIC_BYTES_RECEIVED, (int64_t)len);
    if (job == NULL) {
        weh_free(bytes);
        weh_session_end(session, WEH_CLOSE_FAULT);
        return;
    }
    job->bytes = bytes;
    job->len = len;
    err = read_job(session, job, &diag);
    if (session->codec == WEH_CODEC_IPC) {
        verdict = session_ipc_take(session, &job->envelope, err);
        /* What is not taken gets no answer, but counts. */
        job->envelope.has_id = job->envelope.has_id && verdict == IPC_TAKE;
    } else if (job->envelope.is_ipc) {
        session_ipc_look_at_spelling(session, &job->envelope);
    }
    err = check_flow(session, job, err, &diag);
    if (verdict != IPC_TAKE) {
        job_destroy(job);
        return;
    }
    if (err != WEH_OK || (job->method->flags & WEH_METHOD_UNCOUNTED) == 0) {
        session_count_taken(session);
    }
    job->number = session->n_taken;
    job->generation = session->generation;
    if (err != WEH_OK) {
        send_early_error(session, &job->envelope, &diag);
        job_destroy(job);
        return;
    }
    if (weh_method_is_out_of_band(job->method)) {
        session_run_job(session, job);
        job_destroy(job);
        return;
    }
    if (!enqueue(session, job)) {
        (void)weh_fail(&diag, WEH_E_BUSY, "too many requests wait; read the replies first");
        send_early_error(session, &job->envelope, &diag);
        job_destroy(job);
    }
}

weh_err session_order(struct weh_session *session, struct weh_buf *buf, struct weh_diag *diag)
{
    struct job *job = buf->err == WEH_OK ? weh_calloc(1, sizeof(*job)) : NULL;
    weh_err err;

    if (job == NULL) {
        weh_buf_fini(buf);
        return weh_fail_nomem(diag);
    }
    job->bytes = weh_buf_take(buf, &job->len);
    err = read_job(session, job, diag);
    if (err == WEH_OK && !enqueue(session, job)) {
        err = weh_fail(diag, WEH_E_STATE, "the session is ending");
    }
    if (err != WEH_OK) {
        job_destroy(job);
    }
    return err;
}

struct weh_frame *weh_session_next_frame(struct weh_session *session)
{
    struct weh_frame *frame;

    (void)pthread_mutex_lock(&session->lock);
    frame = outbox_pop(&session->outbox);
    (void)pthread_mutex_unlock(&session->lock);
    return frame;
}

void weh_session_frame_done(struct weh_session *session, struct weh_frame *frame)
{
    (void)pthread_mutex_lock(&session->lock);
    session_keep_locked(session, frame);
    weh_metrics_add(session->host->metrics, WEH_METRIC_MESSAGES_SENT, 1);
    (void)pthread_mutex_unlock(&session->lock);
}

void weh_session_give_back(struct weh_session *session, struct weh_frame *frame, size_t n_sent)
{
    (void)pthread_mutex_lock(&session->lock);
    /* It has counted as sent so far; outbox_push_front counts all of it again. */
    session->outbox.bytes -= frame->len - n_sent;
    if (frame->seq == 0) {
        weh_frame_destroy(frame);
    } else {
        outbox_push_front(&session->outbox, frame);
    }
    (void)pthread_mutex_unlock(&session->lock);
}

void weh_session_sent(struct weh_session *session, size_t n)
{
    (void)pthread_mutex_lock(&session->lock);
    weh_assert(session->outbox.bytes >= n);
    session->outbox.bytes -= n;
    if (session->paused && session->outbox.bytes <= session_outbox_high(session) / 2) {
        session->paused = false;
        session_schedule_locked(session);
    }
    (void)pthread_mutex_unlock(&session->lock);
    atomic_fetch_add_explicit(&session->stats.bytes_out, n, memory_order_relaxed);
    weh_metrics_add(session->host->metrics, WEH_METRIC_BYTES_SENT, (int64_t)n);
}

bool weh_session_wants_close(struct weh_session *session, enum weh_close_reason *reason)
{
    bool wants;

    (void)pthread_mutex_lock(&session->lock);
    wants = session->ending == ENDING_FINISHED && session->outbox.head == NULL;
    *reason = session->reason;
    (void)pthread_mutex_unlock(&session->lock);
    return wants;
}

/* ---- either side ---- */

static bool same_id(const struct weh_value *a, const struct weh_value *b)
{
    if (a->type != b->type) {
        return false;
    }
    if (a->type == WEH_VALUE_STRING) {
        return weh_str_eq(weh_value_str(a), weh_value_str(b));
    }
    return a->type == WEH_VALUE_INT ? a->as.integer == b->as.integer
                                    : a->as.uinteger == b->as.uinteger;
}

/* The one of @id among those that others run within; NULL when there is none. */
static struct outer *find_outer(struct weh_session *session, const struct weh_value *id)
{
    for (size_t i = 0; i < session->n_outers; i++) {
        if (session->outers[i].id != NULL && same_id(session->outers[i].id, id)) {
            return &session->outers[i];
        }
    }
    return NULL;
}

bool weh_session_cancel_request(struct weh_session *session, const struct weh_value *id)
{
    struct outer *outer;
    bool found = false;

    (void)pthread_mutex_lock(&session->lock);
    outer = find_outer(session, id);
    if (session->running_id != NULL && same_id(session->running_id, id)) {
        atomic_store(&session->cancel, true);
        found = true;
    } else if (outer != NULL) {
        outer->is_cancelled = true;
        found = true;
    }
    for (struct job *job = session->mailbox.head; job != NULL && !found; job = job->next) {
        if (job->envelope.has_id && same_id(&job->envelope.id, id)) {
            job->cancelled = true;
            found = true;
        }
    }
    (void)pthread_mutex_unlock(&session->lock);
    return found;
}

struct weh_host *weh_session_host(const struct weh_session *session)
{
    return session->host;
}

const char *weh_session_name(const struct weh_session *session)
{
    return session->name;
}

const char *weh_session_user(const struct weh_session *session)
{
    return session->user;
}

enum weh_codec weh_session_codec(const struct weh_session *session)
{
    return session->codec;
}

bool weh_session_is_ipc(const struct weh_session *session)
{
    return session->is_ipc;
}

bool weh_session_is_first_request(const struct weh_session *session)
{
    return !session->had_request && !session->is_resumable;
}

const atomic_bool *weh_session_cancel_flag(const struct weh_session *session)
{
    return &session->cancel;
}

void weh_session_end_after_reply(struct weh_session *session, enum weh_close_reason reason)
{
    session->end_after_reply = true;
    session->end_reason = reason;
}
