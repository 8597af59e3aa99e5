/* src/session/gate.c - how many long steps run at the same time.
 *
 * Their threads have a low priority. Many of them at once would make each wait so long for a processor that
 * whatever lock it holds meanwhile (the allocator's, say) holds up everybody. So there are a few slots, in
 * line and by the slice; who has none waits at the next place where a step can wait.
 */
#include "weh/clock.h"
#include "weh/thread.h"

#include "session_priv.h"

#define SLICE_US 50000U

/* A request that was cancelled does not wait any longer than this. */
#define LOOK_MS 50

static void leave_line_locked(struct gate *gate, struct worker *worker)
{
    struct worker *before = NULL;
    struct worker *at = gate->first;

    while (at != worker) {
        before = at;
        at = at->next_in_line;
    }
    if (before == NULL) {
        gate->first = worker->next_in_line;
    } else {
        before->next_in_line = worker->next_in_line;
    }
    if (gate->last == worker) {
        gate->last = before;
    }
    atomic_fetch_sub(&gate->n_waiting, 1);
}

static void give_locked(struct gate *gate)
{
    struct worker *next = gate->first;

    if (next == NULL) {
        gate->n_free++;
        return;
    }
    leave_line_locked(gate, next);
    next->has_slot = true;
    (void)pthread_cond_signal(&next->my_turn);
}

static void take_locked(struct pool *pool, struct worker *worker, const atomic_bool *cancel)
{
    struct gate *gate = &pool->gate;

    if (gate->n_free > 0) {
        gate->n_free--;
        worker->has_slot = true;
        return;
    }
    worker->next_in_line = NULL;
    if (gate->last == NULL) {
        gate->first = worker;
    } else {
        gate->last->next_in_line = worker;
    }
    gate->last = worker;
    atomic_fetch_add(&gate->n_waiting, 1);
    while (!worker->has_slot && !atomic_load(cancel)) {
        weh_cond_wait_ms(&worker->my_turn, &pool->lock, LOOK_MS);
    }
    if (!worker->has_slot) {
        leave_line_locked(gate, worker);
    }
}

void gate_enter(struct worker *worker, const atomic_bool *cancel)
{
    struct pool *pool = worker->pool;

    if (!atomic_load(&worker->is_long) || worker->has_slot) {
        return;
    }
    (void)pthread_mutex_lock(&pool->lock);
    take_locked(pool, worker, cancel);
    (void)pthread_mutex_unlock(&pool->lock);
    worker->slot_since_us = weh_clock_mono_us();
}

void gate_leave(struct worker *worker)
{
    struct pool *pool = worker->pool;

    if (worker->has_slot) {
        (void)pthread_mutex_lock(&pool->lock);
        worker->has_slot = false;
        give_locked(&pool->gate);
        (void)pthread_mutex_unlock(&pool->lock);
    }
}

void gate_pause(struct worker *worker, const atomic_bool *cancel)
{
    if (!atomic_load_explicit(&worker->is_long, memory_order_relaxed) || atomic_load(cancel)) {
        return;
    }
    if (worker->has_slot) {
        if (atomic_load_explicit(&worker->pool->gate.n_waiting, memory_order_relaxed) == 0 ||
            weh_clock_mono_us() - worker->slot_since_us < SLICE_US) {
            return;
        }
        gate_leave(worker);
    }
    gate_enter(worker, cancel);
}
