/* tests/oracle/oracle_options.h - what the programs that compare with the dumps are asked for. */
#ifndef ORACLE_OPTIONS_H
#define ORACLE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/err.h"
#include "weh/value.h"

#define ORACLE_NAMES_MAX 16

/** Texts are borrowed from the command line. */
struct oracle_options {
    const char *data_dir;
    const char *known;     /* list of explained differences */
    bool has_json, has_id; /* which options there are besides: set by the program */
    const char *id;        /* of the only line to compare, or NULL */
    bool json;
    bool whole; /* everything is compared */
    uint32_t n_shown_max;
    const char
        *names[ORACLE_NAMES_MAX]; /* of files; @all of oracle_options_read when none is given */
    size_t n_names;
};

/** @out has the defaults; @all, ORACLE_NAMES_MAX at most, stay borrowed. False when the command line is wrong, which has been told then. */
bool oracle_options_read(struct oracle_options *out, const char *const *all, size_t n_all, int argc,
                         char **argv);

struct oracle_lines {
    void *ctx;
    void (*line)(void *ctx, struct weh_str text);
};
/** Tell each line of the packed text @path. Errors as data_file_read. */
WEH_MUST_CHECK weh_err oracle_lines_read(const char *path, const struct oracle_lines *lines,
                                         struct weh_diag *diag);

/** One line of a dump, or an answer of ours. */
WEH_MUST_CHECK weh_err oracle_parse(struct weh_str text, struct weh_arena *arena,
                                    struct weh_value *out, struct weh_diag *diag);

#endif
