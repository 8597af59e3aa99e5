/* src/session/within.c - requests that run within another one of the same session.
 *
 * A request that takes long and can be left alone for a while (a query on a connection of its own) lets what
 * waits behind it run, from within its handler: in the same thread, so that nothing of the session is ever
 * used by two. What belongs to the running request is put aside meanwhile. What runs within may do the same; so
 * there is a stack of those that wait, of bounded depth.
 */
#include "weh/within.h"

#include "weh/clock.h"
#include "weh/ipc.h"

#include "call_priv.h"
#include "overflow.h"

/* Requests that one look at the mailbox may pass by. */
#define MAX_PASSED 100

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

/* ---- looking at what waits; only this thread takes anything out of the mailbox, so what was seen stays ---- */

/* Requests may run now: as between two turns, the client has read what it was answered. */
static bool is_free_locked(struct weh_session *session)
{
    session_refill_locked(session);
    return session->ending == ENDING_NOT && !atomic_load(&session->cancel) &&
           session->n_outers < SESSION_OUTERS && !session_overflows_locked(session);
}

static struct job *first(struct weh_session *session)
{
    struct job *job;

    (void)pthread_mutex_lock(&session->lock);
    job = is_free_locked(session) ? session->mailbox.head : NULL;
    (void)pthread_mutex_unlock(&session->lock);
    return job;
}

static struct job *behind(struct weh_session *session, const struct job *job)
{
    struct job *next;

    (void)pthread_mutex_lock(&session->lock);
    next = job->next;
    (void)pthread_mutex_unlock(&session->lock);
    return next;
}

/* The params of @job, in @arena; false when they cannot be read: whoever runs it says so. */
static bool read_params(const struct weh_session *session, const struct job *job,
                        struct weh_arena *arena, struct weh_value *out)
{
    return session_decode_params(session, &job->envelope, arena, out, NULL) == WEH_OK;
}

static enum weh_may_run ask(const struct weh_session *session, const struct weh_within *within,
                            const struct job *job)
{
    enum weh_may_run may = within->may_run(within->ctx, job->method, NULL);
    struct weh_arena arena;
    struct weh_value params;

    if (may != WEH_MAY_RUN_LOOK) {
        return may;
    }
    weh_arena_init(&arena, 0);
    may = read_params(session, job, &arena, &params)
              ? within->may_run(within->ctx, job->method, &params)
              : WEH_MAY_RUN;
    weh_arena_fini(&arena);
    return may;
}

bool weh_session_has_waiting(struct weh_session *session, const struct weh_method *method,
                             bool (*is_it)(void *ctx, const struct weh_value *params), void *ctx)
{
    const struct job *job;
    struct weh_arena arena;
    bool found = false;

    (void)pthread_mutex_lock(&session->lock);
    job = session->mailbox.head;
    (void)pthread_mutex_unlock(&session->lock);
    for (size_t i = 0; i < MAX_PASSED && job != NULL && !found; i++) {
        struct weh_value params;

        weh_arena_init(&arena, 0);
        found = job->method == method && read_params(session, job, &arena, &params) &&
                is_it(ctx, &params);
        weh_arena_fini(&arena);
        job = behind(session, job);
    }
    return found;
}

/* ---- running it ---- */

/* Take out the one behind @before; the session is as if it ran nothing else. NULL: not any more. */
static struct job *begin(struct weh_session *session, struct job *before, struct aside *aside)
{
    struct job *job = NULL;

    (void)pthread_mutex_lock(&session->lock);
    if (is_free_locked(session)) {
        job = mailbox_take(&session->mailbox, before);
        aside->running_id = session->running_id;
        aside->method = session->shown.method;
        session->outers[session->n_outers++] = (struct outer){ .id = session->running_id };
        session->running_id = job->envelope.has_id ? &job->envelope.id : NULL;
        session_show_begin_locked(session, job->method);
        atomic_store(&session->cancel, job->cancelled);
    }
    (void)pthread_mutex_unlock(&session->lock);
    return job;
}

/* The first request that may run now; NULL when there is none. @ran: what became of those before it. */
static struct job *take(struct weh_session *session, const struct weh_within *within,
                        struct aside *aside, enum weh_ran *ran)
{
    struct job *before = NULL;
    struct job *job = first(session);

    for (size_t i = 0; i < MAX_PASSED && job != NULL; i++) {
        switch (ask(session, within, job)) {
        case WEH_MAY_RUN:
            return begin(session, before, aside);
        case WEH_MAY_RUN_LATER:
            *ran = WEH_RAN_SOME;
            before = job;
            job = behind(session, job);
            break;
        case WEH_MAY_RUN_AFTER:
        case WEH_MAY_RUN_LOOK:
        default:
            *ran = WEH_RAN_STOPPED;
            return NULL;
        }
    }
    return NULL;
}

static void end(struct weh_session *session, const struct aside *aside)
{
    (void)pthread_mutex_lock(&session->lock);
    session->running_id = aside->running_id;
    session->n_outers--;
    session_show_begin_locked(session, aside->method);
    atomic_store(&session->cancel, session->outers[session->n_outers].is_cancelled);
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

enum weh_ran weh_session_run_waiting(struct weh_session *session, const struct weh_within *within)
{
    const uint64_t end_us = weh_clock_mono_us() + SESSION_TURN_US;
    enum weh_ran ran = WEH_RAN;
    struct aside aside;
    struct job *job;

    for (int64_t i = 0; i < session->host->options.config->workers_turn_messages; i++) {
        ran = WEH_RAN;
        job = take(session, within, &aside, &ran);
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
    return ran;
}
