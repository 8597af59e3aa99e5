/* src/rpc/ipc_read.c - IModelReadRpcInterface: elements, models, classes, code specs. */
#include "ipc_read.h"

#include "weh/code_spec.h"
#include "weh/file_prop.h"
#include "weh/value_sink.h"

/* ---- shared ---- */

static weh_id id_of(const struct weh_value *value)
{
    weh_id id = 0;

    return value != NULL && value->type == WEH_VALUE_STRING &&
                   weh_id_parse(weh_value_str(value), &id)
               ? id
               : 0;
}

weh_id member_id(const struct weh_value *map, const char *name)
{
    return id_of(weh_value_get(map, name));
}

weh_err read_id_list(struct weh_call *call, const struct weh_value *list, struct weh_id_list *out,
                     struct weh_diag *diag)
{
    weh_id *ids = weh_arena_array(call->arena, list->n == 0 ? 1 : list->n, sizeof(*ids));

    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < list->n; i++) {
        ids[i] = id_of(&list->as.items[i]);
    }
    return weh_id_list_unique(ids, list->n, call->arena, out, diag);
}

static weh_err write_element_by(struct weh_call *call, const struct weh_element_key *key,
                                struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err = key->id == 0 ? WEH_E_NOT_FOUND
                               : weh_element_get_props(call_workspace(call)->bis, key, sink, diag);

    /* In the words of iTwin.js. */
    return err == WEH_E_NOT_FOUND ? weh_fail_where(diag, err, "id", "element not found") : err;
}

static weh_err write_element(struct weh_call *call, weh_id id, struct weh_sink *sink,
                             struct weh_diag *diag)
{
    const struct weh_element_key key = { .id = id };

    return write_element_by(call, &key, sink, diag);
}

static weh_err write_model(struct weh_call *call, weh_id id, struct weh_sink *sink,
                           struct weh_diag *diag)
{
    return weh_model_get_props(call_workspace(call)->bis, id, sink, diag);
}

weh_err read_element_by(struct weh_call *call, const struct weh_element_key *key,
                        struct weh_value *out, struct weh_diag *diag)
{
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = write_element_by(call, key, &sink.sink, diag);
    return err == WEH_OK ? weh_value_sink_take(&sink, out, diag) : err;
}

weh_err read_element(struct weh_call *call, weh_id id, struct weh_value *out, struct weh_diag *diag)
{
    const struct weh_element_key key = { .id = id };

    return read_element_by(call, &key, out, diag);
}

typedef weh_err (*entity_writer)(struct weh_call *call, weh_id id, struct weh_sink *sink,
                                 struct weh_diag *diag);

/* Nothing is written of what is not there. */
static weh_err write_all(struct weh_call *call, struct weh_id_list ids, bool must_be,
                         entity_writer write, struct weh_sink *sink, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < ids.n && err == WEH_OK; i++) {
        err = write(call, ids.ids[i], sink, diag);
        if (err == WEH_E_NOT_FOUND && (ids.n > 1 || !must_be)) {
            err = WEH_OK;
        }
        if (err == WEH_OK) {
            err = weh_call_progress(call, i + 1, ids.n, diag);
        }
    }
    if (err == WEH_OK) {
        weh_sink_array_end(sink);
    }
    return err;
}

weh_err read_elements(struct weh_call *call, struct weh_id_list ids, struct weh_sink *sink,
                      struct weh_diag *diag)
{
    return write_all(call, ids, true, write_element, sink, diag);
}

weh_err read_models(struct weh_call *call, struct weh_id_list ids, bool must_be,
                    struct weh_sink *sink, struct weh_diag *diag)
{
    return write_all(call, ids, must_be, write_model, sink, diag);
}

weh_err read_file_prop(struct weh_call *call, const char *space, const char *name, int64_t id,
                       struct file_prop_values *out, struct weh_diag *diag)
{
    const struct weh_file_prop_key key = { weh_str_from(space), weh_str_from(name), id, 0 };
    struct weh_value value = { .type = WEH_VALUE_NULL };
    struct weh_value *kept = NULL;
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = weh_file_prop_query(call_workspace(call)->briefcase, &key, &sink.sink, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &value, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    kept = weh_arena_alloc(call->arena, sizeof(*kept));
    if (kept == NULL) {
        return weh_fail_nomem(diag);
    }
    *kept = value;
    *out = (struct file_prop_values){ weh_value_get(kept, "string"), weh_value_get(kept, "blob") };
    return WEH_OK;
}

/* ---- elements ---- */

weh_err ipc_read_get_element_props(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = read_id_list(call, call->args[1].as.value, &ids, diag);

    return err == WEH_OK ? read_elements(call, ids, call->result, diag) : err;
}

struct flag {
    const char *name;
    bool *value;
};

static weh_err read_flags(const struct weh_value *options, const struct flag *flags, size_t n,
                          struct weh_diag *diag)
{
    for (size_t i = 0; i < n; i++) {
        const struct weh_value *value = weh_value_get(options, flags[i].name);

        if (!weh_value_is_null(value) && !weh_value_to_bool(value, flags[i].value)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, flags[i].name, "%s must be a boolean",
                                  flags[i].name);
        }
    }
    return WEH_OK;
}

