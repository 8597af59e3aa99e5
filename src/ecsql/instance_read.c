/* src/ecsql/instance_read.c - the SQL function behind "$" and "$->property".
 *
 * It runs a query of its own for each class: SELECT *, or one property, FROM ONLY the class. What it
 * returns is the value as stored, so that conditions compare it as they would the property; how to show
 * it is told beside, column by column (enum ecsql_shown).
 */
#include "instance_read.h"

#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/db.h"
#include "weh/json.h"

#include "functions.h"

#define READERS 16

/* A query for a class, or for a property of one. */
struct reader {
    weh_id class_id; /* 0: free */
    char property[128];
    struct ecsql_statement statement;
    bool failed; /* there is no such property */
    uint64_t used;
};

struct ecsql_instances {
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    size_t value_bytes;
    uint64_t tick;
    struct reader readers[READERS];
};

struct ecsql_instances *ecsql_instances_create(struct weh_briefcase *briefcase,
                                               const struct weh_ec_catalog *catalog,
                                               size_t value_bytes)
{
    struct ecsql_instances *instances = weh_calloc(1, sizeof(*instances));

    if (instances != NULL) {
        instances->briefcase = briefcase;
        instances->catalog = catalog;
        instances->value_bytes = value_bytes;
    }
    return instances;
}

static void reader_close(struct reader *reader)
{
    if (reader->class_id != 0) {
        ecsql_statement_fini(&reader->statement);
        reader->class_id = 0;
    }
}

void ecsql_instances_destroy(struct ecsql_instances *instances)
{
    if (instances == NULL) {
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        reader_close(&instances->readers[i]);
    }
    weh_free(instances);
}

/* The place for @property of @class_id: its own, a free one, or that of the one used longest ago. */
static struct reader *reader_place(struct ecsql_instances *instances, weh_id class_id,
                                   struct weh_str property)
{
    struct reader *oldest = &instances->readers[0];

    for (size_t i = 0; i < READERS; i++) {
        struct reader *reader = &instances->readers[i];

        if (reader->class_id == class_id && weh_str_eq_text(property, reader->property)) {
            return reader;
        }
        if (reader->used < oldest->used) {
            oldest = reader;
        }
    }
    return oldest;
}

static bool has_property(const struct weh_ec_class *ec_class, struct weh_str name)
{
    for (uint16_t i = 0; i < ec_class->n_properties; i++) {
        if (weh_str_eq_nocase(ec_class->properties[i].name, name)) {
            return true;
        }
    }
    if (ec_class->relationship != NULL && (weh_str_eq_nocase(name, WEH_STR("SourceECInstanceId")) ||
                                           weh_str_eq_nocase(name, WEH_STR("SourceECClassId")) ||
                                           weh_str_eq_nocase(name, WEH_STR("TargetECInstanceId")) ||
                                           weh_str_eq_nocase(name, WEH_STR("TargetECClassId")))) {
        return true;
    }
    return weh_str_eq_nocase(name, WEH_STR("ECInstanceId")) ||
           weh_str_eq_nocase(name, WEH_STR("ECClassId"));
}

static weh_err reader_open(struct ecsql_instances *instances, struct reader *reader,
                           const struct weh_ec_class *ec_class, struct weh_str property)
{
    struct weh_buf text;
    weh_err err = WEH_OK;

    reader_close(reader);
    memcpy(reader->property, property.ptr, property.len);
    reader->property[property.len] = '\0';
    weh_buf_init(&text, 0);
    if (property.len == 0) {
        weh_buf_printf(&text, "SELECT *");
    } else {
        weh_buf_printf(&text, "SELECT [%.*s]", WEH_STR_ARGS(property));
    }
    weh_buf_printf(&text, " FROM ONLY [%.*s].[%.*s] WHERE ECInstanceId=?",
                   WEH_STR_ARGS(ec_class->schema->name), WEH_STR_ARGS(ec_class->name));
    if (text.err != WEH_OK) {
        err = weh_fail_nomem(NULL);
    } else {
        err = ecsql_compile(instances->briefcase, instances->catalog,
                            (struct weh_str){ (char *)text.data, text.len }, &reader->statement,
                            NULL);
        reader->class_id = ec_class->id;
        if (err != WEH_OK) {
            reader_close(reader);
        }
    }
    weh_buf_fini(&text);
    return err;
}

