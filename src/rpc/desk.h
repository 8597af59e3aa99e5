/* src/rpc/desk.h - the workspaces of one session.
 *
 * A session of weh.v1 has one, for the one briefcase that it may open. A stock iTwin.js frontend (/ipc) has
 * one for each iModel that it has open, and names them by their keys.
 */
#ifndef WEH_RPC_DESK_H
#define WEH_RPC_DESK_H

#include "weh/ecsql.h"

#include "workspace.h"

/** Of a stock frontend; of any other 1. */
#define DESK_MAX_WORKSPACES 16

/** A query of a stock frontend whose rows are being sent; others run within it. */
struct desk_query {
    struct workspace *workspace;
    const struct weh_value *request_id; /* NULL: it has none */
    struct weh_str restart_token;       /* "": none; a view into its arguments */
    bool is_restarted;                  /* another with the same token has come: it is over */
    uint64_t others_cpu_us;             /* that requests within it have used */
};

/** Queries of a session that go on at a time. There may be further ones that are over and wait for those within
 * them to end. */
#define DESK_MAX_QUERIES 4

struct desk {
    struct weh_rpc_app *app;
    struct weh_session *session;
    bool is_ipc;
    struct workspace *all[DESK_MAX_WORKSPACES]; /* the first n */
    size_t n;
    bool has_command; /* the edit command of a stock frontend is active ... */
    char command_key[WORKSPACE_KEY_MAX + 1]; /* ... for this iModel, which may be closed by now */
    struct workspace *current; /* that the running request works with; of weh.v1 always the one */
    struct desk_query
        *queries[WEH_ECSQL_BESIDE]; /* of stock frontends: each runs within the one before it */
    size_t n_queries;
};

/** The workspace with the key @key; NULL when there is none. */
struct workspace *desk_find(const struct desk *desk, struct weh_str key);

/** A further workspace, with nothing open. WEH_E_LIMIT, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err desk_add(struct desk *desk, struct weh_str key, struct workspace **out,
                                struct weh_diag *diag);

/** Close and free @workspace, one of a stock frontend. */
void desk_remove(struct desk *desk, struct workspace *workspace);

/** Let the running request, of @method, work with @workspace: it is awake, sees the file as it is now, and
 * may do what @method asks for. What is entered is left when the request ends. */
WEH_MUST_CHECK weh_err desk_enter(struct desk *desk, struct workspace *workspace,
                                  const struct weh_method *method, struct weh_diag *diag);

#endif
