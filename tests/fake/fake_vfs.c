/* tests/fake/fake_vfs.c - a SQLite VFS that counts and fails (see fake_vfs.h). */
#include "fake_vfs.h"

#include <stddef.h>
#include <string.h>

#include <pthread.h>
#include <sqlite3.h>

#include "weh/compiler.h"

#define N_OPS 8

struct fake_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, in the same memory */
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    pthread_mutex_t lock; /* of what follows */
    unsigned counts[N_OPS];
    unsigned fail_ops;
    unsigned fail_left; /* calls until the failure; 0: never */
    int fail_rc;
    bool fail_lasting;
    bool failed;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int enter_locked(enum fake_vfs_op op)
{
    for (unsigned i = 0; i < N_OPS; i++) {
        fake.counts[i] += ((unsigned)op >> i) & 1U;
    }
    if ((fake.fail_ops & (unsigned)op) == 0 || fake.fail_left == 0) {
        return SQLITE_OK;
    }
    if (fake.fail_left > 1) {
        fake.fail_left--;
        return SQLITE_OK;
    }
    if (!fake.fail_lasting) {
        fake.fail_left = 0;
    }
    fake.failed = true;
    return fake.fail_rc;
}

/** Count a call; the code to fail with, or SQLITE_OK. */
static int enter(enum fake_vfs_op op)
{
    int rc;

    (void)pthread_mutex_lock(&fake.lock);
    rc = enter_locked(op);
    (void)pthread_mutex_unlock(&fake.lock);
    return rc;
}

static sqlite3_file *real_file(sqlite3_file *file)
{
    return ((struct fake_file *)(void *)file)->real;
}

static int file_close(sqlite3_file *file)
{
    return real_file(file)->pMethods->xClose(real_file(file));
}

static int file_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    int rc = enter(FAKE_VFS_READ);

    return rc != SQLITE_OK ? rc : real_file(file)->pMethods->xRead(real_file(file), bytes, n, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    int rc = enter(FAKE_VFS_WRITE);

    if (rc != SQLITE_OK) {
        /* As a full disk does: half of it is there. */
        (void)real_file(file)->pMethods->xWrite(real_file(file), bytes, n / 2, at);
        return rc;
    }
    return real_file(file)->pMethods->xWrite(real_file(file), bytes, n, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = enter(FAKE_VFS_TRUNCATE);

    return rc != SQLITE_OK ? rc : real_file(file)->pMethods->xTruncate(real_file(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    int rc = enter(FAKE_VFS_SYNC);

    return rc != SQLITE_OK ? rc : real_file(file)->pMethods->xSync(real_file(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    int rc = enter(FAKE_VFS_LOCK);

    return rc != SQLITE_OK ? rc : real_file(file)->pMethods->xLock(real_file(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static int file_is_reserved(sqlite3_file *file, int *reserved)
{
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), reserved);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real_file(file)->pMethods->xFileControl(real_file(file), op, arg);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    int rc = enter(FAKE_VFS_SHM);

    return rc != SQLITE_OK
               ? rc
               : real_file(file)->pMethods->xShmMap(real_file(file), page, size, extend, out);
}

static int shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    /* Only for the writer, a checkpoint or a recovery (the first three places, SQLite's file format
     * of the log's index); the readers' locks it tries again for up to ten seconds. */
    int rc = (flags & SQLITE_SHM_LOCK) != 0 && at < 3 ? enter(FAKE_VFS_LOCK) : SQLITE_OK;

    return rc != SQLITE_OK ? rc
                           : real_file(file)->pMethods->xShmLock(real_file(file), at, n, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real_file(file)->pMethods->xShmBarrier(real_file(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    return real_file(file)->pMethods->xShmUnmap(real_file(file), remove);
}

/* Version 2: without xFetch, so that every read comes through here. */
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

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct fake_file *own = (struct fake_file *)(void *)file;
    int rc = enter(FAKE_VFS_OPEN);

    (void)vfs;
    own->base.pMethods = NULL;
    if (rc != SQLITE_OK) {
        return rc;
    }
    own->real = (sqlite3_file *)(void *)(own + 1);
    memset(own->real, 0, (size_t)fake.real->szOsFile);
    rc = fake.real->xOpen(fake.real, name, own->real, flags, out);
    if (own->real->pMethods != NULL) {
        own->base.pMethods = &methods;
    }
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    int rc = enter(FAKE_VFS_DELETE);

    (void)vfs;
    return rc != SQLITE_OK ? rc : fake.real->xDelete(fake.real, name, sync);
}

void fake_vfs_install(void)
{
    fake.real = sqlite3_vfs_find(NULL);
    weh_assert(fake.real != NULL && fake.real != &fake.vfs);
    /* The other functions of the unix VFS use its own pAppData, which is copied along. */
    fake.vfs = *fake.real;
    fake.vfs.pNext = NULL;
    fake.vfs.zName = "weh-fake";
    fake.vfs.szOsFile = (int)sizeof(struct fake_file) + fake.real->szOsFile;
    fake.vfs.xOpen = vfs_open;
    fake.vfs.xDelete = vfs_delete;
    fake_vfs_reset();
    weh_assert(sqlite3_vfs_register(&fake.vfs, 1) == SQLITE_OK);
}

void fake_vfs_uninstall(void)
{
    weh_assert(sqlite3_vfs_unregister(&fake.vfs) == SQLITE_OK);
    weh_assert(sqlite3_vfs_register(fake.real, 1) == SQLITE_OK);
}

static void reset_locked(void)
{
    memset(fake.counts, 0, sizeof(fake.counts));
    fake.fail_left = 0;
}

void fake_vfs_fail_at(unsigned ops, unsigned nth, int rc, bool lasting)
{
    (void)pthread_mutex_lock(&fake.lock);
    reset_locked();
    fake.fail_ops = ops;
    fake.fail_left = nth;
    fake.fail_rc = rc;
    fake.fail_lasting = lasting;
    fake.failed = false;
    (void)pthread_mutex_unlock(&fake.lock);
}

void fake_vfs_reset(void)
{
    (void)pthread_mutex_lock(&fake.lock);
    reset_locked();
    (void)pthread_mutex_unlock(&fake.lock);
}

unsigned fake_vfs_count(unsigned ops)
{
    unsigned n = 0;

    (void)pthread_mutex_lock(&fake.lock);
    for (unsigned i = 0; i < N_OPS; i++) {
        n += ((ops >> i) & 1U) != 0 ? fake.counts[i] : 0;
    }
    (void)pthread_mutex_unlock(&fake.lock);
    return n;
}

bool fake_vfs_has_failed(void)
{
    bool failed;

    (void)pthread_mutex_lock(&fake.lock);
    failed = fake.failed;
    (void)pthread_mutex_unlock(&fake.lock);
    return failed;
}
