/* src/base/audit.c - the audit log's file: appending, rotating, and what happens without room. */
#include "weh/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/buf.h"

/* Of lines that wait for room. Each thread adds at most one after the first failure. */
#define PENDING_LIMIT_BYTES ((size_t)1024 * 1024)
#define PATH_BYTES          4096

struct weh_audit {
    pthread_mutex_t lock; /* guards all below */
    char *path;
    uint64_t limit_bytes;
    uint32_t n_files;
    bool is_required;
    const struct weh_log *log;
    int fd;
    uint64_t size;
    struct weh_buf pending; /* whole lines that could not be written */
    uint64_t n_lost;
    bool is_failing; /* the log has been told */
};

static weh_err open_file(struct weh_audit *audit, struct weh_diag *diag)
{
    struct stat info;
    int fd = open(audit->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                  0600);

    if (fd < 0) {
        return weh_fail_where(diag, WEH_E_IO, "audit.file", "cannot open it: %s",
                              strerrordesc_np(errno));
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        (void)close(fd);
        return weh_fail_where(diag, WEH_E_IO, "audit.file", "it is no file");
    }
    audit->fd = fd;
    audit->size = (uint64_t)info.st_size;
    return WEH_OK;
}

weh_err weh_audit_open(const struct weh_audit_options *options, struct weh_audit **out,
                       struct weh_diag *diag)
{
    struct weh_audit *audit = weh_calloc(1, sizeof(*audit));
    weh_err err;

    if (audit == NULL) {
        return weh_fail_nomem(diag);
    }
    (void)pthread_mutex_init(&audit->lock, NULL);
    weh_buf_init(&audit->pending, PENDING_LIMIT_BYTES);
    audit->fd = -1;
    audit->limit_bytes = options->limit_bytes;
    audit->n_files = options->n_files;
    audit->is_required = options->is_required;
    audit->log = options->log;
    audit->path = weh_strndup(options->path, strlen(options->path));
    err = audit->path == NULL ? weh_fail_nomem(diag) : open_file(audit, diag);
    if (err != WEH_OK) {
        weh_audit_close(audit);
        return err;
    }
    *out = audit;
    return WEH_OK;
}

void weh_audit_close(struct weh_audit *audit)
{
    if (audit == NULL) {
        return;
    }
    if (audit->fd >= 0) {
        (void)fsync(audit->fd);
        (void)close(audit->fd);
    }
    weh_buf_fini(&audit->pending);
    weh_free(audit->path);
    (void)pthread_mutex_destroy(&audit->lock);
    weh_free(audit);
}

/* ---- with the lock held ---- */

static void rename_one(const struct weh_audit *audit, uint32_t number)
{
    char from[PATH_BYTES];
    char to[PATH_BYTES];
    int n = number == 1 ? snprintf(from, sizeof(from), "%s", audit->path)
                        : snprintf(from, sizeof(from), "%s.%u", audit->path, number - 1);

    if (n < (int)sizeof(from) &&
        snprintf(to, sizeof(to), "%s.%u", audit->path, number) < (int)sizeof(to)) {
        (void)rename(from, to); /* one that is not there is fine */
    }
}

/* Begin a new file. When that fails the old one goes on, larger than it should be. */
static void rotate(struct weh_audit *audit)
{
    int old = audit->fd;

    for (uint32_t number = audit->n_files - 1; number >= 1; number--) {
        rename_one(audit, number);
    }
    if (audit->n_files == 1) {
        (void)unlink(audit->path);
    }
    /* Not synced: everybody who changes something would wait for it. */
    if (open_file(audit, NULL) == WEH_OK) {
        (void)close(old);
    }
}

/* All of @bytes, or nothing. */
static bool append(struct weh_audit *audit, const void *bytes, size_t n)
{
    ssize_t written;

    if (audit->size != 0 && audit->size + n > audit->limit_bytes) {
        rotate(audit);
    }
    written = write(audit->fd, bytes, n);
    if (written == (ssize_t)n) {
        audit->size += n;
        return true;
    }
    if (written > 0 && ftruncate(audit->fd, (off_t)audit->size) != 0) {
        audit->size += (uint64_t)written; /* a torn line stays, and ends with the next one */
    }
    return false;
}

static void tell(struct weh_audit *audit, bool is_failing)
{
    if (audit->is_failing != is_failing) {
        audit->is_failing = is_failing;
        weh_log(audit->log, is_failing ? WEH_LOG_ERROR : WEH_LOG_INFO, NULL,
                is_failing ? "audit.failed" : "audit.works_again",
                WEH_F_TEXT("error", is_failing ? strerrordesc_np(errno) : ""),
                WEH_F_INT("lost", audit->n_lost),
                WEH_F_INT("edits_refused", audit->is_required ? 1 : 0));
    }
}

static bool flush_pending(struct weh_audit *audit)
{
    if (audit->pending.len != 0) {
        if (!append(audit, audit->pending.data, audit->pending.len)) {
            return false;
        }
        weh_buf_clear(&audit->pending);
        tell(audit, false);
    }
    return true;
}

static void keep_or_lose(struct weh_audit *audit, const struct weh_buf *line)
{
    if (audit->is_required && line->len <= PENDING_LIMIT_BYTES - audit->pending.len) {
        weh_buf_append(&audit->pending, line->data, line->len);
        if (audit->pending.err == WEH_OK) {
            return;
        }
        audit->pending.err = WEH_OK; /* no memory: what was kept before stays */
    }
    audit->n_lost++;
}

/* ---- any thread ---- */

weh_err weh_audit_check(struct weh_audit *audit, struct weh_diag *diag)
{
    bool is_fine;

    if (audit == NULL || !audit->is_required) {
        return WEH_OK;
    }
    (void)pthread_mutex_lock(&audit->lock);
    is_fine = flush_pending(audit);
    (void)pthread_mutex_unlock(&audit->lock);
    return is_fine ? WEH_OK
                   : weh_fail(diag, WEH_E_AUDIT,
                              "nothing may be changed while the audit log cannot be written");
}

void weh_audit_add(struct weh_audit *audit, struct weh_str text)
{
    struct weh_buf line;

    weh_buf_init(&line, 0);
    weh_buf_append(&line, text.ptr, text.len);
    weh_buf_byte(&line, '\n');
    (void)pthread_mutex_lock(&audit->lock);
    if (line.err != WEH_OK) {
        audit->n_lost++;
    } else if (!flush_pending(audit) || !append(audit, line.data, line.len)) {
        keep_or_lose(audit, &line);
        tell(audit, true);
    } else {
        tell(audit, false);
    }
    (void)pthread_mutex_unlock(&audit->lock);
    weh_buf_fini(&line);
}

uint64_t weh_audit_lost(struct weh_audit *audit)
{
    uint64_t n;

    (void)pthread_mutex_lock(&audit->lock);
    n = audit->n_lost;
    (void)pthread_mutex_unlock(&audit->lock);
    return n;
}
