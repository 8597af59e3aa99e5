/* tests/unit/rpc/test_hibernate.c - sessions whose file is closed while they rest: their clients notice nothing.
 *
 * They are sent to sleep by a limit of one open file: whoever opens a second sends the first. When they
 * do so by the clock is tested with the server (tests/scenario/daemon).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include "weh/clock.h"

#include "rpc_fixture.h"
#include "rpc_priv.h"

#define SUBJECT                                                                      \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{" \
    "\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}"

static int setup(void **state)
{
    int rc = rpc_setup(state);
    struct fixture *f = *state;

    assert_int_equal(weh_config_set(&f->config, "limits.open_files", "1", "test", NULL), WEH_OK);
    copy_imodel(f, "small.bim", "other");
    return rc;
}

static struct weh_rpc_counts counts(struct fixture *f)
{
    struct weh_rpc_counts now;

    weh_rpc_app_count(f->app, &now);
    return now;
}

/* Wait until @n workspaces sleep; false when that takes more than some seconds. */
static bool wait_asleep(struct fixture *f, size_t n)
{
    uint64_t end_us = weh_clock_mono_us() + 20000000;

    while (counts(f).n_asleep != n) {
        if (weh_clock_mono_us() > end_us) {
            return false;
        }
        (void)sched_yield();
    }
    return true;
}

/* Client b opens another file, and closes it; then a sleeps. */
static void send_a_to_sleep(struct fixture *f)
{
    if (f->b.fake == NULL) {
        connect_client(f, &f->b, WEH_ACCESS_EDIT);
    }
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\",\"mode\":\"readonly\"}");
    assert_true(wait_asleep(f, 1));
    (void)call(&f->b, "briefcase.close", "{}");
    assert_int_equal(counts(f).n_open, 0);
}

static char *copy_state(struct client *client)
{
    (void)call(client, "txns.state", "{}");
    /* Without the id of the request. */
    return strdup(strstr(client->fake->frames[client->n_read - 1], "result"));
}

static void run_sql(struct fixture *f, const char *sql, int wanted)
{
    char path[256];
    sqlite3 *db = NULL;

    (void)snprintf(path, sizeof(path), "%s/imodels/empty.bim", f->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), wanted);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_session_that_slept_goes_on_as_if_it_had_not(void **state)
{
    struct fixture *f = *state;
    char *before;
    char *after;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{\"description\":\"one\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{\"description\":\"two\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{\"description\":\"three\"}");
    (void)call(&f->a, "txns.reverseTxns", "{\"count\":2}");
    before = copy_state(&f->a);
    send_a_to_sleep(f);
    assert_text(call(&f->a, "session.info", "{}"), "imodel", "empty");
    assert_int_equal(counts(f).n_asleep, 1); /* that needs no file */
    after = copy_state(&f->a);
    assert_string_equal(after, before);
    assert_int_equal(counts(f).n_asleep, 0);
    assert_int_equal(counts(f).n_open, 1);
    free(before);
    free(after);
    /* Both come back in one step, as they went. */
    assert_int_equal(weh_value_get(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated")->n, 2);
    send_a_to_sleep(f);
    assert_text(call(&f->a, "elements.insertElement", SUBJECT), "id", "0x14");
    (void)call(&f->a, "txns.saveChanges", "{}");
    assert_int_equal(call(&f->a, "txns.list", "{}")->n, 4);
    /* The session of transactions is the same: ids follow each other. */
    before = strdup(f->a.fake->frames[f->a.n_read - 1]);
    assert_non_null(strstr(before, "0x100000000"));
    assert_non_null(strstr(before, "0x100000003"));
    free(before);
    assert_int_equal(counts(f).n_hibernations, 2);
}

static void test_restart_of_transactions_is_remembered_asleep(void **state)
{
    struct fixture *f = *state;
    char *before;
    char *after;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->a, "txns.restartTxnSession", "{}");
    before = copy_state(&f->a);
    send_a_to_sleep(f);
    after = copy_state(&f->a);
    assert_string_equal(after, before);
    free(before);
    free(after);
    call_fails(&f->a, "txns.reverseTxns", "{}", "NothingToUndo", NULL);
}

static void test_session_with_something_open_does_not_sleep(void **state)
{
    static const char *const begin[][2] = { { "elements.insertElement", SUBJECT },
                                            { "txns.savepoint", "{\"name\":\"x\"}" },
                                            { "txns.beginMultiTxnOperation", "{}" } };
    static const char *const end[][2] = { { "txns.abandonChanges", "{}" },
                                          { "txns.release", "{\"name\":\"x\"}" },
                                          { "txns.endMultiTxnOperation", "{}" } };
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    for (size_t i = 0; i < 3; i++) {
        (void)call(&f->a, begin[i][0], begin[i][1]);
        for (int n = 0; n < 20; n++) {
            (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\"}");
            (void)call(&f->b, "briefcase.close", "{}");
        }
        assert_int_equal(counts(f).n_asleep, 0);
        (void)call(&f->a, end[i][0], end[i][1]);
        send_a_to_sleep(f);
        (void)call(&f->a, "briefcase.info", "{}");
    }
}

static void test_file_of_a_sleeping_writer_has_its_writer_still(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    send_a_to_sleep(f);
    call_fails(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}", "Busy", NULL);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&f->b, "elements.getElementProps", "{\"id\":\"0x11\"}");
    (void)call(&f->b, "briefcase.close", "{}");
    send_a_to_sleep(f);
    /* Closed without being woken; then it is free. */
    (void)call(&f->a, "briefcase.close", "{}");
    assert_int_equal(counts(f).n_asleep, 0);
    assert_int_equal(counts(f).n_open, 0);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"other\"}");
    assert_true(wait_asleep(f, 1));
    disconnect_client(&f->b); /* asleep */
}

