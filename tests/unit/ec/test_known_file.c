/* tests/unit/ec/test_known_file.c - the second open of a file that has not changed reads no table, and
 * whatever changes the file is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/briefcase_txn.h"
#include "weh/db.h"
#include "weh/file_state.h"

#include "ec_fixture.h"

struct fixture {
    struct ec_fixture file; /* its own briefcase is closed at once */
    struct weh_briefcase *briefcase;
    const struct weh_ec_catalog *catalog;
    int64_t data_version;
};

static void open_file(struct fixture *f, bool readonly)
{
    struct weh_briefcase_options options = {
        .path = f->file.path, .readonly = readonly, .user = "test", .registry = f->file.registry
    };

    if (weh_briefcase_open(&options, &f->briefcase, &f->file.diag) != WEH_OK) {
        fail_msg("%s", f->file.diag.text);
    }
}

/* A file of a moment ago: its times could still be those of a later write. A look takes no time to
 * speak of, and the clock moves on by itself. */
static void wait_until_settled(struct fixture *f)
{
    struct weh_file_state state = { 0 };

    open_file(f, true);
    while (!state.settled) {
        assert_int_equal(weh_briefcase_read_begin(f->briefcase, NULL), WEH_OK);
        assert_true(weh_briefcase_file_state(f->briefcase, &state));
        weh_briefcase_read_end(f->briefcase);
    }
    weh_briefcase_close(f->briefcase);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    ec_fixture_open(&f->file, "empty.bim", NULL);
    weh_briefcase_close(f->file.briefcase);
    f->file.briefcase = NULL;
    wait_until_settled(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ec_fixture_close(&f->file);
    free(f);
    return 0;
}

static int count_scans(unsigned kind, void *count, void *stmt, void *sql)
{
    (void)kind;
    (void)stmt;
    *(unsigned *)count += strstr(sql, "weh_ec_row") != NULL;
    return 0;
}

/* Acquire; the number of tables that were read. */
static unsigned acquire(struct fixture *f)
{
    unsigned n = 0;
    sqlite3 *db = weh_briefcase_db(f->briefcase);

    (void)sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_scans, &n);
    assert_int_equal(weh_briefcase_data_version(f->briefcase, &f->data_version, NULL), WEH_OK);
    if (weh_ec_catalog_acquire(f->file.cache, f->briefcase, &f->catalog, &f->file.diag) != WEH_OK) {
        fail_msg("%s", f->file.diag.text);
    }
    (void)sqlite3_trace_v2(db, 0, NULL, NULL);
    return n;
}

static void close_file(struct fixture *f)
{
    weh_ec_catalog_release(f->catalog);
    weh_briefcase_close(f->briefcase);
}

/* Open, acquire, close; the number of tables that were read. */
static unsigned visit(struct fixture *f, bool readonly)
{
    unsigned n;

    open_file(f, readonly);
    n = acquire(f);
    close_file(f);
    return n;
}

/* What another program does to the file. */
static void run_elsewhere(const struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(f->file.path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) {
        fail_msg("%s: %s", sql, message);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define RENAME "UPDATE ec_Class SET Name='Renamed' WHERE Name='UrlLink'"

static bool knows(struct fixture *f, const char *name)
{
    return weh_ec_class_by_name(f->catalog, weh_str_from(name)) != NULL;
}

static void test_file_unchanged_since_it_was_read_is_not_read_again(void **state)
{
    struct fixture *f = *state;
    const struct weh_ec_catalog *first;

    assert_true(visit(f, false) > 0);
    first = f->catalog;
    assert_int_equal(visit(f, false), 0);
    assert_ptr_equal(f->catalog, first);
    assert_int_equal(visit(f, true), 0);
    assert_int_equal(visit(f, false), 0);
}

static void test_file_first_opened_by_a_reader_is_known_too(void **state)
{
    struct fixture *f = *state;

    assert_true(visit(f, true) > 0);
    assert_int_equal(visit(f, true), 0);
    assert_int_equal(visit(f, false), 0);
}

static void test_file_whose_times_could_still_come_again_is_read_each_time(void **state)
{
    struct fixture *f = *state;
    struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = 1 } };

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &times[1]), 0);
    times[1].tv_sec += 3600;
    assert_true(visit(f, false) > 0);
    assert_int_equal(utimensat(AT_FDCWD, f->file.path, times, 0), 0);
    assert_true(visit(f, false) > 0);
    assert_true(visit(f, true) > 0);
    times[1].tv_sec -= 7200;
    assert_int_equal(utimensat(AT_FDCWD, f->file.path, times, 0), 0);
    wait_until_settled(f);
    assert_true(visit(f, false) > 0);
    assert_int_equal(visit(f, false), 0);
}

static void test_file_changed_by_another_program_is_read_anew(void **state)
{
    struct fixture *f = *state;

    assert_true(visit(f, false) > 0);
    run_elsewhere(f, RENAME);
    open_file(f, false);
    assert_true(acquire(f) > 0);
    assert_true(knows(f, "BisCore:Renamed"));
    assert_false(knows(f, "BisCore:UrlLink"));
    close_file(f);
}

static void test_file_changed_with_its_time_put_back_is_read_anew(void **state)
{
    struct fixture *f = *state;
    struct stat before;

    assert_true(visit(f, false) > 0);
    assert_int_equal(stat(f->file.path, &before), 0);
    run_elsewhere(f, RENAME);
    assert_int_equal(utimensat(AT_FDCWD, f->file.path,
                               (struct timespec[2]){ before.st_atim, before.st_mtim }, 0),
                     0);
    open_file(f, true);
    assert_true(acquire(f) > 0);
    assert_true(knows(f, "BisCore:Renamed"));
    close_file(f);
}

