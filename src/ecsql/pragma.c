/* src/ecsql/pragma.c - PRAGMA ecdb_ver and the few others that only tell something. */
#include "weh/json.h"

#include "parse.h"
#include "statement.h"

static const struct {
    const char *name;
    const char *columns[3];
    enum weh_ec_primitive type;
} pragmas[] = {
    { "ecdb_ver", { "current", "file", NULL }, WEH_EC_STRING },
    { "experimental_features_enabled",
      { "experimental_features_enabled", NULL, NULL },
      WEH_EC_BOOLEAN },
};

weh_err ecsql_pragma_columns(struct ecsql_context *context, struct ecsql_statement *out)
{
    const struct ecsql_pragma *pragma = out->pragma;
    size_t i = 0;

    while (i < WEH_ARRAY_LEN(pragmas) &&
           !weh_str_eq_nocase(pragma->name, weh_str_from(pragmas[i].name))) {
        i++;
    }
    if (i == WEH_ARRAY_LEN(pragmas) || pragma->value != NULL || pragma->path != NULL) {
        return ecsql_fail(context->text, pragma->at, context->diag, "PRAGMA %.*s is not supported",
                          WEH_STR_ARGS(pragma->name));
    }
    out->columns = weh_arena_array(context->arena, 3, sizeof(*out->columns));
    if (out->columns == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (; pragmas[i].columns[out->n_columns] != NULL; out->n_columns++) {
        struct ecsql_result_column *column = &out->columns[out->n_columns];

        column->type = ecsql_type_of(pragmas[i].type);
        column->generated = true;
        column->name = weh_str_from(pragmas[i].columns[out->n_columns]);
        column->json_name = column->name;
        column->access = column->name;
        column->type_name =
            pragmas[i].type == WEH_EC_BOOLEAN ? WEH_STR("boolean") : WEH_STR("string");
    }
    out->sql = weh_str_eq_nocase(pragma->name, WEH_STR("ecdb_ver"))
                   ? "SELECT '4.0.0.5',json_extract(StrData,'$.major')||'.'||"
                     "json_extract(StrData,'$.minor')||'.'||json_extract(StrData,'$.sub1')||'.'||"
                     "json_extract(StrData,'$.sub2') FROM be_Prop WHERE Namespace='ec_Db' AND "
                     "Name='SchemaVersion'"
                   : "SELECT 0";
    for (uint16_t n = 0; n < out->n_columns; n++) {
        out->columns[n].first_cell = n;
    }
    return WEH_OK;
}
