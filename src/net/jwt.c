/* src/net/jwt.c - JSON Web Tokens, of one kind: HS256 with our own key (RFC 7515, 7519, 8725).
 *
 * The algorithm is ours, not the token's: a header that names another is refused before anything is
 * computed. The signature is checked before a claim is read.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "weh/alloc.h"
#include "weh/arena.h"
#include "weh/json.h"

#include "auth_priv.h"
#include "base64url.h"

#define ISSUER          "webedithost"
#define AUDIENCE        "webedithost"
#define TOKEN_MAX_BYTES 8192
#define PART_MAX_BYTES  6144 /* decoded; 8192 digits are 6144 bytes */
#define MAC_BYTES       32
#define JSON_ARENA      (size_t)65536

static const char *const scopes[] = {
    [WEH_ACCESS_VIEW] = "weh:view",
    [WEH_ACCESS_EDIT] = "weh:edit",
    [WEH_ACCESS_ADMIN] = "weh:admin",
};

static bool mac(const uint8_t key[WEH_AUTH_KEY_BYTES], const void *bytes, size_t n,
                uint8_t out[MAC_BYTES])
{
    unsigned int length = 0;

    return HMAC(EVP_sha256(), key, WEH_AUTH_KEY_BYTES, bytes, n, out, &length) != NULL &&
           length == MAC_BYTES;
}

/* ---- making ---- */

static void write_member(struct weh_json_writer *writer, const char *name, const char *text)
{
    weh_sink_key(&writer->sink, name);
    weh_sink_text(&writer->sink, text);
}

static void write_claims(const struct weh_identity *identity, int64_t now_ms, struct weh_buf *out)
{
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, out);
    weh_sink_map_begin(&writer.sink, 6);
    write_member(&writer, "iss", ISSUER);
    write_member(&writer, "aud", AUDIENCE);
    write_member(&writer, "sub", identity->user);
    write_member(&writer, "scope", scopes[identity->access]);
    weh_sink_key(&writer.sink, "iat");
    weh_sink_int(&writer.sink, now_ms / 1000);
    weh_sink_key(&writer.sink, "exp");
    weh_sink_int(&writer.sink, identity->expires_ms / 1000);
    weh_sink_map_end(&writer.sink);
}

weh_err weh_jwt_sign(const uint8_t key[WEH_AUTH_KEY_BYTES], const struct weh_identity *identity,
                     int64_t now_ms, char **out, struct weh_diag *diag)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    uint8_t signature[MAC_BYTES];
    struct weh_buf claims;
    struct weh_buf token;
    size_t n = 0;
    weh_err err = WEH_OK;

    weh_buf_init(&claims, PART_MAX_BYTES);
    weh_buf_init(&token, TOKEN_MAX_BYTES);
    write_claims(identity, now_ms, &claims);
    weh_base64url_encode((const uint8_t *)header, sizeof(header) - 1, &token);
    weh_buf_byte(&token, '.');
    weh_base64url_encode(claims.data, claims.len, &token);
    if (claims.err != WEH_OK || token.err != WEH_OK ||
        !mac(key, token.data, token.len, signature)) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    weh_buf_byte(&token, '.');
    weh_base64url_encode(signature, sizeof(signature), &token);
    weh_buf_byte(&token, '\0');
    if (token.err != WEH_OK) {
        err = weh_fail_nomem(diag);
        goto out;
    }
    *out = (char *)weh_buf_take(&token, &n);
out:
    weh_buf_fini(&claims);
    weh_buf_fini(&token);
    return err;
}

/* ---- checking ---- */

static weh_err refuse(struct weh_diag *diag, const char *why)
{
    return weh_fail(diag, WEH_E_UNAUTHENTICATED, "the token is not valid: %s", why);
}

static bool is_text(const struct weh_value *map, const char *name, const char *text)
{
    const struct weh_value *value = weh_value_get(map, name);

    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(value), text);
}

/* "aud" is a text or an array of texts (RFC 7519 4.1.3). */
static bool is_for_us(const struct weh_value *claims)
{
    const struct weh_value *aud = weh_value_get(claims, "aud");

    if (aud == NULL || aud->type != WEH_VALUE_ARRAY) {
        return is_text(claims, "aud", AUDIENCE);
    }
    for (uint32_t i = 0; i < aud->n; i++) {
        const struct weh_value *item = &aud->as.items[i];

        if (item->type == WEH_VALUE_STRING && weh_str_eq_text(weh_value_str(item), AUDIENCE)) {
            return true;
        }
    }
    return false;
}

static bool find_scope(struct weh_str name, enum weh_access *out)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(scopes); i++) {
        if (weh_str_eq_text(name, scopes[i])) {
            *out = (enum weh_access)i;
            return true;
        }
    }
    return false;
}

/* The highest of our scopes in the list (RFC 8693 4.2: separated by spaces). */
static bool read_scope(const struct weh_value *claims, enum weh_access *out)
{
    const struct weh_value *scope = weh_value_get(claims, "scope");
    struct weh_str rest = { NULL, 0 };
    bool is_found = false;

    if (scope != NULL && scope->type == WEH_VALUE_STRING) {
        rest = weh_value_str(scope);
    }
    while (rest.len != 0) {
        enum weh_access access = WEH_ACCESS_VIEW;
        struct weh_str name;

        rest = weh_str_split(rest, ' ', &name);
        if (find_scope(name, &access)) {
            *out = !is_found || access > *out ? access : *out;
            is_found = true;
        }
    }
    return is_found;
}

