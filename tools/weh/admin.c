/* tools/weh/admin.c - weh admin: look after a server on this machine, over its admin socket. */
#include "admin.h"

#include <stdio.h>
#include <string.h>

#include <unistd.h>

#include "weh/buf.h"
#include "weh/config.h"

#include "cli.h"

#define PAGE 500

/* One run of weh admin. */
struct run {
    const struct weh_cli *cli;
    struct weh_admin_server server;
    struct weh_arena arena;
};

/* Where the settings say that the socket is. */
static weh_err find_socket(const struct weh_cli *cli, char *out, size_t size, struct weh_diag *diag)
{
    const char *file = weh_cli_text(cli, "config");
    struct weh_config config = { .retired = NULL };
    weh_err err = weh_config_init(&config, diag);

    if (err == WEH_OK && file != NULL) {
        err = weh_config_read_file(&config, file, diag);
    }
    if (err == WEH_OK) {
        err = weh_config_read_environment(&config, environ, diag);
    }
    if (err == WEH_OK) {
        err = weh_config_admin_path(&config, out, size, diag);
    }
    if (err == WEH_OK && out[0] == '\0') {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "admin.socket",
                             "the settings say that there is none");
    }
    weh_config_fini(&config);
    return err;
}

/* Print the answer as JSON if that is wanted. */
static bool print_json(const struct run *run, const struct weh_value *value)
{
    if (weh_cli_text(run->cli, "json") == NULL) {
        return false;
    }
    weh_cli_print_pretty(value, stdout);
    return true;
}

static int call(struct run *run, const char *method, const struct weh_admin_param *params,
                struct weh_value *out)
{
    struct weh_diag diag = { 0 };

    return weh_admin_call(&run->server, method, params, &run->arena, out, &diag) == WEH_OK
               ? WEH_EXIT_OK
               : weh_cli_fail(run->cli, &diag);
}

/* ---- sessions ---- */

/* Add the page @result to @list, and its cursor to @after; true when there are more. */
static bool take_page(const struct weh_value *result, struct weh_buf *list, char after[64])
{
    const struct weh_value *sessions = weh_value_get(result, "sessions");
    const struct weh_value *next = weh_value_get(result, "next");

    if (sessions == NULL || sessions->type != WEH_VALUE_ARRAY) {
        return false;
    }
    weh_buf_append(list, sessions->as.items, sessions->n * sizeof(struct weh_value));
    if (next == NULL || next->type != WEH_VALUE_STRING || next->n >= 64) {
        return false;
    }
    (void)snprintf(after, 64, "%.*s", WEH_STR_ARGS(weh_value_str(next)));
    return list->err == WEH_OK;
}

/* All pages, as values in @list. */
static int get_sessions(struct run *run, struct weh_buf *list)
{
    const char *user = weh_cli_text(run->cli, "user");
    char after[64] = "";
    bool more = true;
    int status = WEH_EXIT_OK;

    while (more && status == WEH_EXIT_OK) {
        struct weh_admin_param params[4] = { { .name = "limit", .number = PAGE } };
        struct weh_value result = { .type = WEH_VALUE_NULL };
        size_t n = 1;

        if (user != NULL) {
            params[n++] = (struct weh_admin_param){ .name = "user", .text = user };
        }
        if (after[0] != '\0') {
            params[n] = (struct weh_admin_param){ .name = "after", .text = after };
        }
        status = call(run, "admin.sessions", params, &result);
        more = status == WEH_EXIT_OK && take_page(&result, list, after);
    }
    return status;
}

