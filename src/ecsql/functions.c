/* src/ecsql/functions.c - SQL functions of ECDb: class names and ids, ids and GUIDs as text, sets of ids,
 * regular expressions.
 *
 * As those of the native library 5.1.72, of the same names.
 */
#include "functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/compiler.h"
#include "weh/db_query.h"
#include "weh/ec_describe.h"

/* ---- sets ---- */

struct ecsql_id_set {
    size_t n, room;
    weh_id ids[];
};

struct ecsql_id_set *ecsql_id_set_create(size_t n)
{
    struct ecsql_id_set *set = weh_malloc(sizeof(*set) + n * sizeof(weh_id));

    if (set != NULL) {
        set->n = 0;
        set->room = n;
    }
    return set;
}

void ecsql_id_set_destroy(void *set)
{
    weh_free(set);
}

void ecsql_id_set_add(struct ecsql_id_set *set, weh_id id)
{
    weh_assert(set->n < set->room);
    set->ids[set->n++] = id;
}

static int compare_ids(const void *a, const void *b)
{
    const weh_id *x = a;
    const weh_id *y = b;

    return (*x > *y) - (*x < *y);
}

void ecsql_id_set_sort(struct ecsql_id_set *set)
{
    qsort(set->ids, set->n, sizeof(set->ids[0]), compare_ids);
}

static void in_virtual_set(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct ecsql_id_set *set = sqlite3_value_pointer(args[0], ECSQL_ID_SET_POINTER);
    weh_id id = (weh_id)sqlite3_value_int64(args[1]);

    weh_assert(n == 2);
    sqlite3_result_int(context,
                       set != NULL && sqlite3_value_type(args[1]) == SQLITE_INTEGER &&
                           bsearch(&id, set->ids, set->n, sizeof(id), compare_ids) != NULL);
}

/* Number and value of an element of IdSet's list: the id. */
static void id_set_member(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct weh_str text = { (const char *)sqlite3_value_text(args[1]),
                            (size_t)sqlite3_value_bytes(args[1]) };
    weh_id id = 0;
    char error[80];

    weh_assert(n == 2);
    if (sqlite3_value_type(args[1]) == SQLITE_INTEGER) {
        id = (weh_id)sqlite3_value_int64(args[1]);
    } else if (text.ptr != NULL && !weh_id_parse(text, &id)) {
        id = strtoull(text.ptr, NULL, 10);
    }
    if (id != 0) {
        sqlite3_result_int64(context, (sqlite3_int64)id);
        return;
    }
    (void)snprintf(error, sizeof(error), "IdSet vtab: The element with index %d is invalid",
                   sqlite3_value_int(args[0]));
    sqlite3_result_error(context, error, -1);
}

/* ---- ids and GUIDs ---- */

static struct weh_str text_of(sqlite3_value *value)
{
    const unsigned char *text = sqlite3_value_text(value);

    return (struct weh_str){ (const char *)text, (size_t)sqlite3_value_bytes(value) };
}

