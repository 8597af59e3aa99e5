/* tools/weh/token.c - weh token: a token signed with the key of a server on this machine.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/auth.h"
#include "weh/config.h"

#include "cli.h"

/* The scope of --access: NULL when it is none. */
static const char *scope_of(const char *access)
{
    static const char *const scopes[] = { "weh:view", "weh:edit", "weh:admin" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(scopes); i++) {
        if (strcmp(access, scopes[i] + sizeof("weh:") - 1) == 0) {
            return scopes[i];
        }
    }
    return NULL;
}

int weh_cmd_token(const struct weh_cli *cli)
{
    const char *data_dir = weh_cli_text(cli, "data-dir");
    const char *access_text = weh_cli_text(cli, "access");
    const char *user = weh_cli_text(cli, "user");
    const char *scope = weh_cli_text(cli, "scope");
    uint32_t ttl_s = 86400;
    struct weh_config config = { .retired = NULL };
    struct weh_auth *auth = NULL;
    struct weh_diag diag = { 0 };
    char *token = NULL;
    weh_err err;

    if (data_dir == NULL) {
        return weh_cli_usage(cli, "--data-dir is missing");
    }
    if (access_text != NULL && scope != NULL) {
        return weh_cli_usage(cli, "--access and --scope do not go together");
    }
    if (scope == NULL) {
        scope = scope_of(access_text == NULL ? "edit" : access_text);
    }
    if (scope == NULL) {
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
        err = weh_auth_create(&config, NULL, &auth, &diag);
    }
    if (err == WEH_OK) {
        err =
            weh_auth_issue_token(auth, user == NULL ? "local" : user, scope, ttl_s, &token, &diag);
    }
    if (err == WEH_OK) {
        puts(token);
    }
    weh_free(token);
    weh_auth_destroy(auth);
    weh_config_fini(&config);
    return err == WEH_OK ? WEH_EXIT_OK : weh_cli_fail(cli, &diag);
}
