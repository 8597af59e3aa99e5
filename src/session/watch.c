/* src/session/watch.c - the watcher: long steps hold up no short ones.
 *
 * A thread looks at the workers of the short lane every few milliseconds, as long as there is work. One that
 * has been at the same step since the last look
 * - and used the processor meanwhile: it is moved to the long lane, its thread gets a low priority for good (only
 *   the superuser may raise it again), and another thread takes its place;
 * - and waited (for the disk, or for the processor of a busy machine) while others wait for it: another thread
 *   joins, and leaves when it finds nothing to do.
 * It is a thread of its own because whoever else could look may be what is slow.
 */
#include <time.h>

#include <sys/resource.h>

#include "weh/thread.h"

#include "session_priv.h"

#define LOOK_MS     5
#define BUSY_NS     UINT64_C(2500000) /* of the processor since the last look */
#define LOOKS_AWAKE 200               /* with nobody at work, before it sleeps */
#define STAND_INS   4                 /* a worker wanted */

static uint64_t cpu_ns(const struct worker *worker)
{
    struct timespec time = { 0 };
    clockid_t clock;

    if (pthread_getcpuclockid(worker->thread, &clock) == 0) {
        (void)clock_gettime(clock, &time);
    }
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

static void demote_locked(struct pool *pool, struct worker *worker)
{
    /* Its place has to be taken, or short requests wait for other long ones still. */
    if (!pool_add_worker_locked(pool, LANE_SHORT)) {
        return;
    }
    pool->n_workers[LANE_SHORT]--;
    pool->n_workers[LANE_LONG]++;
    worker->lane = LANE_LONG;
    atomic_store(&worker->is_long, true);
    (void)setpriority(PRIO_PROCESS, (id_t)atomic_load(&worker->tid), POOL_LONG_NICE);
    weh_metrics_add(pool->metrics, WEH_METRIC_WORKERS_DEMOTED, 1);
}

static void help_locked(struct pool *pool)
{
    if (pool_first_locked(pool, LANE_SHORT) != NULL &&
        pool->n_workers[LANE_SHORT] < (1 + STAND_INS) * pool->n_wanted[LANE_SHORT] &&
        pool_add_worker_locked(pool, LANE_SHORT)) {
        weh_metrics_add(pool->metrics, WEH_METRIC_WORKERS_JOINED, 1);
    }
}

/* True when it is at work. */
static bool look_at_locked(struct pool *pool, struct worker *worker)
{
    const unsigned step = atomic_load(&worker->step);
    uint64_t now_ns;

    if (step % 2 == 0) {
        return false;
    }
    if (worker->lane == LANE_LONG) {
        return true;
    }
    now_ns = cpu_ns(worker);
    if (step != worker->seen_step) {
        worker->seen_step = step;
        worker->seen_cpu_ns = now_ns;
    } else if (now_ns - worker->seen_cpu_ns >= BUSY_NS) {
        demote_locked(pool, worker);
    } else {
        worker->seen_cpu_ns = now_ns;
        help_locked(pool);
    }
    return true;
}

static bool look_locked(struct pool *pool)
{
    struct worker **link = &pool->workers;
    bool is_busy = false;

    while (*link != NULL) {
        struct worker *worker = *link;

        if (worker->has_ended) {
            *link = worker->next;
            worker_join(worker); /* it needs the lock no more */
            continue;
        }
        is_busy = look_at_locked(pool, worker) || is_busy;
        link = &worker->next;
    }
    return is_busy;
}

void *pool_watch(void *arg)
{
    struct pool *pool = arg;
    unsigned n_idle = 0;

    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        n_idle = look_locked(pool) ? 0 : n_idle + 1;
        if (n_idle < LOOKS_AWAKE) {
            weh_cond_wait_ms(&pool->watch, &pool->lock, LOOK_MS);
            continue;
        }
        pool->is_watched = false;
        while (!pool->is_watched && !pool->stopping) {
            (void)pthread_cond_wait(&pool->watch, &pool->lock);
        }
        n_idle = 0;
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}
