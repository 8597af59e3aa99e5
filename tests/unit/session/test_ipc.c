/* tests/unit/session/test_ipc.c - sessions of stock iTwin.js frontends: numbers, answers, pushes, and pages
 * that are loaded anew. The test's thread is the service thread. */
#include <stdlib.h>

#include "session_fixture.h"

#define PAGES 4

/* The channels of a test: the fixture's own speaks JSON and is left alone. */
struct pages {
    struct fixture *f;
    struct fake_channel *fakes[PAGES];
    size_t n;
};

static struct pages begin(void **state)
{
    struct pages pages = { .f = *state };

    pages.f->config.limits_sessions = PAGES + 1;
    pages.f->config.limits_mailbox_messages = 100;
    pages.f->config.session_linger_s = 30;
    return pages;
}

static struct fake_channel *open_page(struct pages *pages, const char *user, const char *label)
{
    struct fake_channel *fake = weh_calloc(1, sizeof(*fake));

    assert_non_null(fake);
    assert_true(pages->n < PAGES);
    pages->fakes[pages->n++] = fake;
    assert_int_equal(connect_ipc(pages->f, fake, user, label), WEH_OK);
    return fake;
}

/* All sessions end, whatever a test has left. */
static void finish(struct pages *pages)
{
    struct fixture *f = pages->f;

    for (size_t i = 0; i < pages->n; i++) {
        if (pages->fakes[i]->session != NULL) {
            fake_channel_cut(pages->fakes[i], WEH_CLOSE_CLIENT_CLOSED);
        }
    }
    fake_channel_cut(f->fake, WEH_CLOSE_CLIENT_CLOSED);
    weh_host_stop(f->host, 0, true);
    fake_channel_serve(f->fake, f->host);
    for (;;) {
        unsigned seen = fake_channel_wakes(f->fake);

        (void)weh_host_service(f->host);
        if (weh_host_session_count(f->host) == 0) {
            break;
        }
        fake_channel_wait_wake(f->fake, seen);
    }
    weh_host_attach(f->host, NULL, NULL);
    for (size_t i = 0; i < pages->n; i++) {
        fake_channel_fini(pages->fakes[i]);
        weh_free(pages->fakes[i]);
    }
}

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in %.300s", part, text);
    }
}

/* Invoke @method of @channel with @data; @request 0: nobody waits. */
static void invoke(struct fake_channel *fake, int sequence, const char *channel, const char *method,
                   const char *data, int request)
{
    char inner[512];

    (void)snprintf(inner, sizeof(inner),
                   "\"type\":2,\"channel\":\"%s\",\"method\":\"%s\",\"data\":%s,\"request\":%d",
                   channel, method, data, request);
    deliver_ipc(fake, sequence, inner, NULL, 0);
}

/* The @n-th message of the server, numbered so, answers @request with @data (escaped). */
static void assert_answer(struct fake_channel *fake, size_t n, int request, const char *data)
{
    const char *text = fake_channel_wait(fake, n);
    char wanted[256];

    (void)snprintf(wanted, sizeof(wanted), "[\"{\\\"sequence\\\":%zu ", n - 1);
    assert_has(text, wanted);
    (void)snprintf(wanted, sizeof(wanted), "\\\"response\\\":%d,\\\"data\\\":%s", request, data);
    assert_has(text, wanted);
}

static void test_ipc_messages_are_numbered_both_ways_from_0(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    for (int i = 0; i < 12; i++) {
        char data[64];

        invoke(page, i, "itwin.app", "count", "[]", i + 1);
        (void)snprintf(data, sizeof(data), "{\\\"result\\\":%d}}\",0]", i + 1);
        assert_answer(page, (size_t)i + 1, i + 1, data);
    }
    finish(&pages);
}

static void test_ipc_message_that_came_before_is_dropped_without_an_answer(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    invoke(page, 0, "itwin.app", "count", "[]", 1);
    invoke(page, 0, "itwin.app", "count", "[]", 2);
    invoke(page, -1, "itwin.app", "count", "[]", 3);
    invoke(page, 1, "itwin.app", "count", "[]", 4);
    assert_answer(page, 1, 1, "{\\\"result\\\":1}");
    assert_answer(page, 2, 4, "{\\\"result\\\":2}");
    assert_int_equal(pages.f->n_calls, 2);
    finish(&pages);
}

