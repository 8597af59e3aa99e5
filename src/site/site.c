/* src/site/site.c - reads the files of the editor page. */
#include "weh/site.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <fts.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/file.h"

#define ETAG_BYTES 16 /* of SHA-256: enough to tell versions apart */
#define ASSETS     "/assets/"

/* One file as it is in the folder. */
struct entry {
    char *path; /* owned */
    uint8_t *data;
    size_t len;
};

struct weh_site {
    struct entry *entries; /* by path */
    size_t n_entries;
    size_t n_bytes;
    struct weh_site_file *files; /* by path; they borrow from the entries */
    size_t n_files;
};

/* ---- reading ---- */

static weh_err fail_errno(struct weh_diag *diag, const char *path)
{
    int number = errno;
    weh_err err = number == ENOMEM ? weh_fail_nomem(diag)
                                   : weh_fail(diag, WEH_E_IO, "a file of the page cannot be read");

    weh_diag_detail(diag, "%s: errno %d", path, number);
    return err;
}

static weh_err read_whole(int fd, const char *path, struct entry *entry, struct weh_diag *diag)
{
    size_t done = 0;

    while (done < entry->len) {
        ssize_t n = read(fd, entry->data + done, entry->len - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? EIO : errno; /* it has become shorter */
            return fail_errno(diag, path);
        }
        done += (size_t)n;
    }
    return WEH_OK;
}

/* A new entry at the end of the table for the file @from, whose name below the folder is @path. */
static weh_err add_entry(struct weh_site *site, const char *from, const char *path,
                         struct weh_diag *diag)
{
    struct entry *entry = NULL;
    struct stat st;
    weh_err err = WEH_OK;
    int fd = -1;

    if (site->n_entries == WEH_SITE_FILES_MOST) {
        return weh_fail(diag, WEH_E_LIMIT, "the page has more than %d files", WEH_SITE_FILES_MOST);
    }
    fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &st) != 0) {
        err = fail_errno(diag, path);
        goto out;
    }
    if ((uint64_t)st.st_size > WEH_SITE_BYTES_MOST - site->n_bytes) {
        err = weh_fail(diag, WEH_E_LIMIT, "the page has more than %u bytes", WEH_SITE_BYTES_MOST);
        goto out;
    }
    entry = &site->entries[site->n_entries++];
    entry->len = (size_t)st.st_size;
    entry->path = weh_strndup(path, strlen(path));
    entry->data = weh_malloc(entry->len + 1);
    if (entry->path == NULL || entry->data == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    site->n_bytes += entry->len;
    err = read_whole(fd, path, entry, diag);
out:
    if (fd >= 0) {
        (void)close(fd);
    }
    return err;
}

/* @found is in a folder whose path has @skip bytes. */
static weh_err visit(struct weh_site *site, FTS *fts, FTSENT *found, size_t skip,
                     struct weh_diag *diag)
{
    if (found->fts_level > 0 && found->fts_name[0] == '.') {
        (void)fts_set(fts, found, FTS_SKIP);
        return WEH_OK;
    }
    switch (found->fts_info) {
    case FTS_F:
        return add_entry(site, found->fts_path, found->fts_path + skip, diag);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = found->fts_errno;
        return fail_errno(diag, found->fts_path);
    default:
        return WEH_OK;
    }
}

static weh_err read_folder(struct weh_site *site, char *folder, struct weh_diag *diag)
{
    char *const roots[] = { folder, NULL };
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    weh_err err = fts == NULL ? fail_errno(diag, folder) : WEH_OK;

    while (err == WEH_OK) {
        FTSENT *found = NULL;

        errno = 0;
        found = fts_read(fts);
        if (found == NULL) {
            err = errno == 0 ? WEH_OK : fail_errno(diag, folder);
            break;
        }
        err = visit(site, fts, found, strlen(folder), diag);
    }
    if (fts != NULL) {
        (void)fts_close(fts);
    }
    return err;
}

/* A copy of @folder without slashes at its end. */
static char *copy_folder(const char *folder)
{
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/') {
        len--;
    }
    return weh_strndup(folder, len);
}

/* ---- files and their codings ---- */

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static int compare_path(const void *path, const void *entry)
{
    return strcmp(path, ((const struct entry *)entry)->path);
}

static const struct entry *find_entry(const struct weh_site *site, const char *path)
{
    return bsearch(path, site->entries, site->n_entries, sizeof(struct entry), compare_path);
}

