/* src/wire/envelope_msgpack.c - the outside of a MessagePack-RPC message.
 *
 * [0, id, method, params] is a request, [2, method, params] a notification (MessagePack-RPC
 * specification); params are left for later. Only what the scan has bounded is looked at.
 */
#include "wire_priv.h"

enum {
    TYPE_REQUEST = 0,
    TYPE_RESPONSE = 1,
    TYPE_NOTIFICATION = 2
};

static weh_err invalid(struct weh_diag *diag, const char *text)
{
    return weh_fail(diag, WEH_E_INVALID_REQUEST, "%s", text);
}

weh_err weh_mp_take(struct weh_mp_scan *scan, struct weh_str *out, struct weh_diag *diag)
{
    const uint8_t *start = scan->at;
    weh_err err = weh_mp_scan_value(scan, 1, diag);

    *out = (struct weh_str){ (const char *)start, (size_t)(scan->at - start) };
    return err;
}

bool weh_mp_read_string(struct weh_str bytes, struct weh_str *out)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    size_t head = 1;

    if (at[0] >= 0xd9 && at[0] <= 0xdb) {
        head += (size_t)1 << (at[0] - 0xd9);
    } else if (at[0] < 0xa0 || at[0] > 0xbf) {
        return false;
    }
    *out = (struct weh_str){ bytes.ptr + head, bytes.len - head };
    return weh_json_utf8_prefix(*out) == out->len;
}

/* The integer @bytes, a whole value, in any of its widths. False when it is none. */
static bool read_integer(struct weh_str bytes, struct weh_value *out)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    unsigned n_bits = (unsigned)(bytes.len - 1) * 8;
    uint64_t value = 0;

    *out = (struct weh_value){ .type = WEH_VALUE_INT };
    if (at[0] < 0x80 || at[0] >= 0xe0) {
        out->as.integer = at[0] < 0x80 ? at[0] : at[0] - 0x100;
        return true;
    }
    if (at[0] < 0xcc || at[0] > 0xd3) {
        return false;
    }
    for (size_t i = 1; i < bytes.len; i++) {
        value = value << 8 | at[i];
    }
    if (at[0] >= 0xd0 && n_bits < 64 && (value >> (n_bits - 1)) != 0) {
        value |= UINT64_MAX << n_bits;
    }
    if (at[0] < 0xd0 && value > INT64_MAX) {
        *out = (struct weh_value){ .type = WEH_VALUE_UINT, .as.uinteger = value };
        return true;
    }
    /* Two's complement, also where the conversion is left to the implementation. */
    out->as.integer = (int64_t)value;
    return true;
}

static weh_err read_id(struct weh_str bytes, struct weh_envelope *out, struct weh_diag *diag)
{
    struct weh_str text;

    if (read_integer(bytes, &out->id)) {
        out->has_id = true;
        return WEH_OK;
    }
    if (!weh_mp_read_string(bytes, &text)) {
        return invalid(diag, "id must be an integer or a string");
    }
    if (text.len > WEH_REQUEST_ID_MAX) {
        return invalid(diag, "id is too long");
    }
    out->id = (struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)text.len };
    out->id.as.string = text.ptr;
    out->has_id = true;
    return WEH_OK;
}

static weh_err read_method(struct weh_str bytes, struct weh_envelope *out, struct weh_diag *diag)
{
    struct weh_str text;

    if (!weh_mp_read_string(bytes, &text)) {
        return invalid(diag, "method must be a string");
    }
    if (text.len == 0 || text.len > WEH_METHOD_NAME_MAX) {
        return invalid(diag, "method must have 1 to 128 bytes");
    }
    out->method = text;
    return WEH_OK;
}

static weh_err split_array(struct weh_mp_scan *scan, const struct weh_mp_head *head,
                           struct weh_str parts[4], size_t *n_parts, struct weh_diag *diag)
{
    struct weh_str rest;
    weh_err err = WEH_OK;

    scan->at += head->head_size;
    scan->n_values = 1;
    for (uint64_t i = 0; i < head->n && err == WEH_OK; i++) {
        err = weh_mp_take(scan, i < 4 ? &parts[i] : &rest, diag);
        *n_parts += i < 4 && err == WEH_OK ? 1 : 0;
    }
    return err;
}

/* The items of the message as spans. The message is checked to its end, so that what is no
 * MessagePack is told from what is no request. */
static weh_err split(struct weh_str bytes, const struct weh_codec_limits *limits,
                     struct weh_str parts[4], size_t *n_parts, struct weh_diag *diag)
{
    struct weh_mp_scan scan;
    struct weh_mp_head head;
    weh_err err;

    weh_mp_scan_init(&scan, bytes, limits);
    err = weh_mp_scan_head(&scan, &head, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (head.kind == WEH_MP_ARRAY) {
        err = split_array(&scan, &head, parts, n_parts, diag);
    } else {
        err = weh_mp_scan_value(&scan, 0, diag);
    }
    if (err == WEH_OK && scan.at != scan.end) {
        return weh_fail(diag, WEH_E_PARSE, "bytes behind the message");
    }
    if (err == WEH_OK && head.kind != WEH_MP_ARRAY) {
        return invalid(diag, "the message must be an array");
    }
    return err == WEH_OK && head.n > 4 ? invalid(diag, "the message has too many items") : err;
}

static weh_err read_parts(const struct weh_str parts[4], size_t n_parts, struct weh_envelope *out,
                          struct weh_diag *diag)
{
    uint8_t type = n_parts > 0 ? (uint8_t)parts[0].ptr[0] : UINT8_MAX;
    size_t at = type == TYPE_REQUEST ? 2 : 1;
    weh_err err;

    if (type == TYPE_RESPONSE) {
        return invalid(diag, "the server makes no requests that could be answered");
    }
    if (type != TYPE_REQUEST && type != TYPE_NOTIFICATION) {
        return invalid(diag, "the message must begin with 0 or 2");
    }
    if (n_parts <= at || n_parts > at + 2) {
        return invalid(diag, type == TYPE_REQUEST ? "a request is [0, id, method, params]"
                                                  : "a notification is [2, method, params]");
    }
    err = read_method(parts[at], out, diag);
    /* nil params are absent ones. */
    if (err == WEH_OK && n_parts == at + 2 && (uint8_t)parts[at + 1].ptr[0] != 0xc0) {
        out->params = parts[at + 1];
    }
    return err;
}

weh_err weh_mp_envelope_read(struct weh_str bytes, const struct weh_codec_limits *limits,
                             struct weh_envelope *out, struct weh_diag *diag)
{
    struct weh_str parts[4] = { { NULL, 0 } };
    size_t n_parts = 0;
    weh_err err = split(bytes, limits, parts, &n_parts, diag);

    /* The id is read in any case, so that the error can name it. */
    if (n_parts > 1 && parts[0].ptr[0] == TYPE_REQUEST) {
        weh_err id_err = read_id(parts[1], out, err == WEH_OK ? diag : NULL);

        err = err == WEH_OK ? id_err : err;
    }
    return err == WEH_OK ? read_parts(parts, n_parts, out, diag) : err;
}
