/* tests/unit/rpc/test_recovery.c - unsaved edits that outlive their session, as clients meet them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rpc_fixture.h"

#define OPEN "{\"imodel\":\"empty\"}"
#define SUBJECT                                                                       \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":"   \
    "{\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"},\"userLabel\":\"not yet saved\"}}"

static void journal_path(const struct fixture *f, const char *ending, char out[256])
{
    (void)snprintf(out, 256, "%s/imodels/empty.bim.weh-journal%s", f->dir, ending);
}

static bool journal_is_there(const struct fixture *f)
{
    char path[256];

    journal_path(f, "", path);
    return access(path, F_OK) == 0;
}

static void set_autosave(struct fixture *f, const char *ms)
{
    assert_int_equal(weh_config_set(&f->config, "txn.autosave_ms", ms, "test", NULL), WEH_OK);
}

/* Open and insert; the params that read what was inserted. */
static void open_and_edit(struct fixture *f, struct client *client, char params[64])
{
    const struct weh_value *result;

    (void)call(client, "briefcase.open", OPEN);
    result = call(client, "elements.insertElement", SUBJECT);
    (void)snprintf(params, 64, "{\"id\":\"%.*s\"}",
                   WEH_STR_ARGS(weh_value_str(weh_value_get(result, "id"))));
    (void)f;
}

/* The session of @client ends for @reason, and it begins another. */
static void end(struct fixture *f, struct client *client, enum weh_close_reason reason)
{
    fake_channel_lose(client->fake, reason);
    client->fake->session = NULL;
    disconnect_client(client);
    connect_client(f, client, WEH_ACCESS_EDIT);
}

static bool has(const struct weh_value *map, const char *key)
{
    return weh_value_get(map, key) != NULL;
}

static int64_t changes_of(const struct weh_value *map)
{
    int64_t n = -1;

    assert_true(weh_value_to_int64(weh_value_get(map, "changes"), &n));
    return n;
}

static void test_edits_of_a_stopped_server_are_offered_and_restored(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    assert_true(journal_is_there(f));
    result = call(&f->a, "briefcase.open", OPEN);
    assert_int_equal(changes_of(weh_value_get(result, "recoverable")), 2);
    assert_text(weh_value_get(result, "recoverable"), "user", "ada");
    assert_true(has(weh_value_get(result, "recoverable"), "time"));
    assert_true(has(weh_value_get(result, "recoverable"), "bytes"));

    call_fails(&f->a, "elements.insertElement", SUBJECT, "RecoveryPending", NULL);
    call_fails(&f->a, "txns.saveChanges", "{}", "RecoveryPending", NULL);
    call_fails(&f->a, "txns.reverseTxns", "{}", "RecoveryPending", NULL);
    call_fails(&f->a, "elements.getElementProps", params, "NotFound", NULL);
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", false);

    (void)call(&f->a, "briefcase.restoreUnsaved", "{}");
    call_fails(&f->a, "briefcase.restoreUnsaved", "{}", "NotFound", NULL);
    assert_bool(call(&f->a, "txns.state", "{}"), "hasUnsavedChanges", true);
    assert_text(call(&f->a, "elements.getElementProps", params), "userLabel", "not yet saved");
    assert_true(journal_is_there(f));
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
    assert_false(journal_is_there(f));
    (void)call(&f->a, "txns.reverseTxns", "{}");
    call_fails(&f->a, "elements.getElementProps", params, "NotFound", NULL);
    (void)call(&f->a, "txns.reinstateTxn", "{}");
    (void)call(&f->a, "elements.getElementProps", params);
}

static void test_restore_tells_which_elements_changed(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    (void)call(&f->a, "briefcase.open", OPEN);
    send_request(&f->a, "briefcase.restoreUnsaved", "{}");
    message = next_message(&f->a);
    assert_text(message, "method", "txns.onElementsChanged");
    assert_text(weh_value_get(message, "params"), "cause", "restore");
    assert_true(has(weh_value_get(message, "params"), "inserted"));
    assert_true(has(next_message(&f->a), "result"));
}

static void test_dropped_edits_do_not_come_back(void **state)
{
    struct fixture *f = *state;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    (void)call(&f->a, "briefcase.open", OPEN);
    (void)call(&f->a, "briefcase.close", "{}");
    assert_true(journal_is_there(f));
    assert_true(has(call(&f->a, "briefcase.open", OPEN), "recoverable"));
    (void)call(&f->a, "briefcase.dropUnsaved", "{}");
    assert_false(journal_is_there(f));
    call_fails(&f->a, "briefcase.dropUnsaved", "{}", "NotFound", NULL);
    call_fails(&f->a, "elements.getElementProps", params, "NotFound", NULL);
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    end(f, &f->a, WEH_CLOSE_SESSION_CLOSE);
    assert_false(has(call(&f->a, "briefcase.open", OPEN), "recoverable"));
}

static void test_open_may_decide_at_once(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"unsaved\":\"keep\"}",
               "InvalidParams", "unsaved");
    result = call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"unsaved\":\"restore\"}");
    assert_false(has(result, "recoverable"));
    assert_int_equal(changes_of(weh_value_get(result, "recovered")), 2);
    (void)call(&f->a, "elements.getElementProps", params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    result = call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"unsaved\":\"drop\"}");
    assert_false(has(result, "recoverable") || has(result, "recovered"));
    assert_false(journal_is_there(f));
    call_fails(&f->a, "elements.getElementProps", params, "NotFound", NULL);
}

