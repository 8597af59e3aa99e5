/* tools/weh/main.c - the commands of weh as a table.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct weh_cli_option run_options[] = {
    WEH_CLI_CONNECTION_OPTIONS,
    WEH_CLI_RESUME_OPTION,
    { "keep-going", NULL, "go on after a failure instead of stopping there" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option connect_options[] = {
    WEH_CLI_CONNECTION_OPTIONS,
    WEH_CLI_RESUME_OPTION,
    { "no-hello", NULL, "do not begin with session.hello and host.describe" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option new_options[] = {
    { "name", "NAME", "name of the root subject (required)" },
    { "description", "TEXT", "description of the root subject" },
    { "itwin-id", "GUID", "the iTwin it belongs to (default: none, a standalone iModel)" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option inspect_options[] = {
    { "json", NULL, "everything as JSON instead of tables" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option token_options[] = {
    { "data-dir", "DIR", "data.dir of the server, which holds its key (required)" },
    { "user", "NAME", "whom the token names (default: local)" },
    { "access", "view|edit|admin", "what is allowed with it (default: edit)" },
    { "scope", "SCOPES", "scopes instead, such as \"weh:view weh:edit:NAME\"" },
    { "ttl", "SECONDS", "how long it is good for (default: 86400)" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option bench_options[] = {
    WEH_CLI_CONNECTION_OPTIONS,
    { "daemon", "FILE", "webedithost to start when there is no --url (default: the build's)" },
    { "echo", "FILE", "bare echo server to compare with (default: the build's)" },
    { "imodel", "FILE|NAME", "file to copy, or with --url an iModel of that server (required)" },
    { "dir", "DIR", "where to make the temporary data folder (default: /var/tmp)" },
    { "rounds", "N", "interleaved repeats; medians of them are printed (default: 5)" },
    { "sessions", "N", "sessions for the memory measure, 0 for none (default: 200)" },
    { "inserts", "N", "instead of all else: N inserts in one transaction, and reading everything" },
    { "saves", "N", "instead of all else: save, undo, redo transactions of 1 and of N elements" },
    { "no-geometry", NULL,
      "of --inserts and --saves: elements with a placement, but without a box" },
    { "bare", "FILE",
      "of --inserts and --saves: bare program to compare with (default: the build's)" },
    { "idle", "N",
      "instead of all else: N sessions at rest, their memory, and how fast they wake" },
    { "copies", "N", "of --idle: so many of them have a checked-out copy open (default: 0)" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option soak_options[] = {
    WEH_CLI_CONNECTION_OPTIONS,
    { "sessions", "N", "sessions, each with a briefcase of its own (default: 20)" },
    { "seconds", "N", "how long they work, after warming up (default: 30)" },
    { "ops", "N", "instead: until so many requests were sent, a quarter of them to warm up" },
    { "warmup", "N", "seconds of work before (default: a fifth of --seconds, at most 60)" },
    { "think", "MS", "mean pause of a session before its next requests (default: 200)" },
    { "cut-every", "N",
      "one of so many groups of requests loses its connection, 0: none (default: 50)" },
    { "seed", "N", "where the random numbers begin (default: 1)" },
    { "imodel", "FILE|NAME",
      "what is checked out: a file, or with --url (required there) an iModel of that server (default: a new one)" },
    { "daemon", "FILE", "webedithost to start when there is no --url (default: the build's)" },
    { "dir", "DIR", "where to make the temporary data folder (default: /var/tmp)" },
    { "pid", "PID", "process of the server at --url, on this machine: its memory is watched too" },
    { "max-drift", "PERCENT", "a memory that grows by more after warming up is a failure" },
    { NULL, NULL, NULL },
};

static const struct weh_cli_option admin_options[] = {
    { "socket", "PATH", "the server's admin socket" },
    { "config", "FILE", "the server's settings, which say where that is" },
    { "json", NULL, "the answer as JSON instead of a table" },
    { "user", "NAME", "of sessions: only those of this user" },
    { "reason", "TEXT", "of end: what the client is told" },
    { "all", NULL, "of message: to the clients of all sessions" },
    { "seconds", "N", "of drain: time until everything has to be over (default: limits.drain_s)" },
    { "timeout", "SECONDS", "longest wait for an answer (default: 10)" },
    { NULL, NULL, NULL },
};

static const char admin_more[] =
    "COMMAND is one of\n"
    "  sessions [SESSION]       list the sessions, or show one\n"
    "  end SESSION              end one; what is unsaved goes into the recovery journal\n"
    "  message SESSION TEXT     tell a client something; message --all TEXT tells all\n"
    "  drain                    stop the server in good order, as SIGTERM does\n"
    "  reload                   read settings, keys and certificates anew, as SIGHUP does\n"
    "  log-level LEVEL          log error, warn, info or debug until the next reload\n"
    "  counters                 everything that /metrics counts\n"
    "\n"
    "Runs on the server's machine, as its user or as root. Without --socket the settings say where the\n"
    "socket is (admin.socket in data.dir): those of --config, else of the environment, else the\n"
    "defaults. Exit status: 0 done, 1 failed, 2 the command line is wrong.\n"
    "\n"
    "  weh admin sessions --socket /var/lib/webedithost/admin.sock\n"
    "  weh admin end s5fd7ddebee011c37 --reason 'forgotten since Friday'\n"
    "  weh admin message --all 'Back in five minutes.' && weh admin drain --seconds 60\n"
    "  weh admin sessions --json --config webedithost.conf | jq '.sessions[].user'\n";

static const char run_more[] =
    "A script has one request a line:\n"
    "  METHOD [JSON]            send it and wait for its reply; no JSON stands for {}\n"
    "  $x = METHOD [JSON]       the same, keep the result as $x\n"
    "  expect JSON              the last result must hold this: objects may have further members,\n"
    "                           arrays must have the same length, numbers are equal by value\n"
    "  expect-error NAME        the last reply must be an error with data.name NAME\n"
    "  wait-notification METHOD [JSON]\n"
    "                           one must have come since the last request was sent, or come now;\n"
    "                           each counts once; its params must hold the JSON as with expect\n"
    "  # comment                also empty lines\n"
    "$x, $x.name and $x[0] stand for that value inside later JSON, bare or as a whole string\n"
    "(\"$x.name\"). A string that names no variable of the script is left as it is.\n"
    "\n"
    "Each message from the server is printed as one line of JSON, the same for both encodings;\n"
    "failures go to standard error as FILE:LINE: text. The script stops at the first failure; a\n"
    "request that fails without a following expect-error is one. Exit status: 0 everything held,\n"
    "1 something failed, 2 the command line is wrong.\n";

static const char connect_more[] =
    "Reads METHOD [JSON] by line, prints replies and notifications. On a terminal with history and\n"
    "completion of the method names; also reads a pipe. $_ stands for the last result. Ctrl-D ends.\n";

static const char bench_more[] =
    "Starts a server on a copy of an iModel (or uses the one at --url, without the measures that\n"
    "need its process or folder; WEH_URL does not count) and prints the measures as one JSON object: times in microseconds\n"
    "unless the name says otherwise, the medians over the rounds of each round's p50 and p99.\n"
    "Edits are made with --codec (here msgpack unless told otherwise), pings with both.\n"
    "--inserts: by single pipelined requests and by edit.batch, each into a copy of the file, with the\n"
    "server's processor time and its ratio to a program that writes the same rows by plain SQLite.\n"
    "--saves: beside the same program; saves with their inserts, undo and redo as one request each.\n"
    "--idle: memory of a session just used, awake after a rest, hibernating and with nothing open, and the\n"
    "time of the request that wakes one. Needs as many descriptors as sessions, and copies once more (ulimit -n).\n";

static const char soak_more[] =
    "Each session checks out a private copy of an iModel, and edits, reads, saves, undoes, redoes, sets\n"
    "savepoints, closes and opens it again, at random but the same for the same --seed; one half in\n"
    "JSON, one in MessagePack. Up to eight requests are on their way at once. Connections are cut at any\n"
    "byte and the sessions taken back. Every answer and notification is compared with what a model of\n"
    "the session says, and must not have anything of another session in it.\n"
    "\n"
    "Without --url (WEH_URL does not count) a server is started, and each session is a user of its own.\n"
    "Progress and the first things that went wrong go to standard error, the result as one JSON object\n"
    "to standard output: requests, latencies in microseconds, memory and descriptors of the server at\n"
    "rest before, after warming up and at the end. Exit status: 0 nothing was wrong, 1 something was.\n"
    "\n"
    "  weh soak --sessions 1000 --seconds 600 --max-drift 1\n"
    "  weh soak --sessions 50 --seconds 180 --daemon build-tsan/src/webedithost --timeout 120\n"
    "  weh soak --url ws://127.0.0.1:8423/v1/session --imodel house --pid 4711 --ops 100000\n";

/* clang-format off */
static const struct weh_cli_command commands[] = {
    { "admin", "COMMAND [ARGUMENT]...", 1, "Look after a server on this machine.", admin_more, admin_options, weh_cmd_admin, 2 },
    { "run", "SCRIPT|-", 1, "Run a script of requests and expectations.", run_more, run_options, weh_cmd_run, 0 },
    { "connect", "", 0, "Talk to a server by hand.", connect_more, connect_options, weh_cmd_connect, 0 },
    { "new", "FILE", 1, "Make a new iModel file.", NULL, new_options, weh_cmd_new, 0 },
    { "inspect", "FILE", 1, "Show what is in an iModel file.", NULL, inspect_options, weh_cmd_inspect, 0 },
    { "token", "", 0, "Print a token, signed with a local server's key.", NULL, token_options, weh_cmd_token, 0 },
    { "bench", "", 0, "Measure a server, print JSON.", bench_more, bench_options, weh_cmd_bench, 0 },
    { "soak", "", 0, "Let many sessions work at once and check every answer.", soak_more, soak_options, weh_cmd_soak, 0 },
};
/* clang-format on */

static void print_help(FILE *file)
{
    fputs("weh COMMAND [OPTION]... [ARGUMENT]\n"
          "Command-line client and toolbox of webedithost.\n\n",
          file);
    for (size_t i = 0; i < WEH_ARRAY_LEN(commands); i++) {
        fprintf(file, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fputs("\nweh COMMAND --help explains one. weh --version prints the version.\n"
          "Exit status: 0 done, 1 failed, 2 wrong command line.\n",
          file);
}

int main(int argc, char **argv)
{
    const char *name = argc < 2 ? "" : argv[1];
    struct weh_cli cli;

    if (strcmp(name, "--help") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return WEH_EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        puts("weh " WEH_VERSION);
        return WEH_EXIT_OK;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) != 0) {
            continue;
        }
        if (!weh_cli_parse(&commands[i], argc - 2, argv + 2, &cli)) {
            return WEH_EXIT_USAGE;
        }
        if (cli.help) {
            weh_cli_help(&commands[i], stdout);
            return WEH_EXIT_OK;
        }
        return commands[i].run(&cli);
    }
    if (argc < 2) {
        print_help(stderr);
    } else {
        fprintf(stderr, "weh: unknown command %s (see weh --help)\n", name);
    }
    return WEH_EXIT_USAGE;
}
