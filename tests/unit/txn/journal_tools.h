/* tests/unit/txn/journal_tools.h - journals written, found and brought back, for the tests of journals.
 *
 * A crash is made by copying the file with its log and journal while it is open, in a child process,
 * because closing a descriptor of an open database drops its locks.
 */
#ifndef WEH_JOURNAL_TOOLS_H
#define WEH_JOURNAL_TOOLS_H

#include "weh/journal.h"

#include "txn_fixture.h"

/** With the diagnosis when it is not. */
void assert_fixture_ok(const struct fixture *f, weh_err err);

/** FILE.weh-journal with @ending. */
void journal_path(const struct fixture *f, const char *ending, char out[128]);
bool journal_is_there(const struct fixture *f, const char *ending);

/** Write what is unsaved; must succeed. */
bool journal_write(struct fixture *f);
enum weh_journal_state journal_look(struct fixture *f);
/** Look, find one that fits, restore it. */
void journal_restore_pending(struct fixture *f);

void copy_bytes(const char *from, const char *to);
/** What a crash of @f would leave, opened as @out. */
void fixture_crash(const struct fixture *f, struct fixture *out);

/** small.bim with one transaction. */
void fixture_open_saved(struct fixture *f);
/** A row of be_Prop, which is neither timed nor followed by the propagator. */
void fixture_set_prop(struct fixture *f, unsigned id, const char *text);

#endif
