/* tests/unit/ecsql/test_rows.c - queries and binary values as stock frontends ask for them, of an engine alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/ecsql_rows.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"
#include "fake_alloc.h"
#include "fake_clock.h"

static const struct weh_ecsql_limits limits = { 10000,  1000, 16u << 20, 16u << 20,
                                                100000, 4,    1u << 30,  0 };

#define ENDLESS "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "

/* What a query asks of its session. */
struct others {
    bool wait;
    bool is_as_saved;
    enum weh_ecsql_others answer;
    int64_t ms_a_look; /* so much time passes until somebody looks again */
    int64_t ms;        /* that have passed */
    unsigned n_opened;
    unsigned n_run;
};

static bool is_waited_for(void *ctx, bool by_reads)
{
    struct others *others = ctx;

    fake_clock_advance_ms(others->ms_a_look);
    others->ms += others->ms_a_look;
    return others->wait && by_reads;
}

static bool may_run_beside(void *ctx)
{
    const struct others *others = ctx;

    return others->is_as_saved;
}

static struct weh_briefcase *open_beside(void *ctx)
{
    struct others *others = ctx;

    others->n_opened++;
    return NULL;
}

static enum weh_ecsql_others run_waiting(void *ctx)
{
    struct others *others = ctx;

    others->n_run++;
    return others->answer;
}

struct answer {
    weh_err err;
    struct weh_ecsql_outcome outcome;
    struct weh_diag diag;
    uint32_t n_rows;
    bool has_columns;
};

static struct answer ask(struct weh_ecsql *engine, struct weh_ecsql_request request)
{
    struct answer answer = { .n_rows = 0 };
    struct weh_value_sink sink;
    struct weh_value value;
    struct weh_arena arena;

    request.rows = WEH_ECSQL_ARRAYS;
    request.outcome = &answer.outcome;
    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    answer.err = weh_ecsql_rows(engine, &request, &arena, &sink.sink, &answer.diag);
    if (answer.err == WEH_OK) {
        weh_sink_map_end(&sink.sink);
        answer.err = weh_value_sink_take(&sink, &value, NULL);
    }
    if (answer.err == WEH_OK) {
        answer.n_rows = weh_value_get(&value, "data")->n;
        answer.has_columns = weh_value_get(&value, "meta")->n > 0;
    }
    weh_arena_fini(&arena);
    return answer;
}

static struct weh_ecsql *open_engine_of(struct ec_fixture *f, struct others *others,
                                        const struct weh_ecsql_limits *engine_limits)
{
    const struct weh_ecsql_host host = { .ctx = others,
                                         .is_waited_for = is_waited_for,
                                         .may_run_beside = may_run_beside,
                                         .open_beside = open_beside,
                                         .run_waiting = run_waiting };
    struct weh_ecsql *engine = NULL;

    assert_int_equal(weh_ecsql_create(f->briefcase, f->catalog, engine_limits,
                                      others == NULL ? NULL : &host, &engine, NULL),
                     WEH_OK);
    return engine;
}

static struct weh_ecsql *open_engine(struct ec_fixture *f, struct others *others)
{
    return open_engine_of(f, others, &limits);
}

#define ROWS "SELECT ECInstanceId FROM bis.Element LIMIT 5"

static void test_rows_have_their_columns_when_asked_for(void **state)
{
    struct weh_ecsql *engine = open_engine(*state, NULL);
    struct weh_ecsql_request request = { .text = WEH_STR(ROWS), .count = UINT64_MAX };
    struct answer answer = ask(engine, request);

    assert_int_equal(answer.err, WEH_OK);
    assert_false(answer.has_columns);
    assert_int_equal(answer.n_rows, 5);
    assert_int_equal(answer.outcome.status, WEH_ECSQL_DONE);
    assert_int_equal(answer.outcome.n_rows, 5);
    request.columns = true;
    request.quota.rows = 3;
    answer = ask(engine, request);
    assert_true(answer.has_columns);
    assert_int_equal(answer.outcome.status, WEH_ECSQL_PARTIAL);
    assert_int_equal(answer.outcome.limits.rows, 3);
    assert_false(weh_ecsql_is_running(engine));
    assert_false(weh_ecsql_is_running(NULL));
    weh_ecsql_destroy(engine);
}

static void test_rows_of_what_is_saved_need_a_connection_beside_what_is_not(void **state)
{
    struct others others = { .is_as_saved = false };
    struct weh_ecsql *engine = open_engine(*state, &others);
    struct weh_ecsql_request request = { .text = WEH_STR(ROWS),
                                         .count = UINT64_MAX,
                                         .saved = true };
    struct answer answer = ask(engine, request);

    assert_int_equal(answer.err, WEH_E_BUSY);
    assert_int_equal(others.n_opened, 1);
    request.saved = false;
    assert_int_equal(ask(engine, request).err, WEH_OK);
    others.is_as_saved = true;
    request.saved = true;
    assert_int_equal(ask(engine, request).err, WEH_OK);
    assert_int_equal(others.n_opened, 1);
    /* A random one could not begin anew; it would go beside at once, if it could. */
    request.text = WEH_STR("SELECT random()");
    assert_int_equal(ask(engine, request).err, WEH_OK);
    assert_int_equal(others.n_opened, 2);
    weh_ecsql_destroy(engine);
}

/* On its own connection it lets nobody run; what it has is sent, and no answer is without a row. */
static void test_rows_over_something_unsaved_end_with_those_that_are_there(void **state)
{
    struct others others = { .wait = true };
    struct weh_ecsql *engine = open_engine(*state, &others);
    struct weh_ecsql_request request = { .text = WEH_STR("SELECT COUNT(*) FROM bis.Element"),
                                         .count = UINT64_MAX };
    struct answer answer = ask(engine, request);

    assert_int_equal(answer.n_rows, 1);
    request.text = WEH_STR(ENDLESS "i FROM n WHERE i>10000");
    answer = ask(engine, request);
    assert_int_equal(answer.err, WEH_OK);
    assert_int_equal(answer.outcome.status, WEH_ECSQL_PARTIAL);
    assert_int_equal(answer.n_rows, 1);
    assert_int_equal(others.n_run, 0);
    weh_ecsql_destroy(engine);
}

