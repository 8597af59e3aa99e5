/* src/briefcase/beneath.c - from the name of a file to the file, never leaving the folder it must be in.
 *
 * Whoever can make files in the data folder can make symbolic links, FIFOs and sparse giants too. What
 * is opened by a name that a client gave is a regular file of a bearable size that really lies below
 * the folder: no part of the name below it is a link. Without a folder (tools, tests) links are followed.
 *
 * Only looks: no descriptor that could be read is opened here, since closing one drops the process's
 * POSIX locks on the file, also those that SQLite holds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "briefcase_priv.h"

static weh_err fail_missing(struct weh_diag *diag, int number)
{
    weh_err err = number == ENOMEM ? weh_fail_nomem(diag)
                                   : weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such file");

    weh_diag_detail(diag, "errno %d", number);
    return err;
}

/* Kernels before 5.6, and sandboxes that do not know openat2: a step at a time, none through a link. */
static int open_by_steps(int folder, const char *name)
{
    char part[NAME_MAX + 1];
    int at = dup(folder);

    while (at >= 0) {
        const size_t len = strcspn(name, "/");
        struct stat status;
        int next = -1;

        if (len == 0 || len > NAME_MAX || (len == 2 && memcmp(name, "..", 2) == 0)) {
            errno = ENOENT;
        } else {
            memcpy(part, name, len);
            part[len] = '\0';
            next = openat(at, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        }
        if (next >= 0 && fstat(next, &status) == 0 && S_ISLNK(status.st_mode)) {
            (void)close(next);
            next = -1;
            errno = ELOOP;
        }
        const int number = errno;

        (void)close(at);
        errno = number;
        at = next;
        if (name[len] == '\0') {
            break;
        }
        name += len + 1;
    }
    return at;
}

/* An O_PATH descriptor, -1 and errno. */
static int open_below(int folder, const char *name)
{
    struct open_how how = { .flags = O_PATH | O_CLOEXEC,
                            .resolve =
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    long fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));

    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL)) {
        return open_by_steps(folder, name);
    }
    return (int)fd;
}

/* What follows the folder in @path, NULL when the path does not begin with it. */
static const char *name_below(const char *root, const char *path)
{
    size_t len = strlen(root);

    if (strncmp(path, root, len) != 0 || path[len] != '/') {
        return NULL;
    }
    while (path[len] == '/') {
        len++;
    }
    return path + len;
}

static weh_err look_below(const char *root, const char *path, struct stat *status, char *real_path,
                          struct weh_diag *diag)
{
    const char *name = name_below(root, path);
    int folder = -1;
    int file = -1;
    weh_err err = WEH_OK;

    size_t len;
    size_t left;

    if (name == NULL || realpath(root, real_path) == NULL) {
        return fail_missing(diag, name == NULL ? EXDEV : errno);
    }
    len = strlen(real_path);
    left = PATH_MAX - len;
    if (strlen(name) + 2 > left) {
        return fail_missing(diag, ENAMETOOLONG);
    }
    folder = open(real_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    file = folder < 0 ? -1 : open_below(folder, name);
    if (file < 0 || fstat(file, status) != 0) {
        err = fail_missing(diag, errno);
    }
    if (file >= 0) {
        (void)close(file);
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    (void)snprintf(real_path + len, left, "/%s", name);
    return err;
}

/* SQLite opens these by itself: a FIFO or a device there would pass for an empty log. */
static weh_err check_beside(const char *path, struct weh_diag *diag)
{
    static const char *const suffixes[] = { "-wal", "-shm", "-journal" };
    char name[PATH_MAX + 16];
    struct stat status;

    for (size_t i = 0; i < WEH_ARRAY_LEN(suffixes); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        if (lstat(name, &status) == 0 && !S_ISREG(status.st_mode)) {
            return weh_fail(diag, WEH_E_NOT_AN_IMODEL, "the log beside it is not a regular file");
        }
    }
    return WEH_OK;
}

weh_err weh_beneath(const struct weh_file_bounds *bounds, const char *path, struct stat *status,
                    char real_path[PATH_MAX], struct weh_diag *diag)
{
    static const struct weh_file_bounds none = { .root = NULL };
    weh_err err = WEH_OK;

    if (bounds == NULL) {
        bounds = &none;
    }
    if (bounds->root != NULL) {
        err = look_below(bounds->root, path, status, real_path, diag);
    } else if (realpath(path, real_path) == NULL || stat(real_path, status) != 0) {
        err = fail_missing(diag, errno);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (!S_ISREG(status->st_mode)) {
        return weh_fail(diag, WEH_E_NOT_AN_IMODEL, "not a regular file");
    }
    if (bounds->max_bytes != 0 && (uint64_t)status->st_size > bounds->max_bytes) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the file is larger than this server opens");
    }
    return check_beside(real_path, diag);
}
