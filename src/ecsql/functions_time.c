/* src/ecsql/functions_time.c - timediff, and numbers and names that another SQLite would answer otherwise:
 * logarithms, the version and the changes of a connection.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "weh/compiler.h"

#include "functions.h"

/* ---- timediff ---- */

#define DAY_MS INT64_C(86400000)

struct moment {
    int year, month, day;
    int64_t of_day; /* milliseconds */
};

/* Milliseconds of @moment since some day, in the proleptic Gregorian calendar. A day that its month does
 * not have counts on into the next. */
static int64_t moment_ms(const struct moment *moment)
{
    int64_t year = moment->month <= 2 ? moment->year - 1 : moment->year;
    int64_t month = moment->month <= 2 ? moment->month + 12 : moment->month;
    int64_t century = year >= 0 ? year / 100 : -((99 - year) / 100);
    int64_t fours = century >= 0 ? century / 4 : -((3 - century) / 4);
    int64_t days = 36525 * (year + 4716) / 100 + 306001 * (month + 1) / 10000 + moment->day + 2 -
                   century + fours;

    return days * DAY_MS + moment->of_day;
}

/* What SQLite takes @value for, or false. */
static bool read_moment(sqlite3_context *context, sqlite3_value *value, struct moment *out)
{
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    double seconds = 0;
    int hours = 0;
    int minutes = 0;

    if (sqlite3_prepare_v2(sqlite3_context_db_handle(context),
                           "SELECT strftime('%Y %m %d %H %M %f',?1)", -1, &stmt,
                           NULL) == SQLITE_OK &&
        sqlite3_bind_value(stmt, 1, value) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW &&
        sqlite3_column_text(stmt, 0) != NULL) {
        /* NOLINTNEXTLINE(cert-err34-c): SQLite's own digits */
        found = sscanf((const char *)sqlite3_column_text(stmt, 0), "%d %d %d %d %d %lf", &out->year,
                       &out->month, &out->day, &hours, &minutes, &seconds) == 6;
    }
    out->of_day = (hours * INT64_C(60) + minutes) * 60000 + llround(seconds * 1000);
    (void)sqlite3_finalize(stmt);
    return found;
}

/* Years and months from @b to @a, of which @sign tells which is later (1: @a); @b is moved to where those
 * are over, and what is left are days. */
static void count_months(const struct moment *a, struct moment *b, int sign, int *years,
                         int *months)
{
    *years = sign * (a->year - b->year);
    *months = sign * (a->month - b->month);
    b->year = a->year;
    b->month = a->month;
    if (*months < 0) {
        --*years;
        *months += 12;
    }
    while (sign * (moment_ms(a) - moment_ms(b)) < 0) {
        if (--*months < 0) {
            *months = 11;
            --*years;
        }
        b->month -= sign;
        if (b->month < 1 || b->month > 12) {
            b->year -= sign;
            b->month += b->month < 1 ? 12 : -12;
        }
    }
}

static void timediff(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct moment a;
    struct moment b;
    int64_t rest;
    char text[64];
    int years = 0;
    int months = 0;
    int sign;

    weh_assert(n == 2);
    if (!read_moment(context, args[0], &a) || !read_moment(context, args[1], &b)) {
        return;
    }
    sign = moment_ms(&a) >= moment_ms(&b) ? 1 : -1;
    count_months(&a, &b, sign, &years, &months);
    rest = sign * (moment_ms(&a) - moment_ms(&b));
    (void)snprintf(text, sizeof(text), "%c%04d-%02d-%02d %02d:%02d:%06.3f", sign > 0 ? '+' : '-',
                   years, months, (int)(rest / DAY_MS), (int)(rest / 3600000 % 24),
                   (int)(rest / 60000 % 60), (double)(rest % 60000) / 1000);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* ---- logarithms: those of SQLite before 3.44 are off in the last digit ---- */

static void logarithm(sqlite3_context *context, sqlite3_value *value, double (*function)(double))
{
    int type = sqlite3_value_numeric_type(value);
    double number = sqlite3_value_double(value);

    if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && number > 0) {
        sqlite3_result_double(context, function(number));
    }
}

static void log_10(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    logarithm(context, args[0], log10);
}

static void log_2(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    logarithm(context, args[0], log2);
}

static void log_base(sqlite3_context *context, int n, sqlite3_value **args)
{
    double base = sqlite3_value_double(args[0]);
    double number = sqlite3_value_double(args[1]);

    (void)n;
    if (sqlite3_value_numeric_type(args[0]) <= SQLITE_FLOAT &&
        sqlite3_value_numeric_type(args[1]) <= SQLITE_FLOAT && base > 0 && log(base) > 0 &&
        number > 0) {
        sqlite3_result_double(context, log(number) / log(base));
    }
}

/* ---- what a query may know of its connection: that of one which has only read ---- */

static void none(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    (void)args;
    sqlite3_result_int(context, 0);
}

static void null(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    (void)args;
    sqlite3_result_null(context);
}

int ecsql_time_functions_register(sqlite3 *db)
{
    static const struct {
        const char *name;
        int n_args;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **args);
    } functions[] = {
        { "timediff", 2, timediff },   { "weh_log", 1, log_10 },   { "weh_log10", 1, log_10 },
        { "weh_log2", 1, log_2 },      { "weh_log", 2, log_base }, { "weh_changes", 0, none },
        { "weh_last_rowid", 0, null },
    };
    int rc = SQLITE_OK;

    for (size_t i = 0; i < WEH_ARRAY_LEN(functions) && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function_v2(db, functions[i].name, functions[i].n_args, SQLITE_UTF8,
                                        NULL, functions[i].call, NULL, NULL, NULL);
    }
    return rc;
}
