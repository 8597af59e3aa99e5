/* src/session/metrics_print.c - the counters, and what is looked up beside them, as Prometheus reads
 * them (text format 0.0.4). */
#include <stdio.h>
#include <string.h>

#include "metrics_priv.h"
#include "session_priv.h"

#define PREFIX "webedithost_"

/* What rows of metrics.def do not describe. The index is that of the printers below. */
static const struct weh_metric_family others[] = {
    { "requests_total", "counter", "method",
      "Requests answered; methods appear with their first." },
    { "request_failures_total", "counter", "method", "Of them, those answered with an error." },
    { "request_duration_seconds", "histogram", "method",
      "Time from taking a request to its answer, in the worker." },
    { "errors_total", "counter", "error", "Error answers by name." },
    { "sessions_ended_total", "counter", "reason", "Ends of sessions by reason." },
    { "sessions_detached", "gauge", "", "Sessions that wait for their client to come back." },
    { "run_queue_sessions", "gauge", "", "Sessions that wait for a worker." },
    { "mailbox_messages", "gauge", "", "Requests that wait in the mailboxes of all sessions." },
    { "mailbox_bytes", "gauge", "", "Their bytes." },
    { "mailbox_longest_messages", "gauge", "", "Requests in the longest mailbox." },
    { "outbox_bytes", "gauge", "", "Bytes that wait for clients to read, of all sessions." },
    { "outbox_longest_bytes", "gauge", "", "Bytes in the longest outbox." },
    { "resume_kept_bytes", "gauge", "",
      "Sent messages that are kept in case they must be sent again." },
    { "process_open_fds", "gauge", "", "Descriptors of the process." },
    { "process_resident_memory_bytes", "gauge", "", "Resident memory of the process." },
    { "uptime_seconds", "gauge", "", "Time since the start." },
    { "build_info", "gauge", "version", "1, with the version as label." },
};

static void head(struct weh_buf *out, const char *name, const char *type, const char *help)
{
    weh_buf_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name, type);
}

/* The head of the family @name of others. */
static void other_head(struct weh_buf *out, const char *name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        if (strcmp(others[i].name, name) == 0) {
            head(out, name, others[i].type, others[i].help);
            return;
        }
    }
    weh_assert(false);
}

static void gauge(struct weh_buf *out, const char *name, uint64_t value)
{
    other_head(out, name);
    weh_buf_printf(out, PREFIX "%s %llu\n", name, (unsigned long long)value);
}

/* ---- the rows of metrics.def ---- */

static const struct {
    const char *family;
    const char *type;
    const char *label;
    const char *help;
} rows[] = {
#define X(name, family, type, label, help) { family, type, label, help },
#include "weh/metrics.def"
#undef X
};

static bool is_seconds(size_t row)
{
    return strcmp(rows[row].type, "seconds") == 0;
}

/* As Prometheus calls it. */
static const char *type_of(size_t row)
{
    return is_seconds(row) ? "counter" : rows[row].type;
}

static void print_number(size_t row, int64_t value, struct weh_buf *out)
{
    if (is_seconds(row)) {
        weh_buf_printf(out, " %lld.%06lld\n", (long long)(value / 1000000),
                       (long long)(value % 1000000));
    } else {
        weh_buf_printf(out, " %lld\n", (long long)value);
    }
}

static void print_rows(const struct weh_metrics *metrics, struct weh_buf *out)
{
    for (size_t i = 0; i < WEH_METRIC_COUNT; i++) {
        const char *label = rows[i].label;

        if (i == 0 || strcmp(rows[i].family, rows[i - 1].family) != 0) {
            head(out, rows[i].family, type_of(i), rows[i].help);
        }
        weh_buf_printf(out, PREFIX "%s%s%s%s", rows[i].family, label[0] == '\0' ? "" : "{", label,
                       label[0] == '\0' ? "" : "}");
        print_number(i, weh_metrics_get(metrics, (enum weh_metric)i), out);
    }
}

/* ---- methods ---- */

static void print_histogram(const char *method, const struct metrics_method *sum,
                            struct weh_buf *out)
{
    static const uint64_t ends_us[] = METRICS_BUCKETS_US;
    uint64_t so_far = 0;

