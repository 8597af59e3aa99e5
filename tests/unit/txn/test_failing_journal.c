/* tests/unit/txn/test_failing_journal.c - recovery journals while the n-th allocation, the n-th call
 * to the file system or the n-th read of the database fails: the old journal or the new one, all of
 * the edits or none. The calls of the journal are replaced by the linker (--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"

#include "failing_calls.h"
#include "fake_vfs.h"
#include "journal_tools.h"

static int64_t n_props(struct fixture *f)
{
    return fixture_int(f, "SELECT count(*) FROM be_Prop WHERE Namespace='t'");
}

/* One write with the @nth call failing, after a crash of which there is the old journal or the new. */
static bool try_write(enum failing kind, unsigned nth, bool had_one)
{
    struct fixture f;
    static struct fixture crashed;
    bool written = false;
    bool failed;
    weh_err err;

    fixture_open_saved(&f);
    if (had_one) {
        fixture_set_prop(&f, 1, "a");
        assert_true(journal_write(&f));
    }
    fixture_set_prop(&f, 1, "a");
    fixture_set_prop(&f, 2, "b");
    failing_arm(kind, nth);
    err = weh_journal_write(f.stack, "test", &written, &f.diag);
    failed = failing_disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_int_equal(written, err == WEH_OK);
    assert_false(journal_is_there(&f, ".new"));
    if (!weh_briefcase_lost_transaction(f.briefcase)) {
        fixture_crash(&f, &crashed);
        if (had_one || err == WEH_OK || journal_is_there(&f, "")) {
            journal_restore_pending(&crashed);
            assert_true(n_props(&crashed) == 2 || (err != WEH_OK && n_props(&crashed) == 1));
        } else {
            assert_int_equal(journal_look(&crashed), WEH_JOURNAL_NONE);
        }
        fixture_close(&crashed);
        /* And the session goes on. */
        assert_int_equal(weh_journal_is_due(f.stack), err != WEH_OK);
        assert_true(journal_write(&f));
        (void)fixture_save(&f, "");
        assert_int_equal(n_props(&f), 2);
        assert_false(journal_is_there(&f, ""));
    }
    fixture_close(&f);
    return failed;
}

static void test_write_leaves_the_old_journal_or_the_new_one(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_FAILING; kind++) {
        for (unsigned had_one = 0; had_one < 2; had_one++) {
            unsigned nth = 1;

            while (nth < FAILING_CALLS_MAX && try_write((enum failing)kind, nth, had_one != 0)) {
                nth++;
            }
            assert_true((nth > 1 || kind == FAILING_DATABASE) && nth < FAILING_CALLS_MAX);
        }
    }
}

static bool try_look(enum failing kind, unsigned nth)
{
    struct fixture f;
    struct weh_journal_info info;
    enum weh_journal_state now;
    bool failed;
    weh_err err;

    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    failing_arm(kind, nth);
    err = weh_journal_look(f.stack, &now, &info, &f.diag);
    failed = failing_disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_true(journal_is_there(&f, ""));
    if (err != WEH_OK) {
        assert_false(weh_journal_is_pending(f.stack));
        assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    }
    fixture_close(&f);
    return failed;
}

static void test_look_that_fails_leaves_the_journal_where_it_is(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_FAILING; kind++) {
        unsigned nth = 1;

        while (nth < FAILING_CALLS_MAX && try_look((enum failing)kind, nth)) {
            nth++;
        }
        assert_true((nth > 1 || kind == FAILING_DATABASE) && nth < FAILING_CALLS_MAX);
    }
}

