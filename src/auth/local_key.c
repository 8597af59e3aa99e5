/* src/auth/local_key.c - the signing key: a file that only its owner can read.
 *
 * It appears whole or not at all: written beside, synced, then linked to its name, which fails when
 * another process was first.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/id.h"

#include "auth_priv.h"

#define KEY_NAME "auth.key"

static weh_err fail_io(struct weh_diag *diag, const char *what, int error)
{
    return weh_fail_where(diag, WEH_E_IO, "data.dir", "%s: %s", what, strerrordesc_np(error));
}

static weh_err check_file(int fd, struct weh_diag *diag)
{
    struct stat info;

    if (fstat(fd, &info) != 0) {
        return fail_io(diag, KEY_NAME " cannot be examined", errno);
    }
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid()) {
        return weh_fail_where(diag, WEH_E_IO, "data.dir", KEY_NAME " is not a file of this user");
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return weh_fail_where(diag, WEH_E_IO, "data.dir",
                              KEY_NAME " can be read by others: make it 0600, or delete it "
                                       "(tokens that are out will not be valid any more)");
    }
    if (info.st_size != WEH_LOCAL_KEY_BYTES) {
        return weh_fail_where(diag, WEH_E_IO, "data.dir", KEY_NAME " is not a key of %d bytes",
                              WEH_LOCAL_KEY_BYTES);
    }
    return WEH_OK;
}

static weh_err read_key(int dir_fd, uint8_t key[WEH_LOCAL_KEY_BYTES], bool *is_missing,
                        struct weh_diag *diag)
{
    int fd = openat(dir_fd, KEY_NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    weh_err err = WEH_OK;

    *is_missing = fd < 0 && errno == ENOENT;
    if (*is_missing) {
        return WEH_OK;
    }
    if (fd < 0) {
        return fail_io(diag, KEY_NAME " cannot be opened", errno);
    }
    err = check_file(fd, diag);
    if (err == WEH_OK && read(fd, key, WEH_LOCAL_KEY_BYTES) != WEH_LOCAL_KEY_BYTES) {
        err = fail_io(diag, KEY_NAME " cannot be read", errno);
    }
    (void)close(fd);
    return err;
}

static weh_err write_temporary(int dir_fd, const char *name, struct weh_diag *diag)
{
    uint8_t key[WEH_LOCAL_KEY_BYTES];
    weh_err err = weh_random(key, sizeof(key), diag);
    int fd = -1;

    if (err != WEH_OK) {
        return err;
    }
    fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_io(diag, KEY_NAME " cannot be made", errno);
    }
    if (write(fd, key, sizeof(key)) != (ssize_t)sizeof(key) || fsync(fd) != 0) {
        err = fail_io(diag, KEY_NAME " cannot be written", errno);
    }
    (void)close(fd);
    explicit_bzero(key, sizeof(key));
    return err;
}

static weh_err make_key(int dir_fd, struct weh_diag *diag)
{
    char name[64];
    uint8_t random[8];
    char digits[2 * sizeof(random) + 1];
    weh_err err = weh_random(random, sizeof(random), diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_hex_print(random, sizeof(random), digits);
    (void)snprintf(name, sizeof(name), KEY_NAME ".%s", digits);
    err = write_temporary(dir_fd, name, diag);
    if (err == WEH_OK && linkat(dir_fd, name, dir_fd, KEY_NAME, 0) != 0 && errno != EEXIST) {
        err = fail_io(diag, KEY_NAME " cannot be made", errno);
    }
    (void)unlinkat(dir_fd, name, 0);
    if (err == WEH_OK && fsync(dir_fd) != 0) {
        err = fail_io(diag, KEY_NAME " cannot be made durable", errno);
    }
    return err;
}

weh_err weh_local_key_load(const struct weh_config *config, uint8_t key[WEH_LOCAL_KEY_BYTES],
                           struct weh_diag *diag)
{
    bool is_missing = false;
    int dir_fd = -1;
    weh_err err = WEH_OK;

    if (mkdir(config->data_dir, 0700) != 0 && errno != EEXIST) {
        return fail_io(diag, "the folder cannot be made", errno);
    }
    dir_fd = open(config->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0) {
        return fail_io(diag, "the folder cannot be opened", errno);
    }
    err = read_key(dir_fd, key, &is_missing, diag);
    if (err == WEH_OK && is_missing) {
        err = make_key(dir_fd, diag);
        if (err == WEH_OK) {
            err = read_key(dir_fd, key, &is_missing, diag);
        }
        if (err == WEH_OK && is_missing) {
            err = weh_fail_where(diag, WEH_E_IO, "data.dir", KEY_NAME " vanished");
        }
    }
    (void)close(dir_fd);
    return err;
}
