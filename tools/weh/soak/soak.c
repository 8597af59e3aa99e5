/* tools/weh/soak/soak.c - weh soak: options, the server, the verdict. */
#include "soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/alloc.h"
#include "weh/auth.h"
#include "weh/config.h"

#include "cli.h"
#include "daemon.h"
#include "rpc_client.h"
#include "soak_run.h"

#define TOKEN_TTL_S 2592000

struct setup {
    const struct weh_cli *cli;
    struct weh_rpc_options connection;
    struct soak_options options;
    const char *daemon_path;
    uint32_t max_drift; /* percent; UINT32_MAX: whatever it is */
    uint32_t pid;
    char default_daemon[512];
    struct weh_data_dir dir;
    struct weh_daemon daemon;
};

/* The build's own, when weh runs from its build folder. */
static void find_daemon(char *out, size_t size)
{
    char self[400] = "";
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    const char *slash = n > 0 ? strrchr(self, '/') : NULL;

    out[0] = '\0';
    if (slash != NULL) {
        (void)snprintf(out, size, "%.*s/../src/webedithost", (int)(slash - self), self);
    }
    if (access(out, X_OK) != 0) {
        out[0] = '\0';
    }
}

static bool is_own(const struct setup *setup)
{
    return weh_cli_text(setup->cli, "url") == NULL;
}

static bool read_numbers(struct setup *setup)
{
    const struct weh_cli *cli = setup->cli;
    struct soak_options *options = &setup->options;
    uint32_t n_requests = 0;
    bool is_right = weh_cli_number(cli, "sessions", 1, SOAK_SESSIONS_MAX, &options->n_sessions) &&
                    weh_cli_number(cli, "seconds", 1, 31536000, &options->seconds) &&
                    weh_cli_number(cli, "ops", 1, UINT32_MAX, &n_requests);

    options->warmup_s = options->seconds / 5 < 60 ? options->seconds / 5 : 60;
    is_right = is_right && weh_cli_number(cli, "warmup", 0, 86400, &options->warmup_s) &&
               weh_cli_number(cli, "think", 0, 3600000, &options->think_ms) &&
               weh_cli_number(cli, "cut-every", 0, UINT32_MAX, &options->cut_every) &&
               weh_cli_number(cli, "seed", 0, UINT32_MAX, &options->seed) &&
               weh_cli_number(cli, "max-drift", 0, 1000, &setup->max_drift) &&
               weh_cli_number(cli, "pid", 1, 4194304, &setup->pid);
    options->n_requests = n_requests;
    options->timeout_ms = setup->connection.timeout_ms;
    return is_right;
}

static bool read_options(struct setup *setup)
{
    const struct weh_cli *cli = setup->cli;

    if (!weh_cli_options(cli, &setup->connection) || !read_numbers(setup)) {
        return false;
    }
    setup->options.imodel = weh_cli_text(cli, "imodel");
    setup->options.codec = weh_cli_text(cli, "codec");
    setup->daemon_path = weh_cli_text(cli, "daemon");
    if (setup->daemon_path == NULL) {
        find_daemon(setup->default_daemon, sizeof(setup->default_daemon));
        setup->daemon_path = setup->default_daemon;
    }
    if (weh_cli_text(cli, "ca") != NULL) {
        weh_cli_usage(cli, "weh soak speaks ws:// only, for which --ca has no meaning");
        return false;
    }
    if (is_own(setup) && setup->daemon_path[0] == '\0') {
        weh_cli_usage(cli, "there is no server to start: give --daemon or --url");
        return false;
    }
    if (!is_own(setup) && setup->options.imodel == NULL) {
        weh_cli_usage(cli, "--url needs --imodel, the iModel to check out");
        return false;
    }
    if (!is_own(setup) && strcmp(setup->options.imodel, SOAK_BASE) != 0 &&
        strstr(setup->options.imodel, SOAK_MARKER) != NULL) {
        weh_cli_usage(cli, "an iModel whose name has \"" SOAK_MARKER
                           "\" in it looks like foreign data: take another");
        return false;
    }
    return true;
}

/* ---- a server of one's own ---- */

static weh_err make_folders(struct setup *setup, struct weh_diag *diag)
{
    weh_err err = weh_data_dir_create(weh_cli_text(setup->cli, "dir"), &setup->dir, diag);

    if (err == WEH_OK && setup->options.imodel != NULL) {
        err = weh_data_dir_add(&setup->dir, setup->options.imodel, SOAK_BASE, diag);
    }
    return err;
}

static weh_err create_base(const struct setup *setup, struct weh_diag *diag)
{
    struct weh_rpc_client *client = NULL;
    struct weh_rpc_message message;
    weh_err err = weh_rpc_client_open(&setup->connection, &client, diag);

    if (err == WEH_OK) {
        struct weh_sink *sink = weh_rpc_client_begin(client, "imodel.create");

        weh_sink_map_begin(sink, 2);
        soak_put_text(sink, "imodel", SOAK_BASE);
        weh_sink_key(sink, "rootSubject");
        weh_sink_map_begin(sink, 1);
        soak_put_text(sink, "name", "base");
        weh_sink_map_end(sink);
        weh_sink_map_end(sink);
        err = weh_rpc_client_demand(client, &message, diag);
    }
    weh_rpc_client_close(client);
    return err;
}

