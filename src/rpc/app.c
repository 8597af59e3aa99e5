/* src/rpc/app.c - what sessions share on the data side. */
#include <errno.h>
#include <stdio.h>

#include <sys/stat.h>

#include "weh/alloc.h"
#include "weh/metrics.h"

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
