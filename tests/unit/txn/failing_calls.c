/* tests/unit/txn/failing_calls.c - failing_calls.h */
#include "failing_calls.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/types.h>
#include <unistd.h>

#include "fake_alloc.h"
#include "fake_vfs.h"

static unsigned calls_left; /* until one fails; 0: none does */
static int call_errno;
static bool call_failed;
unsigned failing_n_syncs;

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
    failing_n_syncs++;
    return fails() ? -1 : __real_fsync(fd);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
    /* The bytes are on stable storage before the name is. */
    assert_true(failing_n_syncs > 0);
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

void failing_arm(enum failing kind, unsigned nth)
{
    switch (kind) {
    case FAILING_ALLOC:
        fake_alloc_fail_at(nth);
        break;
    case FAILING_FULL:
    case FAILING_IO:
        calls_left = nth;
        call_errno = kind == FAILING_FULL ? ENOSPC : EIO;
        call_failed = false;
        break;
    case FAILING_DATABASE:
        fake_vfs_fail_at(FAKE_VFS_READ | FAKE_VFS_CHANGES, nth, SQLITE_IOERR, false);
        break;
    case N_FAILING:
        break;
    }
}

bool failing_disarm(enum failing kind)
{
    bool failed = call_failed;

    if (kind == FAILING_ALLOC) {
        failed = fake_alloc_has_failed() != 0;
    } else if (kind == FAILING_DATABASE) {
        failed = fake_vfs_has_failed();
    }
    calls_left = 0;
    call_failed = false;
    fake_alloc_reset();
    fake_vfs_reset();
    return failed;
}
