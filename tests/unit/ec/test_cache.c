/* tests/unit/ec/test_cache.c - sharing of catalogues, from several threads, and without memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "weh/db.h"
#include "weh/ec_value.h"
#include "weh/json.h"

#include "ec_fixture.h"
#include "fake_alloc.h"

static const struct weh_ec_catalog *acquire(struct weh_ec_cache *cache, struct ec_fixture *f)
{
    const struct weh_ec_catalog *catalog = NULL;

    if (weh_ec_catalog_acquire(cache, f->briefcase, &catalog, &f->diag) != WEH_OK) {
        fail_msg("%s", f->diag.text);
    }
    return catalog;
}

static void test_cache_of_equal_tables_gives_one_catalogue(void **state)
{
    struct ec_fixture a;
    struct ec_fixture b;
    struct ec_fixture other;
    const struct weh_ec_catalog *first;
    const struct weh_ec_catalog *second;
    const struct weh_ec_catalog *third;

    (void)state;
    ec_fixture_open(&a, "small.bim", NULL);
    /* Other elements, other pages, the same schemas. */
    ec_fixture_open(&b, "small.bim", "DELETE FROM bis_ElementMultiAspect;VACUUM");
    ec_fixture_open(&other, "empty.bim", NULL);
    first = acquire(a.cache, &a);
    second = acquire(a.cache, &b);
    third = acquire(a.cache, &other);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, third);
    weh_ec_catalog_release(first);
    assert_int_equal(weh_ec_class_count(second), 369);
    weh_ec_catalog_release(second);
    /* An unused one is kept for the next. */
    second = acquire(a.cache, &b);
    assert_ptr_equal(first, second);
    weh_ec_catalog_release(second);
    weh_ec_catalog_release(third);
    weh_ec_catalog_release(NULL);
    ec_fixture_close(&b);
    ec_fixture_close(&other);
    ec_fixture_close(&a);
}

static void test_cache_of_one_changed_map_row_gives_another_catalogue(void **state)
{
    struct ec_fixture a;
    struct ec_fixture b;
    const struct weh_ec_catalog *first;
    const struct weh_ec_catalog *second;

    (void)state;
    ec_fixture_open(&a, "small.bim", NULL);
    ec_fixture_open(
        &b, "small.bim",
        "UPDATE ec_PropertyMap SET ColumnId=(SELECT c.Id FROM ec_Column c JOIN ec_Table "
        "t ON t.Id=c.TableId WHERE t.Name='bis_GeometricElement3d' AND c.Name='js32') "
        "WHERE PropertyPathId=(SELECT Id FROM ec_PropertyPath WHERE "
        "AccessString='Nickname') AND ClassId=(SELECT Id FROM ec_Class WHERE "
        "Name='Widget')");
    first = acquire(a.cache, &a);
    second = acquire(a.cache, &b);
    assert_ptr_not_equal(first, second);
    weh_ec_catalog_release(first);
    weh_ec_catalog_release(second);
    ec_fixture_close(&b);
    ec_fixture_close(&a);
}

static void test_cache_checks_the_columns_of_each_file_that_shares(void **state)
{
    struct ec_fixture a;
    struct ec_fixture b;
    const struct weh_ec_catalog *first;
    const struct weh_ec_catalog *none = NULL;

    (void)state;
    ec_fixture_open(&a, "small.bim", NULL);
    ec_fixture_open(&b, "small.bim", "ALTER TABLE bis_Document RENAME COLUMN js1 TO gone");
    first = acquire(a.cache, &a);
    assert_int_equal(weh_ec_catalog_acquire(a.cache, b.briefcase, &none, &b.diag), WEH_E_CORRUPT);
    assert_null(none);
    weh_ec_catalog_release(first);
    ec_fixture_close(&b);
    ec_fixture_close(&a);
}

