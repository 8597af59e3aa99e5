/* tests/unit/rpc/test_query_beside.c - long queries and the edits behind them; what cursors survive; query.explain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc_fixture.h"

/* Never ends. */
#define ENDLESS \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT COUNT(*) FROM n"

/* Has one row at once, and never another. */
#define SILENT \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n WHERE i=1"

/* Longer than any slice here, and counts the elements. */
#define LONG                                                                                \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000000) SELECT " \
    "COUNT(*), (SELECT COUNT(*) FROM bis.Element) FROM n"

#define INSERT                                                                                \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{\"spec\":" \
    "\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\",\"relClassName\":"  \
    "\"BisCore:SubjectOwnsSubjects\"}}}"

static int setup_small(void **state)
{
    struct fixture *f;

    if (rpc_setup(state) != 0) {
        return -1;
    }
    f = *state;
    copy_imodel(f, "small.bim", "small");
    f->config.query_slice_ms = 1;
    return 0;
}

static void open_small(struct fixture *f)
{
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"small\"}");
}

static const struct weh_value *rows_of(const struct weh_value *reply)
{
    return weh_value_get(reply, "rows");
}

static int64_t cell_of(const struct weh_value *reply, uint32_t column)
{
    int64_t n = -1;

    assert_true(rows_of(reply)->n > 0);
    assert_true(weh_value_to_int64(&rows_of(reply)->as.items[0].as.items[column], &n));
    return n;
}

static int64_t count_elements(struct fixture *f)
{
    return cell_of(call(&f->a, "query.ecsql",
                        "{\"ecsql\":\"SELECT COUNT(*) FROM bis.Element\",\"rowFormat\":\"array\"}"),
                   0);
}

/* Send a query; its number. */
static int send_query(struct fixture *f, const char *ecsql, const char *more)
{
    char params[1024];

    (void)snprintf(params, sizeof(params), "{\"ecsql\":\"%s\",\"rowFormat\":\"array\"%s}", ecsql,
                   more);
    send_request(&f->a, "query.ecsql", params);
    return f->a.n_requests;
}

static int send_insert(struct fixture *f)
{
    send_request(&f->a, "elements.insertElement", INSERT);
    return f->a.n_requests;
}

/* The next reply, which must be that of @number. */
static const struct weh_value *reply_to(struct fixture *f, int number)
{
    for (;;) {
        const struct weh_value *message = next_message(&f->a);
        const struct weh_value *id = weh_value_get(message, "id");
        int64_t n = 0;

        if (id != NULL && weh_value_to_int64(id, &n)) {
            assert_int_equal(n, number);
            return message;
        }
    }
}

static const struct weh_value *result_to(struct fixture *f, int number)
{
    const struct weh_value *result = weh_value_get(reply_to(f, number), "result");

    assert_non_null(result);
    return result;
}

static void cancel(struct fixture *f, int number)
{
    char params[40];

    (void)snprintf(params, sizeof(params), "{\"id\":%d}", number);
    send_request(&f->a, "session.cancel", params);
}

static void assert_error(const struct weh_value *reply, const char *name)
{
    const struct weh_value *error = weh_value_get(reply, "error");

    assert_non_null(error);
    assert_text(weh_value_get(error, "data"), "name", name);
}

/* Cancel the request @number: it ends so, and the request that cancels is answered, in any order. */
static void cancel_and_wait(struct fixture *f, int number)
{
    bool seen[2] = { false, false };

    cancel(f, number);
    while (!seen[0] || !seen[1]) {
        const struct weh_value *message = next_message(&f->a);
        int64_t n = 0;

        if (!weh_value_to_int64(weh_value_get(message, "id"), &n)) {
            continue;
        }
        if (n == number) {
            assert_error(message, "Cancelled");
            seen[0] = true;
        } else {
            seen[1] = true;
        }
    }
}

