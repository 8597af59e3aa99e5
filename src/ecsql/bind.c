/* src/ecsql/bind.c - arguments into a statement's parameters.
 *
 * An argument is a plain value, or {type, value} with the numbers of iTwin.js' QueryParamType. As the
 * native library does: what is not given is NULL, what is given by a position beyond the last is
 * passed over, a name that the query has not is refused.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "weh/alloc.h"
#include "weh/ec_value.h"
#include "weh/id_set.h"

#include "functions.h"
#include "instance_read.h"
#include "statement.h"

#define MAX_SET_IDS 4000000

/* QueryParamType of @itwin/core-common. */
enum {
    TYPE_BOOLEAN,
    TYPE_DOUBLE,
    TYPE_ID,
    TYPE_ID_SET,
    TYPE_INTEGER,
    TYPE_LONG,
    TYPE_NULL,
    TYPE_POINT2D,
    TYPE_POINT3D,
    TYPE_STRING,
    TYPE_BLOB,
    TYPE_STRUCT,
    TYPE_PLAIN /* not given */
};

struct binding {
    const struct ecsql_statement *statement;
    const struct ecsql_param *param;
    sqlite3_stmt *stmt;
    struct weh_arena *arena;
    struct weh_diag *diag;
    char where[64];
};

static weh_err bound(const struct binding *binding, int rc)
{
    if (rc == SQLITE_OK) {
        return WEH_OK;
    }
    return rc == SQLITE_TOOBIG
               ? weh_fail_where(binding->diag, WEH_E_TOO_LARGE, binding->where, "too large")
               : weh_fail_nomem(binding->diag);
}

static bool is_guid(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_PRIMITIVE && type->primitive == WEH_EC_BINARY &&
           weh_str_eq_nocase(type->extended, WEH_STR("BeGuid"));
}

static bool is_time(const struct ecsql_type *type)
{
    return type->kind == ECSQL_TYPE_PRIMITIVE && type->primitive == WEH_EC_DATETIME;
}

/* A text where a date or time is compared: what is none, and what has a zone or no zone in the wrong place,
 * is NULL. */
static weh_err bind_time(const struct binding *binding, struct weh_str text)
{
    enum weh_ec_datetime kind = binding->param->type.datetime;
    bool has_date = text.len >= 5 && text.ptr[2] != ':';
    bool has_clock = has_date && text.len > 10;
    bool utc = text.ptr[text.len - 1] == 'Z';
    double day = 0;

    if (has_date == (kind == WEH_EC_DT_TIME_OF_DAY) ||
        (kind == WEH_EC_DT_UTC && has_clock && !utc) ||
        !weh_julian_day_parse(text, has_date ? WEH_EC_DT_UNSPECIFIED : kind, &day)) {
        return WEH_OK;
    }
    return bound(binding, sqlite3_bind_double(binding->stmt, binding->param->first_cell, day));
}

static weh_err bind_guid(const struct binding *binding, struct weh_str text)
{
    struct weh_guid guid;

    if (!weh_guid_parse(text, &guid)) {
        return WEH_OK;
    }
    return bound(binding, sqlite3_bind_blob(binding->stmt, binding->param->first_cell, guid.bytes,
                                            (int)sizeof(guid.bytes), SQLITE_TRANSIENT));
}

static weh_err bind_text(const struct binding *binding, struct weh_str text)
{
    weh_id id;

    if (text.len > 0 && is_time(&binding->param->type)) {
        return bind_time(binding, text);
    }
    if (text.len > 0 && is_guid(&binding->param->type)) {
        return bind_guid(binding, text);
    }
    /* Ids travel as text; against an id they are numbers. */
    if (binding->param->type.id_kind != ECSQL_ID_NONE && weh_id_parse(text, &id)) {
        return bound(binding,
                     sqlite3_bind_int64(binding->stmt, binding->param->first_cell, (int64_t)id));
    }
    return bound(binding, sqlite3_bind_text64(binding->stmt, binding->param->first_cell, text.ptr,
                                              text.len, SQLITE_TRANSIENT, SQLITE_UTF8));
}

