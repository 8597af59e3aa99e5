/* tests/bench/small.c - what the transaction stack adds to a small transaction.
 *
 * usage: bench_small COPY.bim OTHER-COPY.bim [ELEMENTS]
 *
 * Saves, undoes and redoes transactions of ELEMENTS (default 1) physical objects, two rows each, inserted
 * by plain SQL: in COPY with the transaction stack, in OTHER-COPY without it. There nothing is recorded
 * and no row of dgn_Txns written: save is the inserts and COMMIT, undo the deletes and COMMIT, redo the
 * same inserts again. Both by the same statements and connections of the same kind, in turns.
 * The folder should be in memory: nobody wants to measure a disk here. Prints one JSON value: medians of
 * the rounds, microseconds of processor time a transaction. Nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "weh/briefcase_txn.h"

#include "bench_file.h"

static const char program[] = "bench_small";

#define ROUNDS       15
#define TXNS         200 /* a round */
#define LARGE_TXNS   5
#define LARGE        100
#define MAX_ELEMENTS 100000

enum deed {
    SAVE,
    UNDO,
    REDO,
    N_DEEDS
};

static const char *const deed_names[N_DEEDS] = { "save", "undo", "redo" };

struct bench {
    struct bench_file files[2]; /* with and without the stack */
    sqlite3_stmt *remove[2];    /* of the second: a row of each table */
    long elements;
    long txns;
    long next; /* number of the first element of the round */
    double us[N_DEEDS][2][ROUNDS];
};

/* ---- with the stack ---- */

static void with_stack(struct bench *bench, enum deed deed, long first)
{
    struct bench_file *file = &bench->files[0];
    struct weh_txn_ids ids = { 0 };
    struct weh_txn_id id;
    bool saved = false;

    if (deed == SAVE) {
        for (long i = 0; i < bench->elements; i++) {
            bench_insert(file, first + i);
        }
        bench_must(file, weh_txn_save(file->stack, WEH_STR("bench"), &saved, &id, &file->diag));
    } else if (deed == UNDO) {
        bench_must(file, weh_txn_reverse(file->stack, 1, &ids, &file->diag));
    } else {
        bench_must(file, weh_txn_reinstate(file->stack, &ids, &file->diag));
    }
    weh_txn_ids_fini(&ids);
}

/* ---- without it ---- */

static void remove_rows(struct bench *bench, long i)
{
    for (int table = 0; table < 2; table++) {
        (void)sqlite3_bind_int64(bench->remove[table], 1, i);
        bench_step(&bench->files[1], bench->remove[table]);
    }
}

static void without_stack(struct bench *bench, enum deed deed, long first)
{
    struct bench_file *file = &bench->files[1];

    for (long i = 0; i < bench->elements; i++) {
        if (deed == UNDO) {
            remove_rows(bench, first + i);
        } else {
            bench_insert(file, first + i);
        }
    }
    bench_must(file, weh_briefcase_commit(file->briefcase, &file->diag));
}

/* ---- measures ---- */

static double take(struct bench *bench, enum deed deed, int which)
{
    double start = bench_now_ms(CLOCK_PROCESS_CPUTIME_ID);

    for (long i = 0; i < bench->txns; i++) {
        /* As a stack does: the last saved is undone first, and done again last. */
        long at = deed == UNDO ? bench->txns - 1 - i : i;
        long first = bench->next + at * bench->elements;

        if (which == 0) {
            with_stack(bench, deed, first);
        } else {
            without_stack(bench, deed, first);
        }
    }
    return (bench_now_ms(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e3 / (double)bench->txns;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(const double *values)
{
    double sorted[ROUNDS];

    for (int i = 0; i < ROUNDS; i++) {
        sorted[i] = values[i];
    }
    qsort(sorted, ROUNDS, sizeof(sorted[0]), compare);
    return sorted[ROUNDS / 2];
}

/* Rounds below 0 are to warm up. */
static void run_deed(struct bench *bench, enum deed deed, int round)
{
    for (int k = 0; k < 2; k++) {
        int which = (round + k) & 1;
        double us = take(bench, deed, which);

        if (round >= 0) {
            bench->us[deed][which][round] = us;
        }
    }
}

static void run(struct bench *bench)
{
    for (int round = -1; round < ROUNDS; round++) {
        for (int deed = 0; deed < N_DEEDS; deed++) {
            run_deed(bench, (enum deed)deed, round);
        }
        bench->next += bench->txns * bench->elements;
    }
}

static void print(const struct bench *bench)
{
    (void)printf("{\"elements\":%ld,\"transactions\":%ld,\"rounds\":%d", bench->elements,
                 bench->txns, ROUNDS);
    for (int deed = 0; deed < N_DEEDS; deed++) {
        double over[ROUNDS];

        for (int i = 0; i < ROUNDS; i++) {
            over[i] = bench->us[deed][0][i] - bench->us[deed][1][i];
        }
        (void)printf(",\n \"%s\":{\"cpuUs\":%.1f,\"bareCpuUs\":%.1f,\"overBareUs\":%.1f}",
                     deed_names[deed], median(bench->us[deed][0]), median(bench->us[deed][1]),
                     median(over));
    }
    (void)printf("}\n");
}

int main(int argc, char **argv)
{
    struct bench bench = { .files[0].program = program, .next = 1 };

    bench.elements = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    if (argc < 3 || bench.elements < 1 || bench.elements > MAX_ELEMENTS) {
        (void)fprintf(stderr, "usage: bench_small COPY.bim OTHER-COPY.bim [ELEMENTS]\n");
        return 2;
    }
    bench.txns = bench.elements < LARGE ? TXNS : LARGE_TXNS;
    bench_must(&bench.files[0], weh_briefcase_global_init(&bench.files[0].diag));
    for (int which = 0; which < 2; which++) {
        struct bench_file *file = &bench.files[which];

        file->program = program;
        bench_file_open(file, argv[1 + which], which == 0);
    }
    bench.remove[0] = bench_prepare(&bench.files[1], "DELETE FROM bis_GeometricElement3d WHERE"
                                                     " ElementId=(SELECT i FROM place)+?1");
    bench.remove[1] =
        bench_prepare(&bench.files[1], "DELETE FROM bis_Element WHERE Id=(SELECT i FROM place)+?1");
    run(&bench);
    print(&bench);
    (void)sqlite3_finalize(bench.remove[0]);
    (void)sqlite3_finalize(bench.remove[1]);
    bench_file_close(&bench.files[0]);
    bench_file_close(&bench.files[1]);
    return 0;
}
