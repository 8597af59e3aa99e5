/* src/ecsql/sql.h - a resolved tree as SQL.
 *
 * Names in the text are those of tables and columns of the catalogue (through sql_name, which quotes
 * them) and ones of our own: t1 a source, c1 an output of a class, q1r1 a column of a query, w1 a common
 * table. Of the client's text only digits come through; all else is bound.
 */
#ifndef ECSQL_SQL_H
#define ECSQL_SQL_H

#include "resolve.h"

/** A text of the query that is bound: parameter number first_literal + its place in the list. */
struct ecsql_literal {
    struct ecsql_literal *next;
    struct weh_str text;
    bool is_shown; /* instead: how columns are shown (instance_read.h) */
};

struct ecsql_sql {
    struct ecsql_context *context;
    struct weh_buf out;
    struct ecsql_literal *literals, *last_literal;
    uint16_t n_params;   /* SQL parameters of the query's own */
    uint16_t n_literals; /* behind them */
    uint16_t shown;      /* the one of them that is_shown, from 1 */
    weh_err err;
};

/** The tree of @sql->context into @sql->out. WEH_E_QUERY, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err ecsql_sql_write(struct ecsql_sql *sql);

/* ---- sql_query.c ---- */

void sql_query(struct ecsql_sql *sql, const struct ecsql_query *query);
/** @text must not be longer than what a compiler's message has room for. */
void sql_fail(struct ecsql_sql *sql, const struct ecsql_node *node, const char *text);

/* ---- sql_source.c ---- */

/** What stands in FROM for @source, with its alias. */
void sql_source(struct ecsql_sql *sql, const struct ecsql_source *source);
/** Append @name, which is a table or column of the catalogue, in quotes. */
void sql_name(struct ecsql_sql *sql, struct weh_str name);

/* ---- sql_view.c ---- */

/** Is @ec_class a view of custom attributes, or a relationship that one of its properties stands for? */
bool ecsql_is_view(const struct weh_ec_class *ec_class);
bool ecsql_is_view_key(const struct weh_ec_class *ec_class);
/** Is @ref what the query of a view computes, which only seems to be a property? */
bool ecsql_is_computed(const struct ecsql_ref *ref);
/** The view @source as a SELECT. */
void sql_view(struct ecsql_sql *sql, const struct ecsql_source *source);

/* ---- sql_expr.c ---- */

/** SQL column @cell of the value or condition @node. */
void sql_cell(struct ecsql_sql *sql, const struct ecsql_node *node, uint16_t cell);
void sql_expr(struct ecsql_sql *sql, const struct ecsql_node *node);
/** ORDER BY items. */
void sql_orders(struct ecsql_sql *sql, const struct ecsql_node *orders);
/** A window in parentheses, or its name. */
void sql_window(struct ecsql_sql *sql, const struct ecsql_node *window);

/** Append a parameter that is bound to @text. */
void sql_text(struct ecsql_sql *sql, struct weh_str text);
/** Append the parameter that points to how columns are shown. */
void sql_shown(struct ecsql_sql *sql);

/* ---- sql_where.c ---- */

/** The condition of WHERE or ON, with what helps SQLite to find its rows. */
void sql_where(struct ecsql_sql *sql, const struct ecsql_node *node);

/* ---- instance.c ---- */

#define ECSQL_INSTANCE_FUNCTION "weh_instance"
/* Its flags. */
#define ECSQL_INSTANCE_JS    1U
#define ECSQL_INSTANCE_BLOBS 2U

/** "$" or "$->property". */
void sql_instance(struct ecsql_sql *sql, const struct ecsql_node *node);

/* ---- partition.c ---- */

/** Classes whose instances are found alike: in one table, each output in one column. */
struct ecsql_group {
    struct ecsql_group *next;
    const struct weh_ec_table *table;    /* with a row for each instance */
    const struct weh_ec_class *ec_class; /* one of them */
    weh_id *ids;                         /* of the classes */
    uint32_t n_ids;
    bool filter; /* the table has rows of other classes too */
};

/** Where the instances of the class @source are; *@out NULL: nowhere. In the arena. */
WEH_MUST_CHECK weh_err ecsql_partition(struct ecsql_context *context,
                                       const struct ecsql_source *source, struct ecsql_group **out);
/** The leaf of @ec_class, a subclass of @source's, that @output is; NULL for ids. */
const struct weh_ec_leaf *ecsql_group_leaf(const struct ecsql_source *source,
                                           const struct weh_ec_class *ec_class,
                                           const struct ecsql_output *output);

#endif
