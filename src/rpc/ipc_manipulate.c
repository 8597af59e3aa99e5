/* src/rpc/ipc_manipulate.c - the methods of BasicManipulation (@itwin/editor-backend 5.0), called on the active command.
 *
 * As there, what changes many elements does it one after the other: when one fails those before it stay changed.
 */
#include <string.h>

#include "weh/file_prop.h"
#include "weh/id_set.h"
#include "weh/json.h"
#include "weh/placement_move.h"
#include "weh/value_sink.h"

#include "ipc_priv.h"
#include "method_table.h"

#define ITWIN_SQLITE_ERROR 1 /* DbResult.BE_SQLITE_ERROR */
#define ITWIN_INVALID_ID   65559

/* What the native library makes of anything that its callback for a geometry stream throws. */
#define ITWIN_GEOMETRY_STREAM_ERROR 94220

#define MAX_ID_TEXT 64

static weh_err fail_sqlite_error(struct weh_diag *diag, const char *where, const char *text)
{
    weh_err err = weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s", text);

    if (diag != NULL) {
        diag->itwin = ITWIN_SQLITE_ERROR;
    }
    return err;
}

static weh_err ping(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_sink *sink = call->result;

    (void)diag;
    weh_sink_map_begin(sink, 2);
    put_text(sink, "version", "1.0.0");
    put_text(sink, "commandId", "basicManipulation");
    weh_sink_map_end(sink);
    return WEH_OK;
}

static weh_err allow_channel(struct weh_call *call, struct weh_diag *diag)
{
    return channels_allow(call, call->args[0].as.string, diag);
}

static weh_err forbid_channel(struct weh_call *call, struct weh_diag *diag)
{
    return channels_forbid(call, call->args[0].as.string, diag);
}

/* ---- one after the other ---- */

typedef weh_err (*edit_one)(struct weh_call *call, weh_id id, void *ctx, struct weh_diag *diag);

static weh_err edit_each(struct weh_call *call, edit_one edit, void *ctx, struct weh_diag *diag)
{
    struct weh_id_list list = { NULL, 0 };
    weh_err err =
        weh_id_set_read(call->args[0].as.string, "ids", RPC_MAX_IDS, call->arena, &list, diag);

    for (size_t i = 0; i < list.n && err == WEH_OK; i++) {
        err = edit(call, list.ids[i], ctx, diag);
        if (err == WEH_OK) {
            err = weh_call_progress(call, i + 1, list.n, diag);
        }
    }
    if (err == WEH_OK) {
        weh_sink_int(call->result, 0);
    }
    return err;
}

static weh_err delete_one(struct weh_call *call, weh_id id, void *ctx, struct weh_diag *diag)
{
    weh_err err;

    (void)ctx;
    weh_call_deletes(call, id);
    err = channels_check_element(call, id, diag);
    return err != WEH_OK ? err : weh_element_delete(call_workspace(call)->bis, &id, 1, diag);
}

static weh_err delete_elements(struct weh_call *call, struct weh_diag *diag)
{
    return edit_each(call, delete_one, NULL, diag);
}

/* ---- moved and turned ---- */

/* What is done with each placement: @transform, or, with @matrix, a turn about a point of it. */
struct movement {
    struct weh_transform transform;
    const double *matrix;
    bool about_center;
};

static weh_err read_element(struct weh_call *call, weh_id id, struct weh_arena *arena,
                            struct weh_value *out, struct weh_diag *diag)
{
    const struct weh_element_key key = { .id = id };
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, arena);
    err = weh_element_get_props(call_workspace(call)->bis, &key, &sink.sink, diag);
    return err == WEH_OK ? weh_value_sink_take(&sink, out, diag) : err;
}

/* An update of nothing but the placement: begin, write it, end. */
static void begin_update(struct weh_value_sink *sink, weh_id id, struct weh_arena *arena)
{
    weh_value_sink_init(sink, arena);
    weh_sink_map_begin(&sink->sink, WEH_SINK_UNKNOWN);
    put_id(&sink->sink, "id", id);
    weh_sink_key(&sink->sink, "placement");
}

