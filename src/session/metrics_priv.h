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

/** One method over all threads. */
struct metrics_method {
    uint64_t requests;
    uint64_t failures;
    uint64_t total_us;
    uint64_t buckets[METRICS_N_BUCKETS];
};

struct metrics_method metrics_sum_method(const struct weh_metrics *metrics, size_t method);
uint64_t metrics_sum_error(const struct weh_metrics *metrics, weh_err err);
uint64_t metrics_sum_closed(const struct weh_metrics *metrics, enum weh_close_reason reason);

/** What is looked up, by the names of the families. */
/* clang-format off */
#define METRICS_LOOKED_UP(X)                                                                   \
    X(sessions_detached) X(run_queue_sessions)                                                 \
    X(mailbox_messages) X(mailbox_bytes) X(mailbox_longest_messages)                           \
    X(outbox_bytes) X(outbox_longest_bytes) X(resume_kept_bytes)                               \
    X(process_open_fds) X(process_resident_memory_bytes) X(uptime_seconds)
/* clang-format on */

enum metrics_looked_up_index {
#define X(name) METRICS_##name,
    METRICS_LOOKED_UP(X)
#undef X
    METRICS_N_LOOKED_UP
};

struct metrics_looked_up {
    uint64_t values[METRICS_N_LOOKED_UP];
};

/** Look everything up. Service thread. */
void metrics_look_up(const struct weh_host *host, struct metrics_looked_up *out);
/** The family's name, without the prefix. Static. */
const char *metrics_looked_up_name(size_t index);

/** For @n_threads threads that count. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err metrics_create(size_t n_methods, size_t n_threads, struct weh_metrics **out,
                                      struct weh_diag *diag);
/** NULL is fine. */
void metrics_destroy(struct weh_metrics *metrics);

#endif
