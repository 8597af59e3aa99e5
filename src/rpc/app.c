/* src/rpc/app.c - what sessions share on the data side, and what the host calls around requests. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/metrics.h"
#include "weh/sqlite_time.h"

#include "rpc_priv.h"

static weh_err make_folder(const char *path, struct weh_diag *diag)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return weh_fail_where(diag, WEH_E_IO, "data.dir", "cannot make the folder: %s",
                              strerrordesc_np(errno));
    }
    return WEH_OK;
}

static weh_err make_folders(const struct weh_config *config, struct weh_diag *diag)
{
    static const char *const folders[] = { "", "/imodels", "/briefcases" };
    weh_err err = WEH_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(folders) && err == WEH_OK; i++) {
        char path[4096];

        if (snprintf(path, sizeof(path), "%s%s", config->data_dir, folders[i]) >=
            (int)sizeof(path)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "data.dir", "the path is too long");
        }
        err = make_folder(path, diag);
    }
    return err;
}

weh_err weh_rpc_app_create(const struct weh_config *config, const struct weh_log *log,
                           struct weh_auth *auth, struct weh_rpc_app **out, struct weh_diag *diag)
{
    struct weh_rpc_app *app = weh_calloc(1, sizeof(*app));
    weh_err err;

    if (app == NULL) {
        return weh_fail_nomem(diag);
    }
    err = awake_init(&app->awake, diag);
    if (err != WEH_OK) {
        weh_free(app);
        return err;
    }
    app->config = config;
    app->log = log;
    app->auth = auth;
    err = make_folders(config, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_file_registry_create(&app->files, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_ec_cache_create(&app->catalogs, diag);
    if (err != WEH_OK) {
        goto out;
    }
    err = weh_hub_create(config->data_dir, NULL, &app->hub, diag);
    if (err != WEH_OK) {
        goto out;
    }
    *out = app;
    app = NULL;
out:
    weh_rpc_app_destroy(app);
    return err;
}

void weh_rpc_app_destroy(struct weh_rpc_app *app)
{
    if (app != NULL) {
        awake_fini(&app->awake);
        weh_hub_destroy(app->hub);
        weh_ec_cache_destroy(app->catalogs);
        weh_file_registry_destroy(app->files);
        weh_free(app);
    }
}

static weh_err open_session(void *app, struct weh_session *session, void **out,
                            struct weh_diag *diag)
{
    struct workspace *workspace = weh_calloc(1, sizeof(*workspace));

    if (workspace == NULL) {
        return weh_fail_nomem(diag);
    }
    workspace->app = app;
    workspace->session = session;
    workspace_has_come(workspace);
    *out = workspace;
    return WEH_OK;
}

/* What SQLite took this thread since it was asked last, which was for this session or another one. */
static void count_sqlite_time(const struct workspace *workspace)
{
    weh_metrics_add(weh_host_metrics(weh_session_host(workspace->session)), WEH_METRIC_SQLITE_US,
                    (int64_t)weh_sqlite_time_take());
}

static void close_session(void *workspace, enum weh_close_reason reason)
{
    struct workspace *closing = workspace;

    recovery_at_end(closing, reason);
    if (reason != WEH_CLOSE_SHUTDOWN) {
        weh_session_drop_claim(closing->session);
    }
    workspace_close(closing);
    count_sqlite_time(closing);
    weh_free(closing);
}

/* Of a method that edits the open briefcase, not one that makes another. */
static bool edits_open_briefcase(const struct weh_method *method)
{
    return method->access >= WEH_ACCESS_EDIT && method->states == WEH_IN(READY);
}

weh_err workspace_check_room(const struct workspace *workspace, const struct weh_method *method,
                             struct weh_diag *diag)
{
    const struct weh_config *config = workspace->app->config;
    struct weh_txn_held held;

    if (workspace->txns == NULL || method->access < WEH_ACCESS_EDIT ||
        (method->flags & WEH_METHOD_IN_BATCH) == 0) {
        return WEH_OK;
    }
    held = weh_txn_get_held(workspace->txns);
    if (held.memory_bytes < (uint64_t)config->limits_unsaved_bytes &&
        held.temporary_bytes < (uint64_t)config->limits_temporary_bytes) {
        return WEH_OK;
    }
    weh_metrics_add(weh_host_metrics(weh_session_host(workspace->session)),
                    WEH_METRIC_LIMIT_UNSAVED, 1);
    return weh_fail(diag, WEH_E_LIMIT, "too much is unsaved; save or abandon it first");
}

/* A reader sees one state of the file during a request, and the newest at the next: somebody else may
 * have written meanwhile, schemas too. */