static weh_err end_update(struct weh_call *call, struct weh_value_sink *sink, struct weh_diag *diag)
{
    struct weh_value props;
    weh_err err;

    weh_sink_map_end(&sink->sink);
    err = weh_value_sink_take(sink, &props, diag);
    return err == WEH_OK ? weh_element_update(call_workspace(call)->bis, &props, diag) : err;
}

static void aim(const struct movement *movement, const double origin[3], const double center[3],
                struct weh_transform *out)
{
    if (movement->matrix == NULL) {
        *out = movement->transform;
    } else {
        weh_transform_about(movement->about_center ? center : origin, movement->matrix, out);
    }
}

static weh_err move_3d(struct weh_call *call, weh_id id, const struct movement *movement,
                       const struct weh_value *value, struct weh_arena *arena,
                       struct weh_diag *diag)
{
    struct weh_placement3d placement;
    struct weh_transform transform;
    struct weh_value_sink sink;
    double center[3];
    weh_err err = weh_placement3d_read(value, &placement, diag);

    if (err != WEH_OK || !weh_placement3d_is_valid(&placement)) {
        return err;
    }
    weh_placement3d_center(&placement, center);
    aim(movement, placement.origin, center, &transform);
    err = weh_placement3d_move(&placement, &transform, diag);
    if (err == WEH_OK) {
        begin_update(&sink, id, arena);
        weh_placement3d_write(&placement, &sink.sink);
        err = end_update(call, &sink, diag);
    }
    return err;
}

static weh_err move_2d(struct weh_call *call, weh_id id, const struct movement *movement,
                       const struct weh_value *value, struct weh_arena *arena,
                       struct weh_diag *diag)
{
    struct weh_placement2d placement;
    struct weh_transform transform;
    struct weh_value_sink sink;
    double center[3];
    weh_err err = weh_placement2d_read(value, &placement, diag);

    if (err != WEH_OK || !weh_placement2d_is_valid(&placement)) {
        return err;
    }
    weh_placement2d_center(&placement, center);
    aim(movement, (double[3]){ placement.origin[0], placement.origin[1], 0 }, center, &transform);
    err = weh_placement2d_move(&placement, &transform, diag);
    if (err == WEH_OK) {
        begin_update(&sink, id, arena);
        weh_placement2d_write(&placement, &sink.sink);
        err = end_update(call, &sink, diag);
    }
    return err;
}

/* Which of the two a placement is shows in its origin. */
static bool is_2d(const struct weh_value *placement)
{
    const struct weh_value *origin = weh_value_get(placement, "origin");

    return origin != NULL && origin->n == 2;
}

static weh_err move_one(struct weh_call *call, weh_id id, void *ctx, struct weh_diag *diag)
{
    const struct weh_value *placement;
    struct weh_value element;
    struct weh_arena arena;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = channels_check_element(call, id, diag);
    if (err == WEH_OK) {
        err = read_element(call, id, &arena, &element, diag);
    }
    placement = err == WEH_OK ? weh_value_get(&element, "placement") : NULL;
    if (!weh_value_is_null(placement)) {
        err = is_2d(placement) ? move_2d(call, id, ctx, placement, &arena, diag)
                               : move_3d(call, id, ctx, placement, &arena, diag);
    } else if (err == WEH_OK && weh_value_get(&element, "category") == NULL) {
        err = weh_fail_where(diag, WEH_E_BAD_ELEMENT, "ids", "the element is not geometric");
    }
    weh_arena_fini(&arena);
    return err;
}

static weh_err transform_placement(struct weh_call *call, struct weh_diag *diag)
{
    struct movement movement = { .matrix = NULL };
    weh_err err =
        weh_transform_read(call->args[1].as.value, "transform", &movement.transform, diag);

    return err == WEH_OK ? edit_each(call, move_one, &movement, diag) : err;
}

