/* src/ecsql/node_kind.h - what the nodes of a tree (tree.h) can be, and the members that each uses. */
#ifndef ECSQL_NODE_KIND_H
#define ECSQL_NODE_KIND_H

enum ecsql_kind {
    ECSQL_NULL,
    ECSQL_BOOL, /* op: ECSQL_OP_TRUE or _FALSE */
    ECSQL_INTEGER,
    ECSQL_REAL,
    ECSQL_STRING,
    ECSQL_DATETIME, /* DATE '...', TIME, TIMESTAMP: datetime tells which */
    ECSQL_NOW,      /* CURRENT_DATE ...: text is its name */
    ECSQL_PARAM,    /* text: the name, empty for ? */
    ECSQL_PATH,     /* a: its names */
    ECSQL_NAME,     /* of a path: text; "*" unquoted and "$" have an op */
    ECSQL_EXTRACT,  /* a: instance path, b: property path; op OPTIONAL for ? */
    ECSQL_UNARY,    /* op a */
    ECSQL_CHAIN,    /* a: operands, see infix; c: the last */
    ECSQL_CALL,     /* text(a, ...); op DISTINCT, ALL or STAR */
    ECSQL_OVER, /* a: call, b: condition of FILTER, c: WINDOW or NAME; of a definition text and c */
    ECSQL_WINDOW,  /* of OVER or of a name; text: existing name, a: partition, b: order, c: frame */
    ECSQL_FRAME,   /* op: unit, a: bounds (one or two), c: exclusion as a name */
    ECSQL_BOUND,   /* op, a: how many rows */
    ECSQL_COLLATE, /* a COLLATE text */
    ECSQL_CAST,    /* a; text: type, b: schema name or NULL, op ARRAY */
    ECSQL_IIF,     /* a: condition, b, c */
    ECSQL_CASE,    /* a: the WHENs, b: ELSE or NULL */
    ECSQL_WHEN,    /* a: condition, b: value */
    ECSQL_NAV_VALUE, /* NAVIGATION_VALUE(a, b, c): a: path of the property, b: id, c: class or NULL */
    ECSQL_SUBQUERY,   /* query */
    ECSQL_COMPARE,    /* a op b */
    ECSQL_IS,         /* a IS b, b a NULL, BOOL or value; negated */
    ECSQL_IS_TYPE,    /* a IS (b ...), each a CLASS; negated */
    ECSQL_BETWEEN,    /* a BETWEEN b AND c; negated */
    ECSQL_LIKE,       /* a LIKE b ESCAPE c; negated */
    ECSQL_IN,         /* a IN (b, ...) or b a SUBQUERY; negated */
    ECSQL_MATCH,      /* a MATCH b; negated */
    ECSQL_QUANTIFIED, /* a op ANY|SOME (b), b a SUBQUERY; negated: ALL */
    ECSQL_EXISTS,     /* a: SUBQUERY */
    ECSQL_NOT,        /* a */
    ECSQL_LOGIC,      /* a: conditions; op AND or OR; c: the last */
    /* what stands in FROM */
    ECSQL_CLASS,   /* a: its path, text: alias; op ONLY, ALL */
    ECSQL_FUNC,    /* a table function: a: path, b: arguments, text: alias */
    ECSQL_DERIVED, /* a: SUBQUERY, text: alias */
    ECSQL_JOIN,    /* a join b; op; c: condition of ON, or a CLASS: USING; negated: BACKWARD */
    /* parts of selects */
    ECSQL_COLUMN, /* a: value, text: alias */
    ECSQL_ORDER,  /* a; op ASC, DESC; nulls */
    ECSQL_OPTION  /* text, a: value or NULL */
};

enum ecsql_op {
    ECSQL_OP_NONE,
    ECSQL_OP_TRUE,
    ECSQL_OP_FALSE,
    ECSQL_OP_UNKNOWN,
    ECSQL_OP_STAR,
    ECSQL_OP_DOLLAR,
    ECSQL_OP_OPTIONAL,
    ECSQL_OP_ARRAY,
    ECSQL_OP_DISTINCT,
    ECSQL_OP_ALL,
    ECSQL_OP_ONLY,
    ECSQL_OP_PLUS_ALL, /* the grammar's: "+ALL", "+ONLY", and "+" alone */
    ECSQL_OP_PLUS_ONLY,
    ECSQL_OP_PLUS,
    ECSQL_OP_ANY,
    ECSQL_OP_SOME,
    ECSQL_OP_ADD,
    ECSQL_OP_SUBTRACT,
    ECSQL_OP_MULTIPLY,
    ECSQL_OP_DIVIDE,
    ECSQL_OP_MODULO,
    ECSQL_OP_CONCAT,
    ECSQL_OP_SHIFT_LEFT,
    ECSQL_OP_SHIFT_RIGHT,
    ECSQL_OP_BIT_AND,
    ECSQL_OP_BIT_OR,
    ECSQL_OP_BIT_NOT,
    ECSQL_OP_EQ,
    ECSQL_OP_NE,
    ECSQL_OP_LT,
    ECSQL_OP_LE,
    ECSQL_OP_GT,
    ECSQL_OP_GE,
    ECSQL_OP_AND,
    ECSQL_OP_OR,
    ECSQL_OP_ASC,
    ECSQL_OP_DESC,
    ECSQL_OP_FIRST,
    ECSQL_OP_LAST,
    ECSQL_OP_UNION,
    ECSQL_OP_UNION_ALL,
    ECSQL_OP_INTERSECT,
    ECSQL_OP_INTERSECT_ALL,
    ECSQL_OP_EXCEPT,
    ECSQL_OP_EXCEPT_ALL,
    ECSQL_OP_COMMA, /* joins, from here */
    ECSQL_OP_INNER,
    ECSQL_OP_LEFT,
    ECSQL_OP_RIGHT,
    ECSQL_OP_FULL,
    ECSQL_OP_CROSS,
    ECSQL_OP_NATURAL,
    ECSQL_OP_ROWS, /* windows, from here */
    ECSQL_OP_RANGE,
    ECSQL_OP_GROUPS,
    ECSQL_OP_UNBOUNDED_PRECEDING,
    ECSQL_OP_UNBOUNDED_FOLLOWING,
    ECSQL_OP_CURRENT_ROW,
    ECSQL_OP_PRECEDING,
    ECSQL_OP_FOLLOWING
};

#endif
