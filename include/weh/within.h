/* include/weh/within.h - what waits behind a running request, and running it within that request.
 *
 * For a handler (worker thread) that takes long and can be left alone for a while.
 */
#ifndef WEH_WITHIN_H
#define WEH_WITHIN_H

#include "weh/method.h"

/** So many requests of a session may wait at a time while others run within them, each within the one before. */
#define WEH_WITHIN_MAX 8

/** What waits behind the running request. */
enum weh_waiting {
    WEH_WAITING_NONE,
    WEH_WAITING_READS, /* nothing that edits the open briefcase; or answers, for room in the outbox */
    WEH_WAITING_EDITS
};
/** Takes no lock: asked often. */
enum weh_waiting weh_session_waiting(const struct weh_session *session);

/** May a waiting request run now? */
enum weh_may_run {
    WEH_MAY_RUN,
    WEH_MAY_RUN_LATER, /* others may overtake it */
    WEH_MAY_RUN_AFTER, /* when the running request is over; what is behind it waits too */
    WEH_MAY_RUN_LOOK   /* its params decide: ask again with them */
};

struct weh_within {
    void *ctx;
    /** @params as the message has them; NULL at first. */
    enum weh_may_run (*may_run)(void *ctx, const struct weh_method *method,
                                const struct weh_value *params);
};

/** What became of what waits. */
enum weh_ran {
    WEH_RAN,         /* as much as there was, or as there was time for */
    WEH_RAN_SOME,    /* some were overtaken */
    WEH_RAN_STOPPED, /* one waits for the end of the running request */
};

/**
 * Run what waits, in its order, as far as @within allows, within the running request, whose reply comes after
 * theirs; as much as a turn of the session is. What the running request works with must bear that. Nothing
 * happens while WEH_WITHIN_MAX wait so already, while the session ends, and while its client has not read what it
 * was answered.
 */
enum weh_ran weh_session_run_waiting(struct weh_session *session, const struct weh_within *within);

/** Does a request of @method wait for which @is_it says so of its params? Only some are looked at. */
bool weh_session_has_waiting(struct weh_session *session, const struct weh_method *method,
                             bool (*is_it)(void *ctx, const struct weh_value *params), void *ctx);

#endif
