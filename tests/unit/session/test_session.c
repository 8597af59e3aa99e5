/* tests/unit/session/test_session.c - a session driven through its two sides, without a socket. */
#include "session_fixture.h"

static void test_session_request_is_answered_with_its_id(void **state)
{
    struct fixture *f = *state;

    request(f, 7, "test.echo", "{\"data\":[1,\"two\",null]}");
    assert_string_equal(fake_channel_wait(f->fake, 1),
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[1,\"two\",null]}");
}

static void test_session_requests_run_in_the_order_received(void **state)
{
    struct fixture *f = *state;
    char wanted[80];

    f->config.limits_mailbox_messages = 10000;
    f->config.limits_outbox_bytes = 10000000;
    for (int i = 1; i <= 3000; i++) {
        request(f, i, "test.count", "{}");
    }
    (void)fake_channel_wait(f->fake, 3000);
    for (int i = 1; i <= 3000; i++) {
        (void)snprintf(wanted, sizeof(wanted), "{\"jsonrpc\":\"2.0\",\"id\":%d,\"result\":%d}", i,
                       i);
        assert_string_equal(f->fake->frames[i - 1], wanted);
    }
}

static void test_session_failed_request_gets_an_error_and_no_half_reply(void **state)
{
    struct fixture *f = *state;
    const char *reply;

    request(f, 1, "test.fail", "{}");
    reply = fake_channel_wait(f->fake, 1);
    assert_non_null(strstr(reply, "\"error\""));
    assert_non_null(strstr(reply, "\"NotFound\""));
    assert_non_null(strstr(reply, "\"where\":\"id\""));
    assert_null(strstr(reply, "half"));
    request(f, 2, "test.count", "{}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 2), "\"result\":1"));
}

static void expect_error(struct fixture *f, const char *method, const char *params,
                         const char *name, const char *where)
{
    char wanted[128];
    size_t n = f->fake->n_frames;
    const char *reply;

    request(f, 1, method, params);
    reply = fake_channel_wait(f->fake, n + 1);
    (void)snprintf(wanted, sizeof(wanted), "\"name\":\"%s\"", name);
    assert_non_null(strstr(reply, wanted));
    (void)snprintf(wanted, sizeof(wanted), "\"where\":\"%s\"", where);
    assert_non_null(strstr(reply, wanted));
}

static void test_session_errors_name_the_method_or_argument(void **state)
{
    struct fixture *f = *state;

    expect_error(f, "test.nothing", "{}", "MethodNotFound", "test.nothing");
    expect_error(f, "test.echo", "{}", "InvalidParams", "data");
    expect_error(f, "test.echo", "{\"data\":1,\"datum\":2}", "InvalidParams", "datum");
    expect_error(f, "test.cancel", "{\"id\":true}", "InvalidParams", "id");
    expect_error(f, "test.echo", "{\"data\":1,\"_meta\":3}", "InvalidParams", "_meta");
}

static void test_session_gates_refuse_wrong_state_and_missing_rights(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.ready", "{}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "\"WrongState\""));
    request(f, 2, "test.edit", "{}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 2), "\"Denied\""));
    assert_int_equal(f->n_calls, 0);
}

static void test_session_malformed_message_is_answered_and_the_session_goes_on(void **state)
{
    struct fixture *f = *state;

    fake_channel_deliver(f->fake, "{\"jsonrpc\":");
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "\"ParseError\""));
    request(f, 2, "test.count", "{}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 2), "\"result\":1"));
}

/* Of a client without an id: only what cannot be read, and so may have been a request, is answered. */
static void test_session_wrong_notification_is_not_answered(void **state)
{
    static const char *const all[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"test.nothing\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"test.echo\",\"params\":{\"datum\":2}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"test.ready\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"test.cancel\",\"params\":{\"id\":true}}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(all); i++) {
        fake_channel_deliver(f->fake, all[i]);
    }
    request(f, 2, "test.count", "{}");
    assert_string_equal(fake_channel_wait(f->fake, 1),
                        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":1}");
    fake_channel_deliver(f->fake, "{\"jsonrpc\":\"2.0\",\"method\":3}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 2), "\"id\":null"));
}

static void test_session_notification_goes_before_the_reply_of_its_cause(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.notify", "{}");
    (void)fake_channel_wait(f->fake, 2);
    assert_non_null(strstr(f->fake->frames[0], "test.happened"));
    assert_non_null(strstr(f->fake->frames[1], "\"id\":1"));
}

