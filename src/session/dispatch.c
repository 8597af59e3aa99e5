/* src/session/dispatch.c - the one gate before a handler, and the way of its reply.
 *
 * Handlers repeat none of these checks: state, access, arguments, cancelled meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/audit.h"
#include "weh/clock.h"
#include "weh/ipc.h"

#include "call_priv.h"
#include "overflow.h"

struct weh_codec_limits session_codec_limits(const struct weh_session *session)
{
    const struct weh_config *config = session->host->options.config;

    return (struct weh_codec_limits){ (uint32_t)config->limits_message_depth,
                                      (uint32_t)config->limits_message_values };
}

weh_err session_decode_params(const struct weh_session *session,
                              const struct weh_envelope *envelope, struct weh_arena *arena,
                              struct weh_value *out, struct weh_diag *diag)
{
    const struct weh_codec_limits limits = session_codec_limits(session);

    if (!envelope->is_ipc) {
        return weh_params_decode(session->codec, envelope->params, &limits, arena, out, diag);
    }
    return session->codec == WEH_CODEC_IPC
               ? weh_ipc_params_decode(envelope, &limits, arena, out, diag)
               : weh_ipc_packed_decode(envelope, &limits, arena, out, diag);
}

void session_buf_begin(const struct weh_session *session, struct weh_buf *buf)
{
    static const uint8_t headroom[WEH_FRAME_HEADROOM];

    buf->limit_bytes =
        (size_t)session->host->options.config->limits_outbox_bytes + WEH_FRAME_HEADROOM;
    weh_buf_append(buf, headroom, sizeof(headroom));
}

/* More than this waiting for a wake is not held back. */
#define HELD_BYTES ((size_t)256 * 1024)

void session_push_locked(struct weh_session *session, enum sender sender, struct weh_frame *frame)
{
    if (sender == SENDER_HELLO) {
        outbox_push_front(&session->outbox, frame);
    } else {
        frame->seq = ++session->n_made;
        if (session->codec == WEH_CODEC_IPC) {
            weh_ipc_set_sequence(weh_frame_payload(frame), session->ipc_made++);
        }
        outbox_push(&session->outbox, frame);
    }
    session->wake_due = sender == SENDER_WORKER && session->outbox.bytes <= HELD_BYTES;
    if (!session->wake_due && session->channel != NULL) {
        session->channel->ops->wake(session->channel);
    }
}

/* The most that may wait in the outbox: requests wait from half of the limit on, and the reply or
 * notification that comes then may be as long as the limit. */
static size_t most_unread(const struct weh_session *session)
{
    return (size_t)session->host->options.config->limits_outbox_bytes +
           session_outbox_high(session);
}

/* A page that is loaded anew counts its requests from 1 again: it must get none of the answers to the
 * former one. */
static bool is_for_client_locked(const struct weh_session *session, enum sender sender)
{
    return session->codec != WEH_CODEC_IPC ||
           (session->channel != NULL &&
            (sender != SENDER_WORKER || session->run_generation == session->generation));
}

/* Queue @frame, or free it; true: it is left, and has to wait outside of the outbox. */
static bool queue_locked(struct weh_session *session, enum sender sender, struct weh_frame *frame)
{
    const bool overflows = sender == SENDER_WORKER && session_overflows_locked(session);

    /* Of a session that ends nothing is moved out of the file any more. */
    if (!is_for_client_locked(session, sender) ||
        (session->channel == NULL && !session->is_detached) ||
        (session->ending != ENDING_NOT &&
         (overflows || session->reason == WEH_CLOSE_SLOW_READER))) {
        weh_frame_destroy(frame);
        return false;
    }
    if (overflows) {
        session_wake_if_due(session);
        return true;
    }
    if (session->outbox.bytes > most_unread(session)) {
        weh_frame_destroy(frame);
        weh_metrics_add(session->host->metrics, WEH_METRIC_LIMIT_OUTBOX, 1);
        session_end_locked(session, WEH_CLOSE_SLOW_READER);
    } else {
        session_push_locked(session, sender, frame);
    }
    return false;
}

static void send_into_file(struct weh_session *session, struct weh_frame *frame)
{
    weh_err err = session_overflow_add(session, frame, NULL);

    weh_frame_destroy(frame);
    if (err == WEH_E_LIMIT) {
        weh_metrics_add(session->host->metrics, WEH_METRIC_LIMIT_OUTBOX, 1);
    }
    if (err != WEH_OK) {
        weh_session_end(session, err == WEH_E_LIMIT ? WEH_CLOSE_SLOW_READER : WEH_CLOSE_FAULT);
    }
}

