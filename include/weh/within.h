/* include/weh/within.h - what waits behind a running request, and running it within that request.
 *
 * For a handler (worker thread) that takes long and can be left alone for a while.
 */
#ifndef WEH_WITHIN_H
#define WEH_WITHIN_H

#include "weh/method.h"

/** What waits behind the running request. */
enum weh_waiting {
    WEH_WAITING_NONE,
    WEH_WAITING_READS, /* nothing that edits the open briefcase; or answers, for room in the outbox */
    WEH_WAITING_EDITS
};
/** Takes no lock: asked often. */
enum weh_waiting weh_session_waiting(const struct weh_session *session);

typedef bool (*weh_may_run)(const struct weh_method *method);
/**
 * Run what waits, in its order, up to the first that @may_run refuses, within the running request, whose
 * reply comes after theirs; as much as a turn of the session is. What the running request works with must bear
 * that. Nothing happens when this is called by a request that runs so itself, while the session ends, and while
 * its client has not read what it was answered.
 *
 * @return true when @may_run has refused what waits first: it waits for the end of the running request.
 */
bool weh_session_run_waiting(struct weh_session *session, weh_may_run may_run);

#endif
