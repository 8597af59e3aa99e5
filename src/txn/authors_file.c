/* src/txn/authors_file.c - the bytes of a file of users: written whole or not at all, and read.
 *
 * Knows nothing of the database. What is read may be anything: its digest says that nothing is torn, its head whose it
 * is; whether its entries mean anything is for those to find out who know the transactions.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/file.h"

#include "authors_priv.h"
#include "number_bytes.h"

#define VERSION      1
#define DIGEST_BYTES 32
#define NEW_SUFFIX   ".new"

static const uint8_t magic[8] = { 'w', 'e', 'h', 'a', 'u', 't', 'h', '\n' };

/* Where what stands in the head, and in an entry. */
enum at {
    AT_VERSION = 8,
    AT_COUNT = 12,
    AT_IMODEL = 16,
    AT_BRIEFCASE = 32,
    HEAD_BYTES = 40
};
enum entry_at {
    AT_FIRST = 0,
    AT_TIME = 8,
    AT_USER = 16,
    ENTRY_BYTES = AT_USER + WEH_TXN_AUTHOR_MAX + 1
};
#define BYTES_MAX (HEAD_BYTES + AUTHORS_MAX * ENTRY_BYTES + DIGEST_BYTES)

void author_list_fini(struct author_list *list)
{
    weh_free(list->entries);
    *list = (struct author_list){ NULL, 0 };
}

static weh_err digest(const uint8_t *bytes, size_t len, uint8_t out[DIGEST_BYTES],
                      struct weh_diag *diag)
{
    return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1 ? WEH_OK
                                                                      : weh_fail_nomem(diag);
}

/* ---- writing ---- */

static void put_head(const struct authors_head *head, size_t n, uint8_t bytes[HEAD_BYTES])
{
    memcpy(bytes, magic, sizeof(magic));
    put_number(bytes + AT_VERSION, VERSION, 4);
    put_number(bytes + AT_COUNT, n, 4);
    memcpy(bytes + AT_IMODEL, head->imodel.bytes, sizeof(head->imodel.bytes));
    put_number(bytes + AT_BRIEFCASE, head->briefcase_id, 4);
}

static void put_entry(const struct author_entry *entry, uint8_t bytes[ENTRY_BYTES])
{
    put_number(bytes + AT_FIRST, entry->first, 8);
    put_number(bytes + AT_TIME, entry->time, 8);
    memcpy(bytes + AT_USER, entry->user, strlen(entry->user));
}

/* *@out is freed by the caller. */
static weh_err encode(const struct authors_head *head, const struct author_list *list,
                      uint8_t **out, size_t *len, struct weh_diag *diag)
{
    const size_t n = HEAD_BYTES + list->n * ENTRY_BYTES;

    weh_assert(list->n <= AUTHORS_MAX);
    *out = weh_calloc(1, n + DIGEST_BYTES);
    if (*out == NULL) {
        return weh_fail_nomem(diag);
    }
    put_head(head, list->n, *out);
    for (size_t i = 0; i < list->n; i++) {
        put_entry(&list->entries[i], *out + HEAD_BYTES + i * ENTRY_BYTES);
    }
    *len = n + DIGEST_BYTES;
    return digest(*out, n, *out + n, diag);
}

/* 0 or errno. */
static int put_bytes(int fd, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = write(fd, bytes + at, len - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : EIO;
        }
        at += (size_t)n;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* A new file @path with @bytes on stable storage; none after a failure. 0 or errno. */
static int write_new(const char *path, const uint8_t *bytes, size_t len)
{
    int number;
    int fd;

    /* Of a process that was killed; whatever it is, nothing is written through it. */
    (void)unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno;
    }
    number = put_bytes(fd, bytes, len);
    (void)close(fd);
    if (number != 0) {
        (void)unlink(path);
    }
    return number;
}

static int replace(const char *path, const uint8_t *bytes, size_t len)
{
    char temporary[PATH_MAX];
    int n = snprintf(temporary, sizeof(temporary), "%s" NEW_SUFFIX, path);
    int number;

    if (n < 0 || (size_t)n >= sizeof(temporary)) {
        return ENAMETOOLONG;
    }
    number = write_new(temporary, bytes, len);
    if (number == 0 && rename(temporary, path) != 0) {
        number = errno;
        (void)unlink(temporary);
    }
    return number != 0 ? number : weh_file_sync_folder(path);
}

