/* include/weh/txn_savepoint.h - named savepoints in the unsaved changes of a transaction stack.
 *
 * They lie inside each other, at most 32, and all end with the unsaved changes they stand in: by
 * save, abandon, undo, redo, and when SQLite rolls back by itself. A name may be given again; the
 * innermost of that name is meant then.
 */
#ifndef WEH_TXN_SAVEPOINT_H
#define WEH_TXN_SAVEPOINT_H

#include <stddef.h>

#include "weh/err.h"
#include "weh/str.h"

struct weh_txn_stack;

/**
 * Remember the changes as they are now.
 *
 * @mark  the caller's; weh_txn_rollback_to gives it back.
 *
 * WEH_E_LIMIT, WEH_E_READ_ONLY, WEH_E_NOMEM, those of weh_db_fail; nothing has happened then.
 */
WEH_MUST_CHECK weh_err weh_txn_savepoint(struct weh_txn_stack *stack, struct weh_str name,
                                         size_t mark, struct weh_diag *diag);

/**
 * Take back what was changed since; id sequences too. The savepoint stays, those inside it end.
 *
 * WEH_E_NOT_FOUND (where is "name"; nothing has happened), those of weh_db_fail (everything unsaved
 * is lost; weh_briefcase_lost_transaction).
 */
WEH_MUST_CHECK weh_err weh_txn_rollback_to(struct weh_txn_stack *stack, struct weh_str name,
                                           size_t *mark, struct weh_diag *diag);

/** End the savepoint and those inside it; the changes stay. WEH_E_NOT_FOUND. */
WEH_MUST_CHECK weh_err weh_txn_release(struct weh_txn_stack *stack, struct weh_str name,
                                       struct weh_diag *diag);

#endif