static void test_cache_keeps_few_unused_catalogues(void **state)
{
    struct ec_fixture files[8];
    size_t most = 0;

    (void)state;
    ec_fixture_open(&files[0], "empty.bim", NULL);
    weh_ec_catalog_release(acquire(files[0].cache, &files[0]));
    for (size_t i = 1; i < WEH_ARRAY_LEN(files); i++) {
        char sql[96];
        size_t before;

        (void)snprintf(sql, sizeof(sql), "UPDATE ec_Schema SET VersionDigit3=%zu WHERE Id=1",
                       i + 50);
        ec_fixture_open(&files[i], "empty.bim", sql);
        before = fake_alloc_live();
        weh_ec_catalog_release(acquire(files[0].cache, &files[i]));
        if (i >= 4) {
            /* One in, one out. */
            assert_int_equal(fake_alloc_live(), before);
        } else {
            assert_true(fake_alloc_live() > before);
            most++;
        }
    }
    assert_int_equal(most, 3);
    for (size_t i = 1; i < WEH_ARRAY_LEN(files); i++) {
        ec_fixture_close(&files[i]);
    }
    ec_fixture_close(&files[0]);
}

#define N_THREADS 4
#define N_ROUNDS  12

struct worker {
    pthread_t thread;
    pthread_barrier_t *barrier;
    struct weh_ec_cache *cache;
    struct ec_fixture files[2];
    bool failed;
};

static void *work(void *argument)
{
    struct worker *worker = argument;

    for (size_t round = 0; round < N_ROUNDS; round++) {
        const struct weh_ec_catalog *catalogs[2] = { NULL, NULL };

        (void)pthread_barrier_wait(worker->barrier);
        for (size_t i = 0; i < 2; i++) {
            if (weh_ec_catalog_acquire(worker->cache, worker->files[i].briefcase, &catalogs[i],
                                       &worker->files[i].diag) != WEH_OK ||
                weh_ec_class_by_name(catalogs[i], WEH_STR("BisCore:Subject")) == NULL) {
                worker->failed = true;
            }
        }
        for (size_t i = 0; i < 2; i++) {
            weh_ec_catalog_release(catalogs[i]);
        }
    }
    return NULL;
}

static void test_cache_used_by_several_threads_at_once_stays_whole(void **state)
{
    static struct worker workers[N_THREADS];
    pthread_barrier_t barrier;
    struct weh_ec_cache *cache = NULL;
    struct weh_diag diag;

    (void)state;
    assert_int_equal(weh_ec_cache_create(&cache, &diag), WEH_OK);
    assert_int_equal(pthread_barrier_init(&barrier, NULL, N_THREADS), 0);
    for (size_t i = 0; i < N_THREADS; i++) {
        workers[i].barrier = &barrier;
        workers[i].cache = cache;
        workers[i].failed = false;
        ec_fixture_open(&workers[i].files[0], "small.bim", NULL);
        ec_fixture_open(&workers[i].files[1], "empty.bim", NULL);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_false(workers[i].failed);
        ec_fixture_close(&workers[i].files[0]);
        ec_fixture_close(&workers[i].files[1]);
    }
    assert_int_equal(pthread_barrier_destroy(&barrier), 0);
    weh_ec_cache_destroy(cache);
}

static void test_cache_survives_any_failed_allocation(void **state)
{
    struct ec_fixture f;
    weh_err err = WEH_E_NOMEM;
    unsigned nth;

    (void)state;
    ec_fixture_open(&f, "small.bim", NULL);
    for (nth = 1; err == WEH_E_NOMEM; nth++) {
        size_t before = fake_alloc_live();

        fake_alloc_fail_at(nth);
        err = ec_fixture_acquire(&f);
        fake_alloc_reset();
        if (err != WEH_OK) {
            assert_null(f.catalog);
            assert_int_equal(fake_alloc_live(), before);
        }
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 10);
    ec_fixture_close(&f);
}

