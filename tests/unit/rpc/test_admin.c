/* tests/unit/rpc/test_admin.c - what operators see and do: over a session, and without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "rpc_fixture.h"

#define SUBJECT                                                                       \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":"   \
    "{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"},\"userLabel\":\"not yet saved\"}}"

static int64_t number_of(const struct weh_value *map, const char *key)
{
    int64_t n = -1;

    assert_true(weh_value_to_int64(weh_value_get(map, key), &n));
    return n;
}

/* The params {"session": id} with the id of @client and whatever else, good until the next call. */
static const char *params_for(const struct client *client, const char *more)
{
    static char params[256];

    (void)snprintf(params, sizeof(params), "{\"session\":\"%s\"%s}",
                   weh_session_name(client->fake->session), more);
    return params;
}

/* What b, an operator, sees of a. */
static const struct weh_value *look_at(struct fixture *f)
{
    const struct weh_value *result = call(&f->b, "admin.sessions", params_for(&f->a, ""));
    const struct weh_value *sessions = weh_value_get(result, "sessions");

    assert_int_equal(sessions->n, 1);
    return &sessions->as.items[0];
}

static void test_sessions_tell_what_each_has_open_and_has_done(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *seen = NULL;

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    seen = look_at(f);
    assert_text(seen, "session", weh_session_name(f->a.fake->session));
    assert_text(seen, "peer", "127.0.0.1:1");
    assert_text(seen, "codec", "json");
    assert_text(seen, "state", "attached");
    assert_null(weh_value_get(seen, "imodel"));
    assert_null(weh_value_get(seen, "method"));

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    call_fails(&f->a, "txns.reverseTxns", "{\"count\":0}", "InvalidParams", "count");
    (void)call(&f->a, "session.ping", "{}");
    seen = look_at(f);
    assert_text(seen, "imodel", "empty");
    assert_text(seen, "method", "session.ping");
    assert_int_equal(number_of(seen, "unsavedRows"), 2);
    assert_int_equal(number_of(seen, "requests"), 4);
    assert_int_equal(number_of(seen, "failures"), 1);
    assert_true(number_of(seen, "bytesIn") > 0);

    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "briefcase.close", "{}");
    seen = look_at(f);
    assert_null(weh_value_get(seen, "imodel"));
    assert_int_equal(number_of(seen, "unsavedRows"), 0);
}

static void test_sessions_come_in_pages_each_once(void **state)
{
    struct fixture *f = *state;
    struct client others[20] = { 0 };
    char params[128] = "{\"limit\":4}";
    char last[32] = "";
    size_t n_seen = 0;
    bool more = true;

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        connect_user(f, &others[i], i % 2 == 0 ? "even" : "odd", WEH_ACCESS_VIEW);
    }
    while (more) {
        const struct weh_value *page = call(&f->b, "admin.sessions", params);
        const struct weh_value *sessions = weh_value_get(page, "sessions");
        const struct weh_value *next = weh_value_get(page, "next");

        assert_int_equal(number_of(page, "total"), 22);
        for (uint32_t i = 0; i < sessions->n; i++) {
            struct weh_str id = weh_value_str(weh_value_get(&sessions->as.items[i], "session"));

            assert_true(strncmp(last, id.ptr, id.len) < 0);
            (void)snprintf(last, sizeof(last), "%.*s", WEH_STR_ARGS(id));
            n_seen++;
        }
        more = next != NULL;
        (void)snprintf(params, sizeof(params), "{\"limit\":4,\"after\":\"%s\"}", last);
    }
    assert_int_equal(n_seen, 22);
    assert_int_equal(
        weh_value_get(call(&f->b, "admin.sessions", "{\"user\":\"odd\"}"), "sessions")->n, 10);
    call_fails(&f->b, "admin.sessions", "{\"limit\":501}", "InvalidParams", "limit");
    call_fails(&f->b, "admin.sessions", "{\"session\":\"s0\"}", "NotFound", "session");
    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        disconnect_client(&others[i]);
    }
}

static void test_sessions_tell_no_tokens(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *hello = call(&f->a, "session.hello", "{\"client\":{\"name\":\"t\"}}");
    char token[64];

    (void)snprintf(token, sizeof(token), "%.*s",
                   WEH_STR_ARGS(weh_value_str(weh_value_get(hello, "resumeToken"))));
    assert_int_equal(strlen(token), 48);
    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    (void)look_at(f);
    assert_null(strstr(f->b.fake->frames[f->b.n_read - 1], token));
}

