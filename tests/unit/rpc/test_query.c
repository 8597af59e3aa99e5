/* tests/unit/rpc/test_query.c - query.*: rows, cursors, quotas, and statements that mean harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "rpc_fixture.h"

static int setup_small(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return -1;
    }
    f = *state;
    copy_imodel(f, "small.bim", "small");
    return 0;
}

static void open_small(struct fixture *f)
{
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
}

/* The parameters of a query without others; @ecsql has no quotation marks of JSON. */
static const char *params_of(const char *ecsql, const char *more)
{
    static char text[4096];

    (void)snprintf(text, sizeof(text), "{\"ecsql\":\"%s\"%s}", ecsql, more);
    return text;
}

static const struct weh_value *query(struct fixture *f, const char *ecsql, const char *more)
{
    return call(&f->a, "query.ecsql", params_of(ecsql, more));
}

static void query_fails(struct fixture *f, const char *ecsql, const char *where)
{
    call_fails(&f->a, "query.ecsql", params_of(ecsql, ""), "InvalidQuery", where);
}

static const struct weh_value *rows_of(const struct weh_value *reply)
{
    return weh_value_get(reply, "rows");
}

/* The first value of the first row of a query that gives arrays. */
static const struct weh_value *first_of(const struct weh_value *reply)
{
    assert_true(rows_of(reply)->n > 0 && rows_of(reply)->as.items[0].n > 0);
    return &rows_of(reply)->as.items[0].as.items[0];
}

static int64_t count_of(struct fixture *f, const char *ecsql)
{
    int64_t n = -1;

    assert_true(weh_value_to_int64(first_of(query(f, ecsql, ",\"rowFormat\":\"array\"")), &n));
    return n;
}

static void next_params(const struct weh_value *reply, char *out, size_t size)
{
    const struct weh_value *cursor = weh_value_get(reply, "cursor");

    assert_non_null(cursor);
    (void)snprintf(out, size, "{\"cursor\":\"%.*s\"}", WEH_STR_ARGS(weh_value_str(cursor)));
}

static void test_query_gives_rows_and_what_they_are(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    const struct weh_value *column;

    open_small(f);
    reply = query(f, "SELECT ECInstanceId, UserLabel FROM bis.Subject WHERE ECInstanceId=?",
                  ",\"args\":[\"0x11\"]");
    column = &weh_value_get(reply, "columns")->as.items[1];
    assert_text(column, "className", "BisCore:Element");
    assert_text(column, "jsonName", "userLabel");
    assert_int_equal(rows_of(reply)->n, 1);
    assert_text(&rows_of(reply)->as.items[0], "ECInstanceId", "0x11");
    assert_text(&rows_of(reply)->as.items[0], "UserLabel", "Site label");
    assert_bool(reply, "done", true);
    assert_null(weh_value_get(reply, "cursor"));
}

static void test_query_sees_what_is_not_saved(void **state)
{
    struct fixture *f = *state;

    open_small(f);
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x11\",\"userLabel\":\"unsaved\"}}");
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Element WHERE UserLabel='unsaved'"), 1);
    (void)call(&f->a, "txns.abandonChanges", "{}");
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Element WHERE UserLabel='unsaved'"), 0);
}

static void test_query_ends_at_its_quota_and_goes_on_at_its_cursor(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    char params[80];
    uint32_t n = 0;
    int64_t n_all;

    open_small(f);
    n_all = count_of(f, "SELECT COUNT(*) FROM bis.Element");
    reply = query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":10}");
    while (weh_value_get(reply, "cursor") != NULL) {
        assert_text(reply, "partial", "rows");
        assert_bool(reply, "done", false);
        assert_int_equal(rows_of(reply)->n, 10);
        n += rows_of(reply)->n;
        next_params(reply, params, sizeof(params));
        reply = call(&f->a, "query.next", params);
    }
    assert_bool(reply, "done", true);
    assert_int_equal(n + rows_of(reply)->n, n_all);
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");

    reply = query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"bytes\":100}");
    assert_text(reply, "partial", "bytes");
    next_params(reply, params, sizeof(params));
    (void)call(&f->a, "query.close", params);
    call_fails(&f->a, "query.close", params, "CursorInvalid", "cursor");
}

static void test_query_limit_counts_over_all_pages(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    char params[80];

    open_small(f);
    reply = query(f, "SELECT ECInstanceId FROM bis.Element ORDER BY ECInstanceId",
                  ",\"limit\":{\"offset\":1,\"count\":3},\"quota\":{\"rows\":2}");
    assert_int_equal(rows_of(reply)->n, 2);
    assert_text(&rows_of(reply)->as.items[0], "ECInstanceId", "0xe");
    next_params(reply, params, sizeof(params));
    reply = call(&f->a, "query.next", params);
    assert_int_equal(rows_of(reply)->n, 1);
    assert_bool(reply, "done", true);
}

