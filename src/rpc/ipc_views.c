/* src/rpc/ipc_views.c - IModelReadRpcInterface: what a page asks for before it draws a view. */
#include <stdlib.h>
#include <string.h>

#include "weh/value_sink.h"

#include "ipc_read.h"

/* Range3d of core-geometry says so of nothing. */
#define NOTHING_LOW  1e200
#define NOTHING_HIGH (-1e200)

static bool is_of_class(const struct weh_call *call, const struct weh_value *props,
                        const char *class_name)
{
    const struct weh_ec_catalog *catalog = call_workspace(call)->catalog;
    const struct weh_value *name = weh_value_get(props, "classFullName");
    const struct weh_ec_class *base = weh_ec_class_by_name(catalog, weh_str_from(class_name));
    const struct weh_ec_class *ec_class =
        name == NULL ? NULL : weh_ec_class_by_name(catalog, weh_value_str(name));

    return base != NULL && ec_class != NULL && weh_ec_class_is(ec_class, base->id);
}

/* ---- a view with all that belongs to it ---- */

/* Member @key: the element that @id names. */
static weh_err put_element(struct weh_call *call, struct weh_sink *sink, const char *key, weh_id id,
                           struct weh_diag *diag)
{
    struct weh_value props = { .type = WEH_VALUE_NULL };
    weh_err err = read_element(call, id, &props, diag);

    if (err == WEH_OK) {
        weh_sink_key(sink, key);
        weh_sink_value(sink, &props);
    }
    return err;
}

static weh_err put_style(struct weh_call *call, struct weh_sink *sink, weh_id id,
                         const struct weh_value *options, struct weh_diag *diag)
{
    struct weh_element_key key = { .id = id };
    struct weh_value props = { .type = WEH_VALUE_NULL };
    weh_err err = read_style_options(options, &key, diag);

    if (err == WEH_OK) {
        err = read_element_by(call, &key, &props, diag);
    }
    if (err == WEH_OK) {
        weh_sink_key(sink, "displayStyleProps");
        weh_sink_value(sink, &props);
    }
    return err;
}

static void put_ids(struct weh_sink *sink, const char *key, struct weh_id_list ids)
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, (uint32_t)ids.n);
    for (size_t i = 0; i < ids.n; i++) {
        weh_sink_id(sink, ids.ids[i]);
    }
    weh_sink_array_end(sink);
}

static weh_err put_sheet(struct weh_call *call, struct weh_sink *sink, weh_id model,
                         struct weh_diag *diag)
{
    char text[WEH_ID_TEXT_SIZE];
    const struct weh_value id = { .type = WEH_VALUE_STRING,
                                  .n = (uint32_t)weh_id_print(model, text),
                                  .as.string = text };
    const struct weh_value args = { .type = WEH_VALUE_ARRAY, .n = 1, .as.items = &id };
    struct weh_id_list attached = { NULL, 0 };
    weh_err err = put_element(call, sink, "sheetProps", model, diag);

    if (err == WEH_OK) {
        err =
            read_query_ids(call, "SELECT ECInstanceId FROM BisCore.ViewAttachment WHERE Model.Id=?",
                           &args, &attached, diag);
    }
    if (err == WEH_OK) {
        put_ids(sink, "sheetAttachments", attached);
    }
    return err;
}

/* Of a section drawing: the view in space that it was cut from. */
static weh_err put_section(struct weh_call *call, struct weh_sink *sink, weh_id drawing_id,
                           struct weh_diag *diag)
{
    struct weh_value drawing = { .type = WEH_VALUE_NULL };
    const struct weh_value *json = NULL;
    const struct weh_value *transform = NULL;
    bool displays = false;
    weh_id view;
    weh_err err = read_element(call, drawing_id, &drawing, diag);

