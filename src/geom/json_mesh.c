/* src/geom/json_mesh.c - indexed meshes of JSON geometry, both ways. */
#include "weh/compiler.h"

#include "json_priv.h"

/* Every index must be of something, and every array of indexes as long as that of the points. */
static weh_err check_indexes(struct json_reader *r, const char *name, const struct weh_ints *ints,
                             uint32_t length, uint32_t n_items)
{
    if (ints->items == NULL) {
        return WEH_OK;
    }
    if (ints->n != length) {
        return json_fail(r, name, "must be as long as pointIndex");
    }
    for (uint32_t i = 0; i < ints->n; i++) {
        int64_t index = ints->items[i];

        if ((index < 0 ? -index : index) > n_items) {
            return json_fail(r, name, "item %u is an index of nothing", (unsigned)i);
        }
    }
    return WEH_OK;
}

static weh_err read_params(struct json_reader *r, const struct weh_value *v, struct weh_mesh *mesh)
{
    const struct weh_value *value = json_get(v, "param");
    struct weh_points points = { NULL, 0 };
    double *pairs;
    weh_err err = json_points(r, value, "param", &points);

    if (err != WEH_OK || points.n == 0) {
        return err;
    }
    pairs = weh_arena_array(r->arena, points.n, 2 * sizeof(*pairs));
    if (pairs == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; i < points.n; i++) {
        pairs[2 * (size_t)i] = points.items[i].x;
        pairs[2 * (size_t)i + 1] = points.items[i].y;
    }
    if (points.n > UINT32_MAX / 2) {
        return json_fail(r, "param", "has too many items");
    }
    mesh->param = (struct weh_doubles){ pairs, 2 * points.n };
    return WEH_OK;
}

static bool read_face(const struct weh_value *face, double out[8])
{
    if (face->type != WEH_VALUE_ARRAY || face->n != 8) {
        return false;
    }
    for (uint32_t k = 0; k < 8; k++) {
        if (!weh_value_to_double(&face->as.items[k], &out[k])) {
            return false;
        }
    }
    return true;
}

/* Eight numbers a face. */
static weh_err read_face_data(struct json_reader *r, const struct weh_value *v,
                              struct weh_mesh *mesh)
{
    const struct weh_value *value = json_get(v, "faceData");
    double *numbers;

    if (value == NULL) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_ARRAY || value->n > UINT32_MAX / 8) {
        return json_fail(r, "faceData", "must be an array of faces");
    }
    if (value->n == 0) {
        return WEH_OK;
    }
    numbers = weh_arena_array(r->arena, value->n, 8 * sizeof(*numbers));
    if (numbers == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; i < value->n; i++) {
        if (!read_face(&value->as.items[i], &numbers[8 * (size_t)i])) {
            return json_fail(r, "faceData", "item %u must be eight numbers", (unsigned)i);
        }
    }
    mesh->face_data = (struct weh_doubles){ numbers, 8 * value->n };
    return WEH_OK;
}

static weh_err read_tags(struct json_reader *r, const struct weh_value *v, struct weh_mesh *mesh)
{
    static const char *const names[] = { "tagA", "tagB", "intData", "doubleData", NULL };
    const struct weh_value *value = json_get(v, "tags");
    struct weh_mesh_tagged *tagged;
    weh_err err;

    if (value == NULL) {
        return WEH_OK;
    }
    tagged = weh_arena_alloc(r->arena, sizeof(*tagged));
    if (tagged == NULL) {
        return json_nomem(r);
    }
    err = json_check_members(r, value, names);
    if (err == WEH_OK) {
        err = json_int(r, value, "tagA", &tagged->tag_a, NULL);
    }
    if (err == WEH_OK) {
        err = json_int(r, value, "tagB", &tagged->tag_b, NULL);
    }
    if (err == WEH_OK) {
        err = json_ints(r, value, "intData", &tagged->ints);
    }
    if (err == WEH_OK) {
        err = json_doubles(r, value, "doubleData", &tagged->doubles);
    }
    if (err == WEH_OK &&
        (tagged->tag_a != 0 || tagged->tag_b != 0 || tagged->ints.n > 0 || tagged->doubles.n > 0)) {
        mesh->tagged = tagged;
    }
    return err;
}