/* Of a block (weh/ipc.h) the payload is what goes on the wire. */
static void find_parts(struct weh_frame *frame)
{
    struct weh_str block = { (const char *)weh_frame_payload(frame), frame->len };
    struct weh_ipc_parts parts;
    struct weh_str text;
    const bool is_block = weh_ipc_split(block, &text, &parts);

    weh_assert(is_block);
    frame->n_parts = parts.n;
    frame->len -= WEH_IPC_TRAILER_BYTES(parts.n);
}

void session_send(struct weh_session *session, enum sender sender, struct weh_buf *buf)
{
    struct weh_frame *frame = weh_calloc(1, sizeof(*frame));
    bool is_left;
    size_t len;

    if (frame == NULL || buf->err != WEH_OK) {
        weh_free(frame);
        weh_buf_fini(buf);
        weh_session_end(session, WEH_CLOSE_FAULT);
        return;
    }
    frame->memory = weh_buf_take(buf, &len);
    frame->len = len - WEH_FRAME_HEADROOM;
    frame->is_text = weh_codec_is_text(session->codec);
    if (session->codec == WEH_CODEC_IPC) {
        find_parts(frame);
    }
    (void)pthread_mutex_lock(&session->lock);
    is_left = queue_locked(session, sender, frame);
    (void)pthread_mutex_unlock(&session->lock);
    if (is_left) {
        send_into_file(session, frame);
    }
}

/* Into @buf, which is empty. */
static void encode_error(const struct weh_session *session, const struct weh_envelope *envelope,
                         const struct weh_edit_subject *subject, const struct weh_diag *diag,
                         const char *activity_id, struct weh_buf *buf)
{
    struct weh_writer writer;

    session_buf_begin(session, buf);
    weh_writer_init(&writer, session->codec, buf);
    weh_ipc_answers(&writer, envelope);
    weh_ipc_error_about(&writer, subject);
    weh_error_write(&writer, envelope->has_id ? &envelope->id : NULL, diag, activity_id);
}

void session_send_error(struct weh_session *session, enum sender sender,
                        const struct weh_envelope *envelope, const struct weh_edit_subject *subject,
                        const struct weh_diag *diag, const char *activity_id)
{
    struct weh_buf buf;

    if (!envelope->has_id && (envelope->is_ipc || session->codec == WEH_CODEC_IPC)) {
        return; /* nobody waits */
    }
    weh_buf_init(&buf, 0);
    encode_error(session, envelope, subject, diag, activity_id, &buf);
    if (buf.err == WEH_E_TOO_LARGE && subject != NULL) {
        /* What the client has sent need not come back. */
        weh_buf_clear(&buf);
        encode_error(session, envelope, NULL, diag, activity_id, &buf);
    }
    session_send(session, sender, &buf);
}

void session_own_begin(const struct weh_session *session, struct weh_writer *writer,
                       struct weh_buf *buf)
{
    session_buf_begin(session, buf);
    weh_writer_init(writer, session->codec == WEH_CODEC_IPC ? WEH_CODEC_JSON : session->codec, buf);
}

void session_send_own(struct weh_session *session, enum sender sender, struct weh_buf *buf)
{
    if (session->codec == WEH_CODEC_IPC) {
        weh_buf_fini(buf);
    } else {
        session_send(session, sender, buf);
    }
}

struct weh_sink *weh_notify_begin(struct weh_session *session, const char *name)
{
    session_own_begin(session, &session->notify_writer, &session->notify_buf);
    weh_call_begin(&session->notify_writer, NULL, weh_str_from(name));
    return session->notify_writer.sink;
}

void weh_notify_end(struct weh_session *session)
{
    weh_call_end(&session->notify_writer);
    session->stats.notifications++;
    session_send_own(session, SENDER_WORKER, &session->notify_buf);
}