/* The reader of @property (empty: of all) of @class_id; NULL in *@out when there is no such thing. */
static weh_err reader_acquire(struct ecsql_instances *instances, weh_id class_id,
                              struct weh_str property, struct reader **out)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(instances->catalog, class_id);
    struct reader *reader;
    weh_err err = WEH_OK;

    *out = NULL;
    /* Relationships without a table of their own have no instances to read. */
    if (ec_class == NULL || ecsql_is_view(ec_class) || ecsql_is_view_key(ec_class) ||
        property.len >= sizeof(reader->property) ||
        ec_class->map_strategy == WEH_EC_FOREIGN_KEY_IN_TARGET ||
        ec_class->map_strategy == WEH_EC_FOREIGN_KEY_IN_SOURCE ||
        (ec_class->relationship != NULL && ec_class->n_tables > 0 &&
         !ec_class->tables[0]->has_class_id_column) ||
        (property.len > 0 && !has_property(ec_class, property))) {
        return WEH_OK;
    }
    reader = reader_place(instances, class_id, property);
    if (reader->class_id != class_id || !weh_str_eq_text(property, reader->property)) {
        err = reader_open(instances, reader, ec_class, property);
    }
    if (err == WEH_OK) {
        reader->used = ++instances->tick;
        *out = reader;
    }
    return err;
}

/* ---- what is read ---- */

/* How a value that is one SQL column is shown. */
static unsigned shown_of(const struct ecsql_type *type)
{
    switch ((unsigned)type->primitive) {
    case WEH_EC_BOOLEAN:
        return ECSQL_SHOWN_BOOLEAN;
    case WEH_EC_DATETIME:
        return ECSQL_SHOWN_DATE + (unsigned)type->datetime;
    case WEH_EC_BINARY:
    case WEH_EC_GEOMETRY:
        return weh_str_eq_nocase(type->extended, WEH_STR("BeGuid"))           ? ECSQL_SHOWN_GUID
               : weh_str_eq_nocase(type->extended, WEH_STR("GeometryStream")) ? ECSQL_SHOWN_STREAM
                                                                              : ECSQL_SHOWN_BINARY;
    case WEH_EC_DOUBLE:
        return ECSQL_SHOWN_DOUBLE;
    case WEH_EC_INT:
        return ECSQL_SHOWN_INT;
    case WEH_EC_LONG:
        return type->id_kind == ECSQL_ID_ID         ? ECSQL_SHOWN_ID
               : type->id_kind == ECSQL_ID_CLASS_ID ? ECSQL_SHOWN_CLASS_ID
                                                    : ECSQL_SHOWN_LONG;
    default:
        return ECSQL_SHOWN_TEXT;
    }
}

