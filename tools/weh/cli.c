/* tools/weh/cli.c - options and help of weh's commands.
 *
 * Not getopt: the tables of options serve the parser and the help alike, and nothing is global.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int find_option(const struct weh_cli_command *command, struct weh_str name)
{
    for (int i = 0; command->options[i].name != NULL; i++) {
        if (weh_str_eq_text(name, command->options[i].name)) {
            return i;
        }
    }
    return -1;
}

/* Take the option argv[*index], whose value may be the next argument. */
static bool parse_option(struct weh_cli *cli, int argc, char *const *argv, int *index)
{
    struct weh_str name = { NULL, 0 };
    const char *text = argv[*index] + 2;
    const char *equals = strchr(text, '=');
    int option;

    name.ptr = text;
    name.len = equals == NULL ? strlen(text) : (size_t)(equals - text);
    if (weh_str_eq_text(name, "help")) {
        cli->help = true;
        return true;
    }
    option = find_option(cli->command, name);
    if (option < 0) {
        weh_cli_usage(cli, "unknown option --%.*s", WEH_STR_ARGS(name));
        return false;
    }
    if (cli->command->options[option].value == NULL) {
        if (equals != NULL) {
            weh_cli_usage(cli, "option --%.*s takes no value", WEH_STR_ARGS(name));
            return false;
        }
        cli->values[option] = "";
        return true;
    }
    if (equals == NULL && *index + 1 >= argc) {
        weh_cli_usage(cli, "option --%.*s needs a value", WEH_STR_ARGS(name));
        return false;
    }
    if (equals == NULL) {
        (*index)++;
    }
    cli->values[option] = equals == NULL ? argv[*index] : equals + 1;
    return true;
}

static bool parse_argument(struct weh_cli *cli, const char *text, bool options_end)
{
    if (!options_end && text[0] == '-' && text[1] != '\0') {
        weh_cli_usage(cli, "unknown option %s", text);
        return false;
    }
    if (cli->n_arguments == cli->command->n_arguments + cli->command->n_optional) {
        weh_cli_usage(cli, "one argument too many: %s", text);
        return false;
    }
    cli->arguments[cli->n_arguments++] = text;
    return true;
}

bool weh_cli_parse(const struct weh_cli_command *command, int argc, char *const *argv,
                   struct weh_cli *out)
{
    bool options_end = false;

    *out = (struct weh_cli){ .command = command };
    for (int i = 0; i < argc && !out->help; i++) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
            continue;
        }
        if (!options_end && strncmp(argv[i], "--", 2) == 0
                ? !parse_option(out, argc, argv, &i)
                : !parse_argument(out, argv[i], options_end)) {
            return false;
        }
    }
    if (!out->help && out->n_arguments < command->n_arguments) {
        weh_cli_usage(out, "%s is missing", command->arguments);
        return false;
    }
    return true;
}

void weh_cli_help(const struct weh_cli_command *command, FILE *file)
{
    fprintf(file, "weh %s [OPTION]...%s%s\n%s\n", command->name,
            command->arguments[0] == '\0' ? "" : " ", command->arguments, command->help);
    if (command->more != NULL) {
        fprintf(file, "\n%s", command->more);
    }
    fputs("\n", file);
    for (const struct weh_cli_option *option = command->options; option->name != NULL; option++) {
        char left[48];

        snprintf(left, sizeof(left), "--%s%s%s", option->name, option->value == NULL ? "" : " ",
                 option->value == NULL ? "" : option->value);
        fprintf(file, "  %-24s %s\n", left, option->help);
    }
    fprintf(file, "  %-24s %s\n", "--help", "this text");
}

const char *weh_cli_text(const struct weh_cli *cli, const char *name)
{
    int option = find_option(cli->command, weh_str_from(name));

    weh_assert(option >= 0);
    return cli->values[option];
}

bool weh_cli_number(const struct weh_cli *cli, const char *name, uint32_t min, uint32_t max,
                    uint32_t *out)
{
    const char *text = weh_cli_text(cli, name);
    char *end = NULL;
    unsigned long long value;

    if (text == NULL) {
        return true;
    }
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || strlen(text) > 10 || value < min ||
        value > max) {
        weh_cli_usage(cli, "--%s must be a whole number from %" PRIu32 " to %" PRIu32, name, min,
                      max);
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

int weh_cli_fail(const struct weh_cli *cli, const struct weh_diag *diag)
{
    fprintf(stderr, "weh %s: %s%s%s%s\n", cli->command->name, diag->text,
            diag->where[0] == '\0' ? "" : " (", diag->where, diag->where[0] == '\0' ? "" : ")");
    return WEH_EXIT_FAILED;
}

int weh_cli_usage(const struct weh_cli *cli, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "weh %s: ", cli->command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see weh %s --help)\n", cli->command->name);
    return WEH_EXIT_USAGE;
}

/* An option's text, or the environment's when it is absent; NULL when both are. */
static const char *text_or_environment(const struct weh_cli *cli, const char *option,
                                       const char *variable)
{
    const char *text = weh_cli_text(cli, option);

    /* Nothing changes the environment, and options are read before any thread starts. */
    return text != NULL ? text : getenv(variable); /* NOLINT(concurrency-mt-unsafe) */
}

bool weh_cli_options(const struct weh_cli *cli, struct weh_rpc_options *out)
{
    const char *codec = weh_cli_text(cli, "codec");
    uint32_t timeout_s = 30;

    if (!weh_cli_number(cli, "timeout", 1, 86400, &timeout_s)) {
        return false;
    }
    *out = (struct weh_rpc_options){
        .url = text_or_environment(cli, "url", "WEH_URL"),
        .token = text_or_environment(cli, "token", "WEH_TOKEN"),
        .ca_file = weh_cli_text(cli, "ca"),
        .codec = WEH_CODEC_JSON,
        .timeout_ms = timeout_s * 1000,
    };
    if (codec != NULL && strcmp(codec, "msgpack") == 0) {
        out->codec = WEH_CODEC_MSGPACK;
    } else if (codec != NULL && strcmp(codec, "json") != 0) {
        weh_cli_usage(cli, "--codec must be json or msgpack");
        return false;
    }
    return true;
}

bool weh_cli_connection(const struct weh_cli *cli, struct weh_rpc_options *out)
{
    if (!weh_cli_options(cli, out)) {
        return false;
    }
    if (out->url == NULL || out->url[0] == '\0') {
        weh_cli_usage(cli, "no address: give --url or set WEH_URL");
        return false;
    }
    return true;
}
