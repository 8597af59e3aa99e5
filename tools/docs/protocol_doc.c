/* tools/docs/protocol_doc.c - writes PROTOCOL.md: the prose of docs/protocol.head.md, then tables made
 * from the method table, the errors and the close reasons. A test compares. With --json it writes what
 * host.describe answers, which the types of the JavaScript client are made from. */
#include <stdio.h>
#include <string.h>

#include "weh/access.h"
#include "weh/buf.h"
#include "weh/channel.h"
#include "weh/json.h"
#include "weh/metrics.h"
#include "weh/rpc.h"

/* In a table a bar would end the cell. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '|') {
            (void)fputs("\\|", stdout);
        } else {
            (void)putchar(*text);
        }
    }
}

static void print_states(unsigned states)
{
    const char *separator = "";

    for (unsigned state = 0; state <= WEH_SESSION_CLOSED; state++) {
        if ((states & (1u << state)) != 0) {
            (void)printf("%s%s", separator, weh_session_state_name((enum weh_session_state)state));
            separator = ", ";
        }
    }
}

static void print_arg(const struct weh_arg_spec *arg)
{
    (void)printf("| `%s`%s | %s", arg->name, arg->required ? "" : "?",
                 weh_arg_type_name(arg->type));
    if (arg->type == WEH_ARG_INT || arg->type == WEH_ARG_IDS) {
        (void)printf(", %lld to %lld", (long long)arg->min, (long long)arg->max);
    } else if (arg->type == WEH_ARG_STRING) {
        (void)printf(", %lld to %lld bytes", (long long)arg->min, (long long)arg->max);
    } else if (arg->type == WEH_ARG_CHOICE) {
        (void)fputs(": ", stdout);
        print_cell(arg->choices);
    }
    (void)fputs(" | ", stdout);
    print_cell(arg->help);
    (void)puts(" |");
}

/* How a method of weh.v1 is called besides one after the other. */
static const char *calls_of(const struct weh_method *method)
{
    if (weh_method_is_out_of_band(method)) {
        return " Overtakes waiting requests.";
    }
    return (method->flags & WEH_METHOD_IN_BATCH) != 0 ? " May stand in edit.batch." : "";
}

static void print_method(const struct weh_method *method, const char *calls)
{
    (void)printf("\n### %s\n\n%s\n\nStates: ", method->name, method->help);
    print_states(method->states);
    (void)printf(". Access: %s. Since %s.%s\n", weh_access_name(method->access), method->since,
                 calls);
    if (method->args[0].name != NULL) {
        (void)puts("\n| param | type | |\n| --- | --- | --- |");
        for (size_t i = 0; method->args[i].name != NULL; i++) {
            print_arg(&method->args[i]);
        }
    }
    if (method->result[0] != '\0') {
        (void)printf("\nResult: `%s`\n", method->result);
    }
}

static void print_methods(void)
{
    size_t n;
    const struct weh_method *methods = weh_rpc_methods(&n);

    (void)puts("\n## Methods");
    for (size_t i = 0; i < n; i++) {
        print_method(&methods[i], calls_of(&methods[i]));
    }
    methods = weh_rpc_ipc_methods(&n);
    (void)puts("\n## Methods of stock frontends");
    for (size_t i = 0; i < n; i++) {
        print_method(&methods[i], "");
    }
    methods = weh_rpc_ipc_command_methods(&n);
    (void)puts(
        "\n## Methods of the edit command\n\n"
        "Called by `editor.callMethod`, with the name behind the dot and then the arguments.");
    for (size_t i = 0; i < n; i++) {
        print_method(&methods[i], "");
    }
}

static void print_tables(void)
{
    size_t n;
    const struct weh_notification *notifications = weh_rpc_notifications(&n);

    (void)puts("\n## Notifications\n\n| name | params | |\n| --- | --- | --- |");
    for (size_t i = 0; i < n; i++) {
        (void)printf("| `%s` | `%s` | %s |\n", notifications[i].name, notifications[i].params,
                     notifications[i].help);
    }
    (void)puts("\n## Errors\n\n| `data.name` | `code` | `data.iTwin` | ends | |\n"
               "| --- | --- | --- | --- | --- |");
    for (int err = WEH_OK + 1; err < WEH_E_COUNT; err++) {
        const struct weh_err_info *info = weh_err_info((weh_err)err);
        char itwin[16] = "";

        if (info->itwin != 0) {
            (void)snprintf(itwin, sizeof(itwin), "%d", info->itwin);
        }
        (void)printf("| %s | %d | %s | the %s | %s |\n", info->name, info->code, itwin,
                     info->scope == WEH_SCOPE_SESSION ? "session" : "request", info->help);
    }
    (void)puts("\n## Close reasons\n\n| name | code | error | text |\n| --- | --- | --- | --- |");
    for (int reason = 0; reason < WEH_CLOSE_COUNT; reason++) {
        const struct weh_close_info *info = weh_close_info((enum weh_close_reason)reason);

        (void)printf("| %s | %u | %s | %s |\n", info->name, info->code,
                     info->is_error ? "yes" : "no", info->text);
    }
}

static void print_metrics(void)
{
    struct weh_metric_family family;

    (void)puts("\n## Metrics\n\nOf `GET /metrics`; all names begin with `webedithost_`.\n\n"
               "| name | type | labels | |\n| --- | --- | --- | --- |");
    for (size_t i = 0; weh_metrics_family(i, &family); i++) {
        (void)printf("| `%s` | %s | %s | %s |\n", family.name, family.type, family.labels,
                     family.help);
    }
}

static int print_json(void)
{
    struct weh_json_writer writer;
    struct weh_buf buf;
    bool is_written;

    weh_buf_init(&buf, 0);
    weh_json_writer_init(&writer, &buf);
    weh_rpc_describe(&writer.sink);
    is_written = buf.err == WEH_OK && fwrite(buf.data, 1, buf.len, stdout) == buf.len;
    weh_buf_fini(&buf);
    return is_written ? 0 : 1;
}

static int print_document(const char *head_path)
{
    FILE *head = fopen(head_path, "re");
    int c;

    if (head == NULL) {
        (void)fprintf(stderr, "protocol-doc: cannot read %s\n", head_path);
        return 1;
    }
    while ((c = getc(head)) != EOF) {
        (void)putchar(c);
    }
    (void)fclose(head);
    print_methods();
    print_tables();
    print_metrics();
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fputs("Usage: protocol-doc HEAD.md > PROTOCOL.md\n"
                    "       protocol-doc --json > API.json\n",
                    stderr);
        return 2;
    }
    return strcmp(argv[1], "--json") == 0 ? print_json() : print_document(argv[1]);
}
