/* tests/fake/fake_disk_calls.c - the fake disk as the product's own calls of libc see it.
 *
 * The linker sends the calls here (--wrap=NAME, tests/crash/meson.build). Paths in the fake folder are
 * the fake disk's, everything else goes on to libc. Only what the product uses.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "weh/compiler.h"

#include "fake_disk_priv.h"

#define FIRST_FD  1000000
#define N_FDS     16
#define FOLDER_FD (FIRST_FD + N_FDS)

/* Names that the linker makes. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
int __real_stat(const char *path, struct stat *out);
int __real_lstat(const char *path, struct stat *out);
int __real_fstat(int fd, struct stat *out);
char *__real_realpath(const char *path, char *out);
int __real_utimensat(int folder, const char *path, const struct timespec times[2], int flags);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_ftruncate(int fd, off_t n);
ssize_t __real_read(int fd, void *out, size_t n);
ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __real_pread(int fd, void *out, size_t n, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t n, off_t at);
int __real_rename(const char *from, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_access(const char *path, int mode);
int __wrap_stat(const char *path, struct stat *out);
int __wrap_lstat(const char *path, struct stat *out);
int __wrap_fstat(int fd, struct stat *out);
char *__wrap_realpath(const char *path, char *out);
int __wrap_utimensat(int folder, const char *path, const struct timespec times[2], int flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t n);
ssize_t __wrap_read(int fd, void *out, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_pread(int fd, void *out, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t at);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_access(const char *path, int mode);

static struct {
    struct disk_node *node; /* NULL: not open */
    size_t at;
    bool appends;
} fds[N_FDS];

static bool is_ours(int fd)
{
    return fd >= FIRST_FD && fd <= FOLDER_FD;
}

static struct disk_node *node_of(int fd)
{
    weh_assert(fd < FOLDER_FD && fds[fd - FIRST_FD].node != NULL);
    return fds[fd - FIRST_FD].node;
}

static int fail(int number)
{
    errno = number;
    return -1;
}

/** 0, or -1 with errno when the call @op must fail. */
static int enter(enum fake_disk_op op)
{
    int rc = disk_enter(op);

    return rc == SQLITE_OK ? 0 : fail(rc == SQLITE_FULL ? ENOSPC : EIO);
}

int __wrap_stat(const char *path, struct stat *out)
{
    const struct disk_node *node;

    if (!disk_owns(path)) {
        return __real_stat(path, out);
    }
    node = disk_find(path);
    if (node == NULL) {
        return fail(ENOENT);
    }
    disk_stat(node, out);
    return 0;
}

int __wrap_lstat(const char *path, struct stat *out)
{
    return disk_owns(path) ? __wrap_stat(path, out) : __real_lstat(path, out);
}

int __wrap_access(const char *path, int mode)
{
    if (!disk_owns(path)) {
        return __real_access(path, mode);
    }
    return disk_find(path) == NULL ? fail(ENOENT) : 0;
}

int __wrap_fstat(int fd, struct stat *out)
{
    if (!is_ours(fd)) {
        return __real_fstat(fd, out);
    }
    disk_stat(node_of(fd), out);
    return 0;
}

char *__wrap_realpath(const char *path, char *out)
{
    if (!disk_owns(path)) {
        return __real_realpath(path, out);
    }
    weh_assert(out != NULL);
    if (disk_find(path) == NULL) {
        errno = ENOENT;
        return NULL;
    }
    (void)snprintf(out, PATH_MAX, "%s", path);
    return out;
}

int __wrap_utimensat(int folder, const char *path, const struct timespec times[2], int flags)
{
    struct disk_node *node;

    if (!disk_owns(path)) {
        return __real_utimensat(folder, path, times, flags);
    }
    node = disk_find(path);
    if (node == NULL) {
        return fail(ENOENT);
    }
    if (times != NULL) {
        node->changed = times[1];
    }
    return 0;
}

static int open_node(struct disk_node *node, int flags)
{
    for (int i = 0; i < N_FDS; i++) {
        if (fds[i].node == NULL) {
            fds[i].node = node;
            fds[i].at = 0;
            fds[i].appends = (flags & O_APPEND) != 0;
            disk_open(node);
            return FIRST_FD + i;
        }
    }
    return fail(EMFILE);
}

static int open_here(const char *path, int flags)
{
    struct disk_node *node = disk_find(path);

    if (enter(FAKE_DISK_OPEN) != 0) {
        return -1;
    }
    if (node != NULL && (flags & O_EXCL) != 0) {
        return fail(EEXIST);
    }
    if (node == NULL) {
        if ((flags & O_CREAT) == 0) {
            return fail(ENOENT);
        }
        node = disk_create(path);
    }
    if ((flags & O_TRUNC) != 0) {
        disk_truncate(node, 0);
    }
    return open_node(node, flags);
}

