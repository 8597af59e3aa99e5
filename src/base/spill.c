/* src/base/spill.c - bytes in memory, and in a temporary file when they are many. */
#include "weh/spill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#define KEEP_BYTES ((size_t)256 * 1024)

static int open_in(const char *folder)
{
    char path[512];
    int fd;

    if (folder == NULL || folder[0] == '\0') {
        return -1;
    }
    fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
    if (fd >= 0 || snprintf(path, sizeof(path), "%s/weh-XXXXXX", folder) >= (int)sizeof(path)) {
        return fd;
    }
    /* A file system without files that have no name. */
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        (void)unlink(path);
    }
    return fd;
}

/* Where SQLite puts its own. */
static int open_temporary(void)
{
    const char *const folders[] = { secure_getenv("SQLITE_TMPDIR"), secure_getenv("TMPDIR"),
                                    "/var/tmp", "/tmp" };
    int fd = -1;

    for (size_t i = 0; i < WEH_ARRAY_LEN(folders) && fd < 0; i++) {
        fd = open_in(folders[i]);
    }
    return fd;
}

static weh_err fail_errno(struct weh_diag *diag, int error)
{
    weh_err err = error == ENOSPC || error == EDQUOT || error == EFBIG
                      ? weh_fail(diag, WEH_E_DISK_FULL, "no space left for temporary files")
                      : weh_fail(diag, WEH_E_IO, "the storage of temporary files failed");

    weh_diag_detail(diag, "errno %d", error);
    return err;
}

static weh_err write_all(int fd, const uint8_t *bytes, size_t n, uint64_t offset,
                         struct weh_diag *diag)
{
    while (n > 0) {
        ssize_t done = pwrite(fd, bytes, n, (off_t)offset);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return fail_errno(diag, done < 0 ? errno : ENOSPC);
        }
        bytes += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    return WEH_OK;
}

static void close_file(struct weh_spill *spill)
{
    if (spill->fd_plus_1 > 0) {
        (void)close(spill->fd_plus_1 - 1);
    }
    spill->fd_plus_1 = 0;
    spill->in_file = 0;
}

void weh_spill_fini(struct weh_spill *spill)
{
    close_file(spill);
    weh_buf_fini(&spill->tail);
}

void weh_spill_clear(struct weh_spill *spill)
{
    close_file(spill);
    weh_buf_clear(&spill->tail);
}

weh_err weh_spill_settle(struct weh_spill *spill, struct weh_diag *diag)
{
    size_t keep = spill->keep_bytes == 0 ? KEEP_BYTES : spill->keep_bytes;
    weh_err err;

    if (spill->tail.err != WEH_OK) {
        return weh_fail(diag, spill->tail.err, "too much to be held in memory");
    }
    if (spill->limit_bytes != 0 && weh_spill_len(spill) > spill->limit_bytes) {
        return weh_fail(diag, WEH_E_LIMIT, "too much for a temporary file");
    }
    if (spill->tail.len <= keep) {
        return WEH_OK;
    }
    if (spill->fd_plus_1 == 0) {
        int fd = open_temporary();

        if (fd < 0) {
            return fail_errno(diag, errno);
        }
        spill->fd_plus_1 = fd + 1;
    }
    err = write_all(spill->fd_plus_1 - 1, spill->tail.data, spill->tail.len, spill->in_file, diag);
    if (err == WEH_OK) {
        spill->in_file += spill->tail.len;
        weh_buf_clear(&spill->tail);
    }
    return err;
}

weh_err weh_spill_append(struct weh_spill *spill, const void *bytes, size_t n,
                         struct weh_diag *diag)
{
    weh_buf_append(&spill->tail, bytes, n);
    return weh_spill_settle(spill, diag);
}

weh_err weh_spill_read(const struct weh_spill *spill, uint64_t offset, void *to, size_t n,
                       struct weh_diag *diag)
{
    uint8_t *at = to;

    weh_assert(offset <= weh_spill_len(spill) && n <= weh_spill_len(spill) - offset);
    while (n > 0 && offset < spill->in_file) {
        uint64_t left = spill->in_file - offset;
        ssize_t done = pread(spill->fd_plus_1 - 1, at, n < left ? n : (size_t)left, (off_t)offset);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return fail_errno(diag, done < 0 ? errno : EIO);
        }
        at += done;
        n -= (size_t)done;
        offset += (uint64_t)done;
    }
    if (n > 0) {
        memcpy(at, spill->tail.data + (offset - spill->in_file), n);
    }
    return WEH_OK;
}
