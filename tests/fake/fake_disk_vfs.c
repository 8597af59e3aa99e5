/* tests/fake/fake_disk_vfs.c - the fake disk as SQLite sees it.
 *
 * Locks and the log's index as the unix VFS has them, among the connections of this process. Time
 * stands still, so that what is done twice is the same. No memory-mapped reads: each one is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "weh/compiler.h"

#include "fake_disk_priv.h"

/* 2026-01-02T03:04:05 as SQLite counts: milliseconds since noon of 24 November 4714 BC. */
#define FAKE_TIME INT64_C(212634083045000)

struct handle {
    sqlite3_file base;
    struct disk_node *node;
    int level;
    bool has_shm;
    uint16_t shm_shared;
    uint16_t shm_exclusive;
    bool delete_on_close;
    bool sync_folder; /* with the first sync: a new journal or log */
    char name[FAKE_NAME_SIZE];
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
} door;

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)(void *)file;
}

/* ---- bytes ---- */

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    const struct disk_bytes *bytes = &handle_of(file)->node->bytes;
    int rc = disk_enter(FAKE_DISK_READ);
    size_t wanted = (size_t)n;
    size_t from = (size_t)at;
    size_t there = from < bytes->n ? bytes->n - from : 0;

    if (rc != SQLITE_OK) {
        return rc;
    }
    if (there > wanted) {
        there = wanted;
    }
    if (there > 0) {
        memcpy(out, bytes->data + from, there);
    }
    memset((uint8_t *)out + there, 0, wanted - there);
    return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    int rc = disk_enter(FAKE_DISK_WRITE);

    /* As a full disk does: half of it is there. */
    disk_write(handle_of(file)->node, (size_t)at, bytes, (size_t)(rc == SQLITE_OK ? n : n / 2));
    return rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = disk_enter(FAKE_DISK_TRUNCATE);

    if (rc == SQLITE_OK) {
        disk_truncate(handle_of(file)->node, (size_t)size);
    }
    return rc;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct handle *handle = handle_of(file);
    int rc = disk_enter(FAKE_DISK_SYNC);

    (void)flags;
    if (rc != SQLITE_OK) {
        return rc;
    }
    disk_sync(handle->node);
    if (handle->sync_folder) {
        /* The unix VFS does not look whether this one works. */
        if (disk_enter(FAKE_DISK_SYNC) == SQLITE_OK) {
            disk_sync_folder();
        }
        handle->sync_folder = false;
    }
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)handle_of(file)->node->bytes.n;
    return SQLITE_OK;
}

/* ---- locks of the file ---- */

static int lock_to(struct handle *handle, int level)
{
    struct disk_node *node = handle->node;

    if (level == SQLITE_LOCK_SHARED) {
        if (node->exclusive != NULL) {
            return SQLITE_BUSY;
        }
        node->n_locked++;
        return SQLITE_OK;
    }
    if (node->reserved != NULL && node->reserved != handle) {
        return SQLITE_BUSY;
    }
    if (level == SQLITE_LOCK_RESERVED) {
        node->reserved = handle;
        return SQLITE_OK;
    }
    node->exclusive = handle;
    return node->n_locked == 1 ? SQLITE_OK : SQLITE_BUSY;
}

static int file_lock(sqlite3_file *file, int level)
{
    struct handle *handle = handle_of(file);
    int rc = disk_enter(FAKE_DISK_LOCK);

    if (rc == SQLITE_OK && level > handle->level) {
        rc = lock_to(handle, level);
        if (rc == SQLITE_OK) {
            handle->level = level;
        }
    }
    return rc;
}

static int file_unlock(sqlite3_file *file, int level)
{
    struct handle *handle = handle_of(file);
    struct disk_node *node = handle->node;

    if (node->reserved == handle) {
        node->reserved = NULL;
    }
    if (node->exclusive == handle) {
        node->exclusive = NULL;
    }
    if (level < SQLITE_LOCK_SHARED && handle->level >= SQLITE_LOCK_SHARED) {
        node->n_locked--;
    }
    if (level < handle->level) {
        handle->level = level;
    }
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *file, int *reserved)
{
    *reserved = handle_of(file)->node->reserved != NULL;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

/* As the unix VFS: a write that is cut leaves alone what lies beside it. */
static int file_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* ---- the log's index ---- */

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    struct handle *handle = handle_of(file);
    struct disk_shm *shm = &handle->node->shm;
    int rc = disk_enter(FAKE_DISK_SHM);

    *out = NULL;
    if (rc != SQLITE_OK) {
        return rc;
    }
    if (!handle->has_shm) {
        handle->has_shm = true;
        shm->n_users++;
    }
    weh_assert(page < MAX_REGIONS);
    while (extend != 0 && shm->n_regions <= page) {
        shm->regions[shm->n_regions] = calloc(1, (size_t)size);
        disk_must(shm->regions[shm->n_regions] != NULL);
        shm->n_regions++;
    }
    *out = page < shm->n_regions ? shm->regions[page] : NULL;
    return SQLITE_OK;
}

static bool shm_is_free(const struct handle *handle, int i, bool shared)
{
    const struct disk_shm *shm = &handle->node->shm;
    unsigned own = (handle->shm_shared >> i) & 1U;

    return shm->exclusive[i] == NULL && (shared || shm->n_shared[i] == own);
}

