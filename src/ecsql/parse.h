/* src/ecsql/parse.h - from text to a tree whose shape is ECSQL; no names are known yet. */
#ifndef ECSQL_PARSE_H
#define ECSQL_PARSE_H

#include "weh/arena.h"
#include "weh/err.h"

#include "tree.h"

/**
 * Parse @text into *@tree, which lives in @arena.
 *
 * WEH_E_QUERY (where is "line L column C"), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err ecsql_parse(struct weh_str text, struct weh_arena *arena,
                                   struct ecsql_tree *tree, struct weh_diag *diag);

/** Raise WEH_E_QUERY about byte @at of @text. */
weh_err ecsql_fail(struct weh_str text, uint32_t at, struct weh_diag *diag, const char *format, ...)
    WEH_PRINTF(4, 5);

/* ---- shape.c ---- */

/** What is wrong with @tree although the grammar took it, and where (*@at); NULL: nothing. */
const char *ecsql_shape_check(const struct ecsql_tree *tree, uint32_t *at);

#endif
