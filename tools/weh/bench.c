/* tools/weh/bench.c - weh bench: measures a server and prints JSON. Never a test: it judges nothing.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/alloc.h"
#include "weh/json.h"

#include "cli.h"

#define IMODEL_NAME "bench"

struct setup {
    const struct weh_cli *cli;
    const char *imodel; /* --imodel */
    uint32_t n_rounds;
    uint32_t n_sessions;
    struct weh_bench_inserts inserts;
    struct weh_bench_idle idle;
    struct weh_data_dir dir;
    char default_daemon[512];
    char default_echo[512];
    char default_bare[512];
    const char *echo_path;
    struct weh_daemon daemon;
    struct weh_daemon echo;
};

/* The program @relative to weh's own folder, in a build folder; "" when it is not there. */
static void find_sibling(const char *relative, char *out, size_t size)
{
    char self[400] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    const char *slash = n > 0 ? strrchr(self, '/') : NULL;

    out[0] = '\0';
    if (slash != NULL) {
        (void)snprintf(out, size, "%.*s/%s", (int)(slash - self), self, relative);
    }
    if (access(out, X_OK) != 0) {
        out[0] = '\0';
    }
}

static bool read_options(struct setup *setup, struct weh_bench *bench)
{
    const struct weh_cli *cli = setup->cli;
    bool own = weh_cli_text(cli, "url") == NULL;

    setup->imodel = weh_cli_text(cli, "imodel");
    bench->daemon_path = weh_cli_text(cli, "daemon");
    setup->echo_path = weh_cli_text(cli, "echo");
    find_sibling("../src/webedithost", setup->default_daemon, sizeof(setup->default_daemon));
    find_sibling("../tests/bench/lws_echo", setup->default_echo, sizeof(setup->default_echo));
    find_sibling("../tests/bench/bare_inserts", setup->default_bare, sizeof(setup->default_bare));
    setup->inserts.bare_path = weh_cli_text(cli, "bare");
    setup->inserts.geometry = weh_cli_text(cli, "no-geometry") == NULL;
    if (setup->inserts.bare_path == NULL) {
        setup->inserts.bare_path = setup->default_bare;
    }
    if (bench->daemon_path == NULL) {
        bench->daemon_path = setup->default_daemon;
    }
    if (setup->echo_path == NULL) {
        setup->echo_path = setup->default_echo;
    }
    if (setup->imodel == NULL) {
        weh_cli_usage(cli, "--imodel is missing");
        return false;
    }
    if ((weh_cli_text(cli, "inserts") != NULL || weh_cli_text(cli, "saves") != NULL) &&
        (!own || setup->inserts.bare_path[0] == '\0')) {
        weh_cli_usage(
            cli, "--inserts and --saves need a server of its own and the bare program (--bare)");
        return false;
    }
    if (own && bench->daemon_path[0] == '\0') {
        weh_cli_usage(cli, "there is no server to start: give --daemon or --url");
        return false;
    }
    if (weh_cli_text(cli, "idle") != NULL && !own) {
        weh_cli_usage(cli, "--idle needs servers of its own");
        return false;
    }
    return weh_cli_number(cli, "idle", 1, 100000, &setup->idle.n_sessions) &&
           weh_cli_number(cli, "copies", 0, WEH_BENCH_SAMPLES_MAX, &setup->idle.n_copies) &&
           weh_cli_number(cli, "rounds", 1, WEH_BENCH_ROUNDS_MAX, &setup->n_rounds) &&
           weh_cli_number(cli, "sessions", 0, 4000, &setup->n_sessions) &&
           weh_cli_number(cli, "inserts", 1, 1000000, &setup->inserts.n_elements) &&
           weh_cli_number(cli, "saves", 1, 1000000, &setup->inserts.n_saved);
}

/* Start a server on a copy of the iModel and point @bench at it. */
static weh_err start_own(struct setup *setup, struct weh_bench *bench, struct weh_diag *diag)
{
    weh_err err = weh_data_dir_create(weh_cli_text(setup->cli, "dir"), &setup->dir, diag);

    if (err == WEH_OK) {
        err = weh_data_dir_add(&setup->dir, setup->imodel, IMODEL_NAME, diag);
    }
    if (err == WEH_OK) {
        err = weh_daemon_start(bench->daemon_path, setup->dir.path, NULL, &setup->daemon, diag);
    }
    if (err == WEH_OK) {
        bench->data_dir = setup->dir.path;
        bench->imodel = IMODEL_NAME;
        bench->connection.url = setup->daemon.url;
        bench->connection.token = setup->daemon.token;
    }
    return err;
}