void session_default_activity(const struct weh_session *session,
                              const struct weh_envelope *envelope, uint64_t number,
                              struct activity *out)
{
    out->trace[0] = '\0';
    if (weh_activity_is_valid(envelope->activity)) {
        (void)snprintf(out->id, sizeof(out->id), "%.*s", WEH_STR_ARGS(envelope->activity));
    } else if (session->correlation[0] != '\0') {
        (void)snprintf(out->id, sizeof(out->id), "%s", session->correlation);
    } else {
        (void)snprintf(out->id, sizeof(out->id), "%s-%llu", session->name,
                       (unsigned long long)number);
    }
}

/* The text @key of @meta; false when there is none. */
static bool meta_text(const struct weh_value *meta, const char *key, struct weh_str *out)
{
    const struct weh_value *value = weh_value_get(meta, key);

    if (weh_value_is_null(value)) {
        return false;
    }
    *out = value->type == WEH_VALUE_STRING ? weh_value_str(value) : (struct weh_str){ "", 0 };
    return true;
}

/* The activity of the request: the client's, else that of its trace; else @out stays. */
weh_err session_read_activity(const struct weh_value *params, struct activity *out,
                              struct weh_diag *diag)
{
    const struct weh_value *meta = weh_value_get(params, "_meta");
    struct weh_str text;

    if (meta == NULL || meta->type != WEH_VALUE_MAP) {
        return WEH_OK; /* weh_args_decode says what is wrong with it */
    }
    if (meta_text(meta, "traceparent", &text)) {
        if (!weh_traceparent_read(text, out->trace)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "_meta.traceparent",
                                  "_meta.traceparent must be one as W3C Trace Context says");
        }
        (void)snprintf(out->id, sizeof(out->id), "%s", out->trace);
    }
    if (meta_text(meta, "activityId", &text)) {
        if (!weh_activity_is_valid(text)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "_meta.activityId",
                                  "_meta.activityId must be 1 to %d visible ASCII characters",
                                  WEH_ACTIVITY_SIZE - 1);
        }
        (void)snprintf(out->id, sizeof(out->id), "%.*s", WEH_STR_ARGS(text));
    }
    return WEH_OK;
}

static weh_err check_gates(struct weh_session *session, const struct job *job,
                           struct weh_diag *diag)
{
    const struct weh_method *method = job->method;

    if (job->cancelled) {
        return weh_fail(diag, WEH_E_CANCELLED, "cancelled before it began");
    }
    /* With several iModels open a method works with one that is, or is answered that it is not. */
    if (!session->is_ipc && (method->states & (1u << session->state)) == 0) {
        return weh_fail(diag, WEH_E_STATE, "%s is not allowed %s", method->name,
                        session->state == WEH_SESSION_NEW ? "before a briefcase is open"
                                                          : "while a briefcase is open");
    }
    return session_check_token(session, method, diag);
}

static weh_err run_handler(struct weh_call *call, const struct job *job, struct weh_writer *writer,
                           struct weh_diag *diag)
{
    weh_err err;

    weh_reply_begin(writer, &job->envelope.id);
    err = job->method->handler(call, diag);
    if (err != WEH_OK) {
        return err;
    }
    weh_reply_end(writer);
    return writer->buf->err == WEH_OK
               ? WEH_OK
               : weh_fail(diag, writer->buf->err, "the reply is larger than the limit");
}

static void look_at_facts(const struct weh_session *session, struct weh_app_facts *facts)
{
    if (facts->name[0] == '\0' && session->host->options.ops->facts != NULL) {
        session->host->options.ops->facts(session->workspace, facts);
    }
}

/* The handler between what the application wants called around it. What is open is looked at before, as it
 * may be closed then, and if nothing was, after. @facts NULL: nobody asks. */
static weh_err run_between(struct weh_call *call, const struct job *job,
                           struct weh_app_facts *facts, struct weh_writer *writer,
                           struct weh_diag *diag)
{
    const struct weh_app_ops *ops = call->session->host->options.ops;
    struct weh_diag after;
    weh_err after_err;
    weh_err err = ops->before(call->workspace, call, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (facts != NULL) {
        look_at_facts(call->session, facts);
    }
    err = run_handler(call, job, writer, diag);
    if (facts != NULL) {
        look_at_facts(call->session, facts);
    }
    after_err = ops->after(call->workspace, &after);
    /* The later failure matters more: it says what became of the briefcase. */
    if (after_err != WEH_OK) {
        err = after_err;
        *diag = after;
    }
    return err;
}

/* A request for the worker: gates, arguments, handler. */
static weh_err run_in_order(struct weh_call *call, const struct job *job,
                            const struct weh_value *params, struct weh_app_facts *facts,
                            struct weh_writer *writer, struct weh_diag *diag)
{
    struct weh_arg args[WEH_MAX_ARGS];
    weh_err err = check_gates(call->session, job, diag);