int __wrap_open(const char *path, int flags, ...)
{
    /* The folder by its name, without the slash. */
    bool is_folder = (flags & O_DIRECTORY) != 0 &&
                     strncmp(path, FAKE_DISK_FOLDER, sizeof(FAKE_DISK_FOLDER) - 2) == 0;
    mode_t mode = 0;
    va_list args;

    if (is_folder) {
        return enter(FAKE_DISK_OPEN) != 0 ? -1 : FOLDER_FD;
    }
    if (disk_owns(path)) {
        return open_here(path, flags);
    }
    if ((flags & O_CREAT) != 0) {
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return __real_open(path, flags, mode);
}

int __wrap_close(int fd)
{
    if (!is_ours(fd)) {
        return __real_close(fd);
    }
    if (fd != FOLDER_FD) {
        disk_close(node_of(fd));
        fds[fd - FIRST_FD].node = NULL;
    }
    return 0;
}

int __wrap_fsync(int fd)
{
    if (!is_ours(fd)) {
        return __real_fsync(fd);
    }
    if (enter(FAKE_DISK_SYNC) != 0) {
        return -1;
    }
    if (fd == FOLDER_FD) {
        disk_sync_folder();
    } else {
        disk_sync(node_of(fd));
    }
    return 0;
}

int __wrap_fdatasync(int fd)
{
    return is_ours(fd) ? __wrap_fsync(fd) : __real_fdatasync(fd);
}

int __wrap_ftruncate(int fd, off_t n)
{
    if (!is_ours(fd)) {
        return __real_ftruncate(fd, n);
    }
    if (enter(FAKE_DISK_TRUNCATE) != 0) {
        return -1;
    }
    disk_truncate(node_of(fd), (size_t)n);
    return 0;
}

ssize_t __wrap_pread(int fd, void *out, size_t n, off_t at)
{
    const struct disk_bytes *bytes;
    size_t there;

    if (!is_ours(fd)) {
        return __real_pread(fd, out, n, at);
    }
    if (enter(FAKE_DISK_READ) != 0) {
        return -1;
    }
    bytes = &node_of(fd)->bytes;
    there = (size_t)at < bytes->n ? bytes->n - (size_t)at : 0;
    there = there < n ? there : n;
    if (there > 0) {
        memcpy(out, bytes->data + at, there);
    }
    return (ssize_t)there;
}

/* On a full disk the first half fits, which the caller is told; the rest then does not. */
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    if (!is_ours(fd)) {
        return __real_pwrite(fd, bytes, n, at);
    }
    if (enter(FAKE_DISK_WRITE) != 0) {
        disk_write(node_of(fd), (size_t)at, bytes, n / 2);
        return -1;
    }
    disk_write(node_of(fd), (size_t)at, bytes, n);
    return (ssize_t)n;
}

ssize_t __wrap_read(int fd, void *out, size_t n)
{
    ssize_t got;

    if (!is_ours(fd)) {
        return __real_read(fd, out, n);
    }
    got = __wrap_pread(fd, out, n, (off_t)fds[fd - FIRST_FD].at);
    fds[fd - FIRST_FD].at += got > 0 ? (size_t)got : 0;
    return got;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
    ssize_t put;

    if (!is_ours(fd)) {
        return __real_write(fd, bytes, n);
    }
    if (fds[fd - FIRST_FD].appends) {
        fds[fd - FIRST_FD].at = node_of(fd)->bytes.n;
    }
    put = __wrap_pwrite(fd, bytes, n, (off_t)fds[fd - FIRST_FD].at);
    fds[fd - FIRST_FD].at += put > 0 ? (size_t)put : 0;
    return put;
}

static int move(const char *from, const char *to, bool replace, bool keep)
{
    if (enter(FAKE_DISK_RENAME) != 0) {
        return -1;
    }
    if (disk_find(from) == NULL) {
        return fail(ENOENT);
    }
    if (!replace && disk_find(to) != NULL) {
        return fail(EEXIST);
    }
    disk_rename(from, to, keep);
    return 0;
}

int __wrap_rename(const char *from, const char *to)
{
    return disk_owns(from) ? move(from, to, true, false) : __real_rename(from, to);
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned flags)
{
    if (!disk_owns(from)) {
        return __real_renameat2(from_folder, from, to_folder, to, flags);
    }
    return move(from, to, (flags & RENAME_NOREPLACE) == 0, false);
}

int __wrap_link(const char *from, const char *to)
{
    return disk_owns(from) ? move(from, to, false, true) : __real_link(from, to);
}

int __wrap_unlink(const char *path)
{
    if (!disk_owns(path)) {
        return __real_unlink(path);
    }
    if (enter(FAKE_DISK_DELETE) != 0) {
        return -1;
    }
    return disk_unlink(path) ? 0 : fail(ENOENT);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming) */
