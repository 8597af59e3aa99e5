/* src/ecsql/source.h - what a query draws on, and what a name in it stands for.
 *
 * A query draws on sources (classes, subqueries, common tables, table functions). A source has outputs:
 * SQL columns, numbered. Of a class only those that something refers to come into being. A value of
 * several SQL columns (a point, a navigation property, a struct) is a list of outputs, its cells.
 */
#ifndef ECSQL_SOURCE_H
#define ECSQL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/ec.h"
#include "weh/str.h"

#include "tree.h"

enum ecsql_source_kind {
    ECSQL_SOURCE_CLASS,
    ECSQL_SOURCE_QUERY,
    ECSQL_SOURCE_CTE,
    ECSQL_SOURCE_FUNCTION
};

/** What an output of a class is; the properties of the class come behind these. */
enum ecsql_system {
    ECSQL_SYSTEM_ID,
    ECSQL_SYSTEM_CLASS_ID,
    ECSQL_SYSTEM_SOURCE_ID,
    ECSQL_SYSTEM_SOURCE_CLASS_ID,
    ECSQL_SYSTEM_TARGET_ID,
    ECSQL_SYSTEM_TARGET_CLASS_ID,
    ECSQL_N_SYSTEM
};

struct ecsql_output {
    bool is_system;
    enum ecsql_system system;
    uint16_t property; /* index in the class */
    uint16_t leaf;     /* index in the property's */
};

#define ECSQL_MAX_OUTPUTS 1500 /* of a class; SQLite has 2000 columns */

struct ecsql_source {
    struct ecsql_source *next; /* in the same FROM */
    enum ecsql_source_kind kind;
    uint16_t number; /* its alias in SQL */
    bool only;
    bool is_alone;        /* in its FROM, and not within a condition or value */
    bool unfiltered;      /* other classes in the same tables are not left out */
    struct weh_str alias; /* as the query says, or empty */
    const struct weh_ec_class *ec_class;
    struct ecsql_query *query; /* of a CTE that of its body */
    struct ecsql_cte *cte;
    struct ecsql_output *outputs;
    uint16_t n_outputs, room;
    struct ecsql_node
        *required; /* EXTRACTs without "?", linked by c: only classes that have those */
    struct ecsql_node *node;
};

/** What a path stands for: its value and how it is called outside. */
struct ecsql_ref {
    struct ecsql_source *source;     /* NULL: a column of its own select, or an enumerator */
    const uint16_t *cells;           /* outputs of source */
    const struct ecsql_node *column; /* the column of its own select */
    struct weh_str enumerator;       /* value, as text */
    struct weh_str path;             /* "Model.Id", as declared; of an alias that */
    struct weh_str name;             /* its last part */
    struct weh_str shown;            /* how it is shown outside, if not as its path */
    bool generated;                  /* it goes by an alias, or is computed further inside */
    bool is_system;                  /* id and class id columns */
    bool is_part;                    /* a coordinate, or an alias of one */
    struct weh_str declared_in;      /* full name of a class; empty for system columns */
};

/** A column of a query, seen from outside. */
struct ecsql_column {
    struct weh_str name; /* by which it can be referred to */
    struct ecsql_type type;
    const struct ecsql_ref *ref; /* of a plain path; else NULL */
    const struct ecsql_node *node;
    bool generated;
    bool is_part;        /* an alias of a coordinate */
    uint16_t first_cell; /* SQL column */
};

#endif
