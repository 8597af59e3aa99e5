/* tests/oracle/oracle_kinds.h - what is compared: one row a kind of dump. */
#ifndef ORACLE_KINDS_H
#define ORACLE_KINDS_H

#include "weh/sink.h"
#include "weh/value.h"

#include "oracle_file.h"

struct oracle_kind {
    const char *name; /* of the dump: NAME.KIND.jsonl.xz */
    /** How many the file holds; the dump must have as many lines. NULL: it is a selection. */
    const char *count_sql;
    /** Say to @sink what the dump's @line says. */
    weh_err (*tell)(struct oracle_file *file, const struct weh_value *line, struct weh_sink *sink,
                    struct weh_diag *diag);
    bool is_metadata; /* see oracle_diff.h */
};

/** In the order of the report. Static. */
const struct oracle_kind *oracle_kinds(size_t *n);

#endif