    if (err != WEH_OK) {
        return is_absence(err) ? WEH_OK : err;
    }
    view = member_id(weh_value_get(&drawing, "spatialView"), "id");
    if (view == 0) {
        return WEH_OK;
    }
    json = weh_value_get(&drawing, "jsonProperties");
    transform = weh_value_get(json, "drawingToSpatialTransform");
    (void)(weh_value_get(json, "displaySpatialView") != NULL &&
           weh_value_to_bool(weh_value_get(json, "displaySpatialView"), &displays));
    weh_sink_key(sink, "sectionDrawing");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    put_id(sink, "spatialView", view);
    put_bool(sink, "displaySpatialView", displays);
    if (!weh_value_is_null(transform)) {
        weh_sink_key(sink, "drawingToSpatialTransform");
        weh_sink_value(sink, transform);
    }
    weh_sink_map_end(sink);
    return WEH_OK;
}

/* What a view of a drawing or sheet shows. */
static weh_err put_base_model(struct weh_call *call, struct weh_sink *sink,
                              const struct weh_value *view, struct weh_diag *diag)
{
    const weh_id model = member_id(view, "baseModelId");
    const struct weh_id_list models = { &model, 1 };
    double range[6];
    bool is_something = false;
    weh_err err = WEH_OK;

    if (is_of_class(call, view, "BisCore.SheetViewDefinition")) {
        err = put_sheet(call, sink, model, diag);
    } else if (is_of_class(call, view, "BisCore.DrawingViewDefinition")) {
        err = put_section(call, sink, model, diag);
    }
    if (err == WEH_OK && model != 0) {
        err = read_range(call, models, range, &is_something, diag);
    }
    if (err == WEH_OK && is_something) {
        weh_sink_key(sink, "modelExtents");
        put_range(sink, range);
    }
    return err;
}

/* Write the ViewStateProps of the view @id, with @options (may be NULL). WEH_E_NOT_FOUND also when a part of it is missing. */
static weh_err put_view_state(struct weh_call *call, struct weh_sink *sink, weh_id id,
                              const struct weh_value *options, struct weh_diag *diag)
{
    struct weh_value view = { .type = WEH_VALUE_NULL };
    weh_err err = read_element(call, id, &view, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "viewDefinitionProps");
    weh_sink_value(sink, &view);
    err = put_element(call, sink, "categorySelectorProps", member_id(&view, "categorySelectorId"),
                      diag);
    if (err == WEH_OK) {
        err = put_style(call, sink, member_id(&view, "displayStyleId"), options, diag);
    }
    if (err == WEH_OK && !weh_value_is_null(weh_value_get(&view, "modelSelectorId"))) {
        err = put_element(call, sink, "modelSelectorProps", member_id(&view, "modelSelectorId"),
                          diag);
    }
    if (err == WEH_OK) {
        err = put_base_model(call, sink, &view, diag);
    }
    if (err == WEH_OK) {
        weh_sink_map_end(sink);
    }
    return err;
}

weh_err ipc_read_get_view_state_data(struct weh_call *call, struct weh_diag *diag)
{
    weh_id id = 0;

    (void)weh_id_parse(call->args[1].as.string, &id);
    return put_view_state(call, call->result, id,
                          call->args[2].given ? call->args[2].as.value : NULL, diag);
}

/* ---- what a page lacks yet ---- */

/* The set of ids in member @name of @options; none when it is absent (*@given is false then). */
static weh_err member_set(struct weh_call *call, const struct weh_value *options, const char *name,
                          bool *given, struct weh_id_list *out, struct weh_diag *diag)
{
    const struct weh_value *set = weh_value_get(options, name);

    *given = !weh_value_is_null(set);
    *out = (struct weh_id_list){ NULL, 0 };
    if (!*given) {
        return WEH_OK;
    }
    if (set->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, name, "%s must be a set of ids", name);
    }
    return weh_id_set_read(weh_value_str(set), name, READ_MAX_IDS, call->arena, out, diag);
}