weh_err read_style_options(const struct weh_value *options, struct weh_element_key *key,
                           struct weh_diag *diag)
{
    const struct flag flags[] = { { "compressExcludedElementIds", &key->want_excluded_set },
                                  { "omitScheduleScriptElementIds", &key->omit_script_ids } };

    return read_flags(weh_value_get(options, "displayStyle"), flags, WEH_ARRAY_LEN(flags), diag);
}

/* ElementLoadOptions: those that change what is read. */
static weh_err read_options(const struct weh_arg *arg, struct weh_element_key *key,
                            struct weh_diag *diag)
{
    const struct flag flags[] = { { "wantGeometry", &key->want_geometry },
                                  { "wantBRepData", &key->want_brep_data } };
    const struct weh_value *options = arg->given ? arg->as.value : NULL;
    weh_err err = read_flags(options, flags, WEH_ARRAY_LEN(flags), diag);

    return err == WEH_OK ? read_style_options(options, key, diag) : err;
}

weh_err ipc_read_load_element_props(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_value *identifier = call->args[1].as.value;
    struct weh_element_key key = { .id = 0 };
    struct weh_guid guid;
    weh_err err = read_options(&call->args[2], &key, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (identifier->type == WEH_VALUE_MAP) {
        key.code = identifier;
    } else if (identifier->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "identifier",
                              "identifier must be an id, a federation GUID or a code");
    } else if (weh_guid_parse(weh_value_str(identifier), &guid)) {
        key.federation_guid = &guid;
    } else {
        key.id = id_of(identifier);
    }
    if (key.id == 0 && key.code == NULL && key.federation_guid == NULL) {
        return WEH_OK; /* no element: undefined, as for any that is not there */
    }
    err = weh_element_get_props(call_workspace(call)->bis, &key, call->result, diag);
    return is_absence(err) ? WEH_OK : err;
}

/* ---- models ---- */

weh_err ipc_read_get_model_props(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = read_id_list(call, call->args[1].as.value, &ids, diag);

    return err == WEH_OK ? read_models(call, ids, true, call->result, diag) : err;
}

/* Of all that were asked for, also twice. */
static weh_err query_extents(struct weh_call *call, const weh_id *ids, size_t n,
                             struct weh_sink *sink, struct weh_diag *diag)
{
    return weh_model_query_extents(call_workspace(call)->bis, ids, n, sink, diag);
}

static weh_err ids_as_given(struct weh_call *call, const struct weh_value *list,
                            struct weh_id_list *out, struct weh_diag *diag)
{
    weh_id *ids = weh_arena_array(call->arena, list->n == 0 ? 1 : list->n, sizeof(*ids));

    if (ids == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < list->n; i++) {
        ids[i] = id_of(&list->as.items[i]);
    }
    *out = (struct weh_id_list){ ids, list->n };
    return WEH_OK;
}

weh_err ipc_read_query_model_extents(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    weh_err err = ids_as_given(call, call->args[1].as.value, &ids, diag);

    return err == WEH_OK ? query_extents(call, ids.ids, ids.n, call->result, diag) : err;
}

static weh_err extents_of(struct weh_call *call, struct weh_id_list ids, struct weh_value *out,
                          struct weh_diag *diag)
{
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = query_extents(call, ids.ids, ids.n, &sink.sink, diag);
    return err == WEH_OK ? weh_value_sink_take(&sink, out, diag) : err;
}

static int64_t status_of(const struct weh_value *extents)
{
    int64_t status = 0;

    (void)weh_value_to_int64(weh_value_get(extents, "status"), &status);
    return status;
}

