/* tests/unit/txn/test_failing_history.c - undo across sessions, cancel, restart and savepoints while
 * the n-th allocation or the n-th call to the file system fails; and when a save waits for storage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/briefcase_txn.h"
#include "weh/txn_savepoint.h"

#include "fake_alloc.h"
#include "fake_vfs.h"
#include "txn_fixture.h"

#define MAX_CALLS 2000

struct failure {
    bool alloc; /* of ours; else SQLite's files */
    unsigned ops;
    int rc;
    bool lasting;
};

static const struct failure failures[] = {
    { .alloc = true },
    { .ops = FAKE_VFS_CHANGES, .rc = SQLITE_IOERR_WRITE },
    { .ops = FAKE_VFS_WRITE, .rc = SQLITE_FULL, .lasting = true },
    { .ops = FAKE_VFS_READ, .rc = SQLITE_IOERR_READ },
};

static void arm(const struct failure *failure, unsigned nth)
{
    if (failure->alloc) {
        fake_alloc_fail_at(nth);
    } else {
        fake_vfs_fail_at(failure->ops, nth, failure->rc, failure->lasting);
    }
}

static bool disarm(const struct failure *failure)
{
    bool failed = failure->alloc ? fake_alloc_has_failed() != 0 : fake_vfs_has_failed();

    fake_alloc_reset();
    fake_vfs_reset();
    return failed;
}

/* Three transactions of an earlier session: a group of two, and one. */
static void prepare(struct fixture *f)
{
    uint32_t depth;

    fixture_open(f, "empty.bim");
    assert_int_equal(weh_txn_begin_operation(f->stack, WEH_STR("g"), &depth, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9001, "a");
    (void)fixture_save(f, "");
    fixture_sql(f, "UPDATE bis_Element SET UserLabel='x' WHERE Id=9001");
    (void)fixture_save(f, "");
    assert_int_equal(weh_txn_end_operation(f->stack, &depth, &f->diag), WEH_OK);
    fixture_insert_subject(f, 9002, "b");
    (void)fixture_save(f, "last");
    fixture_reopen(f);
}

/* What there is of it: elements, their label, what can be undone and redone, rows of dgn_Txns. */
struct situation {
    int64_t elements;
    int64_t label;
    int64_t rows;
    bool undo;
    bool redo;
};

static struct situation look(struct fixture *f)
{
    struct weh_txn_state s = fixture_state(f);
    struct situation out = { .undo = s.is_undo_possible, .redo = s.is_redo_possible };

    assert_false(s.has_unsaved_changes);
    out.elements = fixture_int(f, "SELECT count(*) FROM bis_Element WHERE Id>=9000");
    out.label = fixture_int(f, "SELECT count(*) FROM bis_Element WHERE UserLabel='x'");
    out.rows = fixture_int(f, "SELECT count(*)*16+ifnull(sum(Deleted),0) FROM dgn_Txns");
    return out;
}

static bool same(const struct situation *a, const struct situation *b)
{
    return a->elements == b->elements && a->label == b->label && a->rows == b->rows &&
           a->undo == b->undo && a->redo == b->redo;
}

typedef weh_err (*action)(struct fixture *f);

static weh_err undo_all(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse(f->stack, 5, &ids, &f->diag);

    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err redo(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reinstate(f->stack, &ids, &f->diag);

    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err cancel(struct fixture *f)
{
    struct weh_txn_ids ids = { 0 };
    weh_err err = weh_txn_reverse_to(f->stack, (struct weh_txn_id){ (UINT64_C(1) << 32) + 1 }, true,
                                     &ids, &f->diag);

    weh_txn_ids_fini(&ids);
    return err;
}

static weh_err restart(struct fixture *f)
{
    return weh_txn_restart(f->stack, &f->diag);
}

/* @what done whole or not at all, by the stack and in the file, whichever call fails. */
static void try_all(action what, bool undone_before)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(failures); i++) {
        unsigned nth = 1;
        bool failed = true;

        for (; failed && nth < MAX_CALLS; nth++) {
            struct fixture f;
            struct situation before;
            struct situation after;
            struct situation reopened;
            weh_err err;

            prepare(&f);
            if (undone_before) {
                assert_int_equal(undo_all(&f), WEH_OK);
                fixture_reopen(&f);
            }
            before = look(&f);
            f.n_events = 0;
            arm(&failures[i], nth);
            err = what(&f);
            failed = disarm(&failures[i]);
            after = look(&f);
            f.n_events = 0;
            fixture_reopen(&f);
            reopened = look(&f);
            assert_true(err == WEH_OK || failed);
            assert_int_equal(same(&before, &after), err != WEH_OK);
            assert_true(same(&after, &reopened));
            fixture_check_file(&f);
            fixture_close(&f);
        }
        assert_true(nth > 2 && nth < MAX_CALLS);
    }
}

static void test_undo_of_an_earlier_session_survives_any_failure(void **state)
{
    (void)state;
    try_all(undo_all, false);
}

static void test_redo_of_an_earlier_session_survives_any_failure(void **state)
{
    (void)state;
    try_all(redo, true);
}

static void test_cancel_survives_any_failure(void **state)
{
    (void)state;
    try_all(cancel, false);
}

/* It is done in the stack even when the file does not have it yet. */
static void test_restart_survives_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(failures); i++) {
        bool failed = true;

        for (unsigned nth = 1; failed && nth < MAX_CALLS; nth++) {
            struct fixture f;
            struct situation now;

            prepare(&f);
            f.n_events = 0;
            arm(&failures[i], nth);
            if (restart(&f) != WEH_OK) {
                assert_true(fake_alloc_has_failed() || fake_vfs_has_failed());
            }
            failed = disarm(&failures[i]);
            assert_int_equal(restart(&f), WEH_OK);
            now = look(&f);
            assert_false(now.undo || now.redo);
            fixture_reopen(&f);
            now = look(&f);
            assert_false(now.undo || now.redo);
            assert_int_equal(now.elements, 2);
            fixture_close(&f);
        }
    }
}