/* Seconds since 1970, in a range that survives becoming milliseconds. */
static bool read_time(const struct weh_value *claims, const char *name, int64_t *out_ms)
{
    const struct weh_value *value = weh_value_get(claims, name);
    int64_t seconds = 0;

    if (value == NULL || !weh_value_to_int64(value, &seconds) || seconds < 0 ||
        seconds > INT64_MAX / 1000) {
        return false;
    }
    *out_ms = seconds * 1000;
    return true;
}

static bool read_user(const struct weh_value *claims, struct weh_identity *out)
{
    const struct weh_value *sub = weh_value_get(claims, "sub");

    if (sub == NULL || sub->type != WEH_VALUE_STRING || sub->n == 0 ||
        sub->n >= sizeof(out->user) || memchr(sub->as.string, '\0', sub->n) != NULL) {
        return false;
    }
    memcpy(out->user, sub->as.string, sub->n);
    out->user[sub->n] = '\0';
    return true;
}

static weh_err read_claims(const struct weh_value *claims, int64_t now_ms, struct weh_identity *out,
                           struct weh_diag *diag)
{
    int64_t time_ms = 0;

    if (!is_text(claims, "iss", ISSUER) || !is_for_us(claims)) {
        return refuse(diag, "issuer or audience");
    }
    if (!read_time(claims, "exp", &out->expires_ms)) {
        return refuse(diag, "no end");
    }
    if (now_ms >= out->expires_ms) {
        return refuse(diag, "expired");
    }
    if (weh_value_get(claims, "nbf") != NULL &&
        (!read_time(claims, "nbf", &time_ms) || now_ms < time_ms)) {
        return refuse(diag, "not valid yet");
    }
    if (!read_user(claims, out)) {
        return refuse(diag, "no user");
    }
    if (!read_scope(claims, &out->access)) {
        return refuse(diag, "no scope of ours");
    }
    return WEH_OK;
}

/* Decode one part as a JSON object into @arena. */
static bool read_part(struct weh_str part, struct weh_arena *arena, struct weh_value *out)
{
    static const struct weh_json_limits limits = { .max_depth = 8, .max_values = 256 };
    uint8_t *bytes = weh_arena_alloc(arena, PART_MAX_BYTES);
    size_t n = 0;

    return bytes != NULL && weh_base64url_decode(part, bytes, PART_MAX_BYTES, &n) &&
           weh_json_parse((struct weh_str){ (const char *)bytes, n }, &limits, arena, out, NULL) ==
               WEH_OK &&
           out->type == WEH_VALUE_MAP;
}

static bool is_header_ours(struct weh_str part, struct weh_arena *arena)
{
    struct weh_value header;

    if (!read_part(part, arena, &header) || !is_text(&header, "alg", "HS256")) {
        return false;
    }
    /* crit: extensions that must be understood; none is (RFC 7515 4.1.11). */
    return weh_value_get(&header, "crit") == NULL &&
           (weh_value_get(&header, "typ") == NULL || is_text(&header, "typ", "JWT"));
}

static bool is_signature_ours(const uint8_t key[WEH_AUTH_KEY_BYTES], struct weh_str signed_part,
                              struct weh_str signature)
{
    uint8_t wanted[MAC_BYTES];
    uint8_t given[MAC_BYTES];
    size_t n = 0;

    return weh_base64url_decode(signature, given, sizeof(given), &n) && n == MAC_BYTES &&
           mac(key, signed_part.ptr, signed_part.len, wanted) &&
           CRYPTO_memcmp(wanted, given, MAC_BYTES) == 0;
}

weh_err weh_jwt_verify(const uint8_t key[WEH_AUTH_KEY_BYTES], struct weh_str token, int64_t now_ms,
                       struct weh_identity *out, struct weh_diag *diag)
{
    struct weh_identity identity = { .user = "" };
    struct weh_str header;
    struct weh_str claims_part;
    struct weh_str signature;
    struct weh_value claims;
    struct weh_arena arena;
    weh_err err = WEH_OK;

    weh_arena_init(&arena, JSON_ARENA);
    if (token.len > TOKEN_MAX_BYTES ||
        memchr(token.ptr == NULL ? "" : token.ptr, '\0', token.len) != NULL) {
        err = refuse(diag, "form");
        goto out;
    }
    signature = weh_str_split(token, '.', &header);
    signature = weh_str_split(signature, '.', &claims_part);
    if (header.len == 0 || claims_part.len == 0 || signature.len == 0) {
        err = refuse(diag, "form");
        goto out;
    }
    if (!is_header_ours(header, &arena)) {
        err = refuse(diag, "header");
        goto out;
    }
    if (!is_signature_ours(key, (struct weh_str){ token.ptr, header.len + 1 + claims_part.len },
                           signature)) {
        err = refuse(diag, "signature");
        goto out;
    }
    if (!read_part(claims_part, &arena, &claims)) {
        err = refuse(diag, "claims");
        goto out;
    }
    err = read_claims(&claims, now_ms, &identity, diag);
    if (err == WEH_OK) {
        *out = identity;
    }
out:
    weh_arena_fini(&arena);
    return err;
}
