/* src/ecsql/resolve_nav.c - NAVIGATION_VALUE(class.property, id, relationship class): a navigation value out of
 * its parts.
 */
#include "parse.h"
#include "resolve.h"

#define MAX_CLASS_NAMES 3

/* The names of @path but the last into @class_names; *@last is that. */
static weh_err split_path(struct ecsql_context *context, const struct ecsql_node *path,
                          struct ecsql_node class_names[MAX_CLASS_NAMES],
                          const struct ecsql_node **last)
{
    const struct ecsql_node *name = path->a;
    size_t n = 0;

    for (; name->next != NULL && n < MAX_CLASS_NAMES; name = name->next) {
        class_names[n] = *name;
        class_names[n].next = NULL;
        if (n > 0) {
            class_names[n - 1].next = &class_names[n];
        }
        n++;
    }
    *last = name;
    return n > 0 && name->next == NULL
               ? WEH_OK
               : ecsql_fail(context->text, path->at, context->diag,
                            "NAVIGATION_VALUE takes <schema>.<class>.<property>");
}

static const struct weh_ec_property *navigation_find(const struct weh_ec_class *ec_class,
                                                     struct weh_str name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (ec_class->properties[i].kind == WEH_EC_NAVIGATION &&
            weh_str_eq_nocase(ec_class->properties[i].name, name)) {
            return &ec_class->properties[i];
        }
    }
    return NULL;
}

weh_err resolve_nav_value(struct ecsql_context *context, struct ecsql_node *node,
                          const struct ecsql_scope *scope)
{
    const struct weh_ec_class *ec_class = NULL;
    const struct weh_ec_property *property = NULL;
    const struct ecsql_type number = ecsql_type_of(WEH_EC_LONG);
    const struct ecsql_node *last = NULL;
    struct ecsql_node class_names[MAX_CLASS_NAMES];
    struct ecsql_node *parts[] = { node->b, node->c };
    weh_err err;

    err = split_path(context, node->a, class_names, &last);
    err = err == WEH_OK ? resolve_class(context, class_names, &ec_class) : err;
    property = err == WEH_OK ? navigation_find(ec_class, last->text) : NULL;
    if (err == WEH_OK && property == NULL) {
        err = ecsql_fail(context->text, last->at, context->diag,
                         "NAV function expects first argument to be an ECNavigation property.");
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(parts) && err == WEH_OK && parts[i] != NULL; i++) {
        err = resolve_expr(context, parts[i], scope);
        resolve_tell_param(context, parts[i], &number);
        if (err == WEH_OK && !ecsql_type_is_scalar(&parts[i]->type)) {
            err = ecsql_fail(context->text, parts[i]->at, context->diag,
                             "NAVIGATION_VALUE takes an id and the id of a relationship class");
        }
    }
    if (err == WEH_OK && property != NULL) {
        node->type = (struct ecsql_type){ .kind = ECSQL_TYPE_NAVIGATION,
                                          .property = property,
                                          .n_leaves = property->n_leaves };
    }
    return err;
}
