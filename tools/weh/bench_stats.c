/* tools/weh/bench_stats.c - times of one measure over several rounds.
 */
#include "bench_stats.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weh/alloc.h"

uint64_t weh_bench_now_ns(void)
{
    struct timespec now = { 0 };

    /* Finer than weh_clock_mono_us: an echo takes some eight microseconds. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

weh_err weh_bench_add(struct weh_bench_series *series, uint64_t ns, struct weh_diag *diag)
{
    if (series->samples_ns == NULL) {
        series->samples_ns = weh_calloc(WEH_BENCH_SAMPLES_MAX, sizeof(*series->samples_ns));
        if (series->samples_ns == NULL) {
            return weh_fail_nomem(diag);
        }
    }
    weh_assert(series->n_samples < WEH_BENCH_SAMPLES_MAX);
    series->samples_ns[series->n_samples++] = ns;
    return WEH_OK;
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;

    return (*left > *right) - (*left < *right);
}

static int compare_double(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;

    return (*left > *right) - (*left < *right);
}

void weh_bench_end_round(struct weh_bench_series *series)
{
    uint32_t n = series->n_samples;
    uint32_t middle = n / 2;
    uint32_t nearly_last = n == 0 ? 0 : (n - 1) * 99 / 100;

    if (n == 0) {
        return;
    }
    weh_assert(series->n_rounds < WEH_BENCH_ROUNDS_MAX);
    qsort(series->samples_ns, n, sizeof(*series->samples_ns), compare_u64);
    series->p50_us[series->n_rounds] = (double)series->samples_ns[middle] / 1000.0;
    series->p99_us[series->n_rounds] = (double)series->samples_ns[nearly_last] / 1000.0;
    series->n_rounds++;
    series->n_total += n;
    series->n_samples = 0;
}

void weh_bench_series_fini(struct weh_bench_series *series)
{
    weh_free(series->samples_ns);
    series->samples_ns = NULL;
}

static double median(const double *values, uint32_t n)
{
    double sorted[WEH_BENCH_ROUNDS_MAX];

    if (n == 0) {
        return 0.0;
    }
    memcpy(sorted, values, n * sizeof(*values));
    qsort(sorted, n, sizeof(*sorted), compare_double);
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0;
}

double weh_bench_p50_us(const struct weh_bench_series *series)
{
    return median(series->p50_us, series->n_rounds);
}

double weh_bench_p99_us(const struct weh_bench_series *series)
{
    return median(series->p99_us, series->n_rounds);
}

/* Digits beyond the hundredth are noise. */
static double rounded(double value)
{
    return (double)(int64_t)(value * 100.0 + 0.5) / 100.0;
}

void weh_bench_write(const struct weh_bench_series *series, double divisor, struct weh_sink *sink)
{
    double least = series->n_rounds == 0 ? 0.0 : series->p50_us[0];

    for (uint32_t i = 1; i < series->n_rounds; i++) {
        least = series->p50_us[i] < least ? series->p50_us[i] : least;
    }
    weh_sink_map_begin(sink, 5);
    weh_sink_key(sink, "p50");
    weh_sink_real(sink, rounded(weh_bench_p50_us(series) / divisor));
    weh_sink_key(sink, "p99");
    weh_sink_real(sink, rounded(weh_bench_p99_us(series) / divisor));
    weh_sink_key(sink, "p50Min");
    weh_sink_real(sink, rounded(least / divisor));
    weh_sink_key(sink, "samples");
    weh_sink_int(sink, series->n_total);
    weh_sink_key(sink, "rounds");
    weh_sink_int(sink, series->n_rounds);
    weh_sink_map_end(sink);
}

double weh_bench_median(double *values, uint32_t n)
{
    qsort(values, n, sizeof(*values), compare_double);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
}

void weh_bench_put_real(struct weh_sink *sink, const char *key, double value)
{
    weh_sink_key(sink, key);
    weh_sink_real(sink, (double)(int64_t)(value * 1000.0 + (value < 0 ? -0.5 : 0.5)) / 1000.0);
}
