/* tests/fake/fake_disk.h - storage in memory that fails when told to and can lose power.
 *
 * One folder, FAKE_DISK_FOLDER, for SQLite (it becomes the default VFS) and for the calls of libc
 * that the product makes itself (fake_disk_calls.c, by the linker's --wrap). What is written is seen
 * at once, as through the kernel's cache; what survives a power cut is told from the log of all that
 * was done (fake_power.h): nothing but what was synced is promised, names included. SQLite's clock
 * stands still. One thread at a time.
 */
#ifndef WEH_FAKE_DISK_H
#define WEH_FAKE_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_DISK_FOLDER "/fake-disk/"
#define FAKE_NAME_SIZE   96

/** Kinds of calls; one or more of them. */
enum fake_disk_op {
    FAKE_DISK_OPEN = 1 << 0,
    FAKE_DISK_READ = 1 << 1,
    FAKE_DISK_WRITE = 1 << 2,
    FAKE_DISK_SYNC = 1 << 3, /* of files and of the folder */
    FAKE_DISK_TRUNCATE = 1 << 4,
    FAKE_DISK_DELETE = 1 << 5,
    FAKE_DISK_LOCK = 1 << 6, /* of the file; in the log's index all but the readers' */
    FAKE_DISK_SHM = 1 << 7,  /* mapping the log's index */
    FAKE_DISK_RENAME = 1 << 8,
    FAKE_DISK_ALL = 0x1ff,
};

/** Become SQLite's default VFS. SQLite must be initialised. */
void fake_disk_install(void);
/** Give the place back. Nothing may be open. */
void fake_disk_uninstall(void);

/**
 * Let the @nth call (1 is the next) of one of the kinds @ops fail with @rc, a code of SQLite's; libc's
 * calls say ENOSPC for SQLITE_FULL and EIO else. With @lasting also all of those kinds after it. A
 * write that fails leaves its first half, a sync that fails has synced nothing.
 */
void fake_disk_fail_at(unsigned ops, unsigned nth, int rc, bool lasting);
/** No more failures, and counting from 0. */
void fake_disk_reset(void);
/** True: neither fail nor count, until false. */
void fake_disk_pause(bool paused);
/** Calls of the kinds @ops since the last reset or fail_at. */
unsigned fake_disk_count(unsigned ops);
/** True when a call has failed since the last fail_at. */
bool fake_disk_has_failed(void);

/* ---- images: all files and what is in them ---- */

struct fake_image;

struct fake_image *fake_image_create(void);
void fake_image_destroy(struct fake_image *image);
/** Set the file @name (without the folder); @bytes are copied. */
void fake_image_put(struct fake_image *image, const char *name, const void *bytes, size_t n);
/** The bytes of @name, borrowed, or NULL. */
const uint8_t *fake_image_get(const struct fake_image *image, const char *name, size_t *n);
size_t fake_image_count(const struct fake_image *image);
const char *fake_image_name(const struct fake_image *image, size_t i);
uint64_t fake_image_hash(const struct fake_image *image);

/** What is on the disk now: what somebody finds who comes after kill -9. */
struct fake_image *fake_disk_image(void);
/** Let the disk hold @image and nothing else, all of it synced. Nothing may be open. */
void fake_disk_load(const struct fake_image *image);
bool fake_disk_has(const char *name);

/* ---- the log of what was done ---- */

struct fake_log;

/** Begin to write down what is done, from the disk as it is now. Ends an earlier log's writing. */
struct fake_log *fake_log_begin(void);
/** A place in the log: everything before it had been done. */
size_t fake_log_length(const struct fake_log *log);
void fake_log_end(struct fake_log *log);
void fake_log_destroy(struct fake_log *log);

#endif
