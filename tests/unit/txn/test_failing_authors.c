/* tests/unit/txn/test_failing_authors.c - users of transactions while the n-th allocation, the n-th call to the file system
 * or the n-th access to the database fails: no save is lost for want of a name, and no name is wrong. The calls are
 * replaced by the linker (--wrap); those that SQLite makes for the iModel do not count. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "weh/briefcase_txn.h"

#include "author_tools.h"
#include "fake_alloc.h"
#include "fake_vfs.h"

#define MAX_CALLS 2000

/* ---- the file system ---- */

static unsigned calls_left; /* until one fails; 0: none does */
static int call_errno;
static bool call_failed;
static unsigned n_syncs; /* of files that are not SQLite's */

static bool fails(void)
{
    if (calls_left == 0 || --calls_left > 0) {
        return false;
    }
    call_failed = true;
    errno = call_errno;
    return true;
}

static bool is_sqlites_path(const char *path)
{
    const size_t len = strlen(path);

    return len >= 4 && (strcmp(path + len - 4, ".bim") == 0 ||
                        strcmp(path + len - 4, "-wal") == 0 || strcmp(path + len - 4, "-shm") == 0);
}

static bool is_sqlites(int fd)
{
    char link[64];
    char path[512];
    ssize_t n;

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    return is_sqlites_path(path);
}

ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    return !is_sqlites(fd) && fails() ? -1 : __real_write(fd, bytes, n);
}

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
    return !is_sqlites(fd) && fails() ? -1 : __real_read(fd, bytes, n);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    if (is_sqlites(fd)) {
        return __real_fsync(fd);
    }
    n_syncs++;
    return fails() ? -1 : __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    /* The bytes are on stable storage before the name is. */
    assert_true(n_syncs > 0);
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
    return !is_sqlites_path(path) && fails() ? -1 : __real_open64(path, flags, mode);
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
    call_failed = false;
    fake_alloc_reset();
    fake_vfs_reset();
    return failed;
}

static bool is_file(enum kind kind)
{
    return kind == KIND_FULL || kind == KIND_IO;
}

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
static bool try_save(enum kind kind, unsigned nth)
{
    struct fixture f;
    struct weh_txn_id id;
    bool is_saved = false;
    bool failed;
    weh_err err;

    open_for_bob(&f);
    fixture_set_prop(&f, 70, "b");
    arm(kind, nth);
    err = weh_txn_save(f.stack, WEH_STR(""), &is_saved, &id, &f.diag);
    failed = disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_true(err == WEH_OK || !is_file(kind));
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
    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        unsigned nth = 1;

        while (nth < MAX_CALLS && try_save((enum kind)kind, nth)) {
            nth++;
        }
        assert_true(nth > (is_file((enum kind)kind) ? 5 : 1) && nth < MAX_CALLS);
    }
}

static bool try_list(enum kind kind, unsigned nth)
{
    const char *users = NULL;
    struct fixture f;
    bool failed;
    weh_err err;

    open_for_bob(&f);
    save_one(&f);
    fixture_reopen(&f);
    saves_as(&f, "eve");
    arm(kind, nth);
    err = list_users(&f, &users);
    failed = disarm(kind);
    assert_true(failed || err == WEH_OK);
    assert_true(err == WEH_OK || !is_file(kind));
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
    for (unsigned kind = 0; kind < N_KINDS; kind++) {
        unsigned nth = 1;

        while (nth < MAX_CALLS && try_list((enum kind)kind, nth)) {
            nth++;
        }
        assert_true((nth > 1 || kind == KIND_DATABASE) && nth < MAX_CALLS);
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
    n_syncs = 0;
    fake_vfs_fail_at(FAKE_VFS_CHANGES, 1, SQLITE_FULL, true);
    assert_int_equal(weh_txn_save(f.stack, WEH_STR(""), &is_saved, &id, &f.diag), WEH_E_DISK_FULL);
    fake_vfs_reset();
    assert_true(authors_are_there(&f, ""));
    assert_int_equal(n_syncs, 2); /* the file and its folder */
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
