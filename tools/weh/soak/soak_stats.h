/* tools/weh/soak/soak_stats.h - latencies in buckets, and how a process does. */
#ifndef SOAK_STATS_H
#define SOAK_STATS_H

#include <stdint.h>

#include <sys/types.h>

#include "weh/sink.h"

/** 16 buckets for each power of two nanoseconds: within 6 %. */
#define SOAK_BUCKETS 704

struct soak_histogram {
    uint64_t n;
    uint64_t max_ns;
    uint64_t counts[SOAK_BUCKETS];
};

void soak_histogram_add(struct soak_histogram *histogram, uint64_t ns);
void soak_histogram_merge(struct soak_histogram *into, const struct soak_histogram *from);
/** The time that @percent of all do not exceed; 0 when there is none. */
uint64_t soak_histogram_at(const struct soak_histogram *histogram, double percent);
/** {n, p50, p90, p99, p999, max} in microseconds. */
void soak_histogram_write(const struct soak_histogram *histogram, struct weh_sink *sink);

struct soak_usage {
    double rss_kb; /* 0: not known */
    int64_t n_descriptors;
    int64_t n_threads;
};

/** Of the process @pid; all 0 when that is 0. */
struct soak_usage soak_usage_now(pid_t pid);
/** The same, the memory as the median of a few looks. */
struct soak_usage soak_usage_of(pid_t pid);

#endif
