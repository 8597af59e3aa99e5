/* include/weh/briefcase_txn.h - transactions of SQLite in an open briefcase; src/txn decides when.
 *
 * Threads as in briefcase.h.
 */
#ifndef WEH_BRIEFCASE_TXN_H
#define WEH_BRIEFCASE_TXN_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"

struct weh_briefcase;

/** COMMIT, touch FILE-watch if it exists, BEGIN IMMEDIATE again. On failure rolled back (and begun
 * again when possible): WEH_E_DISK_FULL, WEH_E_IO, others of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_briefcase_commit(struct weh_briefcase *briefcase, struct weh_diag *diag);

/** ROLLBACK, forget the id sequences, BEGIN IMMEDIATE again. */
WEH_MUST_CHECK weh_err weh_briefcase_rollback(struct weh_briefcase *briefcase,
                                              struct weh_diag *diag);

/**
 * A savepoint around one edit: an edit that fails leaves nothing behind. An edit that begins within
 * another is part of it and has no savepoint of its own: when it fails, the outer one must end
 * without being kept.
 */
WEH_MUST_CHECK weh_err weh_briefcase_edit_begin(struct weh_briefcase *briefcase,
                                                struct weh_diag *diag);
/**
 * The same without a savepoint, for an edit that takes back its own rows when it fails: a savepoint
 * copies every page that the edit touches. When taking back fails too, weh_briefcase_edit_lose.
 */
WEH_MUST_CHECK weh_err weh_briefcase_edit_begin_plain(struct weh_briefcase *briefcase,
                                                      struct weh_diag *diag);
/** Half an edit must not stay: roll everything unsaved back, as SQLite does when storage fails. */
void weh_briefcase_edit_lose(struct weh_briefcase *briefcase);

/** Release (@keep) or roll back to the savepoint. */
WEH_MUST_CHECK weh_err weh_briefcase_edit_end(struct weh_briefcase *briefcase, bool keep,
                                              struct weh_diag *diag);

/**
 * True when SQLite has rolled back everything unsaved by itself, which it does when a statement
 * fails for want of space or memory or by an I/O error. Until weh_briefcase_rollback is called
 * (when whoever keeps something about unsaved changes has forgotten it) every edit and commit
 * answers WEH_E_IO; a commit that answers so has called it.
 */
bool weh_briefcase_lost_transaction(const struct weh_briefcase *briefcase);

/* ---- savepoints: marks in what is unsaved, outside of edits; they end with the transaction ---- */

/** A mark inside those there are; its number is their count. WEH_E_LIMIT (32), WEH_E_READ_ONLY. */
WEH_MUST_CHECK weh_err weh_briefcase_savepoint(struct weh_briefcase *briefcase,
                                               struct weh_diag *diag);
/** Rows and id sequences as they were at mark @number, which stays; on failure all that is unsaved
 * is lost (weh_briefcase_lost_transaction). */
WEH_MUST_CHECK weh_err weh_briefcase_savepoint_rollback(struct weh_briefcase *briefcase,
                                                        uint32_t number, struct weh_diag *diag);
/** End mark @number and those inside it. */
WEH_MUST_CHECK weh_err weh_briefcase_savepoint_release(struct weh_briefcase *briefcase,
                                                       uint32_t number, struct weh_diag *diag);
uint32_t weh_briefcase_savepoint_count(const struct weh_briefcase *briefcase);

/** How often everything unsaved has been rolled back, by whomever. */
uint64_t weh_briefcase_rollback_count(const struct weh_briefcase *briefcase);

#endif
