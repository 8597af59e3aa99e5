/* tests/unit/rpc/test_checkout.c - briefcase.checkout, list, open and delete, as clients see them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/id.h"

#include "rpc_fixture.h"

#define SUBJECT                                                                      \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{" \
    "\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}"

/* The params {"briefcase":NAME}, with NAME of the last checkout. */
static char named[64];

static void check_out(struct client *client, int64_t wanted_id)
{
    const struct weh_value *result = call(client, "briefcase.checkout", "{\"imodel\":\"empty\"}");
    struct weh_str name = weh_value_str(weh_value_get(result, "briefcase"));

    assert_int_equal(name.len, 17);
    (void)snprintf(named, sizeof(named), "{\"briefcase\":\"%.*s\"}", WEH_STR_ARGS(name));
    assert_int_equal(weh_value_get(result, "briefcaseId")->as.integer, wanted_id);
    assert_text(result, "imodel", "empty");
    assert_non_null(weh_value_get(result, "iModelId"));
}

static uint32_t n_briefcases(struct client *client)
{
    return call(client, "briefcase.list", "{}")->n;
}

static void test_checkout_is_opened_edited_listed_and_deleted(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    char wanted[32];

    assert_int_equal(n_briefcases(&f->a), 0);
    check_out(&f->a, 2);
    result = call(&f->a, "briefcase.list", "{}");
    assert_int_equal(result->n, 1);
    assert_text(&result->as.items[0], "imodel", "empty");
    assert_bool(&result->as.items[0], "isOpen", false);
    result = call(&f->a, "briefcase.open", named);
    assert_int_equal(weh_value_get(result, "briefcaseId")->as.integer, 2);
    assert_text(result, "mode", "readwrite");
    result = call(&f->a, "elements.insertElement", SUBJECT);
    (void)snprintf(wanted, sizeof(wanted), "0x20000000001");
    assert_text(result, "id", wanted);
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_bool(call(&f->a, "txns.state", "{}"), "isUndoPossible", true);
    assert_bool(&call(&f->a, "briefcase.list", "{}")->as.items[0], "isOpen", true);
    call_fails(&f->a, "briefcase.delete", named, "Busy", NULL);
    assert_int_equal(n_briefcases(&f->a), 1);
    (void)call(&f->a, "briefcase.close", "{}");
    /* The iModel is as it was. */
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x20000000001\"}", "NotFound", NULL);
    (void)call(&f->a, "briefcase.close", "{}");
    (void)call(&f->a, "briefcase.delete", named);
    assert_int_equal(n_briefcases(&f->a), 0);
    call_fails(&f->a, "briefcase.open", named, "FileNotFound", NULL);
    call_fails(&f->a, "briefcase.delete", named, "FileNotFound", NULL);
    check_out(&f->a, 3);
}

static void test_briefcase_of_somebody_else_is_as_if_it_were_not_there(void **state)
{
    struct fixture *f = *state;
    char foreign[64];

    connect_client(f, &f->b, WEH_ACCESS_ADMIN);
    check_out(&f->a, 2);
    (void)call(&f->b, "briefcase.list", "{}");
    assert_int_equal(n_briefcases(&f->b), 1); /* the same user */
    disconnect_client(&f->b);
    connect_user(f, &f->b, "eve", WEH_ACCESS_ADMIN);
    memcpy(foreign, named, sizeof(foreign));
    assert_int_equal(n_briefcases(&f->b), 0);
    call_fails(&f->b, "briefcase.open", foreign, "FileNotFound", NULL);
    call_fails(&f->b, "briefcase.delete", foreign, "FileNotFound", NULL);
    call_fails(&f->b, "briefcase.open", "{\"briefcase\":\"b0123456789abcdef\"}", "FileNotFound",
               NULL);
    call_fails(&f->b, "briefcase.delete", "{\"briefcase\":\"b0123456789abcdef\"}", "FileNotFound",
               NULL);
    check_out(&f->b, 3);
    assert_int_equal(n_briefcases(&f->b), 1);
    (void)call(&f->a, "briefcase.open", foreign);
}