static void test_edits_behind_a_query_are_answered_while_it_runs(void **state)
{
    struct fixture *f = *state;
    int64_t n_before;
    int query;
    int edits[2];

    open_small(f);
    n_before = count_elements(f);
    query = send_query(f, ENDLESS, "");
    edits[0] = send_insert(f);
    edits[1] = send_insert(f);
    (void)result_to(f, edits[0]);
    (void)result_to(f, edits[1]);
    send_request(&f->a, "txns.saveChanges", "{}");
    (void)result_to(f, f->a.n_requests);
    send_request(&f->a, "session.ping", "{}");
    (void)result_to(f, f->a.n_requests);
    cancel_and_wait(f, query);
    assert_int_equal(count_elements(f), n_before + 2);
}

static void test_query_that_edits_overtook_answers_what_it_began_with(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    int64_t n_before;
    int query;
    int edit;

    open_small(f);
    n_before = count_elements(f);
    query = send_query(f, LONG, "");
    edit = send_insert(f);
    (void)result_to(f, edit);
    result = result_to(f, query);
    assert_bool(result, "done", true);
    assert_int_equal(rows_of(result)->n, 1);
    assert_int_equal(cell_of(result, 0), 1000000);
    assert_int_equal(cell_of(result, 1), n_before);
    assert_int_equal(count_elements(f), n_before + 1);
}

static void test_query_that_moved_sends_no_row_twice(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    int query;

    open_small(f);
    query = send_query(f, SILENT, ",\"quota\":{\"time\":2}");
    (void)result_to(f, send_insert(f));
    reply = result_to(f, query);
    assert_text(reply, "partial", "time");
    assert_int_equal(rows_of(reply)->n, 1);
    assert_int_equal(cell_of(reply, 0), 1);
}

static void test_query_over_unsaved_edits_ends_for_the_next_edit(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    int query;
    int edit;

    open_small(f);
    (void)call(&f->a, "elements.insertElement", INSERT);
    query = send_query(f, ENDLESS, "");
    edit = send_insert(f);
    reply = result_to(f, query);
    assert_text(reply, "partial", "time");
    assert_bool(reply, "done", false);
    (void)result_to(f, edit);
}

static void test_queries_behind_a_query_hold_up_no_edit_either(void **state)
{
    struct fixture *f = *state;
    int queries[2];
    int edit;

    open_small(f);
    queries[0] = send_query(f, ENDLESS, "");
    queries[1] = send_query(f, ENDLESS, "");
    edit = send_insert(f);
    assert_text(result_to(f, queries[1]), "partial", "time");
    (void)result_to(f, edit);
    cancel_and_wait(f, queries[0]);
}

static void test_query_stops_for_an_edit_that_cannot_run_within_it(void **state)
{
    struct fixture *f = *state;
    int query;
    int other;

    open_small(f);
    query = send_query(f, ENDLESS, "");
    send_request(&f->a, "query.close", "{\"cursor\":\"c1\"}");
    other = f->a.n_requests;
    (void)send_insert(f);
    assert_text(result_to(f, query), "partial", "time");
    assert_error(reply_to(f, other), "CursorInvalid");
    (void)result_to(f, f->a.n_requests);
}

static void test_cursor_of_a_query_that_an_edit_overtook_is_invalid(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    char params[80];
    struct weh_str cursor;
    int query;

    open_small(f);
    query = send_query(f,
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE "
                       "i<1000000) SELECT i FROM n ORDER BY -i",
                       ",\"quota\":{\"rows\":5}");
    (void)result_to(f, send_insert(f));
    reply = result_to(f, query);
    assert_text(reply, "partial", "rows");
    assert_int_equal(rows_of(reply)->n, 5);
    assert_int_equal(cell_of(reply, 0), 1000000);
    cursor = weh_value_str(weh_value_get(reply, "cursor"));
    (void)snprintf(params, sizeof(params), "{\"cursor\":\"%.*s\"}", WEH_STR_ARGS(cursor));
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");
}

/* A page of one row; the parameters of query.next. */
static const char *first_page(struct fixture *f)
{
    static char params[80];
    struct weh_str cursor = weh_value_str(weh_value_get(
        call(&f->a, "query.ecsql",
             "{\"ecsql\":\"SELECT ECInstanceId FROM bis.Element\",\"quota\":{\"rows\":1}}"),
        "cursor"));

    (void)snprintf(params, sizeof(params), "{\"cursor\":\"%.*s\"}", WEH_STR_ARGS(cursor));
    return params;
}