static weh_err rotate_placement(struct weh_call *call, struct weh_diag *diag)
{
    double matrix[9];
    struct movement movement = { .matrix = matrix,
                                 .about_center = call->args[2].given && call->args[2].as.boolean };
    weh_err err = weh_matrix_read(call->args[1].as.value, "matrix", matrix, diag);

    return err == WEH_OK ? edit_each(call, move_one, &movement, diag) : err;
}

/* ---- made and changed ---- */

/* @props with the geometry @data beside, in @arena. */
static weh_err with_geometry(const struct weh_value *props, const struct weh_value *data,
                             struct weh_arena *arena, struct weh_value *out, struct weh_diag *diag)
{
    struct weh_member *members = weh_arena_array(arena, (size_t)props->n + 1, sizeof(*members));
    uint32_t n = 0;

    if (members == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < props->n; i++) {
        if (!weh_str_eq_text(props->as.members[i].key, "elementGeometryBuilderParams")) {
            members[n++] = props->as.members[i];
        }
    }
    members[n++] =
        (struct weh_member){ .key = WEH_STR("elementGeometryBuilderParams"), .value = *data };
    *out = (struct weh_value){ .type = WEH_VALUE_MAP, .n = n };
    out->as.members = members;
    return WEH_OK;
}

/* Frontends of 4.0 have the geometry as an argument of its own. */
static weh_err insert(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_arg *data = &call->args[1];
    struct weh_value props = *call->args[0].as.value;
    weh_id id = 0;
    weh_err err = data->given ? with_geometry(call->args[0].as.value, data->as.value, call->arena,
                                              &props, diag)
                              : WEH_OK;

    weh_call_edits(call, call->args[0].as.value);
    if (err == WEH_OK) {
        err = ipc_check_insert(call, &props, diag);
    }
    if (err == WEH_OK) {
        err = weh_element_insert(call_workspace(call)->bis, &props, &id, diag);
    }
    if (err == WEH_OK) {
        weh_sink_id(call->result, id);
    }
    return err;
}

/* All of the element @id: new geometry alone would take its placement. In the arena, as an error tells of them later. */
static weh_err props_of_id(struct weh_call *call, const struct weh_value *id,
                           const struct weh_value **out, struct weh_diag *diag)
{
    struct weh_value *props = weh_arena_array(call->arena, 1, sizeof(*props));
    weh_id element = 0;

    if (props == NULL) {
        return weh_fail_nomem(diag);
    }
    *out = props;
    return weh_id_parse(weh_value_str(id), &element)
               ? read_element(call, element, call->arena, props, diag)
               : weh_fail_where(diag, WEH_E_BAD_ARGS, "propsOrId", "propsOrId is no id");
}

