/* tests/bench/large.c - what large transactions cost: time and memory of insert, save, undo and redo.
 *
 * usage: bench_large COPY.bim ELEMENTS
 *
 * Inserts so many physical objects (two rows each) by plain SQL into COPY, which must have one already
 * and is changed; saves, undoes and redoes that by the transaction stack.
 * Prints one JSON value; times in milliseconds, memory: the most that was resident during the step.
 * Nothing is judged here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include "bench_file.h"

static const char program[] = "bench_large";

struct bench {
    struct bench_file file;
    double wall;
    double cpu;
};

/* Let the kernel count the most that is resident from here on. */
static void begin(struct bench *bench)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "5", 1) != 1) {
        bench_fail(program, "the peak cannot be reset");
    }
    (void)close(fd);
    bench->wall = bench_now_ms(CLOCK_MONOTONIC);
    bench->cpu = bench_now_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static long peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];
    long kib = -1;

    while (status != NULL && fgets(line, sizeof(line), status) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (status != NULL) {
        (void)fclose(status);
    }
    return kib;
}

static void end(const struct bench *bench, const char *step)
{
    (void)printf(",\n \"%s\":{\"wallMs\":%.1f,\"cpuMs\":%.1f,\"peakKib\":%ld}", step,
                 bench_now_ms(CLOCK_MONOTONIC) - bench->wall,
                 bench_now_ms(CLOCK_PROCESS_CPUTIME_ID) - bench->cpu, peak_kib());
    (void)fflush(stdout);
}

static void run(struct bench *bench, long n)
{
    struct bench_file *file = &bench->file;
    struct weh_txn_ids ids = { 0 };
    struct weh_txn_id id;
    bool saved = false;

    begin(bench);
    for (long i = 1; i <= n; i++) {
        bench_insert(file, i);
    }
    end(bench, "insert");
    begin(bench);
    bench_must(file, weh_txn_save(file->stack, WEH_STR("bench"), &saved, &id, &file->diag));
    end(bench, "save");
    begin(bench);
    bench_must(file, weh_txn_reverse(file->stack, 1, &ids, &file->diag));
    weh_txn_ids_fini(&ids);
    end(bench, "undo");
    begin(bench);
    bench_must(file, weh_txn_reinstate(file->stack, &ids, &file->diag));
    weh_txn_ids_fini(&ids);
    end(bench, "redo");
}

int main(int argc, char **argv)
{
    struct bench bench = { .file = { .program = program } };
    long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;

    if (n <= 0) {
        (void)fprintf(stderr, "usage: bench_large COPY.bim ELEMENTS\n");
        return 2;
    }
    bench_must(&bench.file, weh_briefcase_global_init(&bench.file.diag));
    bench_file_open(&bench.file, argv[1], true);
    (void)printf("{\"elements\":%ld", n);
    run(&bench, n);
    (void)printf("}\n");
    bench_file_close(&bench.file);
    return 0;
}
