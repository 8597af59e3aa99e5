/* include/weh/access.h - who somebody is, and what they may do: everywhere, or in single iModels.
 *
 * Scopes of a token say it (README.md, "Who may do what"): weh:view, weh:edit and weh:admin count for
 * every iModel, weh:edit:NAME for that one. An identity may be copied; what it may do in single
 * iModels is shared between the copies and never changes. Threads: any, one identity at a time.
 */
#ifndef WEH_ACCESS_H
#define WEH_ACCESS_H

#include <stdint.h>

#include "weh/err.h"
#include "weh/str.h"

/** What is allowed: each includes the ones before it. */
enum weh_access {
    WEH_ACCESS_NONE,
    WEH_ACCESS_VIEW,
    WEH_ACCESS_EDIT,
    WEH_ACCESS_ADMIN
};

#define WEH_USER_SIZE 128

/** "none", "view", "edit" or "admin". Static. */
const char *weh_access_name(enum weh_access access);

/** Access to single iModels; counted. */
struct weh_grants;

struct weh_identity {
    char user[WEH_USER_SIZE];
    enum weh_access access;    /* to every iModel */
    struct weh_grants *grants; /* to single ones beyond that; NULL: none */
    int64_t expires_ms;        /* wall clock */
};

/** What @access and @grants (may be NULL) allow with the iModel @name. */
enum weh_access weh_grants_access(enum weh_access access, const struct weh_grants *grants,
                                  struct weh_str name);

/** The most that @access and @grants allow with any iModel. */
enum weh_access weh_grants_highest(enum weh_access access, const struct weh_grants *grants);

/** One more holder of @grants (NULL is fine). */
struct weh_grants *weh_grants_acquire(struct weh_grants *grants);
void weh_grants_release(struct weh_grants *grants);

/** Make @to, which is uninitialised, a copy of @from. */
void weh_identity_copy(struct weh_identity *to, const struct weh_identity *from);

/** Forget. Zeroed memory is fine; @identity is zeroed afterwards. */
void weh_identity_fini(struct weh_identity *identity);

#define WEH_GRANTS_MAX 64 /* single iModels in one token */

/**
 * Add the scope @scope to @identity: "weh:edit", or "weh:edit:NAME" with the iModel's name
 * percent-encoded. What is no scope of ours is left alone: a token may have scopes of others.
 *
 * *@found is set when it is one of ours, left alone otherwise. @identity's grants are not shared yet.
 *
 * WEH_E_LIMIT (more than WEH_GRANTS_MAX iModels), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_identity_add_scope(struct weh_identity *identity, struct weh_str scope,
                                              bool *found, struct weh_diag *diag);

#endif