static void test_query_cursors_end_with_an_edit_and_with_the_file(void **state)
{
    struct fixture *f = *state;
    char params[80];

    open_small(f);
    next_params(query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}"), params,
                sizeof(params));
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x11\",\"userLabel\":\"x\"}}");
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");

    next_params(query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}"), params,
                sizeof(params));
    (void)call(&f->a, "txns.abandonChanges", "{}");
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");

    next_params(query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}"), params,
                sizeof(params));
    (void)call(&f->a, "briefcase.close", "{}");
    open_small(f);
    (void)query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}");
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");
}

static void test_query_cursors_are_limited(void **state)
{
    struct fixture *f = *state;

    open_small(f);
    for (int64_t i = 0; i < f->config.query_cursors; i++) {
        (void)query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}");
    }
    call_fails(&f->a, "query.ecsql",
               params_of("SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}"),
               "LimitExceeded", NULL);
    /* What needs no cursor runs, and an edit frees them. */
    assert_int_equal(count_of(f, "SELECT 1 FROM bis.Element LIMIT 1"), 1);
    (void)call(&f->a, "txns.abandonChanges", "{}");
    (void)query(f, "SELECT ECInstanceId FROM bis.Element", ",\"quota\":{\"rows\":1}");
}

static void test_query_that_finds_nothing_is_stopped_in_time(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;

    open_small(f);
    reply = query(f,
                  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "
                  "COUNT(*) FROM n",
                  ",\"quota\":{\"time\":0.1}");
    assert_text(reply, "partial", "time");
    assert_bool(reply, "done", false);
    assert_null(weh_value_get(reply, "cursor"));
    assert_int_equal(rows_of(reply)->n, 0);
    /* And the session goes on, with nothing lost. */
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Subject WHERE ECInstanceId=1"), 1);
}

static void test_query_that_takes_too_much_memory_fails_and_nothing_else_does(void **state)
{
    struct fixture *f = *state;
    char text[2000] = "SELECT 1";
    size_t n = strlen(text);

    f->config.query_value_bytes = 1 << 20;
    open_small(f);
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x11\",\"userLabel\":\"unsaved\"}}");
    /* Each value is short enough; thirty of them are too much. */
    for (int i = 0; i < 30; i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, ",hex(randomblob(%d))", 500000 + i);
    }
    (void)snprintf(text + n, sizeof(text) - n, " FROM bis.Subject");
    call_fails(&f->a, "query.ecsql", params_of(text, ""), "TooLarge", NULL);
    call_fails(&f->a, "query.ecsql",
               params_of("SELECT hex(randomblob(600000)) FROM bis.Subject", ""), "TooLarge", NULL);
    /* What is shorter can be had, row by row. */
    assert_int_equal(rows_of(query(f, "SELECT hex(randomblob(500000)) FROM bis.Subject", ""))->n,
                     4);
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Element WHERE UserLabel='unsaved'"), 1);
}

static void test_query_that_fills_temporary_files_fails_and_nothing_else_does(void **state)
{
    struct fixture *f = *state;

    f->config.limits_temporary_bytes = 1 << 20;
    open_small(f);
    (void)call(&f->a, "elements.updateElement",
               "{\"props\":{\"id\":\"0x11\",\"userLabel\":\"unsaved\"}}");
    call_fails(
        &f->a, "query.ecsql",
        params_of("WITH RECURSIVE n(i,b) AS (SELECT 1,hex(randomblob(10000)) UNION ALL SELECT "
                  "i+1,hex(randomblob(10000)) FROM n WHERE i<100000) SELECT b FROM n ORDER "
                  "BY b",
                  ""),
        "TooLarge", NULL);
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Element WHERE UserLabel='unsaved'"), 1);
}

