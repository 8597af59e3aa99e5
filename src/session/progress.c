/* src/session/progress.c - long requests: cancelled meanwhile? how far are they? */
#include <pthread.h>

#include "weh/clock.h"

#include "call_priv.h"

/* Who waits longer than this wants to know; more often than this helps nobody. */
#define PROGRESS_AFTER_US UINT64_C(500000)
#define PROGRESS_EVERY_US UINT64_C(250000)

static void notify(const struct weh_call *call, uint64_t done, uint64_t total)
{
    struct weh_session *session = call->session;
    struct weh_sink *sink = weh_notify_begin(session, "session.onProgress");

    weh_sink_map_begin(sink, total > 0 ? 4 : 3);
    weh_sink_key(sink, "id");
    weh_sink_value(sink, call->request_id);
    weh_sink_key(sink, "method");
    weh_sink_text(sink, call->method->name);
    weh_sink_key(sink, "done");
    weh_sink_int(sink, (int64_t)done);
    if (total > 0) {
        weh_sink_key(sink, "total");
        weh_sink_int(sink, (int64_t)total);
    }
    weh_sink_map_end(sink);
    weh_notify_end(session);
    (void)pthread_mutex_lock(&session->lock);
    session_wake_if_due(session);
    (void)pthread_mutex_unlock(&session->lock);
}

void weh_session_pause(struct weh_session *session)
{
    gate_pause(session->worker, &session->cancel);
}

weh_err weh_call_progress(const struct weh_call *call, uint64_t done, uint64_t total,
                          struct weh_diag *diag)
{
    struct weh_session *session = call->session;
    uint64_t now;

    if (atomic_load_explicit(&session->cancel, memory_order_relaxed)) {
        return weh_fail(diag, WEH_E_CANCELLED, "cancelled");
    }
    /* Those out of band run in another thread, beside the worker. */
    if (!weh_method_is_out_of_band(call->method)) {
        weh_session_pause(session);
    }
    if (*call->result_err != WEH_OK) {
        return weh_fail(diag, *call->result_err, "the reply is larger than the limit");
    }
    if (call->request_id == NULL) {
        return WEH_OK;
    }
    now = weh_clock_mono_us();
    if (now >= session->next_progress_us) {
        session->next_progress_us = now + PROGRESS_EVERY_US;
        notify(call, done, total);
    }
    return WEH_OK;
}

void session_progress_reset(struct weh_session *session, uint64_t started_us)
{
    session->next_progress_us = started_us + PROGRESS_AFTER_US;
}
