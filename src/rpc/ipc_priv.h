/* src/rpc/ipc_priv.h - what the methods of stock frontends (/ipc) share. */
#ifndef WEH_RPC_IPC_PRIV_H
#define WEH_RPC_IPC_PRIV_H

#include "rpc_priv.h"

#define IPC_MAX_KEY 128 /* bytes of the key of an open iModel */
/** "editing-scope/", a key, NUL. */
#define IPC_CHANNEL_SIZE (IPC_MAX_KEY + 32)

/** Begin a push on the channel FAMILY/KEY of @workspace; weh_push_end ends it. */
struct weh_sink *ipc_push_begin(struct workspace *workspace, const char *family,
                                const char *method);

/** Tell the session's client of @workspace's transactions. */
struct weh_txn_observer ipc_change_notifier(struct workspace *workspace);

/* ---- ipc_scope.c ---- */

/** If a graphical editing scope is on: tell the geometry of @changes. */
void ipc_scope_tell(struct workspace *workspace, const struct weh_change_list *changes);

#endif
