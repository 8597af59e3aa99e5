/* src/main.c - composition: reads the settings, makes the objects, runs the service loop.
 *
 * The only file that knows every folder. Exit status: 0 stopped in good order, 1 failed, 2 bad
 * command line or settings.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <malloc.h>
#include <unistd.h>

#include "weh/admin.h"
#include "weh/alloc.h"
#include "weh/audit.h"
#include "weh/briefcase.h"
#include "weh/claim.h"
#include "weh/json.h"
#include "weh/net.h"
#include "weh/rpc.h"
#include "weh/site.h"

#include "options.h"
#include "service.h"

/* Everything that main makes, in the order of making. */
struct daemon {
    int argc;
    char **argv;
    struct weh_config config;
    struct weh_log log;
    struct weh_rpc_app *app;
    struct weh_auth *auth;
    struct weh_audit *audit;
    struct weh_claims *claims;
    struct weh_site *site;
    struct weh_host *host;
    struct weh_net *net;
    struct weh_control control;
};

static void apply_log_settings(struct daemon *daemon)
{
    static const char *const levels[] = { "error", "warn", "info", "debug" };

    for (unsigned i = 0; i < WEH_ARRAY_LEN(levels); i++) {
        if (strcmp(levels[i], daemon->config.log_level) == 0) {
            daemon->log.level = (enum weh_log_level)i;
        }
    }
    daemon->log.format =
        strcmp(daemon->config.log_format, "json") == 0 ? WEH_LOG_JSON : WEH_LOG_TEXT;
}

static weh_err read_settings(struct daemon *daemon, struct weh_buf *ignored, struct weh_diag *diag)
{
    struct weh_config fresh;
    enum options_action action;
    weh_err err = options_read(daemon->argc, daemon->argv, environ, &fresh, &action, diag);

    if (err == WEH_OK) {
        err = weh_config_reload(&daemon->config, &fresh, ignored, diag);
    }
    weh_config_fini(&fresh);
    return err;
}

static void tell_reloaded(const struct daemon *daemon, struct weh_buf *ignored)
{
    const char *names = "-";

    if (ignored->len != 0) {
        weh_buf_byte(ignored, '\0');
        names = ignored->err == WEH_OK ? (const char *)ignored->data : "?";
        ignored->len--;
    }
    weh_log(&daemon->log, WEH_LOG_INFO, NULL, "config.reloaded",
            WEH_F_TEXT("needs_restart", names));
}

static void tell_failed(const struct daemon *daemon, const char *event, const struct weh_diag *diag)
{
    weh_log(&daemon->log, WEH_LOG_ERROR, NULL, event, WEH_F_TEXT("where", diag->where),
            WEH_F_TEXT("text", diag->text));
}

static void note_failure(const struct daemon *daemon, const char *what, const char *event,
                         const struct weh_diag *diag, struct weh_reload *out)
{
    weh_assert(out->n_failed < WEH_ARRAY_LEN(out->failed));
    out->failed[out->n_failed].what = what;
    (void)snprintf(out->failed[out->n_failed].where, sizeof(out->failed[0].where), "%s",
                   diag->where);
    out->n_failed++;
    tell_failed(daemon, event, diag);
}

/* Take over what may change while sessions run. What cannot be read stays as it was. */
static void reload_all(void *ctx, struct weh_reload *out)
{
    struct daemon *daemon = ctx;
    struct weh_diag diag;

    service_tell_reloading(&daemon->log);
    if (read_settings(daemon, &out->needs_restart, &diag) != WEH_OK) {
        note_failure(daemon, "settings", "config.reload_failed", &diag, out);
    } else {
        apply_log_settings(daemon);
        tell_reloaded(daemon, &out->needs_restart);
    }
    if (weh_auth_reload(daemon->auth, &diag) != WEH_OK) {
        note_failure(daemon, "keys", "auth.reload_failed", &diag, out);
    }
    if (weh_net_reload(daemon->net, &diag) != WEH_OK) {
        note_failure(daemon, "certificates", "tls.reload_failed", &diag, out);
    }
    service_tell_ready(&daemon->log);
}

/* SIGHUP. */
static void reload(void *ctx)
{
    struct weh_reload result = { .n_failed = 0 };

    weh_buf_init(&result.needs_restart, 0);
    reload_all(ctx, &result);
    weh_buf_fini(&result.needs_restart);
}

static int64_t drain(void *ctx, uint64_t within_ms)
{
    const struct daemon *daemon = ctx;

    return weh_net_drain(daemon->net, within_ms);
}

static enum weh_log_level set_log_level(void *ctx, enum weh_log_level level)
{
    struct daemon *daemon = ctx;

