/* src/rpc/imodel_name.c - names that clients give, and the files they stand for. A name is one part
 * of a path and nothing else. */
#include <stdio.h>

#include "rpc_priv.h"

static bool is_allowed(unsigned char c)
{
    return c >= ' ' && c != 0x7f && c != '/' && c != '\\' && c != ':';
}

weh_err imodel_name_check(struct weh_str name, const char *where, struct weh_diag *diag)
{
    bool good = name.len >= 1 && name.len <= IMODEL_NAME_MAX && name.ptr[0] != '.' &&
                name.ptr[0] != ' ' && name.ptr[name.len - 1] != ' ';

    for (size_t i = 0; i < name.len && good; i++) {
        good = is_allowed((unsigned char)name.ptr[i]);
    }
    if (!good) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where,
                              "%s must be a plain name of 1 to %d bytes, without slashes, colons, "
                              "control characters, a dot in front or spaces around",
                              where, IMODEL_NAME_MAX);
    }
    return WEH_OK;
}

struct weh_file_bounds app_bounds(const struct weh_rpc_app *app)
{
    return (struct weh_file_bounds){ .root = app->config->data_dir,
                                     .max_bytes = (uint64_t)app->config->limits_imodel_bytes };
}

const char *imodel_path(const struct weh_rpc_app *app, const char *folder, struct weh_str name,
                        struct weh_arena *arena)
{
    size_t size = strlen(app->config->data_dir) + strlen(folder) + name.len + sizeof("//.bim");
    char *path = weh_arena_alloc(arena, size);

    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s/%.*s.bim", app->config->data_dir, folder,
                       WEH_STR_ARGS(name));
    }
    return path;
}
