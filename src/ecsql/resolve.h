/* src/ecsql/resolve.h - names of a tree looked up in the EC catalogue.
 *
 * What it finds is in source.h.
 */
#ifndef ECSQL_RESOLVE_H
#define ECSQL_RESOLVE_H

#include "weh/arena.h"
#include "weh/briefcase.h"
#include "weh/buf.h"
#include "weh/ec.h"
#include "weh/err.h"

#include "source.h"
#include "tree.h"

/** Where names are looked up: innermost first. */
struct ecsql_scope {
    const struct ecsql_scope *outer;
    struct ecsql_query *query;   /* whose common tables can be seen; or NULL */
    struct ecsql_select *select; /* or NULL */
    bool is_union;               /* ORDER BY of a UNION: columns of the first select only */
};

#define ECSQL_MAX_PARAMS 1000

/** A parameter, however often it stands in the text. */
struct ecsql_param {
    struct weh_str name; /* empty for ? */
    struct ecsql_type type;
    bool is_set;         /* of InVirtualSet */
    bool is_list;        /* of IdSet: a set is bound as JSON */
    uint16_t n_cells;    /* SQL parameters */
    uint16_t first_cell; /* the first of them, from 1 */
};

/** One compilation. */
struct ecsql_context {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    struct weh_arena *arena;
    struct weh_str text;
    struct ecsql_tree *tree;
    uint16_t n_sources;
    uint16_t n_params;
    uint16_t n_params_room;     /* for so many */
    uint32_t n_param_uses;      /* how often one was met */
    struct ecsql_param *params; /* PARAM.param counts from 1 */
    bool is_random;             /* calls what answers something else each time */
    struct weh_diag *diag;
};

/** Resolve all names of @context->tree. WEH_E_QUERY, WEH_E_NOMEM, those of weh_db_fail. */
WEH_MUST_CHECK weh_err ecsql_resolve(struct ecsql_context *context);

/* ---- resolve.c ---- */

/** @query in @outer (NULL: outermost). */
WEH_MUST_CHECK weh_err resolve_query(struct ecsql_context *context, struct ecsql_query *query,
                                     const struct ecsql_scope *outer);
/** Points and the like, and parameters, cannot be ordered by. */
WEH_MUST_CHECK weh_err resolve_check_order(struct ecsql_context *context,
                                           const struct ecsql_node *order);
/** The common table @name in @scope, or NULL; *@where is the scope it belongs to. */
struct ecsql_cte *resolve_find_cte(const struct ecsql_scope *scope, struct weh_str name,
                                   const struct ecsql_scope **where);
/** One more parameter; "" for ?. There are fewer than ECSQL_MAX_PARAMS. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err resolve_add_param(struct ecsql_context *context, struct weh_str name);

/* ---- resolve_from.c ---- */

/** What FROM of @scope->select has. */
WEH_MUST_CHECK weh_err resolve_from(struct ecsql_context *context, const struct ecsql_scope *scope);
/** The class that a path of names stands for. */
WEH_MUST_CHECK weh_err resolve_class(struct ecsql_context *context, const struct ecsql_node *names,
                                     const struct weh_ec_class **out);
/** Only entities and relationships have rows. */
WEH_MUST_CHECK weh_err resolve_check_queryable(struct ecsql_context *context,
                                               const struct ecsql_node *node,
                                               const struct weh_ec_class *ec_class);
/** @select's "*" and "a.*" replaced by what they stand for. */
WEH_MUST_CHECK weh_err resolve_stars(struct ecsql_context *context, struct ecsql_select *select);

/* ---- resolve_datetime.c ---- */

/** The type of DATE '...' and its like, and the day that it stands for. */
WEH_MUST_CHECK weh_err resolve_datetime(struct ecsql_context *context, struct ecsql_node *node);

/* ---- resolve_path.c, resolve_value.c, resolve_nav.c ---- */

/** A PATH, in @scope: its ref and type. */
WEH_MUST_CHECK weh_err resolve_path(struct ecsql_context *context, struct ecsql_node *node,
                                    const struct ecsql_scope *scope);