static weh_err bind_number(const struct binding *binding, const struct weh_value *value, int type)
{
    int at = binding->param->first_cell;
    int64_t integer;
    double real;

    /* The native library converts no number to a time, and no double to an id. */
    if (is_time(&binding->param->type) ||
        (type == TYPE_DOUBLE && binding->param->type.id_kind != ECSQL_ID_NONE)) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_STRING && type == TYPE_DOUBLE) {
        char text[64];

        (void)snprintf(text, sizeof(text), "%.*s", WEH_STR_ARGS(weh_value_str(value)));
        return bound(binding, sqlite3_bind_double(binding->stmt, at, strtod(text, NULL)));
    }
    if (value->type == WEH_VALUE_STRING) {
        char text[64];

        (void)snprintf(text, sizeof(text), "%.*s", WEH_STR_ARGS(weh_value_str(value)));
        return bound(binding, sqlite3_bind_int64(binding->stmt, at, strtoll(text, NULL, 10)));
    }
    if (type != TYPE_DOUBLE && weh_value_to_int64(value, &integer)) {
        return bound(binding, sqlite3_bind_int64(binding->stmt, at, integer));
    }
    if (!weh_value_to_double(value, &real)) {
        return WEH_OK;
    }
    return bound(binding, type == TYPE_INTEGER || type == TYPE_LONG
                              ? sqlite3_bind_int64(binding->stmt, at, (int64_t)real)
                              : sqlite3_bind_double(binding->stmt, at, real));
}

/* A coordinate of @value; 0 when it has none. */
static double coordinate(const struct weh_value *value, const char *name)
{
    const struct weh_value *part = weh_value_get(value, name);
    double real = 0;

    return part != NULL && weh_value_to_double(part, &real) ? real : 0;
}

/* @n: coordinates that the value's type says. ECSQL's names count when they are a whole 3D point. */
static weh_err bind_point(const struct binding *binding, const struct weh_value *value, uint16_t n)
{
    static const char *const names[2][3] = { { "x", "y", "z" }, { "X", "Y", "Z" } };
    bool upper = true;
    weh_err err = WEH_OK;

    if (binding->param->n_cells != n || !ecsql_type_is_point(&binding->param->type)) {
        return WEH_OK;
    }
    for (uint16_t i = 0; i < 3; i++) {
        upper = upper && weh_value_get(value, names[1][i]) != NULL;
    }
    for (uint16_t i = 0; i < n && i < 3 && err == WEH_OK; i++) {
        err = bound(binding, sqlite3_bind_double(binding->stmt, binding->param->first_cell + i,
                                                 coordinate(value, names[upper && n == 3][i])));
    }
    return err;
}

/* A point without a type: either names, as many coordinates as are asked for. */
static weh_err bind_plain_point(const struct binding *binding, const struct weh_value *value)
{
    static const char *const names[3][2] = { { "X", "x" }, { "Y", "y" }, { "Z", "z" } };
    weh_err err = WEH_OK;

    for (uint16_t i = 0; i < binding->param->n_cells && i < 3 && err == WEH_OK; i++) {
        double real = coordinate(value, names[i][weh_value_get(value, names[i][0]) == NULL]);

        err = bound(binding,
                    sqlite3_bind_double(binding->stmt, binding->param->first_cell + i, real));
    }
    return err;
}

static weh_err set_ids(const struct binding *binding, const struct weh_value *value,
                       struct ecsql_id_set **out)
{
    struct weh_id_list list = { NULL, 0 };
    size_t room = value->type == WEH_VALUE_ARRAY ? value->n : 0;
    weh_err err = WEH_OK;

