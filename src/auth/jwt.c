/* src/auth/jwt.c - the form of a token: three parts, and a header that asks for nothing special.
 *
 * Header members that bring keys or ask for processing are refused, not ignored: a token that needs
 * them was not made for us.
 */
#include "jwt.h"

#include <string.h>

#include "weh/json.h"

#include "base64url.h"

#define PART_MAX_BYTES 6144 /* decoded; 8192 digits are 6144 bytes */

weh_err weh_jwt_refuse(struct weh_diag *diag, const char *why)
{
    return weh_fail_where(diag, WEH_E_UNAUTHENTICATED, "token", "the token is not valid: %s", why);
}

weh_err weh_jwt_read_part(struct weh_str part, struct weh_arena *arena, struct weh_value *out,
                          struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 1024 };
    uint8_t *bytes = weh_arena_alloc(arena, PART_MAX_BYTES);
    size_t n = 0;
    weh_err err = WEH_OK;

    if (bytes == NULL) {
        return weh_fail_nomem(diag);
    }
    if (!weh_base64url_decode(part, bytes, PART_MAX_BYTES, &n)) {
        return weh_jwt_refuse(diag, "base64url");
    }
    err = weh_json_parse((struct weh_str){ (const char *)bytes, n }, &limits, arena, out, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    return err == WEH_OK && out->type == WEH_VALUE_MAP ? WEH_OK : weh_jwt_refuse(diag, "JSON");
}

/* The text @name of @header, "" when absent; false when it is something else, or too long. */
static bool read_text(const struct weh_value *header, const char *name, struct weh_str *out)
{
    const struct weh_value *value = weh_value_get(header, name);

    *out = WEH_STR("");
    if (value == NULL) {
        return true;
    }
    if (value->type != WEH_VALUE_STRING || value->n == 0 || value->n > WEH_KEY_ID_MAX) {
        return false;
    }
    *out = weh_value_str(value);
    return true;
}

/* Keys come from the configuration only (RFC 8725 section 3.10); extensions that must be understood
 * (RFC 7515 section 4.1.11) and unencoded payloads (RFC 7797), compression and encryption are not. */
static bool asks_for_nothing(const struct weh_value *header)
{
    static const char *const refused[] = { "crit", "b64", "jku", "jwk", "x5u",
                                           "x5c",  "zip", "enc", "cty" };

    for (size_t i = 0; i < WEH_ARRAY_LEN(refused); i++) {
        if (weh_value_get(header, refused[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static weh_err read_header(struct weh_str part, struct weh_arena *arena, struct weh_jwt *out,
                           struct weh_diag *diag)
{
    struct weh_value header;
    struct weh_str alg;
    weh_err err = weh_jwt_read_part(part, arena, &header, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (!read_text(&header, "alg", &alg) || !weh_alg_find(alg, &out->alg)) {
        return weh_jwt_refuse(diag, "header: alg");
    }
    if (!read_text(&header, "kid", &out->key_id) || !read_text(&header, "typ", &out->type)) {
        return weh_jwt_refuse(diag, "header: kid or typ");
    }
    if (!asks_for_nothing(&header)) {
        return weh_jwt_refuse(diag, "header: brings a key or asks for processing");
    }
    return WEH_OK;
}

weh_err weh_jwt_open(struct weh_str token, struct weh_arena *arena, struct weh_jwt *out,
                     struct weh_diag *diag)
{
    struct weh_str rest;
    struct weh_str header;

    if (token.len == 0 || token.len > WEH_TOKEN_MAX_BYTES) {
        return weh_jwt_refuse(diag, "form");
    }
    rest = weh_str_split(token, '.', &header);
    rest = weh_str_split(rest, '.', &out->claims_part);
    if (header.len == 0 || out->claims_part.len == 0 || rest.len == 0) {
        return weh_jwt_refuse(diag, "form");
    }
    /* A fourth part would hold a dot, which is no digit. */
    if (!weh_base64url_decode(rest, out->signature, sizeof(out->signature), &out->n_signature)) {
        return weh_jwt_refuse(diag, "form");
    }
    out->signed_part = (struct weh_str){ token.ptr, header.len + 1 + out->claims_part.len };
    return read_header(header, arena, out, diag);
}
