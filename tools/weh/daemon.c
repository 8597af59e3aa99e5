/* tools/weh/daemon.c - a server of one's own in a temporary folder.
 */
#include "daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/clock.h"
#include "weh/json.h"

#define SETTINGS_MAX 16

weh_err weh_temp_dir_create(const char *parent, struct weh_temp_dir *out, struct weh_diag *diag)
{
    const char *below = parent == NULL ? "/var/tmp" : parent;
    int n = snprintf(out->path, sizeof(out->path), "%s/weh-XXXXXX", below);
    bool fits = n > 0 && (size_t)n < sizeof(out->path);

    /* The buffer is ours. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    if (!fits || mkdtemp(out->path) == NULL) {
        out->path[0] = '\0';
        return weh_fail(diag, WEH_E_IO, "no folder can be made in %s", below);
    }
    return WEH_OK;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void weh_temp_dir_destroy(struct weh_temp_dir *dir)
{
    if (dir->path[0] != '\0') {
        /* What cannot be removed stays: there is nobody to tell who could do better. The walk
         * never changes the working folder. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        (void)nftw(dir->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        dir->path[0] = '\0';
    }
}

weh_err weh_dir_make(const char *path, struct weh_diag *diag)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return weh_fail(diag, WEH_E_IO, "the folder %s cannot be made", path);
    }
    return WEH_OK;
}

weh_err weh_file_copy(const char *from, const char *to, struct weh_diag *diag)
{
    static const size_t piece = 1 << 20;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = -1;
    weh_err err = WEH_OK;
    ssize_t n = -1;

    if (in < 0) {
        return weh_fail(diag, WEH_E_IO, "%s cannot be read", from);
    }
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) {
        err = weh_fail(diag, WEH_E_IO, "%s cannot be made", to);
        goto out;
    }
    do {
        n = sendfile(out, in, NULL, piece); /* copy_file_range stays in one file system */
    } while (n > 0);
    if (n < 0) {
        err = weh_fail(diag, WEH_E_IO, "%s cannot be copied", from);
    }
out:
    if (out >= 0) {
        close(out);
    }
    close(in);
    return err;
}

weh_err weh_data_dir_create(const char *parent, struct weh_data_dir *out, struct weh_diag *diag)
{
    char imodels[300];
    weh_err err = weh_temp_dir_create(parent, &out->temp, diag);

    if (err != WEH_OK) {
        return err;
    }
    (void)snprintf(out->path, sizeof(out->path), "%s/data", out->temp.path);
    (void)snprintf(imodels, sizeof(imodels), "%s/imodels", out->path);
    err = weh_dir_make(out->path, diag);
    return err == WEH_OK ? weh_dir_make(imodels, diag) : err;
}

weh_err weh_data_dir_add(const struct weh_data_dir *dir, const char *from, const char *name,
                         struct weh_diag *diag)
{
    char path[340];

    (void)snprintf(path, sizeof(path), "%s/imodels/%s.bim", dir->path, name);
    return weh_file_copy(from, path, diag);
}

/* Read one line from @fd into @out, without its end. */
static weh_err read_line(int fd, struct weh_buf *out, struct weh_diag *diag)
{
    for (;;) {
        uint8_t byte = 0;
        ssize_t n = read(fd, &byte, 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return weh_fail(diag, WEH_E_IO, "the server ended before it was ready");
        }
        if (byte == '\n') {
            return out->err;
        }
        weh_buf_byte(out, byte);
    }
}

static void copy_member(const struct weh_value *map, const char *name, char *out, size_t size)
{
    const struct weh_value *value = weh_value_get(map, name);

    out[0] = '\0';
    if (value != NULL && value->type == WEH_VALUE_STRING && value->n < size) {
        memcpy(out, value->as.string, value->n);
        out[value->n] = '\0';
    }
}

static weh_err read_ready(struct weh_daemon *daemon, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 100 };
    const struct weh_value *event;
    struct weh_arena arena;
    struct weh_value line;
    struct weh_buf buf;
    int64_t port = 0;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 65536);
    err = read_line(daemon->output, &buf, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_json_parse((struct weh_str){ (const char *)buf.data, buf.len }, &limits, &arena,
                         &line, diag);
    if (err != WEH_OK) {
        goto out;
    }
    event = weh_value_get(&line, "event");
    if (event == NULL || event->type != WEH_VALUE_STRING ||
        !weh_str_eq_text(weh_value_str(event), "ready") ||
        !weh_value_to_int64(weh_value_get(&line, "port"), &port) || port < 1 || port > 65535) {
        err = weh_fail(diag, WEH_E_PARSE, "the server's first line is no ready line");
        goto out;
    }
    daemon->port = (uint16_t)port;
    copy_member(&line, "sessionUrl", daemon->url, sizeof(daemon->url));
    copy_member(&line, "token", daemon->token, sizeof(daemon->token));
out:
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
    return err;
}

weh_err weh_daemon_spawn(const char *const *argv, const char *log_path, struct weh_daemon *out,
                         struct weh_diag *diag)
{
    /* posix_spawn changes nothing in what it takes as if it might. */
    union {
        const char *const *given;
        char *const *taken;
    } arguments = { .given = argv };
    posix_spawn_file_actions_t actions;
    uint64_t start_us = weh_clock_mono_us();
    int pipe_fds[2] = { -1, -1 };
    weh_err err = WEH_OK;

    *out = (struct weh_daemon){ .output = -1 };
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        return weh_fail(diag, WEH_E_IO, "no pipe");
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_path,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (posix_spawn(&out->pid, argv[0], &actions, NULL, arguments.taken, environ) != 0) {
        out->pid = 0;
        err = weh_fail(diag, WEH_E_IO, "%s cannot be started", argv[0]);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_fds[1]);
    out->output = pipe_fds[0];
    if (err == WEH_OK) {
        err = read_ready(out, diag);
    }
    out->ready_us = weh_clock_mono_us() - start_us;
    if (err != WEH_OK) {
        struct weh_diag ignored = { 0 };

        (void)weh_daemon_stop(out, &ignored);
    }
    return err;
}

weh_err weh_daemon_start(const char *path, const char *data_dir, const char *const *settings,
                         struct weh_daemon *out, struct weh_diag *diag)
{
    const char *argv[8 + 2 * SETTINGS_MAX] = { path, "--set", "listen.port=0", "--set" };
    char data_setting[300];
    char log_path[300];
    size_t n = 4;

    snprintf(data_setting, sizeof(data_setting), "data.dir=%s", data_dir);
    snprintf(log_path, sizeof(log_path), "%s.log", data_dir);
    argv[n++] = data_setting;
    for (size_t i = 0; settings != NULL && settings[i] != NULL && i < SETTINGS_MAX; i++) {
        argv[n++] = "--set";
        argv[n++] = settings[i];
    }
    argv[n] = NULL;
    return weh_daemon_spawn(argv, log_path, out, diag);
}

weh_err weh_daemon_stop(struct weh_daemon *daemon, struct weh_diag *diag)
{
    weh_err err = WEH_OK;
    int status = 0;

    if (daemon->pid > 0) {
        pid_t ended;

        kill(daemon->pid, SIGTERM);
        do {
            ended = waitpid(daemon->pid, &status, 0);
        } while (ended < 0 && errno == EINTR);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            err = weh_fail(diag, WEH_E_STATE, "the server ended with wait status %d", status);
        }
        close(daemon->output);
    }
    *daemon = (struct weh_daemon){ .output = -1 };
    return err;
}
