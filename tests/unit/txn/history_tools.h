/* tests/unit/txn/history_tools.h - what the tests of undo and redo across sessions share. */
#ifndef WEH_HISTORY_TOOLS_H
#define WEH_HISTORY_TOOLS_H

#include "txn_fixture.h"

/** One subject a transaction: its code and the description are @name. */
struct weh_txn_id history_save(struct fixture *f, unsigned id, const char *name);
bool history_has(struct fixture *f, unsigned id);
/** What can be undone and redone is called so; NULL: nothing can. */
void assert_strings(struct fixture *f, const char *undo, const char *redo);
/** Reverse, which may fail. */
weh_err try_reverse(struct fixture *f, uint32_t count);
/** The same down to @id; *@n transactions were reversed. */
weh_err try_reverse_to(struct fixture *f, uint64_t id, bool cancel, size_t *n);
/** Run and commit @sql as somebody else would: without a transaction of its own. */
void write_elsewhere(struct fixture *f, const char *sql);

#endif
