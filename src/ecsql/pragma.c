/* src/ecsql/pragma.c - PRAGMAs: those that tell something; what sets something is answered and changes nothing.
 *
 * Which there are, which take a value and what is said of a wrong one is as in the native library 5.1.72.
 */
#include <stdio.h>

#include "weh/ec_checksum.h"

#include "parse.h"
#include "statement.h"

#define MAX_COLUMNS 3

#define HELP(name, type, what) "('" name "','" type "','" what "')"

/* The official list, whether all of it is supported here or not: what is not, says so. */
/* clang-format off */
static const char help[] = "VALUES"
    HELP("checksum", "global", "checksum([ec_schema|ec_map|db_schema]) return sha1 checksum for data.") ","
    HELP("db_list", "global", "List all attach dbs") ","
    HELP("ecdb_ver", "global", "return current and file profile versions") ","
    HELP("experimental_features_enabled", "global", "enable/disable experimental features") ","
    HELP("explain_query", "global", "explain query plan") ","
    HELP("help", "global", "return list of pragma supported") ","
    HELP("integrity_check", "global", "performs integrity checks on ECDb") ","
    HELP("parse_tree", "global", "parse_tree(ecsql) return parse tree of ecsql.") ","
    HELP("purge_orphan_relationships", "global", "removes orphaned link-table relationships from ECDb") ","
    HELP("validate_ecsql_writes", "global", "validate values in ECSql insert statements.") ","
    HELP("disqualify_type_index", "class", "set/get disqualify_type_index flag for a given ECClass");
/* clang-format on */

enum pragma_kind {
    PRAGMA_TELLS,    /* sql, whatever value stands in parentheses */
    PRAGMA_SWITCH,   /* a boolean of the session there; here always off */
    PRAGMA_OF_CLASS, /* the same, FOR a class */
    PRAGMA_CHECKSUM,
    PRAGMA_EXPERIMENTAL /* neither here nor, by default, there */
};

struct pragma {
    const char *name;
    enum pragma_kind kind;
    const char *columns[MAX_COLUMNS];
    const char *sql;
};

static const struct pragma pragmas[] = {
    { "checksum", PRAGMA_CHECKSUM, { "sha3_256" }, NULL },
    { "disqualify_type_index", PRAGMA_OF_CLASS, { "disqualify_type_index" }, "SELECT 0" },
    { "ecdb_ver",
      PRAGMA_TELLS,
      { "current", "file" },
      "SELECT '4.0.0.5',json_extract(StrData,'$.major')||'.'||"
      "json_extract(StrData,'$.minor')||'.'||json_extract(StrData,'$.sub1')||'.'||"
      "json_extract(StrData,'$.sub2') FROM be_Prop WHERE Namespace='ec_Db' AND "
      "Name='SchemaVersion'" },
    { "experimental_features_enabled",
      PRAGMA_SWITCH,
      { "experimental_features_enabled" },
      "SELECT 0" },
    { "help", PRAGMA_TELLS, { "pragma", "type", "descr" }, help },
    { "integrity_check", PRAGMA_EXPERIMENTAL, { NULL }, NULL },
    { "parse_tree", PRAGMA_EXPERIMENTAL, { "val" }, "SELECT ''" },
    { "purge_orphan_relationships", PRAGMA_EXPERIMENTAL, { NULL }, NULL },
    { "validate_ecsql_writes", PRAGMA_SWITCH, { "validate_ecsql_writes" }, "SELECT 0" },
};

static weh_err refuse(struct ecsql_context *context, const struct ecsql_pragma *pragma,
                      const char *what)
{
    return ecsql_fail(context->text, pragma->at, context->diag, "PRAGMA %.*s %s",
                      WEH_STR_ARGS(pragma->name), what);
}

static const struct pragma *find(const struct ecsql_pragma *pragma)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(pragmas); i++) {
        if (weh_str_eq_nocase(pragma->name, weh_str_from(pragmas[i].name))) {
            return &pragmas[i];
        }
    }
    return NULL;
}

/* A switch that is set answers with what it is set to; only TRUE and FALSE set one. */
static const char *set_sql(const struct ecsql_pragma *pragma)
{
    return pragma->value->kind == ECSQL_BOOL && pragma->value->op == ECSQL_OP_TRUE ? "SELECT 1"
                                                                                   : "SELECT 0";
}

