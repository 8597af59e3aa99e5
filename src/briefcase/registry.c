/* src/briefcase/registry.c - which files this process has open, for whom, since when.
 *
 * A file is known by device and inode, so that two names of it are one. SQLite keeps its log beside
 * the name it was given: a file that is open under one hard link is therefore refused under another,
 * readers included. Opening and closing of one file exclude each other (the last close checkpoints
 * under an exclusive lock, which would make an opener fail for no reason of its own).
 *
 * Closing any descriptor of a file drops the process's POSIX locks on it: who needs one beside SQLite
 * gets that of the entry, which is closed when nobody has the file open.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/file.h"

#include "briefcase_priv.h"

struct weh_file_entry {
    struct weh_file_entry *next;
    dev_t device;
    ino_t inode;
    unsigned n_users; /* readers, the writer, and those who wait for @opening */
    bool has_writer;
    int64_t since_ms; /* of the writer */
    char user[64];    /* the writer */
    int descriptor;   /* -1, or that of weh_file_entry_descriptor */
    pthread_mutex_t opening;
    char real_path[]; /* one piece: it stays behind when the session's other memory goes */
};

struct weh_file_registry {
    pthread_mutex_t mutex; /* entries and their members, not @opening */
    struct weh_file_entry *entries;
};

weh_err weh_file_registry_create(struct weh_file_registry **out, struct weh_diag *diag)
{
    struct weh_file_registry *registry = NULL;

    weh_assert(out != NULL);
    registry = weh_calloc(1, sizeof(*registry));
    if (registry == NULL) {
        return weh_fail_nomem(diag);
    }
    if (pthread_mutex_init(&registry->mutex, NULL) != 0) {
        weh_free(registry);
        return weh_fail_nomem(diag);
    }
    *out = registry;
    return WEH_OK;
}

void weh_file_registry_destroy(struct weh_file_registry *registry)
{
    if (registry == NULL) {
        return;
    }
    weh_assert(registry->entries == NULL);
    pthread_mutex_destroy(&registry->mutex);
    weh_free(registry);
}

static struct weh_file_entry *entry_create(const struct stat *status, const char *real_path)
{
    const size_t size = strlen(real_path) + 1;
    struct weh_file_entry *entry = weh_calloc(1, sizeof(*entry) + size);

    if (entry == NULL) {
        return NULL;
    }
    entry->device = status->st_dev;
    entry->inode = status->st_ino;
    entry->descriptor = -1;
    memcpy(entry->real_path, real_path, size);
    if (pthread_mutex_init(&entry->opening, NULL) != 0) {
        weh_free(entry);
        return NULL;
    }
    return entry;
}

static void entry_destroy(struct weh_file_entry *entry)
{
    pthread_mutex_destroy(&entry->opening);
    if (entry->descriptor >= 0) {
        (void)close(entry->descriptor);
    }
    weh_free(entry);
}

/** The entry of the file, or NULL. Mutex held. */
static struct weh_file_entry *find(const struct weh_file_registry *registry,
                                   const struct stat *status)
{
    struct weh_file_entry *entry = registry->entries;

    while (entry != NULL && (entry->device != status->st_dev || entry->inode != status->st_ino)) {
        entry = entry->next;
    }
    return entry;
}

/** The same, made when there is none. NULL when out of memory. Mutex held. */
static struct weh_file_entry *find_or_add(struct weh_file_registry *registry,
                                          const struct stat *status, const char *real_path)
{
    struct weh_file_entry *entry = find(registry, status);

    if (entry == NULL) {
        entry = entry_create(status, real_path);
        if (entry != NULL) {
            entry->next = registry->entries;
            registry->entries = entry;
        }
    }
    return entry;
}

static void set_writer(struct weh_file_entry *entry, const char *user)
{
    const char *name = user == NULL || user[0] == '\0' ? "somebody" : user;
    size_t len = strnlen(name, sizeof(entry->user) - 1);

    memcpy(entry->user, name, len);
    entry->user[len] = '\0';
    entry->since_ms = weh_clock_wall_ms();
    entry->has_writer = true;
}

/** Count a user of @entry in, or tell why not. Mutex held. */
static weh_err join(struct weh_file_entry *entry, const char *real_path,
                    const struct weh_briefcase_options *options, struct weh_diag *diag)
{
    char since[WEH_TIME_TEXT_SIZE];

    if (strcmp(entry->real_path, real_path) != 0) {
        return weh_fail(diag, WEH_E_BUSY, "the file is open under another name");
    }
    if (!options->readonly && entry->has_writer) {
        weh_time_print(entry->since_ms, since);
        return weh_fail(diag, WEH_E_BUSY, "open for writing since %s by %s", since, entry->user);
    }
    entry->n_users++;
    if (!options->readonly) {
        set_writer(entry, options->user);
    }
    return WEH_OK;
}

