/* tools/weh/bench_saves.c - saved transactions, undone and redone, beside a program that does only that.
 *
 * The measure is the server's processor time a transaction, from the kernel's clock of its process: with
 * the inserts of its elements, the messages and the notifications. The bare program does the same to
 * SQLite alone (tests/bench/bare_inserts --saves). Rounds alternate, so that a busy machine is unkind
 * to both.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/arena.h"
#include "weh/json.h"

#include "bench.h"

#define MAX_ROUNDS   9
#define SMALL_REPEAT 200   /* transactions of one element a round */
#define LARGE_ROWS   10000 /* elements a round in larger ones, at least one transaction */

enum deed {
    SAVE,
    UNDO,
    REDO,
    N_DEEDS
};

static const char *const deed_names[N_DEEDS] = { "save", "undo", "redo" };

/* Of one transaction. */
struct cost {
    double wall_ms;
    double cpu_ms;
};

struct size {
    uint32_t n_elements;
    uint32_t n_txns; /* a round */
    struct cost ours[N_DEEDS][MAX_ROUNDS];
    struct cost bare[N_DEEDS][MAX_ROUNDS];
};

struct saves {
    struct weh_bench *bench;
    const struct weh_bench_inserts *options;
    char base[340]; /* the file that each run starts from; the server does not have it open */
    struct size sizes[2];
    double ping_ms[MAX_ROUNDS]; /* processor time of a message that does nothing */
    uint32_t n_rounds;
};

/* ---- the bare program ---- */

static bool read_cost(const struct weh_value *map, struct cost *out)
{
    return weh_value_to_double(weh_value_get(map, "wallMs"), &out->wall_ms) &&
           weh_value_to_double(weh_value_get(map, "cpuMs"), &out->cpu_ms);
}

static weh_err read_bare(const char *text, struct size *size, uint32_t round, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { 4, 100 };
    struct weh_value value = { .type = WEH_VALUE_NULL };
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_json_parse(weh_str_from(text), &limits, &arena, &value, diag);
    if (err == WEH_OK && (!read_cost(&value, &size->bare[SAVE][round]) ||
                          !read_cost(weh_value_get(&value, "undo"), &size->bare[UNDO][round]) ||
                          !read_cost(weh_value_get(&value, "redo"), &size->bare[REDO][round]))) {
        err = weh_fail(diag, WEH_E_PARSE, "the bare program did not say how long it took");
    }
    weh_arena_fini(&arena);
    return err;
}

static weh_err run_bare(struct saves *saves, struct size *size, struct weh_diag *diag)
{
    char path[360];
    char elements[16];
    char repeat[16];
    char answer[512];
    const char *given[] = { saves->options->bare_path,
                            path,
                            saves->bench->places.model,
                            saves->bench->places.category,
                            elements,
                            "--saves",
                            repeat,
                            saves->options->geometry ? NULL : "--no-geometry",
                            NULL };
    /* posix_spawn changes nothing in what it takes as if it might. */
    union {
        const char *const *given;
        char *const *taken;
    } argv = { .given = given };
    weh_err err;

    (void)snprintf(path, sizeof(path), "%s/bare.bim", saves->bench->data_dir);
    (void)snprintf(elements, sizeof(elements), "%u", size->n_elements);
    (void)snprintf(repeat, sizeof(repeat), "%u", size->n_txns);
    err = weh_file_copy(saves->base, path, diag);
    if (err == WEH_OK) {
        err = weh_bench_run_program(argv.taken, answer, sizeof(answer), diag);
    }
    (void)unlink(path);
    return err == WEH_OK ? read_bare(answer, size, saves->n_rounds, diag) : err;
}

/* ---- the server ---- */

static weh_err do_deed(struct saves *saves, const struct size *size, enum deed deed,
                       struct weh_diag *diag)
{
    static const char *const methods[N_DEEDS] = { "txns.saveChanges", "txns.reverseTxns",
                                                  "txns.reinstateTxn" };
    struct weh_rpc_client *client = saves->bench->edit;
    struct weh_rpc_message message;
    weh_err err = WEH_OK;

    if (deed == SAVE && size->n_elements == 1) {
        struct weh_sink *sink = weh_rpc_client_begin(client, "elements.insertElement");

        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "props");
        weh_bench_put_physical(sink, &saves->bench->places, 0, saves->options->geometry);
        weh_sink_map_end(sink);
        err = weh_rpc_client_demand(client, &message, diag);
    } else if (deed == SAVE) {
        err = weh_bench_insert_batches(saves->bench, size->n_elements, saves->options->geometry,
                                       diag);
    }
    return err == WEH_OK ? weh_bench_simple(client, methods[deed], &message, diag) : err;
}

static weh_err take(struct saves *saves, const struct size *size, enum deed deed, struct cost *out,
                    struct weh_diag *diag)
{
    double cpu = 0.0;
    uint64_t start_ns = weh_bench_now_ns();
    weh_err err = weh_bench_server_cpu_ms(saves->options->daemon, &cpu, diag);

    for (uint32_t i = 0; i < size->n_txns && err == WEH_OK; i++) {
        err = do_deed(saves, size, deed, diag);
    }
    if (err == WEH_OK) {
        out->wall_ms = (double)(weh_bench_now_ns() - start_ns) / 1e6 / size->n_txns;
        err = weh_bench_server_cpu_ms(saves->options->daemon, &out->cpu_ms, diag);
        out->cpu_ms = (out->cpu_ms - cpu) / size->n_txns;
    }
    return err;
}

