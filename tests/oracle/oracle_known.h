/* tests/oracle/oracle_known.h - the list of differences that are explained (known.txt). */
#ifndef ORACLE_KNOWN_H
#define ORACLE_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/buf.h"
#include "weh/err.h"
#include "weh/str.h"

#define ORACLE_KNOWN_MAX 32

struct oracle_known_row {
    struct weh_str fields[4]; /* file, kind, id, path */
    struct weh_str reason;
    uint32_t n_used;
};

struct oracle_known {
    struct weh_buf text;
    struct oracle_known_row rows[ORACLE_KNOWN_MAX];
    uint32_t n;
};

/** Read the list at @path. WEH_E_PARSE for a line without a reason, WEH_E_LIMIT for a long list. */
WEH_MUST_CHECK weh_err oracle_known_read(const char *path, struct oracle_known *out,
                                         struct weh_diag *diag);
void oracle_known_fini(struct oracle_known *known);

/** The row that explains a difference, which counts as used then, or NULL. */
const struct oracle_known_row *oracle_known_find(struct oracle_known *known, const char *file,
                                                 const char *kind, struct weh_str id,
                                                 const char *path);

#endif