static void test_session_fault_answers_and_ends_the_session(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.fault", "{}");
    request(f, 2, "test.count", "{}");
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_FAULT);
    assert_non_null(strstr(f->fake->frames[0], "\"Corrupt\""));
    assert_int_equal(f->fake->n_frames, 1);
    assert_int_equal(f->n_calls, 0);
    assert_int_equal(f->n_closed, 1);
}

static void test_session_failure_after_the_request_takes_the_place_of_the_reply(void **state)
{
    struct fixture *f = *state;

    f->after_err = WEH_E_DB;
    request(f, 1, "test.count", "{}");
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_FAULT);
    assert_non_null(strstr(f->fake->frames[0], "\"Database\""));
}

static void test_session_full_mailbox_answers_busy_and_keeps_what_it_has(void **state)
{
    struct fixture *f = *state;

    request(f, 0, "test.wait", "{}");
    wait_until_waiting(f, 1);
    for (int i = 1; i <= 5; i++) {
        request(f, i, "test.count", "{}");
    }
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "\"Busy\""));
    assert_non_null(strstr(f->fake->frames[0], "\"id\":5"));
    open_gate(f);
    (void)fake_channel_wait(f->fake, 6);
    assert_int_equal(f->n_calls, 4);
}

static void test_session_cancel_overtakes_and_reaches_running_and_waiting(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 2, "test.count", "{}");
    request(f, 3, "test.cancel", "{\"id\":2}");
    assert_string_equal(fake_channel_wait(f->fake, 1),
                        "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":true}");
    request(f, 4, "test.cancel", "{\"id\":1}");
    request(f, 5, "test.cancel", "{\"id\":99}");
    assert_string_equal(fake_channel_wait(f->fake, 3),
                        "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":false}");
    open_gate(f);
    assert_string_equal(fake_channel_wait(f->fake, 4),
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":true}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 5), "\"Cancelled\""));
    assert_int_equal(f->n_calls, 0);
    request(f, 6, "test.wait", "{}");
    assert_string_equal(fake_channel_wait(f->fake, 6),
                        "{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":false}");
}

/* The answers together are more than the outbox may hold. */
static void test_session_client_that_reads_late_gets_everything(void **state)
{
    struct fixture *f = *state;

    f->fake->reads = false;
    for (int i = 1; i <= 4; i++) {
        request(f, i, "test.big", "{}");
    }
    f->fake->reads = true;
    (void)fake_channel_wait(f->fake, 4);
    request(f, 5, "test.count", "{}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 5), "\"result\":1"));
}

static void test_session_client_that_floods_and_does_not_read_is_ended(void **state)
{
    struct fixture *f = *state;

    f->fake->reads = false;
    for (int i = 1; i <= 3000; i++) {
        request(f, i, "test.big", "{}");
    }
    /* The close does not wait until the client reads. */
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_SLOW_READER);
    assert_int_equal(f->fake->n_frames, 0);
}

static void test_session_close_sends_the_reply_first(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.close", "{}");
    request(f, 2, "test.count", "{}");
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_SESSION_CLOSE);
    assert_int_equal(f->fake->n_frames, 1);
    assert_int_equal(f->n_calls, 0);
}

static void test_session_clean_close_runs_what_was_received(void **state)
{
    struct fixture *f = *state;

    request(f, 0, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 1, "test.count", "{}");
    request(f, 2, "test.count", "{}");
    weh_session_end(f->fake->session, WEH_CLOSE_CLIENT_CLOSED);
    open_gate(f);
    fake_channel_lose(f->fake, WEH_CLOSE_CLIENT_CLOSED);
    assert_int_equal(f->n_calls, 2);
    assert_false(f->saw_cancel);
}

static void test_session_lost_socket_interrupts_and_drops_what_waits(void **state)
{
    struct fixture *f = *state;

    request(f, 0, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 1, "test.count", "{}");
    weh_session_end(f->fake->session, WEH_CLOSE_SOCKET_LOST);
    open_gate(f);
    fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(f->n_calls, 0);
    assert_true(f->saw_cancel);
    assert_int_equal(f->n_closed, 1);
}

