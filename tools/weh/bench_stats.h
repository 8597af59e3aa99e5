/* tools/weh/bench_stats.h - times of one measure over several rounds.
 */
#ifndef WEH_BENCH_STATS_H
#define WEH_BENCH_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/sink.h"

#define WEH_BENCH_ROUNDS_MAX  100
#define WEH_BENCH_SAMPLES_MAX 20000

/** Nanoseconds of a clock that never jumps. */
uint64_t weh_bench_now_ns(void);

/** The samples of the round that runs, and what came of the rounds before. */
struct weh_bench_series {
    uint64_t *samples_ns;
    uint32_t n_samples;
    uint32_t n_total;
    uint32_t n_rounds;
    double p50_us[WEH_BENCH_ROUNDS_MAX];
    double p99_us[WEH_BENCH_ROUNDS_MAX];
};

/** Zeroed memory is fine to begin with; memory is taken with the first sample. */
WEH_MUST_CHECK weh_err weh_bench_add(struct weh_bench_series *series, uint64_t ns,
                                     struct weh_diag *diag);
void weh_bench_end_round(struct weh_bench_series *series);
void weh_bench_series_fini(struct weh_bench_series *series);

/** Medians over the rounds of their p50 and p99; 0 when there is no round. */
double weh_bench_p50_us(const struct weh_bench_series *series);
double weh_bench_p99_us(const struct weh_bench_series *series);

/** {p50, p99, p50Min, samples, rounds}, each time divided by @divisor (1000: milliseconds). */
void weh_bench_write(const struct weh_bench_series *series, double divisor, struct weh_sink *sink);

/** The median of @n values, at least one; they are sorted by it. */
double weh_bench_median(double *values, uint32_t n);
/** @value with three digits behind the point. */
void weh_bench_put_real(struct weh_sink *sink, const char *key, double value);

#endif