static int list_sessions(struct run *run)
{
    struct weh_buf list;
    struct weh_value all = { .type = WEH_VALUE_ARRAY };
    struct weh_member member = { .key = WEH_STR("sessions") };
    const struct weh_value map = { .type = WEH_VALUE_MAP, .n = 1, .as.members = &member };
    int status;

    weh_buf_init(&list, 0);
    status = get_sessions(run, &list);
    all.n = (uint32_t)(list.len / sizeof(struct weh_value));
    all.as.items = (const struct weh_value *)(const void *)list.data;
    member.value = all;
    if (status == WEH_EXIT_OK && !print_json(run, &map) &&
        !weh_admin_print_sessions(all.as.items, all.n, &run->arena)) {
        struct weh_diag diag;

        (void)weh_fail_nomem(&diag);
        status = weh_cli_fail(run->cli, &diag);
    }
    weh_buf_fini(&list);
    return status;
}

static int run_sessions(struct run *run)
{
    const struct weh_admin_param params[] = { { .name = "session", .text = run->cli->arguments[1] },
                                              { .name = NULL } };
    struct weh_value result;
    int status;

    if (run->cli->n_arguments == 1) {
        return list_sessions(run);
    }
    status = call(run, "admin.sessions", params, &result);
    if (status == WEH_EXIT_OK && !print_json(run, &result)) {
        const struct weh_value *sessions = weh_value_get(&result, "sessions");

        if (sessions != NULL && sessions->type == WEH_VALUE_ARRAY && sessions->n == 1) {
            weh_admin_print_session(&sessions->as.items[0]);
        }
    }
    return status;
}

static int run_end(struct run *run)
{
    const char *reason = weh_cli_text(run->cli, "reason");
    const struct weh_admin_param params[] = { { .name = "session", .text = run->cli->arguments[1] },
                                              { .name = reason == NULL ? NULL : "reason",
                                                .text = reason },
                                              { .name = NULL } };
    struct weh_value result;
    int status = call(run, "admin.end", params, &result);

    if (status == WEH_EXIT_OK && !print_json(run, &result)) {
        (void)puts("ended");
    }
    return status;
}

static int run_message(struct run *run)
{
    const bool to_all = weh_cli_text(run->cli, "all") != NULL;
    struct weh_admin_param params[] = { { .name = "all", .is_true = true },
                                        { .name = "text", .text = run->cli->arguments[1] },
                                        { .name = NULL } };
    struct weh_value result;
    int64_t n = 0;
    int status;

    if (to_all != (run->cli->n_arguments == 2)) {
        return weh_cli_usage(run->cli, "message needs SESSION TEXT, or --all TEXT");
    }
    if (!to_all) {
        params[0] = (struct weh_admin_param){ .name = "session", .text = run->cli->arguments[1] };
        params[1].text = run->cli->arguments[2];
    }
    status = call(run, "admin.message", params, &result);
    if (status == WEH_EXIT_OK && !print_json(run, &result)) {
        (void)weh_value_to_int64(weh_value_get(&result, "sent"), &n);
        printf("sent to %lld session%s\n", (long long)n, n == 1 ? "" : "s");
    }
    return status;
}

/* ---- the process ---- */

static int run_drain(struct run *run)
{
    struct weh_admin_param params[] = { { .name = NULL }, { .name = NULL } };
    const struct weh_value *deadline = NULL;
    struct weh_value result;
    uint32_t seconds = 0;
    int status;

    if (weh_cli_text(run->cli, "seconds") != NULL) {
        if (!weh_cli_number(run->cli, "seconds", 0, 3600, &seconds)) {
            return WEH_EXIT_USAGE;
        }
        params[0] = (struct weh_admin_param){ .name = "seconds", .number = seconds };
    }
    status = call(run, "admin.drain", params, &result);
    deadline = status == WEH_EXIT_OK ? weh_value_get(&result, "deadline") : NULL;
    if (deadline != NULL && deadline->type == WEH_VALUE_STRING && !print_json(run, &result)) {
        printf("draining until %.*s\n", WEH_STR_ARGS(weh_value_str(deadline)));
    }
    return status;
}

