/* src/options.c - the daemon's command line: --set over environment over file over default. */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <getopt.h>

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "set", required_argument, NULL, 's' },
    { "check-config", no_argument, NULL, 'k' },
    { "print-config", no_argument, NULL, 'p' },
    { "version", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

const char *options_help(void)
{
    return "Usage: webedithost [OPTION]...\n"
           "\n"
           "WebSocket edit server for iTwin.js iModels. Serves the iModels in data.dir/imodels\n"
           "on ws://listen.host:listen.port/v1/session until SIGTERM or SIGINT (SIGHUP reloads\n"
           "the settings that can change while it runs). When it is ready it prints one line of\n"
           "JSON on standard output; logs go to standard error.\n"
           "\n"
           "  --config FILE      read settings from FILE (INI; see --print-config)\n"
           "  --set KEY=VALUE    set one setting, e.g. --set listen.port=0; may be repeated\n"
           "  --check-config     check the settings, print them, and exit\n"
           "  --print-config     print a commented example with every setting, and exit\n"
           "  --version          print the version, and exit\n"
           "  --help             print this, and exit\n"
           "\n"
           "A setting can also come from the environment: listen.port is WEH_LISTEN_PORT.\n"
           "Precedence: --set, environment, file, default.\n"
           "\n"
           "Exit status: 0 stopped in good order, 1 failed while running, 2 bad command line or\n"
           "settings.\n";
}

/* Apply one --set KEY=VALUE; @config NULL only checks the form. */
static weh_err take_setting(const char *text, struct weh_config *config, struct weh_diag *diag)
{
    const char *equals = text == NULL ? NULL : strchr(text, '=');
    char key[128];

    if (equals == NULL || (size_t)(equals - text) >= sizeof(key)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "--set", "--set needs KEY=VALUE, not %s",
                              text == NULL ? "nothing" : text);
    }
    (void)snprintf(key, sizeof(key), "%.*s", (int)(equals - text), text);
    return config == NULL ? WEH_OK : weh_config_set(config, key, equals + 1, "--set", diag);
}

static enum options_action action_of(int option)
{
    switch (option) {
    case 'k':
        return OPTIONS_CHECK;
    case 'p':
        return OPTIONS_PRINT;
    case 'v':
        return OPTIONS_VERSION;
    case 'h':
        return OPTIONS_HELP;
    default:
        return OPTIONS_RUN;
    }
}

/* One walk over the command line. With @config NULL only @file and @action are taken; else the
 * --set options are applied. getopt_long keeps global state: main thread only. */
static weh_err walk(int argc, char **argv, struct weh_config *config, const char **file,
                    enum options_action *action, struct weh_diag *diag)
{
    weh_err err = WEH_OK;
    int option;

    optind = 0;
    opterr = 0;
    while (err == WEH_OK) {
        option =
            getopt_long(argc, argv, "", long_options, NULL); /* NOLINT(concurrency-mt-unsafe) */
        if (option == -1) {
            break;
        }
        if (option == '?') {
            err = weh_fail_where(diag, WEH_E_BAD_ARGS, argv[optind - 1],
                                 "unknown or incomplete option %s; see --help", argv[optind - 1]);
        } else if (option == 'c') {
            *file = optarg;
        } else if (option == 's') {
            err = take_setting(optarg, config, diag);
        } else {
            *action = action_of(option);
        }
    }
    if (err == WEH_OK && optind < argc) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, argv[optind],
                             "unexpected argument %s; see --help", argv[optind]);
    }
    return err;
}

weh_err options_read(int argc, char **argv, char *const *environment, struct weh_config *config,
                     enum options_action *action, struct weh_diag *diag)
{
    const char *file = NULL;
    weh_err err;

    *action = OPTIONS_RUN;
    err = weh_config_init(config, diag);
    if (err == WEH_OK) {
        err = walk(argc, argv, NULL, &file, action, diag);
    }
    if (err == WEH_OK && file != NULL) {
        err = weh_config_read_file(config, file, diag);
    }
    if (err == WEH_OK) {
        err = weh_config_read_environment(config, environment, diag);
    }
    if (err == WEH_OK) {
        err = walk(argc, argv, config, &file, action, diag);
    }
    return err;
}