#define SLICE_MS     100
#define ROW_GRACE_MS 20

/* When a query over what is saved, or not, lets those that wait have their turn. */
static void check_gives_way(struct ec_fixture *f, struct weh_str text, bool is_as_saved,
                            int64_t after_ms, unsigned n_opened)
{
    struct others others = { .wait = true, .is_as_saved = is_as_saved, .ms_a_look = 1 };
    struct weh_ecsql_limits patient = limits;
    struct weh_ecsql_request request = { .text = text, .count = UINT64_MAX };
    struct weh_ecsql *engine;

    patient.slice_ms = SLICE_MS;
    engine = open_engine_of(f, &others, &patient);
    assert_int_equal(ask(engine, request).err, WEH_OK);
    assert_in_range(others.ms, after_ms, after_ms + 1);
    assert_int_equal(others.n_opened, n_opened);
    weh_ecsql_destroy(engine);
}

static void test_rows_give_way_after_their_slice_and_wait_for_a_row_only_if_they_end(void **state)
{
    check_gives_way(*state, WEH_STR(ENDLESS "COUNT(*) FROM n"), true, SLICE_MS, 1);
    check_gives_way(*state, WEH_STR(ENDLESS "i FROM n WHERE i<2"), true, SLICE_MS, 1);
    check_gives_way(*state, WEH_STR(ENDLESS "i FROM n WHERE i<2"), false, SLICE_MS + ROW_GRACE_MS,
                    0);
}

static weh_err blob_of(struct weh_ecsql *engine, const struct weh_ecsql_blob_request *request,
                       struct weh_ecsql_outcome *outcome)
{
    struct weh_value_sink sink;
    struct weh_value value;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    err = weh_ecsql_blob(engine, request, &arena, &sink.sink, outcome, NULL);
    if (err == WEH_OK) {
        weh_sink_map_end(&sink.sink);
        err = weh_value_sink_take(&sink, &value, NULL);
    }
    if (err == WEH_OK) {
        assert_int_equal(weh_value_get(&value, "data")->n, outcome->n_bytes);
    }
    weh_arena_fini(&arena);
    return err;
}

static void test_blob_is_read_in_parts(void **state)
{
    static const struct {
        uint64_t offset, count;
        weh_err err;
        enum weh_ecsql_status status;
        uint64_t n_bytes;
    } cases[] = {
        { 0, 0, WEH_OK, WEH_ECSQL_DONE, 71 },
        { 70, 1, WEH_OK, WEH_ECSQL_DONE, 1 },
        { 71, 0, WEH_E_QUERY, WEH_ECSQL_BAD_RANGE, 0 },
        { 71, 1, WEH_E_QUERY, WEH_ECSQL_BAD_RANGE, 0 },
        { 72, 1, WEH_E_QUERY, WEH_ECSQL_BAD_RANGE, 0 },
        { UINT64_MAX, UINT64_MAX, WEH_E_QUERY, WEH_ECSQL_BAD_RANGE, 0 },
        { 1, UINT64_MAX, WEH_E_QUERY, WEH_ECSQL_BAD_RANGE, 0 },
    };
    struct weh_ecsql *engine = open_engine(*state, NULL);
    struct weh_ecsql_blob_request request = { .class_name = WEH_STR("Generic:PhysicalObject"),
                                              .access = WEH_STR("GeometryStream"),
                                              .id = 0x8a };

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_ecsql_outcome outcome;

        request.offset = cases[i].offset;
        request.count = cases[i].count;
        assert_int_equal(blob_of(engine, &request, &outcome), cases[i].err);
        assert_int_equal(outcome.status, cases[i].status);
        assert_int_equal(outcome.n_bytes, cases[i].n_bytes);
    }
    weh_ecsql_destroy(engine);
}

static void test_rows_and_blobs_without_memory_fail_and_leave_nothing(void **state)
{
    const struct weh_ecsql_blob_request blob = { .class_name = WEH_STR("Generic:PhysicalObject"),
                                                 .access = WEH_STR("GeometryStream"),
                                                 .id = 0x8a };
    const struct weh_ecsql_request rows = { .text = WEH_STR(ROWS),
                                            .count = UINT64_MAX,
                                            .columns = true };

    for (unsigned kind = 0; kind < 2; kind++) {
        weh_err err = WEH_E_NOMEM;

        for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
            struct weh_ecsql *engine = open_engine(*state, NULL);
            struct weh_ecsql_outcome outcome;
            const size_t before = fake_alloc_live();

            fake_alloc_fail_at(nth);
            err = kind == 0 ? ask(engine, rows).err : blob_of(engine, &blob, &outcome);
            fake_alloc_reset();
            weh_ecsql_destroy(engine);
            assert_true(fake_alloc_live() < before);
        }
        assert_int_equal(err, WEH_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_have_their_columns_when_asked_for),
        cmocka_unit_test(test_rows_of_what_is_saved_need_a_connection_beside_what_is_not),
        cmocka_unit_test(test_rows_over_something_unsaved_end_with_those_that_are_there),
        cmocka_unit_test(test_rows_give_way_after_their_slice_and_wait_for_a_row_only_if_they_end),
        cmocka_unit_test(test_blob_is_read_in_parts),
        cmocka_unit_test(test_rows_and_blobs_without_memory_fail_and_leave_nothing),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
