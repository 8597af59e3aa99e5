/* tests/unit/txn/failing_calls.h - the n-th allocation, call to the file system or access to the database fails.
 *
 * The calls to the file system are replaced by the linker (--wrap in meson.build); those of SQLite's files
 * go through. Not thread-safe.
 */
#ifndef WEH_TEST_FAILING_CALLS_H
#define WEH_TEST_FAILING_CALLS_H

#include <stdbool.h>

enum failing {
    FAILING_ALLOC,
    FAILING_FULL, /* the file system: ENOSPC */
    FAILING_IO,   /* the file system: EIO */
    FAILING_DATABASE,
    N_FAILING
};

/* More calls than any step has: one that fails at each of them has no end. */
#define FAILING_CALLS_MAX 2000

/** How many files that are not SQLite's were synced. */
extern unsigned failing_n_syncs;

/** From now on the @nth call of @kind fails, once. */
void failing_arm(enum failing kind, unsigned nth);
/** No call fails any more. Whether one did. */
bool failing_disarm(enum failing kind);

/** Whether it is the file system that fails. */
static inline bool failing_is_file(enum failing kind)
{
    return kind == FAILING_FULL || kind == FAILING_IO;
}

#endif
