/* include/weh/file_state.h - has a file changed since it was last open?
 *
 * For what is remembered between sessions. Told by the file's identity and times, never by guessing: when
 * they cannot tell, there is no state.
 */
#ifndef WEH_FILE_STATE_H
#define WEH_FILE_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct weh_briefcase;

/** What stands for the content of a file while it is equal. */
struct weh_file_state {
    uint64_t device;
    uint64_t inode;
    int64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns;
    bool settled; /* old enough: equal times later mean equal content */
};

bool weh_file_state_is_same(const struct weh_file_state *a, const struct weh_file_state *b);

/**
 * The state of the file that an open transaction reads (a writable briefcase has one; else
 * weh_briefcase_read_begin). False when none can be told: part of the content is in the log, or the
 * file was replaced.
 */
bool weh_briefcase_file_state(struct weh_briefcase *briefcase, struct weh_file_state *out);

/**
 * Before closing a writable briefcase: drop what is unsaved, move the log into the file, and tell the
 * state that it has then, settled. Sets the file's time of modification. False when that is not
 * possible (somebody reads the log, or the times may not be set). Only weh_briefcase_close may follow.
 */
bool weh_briefcase_settle(struct weh_briefcase *briefcase, struct weh_file_state *out);

#endif
