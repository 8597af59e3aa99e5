/* src/wire/incoming.c - what a client gets from a server, sorted.
 *
 * For clients and tests; the server's own side is the envelope.
 */
#include "weh/codec.h"

static weh_err unknown(struct weh_diag *diag)
{
    return weh_fail(diag, WEH_E_PARSE, "not a message of a server");
}

static bool is_id(const struct weh_value *value)
{
    return value->type == WEH_VALUE_INT || value->type == WEH_VALUE_UINT ||
           value->type == WEH_VALUE_STRING || value->type == WEH_VALUE_NULL;
}

/* A result or an error: exactly one of @error and @result is there. */
static weh_err read_reply(const struct weh_value *id, const struct weh_value *error,
                          const struct weh_value *result, struct weh_incoming *out,
                          struct weh_diag *diag)
{
    if (!is_id(id) || (error != NULL && error->type != WEH_VALUE_MAP)) {
        return unknown(diag);
    }
    out->kind = error != NULL ? WEH_INCOMING_ERROR : WEH_INCOMING_RESULT;
    out->id = *id;
    out->value = error != NULL ? *error : *result;
    return WEH_OK;
}

static weh_err read_notification(const struct weh_value *method, const struct weh_value *params,
                                 struct weh_incoming *out, struct weh_diag *diag)
{
    if (method->type != WEH_VALUE_STRING ||
        (params != NULL && params->type != WEH_VALUE_MAP && params->type != WEH_VALUE_ARRAY)) {
        return unknown(diag);
    }
    out->kind = WEH_INCOMING_NOTIFICATION;
    out->method = weh_value_str(method);
    out->value = params != NULL ? *params : (struct weh_value){ .type = WEH_VALUE_MAP };
    return WEH_OK;
}

static weh_err read_json(const struct weh_value *message, struct weh_incoming *out,
                         struct weh_diag *diag)
{
    const struct weh_value *version = weh_value_get(message, "jsonrpc");
    const struct weh_value *id = weh_value_get(message, "id");
    const struct weh_value *method = weh_value_get(message, "method");
    const struct weh_value *error = weh_value_get(message, "error");
    const struct weh_value *result = weh_value_get(message, "result");

    if (version == NULL || version->type != WEH_VALUE_STRING ||
        !weh_str_eq_text(weh_value_str(version), "2.0")) {
        return unknown(diag);
    }
    if (method != NULL && id == NULL) {
        return read_notification(method, weh_value_get(message, "params"), out, diag);
    }
    if (method != NULL || id == NULL || (error == NULL) == (result == NULL)) {
        return unknown(diag);
    }
    return read_reply(id, error, result, out, diag);
}

static weh_err read_msgpack(const struct weh_value *message, struct weh_incoming *out,
                            struct weh_diag *diag)
{
    const struct weh_value *items = message->as.items;
    const struct weh_value *error;

    if (message->type != WEH_VALUE_ARRAY || message->n < 2 || items[0].type != WEH_VALUE_INT) {
        return unknown(diag);
    }
    if (items[0].as.integer == 2 && message->n <= 3) {
        return read_notification(&items[1], message->n == 3 ? &items[2] : NULL, out, diag);
    }
    if (items[0].as.integer != 1 || message->n != 4) {
        return unknown(diag);
    }
    error = items[2].type == WEH_VALUE_NULL ? NULL : &items[2];
    return read_reply(&items[1], error, &items[3], out, diag);
}

weh_err weh_incoming_read(enum weh_codec codec, const struct weh_value *message,
                          struct weh_incoming *out, struct weh_diag *diag)
{
    struct weh_incoming incoming = { .kind = WEH_INCOMING_RESULT };
    weh_err err = codec == WEH_CODEC_MSGPACK ? read_msgpack(message, &incoming, diag)
                                             : read_json(message, &incoming, diag);

    if (err == WEH_OK) {
        *out = incoming;
    }
    return err;
}
