/* tests/oracle/oracle_diff.h - where two JSON values differ first.
 *
 * The expected one is a line of a dump, in which {"$base64": "..."} stands for bytes; the actual one
 * is our JSON, in which bytes are "encoding=base64;...".
 */
#ifndef ORACLE_DIFF_H
#define ORACLE_DIFF_H

#include <stdbool.h>

#include "weh/value.h"

#define ORACLE_PATH_MAX 256

struct oracle_difference {
    char path[ORACLE_PATH_MAX];       /* "placement.origin[2]"; "" is the value itself */
    const char *what;                 /* one word: "value", "type", "missing", ... */
    const struct weh_value *expected; /* NULL: no such member or item */
    const struct weh_value *actual;
    bool is_metadata; /* see oracle_equal */
};

/**
 * True when the values are equal: types, texts, members and their order; numbers to 1e-12 of the
 * larger one. Else *@out is the first difference, which borrows from both.
 *
 * With @out->is_metadata our side may say more: members in any order and further ones, apart from the
 * map "properties" itself; and arrays in custom attributes, where the official class metadata has an
 * object without them.
 */
bool oracle_equal(const struct weh_value *expected, const struct weh_value *actual,
                  struct oracle_difference *out);

#endif
