/* tests/unit/session/test_progress.c - long requests tell how far they are, and can be cancelled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/call.h"
#include "weh/host.h"
#include "weh/session.h"

#include "fake_alloc.h"
#include "fake_channel.h"
#include "fake_clock.h"

struct fixture {
    struct weh_config config;
    struct weh_host *host;
    struct fake_channel *fake;
};

/* Ten steps of 100 ms. */
static weh_err work(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (unsigned i = 0; err == WEH_OK && i < 10; i++) {
        err = weh_call_progress(call, i, 10, diag);
        fake_clock_advance_ms(100);
    }
    weh_sink_null(call->result);
    return err;
}

/* Cancelled by its own client in the middle; the total is not known. */
static weh_err work_cancelled(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (unsigned i = 0; err == WEH_OK && i < 10; i++) {
        if (i == 7) {
            assert_true(weh_session_cancel_request(call->session, call->request_id));
        }
        err = weh_call_progress(call, i, 0, diag);
        fake_clock_advance_ms(100);
    }
    return err;
}

static weh_err work_outgrown(struct weh_call *call, struct weh_diag *diag)
{
    static char text[70000];
    weh_err err = WEH_OK;

    memset(text, 'x', sizeof(text));
    weh_sink_array_begin(call->result, 1000);
    for (unsigned i = 0; err == WEH_OK && i < 1000; i++) {
        weh_sink_str(call->result, (struct weh_str){ text, sizeof(text) });
        err = weh_call_progress(call, i, 1000, diag);
    }
    return err;
}

static const struct weh_arg_spec none[] = { { .name = NULL } };

static const struct weh_method methods[] = {
    { "test.cancelled", WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", work_cancelled },
    { "test.outgrown", WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", work_outgrown },
    { "test.work", WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", work },
};

static weh_err open_workspace(void *app, struct weh_session *session, void **out,
                              struct weh_diag *diag)
{
    (void)app;
    (void)session;
    (void)diag;
    *out = NULL;
    return WEH_OK;
}

static void close_workspace(void *workspace, enum weh_close_reason reason)
{
    (void)workspace;
    (void)reason;
}

static weh_err before_request(void *workspace, const struct weh_call *call, struct weh_diag *diag)
{
    (void)workspace;
    (void)call;
    (void)diag;
    return WEH_OK;
}

static weh_err after_request(void *workspace, struct weh_diag *diag)
{
    (void)workspace;
    (void)diag;
    return WEH_OK;
}

static int setup(void **state)
{
    static const struct weh_app_ops ops = { .open = open_workspace,
                                            .close = close_workspace,
                                            .before = before_request,
                                            .after = after_request };
    struct fixture *f = weh_calloc(1, sizeof(*f));
    struct weh_host_options host = {
        .methods = methods, .n_methods = WEH_ARRAY_LEN(methods), .ops = &ops, .app = f
    };
    struct weh_session_options session = {
        .codec = WEH_CODEC_JSON, .access = WEH_ACCESS_EDIT, .user = "ada", .peer = "127.0.0.1:1"
    };

    assert_non_null(f);
    assert_int_equal(weh_config_init(&f->config, NULL), WEH_OK);
    f->config.workers_count = 1;
    f->config.limits_outbox_bytes = 1000000;
    host.config = &f->config;
    assert_int_equal(weh_host_create(&host, &f->host, NULL), WEH_OK);
    f->fake = weh_calloc(1, sizeof(*f->fake));
    assert_non_null(f->fake);
    fake_channel_init(f->fake);
    session.host = f->host;
    session.channel = &f->fake->channel;
    assert_int_equal(weh_session_create(&session, &f->fake->session, NULL), WEH_OK);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    fake_channel_fini(f->fake);
    weh_free(f->fake);
    weh_host_destroy(f->host);
    weh_config_fini(&f->config);
    weh_free(f);
    assert_int_equal(fake_alloc_live(), 0);
    return 0;
}

#define PROGRESS(method, done)                                                         \
    "{\"jsonrpc\":\"2.0\",\"method\":\"session.onProgress\",\"params\":{\"id\":\"a\"," \
    "\"method\":\"" method "\",\"done\":" done

static void test_progress_is_told_after_a_while_and_not_at_every_step(void **state)
{
    struct fixture *f = *state;

    fake_channel_deliver(f->fake, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"test.work\"}");
    (void)fake_channel_wait(f->fake, 3);
    assert_string_equal(f->fake->frames[0], PROGRESS("test.work", "5,\"total\":10}}"));
    assert_string_equal(f->fake->frames[1], PROGRESS("test.work", "8,\"total\":10}}"));
    assert_string_equal(f->fake->frames[2], "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":null}");
}

static void test_progress_of_a_notification_is_told_to_nobody(void **state)
{
    struct fixture *f = *state;

    fake_channel_deliver(f->fake, "{\"jsonrpc\":\"2.0\",\"method\":\"test.work\"}");
    fake_channel_deliver(f->fake, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"nothing\"}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "MethodNotFound"));
}

static void test_progress_notices_that_the_request_was_cancelled(void **state)
{
    struct fixture *f = *state;

    fake_channel_deliver(f->fake,
                         "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"test.cancelled\"}");
    (void)fake_channel_wait(f->fake, 2);
    assert_string_equal(f->fake->frames[0], PROGRESS("test.cancelled", "5}}"));
    assert_non_null(strstr(f->fake->frames[1], "\"Cancelled\""));
}

static void test_progress_notices_that_the_result_is_too_large(void **state)
{
    struct fixture *f = *state;

    fake_channel_deliver(f->fake,
                         "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"test.outgrown\"}");
    assert_non_null(strstr(fake_channel_wait(f->fake, 1), "\"TooLarge\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_progress_is_told_after_a_while_and_not_at_every_step),
        T(test_progress_of_a_notification_is_told_to_nobody),
        T(test_progress_notices_that_the_request_was_cancelled),
        T(test_progress_notices_that_the_result_is_too_large),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
