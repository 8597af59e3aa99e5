/* src/txn/journal_file.c - the bytes of a recovery journal: written whole or not at all, and read.
 *
 * Knows nothing of the database. What is read may be anything: nothing is believed before its digest
 * has been checked, and that only says that nothing is torn; who uses it checks the rest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/file.h"

#include "journal_priv.h"
#include "number_bytes.h"

#define VERSION      1
#define DIGEST_BYTES 32
#define CHUNK_BYTES  65536
#define NEW_SUFFIX   ".new"
/* The year 10000, which has no ISO 8601 text. */
#define END_OF_TIME_MS INT64_C(253402300800000)

enum flag {
    FLAG_RESTART = 1
};

static const uint8_t magic[8] = { 'w', 'e', 'h', 'j', 'r', 'n', 'l', '\n' };

/* Where what stands in the head. */
enum at {
    AT_VERSION = 8,
    AT_FLAGS = 12,
    AT_IMODEL = 16,
    AT_BRIEFCASE = 32,
    AT_USER_LEN = 36,
    AT_TIME = 40,
    AT_FINGERPRINT = 48,
    AT_ELEMENT = 80,
    AT_INSTANCE = 88,
    AT_USER = 96
};
WEH_STATIC_ASSERT(AT_USER + WEH_JOURNAL_USER_MAX + 1 == JOURNAL_HEAD_BYTES, "the head has no gap");
WEH_STATIC_ASSERT(JOURNAL_TAIL_BYTES == 16 + DIGEST_BYTES, "two numbers and the digest");

static void put_head(const struct journal_head *head, uint8_t bytes[JOURNAL_HEAD_BYTES])
{
    size_t user_len = strnlen(head->user, WEH_JOURNAL_USER_MAX);

    memset(bytes, 0, JOURNAL_HEAD_BYTES);
    memcpy(bytes, magic, sizeof(magic));
    put_number(bytes + AT_VERSION, VERSION, 4);
    put_number(bytes + AT_FLAGS, head->restart ? FLAG_RESTART : 0, 4);
    memcpy(bytes + AT_IMODEL, head->imodel.bytes, sizeof(head->imodel.bytes));
    put_number(bytes + AT_BRIEFCASE, head->briefcase_id, 4);
    put_number(bytes + AT_USER_LEN, user_len, 4);
    put_number(bytes + AT_TIME, (uint64_t)head->time_ms, 8);
    memcpy(bytes + AT_FINGERPRINT, head->fingerprint, sizeof(head->fingerprint));
    put_number(bytes + AT_ELEMENT, head->ids.element, 8);
    put_number(bytes + AT_INSTANCE, head->ids.instance, 8);
    memcpy(bytes + AT_USER, head->user, user_len);
}

/* False when it is no head of this version. */
static bool get_head(const uint8_t bytes[JOURNAL_HEAD_BYTES], struct journal_head *out)
{
    uint64_t flags = get_number(bytes + AT_FLAGS, 4);
    uint64_t user_len = get_number(bytes + AT_USER_LEN, 4);

    if (memcmp(bytes, magic, sizeof(magic)) != 0 || get_number(bytes + AT_VERSION, 4) != VERSION ||
        (flags & ~(uint64_t)FLAG_RESTART) != 0 || user_len > WEH_JOURNAL_USER_MAX) {
        return false;
    }
    *out = (struct journal_head){ .restart = flags != 0 };
    memcpy(out->imodel.bytes, bytes + AT_IMODEL, sizeof(out->imodel.bytes));
    out->briefcase_id = (uint32_t)get_number(bytes + AT_BRIEFCASE, 4);
    out->time_ms = (int64_t)get_number(bytes + AT_TIME, 8);
    memcpy(out->fingerprint, bytes + AT_FINGERPRINT, sizeof(out->fingerprint));
    out->ids.element = get_number(bytes + AT_ELEMENT, 8);
    out->ids.instance = get_number(bytes + AT_INSTANCE, 8);
    memcpy(out->user, bytes + AT_USER, (size_t)user_len);
    return out->time_ms >= 0 && out->time_ms < END_OF_TIME_MS && strlen(out->user) == user_len &&
           weh_str_is_utf8((struct weh_str){ out->user, (size_t)user_len });
}

static weh_err fail_digest(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_INTERNAL, "SHA-256 is not available");
}

static weh_err digest_begin(EVP_MD_CTX **out, struct weh_diag *diag)
{
    *out = EVP_MD_CTX_new();
    if (*out == NULL) {
        return weh_fail_nomem(diag);
    }
    return EVP_DigestInit_ex(*out, EVP_sha256(), NULL) == 1 ? WEH_OK : fail_digest(diag);
}

/* ---- writing ---- */

