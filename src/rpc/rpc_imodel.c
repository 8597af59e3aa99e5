/* src/rpc/rpc_imodel.c - imodel.*: the iModels in the data folder. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <sys/stat.h>

#include "weh/imodel.h"

#include "rpc_priv.h"

/* A folder with more files than this is listed up to here. */
#define MAX_LISTED 10000

static weh_err read_numbers(const struct weh_value *value, const char *where, double out[3],
                            struct weh_diag *diag)
{
    bool good = value != NULL && value->type == WEH_VALUE_ARRAY && value->n == 3;

    for (uint32_t i = 0; i < 3 && good; i++) {
        good = weh_value_to_double(&value->as.items[i], &out[i]);
    }
    return good ? WEH_OK
                : weh_fail_where(diag, WEH_E_BAD_ARGS, where,
                                 "%s must be an array of three numbers", where);
}

static weh_err read_text(const struct weh_value *map, const char *key, const char *where,
                         bool required, struct weh_str *out, struct weh_diag *diag)
{
    const struct weh_value *value = weh_value_get(map, key);

    *out = WEH_STR("");
    if (weh_value_is_null(value) && !required) {
        return WEH_OK;
    }
    if (weh_value_is_null(value) || value->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be a string", where);
    }
    *out = weh_value_str(value);
    return WEH_OK;
}

static weh_err read_extents(const struct weh_value *value, struct weh_imodel_create_props *out,
                            struct weh_diag *diag)
{
    static const char *const names[] = { "low", "high", NULL };
    weh_err err = call_check_members(value, "projectExtents", names, diag);

    if (err == WEH_OK) {
        err = read_numbers(weh_value_get(value, "low"), "projectExtents.low", out->extents, diag);
    }
    if (err == WEH_OK) {
        err = read_numbers(weh_value_get(value, "high"), "projectExtents.high", out->extents + 3,
                           diag);
    }
    out->has_extents = err == WEH_OK;
    return err;
}

static weh_err read_create_props(const struct weh_arg *args, struct weh_imodel_create_props *out,
                                 struct weh_diag *diag)
{
    static const char *const names[] = { "name", "description", NULL };
    const struct weh_value *subject = args[1].as.value;
    weh_err err = call_check_members(subject, "rootSubject", names, diag);

    if (err == WEH_OK) {
        err = read_text(subject, "name", "rootSubject.name", true, &out->root_subject_name, diag);
    }
    if (err == WEH_OK) {
        err = read_text(subject, "description", "rootSubject.description", false,
                        &out->root_subject_description, diag);
    }
    if (args[2].given) {
        out->itwin_id = args[2].as.guid;
    }
    if (err == WEH_OK && args[3].given) {
        err = read_extents(args[3].as.value, out, diag);
    }
    if (err == WEH_OK && args[4].given) {
        err = read_numbers(args[4].as.value, "globalOrigin", out->global_origin, diag);
        out->has_origin = true;
    }
    return err;
}

/* Write the connection props of the new file as briefcase.open would. */
static weh_err put_new_imodel(struct weh_call *call, const char *path, struct weh_str name,
                              struct weh_diag *diag)
{
    struct weh_rpc_app *app = call_desk(call)->app;
    struct weh_briefcase_options options = { .path = path,
                                             .bounds = app_bounds(app),
                                             .readonly = true,
                                             .user = weh_session_user(call->session),
                                             .registry = app->files };
    struct weh_briefcase *briefcase = NULL;
    weh_err err = weh_briefcase_open(&options, &briefcase, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_str(call->result, "key", name);
    err = weh_briefcase_write_connection_props(briefcase, call->result, diag);
    put_text(call->result, "mode", "readwrite");
    weh_sink_map_end(call->result);
    weh_briefcase_close(briefcase);
    return err;
}

weh_err imodel_create(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_imodel_create_props props = { .has_extents = false };
    struct weh_str name = call->args[0].as.string;
    const char *path;
    weh_err err = imodel_name_check(name, "imodel", diag);

    /* Before anything is looked at: who may not edit the name does not learn whether it is taken. */
    if (err == WEH_OK && weh_session_access_to(call->session, name) < WEH_ACCESS_EDIT) {
        err = weh_fail_where(diag, WEH_E_DENIED, "imodel", "you may not make this iModel");
    }
    if (err == WEH_OK) {
        err = read_create_props(call->args, &props, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    path = imodel_path(call_desk(call)->app, "imodels", name, call->arena);
    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_imodel_create(path, &props, diag);
    return err == WEH_OK ? put_new_imodel(call, path, name, diag) : err;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in @folder that end in .bim and that a client could have given. */
static weh_err read_names(DIR *folder, struct weh_arena *arena, const char **names, size_t *n,
                          struct weh_diag *diag)
{
    struct dirent *entry;

    while (*n < MAX_LISTED &&
           (entry = readdir(folder)) != NULL) { /* NOLINT(concurrency-mt-unsafe): own folder */
        struct weh_str file = weh_str_from(entry->d_name);
        struct weh_str name = { file.ptr, file.len < 4 ? 0 : file.len - 4 };

        if (name.len == 0 || memcmp(file.ptr + name.len, ".bim", 4) != 0 ||
            imodel_name_check(name, "imodel", NULL) != WEH_OK || !weh_str_is_utf8(name)) {
            continue;
        }
        names[*n] = weh_arena_strdup(arena, name);
        if (names[*n] == NULL) {
            return weh_fail_nomem(diag);
        }
        (*n)++;
    }
    qsort(names, *n, sizeof(*names), compare_names);
    return WEH_OK;
}

static void put_listed(struct weh_call *call, const char *name)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    const char *path = imodel_path(app, "imodels", weh_str_from(name), call->arena);
    struct weh_imodel_summary summary;
    char user[128];
    const struct weh_file_bounds bounds = app_bounds(app);
    struct stat info;

    /* What is no iModel (or vanished meanwhile) is not one of the list. */
    if (path == NULL || lstat(path, &info) != 0 ||
        weh_imodel_peek(path, &bounds, app->files, &summary, NULL) != WEH_OK) {
        return;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_text(call->result, "imodel", name);
    put_int(call->result, "size", info.st_size);
    put_guid(call->result, "iModelId", &summary.imodel_guid);
    put_text(call->result, "name", summary.name);
    if (weh_file_registry_writer(app->files, path, user, sizeof(user))) {
        put_text(call->result, "openFor", user);
    }
    weh_sink_map_end(call->result);
}

weh_err imodel_list(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_rpc_app *app = call_desk(call)->app;
    const char **names = weh_arena_array(call->arena, MAX_LISTED, sizeof(*names));
    size_t n = 0;
    char path[4096];
    DIR *folder;
    weh_err err;

    if (names == NULL) {
        return weh_fail_nomem(diag);
    }
    (void)snprintf(path, sizeof(path), "%s/imodels", app->config->data_dir);
    folder = opendir(path);
    if (folder == NULL) {
        return weh_fail(diag, WEH_E_IO, "the folder of iModels cannot be read");
    }
    err = read_names(folder, call->arena, names, &n, diag);
    (void)closedir(folder);
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < n; i++) {
        if (weh_session_access_to(call->session, weh_str_from(names[i])) >= WEH_ACCESS_VIEW) {
            put_listed(call, names[i]);
        }
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}
