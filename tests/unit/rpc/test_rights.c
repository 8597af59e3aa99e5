/* tests/unit/rpc/test_rights.c - scopes for single iModels, and another token in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/clock.h"

#include "rpc_fixture.h"

#define INSERT                                                                                \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{\"spec\":" \
    "\"bis:Subject\",\"scope\":\"0x1\",\"value\":\"n\"},\"parent\":{\"id\":\"0x1\","          \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}"

/* A client of ada's with @scope. */
static void connect_with(struct fixture *f, struct client *client, const char *scope,
                         int64_t expires_ms)
{
    struct weh_identity identity = { .user = "ada", .expires_ms = expires_ms };
    struct weh_str rest = weh_str_from(scope);

    while (rest.len != 0) {
        struct weh_str one;
        bool found = false;

        rest = weh_str_split(rest, ' ', &one);
        assert_int_equal(weh_identity_add_scope(&identity, one, &found, NULL), WEH_OK);
    }
    connect_identity(f, client, &identity);
    weh_identity_fini(&identity);
}

/* The params of session.renewToken with a new token; good until the next call. */
static const char *renewal(struct fixture *f, const char *user, const char *scope)
{
    static char params[8300];
    char *token = NULL;

    assert_int_equal(weh_auth_issue_token(f->auth, user, scope, 3600, &token, NULL), WEH_OK);
    (void)snprintf(params, sizeof(params), "{\"token\":\"%s\"}", token);
    weh_free(token);
    return params;
}

static void test_list_shows_what_one_may_see(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *list = NULL;

    copy_imodel(f, "small.bim", "a b");
    copy_imodel(f, "small.bim", "other");
    assert_int_equal(call(&f->a, "imodel.list", "{}")->n, 3);
    connect_with(f, &f->b, "weh:view:a%20b weh:edit:nothing", 0);
    list = call(&f->b, "imodel.list", "{}");
    assert_int_equal(list->n, 1);
    assert_text(&list->as.items[0], "imodel", "a b");
}

static void test_what_one_may_not_see_is_not_there(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *error = NULL;
    char message[256];

    copy_imodel(f, "small.bim", "other");
    connect_with(f, &f->b, "weh:edit:empty", 0);
    call_fails(&f->b, "briefcase.open", "{\"imodel\":\"other\"}", "FileNotFound", NULL);
    error = weh_value_get(reply_of(&f->b, "briefcase.open", "{\"imodel\":\"other\"}"), "error");
    (void)snprintf(message, sizeof(message), "%.*s",
                   WEH_STR_ARGS(weh_value_str(weh_value_get(error, "message"))));
    error = weh_value_get(reply_of(&f->b, "briefcase.open", "{\"imodel\":\"nothing\"}"), "error");
    assert_text(error, "message", message);
    call_fails(&f->b, "briefcase.open", "{\"briefcase\":\"other\"}", "FileNotFound", NULL);
    call_fails(&f->b, "imodel.create", "{\"imodel\":\"other\",\"rootSubject\":{\"name\":\"x\"}}",
               "Denied", "imodel");
    call_fails(&f->b, "imodel.create", "{\"imodel\":\"new\",\"rootSubject\":{\"name\":\"x\"}}",
               "Denied", "imodel");
}

static void test_rights_are_those_of_the_open_imodel(void **state)
{
    struct fixture *f = *state;

    copy_imodel(f, "small.bim", "other");
    connect_with(f, &f->b, "weh:edit:empty weh:view:other", 0);
    call_fails(&f->b, "briefcase.open", "{\"imodel\":\"other\"}", "Denied", "mode");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\",\"mode\":\"readonly\"}");
    assert_text(call(&f->b, "session.info", "{}"), "access", "view");
    call_fails(&f->b, "elements.insertElement", INSERT, "Denied", NULL);
    (void)call(&f->b, "briefcase.close", "{}");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
    assert_text(call(&f->b, "session.info", "{}"), "access", "edit");
    (void)call(&f->b, "elements.insertElement", INSERT);
}

