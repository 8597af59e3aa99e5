/* src/base/config_file.c - settings from an INI file and from the environment. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "weh/config.h"

#include "config_priv.h"

#define MAX_KEY_BYTES 128

/* What the INI reader's callback needs. */
struct reading {
    struct weh_config *config;
    const char *path;
    struct weh_diag *diag;
    weh_err err;
    int line; /* counted by the line reader: inih hides it from the callback */
    FILE *file;
};

static char *next_line(char *line, int size, void *stream)
{
    struct reading *reading = stream;

    reading->line++;
    return fgets(line, size, reading->file);
}

static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    char key[MAX_KEY_BYTES];
    char source[256];

    if (reading->err != WEH_OK) {
        return 0;
    }
    (void)snprintf(source, sizeof(source), "%s:%d", reading->path, reading->line);
    if (snprintf(key, sizeof(key), "%s%s%s", section, section[0] == '\0' ? "" : ".", name) >=
        (int)sizeof(key)) {
        reading->err = weh_fail_where(reading->diag, WEH_E_BAD_ARGS, "key",
                                      "%s: the name of a setting is too long", source);
        return 0;
    }
    reading->err = weh_config_set(reading->config, key, value, source, reading->diag);
    return reading->err == WEH_OK;
}

weh_err weh_config_read_file(struct weh_config *config, const char *path, struct weh_diag *diag)
{
    struct reading reading = { .config = config, .path = path, .diag = diag, .err = WEH_OK };
    int bad_line;

    reading.file = fopen(path, "re");
    if (reading.file == NULL) {
        return weh_fail_where(diag, WEH_E_FILE_NOT_FOUND, "--config", "cannot read %s: %s", path,
                              errno == ENOENT ? "no such file" : "not readable");
    }
    bad_line = ini_parse_stream(next_line, &reading, take_value, &reading);
    (void)fclose(reading.file);
    if (reading.err != WEH_OK) {
        return reading.err;
    }
    if (bad_line != 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "--config",
                              "%s:%d: neither [section] nor key = value", path, bad_line);
    }
    return WEH_OK;
}

static int variable_letter(char c)
{
    if (c == '.') {
        return '_';
    }
    return (toupper)((unsigned char)c); /* the function: the macro is long */
}

/* The value of the variable that stands for @key ("listen.port" is WEH_LISTEN_PORT) when @entry, one
 * "NAME=VALUE" of the environment, is that; else NULL. */
static const char *value_for(const char *key, const char *entry)
{
    const size_t len = strlen(key);

    if (strncmp(entry, "WEH_", 4) != 0) {
        return NULL;
    }
    entry += 4;
    for (size_t i = 0; i < len; i++) {
        if (entry[i] != variable_letter(key[i])) {
            return NULL; /* also at the end of a shorter entry */
        }
    }
    return entry[len] == '=' ? entry + len + 1 : NULL;
}

static weh_err take_variable(struct weh_config *config, const struct config_row *row,
                             const char *entry, struct weh_diag *diag)
{
    const char *value = value_for(row->key, entry);
    char name[MAX_KEY_BYTES];

    if (value == NULL) {
        return WEH_OK;
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(value - entry - 1), entry);
    return weh_config_set(config, row->key, value, name, diag);
}

weh_err weh_config_read_environment(struct weh_config *config, char *const *environment,
                                    struct weh_diag *diag)
{
    size_t n;
    const struct config_row *rows = config_rows(&n);
    weh_err err = WEH_OK;

    for (char *const *entry = environment; *entry != NULL; entry++) {
        for (size_t i = 0; i < n && err == WEH_OK; i++) {
            err = take_variable(config, &rows[i], *entry, diag);
        }
    }
    return err;
}
