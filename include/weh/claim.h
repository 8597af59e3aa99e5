/* include/weh/claim.h - what sessions have open, kept in files so that the way back outlives the process.
 *
 * A claim says: whoever resumes the session with this id and token, as this user, had that briefcase open.
 * After a restart there is no such session, but the client can be led back to the briefcase, whose saved
 * transactions are in it and whose unsaved edits are in its recovery journal. Claims of an earlier
 * process are good once, for as long after the start as a session would have waited.
 *
 * Made to outlive the process, not a power cut: nothing is flushed. Tokens stand in the files as they
 * are, as the key that signs all credentials does beside them.
 */
#ifndef WEH_CLAIM_H
#define WEH_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/access.h"
#include "weh/err.h"
#include "weh/session.h"
#include "weh/str.h"

struct weh_claims;

#define WEH_CLAIM_NAME_SIZE 160

struct weh_claim {
    char session_id[24];
    char user[WEH_USER_SIZE];
    char token[WEH_RESUME_TOKEN_SIZE];
    char previous[WEH_RESUME_TOKEN_SIZE]; /* is good too; "": there is none */
    char name[WEH_CLAIM_NAME_SIZE];       /* what was open */
    bool is_checkout;                     /* the name is that of a briefcase, not an iModel */
    bool readonly;
};

/**
 * Read what the folder @folder (made when missing) has of an earlier process; what cannot be read as a
 * claim is removed. @good_ms: for how long they are good from now; 0: not at all.
 *
 * WEH_E_NOMEM, WEH_E_IO.
 */
WEH_MUST_CHECK weh_err weh_claims_open(const char *folder, uint64_t good_ms,
                                       struct weh_claims **out, struct weh_diag *diag);
/** The files stay (NULL is fine). */
void weh_claims_close(struct weh_claims *claims);

/** Write @claim, instead of what there was of its session. A failure leaves that or nothing. Any thread. */
WEH_MUST_CHECK weh_err weh_claims_put(struct weh_claims *claims, const struct weh_claim *claim,
                                      struct weh_diag *diag);
/** The session @session_id has nothing open any more. Any thread. */
void weh_claims_drop(struct weh_claims *claims, const char *session_id);

/** True when there is a claim of an earlier process for all three, and @out is it; then it is no more.
 * Any thread. */
bool weh_claims_take(struct weh_claims *claims, struct weh_str session_id, struct weh_str token,
                     const char *user, struct weh_claim *out);

#endif
