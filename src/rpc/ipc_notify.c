/* src/rpc/ipc_notify.c - the transaction stack's events as stock frontends know them: pushes on txns/KEY.
 *
 * Names, arguments and order are those of iTwin.js' TxnNotifications (5.1): a save tells geometry first, undo
 * and redo tell it last.
 */
#include <stdio.h>

#include "change_payload.h"
#include "ipc_priv.h"

struct weh_sink *ipc_push_begin(struct workspace *workspace, const char *family, const char *method)
{
    char channel[IPC_CHANNEL_SIZE];

    (void)snprintf(channel, sizeof(channel), "%s/%s", family, workspace->key);
    return weh_push_begin(workspace->session, weh_str_from(channel), method);
}

static struct weh_sink *begin(struct workspace *workspace, const char *method)
{
    return ipc_push_begin(workspace, "txns", method);
}

static void push(struct workspace *workspace, const char *method)
{
    (void)begin(workspace, method);
    weh_push_end(workspace->session);
}

static void on_untold(void *ctx)
{
    struct workspace *workspace = ctx;

    weh_session_end_after_reply(workspace->session, WEH_CLOSE_FAULT);
}

static void on_commit(void *ctx)
{
    struct workspace *workspace = ctx;

    workspace->cause = CAUSE_SAVE;
    push(workspace, "notifyCommit");
}

/* One event. */
struct event {
    struct workspace *workspace;
    const char *method;
};

static weh_err push_entities(void *ctx, const struct weh_entity_change *changes, size_t n)
{
    const struct event *event = ctx;
    struct weh_sink *sink = begin(event->workspace, event->method);
    weh_err err;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    err = change_payload_put(sink, event->workspace->catalog, changes, n, NULL);
    weh_sink_map_end(sink);
    weh_push_end(event->workspace->session);
    return err;
}

static weh_err push_changes(struct workspace *workspace, const struct weh_change_list *changes)
{
    struct event event = { workspace, "notifyElementsChanged" };
    weh_err err = change_events_of_elements(changes, push_entities, &event);

    if (err == WEH_OK) {
        event.method = "notifyModelsChanged";
        err = change_events_of_models(changes, push_entities, &event);
    }
    return err;
}

static void push_guids(struct workspace *workspace, const struct weh_change_list *changes)
{
    struct weh_sink *sink;

    if (changes->n_guids == 0) {
        return;
    }
    sink = begin(workspace, "notifyGeometryGuidsChanged");
    weh_sink_array_begin(sink, (uint32_t)changes->n_guids);
    for (size_t i = 0; i < changes->n_guids; i++) {
        weh_sink_map_begin(sink, 2);
        put_id(sink, "id", changes->guids[i].id);
        put_guid(sink, "guid", &changes->guids[i].guid);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    weh_push_end(workspace->session);
}

/* A save tells geometry first; undo and redo tell it last. */
static weh_err push_save(struct workspace *workspace, const struct weh_change_list *changes)
{
    weh_err err = ipc_scope_tell(workspace, changes);

    push_guids(workspace, changes);
    return err != WEH_OK || workspace->is_closing ? err : push_changes(workspace, changes);
}

static weh_err push_undo(struct workspace *workspace, const struct weh_change_list *changes)
{
    weh_err err = push_changes(workspace, changes);

    push(workspace, "notifyChangesApplied");
    if (err == WEH_OK) {
        err = ipc_scope_tell(workspace, changes);
    }
    push_guids(workspace, changes);
    return err;
}

static void on_changed(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes)
{
    struct workspace *workspace = ctx;
    const bool is_save = workspace->cause != CAUSE_UNDO && workspace->cause != CAUSE_REDO;

    (void)txn_id;
    if ((is_save ? push_save(workspace, changes) : push_undo(workspace, changes)) != WEH_OK) {
        on_untold(workspace);
    }
}

static void on_committed(void *ctx, struct weh_txn_id txn_id, bool has_pending_txns,
                         int64_t time_ms)
{
    struct workspace *workspace = ctx;
    struct weh_sink *sink = begin(workspace, "notifyCommitted");

    (void)txn_id;
    weh_sink_bool(sink, has_pending_txns);
    weh_sink_int(sink, time_ms);
    weh_push_end(workspace->session);
}

static void push_undo_redo(struct workspace *workspace, const char *method, bool is_undo)
{
    struct weh_sink *sink = begin(workspace, method);

    workspace->cause = is_undo ? CAUSE_UNDO : CAUSE_REDO;
    weh_sink_bool(sink, is_undo);
    weh_push_end(workspace->session);
}

static void on_before_undo_redo(void *ctx, bool is_undo)
{
    push_undo_redo(ctx, "notifyBeforeUndoRedo", is_undo);
}

static void on_after_undo_redo(void *ctx, bool is_undo)
{
    push_undo_redo(ctx, "notifyAfterUndoRedo", is_undo);
}

struct weh_txn_observer ipc_change_notifier(struct workspace *workspace)
{
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