    return atomic_exchange(&daemon->log.level, level);
}

/* No further connections: sessions are being ended. */
static void stopping(void *ctx)
{
    const struct daemon *daemon = ctx;

    service_tell_stopping(&daemon->log);
}

/* The one line on standard output that says where to connect. */
static weh_err print_ready(struct daemon *daemon, struct weh_diag *diag)
{
    struct weh_json_writer writer;
    struct weh_buf line;
    char *token = NULL;
    char url[512];
    weh_err err = WEH_OK;

    if (weh_auth_has_local(daemon->auth)) {
        err = weh_auth_issue_token(daemon->auth, "local", "weh:admin",
                                   (uint32_t)daemon->config.auth_token_ttl_s, &token, diag);
    }

    if (err != WEH_OK) {
        return err;
    }
    weh_buf_init(&line, 0);
    weh_json_writer_init(&writer, &line);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    weh_sink_key(&writer.sink, "event");
    weh_sink_text(&writer.sink, "ready");
    weh_sink_key(&writer.sink, "port");
    weh_sink_int(&writer.sink, weh_net_port(daemon->net));
    weh_sink_key(&writer.sink, "sessionUrl");
    (void)weh_net_session_url(daemon->net, url, sizeof(url));
    weh_sink_text(&writer.sink, url);
    weh_sink_key(&writer.sink, "ipcUrl");
    (void)weh_net_ipc_url(daemon->net, url, sizeof(url));
    weh_sink_text(&writer.sink, url);
    weh_sink_key(&writer.sink, "httpUrl");
    (void)weh_net_http_url(daemon->net, url, sizeof(url));
    weh_sink_text(&writer.sink, url);
    if (daemon->site != NULL) {
        weh_sink_key(&writer.sink, "editorUrl");
        weh_sink_text(&writer.sink, url);
    }
    weh_sink_key(&writer.sink, "pid");
    weh_sink_int(&writer.sink, getpid());
    if (token != NULL) {
        weh_sink_key(&writer.sink, "token");
        weh_sink_text(&writer.sink, token);
    }
    weh_sink_map_end(&writer.sink);
    weh_buf_byte(&line, '\n');
    if (line.err != WEH_OK || fwrite(line.data, 1, line.len, stdout) != line.len ||
        fflush(stdout) != 0) {
        err = weh_fail(diag, WEH_E_IO, "cannot write the ready line");
    }
    weh_buf_fini(&line);
    weh_free(token);
    return err;
}

/* After the application has made the data folder. */
static weh_err open_audit(struct daemon *daemon, struct weh_diag *diag)
{
    const struct weh_config *config = &daemon->config;
    char path[4096];
    struct weh_audit_options options = { .path = config->audit_file,
                                         .limit_bytes = (uint64_t)config->audit_max_bytes,
                                         .n_files = (uint32_t)config->audit_files,
                                         .is_required = config->audit_required,
                                         .log = &daemon->log };

    if (!config->audit_enabled) {
        return WEH_OK;
    }
    if (config->audit_file[0] == '\0') {
        if (snprintf(path, sizeof(path), "%s/audit.log", config->data_dir) >= (int)sizeof(path)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "data.dir", "the path is too long");
        }
        options.path = path;
    }
    return weh_audit_open(&options, &daemon->audit, diag);
}

/* The same. */
static weh_err open_claims(struct daemon *daemon, struct weh_diag *diag)
{
    char path[4096];

    if (snprintf(path, sizeof(path), "%s/sessions", daemon->config.data_dir) >= (int)sizeof(path)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "data.dir", "the path is too long");
    }
    return weh_claims_open(path, (uint64_t)daemon->config.session_linger_s * 1000, &daemon->claims,
                           diag);
}

/* The editor page. Who has not said where it is can do without it. */
static weh_err open_site(struct daemon *daemon, struct weh_diag *diag)
{
    const char *folder = daemon->config.web_dir;
    weh_err err;

    if (!daemon->config.web_enabled) {
        return WEH_OK;
    }
    err = weh_site_open(folder[0] == '\0' ? WEH_WEB_DIR : folder, &daemon->site, diag);
    if (err == WEH_E_FILE_NOT_FOUND && folder[0] == '\0') {
        weh_log(&daemon->log, WEH_LOG_INFO, NULL, "site.absent", WEH_F_TEXT("folder", WEH_WEB_DIR));
        return WEH_OK;
    }
    if (err != WEH_OK) {
        (void)snprintf(diag->where, sizeof(diag->where), "web.dir");
    }
    return err;
}

