/* tests/unit/briefcase/test_sqlite_time.c - what SQLite took, by a clock that only moves when a query says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/sqlite_time.h"

#include "fake_clock.h"

#define ROWS(n)                                                                    \
    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<" #n ")" \
    " SELECT tick(5) FROM c"

/* tick(N): N milliseconds go by. */
static void tick(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    fake_clock_advance_ms(sqlite3_value_int(args[0]));
    sqlite3_result_int(context, 1);
}

/* within(N): as long, in a statement of its own. */
static void within(sqlite3_context *context, int n, sqlite3_value **args)
{
    sqlite3_stmt *stmt = NULL;

    (void)n;
    assert_int_equal(
        weh_sqlite_prepare(sqlite3_context_db_handle(context), "SELECT tick(?1)", 15, &stmt),
        SQLITE_OK);
    assert_int_equal(sqlite3_bind_value(stmt, 1, args[0]), SQLITE_OK);
    assert_int_equal(weh_sqlite_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    sqlite3_result_int(context, 1);
}

static int setup(void **state)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(db, "tick", 1, SQLITE_UTF8, NULL, tick, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_create_function(db, "within", 1, SQLITE_UTF8, NULL, within, NULL, NULL), SQLITE_OK);
    (void)weh_sqlite_time_take();
    *state = db;
    return 0;
}

static int teardown(void **state)
{
    return sqlite3_close(*state);
}

/* Milliseconds that count for all steps of @sql. */
static uint64_t take(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    while (weh_sqlite_step(stmt) == SQLITE_ROW) {
    }
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    return weh_sqlite_time_take() / 1000;
}

static void test_time_of_a_step_counts_until_it_is_taken(void **state)
{
    assert_int_equal(take(*state, "SELECT tick(5)"), 5);
    assert_int_equal(weh_sqlite_time_take(), 0);
    assert_int_equal(weh_sqlite_exec(*state, "SELECT tick(3); SELECT tick(4)"), SQLITE_OK);
    assert_int_equal(weh_sqlite_time_take(), 7000);
}

static void test_time_of_many_rows_is_right_but_for_a_few(void **state)
{
    uint64_t ms = take(*state, ROWS(1000));

    assert_in_range(ms, 4960, 5040);
}

static void test_time_within_a_step_counts_once(void **state)
{
    assert_int_equal(take(*state, "SELECT within(5)"), 5);
    /* And what comes after is timed again. */
    assert_int_equal(take(*state, "SELECT tick(5)"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_time_of_a_step_counts_until_it_is_taken),
        T(test_time_of_many_rows_is_right_but_for_a_few),
        T(test_time_within_a_step_counts_once),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
