/* src/rpc/change_v1.c - how clients of weh.v1 are told of transactions: notifications txns.on... */
#include "change_teller.h"

static const char *const causes[] = { "save", "undo", "redo", "restore", "replay" };

static void tell_commit(struct workspace *workspace)
{
    put_empty(weh_notify_begin(workspace->session, "txns.onCommit"));
    weh_notify_end(workspace->session);
}

static weh_err tell_entities(struct workspace *workspace, enum change_subject subject,
                             struct weh_txn_id txn_id, const struct weh_entity_change *changes,
                             size_t n)
{
    static const char *const names[] = { "txns.onElementsChanged", "txns.onModelsChanged" };
    struct weh_sink *sink = weh_notify_begin(workspace->session, names[subject]);
    weh_err err;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_id(sink, "txnId", txn_id.value);
    put_text(sink, "cause", causes[workspace->cause]);
    err = change_payload_put(sink, workspace->catalog, changes, n, NULL);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
    return err;
}

static void tell_guids(struct workspace *workspace, const struct weh_change_list *changes)
{
    for (size_t at = 0; at < changes->n_guids; at += CHANGE_MAX_ENTITIES) {
        size_t rest = changes->n_guids - at;

        change_put_guids(weh_notify_begin(workspace->session, "txns.onModelGeometryChanged"),
                         changes->guids + at,
                         rest < CHANGE_MAX_ENTITIES ? rest : CHANGE_MAX_ENTITIES);
        weh_notify_end(workspace->session);
    }
}

static void tell_applied(struct workspace *workspace, struct weh_txn_id txn_id)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onChangesApplied");

    weh_sink_map_begin(sink, 2);
    put_id(sink, "txnId", txn_id.value);
    put_text(sink, "cause", causes[workspace->cause]);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void tell_committed(struct workspace *workspace, struct weh_txn_id txn_id,
                           bool has_pending_txns, int64_t time_ms)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onCommitted");

    weh_sink_map_begin(sink, 3);
    put_id(sink, "txnId", txn_id.value);
    put_bool(sink, "hasPendingTxns", has_pending_txns);
    put_time(sink, "time", time_ms);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void tell_undo_redo(struct workspace *workspace, bool is_over, bool is_undo)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, is_over ? "txns.onAfterUndoRedo"
                                                                         : "txns.onBeforeUndoRedo");

    weh_sink_map_begin(sink, 1);
    put_bool(sink, "isUndo", is_undo);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

const struct change_teller change_teller_v1 = { .commit = tell_commit,
                                                .guids = tell_guids,
                                                .entities = tell_entities,
                                                .applied = tell_applied,
                                                .committed = tell_committed,
                                                .undo_redo = tell_undo_redo };
