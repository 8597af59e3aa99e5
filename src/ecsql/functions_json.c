/* src/ecsql/functions_json.c - json_pretty, which SQLite has from 3.46 on. */
#include <string.h>

#include "weh/buf.h"
#include "weh/db_query.h"

#include "functions.h"

struct pretty {
    struct weh_buf *out;
    struct weh_str indent;
    size_t depth;
};

static void new_line(const struct pretty *pretty)
{
    weh_buf_byte(pretty->out, '\n');
    for (size_t i = 0; i < pretty->depth && pretty->out->err == WEH_OK; i++) {
        weh_buf_append(pretty->out, pretty->indent.ptr, pretty->indent.len);
    }
}

/* Append the string at @text[@i]; where it ends. */
static size_t put_string(const struct pretty *pretty, struct weh_str text, size_t i)
{
    size_t from = i++;

    while (i < text.len && text.ptr[i] != '"') {
        i += text.ptr[i] == '\\' ? 2 : 1;
    }
    i = i < text.len ? i + 1 : text.len;
    weh_buf_append(pretty->out, text.ptr + from, i - from);
    return i;
}

/* @text is JSON without blanks between its tokens. */
static void put_pretty(struct pretty *pretty, struct weh_str text)
{
    size_t i = 0;

    while (i < text.len && pretty->out->err == WEH_OK) {
        char c = text.ptr[i];
        bool empty = i + 1 < text.len && (text.ptr[i + 1] == '}' || text.ptr[i + 1] == ']');

        if (c == '"') {
            i = put_string(pretty, text, i);
            continue;
        }
        if ((c == '{' || c == '[') && empty) {
            weh_buf_append(pretty->out, text.ptr + i, 2);
            i += 2;
            continue;
        }
        if (c == '}' || c == ']') {
            pretty->depth--;
            new_line(pretty);
        }
        weh_buf_byte(pretty->out, (uint8_t)c);
        if (c == ':') {
            weh_buf_byte(pretty->out, ' ');
        } else if (c == '{' || c == '[' || c == ',') {
            pretty->depth += c != ',';
            new_line(pretty);
        }
        i++;
    }
}

/* Through SQLite's json(), which knows what is JSON and leaves the blanks out. */
static void json_pretty(sqlite3_context *context, int n, sqlite3_value **args)
{
    sqlite3 *db = sqlite3_context_db_handle(context);
    struct pretty pretty = { .indent = WEH_STR("    ") };
    sqlite3_stmt *stmt = NULL;
    struct weh_buf buf;
    int rc = sqlite3_prepare_v2(db, "SELECT json(?1)", -1, &stmt, NULL);

    if (n == 2 && sqlite3_value_type(args[1]) != SQLITE_NULL) {
        pretty.indent.ptr = (const char *)sqlite3_value_text(args[1]);
        pretty.indent.len = (size_t)sqlite3_value_bytes(args[1]);
    }
    weh_buf_init(&buf, (size_t)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, -1));
    pretty.out = &buf;
    rc = rc == SQLITE_OK ? sqlite3_bind_value(stmt, 1, args[0]) : rc;
    rc = rc == SQLITE_OK ? sqlite3_step(stmt) : rc;
    if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) == SQLITE_TEXT) {
        put_pretty(&pretty, (struct weh_str){ (const char *)sqlite3_column_text(stmt, 0),
                                              (size_t)sqlite3_column_bytes(stmt, 0) });
    }
    if (rc == SQLITE_NOMEM || buf.err == WEH_E_NOMEM || pretty.indent.ptr == NULL) {
        sqlite3_result_error_nomem(context);
    } else if (rc != SQLITE_ROW) {
        sqlite3_result_error(context, "malformed JSON", -1);
    } else if (buf.err != WEH_OK || buf.len > 0) {
        weh_query_give_text(context, &buf);
    }
    weh_buf_fini(&buf);
    (void)sqlite3_finalize(stmt);
}

int ecsql_json_functions_register(sqlite3 *db)
{
    int rc = SQLITE_OK;

    for (int n = 1; n <= 2 && rc == SQLITE_OK; n++) {
        rc = sqlite3_create_function_v2(db, "json_pretty", n, SQLITE_UTF8, NULL, json_pretty, NULL,
                                        NULL, NULL);
    }
    return rc;
}
