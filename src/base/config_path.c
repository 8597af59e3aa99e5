/* src/base/config_path.c - paths that follow from several settings. */
#include <stdio.h>

#include "weh/config.h"

weh_err weh_config_admin_path(const struct weh_config *config, char *out, size_t size,
                              struct weh_diag *diag)
{
    const char *name = config->admin_socket;
    const char *folder = config->data_dir;
    int n = 0;

    out[0] = '\0';
    if (name[0] == '\0') {
        return WEH_OK;
    }
    n = name[0] == '/' ? snprintf(out, size, "%s", name)
                       : snprintf(out, size, "%s/%s", folder, name);
    if (n >= 0 && (size_t)n < size) {
        return WEH_OK;
    }
    out[0] = '\0';
    return weh_fail_where(diag, WEH_E_BAD_ARGS, "admin.socket",
                          "the path of the socket may have %zu bytes, and has %d", size - 1, n);
}
