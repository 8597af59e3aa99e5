/* src/rpc/ipc_scope.c - graphical editing scopes: while one is on, a stock frontend is told the geometry of what
 * changes, so that it can draw that by itself.
 *
 * notifyGeometryChanged of iTwin.js 5.1: for each model its range and GUID, and of its changed elements the ids and
 * ranges. What is too much for one push is told in several.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/buf.h"
#include "weh/id_set.h"
#include "weh/value_sink.h"

#include "ipc_priv.h"

#define ITWIN_READ_ONLY 65582

/* Elements of one push. */
#define MAX_TOLD 10000

/* The first BisCore whose models keep a GUID of their geometry. */
static const uint32_t first_supported[3] = { 1, 0, 11 };

static bool is_supported(const struct workspace *workspace)
{
    const struct weh_ec_schema *bis = weh_ec_schema_by_name(workspace->catalog, WEH_STR("BisCore"));

    if (workspace->readonly || bis == NULL) {
        return false;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(first_supported); i++) {
        if (bis->version[i] != first_supported[i]) {
            return bis->version[i] > first_supported[i];
        }
    }
    return true;
}

weh_err ipc_app_is_editing_supported(struct weh_call *call, struct weh_diag *diag)
{
    (void)diag;
    weh_sink_bool(call->result, is_supported(call_workspace(call)));
    return WEH_OK;
}

weh_err ipc_app_toggle_editing_scope(struct weh_call *call, struct weh_diag *diag)
{
    struct workspace *workspace = call_workspace(call);

    if (!is_supported(workspace)) {
        weh_err err = weh_fail(diag, WEH_E_READ_ONLY, "Failed to toggle graphical editing scope");

        if (diag != NULL && !workspace->readonly) {
            diag->itwin = weh_err_info(WEH_E_UNSUPPORTED)->itwin;
        }
        return err;
    }
    workspace->is_in_scope = call->args[1].as.boolean;
    weh_sink_bool(call->result, workspace->is_in_scope);
    return WEH_OK;
}

/* ---- what is told ---- */

/* By model, then by what happened, then by id. */
static int compare_told(const void *a, const void *b)
{
    const struct weh_entity_change *x = a;
    const struct weh_entity_change *y = b;

    if (x->model_id != y->model_id) {
        return x->model_id < y->model_id ? -1 : 1;
    }
    if (x->op != y->op) {
        return x->op < y->op ? -1 : 1;
    }
    return x->id < y->id ? -1 : x->id > y->id;
}

static void put_ids(struct weh_sink *sink, const char *key, const weh_id *ids, size_t n)
{
    struct weh_buf text;

    weh_buf_init(&text, 0);
    weh_id_set_write(ids, n, &text);
    put_str(sink, key, (struct weh_str){ (const char *)text.data, text.len });
    weh_buf_fini(&text);
}

/* What a push is written with. */
struct telling {
    struct workspace *workspace;
    const struct weh_change_list *changes;
    struct weh_sink *sink;
    weh_id ids[MAX_TOLD];
};

/* {ids, ranges} of those that have a range. */
static weh_err put_ranges(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    struct weh_sink *sink = telling->sink;
    weh_err err = WEH_OK;
    size_t n_ids = 0;

    weh_sink_map_begin(sink, 2);
    weh_sink_key(sink, "ranges");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        bool found = false;

        err = weh_element_write_range(telling->workspace->bis, told[i].id, told[i].class_id, sink,
                                      &found, NULL);
        if (found) {
            telling->ids[n_ids++] = told[i].id;
        }
    }
    weh_sink_array_end(sink);
    put_ids(sink, "ids", telling->ids, n_ids);
    weh_sink_map_end(sink);
    return err;
}

/* What happened to the @n elements at @told, all of them the same. */
static weh_err put_op(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    static const char *const names[] = { "inserted", "updated", "deleted" };

    if (told->op == WEH_CHANGE_DELETED) {
        for (size_t i = 0; i < n; i++) {
            telling->ids[i] = told[i].id;
        }
        put_ids(telling->sink, names[told->op], telling->ids, n);
        return WEH_OK;
    }
    weh_sink_key(telling->sink, names[told->op]);
    return put_ranges(telling, told, n);
}

