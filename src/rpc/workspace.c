/* src/rpc/workspace.c - an open iModel or briefcase: opened, refreshed, closed. */
#include <stdio.h>

#include "weh/claim.h"
#include "weh/host.h"
#include "weh/log.h"
#include "weh/metrics.h"
#include "weh/txn_author.h"

#include "rpc_priv.h"

/* Opening reads much once that editing hardly needs. */
#define OPENING_CACHE_KB 128

static void drop_tools(struct workspace *workspace)
{
    changes_page_destroy(workspace->changes);
    workspace->changes = NULL;
    weh_ecsql_destroy(workspace->queries);
    workspace->queries = NULL;
    weh_txn_stack_destroy(workspace->txns);
    workspace->txns = NULL;
    weh_bis_destroy(workspace->bis);
    workspace->bis = NULL;
}

/* What saving itself changes is not to be seen by half: cursors end, as with an edit. */
static weh_err propagate(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag)
{
    struct workspace *workspace = ctx;
    const int64_t n_before = weh_ecsql_changes(workspace->queries);
    weh_err err = weh_bis_propagate(workspace->bis, changes, diag);

    if (weh_ecsql_changes(workspace->queries) != n_before) {
        weh_ecsql_close_all(workspace->queries);
    }
    return err;
}

static void saved(void *ctx)
{
    const struct workspace *workspace = ctx;

    weh_bis_saved(workspace->bis);
}

static void author_unknown(void *ctx, const struct weh_diag *diag)
{
    const struct workspace *workspace = ctx;
    const struct weh_log_who session = { weh_session_name(workspace->session), NULL };

    weh_log(workspace->app->log, WEH_LOG_WARN, &session, "authors.failed",
            WEH_F_TEXT("imodel", workspace->name),
            WEH_F_TEXT("error", weh_err_info(diag->err)->name), WEH_F_TEXT("text", diag->text),
            WEH_F_TEXT("detail", diag->detail));
}

/* Make what works by @catalog, all or nothing. */
static weh_err make_tools(struct workspace *workspace, const struct weh_ec_catalog *catalog,
                          struct weh_bis **bis, struct weh_txn_stack **txns, struct weh_diag *diag)
{
    struct weh_txn_observer observer = change_notifier(workspace);
    struct weh_txn_propagator propagator = { workspace, propagate, saved };
    const struct weh_txn_author author = { weh_session_user(workspace->session), workspace,
                                           author_unknown };
    weh_err err = weh_bis_create(workspace->briefcase, catalog, bis, diag);

    if (err != WEH_OK) {
        return err;
    }
    err = weh_txn_stack_create(workspace->briefcase, catalog, txns, diag);
    if (err != WEH_OK) {
        weh_bis_destroy(*bis);
        *bis = NULL;
        return err;
    }
    weh_txn_set_observer(*txns, &observer);
    weh_txn_set_propagator(*txns, &propagator);
    weh_txn_set_author(*txns, &author);
    return WEH_OK;
}

/* Acquire the catalogue of the file as it is now. If it is another one than the workspace's, it and
 * what is made of it take the place of those; on failure nothing has changed. */
static weh_err take_catalog(struct workspace *workspace, struct weh_diag *diag)
{
    const struct weh_ec_catalog *fresh = NULL;
    struct weh_bis *bis = NULL;
    struct weh_txn_stack *txns = NULL;
    int64_t data_version = 0;
    /* First the number: what is committed from here on counts as a change. */
    weh_err err = weh_briefcase_data_version(workspace->briefcase, &data_version, diag);

    if (err == WEH_OK) {
        err = weh_ec_catalog_acquire(workspace->app->catalogs, workspace->briefcase, &fresh, diag);
    }
    if (err == WEH_OK && fresh != workspace->catalog && weh_ecsql_is_running(workspace->queries)) {
        err = weh_fail(diag, WEH_E_BUSY,
                       "the schemas have changed, and a query of the former ones is still running");
    }
    if (err == WEH_OK && fresh != workspace->catalog) {
        err = make_tools(workspace, fresh, &bis, &txns, diag);
    }
    if (err != WEH_OK) {
        weh_ec_catalog_release(fresh);
        return err;
    }
    workspace->data_version = data_version;
    if (bis != NULL) {
        /* The old stack takes its hook with it; a workspace that has one only reads. */
        drop_tools(workspace);
        weh_ec_catalog_release(workspace->catalog);
        workspace->catalog = fresh;
        workspace->bis = bis;
        workspace->txns = txns;
    } else {
        weh_ec_catalog_release(fresh);
    }
    return WEH_OK;
}

