/* tests/unit/briefcase/test_functions_search.c - our LIKE, GLOB, instr, replace and trim: as SQLite's own, and they end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/briefcase_txn.h"
#include "weh/clock.h"
#include "weh/db_query.h"

#include "fixture.h"

#define N_CASES 4000
#define N_UTF8  11

struct world {
    struct fixture *f;
    struct weh_briefcase *briefcase;
    sqlite3 *plain; /* with SQLite's own functions */
    uint32_t seed;
};

static uint32_t next(struct world *w, uint32_t n)
{
    w->seed = w->seed * 1664525 + 1013904223;
    return (w->seed >> 8) % n;
}

/* Few characters, so that they match often; some of several bytes, some that are no UTF-8. */
static void random_text(struct world *w, char *out, size_t most, const char *const pieces[],
                        uint32_t n_pieces)
{
    size_t n = next(w, (uint32_t)most);
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const char *piece = pieces[next(w, n_pieces)];

        memcpy(out + len, piece, strlen(piece) + 1);
        len += strlen(piece);
    }
}

/* The outcome of @sql with three texts, as text with its type. */
static void run(sqlite3 *db, const char *sql, const char *args[3], bool blob, char out[256])
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    for (int i = 0; i < sqlite3_bind_parameter_count(stmt) && i < 3; i++) {
        int rc = args[i] == NULL ? sqlite3_bind_null(stmt, i + 1)
                 : blob ? sqlite3_bind_blob(stmt, i + 1, args[i], (int)strlen(args[i]), NULL)
                        : sqlite3_bind_text(stmt, i + 1, args[i], -1, NULL);

        assert_int_equal(rc, SQLITE_OK);
    }
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        /* In this order: reading it as a text makes one of it. */
        const int type = sqlite3_column_type(stmt, 0);
        const int n = sqlite3_column_bytes(stmt, 0);
        const unsigned char *text = sqlite3_column_text(stmt, 0);

        (void)snprintf(out, 256, "%d %d %s", type, n, text == NULL ? "NULL" : (const char *)text);
    } else {
        (void)snprintf(out, 256, "error %s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
}

static void assert_alike(struct world *w, const char *sql, const char *a, const char *b,
                         const char *c, bool blob)
{
    const char *args[3] = { a, b, c };
    char ours[256];
    char theirs[256];

    run(weh_briefcase_db(w->briefcase), sql, args, blob, ours);
    run(w->plain, sql, args, blob, theirs);
    if (strcmp(ours, theirs) != 0) {
        print_error("%s of '%s' '%s' '%s'%s\n", sql, a == NULL ? "NULL" : a, b == NULL ? "NULL" : b,
                    c == NULL ? "NULL" : c, blob ? " as blobs" : "");
    }
    assert_string_equal(ours, theirs);
}

static int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    void *fixture = NULL;

    assert_non_null(w);
    assert_int_equal(setup(&fixture), 0);
    w->f = fixture;
    use_copy(w->f, "small.bim");
    w->briefcase = open_write(w->f);
    assert_int_equal(sqlite3_open(":memory:", &w->plain), SQLITE_OK);
    sqlite3_limit(
        w->plain, SQLITE_LIMIT_LIKE_PATTERN_LENGTH,
        sqlite3_limit(weh_briefcase_db(w->briefcase), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, -1));
    w->seed = 1;
    *state = w;
    return 0;
}

static int world_teardown(void **state)
{
    struct world *w = *state;
    void *fixture = w->f;

    weh_briefcase_close(w->briefcase);
    sqlite3_close(w->plain);
    free(w);
    return teardown(&fixture);
}

static void test_functions_answer_as_sqlite_does(void **state)
{
    static const char *const pieces[] = { "a",
                                          "b",
                                          "A",
                                          "aa",
                                          "ab",
                                          "1",
                                          "-",
                                          "]",
                                          "\xc3\xa4",
                                          "\xe2\x82\xac",
                                          "\xf0\x9f\x98\x80",
                                          "\x80",
                                          "\xc3" };
    static const char *const patterns[] = { "a",    "b",        "%",    "_",
                                            "*",    "?",        "A",    "[a-b]",
                                            "[^a]", "[]a]",     "[",    "]",
                                            "\\",   "\xc3\xa4", "\x80", "\xe2\x82\xac",
                                            "-" };
    static const char *const sqls[] = { "SELECT instr(?1,?2)", "SELECT replace(?1,?2,?3)",
                                        "SELECT trim(?1,?2)", "SELECT ltrim(?1,?2)",
                                        "SELECT rtrim(?1,?2)" };
    static const char *const escapes[] = { "\\", "%", "_", "a", "\xc3\xa4", "", "ab" };
    struct world *w = *state;
    char a[128];
    char b[128];
    char c[128];

    for (unsigned i = 0; i < N_CASES; i++) {
        random_text(w, a, 12, pieces, WEH_ARRAY_LEN(pieces));
        random_text(w, b, 4, pieces, WEH_ARRAY_LEN(pieces));
        random_text(w, c, 3, pieces, WEH_ARRAY_LEN(pieces));
        assert_alike(w, sqls[i % 2], a, b, c, next(w, 8) == 0);
        random_text(w, c, 12, pieces, N_UTF8);
        random_text(w, b, 4, pieces, N_UTF8);
        assert_alike(w, sqls[2 + i % 3], c, b, NULL, next(w, 8) == 0);
        random_text(w, b, 7, patterns, WEH_ARRAY_LEN(patterns));
        assert_alike(w, "SELECT ?1 LIKE ?2", a, b, NULL, false);
        assert_alike(w, "SELECT ?1 GLOB ?2", a, b, NULL, false);
        assert_alike(w, "SELECT ?1 LIKE ?2 ESCAPE ?3", a, b,
                     escapes[next(w, WEH_ARRAY_LEN(escapes))], false);
    }
}

