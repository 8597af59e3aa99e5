/* src/session/pool.c - the run queues: which session runs next.
 *
 * A session is in one queue at most and at most once (its flag `scheduled`), so only one worker holds it at
 * a time. A worker takes the first session of its lane, gives it one turn, and puts it to the back if it
 * has more. The threads are in worker.c; usage.c says where a session belongs.
 */
#include "weh/clock.h"

#include "session_priv.h"

/* One of so many is the one that has waited longest, however much it uses: nobody waits for ever. */
#define OLDEST_EVERY 8

static void push(struct run_queue *queue, struct weh_session *session)
{
    session->run_since_us = weh_clock_mono_us();
    session->run_next = NULL;
    if (queue->tail == NULL) {
        queue->head = session;
    } else {
        queue->tail->run_next = session;
    }
    queue->tail = session;
}

static struct weh_session *pop(struct run_queue *queue)
{
    struct weh_session *session = queue->head;

    queue->head = session->run_next;
    if (queue->head == NULL) {
        queue->tail = NULL;
    }
    return session;
}

void pool_submit(struct pool *pool, struct weh_session *session)
{
    enum lane lane;
    bool is_watched;

    usage_rank(&session->usage);
    lane = session->usage.lane;
    (void)pthread_mutex_lock(&pool->lock);
    push(&pool->queues[lane][session->usage.band], session);
    atomic_fetch_add_explicit(&pool->n_waiting, 1, memory_order_relaxed);
    is_watched = pool->is_watched;
    pool->is_watched = true;
    (void)pthread_mutex_unlock(&pool->lock);
    /* Outside the lock, so that the worker does not wake up only to wait for it. */
    (void)pthread_cond_signal(&pool->work[lane]);
    if (!is_watched) {
        (void)pthread_cond_signal(&pool->watch);
    }
}

static struct run_queue *lightest(struct pool *pool, enum lane lane)
{
    for (int band = 0; band < N_BANDS; band++) {
        if (pool->queues[lane][band].head != NULL) {
            return &pool->queues[lane][band];
        }
    }
    return NULL;
}

static struct run_queue *oldest(struct pool *pool, enum lane lane)
{
    struct run_queue *found = NULL;

    for (int band = 0; band < N_BANDS; band++) {
        struct run_queue *queue = &pool->queues[lane][band];

        if (queue->head != NULL &&
            (found == NULL || queue->head->run_since_us < found->head->run_since_us)) {
            found = queue;
        }
    }
    return found;
}

struct weh_session *pool_first_locked(struct pool *pool, enum lane lane)
{
    const struct run_queue *queue = oldest(pool, lane);

    return queue != NULL ? queue->head : NULL;
}

struct weh_session *pool_take_locked(struct pool *pool, struct worker *worker)
{
    for (;;) {
        /* It changes when the worker is demoted. */
        const enum lane lane = worker->lane;
        struct run_queue *queue =
            pool->n_taken % OLDEST_EVERY == 0 ? oldest(pool, lane) : lightest(pool, lane);

        if (queue != NULL) {
            pool->n_taken++;
            atomic_fetch_sub_explicit(&pool->n_waiting, 1, memory_order_relaxed);
            return pop(queue);
        }
        if (pool->stopping || pool->n_workers[lane] > pool->n_wanted[lane]) {
            return NULL;
        }
        (void)pthread_cond_wait(&pool->work[lane], &pool->lock);
    }
}

uint64_t pool_delay_ms(struct pool *pool)
{
    const struct weh_session *first;
    uint64_t delay_us = 0;

    (void)pthread_mutex_lock(&pool->lock);
    first = pool_first_locked(pool, LANE_SHORT);
    if (first != NULL) {
        delay_us = weh_clock_mono_us() - first->run_since_us;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return delay_us / 1000;
}

size_t pool_n_waiting(const struct pool *pool)
{
    return atomic_load_explicit(&pool->n_waiting, memory_order_relaxed);
}
