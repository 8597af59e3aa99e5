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

/* "listen.port" as "WEH_LISTEN_PORT". */
static void environment_name(const char *key, char out[MAX_KEY_BYTES])
{
    size_t n = (size_t)snprintf(out, MAX_KEY_BYTES, "WEH_%s", key);

    for (size_t i = 0; i < n && i < MAX_KEY_BYTES; i++) {
        out[i] = out[i] == '.' ? '_' : (char)toupper((unsigned char)out[i]);
    }
}

weh_err weh_config_read_environment(struct weh_config *config, char *const *environment,
                                    struct weh_diag *diag)
{
    size_t n;
    const struct config_row *rows = config_rows(&n);

    for (size_t i = 0; i < n; i++) {
        char name[MAX_KEY_BYTES];
        size_t len;

        environment_name(rows[i].key, name);
        len = strlen(name);
        for (char *const *entry = environment; *entry != NULL; entry++) {
            weh_err err;

            if (strncmp(*entry, name, len) != 0 || (*entry)[len] != '=') {
                continue;
            }
            err = weh_config_set(config, rows[i].key, *entry + len + 1, name, diag);
            if (err != WEH_OK) {
                return err;
            }
        }
    }
    return WEH_OK;
}