static weh_err build(struct daemon *daemon, struct weh_diag *diag)
{
    struct weh_host_options host = {
        .control = &daemon->control,
        .config = &daemon->config,
        .log = &daemon->log,
        .ops = weh_rpc_app_ops(),
    };
    struct weh_net_options net = {
        .config = &daemon->config,
        .log = &daemon->log,
        .reload = reload,
        .stopping = stopping,
        .ctx = daemon,
    };
    weh_err err;

    /* An arena a worker and one for the service thread: more keep memory that nobody uses. */
    (void)mallopt(M_ARENA_MAX, /* NOLINT(concurrency-mt-unsafe): no other thread runs yet */
                  (int)weh_host_worker_count(&daemon->config) + 1);
    weh_json_own_memory();
    err = weh_briefcase_global_init(diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_auth_create(&daemon->config, &daemon->log, &daemon->auth, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_rpc_app_create(&daemon->config, &daemon->log, daemon->auth, &daemon->app, diag);
    if (err == WEH_OK) {
        err = open_audit(daemon, diag);
    }
    if (err == WEH_OK) {
        err = open_claims(daemon, diag);
    }
    if (err == WEH_OK) {
        err = open_site(daemon, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    host.audit = daemon->audit;
    host.claims = daemon->claims;
    host.methods = weh_rpc_methods(&host.n_methods);
    host.ipc_methods = weh_rpc_ipc_methods(&host.n_ipc_methods);
    host.app = daemon->app;
    err = weh_host_create(&host, &daemon->host, diag);
    if (err != WEH_OK) {
        return err;
    }
    net.host = daemon->host;
    net.auth = daemon->auth;
    net.site = daemon->site;
    return weh_net_create(&net, &daemon->net, diag);
}

static void tear_down(struct daemon *daemon)
{
    weh_net_destroy(daemon->net);
    weh_host_destroy(daemon->host);
    weh_site_close(daemon->site);
    weh_rpc_app_destroy(daemon->app);
    weh_claims_close(daemon->claims);
    weh_audit_close(daemon->audit);
    weh_auth_destroy(daemon->auth);
}

static int fail(const struct weh_diag *diag)
{
    (void)fprintf(stderr, "webedithost: %s%s%s%s\n", diag->where,
                  diag->where[0] == '\0' ? "" : ": ", diag->text, "");
    return diag->err == WEH_E_BAD_ARGS || diag->err == WEH_E_FILE_NOT_FOUND ? 2 : 1;
}

static int serve(struct daemon *daemon)
{
    struct weh_diag diag;
    weh_err err;

    if (!daemon->config.process_core_dumps) {
        service_forbid_core_dumps(&daemon->log);
    }
    service_raise_descriptors(&daemon->config, &daemon->log);
    err = build(daemon, &diag);
    if (err == WEH_OK) {
        err = print_ready(daemon, &diag);
    }
    if (err == WEH_OK) {
        service_tell_ready(&daemon->log);
        err = weh_net_run(daemon->net, &diag);
    }
    tear_down(daemon);
    return err == WEH_OK ? 0 : fail(&diag);
}

static int print(void (*writer)(struct weh_config *config, struct weh_buf *out),
                 struct weh_config *config)
{
    struct weh_buf out;
    int status = 0;

    weh_buf_init(&out, 0);
    writer(config, &out);
    if (out.err != WEH_OK || fwrite(out.data, 1, out.len, stdout) != out.len) {
        status = 1;
    }
    weh_buf_fini(&out);
    return status;
}

static void write_example(struct weh_config *config, struct weh_buf *out)
{
    (void)config;
    weh_config_print_example(out);
}

int main(int argc, char **argv)
{
    struct daemon daemon = { .argc = argc,
                             .argv = argv,
                             .control = { drain, reload_all, set_log_level, &daemon } };
    enum options_action action;
    struct weh_diag diag;
    int status = 0;

    if (options_read(argc, argv, environ, &daemon.config, &action, &diag) != WEH_OK) {
        status = fail(&diag);
        weh_config_fini(&daemon.config);
        return status;
    }
    daemon.log.fd = STDERR_FILENO;
    apply_log_settings(&daemon);
    /* A peer that goes away is an error code of write, not a signal. */
    (void)signal(SIGPIPE, SIG_IGN);
    switch (action) {
    case OPTIONS_HELP:
        (void)fputs(options_help(), stdout);
        break;
    case OPTIONS_VERSION:
        (void)printf("webedithost %s\n", WEH_VERSION);
        break;
    case OPTIONS_PRINT:
        status = print(write_example, &daemon.config);
        break;
    case OPTIONS_CHECK:
        status = print(weh_config_print_values, &daemon.config);
        break;
    case OPTIONS_RUN:
        status = serve(&daemon);
        break;
    }
    weh_config_fini(&daemon.config);
    return status;
}
