/* src/wire/envelope_json.c - the outside of a JSON-RPC message.
 *
 * A walk over the members of the top-level object with the scan of weh/json.h. It is stricter than a
 * parser: a name written with escapes is not the name, and a method or string id with escapes is
 * refused, since a view could not show it. Batches (JSON-RPC 2.0 section 6) are not spoken.
 */
#include <stdio.h>
#include <string.h>

#include "wire_priv.h"

enum member {
    MEMBER_JSONRPC,
    MEMBER_ID,
    MEMBER_METHOD,
    MEMBER_PARAMS,
    MEMBER_COUNT
};

static const char *const names[MEMBER_COUNT] = { "jsonrpc", "id", "method", "params" };

/* The members as their text. */
struct members {
    struct weh_str text[MEMBER_COUNT]; /* ptr NULL: not there */
    bool unknown;
    bool twice;
    struct weh_str culprit; /* key of the last unknown one or one that stands twice */
};

static weh_err invalid(struct weh_diag *diag, const char *text)
{
    return weh_fail(diag, WEH_E_INVALID_REQUEST, "%s", text);
}

static void sort_in(struct members *members, struct weh_str key, struct weh_str value)
{
    for (size_t i = 0; i < MEMBER_COUNT; i++) {
        if (!weh_str_eq_text(key, names[i])) {
            continue;
        }
        if (members->text[i].ptr == NULL) {
            members->text[i] = value;
            return;
        }
        members->twice = true;
        members->culprit = key;
        return;
    }
    members->unknown = true;
    members->culprit = key;
}

static weh_err scan_member(struct weh_json_scan *scan, struct members *members,
                           struct weh_diag *diag)
{
    struct weh_str key;
    struct weh_str value;
    weh_err err = weh_json_scan_string(scan, &key, diag);

    if (err == WEH_OK) {
        err = weh_json_scan_expect(scan, ':', diag);
    }
    if (err == WEH_OK) {
        err = weh_json_scan_value(scan, 1, &value, diag);
    }
    if (err == WEH_OK) {
        sort_in(members, key, value);
    }
    return err;
}

static weh_err scan_object(struct weh_json_scan *scan, struct members *members,
                           struct weh_diag *diag)
{
    weh_err err = weh_json_scan_expect(scan, '{', diag);

    scan->n_values++;
    if (err == WEH_OK && weh_json_scan_peek(scan) == '}') {
        scan->at++;
        return WEH_OK;
    }
    while (err == WEH_OK) {
        err = scan_member(scan, members, diag);
        if (err == WEH_OK && weh_json_scan_peek(scan) != ',') {
            break;
        }
        scan->at += err == WEH_OK ? 1 : 0;
    }
    return err == WEH_OK ? weh_json_scan_expect(scan, '}', diag) : err;
}

/* The whole message; a value that is no object is checked too, so that what is no JSON is told from
 * what is no request. */
static weh_err scan_message(struct weh_json_scan *scan, struct members *members,
                            struct weh_diag *diag)
{
    int c = weh_json_scan_peek(scan);
    struct weh_str span;
    weh_err err;

    err = c == '{' ? scan_object(scan, members, diag) : weh_json_scan_value(scan, 0, &span, diag);
    if (err == WEH_OK && weh_json_scan_peek(scan) != -1) {
        err = weh_json_scan_fail(scan, diag, "text behind the message");
    }
    if (err == WEH_OK && c == '[') {
        err = invalid(diag, "batches are not supported");
    } else if (err == WEH_OK && c != '{') {
        err = invalid(diag, "the message must be an object");
    }
    return err;
}

/* What stands between the quotes of @text. False when it is no string or has escapes. */
static bool read_string(struct weh_str text, struct weh_str *out)
{
    if (text.ptr[0] != '"' || memchr(text.ptr, '\\', text.len) != NULL) {
        return false;
    }
    *out = (struct weh_str){ text.ptr + 1, text.len - 2 };
    return true;
}

static weh_err read_id(struct weh_str text, struct weh_envelope *out, struct weh_diag *diag)
{
    struct weh_str string;

    if (text.ptr[0] != '"') {
        out->has_id = weh_json_read_integer(text, &out->id);
        return out->has_id ? WEH_OK : invalid(diag, "id must be an integer or a string");
    }
    if (!read_string(text, &string)) {
        return invalid(diag, "id must have no escapes");
    }
    if (string.len > WEH_REQUEST_ID_MAX) {
        return invalid(diag, "id is too long");
    }
    out->id = (struct weh_value){ .type = WEH_VALUE_STRING, .n = (uint32_t)string.len };
    out->id.as.string = string.ptr;
    out->has_id = true;
    return WEH_OK;
}

static weh_err read_members(const struct members *members, struct weh_envelope *out,
                            struct weh_diag *diag)
{
    const struct weh_str *text = members->text;
    struct weh_str version = { NULL, 0 };
    struct weh_str method = { NULL, 0 };
    char key[32];

    if (members->unknown || members->twice) {
        (void)snprintf(key, sizeof(key), "%.*s", WEH_STR_ARGS(members->culprit));
        /* A cut in the middle of a character would make the reply invalid. */
        key[weh_json_utf8_prefix(weh_str_from(key))] = '\0';
        return weh_fail_where(diag, WEH_E_INVALID_REQUEST, key,
                              members->unknown ? "unknown member" : "member stands twice");
    }
    if (text[MEMBER_JSONRPC].ptr == NULL || !read_string(text[MEMBER_JSONRPC], &version) ||
        !weh_str_eq_text(version, "2.0")) {
        return invalid(diag, "jsonrpc must be \"2.0\"");
    }
    if (text[MEMBER_METHOD].ptr == NULL || !read_string(text[MEMBER_METHOD], &method)) {
        return invalid(diag, "method must be a string without escapes");
    }
    if (method.len == 0 || method.len > WEH_METHOD_NAME_MAX) {
        return invalid(diag, "method must have 1 to 128 bytes");
    }
    out->method = method;
    if (text[MEMBER_PARAMS].ptr != NULL && !weh_str_eq_text(text[MEMBER_PARAMS], "null")) {
        out->params = text[MEMBER_PARAMS];
    }
    return WEH_OK;
}

weh_err weh_json_envelope_read(struct weh_str bytes, const struct weh_codec_limits *limits,
                               struct weh_envelope *out, struct weh_diag *diag)
{
    const struct weh_json_limits json_limits = { limits->max_depth, limits->max_values };
    struct members members = { 0 };
    struct weh_json_scan scan;
    weh_err err;

    weh_json_scan_init(&scan, bytes, &json_limits);
    err = scan_message(&scan, &members, diag);
    /* The id is read in any case, so that the error can name it. */
    if (members.text[MEMBER_ID].ptr != NULL) {
        weh_err id_err = read_id(members.text[MEMBER_ID], out, err == WEH_OK ? diag : NULL);

        err = err == WEH_OK ? id_err : err;
    }
    return err == WEH_OK ? read_members(&members, out, diag) : err;
}
