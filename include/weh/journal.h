/* include/weh/journal.h - unsaved changes on stable storage: the recovery journal of one briefcase.
 *
 * A file beside the briefcase (FILE.weh-journal) that holds what is unsaved, so that it outlives the
 * process. It belongs to one saved state of the file and fits no other. It is written by whoever
 * decides when (weh_journal_write), and goes with the changes: with every save, abandon, undo
 * and redo. One that is found when the file is opened, or that outlives its changes because storage
 * or memory failed, is *pending*: somebody must decide, with weh_journal_restore or _drop. Until then
 * nothing may be edited, which is the caller's to see to; nothing here overwrites it.
 *
 * Everything belongs to one stack and is used by one thread at a time. Nothing happens in a briefcase
 * that is open for reading.
 */
#ifndef WEH_JOURNAL_H
#define WEH_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/txn_author.h"

struct weh_txn_stack;

#define WEH_JOURNAL_USER_MAX WEH_TXN_AUTHOR_MAX

enum weh_journal_state {
    WEH_JOURNAL_NONE,
    WEH_JOURNAL_PENDING, /* it fits the file */
    WEH_JOURNAL_STALE,   /* the file has been saved since */
    WEH_JOURNAL_DAMAGED,
    WEH_JOURNAL_FOREIGN /* of another iModel or briefcase */
};

struct weh_journal_info {
    int64_t time_ms; /* when it was written */
    char user[WEH_JOURNAL_USER_MAX + 1];
    uint64_t n_rows;  /* rows of the file that it changes */
    uint64_t n_bytes; /* of these changes */
};

/**
 * Look for a journal of an earlier session; call it once, before the first edit.
 *
 * One that fits becomes pending. One that does not is never applied, and out of the way afterwards:
 * renamed to FILE.weh-journal.kept-N, because somebody may want what is in it.
 *
 * @info  filled unless NONE or DAMAGED.
 *
 * WEH_E_NOMEM, those of weh_db_fail, and what weh_file_fail makes of a file that cannot be read or
 * renamed.
 */
WEH_MUST_CHECK weh_err weh_journal_look(struct weh_txn_stack *stack, enum weh_journal_state *state,
                                        struct weh_journal_info *info, struct weh_diag *diag);

/** True while somebody must decide about a journal. */
bool weh_journal_is_pending(const struct weh_txn_stack *stack);

/** What the pending journal holds. WEH_E_NOT_FOUND when there is none, else as weh_journal_look. */
WEH_MUST_CHECK weh_err weh_journal_get_info(struct weh_txn_stack *stack,
                                            struct weh_journal_info *info, struct weh_diag *diag);

/** True when something may have been edited since the journal was written, if ever. */
bool weh_journal_is_due(const struct weh_txn_stack *stack);

/**
 * Write what is unsaved; when nothing is, remove the journal that there was.
 *
 * Afterwards, also after a power cut at any moment, there is either the journal from before or the
 * new one, whole. Nothing happens when nothing was edited since the last one, or one is pending.
 *
 * @user     who edits; cut at WEH_JOURNAL_USER_MAX.
 * @written  a journal of what is unsaved now is on stable storage.
 *
 * WEH_E_NOMEM, those of weh_db_fail, WEH_E_DISK_FULL, WEH_E_IO, WEH_E_READ_ONLY: the journal from
 * before is still there, the session goes on.
 */
WEH_MUST_CHECK weh_err weh_journal_write(struct weh_txn_stack *stack, const char *user,
                                         bool *written, struct weh_diag *diag);

/** What is unsaved is to be dropped on purpose: remove its journal, if there is one. Not a pending one. */
void weh_journal_discard(struct weh_txn_stack *stack);

/**
 * Do the edits of the pending journal again: they are unsaved then, as before, and the journal is
 * that of this session. Each row must be what the journal says it was, and afterwards the changes are
 * those of the journal, byte for byte. The observer hears of the changes (changed) with the id of
 * the next transaction.
 *
 * WEH_E_NOT_FOUND (none is pending), WEH_E_UNSAVED_CHANGES, WEH_E_CANNOT_RESTORE (it does not fit, or
 * is damaged), WEH_E_NOMEM, those of weh_db_fail: nothing has changed, the journal is pending still.
 */
WEH_MUST_CHECK weh_err weh_journal_restore(struct weh_txn_stack *stack, struct weh_diag *diag);

/** Remove the pending journal for good. WEH_E_NOT_FOUND, those of weh_file_fail. */
WEH_MUST_CHECK weh_err weh_journal_drop(struct weh_txn_stack *stack, struct weh_diag *diag);

#endif