static weh_err start_own(struct setup *setup, struct weh_diag *diag)
{
    /* So many sessions as are asked for, and their connections while they are taken back. */
    static const char *const settings[] = { "limits.sessions=25000", "limits.user_briefcases=25000",
                                            "log.level=warn", NULL };
    weh_err err = make_folders(setup, diag);

    if (err == WEH_OK) {
        err = weh_daemon_start(setup->daemon_path, setup->dir.path, settings, &setup->daemon, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    setup->connection.url = setup->daemon.url;
    setup->connection.token = setup->daemon.token;
    setup->pid = (uint32_t)setup->daemon.pid;
    if (setup->options.imodel == NULL) {
        err = create_base(setup, diag);
    }
    setup->options.imodel = SOAK_BASE;
    return err;
}

/* Each session is somebody else. */
static weh_err issue_tokens(const struct setup *setup, struct soak *soak, struct weh_diag *diag)
{
    struct weh_config config = { .retired = NULL };
    struct weh_auth *auth = NULL;
    weh_err err = weh_config_init(&config, diag);

    if (err == WEH_OK) {
        err = weh_config_set(&config, "data.dir", setup->dir.path, "--dir", diag);
    }
    if (err == WEH_OK) {
        err = weh_auth_create(&config, NULL, &auth, diag);
    }
    for (uint32_t i = 0; i < soak->options.n_sessions && err == WEH_OK; i++) {
        char user[16];

        (void)snprintf(user, sizeof(user), "user-%04u", i);
        err = weh_auth_issue_token(auth, user, "weh:edit", TOKEN_TTL_S, &soak->sessions[i].token,
                                   diag);
    }
    weh_auth_destroy(auth);
    weh_config_fini(&config);
    return err;
}

/* ---- the run ---- */

/* What is not a fault of a session. */
static bool is_server_sound(const struct setup *setup, const struct soak_result *result)
{
    const struct soak_usages *usages = &result->usages;
    double drift = soak_drift(result);
    bool is_sound = true;

    if (usages->start.rss_kb > 0.0 && usages->end.n_descriptors > usages->warm.n_descriptors) {
        fprintf(stderr,
                "soak: the server's descriptors became more: %" PRId64 ", then %" PRId64 "\n",
                usages->warm.n_descriptors, usages->end.n_descriptors);
        is_sound = false;
    }
    if (setup->max_drift != UINT32_MAX &&
        (usages->start.rss_kb <= 0.0 || drift > (double)setup->max_drift)) {
        fprintf(stderr, "soak: the server's memory grew by %.2f %%, more than --max-drift\n",
                drift);
        is_sound = false;
    }
    return is_sound;
}

static weh_err run(struct setup *setup, bool *is_right, struct weh_diag *diag)
{
    struct soak_result result;
    struct soak *soak = NULL;
    weh_err err = is_own(setup) ? start_own(setup, diag) : WEH_OK;

    *is_right = false;
    if (err == WEH_OK) {
        setup->options.token = is_own(setup) ? NULL : setup->connection.token;
        err = soak_create(&setup->options, &soak, diag);
    }
    if (err == WEH_OK) {
        err = soak_address_read(setup->connection.url, &soak->address, diag);
    }
    if (err == WEH_OK && is_own(setup)) {
        err = issue_tokens(setup, soak, diag);
    }
    if (err != WEH_OK) {
        goto out;
    }
    soak_run(soak, (pid_t)setup->pid, &result);
    *is_right = soak->n_failed == 0 && result.is_complete;
    *is_right = is_server_sound(setup, &result) && *is_right;
    if (is_own(setup)) {
        err = weh_daemon_stop(&setup->daemon, diag); /* a sanitizer speaks here */
        *is_right = *is_right && err == WEH_OK;
    }
    soak_print(soak, &result, *is_right);
out:
    soak_destroy(soak);
    return err;
}

int weh_cmd_soak(const struct weh_cli *cli)
{
    struct setup setup = {
        .cli = cli,
        .options = { .n_sessions = 20, .seconds = 30, .think_ms = 200, .cut_every = 50, .seed = 1 },
        .max_drift = UINT32_MAX,
    };
    struct weh_diag diag = { 0 };
    bool is_right = false;
    weh_err err;

    if (!read_options(&setup)) {
        return WEH_EXIT_USAGE;
    }
    err = run(&setup, &is_right, &diag);
    if (err != WEH_OK) {
        (void)weh_cli_fail(cli, &diag);
    }
    (void)weh_daemon_stop(&setup.daemon, NULL);
    weh_temp_dir_destroy(&setup.dir.temp);
    return is_right ? WEH_EXIT_OK : WEH_EXIT_FAILED;
}
