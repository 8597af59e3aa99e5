/* src/session/within.c - requests that run within another one of the same session.
 *
 * A request that takes long and can be left alone for a while (a query on a connection of its own) lets what
 * waits behind it run, from within its handler: in the same thread, so that nothing of the session is ever
 * used by two. What belongs to the running request is put aside meanwhile. No deeper: what runs within does
 * not call this.
 */
#include "weh/within.h"

#include "weh/clock.h"

#include "call_priv.h"

/* Of the request that waits while others run within it. */
struct aside {
    const struct weh_value *running_id;
    const struct weh_method *method;
    struct weh_arena arena;
    struct activity activity;
    uint64_t next_progress_us;
};

enum weh_waiting weh_session_waiting(const struct weh_session *session)
{
    if (atomic_load_explicit(&session->mailbox.n_edits, memory_order_relaxed) > 0) {
        return WEH_WAITING_EDITS;
    }
    return atomic_load_explicit(&session->mailbox.n_all, memory_order_relaxed) > 0 ||
                   weh_spill_len(&session->overflow) > 0
               ? WEH_WAITING_READS
               : WEH_WAITING_NONE;
}

/* Requests may run now: as between two turns, the client has read what it was answered. */
static bool is_free_locked(struct weh_session *session)
{
    session_refill_locked(session);
    return session->mailbox.head != NULL && session->ending == ENDING_NOT &&
           !atomic_load(&session->cancel) && session->outer_id == NULL &&
           !session_overflows_locked(session);
}

/* The next job, if it may run now; the session is as if it ran nothing else. */
static struct job *begin(struct weh_session *session, weh_may_run may_run, struct aside *aside,
                         bool *is_refused)
{
    struct job *job = NULL;
    bool is_free;

    (void)pthread_mutex_lock(&session->lock);
    is_free = is_free_locked(session);
    *is_refused = is_free && !may_run(session->mailbox.head->method);
    if (is_free && !*is_refused) {
        job = mailbox_pop(&session->mailbox);
        aside->running_id = session->running_id;
        aside->method = session->shown.method;
        session->is_outer_cancelled = false;
        session->outer_id = session->running_id;
        session->running_id = job->envelope.has_id ? &job->envelope.id : NULL;
        session_show_begin_locked(session, job->method);
        atomic_store(&session->cancel, job->cancelled);
    }
    (void)pthread_mutex_unlock(&session->lock);
    return job;
}

static void end(struct weh_session *session, const struct aside *aside)
{
    (void)pthread_mutex_lock(&session->lock);
    session->running_id = aside->running_id;
    session->outer_id = NULL;
    session_show_begin_locked(session, aside->method);
    atomic_store(&session->cancel, session->is_outer_cancelled);
    /* The one outside goes on for a while. */
    session_wake_if_due(session);
    (void)pthread_mutex_unlock(&session->lock);
}

static void run(struct weh_session *session, struct job *job, struct aside *aside)
{
    aside->arena = session->arena;
    aside->activity = session->activity;
    aside->next_progress_us = session->next_progress_us;
    weh_arena_init(&session->arena, 0);
    session_take_rights(session);
    session_run_job(session, job);
    if (session->end_after_reply) {
        weh_session_end(session, session->end_reason);
    }
    weh_arena_fini(&session->arena);
    session->arena = aside->arena;
    session->activity = aside->activity;
    session->next_progress_us = aside->next_progress_us;
}

bool weh_session_run_waiting(struct weh_session *session, weh_may_run may_run)
{
    const uint64_t end_us = weh_clock_mono_us() + SESSION_TURN_US;
    bool is_refused = false;
    struct aside aside;
    struct job *job;

    for (int64_t i = 0; i < session->host->options.config->workers_turn_messages; i++) {
        job = begin(session, may_run, &aside, &is_refused);
        if (job == NULL) {
            break;
        }
        run(session, job, &aside);
        end(session, &aside);
        job_destroy(job);
        if (weh_clock_mono_us() >= end_us) {
            break;
        }
    }
    return is_refused;
}
