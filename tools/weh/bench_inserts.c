/* tools/weh/bench_inserts.c - many inserts in one transaction, beside a program that does only that.
 *
 * The measure is the server's processor time a piece, from the kernel's clock of its process, against
 * that of tests/bench/bare_inserts on a copy of the same file. Rounds alternate, so that a busy
 * machine is unkind to both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/arena.h"
#include "weh/json.h"

#include "bench.h"

#define WINDOW       1000 /* requests under way; the server's mailbox has room for 8192 */
#define READ_IDS     2000 /* elements in a message */
#define INSERT_RUNS  5    /* rounds at most */
#define COUNT(array) ((uint32_t)WEH_ARRAY_LEN(array))

enum way {
    WAY_BARE,
    WAY_SINGLE,
    WAY_BATCH,
    WAY_READ,
    WAY_COUNT
};

/* One run: what was done in which time. */
struct run {
    uint32_t n;
    double wall_ms;
    double cpu_ms;
};

struct inserts {
    struct weh_bench *bench;
    const struct weh_bench_inserts *options;
    char base[340]; /* the file that each run starts from; the server does not have it open */
    struct run runs[WAY_COUNT][INSERT_RUNS];
    uint32_t n_runs;
};

static double now_ms(void)
{
    return (double)weh_bench_now_ns() / 1e6;
}

/* ---- the bare program ---- */

static weh_err read_bare(const char *text, struct run *out, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { 4, 100 };
    struct weh_value value = { .type = WEH_VALUE_NULL };
    struct weh_arena arena;
    int64_t n = 0;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_json_parse(weh_str_from(text), &limits, &arena, &value, diag);
    if (err == WEH_OK && (!weh_value_to_int64(weh_value_get(&value, "elements"), &n) ||
                          !weh_value_to_double(weh_value_get(&value, "wallMs"), &out->wall_ms) ||
                          !weh_value_to_double(weh_value_get(&value, "cpuMs"), &out->cpu_ms))) {
        err = weh_fail(diag, WEH_E_PARSE, "the bare program did not say how long it took");
    }
    out->n = (uint32_t)n;
    weh_arena_fini(&arena);
    return err;
}

static weh_err run_bare(struct inserts *inserts, struct run *out, struct weh_diag *diag)
{
    const struct weh_bench_inserts *options = inserts->options;
    char path[360];
    char number[16];
    char answer[256];
    const char *given[] = { options->bare_path,
                            path,
                            inserts->bench->places.model,
                            inserts->bench->places.category,
                            number,
                            options->geometry ? NULL : "--no-geometry",
                            NULL };
    /* posix_spawn changes nothing in what it takes as if it might. */
    union {
        const char *const *given;
        char *const *taken;
    } argv = { .given = given };
    weh_err err;

    (void)snprintf(path, sizeof(path), "%s/bare.bim", inserts->bench->data_dir);
    (void)snprintf(number, sizeof(number), "%u", options->n_elements);
    err = weh_file_copy(inserts->base, path, diag);
    if (err == WEH_OK) {
        err = weh_bench_run_program(argv.taken, answer, sizeof(answer), diag);
    }
    (void)unlink(path);
    return err == WEH_OK ? read_bare(answer, out, diag) : err;
}

/* ---- the server ---- */

static weh_err await_ok(struct weh_rpc_client *client, uint64_t id, struct weh_rpc_message *out,
                        struct weh_diag *diag)
{
    weh_err err = weh_rpc_client_await(client, id, out, diag);

    if (err == WEH_OK && out->incoming.kind == WEH_INCOMING_ERROR) {
        err = weh_fail(diag, WEH_E_STATE, "a request failed: %.*s",
                       WEH_STR_ARGS(weh_rpc_error_name(out)));
    }
    return err;
}

/* Single requests, so many of them sent before the first reply is read. */
static weh_err insert_single(struct inserts *inserts, struct run *out, struct weh_diag *diag)
{
    struct weh_rpc_client *client = inserts->bench->edit;
    struct weh_rpc_message message;
    uint64_t first = 0;
    uint64_t id = 0;
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < out->n + WINDOW && err == WEH_OK; i++) {
        if (i >= WINDOW && i - WINDOW < out->n) {
            err = await_ok(client, first + i - WINDOW, &message, diag);
        }
        if (i < out->n && err == WEH_OK) {
            struct weh_sink *sink = weh_rpc_client_begin(client, "elements.insertElement");

            weh_sink_map_begin(sink, 1);
            weh_sink_key(sink, "props");
            weh_bench_put_physical(sink, &inserts->bench->places, i, inserts->options->geometry);
            weh_sink_map_end(sink);
            err = weh_rpc_client_send(client, &id, diag);
            first = i == 0 ? id : first;
        }
    }
    return err;
}

/* Every element below the first gap of READ_IDS ids, which is all in a file that was not merged. */
static weh_err read_all(struct inserts *inserts, struct run *out, struct weh_diag *diag)
{
    struct weh_rpc_client *client = inserts->bench->edit;
    struct weh_rpc_message message;
    uint32_t n = 1;
    weh_err err = WEH_OK;

    out->n = 0;
    for (uint64_t first = 1; n > 0 && err == WEH_OK; first += READ_IDS) {
        struct weh_sink *sink = weh_rpc_client_begin(client, "elements.getMany");
        char set[48];

        (void)snprintf(set, sizeof(set), "+%llX+1*%X", (unsigned long long)first, READ_IDS - 1);
        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "idSet");
        weh_sink_text(sink, set);
        weh_sink_map_end(sink);
        err = weh_rpc_client_demand(client, &message, diag);
        n = err == WEH_OK ? message.incoming.value.n : 0;
        out->n += n;
    }
    return err;
}

