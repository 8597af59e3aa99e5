/* src/ecsql/name_text.h - what name_text.c and name_query.c share. */
#ifndef ECSQL_NAME_TEXT_H
#define ECSQL_NAME_TEXT_H

#include "resolve.h"

void name_put(struct weh_buf *out, const char *text);
void name_put_str(struct weh_buf *out, struct weh_str text);
/** A value or condition. */
void name_expr(struct weh_buf *out, const struct ecsql_node *node);
/** A condition: there, parentheses around a name are kept. */
void name_condition(struct weh_buf *out, const struct ecsql_node *node);
void name_list(struct weh_buf *out, const struct ecsql_node *list, const char *between);
const char *name_op(enum ecsql_op op);

/* ---- name_query.c ---- */

void name_bare_query(struct weh_buf *out, const struct ecsql_query *query);
/** In parentheses. */
void name_query(struct weh_buf *out, const struct ecsql_query *query);
/** A window in parentheses, or a blank and its name. */
void name_window(struct weh_buf *out, const struct ecsql_node *window);

#endif