static void test_end_closes_with_the_operators_text_and_keeps_what_is_unsaved(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *opened = NULL;
    char text[WEH_CLOSE_TEXT_SIZE];

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->b, "admin.end", params_for(&f->a, ",\"reason\":\"maintenance\""));
    assert_int_equal(fake_channel_wait_close(f->a.fake), WEH_CLOSE_ENDED_BY_OPERATOR);
    weh_session_close_text(f->a.fake->session, text, sizeof(text));
    assert_string_equal(text, "maintenance");
    fake_channel_lose(f->a.fake, WEH_CLOSE_SOCKET_LOST);
    f->a.fake->session = NULL;
    disconnect_client(&f->a);

    connect_client(f, &f->a, WEH_ACCESS_EDIT);
    opened = call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    assert_int_equal(number_of(weh_value_get(opened, "recoverable"), "changes"), 2);
    call_fails(&f->b, "admin.end", "{\"session\":\"s0123456789abcdef\"}", "NotFound", "session");
}

static void test_end_reaches_a_session_that_waits_to_be_resumed(void **state)
{
    struct fixture *f = *state;
    char name[32];
    char params[64];

    f->config.session_linger_s = 30;
    (void)call(&f->a, "session.hello", "{\"client\":{\"name\":\"t\"}}");
    (void)snprintf(name, sizeof(name), "%s", weh_session_name(f->a.fake->session));
    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    fake_channel_cut(f->a.fake, WEH_CLOSE_SOCKET_LOST);
    (void)snprintf(params, sizeof(params), "{\"session\":\"%s\"}", name);
    assert_text(&weh_value_get(call(&f->b, "admin.sessions", params), "sessions")->as.items[0],
                "state", "detached");
    (void)call(&f->b, "admin.end", params);
    fake_channel_wait_ended(f->a.fake, f->host, name);
    call_fails(&f->b, "admin.sessions", params, "NotFound", "session");
    f->a.fake->session = NULL;
}

static void test_message_reaches_one_or_all(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message = NULL;

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    assert_int_equal(
        number_of(call(&f->b, "admin.message", params_for(&f->a, ",\"text\":\"lunch \\u2615\"")),
                  "sent"),
        1);
    message = next_message(&f->a);
    assert_text(message, "method", "session.onMessage");
    assert_text(weh_value_get(message, "params"), "text", "lunch \xe2\x98\x95");
    assert_int_equal(
        number_of(call(&f->b, "admin.message", "{\"text\":\"all\",\"all\":true}"), "sent"), 2);
    assert_text(weh_value_get(next_message(&f->a), "params"), "text", "all");

    call_fails(&f->b, "admin.message", "{\"text\":\"x\"}", "InvalidParams", "session");
    call_fails(&f->b, "admin.message", params_for(&f->a, ",\"all\":true,\"text\":\"x\""),
               "InvalidParams", "session");
    call_fails(&f->b, "admin.message", "{\"all\":true,\"text\":\"\"}", "InvalidParams", "text");
    call_fails(&f->b, "admin.message", "{\"session\":\"s0\",\"text\":\"x\"}", "NotFound",
               "session");
}

static void test_process_is_drained_reloaded_and_made_talkative(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result = NULL;

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    (void)call(&f->b, "admin.drain", "{\"seconds\":7}");
    assert_int_equal(f->drained_ms, 7000);
    (void)call(&f->b, "admin.drain", "{}");
    assert_int_equal(f->drained_ms, (uint64_t)f->config.limits_drain_s * 1000);
    call_fails(&f->b, "admin.drain", "{\"seconds\":-1}", "InvalidParams", "seconds");

    result = call(&f->b, "admin.reload", "{}");
    assert_int_equal(f->n_reloads, 1);
    assert_int_equal(weh_value_get(result, "needsRestart")->n, 2);
    assert_true(weh_str_eq_text(weh_value_str(&weh_value_get(result, "needsRestart")->as.items[1]),
                                "data.dir"));
    assert_text(&weh_value_get(result, "failed")->as.items[0], "what", "certificates");
    assert_text(&weh_value_get(result, "failed")->as.items[0], "where", "tls.key");

    result = call(&f->b, "admin.logLevel", "{\"level\":\"debug\"}");
    assert_text(result, "before", "info");
    assert_int_equal(f->log_level, WEH_LOG_DEBUG);
    call_fails(&f->b, "admin.logLevel", "{\"level\":\"all\"}", "InvalidParams", "level");
}

static void test_counters_are_those_of_the_metrics(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result = NULL;

    connect_user(f, &f->b, "olga", WEH_ACCESS_ADMIN);
    (void)call(&f->a, "session.ping", "{}");
    call_fails(&f->a, "session.ping", "{\"x\":1}", "InvalidParams", "x");
    result = call(&f->b, "admin.counters", "{}");
    assert_int_equal(number_of(weh_value_get(result, "sessions"), "new"), 2);
    assert_int_equal(number_of(result, "sessions_started_total"), 2);
    assert_int_equal(number_of(weh_value_get(result, "errors_total"), "InvalidParams"), 1);
    result = weh_value_get(weh_value_get(result, "methods"), "session.ping");
    assert_int_equal(number_of(result, "requests"), 2);
    assert_int_equal(number_of(result, "failures"), 1);
}