    if (err == WEH_OK) {
        err = weh_args_decode(job->method->args, params, call->arena, args, diag);
    }
    if (err == WEH_OK && session_is_audited(job->method)) {
        err = weh_audit_check(call->session->host->options.audit, diag);
    }
    if (err == WEH_OK) {
        call->args = args;
        err = run_between(call, job, facts, writer, diag);
        call->args = NULL;
    }
    return err;
}

/* The same, told to the audit log if the method belongs there. */
static weh_err run_audited(struct weh_call *call, const struct job *job,
                           const struct weh_value *params, struct weh_writer *writer,
                           struct weh_diag *diag)
{
    struct weh_app_facts facts = { .txn_id = 0 };
    struct audit_entry entry = { .user = call->session->user,
                                 .peer = call->session->peer,
                                 .session = call->session->name,
                                 .activity = &call->session->activity,
                                 .method = job->method,
                                 .params = params,
                                 .facts = &facts };
    weh_err err;

    if (call->session->host->options.audit == NULL || !session_is_audited(job->method)) {
        return run_in_order(call, job, params, NULL, writer, diag);
    }
    err = run_in_order(call, job, params, &facts, writer, diag);
    look_at_facts(call->session, &facts); /* of one that did not begin */
    session_audit(call->host, &entry, err);
    return err;
}

weh_err session_run_at_once(struct weh_call *call, const struct job *job,
                            const struct weh_value *params, struct weh_writer *writer,
                            struct weh_diag *diag)
{
    struct weh_arg args[WEH_MAX_ARGS];
    weh_err err = WEH_OK;

    if (session_is_audited(job->method)) {
        err = weh_audit_check(call->host->options.audit, diag);
    }
    if (err == WEH_OK) {
        err = weh_args_decode(job->method->args, params, call->arena, args, diag);
    }
    if (err == WEH_OK) {
        call->args = args;
        err = run_handler(call, job, writer, diag);
        call->args = NULL;
    }
    return err;
}

/* A request past the mailbox: here, in the service thread. */
static weh_err run_out_of_band(struct weh_call *call, const struct job *job,
                               const struct weh_value *params, const struct activity *activity,
                               struct weh_writer *writer, struct weh_diag *diag)
{
    const struct weh_app_facts none = { .txn_id = 0 };
    const struct audit_entry entry = { .user = call->session->user,
                                       .peer = call->session->peer,
                                       .session = call->session->name,
                                       .activity = activity,
                                       .method = job->method,
                                       .params = params,
                                       .facts = &none };
    weh_err err = session_check_operator(call->session, job->method, diag);

    if (err == WEH_OK) {
        err = session_run_at_once(call, job, params, writer, diag);
    }
    if (job->method->access >= WEH_ACCESS_ADMIN) {
        session_operator_did(call->host, &entry, err, diag);
    }
    return err;
}

/* Decode the arguments and call the handler; @arena is emptied by the caller. */
static weh_err call_method(struct weh_session *session, struct job *job, struct weh_arena *arena,
                           struct weh_writer *writer, struct activity *activity,
                           struct weh_diag *diag)
{
    const struct weh_app_ops *ops = session->host->options.ops;
    struct weh_value params;
    struct weh_call call = { .session = session,
                             .host = session->host,
                             .method = job->method,
                             .request_id = job->envelope.has_id ? &job->envelope.id : NULL,
                             .result = writer->sink,
                             .writer = writer,
                             .result_err = &writer->buf->err,
                             .arena = arena,
                             .workspace = session->workspace,
                             .activity_id = activity->id,
                             .subject = &job->subject };
    weh_err err;