static weh_err read_channel(struct json_reader *r, const struct weh_value *v,
                            struct weh_aux_channel *out)
{
    static const char *const names[] = { "dataType", "name", "inputName", "data", NULL };
    static const char *const data_names[] = { "input", "values", NULL };
    const struct weh_value *items;
    struct weh_aux_data *data;
    weh_err err = json_check_members(r, v, names);

    out->name = out->input_name = WEH_STR("");
    if (err == WEH_OK) {
        err = json_int(r, v, "dataType", &out->data_type, NULL);
    }
    if (err == WEH_OK) {
        err = json_text(r, v, "name", &out->name, NULL);
    }
    if (err == WEH_OK) {
        err = json_text(r, v, "inputName", &out->input_name, NULL);
    }
    items = err == WEH_OK ? json_get(v, "data") : NULL;
    if (err != WEH_OK) {
        return err;
    }
    if (items == NULL || items->type != WEH_VALUE_ARRAY || items->n == 0) {
        return json_fail(r, "auxData", "data of a channel must be an array");
    }
    data = weh_arena_array(r->arena, items->n, sizeof(*data));
    if (data == NULL) {
        return json_nomem(r);
    }
    for (uint32_t i = 0; err == WEH_OK && i < items->n; i++) {
        err = json_check_members(r, &items->as.items[i], data_names);
        if (err == WEH_OK) {
            err = json_number(r, &items->as.items[i], "input", &data[i].input, NULL);
        }
        if (err == WEH_OK) {
            err = json_doubles(r, &items->as.items[i], "values", &data[i].values);
        }
    }
    out->data = data;
    out->n_data = items->n;
    return err;
}

static weh_err read_aux(struct json_reader *r, const struct weh_value *v, struct weh_mesh *mesh)
{
    static const char *const names[] = { "indices", "channels", NULL };
    const struct weh_value *value = json_get(v, "auxData");
    const struct weh_value *channels;
    struct weh_aux_channel *out;
    struct weh_mesh_aux *aux;
    weh_err err;

    if (value == NULL) {
        return WEH_OK;
    }
    err = json_check_members(r, value, names);
    channels = err == WEH_OK ? json_get(value, "channels") : NULL;
    if (err != WEH_OK) {
        return err;
    }
    if (channels == NULL || channels->type != WEH_VALUE_ARRAY || channels->n == 0) {
        return json_fail(r, "auxData", "must have channels");
    }
    aux = weh_arena_alloc(r->arena, sizeof(*aux));
    out = weh_arena_array(r->arena, channels->n, sizeof(*out));
    if (aux == NULL || out == NULL) {
        return json_nomem(r);
    }
    err = json_ints(r, value, "indices", &aux->indices);
    for (uint32_t i = 0; err == WEH_OK && i < channels->n; i++) {
        err = read_channel(r, &channels->as.items[i], &out[i]);
    }
    if (err == WEH_OK && aux->indices.n != mesh->point_index.n) {
        err = json_fail(r, "auxData", "indices must be as many as those of the points");
    }
    aux->channels = out;
    aux->n_channels = channels->n;
    mesh->aux = aux;
    return err;
}

static weh_err read_arrays(struct json_reader *r, const struct weh_value *v, struct weh_mesh *mesh)
{
    weh_err err = json_points(r, json_get(v, "point"), "point", &mesh->point);

    if (err == WEH_OK) {
        err = json_ints(r, v, "pointIndex", &mesh->point_index);
    }
    if (err == WEH_OK) {
        err = json_points(r, json_get(v, "normal"), "normal", &mesh->normal);
    }
    if (err == WEH_OK) {
        err = json_ints(r, v, "normalIndex", &mesh->normal_index);
    }
    if (err == WEH_OK) {
        err = read_params(r, v, mesh);
    }
    if (err == WEH_OK) {
        err = json_ints(r, v, "paramIndex", &mesh->param_index);
    }
    if (err == WEH_OK) {
        err = json_uints(r, v, "color", &mesh->int_color);
    }
    if (err == WEH_OK) {
        err = json_ints(r, v, "colorIndex", &mesh->color_index);
    }
    if (err == WEH_OK) {
        err = read_face_data(r, v, mesh);
    }
    return err == WEH_OK ? json_ints(r, v, "faceIndex", &mesh->face_index) : err;
}

