/* tests/unit/txn/test_noted.c - what tests/crash does not look at: a change that could not be noted
 * is never saved as if it were none, and when a save waits for storage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"

#include "fake_alloc.h"
#include "fake_vfs.h"
#include "txn_fixture.h"

static weh_err edit(struct fixture *f, unsigned id)
{
    char sql[128];
    weh_err err = weh_briefcase_edit_begin(f->briefcase, &f->diag);

    (void)snprintf(sql, sizeof(sql), "INSERT INTO be_Prop VALUES('t','p',%u,0,0,'x',NULL,NULL)",
                   id);
    if (err == WEH_OK) {
        err = weh_db_exec(f->briefcase, sql, &f->diag);
        err = weh_briefcase_edit_end(f->briefcase, err == WEH_OK, &f->diag);
    }
    return err;
}

/* The first change of a table makes the stack look at its columns, which needs memory. */
static void test_save_never_leaves_out_a_change_that_no_memory_was_left_for(void **state)
{
    bool failed = true;
    unsigned n_refused = 0;

    (void)state;
    for (unsigned nth = 1; failed && nth < 1000; nth++) {
        struct fixture f;
        struct weh_txn_id id;
        bool saved = false;
        weh_err edited;
        weh_err err;

        fixture_open(&f, "empty.bim");
        fake_alloc_fail_once(nth);
        edited = edit(&f, 1);
        failed = fake_alloc_has_failed() != 0;
        fake_alloc_reset();
        err = weh_txn_save(f.stack, WEH_STR(""), &saved, &id, &f.diag);
        n_refused += edited == WEH_OK && err != WEH_OK;
        assert_true(err == WEH_OK || err == WEH_E_NOMEM);
        assert_int_equal(saved, edited == WEH_OK && err == WEH_OK);
        assert_int_equal(fixture_int(&f, "SELECT count(*) FROM dgn_Txns"), saved);
        assert_int_equal(fixture_int(&f, "SELECT count(*) FROM be_Prop WHERE Namespace='t'"),
                         saved);
        fixture_close(&f);
    }
    assert_false(failed);
    assert_true(n_refused > 0);
}

static unsigned syncs_of_a_save(enum weh_durability durability)
{
    struct fixture f;
    unsigned n;

    fixture_open(&f, "empty.bim");
    f.durability = durability;
    fixture_reopen(&f);
    /* The first one begins the log anew, which always waits. */
    assert_int_equal(edit(&f, 1), WEH_OK);
    (void)fixture_save(&f, "");
    assert_int_equal(edit(&f, 2), WEH_OK);
    fake_vfs_reset();
    (void)fixture_save(&f, "");
    n = fake_vfs_count(FAKE_VFS_SYNC);
    fake_vfs_reset();
    fixture_close(&f);
    return n;
}

static void test_save_waits_for_storage_unless_told_otherwise(void **state)
{
    (void)state;
    assert_true(syncs_of_a_save(WEH_DURABILITY_FULL) > 0);
    assert_int_equal(syncs_of_a_save(WEH_DURABILITY_NORMAL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_never_leaves_out_a_change_that_no_memory_was_left_for),
        cmocka_unit_test(test_save_waits_for_storage_unless_told_otherwise),
    };
    int failed;

    fixture_global_init();
    fake_vfs_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_vfs_uninstall();
    return failed;
}
