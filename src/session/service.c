/* src/session/service.c - what the host has the service thread do: free ended sessions, and look
 * after deadlines.
 *
 * Deadlines are a heap of sessions, each in it at most once, with the earliest of its own. A session
 * whose deadline moves away stays where it is and is asked again when the old one comes: a busy
 * session, which moves its deadline with every request, costs nothing.
 */
#include "weh/alloc.h"
#include "weh/clock.h"

#include "session_priv.h"

#define NOT_IN_HEAP SIZE_MAX

uint64_t service_now_ms(void)
{
    return weh_clock_mono_us() / 1000;
}

void service_init(struct service *service)
{
    (void)pthread_mutex_init(&service->lock, NULL);
    service->planned_ms = WEH_NEVER;
}

void service_fini(struct service *service)
{
    weh_assert(service->n_heap == 0 && service->ended == NULL);
    weh_free(service->heap);
    (void)pthread_mutex_destroy(&service->lock);
}

void weh_host_attach(struct weh_host *host, void (*wake)(void *ctx), void *ctx)
{
    struct service *service = &host->service;

    (void)pthread_mutex_lock(&service->lock);
    service->wake = wake;
    service->wake_ctx = ctx;
    (void)pthread_mutex_unlock(&service->lock);
}

/* With the lock held, so that nobody is woken who has been taken off. */
static void wake_locked(const struct service *service)
{
    if (service->wake != NULL) {
        service->wake(service->wake_ctx);
    }
}

/* ---- the heap ---- */

static void put(struct service *service, size_t index, struct weh_session *session)
{
    service->heap[index] = session;
    session->heap_index = index;
}

static void sift_up(struct service *service, size_t index)
{
    struct weh_session *session = service->heap[index];

    while (index > 0 && session->armed_ms < service->heap[(index - 1) / 2]->armed_ms) {
        put(service, index, service->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    put(service, index, session);
}

static void sift_down(struct service *service, size_t index)
{
    struct weh_session *session = service->heap[index];

    for (;;) {
        size_t child = 2 * index + 1;

        if (child + 1 < service->n_heap &&
            service->heap[child + 1]->armed_ms < service->heap[child]->armed_ms) {
            child++;
        }
        if (child >= service->n_heap || session->armed_ms <= service->heap[child]->armed_ms) {
            break;
        }
        put(service, index, service->heap[child]);
        index = child;
    }
    put(service, index, session);
}

static void take_out(struct service *service, struct weh_session *session)
{
    size_t index = session->heap_index;
    struct weh_session *last = service->heap[--service->n_heap];

    session->heap_index = NOT_IN_HEAP;
    session->armed_ms = WEH_NEVER;
    if (last != session) {
        put(service, index, last);
        sift_up(service, index);
        sift_down(service, last->heap_index);
    }
}

weh_err service_admit(struct service *service, struct weh_session *session, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    session->heap_index = NOT_IN_HEAP;
    session->armed_ms = WEH_NEVER;
    (void)pthread_mutex_lock(&service->lock);
    if (service->n_admitted == service->heap_capacity) {
        size_t capacity = service->heap_capacity == 0 ? 64 : service->heap_capacity * 2;
        struct weh_session **heap =
            weh_realloc(service->heap, capacity * sizeof(struct weh_session *));

        if (heap == NULL) {
            err = weh_fail_nomem(diag);
        } else {
            service->heap = heap;
            service->heap_capacity = capacity;
        }
    }
    if (err == WEH_OK) {
        service->n_admitted++;
    }
    (void)pthread_mutex_unlock(&service->lock);
    return err;
}

void service_dismiss(struct service *service, struct weh_session *session)
{
    (void)pthread_mutex_lock(&service->lock);
    if (session->heap_index != NOT_IN_HEAP) {
        take_out(service, session);
    }
    service->n_admitted--;
    (void)pthread_mutex_unlock(&service->lock);
}

void service_arm(struct service *service, struct weh_session *session, uint64_t due_ms)
{
    (void)pthread_mutex_lock(&service->lock);
    if (due_ms < session->armed_ms) {
        session->armed_ms = due_ms;
        if (session->heap_index == NOT_IN_HEAP) {
            put(service, service->n_heap, session);
            service->n_heap++;
        }
        sift_up(service, session->heap_index);
        if (due_ms < service->planned_ms) {
            service->planned_ms = due_ms;
            wake_locked(service);
        }
    }
    (void)pthread_mutex_unlock(&service->lock);
}

/* ---- the service thread's turn ---- */

void service_post_ended(struct service *service, struct weh_session *session)
{
    (void)pthread_mutex_lock(&service->lock);
    session->next_ended = service->ended;
    service->ended = session;
    wake_locked(service);
    (void)pthread_mutex_unlock(&service->lock);
}

static void reap(struct service *service)
{
    struct weh_session *session;

    (void)pthread_mutex_lock(&service->lock);
    session = service->ended;
    service->ended = NULL;
    (void)pthread_mutex_unlock(&service->lock);
    while (session != NULL) {
        struct weh_session *next = session->next_ended;

        session_destroy(session);
        session = next;
    }
}

static struct weh_session *pop_due(struct service *service, uint64_t now_ms)
{
    struct weh_session *session = NULL;

    (void)pthread_mutex_lock(&service->lock);
    if (service->n_heap != 0 && service->heap[0]->armed_ms <= now_ms) {
        session = service->heap[0];
        take_out(service, session);
    }
    (void)pthread_mutex_unlock(&service->lock);
    return session;
}

uint64_t weh_host_service(struct weh_host *host)
{
    struct service *service = &host->service;
    uint64_t now_ms = service_now_ms();
    struct weh_session *session;
    uint64_t planned_ms;

    reap(service);
    while ((session = pop_due(service, now_ms)) != NULL) {
        session_due(session, now_ms);
    }
    (void)pthread_mutex_lock(&service->lock);
    planned_ms = service->n_heap == 0 ? WEH_NEVER : service->heap[0]->armed_ms;
    service->planned_ms = planned_ms;
    (void)pthread_mutex_unlock(&service->lock);
    if (planned_ms == WEH_NEVER) {
        return WEH_NEVER;
    }
    return planned_ms > now_ms ? planned_ms - now_ms : 0;
}