static void test_change_from_outside_is_told_and_the_edit_refused(void **state)
{
    struct fixture *f = *state;
    const struct weh_value *message;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{}");
    send_a_to_sleep(f);
    run_sql(f, "UPDATE be_Local SET Val=Val+1 WHERE Name='bis_elementidsequence'", SQLITE_OK);
    send_request(&f->a, "elements.insertElement", SUBJECT);
    message = next_message(&f->a);
    assert_text(message, "method", "briefcase.onChangedOutside");
    message = next_message(&f->a);
    assert_text(weh_value_get(weh_value_get(message, "error"), "data"), "name", "ChangedOutside");
    /* Once; and nothing was done. */
    assert_text(call(&f->a, "elements.insertElement", SUBJECT), "id", "0x13");
    (void)call(&f->a, "txns.abandonChanges", "{}");
    send_a_to_sleep(f);
    /* What is in no table of transactions counts too. */
    run_sql(f, "CREATE TABLE foreign_one(x)", SQLITE_OK);
    send_request(&f->a, "txns.state", "{}");
    message = next_message(&f->a);
    assert_text(message, "method", "briefcase.onChangedOutside");
    message = next_message(&f->a);
    assert_non_null(weh_value_get(message, "result"));
}

static void test_hostile_change_from_outside_is_refused_on_waking(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    send_a_to_sleep(f);
    run_sql(f, "CREATE TRIGGER evil AFTER INSERT ON bis_Element BEGIN DELETE FROM bis_Element; END",
            SQLITE_OK);
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x1\"}", "NotAnIModel", NULL);
    assert_int_equal(counts(f).n_asleep, 1);
    run_sql(f, "DROP TRIGGER evil", SQLITE_OK);
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x1\"}");
}

static void test_file_that_others_hold_keeps_the_session_asleep(void **state)
{
    struct fixture *f = *state;
    char path[256];
    sqlite3 *db = NULL;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    send_a_to_sleep(f);
    (void)snprintf(path, sizeof(path), "%s/imodels/empty.bim", f->dir);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    call_fails(&f->a, "txns.state", "{}", "Busy", NULL);
    call_fails(&f->a, "elements.insertElement", SUBJECT, "Busy", NULL);
    assert_int_equal(counts(f).n_asleep, 1);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    (void)call(&f->a, "txns.saveChanges", "{}");
}

