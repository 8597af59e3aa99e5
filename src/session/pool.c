/* src/session/pool.c - the run queue and the threads that serve it.
 *
 * A session is in the queue at most once (its flag `scheduled`), so only one worker holds it at a
 * time. A worker takes the first session, gives it one turn, and puts it to the back if it has more.
 */
#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/thread.h"

#include "session_priv.h"

static void push(struct pool *pool, struct weh_session *session)
{
    session->run_since_us = weh_clock_mono_us();
    session->run_next = NULL;
    if (pool->tail == NULL) {
        pool->head = session;
    } else {
        pool->tail->run_next = session;
    }
    pool->tail = session;
}

void pool_submit(struct pool *pool, struct weh_session *session)
{
    (void)pthread_mutex_lock(&pool->lock);
    push(pool, session);
    atomic_fetch_add_explicit(&pool->n_waiting, 1, memory_order_relaxed);
    (void)pthread_mutex_unlock(&pool->lock);
    /* Outside the lock, so that the worker does not wake up only to wait for it. */
    (void)pthread_cond_signal(&pool->work);
}

/* The next session, or NULL when the pool stops. */
static struct weh_session *take(struct pool *pool)
{
    struct weh_session *session;

    (void)pthread_mutex_lock(&pool->lock);
    while (pool->head == NULL && !pool->stopping) {
        (void)pthread_cond_wait(&pool->work, &pool->lock);
    }
    session = pool->head;
    if (session != NULL) {
        atomic_fetch_sub_explicit(&pool->n_waiting, 1, memory_order_relaxed);
        pool->head = session->run_next;
        if (pool->head == NULL) {
            pool->tail = NULL;
        }
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return session;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct weh_session *session;

    while ((session = take(pool)) != NULL) {
        weh_metrics_add(pool->metrics, WEH_METRIC_WORKERS_BUSY, 1);
        if (session_turn(session)) {
            pool_submit(pool, session);
        }
        weh_metrics_add(pool->metrics, WEH_METRIC_WORKERS_BUSY, -1);
    }
    return NULL;
}

uint64_t pool_delay_ms(struct pool *pool)
{
    uint64_t since_us = 0;
    uint64_t now_us = 0;

    (void)pthread_mutex_lock(&pool->lock);
    now_us = weh_clock_mono_us();
    since_us = pool->head == NULL ? now_us : pool->head->run_since_us;
    (void)pthread_mutex_unlock(&pool->lock);
    return (now_us - since_us) / 1000;
}

void pool_init(struct pool *pool)
{
    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
}

weh_err pool_start(struct pool *pool, size_t n_threads, struct weh_diag *diag)
{
    pool->threads = weh_calloc(n_threads, sizeof(*pool->threads));
    if (pool->threads == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < n_threads; i++) {
        if (!weh_thread_start(&pool->threads[i], work, pool)) {
            return weh_fail_where(diag, WEH_E_LIMIT, "workers.count", "cannot start thread %zu",
                                  i + 1);
        }
        pool->n_threads++;
    }
    return WEH_OK;
}

void pool_stop(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_mutex_unlock(&pool->lock);
    (void)pthread_cond_broadcast(&pool->work);
    for (size_t i = 0; i < pool->n_threads; i++) {
        (void)pthread_join(pool->threads[i], NULL);
    }
    weh_assert(pool->head == NULL);
    weh_free(pool->threads);
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->lock);
}
