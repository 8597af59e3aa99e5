/* src/session/end.c - how a session ends.
 *
 * Three steps, each once: somebody asks (session_end_locked), the worker that holds the session
 * closes its workspace (session_finish), the service thread frees it when its channel has gone too
 * (session_destroy).
 */
#include "weh/alloc.h"
#include "weh/clock.h"

#include "overflow.h"
#include "session_priv.h"

void session_destroy(struct weh_session *session)
{
    struct weh_host *host = session->host;

    weh_assert(session->mailbox.head == NULL && session->channel == NULL);
    session_undetach_locked(session); /* nobody else is left to lock out */
    table_remove(&host->table, session);
    users_remove(host, session);
    service_dismiss(&host->service, session);
    outbox_clear(&session->outbox);
    outbox_clear(&session->kept);
    weh_arena_fini(&session->arena);
    weh_buf_fini(&session->notify_buf);
    weh_grants_release(session->grants);
    weh_grants_release(session->new_rights.grants);
    (void)pthread_mutex_destroy(&session->lock);
    weh_free(session);
    atomic_fetch_sub(&host->n_sessions, 1);
}

void session_cancel_locked(struct weh_session *session)
{
    for (size_t i = 0; i < session->n_outers; i++) {
        session->outers[i].is_cancelled = true;
    }
    atomic_store(&session->cancel, true);
}

void session_end_locked(struct weh_session *session, enum weh_close_reason reason)
{
    if (session->ending != ENDING_NOT) {
        return;
    }
    if (reason == WEH_CLOSE_SLOW_READER) {
        /* The close must not wait behind what is not read. */
        outbox_clear(&session->outbox);
    }
    session->ending = ENDING_ASKED;
    session->reason = reason;
    /* A client that closes in good order has its messages handled; there is nobody to answer in
     * the other cases, and what was not acknowledged is rolled back. */
    session->drop_jobs = reason != WEH_CLOSE_CLIENT_CLOSED && reason != WEH_CLOSE_CLIENT_AWAY;
    if (session->drop_jobs && reason != WEH_CLOSE_SHUTDOWN) {
        session_cancel_locked(session);
    }
    session->paused = false;
    session_schedule_locked(session);
}

void weh_session_end(struct weh_session *session, enum weh_close_reason reason)
{
    (void)pthread_mutex_lock(&session->lock);
    session_end_locked(session, reason);
    (void)pthread_mutex_unlock(&session->lock);
}

void weh_session_channel_gone(struct weh_session *session, enum weh_close_reason reason)
{
    bool last = false;

    (void)pthread_mutex_lock(&session->lock);
    session->channel = NULL;
    if (!session_detach_locked(session, reason)) {
        session_end_locked(session, reason);
        if (session->drop_jobs) {
            /* A stop lets the running request finish, but not longer than the channel waits. */
            session_cancel_locked(session);
        }
        last = session->ending == ENDING_FINISHED;
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (last) {
        session_destroy(session);
    }
}

static void log_end(const struct weh_session *session)
{
    const struct weh_close_info *info = weh_close_info(session->reason);
    const struct session_stats *stats = &session->stats;
    struct weh_log_who who = { session->name, session->correlation };

    weh_metrics_closed(session->host->metrics, session->reason);
    weh_log(session->host->options.log, info->is_error ? WEH_LOG_WARN : WEH_LOG_INFO, &who,
            "session.end", WEH_F_TEXT("reason", info->name), WEH_F_TEXT("user", session->user),
            WEH_F_INT("age_ms", (weh_clock_mono_us() - stats->started_us) / 1000),
            WEH_F_INT("requests", stats->requests), WEH_F_INT("failures", stats->failures),
            WEH_F_INT("notifications", stats->notifications),
            WEH_F_INT("bytes_in", atomic_load(&stats->bytes_in)),
            WEH_F_INT("bytes_out", atomic_load(&stats->bytes_out)),
            WEH_F_INT("longest_request_us", stats->longest_us));
}

void session_finish(struct weh_session *session)
{
    bool has_channel;

    if (session->state != WEH_SESSION_CLOSING) {
        weh_session_move(session, WEH_SESSION_CLOSING);
    }
    /* The reason stands since the end was asked for. */
    session->host->options.ops->close(session->workspace, session->reason);
    session->workspace = NULL;
    session_overflow_drop(session);
    weh_session_move(session, WEH_SESSION_CLOSED);
    log_end(session);
    (void)pthread_mutex_lock(&session->lock);
    session->ending = ENDING_FINISHED;
    has_channel = session->channel != NULL;
    if (has_channel) {
        /* Under the lock: the channel cannot be gone before it has been woken. */
        session->channel->ops->wake(session->channel);
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (!has_channel) {
        /* Nobody else frees it: no channel comes to a session that ends. */
        service_post_ended(&session->host->service, session);
    }
}
