/* src/txn/journal_priv.h - the recovery journal as a file; what it is for stands in weh/journal.h.
 *
 * Little-endian: magic, u32 version, u32 flags, the rest of the head (JOURNAL_HEAD_BYTES); a SQLite
 * changeset; u64 rows, u64 bytes of the changeset, SHA-256 of everything before.
 */
#ifndef WEH_JOURNAL_PRIV_H
#define WEH_JOURNAL_PRIV_H

#include <limits.h>

#include "weh/id_marks.h"
#include "weh/journal.h"

#include "stack_priv.h"

#define JOURNAL_HEAD_BYTES 224
#define JOURNAL_TAIL_BYTES 48
#define JOURNAL_SUFFIX     ".weh-journal"

struct journal_head {
    struct weh_guid imodel;
    uint32_t briefcase_id;
    int64_t time_ms;
    uint8_t fingerprint[JOURNAL_FINGERPRINT_BYTES]; /* of the saved state that it belongs to */
    struct weh_id_marks ids;
    bool restart; /* a restart of the session that no save has written yet */
    char user[WEH_JOURNAL_USER_MAX + 1];
};

struct journal_writer;

/** Begin a new journal at @path (kept), under another name until it is whole. */
WEH_MUST_CHECK weh_err journal_writer_begin(const char *path, const struct journal_head *head,
                                            struct journal_writer **out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err journal_writer_put(struct journal_writer *writer, const void *bytes,
                                          size_t n, struct weh_diag *diag);
/** It takes the place of the old one, on stable storage; @writer is gone, whatever the result. */
WEH_MUST_CHECK weh_err journal_writer_finish(struct journal_writer *writer, uint64_t n_rows,
                                             struct weh_diag *diag);
/** The old one stays (NULL is fine). */
void journal_writer_abandon(struct journal_writer *writer);

struct journal_content {
    bool found;
    bool whole; /* else damaged, and nothing below means anything */
    struct journal_head head;
    uint64_t n_rows;
    uint64_t n_bytes;
};

/**
 * Read and check the file at @path.
 *
 * @changes  the changeset is appended; NULL: only checked.
 *
 * WEH_E_NOMEM, and what weh_file_fail makes of a file that cannot be read.
 */
WEH_MUST_CHECK weh_err journal_read(const char *path, struct journal_content *out,
                                    struct weh_buf *changes, struct weh_diag *diag);

/** SHA-256 of what every saved transaction, undo, push or pull changes in the file. */
WEH_MUST_CHECK weh_err journal_fingerprint(struct weh_txn_stack *stack, struct weh_diag *diag);

/* ---- journal_apply.c ---- */

/** Do the edits of the changeset @bytes, as if by hand: afterwards they are unsaved.
 * WEH_E_CANNOT_RESTORE when they do not fit, else as weh_db_fail; then the caller must roll back. */
WEH_MUST_CHECK weh_err journal_apply(struct weh_txn_stack *stack, const uint8_t *bytes, size_t len,
                                     struct weh_diag *diag);

#endif
