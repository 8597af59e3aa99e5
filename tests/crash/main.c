/* tests/crash/main.c - the program: which proofs, how much of them, and what came of it.
 *
 * usage: crash [power] [io] [memory] [--all] [--scenario NAME] [--seed N] [--ways N] [--points N]
 *              [--failures N] [--one-in N] [--list] [--verbose]
 * Without the name of a proof all three; without --all a share of each. Prints a line of JSON per proof;
 * ends with 1 at the first thing that is not as it should be, telling how to get there again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash.h"
#include "fake_sqlite_memory.h"

#define UNLIMITED 1000000
#define N_PROOFS  3

struct proof {
    const char *name;
    void (*run)(const struct scenario *scenario, const struct options *options,
                struct tally *tally);
    bool wanted;
};

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void print(const char *name, size_t n, const struct tally *t, double s)
{
    printf("{\"proof\":\"%s\",\"scenarios\":%zu,", name, n);
    if (strcmp(name, "power") == 0) {
        printf("\"points\":%lu,\"cuts\":%lu,\"distinct\":%lu,\"againWhileOpening\":%lu,"
               "\"inFlightKept\":%lu,\"normalBehind\":%lu,",
               t->points, t->cuts, t->distinct, t->again, t->in_flight, t->behind);
    } else {
        printf("\"failures\":%lu,\"reported\":%lu,\"absorbed\":%lu,\"sessionsEnded\":%lu,",
               t->failures, t->reported, t->absorbed, t->dropped);
    }
    printf("\"journalsRestored\":%lu,\"seconds\":%.1f}\n", t->offered, s);
    (void)fflush(stdout);
}

static void run_proof(const struct proof *proof, const struct options *options)
{
    struct tally tally = { 0 };
    double begun = seconds();
    size_t n = 0;

    for (size_t i = 0; i < n_scenarios; i++) {
        struct tally before = tally;
        double at = seconds();

        if (options->scenario != NULL && strcmp(options->scenario, scenarios[i].name) != 0) {
            continue;
        }
        proof->run(&scenarios[i], options, &tally);
        n++;
        if (options->verbose) {
            printf("# %s %s: %lu points, %lu cuts, %lu distinct; %lu failures, %lu reported; "
                   "%.1f s\n",
                   proof->name, scenarios[i].name, tally.points - before.points,
                   tally.cuts - before.cuts, tally.distinct - before.distinct,
                   tally.failures - before.failures, tally.reported - before.reported,
                   seconds() - at);
            (void)fflush(stdout);
        }
    }
    if (n == 0) {
        crash_fail("no such scenario");
    }
    print(proof->name, n, &tally, seconds() - begun);
}

static void list(void)
{
    for (size_t i = 0; i < n_scenarios; i++) {
        printf("%s\n", scenarios[i].name);
    }
}

/* An option with a number. */
static bool take_number(const char *name, const char *arg, const char *value, unsigned *out)
{
    if (strcmp(name, arg) != 0 || value == NULL) {
        return false;
    }
    *out = (unsigned)strtoul(value, NULL, 10);
    return true;
}

/* How many arguments it was; 0: none that is known. */
static int take_option(char **args, struct options *options)
{
    if (strcmp(args[0], "--verbose") == 0) {
        options->verbose = true;
        return 1;
    }
    if (strcmp(args[0], "--all") == 0) {
        options->ways = 8;
        options->max_points = UNLIMITED;
        options->max_failures = UNLIMITED;
        options->one_in = 1;
        options->all = true;
        return 1;
    }
    if (strcmp(args[0], "--scenario") == 0 && args[1] != NULL) {
        options->scenario = args[1];
        return 2;
    }
    return take_number("--seed", args[0], args[1], &options->seed) ||
                   take_number("--ways", args[0], args[1], &options->ways) ||
                   take_number("--points", args[0], args[1], &options->max_points) ||
                   take_number("--failures", args[0], args[1], &options->max_failures) ||
                   take_number("--one-in", args[0], args[1], &options->one_in)
               ? 2
               : 0;
}

static bool take_proof(const char *arg, struct proof *proofs)
{
    bool taken = false;

    for (size_t k = 0; k < N_PROOFS; k++) {
        if (strcmp(arg, proofs[k].name) == 0) {
            proofs[k].wanted = taken = true;
        }
    }
    return taken;
}

/* False when something is not known. */
static bool take_arguments(int argc, char **argv, struct proof *proofs, struct options *options)
{
    int used;

    for (int i = 1; i < argc; i += used) {
        used = take_proof(argv[i], proofs) ? 1 : take_option(&argv[i], options);
        if (used == 0) {
            (void)fprintf(stderr, "crash: what is %s?\n", argv[i]);
            return false;
        }
    }
    return options->ways >= 2 && options->max_points > 0 && options->max_failures > 0 &&
           options->one_in > 0;
}

static void run_proofs(const struct proof *proofs, const struct options *options)
{
    bool any = false;

    for (size_t k = 0; k < N_PROOFS; k++) {
        any = any || proofs[k].wanted;
    }
    for (size_t k = 0; k < N_PROOFS; k++) {
        if (proofs[k].wanted || !any) {
            run_proof(&proofs[k], options);
        }
    }
}

int main(int argc, char **argv)
{
    struct proof proofs[N_PROOFS] = { { "power", crash_power, false },
                                      { "io", crash_io, false },
                                      { "memory", crash_memory, false } };
    struct options options = { .ways = 4, .max_points = 3, .max_failures = 1, .one_in = 5 };

    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list();
        return 0;
    }
    if (!take_arguments(argc, argv, proofs, &options)) {
        return 2;
    }
    fake_sqlite_memory_install();
    if (weh_briefcase_global_init(NULL) != WEH_OK) {
        (void)fprintf(stderr, "crash: cannot begin\n");
        return 2;
    }
    fake_disk_install();
    run_proofs(proofs, &options);
    fake_disk_uninstall();
    return 0;
}
