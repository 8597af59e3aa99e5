/* tests/unit/ecsql/test_like.c - LIKE with an index: the plan, and that comparing beside it changes no answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "weh/db.h"
#include "weh/ecsql.h"
#include "weh/value_sink.h"

#include "ec_fixture.h"

#define N_CASES 20000
#define BY_CODE "SELECT ECInstanceId FROM bis.Element WHERE CodeSpec.Id=? AND CodeScope.Id=? AND "

static struct weh_ecsql *open_engine(struct ec_fixture *f)
{
    const struct weh_ecsql_limits limits = { 60000,  1000, 16u << 20, 1u << 20,
                                             100000, 4,    1u << 30,  0 };
    struct weh_ecsql *engine = NULL;

    assert_int_equal(weh_ecsql_create(f->briefcase, f->catalog, &limits, NULL, &engine, NULL),
                     WEH_OK);
    return engine;
}

/* Does SQLite look at no other elements than those whose code begins as the pattern does? */
static bool searches_codes(struct weh_ecsql *engine, const char *query)
{
    struct weh_arena arena;
    struct weh_value_sink sink;
    struct weh_value value;
    bool found = false;

    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_map_begin(&sink.sink, WEH_SINK_UNKNOWN);
    assert_int_equal(weh_ecsql_explain(engine, weh_str_from(query), &arena, &sink.sink, NULL),
                     WEH_OK);
    weh_sink_map_end(&sink.sink);
    assert_int_equal(weh_value_sink_take(&sink, &value, NULL), WEH_OK);
    for (uint32_t i = 0; i < weh_value_get(&value, "plan")->n; i++) {
        const struct weh_value *step = &weh_value_get(&value, "plan")->as.items[i];
        const struct weh_str detail = weh_value_str(weh_value_get(step, "detail"));

        found = found || (memmem(detail.ptr, detail.len, "SEARCH ", 7) != NULL &&
                          memmem(detail.ptr, detail.len,
                                 "(CodeSpecId=? AND CodeScopeId=? AND CodeValue>? AND CodeValue<?)",
                                 64) != NULL);
    }
    weh_arena_fini(&arena);
    return found;
}

static const struct {
    const char *query;
    bool searches;
} plans[] = {
    { BY_CODE "CodeValue LIKE 'x%'", true },
    { BY_CODE "CodeValue LIKE 'x_y%z'", true },
    { BY_CODE "(UserLabel IS NULL AND CodeValue LIKE 'x%')", true },
    { BY_CODE "CodeValue LIKE ?", true },
    { BY_CODE "CodeValue LIKE :p ESCAPE '\\'", true },
    { BY_CODE "CodeValue LIKE 'x\\_y%' ESCAPE '\\'", true },
    { BY_CODE "CodeValue LIKE '%x'", false },
    { BY_CODE "CodeValue LIKE '_x'", false },
    { BY_CODE "CodeValue LIKE ''", false },
    { BY_CODE "CodeValue NOT LIKE 'x%'", false },
    { BY_CODE "NOT CodeValue LIKE 'x%'", false },
    { "SELECT s.ECInstanceId FROM bis.Element e LEFT JOIN bis.Element s ON s.CodeSpec.Id=e.CodeSpec.Id "
      "AND s.CodeScope.Id=e.ECInstanceId AND s.CodeValue LIKE 'x%'",
      true },
};

static void test_like_with_a_prefix_searches_the_index_of_codes(void **state)
{
    struct weh_ecsql *engine = open_engine(*state);

    for (size_t i = 0; i < WEH_ARRAY_LEN(plans); i++) {
        const bool searches = searches_codes(engine, plans[i].query);

        if (searches != plans[i].searches) {
            print_error("%s\n", plans[i].query);
        }
        assert_int_equal(searches, plans[i].searches);
    }
    weh_ecsql_destroy(engine);
}

static uint32_t next(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525 + 1013904223;
    return (*seed >> 8) % n;
}

static void random_text(uint32_t *seed, char out[64], uint32_t most)
{
    static const char *const pieces[] = { "a",
                                          "b",
                                          "A",
                                          "B",
                                          "Z",
                                          "z",
                                          "@",
                                          "[",
                                          "`",
                                          "{",
                                          "\xc3\xa4",
                                          "\xc3\x84",
                                          "%",
                                          "_",
                                          "%",
                                          "\\",
                                          "1",
                                          "\x7f",
                                          "\xf4\x8f\xbf\xbf" };
    size_t len = 0;

    for (uint32_t i = next(seed, most + 1); i > 0; i--) {
        const char *piece = pieces[next(seed, WEH_ARRAY_LEN(pieces))];

        memcpy(out + len, piece, strlen(piece));
        len += strlen(piece);
    }
    out[len] = '\0';
}

