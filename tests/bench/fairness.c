/* tests/bench/fairness.c - what long requests of some sessions do to the latency of others.
 *
 * Sessions that edit (insert and save, one after the other, with pauses) are timed alone and beside as
 * many sessions that always have a long request under way: a batch of inserts, thrown away; the undo and
 * redo of a large transaction; the summary of one. Phases alternate. The sessions of the long
 * requests belong to a process of their own at nice 19, for it is the server that is to be fair here,
 * not the scheduler to two clients. Prints one JSON value; times in microseconds: medians over the rounds
 * of each phase's percentile. Nothing is judged here.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weh/alloc.h"

#include "bench.h"
#include "cli.h"
#include "daemon.h"

#define CREW_MAX    1000
#define ROUNDS_MAX  20
#define SAMPLES_MAX 200000 /* of a phase */
#define LONG_OPS    2000   /* elements of a long request */
#define STACK_BYTES ((size_t)256 * 1024)

static const struct weh_cli_option options[] = {
    { "daemon", "FILE", "webedithost (required)" },
    { "imodel", "FILE", "iModel that each session gets a copy of (required)" },
    { "editors", "N", "sessions that are timed (default: 100)" },
    { "others", "N", "sessions with long requests (default: 100)" },
    { "pause", "MS", "pause of an editor between two transactions, on average (default: 200)" },
    { "seconds", "N", "length of a phase (default: 5)" },
    { "rounds", "N", "phases of each kind (default: 5)" },
    { "dir", "DIR", "where to make the temporary folder (default: /var/tmp)" },
    { "set", "KEY=VALUE", "a setting of the server" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_command command = {
    .name = "fairness",
    .arguments = "",
    .help = "Time editing sessions alone and beside sessions with long requests.",
    .options = options,
};

/** What both processes see. */
struct shared {
    atomic_bool go;          /* long requests may begin */
    atomic_bool end;         /* everybody stops */
    atomic_uint n_ready;     /* of the others */
    atomic_uint n_under_way; /* long requests */
    atomic_uint_fast64_t n_done;
    atomic_uint n_failed;
};

enum phase {
    ALONE,
    BESIDE,
    N_PHASES
};

static const char *const phase_names[N_PHASES] = { "alone", "beside" };

struct fairness {
    uint32_t n_editors;
    uint32_t n_others;
    uint32_t pause_ms;
    uint32_t seconds;
    uint32_t n_rounds;
    const char *daemon_path;
    const char *imodel;
    const char *setting;
    struct weh_data_dir dir;
    struct weh_daemon daemon;
    struct shared *shared;
    pid_t child;
    atomic_bool sampling;
    atomic_uint n_ready;
    atomic_uint n_samples;
    uint64_t *samples_ns;
    double p50_us[N_PHASES][ROUNDS_MAX];
    double p99_us[N_PHASES][ROUNDS_MAX];
    double per_second[N_PHASES][ROUNDS_MAX]; /* transactions of the editors */
    double others_per_second[ROUNDS_MAX];
};

struct member {
    struct fairness *all;
    uint32_t number;
    char kind; /* of the name: 'e' or 'o' */
};

static void sleep_ms(uint64_t ms)
{
    struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

/* ---- a session of either kind ---- */

static void file_name(char kind, uint32_t number, char out[16])
{
    (void)snprintf(out, 16, "%c%u", kind, number);
}

static struct weh_rpc_client *enter(const struct member *member, struct weh_bench_places *places,
                                    struct weh_diag *diag)
{
    struct weh_rpc_options connection = { .url = member->all->daemon.url,
                                          .token = member->all->daemon.token,
                                          .codec = WEH_CODEC_MSGPACK,
                                          .timeout_ms = 120000 };
    struct weh_rpc_client *client = NULL;
    char name[16];

    file_name(member->kind, member->number, name);
    if (weh_rpc_client_open(&connection, &client, diag) == WEH_OK &&
        weh_bench_open(client, name, diag) == WEH_OK &&
        weh_bench_prepare(client, places, diag) == WEH_OK) {
        return client;
    }
    weh_rpc_client_close(client);
    return NULL;
}

static void failed(const struct member *member, const struct weh_diag *diag)
{
    atomic_fetch_add(&member->all->shared->n_failed, 1);
    atomic_store(&member->all->shared->end, true);
    (void)fprintf(stderr, "fairness: session %c%u: %s\n", member->kind, member->number, diag->text);
}

/* ---- those that are timed ---- */

static void add_sample(struct fairness *all, uint64_t ns)
{
    if (atomic_load(&all->sampling)) {
        unsigned at = atomic_fetch_add(&all->n_samples, 1);

        if (at < SAMPLES_MAX) {
            all->samples_ns[at] = ns;
        }
    }
}

static void *edit(void *argument)
{
    const struct member *member = argument;
    struct fairness *all = member->all;
    struct weh_bench_places places;
    struct weh_rpc_message message;
    struct weh_diag diag = { 0 };
    unsigned random = member->number + 1;
    struct weh_rpc_client *client = enter(member, &places, &diag);
    weh_err err = client == NULL ? diag.err : WEH_OK;

    atomic_fetch_add(&all->n_ready, 1);
    for (uint32_t i = 0; err == WEH_OK && !atomic_load(&all->shared->end); i++) {
        uint64_t start_ns;

        sleep_ms((uint64_t)rand_r(&random) % (2 * (uint64_t)all->pause_ms + 1));
        start_ns = weh_bench_now_ns();
        weh_bench_begin_insert(client, &places, i);
        err = weh_rpc_client_demand(client, &message, &diag);
        if (err == WEH_OK) {
            err = weh_bench_simple(client, "txns.saveChanges", &message, &diag);
        }
        add_sample(all, weh_bench_now_ns() - start_ns);
    }
    if (err != WEH_OK) {
        failed(member, &diag);
    }
    weh_rpc_client_close(client);
    return NULL;
}

/* ---- those with long requests ---- */

/* What a session does again and again, by its number. */
enum burden {
    INSERT_MUCH, /* and drop it */
    UNDO_MUCH,   /* and redo it */
    TELL_MUCH,   /* what a large transaction has changed */
    N_BURDENS
};

static weh_err long_request(struct weh_bench *bench, enum burden burden, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    if (burden == TELL_MUCH) {
        return weh_bench_simple(bench->edit, "changes.summary", &message, diag);
    }
    if (burden == INSERT_MUCH) {
        err = weh_bench_insert_batches(bench, LONG_OPS, true, diag);
        return err == WEH_OK ? weh_bench_simple(bench->edit, "txns.abandonChanges", &message, diag)
                             : err;
    }
    err = weh_bench_simple(bench->edit, "txns.reverseTxns", &message, diag);
    return err == WEH_OK ? weh_bench_simple(bench->edit, "txns.reinstateTxn", &message, diag) : err;
}

/* A large transaction to undo and to tell of. */
static weh_err prepare_burden(struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err = weh_bench_insert_batches(bench, LONG_OPS, true, diag);

    return err == WEH_OK ? weh_bench_simple(bench->edit, "txns.saveChanges", &message, diag) : err;
}

static void *burden(void *argument)
{
    const struct member *member = argument;
    struct shared *shared = member->all->shared;
    struct weh_bench *bench = weh_calloc(1, sizeof(*bench)); /* too large for a stack */
    struct weh_diag diag = { 0 };
    weh_err err;

    if (bench == NULL) {
        failed(member, &diag);
        return NULL;
    }
    bench->edit = enter(member, &bench->places, &diag);
    err = bench->edit == NULL ? diag.err : prepare_burden(bench, &diag);
    atomic_fetch_add(&shared->n_ready, 1);
    while (err == WEH_OK && !atomic_load(&shared->end)) {
        if (!atomic_load(&shared->go)) {
            sleep_ms(20);
            continue;
        }
        atomic_fetch_add(&shared->n_under_way, 1);
        err = long_request(bench, (enum burden)(member->number % N_BURDENS), &diag);
        atomic_fetch_add(&shared->n_done, 1);
        atomic_fetch_sub(&shared->n_under_way, 1);
    }
    if (err != WEH_OK) {
        failed(member, &diag);
    }
    weh_rpc_client_close(bench->edit);
    weh_free(bench);
    return NULL;
}

/* ---- both processes ---- */

/* Start @n threads; they find their member in @members. How many there are. */
static uint32_t start_crew(struct fairness *all, uint32_t n, char kind, struct member *members,
                           pthread_t *threads)
{
    pthread_attr_t attr;
    uint32_t i = 0;

    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    for (; i < n; i++) {
        members[i] = (struct member){ all, i, kind };
        if (pthread_create(&threads[i], &attr, kind == 'e' ? edit : burden, &members[i]) != 0) {
            atomic_fetch_add(&all->shared->n_failed, 1);
            atomic_store(&all->shared->end, true);
            break;
        }
    }
    (void)pthread_attr_destroy(&attr);
    return i;
}

static void join_crew(const pthread_t *threads, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

static void burden_process(struct fairness *all)
{
    static struct member members[CREW_MAX];
    static pthread_t threads[CREW_MAX];

    (void)setpriority(PRIO_PROCESS, 0, 19);
    join_crew(threads, start_crew(all, all->n_others, 'o', members, threads));
    _exit(0);
}

static int compare_ns(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static void wait_for(const struct fairness *all, const atomic_uint *counter, uint32_t wanted)
{
    while (atomic_load(counter) != wanted && !atomic_load(&all->shared->end)) {
        sleep_ms(10);
    }
}

static void run_phase(struct fairness *all, enum phase phase, uint32_t round)
{
    uint64_t before;
    uint64_t start_ns;
    double seconds;
    size_t at_50;
    size_t at_99;
    unsigned n;

    atomic_store(&all->shared->go, phase == BESIDE);
    if (phase == ALONE) {
        wait_for(all, &all->shared->n_under_way, 0);
    }
    sleep_ms(1000);
    before = atomic_load(&all->shared->n_done);
    start_ns = weh_bench_now_ns();
    atomic_store(&all->n_samples, 0);
    atomic_store(&all->sampling, true);
    sleep_ms((uint64_t)all->seconds * 1000);
    atomic_store(&all->sampling, false);
    seconds = (double)(weh_bench_now_ns() - start_ns) / 1e9;
    n = atomic_load(&all->n_samples);
    all->per_second[phase][round] = n / seconds;
    n = n < SAMPLES_MAX ? n : SAMPLES_MAX;
    if (n == 0) {
        return;
    }
    at_50 = n / 2;
    at_99 = (size_t)n * 99 / 100;
    qsort(all->samples_ns, n, sizeof(all->samples_ns[0]), compare_ns);
    all->p50_us[phase][round] = (double)all->samples_ns[at_50] / 1e3;
    all->p99_us[phase][round] = (double)all->samples_ns[at_99] / 1e3;
    if (phase == BESIDE) {
        all->others_per_second[round] =
            (double)(atomic_load(&all->shared->n_done) - before) / seconds;
    }
}

static void print(struct fairness *all)
{
    double p50_ratios[ROUNDS_MAX];
    double p99_ratios[ROUNDS_MAX];

    for (uint32_t i = 0; i < all->n_rounds; i++) {
        p50_ratios[i] = all->p50_us[BESIDE][i] / all->p50_us[ALONE][i];
        p99_ratios[i] = all->p99_us[BESIDE][i] / all->p99_us[ALONE][i];
    }
    (void)printf("{\"editors\":%u,\"others\":%u,\"rounds\":%u,\"seconds\":%u", all->n_editors,
                 all->n_others, all->n_rounds, all->seconds);
    for (int phase = 0; phase < N_PHASES; phase++) {
        (void)printf(",\n \"%s\":{\"p50\":%.0f,\"p99\":%.0f,\"transactionsPerSecond\":%.0f}",
                     phase_names[phase], weh_bench_median(all->p50_us[phase], all->n_rounds),
                     weh_bench_median(all->p99_us[phase], all->n_rounds),
                     weh_bench_median(all->per_second[phase], all->n_rounds));
    }
    (void)printf(",\n \"p50Ratio\":%.2f,\"p99Ratio\":%.2f,\"longRequestsPerSecond\":%.1f}\n",
                 weh_bench_median(p50_ratios, all->n_rounds),
                 weh_bench_median(p99_ratios, all->n_rounds),
                 weh_bench_median(all->others_per_second, all->n_rounds));
}

static weh_err copy_files(const struct fairness *all, char kind, uint32_t n, struct weh_diag *diag)
{
    weh_err err = WEH_OK;
    char name[16];

    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        file_name(kind, i, name);
        err = weh_data_dir_add(&all->dir, all->imodel, name, diag);
    }
    return err;
}

static weh_err make_files(struct fairness *all, const char *parent, struct weh_diag *diag)
{
    weh_err err = weh_data_dir_create(parent, &all->dir, diag);

    if (err == WEH_OK) {
        err = copy_files(all, 'e', all->n_editors, diag);
    }
    return err == WEH_OK ? copy_files(all, 'o', all->n_others, diag) : err;
}

static weh_err run_phases(struct fairness *all, struct weh_diag *diag)
{
    static struct member members[CREW_MAX];
    static pthread_t threads[CREW_MAX];
    uint32_t n = start_crew(all, all->n_editors, 'e', members, threads);

    wait_for(all, &all->n_ready, all->n_editors);
    wait_for(all, &all->shared->n_ready, all->n_others);
    for (uint32_t i = 0; i < all->n_rounds && !atomic_load(&all->shared->end); i++) {
        for (int k = 0; k < N_PHASES; k++) {
            run_phase(all, (enum phase)k, i);
        }
    }
    atomic_store(&all->shared->end, true);
    join_crew(threads, n);
    (void)waitpid(all->child, NULL, 0);
    all->child = 0;
    return atomic_load(&all->shared->n_failed) == 0
               ? WEH_OK
               : weh_fail(diag, WEH_E_STATE, "some sessions went wrong");
}

static weh_err run(struct fairness *all, const char *parent, struct weh_diag *diag)
{
    const char *settings[] = { all->setting, NULL };
    weh_err err = make_files(all, parent, diag);

    if (err == WEH_OK) {
        err = weh_daemon_start(all->daemon_path, all->dir.path, settings, &all->daemon, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    all->child = fork();
    if (all->child < 0) {
        return weh_fail(diag, WEH_E_IO, "no process");
    }
    if (all->child == 0) {
        burden_process(all);
    }
    err = run_phases(all, diag);
    return err == WEH_OK ? weh_daemon_stop(&all->daemon, diag) : err;
}

static bool read_options(const struct weh_cli *cli, struct fairness *all)
{
    all->daemon_path = weh_cli_text(cli, "daemon");
    all->imodel = weh_cli_text(cli, "imodel");
    all->setting = weh_cli_text(cli, "set");
    return !cli->help && all->daemon_path != NULL && all->imodel != NULL &&
           weh_cli_number(cli, "editors", 1, CREW_MAX, &all->n_editors) &&
           weh_cli_number(cli, "others", 0, CREW_MAX, &all->n_others) &&
           weh_cli_number(cli, "pause", 0, 60000, &all->pause_ms) &&
           weh_cli_number(cli, "seconds", 1, 3600, &all->seconds) &&
           weh_cli_number(cli, "rounds", 1, ROUNDS_MAX, &all->n_rounds);
}

int main(int argc, char **argv)
{
    struct fairness all = {
        .n_editors = 100, .n_others = 100, .pause_ms = 200, .seconds = 5, .n_rounds = 5
    };
    struct weh_diag diag = { 0 };
    struct weh_cli cli;
    const char *parent;
    weh_err err;

    if (!weh_cli_parse(&command, argc - 1, argv + 1, &cli)) {
        return WEH_EXIT_USAGE;
    }
    if (!read_options(&cli, &all)) {
        weh_cli_help(&command, cli.help ? stdout : stderr);
        return cli.help ? WEH_EXIT_OK : WEH_EXIT_USAGE;
    }
    parent = weh_cli_text(&cli, "dir");
    all.shared =
        mmap(NULL, sizeof(*all.shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    all.samples_ns = weh_calloc(SAMPLES_MAX, sizeof(*all.samples_ns));
    if (all.shared == MAP_FAILED || all.samples_ns == NULL) {
        return WEH_EXIT_FAILED;
    }
    err = run(&all, parent, &diag);
    if (err == WEH_OK) {
        print(&all);
    } else {
        (void)weh_cli_fail(&cli, &diag);
    }
    (void)weh_daemon_stop(&all.daemon, NULL);
    weh_temp_dir_destroy(&all.dir.temp);
    weh_free(all.samples_ns);
    return err == WEH_OK ? WEH_EXIT_OK : WEH_EXIT_FAILED;
}
