/* src/bis/appearance.c - the appearance of a sub-category as the text that is stored.
 *
 * SubCategoryAppearance.Props of @itwin/core-common; order of members and what is left out as the
 * native library 5.1.72 writes them.
 */
#include <string.h>

#include "bis_edit.h"

enum appearance_kind {
    KIND_FLAG,
    KIND_COLOR,
    KIND_COUNT,
    KIND_ID,
    KIND_RATIO
};

/* In the order of the text. */
static const struct {
    const char *name;
    enum appearance_kind kind;
    bool keep_zero;
} members[] = {
    { "invisible", KIND_FLAG, false }, { "dontPlot", KIND_FLAG, false },
    { "dontSnap", KIND_FLAG, false },  { "dontLocate", KIND_FLAG, false },
    { "color", KIND_COLOR, false },    { "weight", KIND_COUNT, false },
    { "style", KIND_ID, false },       { "priority", KIND_COUNT, false },
    { "material", KIND_ID, false },    { "transp", KIND_RATIO, false },
    { "fill", KIND_COLOR, true },      { "transpFill", KIND_RATIO, true },
};

static weh_err fail_member(const char *name, const char *what, struct weh_diag *diag)
{
    char where[64];

    (void)snprintf(where, sizeof(where), "appearance.%s", name);
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be %s", where, what);
}

static weh_err check_names(const struct weh_value *value, struct weh_diag *diag)
{
    for (uint32_t i = 0; i < value->n; i++) {
        size_t k = 0;

        while (k < WEH_ARRAY_LEN(members) &&
               !weh_str_eq_text(value->as.members[i].key, members[k].name)) {
            k++;
        }
        if (k == WEH_ARRAY_LEN(members)) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, "appearance",
                                  "unknown member appearance.%.*s",
                                  WEH_STR_ARGS(value->as.members[i].key));
        }
    }
    return WEH_OK;
}

static weh_err write_number(struct weh_sink *sink, size_t k, const struct weh_value *value,
                            struct weh_diag *diag)
{
    double number = 0.0;

    if (!weh_value_to_double(value, &number) || number < -2147483648.0 || number > 4294967295.0) {
        return fail_member(members[k].name, "a number", diag);
    }
    if (number == 0.0 && !members[k].keep_zero) {
        return WEH_OK;
    }
    weh_sink_key(sink, members[k].name);
    if (members[k].kind == KIND_RATIO) {
        weh_sink_real(sink, number);
    } else if (members[k].kind == KIND_COLOR) {
        /* 32 bits without a sign: -1 is white with all bits set. */
        weh_sink_int(sink, (int64_t)(uint32_t)(int64_t)number);
    } else {
        weh_sink_int(sink, (int64_t)number);
    }
    return WEH_OK;
}

static weh_err write_member(struct weh_sink *sink, size_t k, const struct weh_value *value,
                            struct weh_diag *diag)
{
    bool flag = false;
    weh_id id = 0;

    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (members[k].kind == KIND_FLAG) {
        if (!weh_value_to_bool(value, &flag)) {
            return fail_member(members[k].name, "true or false", diag);
        }
        if (flag) {
            weh_sink_key(sink, members[k].name);
            weh_sink_bool(sink, true);
        }
        return WEH_OK;
    }
    if (members[k].kind == KIND_ID) {
        if (bis_id_read(value, members[k].name, &id, NULL) != WEH_OK) {
            return fail_member(members[k].name, "an id", diag);
        }
        if (id != 0) {
            weh_sink_key(sink, members[k].name);
            weh_sink_id(sink, id);
        }
        return WEH_OK;
    }
    return write_number(sink, k, value, diag);
}

weh_err bis_bind_appearance(struct bis_edit *edit, const struct weh_value *value,
                            struct weh_diag *diag)
{
    struct weh_buf *buf = &edit->bis->json;
    struct weh_json_writer writer;
    char *copy;
    weh_err err;

    if (weh_value_is_null(value)) {
        return bis_put_text(edit, SLOT_APPEARANCE, WEH_STR("{\"color\":16777215}"), false, diag);
    }
    if (value->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "appearance", "appearance must be an object");
    }
    if (value->n == 0) {
        return bis_put_text(edit, SLOT_APPEARANCE, WEH_STR(""), false, diag);
    }
    err = check_names(value, diag);
    weh_buf_clear(buf);
    weh_json_writer_init(&writer, buf);
    weh_sink_map_begin(&writer.sink, WEH_SINK_UNKNOWN);
    for (size_t k = 0; err == WEH_OK && k < WEH_ARRAY_LEN(members); k++) {
        err = write_member(&writer.sink, k, weh_value_get(value, members[k].name), diag);
    }
    weh_sink_map_end(&writer.sink);
    if (err != WEH_OK) {
        return err;
    }
    if (buf->len == 2) {
        weh_buf_clear(buf); /* no member is left: stored as no appearance is */
    }
    copy = buf->err == WEH_OK
               ? weh_arena_strdup(&edit->bis->arena,
                                  (struct weh_str){ (const char *)buf->data, buf->len })
               : NULL;
    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    return bis_put_text(edit, SLOT_APPEARANCE, (struct weh_str){ copy, buf->len }, false, diag);
}