struct journal_writer {
    const char *path;
    char temporary[PATH_MAX];
    int fd;
    EVP_MD_CTX *digest;
    uint64_t n_bytes; /* of the changeset */
    size_t n;         /* in chunk */
    uint8_t chunk[CHUNK_BYTES];
};

static weh_err flush(struct journal_writer *writer, struct weh_diag *diag)
{
    size_t at = 0;

    while (at < writer->n) {
        ssize_t n = write(writer->fd, writer->chunk + at, writer->n - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return weh_file_fail(diag, n < 0 ? errno : EIO);
        }
        at += (size_t)n;
    }
    writer->n = 0;
    return WEH_OK;
}

static weh_err put(struct journal_writer *writer, const void *bytes, size_t n,
                   struct weh_diag *diag)
{
    const uint8_t *from = bytes;
    weh_err err = WEH_OK;

    while (n > 0 && err == WEH_OK) {
        size_t room = CHUNK_BYTES - writer->n;
        size_t part = n < room ? n : room;

        memcpy(writer->chunk + writer->n, from, part);
        writer->n += part;
        from += part;
        n -= part;
        if (writer->n == CHUNK_BYTES) {
            err = flush(writer, diag);
        }
    }
    return err;
}

static weh_err put_digested(struct journal_writer *writer, const void *bytes, size_t n,
                            struct weh_diag *diag)
{
    if (n > 0 && EVP_DigestUpdate(writer->digest, bytes, n) != 1) {
        return fail_digest(diag);
    }
    return put(writer, bytes, n, diag);
}

static weh_err begin(struct journal_writer *writer, const struct journal_head *head,
                     struct weh_diag *diag)
{
    uint8_t bytes[JOURNAL_HEAD_BYTES];
    int n = snprintf(writer->temporary, sizeof(writer->temporary), "%s" NEW_SUFFIX, writer->path);
    weh_err err;

    if (n < 0 || (size_t)n >= sizeof(writer->temporary)) {
        writer->temporary[0] = '\0';
        return weh_file_fail(diag, ENAMETOOLONG);
    }
    /* Half a journal of a process that was killed; whatever else it is, nothing is written through
     * it. */
    (void)unlink(writer->temporary);
    writer->fd = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (writer->fd < 0) {
        int number = errno;

        writer->temporary[0] = '\0';
        return weh_file_fail(diag, number);
    }
    err = digest_begin(&writer->digest, diag);
    if (err == WEH_OK) {
        put_head(head, bytes);
        err = put_digested(writer, bytes, sizeof(bytes), diag);
    }
    return err;
}

weh_err journal_writer_begin(const char *path, const struct journal_head *head,
                             struct journal_writer **out, struct weh_diag *diag)
{
    struct journal_writer *writer = weh_malloc(sizeof(*writer));
    weh_err err;

    if (writer == NULL) {
        return weh_fail_nomem(diag);
    }
    writer->path = path;
    writer->fd = -1;
    writer->digest = NULL;
    writer->n_bytes = 0;
    writer->n = 0;
    err = begin(writer, head, diag);
    if (err != WEH_OK) {
        journal_writer_abandon(writer);
        return err;
    }
    *out = writer;
    return WEH_OK;
}

weh_err journal_writer_put(struct journal_writer *writer, const void *bytes, size_t n,
                           struct weh_diag *diag)
{
    writer->n_bytes += n;
    return put_digested(writer, bytes, n, diag);
}

static weh_err put_tail(struct journal_writer *writer, uint64_t n_rows, struct weh_diag *diag)
{
    uint8_t tail[JOURNAL_TAIL_BYTES];
    weh_err err;

    put_number(tail, n_rows, 8);
    put_number(tail + 8, writer->n_bytes, 8);
    err = put_digested(writer, tail, 16, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (EVP_DigestFinal_ex(writer->digest, tail + 16, NULL) != 1) {
        return fail_digest(diag);
    }
    err = put(writer, tail + 16, DIGEST_BYTES, diag);
    return err == WEH_OK ? flush(writer, diag) : err;
}

weh_err journal_writer_finish(struct journal_writer *writer, uint64_t n_rows, struct weh_diag *diag)
{
    int number = 0;
    weh_err err = put_tail(writer, n_rows, diag);

    if (err == WEH_OK && (fsync(writer->fd) != 0 || rename(writer->temporary, writer->path) != 0)) {
        err = weh_file_fail(diag, errno);
    }
    if (err == WEH_OK) {
        writer->temporary[0] = '\0';
        /* Both names are whole; which one a power cut leaves is not known until this is done. */
        number = weh_file_sync_folder(writer->path);
        err = number == 0 ? WEH_OK : weh_file_fail(diag, number);
    }
    journal_writer_abandon(writer);
    return err;
}

void journal_writer_abandon(struct journal_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->fd >= 0) {
        close(writer->fd);
    }
    if (writer->temporary[0] != '\0') {
        (void)unlink(writer->temporary);
    }
    EVP_MD_CTX_free(writer->digest);
    weh_free(writer);
}

