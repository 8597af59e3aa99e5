/* src/ecsql/resolve_path.c - paths of names: where they are looked up, and what is said when they are not
 * found.
 *
 * A name is looked up in the sources of its own select, then in those of the selects around it; then
 * among the aliases of its own select, then among enumerations.
 */
#include <stdio.h>
#include <string.h>

#include "weh/ec_suggest.h"

#include "parse.h"
#include "resolve.h"

static weh_err find_local(struct ecsql_context *context, struct ecsql_node *node,
                          const struct ecsql_scope *scope, bool *found)
{
    struct ecsql_node other = *node;
    bool again = false;

    *found = false;
    for (struct ecsql_source *source = scope->select == NULL ? NULL : scope->select->sources;
         source != NULL; source = source->next) {
        weh_err err = resolve_in_source(context, source, node->a, *found ? &other : node, &again);

        if (err != WEH_OK) {
            return err;
        }
        if (again && *found) {
            return ecsql_fail(context->text, node->at, context->diag,
                              "'%.*s' is ambiguous: more than one class has it",
                              WEH_STR_ARGS(node->a->text));
        }
        *found = *found || again;
    }
    return WEH_OK;
}

/* A column of the select itself, by its alias (or, in ORDER BY of a UNION, its name). */
static weh_err find_column(struct ecsql_context *context, struct ecsql_node *node,
                           const struct ecsql_scope *scope, bool *found)
{
    struct ecsql_select *select = scope->select;
    struct ecsql_ref *ref;

    *found = false;
    if (select != NULL && scope->is_union) {
        select = scope->query->selects;
    }
    for (const struct ecsql_node *column = select == NULL ? NULL : select->columns; column != NULL;
         column = column->next) {
        const struct ecsql_ref *inner = column->a->kind == ECSQL_PATH ? column->a->ref : NULL;
        bool by_path = scope->is_union && inner != NULL && column->text.len == 0 &&
                       weh_str_eq_nocase(inner->path, node->a->text);

        if (node->a->next != NULL ||
            (!by_path &&
             (column->text.len == 0 || !weh_str_eq_nocase(column->text, node->a->text)))) {
            continue;
        }
        ref = weh_arena_alloc(context->arena, sizeof(*ref));
        if (ref == NULL) {
            return weh_fail_nomem(context->diag);
        }
        ref->column = column;
        ref->path = column->text.len > 0 ? column->text : inner->path;
        ref->name = ref->path;
        ref->generated = true;
        node->ref = ref;
        node->type = column->a->type;
        *found = true;
        return WEH_OK;
    }
    return WEH_OK;
}

static void text_of(const struct ecsql_node *names, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (; names != NULL && n + 1 < size; names = names->next) {
        int written = snprintf(out + n, size - n, "%.*s%s", WEH_STR_ARGS(names->text),
                               names->next == NULL ? "" : ".");

        n += written < 0 ? 0 : (size_t)written;
    }
}

static void suggest_of(const struct weh_ec_class *ec_class, struct weh_str name,
                       struct weh_str *nearest, unsigned *best)
{
    for (uint16_t i = 0; ec_class != NULL && i < ec_class->n_properties; i++) {
        unsigned far = weh_ec_name_distance(name, ec_class->properties[i].name);

        if (far < *best && far < (name.len + 1) / 2) {
            *best = far;
            *nearest = ec_class->properties[i].name;
        }
    }
}

/* The property of the scope's classes that is spelled most like @name; empty: none. */
static struct weh_str suggest(const struct ecsql_scope *scope, struct weh_str name)
{
    const struct ecsql_source *source = scope->select == NULL ? NULL : scope->select->sources;
    struct weh_str nearest = { NULL, 0 };
    unsigned best = WEH_EC_NEAR + 1;

    for (; source != NULL; source = source->next) {
        suggest_of(source->ec_class, name, &nearest, &best);
    }
    return nearest;
}

static weh_err not_found(struct ecsql_context *context, const struct ecsql_node *node,
                         const struct ecsql_scope *scope)
{
    const struct ecsql_node *last = node->a;
    struct weh_str near;
    char path[100];

    while (last->next != NULL) {
        last = last->next;
    }
    near = suggest(scope, last->text);
    text_of(node->a, path, sizeof(path));
    return ecsql_fail(context->text, node->at, context->diag,
                      "No property or enumeration found for expression '%s'.%s%.*s%s", path,
                      near.len == 0 ? "" : " Did you mean '", WEH_STR_ARGS(near),
                      near.len == 0 ? "" : "'?");
}

static weh_err find_enumerator(struct ecsql_context *context, struct ecsql_node *node, bool *found)
{
    struct weh_str value = { NULL, 0 };
    struct ecsql_ref *ref;
    weh_err err = ecsql_enumerator_find(context, node->a, &value, &node->type);

    *found = err == WEH_OK && value.ptr != NULL;
    if (err != WEH_OK || !*found) {
        return err;
    }
    ref = weh_arena_alloc(context->arena, sizeof(*ref));
    if (ref == NULL) {
        return weh_fail_nomem(context->diag);
    }
    ref->enumerator = value;
    node->ref = ref;
    return WEH_OK;
}

weh_err resolve_path(struct ecsql_context *context, struct ecsql_node *node,
                     const struct ecsql_scope *scope)
{
    bool found = false;
    weh_err err = WEH_OK;

    if (node->ref != NULL) { /* from "*" */
        return WEH_OK;
    }
    if (ecsql_is_instance(node)) {
        return resolve_instance(context, node, scope);
    }
    if (scope->is_union) {
        err = find_column(context, node, scope, &found);
        return err == WEH_OK && !found ? not_found(context, node, scope) : err;
    }
    for (const struct ecsql_scope *at = scope; at != NULL && err == WEH_OK && !found;
         at = at->outer) {
        err = find_local(context, node, at, &found);
    }
    if (err == WEH_OK && !found) {
        err = find_column(context, node, scope, &found);
    }
    if (err == WEH_OK && !found) {
        err = find_enumerator(context, node, &found);
    }
    return err == WEH_OK && !found ? not_found(context, node, scope) : err;
}