static weh_err before_request(void *arg, const struct weh_method *method, struct weh_diag *diag)
{
    struct workspace *workspace = arg;
    int64_t data_version = 0;
    weh_err err;

    err = hibernate_before_request(workspace, method, diag);
    if (err != WEH_OK || workspace->briefcase == NULL) {
        return err;
    }
    /* Saving changes nothing that a cursor could see by half, but for what it propagates (workspace.c). */
    if (edits_open_briefcase(method) && method->handler != txns_save) {
        weh_ecsql_close_all(workspace->queries);
    }
    if (!workspace->readonly) {
        err = edits_open_briefcase(method) && (method->flags & WEH_METHOD_UNDECIDED) == 0
                  ? recovery_check_decided(workspace, diag)
                  : WEH_OK;
        return err == WEH_OK ? workspace_check_room(workspace, method, diag) : err;
    }
    if (edits_open_briefcase(method)) {
        return weh_fail(diag, WEH_E_READ_ONLY, "the briefcase is open for reading only");
    }
    weh_bis_forget(workspace->bis);
    err = weh_briefcase_read_begin(workspace->briefcase, diag);
    if (err == WEH_OK) {
        err = weh_briefcase_data_version(workspace->briefcase, &data_version, diag);
    }
    if (err == WEH_OK && data_version != workspace->data_version) {
        err = workspace_refresh(workspace, diag);
    }
    if (err != WEH_OK) {
        /* Nothing is called after a request that does not begin. */
        weh_briefcase_read_end(workspace->briefcase);
    }
    return err;
}

/* SQLite ends the whole transaction by itself when memory, disk or I/O fail in the middle of a
 * statement. Then nothing unsaved is left: begin anew, so that the session can go on. */
static weh_err after_request(void *arg, struct weh_diag *diag)
{
    struct workspace *workspace = arg;
    uint64_t n_rollbacks;
    weh_err err = WEH_OK;

    count_sqlite_time(workspace);
    if (workspace->briefcase == NULL) {
        return WEH_OK;
    }
    if (workspace->readonly) {
        weh_briefcase_read_end(workspace->briefcase);
        return WEH_OK;
    }
    n_rollbacks = weh_briefcase_rollback_count(workspace->briefcase);
    if (n_rollbacks != workspace->n_rollbacks) {
        workspace->n_rollbacks = n_rollbacks;
        weh_bis_forget(workspace->bis);
    }
    if (weh_briefcase_lost_transaction(workspace->briefcase)) {
        err = weh_txn_abandon(workspace->txns, diag);
    }
    recovery_after_request(workspace);
    return err;
}

static uint64_t tick_after(void *workspace)
{
    return sooner_ms(recovery_tick_after(workspace), hibernate_tick_after(workspace));
}

static void tick(void *workspace, uint64_t idle_ms)
{
    recovery_tick(workspace);
    hibernate_tick(workspace, idle_ms);
    count_sqlite_time(workspace);
}

static void rights_renewed(void *arg)
{
    struct workspace *workspace = arg;

    if (workspace_is_open(workspace)) {
        weh_session_set_open_access(
            workspace->session,
            weh_session_access_to(workspace->session, weh_str_from(workspace->imodel)));
        workspace_claim(workspace); /* with the token that it was resumed with */
    }
}

static void tell_facts(void *arg, struct weh_app_facts *out)
{
    const struct workspace *workspace = arg;

    if (workspace->briefcase != NULL) {
        (void)snprintf(out->name, sizeof(out->name), "%s", workspace->name);
        out->is_checkout = workspace->is_checkout;
        out->txn_id = workspace->txns == NULL ? 0 : weh_txn_next_id(workspace->txns).value;
    }
}

static void glance(void *arg, struct weh_app_glance *out)
{
    const struct workspace *workspace = arg;

    if (workspace_is_open(workspace)) {
        out->name = workspace->name;
        out->is_checkout = workspace->is_checkout;
        out->is_hibernating = workspace->briefcase == NULL;
        out->unsaved_rows = workspace->txns == NULL ? 0 : weh_txn_get_held(workspace->txns).n_rows;
    }
}

const struct weh_app_ops *weh_rpc_app_ops(void)
{
    static const struct weh_app_ops ops = { .open = open_session,
                                            .close = close_session,
                                            .before = before_request,
                                            .after = after_request,
                                            .tick_after = tick_after,
                                            .tick = tick,
                                            .renewed = rights_renewed,
                                            .facts = tell_facts,
                                            .glance = glance };

    return &ops;
}
