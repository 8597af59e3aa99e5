/* tests/unit/txn/test_failing_journal.c - recovery journals while the n-th allocation, the n-th call
 * to the file system or the n-th read of the database fails: the old journal or the new one, all of
 * the edits or none. The calls of the journal are replaced by the linker (--wrap). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/types.h>

#include "weh/briefcase_txn.h"

#include "fake_alloc.h"
#include "fake_vfs.h"
#include "journal_tools.h"

#define MAX_CALLS 2000

/* ---- the file system ---- */

static unsigned calls_left; /* until one fails; 0: none does */
static int call_errno;
static bool call_failed;

static bool fails(void)
{
    if (calls_left == 0 || --calls_left > 0) {
        return false;
    }
    call_failed = true;
    errno = call_errno;
    return true;
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    return fails() ? -1 : __real_write(fd, bytes, n);
}

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    return fails() ? -1 : __real_read(fd, bytes, n);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return fails() ? -1 : __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    return fails() ? -1 : __real_rename(from, to);
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return fails() ? -1 : __real_open64(path, flags, mode);
}

/* ---- failures ---- */

enum kind {
    KIND_ALLOC,
    KIND_FULL,
    KIND_IO,
    KIND_DATABASE,
    N_KINDS
};

static void arm(enum kind kind, unsigned nth)
{
    switch (kind) {
    case KIND_ALLOC:
        fake_alloc_fail_at(nth);
        break;
    case KIND_FULL:
    case KIND_IO:
        calls_left = nth;
        call_errno = kind == KIND_FULL ? ENOSPC : EIO;
        call_failed = false;
        break;
    case KIND_DATABASE:
        fake_vfs_fail_at(FAKE_VFS_READ | FAKE_VFS_CHANGES, nth, SQLITE_IOERR, false);
        break;
    case N_KINDS:
        break;
    }
}

static bool disarm(enum kind kind)
{
    bool failed = call_failed;

    if (kind == KIND_ALLOC) {
        failed = fake_alloc_has_failed() != 0;
    } else if (kind == KIND_DATABASE) {
        failed = fake_vfs_has_failed();
    }
    calls_left = 0;
    fake_alloc_reset();
    fake_vfs_reset();
    return failed;
}

static int64_t n_props(struct fixture *f)
{
    return fixture_int(f, "SELECT count(*) FROM be_Prop WHERE Namespace='t'");
}

/* One write with the @nth call failing, after a crash of which there is the old journal or the new. */
static bool try_write(enum kind kind, unsigned nth, bool had_one)
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
    arm(kind, nth);
    err = weh_journal_write(f.stack, "test", &written, &f.diag);
    failed = disarm(kind);
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
    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        for (unsigned had_one = 0; had_one < 2; had_one++) {
            unsigned nth = 1;

            while (nth < MAX_CALLS && try_write((enum kind)kind, nth, had_one != 0)) {
                nth++;
            }
            assert_true((nth > 1 || kind == KIND_DATABASE) && nth < MAX_CALLS);
        }
    }
}

static bool try_look(enum kind kind, unsigned nth)
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
    arm(kind, nth);
    err = weh_journal_look(f.stack, &now, &info, &f.diag);
    failed = disarm(kind);
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
    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        unsigned nth = 1;

        while (nth < MAX_CALLS && try_look((enum kind)kind, nth)) {
            nth++;
        }
        assert_true((nth > 1 || kind == KIND_DATABASE) && nth < MAX_CALLS);
    }
}

static bool try_restore(enum kind kind, unsigned nth)
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
    arm(kind, nth);
    err = weh_journal_restore(f.stack, &f.diag);
    failed = disarm(kind);
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
    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        unsigned nth = 1;

        while (nth < MAX_CALLS && try_restore((enum kind)kind, nth)) {
            nth++;
        }
        assert_true(nth > 1 && nth < MAX_CALLS);
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