static void result_text(sqlite3_context *context, struct weh_str text)
{
    sqlite3_result_text64(context, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void id_to_hex(sqlite3_context *context, int n, sqlite3_value **args)
{
    char text[WEH_ID_TEXT_SIZE];

    weh_assert(n == 1);
    if (sqlite3_value_type(args[0]) == SQLITE_INTEGER) {
        size_t len = weh_id_print((weh_id)sqlite3_value_int64(args[0]), text);

        result_text(context, (struct weh_str){ text, len });
    }
}

static void hex_to_id(sqlite3_context *context, int n, sqlite3_value **args)
{
    weh_id id = 0;

    weh_assert(n == 1);
    if (sqlite3_value_type(args[0]) == SQLITE_TEXT) {
        struct weh_str text = text_of(args[0]);
        char with_prefix[WEH_ID_TEXT_SIZE + 2];

        if (!weh_id_parse(text, &id) && text.len < WEH_ID_TEXT_SIZE) {
            (void)snprintf(with_prefix, sizeof(with_prefix), "0x%.*s", WEH_STR_ARGS(text));
            (void)weh_id_parse(weh_str_from(with_prefix), &id);
        }
        sqlite3_result_int64(context, (sqlite3_int64)id);
    }
}

static void str_to_guid(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct weh_guid guid;

    weh_assert(n == 1);
    if (sqlite3_value_type(args[0]) == SQLITE_TEXT && weh_guid_parse(text_of(args[0]), &guid)) {
        sqlite3_result_blob(context, guid.bytes, sizeof(guid.bytes), SQLITE_TRANSIENT);
    }
}

static void guid_to_str(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct weh_guid guid;
    char text[WEH_GUID_TEXT_SIZE];

    weh_assert(n == 1);
    if (sqlite3_value_type(args[0]) == SQLITE_BLOB &&
        sqlite3_value_bytes(args[0]) == (int)sizeof(guid.bytes)) {
        memcpy(guid.bytes, sqlite3_value_blob(args[0]), sizeof(guid.bytes));
        weh_guid_print(&guid, text);
        result_text(context, weh_str_from(text));
    }
}

/* ---- classes ---- */

/* The forms of ec_classname by their names and numbers. */
static const char *const name_forms[] = { "s:c", "a:c", "s", "a", "c", "s.c", "a.c" };

static int name_form(sqlite3_value *value)
{
    struct weh_str text;
    int number;

    if (sqlite3_value_type(value) == SQLITE_INTEGER) {
        number = sqlite3_value_int(value);
        return number >= 0 && number < (int)WEH_ARRAY_LEN(name_forms) ? number : -1;
    }
    if (sqlite3_value_type(value) != SQLITE_TEXT) {
        return 0;
    }
    text = text_of(value);
    for (int i = 0; i < (int)WEH_ARRAY_LEN(name_forms); i++) {
        if (weh_str_eq_text(text, name_forms[i])) {
            return i;
        }
    }
    return -1;
}

/* weh_attribute(class id, XML): a custom attribute as the views of ECDbMeta show it. */
static void attribute_json(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct weh_ec_catalog *catalog = sqlite3_user_data(context);
    sqlite3 *db = sqlite3_context_db_handle(context);
    struct weh_buf buf;
    weh_err err;

    (void)n;
    if (sqlite3_value_type(args[1]) != SQLITE_TEXT) {
        return;
    }
    weh_buf_init(&buf, (size_t)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1));
    err = weh_ec_attribute_json(catalog, (weh_id)sqlite3_value_int64(args[0]), text_of(args[1]),
                                &buf);
    if (err == WEH_E_NOMEM) {
        sqlite3_result_error_nomem(context);
    } else if (err != WEH_OK) {
        sqlite3_result_error_toobig(context);
    } else if (buf.len > 0) {
        result_text(context, (struct weh_str){ (char *)buf.data, buf.len });
    }
    weh_buf_fini(&buf);
}

static void ec_classname(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct weh_ec_catalog *catalog = sqlite3_user_data(context);
    int form = n == 2 ? name_form(args[1]) : 0;
    const struct weh_ec_class *ec_class;
    struct weh_str schema;
    char *text;

    if (form < 0 || sqlite3_value_type(args[0]) == SQLITE_NULL) {
        return;
    }
    ec_class = weh_ec_class_by_id(catalog, (weh_id)sqlite3_value_int64(args[0]));
    if (ec_class == NULL) {
        return;
    }
    schema = name_forms[form][0] == 'a' ? ec_class->schema->alias : ec_class->schema->name;
    if (name_forms[form][0] == 'c') {
        result_text(context, ec_class->name);
        return;
    }
    if (name_forms[form][1] == '\0') {
        result_text(context, schema);
        return;
    }
    text = sqlite3_mprintf("%.*s%c%.*s", WEH_STR_ARGS(schema), name_forms[form][1],
                           WEH_STR_ARGS(ec_class->name));
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    sqlite3_result_text(context, text, -1, sqlite3_free);
}

static void ec_classid(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct weh_ec_catalog *catalog = sqlite3_user_data(context);
    const struct weh_ec_class *ec_class = NULL;
    struct weh_str first = { NULL, 0 };
    struct weh_str second = { NULL, 0 };
    char *text = NULL;

    if (sqlite3_value_type(args[0]) != SQLITE_TEXT) {
        return;
    }
    first = text_of(args[0]);
    if (n == 2 && sqlite3_value_type(args[1]) == SQLITE_TEXT) {
        second = text_of(args[1]);
    }
    text = sqlite3_mprintf("%.*s%s%.*s", WEH_STR_ARGS(first), second.len > 0 ? ":" : "",
                           WEH_STR_ARGS(second));
    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    ec_class = weh_ec_class_by_name(catalog, weh_str_from(text));
    sqlite3_free(text);
    if (ec_class != NULL) {
        sqlite3_result_int64(context, (sqlite3_int64)ec_class->id);
    }
}

/* The class that @value tells, by id or name; NULL: none. */
static const struct weh_ec_class *class_of(const struct weh_ec_catalog *catalog,
                                           sqlite3_value *value)
{
    return sqlite3_value_type(value) == SQLITE_TEXT
               ? weh_ec_class_by_name(catalog, text_of(value))
               : weh_ec_class_by_id(catalog, (weh_id)sqlite3_value_int64(value));
}

/* Is a class one of the others, or a subclass? An unknown name is answered by NULL. */
static void ec_instanceof(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct weh_ec_catalog *catalog = sqlite3_user_data(context);
    const struct weh_ec_class *ec_class = NULL;
    bool found = false;

    for (int i = 0; i < n; i++) {
        const struct weh_ec_class *other =
            sqlite3_value_type(args[i]) == SQLITE_NULL ? NULL : class_of(catalog, args[i]);

        if (other == NULL && sqlite3_value_type(args[i]) == SQLITE_TEXT) {
            return;
        }
        if (i == 0) {
            ec_class = other;
        } else if (ec_class != NULL && other != NULL) {
            found = found || weh_ec_class_is(ec_class, other->id);
        }
    }
    sqlite3_result_int(context, found);
}

static void base36(sqlite3_context *context, int n, sqlite3_value **args)
{
    uint64_t number = (uint64_t)sqlite3_value_int64(args[0]);
    char text[16];
    size_t at = sizeof(text);

    weh_assert(n == 1);
    if (sqlite3_value_type(args[0]) != SQLITE_INTEGER) {
        return;
    }
    do {
        text[--at] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[number % 36];
        number /= 36;
    } while (number > 0);
    result_text(context, (struct weh_str){ text + at, sizeof(text) - at });
}

int ecsql_functions_register(struct weh_briefcase *briefcase, const struct weh_ec_catalog *catalog)
{
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "ec_classname", 1, ec_classname },
        { "ec_classname", 2, ec_classname },
        { "ec_classid", 1, ec_classid },
        { "ec_classid", 2, ec_classid },
        { "IdToHex", 1, id_to_hex },
        { "HexToId", 1, hex_to_id },
        { "StrToGuid", 1, str_to_guid },
        { "GuidToStr", 1, guid_to_str },
        { "InVirtualSet", 2, in_virtual_set },
        { "ec_instanceof", -1, ec_instanceof },
        { "base36", 1, base36 },
        { "weh_id_set", 2, id_set_member },
        { "weh_attribute", 2, attribute_json },
    };
    sqlite3 *db = weh_briefcase_db(briefcase);
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(
            db, functions[i].name, functions[i].n_args, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
            ecsql_user_data(catalog), functions[i].call, NULL, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = ecsql_geom_functions_register(db);
    }
#ifdef WEH_REGEX
    rc = rc == SQLITE_OK ? ecsql_regex_functions_register(briefcase) : rc;
#endif
    rc = rc == SQLITE_OK ? ecsql_time_functions_register(db) : rc;
    rc = rc == SQLITE_OK ? ecsql_json_functions_register(db) : rc;
    rc = rc == SQLITE_OK ? ecsql_like_functions_register(db) : rc;
    return rc == SQLITE_OK ? ecsql_text_functions_register(db) : rc;
}