static void test_session_shutdown_lets_the_running_request_finish_until_the_channel_is_gone(
    void **state)
{
    struct fixture *f = *state;
    char name[32];

    (void)snprintf(name, sizeof(name), "%s", weh_session_name(f->fake->session));
    request(f, 0, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 1, "test.count", "{}");
    weh_session_end(f->fake->session, WEH_CLOSE_SHUTDOWN);
    assert_false(atomic_load(weh_session_cancel_flag(f->fake->session)));
    weh_session_channel_gone(f->fake->session, WEH_CLOSE_SHUTDOWN);
    assert_true(atomic_load(weh_session_cancel_flag(f->fake->session)));
    f->fake->session = NULL;
    open_gate(f);
    fake_channel_wait_ended(f->fake, f->host, name);
    assert_int_equal(f->closed_for, WEH_CLOSE_SHUTDOWN);
    assert_int_equal(f->n_calls, 0);
}

static void test_session_beyond_the_limit_is_refused(void **state)
{
    struct fixture *f = *state;
    struct fake_channel *second = weh_calloc(1, sizeof(*second));
    struct fake_channel *third = weh_calloc(1, sizeof(*third));

    assert_int_equal(connect_session(f, second), WEH_OK);
    assert_int_equal(connect_session(f, third), WEH_E_LIMIT);
    assert_int_equal(weh_host_session_count(f->host), 2);
    fake_channel_lose(second, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(weh_host_session_count(f->host), 1);
    fake_channel_fini(second);
    fake_channel_fini(third);
    weh_free(second);
    weh_free(third);
}

static void test_session_busy_one_does_not_stop_another(void **state)
{
    struct fixture *f = *state;
    struct fake_channel *second = weh_calloc(1, sizeof(*second));

    assert_int_equal(connect_session(f, second), WEH_OK);
    request(f, 0, "test.wait", "{}");
    wait_until_waiting(f, 1);
    fake_channel_deliver(second, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.count\"}");
    assert_non_null(strstr(fake_channel_wait(second, 1), "\"result\":1"));
    open_gate(f);
    fake_channel_lose(second, WEH_CLOSE_SOCKET_LOST);
    fake_channel_fini(second);
    weh_free(second);
}

static void test_session_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    unsigned nth = 1;
    bool failed = true;

    /* Each round: a session of its own; a failure may end it, but nothing else. */
    for (; failed; nth++) {
        struct fake_channel *second = weh_calloc(1, sizeof(*second));
        char *text = NULL;
        weh_err err;

        assert_non_null(second);
        fake_alloc_fail_at(nth);
        err = connect_session(f, second);
        if (err == WEH_OK) {
            text = weh_strndup("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.notify\"}", 48);
        }
        if (text != NULL) {
            weh_session_receive(second->session, (uint8_t *)text, 48);
            fake_alloc_reset();
        }
        fake_alloc_reset();
        failed = fake_alloc_has_failed() != 0;
        if (err == WEH_OK) {
            fake_channel_lose(second, WEH_CLOSE_CLIENT_CLOSED);
        }
        fake_channel_fini(second);
        weh_free(second);
        request(f, (int)nth, "test.count", "{}");
        assert_non_null(fake_channel_wait(f->fake, nth));
    }
    assert_true(nth > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)
        T(test_session_request_is_answered_with_its_id),
        T(test_session_requests_run_in_the_order_received),
        T(test_session_failed_request_gets_an_error_and_no_half_reply),
        T(test_session_errors_name_the_method_or_argument),
        T(test_session_gates_refuse_wrong_state_and_missing_rights),
        T(test_session_malformed_message_is_answered_and_the_session_goes_on),
        T(test_session_wrong_notification_is_not_answered),
        T(test_session_notification_goes_before_the_reply_of_its_cause),
        T(test_session_fault_answers_and_ends_the_session),
        T(test_session_failure_after_the_request_takes_the_place_of_the_reply),
        T(test_session_full_mailbox_answers_busy_and_keeps_what_it_has),
        T(test_session_cancel_overtakes_and_reaches_running_and_waiting),
        T(test_session_client_that_reads_late_gets_everything),
        T(test_session_client_that_floods_and_does_not_read_is_ended),
        T(test_session_close_sends_the_reply_first),
        T(test_session_clean_close_runs_what_was_received),
        T(test_session_lost_socket_interrupts_and_drops_what_waits),
        T(test_session_shutdown_lets_the_running_request_finish_until_the_channel_is_gone),
        T(test_session_beyond_the_limit_is_refused),
        T(test_session_busy_one_does_not_stop_another),
        T(test_session_survives_any_failed_allocation),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
