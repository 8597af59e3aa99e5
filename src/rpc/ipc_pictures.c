/* src/rpc/ipc_pictures.c - IModelReadRpcInterface: images that are kept in an iModel, and tooltips.
 *
 * Images go out as they are stored: nothing here decodes one. Their size stands in their first bytes.
 */
#include <stdio.h>
#include <string.h>

#include "weh/json.h"

#include "ipc_read.h"

/* ImageSourceFormat of @itwin/core-common */
enum {
    FORMAT_JPEG = 0,
    FORMAT_PNG = 2
};

/* TextureTransparency of @itwin/core-common; what is not told counts as mixed. */
#define TRANSPARENCY_OPAQUE 0

/* ---- tooltips ---- */

/* The label that the user gave, else the code's value. */
static struct weh_str label_of(const struct weh_value *props)
{
    const struct weh_value *label = weh_value_get(props, "userLabel");

    if (label == NULL || label->type != WEH_VALUE_STRING) {
        label = weh_value_get(weh_value_get(props, "code"), "value");
    }
    return label != NULL && label->type == WEH_VALUE_STRING ? weh_value_str(label) : WEH_STR("");
}

static void put_line(struct weh_sink *sink, struct weh_buf *buf)
{
    weh_sink_str(sink, (struct weh_str){ (const char *)buf->data, buf->len });
    weh_buf_clear(buf);
}

/* "%{iModelJs:...}" is a key that the page replaces by a text in its language. */
static void add_key(struct weh_buf *buf, const char *key)
{
    weh_buf_printf(buf, "<b>%%{iModelJs:Element.%s}:</b> ", key);
}

static void put_label(struct weh_sink *sink, struct weh_buf *buf, const struct weh_value *props)
{
    const struct weh_str label = label_of(props);
    const struct weh_str id = weh_value_str(weh_value_get(props, "id"));
    struct weh_str schema;
    const struct weh_str name =
        weh_str_split(weh_value_str(weh_value_get(props, "classFullName")), ':', &schema);

    if (label.len > 0) {
        weh_buf_append(buf, label.ptr, label.len);
    } else {
        add_key(buf, "Id");
        weh_buf_append(buf, id.ptr, id.len);
        weh_buf_printf(buf, ", ");
        add_key(buf, "Type");
        weh_buf_append(buf, name.ptr, name.len);
    }
    put_line(sink, buf);
}

/* A line with the label of the element that member @member of @props names. */
static weh_err put_label_of(struct weh_call *call, struct weh_buf *buf, const char *key,
                            const struct weh_value *props, const char *member,
                            struct weh_diag *diag)
{
    struct weh_value other = { .type = WEH_VALUE_NULL };
    struct weh_str label;
    weh_err err = read_element(call, member_id(props, member), &other, diag);

    if (err == WEH_OK) {
        label = label_of(&other);
        add_key(buf, key);
        weh_buf_append(buf, label.ptr, label.len);
        put_line(call->result, buf);
    }
    return err;
}

weh_err ipc_read_get_tool_tip(struct weh_call *call, struct weh_diag *diag)
{
    struct weh_value props = { .type = WEH_VALUE_NULL };
    struct weh_buf buf;
    weh_id id = 0;
    weh_err err;

    (void)weh_id_parse(call->args[1].as.string, &id);
    err = read_element(call, id, &props, diag);
    if (err == WEH_E_NOT_FOUND) {
        /* A page shows this text. */
        return weh_fail_where(diag, err, "elementId", "Element=%.*s",
                              WEH_STR_ARGS(call->args[1].as.string));
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_buf_init(&buf, 0);
    weh_sink_array_begin(call->result, WEH_SINK_UNKNOWN);
    put_label(call->result, &buf, &props);
    /* Elements with geometry alone have one. */
    if (weh_value_get(&props, "category") != NULL && weh_value_get(&props, "placement") != NULL) {
        err = put_label_of(call, &buf, "Category", &props, "category", diag);
    }
    if (err == WEH_OK) {
        err = put_label_of(call, &buf, "Model", &props, "model", diag);
    }
    if (err == WEH_OK && buf.err != WEH_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        weh_sink_array_end(call->result);
    }
    weh_buf_fini(&buf);
    return err;
}

/* ---- thumbnails ---- */

/* What a page knows as NoContentError; it looks for it in the result. */
static void put_no_content(struct weh_sink *sink)
{
    weh_sink_map_begin(sink, 3);
    put_bool(sink, "iTwinRpcCoreResponse", true);
    put_text(sink, "managedStatus", "noContent");
    weh_sink_key(sink, "responseValue");
    weh_sink_map_begin(sink, 2);
    put_int(sink, "errorNumber", 65604);
    put_text(sink, "name", "Error (65604)");
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

static uint32_t member_uint32(const struct weh_value *map, const char *name)
{
    const struct weh_value *value = weh_value_get(map, name);
    int64_t number = 0;

    return value != NULL && weh_value_to_int64(value, &number) && number >= 0 &&
                   number <= UINT32_MAX
               ? (uint32_t)number
               : 0;
}

static void store_uint32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> (8 * i));
    }
}

