/* src/session/state.c - the states of a session and the moves between them. */
#include "session_priv.h"

#define IN(state) WEH_IN(state)

/* Everything may go to CLOSING, nothing leaves CLOSED. */
static const unsigned next_states[] = {
    [WEH_SESSION_NEW] = IN(OPENING) | IN(CLOSING),
    [WEH_SESSION_OPENING] = IN(READY) | IN(NEW) | IN(CLOSING),
    [WEH_SESSION_READY] = IN(NEW) | IN(CLOSING),
    [WEH_SESSION_CLOSING] = IN(CLOSED),
    [WEH_SESSION_CLOSED] = 0,
};

static const char *const names[] = {
    [WEH_SESSION_NEW] = "NEW",       [WEH_SESSION_OPENING] = "OPENING",
    [WEH_SESSION_READY] = "READY",   [WEH_SESSION_CLOSING] = "CLOSING",
    [WEH_SESSION_CLOSED] = "CLOSED",
};

const char *weh_session_state_name(enum weh_session_state state)
{
    return names[state];
}

enum weh_session_state weh_session_state_now(const struct weh_session *session)
{
    return session->state;
}

bool weh_session_may_move(enum weh_session_state from, enum weh_session_state to)
{
    return (next_states[from] & (1u << to)) != 0;
}

/* Of any state but CLOSED, in which nobody stays. */
static enum weh_metric state_metric(enum weh_session_state state)
{
    static const enum weh_metric metrics[] = {
        [WEH_SESSION_NEW] = WEH_METRIC_SESSIONS_NEW,
        [WEH_SESSION_OPENING] = WEH_METRIC_SESSIONS_OPENING,
        [WEH_SESSION_READY] = WEH_METRIC_SESSIONS_READY,
        [WEH_SESSION_CLOSING] = WEH_METRIC_SESSIONS_CLOSING,
    };

    return metrics[state];
}

void weh_session_move(struct weh_session *session, enum weh_session_state state)
{
    struct weh_log_who who = session_who(session);

    weh_assert(weh_session_may_move(session->state, state));
    weh_log(session->host->options.log, WEH_LOG_DEBUG, &who, "session.state",
            WEH_F_TEXT("from", names[session->state]), WEH_F_TEXT("to", names[state]));
    if (session->state != WEH_SESSION_CLOSED) {
        weh_metrics_add(session->host->metrics, state_metric(session->state), -1);
    }
    if (state != WEH_SESSION_CLOSED) {
        weh_metrics_add(session->host->metrics, state_metric(state), 1);
    }
    session->state = state;
}
