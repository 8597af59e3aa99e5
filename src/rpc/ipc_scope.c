/* src/rpc/ipc_scope.c - graphical editing scopes: while one is on, a stock frontend is told the geometry of what
 * changes, so that it can draw that by itself.
 *
 * notifyGeometryChanged of iTwin.js 5.1: for each model its range and GUID, and of its changed elements the ids and
 * ranges. What is too much for one push is told in several.
 *
 * Of an undo or redo of several transactions each is told as it was in between, when the file has gone on already: what
 * has to be looked up in the file is noted when each is done, and read when it is told. Both go the same way through the
 * changes, so the notes are in order and need no names.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/buf.h"
#include "weh/id_set.h"
#include "weh/spill.h"
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

/* What the file says of a model. */
struct model_now {
    bool is_there;
    double range[6];
    struct weh_guid guid;
};

/* What a push is written with. */
struct telling {
    struct workspace *workspace;
    const struct weh_change_list *changes;
    struct weh_sink *sink; /* NULL: it is noted, not told */
    struct weh_diag *diag;
    weh_id ids[MAX_TOLD];
};

/* The notes of a workspace; @at: up to where they were told. */
struct scope_notes {
    struct weh_spill spill;
    uint64_t at;
};

/* Note @n bytes at @now; or, when what was noted is told, read them. */
static weh_err note_or_read(const struct telling *telling, void *now, size_t n)
{
    struct scope_notes *notes = telling->workspace->scope_notes;
    weh_err err = WEH_OK;

    if (telling->sink == NULL) {
        return weh_spill_append(&notes->spill, now, n, telling->diag);
    }
    if (notes != NULL) {
        err = weh_spill_read(&notes->spill, notes->at, now, n, telling->diag);
        notes->at += n;
    }
    return err;
}

/* Is it to be looked up in the file now? */
static bool is_looked_up(const struct telling *telling)
{
    return telling->sink == NULL || telling->workspace->scope_notes == NULL;
}

static void put_corner(struct weh_sink *sink, const char *key, const double *corner)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 3);
    for (size_t i = 0; i < 3; i++) {
        weh_sink_real(sink, corner[i]);
    }
    weh_sink_array_end(sink);
}

static void put_range(struct weh_sink *sink, const double range[6])
{
    weh_sink_map_begin(sink, 2);
    put_corner(sink, "low", range);
    put_corner(sink, "high", range + 3);
    weh_sink_map_end(sink);
}

static weh_err tell_range(const struct telling *telling, const struct weh_entity_change *told)
{
    double range[6] = { 0 };
    weh_err err = is_looked_up(telling)
                      ? weh_element_get_range(telling->workspace->bis, told->id, told->class_id,
                                              range, telling->diag)
                      : WEH_OK;

    if (err == WEH_OK) {
        err = note_or_read(telling, range, sizeof(range));
    }
    if (err == WEH_OK && telling->sink != NULL) {
        put_range(telling->sink, range);
    }
    return err;
}

/* {ids, ranges}; the range of what has no place is that of nothing. */
static weh_err tell_ranges(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    struct weh_sink *sink = telling->sink;
    weh_err err = WEH_OK;

    if (sink != NULL) {
        weh_sink_map_begin(sink, 2);
        put_ids(sink, "ids", telling->ids, n);
        weh_sink_key(sink, "ranges");
        weh_sink_array_begin(sink, (uint32_t)n);
    }
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = tell_range(telling, &told[i]);
    }
    if (sink != NULL) {
        weh_sink_array_end(sink);
        weh_sink_map_end(sink);
    }
    return err;
}

/* What happened to the @n elements at @told, all of them the same. */
static weh_err tell_op(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    static const char *const names[] = { "inserted", "updated", "deleted" };

    for (size_t i = 0; i < n; i++) {
        telling->ids[i] = told[i].id;
    }
    if (told->op != WEH_CHANGE_DELETED) {
        if (telling->sink != NULL) {
            weh_sink_key(telling->sink, names[told->op]);
        }
        return tell_ranges(telling, told, n);
    }
    if (telling->sink != NULL) {
        put_ids(telling->sink, names[told->op], telling->ids, n);
    }
    return WEH_OK;
}

/* Of a model that was there before it stands among the changes; of a new one in the file. */
static weh_err get_model_guid(const struct telling *telling, weh_id model, struct model_now *out)
{
    const struct weh_change_list *changes = telling->changes;
    const struct weh_value *guid;
    struct weh_value_sink sink;
    struct weh_value props;
    struct weh_arena arena;
    weh_err err;

    for (size_t i = 0; i < changes->n_guids; i++) {
        if (changes->guids[i].id == model) {
            out->is_there = true;
            out->guid = changes->guids[i].guid;
            return WEH_OK;
        }
    }
    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    err = weh_model_get_props(telling->workspace->bis, model, &sink.sink, NULL);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &props, telling->diag);
    }
    if (err == WEH_OK) {
        out->is_there = true;
        guid = weh_value_get(&props, "geometryGuid");
        if (guid != NULL && guid->type == WEH_VALUE_STRING) {
            (void)weh_guid_parse(weh_value_str(guid), &out->guid);
        }
    }
    weh_arena_fini(&arena);
    return err == WEH_E_NOT_FOUND ? WEH_OK : err;
}

