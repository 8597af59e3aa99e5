/* src/briefcase/file_copy.c - bytes of one file into another.
 *
 * Knows nothing of what is in them, and does not bring them to stable storage.
 */
#include "file_copy.h"

#include <errno.h>

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/file.h"

/* Between two looks at the watch: some 10 ms of a disk. */
#define STEP_BYTES   ((size_t)8 << 20)
#define BUFFER_BYTES ((size_t)128 << 10)

static weh_err tell(const struct weh_copy_watch *watch, uint64_t done, uint64_t total,
                    struct weh_diag *diag)
{
    return watch->step == NULL ? WEH_OK : watch->step(watch->ctx, done, total, diag);
}

/* Not possible for these two files, or not with this kernel: another way may be. */
static bool is_unsupported(int number)
{
    return number == EOPNOTSUPP || number == ENOTTY || number == EXDEV || number == EINVAL ||
           number == ENOSYS || number == EPERM || number == ETXTBSY;
}

/* 0 or errno. */
static int write_all(int to, const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = write(to, bytes, n);

        if (done < 0 && errno != EINTR) {
            return errno;
        }
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

/* About STEP_BYTES from @at on through memory; *@done 0 at the end. 0 or errno. */
static int copy_step(int from, uint64_t at, int to, uint8_t *buffer, size_t *done)
{
    *done = 0;
    while (*done < STEP_BYTES) {
        ssize_t n = pread(from, buffer, BUFFER_BYTES, (off_t)(at + *done));
        int number;

        if (n == 0) {
            break;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return errno;
        }
        number = write_all(to, buffer, (size_t)n);
        if (number != 0) {
            return number;
        }
        *done += (size_t)n;
    }
    return 0;
}

/* The same inside the kernel. */
static int copy_range_step(int from, uint64_t at, int to, size_t *done)
{
    ssize_t n;

    do {
        off_t offset = (off_t)at;

        n = copy_file_range(from, &offset, to, NULL, STEP_BYTES, 0);
    } while (n < 0 && errno == EINTR);
    *done = n < 0 ? 0 : (size_t)n;
    return n < 0 ? errno : 0;
}

static weh_err copy_bytes(int from, int to, const struct weh_copy_watch *watch, uint64_t total,
                          struct weh_diag *diag)
{
    uint8_t *buffer = weh_malloc(BUFFER_BYTES);
    bool in_kernel = true;
    uint64_t copied = 0;
    size_t done = 0;
    weh_err err = WEH_OK;

    if (buffer == NULL) {
        return weh_fail_nomem(diag);
    }
    do {
        int number = in_kernel ? copy_range_step(from, copied, to, &done) : 0;

        /* Some file systems answer 0 for what they cannot: then the end is found by reading. */
        if (in_kernel && (is_unsupported(number) || (number == 0 && done == 0))) {
            in_kernel = false;
            number = 0;
        }
        if (!in_kernel) {
            number = copy_step(from, copied, to, buffer, &done);
        }
        if (number != 0) {
            err = weh_file_fail(diag, number);
            break;
        }
        copied += done;
        err = tell(watch, copied, total > copied ? total : copied, diag);
    } while (err == WEH_OK && done > 0);
    weh_free(buffer);
    return err;
}

weh_err weh_file_copy(int from, int to, const struct weh_copy_watch *watch, struct weh_diag *diag)
{
    struct stat status;
    weh_err err;

    weh_assert(watch != NULL);
    if (fstat(from, &status) != 0) {
        return weh_file_fail(diag, errno);
    }
    err = tell(watch, 0, (uint64_t)status.st_size, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (ioctl(to, FICLONE, from) == 0) {
        return WEH_OK;
    }
    return is_unsupported(errno) ? copy_bytes(from, to, watch, (uint64_t)status.st_size, diag)
                                 : weh_file_fail(diag, errno);
}