static void test_cursors_survive_reads_queries_and_saves(void **state)
{
    struct fixture *f = *state;
    const char *params;
    char again[80];

    open_small(f);
    (void)call(&f->a, "briefcase.saveFileProperty",
               "{\"namespace\":\"n\",\"name\":\"x\",\"string\":\"y\"}");
    params = first_page(f);
    (void)count_elements(f);
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x1\"}");
    (void)call(&f->a, "query.next", params);
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)snprintf(again, sizeof(again), "%s", params);
    assert_int_equal(rows_of(call(&f->a, "query.next", again))->n, 1);
    /* Edits go on as ever with the cursor's statement still there, and end it. */
    (void)call(&f->a, "elements.insertElement", INSERT);
    call_fails(&f->a, "query.next", again, "CursorInvalid", "cursor");
    (void)call(&f->a, "txns.saveChanges", "{}");
    params = first_page(f);
    (void)call(&f->a, "txns.reverseTxns", "{}");
    call_fails(&f->a, "query.next", params, "CursorInvalid", "cursor");
}

/* What a client that does not read makes: the requests of a query's session wait for it, and not for the query. */
static void test_query_goes_on_while_its_client_does_not_read(void **state)
{
    enum {
        N_READS = 60
    };
    struct fixture *f = *state;
    struct weh_session_view view;
    int query;
    int edit;

    f->config.limits_outbox_bytes = 8000;
    open_small(f);
    f->a.fake->reads = false;
    query = send_query(f, ENDLESS, "");
    for (int i = 0; i < N_READS; i++) {
        send_request(&f->a, "elements.getElementProps", "{\"id\":\"0x1\"}");
    }
    edit = send_insert(f);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    do {
        (void)call(&f->b, "session.ping", "{}");
        weh_session_look(f->a.fake->session, &view);
    } while (view.outbox_bytes <= 4000);
    /* It looks at what waits more than once meanwhile. */
    for (int i = 0; i < 100; i++) {
        (void)call(&f->b, "session.ping", "{}");
    }
    weh_session_look(f->a.fake->session, &view);
    assert_true(view.mailbox_messages > 0);
    assert_true(view.outbox_bytes <= 12000);
    f->a.fake->reads = true;
    for (int i = 1; i <= N_READS; i++) {
        (void)result_to(f, query + i);
    }
    (void)result_to(f, edit);
    cancel_and_wait(f, query);
}

/* The activity id of the error that @message is. */
static void copy_activity(const struct weh_value *message, char out[64])
{
    const struct weh_value *data = weh_value_get(weh_value_get(message, "error"), "data");
    struct weh_str id = weh_value_str(weh_value_get(data, "activityId"));

    (void)snprintf(out, 64, "%.*s", WEH_STR_ARGS(id));
}

static void test_request_within_a_query_has_an_activity_of_its_own(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message;
    int64_t n = 0;
    char within[64];
    char outside[64];
    int query;

    open_small(f);
    query = send_query(f, ENDLESS, "");
    (void)result_to(f, send_insert(f));
    send_request(&f->a, "elements.getElementProps", "{\"id\":\"0xffff\"}");
    copy_activity(reply_to(f, f->a.n_requests), within);
    cancel(f, query);
    do {
        message = next_message(&f->a);
    } while (!weh_value_to_int64(weh_value_get(message, "id"), &n) || n != query);
    copy_activity(message, outside);
    assert_true(within[0] != '\0' && outside[0] != '\0');
    assert_string_not_equal(within, outside);
}

static void test_query_that_is_random_does_not_begin_anew(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;
    int query;
    int edit;

    open_small(f);
    query = send_query(f,
                       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT "
                       "COUNT(*)+0*random() FROM n",
                       "");
    edit = send_insert(f);
    reply = result_to(f, query);
    assert_text(reply, "partial", "time");
    assert_int_equal(rows_of(reply)->n, 0);
    (void)result_to(f, edit);
}

