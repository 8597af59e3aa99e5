/* tools/weh/new.c - weh new: a new iModel file, made here without a server.
 */
#include "weh/imodel.h"

#include "cli.h"

int weh_cmd_new(const struct weh_cli *cli)
{
    struct weh_imodel_create_props props = {
        .root_subject_name = weh_str_from(weh_cli_text(cli, "name")),
        .root_subject_description = weh_str_from(weh_cli_text(cli, "description")),
    };
    const char *itwin_id = weh_cli_text(cli, "itwin-id");
    struct weh_diag diag = { 0 };

    if (props.root_subject_name.len == 0) {
        return weh_cli_usage(cli, "--name is missing");
    }
    if (itwin_id != NULL && !weh_guid_parse(weh_str_from(itwin_id), &props.itwin_id)) {
        return weh_cli_usage(cli, "--itwin-id must be a GUID");
    }
    if (weh_imodel_create(cli->arguments[0], &props, &diag) != WEH_OK) {
        return weh_cli_fail(cli, &diag);
    }
    return WEH_EXIT_OK;
}
