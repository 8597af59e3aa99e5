/* src/ecsql/tree.h - the tree that the grammar makes of an ECSQL text.
 *
 * Everything lies in the arena of one compilation. The parser fills the first half of a node, the
 * resolver (resolve.h) the second; nothing is ever taken out. A node knows how deep it is, and the
 * parser refuses a text whose tree is deeper than ECSQL_MAX_DEPTH: that bound is what lets the later
 * stages walk the tree by recursion. Chains of AND, OR, + and so on are lists, not depth.
 */
#ifndef ECSQL_TREE_H
#define ECSQL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/str.h"

#include "node_kind.h"
#include "type.h"

#define ECSQL_MAX_DEPTH 64    /* of the tree; SQLite itself allows 1000 of its own */
#define ECSQL_MAX_NODES 20000 /* in all */

struct ecsql_query;
struct ecsql_source;
struct ecsql_ref;
struct ecsql_function;

struct ecsql_node {
    enum ecsql_kind kind;
    enum ecsql_op op;
    enum ecsql_op infix; /* of an operand of a CHAIN but the first: what stands before it */
    enum ecsql_op nulls; /* of an ORDER */
    uint32_t at;         /* byte in the text, for messages */
    uint16_t depth;
    uint16_t parens; /* pairs around it */
    bool negated;
    bool quoted;   /* a NAME in quotes or brackets */
    bool colon;    /* a NAME behind a colon */
    bool plus;     /* of a CLASS: "+" stands before its ALL or ONLY */
    bool keyword;  /* a CALL whose name is a keyword */
    bool backward; /* of a JOIN USING; with forward both are false: not said */
    bool forward;
    struct weh_str text;
    struct ecsql_node *a, *b, *c;
    struct ecsql_node *next;   /* in a list */
    struct ecsql_query *query; /* of a SUBQUERY */

    /* by the resolver */
    struct ecsql_type type;
    const struct ecsql_ref *ref;           /* of a PATH: what it stands for */
    struct ecsql_source *source;           /* of what stands in FROM; of an EXTRACT */
    const struct weh_ec_class *ec_class;   /* of a CLASS in a list of types */
    const struct ecsql_function *function; /* of a CALL */
    uint16_t param;                        /* of a PARAM: number of the parameter, from 1 */
    uint16_t cell;                         /* of a COLUMN: its first SQL column; query: whose; of
                                            * a JOIN USING: the end that b stands at */
    double day;                            /* of a DATETIME: Julian day */
};

/** A list while it is being made. */
struct ecsql_list {
    struct ecsql_node *first, *last;
};

/** One SELECT or VALUES. */
struct ecsql_select {
    struct ecsql_select *next; /* the one after UNION ... */
    enum ecsql_op set_op;      /* UNION ... before this one; NONE for the first */
    enum ecsql_op quantifier;  /* DISTINCT, ALL */
    uint32_t at;
    bool is_values;
    bool more_rows; /* a further row of the VALUES before it */
    uint16_t depth;
    struct ecsql_node *columns; /* COLUMNs; of VALUES the first row */
    struct ecsql_node *from;
    struct ecsql_node *where;
    struct ecsql_node *group;
    struct ecsql_node *having;
    struct ecsql_node *windows; /* definitions: OVERs */
    struct ecsql_node *order;
    struct ecsql_node *limit, *offset;
    struct ecsql_node *options;
    struct ecsql_source *sources; /* by the resolver: what FROM has, in order */
};

/** WITH name(columns) AS (query). */
struct ecsql_cte {
    struct ecsql_cte *next;
    struct weh_str name;
    uint32_t at;
    uint16_t number;
    bool in_use; /* it is being resolved: recursion */
    struct ecsql_query *query;
};

/** Selects joined by UNION ..., perhaps behind WITH. */
struct ecsql_query {
    uint16_t number; /* in the statement: names of its columns in SQL */
    uint16_t depth;
    bool recursive;
    bool resolved;
    struct ecsql_cte *ctes;
    struct ecsql_select *selects;
    struct ecsql_node *names; /* of the columns, when WITH gives them */
    uint16_t n_columns;
    uint16_t n_cells;             /* SQL columns */
    struct ecsql_column *columns; /* by the resolver */
};

/** PRAGMA name = value, or PRAGMA name(value). */
struct ecsql_pragma {
    struct weh_str name;
    struct ecsql_node *value; /* or NULL */
    struct ecsql_node *path;  /* of FOR, or NULL */
    uint32_t at;
    bool sets; /* "= value", not "(value)" */
};

/** A whole text: one of the two is there. */
struct ecsql_tree {
    struct ecsql_query *query;
    struct ecsql_pragma *pragma;
    struct ecsql_node *params; /* all PARAMs, in order, linked by b */
    uint16_t n_queries;
    uint16_t n_ctes;
};

#endif
