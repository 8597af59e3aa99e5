/* tests/bench/catalog.c - what the EC catalogue of a file costs, first and again. Prints one JSON value.
 *
 * usage: bench_catalog FILE.bim [ROUNDS]
 *
 * Each round copies FILE, opens the copy with an empty cache (first), closes it, opens it again (second),
 * saves something there and opens it once more (edited), and opens another copy (copied). Times are
 * medians in microseconds of processor time and by the clock; nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unistd.h>

#include "weh/briefcase.h"
#include "weh/briefcase_txn.h"
#include "weh/db.h"
#include "weh/ec.h"

#define MAX_ROUNDS 1000

enum phase {
    FIRST,
    SECOND,
    EDITED,
    COPIED,
    N_PHASES
};

static const char *const phase_names[N_PHASES] = { "first", "second", "edited", "copied" };

enum measure {
    OPEN_WALL,
    OPEN_CPU,
    ACQUIRE_WALL,
    ACQUIRE_CPU,
    CLOSE_WALL,
    N_MEASURES
};

static const char *const measure_names[N_MEASURES] = { "openUs", "openCpuUs", "catalogUs",
                                                       "catalogCpuUs", "closeUs" };

struct bench {
    const char *source;
    char copy[2][64];
    struct weh_file_registry *registry;
    struct weh_ec_cache *cache;
    double values[N_PHASES][N_MEASURES][MAX_ROUNDS];
    size_t round;
    size_t catalog_bytes;
};

static void must(weh_err err, const struct weh_diag *diag)
{
    if (err != WEH_OK) {
        (void)fprintf(stderr, "bench_catalog: %s\n", diag->text);
        exit(1);
    }
}

static double now_us(clockid_t clock)
{
    struct timespec time;

    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void copy_file(const char *from, const char *to)
{
    static char block[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    size_t n;

    if (in == NULL || out == NULL) {
        (void)fprintf(stderr, "bench_catalog: cannot copy %s\n", from);
        exit(1);
    }
    while ((n = fread(block, 1, sizeof(block), in)) > 0) {
        if (fwrite(block, 1, n, out) != n) {
            (void)fprintf(stderr, "bench_catalog: cannot write\n");
            exit(1);
        }
    }
    (void)fclose(in);
    (void)fclose(out);
}

/* Open, load, maybe edit, close. */
static void run(struct bench *bench, enum phase phase, const char *path, bool edit)
{
    struct weh_briefcase_options options = { .path = path, .registry = bench->registry };
    const struct weh_ec_catalog *catalog = NULL;
    struct weh_briefcase *briefcase = NULL;
    struct weh_diag diag = { 0 };
    int64_t data_version = 0;
    double wall = now_us(CLOCK_MONOTONIC);
    double cpu = now_us(CLOCK_THREAD_CPUTIME_ID);

#define TAKE(which, clock, since) \
    (bench->values[phase][which][bench->round] = now_us(clock) - (since))

    must(weh_briefcase_open(&options, &briefcase, &diag), &diag);
    TAKE(OPEN_CPU, CLOCK_THREAD_CPUTIME_ID, cpu);
    TAKE(OPEN_WALL, CLOCK_MONOTONIC, wall);
    wall = now_us(CLOCK_MONOTONIC);
    cpu = now_us(CLOCK_THREAD_CPUTIME_ID);
    must(weh_ec_catalog_acquire(bench->cache, briefcase, &catalog, &diag), &diag);
    TAKE(ACQUIRE_CPU, CLOCK_THREAD_CPUTIME_ID, cpu);
    TAKE(ACQUIRE_WALL, CLOCK_MONOTONIC, wall);
    must(weh_briefcase_data_version(briefcase, &data_version, &diag), &diag);
    bench->catalog_bytes = weh_ec_catalog_bytes(catalog);
    if (edit) {
        (void)sqlite3_exec(weh_briefcase_db(briefcase),
                           "UPDATE bis_Element SET UserLabel='bench' WHERE Id=1", NULL, NULL, NULL);
        must(weh_briefcase_commit(briefcase, &diag), &diag);
    }
    wall = now_us(CLOCK_MONOTONIC);
    weh_ec_catalog_remember(catalog, briefcase, data_version);
    weh_ec_catalog_release(catalog);
    weh_briefcase_close(briefcase);
    TAKE(CLOSE_WALL, CLOCK_MONOTONIC, wall);
#undef TAKE
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;

    return a < b ? -1 : (a > b ? 1 : 0);
}

static void report(struct bench *bench, size_t rounds)
{
    (void)printf("{\"catalogBytes\":%zu,\"rounds\":%zu", bench->catalog_bytes, rounds);
    for (size_t phase = 0; phase < N_PHASES; phase++) {
        (void)printf(",\n \"%s\":{", phase_names[phase]);
        for (size_t m = 0; m < N_MEASURES; m++) {
            double *values = bench->values[phase][m];

            qsort(values, rounds, sizeof(*values), compare);
            (void)printf("%s\"%s\":%.1f", m == 0 ? "" : ",", measure_names[m], values[rounds / 2]);
        }
        (void)printf("}");
    }
    (void)printf("}\n");
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct weh_diag diag = { 0 };
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 21;

    if (argc < 2 || rounds == 0 || rounds > MAX_ROUNDS) {
        (void)fprintf(stderr, "usage: bench_catalog FILE.bim [ROUNDS]\n");
        return 2;
    }
    bench.source = argv[1];
    must(weh_briefcase_global_init(&diag), &diag);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(bench.copy[i], sizeof(bench.copy[i]), "/tmp/bench_catalog.%d.%d.bim",
                       (int)getpid(), i);
    }
    for (bench.round = 0; bench.round < rounds; bench.round++) {
        copy_file(bench.source, bench.copy[0]);
        copy_file(bench.source, bench.copy[1]);
        must(weh_file_registry_create(&bench.registry, &diag), &diag);
        must(weh_ec_cache_create(&bench.cache, &diag), &diag);
        run(&bench, FIRST, bench.copy[0], false);
        run(&bench, SECOND, bench.copy[0], true);
        run(&bench, EDITED, bench.copy[0], false);
        run(&bench, COPIED, bench.copy[1], false);
        weh_ec_cache_destroy(bench.cache);
        weh_file_registry_destroy(bench.registry);
    }
    report(&bench, rounds);
    for (int i = 0; i < 2; i++) {
        (void)unlink(bench.copy[i]);
    }
    return 0;
}
