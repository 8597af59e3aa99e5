/* src/session/worker.c - the threads that run requests: their start, their work, their end. */
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/thread.h"

#include "session_priv.h"

/* The session is this thread's for the turn. */
static bool run_turn(struct worker *worker, struct weh_session *session)
{
    struct weh_metrics *metrics = worker->pool->metrics;
    bool more;

    weh_metrics_add(metrics, WEH_METRIC_WORKERS_BUSY, 1);
    more = session_turn(session, worker);
    weh_metrics_add(metrics, WEH_METRIC_WORKERS_BUSY, -1);
    return more;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct pool *pool = worker->pool;
    struct weh_session *session;

    atomic_store(&worker->tid, (int)syscall(SYS_gettid));
    (void)pthread_mutex_lock(&pool->lock);
    if (worker->lane == LANE_LONG) {
        (void)setpriority(PRIO_PROCESS, 0, POOL_LONG_NICE);
    }
    while ((session = pool_take_locked(pool, worker)) != NULL) {
        (void)pthread_mutex_unlock(&pool->lock);
        if (run_turn(worker, session)) {
            pool_submit(pool, session);
        }
        (void)pthread_mutex_lock(&pool->lock);
    }
    pool->n_workers[worker->lane]--;
    worker->has_ended = true;
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

bool pool_add_worker_locked(struct pool *pool, enum lane lane)
{
    struct worker *worker;

    if (pool->n_workers[LANE_SHORT] + pool->n_workers[LANE_LONG] >= pool->most_workers) {
        return false;
    }
    worker = weh_calloc(1, sizeof(*worker));
    if (worker == NULL) {
        return false;
    }
    worker->pool = pool;
    worker->lane = lane;
    atomic_init(&worker->is_long, lane == LANE_LONG);
    weh_cond_init(&worker->my_turn);
    if (!weh_thread_start(&worker->thread, work, worker)) {
        (void)pthread_cond_destroy(&worker->my_turn);
        weh_free(worker);
        return false;
    }
    worker->next = pool->workers;
    pool->workers = worker;
    pool->n_workers[lane]++;
    return true;
}

void worker_join(struct worker *worker)
{
    (void)pthread_join(worker->thread, NULL);
    (void)pthread_cond_destroy(&worker->my_turn);
    weh_free(worker);
}

void pool_init(struct pool *pool)
{
    (void)pthread_mutex_init(&pool->lock, NULL);
    for (int lane = 0; lane < N_LANES; lane++) {
        (void)pthread_cond_init(&pool->work[lane], NULL);
    }
    weh_cond_init(&pool->watch);
}

static bool add_workers(struct pool *pool, enum lane lane, size_t n)
{
    bool done = true;

    (void)pthread_mutex_lock(&pool->lock);
    pool->n_wanted[lane] = n;
    while (pool->n_workers[lane] < n && done) {
        done = pool_add_worker_locked(pool, lane);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return done;
}

weh_err pool_start(struct pool *pool, size_t n_workers, size_t n_long, size_t most,
                   struct weh_diag *diag)
{
    pool->gate.n_free = n_workers;
    pool->most_workers = n_workers + n_long > most ? n_workers + n_long : most;
    if (!add_workers(pool, LANE_SHORT, n_workers) || !add_workers(pool, LANE_LONG, n_long)) {
        return weh_fail_where(diag, WEH_E_LIMIT, "workers.count", "cannot start so many threads");
    }
    pool->has_watcher = weh_thread_start(&pool->watcher, pool_watch, pool);
    return pool->has_watcher
               ? WEH_OK
               : weh_fail_where(diag, WEH_E_LIMIT, "workers.count", "cannot start so many threads");
}

void pool_stop(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_mutex_unlock(&pool->lock);
    (void)pthread_cond_signal(&pool->watch);
    if (pool->has_watcher) {
        (void)pthread_join(pool->watcher, NULL);
    }
    /* From here on nobody adds workers. */
    for (int lane = 0; lane < N_LANES; lane++) {
        (void)pthread_cond_broadcast(&pool->work[lane]);
    }
    while (pool->workers != NULL) {
        struct worker *worker = pool->workers;

        pool->workers = worker->next;
        worker_join(worker);
    }
    weh_assert(pool_n_waiting(pool) == 0);
    for (int lane = 0; lane < N_LANES; lane++) {
        (void)pthread_cond_destroy(&pool->work[lane]);
    }
    (void)pthread_cond_destroy(&pool->watch);
    (void)pthread_mutex_destroy(&pool->lock);
}
