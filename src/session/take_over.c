/* src/session/take_over.c - a page of a stock frontend that is loaded anew and goes on with its session.
 *
 * Such pages know nothing of resuming: requests and messages are counted from the start again, and what the
 * former page had asked is of no use to the new one. So a session lives on without what is under way, unlike
 * in resume.c: what is open, unsaved or to be undone stays. Each connection is a generation; what is sent
 * for an earlier one is dropped where it is queued.
 */
#include <string.h>

#include "call_priv.h"

void session_begin_anew_locked(struct weh_session *session)
{
    const struct session_shown *shown = &session->shown;

    session->generation++;
    session->ipc_next = 0;
    session->ipc_made = 0;
    outbox_clear(&session->outbox);
    /* Nobody waits for it, and the new page is not to wait behind it. An edit is finished. */
    if (shown->is_running && shown->method->access < WEH_ACCESS_EDIT) {
        session_cancel_locked(session);
    }
    if (session->paused) {
        session->paused = false;
        session_schedule_locked(session);
    }
}

struct search {
    const struct weh_session *session;
    struct weh_session *found;
};

static void look_at(void *ctx, struct weh_session *session)
{
    struct search *search = ctx;
    const struct weh_session *wanted = search->session;
    bool is_alive;

    if (session == wanted || strcmp(session->label, wanted->label) != 0 ||
        strcmp(session->user, wanted->user) != 0) {
        return;
    }
    (void)pthread_mutex_lock(&session->lock);
    is_alive = session->ending == ENDING_NOT;
    (void)pthread_mutex_unlock(&session->lock);
    if (is_alive) {
        search->found = session;
    }
}

/* Give @channel to @wanted; false when that has ended meanwhile. */
static bool attach(struct weh_session *wanted, struct weh_channel *channel)
{
    struct weh_channel *other;
    bool is_alive;

    (void)pthread_mutex_lock(&wanted->lock);
    other = wanted->ending == ENDING_NOT ? session_take_channel_locked(wanted) : NULL;
    (void)pthread_mutex_unlock(&wanted->lock);
    if (other != NULL) {
        other->ops->detached(other, WEH_CLOSE_RESUMED_ELSEWHERE);
    }
    (void)pthread_mutex_lock(&wanted->lock);
    is_alive = wanted->ending == ENDING_NOT;
    if (is_alive) {
        session_begin_anew_locked(wanted);
        session_undetach_locked(wanted);
        wanted->channel = channel;
    }
    (void)pthread_mutex_unlock(&wanted->lock);
    return is_alive;
}

void weh_session_take_over(struct weh_session *session)
{
    struct weh_channel *channel = session->channel;
    struct search search = { session, NULL };
    struct weh_log_who who = { NULL, NULL };

    if (session->label[0] == '\0') {
        return;
    }
    weh_host_each(session->host, look_at, &search);
    if (search.found == NULL || !attach(search.found, channel)) {
        return;
    }
    session_hand_rights(session, search.found);
    session_retire(session, search.found);
    channel->ops->attached(channel, search.found);
    weh_metrics_add(session->host->metrics, WEH_METRIC_RESUMES_DONE, 1);
    who.session = search.found->name;
    weh_log(session->host->options.log, WEH_LOG_INFO, &who, "session.resumed",
            WEH_F_TEXT("peer", session->peer), WEH_F_TEXT("by", "label"));
}