static void test_query_only_reads(void **state)
{
    static const char *const texts[] = {
        "DELETE FROM bis.Element",
        "UPDATE bis.Element SET UserLabel='x'",
        "INSERT INTO bis.Element(UserLabel) VALUES('x')",
        "DROP TABLE bis_Element",
        "ATTACH DATABASE 'x' AS y",
        "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=1",
        "SELECT 1; DELETE FROM bis.Element",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x','y')",
        "SELECT weh_instance(1,1,0)",
        "SELECT fts3_tokenizer('x')",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM main.bis_Element",
        "SELECT * FROM bis_Element",
        "SELECT * FROM pragma_table_info('bis_Element')",
        "SELECT * FROM temp.x",
        "SELECT ECInstanceId AS [a], (SELECT name FROM sqlite_master) FROM bis.Element",
        "SELECT \\u0000 FROM bis.Element",
        "SELECT 'x",
        "SELECT [x",
        "SELECT /* x",
        "",
        " ",
        ";",
    };
    struct fixture *f = *state;
    int64_t n;

    open_small(f);
    n = count_of(f, "SELECT COUNT(*) FROM bis.Element");
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        query_fails(f, texts[i], NULL);
    }
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Element"), n);
}

static void test_query_names_stay_names(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;

    open_small(f);
    reply = query(f, "SELECT 1 AS [x) FROM bis_Element; DROP TABLE bis_Element; --]", "");
    assert_text(&weh_value_get(reply, "columns")->as.items[0], "name",
                "x) FROM bis_Element; DROP TABLE bis_Element; --");
    reply = query(f, "SELECT ? || 'x' FROM bis.Subject LIMIT 1",
                  ",\"rowFormat\":\"array\",\"args\":[\"'); DROP TABLE bis_Element; --\"]");
    (void)reply;
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Subject WHERE ECInstanceId=1"), 1);
}

static void fill(char *out, size_t size, const char *head, const char *part, size_t n,
                 const char *tail)
{
    size_t at = (size_t)snprintf(out, size, "{\"ecsql\":\"%s", head);

    for (size_t i = 0; i < n && at + strlen(part) + strlen(tail) + 3 < size; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s", part);
    }
    (void)snprintf(out + at, size - at, "%s\"}", tail);
}

/* One of the refusals that a query can earn by its size. */
static void is_refused(struct fixture *f, const char *params)
{
    const struct weh_value *error = weh_value_get(reply_of(&f->a, "query.ecsql", params), "error");
    struct weh_str name = weh_value_str(weh_value_get(weh_value_get(error, "data"), "name"));

    assert_non_null(error);
    if (!weh_str_eq_text(name, "InvalidQuery") && !weh_str_eq_text(name, "TooLarge")) {
        print_error("%.40s: %.*s\n", params, WEH_STR_ARGS(name));
        fail();
    }
}

static void test_query_that_is_too_deep_or_large_is_refused(void **state)
{
    enum {
        SIZE = 400000
    };
    static const struct {
        const char *head, *part;
        size_t n;
        const char *tail;
    } cases[] = {
        { "SELECT ", "(", 90000, "" },
        { "SELECT ", "-", 90000, "1" },
        { "SELECT * FROM bis.Element WHERE ", "NOT ", 90000, "1=1" },
        { "SELECT 1", ",1", 90000, "" },
        { "SELECT 1 WHERE 1=1", " AND 1=1", 40000, "" },
        { "SELECT 1", " UNION SELECT 1", 20000, "" },
        { "SELECT 1 FROM bis.Element", ",bis.Element", 20000, "" },
        { "SELECT ", "(SELECT ", 30000, "" },
        { "SELECT a", ".a", 90000, " FROM bis.Element" },
        { "SELECT COALESCE(1", ",1", 90000, ")" },
        { "SELECT 1 FROM bis.Element a", " JOIN bis.Element USING bis.ElementOwnsChildElements",
          500, "" },
        { "SELECT ", "CASE WHEN 1=1 THEN ", 5000, "" },
        { "WITH a AS (SELECT 1)", ", a AS (SELECT 1)", 10000, " SELECT 1" },
    };
    struct fixture *f = *state;
    char *text = malloc(SIZE);

    assert_non_null(text);
    open_small(f);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        fill(text, SIZE, cases[i].head, cases[i].part, cases[i].n, cases[i].tail);
        is_refused(f, text);
    }
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Subject WHERE ECInstanceId=1"), 1);
    free(text);
}

static void test_query_faults_name_the_place(void **state)
{
    struct fixture *f = *state;

    open_small(f);
    query_fails(f, "SELECT FROM bis.Element", "line 1 column 8");
    query_fails(f, "SELECT UserLable FROM bis.Element", "line 1 column 8");
    query_fails(f, "SELECT *\\nFROM bis.Elment", "line 2 column 6");
    query_fails(f, "SELECT nosuch(1)", "line 1 column 8");
    call_fails(&f->a, "query.ecsql",
               params_of("SELECT 1 FROM bis.Element WHERE ECInstanceId=?", ",\"args\":7"),
               "InvalidParams", NULL);
    call_fails(&f->a, "query.next", "{\"cursor\":\"c1\"}", "CursorInvalid", "cursor");
}