static weh_err get_model(const struct telling *telling, weh_id id, struct model_now *out)
{
    weh_err err = WEH_OK;

    memset(out, 0, sizeof(*out));
    if (is_looked_up(telling)) {
        err = weh_model_get_range(telling->workspace->bis, id, out->range, telling->diag);
        if (err == WEH_OK) {
            err = get_model_guid(telling, id, out);
        }
    }
    return err == WEH_OK ? note_or_read(telling, out, sizeof(*out)) : err;
}

/* Of a model that is gone not even what was deleted with it is told. */
static weh_err tell_model(struct telling *telling, const struct weh_entity_change *told, size_t n)
{
    struct weh_sink *sink = telling->sink;
    struct model_now model;
    weh_err err = get_model(telling, told->model_id, &model);

    if (err == WEH_OK && sink != NULL) {
        weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
        put_id(sink, "id", told->model_id);
        weh_sink_key(sink, "range");
        put_range(sink, model.range);
        put_guid(sink, "guid", &model.guid);
    }
    for (size_t at = 0; at < n && err == WEH_OK && model.is_there;) {
        size_t end = at;

        while (end < n && told[end].op == told[at].op) {
            end++;
        }
        err = tell_op(telling, told + at, end - at);
        at = end;
    }
    if (sink != NULL) {
        weh_sink_map_end(sink);
    }
    return err;
}

static weh_err tell_models(struct telling *telling, struct weh_entity_change *told, size_t n)
{
    weh_err err = WEH_OK;

    qsort(told, n, sizeof(*told), compare_told);
    for (size_t at = 0; at < n && err == WEH_OK;) {
        size_t end = at;

        while (end < n && told[end].model_id == told[at].model_id) {
            end++;
        }
        err = tell_model(telling, told + at, end - at);
        at = end;
    }
    return err;
}

/* One push of the @n elements at @told. */
static weh_err push(struct telling *telling, struct weh_entity_change *told, size_t n)
{
    weh_err err;

    telling->sink = ipc_push_begin(telling->workspace, "editing-scope", "notifyGeometryChanged");
    weh_sink_array_begin(telling->sink, WEH_SINK_UNKNOWN);
    err = tell_models(telling, told, n);
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

typedef weh_err (*tell_some)(struct telling *telling, struct weh_entity_change *told, size_t n);

/* Read the changes a piece at a time into @told, which has room for MAX_TOLD, and take those with geometry. */
static weh_err tell_pieces(struct telling *telling, struct weh_entity_change *told, tell_some tell)
{
    const size_t n_all = telling->changes->n_elements;
    weh_err err = WEH_OK;

    for (size_t at = 0; at < n_all && err == WEH_OK; at += MAX_TOLD) {
        const size_t n = n_all - at < MAX_TOLD ? n_all - at : MAX_TOLD;

        err = weh_change_list_read(telling->changes, at, n, told, telling->diag);
        if (err == WEH_OK) {
            const size_t n_kept = keep_geometry(told, n);

            err = n_kept == 0 ? WEH_OK : tell(telling, told, n_kept);
        }
    }
    return err;
}

static weh_err tell_all(struct workspace *workspace, const struct weh_change_list *changes,
                        tell_some tell, struct weh_diag *diag)
{
    struct telling *telling = weh_malloc(sizeof(*telling));
    struct weh_entity_change *told = weh_malloc(MAX_TOLD * sizeof(*told));
    weh_err err = WEH_E_NOMEM;

    if (telling != NULL && told != NULL) {
        telling->workspace = workspace;
        telling->changes = changes;
        telling->sink = NULL;
        telling->diag = diag;
        err = tell_pieces(telling, told, tell);
    }
    weh_free(telling);
    weh_free(told);
    return err;
}

weh_err ipc_scope_note(struct workspace *workspace, const struct weh_change_list *changes,
                       struct weh_diag *diag)
{
    if (!workspace->is_in_scope) {
        return WEH_OK;
    }
    if (workspace->scope_notes == NULL) {
        workspace->scope_notes = weh_calloc(1, sizeof(*workspace->scope_notes));
    }
    if (workspace->scope_notes == NULL) {
        return weh_fail_nomem(diag);
    }
    weh_bis_forget(workspace->bis); /* the file goes on under it */
    return tell_all(workspace, changes, tell_models, diag);
}

void ipc_scope_forget(struct workspace *workspace)
{
    if (workspace->scope_notes != NULL) {
        weh_spill_fini(&workspace->scope_notes->spill);
        weh_free(workspace->scope_notes);
        workspace->scope_notes = NULL;
    }
}

weh_err ipc_scope_tell(struct workspace *workspace, const struct weh_change_list *changes)
{
    return workspace->is_in_scope ? tell_all(workspace, changes, push, NULL) : WEH_OK;
}