/** NAVIGATION_VALUE(class.property, id, relationship class): a navigation value out of its parts. */
WEH_MUST_CHECK weh_err resolve_nav_value(struct ecsql_context *context, struct ecsql_node *node,
                                         const struct ecsql_scope *scope);
/** What @names (a list of NAMEs) are in @source, into @node; *@found false: nothing. */
WEH_MUST_CHECK weh_err resolve_in_source(struct ecsql_context *context, struct ecsql_source *source,
                                         const struct ecsql_node *names, struct ecsql_node *node,
                                         bool *found);
/** @node as column number @at of the query @source. */
WEH_MUST_CHECK weh_err resolve_query_column(struct ecsql_context *context,
                                            struct ecsql_source *source, uint16_t at,
                                            struct ecsql_node *node);
/** Number of the output of the class @source; UINT16_MAX: no memory, or too many. */
uint16_t resolve_output(struct ecsql_context *context, struct ecsql_source *source,
                        const struct ecsql_output *output);
/** The output of an id or class id of the class @source. */
uint16_t resolve_system(struct ecsql_context *context, struct ecsql_source *source,
                        enum ecsql_system system);

/* ---- resolve_expr.c ---- */

/** A value or condition, in @scope. */
WEH_MUST_CHECK weh_err resolve_expr(struct ecsql_context *context, struct ecsql_node *node,
                                    const struct ecsql_scope *scope);

WEH_MUST_CHECK weh_err resolve_list(struct ecsql_context *context, struct ecsql_node *list,
                                    const struct ecsql_scope *scope);
/** A condition that is nothing but a parameter is refused. */
WEH_MUST_CHECK weh_err resolve_check_condition(struct ecsql_context *context,
                                               const struct ecsql_node *node);
/** @node, if it is a parameter, is used where a value of @type is. */
void resolve_tell_param(struct ecsql_context *context, struct ecsql_node *node,
                        const struct ecsql_type *type);

/* ---- resolve_call.c ---- */

WEH_MUST_CHECK weh_err resolve_call(struct ecsql_context *context, struct ecsql_node *node,
                                    const struct ecsql_scope *scope);
WEH_MUST_CHECK weh_err resolve_over(struct ecsql_context *context, struct ecsql_node *node,
                                    const struct ecsql_scope *scope);
/** A WINDOW, or the NAME of one. */
WEH_MUST_CHECK weh_err resolve_window(struct ecsql_context *context, struct ecsql_node *node,
                                      const struct ecsql_scope *scope);

/* ---- instance.c ---- */

/** Is ECSQLOPTIONS @name on, in @scope or around it? */
bool ecsql_has_option(const struct ecsql_scope *scope, const char *name);
/** Find the columns of the whole query that are "$->property": each value tells what it is. */
void ecsql_instance_mark(struct ecsql_context *context);
/** Does @path end in "$"? */
bool ecsql_is_instance(const struct ecsql_node *path);
/** "$" and "$->property": whose, and which. */
WEH_MUST_CHECK weh_err resolve_instance(struct ecsql_context *context, struct ecsql_node *node,
                                        const struct ecsql_scope *scope);

/* ---- enumeration.c ---- */

/** CAST(... AS schema.enumeration): the type. */
WEH_MUST_CHECK weh_err ecsql_cast_enumeration(struct ecsql_context *context,
                                              struct ecsql_node *node);

/** The text of the enumerator "schema.enumeration.name", or empty: its value as stored. */
WEH_MUST_CHECK weh_err ecsql_enumerator_find(struct ecsql_context *context,
                                             const struct ecsql_node *names, struct weh_str *value,
                                             struct ecsql_type *type);
/** "Schema.Name" of the enumeration @id, in the arena; NULL in *@out when there is none. */
WEH_MUST_CHECK weh_err ecsql_enumeration_name(struct ecsql_context *context, weh_id id,
                                              struct weh_str *out);

/* ---- name_text.c ---- */

/** The text by which the native library calls the computed column @node, in the arena. */
WEH_MUST_CHECK weh_err ecsql_name_text(struct ecsql_context *context, const struct ecsql_node *node,
                                       struct weh_str *out);

#endif