    if (value->type == WEH_VALUE_STRING) {
        err = weh_id_set_read(weh_value_str(value), binding->where, MAX_SET_IDS, binding->arena,
                              &list, binding->diag);
        room = list.n;
    }
    if (err != WEH_OK) {
        return err;
    }
    *out = ecsql_id_set_create(room);
    if (*out == NULL) {
        return weh_fail_nomem(binding->diag);
    }
    for (size_t i = 0; i < list.n; i++) {
        ecsql_id_set_add(*out, list.ids[i]);
    }
    for (uint32_t i = 0; value->type == WEH_VALUE_ARRAY && i < value->n; i++) {
        weh_id id;

        if (value->as.items[i].type == WEH_VALUE_STRING &&
            weh_id_parse(weh_value_str(&value->as.items[i]), &id)) {
            ecsql_id_set_add(*out, id);
        }
    }
    ecsql_id_set_sort(*out);
    return WEH_OK;
}

/* A set as the JSON text that IdSet() reads. */
static weh_err bind_list(const struct binding *binding, const struct weh_value *value)
{
    struct weh_id_list list = { NULL, 0 };
    struct weh_buf buf;
    weh_err err = value->type == WEH_VALUE_STRING
                      ? weh_id_set_read(weh_value_str(value), binding->where, MAX_SET_IDS,
                                        binding->arena, &list, binding->diag)
                      : WEH_OK;

    if (err != WEH_OK) {
        return err;
    }
    weh_buf_init(&buf, (size_t)1 << 30);
    weh_buf_byte(&buf, '[');
    for (size_t i = 0; i < list.n && buf.err == WEH_OK; i++) {
        weh_buf_printf(&buf, "%s%" PRIu64, i == 0 ? "" : ",", list.ids[i]);
    }
    weh_buf_byte(&buf, ']');
    err = buf.err == WEH_OK
              ? bound(binding, sqlite3_bind_text64(binding->stmt, binding->param->first_cell,
                                                   (const char *)buf.data, buf.len,
                                                   SQLITE_TRANSIENT, SQLITE_UTF8))
              : weh_fail_nomem(binding->diag);
    weh_buf_fini(&buf);
    return err;
}

static weh_err bind_set(const struct binding *binding, const struct weh_value *value)
{
    struct ecsql_id_set *set = NULL;
    weh_err err;

    if (binding->param->is_list) {
        return bind_list(binding, value);
    }
    if (!binding->param->is_set) {
        return WEH_OK;
    }
    err = set_ids(binding, value, &set);
    if (err != WEH_OK) {
        return err;
    }
    return bound(binding, sqlite3_bind_pointer(binding->stmt, binding->param->first_cell, set,
                                               ECSQL_ID_SET_POINTER, ecsql_id_set_destroy));
}

/* What is no compressed set is an empty one. */
static weh_err bind_typed_set(const struct binding *binding, const struct weh_value *value)
{
    static const struct weh_value empty = { .type = WEH_VALUE_ARRAY };
    weh_err err = bind_set(binding, value->type == WEH_VALUE_STRING ? value : &empty);

    return err == WEH_E_BAD_ARGS ? bind_set(binding, &empty) : err;
}

static weh_err bind_blob(const struct binding *binding, const struct weh_value *value)
{
    struct weh_str bytes = { NULL, 0 };
    weh_err err = WEH_OK;

    if (value->type == WEH_VALUE_BINARY) {
        bytes = (struct weh_str){ (const char *)value->as.binary, value->n };
    } else if (value->type == WEH_VALUE_STRING) {
        err = weh_ec_base64_read(weh_value_str(value), binding->where, binding->arena, &bytes,
                                 binding->diag);
    }
    if (err == WEH_E_BAD_ARGS || bytes.len == 0 || is_time(&binding->param->type) ||
        binding->param->type.id_kind != ECSQL_ID_NONE) {
        return err == WEH_E_BAD_ARGS ? WEH_OK : err;
    }
    if (err != WEH_OK) {
        return err;
    }
    return bound(binding, sqlite3_bind_blob64(binding->stmt, binding->param->first_cell, bytes.ptr,
                                              bytes.len, SQLITE_TRANSIENT));
}

