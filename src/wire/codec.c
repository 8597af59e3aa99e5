/* src/wire/codec.c - the doors of the wire that are the same for MessagePack and JSON.
 *
 * What differs is in envelope_*.c, msgpack_*.c and the JSON files of src/base.
 */
#include "weh/codec.h"

#include "wire_priv.h"

const char *weh_codec_name(enum weh_codec codec)
{
    static const char *const names[] = {
        [WEH_CODEC_JSON] = "json",
        [WEH_CODEC_MSGPACK] = "msgpack",
        [WEH_CODEC_IPC] = "ipc",
    };

    return names[codec];
}

weh_err weh_envelope_read(enum weh_codec codec, struct weh_str bytes,
                          const struct weh_codec_limits *limits, struct weh_envelope *out,
                          struct weh_diag *diag)
{
    *out = (struct weh_envelope){ .has_id = false, .sequence = -1 };
    /* Lengths in a value have 32 bits. */
    if (bytes.len > UINT32_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "the message is too long");
    }
    return codec == WEH_CODEC_MSGPACK ? weh_mp_envelope_read(bytes, limits, out, diag)
                                      : weh_json_envelope_read(bytes, limits, out, diag);
}

weh_err weh_message_decode(enum weh_codec codec, struct weh_str bytes,
                           const struct weh_codec_limits *limits, struct weh_arena *arena,
                           struct weh_value *out, struct weh_diag *diag)
{
    const struct weh_json_limits json_limits = { limits->max_depth, limits->max_values };

    if (bytes.len > UINT32_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "the message is too long");
    }
    return codec == WEH_CODEC_MSGPACK ? weh_mp_decode(bytes, limits, arena, out, diag)
                                      : weh_json_parse(bytes, &json_limits, arena, out, diag);
}

/* Params of JSON: its envelope's scan has let the text pass, so that a parse error can only be a
 * key that stands twice or has a NUL, or a number out of range; those are the arguments' fault. */
weh_err weh_json_params_decode(struct weh_str params, const struct weh_codec_limits *limits,
                               struct weh_arena *arena, struct weh_value *out,
                               struct weh_diag *diag)
{
    struct weh_diag unused;
    struct weh_diag *parse = diag == NULL ? &unused : diag;
    weh_err err = weh_message_decode(WEH_CODEC_JSON, params, limits, arena, out, parse);
    struct weh_diag cause;

    if (err != WEH_E_PARSE) {
        return err;
    }
    cause = *parse;
    return weh_fail_where(diag, WEH_E_BAD_ARGS, cause.where, "%s", cause.text);
}

weh_err weh_params_decode(enum weh_codec codec, struct weh_str params,
                          const struct weh_codec_limits *limits, struct weh_arena *arena,
                          struct weh_value *out, struct weh_diag *diag)
{
    struct weh_value value = { .type = WEH_VALUE_NULL };
    weh_err err = WEH_OK;

    if (params.len > 0) {
        err = codec == WEH_CODEC_JSON
                  ? weh_json_params_decode(params, limits, arena, &value, diag)
                  : weh_message_decode(codec, params, limits, arena, &value, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (value.type == WEH_VALUE_NULL) {
        value = (struct weh_value){ .type = WEH_VALUE_MAP };
    }
    if (value.type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "params", "params must be an object, not %s",
                              weh_value_type_name(&value));
    }
    *out = value;
    return WEH_OK;
}