static void test_file_replaced_by_another_one_is_read_anew(void **state)
{
    struct fixture *f = *state;
    struct ec_fixture other;

    assert_true(visit(f, false) > 0);
    ec_fixture_open(&other, "small.bim", NULL);
    weh_briefcase_close(other.briefcase);
    other.briefcase = NULL;
    assert_int_equal(rename(other.path, f->file.path), 0);
    open_file(f, false);
    assert_true(acquire(f) > 0);
    assert_true(knows(f, "WebEditTest:Widget"));
    close_file(f);
    ec_fixture_close(&other);
}

static void test_file_with_something_in_the_log_is_read(void **state)
{
    struct fixture *f = *state;
    struct fixture reader = *f;

    assert_true(visit(f, false) > 0);
    open_file(f, false);
    assert_int_equal(acquire(f), 0);
    assert_int_equal(weh_db_exec(f->briefcase, RENAME, NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(f->briefcase, NULL), WEH_OK);
    open_file(&reader, true);
    assert_true(acquire(&reader) > 0);
    assert_true(knows(&reader, "BisCore:Renamed"));
    close_file(&reader);
    close_file(f);
}

static void edit(struct fixture *f)
{
    assert_int_equal(
        weh_db_exec(f->briefcase, "UPDATE bis_Element SET UserLabel='x' WHERE Id=1", NULL), WEH_OK);
    assert_int_equal(weh_briefcase_commit(f->briefcase, NULL), WEH_OK);
}

static void test_file_that_we_edited_stays_known(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    open_file(f, false);
    assert_true(acquire(f) > 0);
    edit(f);
    /* What is unsaved is not kept. */
    assert_int_equal(weh_db_exec(f->briefcase, "UPDATE bis_Element SET UserLabel='y'", NULL),
                     WEH_OK);
    weh_ec_catalog_remember(f->catalog, f->briefcase, f->data_version);
    close_file(f);
    assert_int_equal(visit(f, false), 0);
    assert_int_equal(visit(f, true), 0);

    assert_int_equal(sqlite3_open(f->file.path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT UserLabel FROM bis_Element WHERE Id=1", -1, &stmt, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "x");
    (void)sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_file_changed_right_after_we_edited_it_is_read_anew(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 20; i++) {
        open_file(f, false);
        (void)acquire(f);
        edit(f);
        weh_ec_catalog_remember(f->catalog, f->briefcase, f->data_version);
        close_file(f);
        /* Often in the same tick of the clock. */
        run_elsewhere(f, i % 2 == 0 ? RENAME
                                    : "UPDATE ec_Class SET Name='UrlLink' WHERE Name='Renamed'");
        open_file(f, false);
        assert_true(acquire(f) > 0);
        assert_int_equal(knows(f, "BisCore:Renamed"), i % 2 == 0);
        close_file(f);
    }
}

static void test_file_is_not_noted_when_another_session_has_committed(void **state)
{
    struct fixture *f = *state;

    open_file(f, false);
    assert_true(acquire(f) > 0);
    edit(f);
    weh_ec_catalog_remember(f->catalog, f->briefcase, f->data_version - 1);
    close_file(f);
    assert_true(visit(f, false) > 0);
}

static void test_file_with_a_reader_in_the_log_is_not_noted(void **state)
{
    struct fixture *f = *state;
    struct fixture reader = *f;

    open_file(f, false);
    assert_true(acquire(f) > 0);
    edit(f);
    open_file(&reader, true);
    assert_int_equal(weh_briefcase_read_begin(reader.briefcase, NULL), WEH_OK);
    assert_true(acquire(&reader) > 0);
    edit(f);
    weh_ec_catalog_remember(f->catalog, f->briefcase, f->data_version);
    close_file(f);
    /* The reader is not disturbed. */
    assert_int_equal(weh_db_exec(reader.briefcase, "SELECT count(*) FROM bis_Element", NULL),
                     WEH_OK);
    weh_briefcase_read_end(reader.briefcase);
    close_file(&reader);
    assert_true(visit(f, false) > 0);
}

static void test_file_of_a_catalogue_that_went_is_read_anew(void **state)
{
    struct fixture *f = *state;

    assert_true(visit(f, true) > 0);
    for (int i = 0; i < 8; i++) {
        struct ec_fixture other;
        const struct weh_ec_catalog *catalog = NULL;
        char sql[96];

        (void)snprintf(sql, sizeof(sql), "UPDATE ec_Schema SET VersionDigit3=%d WHERE Id=1",
                       i + 50);
        ec_fixture_open(&other, "empty.bim", sql);
        assert_int_equal(
            weh_ec_catalog_acquire(f->file.cache, other.briefcase, &catalog, &other.diag), WEH_OK);
        weh_ec_catalog_release(catalog);
        ec_fixture_close(&other);
    }
    assert_true(visit(f, true) > 0);
    assert_int_equal(visit(f, true), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_file_unchanged_since_it_was_read_is_not_read_again),
        TEST(test_file_first_opened_by_a_reader_is_known_too),
        TEST(test_file_whose_times_could_still_come_again_is_read_each_time),
        TEST(test_file_changed_by_another_program_is_read_anew),
        TEST(test_file_changed_with_its_time_put_back_is_read_anew),
        TEST(test_file_replaced_by_another_one_is_read_anew),
        TEST(test_file_with_something_in_the_log_is_read),
        TEST(test_file_that_we_edited_stays_known),
        TEST(test_file_changed_right_after_we_edited_it_is_read_anew),
        TEST(test_file_is_not_noted_when_another_session_has_committed),
        TEST(test_file_with_a_reader_in_the_log_is_not_noted),
        TEST(test_file_of_a_catalogue_that_went_is_read_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
