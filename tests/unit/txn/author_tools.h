/* tests/unit/txn/author_tools.h - who saves, and who is said to have saved, for the tests of authors. */
#ifndef WEH_AUTHOR_TOOLS_H
#define WEH_AUTHOR_TOOLS_H

#include "weh/txn_author.h"

#include "journal_tools.h"

/** Failures that were told since saves_as. */
extern unsigned n_author_failures;

/** @user, NULL: nobody who is known, saves in @f from now on. */
void saves_as(struct fixture *f, const char *user);
/** The file closed, and opened by @user. */
void reopen_as(struct fixture *f, const char *user);
/** One transaction more. */
void save_one(struct fixture *f);

/** The users in the order of the transactions, "-" for none, separated by blanks; those of reversed ones in brackets. */
const char *users_of(struct fixture *f);
/** The same without a check of the result. */
weh_err list_users(struct fixture *f, const char **out);

/** FILE.weh-authors with @ending. */
void authors_path(const struct fixture *f, const char *ending, char out[128]);
bool authors_are_there(const struct fixture *f, const char *ending);

#endif
