/* tools/weh/bench_process.c - processes: the server's start, memory and processor time, and a program
 * that is run to its end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

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

weh_err weh_bench_server_cpu_ms(const struct weh_daemon *daemon, double *out, struct weh_diag *diag)
{
    struct timespec time = { 0 };
    clockid_t clock;

    if (clock_getcpuclockid(daemon->pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return weh_fail(diag, WEH_E_IO, "the processor time of the server cannot be read");
    }
    *out = (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
    return WEH_OK;
}

weh_err weh_bench_run_program(char *const *argv, char *out, size_t size, struct weh_diag *diag)
{
    posix_spawn_file_actions_t actions;
    int fds[2] = { -1, -1 };
    int status = -1;
    size_t used = 0;
    ssize_t n = 1;
    pid_t pid = 0;
    int rc;

    if (pipe(fds) != 0) {
        return weh_fail(diag, WEH_E_IO, "no pipe");
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, fds[0]);
    rc = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(fds[1]);
    while (rc == 0 && n > 0 && used + 1 < size) {
        n = read(fds[0], out + used, size - 1 - used);
        used += n > 0 ? (size_t)n : 0;
    }
    out[used] = '\0';
    close(fds[0]);
    if (rc != 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        return weh_fail(diag, WEH_E_IO, "%s failed", argv[0]);
    }
    return WEH_OK;
}

weh_err weh_bench_resident_kb(pid_t pid, double *resident, struct weh_diag *diag)
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
    err = weh_bench_resident_kb(daemon->pid, &before, diag);
    if (err == WEH_OK) {
        err = open_crowd(bench, file, clients, n, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_resident_kb(daemon->pid, &opened, diag);
    }
    if (err == WEH_OK) {
        err = use_crowd(clients, n, diag);
    }
    if (err == WEH_OK) {
        err = weh_bench_resident_kb(daemon->pid, &used, diag);
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