static void test_client_that_ends_its_session_drops_its_edits(void **state)
{
    static const enum weh_close_reason reasons[] = { WEH_CLOSE_CLIENT_CLOSED,
                                                     WEH_CLOSE_SESSION_CLOSE };
    struct fixture *f = *state;
    char params[64];

    set_autosave(f, "1");
    for (size_t i = 0; i < WEH_ARRAY_LEN(reasons); i++) {
        open_and_edit(f, &f->a, params);
        while (!journal_is_there(f)) {
            (void)weh_host_service(f->host);
            (void)sched_yield();
        }
        end(f, &f->a, reasons[i]);
        assert_false(journal_is_there(f));
    }
    open_and_edit(f, &f->a, params);
    while (!journal_is_there(f)) {
        (void)weh_host_service(f->host);
        (void)sched_yield();
    }
    (void)call(&f->a, "briefcase.close", "{\"unsaved\":\"abandon\"}");
    assert_false(journal_is_there(f));
}

static void test_lost_connection_keeps_edits_only_with_autosave(void **state)
{
    struct fixture *f = *state;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SOCKET_LOST);
    assert_false(journal_is_there(f));
    set_autosave(f, "3600000");
    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SOCKET_LOST);
    assert_true(journal_is_there(f));
}

/* A fault leaves what was written before it; what is in the file then is not known. */
static void test_fault_writes_no_journal(void **state)
{
    struct fixture *f = *state;
    char params[64];

    set_autosave(f, "3600000");
    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_FAULT);
    assert_false(journal_is_there(f));
}

static void test_idle_session_is_journaled_by_the_clock(void **state)
{
    struct fixture *f = *state;
    char params[64];

    set_autosave(f, "20");
    open_and_edit(f, &f->a, params);
    while (!journal_is_there(f)) {
        (void)weh_host_service(f->host);
        (void)sched_yield();
    }
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
    assert_false(journal_is_there(f));
}

/* The session never gets to a tick: nobody plays the service thread. */
static void test_busy_session_is_journaled_between_its_requests(void **state)
{
    struct fixture *f = *state;
    char params[64];

    set_autosave(f, "5");
    open_and_edit(f, &f->a, params);
    while (!journal_is_there(f)) {
        (void)call(&f->a, "session.ping", "{}");
    }
}

static void test_failing_autosave_is_told_once_and_tried_again(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message;
    unsigned n_told = 0;
    char params[64];
    char path[256];
    char inner[256];

    set_autosave(f, "1");
    journal_path(f, ".new", path);
    journal_path(f, ".new/x", inner);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(mkdir(inner, 0700), 0);
    open_and_edit(f, &f->a, params);
    for (unsigned i = 0; i < 300; i++) {
        send_request(&f->a, "session.ping", "{}");
        while (message = next_message(&f->a), !has(message, "id")) {
            assert_text(message, "method", "txns.onAutosaveFailed");
            assert_text(weh_value_get(message, "params"), "name", "AlreadyExists");
            n_told++;
        }
    }
    assert_true(n_told <= 1);
    while (n_told == 0) {
        send_request(&f->a, "session.ping", "{}");
        while (message = next_message(&f->a), !has(message, "id")) {
            n_told++;
        }
    }
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(path), 0);
    while (!journal_is_there(f)) {
        (void)call(&f->a, "session.ping", "{}");
    }
    (void)call(&f->a, "elements.getElementProps", params);
    assert_bool(call(&f->a, "txns.saveChanges", "{}"), "saved", true);
}

static void test_damaged_journal_is_told_and_out_of_the_way(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    char params[64];
    char path[256];
    FILE *file;

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    journal_path(f, "", path);
    file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_true(fputc('x', file) != EOF);
    assert_int_equal(fclose(file), 0);
    result = call(&f->a, "briefcase.open", OPEN);
    assert_false(has(result, "recoverable"));
    assert_text(weh_value_get(result, "unrecoverable"), "state", "damaged");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    assert_false(has(call(&f->a, "briefcase.info", "{}"), "unrecoverable"));
    journal_path(f, ".kept-1", path);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_reader_is_not_asked(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *result;
    char params[64];

    open_and_edit(f, &f->a, params);
    end(f, &f->a, WEH_CLOSE_SHUTDOWN);
    connect_client(f, &f->b, WEH_ACCESS_VIEW);
    result = call(&f->b, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    assert_false(has(result, "recoverable") || has(result, "unrecoverable"));
    call_fails(&f->b, "briefcase.restoreUnsaved", "{}", "Denied", NULL);
    call_fails(&f->b, "briefcase.dropUnsaved", "{}", "Denied", NULL);
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    call_fails(&f->a, "briefcase.restoreUnsaved", "{}", "ReadOnly", NULL);
    assert_true(journal_is_there(f));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, rpc_setup, rpc_teardown)
    const struct CMUnitTest tests[] = {
        T(test_edits_of_a_stopped_server_are_offered_and_restored),
        T(test_restore_tells_which_elements_changed),
        T(test_dropped_edits_do_not_come_back),
        T(test_open_may_decide_at_once),
        T(test_client_that_ends_its_session_drops_its_edits),
        T(test_lost_connection_keeps_edits_only_with_autosave),
        T(test_fault_writes_no_journal),
        T(test_idle_session_is_journaled_by_the_clock),
        T(test_busy_session_is_journaled_between_its_requests),
        T(test_failing_autosave_is_told_once_and_tried_again),
        T(test_damaged_journal_is_told_and_out_of_the_way),
        T(test_reader_is_not_asked),
    };
#undef T

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