static weh_err bind_bool(const struct binding *binding, const struct weh_value *value)
{
    bool flag = false;
    double real = 0;

    if (is_time(&binding->param->type) || binding->param->type.id_kind != ECSQL_ID_NONE) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_STRING) {
        flag = value->n > 0;
    } else if (!weh_value_to_bool(value, &flag)) {
        flag = weh_value_to_double(value, &real) && real != 0;
    }
    return value->type == WEH_VALUE_STRING || value->type <= WEH_VALUE_REAL
               ? bound(binding, sqlite3_bind_int(binding->stmt, binding->param->first_cell, flag))
               : WEH_OK;
}

static weh_err bind_id(const struct binding *binding, const struct weh_value *value)
{
    weh_id id = 0;

    if (value->type != WEH_VALUE_STRING || !weh_id_parse(weh_value_str(value), &id)) {
        return WEH_OK;
    }
    return bound(binding,
                 sqlite3_bind_int64(binding->stmt, binding->param->first_cell, (int64_t)id));
}

static weh_err bind_typed(const struct binding *binding, int type, const struct weh_value *value)
{
    if (weh_value_is_null(value) || type == TYPE_NULL) {
        return WEH_OK;
    }
    switch (type) {
    case TYPE_BOOLEAN:
        return bind_bool(binding, value);
    case TYPE_DOUBLE:
    case TYPE_INTEGER:
    case TYPE_LONG:
        return bind_number(binding, value, type);
    case TYPE_ID:
        return bind_id(binding, value);
    case TYPE_ID_SET:
        return bind_typed_set(binding, value);
    case TYPE_POINT2D:
    case TYPE_POINT3D:
        return bind_point(binding, value, type == TYPE_POINT2D ? 2 : 3);
    case TYPE_STRING:
        return bind_text(binding,
                         value->type == WEH_VALUE_STRING ? weh_value_str(value) : WEH_STR(""));
    case TYPE_BLOB:
        return bind_blob(binding, value);
    default:
        return weh_fail_where(binding->diag, WEH_E_BAD_ARGS, binding->where,
                              "Struct type binding not supported");
    }
}

static weh_err bind_plain(const struct binding *binding, const struct weh_value *value)
{
    switch (value->type) {
    case WEH_VALUE_BOOL:
        return bind_typed(binding, TYPE_BOOLEAN, value);
    case WEH_VALUE_INT:
    case WEH_VALUE_UINT:
    case WEH_VALUE_REAL:
        return bind_number(binding, value, TYPE_PLAIN);
    case WEH_VALUE_STRING:
        return bind_typed(binding, binding->param->is_set ? TYPE_ID_SET : TYPE_STRING, value);
    case WEH_VALUE_BINARY:
        return bind_blob(binding, value);
    case WEH_VALUE_ARRAY:
        return bind_set(binding, value);
    case WEH_VALUE_MAP:
        return bind_plain_point(binding, value);
    case WEH_VALUE_NULL:
    default:
        return WEH_OK;
    }
}

static int64_t strtoll_of(struct weh_str text)
{
    char digits[24];

    (void)snprintf(digits, sizeof(digits), "%.*s", (int)(text.len > 20 ? 20 : text.len), text.ptr);
    return strtoll(digits, NULL, 10);
}

static weh_err bind_one(const struct binding *binding, const struct weh_value *value)
{
    const struct weh_value *type = weh_value_get(value, "type");
    int64_t number = 0;

    if (type == NULL || value->type != WEH_VALUE_MAP) {
        return bind_plain(binding, value);
    }
    if (type->type == WEH_VALUE_STRING) {
        number = strtoll_of(weh_value_str(type));
    } else if (!weh_value_to_int64(type, &number)) {
        number = -1;
    }
    if (number < TYPE_BOOLEAN || number > TYPE_STRUCT) {
        return weh_fail_where(binding->diag, WEH_E_BAD_ARGS, binding->where,
                              "unsupported parameter type '%lld'", (long long)number);
    }
    return bind_typed(binding, (int)number, weh_value_get(value, "value"));
}

