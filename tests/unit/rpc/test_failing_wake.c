/* tests/unit/rpc/test_failing_wake.c - sessions that fall asleep and wake while memory or the disk fails them.
 *
 * Two sessions with one file that may be open: each request of one wakes it and sends the other to
 * sleep. The n-th allocation or call of the file system fails, for each n until nothing fails any more.
 * What is asked then answers right or with an error that is meant for it; afterwards both go on as if
 * nothing had been, but for a session that memory failed: that ends (its client begins anew).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <sqlite3.h>

#include "weh/clock.h"

#include "fake_alloc.h"
#include "fake_vfs.h"
#include "rpc_fixture.h"

#define SUBJECT                                                                      \
    "{\"props\":{\"classFullName\":\"BisCore:Subject\",\"model\":\"0x1\",\"code\":{" \
    "\"spec\":\"0x1\",\"scope\":\"0x1\",\"value\":\"\"},\"parent\":{\"id\":\"0x1\"," \
    "\"relClassName\":\"BisCore:SubjectOwnsSubjects\"}}}"

#define MAX_NTH 5000

/* Which of the two kinds of failures. */
enum failing {
    ALLOCATIONS,
    FILES
};

static int setup(void **state)
{
    struct fixture *f;

    fake_vfs_install();
    assert_int_equal(rpc_setup(state), 0);
    f = *state;
    assert_int_equal(weh_config_set(&f->config, "limits.open_files", "1", "test", NULL), WEH_OK);
    copy_imodel(f, "small.bim", "other");
    connect_client(f, &f->b, WEH_ACCESS_EDIT);
    return 0;
}

static int teardown(void **state)
{
    int rc = rpc_teardown(state);

    fake_vfs_uninstall();
    return rc;
}

static void arm(enum failing failing, unsigned ops, unsigned nth)
{
    if (failing == ALLOCATIONS) {
        fake_alloc_fail_once(nth);
    } else {
        fake_vfs_fail_at(ops, nth, ops == FAKE_VFS_LOCK ? SQLITE_BUSY : SQLITE_IOERR, false);
    }
}

/* Whether anything failed. */
static bool disarm(enum failing failing)
{
    bool failed = failing == ALLOCATIONS ? fake_alloc_has_failed() != 0 : fake_vfs_has_failed();

    fake_alloc_reset();
    fake_vfs_reset();
    return failed;
}

static size_t n_asleep(struct fixture *f)
{
    struct weh_rpc_counts counts;

    weh_rpc_app_count(f->app, &counts);
    return counts.n_asleep;
}

/* Wait until one of the two sleeps. */
static void await_sleep(struct fixture *f)
{
    uint64_t end_us = weh_clock_mono_us() + 60000000;

    while (n_asleep(f) != 1) {
        assert_true(weh_clock_mono_us() < end_us);
        (void)weh_host_service(f->host); /* one that failed to sleep tries again */
        (void)sched_yield();
    }
}

/* Open its file and leave one transaction to be done again. */
static void begin(struct fixture *f, struct client *client)
{
    (void)call(client, "briefcase.open",
               client == &f->a ? "{\"imodel\":\"empty\"}" : "{\"imodel\":\"other\"}");
    (void)call(client, "elements.insertElement", SUBJECT);
    (void)call(client, "txns.saveChanges", "{\"description\":\"one\"}");
    (void)call(client, "txns.reverseTxns", "{}");
}

static char *state_of(struct client *client)
{
    (void)call(client, "txns.state", "{}");
    /* Without the id of the request. */
    return strdup(strstr(client->fake->frames[client->n_read - 1], "result"));
}

/* An error of those that a client can make something of; true when the session ends with it. */
static bool check_error(const struct weh_value *error)
{
    static const char *const names[] = { "OutOfMemory", "IoError", "Busy" };
    struct weh_str name = weh_value_str(weh_value_get(weh_value_get(error, "data"), "name"));

    for (size_t i = 0; i < WEH_ARRAY_LEN(names); i++) {
        if (weh_str_eq_text(name, names[i])) {
            return i == 0;
        }
    }
    fail_msg("%.*s", WEH_STR_ARGS(name));
    return false;
}

struct attempt {
    enum failing failing;
    unsigned ops;
    unsigned nth;
    unsigned n_ended; /* sessions: without memory they do */
};

/* One request of @client while something fails; false when nothing did. */
static bool request_fails(struct client *client, struct attempt *attempt, bool *ended)
{
    const struct weh_value *error;
    bool failed;

    /* The request itself arrives. */
    fake_alloc_pause(1);
    arm(attempt->failing, attempt->ops, attempt->nth);
    send_request(client, "elements.getElementProps", "{\"id\":\"0x1\"}");
    fake_alloc_pause(0);
    *ended = fake_channel_wait(client->fake, client->n_read + 1) == NULL;
    failed = disarm(attempt->failing);
    error = *ended ? NULL : weh_value_get(next_message(client), "error");
    assert_true((error == NULL && !*ended) || failed);
    *ended |= error != NULL && check_error(error);
    return failed;
}

/* The same, and then all is as it was; a session that has ended begins anew. */
static bool try_one(struct fixture *f, struct client *client, char **before,
                    struct attempt *attempt)
{
    char *after;
    bool ended;
    bool failed;

    await_sleep(f);
    failed = request_fails(client, attempt, &ended);
    if (ended) {
        assert_int_equal(fake_channel_wait_close(client->fake), WEH_CLOSE_FAULT);
        disconnect_client(client);
        connect_client(f, client, WEH_ACCESS_EDIT);
        begin(f, client);
        free(*before);
        *before = state_of(client);
        attempt->n_ended++;
    }
    after = state_of(client);
    assert_string_equal(after, *before);
    free(after);
    return failed;
}

static void wake_with(struct fixture *f, enum failing failing, unsigned ops)
{
    struct client *const clients[2] = { &f->a, &f->b };
    struct attempt attempt = { .failing = failing, .ops = ops };
    char *before[2];
    bool failed = true;

    for (size_t i = 0; i < 2; i++) {
        begin(f, clients[i]);
        before[i] = state_of(clients[i]);
    }
    while (failed && attempt.nth < MAX_NTH) {
        attempt.nth++;
        failed = try_one(f, clients[0], &before[0], &attempt);
        failed = try_one(f, clients[1], &before[1], &attempt) || failed;
    }
    print_message("# %u tried, %u sessions ended\n", attempt.nth, attempt.n_ended);
    assert_true(attempt.nth > 3 && attempt.nth < MAX_NTH);
    assert_true((attempt.n_ended > 0) == (failing == ALLOCATIONS));
    for (size_t i = 0; i < 2; i++) {
        free(before[i]);
        assert_int_equal(
            weh_value_get(call(clients[i], "txns.reinstateTxn", "{}"), "reinstated")->n, 1);
    }
}

static void test_waking_without_memory_ends_that_session_only(void **state)
{
    wake_with(*state, ALLOCATIONS, 0);
}

static void test_waking_while_the_disk_fails_can_be_tried_again(void **state)
{
    wake_with(*state, FILES, FAKE_VFS_OPEN | FAKE_VFS_READ | FAKE_VFS_SHM | FAKE_VFS_CHANGES);
}

static void test_waking_while_others_have_the_locks_can_be_tried_again(void **state)
{
    wake_with(*state, FILES, FAKE_VFS_LOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_waking_without_memory_ends_that_session_only),
        T(test_waking_while_the_disk_fails_can_be_tried_again),
        T(test_waking_while_others_have_the_locks_can_be_tried_again),
#undef T
    };

    return cmocka_run_group_tests(tests, rpc_setup_group, NULL);
}
