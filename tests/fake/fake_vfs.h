/* tests/fake/fake_vfs.h - the file system as SQLite sees it, failing when told to.
 *
 * Stands between SQLite and its own unix VFS, for all connections opened while it is installed. It
 * counts the calls of each kind and lets the n-th, and if wanted all after it, fail with a code of
 * the test's choice. Threads: any, but one installs.
 *
 *     fake_vfs_install();
 *     for (unsigned nth = 1; nth < 1000; nth++) {
 *         fake_vfs_fail_at(FAKE_VFS_WRITE | FAKE_VFS_SYNC, nth, SQLITE_FULL, false);
 *         err = ...;
 *         failed = fake_vfs_has_failed();
 *         fake_vfs_reset();
 *         if (!failed) { break; }     // fewer than nth calls: everything has been tried
 *     }
 *     fake_vfs_uninstall();
 */
#ifndef WEH_FAKE_VFS_H
#define WEH_FAKE_VFS_H

#include <stdbool.h>

/** Kinds of calls; one or more of them. */
enum fake_vfs_op {
    FAKE_VFS_OPEN = 1 << 0,
    FAKE_VFS_READ = 1 << 1,
    FAKE_VFS_WRITE = 1 << 2,
    FAKE_VFS_SYNC = 1 << 3,
    FAKE_VFS_TRUNCATE = 1 << 4,
    FAKE_VFS_DELETE = 1 << 5,
    FAKE_VFS_LOCK = 1 << 6, /* of the file; in the log's index all but the readers' */
    FAKE_VFS_SHM = 1 << 7,  /* mapping the log's index */
    FAKE_VFS_CHANGES = FAKE_VFS_WRITE | FAKE_VFS_SYNC | FAKE_VFS_TRUNCATE,
    FAKE_VFS_ALL = 0xff,
};

/** Become SQLite's default VFS. Initialises SQLite: configure it before. */
void fake_vfs_install(void);

/** Give the place back. No connection may be open. */
void fake_vfs_uninstall(void);

/**
 * Let the @nth call (1 is the next) of one of the kinds @ops fail with @rc, for example
 * SQLITE_IOERR_WRITE or SQLITE_FULL; with @lasting also all of those kinds after it.
 */
void fake_vfs_fail_at(unsigned ops, unsigned nth, int rc, bool lasting);

/** No more failures, and counting from 0. */
void fake_vfs_reset(void);

/** Calls of the kinds @ops since the last reset or fail_at. */
unsigned fake_vfs_count(unsigned ops);

/** True when a call has failed since the last fail_at. */
bool fake_vfs_has_failed(void);

#endif