weh_err ipc_read_query_model_ranges(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_id_list ids = { NULL, 0 };
    struct weh_value all = { .type = WEH_VALUE_NULL };
    weh_err err = ids_as_given(call, call->args[1].as.value, &ids, diag);

    if (err == WEH_OK) {
        err = extents_of(call, ids, &all, diag);
    }
    if (err == WEH_OK && all.n == 1 && status_of(&all.as.items[0]) != 0) {
        err = weh_fail(diag, WEH_E_NOT_FOUND, "error querying model range");
        if (diag != NULL) {
            diag->itwin = (int32_t)status_of(&all.as.items[0]);
        }
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    for (uint32_t i = 0; i < all.n; i++) {
        if (status_of(&all.as.items[i]) == 0) {
            weh_sink_value(call->result, weh_value_get(&all.as.items[i], "extents"));
        }
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

static double coordinate(const struct weh_value *extents, const char *corner, size_t axis)
{
    const struct weh_value *point = weh_value_get(weh_value_get(extents, "extents"), corner);
    double value = 0;

    if (point != NULL && point->type == WEH_VALUE_ARRAY && axis < point->n) {
        (void)weh_value_to_double(&point->as.items[axis], &value);
    }
    return value;
}

/* Add the extents of one model, unless they are of nothing. */
static void widen(double out[6], bool *is_something, const struct weh_value *extents)
{
    double corners[6];

    for (size_t axis = 0; axis < 3; axis++) {
        corners[axis] = coordinate(extents, "low", axis);
        corners[axis + 3] = coordinate(extents, "high", axis);
        if (corners[axis] > corners[axis + 3]) {
            return;
        }
    }
    for (size_t axis = 0; axis < 3; axis++) {
        const double low = corners[axis];
        const double high = corners[axis + 3];

        out[axis] = *is_something && out[axis] < low ? out[axis] : low;
        out[axis + 3] = *is_something && out[axis + 3] > high ? out[axis + 3] : high;
    }
    *is_something = true;
}

weh_err read_range(struct weh_call *call, struct weh_id_list ids, double out[6], bool *is_something,
                   struct weh_diag *diag)
{
    struct weh_value all = { .type = WEH_VALUE_NULL };
    weh_err err = extents_of(call, ids, &all, diag);

    *is_something = false;
    for (uint32_t i = 0; err == WEH_OK && i < all.n; i++) {
        widen(out, is_something, &all.as.items[i]);
    }
    return err;
}

static void put_corner(struct weh_sink *sink, const char *key, const double corner[3])
{
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, 3);
    for (size_t axis = 0; axis < 3; axis++) {
        weh_sink_real(sink, corner[axis]);
    }
    weh_sink_array_end(sink);
}

void put_range(struct weh_sink *sink, const double range[6])
{
    weh_sink_map_begin(sink, 2);
    put_corner(sink, "low", range);
    put_corner(sink, "high", range + 3);
    weh_sink_map_end(sink);
}

/* ---- classes, code specs, fonts ---- */

weh_err ipc_read_get_class_hierarchy(struct weh_call *call, struct weh_diag *diag)
{
    const struct weh_str name = call->args[1].as.string;
    const struct weh_ec_class *ec_class = weh_ec_class_by_name(call_workspace(call)->catalog, name);

    if (ec_class == NULL) {
        return weh_fail_where(diag, WEH_E_NOT_FOUND, "startClassName", "there is no such class");
    }
    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    weh_sink_str(call->result, name);
    while (ec_class->n_bases > 0) {
        ec_class = ec_class->bases[0];
        weh_sink_str(call->result, ec_class->full_name);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

static void put_member(struct weh_sink *sink, const char *key, const struct weh_value *value)
{
    weh_sink_key(sink, key);
    weh_sink_value(sink, value);
}

weh_err ipc_read_get_all_code_specs(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_value all = { .type = WEH_VALUE_NULL };
    struct weh_value_sink sink;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = weh_code_spec_list(call_workspace(call)->bis, &sink.sink, diag);
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &all, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_array_begin(call->result, all.n);
    for (uint32_t i = 0; i < all.n; i++) {
        const struct weh_value *spec = &all.as.items[i];

        weh_sink_map_begin(call->result, 3);
        put_member(call->result, "id", weh_value_get(spec, "id"));
        put_member(call->result, "name", weh_value_get(spec, "name"));
        put_member(call->result, "jsonProperties", weh_value_get(spec, "properties"));
        weh_sink_map_end(call->result);
    }
    weh_sink_array_end(call->result);
    return WEH_OK;
}

weh_err ipc_read_read_font_json(struct weh_call *call, struct weh_diag *diag)
{
    return weh_briefcase_write_fonts(call_workspace(call)->briefcase, call->result, diag);
}
