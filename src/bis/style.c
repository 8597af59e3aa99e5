/* src/bis/style.c - what the native library adds to the JSON properties of display styles and materials.
 *
 * It reads part of them into objects of its own and writes these back: view flags and, in 3d, the
 * environment (5.1.72, measured). Flags that are given stay as they are given here; the native library
 * drops those that are false or unknown to it.
 */
#include "bis_edit.h"

#define FLAGS     "{\"renderMode\":0}"
#define NEW_FLAGS "{\"noConstruct\":true,\"clipVol\":true,\"renderMode\":0}"
#define ENVIRONMENT(elevation, above, below, ground, zenith, nadir, sky)                        \
    "{\"ground\":{\"display\":false,\"elevation\":" elevation ",\"aboveColor\":" above          \
    ",\"belowColor\":" below "},\"sky\":{\"display\":false,\"twoColor\":false,"                 \
    "\"groundExponent\":4,\"skyExponent\":4,\"groundColor\":" ground ",\"zenithColor\":" zenith \
    ",\"nadirColor\":" nadir ",\"skyColor\":" sky ",\"image\":{\"type\":0}}}"
#define NO_ENVIRONMENT ENVIRONMENT("0", "0", "0", "0", "0", "0", "0")
#define USUAL_ENVIRONMENT \
    ENVIRONMENT("-0.01", "32768", "1262987", "8228728", "16741686", "3880", "16764303")

static void put(struct weh_buf *buf, struct weh_str text)
{
    weh_buf_append(buf, text.ptr, text.len);
}

static void put_value(struct weh_buf *buf, const struct weh_value *value)
{
    struct weh_json_writer writer;

    weh_json_writer_init_stored(&writer, buf);
    weh_sink_value(&writer.sink, value);
}

static void put_key(struct weh_buf *buf, struct weh_str key, uint32_t *n)
{
    struct weh_json_writer writer;

    if ((*n)++ > 0) {
        weh_buf_byte(buf, ',');
    }
    weh_json_writer_init_stored(&writer, buf);
    weh_sink_str(&writer.sink, key);
    weh_buf_byte(buf, ':');
}

static bool has(const struct weh_value *map, const char *name)
{
    return !weh_value_is_null(weh_value_get(map, name));
}

/* The object @styles with what it lacks behind its own members. */
static void put_styles(struct weh_buf *buf, const struct weh_value *styles, bool is_3d)
{
    uint32_t n = 0;

    weh_buf_byte(buf, '{');
    for (uint32_t i = 0; styles != NULL && i < styles->n; i++) {
        put_key(buf, styles->as.members[i].key, &n);
        put_value(buf, &styles->as.members[i].value);
    }
    if (!has(styles, "viewflags")) {
        put_key(buf, WEH_STR("viewflags"), &n);
        put(buf, WEH_STR(FLAGS));
    }
    if (is_3d && !has(styles, "environment")) {
        put_key(buf, WEH_STR("environment"), &n);
        put(buf, WEH_STR(USUAL_ENVIRONMENT));
    }
    weh_buf_byte(buf, '}');
}

static weh_err put_text(struct bis_edit *edit, struct weh_diag *diag)
{
    struct weh_buf *buf = &edit->bis->json;
    char *copy = buf->err == WEH_OK
                     ? weh_arena_strdup(&edit->bis->arena,
                                        (struct weh_str){ (const char *)buf->data, buf->len })
                     : NULL;

    return copy == NULL
               ? weh_fail_nomem(diag)
               : bis_put_text(edit, SLOT_JSON, (struct weh_str){ copy, buf->len }, false, diag);
}

weh_err bis_bind_style_json(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    const bool is_3d = (edit->plan->traits & TRAIT(DISPLAY_STYLE_3D)) != 0;
    const struct weh_value *styles = weh_value_get(value, "styles");
    struct weh_buf *buf = &edit->bis->json;
    uint32_t n = 0;

    if (weh_value_is_null(value)) {
        return bis_put_text(edit, SLOT_JSON,
                            is_3d ? WEH_STR("{\"styles\":{\"viewflags\":" NEW_FLAGS
                                            ",\"environment\":" NO_ENVIRONMENT "}}")
                                  : WEH_STR("{\"styles\":{\"viewflags\":" NEW_FLAGS "}}"),
                            false, diag);
    }
    if (value->type != WEH_VALUE_MAP || (styles != NULL && styles->type != WEH_VALUE_MAP)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "jsonProperties",
                              "jsonProperties and its styles must be objects");
    }
    weh_buf_clear(buf);
    weh_buf_byte(buf, '{');
    for (uint32_t i = 0; i < value->n; i++) {
        put_key(buf, value->as.members[i].key, &n);
        if (&value->as.members[i].value == styles) {
            put_styles(buf, styles, is_3d);
        } else {
            put_value(buf, &value->as.members[i].value);
        }
    }
    if (styles == NULL) {
        put_key(buf, WEH_STR("styles"), &n);
        put_styles(buf, NULL, is_3d);
    }
    weh_buf_byte(buf, '}');
    return put_text(edit, diag);
}

weh_err bis_bind_material_json(struct bis_edit *edit, const struct weh_value *value,
                               struct weh_diag *diag)
{
    struct weh_buf *buf = &edit->bis->json;
    uint32_t n;

    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "jsonProperties",
                              "jsonProperties of a material must be an object");
    }
    if (weh_value_get(value, "materialAssets") != NULL) {
        return WEH_OK; /* bound as it is */
    }
    weh_buf_clear(buf);
    put_value(buf, value);
    buf->len -= 1; /* its closing brace */
    n = value->n;
    put_key(buf, WEH_STR("materialAssets"), &n);
    put(buf, WEH_STR("null}"));
    return put_text(edit, diag);
}