/* The media types of what a bundler makes (IANA's registry). */
static const char *type_of(const char *path)
{
    static const struct {
        const char *extension;
        const char *type;
    } types[] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".mjs", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".json", "application/json" },
        { ".map", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".jpg", "image/jpeg" },
        { ".webp", "image/webp" },
        { ".ico", "image/x-icon" },
        { ".woff2", "font/woff2" },
        { ".wasm", "application/wasm" },
        { ".txt", "text/plain; charset=utf-8" },
    };
    const char *dot = strrchr(path, '.');

    for (size_t i = 0; dot != NULL && i < WEH_ARRAY_LEN(types); i++) {
        if (strcmp(dot, types[i].extension) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* Is @entry another file, compressed? */
static bool is_coding(const struct weh_site *site, const struct entry *entry)
{
    char plain[PATH_MAX];
    size_t len = strlen(entry->path);

    if (len < 4 || len >= sizeof(plain) ||
        (strcmp(entry->path + len - 3, ".br") != 0 && strcmp(entry->path + len - 3, ".gz") != 0)) {
        return false;
    }
    memcpy(plain, entry->path, len - 3);
    plain[len - 3] = '\0';
    return find_entry(site, plain) != NULL;
}

static weh_err set_body(struct weh_site_body *body, const struct entry *entry,
                        struct weh_diag *diag)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t at = 0;

    if (EVP_Digest(entry->data, entry->len, digest, NULL, EVP_sha256(), NULL) != 1) {
        return weh_fail_nomem(diag);
    }
    body->etag[at++] = '"';
    for (size_t i = 0; i < ETAG_BYTES; i++) {
        at += (size_t)snprintf(body->etag + at, sizeof(body->etag) - at, "%02x", digest[i]);
    }
    body->etag[at++] = '"';
    body->etag[at] = '\0';
    body->data = entry->data;
    body->len = entry->len;
    return WEH_OK;
}

static weh_err set_file(const struct weh_site *site, const struct entry *entry,
                        struct weh_site_file *file, struct weh_diag *diag)
{
    static const char *const suffixes[] = {
        [WEH_SITE_BROTLI] = ".br",
        [WEH_SITE_GZIP] = ".gz",
        [WEH_SITE_PLAIN] = "",
    };
    weh_err err = WEH_OK;

    file->path = entry->path;
    file->type = type_of(entry->path);
    file->is_lasting = strncmp(entry->path, ASSETS, strlen(ASSETS)) == 0;
    for (unsigned i = 0; i < WEH_ARRAY_LEN(suffixes) && err == WEH_OK; i++) {
        char path[PATH_MAX];
        const struct entry *body = NULL;

        if (snprintf(path, sizeof(path), "%s%s", entry->path, suffixes[i]) < (int)sizeof(path)) {
            body = find_entry(site, path);
        }
        if (body != NULL) {
            err = set_body(&file->bodies[i], body, diag);
        }
    }
    return err;
}

static weh_err set_files(struct weh_site *site, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    qsort(site->entries, site->n_entries, sizeof(site->entries[0]), compare_entries);
    site->files = weh_calloc(site->n_entries + 1, sizeof(site->files[0]));
    if (site->files == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < site->n_entries && err == WEH_OK; i++) {
        if (!is_coding(site, &site->entries[i])) {
            err = set_file(site, &site->entries[i], &site->files[site->n_files++], diag);
        }
    }
    return err;
}

weh_err weh_site_open(const char *folder, struct weh_site **out, struct weh_diag *diag)
{
    struct weh_site *site = NULL;
    char *root = NULL;
    struct stat st;
    weh_err err = WEH_OK;

    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
        return weh_fail(diag, WEH_E_FILE_NOT_FOUND, "there is no such folder");
    }
    site = weh_calloc(1, sizeof(*site));
    root = copy_folder(folder);
    if (site != NULL) {
        site->entries = weh_calloc(WEH_SITE_FILES_MOST, sizeof(site->entries[0]));
    }
    if (root == NULL || site == NULL || site->entries == NULL) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    err = read_folder(site, root, diag);
    if (err == WEH_OK) {
        err = set_files(site, diag);
    }
    if (err == WEH_OK) {
        *out = site;
        site = NULL;
    }
out:
    weh_free(root);
    weh_site_close(site);
    return err;
}

void weh_site_close(struct weh_site *site)
{
    if (site == NULL) {
        return;
    }
    for (size_t i = 0; i < site->n_entries; i++) {
        weh_free(site->entries[i].path);
        weh_free(site->entries[i].data);
    }
    weh_free(site->entries);
    weh_free(site->files);
    weh_free(site);
}

/* ---- finding ---- */

static int compare_file(const void *path, const void *file)
{
    return strcmp(path, ((const struct weh_site_file *)file)->path);
}

const struct weh_site_file *weh_site_find(const struct weh_site *site, struct weh_str path)
{
    char text[512];

    if (path.len >= sizeof(text) || memchr(path.ptr, '\0', path.len) != NULL) {
        return NULL;
    }
    if (weh_str_eq_text(path, "/")) {
        path = WEH_STR("/index.html");
    }
    memcpy(text, path.ptr, path.len);
    text[path.len] = '\0';
    return bsearch(text, site->files, site->n_files, sizeof(site->files[0]), compare_file);
}