static void test_ipc_hole_in_the_numbers_ends_the_session(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);
    struct fake_channel *other = open_page(&pages, "ada", NULL);

    invoke(page, 1, "itwin.app", "count", "[]", 1);
    assert_int_equal(fake_channel_wait_close(page), WEH_CLOSE_IPC_MESSAGE);
    assert_int_equal(page->n_frames, 0);
    invoke(other, 0, "itwin.app", "count", "[]", 1);
    assert_answer(other, 1, 1, "{\\\"result\\\":1}");
    finish(&pages);
}

static void test_ipc_message_that_is_none_ends_the_session(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);
    char deep[300];

    deliver_ipc(page, 0, "\"type\":7,\"channel\":\"itwin.app\"", NULL, 0);
    assert_int_equal(fake_channel_wait_close(page), WEH_CLOSE_IPC_MESSAGE);
    page = open_page(&pages, "ada", NULL);
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    deep[200] = '\0';
    invoke(page, 0, "itwin.app", "echo", deep, 1);
    assert_int_equal(fake_channel_wait_close(page), WEH_CLOSE_MESSAGE_SIZE);
    finish(&pages);
}

static void test_ipc_arguments_come_by_position(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    invoke(page, 0, "itwin.app", "echo", "[{\"a\":1},\"left alone\"]", 1);
    assert_answer(page, 1, 1, "{\\\"result\\\":{\\\"a\\\":1}}");
    invoke(page, 1, "itwin.app", "echo", "[null]", 2);
    assert_answer(page, 2, 2,
                  "{\\\"error\\\":{\\\"errorNumber\\\":65539,\\\"name\\\":\\\"Bad Arg\\\"");
    finish(&pages);
}

static void test_ipc_binary_argument_comes_back_in_its_own_frame(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    deliver_ipc(
        page, 0,
        "\"type\":2,\"channel\":\"itwin.app\",\"method\":\"echo\",\"request\":1,\"data\":[[{\"ipc\":"
        "\"binary\",\"type\":3,\"index\":0}]]",
        "abcdef", 6);
    assert_answer(
        page, 1, 1,
        "{\\\"result\\\":[{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":3,\\\"index\\\":0}]}}\",1]abcdef");
    invoke(page, 1, "itwin.app", "fail", "[]", 2);
    assert_answer(page, 2, 2, "{\\\"error\\\":{\\\"errorNumber\\\":65574");
    assert_has(fake_channel_wait(page, 2), "}}}\",0]");
    finish(&pages);
}

static void test_ipc_what_is_not_there_is_answered_unless_nobody_waits(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    invoke(page, 0, "itwin.app", "constructor", "[]", 0);
    deliver_ipc(page, 1, "\"type\":0,\"channel\":\"itwin.app\",\"data\":[1]", NULL, 0);
    invoke(page, 2, "itwin.app", "constructor", "[]", 1);
    invoke(page, 3, "itwin.nowhere", "count", "[]", 2);
    invoke(page, 4, "app", "count", "[]", 3);
    invoke(page, 5, "itwin.ap", "p.count", "[]", 4);
    assert_answer(page, 1, 1, "{\\\"error\\\":{\\\"message\\\":\\\"Method ");
    assert_has(fake_channel_wait(page, 1),
               "\\\\\\\"constructor\\\\\\\" not available for channel: app\\\"}}");
    assert_answer(page, 2, 2, "{\\\"error\\\":{\\\"errorNumber\\\":65606,");
    assert_answer(page, 3, 3, "{\\\"error\\\":{\\\"errorNumber\\\":65606,");
    assert_answer(page, 4, 4, "{\\\"error\\\":{\\\"errorNumber\\\":65606,");
    assert_int_equal(pages.f->n_calls, 0);
    finish(&pages);
}

static void call_rpc(struct fake_channel *page, int sequence, const char *interface,
                     const char *version, const char *operation)
{
    char data[256];

    (void)snprintf(data, sizeof(data),
                   "[{\"definition\":{\"interfaceName\":\"%s\",\"interfaceVersion\":\"%s\"},"
                   "\"operation\":\"%s\",\"parameters\":[]}]",
                   interface, version, operation);
    invoke(page, sequence, "itwin.itwinjs-core/rpc-over-ipc", "request", data, sequence + 1);
}

static void test_ipc_rpc_call_finds_interface_and_operation_and_checks_the_version(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    call_rpc(page, 0, "Some", "1.0.0", "query");
    assert_answer(page, 1, 1, "{\\\"result\\\":1}");
    call_rpc(page, 1, "Some", "2.0.0", "query");
    assert_answer(page, 2, 2, "{\\\"error\\\":");
    assert_has(fake_channel_wait(page, 2), "Some.query has another version");
    call_rpc(page, 2, "Other", "1.0.0", "query");
    assert_answer(page, 3, 3, "{\\\"error\\\":{\\\"errorNumber\\\":32768,");
    assert_has(fake_channel_wait(page, 3), "not found in RPC interface: Other");
    call_rpc(page, 3, "Some", "", "query");
    assert_has(fake_channel_wait(page, 4), "Some.query has another version");
    finish(&pages);
}