static void print_list(const char *title, const struct weh_value *list, const char *member)
{
    for (uint32_t i = 0; list != NULL && list->type == WEH_VALUE_ARRAY && i < list->n; i++) {
        const struct weh_value *item =
            member == NULL ? &list->as.items[i] : weh_value_get(&list->as.items[i], member);

        if (item != NULL && item->type == WEH_VALUE_STRING) {
            printf("%s: %.*s\n", title, WEH_STR_ARGS(weh_value_str(item)));
        }
    }
}

static int run_reload(struct run *run)
{
    const struct weh_admin_param none = { .name = NULL };
    const struct weh_value *failed = NULL;
    struct weh_value result;
    int status = call(run, "admin.reload", &none, &result);

    if (status != WEH_EXIT_OK) {
        return status;
    }
    failed = weh_value_get(&result, "failed");
    if (!print_json(run, &result)) {
        print_list("needs a restart", weh_value_get(&result, "needsRestart"), NULL);
        print_list("not reloaded (the server's log says why)", failed, "what");
        if (failed != NULL && failed->n == 0) {
            (void)puts("reloaded");
        }
    }
    return failed != NULL && failed->n == 0 ? WEH_EXIT_OK : WEH_EXIT_FAILED;
}

static int run_log_level(struct run *run)
{
    const struct weh_admin_param params[] = { { .name = "level", .text = run->cli->arguments[1] },
                                              { .name = NULL } };
    struct weh_value result;
    int status = call(run, "admin.logLevel", params, &result);

    if (status == WEH_EXIT_OK && !print_json(run, &result)) {
        printf("log level %s\n", run->cli->arguments[1]);
    }
    return status;
}

static int run_counters(struct run *run)
{
    const struct weh_admin_param none = { .name = NULL };
    struct weh_value result;
    int status = call(run, "admin.counters", &none, &result);

    if (status == WEH_EXIT_OK && !print_json(run, &result)) {
        weh_admin_print_counters(&result);
    }
    return status;
}

/* ---- which ---- */

static const struct {
    const char *name;
    const char *arguments;
    uint32_t min; /* further arguments */
    uint32_t max;
    int (*run)(struct run *run);
} commands[] = {
    { "sessions", "[SESSION]", 0, 1, run_sessions },
    { "end", "SESSION", 1, 1, run_end },
    { "message", "SESSION TEXT", 1, 2, run_message },
    { "drain", "", 0, 0, run_drain },
    { "reload", "", 0, 0, run_reload },
    { "log-level", "LEVEL", 1, 1, run_log_level },
    { "counters", "", 0, 0, run_counters },
};

static int run_command(struct run *run, size_t index)
{
    const uint32_t n = run->cli->n_arguments - 1;
    const char *socket_path = weh_cli_text(run->cli, "socket");
    struct weh_diag diag = { 0 };
    weh_err err = WEH_OK;
    int status;

    if (n < commands[index].min || n > commands[index].max) {
        return weh_cli_usage(run->cli, "it is weh admin %s %s", commands[index].name,
                             commands[index].arguments);
    }
    run->server.timeout_s = 10;
    if (!weh_cli_number(run->cli, "timeout", 1, 86400, &run->server.timeout_s)) {
        return WEH_EXIT_USAGE;
    }
    if (socket_path == NULL) {
        err = find_socket(run->cli, run->server.path, sizeof(run->server.path), &diag);
    } else {
        (void)snprintf(run->server.path, sizeof(run->server.path), "%s", socket_path);
    }
    if (err != WEH_OK) {
        return weh_cli_fail(run->cli, &diag);
    }
    weh_arena_init(&run->arena, 0);
    status = commands[index].run(run);
    weh_arena_fini(&run->arena);
    return status;
}

int weh_cmd_admin(const struct weh_cli *cli)
{
    struct run run = { .cli = cli };

    for (size_t i = 0; i < WEH_ARRAY_LEN(commands); i++) {
        if (strcmp(cli->arguments[0], commands[i].name) == 0) {
            return run_command(&run, i);
        }
    }
    return weh_cli_usage(cli, "there is no command %s", cli->arguments[0]);
}