static weh_err update(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *given = call->args[0].as.value;
    const struct weh_arg *data = &call->args[1];
    struct weh_value props;
    weh_err err = WEH_OK;

    if (given->type == WEH_VALUE_STRING) {
        if (!data->given) {
            return fail_sqlite_error(diag, "data", "Flatbuffer data required for update by id");
        }
        err = props_of_id(call, given, &given, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (given->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "props", "props must be an object or an id");
    }
    if (weh_value_is_null(weh_value_get(given, "id"))) {
        return fail_sqlite_error(diag, "id", "Element id required for update");
    }
    props = *given;
    weh_call_edits(call, given);
    err = ipc_check_update(call, given, diag);
    if (err == WEH_OK && data->given) {
        err = with_geometry(given, data->as.value, call->arena, &props, diag);
    }
    if (err == WEH_OK) {
        err = weh_element_update(call_workspace(call)->bis, &props, diag);
    }
    if (err == WEH_E_BAD_ARGS && diag != NULL && strcmp(diag->where, "id") == 0) {
        diag->itwin = ITWIN_INVALID_ID;
    }
    return err;
}

/* ---- read ---- */

/* What is no id is the id of nothing. */
static weh_err request_geometry(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *filter = call->args[1].as.value;
    weh_id id = 0;
    weh_err err;

    if (!weh_id_parse(call->args[0].as.string, &id)) {
        return WEH_OK;
    }
    err = weh_element_write_geometry(call_workspace(call)->bis, id, filter, call->result, diag);
    if (diag != NULL && (err == WEH_E_BAD_ARGS || err == WEH_E_UNSUPPORTED)) {
        diag->itwin = ITWIN_GEOMETRY_STREAM_ERROR;
    }
    return err;
}

/* ---- the iModel's place ---- */

static weh_err run_quietly(struct weh_call *call, weh_handler handler, struct weh_diag *diag)
{
    struct weh_call inner = *call;
    struct weh_value_sink nothing;

    weh_value_sink_init(&nothing, call->arena);
    inner.result = &nothing.sink;
    return handler(&inner, diag);
}

static weh_err update_extents(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = run_quietly(call, briefcase_update_extents, diag);

    if (err == WEH_E_BAD_ARGS) {
        return fail_sqlite_error(diag, "extents", "Invalid project extents");
    }
    return err == WEH_OK ? weh_location_set_source(call_workspace(call)->briefcase, diag) : err;
}

static weh_err update_ecef(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = weh_location_drop_gcs(call_workspace(call)->briefcase, diag);

    return err == WEH_OK ? run_quietly(call, briefcase_update_ecef, diag) : err;
}

/* ---- saved through the command, as by the newest frontends ---- */

static weh_err save(struct weh_call *call, struct weh_diag *diag)
{
    return ipc_save(call, call_description(&call->args[0]), diag);
}

static weh_err end_edits(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = save(call, diag);

    if (err == WEH_OK) {
        call_desk(call)->has_command = false;
    }
    return err;
}

static weh_err abandon_edits(struct weh_call *call, struct weh_diag *diag)
{
    weh_err err = call_abandon(call, diag);

    if (err == WEH_OK) {
        call_desk(call)->has_command = false;
    }
    return err;
}

/* ---- the table ---- */

/* clang-format off */
static const struct weh_arg_spec args_none[] = { ARGS_END };

static const struct weh_arg_spec args_channel[] = {
    { "channelKey", WEH_ARG_STRING, true, 1, CHANNELS_MAX_KEY, NULL, "key of a channel" },
    ARGS_END,
};

static const struct weh_arg_spec args_ids[] = {
    { "ids", WEH_ARG_STRING, true, 0, MAX_ID_SET, NULL, "CompressedId64Set of elements" },
    ARGS_END,
};

static const struct weh_arg_spec args_transform[] = {
    { "ids",       WEH_ARG_STRING, true, 0, MAX_ID_SET, NULL, "CompressedId64Set of elements" },
    { "transform", WEH_ARG_ANY,    true, 0, 0, NULL, "TransformProps" },
    ARGS_END,
};

static const struct weh_arg_spec args_rotate[] = {
    { "ids",         WEH_ARG_STRING, true,  0, MAX_ID_SET, NULL, "CompressedId64Set of elements" },
    { "matrix",      WEH_ARG_ANY,    true,  0, 0, NULL, "Matrix3dProps" },
    { "aboutCenter", WEH_ARG_BOOL,   false, 0, 0, NULL, "about the middle of the element's range rather than its origin" },
    ARGS_END,
};

static const struct weh_arg_spec args_insert[] = {
    { "props", WEH_ARG_OBJECT, true,  0, 0, NULL, "ElementProps" },
    { "data",  WEH_ARG_OBJECT, false, 0, 0, NULL, "{entryArray, viewIndependent?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_update[] = {
    { "propsOrId", WEH_ARG_ANY,    true,  0, 0, NULL, "ElementProps with id, or an id" },
    { "data",      WEH_ARG_OBJECT, false, 0, 0, NULL, "{entryArray, viewIndependent?}" },
    ARGS_END,
};

static const struct weh_arg_spec args_geometry[] = {
    { "elementId", WEH_ARG_STRING, true,  0, MAX_ID_TEXT, NULL, "id of a geometric element or a geometry part" },
    { "filter",    WEH_ARG_ANY,    false, 0, 0, NULL, "FlatBufferGeometryFilter; null is refused, as by the stock backend" },
    ARGS_END,
};

static const struct weh_arg_spec args_extents[] = {
    { "extents", WEH_ARG_ANY, true, 0, 0, NULL, "{low, high}" },
    ARGS_END,
};

static const struct weh_arg_spec args_ecef[] = {
    { "ecefLocation", WEH_ARG_OBJECT, true, 0, 0, NULL, "EcefLocationProps" },
    ARGS_END,
};

static const struct weh_arg_spec args_save[] = {
    { "description", WEH_ARG_STRING, false, 0, MAX_DESCRIPTION, NULL, "what undo is called" },
    ARGS_END,
};

static const struct weh_method methods[] = {
    { "basicManipulation.abandonChanges",         OPEN, EDIT, 0, args_none, "", "0.1", "Drop all unsaved changes.", call_abandon },
    { "basicManipulation.abandonEdits",           OPEN, EDIT, 0, args_none, "", "0.1", "The same, and the command ends.", abandon_edits },
    { "basicManipulation.addAllowedChannel",      OPEN, VIEW, 0, args_channel, "", "0.1", "Let this page edit what is in a channel; at first that is \"shared\" alone.", allow_channel },
    { "basicManipulation.deleteElements",         OPEN, EDIT, BATCH, args_ids, "0", "0.1", "Delete elements with their children.", delete_elements },
    { "basicManipulation.endEdits",               OPEN, EDIT, SAVES, args_save, "", "0.1", "Save, and the command ends.", end_edits },
    { "basicManipulation.insertGeometricElement", OPEN, EDIT, BATCH, args_insert, "id", "0.1", "Insert an element.", insert },
    { "basicManipulation.insertGeometryPart",     OPEN, EDIT, BATCH, args_insert, "id", "0.1", "Insert a geometry part.", insert },
    { "basicManipulation.ping",                   ANYWHERE, VIEW, 0, args_none, "{version, commandId}", "0.1", "Which command is active.", ping },
    { "basicManipulation.removeAllowedChannel",   OPEN, VIEW, 0, args_channel, "", "0.1", "Let it not.", forbid_channel },
    { "basicManipulation.requestElementGeometry", OPEN, VIEW, 0, args_geometry, "ElementGeometryInfo", "0.1", "Read the geometry of an element, if the filter takes it; else, and without geometry, nothing.", request_geometry },
    { "basicManipulation.rotatePlacement",        OPEN, EDIT, BATCH, args_rotate, "0", "0.1", "Turn elements.", rotate_placement },
    { "basicManipulation.saveChanges",            OPEN, EDIT, SAVES, args_save, "", "0.1", "Save.", save },
    { "basicManipulation.transformPlacement",     OPEN, EDIT, BATCH, args_transform, "0", "0.1", "Move elements.", transform_placement },
    { "basicManipulation.updateEcefLocation",     OPEN, EDIT, BATCH, args_ecef, "", "0.1", "Set where on the earth the iModel is.", update_ecef },
    { "basicManipulation.updateGeometricElement", OPEN, EDIT, BATCH, args_update, "", "0.1", "Update an element.", update },
    { "basicManipulation.updateProjectExtents",   OPEN, EDIT, BATCH, args_extents, "", "0.1", "Set the volume that holds the project.", update_extents },
};
/* clang-format on */

const struct weh_method *weh_rpc_ipc_command_methods(size_t *n)
{
    *n = WEH_ARRAY_LEN(methods);
    return methods;
}