static void test_ipc_pushes_come_before_the_answer_by_the_names_that_the_page_knows(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);
    struct fake_channel *old = open_page(&pages, "ada", NULL);

    invoke(page, 0, "itwin.itwinjs-core/ipc-app", "push", "[2]", 1);
    assert_has(fake_channel_wait(page, 1), "[\"{\\\"sequence\\\":0 ");
    assert_has(fake_channel_wait(page, 1),
               "\\\"type\\\":1,\\\"channel\\\":\\\"itwin.itwinjs-core/txns/k\\\","
               "\\\"data\\\":[\\\"told\\\",1,");
    assert_has(fake_channel_wait(page, 2), "[\\\"told\\\",2,");
    assert_answer(page, 3, 1, "{}}\",0]");
    invoke(old, 0, "itwin.ipc-app", "push", "[1]", 1);
    assert_has(fake_channel_wait(old, 1), "\\\"channel\\\":\\\"itwin.txns:k\\\"");
    /* Channels of applications have one spelling, which tells nothing. */
    invoke(page, 1, "itwin.app", "count", "[]", 2);
    invoke(page, 2, "itwin.itwinjs-core/ipc-app", "push", "[1]", 3);
    assert_has(fake_channel_wait(page, 5), "itwin.itwinjs-core/txns/k");
    finish(&pages);
}

static void test_ipc_session_gets_no_notifications_of_the_other_protocol(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    invoke(page, 0, "itwin.app", "notify", "[]", 1);
    assert_answer(page, 1, 1, "{\\\"result\\\":null}");
    finish(&pages);
}

static void test_ipc_pushes_that_wait_in_the_file_keep_order_number_and_parts(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    page->reads = false;
    invoke(page, 0, "itwin.ipc-app", "push", "[100]", 1);
    wait_until_waiting(pages.f, 1);
    page->reads = true;
    for (int i = 1; i <= 100; i++) {
        const char *text = fake_channel_wait(page, (size_t)i);
        char wanted[128];

        (void)snprintf(wanted, sizeof(wanted), "[\"{\\\"sequence\\\":%d ", i - 1);
        assert_has(text, wanted);
        (void)snprintf(wanted, sizeof(wanted),
                       "[\\\"told\\\",%d,{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":4,"
                       "\\\"index\\\":0}]}\",1]%c",
                       i, 'a' + i % 26);
        assert_has(text, wanted);
        assert_int_equal(strlen(strstr(text, "\",1]") + 4), 50000);
    }
    assert_answer(page, 101, 1, "{}}");
    finish(&pages);
}

/* ---- pages that are loaded anew ---- */

static void name_of(const struct fake_channel *page, char out[32])
{
    (void)snprintf(out, 32, "%s", weh_session_name(page->session));
}

static void test_ipc_page_with_the_same_label_goes_on_with_its_session(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", "tab-1");
    char name[32];

    name_of(page, name);
    invoke(page, 0, "itwin.app", "count", "[]", 1);
    assert_answer(page, 1, 1, "{\\\"result\\\":1}");
    fake_channel_cut(page, WEH_CLOSE_CLIENT_AWAY);
    assert_int_equal(pages.f->n_closed, 0);
    page = open_page(&pages, "ada", "tab-1");
    assert_string_equal(weh_session_name(page->session), name);
    /* Numbers begin anew. */
    invoke(page, 0, "itwin.app", "count", "[]", 1);
    assert_answer(page, 1, 1, "{\\\"result\\\":2}");
    finish(&pages);
}

static void test_ipc_page_whose_former_connection_is_open_takes_it_from_there(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *former = open_page(&pages, "ada", "tab-1");
    struct fake_channel *page;
    char name[32];

    name_of(former, name);
    invoke(former, 0, "itwin.app", "count", "[]", 1);
    assert_answer(former, 1, 1, "{\\\"result\\\":1}");
    page = open_page(&pages, "ada", "tab-1");
    assert_null(former->session);
    assert_int_equal(former->detached_for, WEH_CLOSE_RESUMED_ELSEWHERE);
    assert_string_equal(weh_session_name(page->session), name);
    invoke(page, 0, "itwin.app", "count", "[]", 1);
    assert_answer(page, 1, 1, "{\\\"result\\\":2}");
    finish(&pages);
}