/* Whatever stands in a view that is attached to a sheet: without it the sheet is shown all the same. */
static weh_err put_attached_view(struct weh_call *call, const struct weh_value *attachment,
                                 const struct weh_value *options, struct weh_diag *diag)
{
    const weh_id id = member_id(weh_value_get(attachment, "view"), "id");
    struct weh_value view = { .type = WEH_VALUE_NULL };
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = put_view_state(call, &sink.sink, id, options, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &view, diag);
    }
    if (err != WEH_OK && !is_absence(err)) {
        return err;
    }
    weh_sink_value(call->result, &view);
    return WEH_OK;
}

static weh_err put_attachments(struct weh_call *call, const struct weh_value *options,
                               struct weh_diag *diag)
{
    struct weh_value *attachments = NULL;
    struct weh_id_list ids;
    bool given;
    size_t n = 0;
    weh_err err = member_set(call, options, "sheetViewAttachmentIds", &given, &ids, diag);

    if (err != WEH_OK || ids.n == 0) {
        return err;
    }
    attachments = weh_arena_array(call->arena, ids.n + 1, sizeof(*attachments));
    if (attachments == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < ids.n && err == WEH_OK; i++) {
        err = read_element(call, ids.ids[i], &attachments[n], diag);
        n += err == WEH_OK ? 1U : 0U;
        err = is_absence(err) ? WEH_OK : err;
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(call->result, "sheetViewViews");
    weh_sink_array_begin(call->result, (uint32_t)n);
    for (size_t i = 0; i < n && err == WEH_OK; i++) {
        err = put_attached_view(call, &attachments[i], weh_value_get(options, "viewStateLoadProps"),
                                diag);
        if (err == WEH_OK) {
            err = weh_call_progress(call, i + 1, n, diag);
        }
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_end(call->result);
    weh_sink_key(call->result, "sheetViewAttachmentProps");
    weh_sink_array_begin(call->result, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        weh_sink_value(call->result, &attachments[i]);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

static weh_err put_models(struct weh_call *call, const struct weh_value *options,
                          struct weh_diag *diag)
{
    struct weh_id_list ids;
    bool given;
    weh_err err =
        member_set(call, options, "notLoadedModelSelectorStateModels", &given, &ids, diag);

    if (err != WEH_OK || ids.n == 0) {
        return err;
    }
    weh_sink_key(call->result, "modelSelectorStateModels");
    return read_models(call, ids, false, call->result, diag);
}

static weh_err put_one_model(struct weh_call *call, weh_id id, struct weh_diag *diag)
{
    struct weh_value model = { .type = WEH_VALUE_NULL };
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = weh_model_get_props(call_workspace(call)->bis, id, &sink.sink, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &model, diag);
    }
    if (err == WEH_OK) {
        weh_sink_key(call->result, "baseModelProps");
        weh_sink_value(call->result, &model);
    }
    return is_absence(err) ? WEH_OK : err;
}

weh_err ipc_read_hydrate_view_state(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *options = call->args[1].as.value;
    const weh_id view = member_id(options, "spatialViewId");
    weh_err err = WEH_OK;

    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    if (!weh_value_is_null(weh_value_get(options, "acsId"))) {
        err = put_element(call, call->result, "acsElementProps", member_id(options, "acsId"), diag);
        err = is_absence(err) ? WEH_OK : err;
    }
    if (err == WEH_OK) {
        err = put_attachments(call, options, diag);
    }
    if (err == WEH_OK && !weh_value_is_null(weh_value_get(options, "spatialViewId"))) {
        weh_sink_key(call->result, "spatialViewProps");
        err = put_view_state(call, call->result, view, weh_value_get(options, "viewStateLoadProps"),
                             diag);
    }
    if (err == WEH_OK) {
        err = put_models(call, options, diag);
    }
    if (err == WEH_OK && !weh_value_is_null(weh_value_get(options, "baseModelId"))) {
        err = put_one_model(call, member_id(options, "baseModelId"), diag);
    }
    if (err == WEH_OK) {
        weh_sink_map_end(call->result);
    }
    return err;
}

/* ---- a view of everything ---- */

#define MODELS_IN_SPACE                                  \
    "SELECT ECInstanceId FROM BisCore.GeometricModel3d " \
    "WHERE IsPrivate=FALSE AND IsTemplate=FALSE"

/* Older schemas do not know of models that are not in space. */
static weh_err query_models(struct weh_call *call, struct weh_id_list *out, struct weh_diag *diag)
{
    weh_err err = read_query_ids(call,
                                 MODELS_IN_SPACE " AND (IsNotSpatiallyLocated IS NULL OR "
                                                 "IsNotSpatiallyLocated=FALSE)",
                                 NULL, out, diag);

    return err == WEH_E_QUERY ? read_query_ids(call, MODELS_IN_SPACE, NULL, out, diag) : err;
}

static int compare_ids(const void *left, const void *right)
{
    const weh_id a = *(const weh_id *)left;
    const weh_id b = *(const weh_id *)right;

    return a < b ? -1 : a > b;
}

static weh_err put_set(struct weh_call *call, const char *key, struct weh_id_list ids,
                       struct weh_diag *diag)
{
    weh_id *sorted = weh_arena_array(call->arena, ids.n + 1, sizeof(*sorted));
    struct weh_buf buf;
    weh_err err = WEH_OK;

    if (sorted == NULL) {
        return weh_fail_nomem(diag);
    }
    if (ids.n > 0) {
        memcpy(sorted, ids.ids, ids.n * sizeof(*sorted));
    }
    qsort(sorted, ids.n, sizeof(*sorted), compare_ids);
    weh_buf_init(&buf, 0);
    weh_id_set_write(sorted, ids.n, &buf);
    if (buf.err == WEH_OK) {
        put_str(call->result, key, (struct weh_str){ (const char *)buf.data, buf.len });
    } else {
        err = weh_fail_nomem(diag);
    }
    weh_buf_fini(&buf);
    return err;
}

weh_err ipc_read_get_custom_view_data(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *options = call->args[1].given ? call->args[1].as.value : NULL;
    double range[6] = { NOTHING_LOW,  NOTHING_LOW,  NOTHING_LOW,
                        NOTHING_HIGH, NOTHING_HIGH, NOTHING_HIGH };
    struct weh_id_list models = { NULL, 0 };
    struct weh_id_list categories = { NULL, 0 };
    bool given = false;
    bool is_something = false;
    weh_err err = member_set(call, options, "modelIds", &given, &models, diag);

    if (err == WEH_OK && !given) {
        err = query_models(call, &models, diag);
    }
    if (err == WEH_OK) {
        err = read_query_ids(call, USED_CATEGORIES, NULL, &categories, diag);
    }
    if (err == WEH_OK) {
        err = read_range(call, models, range, &is_something, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_map_begin(call->result, 3);
    err = put_set(call, "modelIds", models, diag);
    if (err == WEH_OK) {
        err = put_set(call, "categoryIds", categories, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(call->result, "modelExtents");
    put_range(call->result, range);
    weh_sink_map_end(call->result);
    return WEH_OK;
}

/* ---- the default view ---- */

weh_err ipc_read_get_default_view_id(struct weh_call *call, struct weh_diag *diag)
{
    struct file_prop_values values = { NULL, NULL };
    weh_id id = 0;
    weh_err err = read_file_prop(call, "dgn_View", "DefaultView", 0, &values, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (values.blob != NULL && values.blob->type == WEH_VALUE_BINARY && values.blob->n == 8) {
        for (unsigned i = 0; i < 8; i++) {
            id |= (weh_id)values.blob->as.binary[i] << (8 * i);
        }
    }
    weh_sink_id(call->result, id);
    return WEH_OK;
}
