/* tools/weh/cli.h - what the commands of weh share: options, help, exit codes, printing.
 *
 * A command is a row of the table in main.c: its name, one line of help, its options and a function.
 */
#ifndef WEH_CLI_H
#define WEH_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "weh/err.h"
#include "weh/value.h"

#include "rpc_client.h"

#define WEH_EXIT_OK     0
#define WEH_EXIT_FAILED 1
#define WEH_EXIT_USAGE  2

#define WEH_CLI_OPTIONS_MAX   24
#define WEH_CLI_ARGUMENTS_MAX 3

struct weh_cli_option {
    const char *name;  /* without the dashes; NULL ends a table */
    const char *value; /* what stands for its value in the help; NULL: a flag */
    const char *help;
};

struct weh_cli;

struct weh_cli_command {
    const char *name;
    const char *arguments; /* "SCRIPT|-"; "" for none */
    uint32_t n_arguments;  /* so many */
    const char *help;      /* one line */
    const char *more;      /* further lines of its own help; may be NULL */
    const struct weh_cli_option *options;
    int (*run)(const struct weh_cli *cli); /* the exit code */
    uint32_t n_optional;                   /* further arguments, at most */
};

/** The command line, sorted. */
struct weh_cli {
    const struct weh_cli_command *command;
    const char *values[WEH_CLI_OPTIONS_MAX]; /* by the index in the command's table; NULL: absent */
    const char *arguments[WEH_CLI_ARGUMENTS_MAX];
    uint32_t n_arguments;
    bool help; /* --help was among the options */
};

/** Sort @argv (of what follows the command's name). False, after a message, when it is wrong. */
bool weh_cli_parse(const struct weh_cli_command *command, int argc, char *const *argv,
                   struct weh_cli *out);

/** Write the help of @command. */
void weh_cli_help(const struct weh_cli_command *command, FILE *file);

/** The value of the option @name, "" for a flag that is there, NULL when absent. */
const char *weh_cli_text(const struct weh_cli *cli, const char *name);

/** The whole number of the option @name, *@out as it is when absent. False, after a message, when
 * it is none or out of range. */
bool weh_cli_number(const struct weh_cli *cli, const char *name, uint32_t min, uint32_t max,
                    uint32_t *out);

/** Write "weh CMD: TEXT" (and where, when known) to standard error. Returns WEH_EXIT_FAILED. */
int weh_cli_fail(const struct weh_cli *cli, const struct weh_diag *diag);

/** Write "weh CMD: TEXT" and where to find help to standard error. Returns WEH_EXIT_USAGE. */
int weh_cli_usage(const struct weh_cli *cli, const char *format, ...) WEH_PRINTF(2, 3);

/* clang-format off */
#define WEH_CLI_CONNECTION_OPTIONS \
    { "url", "URL", "ws:// or wss:// address of the session endpoint (default: WEH_URL)" }, \
    { "token", "TOKEN", "bearer token (default: WEH_TOKEN, which does not show in the process list)" }, \
    { "codec", "json|msgpack", "encoding on the wire (default: json)" }, \
    { "ca", "FILE", "PEM file of certificates to trust beside the system's" }, \
    { "timeout", "SECONDS", "longest wait for a reply (default: 30)" }
#define WEH_CLI_RESUME_OPTION \
    { "no-resume", NULL, "do not take the session back when its connection is lost" }
/* clang-format on */

/** Read the connection options and the environment. False, after a message, when they are wrong.
 * @out  its url is NULL when there is none. */
bool weh_cli_options(const struct weh_cli *cli, struct weh_rpc_options *out);

/** The same, where having no URL is wrong too. */
bool weh_cli_connection(const struct weh_cli *cli, struct weh_rpc_options *out);

/** Write @message as one line of JSON: {"id":1,"result":...}, {"id":1,"error":...} or
 * {"method":...,"params":...}. */
void weh_cli_print_message(const struct weh_rpc_message *message);

/** Write @value as JSON over several lines, indented. */
void weh_cli_print_pretty(const struct weh_value *value, FILE *file);

int weh_cmd_admin(const struct weh_cli *cli);
int weh_cmd_run(const struct weh_cli *cli);
int weh_cmd_connect(const struct weh_cli *cli);
int weh_cmd_new(const struct weh_cli *cli);
int weh_cmd_inspect(const struct weh_cli *cli);
int weh_cmd_token(const struct weh_cli *cli);
int weh_cmd_bench(const struct weh_cli *cli);
int weh_cmd_soak(const struct weh_cli *cli);

#endif