static void shm_unlock(struct handle *handle, int i)
{
    struct disk_shm *shm = &handle->node->shm;
    uint16_t bit = (uint16_t)(1U << i);

    if ((handle->shm_exclusive & bit) != 0) {
        shm->exclusive[i] = NULL;
    }
    if ((handle->shm_shared & bit) != 0) {
        shm->n_shared[i]--;
    }
    handle->shm_exclusive &= (uint16_t)~bit;
    handle->shm_shared &= (uint16_t)~bit;
}

static void shm_take(struct handle *handle, int i, bool shared)
{
    uint16_t bit = (uint16_t)(1U << i);

    if (!shared) {
        handle->node->shm.exclusive[i] = handle;
        handle->shm_exclusive |= bit;
    } else if ((handle->shm_shared & bit) == 0) {
        handle->node->shm.n_shared[i]++;
        handle->shm_shared |= bit;
    }
}

static int shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    struct handle *handle = handle_of(file);
    bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    bool locks = (flags & SQLITE_SHM_LOCK) != 0;
    /* Only for the writer, a checkpoint or a recovery (the first three places, SQLite's file format
     * of the log's index); the readers' locks it tries again for up to ten seconds. */
    int rc = locks && at < 3 ? disk_enter(FAKE_DISK_LOCK) : SQLITE_OK;

    for (int i = at; locks && rc == SQLITE_OK && i < at + n; i++) {
        rc = shm_is_free(handle, i, shared) ? SQLITE_OK : SQLITE_BUSY;
    }
    for (int i = at; rc == SQLITE_OK && i < at + n; i++) {
        if (locks) {
            shm_take(handle, i, shared);
        } else {
            shm_unlock(handle, i);
        }
    }
    return rc;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
}

/* It goes with its last user, whether asked to or not: the next one builds it anew. */
static int shm_unmap(sqlite3_file *file, int remove)
{
    struct handle *handle = handle_of(file);
    struct disk_shm *shm = &handle->node->shm;

    (void)remove;
    for (int i = 0; i < N_SHM_LOCKS; i++) {
        shm_unlock(handle, i);
    }
    if (handle->has_shm && --shm->n_users == 0) {
        for (int i = 0; i < shm->n_regions; i++) {
            free(shm->regions[i]);
        }
        *shm = (struct disk_shm){ 0 };
    }
    handle->has_shm = false;
    return SQLITE_OK;
}

static int file_close(sqlite3_file *file)
{
    struct handle *handle = handle_of(file);

    (void)shm_unmap(file, 0);
    (void)file_unlock(file, SQLITE_LOCK_NONE);
    if (handle->delete_on_close && handle->name[0] != '\0') {
        (void)disk_unlink(handle->name);
    }
    disk_close(handle->node);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    2,
    file_close,
    file_read,
    file_write,
    file_truncate,
    file_sync,
    file_size,
    file_lock,
    file_unlock,
    file_is_reserved,
    file_control,
    file_sector_size,
    file_characteristics,
    shm_map,
    shm_lock,
    shm_barrier,
    shm_unmap,
    NULL,
    NULL,
};

/* ---- the folder ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct handle *handle = handle_of(file);
    int rc = disk_enter(FAKE_DISK_OPEN);
    struct disk_node *node = name == NULL ? NULL : disk_find(name);

    (void)vfs;
    *handle = (struct handle){ 0 };
    if (rc != SQLITE_OK) {
        return rc;
    }
    if (name != NULL && node == NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
        return SQLITE_CANTOPEN;
    }
    if (name == NULL) {
        node = disk_create_temporary();
    } else {
        (void)snprintf(handle->name, sizeof(handle->name), "%s", name);
        if (node == NULL) {
            node = disk_create(name);
            handle->sync_folder = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
        }
        disk_open(node);
    }
    handle->base.pMethods = &methods;
    handle->node = node;
    handle->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
    if (out != NULL) {
        *out = flags;
    }
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    int rc = disk_enter(FAKE_DISK_DELETE);

    (void)vfs;
    if (rc != SQLITE_OK) {
        return rc;
    }
    if (!disk_unlink(name)) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    if (sync != 0) {
        rc = disk_enter(FAKE_DISK_SYNC);
        if (rc != SQLITE_OK) {
            return SQLITE_IOERR_DIR_FSYNC;
        }
        disk_sync_folder();
    }
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct disk_node *node = disk_find(name);

    (void)vfs;
    *out = node != NULL && (flags != SQLITE_ACCESS_EXISTS || node->bytes.n > 0);
    return SQLITE_OK;
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    int n = snprintf(out, (size_t)size, "%s", name);

    (void)vfs;
    return n >= 0 && n < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++) {
        out[i] = (char)(i * 37 + 11);
    }
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = FAKE_TIME;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    if (size > 0) {
        out[0] = '\0';
    }
    return 0;
}

void disk_vfs_install(void)
{
    door.real = sqlite3_vfs_find(NULL);
    weh_assert(door.real != NULL && door.real != &door.vfs);
    door.vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = FAKE_NAME_SIZE - 1,
        .zName = "weh-disk",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time,
    };
    weh_assert(sqlite3_vfs_register(&door.vfs, 1) == SQLITE_OK);
}

void disk_vfs_uninstall(void)
{
    weh_assert(sqlite3_vfs_unregister(&door.vfs) == SQLITE_OK);
    weh_assert(sqlite3_vfs_register(door.real, 1) == SQLITE_OK);
}
