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

/** The run queue and its threads. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct weh_session *head;
    struct weh_session *tail;
    bool stopping;
    atomic_size_t n_waiting; /* sessions in the queue */
    struct weh_metrics *metrics;
    pthread_t *threads;
    size_t n_threads;
};

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

/** Put @session, which is in no queue, at the back of the run queue. Any thread. */
void pool_submit(struct pool *pool, struct weh_session *session);
void pool_init(struct pool *pool);
WEH_MUST_CHECK weh_err pool_start(struct pool *pool, size_t n_threads, struct weh_diag *diag);
void pool_stop(struct pool *pool);
/** How long the first session of the run queue has waited. Any thread. */
uint64_t pool_delay_ms(struct pool *pool);

#endif
