/* src/ecsql/build.h - what the grammar's actions call to make the tree; between grammar.y and parse.c.
 *
 * Each function answers NULL when something failed before or fails now (build->err says what), and
 * takes NULL for what is missing.
 */
#ifndef ECSQL_BUILD_H
#define ECSQL_BUILD_H

#include "weh/arena.h"
#include "weh/err.h"

#include "lexer.h"
#include "tree.h"

/** A tree while it is being made. */
struct ecsql_build {
    struct weh_arena *arena;
    struct weh_str text;
    struct ecsql_tree *tree;
    struct ecsql_node *last_param;
    uint32_t n_nodes;
    weh_err err;
    const char *what; /* is wrong */
    uint32_t at;      /* where */
};

/** Remember the first thing that is wrong. */
void build_fail(struct ecsql_build *p, const char *what, uint32_t at);
void build_syntax_error(struct ecsql_build *p, const struct ecsql_token *token);
void build_too_deep(struct ecsql_build *p);

/* ---- build.c: lists, selects, what stands in FROM ---- */

struct ecsql_node *build_node(struct ecsql_build *p, enum ecsql_kind kind, uint32_t at);
void build_check_depth(struct ecsql_build *p, uint16_t depth, uint32_t at);
/** Depth of @node from those of its parts. */
struct ecsql_node *build_deepen(struct ecsql_build *p, struct ecsql_node *node);
struct ecsql_list build_list(struct ecsql_node *node);
struct ecsql_list build_append(struct ecsql_list list, struct ecsql_node *node);

struct ecsql_node *build_name(struct ecsql_build *p, const struct ecsql_token *token);
struct ecsql_node *build_colon_name(struct ecsql_build *p, const struct ecsql_token *token);
struct ecsql_node *build_special_name(struct ecsql_build *p, const struct ecsql_token *token,
                                      enum ecsql_op op);
struct ecsql_node *build_word(struct ecsql_build *p, const struct ecsql_token *token,
                              const char *text);
struct ecsql_node *build_path(struct ecsql_build *p, const struct ecsql_list *names);
struct ecsql_node *build_column(struct ecsql_build *p, struct ecsql_node *value,
                                const struct ecsql_token *alias);
struct ecsql_node *build_row(struct ecsql_build *p, struct ecsql_list values);
struct ecsql_node *build_order(struct ecsql_build *p, struct ecsql_node *value, enum ecsql_op way,
                               enum ecsql_op nulls);
struct ecsql_node *build_limit(struct ecsql_build *p, struct ecsql_node *limit,
                               struct ecsql_node *offset);
struct ecsql_node *build_option(struct ecsql_build *p, const struct ecsql_token *name,
                                struct ecsql_node *value);
void build_pragma(struct ecsql_build *p, const struct ecsql_token *name, struct ecsql_node *value,
                  struct ecsql_node *path, bool sets);

struct ecsql_select *build_select_head(struct ecsql_build *p, const struct ecsql_token *token,
                                       enum ecsql_op quantifier, struct ecsql_list columns);
/** @head with the clauses of @rest. */
struct ecsql_select *build_select(struct ecsql_build *p, struct ecsql_select *head,
                                  const struct ecsql_select *rest);
struct ecsql_select *build_values(struct ecsql_build *p, const struct ecsql_token *token,
                                  struct ecsql_list rows);
struct ecsql_query *build_query(struct ecsql_build *p, struct ecsql_select *select);
struct ecsql_query *build_union(struct ecsql_build *p, struct ecsql_query *query, enum ecsql_op op,
                                struct ecsql_select *select);
/** A query of common tables only, until build_with gives them to @query. */
struct ecsql_query *build_with_begin(struct ecsql_build *p, bool recursive, struct ecsql_cte *cte);
struct ecsql_query *build_with_more(struct ecsql_query *with, struct ecsql_cte *cte);
struct ecsql_cte *build_cte(struct ecsql_build *p, const struct ecsql_token *name,
                            const struct ecsql_list *columns, struct ecsql_query *query);
struct ecsql_query *build_with(struct ecsql_build *p, struct ecsql_query *with,
                               struct ecsql_query *query);

struct ecsql_node *build_class(struct ecsql_build *p, const struct ecsql_list *path);
/** The same of a PATH. */
struct ecsql_node *build_class_of(struct ecsql_build *p, struct ecsql_node *path);
struct ecsql_node *build_only(struct ecsql_node *node, enum ecsql_op only);
struct ecsql_node *build_alias(struct ecsql_node *node, const struct ecsql_token *alias);
struct ecsql_node *build_function(struct ecsql_build *p, const struct ecsql_list *path,
                                  const struct ecsql_list *args);
struct ecsql_node *build_derived(struct ecsql_build *p, enum ecsql_op only,
                                 struct ecsql_node *subquery);
struct ecsql_node *build_join(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                              struct ecsql_node *b, struct ecsql_node *on);
struct ecsql_node *build_natural(struct ecsql_build *p, const struct ecsql_token *token,
                                 struct ecsql_node *a, struct ecsql_node *b);
