/* tools/weh/bench_process.c - measures of the server's process: start and memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"

#include "bench.h"

weh_err weh_bench_ready(struct weh_bench *bench, struct weh_diag *diag)
{
    struct weh_daemon daemon = { .pid = 0 };
    char data_dir[300];
    weh_err err;

    (void)snprintf(data_dir, sizeof(data_dir), "%s/ready", bench->data_dir);
    err = weh_daemon_start(bench->daemon_path, data_dir, NULL, &daemon, diag);
    if (err == WEH_OK) {
        err = weh_bench_add(&bench->series[WEH_BENCH_READY_MS], daemon.ready_us * 1000, diag);
    }
    if (err != WEH_OK) {
        (void)weh_daemon_stop(&daemon, NULL);
        return err;
    }
    return weh_daemon_stop(&daemon, diag);
}

/* Resident memory of @pid in KiB. */
static weh_err read_memory(pid_t pid, double *resident, struct weh_diag *diag)
{
    char path[64];
    char line[256];
    FILE *file;

    *resident = 0.0;
    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return weh_fail(diag, WEH_E_IO, "the memory of the server cannot be read");
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            *resident = strtod(line + 6, NULL);
        }
    }
    fclose(file);
    return *resident > 0.0 ? WEH_OK : weh_fail(diag, WEH_E_IO, "no VmRSS");
}

static weh_err read_root(struct weh_rpc_client *client, struct weh_diag *diag)
{
    struct weh_rpc_message message;
    struct weh_sink *sink = weh_rpc_client_begin(client, "elements.getElementProps");

    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "id");
    weh_sink_text(sink, "0x1");
    weh_sink_map_end(sink);
    return weh_rpc_client_demand(client, &message, diag);
}

static weh_err open_crowd(struct weh_bench *bench, const char *file,
                          struct weh_rpc_client **clients, uint32_t n, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        char name[40];
        char path[340];

        (void)snprintf(name, sizeof(name), "crowd-%u", i);
        (void)snprintf(path, sizeof(path), "%s/imodels/%s.bim", bench->data_dir, name);
        err = weh_file_copy(file, path, diag);
        if (err == WEH_OK) {
            err = weh_rpc_client_open(&bench->connection, &clients[i], diag);
        }
        if (err == WEH_OK) {
            err = weh_bench_open(clients[i], name, diag);
        }
        if (err == WEH_OK) {
            err = read_root(clients[i], diag);
        }
    }
    return err;
}

static weh_err use_crowd(struct weh_rpc_client **clients, uint32_t n, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (uint32_t i = 0; i < n && err == WEH_OK; i++) {
        struct weh_bench_places places;
        struct weh_rpc_message message;

        err = weh_bench_prepare(clients[i], &places, diag);
        if (err == WEH_OK) {
            weh_bench_begin_insert(clients[i], &places, i);
            err = weh_rpc_client_demand(clients[i], &message, diag);
        }
        if (err == WEH_OK) {
            err = weh_bench_simple(clients[i], "txns.saveChanges", &message, diag);
        }
    }
    return err;
}

weh_err weh_bench_memory(struct weh_bench *bench, const struct weh_daemon *daemon, const char *file,
                         uint32_t n, struct weh_diag *diag)
{
    struct weh_rpc_client **clients = weh_calloc(n, sizeof(struct weh_rpc_client *));
    double before = 0.0;
    double opened = 0.0;
    double used = 0.0;
    weh_err err;

    if (clients == NULL) {
        return weh_fail_nomem(diag);
    }
    err = read_memory(daemon->pid, &before, diag);
    if (err == WEH_OK) {
        err = open_crowd(bench, file, clients, n, diag);
    }
    if (err == WEH_OK) {
        err = read_memory(daemon->pid, &opened, diag);
    }
    if (err == WEH_OK) {
        err = use_crowd(clients, n, diag);
    }
    if (err == WEH_OK) {
        err = read_memory(daemon->pid, &used, diag);
    }
    if (err == WEH_OK) {
        bench->memory.measured = true;
        bench->memory.n_sessions = n;
        bench->memory.open_kb = (opened - before) / n;
        bench->memory.used_kb = (used - before) / n;
    }
    for (uint32_t i = 0; i < n; i++) {
        weh_rpc_client_close(clients[i]);
    }
    weh_free(clients);
    return err;
}