static void test_only_rights_over_the_server_count(void **state)
{
    struct fixture *f = *state;
    struct weh_identity late = { .user = "olga", .access = WEH_ACCESS_ADMIN, .expires_ms = 1 };
    size_t n = 0;
    const struct weh_method *methods = weh_rpc_methods(&n);

    for (size_t i = 0; i < n; i++) {
        if (strncmp(methods[i].name, "admin.", 6) != 0) {
            continue;
        }
        call_fails(&f->a, methods[i].name, "{}", "Denied", NULL); /* may edit everything */
        connect_scoped(f, &f->b, "ada", "weh:admin:empty");
        call_fails(&f->b, methods[i].name, "{}", "Denied", NULL);
        disconnect_client(&f->b);
        connect_identity(f, &f->b, &late);
        call_fails(&f->b, methods[i].name, "{}", "TokenExpired", NULL);
        disconnect_client(&f->b);
    }
    assert_int_equal(f->drained_ms, UINT64_MAX);
    assert_int_equal(f->n_reloads, 0);
}

/* ---- without a session ---- */

static const struct weh_caller root = { "uid:0", "pid:1" };

/* The reply to @body; the caller's. */
static char *call_host(struct fixture *f, const char *body)
{
    struct weh_buf reply;
    size_t len = 0;

    weh_buf_init(&reply, 0);
    weh_host_call(f->host, &root, weh_str_from(body), &reply);
    weh_buf_byte(&reply, '\0');
    assert_int_equal(reply.err, WEH_OK);
    return (char *)weh_buf_take(&reply, &len);
}

static void expect_reply(struct fixture *f, const char *body, const char *part)
{
    char *reply = call_host(f, body);

    if (strstr(reply, part) == NULL) {
        fail_msg("%s: no %s in %s", body, part, reply);
    }
    weh_free(reply);
}

static void test_call_without_session_is_answered_as_one_with(void **state)
{
    struct fixture *f = *state;
    char *reply = NULL;

    expect_reply(f, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.sessions\"}",
                 "\"id\":1,\"result\":{\"total\":1,\"sessions\":[{");
    expect_reply(f,
                 "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"admin.drain\",\"params\":"
                 "{\"seconds\":3,\"_meta\":{\"activityId\":\"mine\"}}}",
                 "\"id\":\"x\",\"result\":{\"deadline\":");
    assert_int_equal(f->drained_ms, 3000);
    reply = call_host(f, "{\"jsonrpc\":\"2.0\",\"method\":\"admin.reload\"}");
    assert_string_equal(reply, "");
    weh_free(reply);
    assert_int_equal(f->n_reloads, 1);
}

static void test_call_without_session_reaches_operators_methods_only(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;
    const struct weh_method *methods = weh_rpc_methods(&n);

    for (size_t i = 0; i < n; i++) {
        char body[128];

        if (strncmp(methods[i].name, "admin.", 6) == 0) {
            continue;
        }
        (void)snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}",
                       methods[i].name);
        expect_reply(f, body, "\"MethodNotFound\"");
    }
}

static void test_call_without_session_refuses_what_is_no_request(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *body;
        const char *part;
    } cases[] = {
        { "", "\"ParseError\"" },
        { "{", "\"ParseError\"" },
        { "\xff", "\"ParseError\"" },
        { "[]", "\"InvalidRequest\"" },
        { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.reload\"}]", "\"InvalidRequest\"" },
        { "{\"id\":1,\"method\":\"admin.reload\"}", "\"InvalidRequest\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"admin.reload\"}", "\"InvalidRequest\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.reload\",\"params\":[]}",
          "\"InvalidParams\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.reload\",\"params\":{\"x\":1}}",
          "\"where\":\"x\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.reload\",\"params\":"
          "{\"_meta\":{\"activityId\":\"\\n\"}}}",
          "\"where\":\"_meta.activityId\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.reload\",\"params\":"
          "[[[[[[[[[[[[[[]]]]]]]]]]]]]]}",
          "\"LimitExceeded\"" },
        { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"admin.end\"}", "\"where\":\"session\"" },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        expect_reply(f, cases[i].body, cases[i].part);
    }
    assert_int_equal(f->n_reloads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)
        T(test_sessions_tell_what_each_has_open_and_has_done),
        T(test_sessions_come_in_pages_each_once),
        T(test_sessions_tell_no_tokens),
        T(test_end_closes_with_the_operators_text_and_keeps_what_is_unsaved),
        T(test_end_reaches_a_session_that_waits_to_be_resumed),
        T(test_message_reaches_one_or_all),
        T(test_process_is_drained_reloaded_and_made_talkative),
        T(test_counters_are_those_of_the_metrics),
        T(test_only_rights_over_the_server_count),
        T(test_call_without_session_is_answered_as_one_with),
        T(test_call_without_session_reaches_operators_methods_only),
        T(test_call_without_session_refuses_what_is_no_request),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