struct ecsql_node *build_using(struct ecsql_build *p, struct ecsql_node *join,
                               enum ecsql_op direction);
struct ecsql_node *build_using_columns(struct ecsql_build *p, const struct ecsql_token *token,
                                       struct ecsql_node *a);

/* ---- build_expr.c: values and conditions ---- */

struct ecsql_node *build_literal(struct ecsql_build *p, const struct ecsql_token *token,
                                 enum ecsql_kind kind);
struct ecsql_node *build_unknown(struct ecsql_build *p, const struct ecsql_token *token);
struct ecsql_node *build_param(struct ecsql_build *p, const struct ecsql_token *token,
                               const struct ecsql_token *name);
struct ecsql_node *build_parens(struct ecsql_build *p, struct ecsql_node *node);
struct ecsql_node *build_subquery(struct ecsql_build *p, struct ecsql_query *query);
struct ecsql_node *build_extract(struct ecsql_build *p, struct ecsql_node *instance,
                                 struct ecsql_node *path, bool optional);
struct ecsql_node *build_datetime(struct ecsql_build *p, const struct ecsql_token *token,
                                  const struct ecsql_token *text, enum weh_ec_datetime kind);
struct ecsql_node *build_now(struct ecsql_build *p, const struct ecsql_token *token,
                             enum weh_ec_datetime kind);
struct ecsql_node *build_unary(struct ecsql_build *p, const struct ecsql_token *token,
                               enum ecsql_op op, struct ecsql_node *a);
struct ecsql_node *build_chain(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                               struct ecsql_node *b);
struct ecsql_node *build_logic(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                               struct ecsql_node *b);
struct ecsql_node *build_not(struct ecsql_build *p, const struct ecsql_token *token,
                             struct ecsql_node *a);
struct ecsql_node *build_compare(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                                 struct ecsql_node *b);
struct ecsql_node *build_quantified(struct ecsql_build *p, enum ecsql_op op, struct ecsql_node *a,
                                    enum ecsql_op some, struct ecsql_node *subquery);
struct ecsql_node *build_between(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                                 struct ecsql_node *b, struct ecsql_node *c);
struct ecsql_node *build_like(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                              struct ecsql_node *b, struct ecsql_node *escape);
struct ecsql_node *build_in(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                            struct ecsql_node *values);
struct ecsql_node *build_match(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                               struct ecsql_node *b);
struct ecsql_node *build_is(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                            struct ecsql_node *b);
struct ecsql_node *build_is_types(struct ecsql_build *p, struct ecsql_node *a, bool negated,
                                  struct ecsql_list types);
struct ecsql_node *build_exists(struct ecsql_build *p, struct ecsql_node *subquery);
struct ecsql_node *build_unique(struct ecsql_build *p, const struct ecsql_token *token,
                                struct ecsql_node *subquery);
struct ecsql_node *build_when(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_node *condition, struct ecsql_node *value);
struct ecsql_node *build_case(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_list whens, struct ecsql_node *otherwise);
struct ecsql_node *build_cast(struct ecsql_build *p, const struct ecsql_token *token,
                              struct ecsql_node *value, const struct ecsql_token *schema,
                              const struct ecsql_token *type);
struct ecsql_node *build_iif(struct ecsql_build *p, const struct ecsql_token *token,
                             struct ecsql_node *a, struct ecsql_node *b, struct ecsql_node *c);
struct ecsql_node *build_nav_value(struct ecsql_build *p, const struct ecsql_token *token,
                                   struct ecsql_node *path, struct ecsql_list values);
struct ecsql_node *build_call(struct ecsql_build *p, const struct ecsql_token *name,
                              enum ecsql_op quantifier, const struct ecsql_list *args);
/** A function whose name is a keyword. */
struct ecsql_node *build_aggregate(struct ecsql_build *p, const struct ecsql_token *name,
                                   enum ecsql_op quantifier, const struct ecsql_list *args);
struct ecsql_node *build_over(struct ecsql_build *p, struct ecsql_node *call,
                              struct ecsql_node *filter, struct ecsql_node *window);
struct ecsql_node *build_window_name(struct ecsql_build *p, const struct ecsql_token *name);
struct ecsql_node *build_window(struct ecsql_build *p, const struct ecsql_token *token,
                                const struct ecsql_token *name, struct ecsql_node *partition,
                                struct ecsql_node *order, struct ecsql_node *frame);
struct ecsql_node *build_window_def(struct ecsql_build *p, const struct ecsql_token *name,
                                    struct ecsql_node *window);
struct ecsql_node *build_collate(struct ecsql_build *p, struct ecsql_node *path,
                                 const struct ecsql_token *name);
struct ecsql_node *build_frame(struct ecsql_build *p, enum ecsql_op unit, struct ecsql_node *from,
                               struct ecsql_node *to, struct ecsql_node *exclude);
struct ecsql_node *build_bound(struct ecsql_build *p, const struct ecsql_token *token,
                               enum ecsql_op op, struct ecsql_node *value);

#endif