weh_err authors_write(const char *path, const struct authors_head *head,
                      const struct author_list *list, struct weh_diag *diag)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    weh_err err = encode(head, list, &bytes, &len, diag);

    if (err == WEH_OK) {
        int number = replace(path, bytes, len);

        err = number == 0 ? WEH_OK : weh_file_fail(diag, number);
    }
    weh_free(bytes);
    return err;
}

/* ---- reading ---- */

static weh_err fail_unfit(struct weh_diag *diag, const char *why)
{
    return weh_fail(diag, WEH_E_CORRUPT, "the file of users beside the briefcase %s", why);
}

static bool get_entry(const uint8_t bytes[ENTRY_BYTES], struct author_entry *out)
{
    const size_t len = strnlen((const char *)bytes + AT_USER, WEH_TXN_AUTHOR_MAX + 1);

    *out = (struct author_entry){ .first = get_number(bytes + AT_FIRST, 8),
                                  .time = get_number(bytes + AT_TIME, 8) };
    if (len == 0 || len > WEH_TXN_AUTHOR_MAX) {
        return false;
    }
    memcpy(out->user, bytes + AT_USER, len);
    return weh_str_is_utf8((struct weh_str){ out->user, len });
}

static weh_err get_entries(const uint8_t *bytes, size_t n, struct author_list *out,
                           struct weh_diag *diag)
{
    if (n == 0) {
        return WEH_OK;
    }
    out->entries = weh_calloc(n, sizeof(*out->entries));
    if (out->entries == NULL) {
        return weh_fail_nomem(diag);
    }
    for (out->n = 0; out->n < n; out->n++) {
        if (!get_entry(bytes + out->n * ENTRY_BYTES, &out->entries[out->n])) {
            return fail_unfit(diag, "is damaged");
        }
    }
    return WEH_OK;
}

static weh_err decode(const uint8_t *bytes, size_t len, const struct authors_head *head,
                      struct author_list *out, struct weh_diag *diag)
{
    const size_t n = (len - HEAD_BYTES - DIGEST_BYTES) / ENTRY_BYTES;
    uint8_t expected[EVP_MAX_MD_SIZE];
    weh_err err = digest(bytes, len - DIGEST_BYTES, expected, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (memcmp(bytes, magic, sizeof(magic)) != 0 || get_number(bytes + AT_VERSION, 4) != VERSION ||
        get_number(bytes + AT_COUNT, 4) != n ||
        len != HEAD_BYTES + n * ENTRY_BYTES + DIGEST_BYTES ||
        memcmp(bytes + len - DIGEST_BYTES, expected, DIGEST_BYTES) != 0) {
        return fail_unfit(diag, "is damaged");
    }
    if (memcmp(bytes + AT_IMODEL, head->imodel.bytes, sizeof(head->imodel.bytes)) != 0 ||
        get_number(bytes + AT_BRIEFCASE, 4) != head->briefcase_id) {
        return fail_unfit(diag, "is that of another one");
    }
    return get_entries(bytes + HEAD_BYTES, n, out, diag);
}

/* 0 or errno; EIO at an early end. */
static int get_bytes(int fd, uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = read(fd, bytes + at, len - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : EIO;
        }
        at += (size_t)n;
    }
    return 0;
}

/* The length of what may be a file of users; 0: it cannot be one. */
static size_t length(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                   status.st_size >= HEAD_BYTES + DIGEST_BYTES && status.st_size <= BYTES_MAX
               ? (size_t)status.st_size
               : 0;
}

static weh_err read_open(int fd, const struct authors_head *head, struct author_list *out,
                         struct weh_diag *diag)
{
    const size_t len = length(fd);
    uint8_t *bytes;
    weh_err err;
    int number;

    if (len == 0) {
        return fail_unfit(diag, "is none");
    }
    bytes = weh_malloc(len);
    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    number = get_bytes(fd, bytes, len);
    err = number == 0 ? decode(bytes, len, head, out, diag) : weh_file_fail(diag, number);
    weh_free(bytes);
    return err;
}

weh_err authors_read(const char *path, const struct authors_head *head, struct author_list *out,
                     struct weh_diag *diag)
{
    /* A FIFO must not block, a link must not lead away. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    weh_err err;

    *out = (struct author_list){ NULL, 0 };
    if (fd < 0) {
        int number = errno;

        if (number == ELOOP || number == ENXIO) {
            return fail_unfit(diag, "is none");
        }
        if (number != ENOENT) {
            return weh_file_fail(diag, number);
        }
        return WEH_OK;
    }
    err = read_open(fd, head, out, diag);
    (void)close(fd);
    if (err != WEH_OK) {
        author_list_fini(out);
    }
    return err;
}