/* The next page begins behind @reply's; false: it has left no cursor. */
static bool goes_on(struct fixture *f, const struct weh_value *reply)
{
    const struct weh_value *cursor = weh_value_get(reply, "cursor");
    int64_t next = cell_of(reply, 0) + (int64_t)rows_of(reply)->n * 500;
    char params[80];

    assert_text(reply, "partial", "time");
    if (cursor == NULL) {
        return false;
    }
    (void)snprintf(params, sizeof(params), "{\"cursor\":\"%.*s\"}",
                   WEH_STR_ARGS(weh_value_str(cursor)));
    assert_int_equal(cell_of(call(&f->a, "query.next", params), 0), next);
    (void)reply_of(&f->a, "query.close", params);
    return true;
}

static void test_time_that_is_over_leaves_a_cursor(void **state)
{
    struct fixture *f = *state;
    int n = 0;

    open_small(f);
    for (int i = 0; i < 10; i++) {
        n += goes_on(f,
                     call(&f->a, "query.ecsql",
                          "{\"ecsql\":\"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM "
                          "n) SELECT i FROM n WHERE i%500=0\",\"rowFormat\":\"array\","
                          "\"quota\":{\"time\":0.03}}"));
    }
    /* A machine that does something else in the wrong moment may keep one from coming to its row. */
    assert_true(n >= 5);
}

static void test_explain_shows_sql_and_plan(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *reply;

    connect_user(f, &f->b, "root", WEH_ACCESS_ADMIN);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"small\",\"mode\":\"readonly\"}");
    reply = call(&f->b, "query.explain",
                 "{\"ecsql\":\"SELECT UserLabel FROM bis.Subject WHERE ECInstanceId=?\"}");
    assert_non_null(strstr(weh_value_str(weh_value_get(reply, "sql")).ptr, "bis_Element"));
    assert_true(weh_value_get(reply, "plan")->n > 0);
    assert_int_equal(weh_value_get(&weh_value_get(reply, "plan")->as.items[0], "detail")->type,
                     WEH_VALUE_STRING);
    call_fails(&f->b, "query.explain", "{\"ecsql\":\"SELECT x FROM bis.Subject\"}", "InvalidQuery",
               "line 1 column 8");
    call_fails(&f->b, "query.explain", "{\"ecsql\":\"DELETE FROM bis.Subject\"}", "InvalidQuery",
               NULL);
}

static void test_explain_is_for_admins_and_for_briefcases_of_ones_own(void **state)
{
    struct fixture *f = *state;
    struct weh_str name;
    char params[200];

    open_small(f);
    call_fails(&f->a, "query.explain", "{\"ecsql\":\"SELECT 1 FROM bis.Element\"}", "Denied", NULL);
    (void)call(&f->a, "briefcase.close", "{}");
    name = weh_value_str(
        weh_value_get(call(&f->a, "briefcase.checkout", "{\"imodel\":\"small\"}"), "briefcase"));
    (void)snprintf(params, sizeof(params), "{\"briefcase\":\"%.*s\"}", WEH_STR_ARGS(name));
    (void)call(&f->a, "briefcase.open", params);
    (void)call(&f->a, "query.explain", "{\"ecsql\":\"SELECT 1 FROM bis.Element\"}");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup_small, rpc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_edits_behind_a_query_are_answered_while_it_runs),
        T(test_query_that_edits_overtook_answers_what_it_began_with),
        T(test_query_that_moved_sends_no_row_twice),
        T(test_query_over_unsaved_edits_ends_for_the_next_edit),
        T(test_queries_behind_a_query_hold_up_no_edit_either),
        T(test_query_stops_for_an_edit_that_cannot_run_within_it),
        T(test_cursor_of_a_query_that_an_edit_overtook_is_invalid),
        T(test_cursors_survive_reads_queries_and_saves),
        T(test_query_goes_on_while_its_client_does_not_read),
        T(test_request_within_a_query_has_an_activity_of_its_own),
        T(test_query_that_is_random_does_not_begin_anew),
        T(test_time_that_is_over_leaves_a_cursor),
        T(test_explain_shows_sql_and_plan),
        T(test_explain_is_for_admins_and_for_briefcases_of_ones_own),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