static void test_file_that_is_gone_is_told_and_can_be_closed(void **state)
{
    struct fixture *f = *state;
    char another[256];
    char path[256];

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    send_a_to_sleep(f);
    (void)snprintf(path, sizeof(path), "%s/imodels/empty.bim", f->dir);
    copy_imodel(f, "small.bim", "another");
    assert_int_equal(unlink(path), 0);
    assert_non_null(weh_value_get(reply_of(&f->a, "txns.state", "{}"), "error"));
    (void)snprintf(another, sizeof(another), "%s/imodels/another.bim", f->dir);
    assert_int_equal(rename(another, path), 0); /* another file under its name */
    call_fails(&f->a, "txns.state", "{}", "Busy", NULL);
    (void)call(&f->a, "briefcase.close", "{}");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
}

static void test_reader_that_slept_reads_the_newest_state(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\",\"mode\":\"readonly\"}");
    send_a_to_sleep(f);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->b, "elements.insertElement", SUBJECT);
    (void)call(&f->b, "txns.saveChanges", "{}");
    (void)call(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}");
}

/* Of what rested longest, what cannot sleep stays awake and the next one goes instead. */
static void test_longest_rested_that_can_sleep_does(void **state)
{
    struct fixture *f = *state;
    struct client c = { 0 };

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->a, "elements.insertElement", SUBJECT);
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    connect_client(f, &c, WEH_ACCESS_EDIT);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\"}");
    copy_imodel(f, "small.bim", "third");
    (void)call(&c, "briefcase.open", "{\"imodel\":\"third\"}");
    assert_true(wait_asleep(f, 1)); /* not a, and not c, which is working */
    (void)call(&f->a, "txns.saveChanges", "{}");
    (void)call(&c, "txns.state", "{}");
    assert_int_equal(counts(f).n_asleep, 1);
    (void)call(&f->b, "txns.state", "{}");
    assert_true(wait_asleep(f, 2));
    disconnect_client(&c);
}

#define N_FILES 17 /* 1, and the 16 that may be open beyond any limit */

