/* src/rpc/change_notify.c - when the session's client is told of what its transactions have changed.
 *
 * The order is that of iTwin.js' TxnNotifications (5.1): a save tells geometry first, undo and redo tell it last.
 * How it is told is the endpoint's (change_v1.c, ipc_notify.c).
 */
#include "change_teller.h"

static const struct change_teller *teller_of(const struct workspace *workspace)
{
    return workspace->desk->is_ipc ? &change_teller_ipc : &change_teller_v1;
}

void change_put_guids(struct weh_sink *sink, const struct weh_guid_change *guids, size_t n)
{
    weh_sink_array_begin(sink, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_map_begin(sink, 2);
        put_id(sink, "id", guids[i].id);
        put_guid(sink, "guid", &guids[i].guid);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
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
    teller_of(workspace)->commit(workspace);
}

static weh_err on_noted(void *ctx, const struct weh_change_list *changes, struct weh_diag *diag)
{
    struct workspace *workspace = ctx;
    const struct change_teller *teller = teller_of(workspace);

    return teller->note == NULL ? WEH_OK : teller->note(workspace, changes, diag);
}

/* ---- what has changed ---- */

/* Of one transaction. */
struct telling {
    struct workspace *workspace;
    enum change_subject subject;
    struct weh_txn_id txn_id;
    const struct weh_change_list *changes;
};

static weh_err tell_entities(void *ctx, const struct weh_entity_change *changes, size_t n)
{
    const struct telling *telling = ctx;

    return teller_of(telling->workspace)
        ->entities(telling->workspace, telling->subject, telling->txn_id, changes, n);
}

static weh_err tell_all_entities(struct telling *telling)
{
    weh_err err;

    telling->subject = CHANGED_ELEMENTS;
    err = change_events_of_elements(telling->changes, tell_entities, telling);
    if (err == WEH_OK) {
        telling->subject = CHANGED_MODELS;
        err = change_events_of_models(telling->changes, tell_entities, telling);
    }
    return err;
}

static weh_err tell_ranges(const struct telling *telling)
{
    const struct change_teller *teller = teller_of(telling->workspace);

    return teller->ranges == NULL ? WEH_OK : teller->ranges(telling->workspace, telling->changes);
}

static void tell_guids(const struct telling *telling)
{
    if (telling->changes->n_guids > 0) {
        teller_of(telling->workspace)->guids(telling->workspace, telling->changes);
    }
}

static weh_err tell_save(struct telling *telling)
{
    weh_err err = tell_ranges(telling);

    tell_guids(telling);
    return err != WEH_OK || telling->workspace->is_closing ? err : tell_all_entities(telling);
}

static weh_err tell_undo(struct telling *telling)
{
    weh_err err = tell_all_entities(telling);

    teller_of(telling->workspace)->applied(telling->workspace, telling->txn_id);
    if (err == WEH_OK) {
        err = tell_ranges(telling);
    }
    tell_guids(telling);
    return err;
}

static void on_changed(void *ctx, struct weh_txn_id txn_id, const struct weh_change_list *changes)
{
    struct workspace *workspace = ctx;
    const bool is_save = workspace->cause == CAUSE_SAVE || workspace->cause == CAUSE_RESTORE;
    struct telling telling = { .workspace = workspace, .txn_id = txn_id, .changes = changes };

    if ((is_save ? tell_save(&telling) : tell_undo(&telling)) != WEH_OK) {
        on_untold(workspace);
    }
}

/* ---- around it ---- */

static void on_committed(void *ctx, struct weh_txn_id txn_id, bool has_pending_txns,
                         int64_t time_ms)
{
    struct workspace *workspace = ctx;

    teller_of(workspace)->committed(workspace, txn_id, has_pending_txns, time_ms);
}

static void tell_undo_redo(struct workspace *workspace, bool is_over, bool is_undo)
{
    workspace->cause = is_undo ? CAUSE_UNDO : CAUSE_REDO;
    teller_of(workspace)->undo_redo(workspace, is_over, is_undo);
}

static void on_before_undo_redo(void *ctx, bool is_undo)
{
    tell_undo_redo(ctx, false, is_undo);
}

static void on_after_undo_redo(void *ctx, bool is_undo)
{
    tell_undo_redo(ctx, true, is_undo);
}

static void on_replay(void *ctx, bool is_over)
{
    struct workspace *workspace = ctx;
    const struct change_teller *teller = teller_of(workspace);

    workspace->cause = CAUSE_REPLAY;
    if (teller->replay != NULL) {
        teller->replay(workspace, is_over);
    }
}

struct weh_txn_observer change_notifier(struct workspace *workspace)
{
    return (struct weh_txn_observer){
        .ctx = workspace,
        .commit = on_commit,
        .noted = on_noted,
        .changed = on_changed,
        .untold = on_untold,
        .committed = on_committed,
        .before_undo_redo = on_before_undo_redo,
        .after_undo_redo = on_after_undo_redo,
        .replay = on_replay,
    };
}
