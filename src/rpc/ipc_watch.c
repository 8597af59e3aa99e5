/* src/rpc/ipc_watch.c - iModels that a stock frontend has opened with watchForChanges: it is told what others save.
 *
 * The stock backend is woken by the file system; here the file is looked at now and then, which finds what any program
 * has saved, and with each request. As there, what is undone is not told.
 */
#include "weh/briefcase_txn.h"

#include "desk.h"
#include "ipc_priv.h"

#define LOOK_MS 250

weh_err ipc_watch_begin(struct workspace *workspace, struct weh_diag *diag)
{
    weh_err err = weh_txn_newest(workspace->txns, &workspace->seen, diag);

    workspace->is_watched = err == WEH_OK;
    return err;
}

uint64_t ipc_watch_tick_after(const struct workspace *workspace)
{
    return workspace->is_watched && workspace->briefcase != NULL ? LOOK_MS : 0;
}

void ipc_watch_look(struct workspace *workspace)
{
    if (workspace->is_watched && workspace->briefcase != NULL &&
        weh_txn_replay(workspace->txns, &workspace->seen, NULL) != WEH_OK) {
        weh_session_end_after_reply(workspace->session, WEH_CLOSE_FAULT);
    }
}
