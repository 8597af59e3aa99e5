/* include/weh/spill.h - bytes that are kept in memory while they are few, and in a file when not.
 *
 * The file is a temporary one without a name, in the folder that SQLite uses for its own (SQLITE_TMPDIR,
 * TMPDIR, /var/tmp, /tmp); it is gone with the process. One thread at a time.
 */
#ifndef WEH_SPILL_H
#define WEH_SPILL_H

#include "weh/buf.h"

struct weh_spill {
    struct weh_buf tail;  /* the last bytes, which are not in the file; may be appended to */
    size_t keep_bytes;    /* the tail goes into the file when it is larger; 0: 256 KiB */
    uint64_t limit_bytes; /* of all; 0: no limit */
    uint64_t in_file;
    int fd_plus_1; /* 0: none */
};

/** Free the memory and the file. Zeroed memory is fine. The bounds stay. */
void weh_spill_fini(struct weh_spill *spill);
/** Forget the bytes and the file; a small tail keeps its memory. */
void weh_spill_clear(struct weh_spill *spill);

static inline uint64_t weh_spill_len(const struct weh_spill *spill)
{
    return spill->in_file + spill->tail.len;
}

/** True when all bytes are in tail. */
static inline bool weh_spill_is_small(const struct weh_spill *spill)
{
    return spill->in_file == 0;
}

/** To be called after bytes have been added to tail: sees to the bounds.
 * WEH_E_NOMEM, WEH_E_TOO_LARGE (sticky errors of tail), WEH_E_LIMIT, WEH_E_DISK_FULL, WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_spill_settle(struct weh_spill *spill, struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_spill_append(struct weh_spill *spill, const void *bytes, size_t n,
                                        struct weh_diag *diag);
/** Copy the @n bytes from @offset on, which must be there. WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_spill_read(const struct weh_spill *spill, uint64_t offset, void *to,
                                      size_t n, struct weh_diag *diag);

#endif
