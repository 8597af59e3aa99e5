/* src/session/metrics.c - counting. The text that is made of it is in metrics_print.c. */
#include <pthread.h>

#include "weh/alloc.h"

#include "metrics_priv.h"

#define MAX_SHARDS 64

/* Threads have their own stacks and control blocks, a page or more apart: the address tells them apart
 * without a lookup. Two threads in one copy are slower, not wrong. */
static struct metrics_shard *own_shard(const struct weh_metrics *metrics)
{
    uint64_t self = (uint64_t)(uintptr_t)pthread_self(); /* NOLINT: an address in glibc and musl */

    return metrics->shards[(self * 0x9e3779b97f4a7c15U >> 40) & (metrics->n_shards - 1)];
}

static struct metrics_shard *make_shard(size_t n_methods)
{
    struct metrics_shard *shard = weh_calloc(1, sizeof(*shard));

    if (shard == NULL) {
        return NULL;
    }
    shard->methods = weh_calloc(n_methods == 0 ? 1 : n_methods, sizeof(*shard->methods));
    if (shard->methods == NULL) {
        weh_free(shard);
        return NULL;
    }
    return shard;
}

weh_err metrics_create(size_t n_methods, size_t n_threads, struct weh_metrics **out,
                       struct weh_diag *diag)
{
    struct weh_metrics *metrics = weh_calloc(1, sizeof(*metrics));
    size_t wanted = 1;

    if (metrics == NULL) {
        return weh_fail_nomem(diag);
    }
    /* Twice as many as threads: most have one to themselves. */
    while (wanted < 2 * n_threads && wanted < MAX_SHARDS) {
        wanted *= 2;
    }
    metrics->n_methods = n_methods;
    metrics->shards = weh_calloc(wanted, sizeof(struct metrics_shard *));
    while (metrics->shards != NULL && metrics->n_shards < wanted) {
        metrics->shards[metrics->n_shards] = make_shard(n_methods);
        if (metrics->shards[metrics->n_shards] == NULL) {
            break;
        }
        metrics->n_shards++;
    }
    if (metrics->n_shards < wanted) {
        metrics_destroy(metrics);
        return weh_fail_nomem(diag);
    }
    *out = metrics;
    return WEH_OK;
}

void metrics_destroy(struct weh_metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    for (size_t i = 0; metrics->shards != NULL && i < metrics->n_shards; i++) {
        weh_free(metrics->shards[i]->methods);
        weh_free(metrics->shards[i]);
    }
    weh_free(metrics->shards);
    weh_free(metrics);
}

void weh_metrics_add(struct weh_metrics *metrics, enum weh_metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&own_shard(metrics)->values[metric], n, memory_order_relaxed);
}

void weh_metrics_closed(struct weh_metrics *metrics, enum weh_close_reason reason)
{
    atomic_fetch_add_explicit(&own_shard(metrics)->closed[reason], 1, memory_order_relaxed);
}

void weh_metrics_request(struct weh_metrics *metrics, size_t method, weh_err err, uint64_t took_us)
{
    static const uint64_t ends_us[] = METRICS_BUCKETS_US;
    struct metrics_shard *shard = own_shard(metrics);
    struct method_counters *counters = &shard->methods[method];
    size_t bucket = 0;

    weh_assert(method < metrics->n_methods);
    while (bucket < METRICS_N_BUCKETS - 1 && took_us > ends_us[bucket]) {
        bucket++;
    }
    atomic_fetch_add_explicit(&counters->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counters->total_us, took_us, memory_order_relaxed);
    if (err != WEH_OK) {
        atomic_fetch_add_explicit(&counters->failures, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&shard->errors[err], 1, memory_order_relaxed);
    }
}

int64_t weh_metrics_get(const struct weh_metrics *metrics, enum weh_metric metric)
{
    int64_t sum = 0;

    for (size_t i = 0; i < metrics->n_shards; i++) {
        sum += atomic_load_explicit(&metrics->shards[i]->values[metric], memory_order_relaxed);
    }
    return sum;
}
