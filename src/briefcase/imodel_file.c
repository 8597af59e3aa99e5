/* src/briefcase/imodel_file.c - a new file that appears complete or not at all.
 *
 * Written under a name beside the final one, brought to stable storage, renamed without replacing
 * what may stand there. Knows nothing of what is in it.
 */
#include "imodel_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/file.h"
#include "weh/id.h"

static const char *const side_files[] = { "-wal", "-shm", "-journal" };

/** A log that stands beside the name would be replayed into the new file. */
static weh_err check_free(const char *path, struct weh_diag *diag)
{
    char name[PATH_MAX];
    struct stat status;
    int n;

    if (lstat(path, &status) == 0) {
        return weh_fail(diag, WEH_E_EXISTS, "the name is taken");
    }
    if (errno != ENOENT) {
        return weh_file_fail(diag, errno);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(side_files); i++) {
        n = snprintf(name, sizeof(name), "%s%s", path, side_files[i]);
        if (n < 0 || (size_t)n >= sizeof(name)) {
            return weh_file_fail(diag, ENAMETOOLONG);
        }
        if (lstat(name, &status) == 0) {
            return weh_fail(diag, WEH_E_EXISTS, "a file of an earlier iModel is left");
        }
    }
    return WEH_OK;
}

weh_err weh_new_file_begin(struct weh_new_file *file, const char *path, struct weh_diag *diag)
{
    uint8_t random[8];
    char suffix[2 * sizeof(random) + 1];
    int fd = -1;
    int n;
    weh_err err = check_free(path, diag);

    file->path = path;
    file->temporary[0] = '\0';
    if (err == WEH_OK) {
        err = weh_random(random, sizeof(random), diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_hex_print(random, sizeof(random), suffix);
    n = snprintf(file->temporary, sizeof(file->temporary), "%s.new-%s", path, suffix);
    if (n < 0 || (size_t)n >= sizeof(file->temporary)) {
        file->temporary[0] = '\0';
        return weh_file_fail(diag, ENAMETOOLONG);
    }
    fd = open(file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        file->temporary[0] = '\0';
        return weh_file_fail(diag, errno);
    }
    close(fd);
    return WEH_OK;
}

/** Rename without replacing. Returns 0 or errno. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    /* A file system without that flag. */
    if (link(from, to) != 0) {
        return errno;
    }
    return unlink(from) == 0 ? 0 : errno;
}

weh_err weh_new_file_finish(struct weh_new_file *file, struct weh_diag *diag)
{
    int number = weh_file_sync(file->temporary, 0);

    if (number == 0) {
        number = rename_new(file->temporary, file->path);
    }
    if (number != 0) {
        return weh_file_fail(diag, number);
    }
    file->temporary[0] = '\0';
    number = weh_file_sync_folder(file->path);
    if (number != 0) {
        /* Complete, but its name may be lost in a power cut: the caller must not believe in it. */
        (void)unlink(file->path);
        return weh_file_fail(diag, number);
    }
    return WEH_OK;
}

void weh_new_file_abandon(struct weh_new_file *file)
{
    char name[sizeof(file->temporary) + 16];

    if (file->temporary[0] == '\0') {
        return;
    }
    (void)unlink(file->temporary);
    for (size_t i = 0; i < WEH_ARRAY_LEN(side_files); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", file->temporary, side_files[i]);
        (void)unlink(name);
    }
    file->temporary[0] = '\0';
}
