/* src/session/glance.c - what is seen of a session from outside, while a worker may hold it.
 *
 * The worker's members are nobody else's. What an operator may see of them is copied under the session's
 * lock: by the worker at the end of each request, to here; by the service thread, when somebody asks.
 */
#include <stdio.h>
#include <string.h>

#include "weh/admin.h"
#include "weh/clock.h"

#include "call_priv.h"

void session_show_begin_locked(struct weh_session *session, const struct weh_method *method)
{
    session->shown.method = method;
    session->shown.is_running = true;
}

void session_show(struct weh_session *session)
{
    const struct weh_app_ops *ops = session->host->options.ops;
    struct session_shown *shown = &session->shown;
    struct weh_app_glance glance = { .name = NULL };

    if (ops->glance != NULL) {
        ops->glance(session->workspace, &glance);
    }
    if (glance.name == NULL) {
        glance.name = "";
    }
    (void)pthread_mutex_lock(&session->lock);
    if (strcmp(shown->name, glance.name) != 0) {
        (void)snprintf(shown->name, sizeof(shown->name), "%s", glance.name);
    }
    shown->is_checkout = glance.is_checkout;
    shown->is_hibernating = glance.is_hibernating;
    shown->unsaved_rows = glance.unsaved_rows;
    shown->requests = session->stats.requests;
    shown->failures = session->stats.failures;
    shown->idle_since_ms = session->idle_since_ms;
    shown->is_running = false;
    (void)pthread_mutex_unlock(&session->lock);
}

static const char *state_of(const struct weh_session *session)
{
    if (session->ending != ENDING_NOT) {
        return session->host->is_stopping ? "draining" : "ending";
    }
    if (session->channel == NULL) {
        return "detached";
    }
    return session->shown.is_hibernating ? "hibernating" : "attached";
}

void weh_session_look(struct weh_session *session, struct weh_session_view *out)
{
    const struct session_shown *shown = &session->shown;
    const uint64_t now_us = weh_clock_mono_us();

    *out = (struct weh_session_view){ .id = session->name,
                                      .user = session->user,
                                      .codec = session->codec };
    out->age_ms = (now_us - session->stats.started_us) / 1000;
    out->bytes_in = atomic_load(&session->stats.bytes_in);
    out->bytes_out = atomic_load(&session->stats.bytes_out);
    (void)pthread_mutex_lock(&session->lock);
    out->state = state_of(session);
    memcpy(out->name, shown->name, sizeof(out->name));
    memcpy(out->peer, shown->peer, sizeof(out->peer));
    out->is_checkout = shown->is_checkout;
    out->is_hibernating = shown->is_hibernating;
    out->is_running = shown->is_running;
    out->method = shown->method == NULL ? NULL : shown->method->name;
    out->idle_ms = shown->is_running || now_us / 1000 < shown->idle_since_ms
                       ? 0
                       : now_us / 1000 - shown->idle_since_ms;
    out->unsaved_rows = shown->unsaved_rows;
    out->requests = shown->requests;
    out->failures = shown->failures;
    out->mailbox_messages = session->mailbox.n;
    out->mailbox_bytes = session->mailbox.bytes;
    out->outbox_bytes = session->outbox.bytes;
    out->kept_bytes = session->kept.bytes;
    (void)pthread_mutex_unlock(&session->lock);
}

/* ---- pages of sessions ---- */

/* Sessions with the lowest ids so far, in order. */
struct page {
    struct weh_str user;
    struct weh_str after;
    struct weh_session **items;
    size_t n;
    size_t limit;
    bool more;
};

/* Where @session stands, or would stand, among the items. */
static size_t place_of(const struct page *page, const struct weh_session *session)
{
    size_t low = 0;
    size_t high = page->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (strcmp(page->items[middle]->name, session->name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_after(const struct weh_session *session, struct weh_str after)
{
    const size_t len = strlen(session->name);
    const int order = memcmp(session->name, after.ptr, len < after.len ? len : after.len);

    return order > 0 || (order == 0 && len > after.len);
}

static void add_to_page(void *ctx, struct weh_session *session)
{
    struct page *page = ctx;
    size_t at;

    if (!is_after(session, page->after) ||
        (page->user.len != 0 && !weh_str_eq_text(page->user, session->user))) {
        return;
    }
    at = place_of(page, session);
    if (page->n == page->limit) {
        page->more = true;
        if (at == page->n) {
            return;
        }
        page->n--;
    }
    memmove(&page->items[at + 1], &page->items[at],
            (page->n - at) * sizeof(struct weh_session *)); /* NOLINT: of pointers */
    page->items[at] = session;
    page->n++;
}

size_t weh_host_page(const struct weh_host *host, struct weh_str user, struct weh_str after,
                     struct weh_session **out, size_t limit, bool *more)
{
    struct page page = { .user = user, .after = after, .items = out, .limit = limit };

    weh_assert(limit != 0);
    if (page.after.ptr == NULL) {
        page.after = WEH_STR("");
    }
    weh_host_each(host, add_to_page, &page);
    *more = page.more;
    return page.n;
}

/* ---- what may be done ---- */

void weh_session_end_by_operator(struct weh_session *session, struct weh_str text)
{
    (void)pthread_mutex_lock(&session->lock);
    if (session->ending == ENDING_NOT) {
        (void)snprintf(session->end_text, sizeof(session->end_text), "%.*s", WEH_STR_ARGS(text));
        session_undetach_locked(session);
        session_end_locked(session, WEH_CLOSE_ENDED_BY_OPERATOR);
    }
    (void)pthread_mutex_unlock(&session->lock);
}

void weh_session_close_text(struct weh_session *session, char *out, size_t size)
{
    (void)pthread_mutex_lock(&session->lock);
    (void)snprintf(out, size, "%s", session->end_text);
    (void)pthread_mutex_unlock(&session->lock);
}

bool weh_session_message(struct weh_session *session, struct weh_str text)
{
    char time[WEH_TIME_TEXT_SIZE];
    struct weh_writer writer;
    struct weh_buf buf;
    bool is_ending;

    (void)pthread_mutex_lock(&session->lock);
    is_ending = session->ending != ENDING_NOT;
    (void)pthread_mutex_unlock(&session->lock);
    if (is_ending) {
        return false;
    }
    weh_time_print(weh_clock_wall_ms(), time);
    weh_buf_init(&buf, 0);
    session_own_begin(session, &writer, &buf);
    weh_call_begin(&writer, NULL, WEH_STR("session.onMessage"));
    weh_sink_map_begin(writer.sink, 2);
    weh_sink_key(writer.sink, "text");
    weh_sink_str(writer.sink, text);
    weh_sink_key(writer.sink, "time");
    weh_sink_text(writer.sink, time);
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    session_send_own(session, SENDER_CHANNEL, &buf);
    return true;
}

const struct weh_control *weh_host_control(const struct weh_host *host)
{
    return host->options.control;
}
