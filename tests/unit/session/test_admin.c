/* tests/unit/session/test_admin.c - sessions as operators see them, while workers hold them. */
#include "weh/admin.h"

#include "session_fixture.h"

#define TEXT_170                                                                            \
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234" \
    "5678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static const struct weh_caller root = { "uid:0", "pid:1" };

static struct weh_session_view look(const struct fixture *f)
{
    struct weh_session_view view;

    weh_session_look(f->fake->session, &view);
    return view;
}

static void test_admin_sees_a_running_request_and_what_waits_behind_it(void **state)
{
    struct fixture *f = *state;

    assert_null(look(f).method);
    request(f, 1, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 2, "test.count", "{}");
    request(f, 3, "test.fail", "{}");
    assert_string_equal(look(f).method, "test.wait");
    assert_true(look(f).is_running);
    assert_int_equal(look(f).idle_ms, 0);
    assert_int_equal(look(f).requests, 0);
    assert_int_equal(look(f).mailbox_messages, 2);
    assert_true(look(f).mailbox_bytes > 0);
    assert_string_equal(look(f).state, "attached");

    open_gate(f);
    (void)fake_channel_wait(f->fake, 3);
    assert_string_equal(look(f).method, "test.fail");
    assert_false(look(f).is_running);
    assert_int_equal(look(f).requests, 3);
    assert_int_equal(look(f).failures, 1);
    assert_int_equal(look(f).mailbox_messages, 0);
}

static void test_admin_ends_a_session_that_is_busy(void **state)
{
    struct fixture *f = *state;
    char text[WEH_CLOSE_TEXT_SIZE];

    request(f, 1, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 2, "test.count", "{}");
    weh_session_end_by_operator(f->fake->session, WEH_STR("enough"));
    weh_session_end_by_operator(f->fake->session, WEH_STR("more than enough"));
    assert_string_equal(look(f).state, "ending");
    open_gate(f);
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_ENDED_BY_OPERATOR);
    assert_true(f->saw_cancel);
    assert_int_equal(f->n_calls, 0); /* what waited was not begun */
    weh_session_close_text(f->fake->session, text, sizeof(text));
    assert_string_equal(text, "enough");
    assert_int_equal(f->closed_for, WEH_CLOSE_ENDED_BY_OPERATOR);
    assert_false(weh_session_message(f->fake->session, WEH_STR("too late")));
}

static void test_admin_messages_that_nobody_reads_are_bounded(void **state)
{
    struct fixture *f = *state;
    const size_t limit = (size_t)f->config.limits_outbox_bytes;
    size_t n_sent = 0;

    f->fake->reads = false;
    while (weh_session_message(f->fake->session, weh_str_from(TEXT_170))) {
        n_sent++;
        assert_true(look(f).outbox_bytes <= 2 * limit);
        assert_true(n_sent < 10 * limit);
    }
    assert_true(n_sent * 2 * sizeof(TEXT_170) > limit);
    f->fake->reads = true;
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_SLOW_READER);
}

static void test_admin_page_says_whether_there_are_more(void **state)
{
    struct fixture *f = *state;
    static struct fake_channel second;
    struct weh_session *found[3] = { NULL };
    struct weh_session *again = NULL;
    bool more = true;

    assert_int_equal(connect_as(f, &second, "bob", WEH_CODEC_JSON), WEH_OK);
    assert_int_equal(weh_host_page(f->host, WEH_STR(""), WEH_STR(""), found, 2, &more), 2);
    assert_false(more);
    assert_true(strcmp(weh_session_name(found[0]), weh_session_name(found[1])) < 0);
    assert_int_equal(weh_host_page(f->host, WEH_STR(""), WEH_STR(""), &again, 1, &more), 1);
    assert_true(more);
    assert_ptr_equal(again, found[0]);
    assert_int_equal(weh_host_page(f->host, WEH_STR(""), weh_str_from(weh_session_name(found[0])),
                                   &again, 1, &more),
                     1);
    assert_false(more);
    assert_ptr_equal(again, found[1]);
    assert_int_equal(weh_host_page(f->host, WEH_STR("bob"), WEH_STR(""), found, 3, &more), 1);
    assert_ptr_equal(found[0], second.session);
    assert_int_equal(weh_host_page(f->host, WEH_STR(""), WEH_STR("t"), found, 3, &more), 0);
    fake_channel_lose(&second, WEH_CLOSE_SOCKET_LOST);
    fake_channel_fini(&second);
}

static void test_admin_method_needs_the_right_although_it_overtakes(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.rule", "{\"data\":1}"); /* the fixture's user may view only */
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "\"Denied\""));
    assert_int_equal(f->n_calls, 0);
}

static void test_admin_call_answers_whatever_allocation_fails(void **state)
{
    struct fixture *f = *state;
    static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.rule\",\"params\":"
                               "{\"data\":[1,\"two\",{\"three\":null}]}}";
    const size_t live = fake_alloc_live();
    unsigned n_failed = 0;
    bool is_done = false;

    for (unsigned nth = 1; !is_done; nth++) {
        struct weh_buf reply;

        weh_buf_init(&reply, 0);
        fake_alloc_fail_once(nth);
        weh_host_call(f->host, &root, weh_str_from(body), &reply);
        is_done = fake_alloc_has_failed() == 0;
        fake_alloc_reset();
        n_failed += !is_done;
        weh_buf_byte(&reply, '\0');
        if (reply.err == WEH_OK) {
            assert_non_null(
                strstr((const char *)reply.data, is_done ? "\"result\":{\"ruled\":" : "\"error\""));
        }
        weh_buf_fini(&reply);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_true(n_failed >= 3);
    assert_true(f->n_calls >= 1); /* more when the reply could not be written any more */
}

static void test_admin_counters_need_little_memory_and_tell_when_it_lacks(void **state)
{
    struct fixture *f = *state;
    const size_t live = fake_alloc_live();
    bool is_done = false;

    for (unsigned nth = 1; !is_done; nth++) {
        struct weh_json_writer writer;
        struct weh_buf text;

        weh_buf_init(&text, 0);
        weh_json_writer_init(&writer, &text);
        fake_alloc_fail_once(nth);
        weh_metrics_write(f->host, &writer.sink);
        is_done = fake_alloc_has_failed() == 0;
        fake_alloc_reset();
        assert_int_equal(text.err, is_done ? WEH_OK : WEH_E_NOMEM);
        weh_buf_fini(&text);
        assert_int_equal(fake_alloc_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)
        T(test_admin_sees_a_running_request_and_what_waits_behind_it),
        T(test_admin_ends_a_session_that_is_busy),
        T(test_admin_messages_that_nobody_reads_are_bounded),
        T(test_admin_page_says_whether_there_are_more),
        T(test_admin_method_needs_the_right_although_it_overtakes),
        T(test_admin_call_answers_whatever_allocation_fails),
        T(test_admin_counters_need_little_memory_and_tell_when_it_lacks),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
