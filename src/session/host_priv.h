/* src/session/host_priv.h - the inside of a host: its run queue, its sessions by id, and what it has
 * the service thread do. */
#ifndef WEH_HOST_PRIV_H
#define WEH_HOST_PRIV_H

#include <stdatomic.h>

#include <pthread.h>

#include "weh/host.h"
#include "weh/metrics.h"
#include "weh/session.h"

#include "quota.h"

/** Who runs a session. */
enum lane {
    LANE_SHORT,
    LANE_LONG, /* sessions whose requests have taken long, by threads of low priority */
    N_LANES
};

/* Each stands for sessions that use twice as much as those of the one before. */
#define N_BANDS 12

/** What a session has used of the processors of late, and where that puts it (usage.c). While the session is
 * not scheduled it belongs to whoever holds the session's lock, else to the pool or the worker. */
struct usage {
    uint64_t ns; /* in the last seconds */
    uint64_t at_us;
    unsigned band;
    unsigned n_short; /* requests in a row, of a session in the long lane */
    enum lane lane;
};

/** A thread that runs requests. All but the atomics guarded by the pool's lock. */
struct worker {
    struct pool *pool;
    struct worker *next; /* in the pool's list */
    pthread_t thread;
    enum lane lane;
    bool has_ended; /* to be joined */
    atomic_int tid; /* for the kernel; 0: not begun yet */
    /* Counts up when it begins a request or another step, and when it has done it: odd meanwhile. */
    atomic_uint step;
    atomic_bool is_long; /* of the long lane, as its own thread may read it */
    unsigned seen_step;  /* watcher: when it looked last, with the one below */
    uint64_t seen_cpu_ns;
    pthread_cond_t my_turn; /* it has got a slot, with the two below (gate.c) */
    struct worker *next_in_line;
    bool has_slot;
    uint64_t slot_since_us; /* own */
};

/** Long steps that run at the same time: those without a slot wait (gate.c). The pool's lock. */
struct gate {
    size_t n_free;
    struct worker *first; /* of those that wait */
    struct worker *last;
    atomic_size_t n_waiting;
};

struct run_queue {
    struct weh_session *head;
    struct weh_session *tail;
};

/** The run queues and their threads (pool.c, worker.c). */
struct pool {
    pthread_mutex_t lock;
    struct run_queue queues[N_LANES][N_BANDS];
    pthread_cond_t work[N_LANES];
    unsigned n_taken;
    atomic_size_t n_waiting;
    bool stopping;
    struct weh_metrics *metrics;
    struct worker *workers;
    size_t n_workers[N_LANES];
    size_t n_wanted[N_LANES]; /* workers above that leave when they find nothing to do */
    size_t most_workers;      /* of both lanes */
    pthread_t watcher;
    bool has_watcher;
    pthread_cond_t watch;
    bool is_watched; /* false: the watcher sleeps until it is woken */
    struct gate gate;
};

/** Let time pass, and see which band the session is in now. */
void usage_rank(struct usage *usage);
/** A request or another step has used the processor for @cpu_ns. */
void usage_add(struct usage *usage, uint64_t cpu_ns);

/** The sessions by id. Service thread. */
struct table {
    struct weh_session **buckets; /* a power of two of them */
    size_t n_buckets;
    size_t n;
};

WEH_MUST_CHECK weh_err table_add(struct table *table, struct weh_session *session,
                                 struct weh_diag *diag);
void table_remove(struct table *table, struct weh_session *session);
struct weh_session *table_find(const struct table *table, struct weh_str name);
void table_fini(struct table *table);

/** What other threads have the service thread do. All guarded by the lock. */
struct service {
    pthread_mutex_t lock;
    void (*wake)(void *ctx);
    void *wake_ctx;
    struct weh_session *ended; /* to be freed */
    struct weh_session **heap; /* by armed_ms, the earliest first; has room for all admitted ones */
    size_t n_heap;
    size_t n_admitted;
    size_t heap_capacity;
    uint64_t planned_ms; /* when the service thread comes by itself */
};

struct weh_host {
    struct weh_host_options options;
    struct pool pool;
    struct service service;
    struct table table;
    struct weh_metrics *metrics;
    uint64_t started_us;
    struct users users;
    atomic_size_t n_sessions;
    uint64_t n_operations; /* without a session; service thread, with the two below */
    size_t n_detached;
    bool is_stopping;
};

/** Which of all methods @method is, those of IPC behind the others; and back. */
size_t host_method_index(const struct weh_host *host, const struct weh_method *method);
const struct weh_method *host_method(const struct weh_host *host, size_t index);

/** Milliseconds of the monotonic clock. */
uint64_t service_now_ms(void);
void service_init(struct service *service);
void service_fini(struct service *service);
/** Make room for @session, so that arming it cannot fail. Service thread, as dismiss. */
WEH_MUST_CHECK weh_err service_admit(struct service *service, struct weh_session *session,
                                     struct weh_diag *diag);
void service_dismiss(struct service *service, struct weh_session *session);
/** See that session_due is called at @due_ms or before. Any thread; the session's lock may be held. */
void service_arm(struct service *service, struct weh_session *session, uint64_t due_ms);
/** @session has ended and has no channel: the service thread is to free it. */
void service_post_ended(struct service *service, struct weh_session *session);

/** Put @session, which is in no queue, at the back of its queue. Any thread. */
void pool_submit(struct pool *pool, struct weh_session *session);
void pool_init(struct pool *pool);
/** @n_workers of the short lane. */
WEH_MUST_CHECK weh_err pool_start(struct pool *pool, size_t n_workers, size_t n_long, size_t most,
                                  struct weh_diag *diag);
void pool_stop(struct pool *pool);
/** How long the first session of the short lane has waited. Any thread. */
uint64_t pool_delay_ms(struct pool *pool);
/** Sessions that wait. Any thread. */
size_t pool_n_waiting(const struct pool *pool);

/** Of threads of the long lane, above that of the process at its start. */
#define POOL_LONG_NICE 10

/* Between pool.c, worker.c and watch.c; the pool's lock is held. */

/** The one of @lane that has waited longest, which stays where it is; NULL: none waits. */
struct weh_session *pool_first_locked(struct pool *pool, enum lane lane);

/** The next session for @worker, or NULL: it leaves. Waits. */
struct weh_session *pool_take_locked(struct pool *pool, struct worker *worker);

/** Start a thread for @lane. False when there are too many, or no memory. */
bool pool_add_worker_locked(struct pool *pool, enum lane lane);

/** Wait for the end of its thread, and free it. */
void worker_join(struct worker *worker);

/** Wait for a slot, if @worker is of the long lane and has none. Its own thread. @cancel set: not long. */
void gate_enter(struct worker *worker, const atomic_bool *cancel);
/** Give the slot back, if it has one. */
void gate_leave(struct worker *worker);
/** A long step can wait here: let others have the slot when they wait and its time is over, and take one if
 * the step has turned out to be long. */
void gate_pause(struct worker *worker, const atomic_bool *cancel);

/** The watcher's thread (watch.c): sees to it that long steps hold up no short ones. @arg the pool. */
void *pool_watch(void *arg);

#endif
