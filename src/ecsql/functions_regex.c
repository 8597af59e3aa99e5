/* src/ecsql/functions_regex.c - the SQL functions regexp(pattern, text) and regexp_extract(text, pattern,
 * rewrite), as those of the native library 5.1.72.
 *
 * A match cannot be interrupted, so its length is bounded before it begins; and one begins only while the query
 * has time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/compiler.h"
#include "weh/db_query.h"

#include "functions.h"
#include "regex.h"

/* Steps of one match: 50 ms at most, where the automaton takes too much memory and is followed state by state;
 * most patterns take a hundredth of that. */
#define MAX_STEPS ((size_t)1 << 22)
/* A shorter one needs no look at the clock: 50 us. */
#define FEW_STEPS ((size_t)1 << 12)

/* Is the time of the query over? */
static bool is_over(sqlite3_context *context)
{
    const bool over = weh_query_is_over(sqlite3_user_data(context));

    if (over) {
        sqlite3_result_error_code(context, SQLITE_INTERRUPT);
    }
    return over;
}

/* The pattern args[@at], compiled once a statement if it is a constant. NULL: @context has the error. */
static const struct ecsql_regex *regex_of(sqlite3_context *context, sqlite3_value **args, int at,
                                          const char *name)
{
    struct ecsql_regex *regex = sqlite3_get_auxdata(context, at);
    const char *pattern = (const char *)sqlite3_value_text(args[at]);
    char reason[200];
    char error[240];

    if (regex != NULL || pattern == NULL) {
        return regex;
    }
    if (is_over(context)) {
        return NULL;
    }
    regex = ecsql_regex_create(pattern, strlen(pattern), reason, sizeof(reason));
    if (regex == NULL && reason[0] == '\0') {
        sqlite3_result_error_nomem(context);
    } else if (regex == NULL) {
        (void)snprintf(error, sizeof(error), "%s:%s", name, reason);
        sqlite3_result_error(context, error, -1);
    } else {
        sqlite3_set_auxdata(context, at, regex, ecsql_regex_destroy);
        /* SQLite may have freed it at once, when it does not keep it. */
        regex = sqlite3_get_auxdata(context, at);
    }
    return regex;
}

/* The text @value, to match against @regex; NULL: @context has the error. */
static const char *text_of(sqlite3_context *context, const struct ecsql_regex *regex,
                           sqlite3_value *value, size_t *n)
{
    const char *text = (const char *)sqlite3_value_text(value);

    if (text == NULL) {
        sqlite3_result_error_nomem(context);
        return NULL;
    }
    *n = strlen(text);
    if (*n > MAX_STEPS / ecsql_regex_cost(regex)) {
        sqlite3_result_error(context, "the text is too long for this regular expression", -1);
        return NULL;
    }
    return *n > FEW_STEPS / ecsql_regex_cost(regex) && is_over(context) ? NULL : text;
}

static bool is_null(sqlite3_value *value)
{
    return sqlite3_value_type(value) == SQLITE_NULL;
}

static bool is_text(sqlite3_value *value)
{
    return sqlite3_value_type(value) == SQLITE_TEXT;
}

static void regexp(sqlite3_context *context, int n, sqlite3_value **args)
{
    const struct ecsql_regex *regex;
    const char *text;
    size_t len = 0;
    int found;

    weh_assert(n == 2);
    if (is_null(args[0]) || is_null(args[1])) {
        return;
    }
    if (!is_text(args[0])) {
        sqlite3_result_error(context, "string expression expected for regexp", -1);
        return;
    }
    regex = is_text(args[1]) ? regex_of(context, args, 0, "regex") : NULL;
    text = regex == NULL ? NULL : text_of(context, regex, args[1], &len);
    if (text == NULL) {
        return;
    }
    found = ecsql_regex_match(regex, text, len);
    if (found < 0) {
        sqlite3_result_error_nomem(context);
    } else {
        sqlite3_result_int(context, found);
    }
}

/* Is the call of regexp_extract right? Nothing is answered when it is about NULL. */
static bool may_extract(sqlite3_context *context, int n, sqlite3_value **args)
{
    if (is_null(args[0]) || is_null(args[1])) {
        return false;
    }
    if (!is_text(args[1]) || (n == 3 && !is_text(args[2]))) {
        sqlite3_result_error(context,
                             is_text(args[1])
                                 ? "string expression expected for W in regexp_extract(D,R,W)"
                                 : "string expression expected for R in regexp_extract(D,R,W)",
                             -1);
        return false;
    }
    return is_text(args[0]);
}

static void regexp_extract(sqlite3_context *context, int n, sqlite3_value **args)
{
    const char *rewrite = n == 3 ? (const char *)sqlite3_value_text(args[2]) : "\\0";
    const struct ecsql_regex *regex;
    const char *text;
    size_t len = 0;
    struct ecsql_regex_text out = { NULL, (size_t)sqlite3_limit(sqlite3_context_db_handle(context),
                                                                SQLITE_LIMIT_LENGTH, -1) };
    int found;

    if (!may_extract(context, n, args) || rewrite == NULL) {
        return;
    }
    regex = regex_of(context, args, 1, "regexp_extract");
    text = regex == NULL ? NULL : text_of(context, regex, args[0], &len);
    if (text == NULL) {
        return;
    }
    found = ecsql_regex_extract(regex, text, len, rewrite, &out);
    if (found == ECSQL_REGEX_TOO_LONG) {
        sqlite3_result_error_toobig(context);
    } else if (found < 0) {
        sqlite3_result_error_nomem(context);
    } else if (found > 0) {
        sqlite3_result_text64(context, out.ptr, out.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    free(out.ptr);
}

int ecsql_regex_functions_register(struct weh_briefcase *briefcase)
{
    sqlite3 *db = weh_briefcase_db(briefcase);
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int rc =
        sqlite3_create_function_v2(db, "regexp", 2, flags, briefcase, regexp, NULL, NULL, NULL);

    for (int n = 2; n <= 3 && rc == SQLITE_OK; n++) {
        rc = sqlite3_create_function_v2(db, "regexp_extract", n, flags, briefcase, regexp_extract,
                                        NULL, NULL, NULL);
    }
    return rc;
}