    for (size_t b = 0; b < METRICS_N_BUCKETS - 1; b++) {
        so_far += sum->buckets[b];
        weh_buf_printf(out,
                       PREFIX "request_duration_seconds_bucket{method=\"%s\",le=\"%g\"} %llu\n",
                       method, (double)ends_us[b] / 1e6, (unsigned long long)so_far);
    }
    weh_buf_printf(out,
                   PREFIX "request_duration_seconds_bucket{method=\"%s\",le=\"+Inf\"} %llu\n" PREFIX
                          "request_duration_seconds_sum{method=\"%s\"} %llu.%06llu\n" PREFIX
                          "request_duration_seconds_count{method=\"%s\"} %llu\n",
                   method, (unsigned long long)sum->requests, method,
                   (unsigned long long)(sum->total_us / 1000000),
                   (unsigned long long)(sum->total_us % 1000000), method,
                   (unsigned long long)sum->requests);
}

static void print_method(const char *family, const char *name, const struct metrics_method *sum,
                         struct weh_buf *out)
{
    if (strcmp(family, "request_duration_seconds") == 0) {
        print_histogram(name, sum, out);
        return;
    }
    weh_buf_printf(out, PREFIX "%s{method=\"%s\"} %llu\n", family, name,
                   (unsigned long long)(strcmp(family, "requests_total") == 0 ? sum->requests
                                                                              : sum->failures));
}

static void print_methods(const struct weh_host *host, const char *family, struct weh_buf *out)
{
    other_head(out, family);
    for (size_t i = 0; i < host->metrics->n_methods; i++) {
        struct metrics_method sum = metrics_sum_method(host->metrics, i);

        if (sum.requests != 0) {
            print_method(family, host_method(host, i)->name, &sum, out);
        }
    }
}

static void print_named(const struct weh_metrics *metrics, struct weh_buf *out)
{
    other_head(out, "errors_total");
    for (unsigned err = WEH_OK + 1; err < WEH_E_COUNT; err++) {
        const uint64_t n = metrics_sum_error(metrics, (weh_err)err);

        if (n != 0) {
            weh_buf_printf(out, PREFIX "errors_total{error=\"%s\"} %llu\n",
                           weh_err_info((weh_err)err)->name, (unsigned long long)n);
        }
    }
    other_head(out, "sessions_ended_total");
    for (unsigned reason = 0; reason < WEH_CLOSE_COUNT; reason++) {
        weh_buf_printf(
            out, PREFIX "sessions_ended_total{reason=\"%s\"} %llu\n",
            weh_close_info((enum weh_close_reason)reason)->name,
            (unsigned long long)metrics_sum_closed(metrics, (enum weh_close_reason)reason));
    }
}

/* ---- what is looked up ---- */

static void print_looked_up(const struct weh_host *host, struct weh_buf *out)
{
    struct metrics_looked_up seen;

    metrics_look_up(host, &seen);
    for (size_t i = 0; i < METRICS_N_LOOKED_UP; i++) {
        gauge(out, metrics_looked_up_name(i), seen.values[i]);
    }
    other_head(out, "build_info");
    weh_buf_printf(out, PREFIX "build_info{version=\"%s\"} 1\n", WEH_VERSION);
}

void weh_metrics_print(const struct weh_host *host, struct weh_buf *out)
{
    print_rows(host->metrics, out);
    print_methods(host, "requests_total", out);
    print_methods(host, "request_failures_total", out);
    print_methods(host, "request_duration_seconds", out);
    print_named(host->metrics, out);
    print_looked_up(host, out);
}

/* ---- for the documentation ---- */

bool weh_metrics_family(size_t index, struct weh_metric_family *out)
{
    static const char *const labels[] = { "state", "outcome", "what", "limit", "cause", "" };

    for (size_t i = 0; i < WEH_METRIC_COUNT; i++) {
        size_t label = 0;

        if (i != 0 && strcmp(rows[i].family, rows[i - 1].family) == 0) {
            continue;
        }
        if (index-- != 0) {
            continue;
        }
        while (strncmp(rows[i].label, labels[label], strlen(labels[label])) != 0) {
            label++;
        }
        *out =
            (struct weh_metric_family){ rows[i].family, type_of(i), labels[label], rows[i].help };
        return true;
    }
    if (index >= WEH_ARRAY_LEN(others)) {
        return false;
    }
    *out = others[index];
    return true;
}
