/* tools/weh/token.c - weh token: a token signed with the key of a server on this machine.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/auth.h"
#include "weh/config.h"

#include "cli.h"

static bool parse_access(const char *text, enum weh_access *out)
{
    static const struct {
        const char *name;
        enum weh_access access;
    } names[] = {
        { "view", WEH_ACCESS_VIEW },
        { "edit", WEH_ACCESS_EDIT },
        { "admin", WEH_ACCESS_ADMIN },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (strcmp(text, names[i].name) == 0) {
            *out = names[i].access;
            return true;
        }
    }
    return false;
}

int weh_cmd_token(const struct weh_cli *cli)
{
    const char *data_dir = weh_cli_text(cli, "data-dir");
    const char *access_text = weh_cli_text(cli, "access");
    const char *user = weh_cli_text(cli, "user");
    enum weh_access access = WEH_ACCESS_EDIT;
    uint32_t ttl_s = 86400;
    struct weh_config config = { 0 };
    struct weh_auth *auth = NULL;
    struct weh_diag diag = { 0 };
    char *token = NULL;
    weh_err err;

    if (data_dir == NULL) {
        return weh_cli_usage(cli, "--data-dir is missing");
    }
    if (access_text != NULL && !parse_access(access_text, &access)) {
        return weh_cli_usage(cli, "--access must be view, edit or admin");
    }
    if (!weh_cli_number(cli, "ttl", 60, 31536000, &ttl_s)) {
        return WEH_EXIT_USAGE;
    }
    err = weh_config_init(&config, &diag);
    if (err == WEH_OK) {
        err = weh_config_set(&config, "data.dir", data_dir, "--data-dir", &diag);
    }
    if (err == WEH_OK) {
        err = weh_auth_create(&config, &auth, &diag);
    }
    if (err == WEH_OK) {
        err =
            weh_auth_issue_token(auth, user == NULL ? "local" : user, access, ttl_s, &token, &diag);
    }
    if (err == WEH_OK) {
        puts(token);
    }
    weh_free(token);
    weh_auth_destroy(auth);
    weh_config_fini(&config);
    return err == WEH_OK ? WEH_EXIT_OK : weh_cli_fail(cli, &diag);
}