static weh_err start_echo(struct setup *setup, struct weh_bench *bench, struct weh_diag *diag)
{
    const char *argv[] = { setup->echo_path, NULL };
    weh_err err = weh_daemon_spawn(argv, "/dev/null", &setup->echo, diag);

    if (err == WEH_OK) {
        err = weh_client_open(
            &(struct weh_client_options){
                .url = setup->echo.url,
                .timeout_ms = bench->connection.timeout_ms,
            },
            &bench->echo, diag);
    }
    return err;
}

static weh_err connect_all(struct setup *setup, struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_rpc_options other = bench->connection;
    weh_err err = WEH_OK;

    other.codec = bench->connection.codec == WEH_CODEC_JSON ? WEH_CODEC_MSGPACK : WEH_CODEC_JSON;
    if (setup->echo_path[0] != '\0') {
        err = start_echo(setup, bench, diag);
    }
    if (err == WEH_OK) {
        err = weh_rpc_client_open(&bench->connection, &bench->edit, diag);
    }
    if (err == WEH_OK) {
        err = weh_rpc_client_open(&other, &bench->other, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_open(bench->edit, bench->imodel, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_prepare(bench->edit, &bench->places, diag);
    }
    return err;
}

static weh_err measure(struct setup *setup, struct weh_bench *bench, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    /* While the server is as it was after its start. */
    if (bench->data_dir != NULL && setup->n_sessions > 0) {
        err = weh_bench_memory(bench, &setup->daemon, setup->imodel, setup->n_sessions, diag);
    }
    for (uint32_t round = 0; round < setup->n_rounds && err == WEH_OK; round++) {
        err = weh_bench_round(bench, diag);
        for (uint32_t i = 0; i < 3 && err == WEH_OK && bench->data_dir != NULL; i++) {
            err = weh_bench_ready(bench, diag);
        }
        for (uint32_t i = 0; i < WEH_BENCH_COUNT; i++) {
            weh_bench_end_round(&bench->series[i]);
        }
    }
    return err;
}

static void write_ratio(const struct weh_bench *bench, const char *name, enum weh_bench_id over,
                        enum weh_bench_id under, struct weh_sink *sink)
{
    double divisor = weh_bench_p50_us(&bench->series[under]);

    weh_sink_key(sink, name);
    if (divisor > 0.0) {
        weh_sink_real(sink, weh_bench_p50_us(&bench->series[over]) / divisor);
    } else {
        weh_sink_null(sink);
    }
}

static void write_memory(const struct weh_bench *bench, struct weh_sink *sink)
{
    weh_sink_key(sink, "memory");
    if (!bench->memory.measured) {
        weh_sink_null(sink);
        return;
    }
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "sessions");
    weh_sink_int(sink, bench->memory.n_sessions);
    weh_sink_key(sink, "openKb");
    weh_sink_real(sink, bench->memory.open_kb);
    weh_sink_key(sink, "usedKb");
    weh_sink_real(sink, bench->memory.used_kb);
    weh_sink_map_end(sink);
}

static void print_results(const struct setup *setup, const struct weh_bench *bench)
{
    static const struct {
        const char *name;
        double divisor;
    } rows[] = {
#define X(id, name, divisor) { name, divisor },
        WEH_BENCH_SERIES_LIST(X)
#undef X
    };
    struct weh_json_writer json;
    struct weh_sink *sink = &json.sink;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "version");
    weh_sink_text(sink, WEH_VERSION);
    weh_sink_key(sink, "cores");
    weh_sink_int(sink, sysconf(_SC_NPROCESSORS_ONLN));
    weh_sink_key(sink, "codec");
    weh_sink_text(sink, bench->connection.codec == WEH_CODEC_JSON ? "json" : "msgpack");
    weh_sink_key(sink, "rounds");
    weh_sink_int(sink, setup->n_rounds);
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        weh_sink_key(sink, rows[i].name);
        if (bench->series[i].n_rounds == 0) {
            weh_sink_null(sink);
        } else {
            weh_bench_write(&bench->series[i], rows[i].divisor, sink);
        }
    }
    write_memory(bench, sink);
    weh_sink_key(sink, "ratios");
    weh_sink_map_begin(sink, 4);
    write_ratio(bench, "pingMsgpackToEcho", WEH_BENCH_PING_MSGPACK, WEH_BENCH_ECHO, sink);
    write_ratio(bench, "pingJsonToEcho", WEH_BENCH_PING_JSON, WEH_BENCH_ECHO, sink);
    write_ratio(bench, "insertSaveToWrite", WEH_BENCH_INSERT_SAVE, WEH_BENCH_WRITE_FDATASYNC, sink);
    write_ratio(bench, "undoToWrite", WEH_BENCH_UNDO, WEH_BENCH_WRITE_FDATASYNC, sink);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
    weh_buf_byte(&buf, '\n');
    (void)fwrite(buf.data, 1, buf.len, stdout);
    weh_buf_fini(&buf);
}