static weh_err check_mesh(struct json_reader *r, const struct weh_mesh *mesh)
{
    uint32_t n = mesh->point_index.n;
    weh_err err;

    if (mesh->point.n == 0 || n == 0) {
        return json_fail(r, mesh->point.n == 0 ? "point" : "pointIndex", "must not be empty");
    }
    if (mesh->num_per_face < 0 || mesh->num_per_face == 1 ||
        (mesh->num_per_face > 1 && n % (uint32_t)mesh->num_per_face != 0)) {
        return json_fail(r, "numPerFace", "does not fit pointIndex");
    }
    err = check_indexes(r, "pointIndex", &mesh->point_index, n, mesh->point.n);
    if (err == WEH_OK) {
        err = check_indexes(r, "normalIndex", &mesh->normal_index, n, mesh->normal.n);
    }
    if (err == WEH_OK) {
        err = check_indexes(r, "paramIndex", &mesh->param_index, n, mesh->param.n / 2);
    }
    if (err == WEH_OK) {
        err = check_indexes(r, "colorIndex", &mesh->color_index, n, mesh->int_color.n);
    }
    return err == WEH_OK ? check_indexes(r, "faceIndex", &mesh->face_index, n, UINT32_MAX) : err;
}

weh_err json_read_mesh(struct json_reader *r, const struct weh_value *v, struct weh_shape *out)
{
    static const char *const names[] = {
        "point",   "pointIndex",      "normal",   "normalIndex",   "param",      "paramIndex",
        "color",   "colorIndex",      "faceData", "faceIndex",     "numPerFace", "twoSided",
        "auxData", "expectedClosure", "tags",     "edgeMateIndex", NULL
    };
    struct weh_mesh *mesh = weh_arena_alloc(r->arena, sizeof(*mesh));
    weh_err err;

    if (mesh == NULL) {
        return json_nomem(r);
    }
    out->as.mesh = mesh;
    mesh->mesh_style = 1;
    mesh->two_sided = true;
    err = json_check_members(r, v, names);
    if (err == WEH_OK) {
        err = read_arrays(r, v, mesh);
    }
    if (err == WEH_OK) {
        err = json_int(r, v, "numPerFace", &mesh->num_per_face, NULL);
    }
    if (err == WEH_OK) {
        err = json_bool(r, v, "twoSided", &mesh->two_sided);
    }
    if (err == WEH_OK) {
        err = json_int(r, v, "expectedClosure", &mesh->expected_closure, NULL);
    }
    if (err == WEH_OK) {
        err = check_mesh(r, mesh);
    }
    if (err == WEH_OK) {
        err = read_aux(r, v, mesh);
    }
    return err == WEH_OK ? read_tags(r, v, mesh) : err;
}

static void write_ints(struct weh_sink *sink, const char *key, const struct weh_ints *ints,
                       uint32_t n)
{
    if (ints->items == NULL || ints->n < n) {
        return;
    }
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, n);
    for (uint32_t i = 0; i < n; i++) {
        weh_sink_int(sink, ints->items[i]);
    }
    weh_sink_array_end(sink);
}

/* Rows of @width numbers. */
static void write_rows(struct weh_sink *sink, const char *key, const struct weh_doubles *values,
                       uint32_t width)
{
    if (values->n < width) {
        return;
    }
    weh_sink_key(sink, key);
    weh_sink_array_begin(sink, values->n / width);
    for (uint32_t i = 0; i < values->n / width; i++) {
        weh_sink_array_begin(sink, width);
        for (uint32_t k = 0; k < width; k++) {
            weh_sink_real(sink, values->items[(size_t)i * width + k]);
        }
        weh_sink_array_end(sink);
    }
    weh_sink_array_end(sink);
}

