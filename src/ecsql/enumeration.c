/* src/ecsql/enumeration.c - enumerations by name and by id: the catalogue only knows their ids. */
#include <stdio.h>

#include "weh/db.h"
#include "weh/json.h"

#include "parse.h"
#include "resolve.h"

/* The enumerations of one name; @names are schema (or alias) and enumeration. */
static weh_err find(struct ecsql_context *context, const struct ecsql_node *names,
                    sqlite3_stmt **stmt, bool *row)
{
    weh_err err = weh_stmt_acquire(
        context->briefcase,
        "SELECT e.Id, e.UnderlyingPrimitiveType, e.EnumValues FROM ec_Enumeration e"
        " JOIN ec_Schema s ON s.Id=e.SchemaId"
        " WHERE (s.Name=?1 COLLATE NOCASE OR s.Alias=?1 COLLATE NOCASE)"
        " AND e.Name=?2 COLLATE NOCASE",
        stmt, context->diag);

    *row = false;
    if (err != WEH_OK) {
        return err;
    }
    for (int i = 1; i <= 2; i++, names = names->next) {
        if (sqlite3_bind_text64(*stmt, i, names->text.ptr, names->text.len, SQLITE_STATIC,
                                SQLITE_UTF8) != SQLITE_OK) {
            return weh_fail_nomem(context->diag);
        }
    }
    return weh_stmt_step(context->briefcase, *stmt, row, context->diag);
}

static struct ecsql_type type_of_row(sqlite3_stmt *stmt)
{
    struct ecsql_type type =
        ecsql_type_of(sqlite3_column_int(stmt, 1) == WEH_EC_STRING ? WEH_EC_STRING : WEH_EC_INT);

    type.enumeration_id = (weh_id)sqlite3_column_int64(stmt, 0);
    return type;
}

/* The value of the enumerator @name of the JSON text @values, as text; empty: no such. */
static weh_err enumerator_value(struct ecsql_context *context, struct weh_str values,
                                struct weh_str name, struct weh_str *out)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 100000 };
    struct weh_value list;
    weh_err err = weh_json_parse(values, &limits, context->arena, &list, NULL);
    char number[32];

    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(context->diag);
    }
    for (uint32_t i = 0; err == WEH_OK && list.type == WEH_VALUE_ARRAY && i < list.n; i++) {
        const struct weh_value *item = &list.as.items[i];
        const struct weh_value *its_name = weh_value_get(item, "Name");
        const struct weh_value *text = weh_value_get(item, "StringValue");
        int64_t integer = 0;

        if (its_name == NULL || its_name->type != WEH_VALUE_STRING ||
            !weh_str_eq_nocase(weh_value_str(its_name), name)) {
            continue;
        }
        if (text != NULL && text->type == WEH_VALUE_STRING) {
            *out = weh_value_str(text);
        } else if (weh_value_get(item, "IntValue") != NULL &&
                   weh_value_to_int64(weh_value_get(item, "IntValue"), &integer)) {
            (void)snprintf(number, sizeof(number), "%lld", (long long)integer);
            out->ptr = weh_arena_strdup(context->arena, weh_str_from(number));
            out->len = weh_str_from(number).len;
        }
        return out->ptr == NULL ? weh_fail_nomem(context->diag) : WEH_OK;
    }
    return WEH_OK;
}

weh_err ecsql_enumerator_find(struct ecsql_context *context, const struct ecsql_node *names,
                              struct weh_str *value, struct ecsql_type *type)
{
    const struct ecsql_node *name = names->next == NULL ? NULL : names->next->next;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    *value = (struct weh_str){ NULL, 0 };
    if (name == NULL || name->next != NULL) {
        return WEH_OK;
    }
    err = find(context, names, &stmt, &row);
    if (err == WEH_OK && row) {
        err = enumerator_value(context, weh_stmt_text(stmt, 2), name->text, value);
        *type = type_of_row(stmt);
    }
    weh_stmt_release(context->briefcase, stmt);
    return err;
}

weh_err ecsql_cast_enumeration(struct ecsql_context *context, struct ecsql_node *node)
{
    struct ecsql_node name = { .text = node->text };
    struct ecsql_node schema = { .text = node->b->text, .next = &name };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = find(context, &schema, &stmt, &row);

    if (err == WEH_OK && row) {
        node->type = type_of_row(stmt);
    } else if (err == WEH_OK) {
        err = ecsql_fail(context->text, node->at, context->diag,
                         "Invalid CAST target type '%.*s.%.*s'. The type does not exist.",
                         WEH_STR_ARGS(schema.text), WEH_STR_ARGS(name.text));
    }
    weh_stmt_release(context->briefcase, stmt);
    return err;
}

weh_err ecsql_enumeration_name(struct ecsql_context *context, weh_id id, struct weh_str *out)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(context->briefcase,
                                   "SELECT s.Name||'.'||e.Name FROM ec_Enumeration e"
                                   " JOIN ec_Schema s ON s.Id=e.SchemaId WHERE e.Id=?1",
                                   &stmt, context->diag);

    *out = WEH_STR("");
    if (err == WEH_OK) {
        (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
        err = weh_stmt_step(context->briefcase, stmt, &row, context->diag);
    }
    if (err == WEH_OK && row) {
        out->len = weh_stmt_text(stmt, 0).len;
        out->ptr = weh_arena_strdup(context->arena, weh_stmt_text(stmt, 0));
        err = out->ptr == NULL ? weh_fail_nomem(context->diag) : WEH_OK;
    }
    weh_stmt_release(context->briefcase, stmt);
    return err;
}