weh_err workspace_refresh(struct workspace *workspace, struct weh_diag *diag)
{
    weh_assert(workspace->readonly);
    return take_catalog(workspace, diag);
}

static void pause_session(void *ctx)
{
    weh_session_pause(ctx);
}

weh_err workspace_take(struct workspace *workspace, const char *path,
                       const struct workspace_sleep *sleep, struct weh_diag *diag)
{
    struct weh_rpc_app *app = workspace->app;
    struct weh_briefcase_options options = {
        .path = path,
        .bounds = app_bounds(app),
        .readonly = workspace->readonly,
        .user = weh_session_user(workspace->session),
        .registry = app->files,
        .cancel = weh_session_cancel_flag(workspace->session),
        .pause = pause_session,
        .pause_ctx = workspace->session,
        .durability = workspace->durability,
        .cache_kb = OPENING_CACHE_KB,
        .limit_bytes = workspace->limit_bytes,
        .kept = sleep == NULL ? NULL : sleep->entry,
        .kept_state = sleep == NULL || workspace->readonly ? NULL : &sleep->state,
    };
    weh_err err = workspace_check_files(workspace, diag);

    if (err == WEH_OK) {
        err = weh_briefcase_open(&options, &workspace->briefcase, diag);
        err = err == WEH_OK ? WEH_OK : workspace_open_failed(workspace, err, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    err = take_catalog(workspace, diag);
    if (err == WEH_OK) {
        err = weh_briefcase_set_cache(workspace->briefcase,
                                      (uint32_t)app->config->briefcase_cache_kb, diag);
    }
    if (err != WEH_OK) {
        /* Whoever kept it keeps it: it is the same entry. */
        struct weh_file_entry *kept = options.kept;

        workspace_release(workspace, kept != NULL ? &kept : NULL);
        return err;
    }
    /* Reading the catalogue has filled the page cache with pages that editing hardly needs. */
    weh_briefcase_shrink(workspace->briefcase);
    workspace_enter_awake(workspace);
    return WEH_OK;
}

weh_err workspace_open(struct workspace *workspace, const struct workspace_target *target,
                       struct weh_diag *diag)
{
    weh_err err;

    workspace->readonly = target->readonly;
    workspace->limit_bytes = target->limit_bytes;
    err = workspace_take(workspace, target->path, NULL, diag);
    if (err != WEH_OK) {
        workspace_close(workspace);
    }
    return err;
}

void workspace_release(struct workspace *workspace, struct weh_file_entry **kept)
{
    workspace_leave_awake(workspace);
    drop_tools(workspace);
    weh_ec_catalog_release(workspace->catalog);
    workspace->catalog = NULL;
    if (kept != NULL) {
        *kept = weh_briefcase_close_kept(workspace->briefcase);
    } else {
        weh_briefcase_close(workspace->briefcase);
    }
    workspace->briefcase = NULL;
}

void workspace_close(struct workspace *workspace)
{
    const bool remember =
        workspace->txns != NULL && !workspace->readonly && !weh_txn_has_met_schema(workspace->txns);

    workspace_end_sleep(workspace);
    if (remember) {
        drop_tools(workspace);
        weh_ec_catalog_remember(workspace->catalog, workspace->briefcase, workspace->data_version);
    }
    workspace_release(workspace, NULL);
    workspace->name[0] = '\0';
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

void workspace_claim(const struct workspace *workspace)
{
    struct weh_claim claim = { .is_checkout = workspace->is_checkout,
                               .readonly = workspace->readonly };

    (void)snprintf(claim.name, sizeof(claim.name), "%s", workspace->name);
    weh_session_put_claim(workspace->session, &claim);
}