/* Sixteen bytes (length, format, width, height) and the image. */
static weh_err put_thumbnail(struct weh_call *call, const struct weh_value *facts,
                             const struct weh_value *image, struct weh_diag *diag)
{
    const struct weh_value *format = weh_value_get(facts, "format");
    const bool is_jpeg = format != NULL && format->type == WEH_VALUE_STRING &&
                         weh_str_eq_text(weh_value_str(format), "jpeg");
    uint8_t *bytes = weh_arena_alloc(call->arena, 16 + (size_t)image->n);

    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    store_uint32(bytes, image->n);
    store_uint32(bytes + 4, is_jpeg ? FORMAT_JPEG : FORMAT_PNG);
    store_uint32(bytes + 8, member_uint32(facts, "width"));
    store_uint32(bytes + 12, member_uint32(facts, "height"));
    memcpy(bytes + 16, image->as.binary, image->n);
    weh_sink_binary(call->result, bytes, 16 + (size_t)image->n);
    return WEH_OK;
}

weh_err ipc_read_get_view_thumbnail(struct weh_call *call, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 100 };
    struct file_prop_values values = { NULL, NULL };
    struct weh_value facts = { .type = WEH_VALUE_NULL };
    weh_id id = 0;
    weh_err err = WEH_OK;

    if (weh_id_parse(call->args[1].as.string, &id) && id <= INT64_MAX) {
        err = read_file_prop(call, "dgn_View", "Thumbnail", (int64_t)id, &values, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (id == 0 || values.blob == NULL || values.blob->type != WEH_VALUE_BINARY ||
        values.blob->n == 0 || values.string == NULL) {
        put_no_content(call->result);
        return WEH_OK;
    }
    err = weh_json_parse(weh_value_str(values.string), &limits, call->arena, &facts, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    return put_thumbnail(call, &facts, values.blob, diag);
}

/* ---- textures ---- */

struct image {
    uint32_t width;
    uint32_t height;
    bool is_opaque; /* for certain */
};

static uint32_t load_big(const uint8_t *bytes, unsigned n)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < n; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

/* The IHDR chunk comes first. */
static bool look_at_png(const uint8_t *bytes, size_t n, struct image *out)
{
    static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

    if (n < 26 || memcmp(bytes, signature, sizeof(signature)) != 0 ||
        memcmp(bytes + 12, "IHDR", 4) != 0) {
        return false;
    }
    *out = (struct image){ load_big(bytes + 16, 4), load_big(bytes + 20, 4), false };
    return true;
}

static bool is_frame_marker(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* Segments up to the one that begins the frame. */
static bool look_at_jpeg(const uint8_t *bytes, size_t n, struct image *out)
{
    size_t at = 2;

    if (n < 4 || bytes[0] != 0xff || bytes[1] != 0xd8) {
        return false;
    }
    while (at + 9 <= n && bytes[at] == 0xff) {
        const uint32_t length = load_big(bytes + at + 2, 2);

        if (is_frame_marker(bytes[at + 1])) {
            *out = (struct image){ load_big(bytes + at + 7, 2), load_big(bytes + at + 5, 2), true };
            return true;
        }
        if (length < 2) {
            return false;
        }
        at += 2 + length;
    }
    return false;
}

static bool look_at(int64_t format, const struct weh_value *data, struct image *out)
{
    if (data == NULL || data->type != WEH_VALUE_BINARY) {
        return false;
    }
    return format == FORMAT_PNG    ? look_at_png(data->as.binary, data->n, out)
           : format == FORMAT_JPEG ? look_at_jpeg(data->as.binary, data->n, out)
                                   : false;
}

weh_err ipc_read_query_texture_data(struct weh_call *call, struct weh_diag *diag)
{
    const weh_id id = member_id(call->args[1].as.value, "name");
    struct weh_value props = { .type = WEH_VALUE_NULL };
    const struct weh_value *data = NULL;
    struct image image = { 0 };
    int64_t format = -1;
    weh_err err;

    if (id == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "name", "name must be the id of a texture");
    }
    err = read_element(call, id, &props, diag);
    if (err != WEH_OK) {
        return is_absence(err) ? WEH_OK : err;
    }
    data = weh_value_get(&props, "data");
    (void)(weh_value_get(&props, "format") != NULL &&
           weh_value_to_int64(weh_value_get(&props, "format"), &format));
    if (!look_at(format, data, &image)) {
        return WEH_OK;
    }
    weh_sink_map_begin(call->result, WEH_SINK_UNKNOWN);
    put_int(call->result, "width", image.width);
    put_int(call->result, "height", image.height);
    put_int(call->result, "format", format);
    if (image.is_opaque) {
        put_int(call->result, "transparency", TRANSPARENCY_OPAQUE);
    }
    weh_sink_key(call->result, "bytes");
    weh_sink_binary(call->result, data->as.binary, data->n);
    weh_sink_map_end(call->result);
    return WEH_OK;
}
