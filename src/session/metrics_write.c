/* src/session/metrics_write.c - the counters as one value, for admin.counters: what metrics_print.c writes,
 * without histograms.
 */
#include <stdio.h>
#include <string.h>

#include "weh/admin.h"

#include "metrics_priv.h"
#include "session_priv.h"

static const struct {
    const char *family;
    const char *label; /* name="value", or "" */
    const char *type;
} rows[] = {
#define X(name, family, type, label, help) { family, label, type },
#include "weh/metrics.def"
#undef X
};

static void put(struct weh_sink *sink, const char *key, uint64_t value)
{
    weh_sink_key(sink, key);
    weh_sink_int(sink, (int64_t)value);
}

/* The text between the quotes of @label. */
static void label_value(const char *label, char *out, size_t size)
{
    const char *start = strchr(label, '"');

    out[0] = '\0';
    if (start != NULL) {
        (void)snprintf(out, size, "%.*s", (int)strcspn(start + 1, "\""), start + 1);
    }
}

/* Rows of one family with labels are a map, one without is a number. */
static void put_rows(const struct weh_metrics *metrics, struct weh_sink *sink)
{
    const char *open = "";
    char label[64];

    for (size_t i = 0; i < WEH_METRIC_COUNT; i++) {
        const int64_t value = weh_metrics_get(metrics, (enum weh_metric)i);

        if (open[0] != '\0' && strcmp(open, rows[i].family) != 0) {
            weh_sink_map_end(sink);
            open = "";
        }
        if (rows[i].label[0] != '\0' && open[0] == '\0') {
            open = rows[i].family;
            weh_sink_key(sink, open);
            weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        }
        label_value(rows[i].label, label, sizeof(label));
        weh_sink_key(sink, label[0] == '\0' ? rows[i].family : label);
        if (strcmp(rows[i].type, "seconds") == 0) {
            weh_sink_real(sink, (double)value / 1e6);
        } else {
            weh_sink_int(sink, value);
        }
    }
    if (open[0] != '\0') {
        weh_sink_map_end(sink);
    }
}

static void put_methods(const struct weh_host *host, struct weh_sink *sink)
{
    weh_sink_key(sink, "methods");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < host->metrics->n_methods; i++) {
        const struct metrics_method sum = metrics_sum_method(host->metrics, i);

        if (sum.requests == 0) {
            continue;
        }
        weh_sink_key(sink, host_method(host, i)->name);
        weh_sink_map_begin(sink, 3);
        put(sink, "requests", sum.requests);
        put(sink, "failures", sum.failures);
        weh_sink_key(sink, "seconds");
        weh_sink_real(sink, (double)sum.total_us / 1e6);
        weh_sink_map_end(sink);
    }
    weh_sink_map_end(sink);
}

static void put_errors(const struct weh_metrics *metrics, struct weh_sink *sink)
{
    weh_sink_key(sink, "errors_total");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (unsigned err = WEH_OK + 1; err < WEH_E_COUNT; err++) {
        const uint64_t n = metrics_sum_error(metrics, (weh_err)err);

        if (n != 0) {
            put(sink, weh_err_info((weh_err)err)->name, n);
        }
    }
    weh_sink_map_end(sink);
}

static void put_ends(const struct weh_metrics *metrics, struct weh_sink *sink)
{
    weh_sink_key(sink, "sessions_ended_total");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (unsigned reason = 0; reason < WEH_CLOSE_COUNT; reason++) {
        const uint64_t n = metrics_sum_closed(metrics, (enum weh_close_reason)reason);

        if (n != 0) {
            put(sink, weh_close_info((enum weh_close_reason)reason)->name, n);
        }
    }
    weh_sink_map_end(sink);
}

void weh_metrics_write(const struct weh_host *host, struct weh_sink *sink)
{
    struct metrics_looked_up seen;

    metrics_look_up(host, &seen);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_rows(host->metrics, sink);
    for (size_t i = 0; i < METRICS_N_LOOKED_UP; i++) {
        put(sink, metrics_looked_up_name(i), seen.values[i]);
    }
    put_errors(host->metrics, sink);
    put_ends(host->metrics, sink);
    put_methods(host, sink);
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_map_end(sink);
}