/* The parameter that @key names: "1" by position, else by name. NULL when there is none; *@position
 * tells which way. */
static const struct ecsql_param *find_param(const struct ecsql_statement *statement,
                                            struct weh_str key, bool *position)
{
    uint32_t number = 0;

    *position = key.len > 0 && key.len < 6;
    for (size_t i = 0; i < key.len && *position; i++) {
        *position = key.ptr[i] >= '0' && key.ptr[i] <= '9';
        number = number * 10 + (uint32_t)(key.ptr[i] - '0');
    }
    *position = *position && number > 0;
    if (*position) {
        return number >= 1 && number <= statement->n_params ? &statement->params[number - 1] : NULL;
    }
    for (uint16_t i = 0; i < statement->n_params; i++) {
        if (statement->params[i].name.len > 0 &&
            weh_str_eq_nocase(statement->params[i].name, key)) {
            return &statement->params[i];
        }
    }
    return NULL;
}

static weh_err bind_member(struct binding *binding, struct weh_str key,
                           const struct weh_value *value)
{
    bool position = false;

    (void)snprintf(binding->where, sizeof(binding->where), "args.%.*s",
                   (int)(key.len > 40 ? 40 : key.len), key.ptr);
    binding->param = find_param(binding->statement, key, &position);
    if (binding->param == NULL && !position) {
        return weh_fail_where(binding->diag, WEH_E_BAD_ARGS, binding->where,
                              "fail to find param index for named param '%.*s'", WEH_STR_ARGS(key));
    }
    return binding->param == NULL ? WEH_OK : bind_one(binding, value);
}

/* How columns are shown, not known yet. The statement owns it. */
static int bind_shown(const struct ecsql_statement *statement, sqlite3_stmt *stmt, int at,
                      const uint8_t **out)
{
    uint8_t *shown = weh_calloc((size_t)statement->n_columns + 1, 1);

    *out = shown;
    return shown == NULL ? SQLITE_NOMEM
                         : sqlite3_bind_pointer(stmt, at, shown, ECSQL_SHOWN_POINTER, weh_free);
}

static weh_err bind_literals(const struct ecsql_statement *statement, sqlite3_stmt *stmt,
                             const uint8_t **shown, struct weh_diag *diag)
{
    int at = statement->first_literal;

    for (const struct ecsql_literal *literal = statement->literals; literal != NULL;
         literal = literal->next, at++) {
        int rc =
            literal->is_shown
                ? bind_shown(statement, stmt, at, shown)
                : sqlite3_bind_text64(stmt, at, literal->text.ptr == NULL ? "" : literal->text.ptr,
                                      literal->text.len, SQLITE_STATIC, SQLITE_UTF8);

        if (rc != SQLITE_OK) {
            return weh_fail_nomem(diag);
        }
    }
    return WEH_OK;
}

weh_err ecsql_bind(const struct ecsql_statement *statement, const struct weh_value *args,
                   sqlite3_stmt *stmt, const uint8_t **shown, struct weh_arena *arena,
                   struct weh_diag *diag)
{
    struct binding binding = { statement, NULL, stmt, arena, diag, "args" };
    weh_err err;

    *shown = NULL;
    err = bind_literals(statement, stmt, shown, diag);

    if (err != WEH_OK || weh_value_is_null(args)) {
        return err;
    }
    if (args->type != WEH_VALUE_ARRAY && args->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "args", "must be an array or an object");
    }
    for (uint32_t i = 0; i < args->n && err == WEH_OK; i++) {
        char key[16];

        if (args->type == WEH_VALUE_MAP) {
            err = bind_member(&binding, args->as.members[i].key, &args->as.members[i].value);
        } else {
            (void)snprintf(key, sizeof(key), "%u", i + 1);
            err = bind_member(&binding, weh_str_from(key), &args->as.items[i]);
        }
    }
    return err;
}