#define N_ARGS   3
#define MOST_ARG 10

/* A text of bytes that need be no UTF-8, and have NULs. */
struct bytes {
    int n;
    char data[MOST_ARG];
};

static void random_bytes(struct world *w, struct bytes *out)
{
    /* Whatever may begin a character, few of what may follow, and what the other arguments are about. */
    static const unsigned char some[] = { 0,    'a',  'A',  '%',  '_',  '*',  '?',  '[',  ']',
                                          '^',  '-',  0x80, 0xa4, 0xbf, 0xc0, 0xc1, 0xc3, 0xdf,
                                          0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf7, 0xf8, 0xf9,
                                          0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff };

    *out = (struct bytes){ .n = (int)next(w, MOST_ARG + 1) };
    for (int i = 0; i < out->n; i++) {
        out->data[i] = (char)(next(w, 3) == 0 ? 0x80 + next(w, 2) : some[next(w, sizeof(some))]);
    }
}

/* The outcome of @sql, its bytes and all. */
static void run_bytes(sqlite3 *db, const char *sql, const struct bytes args[N_ARGS], char out[256])
{
    sqlite3_stmt *stmt = NULL;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    for (int i = 0; i < sqlite3_bind_parameter_count(stmt); i++) {
        assert_int_equal(sqlite3_bind_text(stmt, i + 1, args[i].data, args[i].n, NULL), SQLITE_OK);
    }
    if (sqlite3_step(stmt) == SQLITE_ROW) {
        (void)snprintf(out, 256, "%s", (const char *)sqlite3_column_text(stmt, 0));
    } else {
        (void)snprintf(out, 256, "error %s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
}

static void print_bytes(const struct bytes *bytes)
{
    for (int i = 0; i < bytes->n; i++) {
        print_error("%02x", (unsigned char)bytes->data[i]);
    }
    print_error(bytes->n == 0 ? "nothing\n" : "\n");
}

static void test_functions_answer_to_any_bytes_as_sqlite_does(void **state)
{
    static const char *const sqls[] = {
        "SELECT hex(trim(?1,?2))", "SELECT hex(ltrim(?1,?2))", "SELECT hex(rtrim(?1,?2))",
        "SELECT hex(trim(?1))",    "SELECT instr(?1,?2)",      "SELECT hex(replace(?1,?2,?3))",
        "SELECT ?1 LIKE ?2",       "SELECT ?1 GLOB ?2",        "SELECT ?1 LIKE ?2 ESCAPE ?3"
    };
    struct world *w = *state;
    struct bytes args[N_ARGS];
    char ours[256];
    char theirs[256];

    for (unsigned i = 0; i < 10 * N_CASES; i++) {
        const char *sql = sqls[i % WEH_ARRAY_LEN(sqls)];

        for (int k = 0; k < N_ARGS; k++) {
            random_bytes(w, &args[k]);
        }
        args[1].n = (int)next(w, (uint32_t)args[1].n + 1);
        args[2].n = (int)next(w, (uint32_t)args[2].n + 1);
        run_bytes(weh_briefcase_db(w->briefcase), sql, args, ours);
        run_bytes(w->plain, sql, args, theirs);
        if (strcmp(ours, theirs) != 0) {
            print_error("%s of\n", sql);
            print_bytes(&args[0]);
            print_bytes(&args[1]);
            print_bytes(&args[2]);
        }
        assert_string_equal(ours, theirs);
    }
}

static void test_functions_treat_nulls_and_numbers_as_sqlite_does(void **state)
{
    static const char *const sqls[] = { "SELECT instr(?1,?2)",
                                        "SELECT instr(12345,34)",
                                        "SELECT instr(x'6162',?2)",
                                        "SELECT instr('\xc3\xa4z',x'7a')",
                                        "SELECT replace(?1,?2,?3)",
                                        "SELECT typeof(replace(12,'',?1))",
                                        "SELECT typeof(replace(12,1,2))",
                                        "SELECT replace(1.5,'.',',')",
                                        "SELECT trim(?1,?2)",
                                        "SELECT typeof(trim(12,1))",
                                        "SELECT ?1 LIKE ?2",
                                        "SELECT 12 LIKE '1_'",

                                        "SELECT ?1 LIKE 'a' ESCAPE ?2",
                                        "SELECT 'a' GLOB ?1",
                                        "SELECT trim('  x ')",
                                        "SELECT replace('aXbX','X','')" };
    struct world *w = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(sqls); i++) {
        assert_alike(w, sqls[i], NULL, "a", "b", false);
        assert_alike(w, sqls[i], "a", NULL, "b", false);
        assert_alike(w, sqls[i], "a", "a", NULL, false);
        assert_alike(w, sqls[i], "", "", "", false);
    }
}

static void test_like_takes_blobs_for_texts(void **state)
{
    struct world *w = *state;

    assert_int_equal(query_int(w->briefcase, "SELECT x'4142' LIKE 'ab'"), 1);
    assert_int_equal(query_int(w->briefcase, "SELECT x'4142' GLOB 'A?'"), 1);
}

static void test_like_with_a_pattern_that_is_too_long_is_refused(void **state)
{
    struct world *w = *state;

    assert_alike(w, "SELECT 'a' LIKE hex(zeroblob(100000))", NULL, NULL, NULL, false);
    assert_alike(w, "SELECT NULL LIKE hex(zeroblob(100000))", NULL, NULL, NULL, false);
}

static bool yes(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return true;
}

/* Whether @sql ended because its time was over; that it ends at all is half of the test. */
static bool expires(struct world *w, const char *sql, uint64_t time_ms)
{
    const struct weh_query_guard guard = { .may_read = yes,
                                           .may_call = yes,
                                           .deadline_us = weh_clock_mono_us() + time_ms * 1000 };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool expired = false;

    assert_int_equal(weh_query_acquire(w->briefcase, &guard, sql, &stmt, &w->f->diag), WEH_OK);
    assert_int_equal(weh_query_step(w->briefcase, &guard, stmt, &row, &expired, &w->f->diag),
                     WEH_OK);
    weh_stmt_release(w->briefcase, stmt);
    return expired;
}

static void test_like_and_trim_end_with_the_deadline(void **state)
{
    struct world *w = *state;

    /* With the product of the lengths these would take hours. */
    assert_true(expires(w, "SELECT hex(zeroblob(8000000)) LIKE '%'||hex(zeroblob(4900))||'1'", 20));
    assert_true(expires(w, "SELECT hex(zeroblob(8000000)) GLOB '*'||hex(zeroblob(4900))||'1'", 20));
    assert_true(expires(w,
                        "SELECT trim(replace(hex(zeroblob(2000000)),'0','\xc3\xa4'),"
                        "replace(hex(zeroblob(2000000)),'0','\xe2\x82\xac')||'\xc3\xa4')",
                        20));
}

static void test_instr_and_replace_are_linear(void **state)
{
    struct world *w = *state;

    assert_false(
        expires(w, "SELECT instr(hex(zeroblob(4000000)),hex(zeroblob(2000000))||'1')", 600000));
    assert_false(
        expires(w, "SELECT length(replace(hex(zeroblob(4000000)),hex(zeroblob(2000000))||'1',''))",
                600000));
}

static void test_an_interrupted_query_leaves_unsaved_changes(void **state)
{
    struct world *w = *state;
    uint64_t before;

    assert_int_equal(weh_db_exec(w->briefcase,
                                 "UPDATE bis_Element SET UserLabel='unsaved' WHERE Id=1",
                                 &w->f->diag),
                     WEH_OK);
    before = weh_briefcase_rollback_count(w->briefcase);
    assert_true(expires(w, "SELECT hex(zeroblob(8000000)) LIKE '%'||hex(zeroblob(4900))||'1'", 20));
    assert_int_equal(weh_briefcase_rollback_count(w->briefcase), before);
    assert_int_equal(
        query_int(w->briefcase, "SELECT COUNT(*) FROM bis_Element WHERE UserLabel='unsaved'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions_answer_as_sqlite_does),
        cmocka_unit_test(test_functions_answer_to_any_bytes_as_sqlite_does),
        cmocka_unit_test(test_functions_treat_nulls_and_numbers_as_sqlite_does),
        cmocka_unit_test(test_like_takes_blobs_for_texts),
        cmocka_unit_test(test_like_with_a_pattern_that_is_too_long_is_refused),
        cmocka_unit_test(test_like_and_trim_end_with_the_deadline),
        cmocka_unit_test(test_instr_and_replace_are_linear),
        cmocka_unit_test(test_an_interrupted_query_leaves_unsaved_changes),
    };

    return group_setup(NULL) != 0 || cmocka_run_group_tests(tests, world_setup, world_teardown);
}