static void test_ipc_label_of_another_user_or_another_label_is_a_new_session(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", "tab-1");
    struct fake_channel *other_user = open_page(&pages, "bob", "tab-1");
    struct fake_channel *other_label = open_page(&pages, "ada", "tab-2");
    struct fake_channel *none = open_page(&pages, "ada", NULL);

    assert_non_null(page->session);
    assert_ptr_not_equal(other_user->session, page->session);
    assert_ptr_not_equal(other_label->session, page->session);
    assert_ptr_not_equal(none->session, page->session);
    finish(&pages);
}

static void test_ipc_session_without_a_label_ends_with_its_connection(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", NULL);

    fake_channel_lose(page, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(pages.f->n_closed, 1);
    finish(&pages);
}

static void test_ipc_page_gets_no_answer_to_what_the_former_one_asked(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", "tab-1");

    /* One answer unsent, one request running, one waiting. */
    page->reads = false;
    invoke(page, 0, "itwin.app", "count", "[]", 1);
    invoke(page, 1, "itwin.app", "wait", "[]", 2);
    invoke(page, 2, "itwin.app", "count", "[]", 3);
    wait_until_waiting(pages.f, 1);
    fake_channel_cut(page, WEH_CLOSE_SOCKET_LOST);
    page = open_page(&pages, "ada", "tab-1");
    invoke(page, 0, "itwin.app", "count", "[]", 1);
    open_gate(pages.f);
    assert_answer(page, 1, 1,
                  "{\\\"result\\\":3}"); /* the waiting one has run, and this is the third */
    assert_true(pages.f->saw_cancel);    /* a read that nobody waits for is not waited for */
    assert_int_equal(page->n_frames, 1);
    finish(&pages);
}

static void test_ipc_page_gets_nothing_that_waited_in_the_file_for_the_former_one(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", "tab-1");

    page->reads = false;
    invoke(page, 0, "itwin.ipc-app", "push", "[50]", 1);
    wait_until_waiting(pages.f, 1);
    page = open_page(&pages, "ada", "tab-1");
    invoke(page, 0, "itwin.ipc-app", "push", "[20]", 1);
    for (int i = 1; i <= 20; i++) {
        char wanted[64];

        (void)snprintf(wanted, sizeof(wanted), "[\\\"told\\\",%d,", i);
        assert_has(fake_channel_wait(page, (size_t)i), wanted);
        (void)snprintf(wanted, sizeof(wanted), "[\"{\\\"sequence\\\":%d ", i - 1);
        assert_has(page->frames[i - 1], wanted);
    }
    assert_answer(page, 21, 1, "{}}");
    finish(&pages);
}

static void test_ipc_page_that_lingers_too_long_ends(void **state)
{
    struct pages pages = begin(state);
    struct fake_channel *page = open_page(&pages, "ada", "tab-1");

    pages.f->config.session_linger_s = 0;
    fake_channel_lose(page, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(pages.f->n_closed, 1);
    finish(&pages);
}

#define T(test) cmocka_unit_test_setup_teardown(test, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ipc_messages_are_numbered_both_ways_from_0),
        T(test_ipc_message_that_came_before_is_dropped_without_an_answer),
        T(test_ipc_hole_in_the_numbers_ends_the_session),
        T(test_ipc_message_that_is_none_ends_the_session),
        T(test_ipc_arguments_come_by_position),
        T(test_ipc_binary_argument_comes_back_in_its_own_frame),
        T(test_ipc_what_is_not_there_is_answered_unless_nobody_waits),
        T(test_ipc_rpc_call_finds_interface_and_operation_and_checks_the_version),
        T(test_ipc_pushes_come_before_the_answer_by_the_names_that_the_page_knows),
        T(test_ipc_session_gets_no_notifications_of_the_other_protocol),
        T(test_ipc_pushes_that_wait_in_the_file_keep_order_number_and_parts),
        T(test_ipc_page_with_the_same_label_goes_on_with_its_session),
        T(test_ipc_page_whose_former_connection_is_open_takes_it_from_there),
        T(test_ipc_label_of_another_user_or_another_label_is_a_new_session),
        T(test_ipc_session_without_a_label_ends_with_its_connection),
        T(test_ipc_page_gets_no_answer_to_what_the_former_one_asked),
        T(test_ipc_page_gets_nothing_that_waited_in_the_file_for_the_former_one),
        T(test_ipc_page_that_lingers_too_long_ends),
    };

    return cmocka_run_group_tests_name("ipc sessions", tests, NULL, NULL);
}
