/* tests/crash/journal_steps.h - what scenarios do with a recovery journal.
 *
 * A step that leaves one ends with the file closed and opened anew: nothing is unsaved then, and the
 * journal waits for a decision.
 */
#ifndef CRASH_JOURNAL_STEPS_H
#define CRASH_JOURNAL_STEPS_H

#include "world.h"

/** Edit, write, edit on, write; it stays open. */
weh_err saved_and_journaled(struct world *w);
weh_err leave_journal(struct world *w);
weh_err leave_journal_of_geometry(struct world *w);
weh_err leave_journal_of_many(struct world *w);
weh_err leave_journal_of_restart(struct world *w);
/** Of edits that take each other back. */
weh_err leave_journal_of_nothing(struct world *w);

weh_err restore_and_save(struct world *w);
weh_err restore_and_abandon(struct world *w);
/** Restored, killed, restored, edited on, written and left. */
weh_err restore_and_leave(struct world *w);

/* ---- without a kill in between ---- */

weh_err journal_and_save(struct world *w);
weh_err journal_and_undo(struct world *w);
weh_err journal_and_abandon(struct world *w);

#endif
