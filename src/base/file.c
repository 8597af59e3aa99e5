/* src/base/file.c - failures of the file system as errors, and folders on stable storage. */
#include "weh/file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

weh_err weh_file_fail(struct weh_diag *diag, int number)
{
    weh_err err;

    switch (number) {
    case EEXIST:
        return weh_fail(diag, WEH_E_EXISTS, "the name is taken");
    case ENOMEM:
        return weh_fail_nomem(diag);
    case ENOSPC:
    case EDQUOT:
        return weh_fail(diag, WEH_E_DISK_FULL, "no space left");
    case ENOENT:
    case ENOTDIR:
        err = weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such folder");
        break;
    case EACCES:
    case EPERM:
    case EROFS:
        err = weh_fail(diag, WEH_E_READ_ONLY, "the folder cannot be written");
        break;
    case ENAMETOOLONG:
        return weh_fail(diag, WEH_E_BAD_ARGS, "the name is too long");
    default:
        err = weh_fail(diag, WEH_E_IO, "the storage failed");
        break;
    }
    weh_diag_detail(diag, "errno %d", number);
    return err;
}

int weh_file_sync(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    int number = 0;

    if (fd < 0) {
        return errno;
    }
    if (fsync(fd) != 0) {
        number = errno;
    }
    close(fd);
    return number;
}

int weh_file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 0 : (size_t)(slash - path);

    if (slash == NULL) {
        return weh_file_sync(".", O_DIRECTORY);
    }
    if (len >= sizeof(folder)) {
        return ENAMETOOLONG;
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
    return weh_file_sync(len == 0 ? "/" : folder, O_DIRECTORY);
}