static void test_checkout_while_somebody_edits_has_what_is_saved(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    check_out(&f->b, 2);
    check_out(&f->a, 3); /* also beside one's own edits */
    (void)call(&f->b, "briefcase.open", named);
    (void)call(&f->b, "elements.getElementProps", "{\"id\":\"0x11\"}");
    call_fails(&f->b, "elements.getElementProps", "{\"id\":\"0x12\"}", "NotFound", NULL);
    assert_bool(call(&f->b, "txns.state", "{}"), "hasPendingTxns", false);
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x12\"}");
}

static void test_scopes_for_an_imodel_count_for_its_briefcases(void **state)
{
    struct fixture *f = *state;
    char taken[64];

    check_out(&f->a, 2);
    memcpy(taken, named, sizeof(taken));
    /* The same user with less: may look at this iModel, and knows nothing of others. */
    connect_scoped(f, &f->b, "ada", "weh:view:empty");
    assert_int_equal(n_briefcases(&f->b), 1);
    call_fails(&f->b, "briefcase.checkout", "{\"imodel\":\"empty\"}", "Denied", NULL);
    call_fails(&f->b, "briefcase.delete", taken, "Denied", NULL);
    call_fails(&f->b, "briefcase.open", taken, "Denied", "mode");
    disconnect_client(&f->b);
    connect_scoped(f, &f->b, "ada", "weh:edit:other");
    assert_int_equal(n_briefcases(&f->b), 0);
    call_fails(&f->b, "briefcase.checkout", "{\"imodel\":\"empty\"}", "FileNotFound", NULL);
    call_fails(&f->b, "briefcase.delete", taken, "FileNotFound", NULL);
    call_fails(&f->b, "briefcase.open", taken, "FileNotFound", NULL);
    disconnect_client(&f->b);
    connect_scoped(f, &f->b, "ada", "weh:edit:empty");
    (void)call(&f->b, "briefcase.open", taken);
    (void)call(&f->b, "elements.insertElement", SUBJECT);
}

static void test_bad_arguments_and_what_is_not_there(void **state)
{
    struct fixture *f = *state;

    call_fails(&f->a, "briefcase.checkout", "{}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.checkout", "{\"imodel\":\"../empty\"}", "InvalidParams", "imodel");
    call_fails(&f->a, "briefcase.checkout", "{\"imodel\":\"none\"}", "FileNotFound", NULL);
    call_fails(&f->a, "briefcase.delete", "{\"briefcase\":\"../x\"}", "InvalidParams", "briefcase");
    call_fails(&f->a, "briefcase.delete", "{}", "InvalidParams", "briefcase");
    call_fails(&f->a, "briefcase.list", "{\"user\":\"x\"}", "InvalidParams", "user");
    /* A failed one takes no place, and no file. */
    assert_int_equal(n_briefcases(&f->a), 0);
}

static void test_limits_of_a_user_are_told(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(weh_config_set(&f->config, "limits.user_briefcases", "2", "test", NULL),
                     WEH_OK);
    check_out(&f->a, 2);
    check_out(&f->a, 3);
    call_fails(&f->a, "briefcase.checkout", "{\"imodel\":\"empty\"}", "LimitExceeded",
               "limits.user_briefcases");
    (void)call(&f->a, "briefcase.delete", named);
    assert_int_equal(weh_config_set(&f->config, "limits.user_disk_bytes", "1000000", "test", NULL),
                     WEH_OK);
    call_fails(&f->a, "briefcase.checkout", "{\"imodel\":\"empty\"}", "LimitExceeded",
               "limits.user_disk_bytes");
    assert_int_equal(n_briefcases(&f->a), 1);
    assert_int_equal(weh_config_set(&f->config, "limits.user_disk_bytes", "0", "test", NULL),
                     WEH_OK);
    check_out(&f->a, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)
        T(test_checkout_is_opened_edited_listed_and_deleted),
        T(test_briefcase_of_somebody_else_is_as_if_it_were_not_there),
        T(test_checkout_while_somebody_edits_has_what_is_saved),
        T(test_scopes_for_an_imodel_count_for_its_briefcases),
        T(test_bad_arguments_and_what_is_not_there),
        T(test_limits_of_a_user_are_told),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
