/* tests/unit/ecsql/test_outcome.c - how a query went, as the stock endpoint tells it; what is kept of queries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/ecsql_ask.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"

#define ENDLESS \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT COUNT(*) FROM n"

static const struct weh_ecsql_limits limits = {
    50, 3, 16u << 20, 1u << 20, 100000, 4, 1u << 30, 0
};

static struct weh_ecsql *open_engine_with(struct ec_fixture *f, const struct weh_ecsql_host *host)
{
    struct weh_ecsql *engine = NULL;

    assert_int_equal(weh_ecsql_create(f->briefcase, f->catalog, &limits, host, &engine, NULL),
                     WEH_OK);
    return engine;
}

static struct weh_ecsql *open_engine(struct ec_fixture *f)
{
    return open_engine_with(f, NULL);
}

static struct weh_ecsql_outcome outcome_of(struct weh_ecsql *engine, const char *text,
                                           const struct weh_value *args)
{
    struct weh_ecsql_outcome outcome = { .n_rows = 99 };
    const struct weh_ecsql_request request = { .text = weh_str_from(text),
                                               .args = args,
                                               .count = UINT64_MAX,
                                               .rows = WEH_ECSQL_ARRAYS,
                                               .outcome = &outcome };
    struct weh_value_sink sink;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_query(engine, &request, &arena, &sink.sink, NULL);
    if (err == WEH_OK) {
        weh_sink_map_end(&sink.sink);
        assert_int_equal(weh_value_sink_take(&sink, &value, NULL), WEH_OK);
    }
    weh_arena_fini(&arena);
    assert_int_equal(err == WEH_OK, outcome.status <= WEH_ECSQL_TIMEOUT);
    return outcome;
}

static void test_outcome_tells_where_a_query_ended(void **state)
{
    static const struct {
        const char *text;
        enum weh_ecsql_status status;
        uint64_t n_rows;
    } cases[] = {
        { "SELECT 1", WEH_ECSQL_DONE, 1 },
        { "SELECT ECInstanceId FROM BisCore.Element", WEH_ECSQL_PARTIAL, 3 },
        { ENDLESS, WEH_ECSQL_TIMEOUT, 0 },
        { "SELECT x FROM BisCore.Element", WEH_ECSQL_BAD_QUERY, 0 },
        { "DELETE FROM BisCore.Element", WEH_ECSQL_BAD_QUERY, 0 },
        { "SELECT hex(randomblob(1000000)) FROM BisCore.Element", WEH_ECSQL_BAD_STEP, 0 },
    };
    struct weh_ecsql *engine = open_engine(*state);

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_ecsql_outcome outcome = outcome_of(engine, cases[i].text, NULL);

        assert_int_equal(outcome.status, cases[i].status);
        assert_int_equal(outcome.n_rows, cases[i].n_rows);
    }
    weh_ecsql_destroy(engine);
}

static void test_outcome_tells_of_arguments(void **state)
{
    const struct weh_member member = { .key = WEH_STR("nope"),
                                       .value = { .type = WEH_VALUE_INT, .as.integer = 1 } };
    const struct weh_value args = { .type = WEH_VALUE_MAP, .n = 1, .as.members = &member };
    struct weh_ecsql *engine = open_engine(*state);

    assert_int_equal(
        outcome_of(engine, "SELECT 1 FROM BisCore.Element WHERE ECInstanceId=:id", &args).status,
        WEH_ECSQL_BAD_ARGS);
    weh_ecsql_destroy(engine);
}

static void count_kept(void *ctx, bool was_kept)
{
    size_t *counts = ctx;

    counts[was_kept]++;
}

static void test_queries_are_compiled_once_while_they_are_kept(void **state)
{
    size_t counts[] = { 0, 0 };
    const struct weh_ecsql_host host = { .ctx = counts, .count_kept = count_kept };
    struct weh_ecsql *engine = open_engine_with(*state, &host);
    char text[40];

    (void)outcome_of(engine, "SELECT 1", NULL);
    (void)outcome_of(engine, "SELECT 1", NULL);
    assert_int_equal(counts[false], 1);
    assert_int_equal(counts[true], 1);
    /* As many others as are kept, and it is gone. */
    for (int i = 0; i < 32; i++) {
        (void)snprintf(text, sizeof(text), "SELECT %d", 100 + i);
        (void)outcome_of(engine, text, NULL);
        weh_ecsql_close_all(engine);
    }
    (void)outcome_of(engine, "SELECT 1", NULL);
    assert_int_equal(counts[false], 34);
    assert_int_equal(counts[true], 1);
    weh_ecsql_destroy(engine);
}

static weh_err ask_ids(struct weh_ecsql *engine, const char *text, uint32_t max_rows,
                       struct weh_arena *arena, struct weh_id_list *out)
{
    const struct weh_ecsql_ask ask = { .text = weh_str_from(text), .max_rows = max_rows };

    return weh_ecsql_ask_ids(engine, &ask, arena, out, NULL);
}

static void test_asking_gives_the_rows_of_all_pages(void **state)
{
    struct weh_ecsql *engine = open_engine(*state);
    struct weh_id_list ids = { NULL, 0 };
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    /* Three rows come in one reply. */
    assert_int_equal(ask_ids(engine,
                             "SELECT ECInstanceId FROM BisCore.Element ORDER BY ECInstanceId", 423,
                             &arena, &ids),
                     WEH_OK);
    assert_int_equal(ids.n, 423);
    for (size_t i = 1; i < ids.n; i++) {
        assert_true(ids.ids[i] > ids.ids[i - 1]);
    }
    assert_int_equal(ask_ids(engine, "SELECT ECInstanceId FROM BisCore.Element", 422, &arena, &ids),
                     WEH_E_LIMIT);
    assert_int_equal(ask_ids(engine, "SELECT Model.Id FROM BisCore.Subject", 100, &arena, &ids),
                     WEH_OK);
    assert_int_equal(ids.n, 1);
    assert_int_equal(ids.ids[0], 1);
    weh_arena_fini(&arena);
    weh_ecsql_destroy(engine);
}

static void test_asking_what_fails_or_takes_too_long_is_an_error(void **state)
{
    struct weh_ecsql *engine = open_engine(*state);
    struct weh_id_list ids = { NULL, 0 };
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    assert_int_equal(ask_ids(engine, ENDLESS, 1, &arena, &ids), WEH_E_LIMIT);
    assert_int_equal(ask_ids(engine, "SELECT x FROM BisCore.Element", 1, &arena, &ids),
                     WEH_E_QUERY);
    assert_int_equal(ask_ids(engine, "SELECT NULL FROM BisCore.Subject", 9, &arena, &ids), WEH_OK);
    assert_int_equal(ids.n, 0);
    weh_arena_fini(&arena);
    weh_ecsql_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcome_tells_where_a_query_ended),
        cmocka_unit_test(test_outcome_tells_of_arguments),
        cmocka_unit_test(test_queries_are_compiled_once_while_they_are_kept),
        cmocka_unit_test(test_asking_gives_the_rows_of_all_pages),
        cmocka_unit_test(test_asking_what_fails_or_takes_too_long_is_an_error),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