static weh_err run_server(struct saves *saves, struct size *size, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    char path[360];
    weh_err err;

    (void)snprintf(path, sizeof(path), "%s/imodels/saves.bim", saves->bench->data_dir);
    err = weh_file_copy(saves->base, path, diag);
    if (err == WEH_OK) {
        err = weh_bench_open(saves->bench->edit, "saves", diag);
    }
    /* The first one reads the schema and the pages, as in the bare program. */
    if (err == WEH_OK) {
        err = do_deed(saves, size, SAVE, diag);
    }
    for (int deed = 0; deed < N_DEEDS && err == WEH_OK; deed++) {
        err = take(saves, size, (enum deed)deed, &size->ours[deed][saves->n_rounds], diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_simple(saves->bench->edit, "briefcase.close", &message, diag);
    }
    (void)unlink(path);
    return err;
}

static weh_err run_pings(struct saves *saves, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    double before = 0.0;
    double after = 0.0;
    weh_err err = weh_bench_server_cpu_ms(saves->options->daemon, &before, diag);

    for (uint32_t i = 0; i < SMALL_REPEAT && err == WEH_OK; i++) {
        err = weh_bench_simple(saves->bench->edit, "session.ping", &message, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_server_cpu_ms(saves->options->daemon, &after, diag);
    }
    saves->ping_ms[saves->n_rounds] = (after - before) / SMALL_REPEAT;
    return err;
}

/* ---- results ---- */

/* {cpuUs, wallUs, bareCpuUs, bareWallUs, cpuToBare, cpuOverBareUs}: medians over the rounds. */
static void write_deed(const struct size *size, int deed, uint32_t n, struct weh_sink *sink)
{
    double values[6][MAX_ROUNDS];
    static const char *const names[6] = { "cpuUs",      "wallUs",    "bareCpuUs",
                                          "bareWallUs", "cpuToBare", "cpuOverBareUs" };

    for (uint32_t i = 0; i < n; i++) {
        const struct cost *ours = &size->ours[deed][i];
        const struct cost *bare = &size->bare[deed][i];

        values[0][i] = ours->cpu_ms * 1e3;
        values[1][i] = ours->wall_ms * 1e3;
        values[2][i] = bare->cpu_ms * 1e3;
        values[3][i] = bare->wall_ms * 1e3;
        values[4][i] = ours->cpu_ms / bare->cpu_ms;
        values[5][i] = (ours->cpu_ms - bare->cpu_ms) * 1e3;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t k = 0; k < WEH_ARRAY_LEN(names); k++) {
        weh_bench_put_real(sink, names[k], weh_bench_median(values[k], n));
    }
    weh_sink_map_end(sink);
}

static void write_all(struct saves *saves, struct weh_sink *sink)
{
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_key(sink, "codec");
    weh_sink_text(sink, saves->bench->connection.codec == WEH_CODEC_JSON ? "json" : "msgpack");
    weh_sink_key(sink, "geometry");
    weh_sink_bool(sink, saves->options->geometry);
    weh_sink_key(sink, "rounds");
    weh_sink_int(sink, saves->n_rounds);
    weh_bench_put_real(sink, "pingCpuUs", weh_bench_median(saves->ping_ms, saves->n_rounds) * 1e3);
    weh_sink_key(sink, "sizes");
    weh_sink_array_begin(sink, WEH_ARRAY_LEN(saves->sizes));
    for (size_t i = 0; i < WEH_ARRAY_LEN(saves->sizes); i++) {
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        weh_sink_key(sink, "elements");
        weh_sink_int(sink, saves->sizes[i].n_elements);
        weh_sink_key(sink, "transactions");
        weh_sink_int(sink, saves->sizes[i].n_txns);
        for (int deed = 0; deed < N_DEEDS; deed++) {
            weh_sink_key(sink, deed_names[deed]);
            write_deed(&saves->sizes[i], deed, saves->n_rounds, sink);
        }
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

static weh_err run_round(struct saves *saves, struct weh_diag *diag)
{
    weh_err err = run_pings(saves, diag);

    for (size_t i = 0; i < WEH_ARRAY_LEN(saves->sizes) && err == WEH_OK; i++) {
        err = run_bare(saves, &saves->sizes[i], diag);
        if (err == WEH_OK) {
            err = run_server(saves, &saves->sizes[i], diag);
        }
    }
    return err;
}

weh_err weh_bench_saves(struct weh_bench *bench, const struct weh_bench_inserts *options,
                        struct weh_sink *sink, struct weh_diag *diag)
{
    struct saves saves = { .bench = bench, .options = options };
    uint32_t repeat = LARGE_ROWS / options->n_saved;
    struct weh_rpc_message message;
    weh_err err;

    saves.sizes[0].n_elements = 1;
    saves.sizes[0].n_txns = SMALL_REPEAT;
    saves.sizes[1].n_elements = options->n_saved;
    saves.sizes[1].n_txns = repeat == 0 ? 1 : repeat;
    (void)snprintf(saves.base, sizeof(saves.base), "%s/imodels/%s.bim", bench->data_dir,
                   bench->imodel);
    err = weh_bench_simple(bench->edit, "briefcase.close", &message, diag);
    while (err == WEH_OK && saves.n_rounds < options->n_rounds && saves.n_rounds < MAX_ROUNDS) {
        err = run_round(&saves, diag);
        saves.n_rounds += err == WEH_OK;
    }
    if (err == WEH_OK) {
        write_all(&saves, sink);
    }
    return err;
}
