/* src/ecsql/compile.c - the stages of a compilation, one after the other. */
#include <string.h>

#include "parse.h"
#include "statement.h"

#define COMPILE_BYTES ((size_t)64 << 20) /* of all that one query takes */
#define SQL_BYTES     ((size_t)4 << 20)

static weh_err write_sql(struct ecsql_context *context, struct ecsql_statement *out)
{
    struct ecsql_sql sql = { .context = context };
    weh_err err;

    weh_buf_init(&sql.out, SQL_BYTES);
    err = ecsql_sql_write(&sql);
    if (err == WEH_OK) {
        out->sql =
            weh_arena_strdup(context->arena, (struct weh_str){ (char *)sql.out.data, sql.out.len });
        err = out->sql == NULL ? weh_fail_nomem(context->diag) : WEH_OK;
    }
    out->literals = sql.literals;
    out->first_literal = (uint16_t)(sql.n_params + 1);
    weh_buf_fini(&sql.out);
    return err;
}

weh_err ecsql_compile(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog,
                      struct weh_str text, struct ecsql_statement *out, struct weh_diag *diag)
{
    struct ecsql_tree tree = { .query = NULL };
    struct ecsql_context context = { .briefcase = briefcase,
                                     .catalog = catalog,
                                     .arena = &out->arena,
                                     .text = text,
                                     .tree = &tree,
                                     .diag = diag };
    weh_err err;

    memset(out, 0, sizeof(*out));
    out->catalog = catalog;
    weh_arena_init(&out->arena, COMPILE_BYTES);
    err = ecsql_parse(text, &out->arena, &tree, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (tree.pragma != NULL) {
        out->pragma = tree.pragma;
        return ecsql_pragma_columns(&context, out);
    }
    err = ecsql_resolve(&context);
    if (err == WEH_OK) {
        ecsql_instance_mark(&context);
        err = write_sql(&context, out);
    }
    if (err == WEH_OK) {
        err = ecsql_columns_make(&context, out);
    }
    out->is_random = context.is_random;
    out->params = context.params;
    out->n_params = context.n_params;
    return err;
}

void ecsql_statement_fini(struct ecsql_statement *statement)
{
    weh_arena_fini(&statement->arena);
}