static weh_err give_json(const struct ecsql_instances *instances, const struct reader *reader,
                         sqlite3_stmt *stmt, unsigned flags, sqlite3_context *context)
{
    bool whole = reader->property[0] == '\0';
    bool js = (flags & ECSQL_INSTANCE_JS) != 0;
    const struct ecsql_row_style style = {
        .rows = !whole ? WEH_ECSQL_ARRAYS
                : js   ? WEH_ECSQL_JS_NAMES
                       : WEH_ECSQL_NAMES,
        .js_values = js,
        .class_names = js,
        .abbreviate_blobs = (flags & ECSQL_INSTANCE_BLOBS) == 0,
        .long_doubles = true,
    };
    struct weh_json_writer writer;
    struct weh_buf buf;
    uint64_t n_bytes = 0;
    weh_err err;

    weh_buf_init(&buf, instances->value_bytes);
    weh_json_writer_init(&writer, &buf);
    writer.fractions = true;
    err = ecsql_row_write(&reader->statement, &style, stmt, &writer.sink, &n_bytes, NULL);
    err = err == WEH_OK ? buf.err : err;
    if (err == WEH_OK) {
        /* An array of one for a property. */
        size_t skip = whole ? 0 : 1;
        struct weh_str text = { (const char *)buf.data + skip, buf.len - 2 * skip };

        if (whole || !weh_str_eq_text(text, "null")) {
            sqlite3_result_text64(context, text.ptr, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
        }
    }
    weh_buf_fini(&buf);
    return err;
}

/* @shown: to be told how the value is shown, or NULL. */
static weh_err give(const struct ecsql_instances *instances, const struct reader *reader,
                    sqlite3_stmt *stmt, unsigned flags, uint8_t *shown, sqlite3_context *context)
{
    const struct ecsql_result_column *column = &reader->statement.columns[0];

    if (reader->property[0] != '\0' && column->type.kind == ECSQL_TYPE_PRIMITIVE &&
        ecsql_type_cells(&column->type) == 1) {
        sqlite3_result_value(context, sqlite3_column_value(stmt, column->first_cell));
        if (shown != NULL && sqlite3_column_type(stmt, column->first_cell) != SQLITE_NULL) {
            *shown = (uint8_t)shown_of(&column->type);
        }
        return WEH_OK;
    }
    return give_json(instances, reader, stmt, flags, context);
}

static void give_error(sqlite3_context *context, weh_err err, int rc)
{
    if (err == WEH_E_NOMEM) {
        sqlite3_result_error_nomem(context);
    } else if (err == WEH_E_TOO_LARGE) {
        sqlite3_result_error_toobig(context);
    } else {
        sqlite3_result_error(context, "an instance cannot be read", -1);
        if ((rc & 0xff) == SQLITE_INTERRUPT || (rc & 0xff) == SQLITE_CORRUPT) {
            sqlite3_result_error_code(context, rc);
        }
    }
}

/* Where it is told how the column @args[5] is shown, by the statement's pointer @args[4]. */
static uint8_t *shown_at(int n, sqlite3_value **args)
{
    uint8_t *shown = n == 6 ? sqlite3_value_pointer(args[4], ECSQL_SHOWN_POINTER) : NULL;

    if (shown == NULL) {
        return NULL;
    }
    shown += sqlite3_value_int(args[5]);
    *shown = ECSQL_SHOWN_TEXT;
    return shown;
}

/* Class, instance, flags and perhaps a property; behind them the column whose value it is. */
static void instance_of(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct ecsql_instances *instances = sqlite3_user_data(context);
    struct weh_str property = { "", 0 };
    struct reader *reader = NULL;
    uint8_t *shown = shown_at(n, args);
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_OK;
    weh_err err;

    if (n >= 4) {
        property.ptr = (const char *)sqlite3_value_text(args[3]);
        property.len = (size_t)sqlite3_value_bytes(args[3]);
    }
    if (sqlite3_value_type(args[1]) == SQLITE_NULL || property.ptr == NULL) {
        return;
    }
    err = reader_acquire(instances, (weh_id)sqlite3_value_int64(args[0]), property, &reader);
    if (err == WEH_OK && reader != NULL) {
        err = weh_stmt_acquire(instances->briefcase, reader->statement.sql, &stmt, NULL);
    }
    if (err == WEH_OK && reader != NULL) {
        rc = sqlite3_bind_value(stmt, 1, args[1]);
        rc = rc == SQLITE_OK ? sqlite3_step(stmt) : rc;
        if (rc == SQLITE_ROW) {
            err =
                give(instances, reader, stmt, (unsigned)sqlite3_value_int(args[2]), shown, context);
        } else if (rc != SQLITE_DONE) {
            err = (rc & 0xff) == SQLITE_NOMEM ? WEH_E_NOMEM : WEH_E_DB;
        }
    }
    if (err != WEH_OK) {
        give_error(context, err, rc);
    }
    weh_stmt_release(instances->briefcase, stmt);
}

int ecsql_instances_register(sqlite3 *db, struct ecsql_instances *instances)
{
    static const int n_args[] = { 3, 4, 6 };
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(n_args) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(db, ECSQL_INSTANCE_FUNCTION, n_args[i], SQLITE_UTF8,
                                        instances, instance_of, NULL, NULL, NULL);
    }
    return rc;
}
