/* src/rpc/ipc_notify.c - how stock frontends are told of transactions: pushes on txns/KEY, whose names and arguments
 * are those of iTwin.js' TxnNotifications (5.1).
 */
#include "change_teller.h"
#include "ipc_place.h"
#include "ipc_priv.h"

struct weh_sink *ipc_push_begin(struct workspace *workspace, const char *family, const char *method)
{
    return weh_push_begin(workspace->session, family, weh_str_from(workspace->key), method);
}

static struct weh_sink *begin(struct workspace *workspace, const char *method)
{
    return ipc_push_begin(workspace, "txns", method);
}

static void push_commit(struct workspace *workspace)
{
    (void)begin(workspace, "notifyCommit");
    weh_push_end(workspace->session);
}

static weh_err push_entities(struct workspace *workspace, enum change_subject subject,
                             struct weh_txn_id txn_id, const struct weh_entity_change *changes,
                             size_t n)
{
    static const char *const names[] = { "notifyElementsChanged", "notifyModelsChanged" };
    struct weh_sink *sink = begin(workspace, names[subject]);
    weh_err err;

    (void)txn_id;
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    err = change_payload_put(sink, workspace->catalog, changes, n, NULL);
    weh_sink_map_end(sink);
    weh_push_end(workspace->session);
    return err;
}

static void push_guids(struct workspace *workspace, const struct weh_change_list *changes)
{
    change_put_guids(begin(workspace, "notifyGeometryGuidsChanged"), changes->guids,
                     changes->n_guids);
    weh_push_end(workspace->session);
}

static void push_applied(struct workspace *workspace, struct weh_txn_id txn_id)
{
    (void)txn_id;
    (void)begin(workspace, "notifyChangesApplied");
    weh_push_end(workspace->session);
}

static void push_committed(struct workspace *workspace, struct weh_txn_id txn_id,
                           bool has_pending_txns, int64_t time_ms)
{
    struct weh_sink *sink = begin(workspace, "notifyCommitted");

    (void)txn_id;
    weh_sink_bool(sink, has_pending_txns);
    weh_sink_int(sink, time_ms);
    weh_push_end(workspace->session);
}

static void push_undo_redo(struct workspace *workspace, bool is_over, bool is_undo)
{
    struct weh_sink *sink =
        begin(workspace, is_over ? "notifyAfterUndoRedo" : "notifyBeforeUndoRedo");

    ipc_place_forget(workspace);
    weh_sink_bool(sink, is_undo);
    weh_push_end(workspace->session);
}

static void push_replay(struct workspace *workspace, bool is_over)
{
    (void)begin(workspace, is_over ? "notifyReplayedExternalTxns" : "notifyReplayExternalTxns");
    weh_push_end(workspace->session);
}

const struct change_teller change_teller_ipc = { .commit = push_commit,
                                                 .ranges = ipc_scope_tell,
                                                 .note = ipc_scope_note,
                                                 .guids = push_guids,
                                                 .entities = push_entities,
                                                 .applied = push_applied,
                                                 .committed = push_committed,
                                                 .undo_redo = push_undo_redo,
                                                 .replay = push_replay };
