/* tools/weh/inspect.c - weh inspect: what is in an iModel file, as tables or as JSON.
 *
 * The file is read by weh_imodel_inspect; its map is printed as it is: members that are lists of
 * maps become tables, the others lines. Nothing here knows what the members mean.
 */
#include <string.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/imodel.h"
#include "weh/json.h"

#include "cli.h"
#include "table.h"

static const struct weh_json_limits limits = { .max_depth = WEH_JSON_MAX_DEPTH,
                                               .max_values = 20000000 };

/* A list of maps that all have the same members. */
static bool is_table(const struct weh_value *value)
{
    if (value->type != WEH_VALUE_ARRAY || value->n == 0) {
        return false;
    }
    for (uint32_t i = 0; i < value->n; i++) {
        if (value->as.items[i].type != WEH_VALUE_MAP ||
            value->as.items[i].n != value->as.items[0].n) {
            return false;
        }
    }
    return true;
}

static void print_section(const struct weh_member *member, struct weh_buf *buf)
{
    const struct weh_value *value = &member->value;

    printf("%.*s", WEH_STR_ARGS(member->key));
    if (value->type == WEH_VALUE_ARRAY) {
        printf(" (%u)", value->n);
    }
    if (is_table(value)) {
        putchar('\n');
        weh_table_print(value, buf);
    } else if (value->type == WEH_VALUE_MAP) {
        putchar('\n');
        weh_table_print_lines(value, buf);
    } else if (value->type == WEH_VALUE_ARRAY && value->n == 0) {
        putchar('\n');
    } else {
        weh_table_print_cell(value, buf);
        putchar('\n');
    }
}

static weh_err print_tables(struct weh_str json, struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_value value;
    struct weh_buf buf;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 0);
    err = weh_json_parse(json, &limits, &arena, &value, diag);
    if (err != WEH_OK) {
        goto out;
    }
    for (uint32_t i = 0; value.type == WEH_VALUE_MAP && i < value.n; i++) {
        print_section(&value.as.members[i], &buf);
    }
out:
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
    return err;
}

int weh_cmd_inspect(const struct weh_cli *cli)
{
    struct weh_json_writer json;
    struct weh_diag diag = { 0 };
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&json, &buf);
    err = weh_imodel_inspect(cli->arguments[0], &json.sink, &diag);
    if (err == WEH_OK && buf.err != WEH_OK) {
        err = weh_fail_nomem(&diag);
    }
    if (err == WEH_OK && weh_cli_text(cli, "json") != NULL) {
        weh_buf_byte(&buf, '\n');
        fwrite(buf.data, 1, buf.len, stdout);
    } else if (err == WEH_OK) {
        err = print_tables((struct weh_str){ (const char *)buf.data, buf.len }, &diag);
    }
    weh_buf_fini(&buf);
    return err == WEH_OK ? WEH_EXIT_OK : weh_cli_fail(cli, &diag);
}