/* Of a model that was there before it stands among the changes; of a new one in the file. */
static weh_err put_model_guid(struct telling *telling, weh_id model)
{
    const struct weh_change_list *changes = telling->changes;
    struct weh_value_sink sink;
    struct weh_value props;
    struct weh_arena arena;
    weh_err err;

    for (size_t i = 0; i < changes->n_guids; i++) {
        if (changes->guids[i].id == model) {
            put_guid(telling->sink, "guid", &changes->guids[i].guid);
            return WEH_OK;
        }
    }
    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    err = weh_model_get_props(telling->workspace->bis, model, &sink.sink, NULL);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &props, NULL);
    }
    if (err == WEH_OK && weh_value_get(&props, "geometryGuid") != NULL) {
        weh_sink_key(telling->sink, "guid");
        weh_sink_value(telling->sink, weh_value_get(&props, "geometryGuid"));
    }
    weh_arena_fini(&arena);
    return err == WEH_E_NOT_FOUND ? WEH_OK : err;
}

static weh_err put_model(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    struct weh_sink *sink = telling->sink;
    weh_err err;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_id(sink, "id", told->model_id);
    weh_sink_key(sink, "range");
    err = weh_model_write_range(telling->workspace->bis, told->model_id, sink, NULL);
    if (err == WEH_OK) {
        err = put_model_guid(telling, told->model_id);
    }
    for (size_t at = 0; at < n && err == WEH_OK;) {
        size_t end = at;

        while (end < n && told[end].op == told[at].op) {
            end++;
        }
        err = put_op(telling, told + at, end - at);
        at = end;
    }
    weh_sink_map_end(sink);
    return err;
}

/* One push of the @n elements at @told. */
static weh_err push(struct telling *telling, struct weh_entity_change *told, size_t n)
{
    weh_err err = WEH_OK;

    if (n == 0) {
        return WEH_OK;
    }
    qsort(told, n, sizeof(*told), compare_told);
    telling->sink = ipc_push_begin(telling->workspace, "editing-scope", "notifyGeometryChanged");
    weh_sink_array_begin(telling->sink, WEH_SINK_UNKNOWN);
    for (size_t at = 0; at < n && err == WEH_OK;) {
        size_t end = at;

        while (end < n && told[end].model_id == told[at].model_id) {
            end++;
        }
        err = put_model(telling, told + at, end - at);
        at = end;
    }
    weh_sink_array_end(telling->sink);
    weh_push_end(telling->workspace->session);
    return err;
}

/* Those of the @n changes at @told that are of geometry, in front; how many. */
static size_t keep_geometry(struct weh_entity_change *told, size_t n)
{
    size_t n_kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (told[i].geometry) {
            told[n_kept++] = told[i];
        }
    }
    return n_kept;
}

/* Read the changes a piece at a time into @told, which has room for MAX_TOLD, and tell those with geometry. */
static weh_err tell(struct telling *telling, struct weh_entity_change *told)
{
    const size_t n_all = telling->changes->n_elements;
    weh_err err = WEH_OK;

    for (size_t at = 0; at < n_all && err == WEH_OK; at += MAX_TOLD) {
        const size_t n = n_all - at < MAX_TOLD ? n_all - at : MAX_TOLD;

        err = weh_change_list_read(telling->changes, at, n, told, NULL);
        if (err == WEH_OK) {
            err = push(telling, told, keep_geometry(told, n));
        }
    }
    return err;
}

weh_err ipc_scope_tell(struct workspace *workspace, const struct weh_change_list *changes)
{
    struct telling *telling;
    struct weh_entity_change *told;
    weh_err err = WEH_E_NOMEM;

    if (!workspace->is_in_scope) {
        return WEH_OK;
    }
    telling = weh_malloc(sizeof(*telling));
    told = weh_malloc(MAX_TOLD * sizeof(*told));
    if (telling != NULL && told != NULL) {
        telling->workspace = workspace;
        telling->changes = changes;
        err = tell(telling, told);
    }
    weh_free(telling);
    weh_free(told);
    return err;
}
