/* src/rpc/desk.h - the workspaces of one session.
 *
 * A session of weh.v1 has one, for the one briefcase that it may open. A stock iTwin.js frontend is to have
 * one for each iModel that it has open, by its key.
 */
#ifndef WEH_RPC_DESK_H
#define WEH_RPC_DESK_H

#include "workspace.h"

#define DESK_MAX_WORKSPACES 16

struct desk {
    struct weh_rpc_app *app;
    struct weh_session *session;
    struct workspace *all[DESK_MAX_WORKSPACES]; /* the first n */
    size_t n;
    struct workspace *current; /* that the running request works with; of weh.v1 always the one */
};

/** A further workspace, with nothing open. WEH_E_LIMIT, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err desk_add(struct desk *desk, struct weh_str key, struct workspace **out,
                                struct weh_diag *diag);

/** Close and free @workspace. */
void desk_remove(struct desk *desk, struct workspace *workspace);

#endif
