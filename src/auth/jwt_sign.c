/* src/auth/jwt_sign.c - tokens of this server's own: HS256 with the key of its data folder. */
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "weh/json.h"

#include "base64url.h"
#include "jwt.h"

#define MAC_BYTES 32

static void write_member(struct weh_json_writer *writer, const char *name, const char *text)
{
    weh_sink_key(&writer->sink, name);
    weh_sink_text(&writer->sink, text);
}

static void write_claims(const struct weh_jwt_claims *claims, struct weh_buf *out)
{
    struct weh_json_writer writer;

    weh_json_writer_init(&writer, out);
    weh_sink_map_begin(&writer.sink, 6);
    write_member(&writer, "iss", WEH_LOCAL_ISSUER);
    write_member(&writer, "aud", WEH_LOCAL_ISSUER);
    write_member(&writer, "sub", claims->user);
    write_member(&writer, "scope", claims->scope);
    weh_sink_key(&writer.sink, "iat");
    weh_sink_int(&writer.sink, claims->now_ms / 1000);
    weh_sink_key(&writer.sink, "exp");
    weh_sink_int(&writer.sink, claims->now_ms / 1000 + (int64_t)claims->ttl_s);
    weh_sink_map_end(&writer.sink);
}

weh_err weh_jwt_sign(const uint8_t key[WEH_LOCAL_KEY_BYTES], const struct weh_jwt_claims *claims,
                     char **out, struct weh_diag *diag)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    uint8_t signature[MAC_BYTES];
    unsigned int n_signature = 0;
    struct weh_buf body;
    struct weh_buf token;
    size_t n = 0;
    weh_err err = WEH_OK;

    weh_buf_init(&body, WEH_TOKEN_MAX_BYTES);
    weh_buf_init(&token, WEH_TOKEN_MAX_BYTES + 1);
    write_claims(claims, &body);
    weh_base64url_encode((const uint8_t *)header, sizeof(header) - 1, &token);
    weh_buf_byte(&token, '.');
    weh_base64url_encode(body.data, body.len, &token);
    if (body.err == WEH_OK && token.err == WEH_OK &&
        HMAC(EVP_sha256(), key, WEH_LOCAL_KEY_BYTES, token.data, token.len, signature,
             &n_signature) == NULL) {
        token.err = WEH_E_NOMEM;
    }
    weh_buf_byte(&token, '.');
    weh_base64url_encode(signature, sizeof(signature), &token);
    weh_buf_byte(&token, '\0');
    err = body.err != WEH_OK ? body.err : token.err;
    if (err == WEH_OK) {
        *out = (char *)weh_buf_take(&token, &n);
    } else {
        err = weh_fail(diag, err, "no token can be made");
    }
    weh_buf_fini(&body);
    weh_buf_fini(&token);
    return err;
}