/* --idle: nothing else is measured. */
static weh_err measure_idle(struct setup *setup, const struct weh_bench *bench,
                            struct weh_diag *diag)
{
    struct weh_bench_idle *idle = &setup->idle;
    struct weh_json_writer json;
    struct weh_buf buf;
    weh_err err = weh_temp_dir_create(weh_cli_text(setup->cli, "dir"), &setup->dir.temp, diag);

    if (err != WEH_OK) {
        return err;
    }
    idle->connection = bench->connection;
    idle->daemon_path = bench->daemon_path;
    idle->dir = setup->dir.temp.path;
    idle->imodel = setup->imodel;
    if (idle->n_copies > idle->n_sessions) {
        idle->n_copies = idle->n_sessions;
    }
    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    err = weh_bench_idle(idle, &json.sink, diag);
    weh_buf_byte(&buf, '\n');
    if (err == WEH_OK) {
        (void)fwrite(buf.data, 1, buf.len, stdout);
    }
    weh_buf_fini(&buf);
    return err;
}

/* --inserts, --saves: nothing else is measured. */
static weh_err measure_beside_bare(struct setup *setup, struct weh_bench *bench,
                                   struct weh_diag *diag)
{
    struct weh_json_writer json;
    struct weh_buf buf;
    weh_err err;

    setup->inserts.daemon = &setup->daemon;
    setup->inserts.n_rounds = setup->n_rounds;
    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    err = setup->inserts.n_saved > 0 ? weh_bench_saves(bench, &setup->inserts, &json.sink, diag)
                                     : weh_bench_inserts(bench, &setup->inserts, &json.sink, diag);
    if (err == WEH_OK) {
        weh_buf_byte(&buf, '\n');
        (void)fwrite(buf.data, 1, buf.len, stdout);
    }
    weh_buf_fini(&buf);
    return err;
}

static void tear_down(struct setup *setup, struct weh_bench *bench)
{
    weh_client_close(bench->echo);
    weh_rpc_client_close(bench->edit);
    weh_rpc_client_close(bench->other);
    for (uint32_t i = 0; i < WEH_BENCH_COUNT; i++) {
        weh_bench_series_fini(&bench->series[i]);
    }
    (void)weh_daemon_stop(&setup->echo, NULL);
    (void)weh_daemon_stop(&setup->daemon, NULL);
    weh_temp_dir_destroy(&setup->dir.temp);
}

static weh_err run(struct setup *setup, struct weh_bench *bench, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (setup->idle.n_sessions > 0) {
        return measure_idle(setup, bench, diag);
    }
    if (weh_cli_text(setup->cli, "url") == NULL) {
        err = start_own(setup, bench, diag);
    }
    if (err == WEH_OK) {
        err = connect_all(setup, bench, diag);
    }
    if (err == WEH_OK && (setup->inserts.n_elements > 0 || setup->inserts.n_saved > 0)) {
        return measure_beside_bare(setup, bench, diag);
    }
    if (err == WEH_OK) {
        err = measure(setup, bench, diag);
    }
    if (err == WEH_OK) {
        print_results(setup, bench);
    }
    return err;
}

int weh_cmd_bench(const struct weh_cli *cli)
{
    struct weh_bench *bench = weh_calloc(1, sizeof(*bench));
    struct setup setup = { .cli = cli, .n_rounds = 5, .n_sessions = 200 };
    struct weh_diag diag = { 0 };
    int status = WEH_EXIT_USAGE;
    weh_err err = WEH_OK;

    if (bench == NULL) {
        weh_fail_nomem(&diag);
        return weh_cli_fail(cli, &diag);
    }
    if (!read_options(&setup, bench) || !weh_cli_options(cli, &bench->connection)) {
        goto out;
    }
    if (weh_cli_text(cli, "codec") == NULL) {
        bench->connection.codec = WEH_CODEC_MSGPACK;
    }
    bench->imodel = setup.imodel;
    err = run(&setup, bench, &diag);
    status = err == WEH_OK ? WEH_EXIT_OK : weh_cli_fail(cli, &diag);
out:
    tear_down(&setup, bench);
    weh_free(bench);
    return status;
}