/* One row of a WideWidget out, and its array, binary and text members in again. */
static weh_err write_and_bind(struct ec_fixture *f, sqlite3_stmt *stmt, sqlite3_stmt *echo,
                              const struct weh_value *tags, const struct weh_value *blob)
{
    static const int columns[] = { 0 };
    static const int params[] = { 1 };
    const struct weh_ec_class *widget = ec_fixture_class(f, "WebEditTest:Widget");
    struct weh_json_writer writer;
    struct weh_arena arena;
    struct weh_buf out;
    weh_err err;

    weh_buf_init(&out, 0);
    weh_arena_init(&arena, 0);
    weh_json_writer_init(&writer, &out);
    weh_sink_map_begin(&writer.sink, 1);
    err = weh_ec_value_write(f->catalog, weh_ec_property_by_js_name(widget, WEH_STR("bins")), stmt,
                             columns, &writer.sink, &arena, &f->diag);
    if (err == WEH_OK) {
        err = out.err;
    }
    if (err == WEH_OK) {
        err = weh_ec_value_bind(f->catalog, weh_ec_property_by_js_name(widget, WEH_STR("tags")),
                                tags, echo, params, &arena, &f->diag);
    }
    if (err == WEH_OK) {
        err = weh_ec_value_bind(f->catalog, weh_ec_property_by_js_name(widget, WEH_STR("bin")),
                                blob, echo, params, &arena, &f->diag);
    }
    assert_int_equal(sqlite3_clear_bindings(echo), SQLITE_OK);
    weh_arena_fini(&arena);
    weh_buf_fini(&out);
    return err;
}

static void test_value_survives_any_failed_allocation(void **state)
{
    static const struct weh_json_limits limits = { .max_depth = 32, .max_values = 1000 };
    struct ec_fixture f;
    struct weh_arena arena;
    struct weh_value tags;
    struct weh_value blob;
    sqlite3_stmt *stmt = NULL;
    sqlite3_stmt *echo = NULL;
    sqlite3 *db;
    weh_err err = WEH_E_NOMEM;
    unsigned nth;

    (void)state;
    ec_fixture_open(&f, "small.bim", NULL);
    assert_int_equal(ec_fixture_acquire(&f), WEH_OK);
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_json_parse(WEH_STR("[{\"name\":\"n\",\"dim\":{\"width\":1}},null]"),
                                    &limits, &arena, &tags, NULL),
                     WEH_OK);
    assert_int_equal(
        weh_json_parse(WEH_STR("\"encoding=base64;CQg=\""), &limits, &arena, &blob, NULL), WEH_OK);
    db = weh_briefcase_db(f.briefcase);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT '[\"CQg=\",\"AQ==\"]'", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT ?1", -1, &echo, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    for (nth = 1; err == WEH_E_NOMEM; nth++) {
        size_t before = fake_alloc_live();

        fake_alloc_fail_at(nth);
        err = write_and_bind(&f, stmt, echo, &tags, &blob);
        fake_alloc_reset();
        assert_int_equal(fake_alloc_live(), before);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 4);
    sqlite3_finalize(stmt);
    sqlite3_finalize(echo);
    weh_arena_fini(&arena);
    ec_fixture_close(&f);
}

static void test_cache_and_values_leave_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(fake_alloc_live(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_of_equal_tables_gives_one_catalogue),
        cmocka_unit_test(test_cache_of_one_changed_map_row_gives_another_catalogue),
        cmocka_unit_test(test_cache_checks_the_columns_of_each_file_that_shares),
        cmocka_unit_test(test_cache_keeps_few_unused_catalogues),
        cmocka_unit_test(test_cache_used_by_several_threads_at_once_stays_whole),
        cmocka_unit_test(test_cache_survives_any_failed_allocation),
        cmocka_unit_test(test_value_survives_any_failed_allocation),
        cmocka_unit_test(test_cache_and_values_leave_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
