/* src/session/metrics_look.c - reading what is counted: sums over the threads' copies, and what is not
 * counted but looked up.
 */
#include <stdio.h>
#include <string.h>

#include <dirent.h>
#include <unistd.h>

#include "weh/clock.h"

#include "metrics_priv.h"
#include "session_priv.h"

struct metrics_method metrics_sum_method(const struct weh_metrics *metrics, size_t method)
{
    struct metrics_method sum = { .requests = 0 };

    for (size_t i = 0; i < metrics->n_shards; i++) {
        const struct method_counters *from = &metrics->shards[i]->methods[method];

        sum.failures += atomic_load_explicit(&from->failures, memory_order_relaxed);
        sum.total_us += atomic_load_explicit(&from->total_us, memory_order_relaxed);
        for (size_t b = 0; b < METRICS_N_BUCKETS; b++) {
            uint64_t n = atomic_load_explicit(&from->buckets[b], memory_order_relaxed);

            sum.buckets[b] += n;
            sum.requests += n;
        }
    }
    return sum;
}

uint64_t metrics_sum_error(const struct weh_metrics *metrics, weh_err err)
{
    uint64_t n = 0;

    for (size_t i = 0; i < metrics->n_shards; i++) {
        n += atomic_load_explicit(&metrics->shards[i]->errors[err], memory_order_relaxed);
    }
    return n;
}

uint64_t metrics_sum_closed(const struct weh_metrics *metrics, enum weh_close_reason reason)
{
    uint64_t n = 0;

    for (size_t i = 0; i < metrics->n_shards; i++) {
        n += atomic_load_explicit(&metrics->shards[i]->closed[reason], memory_order_relaxed);
    }
    return n;
}

/* ---- what is looked up ---- */

static void raise_to(uint64_t *most, uint64_t value)
{
    if (*most < value) {
        *most = value;
    }
}

static void add_queues(void *ctx, struct weh_session *session)
{
    uint64_t *values = ctx;

    (void)pthread_mutex_lock(&session->lock);
    values[METRICS_mailbox_messages] += session->mailbox.n;
    values[METRICS_mailbox_bytes] += session->mailbox.bytes;
    raise_to(&values[METRICS_mailbox_longest_messages], session->mailbox.n);
    values[METRICS_outbox_bytes] += session->outbox.bytes;
    raise_to(&values[METRICS_outbox_longest_bytes], session->outbox.bytes);
    values[METRICS_resume_kept_bytes] += session->kept.bytes;
    (void)pthread_mutex_unlock(&session->lock);
}

static uint64_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t n = 0;

    if (folder == NULL) {
        return 0;
    }
    while (readdir(folder) != NULL) { /* NOLINT(concurrency-mt-unsafe): a stream of its own */
        n++;
    }
    (void)closedir(folder);
    return n > 3 ? n - 3 : 0; /* ".", "..", and the folder itself */
}

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char text[128] = "";
    unsigned long long pages = 0;
    const char *second;

    if (file == NULL) {
        return 0;
    }
    if (fgets(text, sizeof(text), file) == NULL) {
        text[0] = '\0';
    }
    (void)fclose(file);
    second = strchr(text, ' ');
    for (; second != NULL && *++second >= '0' && *second <= '9';) {
        pages = pages * 10 + (unsigned)(*second - '0');
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

const char *metrics_looked_up_name(size_t index)
{
    static const char *const names[] = {
#define X(name) #name,
        METRICS_LOOKED_UP(X)
#undef X
    };

    return names[index];
}

void metrics_look_up(const struct weh_host *host, struct metrics_looked_up *out)
{
    memset(out, 0, sizeof(*out));
    weh_host_each(host, add_queues, out->values);
    out->values[METRICS_sessions_detached] = host->n_detached;
    out->values[METRICS_run_queue_sessions] = pool_n_waiting(&host->pool);
    out->values[METRICS_process_open_fds] = count_descriptors();
    out->values[METRICS_process_resident_memory_bytes] = resident_bytes();
    out->values[METRICS_uptime_seconds] = (weh_clock_mono_us() - host->started_us) / 1000000;
}
