/* src/rpc/ipc_place.h - what a stock frontend is told of its iModel's place. */
#ifndef WEH_RPC_IPC_PLACE_H
#define WEH_RPC_IPC_PLACE_H

#include "weh/method.h"
#include "weh/value.h"

#include "workspace.h"

enum ipc_place {
    IPC_PLACE_EXTENTS,
    IPC_PLACE_ORIGIN,
    IPC_PLACE_ECEF
};

/** What the open iModel of @call has of its place, before an edit; null: nothing. In the arena of @call.
 * Errors as weh_briefcase_write_connection_props. */
WEH_MUST_CHECK weh_err ipc_place_read(struct weh_call *call, enum ipc_place place,
                                      struct weh_value *out, struct weh_diag *diag);

/** All places of @workspace may be others than the page was told. */
static inline void ipc_place_forget(struct workspace *workspace)
{
    workspace->stale_places = 0xff;
}

/** The first argument of @call has taken the place of @before: tell the page, if that is anything new. */
void ipc_place_tell(struct weh_call *call, enum ipc_place place, const struct weh_value *before);

#endif
