/* tools/weh/soak/soak_stats.c - latencies in buckets, and how a process does. */
#include "soak_stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <poll.h>

#define SUB_BITS 4
#define N_LOOKS  5
#define LOOK_MS  50

/* ---- latencies ---- */

static uint32_t bucket_of(uint64_t ns)
{
    uint32_t log = 0;
    uint32_t bucket;

    if (ns < (1U << SUB_BITS)) {
        return (uint32_t)ns;
    }
    log = 63 - (uint32_t)__builtin_clzll(ns);
    bucket = ((log - SUB_BITS + 1) << SUB_BITS) + (uint32_t)((ns >> (log - SUB_BITS)) & 15);
    return bucket < SOAK_BUCKETS ? bucket : SOAK_BUCKETS - 1;
}

/* The largest time in @bucket. */
static uint64_t end_of(uint32_t bucket)
{
    uint32_t log = bucket >> SUB_BITS;

    if (log == 0) {
        return bucket;
    }
    return ((((uint64_t)16 + (bucket & 15)) + 1) << (log - 1)) - 1;
}

void soak_histogram_add(struct soak_histogram *histogram, uint64_t ns)
{
    histogram->n++;
    histogram->counts[bucket_of(ns)]++;
    if (ns > histogram->max_ns) {
        histogram->max_ns = ns;
    }
}

void soak_histogram_merge(struct soak_histogram *into, const struct soak_histogram *from)
{
    into->n += from->n;
    into->max_ns = into->max_ns > from->max_ns ? into->max_ns : from->max_ns;
    for (uint32_t i = 0; i < SOAK_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
}

uint64_t soak_histogram_at(const struct soak_histogram *histogram, double percent)
{
    double rank = (double)histogram->n * percent / 100.0;
    uint64_t n = 0;

    for (uint32_t i = 0; i < SOAK_BUCKETS; i++) {
        n += histogram->counts[i];
        if (n > 0 && (double)n >= rank) {
            return end_of(i) < histogram->max_ns ? end_of(i) : histogram->max_ns;
        }
    }
    return histogram->max_ns;
}

static void put_us(struct weh_sink *sink, const char *key, uint64_t ns)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, (int64_t)((ns + 500) / 1000));
}

void soak_histogram_write(const struct soak_histogram *histogram, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 6);
    weh_sink_key(sink, "n");
    weh_sink_int(sink, (int64_t)histogram->n);
    put_us(sink, "p50", soak_histogram_at(histogram, 50.0));
    put_us(sink, "p90", soak_histogram_at(histogram, 90.0));
    put_us(sink, "p99", soak_histogram_at(histogram, 99.0));
    put_us(sink, "p999", soak_histogram_at(histogram, 99.9));
    put_us(sink, "max", histogram->max_ns);
    weh_sink_map_end(sink);
}

/* ---- the process ---- */

static void read_status(pid_t pid, struct soak_usage *out)
{
    char path[64];
    char line[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            out->rss_kb = strtod(line + 6, NULL);
        } else if (strncmp(line, "Threads:", 8) == 0) {
            out->n_threads = strtol(line + 8, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
}

static int64_t count_descriptors(pid_t pid)
{
    char path[64];
    int64_t n = 0;
    DIR *folder;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    if (folder == NULL) {
        return 0;
    }
    /* This thread alone reads it. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    while (readdir(folder) != NULL) {
        n++;
    }
    closedir(folder);
    return n - 2; /* . and .. */
}

static int compare(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;

    return (*left > *right) - (*left < *right);
}

struct soak_usage soak_usage_now(pid_t pid)
{
    struct soak_usage usage = { 0.0, 0, 0 };

    if (pid > 0) {
        read_status(pid, &usage);
        usage.n_descriptors = count_descriptors(pid);
    }
    return usage;
}

struct soak_usage soak_usage_of(pid_t pid)
{
    struct soak_usage usage = { 0.0, 0, 0 };
    double looks[N_LOOKS];

    for (uint32_t i = 0; i < N_LOOKS && pid > 0; i++) {
        (void)poll(NULL, 0, LOOK_MS);
        usage = soak_usage_now(pid);
        looks[i] = usage.rss_kb;
    }
    if (pid > 0) {
        qsort(looks, N_LOOKS, sizeof(looks[0]), compare);
        usage.rss_kb = looks[N_LOOKS / 2];
    }
    return usage;
}
