/* tests/unit/txn/test_failing_authors.c - users of transactions while the n-th allocation, the n-th call to the file system
 * or the n-th access to the database fails: no save is lost for want of a name, and no name is wrong. The calls are
 * replaced by the linker (--wrap); those that SQLite makes for the iModel do not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"

#include "author_tools.h"
#include "failing_calls.h"
#include "fake_vfs.h"

/* Two transactions of ada's, the second undone; bob is going to save. */
static void open_for_bob(struct fixture *f)
{
    fixture_open(f, "empty.bim");
    reopen_as(f, "ada");
    save_one(f);
    reopen_as(f, "ada");
    save_one(f);
    assert_int_equal(fixture_reverse(f, 1), 1);
    reopen_as(f, "bob");
}

static bool is_one_of(const char *text, const char *first, const char *second)
{
    return strcmp(text, first) == 0 || strcmp(text, second) == 0;
}

/* bob's save with the @nth call failing. */
static bool try_save(enum failing kind, unsigned nth)
{
    struct fixture f;
    struct weh_txn_id id;
    bool is_saved = false;
    bool failed;
    weh_err err;

    open_for_bob(&f);
    fixture_set_prop(&f, 70, "b");
    failing_arm(kind, nth);
    err = weh_txn_save(f.stack, WEH_STR(""), &is_saved, &id, &f.diag);
    failed = failing_disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_true(err == WEH_OK || !failing_is_file(kind));
    assert_int_equal(is_saved, err == WEH_OK);
    if (weh_briefcase_lost_transaction(f.briefcase)) {
        assert_fixture_ok(&f, weh_txn_abandon(f.stack, &f.diag));
    }
    assert_false(authors_are_there(&f, ".new"));
    if (err != WEH_OK) {
        assert_string_equal(users_of(&f), "ada [ada]");
    } else {
        assert_true(is_one_of(users_of(&f), "ada bob", "ada -"));
        assert_true(n_author_failures == 1 || strcmp(users_of(&f), "ada bob") == 0);
        assert_true(failed || n_author_failures == 0);
    }
    save_one(&f);
    assert_non_null(strstr(users_of(&f), " bob"));
    fixture_close(&f);
    return failed;
}

static void test_save_is_not_lost_for_want_of_a_name(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_FAILING; kind++) {
        unsigned nth = 1;

        while (nth < FAILING_CALLS_MAX && try_save((enum failing)kind, nth)) {
            nth++;
        }
        assert_true(nth > (failing_is_file((enum failing)kind) ? 5 : 1) && nth < FAILING_CALLS_MAX);
    }
}

static bool try_list(enum failing kind, unsigned nth)
{
    const char *users = NULL;
    struct fixture f;
    bool failed;
    weh_err err;

    open_for_bob(&f);
    save_one(&f);
    fixture_reopen(&f);
    saves_as(&f, "eve");
    failing_arm(kind, nth);
    err = list_users(&f, &users);
    failed = failing_disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_true(err == WEH_OK || !failing_is_file(kind));
    assert_true(err != WEH_OK || is_one_of(users, "ada bob", "- -"));
    assert_true(err != WEH_OK || n_author_failures == (strcmp(users, "- -") == 0));
    if (!weh_briefcase_lost_transaction(f.briefcase)) {
        assert_string_equal(users_of(&f), "ada bob");
    }
    fixture_close(&f);
    return failed;
}

static void test_list_has_right_names_or_none(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < N_FAILING; kind++) {
        unsigned nth = 1;

        while (nth < FAILING_CALLS_MAX && try_list((enum failing)kind, nth)) {
            nth++;
        }
        assert_true((nth > 1 || kind == FAILING_DATABASE) && nth < FAILING_CALLS_MAX);
    }
}

/* The name is there before the commit is, and does no harm when that fails. */
static void test_name_is_on_stable_storage_before_the_commit(void **state)
{
    struct fixture f;
    struct weh_txn_id id;
    bool is_saved;

    (void)state;
    fixture_open(&f, "empty.bim");
    reopen_as(&f, "ada");
    fixture_set_prop(&f, 1, "a");
    failing_n_syncs = 0;
    fake_vfs_fail_at(FAKE_VFS_CHANGES, 1, SQLITE_FULL, true);
    assert_int_equal(weh_txn_save(f.stack, WEH_STR(""), &is_saved, &id, &f.diag), WEH_E_DISK_FULL);
    fake_vfs_reset();
    assert_true(authors_are_there(&f, ""));
    assert_int_equal(failing_n_syncs, 2); /* the file and its folder */
    assert_string_equal(users_of(&f), "");
    /* Somebody else gets the number. */
    reopen_as(&f, NULL);
    save_one(&f);
    assert_string_equal(users_of(&f), "-");
    reopen_as(&f, "bob");
    save_one(&f);
    assert_string_equal(users_of(&f), "- bob");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_is_not_lost_for_want_of_a_name),
        cmocka_unit_test(test_list_has_right_names_or_none),
        cmocka_unit_test(test_name_is_on_stable_storage_before_the_commit),
    };
    int failed;

    fixture_global_init();
    fake_vfs_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_vfs_uninstall();
    return failed;
}