/* ---- reading ---- */

struct reader {
    int fd;
    EVP_MD_CTX *digest;
    uint64_t left; /* of the changeset */
    uint8_t *chunk;
};

/* Exactly @n bytes; *@got false at an early end. */
static weh_err read_bytes(const struct reader *reader, uint8_t *to, size_t n, bool *got,
                          struct weh_diag *diag)
{
    *got = true;
    while (n > 0) {
        ssize_t part = read(reader->fd, to, n);

        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part < 0) {
            return weh_file_fail(diag, errno);
        }
        if (part == 0) {
            *got = false;
            return WEH_OK;
        }
        to += part;
        n -= (size_t)part;
    }
    return WEH_OK;
}

static weh_err read_digested(const struct reader *reader, uint8_t *to, size_t n, bool *got,
                             struct weh_diag *diag)
{
    weh_err err = read_bytes(reader, to, n, got, diag);

    if (err == WEH_OK && *got && EVP_DigestUpdate(reader->digest, to, n) != 1) {
        return fail_digest(diag);
    }
    return err;
}

static weh_err read_changes(struct reader *reader, struct weh_buf *changes, bool *got,
                            struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    while (reader->left > 0 && *got && err == WEH_OK) {
        size_t n = reader->left < CHUNK_BYTES ? (size_t)reader->left : CHUNK_BYTES;

        err = read_digested(reader, reader->chunk, n, got, diag);
        reader->left -= n;
        if (err == WEH_OK && changes != NULL) {
            weh_buf_append(changes, reader->chunk, n);
            err = changes->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
        }
    }
    return err;
}

static weh_err read_tail(struct reader *reader, struct journal_content *out, bool *got,
                         struct weh_diag *diag)
{
    uint8_t tail[JOURNAL_TAIL_BYTES];
    uint8_t digest[EVP_MAX_MD_SIZE];
    bool tail_got = false;
    weh_err err = read_digested(reader, tail, 16, got, diag);

    if (err == WEH_OK && *got) {
        err = read_bytes(reader, tail + 16, DIGEST_BYTES, &tail_got, diag);
    }
    if (err != WEH_OK || !*got || !tail_got) {
        *got = false;
        return err;
    }
    if (EVP_DigestFinal_ex(reader->digest, digest, NULL) != 1) {
        return fail_digest(diag);
    }
    out->n_rows = get_number(tail, 8);
    *got = memcmp(digest, tail + 16, DIGEST_BYTES) == 0 &&
           get_number(tail + 8, 8) == out->n_bytes && out->n_rows <= out->n_bytes;
    return WEH_OK;
}

static weh_err read_content(struct reader *reader, struct journal_content *out,
                            struct weh_buf *changes, struct weh_diag *diag)
{
    uint8_t bytes[JOURNAL_HEAD_BYTES];
    bool got = false;
    weh_err err = digest_begin(&reader->digest, diag);

    if (err == WEH_OK) {
        err = read_digested(reader, bytes, sizeof(bytes), &got, diag);
    }
    if (err != WEH_OK || !got || !get_head(bytes, &out->head)) {
        return err;
    }
    err = read_changes(reader, changes, &got, diag);
    if (err == WEH_OK && got) {
        err = read_tail(reader, out, &got, diag);
    }
    out->whole = err == WEH_OK && got;
    return err;
}

/* The length of what may be a journal; 0: it cannot be one. */
static uint64_t changes_length(int fd)
{
    const uint64_t frame = JOURNAL_HEAD_BYTES + JOURNAL_TAIL_BYTES;
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0 ||
        (uint64_t)status.st_size <= frame || (uint64_t)status.st_size - frame > TXN_LIMIT_BYTES) {
        return 0;
    }
    return (uint64_t)status.st_size - frame;
}

weh_err journal_read(const char *path, struct journal_content *out, struct weh_buf *changes,
                     struct weh_diag *diag)
{
    /* A FIFO must not block, a link must not lead away. */
    struct reader reader = { .fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) };
    weh_err err = WEH_OK;

    *out = (struct journal_content){ .found = true };
    if (reader.fd < 0) {
        int number = errno;

        out->found = number != ENOENT;
        /* A link, or the name of a socket. */
        return number == ENOENT || number == ELOOP || number == ENXIO ? WEH_OK
                                                                      : weh_file_fail(diag, number);
    }
    out->n_bytes = reader.left = changes_length(reader.fd);
    if (reader.left > 0) {
        reader.chunk = weh_malloc(CHUNK_BYTES);
        err =
            reader.chunk == NULL ? weh_fail_nomem(diag) : read_content(&reader, out, changes, diag);
    }
    EVP_MD_CTX_free(reader.digest);
    weh_free(reader.chunk);
    close(reader.fd);
    return err;
}
