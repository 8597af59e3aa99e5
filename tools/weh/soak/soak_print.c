/* tools/weh/soak/soak_print.c - the result of a run as JSON. */
#include <math.h>
#include <stdio.h>

#include "weh/json.h"

#include "soak_run.h"

static void put_count(struct weh_sink *sink, const char *key, uint64_t n)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, (int64_t)n);
}

static void put_real(struct weh_sink *sink, const char *key, double value)
{
    weh_sink_key(sink, key);
    weh_sink_real(sink, round(value * 100.0) / 100.0);
}

double soak_drift(const struct soak_result *result)
{
    double warm = result->usages.warm.rss_kb;

    return warm > 0.0 ? (result->usages.end.rss_kb - warm) / warm * 100.0 : 0.0;
}

static void put_faults(const struct soak *soak, struct weh_sink *sink)
{
    static const char *const names[] = {
#define X(id, name) name,
        SOAK_FAULT_LIST(X)
#undef X
    };

    weh_sink_key(sink, "faults");
    weh_sink_map_begin(sink, SOAK_FAULTS);
    for (uint32_t i = 0; i < SOAK_FAULTS; i++) {
        put_count(sink, names[i], soak->faults[i]);
    }
    weh_sink_map_end(sink);
}

/* Several kinds may be of one method; they stand under the names of the kinds. */
static void put_latencies(const struct soak *soak, struct weh_sink *sink)
{
    struct soak_histogram all = { .n = 0 };

    weh_sink_key(sink, "latencyUs");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < SOAK_KINDS; i++) {
        soak_histogram_merge(&all, &soak->latency[i]);
    }
    weh_sink_key(sink, "all");
    soak_histogram_write(&all, sink);
    for (uint32_t i = 0; i < SOAK_KINDS; i++) {
        if (soak->latency[i].n > 0) {
            weh_sink_key(sink, soak_kind_info((enum soak_kind)i)->name);
            soak_histogram_write(&soak->latency[i], sink);
        }
    }
    weh_sink_key(sink, "resuming");
    soak_histogram_write(&soak->resuming, sink);
    weh_sink_map_end(sink);
}

static void put_usage(struct weh_sink *sink, const char *key, const struct soak_usage *usage)
{
    weh_sink_key(sink, key);
    weh_sink_map_begin(sink, 3);
    put_real(sink, "rssKb", usage->rss_kb);
    put_count(sink, "descriptors", (uint64_t)usage->n_descriptors);
    put_count(sink, "threads", (uint64_t)usage->n_threads);
    weh_sink_map_end(sink);
}

static void put_server(const struct soak_result *result, struct weh_sink *sink)
{
    weh_sink_key(sink, "server");
    if (result->usages.start.rss_kb <= 0.0) {
        weh_sink_null(sink);
        return;
    }
    weh_sink_map_begin(sink, 4);
    put_usage(sink, "start", &result->usages.start);
    put_usage(sink, "warm", &result->usages.warm);
    put_usage(sink, "end", &result->usages.end);
    put_real(sink, "rssDriftPercent", soak_drift(result));
    weh_sink_map_end(sink);
}

void soak_print(const struct soak *soak, const struct soak_result *result, bool is_right)
{
    struct weh_json_writer json;
    struct weh_sink *sink = &json.sink;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "right");
    weh_sink_bool(sink, is_right);
    soak_put_text(sink, "version", WEH_VERSION);
    put_count(sink, "sessions", soak->options.n_sessions);
    put_count(sink, "failedSessions", soak->n_failed);
    put_faults(soak, sink);
    put_real(sink, "seconds", result->seconds);
    put_count(sink, "requests", result->n_requests);
    put_real(sink, "requestsPerSecond", (double)result->n_requests / result->seconds);
    put_count(sink, "messagesReceived", soak->n_messages);
    put_count(sink, "bytesReceived", soak->n_bytes);
    put_count(sink, "cuts", soak->n_cuts);
    put_count(sink, "resumed", soak->n_resumed);
    put_count(sink, "refusedHandshakes", soak->n_refused);
    put_count(sink, "putOff", soak->n_put_off);
    put_latencies(soak, sink);
    put_server(result, sink);
    weh_sink_map_end(sink);
    weh_buf_byte(&buf, '\n');
    (void)fwrite(buf.data, 1, buf.len, stdout);
    weh_buf_fini(&buf);
}
