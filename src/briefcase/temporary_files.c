/* src/briefcase/temporary_files.c - SQLite's temporary files, with what a client's query writes counted.
 *
 * A layer over SQLite's own VFS, for files without a name only: sorters, tables that a query makes. All
 * other files are opened by the VFS beneath and never come here again.
 */
#include <stddef.h>

#include "query_memory.h"

struct counted_file {
    sqlite3_file base;
    int64_t size;
    sqlite3_file *beneath; /* behind this struct, in the same memory */
};

/* Set once, before there are threads. */
static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *beneath;
} layer;

static sqlite3_file *beneath(sqlite3_file *file)
{
    return ((struct counted_file *)(void *)file)->beneath;
}

static int file_close(sqlite3_file *file)
{
    return beneath(file)->pMethods->xClose(beneath(file));
}

static int file_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    return weh_query_memory_file(beneath(file)->pMethods->xRead(beneath(file), bytes, n, at));
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    struct counted_file *counted = (struct counted_file *)(void *)file;

    if (at + n > counted->size) {
        weh_query_memory_wrote(at + n - counted->size);
        counted->size = at + n;
    }
    return weh_query_memory_file(beneath(file)->pMethods->xWrite(beneath(file), bytes, n, at));
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    ((struct counted_file *)(void *)file)->size = size;
    return weh_query_memory_file(beneath(file)->pMethods->xTruncate(beneath(file), size));
}

static int file_sync(sqlite3_file *file, int flags)
{
    return weh_query_memory_file(beneath(file)->pMethods->xSync(beneath(file), flags));
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return weh_query_memory_file(beneath(file)->pMethods->xFileSize(beneath(file), size));
}

static int file_lock(sqlite3_file *file, int level)
{
    return beneath(file)->pMethods->xLock(beneath(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return beneath(file)->pMethods->xUnlock(beneath(file), level);
}

static int file_reserved(sqlite3_file *file, int *out)
{
    return beneath(file)->pMethods->xCheckReservedLock(beneath(file), out);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return beneath(file)->pMethods->xFileControl(beneath(file), op, arg);
}

static int file_sector(sqlite3_file *file)
{
    return beneath(file)->pMethods->xSectorSize(beneath(file));
}

static int file_device(sqlite3_file *file)
{
    return beneath(file)->pMethods->xDeviceCharacteristics(beneath(file));
}

static const sqlite3_io_methods methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
};

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    struct counted_file *counted = (struct counted_file *)(void *)file;
    int rc;

    (void)vfs;
    if (name != NULL) {
        return layer.beneath->xOpen(layer.beneath, name, file, flags, out_flags);
    }
    *counted = (struct counted_file){ .beneath = (sqlite3_file *)(void *)(counted + 1) };
    rc = layer.beneath->xOpen(layer.beneath, NULL, counted->beneath, flags, out_flags);
    if (counted->beneath->pMethods != NULL) {
        counted->base.pMethods = &methods;
    }
    return weh_query_memory_file(rc);
}

int weh_temporary_files_install(void)
{
    if (layer.beneath != NULL) {
        return SQLITE_OK;
    }
    layer.beneath = sqlite3_vfs_find(NULL);
    if (layer.beneath == NULL) {
        return SQLITE_ERROR;
    }
    layer.vfs = *layer.beneath;
    layer.vfs.pNext = NULL;
    layer.vfs.zName = "weh";
    layer.vfs.szOsFile += (int)sizeof(struct counted_file);
    layer.vfs.xOpen = open_file;
    return sqlite3_vfs_register(&layer.vfs, 1);
}
