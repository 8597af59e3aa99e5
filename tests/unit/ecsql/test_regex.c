/* tests/unit/ecsql/test_regex.c - regexp and regexp_extract end in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/buf.h"
#include "weh/ecsql.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"

/* Its automaton takes too much memory in hexadecimal noise: there a match costs all the steps that it may. */
#define SLOW "'[0-9A-F]*[0-7][0-9A-F]{20}x'"

struct answer {
    struct weh_arena arena;
    struct weh_value value;
    struct weh_ecsql_outcome outcome;
    struct weh_diag diag;
    weh_err err;
};

static void ask(struct ec_fixture *f, const char *text, uint32_t time_ms, struct answer *out)
{
    const struct weh_ecsql_limits limits = { time_ms, 1000, 16u << 20, 8u << 20,
                                             100000,  4,    1u << 30,  0 };
    const struct weh_ecsql_request request = { .text = weh_str_from(text),
                                               .count = UINT64_MAX,
                                               .rows = WEH_ECSQL_ARRAYS,
                                               .outcome = &out->outcome };
    struct weh_value_sink sink;
    struct weh_ecsql *engine = NULL;

    *out = (struct answer){ .err = WEH_OK };
    assert_int_equal(weh_ecsql_create(f->briefcase, f->catalog, &limits, NULL, &engine, NULL),
                     WEH_OK);
    weh_arena_init(&out->arena, 0);
    weh_value_sink_init(&sink, &out->arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    out->err = weh_ecsql_query(engine, &request, &out->arena, &sink.sink, &out->diag);
    if (out->err == WEH_OK) {
        weh_sink_map_end(&sink.sink);
        assert_int_equal(weh_value_sink_take(&sink, &out->value, NULL), WEH_OK);
    }
    weh_ecsql_destroy(engine);
}

static const struct weh_value *only_cell(const struct answer *answer)
{
    const struct weh_value *rows = weh_value_get(&answer->value, "rows");

    assert_int_equal(answer->err, WEH_OK);
    assert_int_equal(rows->n, 1);
    return &rows->as.items[0].as.items[0];
}

/* SQLite looks at the clock between rows and when it takes memory, and the second row takes none. */
static void test_many_matches_in_one_row_end_with_the_deadline(void **state)
{
    struct weh_buf query;
    struct answer answer;

    weh_buf_init(&query, SIZE_MAX);
    weh_buf_printf(&query,
                   "WITH t(x) AS (SELECT 'A' UNION ALL SELECT hex(randomblob(30000))) SELECT 1");
    for (int i = 0; i < 64; i++) {
        weh_buf_printf(&query, ",regexp(" SLOW ",x)");
    }
    weh_buf_printf(&query, " FROM t");
    weh_buf_byte(&query, 0);
    ask(*state, (const char *)query.data, 20, &answer);
    assert_true(answer.outcome.status == WEH_ECSQL_TIMEOUT ||
                answer.outcome.status == WEH_ECSQL_PARTIAL);
    assert_true(answer.outcome.n_rows < 2);
    weh_arena_fini(&answer.arena);
    weh_buf_fini(&query);
}

static void test_a_text_is_as_long_as_the_pattern_allows(void **state)
{
    struct answer answer;

    ask(*state, "SELECT regexp(" SLOW ",hex(randomblob(30000)))", 60000, &answer);
    assert_int_equal(only_cell(&answer)->type, WEH_VALUE_BOOL);
    weh_arena_fini(&answer.arena);
    ask(*state, "SELECT regexp(" SLOW ",hex(randomblob(150000)))", 60000, &answer);
    assert_int_equal(answer.err, WEH_E_QUERY);
    assert_string_equal(answer.diag.text, "the text is too long for this regular expression");
    weh_arena_fini(&answer.arena);
    ask(*state, "SELECT regexp('F+$',hex(zeroblob(150000))||'F')", 60000, &answer);
    assert_true(only_cell(&answer)->as.boolean);
    weh_arena_fini(&answer.arena);
}

static void test_what_is_extracted_is_as_long_as_a_value_may_be(void **state)
{
    struct answer answer;

    /* 200,000 times 200,000 characters, of a query of some. */
    ask(*state,
        "SELECT regexp_extract(hex(zeroblob(100000)),'.*',replace(hex(zeroblob(100000)),'0','\\0'))",
        60000, &answer);
    assert_int_equal(answer.err, WEH_E_TOO_LARGE);
    weh_arena_fini(&answer.arena);
    ask(*state,
        "SELECT length(regexp_extract(hex(zeroblob(100000)),'(0*)',replace('xxxxx','x','\\1')))",
        60000, &answer);
    assert_int_equal(only_cell(&answer)->as.integer, 1000000);
    weh_arena_fini(&answer.arena);
}

static void test_rewrites_are_those_of_the_library(void **state)
{
    static const struct {
        const char *call, *result; /* NULL: null */
    } rows[] = {
        { "regexp_extract('wall-12','([a-z]+)-([0-9]+)','\\2 \\\\ \\1 \\0')",
          "12 \\ wall wall-12" },
        { "regexp_extract('wall','(x)?w','<\\1>')", "<>" },
        { "regexp_extract('wall','w','\\1')", NULL },
        { "regexp_extract('wall','w','\\x')", NULL },
        { "regexp_extract('wall','w','a\\')", NULL },
        { "regexp_extract('wall','w','')", "" },
        { "regexp_extract('wall','z','a')", NULL },
        { "regexp_extract('abcdefghij','(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)','\\9')", "i" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct answer answer;
        char query[200];

        (void)snprintf(query, sizeof(query), "SELECT %s", rows[i].call);
        ask(*state, query, 60000, &answer);
        if (rows[i].result == NULL) {
            assert_true(weh_value_is_null(only_cell(&answer)));
        } else {
            assert_true(weh_str_eq_text(weh_value_str(only_cell(&answer)), rows[i].result));
        }
        weh_arena_fini(&answer.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_matches_in_one_row_end_with_the_deadline),
        cmocka_unit_test(test_a_text_is_as_long_as_the_pattern_allows),
        cmocka_unit_test(test_what_is_extracted_is_as_long_as_a_value_may_be),
        cmocka_unit_test(test_rewrites_are_those_of_the_library),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
