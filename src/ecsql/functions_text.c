/* src/ecsql/functions_text.c - functions of later SQLite versions that ECSQL has and Debian's 3.40 has not.
 */
#include <string.h>

#include "weh/buf.h"
#include "weh/db_query.h"

#include "functions.h"

static void put_value(struct weh_buf *buf, sqlite3_value *value)
{
    const unsigned char *text = sqlite3_value_text(value);

    if (text != NULL) {
        weh_buf_append(buf, text, (size_t)sqlite3_value_bytes(value));
    }
}

static size_t limit_of(sqlite3_context *context)
{
    return (size_t)sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1);
}

/* The arguments from @first on with @separator between them; nulls are left out. */
static void join(sqlite3_context *context, int first, int n, sqlite3_value **args,
                 sqlite3_value *separator)
{
    struct weh_buf buf;
    bool is_first = true;

    weh_buf_init(&buf, limit_of(context));
    for (int i = first; i < n; i++) {
        if (sqlite3_value_type(args[i]) == SQLITE_NULL) {
            continue;
        }
        if (!is_first && separator != NULL) {
            put_value(&buf, separator);
        }
        put_value(&buf, args[i]);
        is_first = false;
    }
    weh_query_give_text(context, &buf);
    weh_buf_fini(&buf);
}

static void concat(sqlite3_context *context, int n, sqlite3_value **args)
{
    join(context, 0, n, args, NULL);
}

static void concat_ws(sqlite3_context *context, int n, sqlite3_value **args)
{
    if (n > 0 && sqlite3_value_type(args[0]) != SQLITE_NULL) {
        join(context, 1, n, args, args[0]);
    }
}

static void octet_length(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    switch (sqlite3_value_type(args[0])) {
    case SQLITE_NULL:
        return;
    case SQLITE_BLOB:
        sqlite3_result_int(context, sqlite3_value_bytes(args[0]));
        return;
    default:
        if (sqlite3_value_text(args[0]) == NULL) {
            sqlite3_result_error_nomem(context);
            return;
        }
        sqlite3_result_int(context, sqlite3_value_bytes(args[0]));
        return;
    }
}

static int digit_of(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_ignored(unsigned char c, const unsigned char *ignored)
{
    return ignored != NULL && c != '\0' && strchr((const char *)ignored, c) != NULL;
}

/* Bytes of hexadecimal @text; pairs may have characters of @ignored between them. False: it is none. */
static bool read_hex(const unsigned char *text, size_t n, const unsigned char *ignored,
                     struct weh_buf *out)
{
    size_t i = 0;

    while (i < n) {
        int high = digit_of(text[i]);
        int low = i + 1 < n ? digit_of(text[i + 1]) : -1;

        if (high < 0 && is_ignored(text[i], ignored)) {
            i++;
            continue;
        }
        if (high < 0 || low < 0) {
            return false;
        }
        weh_buf_byte(out, (uint8_t)(high * 16 + low));
        i += 2;
    }
    return true;
}

static void unhex(sqlite3_context *context, int n, sqlite3_value **args)
{
    const unsigned char *text = sqlite3_value_text(args[0]);
    const unsigned char *ignored = n == 2 ? sqlite3_value_text(args[1]) : NULL;
    struct weh_buf buf;

    if (text == NULL || (n == 2 && ignored == NULL)) {
        return;
    }
    weh_buf_init(&buf, limit_of(context));
    if (read_hex(text, (size_t)sqlite3_value_bytes(args[0]), ignored, &buf)) {
        if (buf.err != WEH_OK) {
            sqlite3_result_error_nomem(context);
        } else {
            sqlite3_result_blob64(context, buf.len == 0 ? (const uint8_t *)"" : buf.data, buf.len,
                                  SQLITE_TRANSIENT);
        }
    }
    weh_buf_fini(&buf);
}

int ecsql_text_functions_register(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "concat", -1, concat },
        { "concat_ws", -1, concat_ws },
        { "octet_length", 1, octet_length },
        { "unhex", 1, unhex },
        { "unhex", 2, unhex },
    };
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].n_args,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, functions[i].call,
                                        NULL, NULL, NULL);
    }
    return rc;
}
