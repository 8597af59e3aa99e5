/* src/ecsql/pragma.c - PRAGMA ecdb_ver and the few others that only tell something. */
#include "parse.h"
#include "statement.h"

#define HELP(name, type, what) "('" name "','" type "','" what "')"

/* What is supported there and not here is not told. */
static const char help[] =
    "VALUES" HELP("disqualify_type_index", "class", "set/get disqualify_type_index flag for a given ECClass") "," HELP("ecdb_ver", "global", "return current and file profile versions") "," HELP(
        "experimental_features_enabled", "global",
        "enable/disable experimental features") "," HELP("help", "global",
                                                         "return list of pragma supported") "," HELP("validate_ecsql_writes",
                                                                                                     "global",
                                                                                                     "validate values in ECSql insert statements.");

static const struct {
    const char *name;
    const char *columns[3];
    enum weh_ec_primitive type;
    bool of_class; /* FOR class */
    const char *sql;
} pragmas[] = {
    { "ecdb_ver",
      { "current", "file" },
      WEH_EC_STRING,
      false,
      "SELECT '4.0.0.5',json_extract(StrData,'$.major')||'.'||"
      "json_extract(StrData,'$.minor')||'.'||json_extract(StrData,'$.sub1')||'.'||"
      "json_extract(StrData,'$.sub2') FROM be_Prop WHERE Namespace='ec_Db' AND "
      "Name='SchemaVersion'" },
    { "disqualify_type_index", { "disqualify_type_index" }, WEH_EC_BOOLEAN, true, "SELECT 0" },
    { "experimental_features_enabled",
      { "experimental_features_enabled" },
      WEH_EC_BOOLEAN,
      false,
      "SELECT 0" },
    { "help", { "pragma", "type", "descr" }, WEH_EC_STRING, false, help },
    { "parse_tree", { "val" }, WEH_EC_STRING, false, "SELECT ''" },
    { "validate_ecsql_writes", { "validate_ecsql_writes" }, WEH_EC_BOOLEAN, false, "SELECT 0" },
};

static weh_err not_supported(struct ecsql_context *context, const struct ecsql_pragma *pragma)
{
    return ecsql_fail(context->text, pragma->at, context->diag, "PRAGMA %.*s is not supported",
                      WEH_STR_ARGS(pragma->name));
}

weh_err ecsql_pragma_columns(struct ecsql_context *context, struct ecsql_statement *out)
{
    const struct ecsql_pragma *pragma = out->pragma;
    const struct weh_ec_class *ec_class = NULL;
    size_t i = 0;

    while (i < WEH_ARRAY_LEN(pragmas) &&
           !weh_str_eq_nocase(pragma->name, weh_str_from(pragmas[i].name))) {
        i++;
    }
    if (i == WEH_ARRAY_LEN(pragmas) || pragma->value != NULL ||
        pragmas[i].of_class != (pragma->path != NULL)) {
        return not_supported(context, pragma);
    }
    if (pragma->path != NULL) {
        weh_err err = resolve_class(context, pragma->path->a, &ec_class);

        if (err != WEH_OK) {
            return err;
        }
    }
    out->columns = weh_arena_array(context->arena, 3, sizeof(*out->columns));
    if (out->columns == NULL) {
        return weh_fail_nomem(context->diag);
    }
    for (; out->n_columns < 3 && pragmas[i].columns[out->n_columns] != NULL; out->n_columns++) {
        struct ecsql_result_column *column = &out->columns[out->n_columns];

        column->type = ecsql_type_of(pragmas[i].type);
        column->generated = true;
        column->name = weh_str_from(pragmas[i].columns[out->n_columns]);
        column->json_name = column->name;
        column->access = column->name;
        column->type_name =
            pragmas[i].type == WEH_EC_BOOLEAN ? WEH_STR("boolean") : WEH_STR("string");
        column->first_cell = out->n_columns;
    }
    out->sql = pragmas[i].sql;
    return WEH_OK;
}
