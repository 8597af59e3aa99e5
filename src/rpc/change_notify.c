/* src/rpc/change_notify.c - the transaction stack's events as notifications.
 *
 * The change payload is that of iTwin.js (NotifyEntitiesChangedArgs of @itwin/core-common): compressed
 * id sets, and for each id the index of its class in `meta`, which lists the classes of the event
 * and all their base classes once.
 */
#include <stdlib.h>

#include "weh/alloc.h"
#include "weh/clock.h"
#include "weh/id_set.h"

#include "rpc_priv.h"

/* iTwin.js tells at most so many entities in one event. */
#define MAX_ENTITIES 1000

static const char *const causes[] = { "save", "undo", "redo", "restore" };

/* The classes of one event, in the order of `meta`. */
struct meta {
    const struct weh_ec_class *classes[4096];
    uint32_t n;
};

static uint32_t meta_index(struct meta *meta, const struct weh_ec_class *ec_class)
{
    uint32_t i = 0;

    while (i < meta->n && meta->classes[i] != ec_class) {
        i++;
    }
    if (i == meta->n && meta->n < WEH_ARRAY_LEN(meta->classes)) {
        meta->classes[meta->n++] = ec_class;
    }
    return i;
}

/* First the classes of the entities, then their bases behind them as they are met. */
static void collect_meta(const struct weh_ec_catalog *catalog,
                         const struct weh_entity_change *changes, size_t n, struct meta *meta)
{
    for (size_t i = 0; i < n; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_by_id(catalog, changes[i].class_id);

        if (ec_class != NULL) {
            (void)meta_index(meta, ec_class);
        }
    }
    for (uint32_t i = 0; i < meta->n; i++) {
        for (uint16_t k = 0; k < meta->classes[i]->n_bases; k++) {
            (void)meta_index(meta, meta->classes[i]->bases[k]);
        }
    }
}

static void put_meta(struct weh_sink *sink, struct meta *meta)
{
    weh_sink_key(sink, "meta");
    weh_sink_array_begin(sink, meta->n);
    for (uint32_t i = 0; i < meta->n; i++) {
        const struct weh_ec_class *ec_class = meta->classes[i];

        weh_sink_map_begin(sink, 2);
        put_str(sink, "name", ec_class->full_name);
        weh_sink_key(sink, "bases");
        weh_sink_array_begin(sink, ec_class->n_bases);
        for (uint16_t k = 0; k < ec_class->n_bases; k++) {
            weh_sink_int(sink, meta_index(meta, ec_class->bases[k]));
        }
        weh_sink_array_end(sink);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
}

/* The ids of one operation and their classes' indices. */
static void put_entities(struct weh_sink *sink, const struct weh_ec_catalog *catalog,
                         const struct weh_entity_change *changes, size_t n, enum weh_change_op op,
                         struct meta *meta)
{
    static const char *const names[] = { "inserted", "updated", "deleted" };
    static const char *const meta_names[] = { "insertedMeta", "updatedMeta", "deletedMeta" };
    weh_id ids[MAX_ENTITIES];
    struct weh_buf text;
    size_t n_ids = 0;

    weh_sink_key(sink, meta_names[op]);
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < n; i++) {
        const struct weh_ec_class *ec_class = weh_ec_class_by_id(catalog, changes[i].class_id);

        if (changes[i].op == op && ec_class != NULL) {
            ids[n_ids++] = changes[i].id;
            weh_sink_int(sink, meta_index(meta, ec_class));
        }
    }
    weh_sink_array_end(sink);
    if (n_ids > 0) {
        weh_buf_init(&text, 0);
        weh_id_set_write(ids, n_ids, &text);
        put_str(sink, names[op], (struct weh_str){ (const char *)text.data, text.len });
        weh_buf_fini(&text);
    }
}

static void notify_entities(struct workspace *workspace, const char *name, struct weh_txn_id txn_id,
                            const struct weh_entity_change *changes, size_t n)
{
    const struct weh_ec_catalog *catalog = workspace->catalog;
    struct meta *meta = weh_calloc(1, sizeof(*meta));
    struct weh_sink *sink;

    if (meta == NULL) {
        weh_session_end_after_reply(workspace->session, WEH_CLOSE_FAULT);
        return;
    }
    collect_meta(catalog, changes, n, meta);
    sink = weh_notify_begin(workspace->session, name);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_id(sink, "txnId", txn_id.value);
    put_text(sink, "cause", causes[workspace->cause]);
    for (unsigned op = WEH_CHANGE_INSERTED; op <= WEH_CHANGE_DELETED; op++) {
        put_entities(sink, catalog, changes, n, (enum weh_change_op)op, meta);
    }
    put_meta(sink, meta);
    weh_sink_map_end(sink);
    weh_notify_end(workspace->session);
    weh_free(meta);
}

static void notify_in_events(struct workspace *workspace, const char *name,
                             struct weh_txn_id txn_id, const struct weh_entity_change *changes,
                             size_t n)
{
    for (size_t at = 0; at < n; at += MAX_ENTITIES) {
        size_t rest = n - at;

        notify_entities(workspace, name, txn_id, changes + at,
                        rest < MAX_ENTITIES ? rest : MAX_ENTITIES);
    }
}

static void on_untold(void *ctx)
{
    struct workspace *workspace = ctx;

    weh_session_end_after_reply(workspace->session, WEH_CLOSE_FAULT);
}

/* Elements that are too many to be in memory together. */
static void notify_many(struct workspace *workspace, struct weh_txn_id txn_id,
                        const struct weh_change_list *list)
{
    struct weh_entity_change *some = weh_malloc(MAX_ENTITIES * sizeof(*some));
    weh_err err = some == NULL ? WEH_E_NOMEM : WEH_OK;

    for (size_t at = 0; at < list->n_elements && err == WEH_OK; at += MAX_ENTITIES) {
        size_t rest = list->n_elements - at;
        size_t n = rest < MAX_ENTITIES ? rest : MAX_ENTITIES;

        err = weh_change_list_read(list, at, n, some, NULL);
        if (err == WEH_OK) {
            notify_entities(workspace, "txns.onElementsChanged", txn_id, some, n);
        }
    }
    weh_free(some);
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
    for (size_t at = 0; at < changes->n_guids; at += MAX_ENTITIES) {
        struct weh_sink *sink = weh_notify_begin(workspace->session, "txns.onModelGeometryChanged");
        size_t rest = changes->n_guids - at;
        size_t n = rest < MAX_ENTITIES ? rest : MAX_ENTITIES;

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
    if (changes->more != NULL) {
        notify_many(workspace, txn_id, changes);
    } else {
        notify_in_events(workspace, "txns.onElementsChanged", txn_id, changes->elements,
                         changes->n_elements);
    }
    notify_in_events(workspace, "txns.onModelsChanged", txn_id, changes->models, changes->n_models);
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