static sqlite3_stmt *prepare(struct ec_fixture *f, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    return stmt;
}

struct tally {
    size_t n_like, n_outside;
};

static void check_bounds(sqlite3_stmt *stmt, uint32_t *seed, struct tally *tally)
{
    static const char *const escapes[] = { "\\", "a", "%", "_", "\xc3\xa4", "", "ab" };
    char text[64];
    char pattern[64];

    random_text(seed, text, 5);
    random_text(seed, pattern, 5);
    assert_int_equal(sqlite3_bind_text(stmt, 1, text, -1, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_text(stmt, 2, pattern, -1, NULL), SQLITE_OK);
    if (sqlite3_bind_parameter_count(stmt) == 3) {
        const char *escape = escapes[next(seed, WEH_ARRAY_LEN(escapes))];

        assert_int_equal(sqlite3_bind_text(stmt, 3, escape, -1, NULL), SQLITE_OK);
    }
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        const int is_like = sqlite3_column_int(stmt, 0);
        const int is_within = sqlite3_column_int(stmt, 1);

        if (is_like > is_within) {
            print_error("'%s' is like '%s', but outside\n", text, pattern);
        }
        assert_true(is_like <= is_within);
        tally->n_like += is_like == 1;
        tally->n_outside += is_within == 0;
    }
    sqlite3_reset(stmt);
}

static void test_what_is_like_lies_between_the_bounds(void **state)
{
    struct weh_ecsql *engine = open_engine(*state);
    sqlite3_stmt *stmts[] = {
        prepare(*state, "SELECT ?1 LIKE ?2, ?1 COLLATE NOCASE>=weh_like_from(?2) AND "
                        "?1 COLLATE NOCASE<weh_like_to(?2)"),
        prepare(*state, "SELECT ?1 LIKE ?2 ESCAPE ?3, ?1 COLLATE NOCASE>=weh_like_from(?2,?3) AND "
                        "?1 COLLATE NOCASE<weh_like_to(?2,?3)"),
    };
    struct tally tally = { 0, 0 };
    uint32_t seed = 1;

    for (size_t i = 0; i < N_CASES; i++) {
        check_bounds(stmts[i % 2], &seed, &tally);
    }
    /* Either happens often: it has been a test. */
    assert_true(tally.n_like > N_CASES / 50);
    assert_true(tally.n_outside > N_CASES / 5);
    sqlite3_finalize(stmts[0]);
    sqlite3_finalize(stmts[1]);
    weh_ecsql_destroy(engine);
}

/* A condition that SQLite answers with 1. */
static void assert_holds(struct ec_fixture *f, const char *condition)
{
    char sql[300];
    sqlite3_stmt *stmt = NULL;

    (void)snprintf(sql, sizeof(sql), "SELECT %s", condition);
    assert_int_equal(sqlite3_prepare_v2(weh_briefcase_db(f->briefcase), sql, -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    if (sqlite3_column_int(stmt, 0) != 1) {
        fail_msg("%s", condition);
    }
    sqlite3_finalize(stmt);
}

static void test_bounds_of_special_patterns(void **state)
{
    static const char *const conditions[] = {
        "weh_like_from(NULL) IS NULL AND weh_like_to(NULL) IS NULL",
        "weh_like_from('ab%')='ab' AND weh_like_to('ab%')='ac'",
        "weh_like_to('AZ%')='A{'",
        "weh_like_from(12)='12'",
        "weh_like_from('a\\%b%','\\')='a%b'",
        /* No prefix is known: all texts, with the empty one. */
        "weh_like_from('%a')='' AND typeof(weh_like_to('%a'))='blob'",
        "weh_like_from('ab%','%')='' AND typeof(weh_like_to('ab%','%'))='blob'",
        "weh_like_from('ab%',NULL)='' AND weh_like_from('ab%','')=''",
        "typeof(weh_like_to(CAST(x'61ff25' AS TEXT)))='blob'",
        /* LIKE itself refuses it. */
        "weh_like_from(hex(zeroblob(100000)))='' AND typeof(weh_like_to(hex(zeroblob(100000))))='blob'",
    };
    struct weh_ecsql *engine = open_engine(*state);

    for (size_t i = 0; i < WEH_ARRAY_LEN(conditions); i++) {
        assert_holds(*state, conditions[i]);
    }
    weh_ecsql_destroy(engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_with_a_prefix_searches_the_index_of_codes),
        cmocka_unit_test(test_what_is_like_lies_between_the_bounds),
        cmocka_unit_test(test_bounds_of_special_patterns),
    };

    return cmocka_run_group_tests(tests, ec_fixture_setup, ec_fixture_teardown);
}
