/* src/ecsql/statement.h - a compiled query: SQL, what its columns are, what must be bound. */
#ifndef ECSQL_STATEMENT_H
#define ECSQL_STATEMENT_H

#include <sqlite3.h>

#include "weh/ecsql.h"

#include "sql.h"

/** A column of the answer and its metadata (QueryPropertyMetaData of @itwin/core-common). */
struct ecsql_result_column {
    struct ecsql_type type;
    uint16_t first_cell; /* SQL column */
    bool generated;
    bool is_stored; /* straight from a class: a value that cannot be read is damage of the file */
    struct weh_str class_name, access, name, json_name, extended, type_name;
};

struct ecsql_statement {
    struct weh_arena arena; /* of all that follows */
    const struct weh_ec_catalog *catalog;
    const char *sql;
    struct ecsql_result_column *columns;
    uint16_t n_columns;
    struct ecsql_param *params;
    uint16_t n_params;
    struct ecsql_literal *literals;
    uint16_t first_literal;      /* SQL parameter of the first, from 1 */
    struct ecsql_pragma *pragma; /* or NULL */
    bool is_random;              /* run again, it answers something else */
};

/** Compile @text. @out is in place; free it with ecsql_statement_fini, also after a failure. */
WEH_MUST_CHECK weh_err ecsql_compile(struct weh_briefcase *briefcase,
                                     const struct weh_ec_catalog *catalog, struct weh_str text,
                                     struct ecsql_statement *out, struct weh_diag *diag);
void ecsql_statement_fini(struct ecsql_statement *statement);

/* ---- columns.c ---- */

/** The columns of @context's query into @out. */
WEH_MUST_CHECK weh_err ecsql_columns_make(struct ecsql_context *context,
                                          struct ecsql_statement *out);
/** Write them as an array of objects. */
void ecsql_columns_write(const struct ecsql_statement *statement, bool abbreviate_blobs,
                         struct weh_sink *sink);

/* ---- pragma.c ---- */

/** The columns and the SQL of @out->pragma. */
WEH_MUST_CHECK weh_err ecsql_pragma_columns(struct ecsql_context *context,
                                            struct ecsql_statement *out);

/* ---- bind.c ---- */

/** *@shown: enum ecsql_shown of each column, or NULL; for the style of rows, as long as @stmt is bound. */
/** Bind @args and the query's own texts. Texts are copied. WEH_E_BAD_ARGS (where args...). */
WEH_MUST_CHECK weh_err ecsql_bind(const struct ecsql_statement *statement,
                                  const struct weh_value *args, sqlite3_stmt *stmt,
                                  const uint8_t **shown, struct weh_arena *arena,
                                  struct weh_diag *diag);

/* ---- row.c ---- */

struct ecsql_row_style {
    enum weh_ecsql_rows rows;
    bool js_values, class_names, abbreviate_blobs, trim_nulls;
    bool long_doubles;    /* longs are written as doubles, as in "$" */
    const uint8_t *shown; /* of ecsql_bind */
};

/** Write the current row of @stmt; *@bytes grows by roughly what its values take. On failure the sink is
 * left inside a value. */
WEH_MUST_CHECK weh_err ecsql_row_write(const struct ecsql_statement *statement,
                                       const struct ecsql_row_style *style, sqlite3_stmt *stmt,
                                       struct weh_sink *sink, uint64_t *bytes,
                                       struct weh_diag *diag);

#endif