static bool try_restore(enum failing kind, unsigned nth)
{
    struct fixture f;
    bool failed;
    weh_err err;

    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    fixture_sql(&f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=9101");
    fixture_insert_object(&f, 9301);
    assert_true(journal_write(&f));
    fixture_reopen(&f);
    assert_int_equal(journal_look(&f), WEH_JOURNAL_PENDING);
    f.n_events = 0;
    failing_arm(kind, nth);
    err = weh_journal_restore(f.stack, &f.diag);
    failed = failing_disarm(kind);
    assert_true(failed || err == WEH_OK);
    if (err != WEH_OK) {
        if (weh_briefcase_lost_transaction(f.briefcase)) {
            assert_fixture_ok(&f, weh_txn_abandon(f.stack, &f.diag));
        }
        assert_false(weh_txn_has_unsaved(f.stack));
        assert_int_equal(n_props(&f), 0);
        assert_true(weh_journal_is_pending(f.stack));
        assert_fixture_ok(&f, weh_journal_restore(f.stack, &f.diag));
    }
    assert_int_equal(n_props(&f), 1);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM bis_Element WHERE Id=9301"), 1);
    (void)fixture_save(&f, "");
    assert_false(journal_is_there(&f, ""));
    fixture_check_file(&f);
    fixture_close(&f);
    return failed;
}

static void test_restore_does_all_or_nothing(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_FAILING; kind++) {
        unsigned nth = 1;

        while (nth < FAILING_CALLS_MAX && try_restore((enum failing)kind, nth)) {
            nth++;
        }
        assert_true(nth > 1 && nth < FAILING_CALLS_MAX);
    }
}

/* A save that storage refuses takes the edits along, but not their journal. */
static void test_edits_of_a_failed_save_are_in_the_journal(void **state)
{
    struct fixture f;
    struct weh_txn_id id;
    bool saved;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_true(journal_write(&f));
    fake_vfs_fail_at(FAKE_VFS_CHANGES, 1, SQLITE_FULL, true);
    assert_int_equal(weh_txn_save(f.stack, WEH_STR(""), &saved, &id, &f.diag), WEH_E_DISK_FULL);
    fake_vfs_reset();
    assert_int_equal(n_props(&f), 0);
    assert_true(weh_journal_is_pending(f.stack));
    assert_fixture_ok(&f, weh_journal_restore(f.stack, &f.diag));
    assert_int_equal(n_props(&f), 1);
    (void)fixture_save(&f, "");
    assert_false(journal_is_there(&f, ""));
    fixture_close(&f);
}

/* The restart is written by itself when edits are dropped, but not while their journal waits. */
static void test_journal_with_a_restart_survives_failed_saves(void **state)
{
    struct fixture f;
    struct weh_txn_id id;
    bool saved;

    (void)state;
    fixture_open_saved(&f);
    fixture_set_prop(&f, 1, "a");
    assert_fixture_ok(&f, weh_txn_restart(f.stack, &f.diag));
    assert_true(journal_write(&f));
    for (int i = 0; i < 2; i++) {
        fake_vfs_fail_at(FAKE_VFS_CHANGES, 1, SQLITE_FULL, true);
        assert_int_equal(weh_txn_save(f.stack, WEH_STR(""), &saved, &id, &f.diag), WEH_E_DISK_FULL);
        fake_vfs_reset();
        assert_fixture_ok(&f, weh_txn_abandon(f.stack, &f.diag));
        assert_true(weh_journal_is_pending(f.stack));
        assert_fixture_ok(&f, weh_journal_restore(f.stack, &f.diag));
        assert_int_equal(n_props(&f), 1);
    }
    (void)fixture_save(&f, "");
    assert_false(journal_is_there(&f, ""));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_leaves_the_old_journal_or_the_new_one),
        cmocka_unit_test(test_look_that_fails_leaves_the_journal_where_it_is),
        cmocka_unit_test(test_restore_does_all_or_nothing),
        cmocka_unit_test(test_edits_of_a_failed_save_are_in_the_journal),
        cmocka_unit_test(test_journal_with_a_restart_survives_failed_saves),
    };
    int failed;

    fixture_global_init();
    fake_vfs_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_vfs_uninstall();
    return failed;
}
