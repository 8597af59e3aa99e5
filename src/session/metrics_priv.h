/* src/session/metrics_priv.h - the counters themselves, for this folder. */
#ifndef WEH_METRICS_PRIV_H
#define WEH_METRICS_PRIV_H

#include <stdatomic.h>
#include <stdbool.h>

#include "weh/metrics.h"

/** Upper ends of the buckets of a request's time; one more bucket takes what is longer. */
#define METRICS_BUCKETS_US                                                                     \
    {                                                                                          \
        100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000 \
    }
#define METRICS_N_BUCKETS 14

struct method_counters {
    atomic_uint_fast64_t failures;
    atomic_uint_fast64_t total_us;
    atomic_uint_fast64_t buckets[METRICS_N_BUCKETS]; /* their sum is the number of requests */
};

/** One copy of everything that is counted. */
struct metrics_shard {
    atomic_int_fast64_t values[WEH_METRIC_COUNT];
    atomic_uint_fast64_t closed[WEH_CLOSE_COUNT];
    atomic_uint_fast64_t errors[WEH_E_COUNT];
    struct method_counters *methods;
};

struct weh_metrics {
    size_t n_methods;
    size_t n_shards; /* a power of two */
    struct metrics_shard **shards;
};

/** For @n_threads threads that count. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err metrics_create(size_t n_methods, size_t n_threads, struct weh_metrics **out,
                                      struct weh_diag *diag);
/** NULL is fine. */
void metrics_destroy(struct weh_metrics *metrics);

#endif