static weh_err checksum_sql(struct ecsql_context *context, const struct ecsql_pragma *pragma,
                            const char **out)
{
    static const char *const names[] = {
        [WEH_EC_CHECKSUM_SCHEMAS] = "ecdb_schema",
        [WEH_EC_CHECKSUM_MAP] = "ecdb_map",
        [WEH_EC_CHECKSUM_TABLES] = "sqlite_schema",
    };
    const struct ecsql_node *value = pragma->value;
    char sum[WEH_EC_CHECKSUM_LEN + 1] = "";
    char sql[WEH_EC_CHECKSUM_LEN + 16];
    size_t what = 0;
    weh_err err;

    if (value == NULL || (value->kind != ECSQL_NAME && value->kind != ECSQL_STRING)) {
        return refuse(context, pragma, "takes ecdb_schema, ecdb_map or sqlite_schema");
    }
    while (what < WEH_ARRAY_LEN(names) &&
           !weh_str_eq_nocase(value->text, weh_str_from(names[what]))) {
        what++;
    }
    if (what == WEH_ARRAY_LEN(names)) {
        return refuse(context, pragma, "takes ecdb_schema, ecdb_map or sqlite_schema");
    }
    err = weh_ec_checksum(context->briefcase, (enum weh_ec_checksum)what, sum, context->diag);
    if (err != WEH_OK) {
        return err;
    }
    (void)snprintf(sql, sizeof(sql), "SELECT '%s'", sum);
    *out = weh_arena_strdup(context->arena, weh_str_from(sql));
    return *out == NULL ? weh_fail_nomem(context->diag) : WEH_OK;
}

/* What @pragma runs; *@columns is false when it answers with nothing. */
static weh_err pragma_sql(struct ecsql_context *context, const struct ecsql_pragma *pragma,
                          const struct pragma *known, const char **out, bool *columns)
{
    const struct weh_ec_class *ec_class = NULL;
    weh_err err = WEH_OK;

    *out = known->sql;
    if ((known->kind == PRAGMA_OF_CLASS) != (pragma->path != NULL)) {
        return refuse(context, pragma,
                      pragma->path == NULL ? "is for a class: FOR ..." : "is not for a class");
    }
    if (pragma->sets && (known->kind == PRAGMA_TELLS || known->kind == PRAGMA_CHECKSUM)) {
        return refuse(context, pragma, "is readonly");
    }
    switch (known->kind) {
    case PRAGMA_OF_CLASS:
        err = resolve_class(context, pragma->path->a, &ec_class);
        if (err == WEH_OK && pragma->sets && pragma->value->kind != ECSQL_BOOL &&
            pragma->value->kind != ECSQL_INTEGER) {
            err = refuse(context, pragma, "expects a boolean or an integer");
        }
        *columns = !pragma->sets;
        return err;
    case PRAGMA_CHECKSUM:
        return checksum_sql(context, pragma, out);
    case PRAGMA_SWITCH:
        *out = pragma->sets ? set_sql(pragma) : known->sql;
        return WEH_OK;
    case PRAGMA_EXPERIMENTAL:
        return known->sql == NULL || pragma->value != NULL
                   ? refuse(context, pragma, "is experimental and not supported")
                   : WEH_OK;
    case PRAGMA_TELLS:
    default:
        return WEH_OK;
    }
}

weh_err ecsql_pragma_columns(struct ecsql_context *context, struct ecsql_statement *out)
{
    const struct pragma *known = find(out->pragma);
    bool columns = true;
    weh_err err;

    if (known == NULL) {
        return refuse(context, out->pragma, "is not supported");
    }
    err = pragma_sql(context, out->pragma, known, &out->sql, &columns);
    if (err != WEH_OK) {
        return err;
    }
    out->columns = weh_arena_array(context->arena, MAX_COLUMNS, sizeof(*out->columns));
    if (out->columns == NULL) {
        return weh_fail_nomem(context->diag);
    }
    if (!columns) {
        out->sql = "SELECT 0 WHERE 0";
        return WEH_OK;
    }
    for (; out->n_columns < MAX_COLUMNS && known->columns[out->n_columns] != NULL;
         out->n_columns++) {
        struct ecsql_result_column *column = &out->columns[out->n_columns];
        bool is_switch = known->kind == PRAGMA_SWITCH || known->kind == PRAGMA_OF_CLASS;

        column->type = ecsql_type_of(is_switch ? WEH_EC_BOOLEAN : WEH_EC_STRING);
        column->generated = true;
        column->name = weh_str_from(known->columns[out->n_columns]);
        column->json_name = column->name;
        column->access = column->name;
        column->type_name = is_switch ? WEH_STR("boolean") : WEH_STR("string");
        column->first_cell = out->n_columns;
    }
    return WEH_OK;
}