static void test_query_reads_instances(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;

    open_small(f);
    reply = query(f,
                  "SELECT $->UserLabel, $->Nope?, $->ECClassId FROM bis.Subject WHERE "
                  "ECInstanceId=0x11",
                  ",\"rowFormat\":\"array\"");
    assert_true(weh_str_eq_text(weh_value_str(first_of(reply)), "Site label"));
    assert_int_equal(rows_of(reply)->as.items[0].as.items[1].type, WEH_VALUE_NULL);
    assert_true(weh_str_eq_text(weh_value_str(&rows_of(reply)->as.items[0].as.items[2]), "0x140"));
    assert_int_equal(rows_of(query(f, "SELECT $->Nope FROM bis.Element", ""))->n, 0);
    query_fails(f, "SELECT $ FROM bis.Element a, bis.Element b", "line 1 column 8");
    query_fails(f, "SELECT UserLabel->x FROM bis.Element", "line 1 column 8");
}

static void test_query_of_damaged_values_fails_and_harms_nobody(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/imodels/small.bim", f->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    /* The column of Widget's Ints, and that of geometry streams. */
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE bis_GeometricElement3d SET js31='[1,{',"
                                  "GeometryStream=x'0102'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_small(f);
    query_fails(f, "SELECT $ FROM WebEditTest.Widget", NULL);
    /* As with any other read of a damaged file, the session ends. */
    call_fails(&f->a, "query.ecsql", params_of("SELECT 1, Ints FROM WebEditTest.Widget", ""),
               "Corrupt", NULL);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    call_fails(&f->b, "query.ecsql",
               params_of("SELECT GeometryStream FROM bis.GeometricElement3d", ""), "Corrupt", NULL);
}

static void test_query_has_the_functions_of_later_sqlite_versions(void **state)
{
    static const char *const cases[][2] = {
        { "concat('a',NULL,1)", "a1" },
        { "concat_ws('-','a',NULL,'b')", "a-b" },
        { "concat_ws('-',NULL,'')", "" },
        { "octet_length('\u00e4') || ''", "2" },
        { "CAST(unhex('61 6263',' ') AS TEXT)", "abc" },
        { "CAST(if(1,2,3) AS TEXT)", "2" },
    };
    struct fixture *f = *state;
    char text[200];

    open_small(f);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        (void)snprintf(text, sizeof(text), "SELECT %s FROM bis.Subject LIMIT 1", cases[i][0]);
        assert_true(weh_str_eq_text(
            weh_value_str(first_of(query(f, text, ",\"rowFormat\":\"array\""))), cases[i][1]));
    }
    assert_int_equal(count_of(f, "SELECT COUNT(*) FROM bis.Subject WHERE unhex('6') IS NULL"), 4);
    assert_true(weh_str_eq_text(
        weh_value_str(first_of(query(f,
                                     "SELECT string_agg(CodeValue,'-') FROM bis.Subject WHERE "
                                     "ECInstanceId IN (1,17)",
                                     ",\"rowFormat\":\"array\""))),
        "Small-Site"));
}

static void test_query_wants_a_file_and_answers_a_reader(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "query.ecsql", "{\"ecsql\":\"SELECT 1\"}", "WrongState", NULL);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    assert_int_equal(
        rows_of(call(&f->b, "query.ecsql", "{\"ecsql\":\"SELECT 1 FROM bis.Subject\"}"))->n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_query_gives_rows_and_what_they_are, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_sees_what_is_not_saved, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_ends_at_its_quota_and_goes_on_at_its_cursor,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_limit_counts_over_all_pages, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_cursors_end_with_an_edit_and_with_the_file,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_cursors_are_limited, setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_that_finds_nothing_is_stopped_in_time,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(
            test_query_that_takes_too_much_memory_fails_and_nothing_else_does, setup_small,
            rpc_teardown),
        cmocka_unit_test_setup_teardown(
            test_query_that_fills_temporary_files_fails_and_nothing_else_does, setup_small,
            rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_only_reads, setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_names_stay_names, setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_that_is_too_deep_or_large_is_refused,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_faults_name_the_place, setup_small,
                                        rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_reads_instances, setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_of_damaged_values_fails_and_harms_nobody,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_has_the_functions_of_later_sqlite_versions,
                                        setup_small, rpc_teardown),
        cmocka_unit_test_setup_teardown(test_query_wants_a_file_and_answers_a_reader, setup_small,
                                        rpc_teardown),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