static void edit(struct fixture *f, unsigned id)
{
    char sql[128];
    weh_err err;

    (void)snprintf(sql, sizeof(sql), "INSERT INTO be_Prop VALUES('t','p',%u,0,0,'x',NULL,NULL)",
                   id);
    if (weh_briefcase_edit_begin(f->briefcase, &f->diag) == WEH_OK) {
        err = weh_db_exec(f->briefcase, sql, &f->diag);
        err = weh_briefcase_edit_end(f->briefcase, err == WEH_OK, &f->diag);
        (void)err;
    }
}

/* Savepoint, edit, rollback: after a failure what is left is all of an edit or nothing. */
static void test_savepoints_survive_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(failures); i++) {
        bool failed = true;

        for (unsigned nth = 1; failed && nth < MAX_CALLS; nth++) {
            struct fixture f;
            size_t mark = 0;
            weh_err made;
            weh_err back = WEH_E_NOT_FOUND;
            int64_t n;

            fixture_open(&f, "empty.bim");
            edit(&f, 1);
            arm(&failures[i], nth);
            made = weh_txn_savepoint(f.stack, WEH_STR("a"), 7, &f.diag);
            edit(&f, 2);
            if (made == WEH_OK) {
                back = weh_txn_rollback_to(f.stack, WEH_STR("a"), &mark, &f.diag);
            }
            failed = disarm(&failures[i]);
            assert_true(failed || (back == WEH_OK && mark == 7));
            if (weh_briefcase_lost_transaction(f.briefcase)) {
                assert_int_equal(weh_txn_abandon(f.stack, &f.diag), WEH_OK);
                assert_int_equal(weh_txn_release(f.stack, WEH_STR("a"), &f.diag), WEH_E_NOT_FOUND);
            }
            n = fixture_int(&f, "SELECT count(*) FROM be_Prop WHERE Namespace='t'");
            assert_true(back != WEH_OK || n == 1);
            assert_true(made == WEH_OK || n <= 2);
            assert_int_equal(weh_txn_has_unsaved(f.stack), n > 0);
            fixture_check_file(&f);
            fixture_close(&f);
        }
    }
}

static unsigned syncs_of_a_save(enum weh_durability durability)
{
    struct fixture f;
    unsigned n;

    fixture_open(&f, "empty.bim");
    f.durability = durability;
    fixture_reopen(&f);
    /* The first one begins the log anew, which always waits. */
    edit(&f, 1);
    (void)fixture_save(&f, "");
    edit(&f, 2);
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
        cmocka_unit_test(test_undo_of_an_earlier_session_survives_any_failure),
        cmocka_unit_test(test_redo_of_an_earlier_session_survives_any_failure),
        cmocka_unit_test(test_cancel_survives_any_failure),
        cmocka_unit_test(test_restart_survives_any_failure),
        cmocka_unit_test(test_savepoints_survive_any_failure),
        cmocka_unit_test(test_save_waits_for_storage_unless_told_otherwise),
    };
    int failed;

    fixture_global_init();
    fake_vfs_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_vfs_uninstall();
    return failed;
}
