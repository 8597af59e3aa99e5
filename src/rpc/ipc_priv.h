/* src/rpc/ipc_priv.h - what the methods of stock frontends (/ipc) share. */
#ifndef WEH_RPC_IPC_PRIV_H
#define WEH_RPC_IPC_PRIV_H

#include "weh/within.h"

#include "channels.h"
#include "rpc_priv.h"

#define IPC_MAX_KEY WORKSPACE_KEY_MAX

/** Begin a push on the channel of @workspace in @family; weh_push_end ends it. */
struct weh_sink *ipc_push_begin(struct workspace *workspace, const char *family,
                                const char *method);

/** As call_save, for those who do not tell what was saved. */
WEH_MUST_CHECK weh_err ipc_save(struct weh_call *call, struct weh_str description,
                                struct weh_diag *diag);

/** What iTwin.js looks at before an insert: the element has an id, a federation GUID or a code, be it an empty one, and
 * its model is in an open channel. WEH_E_BAD_ARGS, and as channels_check_model. */
WEH_MUST_CHECK weh_err ipc_check_insert(struct weh_call *call, const struct weh_value *props,
                                        struct weh_diag *diag);
/** Before an update: the element of that id is in an open channel. Errors as channels_check_element. */
WEH_MUST_CHECK weh_err ipc_check_update(struct weh_call *call, const struct weh_value *props,
                                        struct weh_diag *diag);

/** If a graphical editing scope is on: tell the geometry of @changes, of an undo or redo as it was noted.
 * WEH_E_NOMEM, WEH_E_IO, weh_db_fail: part of a push may have been written. */
WEH_MUST_CHECK weh_err ipc_scope_tell(struct workspace *workspace,
                                      const struct weh_change_list *changes);
/** If one is on: keep what is to be told of @changes, one transaction of an undo or redo, when that is done.
 * Errors as weh_spill_append, weh_db_fail. */
WEH_MUST_CHECK weh_err ipc_scope_note(struct workspace *workspace,
                                      const struct weh_change_list *changes, struct weh_diag *diag);
/** The undo or redo is over, told or not. */
void ipc_scope_forget(struct workspace *workspace);

/** From now on tell what others save in @workspace, which only reads. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err ipc_watch_begin(struct workspace *workspace, struct weh_diag *diag);
/** Milliseconds until it is to be looked for; 0: never. */
uint64_t ipc_watch_tick_after(const struct workspace *workspace);
/** Tell what others have saved since; in a reading transaction. Nothing when @workspace is not watched. */
void ipc_watch_look(struct workspace *workspace);

/** May a waiting request of a stock frontend run within the running query (@ctx: the desk)? As may_run of struct
 * weh_within. */
enum weh_may_run ipc_query_may_run_within(void *ctx, const struct weh_method *method,
                                          const struct weh_value *params);

#endif