static void test_too_many_files_that_cannot_sleep_are_refused(void **state)
{
    struct fixture *f = *state;
    struct client clients[N_FILES] = { 0 };
    char params[64];
    char name[16];

    for (int i = 0; i < N_FILES; i++) {
        (void)snprintf(name, sizeof(name), "f%d", i);
        copy_imodel(f, "empty.bim", name);
        (void)snprintf(params, sizeof(params), "{\"imodel\":\"%s\"}", name);
        connect_client(f, &clients[i], WEH_ACCESS_EDIT);
        (void)call(&clients[i], "briefcase.open", params);
        (void)call(&clients[i], "elements.insertElement", SUBJECT);
    }
    call_fails(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}", "Busy", NULL);
    (void)call(&clients[3], "txns.abandonChanges", "{}");
    /* Refused again, and asks for it thereby, unless that session was slow to follow the first time. */
    if (weh_value_get(reply_of(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}"), "error") !=
        NULL) {
        assert_true(wait_asleep(f, 1));
        (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    }
    for (int i = 0; i < N_FILES; i++) {
        disconnect_client(&clients[i]);
    }
}

/* No descriptor is free any more. */
static struct rlimit limit_descriptors(struct rlimit *old)
{
    struct rlimit low;
    int free_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(free_fd >= 0 && close(free_fd) == 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, old), 0);
    low = (struct rlimit){ (rlim_t)free_fd, old->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    return low;
}

/* Whatever took them: a session that rests gives its descriptors to one that works. */
static void test_file_without_a_descriptor_is_busy_until_others_sleep(void **state)
{
    struct fixture *f = *state;
    struct rlimit old = { 0 };
    struct rlimit low;

    assert_int_equal(weh_config_set(&f->config, "limits.open_files", "0", "test", NULL), WEH_OK);
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    low = limit_descriptors(&old);
    call_fails(&f->b, "briefcase.open", "{\"imodel\":\"other\"}", "Busy", NULL);
    assert_true(wait_asleep(f, 1));
    low.rlim_cur += 2; /* with what a gave back it is enough for one */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\"}");
    call_fails(&f->a, "txns.state", "{}", "Busy", NULL);
    assert_true(wait_asleep(f, 2));
    (void)call(&f->a, "txns.state", "{}");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    (void)call(&f->b, "txns.state", "{}");
}

/* A quarter of the files and one more is asked for, those that are open once more for queries counted. */
static void test_file_without_a_descriptor_sends_few_to_sleep(void **state)
{
    struct fixture *f = *state;
    struct client c = { 0 };
    struct rlimit old = { 0 };

    assert_int_equal(weh_config_set(&f->config, "limits.open_files", "0", "test", NULL), WEH_OK);
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    connect_client(f, &c, WEH_ACCESS_EDIT);
    copy_imodel(f, "small.bim", "third");
    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    (void)call(&f->b, "briefcase.open", "{\"imodel\":\"other\"}");
    workspace_count_beside(f->app->awake.oldest, true);
    (void)limit_descriptors(&old);
    call_fails(&c, "briefcase.open", "{\"imodel\":\"third\"}", "Busy", NULL);
    assert_true(wait_asleep(f, 1));
    /* Sessions take turns: b has done by then what it was asked to, if it was. */
    for (int i = 0; i < 20; i++) {
        (void)call(&c, "session.ping", "{}");
    }
    assert_int_equal(counts(f).n_hibernations, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    workspace_count_beside(f->app->awake.oldest, false);
    disconnect_client(&c);
}

static void test_sleeper_that_disconnects_leaves_its_file(void **state)
{
    struct fixture *f = *state;

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    send_a_to_sleep(f);
    disconnect_client(&f->a);
    while (weh_value_get(reply_of(&f->b, "briefcase.open", "{\"imodel\":\"empty\"}"), "error") !=
           NULL) {
        (void)sched_yield(); /* its end is a worker's */
    }
    assert_int_equal(counts(f).n_asleep, 0);
}

static void test_transactions_asleep_are_undone_after_waking(void **state)
{
    struct fixture *f = *state;
    const char *const undo[] = { "txns.reverseTxns", "txns.reinstateTxn", "txns.reverseAll" };

    (void)call(&f->a, "briefcase.open", "{\"imodel\":\"empty\"}");
    for (int i = 0; i < 3; i++) {
        (void)call(&f->a, "elements.insertElement", SUBJECT);
        (void)call(&f->a, "txns.saveChanges", "{}");
        send_a_to_sleep(f);
    }
    for (size_t i = 0; i < 3; i++) {
        (void)call(&f->a, undo[i], "{}");
        send_a_to_sleep(f);
    }
    call_fails(&f->a, "elements.getElementProps", "{\"id\":\"0x11\"}", "NotFound", "id");
    assert_int_equal(weh_value_get(call(&f->a, "txns.reinstateTxn", "{}"), "reinstated")->n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, rpc_teardown)
        T(test_session_that_slept_goes_on_as_if_it_had_not),
        T(test_restart_of_transactions_is_remembered_asleep),
        T(test_session_with_something_open_does_not_sleep),
        T(test_file_of_a_sleeping_writer_has_its_writer_still),
        T(test_change_from_outside_is_told_and_the_edit_refused),
        T(test_hostile_change_from_outside_is_refused_on_waking),
        T(test_file_that_others_hold_keeps_the_session_asleep),
        T(test_file_that_is_gone_is_told_and_can_be_closed),
        T(test_reader_that_slept_reads_the_newest_state),
        T(test_longest_rested_that_can_sleep_does),
        T(test_too_many_files_that_cannot_sleep_are_refused),
        T(test_file_without_a_descriptor_is_busy_until_others_sleep),
        T(test_file_without_a_descriptor_sends_few_to_sleep),
        T(test_sleeper_that_disconnects_leaves_its_file),
        T(test_transactions_asleep_are_undone_after_waking),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
