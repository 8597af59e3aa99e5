/* src/ecsql/functions_like.c - between which texts those stand that match the pattern of a LIKE.
 *
 * SQLite looks into an index for LIKE only when LIKE is its own, which it is not (src/briefcase/functions_search.c).
 * So comparisons stand beside it where they may help: x COLLATE NOCASE>=weh_like_from(pattern) AND
 * x COLLATE NOCASE<weh_like_to(pattern). As SQLite does, they look at the bytes before the first wildcard. They
 * are true of every text when there are none, and NULL when LIKE is.
 */
#include <string.h>

#include "weh/buf.h"
#include "weh/db_query.h"

#include "functions.h"

/* The character of ESCAPE, 0 without one. False: no prefix can be told with it. */
static bool escape_of(int n, sqlite3_value **args, char *out)
{
    const char *text = n == 2 ? (const char *)sqlite3_value_text(args[1]) : NULL;

    *out = '\0';
    if (text != NULL) {
        *out = text[0];
    }
    return n == 1 || (*out != '\0' && text[1] == '\0' && *out != '%' && *out != '_');
}

/* Append what all texts begin with that match; nothing when that is not known. */
static void read_prefix(const char *pattern, char escape, struct weh_buf *out)
{
    for (const char *at = pattern; *at != '\0' && *at != '%' && *at != '_'; at++) {
        at += escape != '\0' && *at == escape && at[1] != '\0';
        weh_buf_byte(out, (uint8_t)*at);
    }
    if (out->err == WEH_OK && out->len > 0 && out->data[out->len - 1] == 0xff) {
        out->len = 0; /* nothing follows it */
    }
}

/* The prefix of the pattern args[0] into @out. False: the answer is NULL, or an error of @context. */
static bool prefix_of(sqlite3_context *context, int n, sqlite3_value **args, struct weh_buf *out)
{
    sqlite3 *db = sqlite3_context_db_handle(context);
    char escape = '\0';
    bool is_plain = escape_of(n, args, &escape);
    const char *pattern;

    if (sqlite3_value_type(args[0]) == SQLITE_NULL) {
        return false;
    }
    pattern = (const char *)sqlite3_value_text(args[0]);
    if (pattern == NULL) {
        sqlite3_result_error_nomem(context);
        return false;
    }
    /* What LIKE refuses it must get to see. */
    if (is_plain &&
        sqlite3_value_bytes(args[0]) <= sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1)) {
        read_prefix(pattern, escape, out);
    }
    if (out->err != WEH_OK) {
        sqlite3_result_error_nomem(context);
    }
    return out->err == WEH_OK;
}

static void like_from(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct weh_buf prefix;

    weh_buf_init(&prefix, SIZE_MAX);
    if (prefix_of(context, n, args, &prefix)) {
        weh_query_give_text(context, &prefix);
    }
    weh_buf_fini(&prefix);
}

static void like_to(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct weh_buf prefix;

    weh_buf_init(&prefix, SIZE_MAX);
    if (prefix_of(context, n, args, &prefix)) {
        uint8_t *last = prefix.len == 0 ? NULL : &prefix.data[prefix.len - 1];

        if (last == NULL) {
            /* Blobs stand behind all texts. */
            sqlite3_result_zeroblob(context, 0);
        } else {
            *last = (uint8_t)((*last >= 'A' && *last <= 'Z' ? *last - 'A' + 'a' : *last) + 1);
            weh_query_give_text(context, &prefix);
        }
    }
    weh_buf_fini(&prefix);
}

int ecsql_like_functions_register(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc = SQLITE_OK;

    for (int n = 1; n <= 2 && rc == SQLITE_OK; n++) {
        rc = sqlite3_create_function_v2(db, ECSQL_LIKE_FROM, n, flags, NULL, like_from, NULL, NULL,
                                        NULL);
        rc = rc == SQLITE_OK ? sqlite3_create_function_v2(db, ECSQL_LIKE_TO, n, flags, NULL,
                                                          like_to, NULL, NULL, NULL)
                             : rc;
    }
    return rc;
}
