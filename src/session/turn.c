/* src/session/turn.c - the worker's side of a session: one job after the other, and the tick. */
#include <time.h>

#include "weh/clock.h"

#include "call_priv.h"
#include "overflow.h"

/* Requests answered before the channel is woken although more wait. */
#define MAX_HELD 16

/* A client that asks for much and reads slowly waits for its own answers, and for nothing else. */
size_t session_outbox_high(const struct weh_session *session)
{
    return (size_t)session->host->options.config->limits_outbox_bytes / 2;
}

/* What a worker that holds the session is to do next. */
enum step {
    STEP_JOB,
    STEP_TICK,
    STEP_ASK_TICK, /* ask when the next tick is wanted */
    STEP_FINISH,
    STEP_LEAVE /* the session has left the run queue */
};

static enum step no_job_step_locked(struct weh_session *session)
{
    if (session->ending == ENDING_ASKED) {
        return STEP_FINISH;
    }
    if (session->tick_due && session->ending == ENDING_NOT) {
        session->tick_due = false;
        session->run_generation = session->generation;
        return STEP_TICK;
    }
    if (session->tick_unasked && session->ending == ENDING_NOT) {
        session->tick_unasked = false;
        return STEP_ASK_TICK;
    }
    session->scheduled = false;
    return STEP_LEAVE;
}

/* @out  the job of STEP_JOB. */
static enum step next_step(struct weh_session *session, struct job **out)
{
    struct job *job;
    enum step step = STEP_JOB;

    (void)pthread_mutex_lock(&session->lock);
    session->running_id = NULL;
    session_refill_locked(session);
    if (session->ending == ENDING_NOT && session->outbox.bytes > session_outbox_high(session)) {
        session->paused = true;
        weh_metrics_add(session->host->metrics, WEH_METRIC_LIMIT_OUTBOX_PAUSE, 1);
        session->scheduled = false;
        session_wake_if_due(session);
        (void)pthread_mutex_unlock(&session->lock);
        return STEP_LEAVE;
    }
    while ((job = mailbox_pop(&session->mailbox)) != NULL && session->drop_jobs) {
        job_destroy(job);
    }
    if (job == NULL) {
        step = no_job_step_locked(session);
    } else {
        session->running_id = job->envelope.has_id ? &job->envelope.id : NULL;
        session_show_begin_locked(session, job->method);
        atomic_store(&session->cancel, job->cancelled);
    }
    (void)pthread_mutex_unlock(&session->lock);
    *out = job;
    return step;
}

void session_wake_if_due(struct weh_session *session)
{
    if (session->wake_due && session->channel != NULL) {
        session->channel->ops->wake(session->channel);
    }
    session->wake_due = false;
    session->n_held = 0;
}

static void run_job(struct weh_session *session, struct job *job)
{
    session_take_rights(session);
    session_run_job(session, job);
    if (session->end_after_reply) {
        weh_session_end(session, session->end_reason);
    }
    (void)pthread_mutex_lock(&session->lock);
    session->running_id = NULL; /* it points into the job */
    session->tick_unasked = session->host->options.ops->tick_after != NULL;
    session->tick_ms = WEH_NEVER;
    session->tick_due = false;
    session->n_held++;
    if (session->mailbox.n == 0 || session->n_held >= MAX_HELD) {
        session_wake_if_due(session);
    }
    (void)pthread_mutex_unlock(&session->lock);
    job_destroy(job);
}

static void run_tick(struct weh_session *session)
{
    const struct weh_app_ops *ops = session->host->options.ops;

    session_take_rights(session);
    ops->tick(session->workspace, service_now_ms() - session->idle_since_ms);
    if (session->end_after_reply) {
        weh_session_end(session, session->end_reason);
    }
    /* It rests: the next request begins with a new one. */
    weh_arena_fini(&session->arena);
    weh_arena_init(&session->arena, 0);
    session_show(session);
    (void)pthread_mutex_lock(&session->lock);
    session->tick_unasked = true;
    session_wake_if_due(session);
    (void)pthread_mutex_unlock(&session->lock);
}

static void ask_tick(struct weh_session *session)
{
    uint64_t now_ms = service_now_ms();
    uint64_t after_ms = session->host->options.ops->tick_after(session->workspace);
    uint64_t due_ms = after_ms == 0 ? WEH_NEVER : now_ms + after_ms;

    (void)pthread_mutex_lock(&session->lock);
    session->tick_ms = due_ms;
    (void)pthread_mutex_unlock(&session->lock);
    service_arm(&session->host->service, session, due_ms);
}

void weh_session_tick_soon(struct weh_session *session)
{
    (void)pthread_mutex_lock(&session->lock);
    if (session->ending == ENDING_NOT && session->host->options.ops->tick != NULL) {
        session->tick_due = true;
        if (!session->paused) {
            session_schedule_locked(session);
        }
    }
    (void)pthread_mutex_unlock(&session->lock);
}

void session_due(struct weh_session *session, uint64_t now_ms)
{
    uint64_t next_ms;

    (void)pthread_mutex_lock(&session->lock);
    if (session->tick_ms <= now_ms) {
        session->tick_ms = WEH_NEVER;
        session->tick_due = session->ending == ENDING_NOT;
        if (session->tick_due && !session->paused) {
            session_schedule_locked(session);
        }
    }
    if (session->is_detached && session->linger_ms <= now_ms) {
        session_undetach_locked(session);
        session_end_locked(session, WEH_CLOSE_NOT_RESUMED);
    }
    next_ms = session->tick_ms < session->linger_ms ? session->tick_ms : session->linger_ms;
    (void)pthread_mutex_unlock(&session->lock);
    service_arm(&session->host->service, session, next_ms);
}

static uint64_t thread_cpu_ns(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* One step; false when the session has left the run queue: then it may be gone. */
static bool run_next(struct weh_session *session)
{
    const uint64_t start_ns = thread_cpu_ns();
    struct job *job = NULL;

    switch (next_step(session, &job)) {
    case STEP_JOB:
        run_job(session, job);
        break;
    case STEP_TICK:
        run_tick(session);
        break;
    case STEP_ASK_TICK:
        ask_tick(session);
        return true;
    case STEP_FINISH:
        session_finish(session);
        return false;
    case STEP_LEAVE:
        return false;
    }
    usage_add(&session->usage, thread_cpu_ns() - start_ns);
    return true;
}

bool session_turn(struct weh_session *session, struct worker *worker)
{
    const int64_t turn = session->host->options.config->workers_turn_messages;
    const uint64_t end_us = weh_clock_mono_us() + SESSION_TURN_US;
    const enum lane lane = session->usage.lane;
    bool more = true;

    session->worker = worker;
    /* After a false the session may be gone. */
    for (int64_t i = 0; i < turn && more; i++) {
        atomic_fetch_add(&worker->step, 1);
        gate_enter(worker, &session->cancel);
        more = run_next(session);
        atomic_fetch_add(&worker->step, 1);
        if (more && (session->usage.lane != lane || weh_clock_mono_us() >= end_us)) {
            break;
        }
    }
    gate_leave(worker);
    if (more) {
        session->worker = NULL;
        (void)pthread_mutex_lock(&session->lock);
        session_wake_if_due(session);
        (void)pthread_mutex_unlock(&session->lock);
    }
    return more;
}
