/* src/options.h - the daemon's command line. */
#ifndef WEH_OPTIONS_H
#define WEH_OPTIONS_H

#include "weh/config.h"
#include "weh/err.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_CHECK,
    OPTIONS_PRINT,
    OPTIONS_VERSION,
    OPTIONS_HELP
};

/**
 * Read the command line, the file it names and the environment into @config (initialised here).
 *
 * @action  what the user wants.
 *
 * WEH_E_BAD_ARGS and what weh_config_* raise; @config must be finished in every case.
 */
WEH_MUST_CHECK weh_err options_read(int argc, char **argv, char *const *environment,
                                    struct weh_config *config, enum options_action *action,
                                    struct weh_diag *diag);

/** The text of --help. Static. */
const char *options_help(void);

#endif
