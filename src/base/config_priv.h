/* src/base/config_priv.h - the row of a setting, shared by the table and its readers. */
#ifndef WEH_CONFIG_PRIV_H
#define WEH_CONFIG_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type {
    CONFIG_TEXT,
    CONFIG_NUMBER,
    CONFIG_BOOL,
    CONFIG_CHOICE
};

struct config_row {
    const char *key; /* "listen.port" */
    size_t offset;   /* of the member in struct weh_config */
    const char *default_text;
    int64_t min; /* of numbers */
    int64_t max;
    const char *unit;    /* "" when there is none */
    const char *choices; /* separated by '|' */
    const char *help;
    enum config_type type;
    bool reloadable;
    bool secret;
};

/** The table. Static. */
const struct config_row *config_rows(size_t *n);

#endif
