/* include/weh/txn_author.h - who saved the transactions of a briefcase.
 *
 * dgn_Txns has no place for it, and the file stays as the native library would have written it. So the users
 * stand in a file beside the briefcase (FILE.weh-authors, 0600): for each session of transactions that saved
 * something its user, with the id and the time of its first transaction. Only while the briefcase has that very
 * transaction does the entry count, for all transactions of its session: a file without it, one that was
 * replaced, a number that was given again have no names, never wrong ones.
 *
 * An entry is on stable storage before the first commit of its session. It is not worth a save: when it cannot
 * be written the save goes on, and its transactions have no name.
 */
#ifndef WEH_TXN_AUTHOR_H
#define WEH_TXN_AUTHOR_H

#include "weh/err.h"

struct weh_txn_stack;

#define WEH_TXN_AUTHOR_MAX 127 /* bytes of a name; a longer one is cut */

struct weh_txn_author {
    const char *user; /* kept: must outlive the stack. NULL or "": nobody's name is written */
    void *ctx;
    /** The file of names cannot be read, is none, or cannot be written: told once, then not before it has been
     * written again. May be NULL. */
    void (*failed)(void *ctx, const struct weh_diag *diag);
};

/** Who saves from now on; @author is copied. Without it names are read, and none is written. */
void weh_txn_set_author(struct weh_txn_stack *stack, const struct weh_txn_author *author);

#endif