static weh_err work(struct inserts *inserts, enum way way, struct run *out, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    weh_err err;

    out->n = inserts->options->n_elements;
    if (way == WAY_READ) {
        return read_all(inserts, out, diag);
    }
    err = way == WAY_SINGLE
              ? insert_single(inserts, out, diag)
              : weh_bench_insert_batches(inserts->bench, out->n, inserts->options->geometry, diag);
    return err == WEH_OK
               ? weh_bench_simple(inserts->bench->edit, "txns.saveChanges", &message, diag)
               : err;
}

/* Work on a copy of the base file in the server's folder. */
static weh_err run_server(struct inserts *inserts, enum way way, struct run *out,
                          struct weh_diag *diag)
{
    struct weh_rpc_message message;
    char path[360];
    double cpu = 0.0;
    weh_err err;

    (void)snprintf(path, sizeof(path), "%s/imodels/inserts.bim", inserts->bench->data_dir);
    err = weh_file_copy(inserts->base, path, diag);
    if (err == WEH_OK) {
        err = weh_bench_open(inserts->bench->edit, "inserts", diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_server_cpu_ms(inserts->options->daemon, &cpu, diag);
    }
    if (err == WEH_OK) {
        out->wall_ms = now_ms();
        err = work(inserts, way, out, diag);
        out->wall_ms = now_ms() - out->wall_ms;
    }
    if (err == WEH_OK) {
        err = weh_bench_server_cpu_ms(inserts->options->daemon, &out->cpu_ms, diag);
        out->cpu_ms -= cpu;
    }
    if (err == WEH_OK) {
        err = weh_bench_simple(inserts->bench->edit, "briefcase.close", &message, diag);
    }
    (void)unlink(path);
    return err;
}

/* ---- results ---- */

/* {elements, cpuMs, wallMs, cpuUsEach, elementsPerSecond, cpuToBare}: medians over the rounds. */
static void write_way(struct inserts *inserts, enum way way, struct weh_sink *sink)
{
    const struct run *runs = inserts->runs[way];
    double cpu[INSERT_RUNS];
    double wall[INSERT_RUNS];
    double ratio[INSERT_RUNS];
    uint32_t n = runs[0].n == 0 ? 1 : runs[0].n;

    for (uint32_t i = 0; i < inserts->n_runs; i++) {
        cpu[i] = runs[i].cpu_ms;
        wall[i] = runs[i].wall_ms;
        ratio[i] = runs[i].cpu_ms / inserts->runs[WAY_BARE][i].cpu_ms;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "elements");
    weh_sink_int(sink, runs[0].n);
    weh_bench_put_real(sink, "cpuMs", weh_bench_median(cpu, inserts->n_runs));
    weh_bench_put_real(sink, "wallMs", weh_bench_median(wall, inserts->n_runs));
    weh_bench_put_real(sink, "cpuUsEach", weh_bench_median(cpu, inserts->n_runs) * 1e3 / n);
    weh_bench_put_real(sink, "elementsPerSecond",
                       n / weh_bench_median(wall, inserts->n_runs) * 1e3);
    if (way == WAY_SINGLE || way == WAY_BATCH) {
        weh_bench_put_real(sink, "cpuToBare", weh_bench_median(ratio, inserts->n_runs));
    }
    weh_sink_map_end(sink);
}

static void write_all(struct inserts *inserts, struct weh_sink *sink)
{
    static const char *const names[WAY_COUNT] = { "bare", "single", "batch", "read" };

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_key(sink, "codec");
    weh_sink_text(sink, inserts->bench->connection.codec == WEH_CODEC_JSON ? "json" : "msgpack");
    weh_sink_key(sink, "geometry");
    weh_sink_bool(sink, inserts->options->geometry);
    weh_sink_key(sink, "rounds");
    weh_sink_int(sink, inserts->n_runs);
    for (uint32_t i = 0; i < WAY_COUNT; i++) {
        weh_sink_key(sink, names[i]);
        write_way(inserts, (enum way)i, sink);
    }
    weh_sink_map_end(sink);
}

weh_err weh_bench_inserts(struct weh_bench *bench, const struct weh_bench_inserts *options,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    struct inserts inserts = { .bench = bench, .options = options };
    struct weh_rpc_message message;
    weh_err err;

    (void)snprintf(inserts.base, sizeof(inserts.base), "%s/imodels/%s.bim", bench->data_dir,
                   bench->imodel);
    err = weh_bench_simple(bench->edit, "briefcase.close", &message, diag);
    while (err == WEH_OK && inserts.n_runs < options->n_rounds && inserts.n_runs < INSERT_RUNS) {
        uint32_t i = inserts.n_runs;

        err = run_bare(&inserts, &inserts.runs[WAY_BARE][i], diag);
        for (uint32_t way = WAY_SINGLE; way < WAY_COUNT && err == WEH_OK; way++) {
            err = run_server(&inserts, (enum way)way, &inserts.runs[way][i], diag);
        }
        inserts.n_runs += err == WEH_OK;
    }
    if (err == WEH_OK) {
        write_all(&inserts, sink);
    }
    return err;
}
