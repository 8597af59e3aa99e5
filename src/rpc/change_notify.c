/* src/rpc/change_notify.c - the transaction stack's events as notifications of weh.v1. */
#include "change_payload.h"
#include "ipc_priv.h"

static const char *const causes[] = { "save", "undo", "redo", "restore" };

/* One event. */
struct event {
    struct workspace *workspace;
    const char *name;
    struct weh_txn_id txn_id;
};

static weh_err notify_entities(void *ctx, const struct weh_entity_change *changes, size_t n)
{
    const struct event *event = ctx;
    struct weh_session *session = event->workspace->session;
    struct weh_sink *sink = weh_notify_begin(session, event->name);
    weh_err err;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_id(sink, "txnId", event->txn_id.value);
    put_text(sink, "cause", causes[event->workspace->cause]);
    err = change_payload_put(sink, event->workspace->catalog, changes, n, NULL);
    weh_sink_map_end(sink);
    weh_notify_end(session);
    return err;
}

static void on_untold(void *ctx)
{
    struct workspace *workspace = ctx;

    weh_session_end_after_reply(workspace->session, WEH_CLOSE_FAULT);
}

static void notify_elements(struct workspace *workspace, struct weh_txn_id txn_id,
                            const struct weh_change_list *changes)
{
    struct event event = { workspace, "txns.onElementsChanged", txn_id };
    weh_err err = change_events_of_elements(changes, notify_entities, &event);

    if (err == WEH_OK) {
        event.name = "txns.onModelsChanged";
        err = change_events_of_models(changes, notify_entities, &event);
    }
    if (err != WEH_OK) {
        on_untold(workspace);
    }
}

static void on_commit(void *ctx)
{
    struct workspace *workspace = ctx;
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onCommit");

    workspace->cause = CAUSE_SAVE;
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void notify_guids(struct workspace *workspace, const struct weh_change_list *changes)
{
    for (size_t at = 0; at < changes->n_guids; at += CHANGE_MAX_ENTITIES) {
        struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onModelGeometryChanged");
        size_t rest = changes->n_guids - at;
        size_t n = rest < CHANGE_MAX_ENTITIES ? rest : CHANGE_MAX_ENTITIES;

        weh_sink_array_begin(sink, (uint32_t)n);
        for (size_t i = at; i < at + n; i++) {
            weh_sink_map_begin(sink, 2);
            put_id(sink, "id", changes->guids[i].id);
            put_guid(sink, "guid", &changes->guids[i].guid);
            weh_sink_map_end(sink);
        }
        weh_sink_array_end(sink);
        weh_notify_end(workspace->session);
    }
}

static void notify_applied(struct workspace *workspace, struct weh_txn_id txn_id)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onChangesApplied");

    weh_sink_map_begin(sink, 2);
    put_id(sink, "txnId", txn_id.value);
    put_text(sink, "cause", causes[workspace->cause]);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

/* The order is iTwin.js': a save tells geometry first, undo and redo tell it last. */
static void on_changed(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes)
{
    struct workspace *workspace = ctx;
    bool is_save = workspace->cause != CAUSE_UNDO && workspace->cause != CAUSE_REDO;

    if (is_save) {
        notify_guids(workspace, changes);
    }
    notify_elements(workspace, txn_id, changes);
    if (!is_save) {
        notify_applied(workspace, txn_id);
        notify_guids(workspace, changes);
    }
}

static void on_committed(void *ctx, struct weh_txn_id txn_id, bool has_pending_txns,
                         int64_t time_ms)
{
    struct workspace *workspace = ctx;
    struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onCommitted");

    weh_sink_map_begin(sink, 3);
    put_id(sink, "txnId", txn_id.value);
    put_bool(sink, "hasPendingTxns", has_pending_txns);
    put_time(sink, "time", time_ms);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void notify_undo_redo(struct workspace *workspace, const char *name, bool is_undo)
{
    struct weh_sink *sink = weh_notify_begin(workspace->session, name);

    workspace->cause = is_undo ? CAUSE_UNDO : CAUSE_REDO;
    weh_sink_map_begin(sink, 1);
    put_bool(sink, "isUndo", is_undo);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
}

static void on_before_undo_redo(void *ctx, bool is_undo)
{
    notify_undo_redo(ctx, "txns.onBeforeUndoRedo", is_undo);
}

static void on_after_undo_redo(void *ctx, bool is_undo)
{
    notify_undo_redo(ctx, "txns.onAfterUndoRedo", is_undo);
}

struct weh_txn_observer change_notifier(struct workspace *workspace)
{
    if (workspace->desk->is_ipc) {
        return ipc_change_notifier(workspace);
    }
    return (struct weh_txn_observer){
        .ctx = workspace,
        .commit = on_commit,
        .changed = on_changed,
        .untold = on_untold,
        .committed = on_committed,
        .before_undo_redo = on_before_undo_redo,
        .after_undo_redo = on_after_undo_redo,
    };
}
