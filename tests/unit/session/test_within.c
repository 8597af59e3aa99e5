/* tests/unit/session/test_within.c - requests that run within others of their session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/call.h"
#include "weh/host.h"
#include "weh/within.h"

#include "fake_alloc.h"
#include "fake_channel.h"

struct fixture {
    struct weh_config config;
    struct weh_host *host;
    struct fake_channel *fake;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_gate_open;
    char log[400]; /* what began and ended, by request ids; the worker's until it has answered */
    enum weh_ran ran;
    bool found;
};

static void note(struct fixture *f, const char *what, const struct weh_call *call)
{
    const size_t n = strlen(f->log);

    (void)snprintf(f->log + n, sizeof(f->log) - n, "%s%s%.*s", n == 0 ? "" : " ", what,
                   WEH_STR_ARGS(weh_value_str(call->request_id)));
}

static void pass_gate(struct fixture *f)
{
    (void)pthread_mutex_lock(&f->lock);
    while (!f->is_gate_open) {
        (void)pthread_cond_wait(&f->changed, &f->lock);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

/* By their names; "look" is asked for its argument "may". */
static enum weh_may_run may_run(void *ctx, const struct weh_method *method,
                                const struct weh_value *params)
{
    (void)ctx;
    if (strcmp(method->name, "test.late") == 0) {
        return WEH_MAY_RUN_LATER;
    }
    if (strcmp(method->name, "test.look") == 0 && params == NULL) {
        return WEH_MAY_RUN_LOOK;
    }
    if (strcmp(method->name, "test.look") == 0) {
        return weh_str_eq_text(weh_value_str(weh_value_get(params, "may")), "later")
                   ? WEH_MAY_RUN_LATER
                   : WEH_MAY_RUN;
    }
    return strcmp(method->name, "test.stop") == 0 ? WEH_MAY_RUN_AFTER : WEH_MAY_RUN;
}

static bool is_later(void *ctx, const struct weh_value *params)
{
    (void)ctx;
    return weh_str_eq_text(weh_value_str(weh_value_get(params, "may")), "later");
}

/* Lets others run, once. */
static weh_err nest(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    const struct weh_within within = { f, may_run };

    pass_gate(f);
    note(f, "+", call);
    f->ran = weh_session_run_waiting(call->session, &within);
    note(f, "-", call);
    weh_sink_null(call->result);
    return weh_call_progress(call, 0, 0, diag);
}

static weh_err count(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    note(weh_host_app(call->host), "", call);
    weh_sink_null(call->result);
    return WEH_OK;
}

/* Cancels the request that is named. */
static weh_err cancel(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *id = call->args[0].as.value;

    note(weh_host_app(call->host), "", call);
    weh_sink_bool(call->result, weh_session_cancel_request(call->session, id));
    return weh_call_progress(call, 0, 0, diag);
}

static weh_err find(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);
    const struct weh_method *look = call->method;

    (void)diag;
    while (strcmp(look->name, "test.look") != 0) {
        look++;
    }
    pass_gate(f);
    f->found = weh_session_has_waiting(call->session, look, is_later, NULL);
    weh_sink_null(call->result);
    return WEH_OK;
}

static weh_err end_session(struct weh_call *call, struct weh_diag *diag)
{
    struct fixture *f = weh_host_app(call->host);

    note(f, "", call);
    weh_session_end(f->fake->session, WEH_CLOSE_FAULT);
    return weh_call_progress(call, 0, 0, diag);
}

/* clang-format off */
static const struct weh_arg_spec none[] = { { .name = NULL } };
static const struct weh_arg_spec one_id[] = { { "id", WEH_ARG_REQUEST_ID, true, 0, 0, NULL, "" }, { .name = NULL } };
static const struct weh_arg_spec may[] = { { "may", WEH_ARG_STRING, false, 0, 10, NULL, "" }, { .name = NULL } };

static const struct weh_method methods[] = {
    { "test.cancel", WEH_IN(NEW), WEH_ACCESS_VIEW, 0, one_id, "", "", "", cancel },
    { "test.count",  WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", count },
    { "test.end",    WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", end_session },
    { "test.find",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", find },
    { "test.late",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", count },
    { "test.look",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, may,  "", "", "", count },
    { "test.nest",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", nest },
    { "test.stop",   WEH_IN(NEW), WEH_ACCESS_VIEW, 0, none, "", "", "", count },
};
/* clang-format on */

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
    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_cond_init(&f->changed, NULL);
    assert_int_equal(weh_config_init(&f->config, NULL), WEH_OK);
    f->config.workers_count = 1;
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
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    weh_free(f);
    assert_int_equal(fake_alloc_live(), 0);
    return 0;
}

/* Deliver the requests @names ("nest look:later ..."), which get the ids a, b, c ..., before any of them runs; wait
 * for @n_frames. */
static void run(struct fixture *f, const char *names, size_t n_frames)
{
    char request[200];
    char id = 'a';

    for (const char *at = names; at != NULL && *at != '\0'; id++) {
        const char *end = strchr(at, ' ');
        const int n = end == NULL ? (int)strlen(at) : (int)(end - at);
        const char *colon = memchr(at, ':', (size_t)n);
        const int n_name = colon == NULL ? n : (int)(colon - at);

        (void)snprintf(request, sizeof(request),
                       "{\"jsonrpc\":\"2.0\",\"id\":\"%c\",\"method\":\"test.%.*s\",\"params\":{"
                       "%s%.*s%s}}",
                       id, n_name, at,
                       colon == NULL                   ? ""
                       : strncmp(at, "cancel", 6) == 0 ? "\"id\":\""
                                                       : "\"may\":\"",
                       colon == NULL ? 0 : n - n_name - 1, colon == NULL ? "" : colon + 1,
                       colon == NULL ? "" : "\"");
        fake_channel_deliver(f->fake, request);
        at = end == NULL ? NULL : end + 1;
    }
    (void)pthread_mutex_lock(&f->lock);
    f->is_gate_open = true;
    (void)pthread_cond_broadcast(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    (void)fake_channel_wait(f->fake, n_frames);
}

static void test_within_goes_no_deeper_than_it_may(void **state)
{
    struct fixture *f = *state;

    run(f, "nest nest nest nest nest nest nest nest nest nest count", 11);
    /* Eight wait; what runs within the eighth lets nobody run. */
    assert_string_equal(f->log, "+a +b +c +d +e +f +g +h +i -i +j -j k -h -g -f -e -d -c -b -a");
}

static void test_within_some_are_overtaken_and_run_later_in_order(void **state)
{
    struct fixture *f = *state;

    run(f, "nest late count late count", 5);
    assert_string_equal(f->log, "+a c e -a b d");
    assert_int_equal(f->ran, WEH_RAN_SOME);
}

static void test_within_what_must_wait_holds_up_what_is_behind_it(void **state)
{
    struct fixture *f = *state;

    run(f, "nest count late count stop count", 6);
    assert_string_equal(f->log, "+a b d -a c e f");
    assert_int_equal(f->ran, WEH_RAN_STOPPED);
}

static void test_within_params_decide_where_they_are_asked_for(void **state)
{
    struct fixture *f = *state;

    run(f, "nest look:later look:now", 3);
    assert_string_equal(f->log, "+a c -a b");
}

static void test_within_each_of_those_outside_can_be_cancelled(void **state)
{
    struct fixture *f = *state;
    unsigned n_cancelled = 0;

    run(f, "nest nest nest cancel:b count", 5);
    assert_string_equal(f->log, "+a +b +c d e -c -b -a");
    for (size_t i = 0; i < 5; i++) {
        if (strstr(f->fake->frames[i], "\"Cancelled\"") != NULL) {
            assert_non_null(strstr(f->fake->frames[i], "\"id\":\"b\""));
            n_cancelled++;
        }
    }
    assert_int_equal(n_cancelled, 1);
}

static void test_within_the_end_of_a_session_cancels_all_of_them(void **state)
{
    struct fixture *f = *state;

    run(f, "nest nest nest end count", 1);
    (void)fake_channel_wait_close(f->fake);
    assert_string_equal(f->log, "+a +b +c d -c -b -a");
}

static void test_within_waiting_requests_are_found_by_their_params(void **state)
{
    struct fixture *f = *state;

    run(f, "find count look:now look:later", 4);
    assert_true(f->found);
    f->is_gate_open = false;
    run(f, "find count look:now", 7);
    assert_false(f->found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_within_goes_no_deeper_than_it_may),
        T(test_within_some_are_overtaken_and_run_later_in_order),
        T(test_within_what_must_wait_holds_up_what_is_behind_it),
        T(test_within_params_decide_where_they_are_asked_for),
        T(test_within_each_of_those_outside_can_be_cancelled),
        T(test_within_the_end_of_a_session_cancels_all_of_them),
        T(test_within_waiting_requests_are_found_by_their_params),
#undef T
    };

    return cmocka_run_group_tests_name("within", tests, NULL, NULL);
}