weh_err weh_file_entry_acquire(struct weh_file_registry *registry,
                               const struct weh_briefcase_options *options,
                               struct weh_file_entry **out, struct weh_diag *diag)
{
    struct weh_file_entry *entry = NULL;
    char real_path[PATH_MAX];
    struct stat status = { 0 };
    weh_err err;

    weh_assert(registry != NULL && options != NULL && options->path != NULL && out != NULL);
    err = weh_beneath(&options->bounds, options->path, &status, real_path, diag);
    if (err != WEH_OK) {
        return err;
    }
    pthread_mutex_lock(&registry->mutex);
    entry = find_or_add(registry, &status, real_path);
    if (entry == NULL) {
        err = weh_fail_nomem(diag);
    } else {
        err = join(entry, real_path, options, diag);
    }
    pthread_mutex_unlock(&registry->mutex);
    if (err != WEH_OK) {
        return err;
    }
    pthread_mutex_lock(&entry->opening);
    *out = entry;
    return WEH_OK;
}

void weh_file_entry_unlock(struct weh_file_entry *entry)
{
    pthread_mutex_unlock(&entry->opening);
}

void weh_file_entry_lock(struct weh_file_entry *entry)
{
    pthread_mutex_lock(&entry->opening);
}

void weh_file_entry_release(struct weh_file_registry *registry, struct weh_file_entry *entry,
                            bool writer)
{
    struct weh_file_entry **at = NULL;

    if (entry == NULL) {
        return;
    }
    pthread_mutex_unlock(&entry->opening);
    pthread_mutex_lock(&registry->mutex);
    if (writer) {
        entry->has_writer = false;
    }
    weh_assert(entry->n_users > 0);
    entry->n_users--;
    if (entry->n_users == 0) {
        at = &registry->entries;
        while (*at != entry) {
            at = &(*at)->next;
        }
        *at = entry->next;
        entry_destroy(entry);
    }
    pthread_mutex_unlock(&registry->mutex);
}

static weh_err open_entry(struct weh_file_entry *entry, struct weh_diag *diag)
{
    struct stat status;
    int fd = open(entry->real_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return weh_file_fail(diag, errno);
    }
    if (fstat(fd, &status) != 0 || status.st_dev != entry->device ||
        status.st_ino != entry->inode) {
        (void)close(fd);
        return weh_fail(diag, WEH_E_BUSY, "the file was replaced while it was open");
    }
    entry->descriptor = fd;
    return WEH_OK;
}

weh_err weh_file_entry_descriptor(struct weh_file_registry *registry, struct weh_file_entry *entry,
                                  int *out, struct weh_diag *diag)
{
    weh_err err;

    pthread_mutex_lock(&registry->mutex);
    err = entry->descriptor < 0 ? open_entry(entry, diag) : WEH_OK;
    *out = entry->descriptor;
    pthread_mutex_unlock(&registry->mutex);
    return err;
}

bool weh_file_entry_is_shared(struct weh_file_registry *registry, struct weh_file_entry *entry)
{
    bool shared;

    pthread_mutex_lock(&registry->mutex);
    shared = entry->n_users > 1;
    pthread_mutex_unlock(&registry->mutex);
    return shared;
}

const char *weh_file_entry_path(const struct weh_file_entry *entry)
{
    return entry->real_path;
}

bool weh_file_entry_is_same(const struct weh_file_entry *entry)
{
    struct stat status;

    return lstat(entry->real_path, &status) == 0 && status.st_dev == entry->device &&
           status.st_ino == entry->inode;
}

bool weh_file_registry_writer(struct weh_file_registry *registry, const char *path, char *out,
                              size_t size)
{
    struct weh_file_entry *entry;
    struct stat status;
    bool found = false;

    weh_assert(registry != NULL && path != NULL && size > 0);
    if (stat(path, &status) != 0) {
        return false;
    }
    pthread_mutex_lock(&registry->mutex);
    entry = find(registry, &status);
    if (entry != NULL && entry->has_writer) {
        size_t len = strnlen(entry->user, size - 1);

        memcpy(out, entry->user, len);
        out[len] = '\0';
        found = true;
    }
    pthread_mutex_unlock(&registry->mutex);
    return found;
}
