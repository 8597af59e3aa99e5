/* tests/fake/fake_disk_priv.h - the disk as its two doors (SQLite's VFS, libc) and its log see it. */
#ifndef WEH_FAKE_DISK_PRIV_H
#define WEH_FAKE_DISK_PRIV_H

#include <sys/stat.h>

#include "weh/compiler.h"

#include "fake_disk.h"

#define MAX_NAMES   24
#define N_SHM_LOCKS 8
#define MAX_REGIONS 64

struct disk_bytes {
    uint8_t *data;
    size_t n;
    size_t capacity;
};

/** The index of a log, shared by the handles of one file. */
struct disk_shm {
    void *regions[MAX_REGIONS];
    int n_regions;
    unsigned n_users;
    unsigned n_shared[N_SHM_LOCKS];
    const void *exclusive[N_SHM_LOCKS];
};

/** One file; lives as long as it has a name or a handle. */
struct disk_node {
    struct disk_bytes bytes;
    unsigned number; /* in the log */
    unsigned n_names;
    unsigned n_handles;
    uint64_t inode;
    struct timespec changed;
    unsigned n_locked; /* shared or more */
    const void *reserved;
    const void *exclusive; /* or waiting for it */
    struct disk_shm shm;
};

/** What a log holds. */
enum disk_event {
    DISK_WROTE,
    DISK_TRUNCATED,
    DISK_SYNCED,
    DISK_CREATED,
    DISK_UNLINKED,
    DISK_RENAMED,
    DISK_LINKED,
    DISK_SYNCED_FOLDER,
};

struct log_entry {
    enum disk_event event;
    unsigned node;
    size_t at; /* or the new size */
    size_t n;
    uint8_t *bytes;
    char name[FAKE_NAME_SIZE]; /* without the folder */
    char to[FAKE_NAME_SIZE];
};

struct fake_log {
    struct fake_image *base; /* its i-th file is node i */
    struct log_entry *entries;
    size_t n;
    size_t capacity;
};

/** weh_assert where it stands inside of other blocks. */
static inline void disk_must(bool holds)
{
    weh_assert(holds);
}

/* ---- bytes ---- */

void bytes_write(struct disk_bytes *bytes, size_t at, const void *from, size_t n);
void bytes_resize(struct disk_bytes *bytes, size_t n);
void bytes_copy(struct disk_bytes *to, const struct disk_bytes *from);
void bytes_fini(struct disk_bytes *bytes);

/* ---- the disk; names with or without the folder ---- */

/** Count a call; the code to fail with, or SQLITE_OK. */
int disk_enter(enum fake_disk_op op);
bool disk_owns(const char *path);
struct disk_node *disk_find(const char *name);
/** A new empty file; the name must be free. Not opened. */
struct disk_node *disk_create(const char *name);
/** An open file without a name. */
struct disk_node *disk_create_temporary(void);
void disk_open(struct disk_node *node);
void disk_close(struct disk_node *node);
void disk_write(struct disk_node *node, size_t at, const void *from, size_t n);
void disk_truncate(struct disk_node *node, size_t n);
void disk_sync(struct disk_node *node);
void disk_sync_folder(void);
bool disk_unlink(const char *name);
/** The file @from becomes @to, which it replaces; @keep: @from stays too. */
void disk_rename(const char *from, const char *to, bool keep);
void disk_stat(const struct disk_node *node, struct stat *out);

/* ---- fake_disk_vfs.c ---- */
void disk_vfs_install(void);
void disk_vfs_uninstall(void);

#endif