static void write_colors(struct weh_sink *sink, const struct weh_ints *colors)
{
    if (colors->n == 0) {
        return;
    }
    weh_sink_key(sink, "color");
    weh_sink_array_begin(sink, colors->n);
    for (uint32_t i = 0; i < colors->n; i++) {
        weh_sink_int(sink, (uint32_t)colors->items[i]);
    }
    weh_sink_array_end(sink);
}

static void write_tags(struct weh_sink *sink, const struct weh_mesh_tagged *tagged)
{
    weh_sink_key(sink, "tags");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "tagA");
    weh_sink_int(sink, tagged->tag_a);
    weh_sink_key(sink, "tagB");
    weh_sink_int(sink, tagged->tag_b);
    if (tagged->ints.n > 0) {
        write_ints(sink, "intData", &tagged->ints, tagged->ints.n);
    }
    if (tagged->doubles.n > 0) {
        json_write_doubles(sink, "doubleData", &tagged->doubles);
    }
    weh_sink_map_end(sink);
}

static void write_channel(struct weh_sink *sink, const struct weh_aux_channel *channel)
{
    weh_sink_map_begin(sink, 4);
    weh_sink_key(sink, "dataType");
    weh_sink_int(sink, channel->data_type);
    weh_sink_key(sink, "name");
    weh_sink_str(sink, channel->name);
    weh_sink_key(sink, "inputName");
    weh_sink_str(sink, channel->input_name);
    weh_sink_key(sink, "data");
    weh_sink_array_begin(sink, channel->n_data);
    for (uint32_t i = 0; i < channel->n_data; i++) {
        weh_sink_map_begin(sink, 2);
        weh_sink_key(sink, "input");
        weh_sink_real(sink, channel->data[i].input);
        json_write_doubles(sink, "values", &channel->data[i].values);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

static void write_aux(struct weh_sink *sink, const struct weh_mesh_aux *aux)
{
    weh_sink_key(sink, "auxData");
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    write_ints(sink, "indices", &aux->indices, aux->indices.n);
    weh_sink_key(sink, "channels");
    weh_sink_array_begin(sink, aux->n_channels);
    for (uint32_t i = 0; i < aux->n_channels; i++) {
        write_channel(sink, &aux->channels[i]);
    }
    weh_sink_array_end(sink);
    weh_sink_map_end(sink);
}

void json_write_mesh(struct weh_sink *sink, const struct weh_mesh *mesh)
{
    uint32_t n = mesh->point_index.n;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "point");
    json_write_points(sink, &mesh->point);
    write_ints(sink, "pointIndex", &mesh->point_index, n);
    if (mesh->num_per_face > 2) {
        weh_sink_key(sink, "numPerFace");
        weh_sink_int(sink, mesh->num_per_face);
    }
    weh_sink_key(sink, "twoSided");
    weh_sink_bool(sink, mesh->two_sided);
    if (mesh->expected_closure != 0) {
        weh_sink_key(sink, "expectedClosure");
        weh_sink_int(sink, mesh->expected_closure);
    }
    write_colors(sink, &mesh->int_color);
    write_ints(sink, "colorIndex", &mesh->color_index, n);
    write_rows(sink, "param", &mesh->param, 2);
    write_ints(sink, "paramIndex", &mesh->param_index, n);
    if (mesh->normal.n > 0) {
        weh_sink_key(sink, "normal");
        json_write_points(sink, &mesh->normal);
    }
    write_ints(sink, "normalIndex", &mesh->normal_index, n);
    write_rows(sink, "faceData", &mesh->face_data, 8);
    write_ints(sink, "faceIndex", &mesh->face_index, n);
    if (mesh->tagged != NULL) {
        write_tags(sink, mesh->tagged);
    }
    if (mesh->aux != NULL) {
        write_aux(sink, mesh->aux);
    }
    weh_sink_map_end(sink);
}