    err = session_decode_params(session, &job->envelope, arena, &params, diag);
    if (err == WEH_OK) {
        err = session_read_activity(&params, activity, diag);
    }
    if (err == WEH_OK && job->envelope.is_rpc && ops->check_version != NULL) {
        err = ops->check_version(job->method, job->envelope.version, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    return weh_method_is_out_of_band(job->method)
               ? run_out_of_band(&call, job, &params, activity, writer, diag)
               : run_audited(&call, job, &params, writer, diag);
}

static void log_request(const struct weh_session *session, const struct job *job, weh_err err,
                        const struct weh_diag *diag, uint64_t took_us)
{
    const bool fault = err != WEH_OK && weh_err_info(err)->scope == WEH_SCOPE_SESSION;
    struct weh_log_who who = session_who(session);

    if (err == WEH_OK) {
        weh_log(session->host->options.log, WEH_LOG_DEBUG, &who, "request",
                WEH_F_TEXT("method", job->method->name),
                WEH_F_TEXT("trace", session->activity.trace), WEH_F_INT("us", took_us));
    } else {
        weh_log(session->host->options.log, fault ? WEH_LOG_ERROR : WEH_LOG_DEBUG, &who,
                "request.failed", WEH_F_TEXT("method", job->method->name),
                WEH_F_TEXT("error", weh_err_info(err)->name), WEH_F_TEXT("text", diag->text),
                WEH_F_TEXT("where", diag->where), WEH_F_TEXT("detail", diag->detail),
                WEH_F_TEXT("file", diag->file), WEH_F_INT("line", diag->line),
                WEH_F_TEXT("trace", session->activity.trace), WEH_F_INT("us", took_us));
    }
}

/* Count, log, and see what the failure means for the session. Worker. */
static void settle(struct weh_session *session, const struct job *job, weh_err err,
                   const struct weh_diag *diag, uint64_t took_us)
{
    session->stats.requests++;
    if (took_us > session->stats.longest_us) {
        session->stats.longest_us = took_us;
    }
    log_request(session, job, err, diag, took_us);
    if (err != WEH_OK) {
        session->stats.failures++;
        if (weh_err_info(err)->scope == WEH_SCOPE_SESSION) {
            weh_session_end_after_reply(session, WEH_CLOSE_FAULT);
        }
    }
}

static enum sender sender_of(const struct weh_method *method)
{
    if (!weh_method_is_out_of_band(method)) {
        return SENDER_WORKER;
    }
    return (method->flags & WEH_METHOD_UNCOUNTED) != 0 ? SENDER_HELLO : SENDER_CHANNEL;
}

/* Out-of-band calls run beside a worker that may hold the session: they get memory of their own
 * and leave the worker's members alone. */
void session_run_job(struct weh_session *session, struct job *job)
{
    const bool out_of_band = weh_method_is_out_of_band(job->method);
    const enum sender sender = sender_of(job->method);
    const uint64_t started_us = weh_clock_mono_us();
    struct weh_arena own_arena;
    struct weh_arena *arena = out_of_band ? &own_arena : &session->arena;
    struct activity own_activity;
    struct activity *activity = out_of_band ? &own_activity : &session->activity;
    struct weh_writer writer;
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_buf buf;
    uint64_t took_us;
    uint64_t outer_generation = 0;
    weh_err err = WEH_OK;

    weh_arena_init(&own_arena, 0);
    weh_buf_init(&buf, 0);
    session_buf_begin(session, &buf);
    weh_writer_init(&writer, session->codec, &buf);
    weh_ipc_answers(&writer, &job->envelope);
    if (!out_of_band) {
        outer_generation = session->run_generation;
        session->run_generation = job->generation;
        session_progress_reset(session, started_us);
    }
    session_default_activity(session, &job->envelope, job->number, activity);
    err = call_method(session, job, arena, &writer, activity, &diag);
    took_us = weh_clock_mono_us() - started_us;
    weh_writer_fini(&writer);
    weh_metrics_request(session->host->metrics, host_method_index(session->host, job->method), err,
                        took_us);
    if (!out_of_band) {
        settle(session, job, err, &diag, took_us);
        session->idle_since_ms = service_now_ms();
        session_show(session); /* before its client can know that it is over */
    }
    if (session->moved_to != NULL && out_of_band) {
        session = session->moved_to;
    }
    if (!job->envelope.has_id) {
        weh_buf_fini(&buf);
    } else if (err == WEH_OK) {
        session_send(session, sender, &buf);
    } else {
        weh_buf_fini(&buf);
        session_send_error(session, sender, &job->envelope, &job->subject, &diag, activity->id);
    }
    weh_arena_fini(&own_arena);
    if (!out_of_band) {
        weh_arena_reset(&session->arena);
        session->activity.id[0] = '\0';
        session->run_generation = outer_generation;
    }
}
