/* tests/unit/txn/test_failures.c - save, undo, redo and abandon while the n-th allocation or the
 * n-th write fails: after each failure the file is at the last saved state and work goes on. */
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

#define MAX_CALLS 2000
#define N_MANY    80 /* rows enough for the way without foreign keys */

/** How an attempt is made to fail. */
struct failure {
    bool alloc;   /* of ours; else SQLite's files */
    unsigned ops; /* enum fake_vfs_op */
    int rc;
    bool lasting;
};

static const struct failure failures[] = {
    { .alloc = true },
    { .ops = FAKE_VFS_CHANGES, .rc = SQLITE_IOERR_WRITE },
    { .ops = FAKE_VFS_CHANGES, .rc = SQLITE_IOERR_WRITE, .lasting = true },
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

/* Without asserts: it may fail, as an edit of a session. Ids of 20000 and up. */
static void edit(struct fixture *f, bool many)
{
    char sql[768];
    weh_err err;

    (void)snprintf(sql, sizeof(sql),
                   "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<%d) "
                   "INSERT INTO bis_Element(Id,ECClassId,ModelId,CodeSpecId,CodeScopeId,CodeValue)"
                   " SELECT 20000+i,ECClassId,1,CodeSpecId,1,'f'||i FROM bis_Element,n WHERE Id=1;"
                   "UPDATE bis_GeometricElement3d SET Origin_X=Origin_X+1,js1='edited' WHERE "
                   "ElementId IN (SELECT ElementId FROM bis_GeometricElement3d LIMIT %d);"
                   "DELETE FROM bis_ElementMultiAspect WHERE Id%%40=0",
                   many ? N_MANY : 2, many ? N_MANY : 3);
    if (weh_briefcase_edit_begin(f->briefcase, &f->diag) == WEH_OK) {
        err = weh_db_exec(f->briefcase, sql, &f->diag);
        err = weh_briefcase_edit_end(f->briefcase, err == WEH_OK, &f->diag);
        (void)err;
    }
}

static weh_err save(struct fixture *f, bool *saved)
{
    struct weh_txn_id id;

    f->n_events = 0;
    return weh_txn_save(f->stack, WEH_STR("f"), saved, &id, &f->diag);
}

static void save_now(struct fixture *f)
{
    bool saved = false;

    assert_int_equal(save(f, &saved), WEH_OK);
    assert_true(saved);
}

static void must_equal(struct fixture *f, const struct digests *expected)
{
    static struct digests now;

    fixture_digest(f, true, &now);
    assert_digests_equal(&now, expected);
}

/* The stack works: a transaction goes in and out. */
static void must_work(struct fixture *f, const struct digests *saved)
{
    struct weh_txn_state s;

    assert_int_equal(weh_txn_get_state(f->stack, &s, &f->diag), WEH_OK);
    assert_false(s.has_unsaved_changes);
    assert_int_equal(fixture_int(f, "PRAGMA foreign_keys"), 1);
    fixture_sql(f, "INSERT INTO be_Prop VALUES('t','probe',0,0,0,'x',NULL,NULL)");
    save_now(f);
    f->n_events = 0;
    assert_int_equal(fixture_reverse(f, 1), 1);
    must_equal(f, saved);
}

static void finish(struct fixture *f, unsigned nth)
{
    assert_true(nth > 2 && nth < MAX_CALLS);
    fixture_check_file(f);
    fixture_close(f);
}

static void save_with(const struct failure *failure, bool many)
{
    struct fixture f;
    static struct digests before;
    unsigned nth = 1;
    bool failed = true;

    fixture_open(&f, "small.bim");
    fixture_settle_index(&f);
    fixture_digest(&f, true, &before);
    for (; failed && nth < MAX_CALLS; nth++) {
        bool saved = false;
        weh_err err;

        /* The edit itself may meet the failure too: then the save must not store half of it. */
        arm(failure, nth);
        edit(&f, many);
        err = save(&f, &saved);
        failed = disarm(failure);
        if (err == WEH_OK && saved && !failed) {
            break;
        }
        if (err == WEH_OK && saved) {
            f.n_events = 0;
            assert_int_equal(fixture_reverse(&f, 1), 1);
        }
        must_equal(&f, &before);
        if (nth % 7 == 1) {
            must_work(&f, &before);
        }
    }
    f.n_events = 0;
    fixture_reopen(&f);
    assert_int_equal(fixture_int(&f, "SELECT count(*) FROM bis_Element WHERE Id>20000"),
                     many ? N_MANY : 2);
    finish(&f, nth);
}

/* Undo (or redo) again and again until nothing fails. */
static void undo_with(const struct failure *failure, bool many, bool redo)
{
    struct fixture f;
    static struct digests from;
    static struct digests to;
    unsigned nth = 1;
    bool failed = true;

    fixture_open(&f, "small.bim");
    fixture_settle_index(&f);
    fixture_digest(&f, true, &to);
    edit(&f, many);
    save_now(&f);
    fixture_digest(&f, true, &from);
    if (redo) {
        static struct digests swap;

        assert_int_equal(fixture_reverse(&f, 1), 1);
        swap = from;
        from = to;
        to = swap;
    }
    for (; failed && nth < MAX_CALLS; nth++) {
        struct weh_txn_ids ids = { 0 };
        weh_err err;

        f.n_events = 0;
        arm(failure, nth);
        err = redo ? weh_txn_reinstate(f.stack, &ids, &f.diag)
                   : weh_txn_reverse(f.stack, 1, &ids, &f.diag);
        failed = disarm(failure);
        must_equal(&f, err == WEH_OK ? &to : &from);
        assert_int_equal(f.n_events, err == WEH_OK ? 3 : 0);
        assert_int_equal(ids.n, err == WEH_OK);
        weh_txn_ids_fini(&ids);
        if (err == WEH_OK && failed) {
            f.n_events = 0;
            assert_int_equal(redo ? fixture_reverse(&f, 1) : fixture_reinstate(&f), 1);
        }
    }
    fixture_reopen(&f);
    must_equal(&f, &to);
    finish(&f, nth);
}

static void abandon_with(const struct failure *failure)
{
    struct fixture f;
    static struct digests before;
    unsigned nth = 1;
    bool failed = true;

    fixture_open(&f, "small.bim");
    fixture_settle_index(&f);
    fixture_digest(&f, true, &before);
    for (; failed && nth < MAX_CALLS; nth++) {
        edit(&f, false);
        arm(failure, nth);
        /* Either way: what the failure hit was dropped as well. */
        if (weh_txn_abandon(f.stack, &f.diag) != WEH_OK) {
            assert_true(fake_vfs_has_failed() || fake_alloc_has_failed());
        }
        failed = disarm(failure);
        must_equal(&f, &before);
        assert_false(weh_txn_has_unsaved(f.stack));
    }
    must_work(&f, &before);
    fixture_close(&f);
}

static void test_save_survives_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(failures); i++) {
        save_with(&failures[i], false);
    }
}

static void test_save_of_many_survives_any_failure(void **state)
{
    (void)state;
    save_with(&failures[0], true);
    save_with(&failures[2], true);
}

static void test_undo_survives_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < WEH_ARRAY_LEN(failures); i++) {
        undo_with(&failures[i], false, false);
    }
    undo_with(&failures[0], true, false);
    undo_with(&failures[2], true, false);
}

static void test_redo_survives_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < WEH_ARRAY_LEN(failures); i++) {
        undo_with(&failures[i], false, true);
    }
    undo_with(&failures[0], true, true);
}

static void test_abandon_survives_any_failure(void **state)
{
    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(failures); i++) {
        abandon_with(&failures[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_survives_any_failure),
        cmocka_unit_test(test_save_of_many_survives_any_failure),
        cmocka_unit_test(test_undo_survives_any_failure),
        cmocka_unit_test(test_redo_survives_any_failure),
        cmocka_unit_test(test_abandon_survives_any_failure),
    };
    int failed;

    fixture_global_init();
    fake_vfs_install();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    fake_vfs_uninstall();
    return failed;
}