static void test_new_imodel_needs_a_scope_for_its_name(void **state)
{
    struct fixture *f = *state;

    connect_with(f, &f->b, "weh:edit:new", 0);
    (void)call(&f->b, "imodel.create", "{\"imodel\":\"new\",\"rootSubject\":{\"name\":\"x\"}}");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"new\"}");
}

static void test_renewed_token_counts_from_then_on(void **state)
{
    struct fixture *f = *state;

    connect_with(f, &f->b, "weh:edit", 1); /* expired long ago */
    call_fails(&f->b, "imodel.list", "{}", "TokenExpired", NULL);
    (void)call(&f->b, "session.ping", "{}");
    assert_text(call(&f->b, "session.renewToken", renewal(f, "ada", "weh:edit:empty")), "access",
                "edit");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->b, "elements.insertElement", INSERT);
    /* Less than before: what is open stays open, and nothing is changed any more. */
    assert_text(call(&f->b, "session.renewToken", renewal(f, "ada", "weh:view")), "access", "view");
    call_fails(&f->b, "elements.insertElement", INSERT, "Denied", NULL);
    call_fails(&f->b, "txns.saveChanges", "{}", "Denied", NULL);
    call_fails(&f->b, "briefcase.close", "{\"unsaved\":\"save\"}", "Denied", "unsaved");
    assert_text(call(&f->b, "session.renewToken", renewal(f, "ada", "weh:admin")), "access",
                "admin");
    (void)call(&f->b, "txns.saveChanges", "{}");
    (void)call(&f->b, "briefcase.close", "{}");
}

static void test_renewal_that_is_not_ours_changes_nothing(void **state)
{
    struct fixture *f = *state;

    connect_with(f, &f->b, "weh:edit", weh_clock_wall_ms() + 3600000);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
    call_fails(&f->b, "session.renewToken", renewal(f, "bob", "weh:admin"), "Denied", "token");
    call_fails(&f->b, "session.renewToken", renewal(f, "ada", "weh:admin:other"), "Denied",
               "token");
    call_fails(&f->b, "session.renewToken", "{\"token\":\"a.b.c\"}", "Unauthenticated", "token");
    call_fails(&f->b, "session.renewToken", "{\"token\":\"\"}", "InvalidParams", "token");
    call_fails(&f->b, "session.renewToken", "{}", "InvalidParams", "token");
    (void)call(&f->b, "elements.insertElement", INSERT);
    assert_text(call(&f->b, "session.info", "{}"), "access", "edit");
}

static void test_end_of_the_token_is_told_once_and_ends_the_session(void **state)
{
    struct fixture *f = *state;
    const int64_t expires_ms = weh_clock_wall_ms() + 3600000;
    const int64_t grace_ms = f->config.auth_expiry_grace_s * 1000;
    const struct weh_value *message = NULL;
    char time[WEH_TIME_TEXT_SIZE];

    connect_with(f, &f->b, "weh:edit", expires_ms);
    weh_session_check_expiry(f->b.fake->session, expires_ms - 60001);
    weh_session_check_expiry(f->b.fake->session, expires_ms - 60000);
    weh_session_check_expiry(f->b.fake->session, expires_ms - 59000);
    message = next_message(&f->b);
    assert_text(message, "method", "session.onTokenExpiring");
    weh_time_print(expires_ms, time);
    assert_text(weh_value_get(message, "params"), "expires", time);
    weh_session_check_expiry(f->b.fake->session, expires_ms + grace_ms - 1);
    /* The very next message is the answer: nothing was told twice. */
    send_request(&f->b, "session.ping", "{}");
    assert_non_null(weh_value_get(next_message(&f->b), "id"));
    weh_session_check_expiry(f->b.fake->session, expires_ms + grace_ms);
    assert_int_equal(fake_channel_wait_close(f->b.fake), WEH_CLOSE_TOKEN_EXPIRED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_list_shows_what_one_may_see),
        TEST(test_what_one_may_not_see_is_not_there),
        TEST(test_rights_are_those_of_the_open_imodel),
        TEST(test_new_imodel_needs_a_scope_for_its_name),
        TEST(test_renewed_token_counts_from_then_on),
        TEST(test_renewal_that_is_not_ours_changes_nothing),
        TEST(test_end_of_the_token_is_told_once_and_ends_the_session),
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
