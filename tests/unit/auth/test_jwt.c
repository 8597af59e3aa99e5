/* tests/unit/auth/test_jwt.c - tokens of an issuer elsewhere: good ones of every algorithm, and every
 * forgery that we know of (RFC 8725). A forgery is made with the right key unless the key is the point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/auth.h"
#include "weh/config.h"

#include "auth_priv.h"
#include "base64url.h"
#include "fake_alloc.h"
#include "fake_clock.h"
#include "forge.h"
#include "key.h"

#define NOW_S 1800000000

/* Keys are made once: RSA takes its time. */
static struct forge shared;
static struct forge strangers; /* keys that the server does not know */
static unsigned n_refused;

struct fixture {
    char folder[64];
    char file[96];
    struct weh_config config;
    struct weh_auth *auth;
    struct forge *forge;
};

#define ISS    "\"iss\":\"https://id.example\""
#define AUD    "\"aud\":\"webedithost\""
#define SUB    "\"sub\":\"ann\""
#define SCOPE  "\"scope\":\"weh:edit\""
#define TIMES  "\"iat\":1799999999,\"exp\":1800000100"
#define CLAIMS "{" ISS "," AUD "," SUB "," SCOPE "," TIMES "}"

static void set(struct fixture *f, const char *key, const char *value)
{
    assert_int_equal(weh_config_set(&f->config, key, value, "test", NULL), WEH_OK);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* One set with a key of each algorithm; the RSA key twice, once an algorithm. */
static void write_jwks(const struct fixture *f)
{
    static const struct {
        enum forge_kind kind;
        const char *more;
    } rows[] = {
        { FORGE_RSA, ",\"kid\":\"r\",\"alg\":\"RS256\",\"use\":\"sig\"" },
        { FORGE_RSA, ",\"kid\":\"p\",\"alg\":\"PS256\",\"key_ops\":[\"verify\"]" },
        { FORGE_P256, ",\"kid\":\"e\"" },
        { FORGE_P384, ",\"kid\":\"e3\",\"alg\":\"ES384\"" },
        { FORGE_ED25519, ",\"kid\":\"ed\",\"alg\":\"EdDSA\"" },
    };
    char *text = calloc(1, 16384);
    char jwk[2048];

    assert_non_null(text);
    (void)strcpy(text, "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\""
                       "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU\"}");
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        forge_jwk(f->forge->keys[rows[i].kind], rows[i].more, jwk, sizeof(jwk));
        (void)sprintf(text + strlen(text), ",{%s}", jwk);
    }
    (void)strcat(text, "]}");
    write_file(f->file, text);
    free(text);
}

static void open_auth(struct fixture *f)
{
    struct weh_diag diag = { .err = WEH_OK };

    weh_auth_destroy(f->auth);
    f->auth = NULL;
    if (weh_auth_create(&f->config, NULL, &f->auth, &diag) != WEH_OK) {
        print_error("%s: %s\n", diag.where, diag.text);
    }
    assert_non_null(f->auth);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char data[80];

    assert_non_null(f);
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/weh-jwt-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->file, sizeof(f->file), "%s/keys", f->folder);
    (void)snprintf(data, sizeof(data), "%s/data", f->folder);
    fake_clock_set_ms((int64_t)NOW_S * 1000);
    assert_int_equal(weh_config_init(&f->config, NULL), WEH_OK);
    set(f, "data.dir", data);
    set(f, "auth.mode", "external");
    set(f, "auth.issuer", "https://id.example");
    set(f, "auth.jwks_file", f->file);
    f->forge = &shared;
    write_jwks(f);
    open_auth(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];

    weh_auth_destroy(f->auth);
    weh_config_fini(&f->config);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static int make_keys(void **state)
{
    (void)state;
    forge_init(&shared);
    forge_init(&strangers);
    return 0;
}

static int drop_keys(void **state)
{
    (void)state;
    forge_fini(&shared);
    forge_fini(&strangers);
    return 0;
}

static void accept(struct fixture *f, const char *what, struct weh_str token)
{
    struct weh_identity identity = { .user = "" };
    struct weh_diag diag = { .err = WEH_OK };

    if (weh_auth_verify_token(f->auth, token, &identity, &diag) != WEH_OK) {
        print_error("%s: %s\n", what, diag.text);
        fail();
    }
    assert_string_equal(identity.user, "ann");
    weh_identity_fini(&identity);
}

static void refuse(struct fixture *f, const char *what, struct weh_str token)
{
    struct weh_identity identity = { .user = "untouched" };
    struct weh_diag diag = { .err = WEH_OK };
    weh_err err = weh_auth_verify_token(f->auth, token, &identity, &diag);

    if (err != WEH_E_UNAUTHENTICATED) {
        print_error("accepted: %s (%.*s)\n", what, WEH_STR_ARGS(token));
    }
    assert_int_equal(err, WEH_E_UNAUTHENTICATED);
    assert_string_equal(identity.user, "untouched");
    assert_string_equal(diag.where, "token");
    n_refused++;
}

static struct weh_str rs256(struct fixture *f, const char *header, const char *claims)
{
    return forge_token(f->forge, header, claims, f->forge->keys[FORGE_RSA], "RS256");
}

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"r\"}"

/* ---- good ones ---- */

static void test_token_of_every_algorithm_is_accepted(void **state)
{
    static const struct {
        const char *header;
        const char *alg;
        enum forge_kind kind;
    } good[] = {
        { HEADER, "RS256", FORGE_RSA },
        { "{\"alg\":\"PS256\",\"kid\":\"p\"}", "PS256", FORGE_RSA },
        { "{\"alg\":\"ES256\",\"kid\":\"e\"}", "ES256", FORGE_P256 },
        { "{\"alg\":\"ES384\",\"kid\":\"e3\"}", "ES384", FORGE_P384 },
        { "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", "EdDSA", FORGE_ED25519 },
        { "{\"alg\":\"RS256\"}", "RS256", FORGE_RSA },
        { "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t\":\"abc\"}", "RS256", FORGE_RSA },
        { "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", "ES256", FORGE_P256 },
        { "{\"alg\":\"ES256\",\"typ\":\"application/at+JWT\"}", "ES256", FORGE_P256 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(good); i++) {
        accept(f, good[i].header,
               forge_token(f->forge, good[i].header, CLAIMS, f->forge->keys[good[i].kind],
                           good[i].alg));
    }
}

static void test_claims_may_have_these_forms(void **state)
{
    static const char *const good[] = {
        "{" ISS ",\"aud\":[\"other\",\"webedithost\"]," SUB "," SCOPE "," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scp\":[\"openid\",\"weh:view\"]," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scp\":\"weh:view\"," TIMES "}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100.0}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1799999971}", /* within the skew */
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"nbf\":1800000030}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"iat\":1800000030}",
        "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"groups\":[{\"a\":[1,2]},null]}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(good); i++) {
        accept(f, good[i], rs256(f, HEADER, good[i]));
    }
}

static void test_user_may_be_another_claim(void **state)
{
    struct fixture *f = *state;

    set(f, "auth.user_claim", "email");
    open_auth(f);
    accept(
        f, "email",
        rs256(f, HEADER, "{" ISS "," AUD ",\"sub\":\"7\",\"email\":\"ann\"," SCOPE "," TIMES "}"));
    refuse(f, "no email", rs256(f, HEADER, CLAIMS));
}

/* RFC 7515 appendix A.1 to A.3, RFC 8037 appendix A.4. */
static void test_signatures_of_the_rfcs_are_good(void **state)
{
    static const struct {
        const char *jwk;
        const char *bytes;
        const char *signature;
    } vectors[] = {
        { "{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
          "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
        { "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
          "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
          "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-"
          "bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5"
          "ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
          "yuXpoQ\"}",
          "eyJhbGciOiJSUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_"
          "lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
          "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--"
          "xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AX"
          "LIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw" },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
          "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
          "eyJhbGciOiJFUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
          "Ijp0cnVlfQ",
          "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
          "Kg6NU1Q" },
        { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
          "7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
          "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
          "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
          "MuM0KAg" },
    };
    struct weh_alg_list algs;

    (void)state;
    assert_int_equal(weh_alg_list_read("RS256 HS256 ES256 EdDSA", "x", &algs, NULL), WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(vectors); i++) {
        struct weh_key_set *keys = NULL;
        uint8_t signature[1024];
        size_t n = 0;
        size_t n_secrets = 0;
        char jwks[2048];

        (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[%s]}", vectors[i].jwk);
        assert_int_equal(weh_jwks_read(weh_str_from(jwks), &algs, &keys, &n_secrets, NULL), WEH_OK);
        assert_true(weh_base64url_decode(weh_str_from(vectors[i].signature), signature,
                                         sizeof(signature), &n));
        assert_true(weh_key_verify(keys->keys[0], weh_str_from(vectors[i].bytes), signature, n));
        for (size_t bit = 0; bit < n * 8; bit++) {
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(
                weh_key_verify(keys->keys[0], weh_str_from(vectors[i].bytes), signature, n));
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        weh_key_set_release(keys);
    }
}

/* ---- headers and claims, all signed with the right key ---- */

static void test_header_that_asks_for_more_is_refused(void **state)
{
    static const char *const bad[] = {
        "{\"alg\":\"none\",\"kid\":\"r\"}",
        "{\"alg\":\"None\",\"kid\":\"r\"}",
        "{\"alg\":\"NONE\",\"kid\":\"r\"}",
        "{\"alg\":\"nOnE\"}",
        "{\"alg\":\"\",\"kid\":\"r\"}",
        "{\"alg\":\"rs256\",\"kid\":\"r\"}",
        "{\"alg\":\"RS256 \",\"kid\":\"r\"}",
        "{\"alg\":\"RS256\\u0000\",\"kid\":\"r\"}",
        "{\"alg\":\"RS384\",\"kid\":\"r\"}",
        "{\"alg\":\"PS256\",\"kid\":\"r\"}",
        "{\"alg\":\"ES256\",\"kid\":\"r\"}",
        "{\"alg\":\"HS256\",\"kid\":\"r\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"r\"}",
        "{\"alg\":[\"RS256\"],\"kid\":\"r\"}",
        "{\"alg\":null,\"kid\":\"r\"}",
        "{\"alg\":1}",
        "{\"kid\":\"r\"}",
        "{\"alg\":\"RS256\",\"kid\":\"p\"}",
        "{\"alg\":\"RS256\",\"kid\":\"R\"}",
        "{\"alg\":\"RS256\",\"kid\":\"other\"}",
        "{\"alg\":\"RS256\",\"kid\":\"\"}",
        "{\"alg\":\"RS256\",\"kid\":7}",
        "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r' OR '1'='1\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\\u0000\"}",
        "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r\"}",
        "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"r\"}",
        "{\"alg\":\"RS256\",\"\\u0061lg\":\"RS256\",\"kid\":\"r\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[]}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"b64\":true}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"zip\":\"DEF\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"enc\":\"A128GCM\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"cty\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"jku\":\"https://evil.example/keys\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"x5u\":\"https://evil.example/cert\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"x5c\":[\"AAAA\"]}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"logout+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"secevent+jwt\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":7}",
        "{\"alg\":\"RS256\",\"kid\":\"r\"} x",
        "{\"alg\":\"RS256\",\"kid\":\"r\"",
        "{\"alg\":\"RS256\",\"kid\":\"r\",\"x\":\"\xff\"}",
        "{\"alg\":\"RS256\",\"kid\":\"r\",}",
        "{'alg':'RS256'}",
        "[\"alg\",\"RS256\"]",
        "\"RS256\"",
        "null",
        "",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        refuse(f, bad[i], rs256(f, bad[i], CLAIMS));
    }
}

static void test_claims_that_are_not_for_us_now_are_refused(void **state)
{
    static const char *const bad[] = {
        "{" AUD "," SUB "," SCOPE "," TIMES "}",
        "{\"iss\":\"https://id.example/\"," AUD "," SUB "," SCOPE "," TIMES "}",
        "{\"iss\":\"HTTPS://id.example\"," AUD "," SUB "," SCOPE "," TIMES "}",
        "{\"iss\":\"webedithost\"," AUD "," SUB "," SCOPE "," TIMES "}",
        "{\"iss\":[\"https://id.example\"]," AUD "," SUB "," SCOPE "," TIMES "}",
        "{\"iss\":\"https://id.example\\u0000\"," AUD "," SUB "," SCOPE "," TIMES "}",
        "{" ISS "," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":\"webedithost2\"," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":[\"a\",\"b\"]," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":[]," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":[[\"webedithost\"]]," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":{\"webedithost\":1}," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":\"other webedithost\"," SUB "," SCOPE "," TIMES "}",
        "{" ISS ",\"aud\":null," SUB "," SCOPE "," TIMES "}",
        "{" ISS "," AUD "," SUB "," SCOPE "}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":null}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":\"1800000100\"}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":true}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":[1800000100]}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":0}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":-1}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":-9223372036854775808}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1799999970}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":9223372036854775807}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":18446744073709551615}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1e308}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1e309}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100.5}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"exp\":1800000100}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"nbf\":1800000031}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"nbf\":\"0\"}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"nbf\":null}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"iat\":1800000031}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"iat\":1800000101}",
        "{" ISS "," AUD "," SUB "," SCOPE ",\"exp\":1800000100,\"iat\":-5}",
        "{" ISS "," AUD "," SCOPE "," TIMES "}",
        "{" ISS "," AUD ",\"sub\":\"\"," SCOPE "," TIMES "}",
        "{" ISS "," AUD ",\"sub\":7," SCOPE "," TIMES "}",
        "{" ISS "," AUD ",\"sub\":\"ann\\u0000bob\"," SCOPE "," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"sub\":\"bob\"," SCOPE "," TIMES "}",
        "{" ISS "," AUD "," SUB "," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"openid weh:edits weh\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"WEH:EDIT\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"weh:edit:\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"weh:edit:%\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"weh:edit:%0\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"weh:edit:%00\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":\"weh:edit:%ff\"," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scope\":[\"weh:edit\"]," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scp\":[\"weh:edit weh:view\"]," TIMES "}",
        "{" ISS "," AUD "," SUB ",\"scp\":[[\"weh:edit\"]]," TIMES "}",
        "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":\"\xc0\x80\"}",
        "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":\"\\ud800\"}",
        "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":[[[[[[[[[]]]]]]]]]}",
        CLAIMS "x",
        "[" CLAIMS "]",
        "{}",
        "null",
        "",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        refuse(f, bad[i], rs256(f, HEADER, bad[i]));
    }
}

static void test_token_type_can_be_prescribed(void **state)
{
    struct fixture *f = *state;

    set(f, "auth.token_type", "at+jwt");
    open_auth(f);
    accept(f, "at+jwt", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", CLAIMS));
    refuse(f, "JWT", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", CLAIMS));
    refuse(f, "none", rs256(f, "{\"alg\":\"RS256\"}", CLAIMS));
    set(f, "auth.token_type", "JWT");
    open_auth(f);
    accept(f, "JWT", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"jwt\"}", CLAIMS));
    refuse(f, "at+jwt", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", CLAIMS));
}

/* ---- signatures ---- */

/* RFC 8725 section 2.1: the public key as the secret of an HMAC, in each form it goes about in. */
static void test_public_key_is_no_secret(void **state)
{
    static const char *const headers[] = { "{\"alg\":\"HS256\"}",
                                           "{\"alg\":\"HS256\",\"kid\":\"r\"}",
                                           "{\"alg\":\"HS256\",\"kid\":\"h\"}" };
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_RSA];
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *der = NULL;
    char *pem = NULL;
    long n_pem = 0;
    int n_der = i2d_PUBKEY(key, &der);

    assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
    n_pem = BIO_get_mem_data(bio, &pem);
    for (size_t i = 0; i < WEH_ARRAY_LEN(headers); i++) {
        const struct {
            const void *bytes;
            size_t n;
        } secrets[] = { { pem, (size_t)n_pem },
                        { pem, (size_t)n_pem - 1 },
                        { der, (size_t)n_der },
                        { "", 0 },
                        { "secretsecretsecretsecretsecretsecre", 35 } };

        for (size_t k = 0; k < WEH_ARRAY_LEN(secrets); k++) {
            struct weh_str body =
                forge_body(f->forge, weh_str_from(headers[i]), weh_str_from(CLAIMS));
            uint8_t mac[1024];
            size_t n = forge_mac(secrets[k].bytes, secrets[k].n, body.ptr, body.len, mac);

            refuse(f, headers[i], forge_end(f->forge, mac, n));
        }
    }
    OPENSSL_free(der);
    BIO_free(bio);
}

static void test_signature_by_another_key_is_refused(void **state)
{
    static const struct {
        const char *header;
        const char *alg;
        enum forge_kind kind;
    } rows[] = {
        { HEADER, "RS256", FORGE_RSA },
        { "{\"alg\":\"PS256\",\"kid\":\"p\"}", "PS256", FORGE_RSA },
        { "{\"alg\":\"ES256\",\"kid\":\"e\"}", "ES256", FORGE_P256 },
        { "{\"alg\":\"ES384\",\"kid\":\"e3\"}", "ES384", FORGE_P384 },
        { "{\"alg\":\"EdDSA\",\"kid\":\"ed\"}", "EdDSA", FORGE_ED25519 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        refuse(f, rows[i].alg,
               forge_token(&strangers, rows[i].header, CLAIMS, strangers.keys[rows[i].kind],
                           rows[i].alg));
    }
    /* The key's own algorithm, not the one that the header says, and the other way round. */
    refuse(f, "RS256 as PS256",
           forge_token(f->forge, HEADER, CLAIMS, f->forge->keys[FORGE_RSA], "PS256"));
    refuse(f, "PS256 as RS256",
           forge_token(f->forge, rows[1].header, CLAIMS, f->forge->keys[FORGE_RSA], "RS256"));
    refuse(f, "P-384 as ES256",
           forge_token(f->forge, rows[2].header, CLAIMS, f->forge->keys[FORGE_P384], "ES256"));
}

/* The token brings its own key (CVE-2018-0114 and its kin). */
static void test_embedded_key_is_not_used(void **state)
{
    struct fixture *f = *state;
    char header[4096];
    char jwk[2048];

    forge_jwk(strangers.keys[FORGE_RSA], "", jwk, sizeof(jwk));
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"jwk\":{%s}}", jwk);
    refuse(f, "jwk", forge_token(&strangers, header, CLAIMS, strangers.keys[FORGE_RSA], "RS256"));
    (void)snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"kid\":\"r\",\"jwk\":{%s}}", jwk);
    refuse(f, "jwk beside a kid",
           forge_token(&strangers, header, CLAIMS, strangers.keys[FORGE_RSA], "RS256"));
}

static void test_salt_of_another_length_is_refused(void **state)
{
    static const char *const algs[] = { "PS256:0", "PS256:20", "PS256:31", "PS256:33", "PS256:64" };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(algs); i++) {
        refuse(f, algs[i],
               forge_token(f->forge, "{\"alg\":\"PS256\",\"kid\":\"p\"}", CLAIMS,
                           f->forge->keys[FORGE_RSA], algs[i]));
    }
}

/* A signature that is @n bytes of @bytes, for the body that stands in the forge already. */
static void refuse_signature(struct fixture *f, const char *what, const uint8_t *bytes, size_t n)
{
    size_t len = strlen(f->forge->token);

    refuse(f, what, forge_end(f->forge, bytes, n));
    f->forge->token[len] = '\0';
}

static void test_elliptic_signature_of_another_form_is_refused(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_P256];
    struct weh_str body =
        forge_body(f->forge, WEH_STR("{\"alg\":\"ES256\",\"kid\":\"e\"}"), WEH_STR(CLAIMS));
    uint8_t good[1024];
    uint8_t bad[1024] = { 0 };
    uint8_t der[256];
    size_t n_der = sizeof(der);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    BIGNUM *order = NULL;

    assert_int_equal(forge_sign(key, "ES256", body.ptr, body.len, good), 64);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, der, &n_der, (const uint8_t *)body.ptr, body.len), 1);
    EVP_MD_CTX_free(md);
    refuse_signature(f, "DER", der, n_der);
    refuse_signature(f, "r and s are zero", bad, 64); /* CVE-2022-21449 */
    memcpy(bad, good, 32);
    refuse_signature(f, "s is zero", bad, 64);
    memset(bad, 0, 32);
    memcpy(bad + 32, good + 32, 32);
    refuse_signature(f, "r is zero", bad, 64);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
    assert_int_equal(BN_bn2binpad(order, bad, 32), 32);
    assert_int_equal(BN_bn2binpad(order, bad + 32, 32), 32);
    refuse_signature(f, "r and s are the order", bad, 64);
    memset(bad, 0xff, 64);
    refuse_signature(f, "r and s are too large", bad, 64);
    memcpy(bad, good + 32, 32);
    memcpy(bad + 32, good, 32);
    refuse_signature(f, "r and s changed places", bad, 64);
    refuse_signature(f, "a byte is missing", good, 63);
    memcpy(bad, good, 64);
    bad[64] = 0;
    refuse_signature(f, "a byte too many", bad, 65);
    refuse_signature(f, "half", good, 32);
    memset(bad, 0, 96);
    memcpy(bad + 16, good, 32);
    memcpy(bad + 64, good + 32, 32);
    refuse_signature(f, "as wide as P-384's", bad, 96);
    accept(f, "good", forge_end(f->forge, good, 64));
    BN_free(order);
}

/* s + L signs as well unless s is looked at (RFC 8032 section 5.1.7). */
static void test_edwards_signature_is_not_malleable(void **state)
{
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                       0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                       0,    0,    0,    0,    0,    0,    0,    0,
                                       0,    0,    0,    0,    0,    0,    0,    0x10 };
    struct fixture *f = *state;
    struct weh_str body =
        forge_body(f->forge, WEH_STR("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}"), WEH_STR(CLAIMS));
    uint8_t good[1024];
    uint8_t bad[1024] = { 0 };
    unsigned carry = 0;

    assert_int_equal(forge_sign(f->forge->keys[FORGE_ED25519], "EdDSA", body.ptr, body.len, good),
                     64);
    memcpy(bad, good, 64);
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)good[32 + i] + order[i];
        bad[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    refuse_signature(f, "s + L", bad, 64);
    memset(bad, 0, 64);
    refuse_signature(f, "zeros", bad, 64);
    bad[0] = 1;
    refuse_signature(f, "the neutral point", bad, 64);
    refuse_signature(f, "short", good, 63);
    memcpy(bad, good, 65);
    refuse_signature(f, "long", bad, 65);
    accept(f, "good", forge_end(f->forge, good, 64));
}

/* The number that raised to e is @block: what a signer with the key can make of any block. */
static void sign_block(EVP_PKEY *key, const uint8_t block[256], uint8_t out[256])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t n = 256;

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, out, &n, block, 256), 1);
    EVP_PKEY_CTX_free(ctx);
}

/* The block of RFC 8017 section 9.2 with room for tricks: @n_pad bytes of padding, @n_tail after the
 * digest. */
static void pkcs1_block(struct weh_str body, size_t n_pad, bool has_null, uint8_t block[256])
{
    static const uint8_t with_null[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                         0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20 };
    static const uint8_t without_null[] = { 0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48,
                                            0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20 };
    size_t n_head = has_null ? sizeof(with_null) : sizeof(without_null);
    unsigned n = 0;

    memset(block, 0, 256);
    block[1] = 1;
    memset(block + 2, 0xff, n_pad);
    memcpy(block + 3 + n_pad, has_null ? with_null : without_null, n_head);
    assert_int_equal(
        EVP_Digest(body.ptr, body.len, block + 3 + n_pad + n_head, &n, EVP_sha256(), NULL), 1);
}

static void test_rsa_padding_of_another_form_is_refused(void **state)
{
    struct fixture *f = *state;
    EVP_PKEY *key = f->forge->keys[FORGE_RSA];
    struct weh_str body = forge_body(f->forge, WEH_STR(HEADER), WEH_STR(CLAIMS));
    const size_t n_pad = 256 - 3 - 19 - 32;
    uint8_t block[256];
    uint8_t signature[1024] = { 0 };

    pkcs1_block(body, n_pad - 8, true, block); /* rubbish after the digest: CVE-2006-4339 */
    sign_block(key, block, signature);
    refuse_signature(f, "short padding", signature, 256);
    pkcs1_block(body, 8, true, block);
    sign_block(key, block, signature);
    refuse_signature(f, "least padding", signature, 256);
    pkcs1_block(body, n_pad + 2, false, block);
    sign_block(key, block, signature);
    refuse_signature(f, "no parameters", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    block[1] = 2;
    sign_block(key, block, signature);
    refuse_signature(f, "block type 2", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    block[10] = 0xfe;
    sign_block(key, block, signature);
    refuse_signature(f, "a hole in the padding", signature, 256);
    memset(signature, 0, 256);
    refuse_signature(f, "zero", signature, 256);
    signature[255] = 1;
    refuse_signature(f, "one", signature, 256);
    memset(signature, 0xff, 256);
    refuse_signature(f, "more than the modulus", signature, 256);
    pkcs1_block(body, n_pad, true, block);
    sign_block(key, block, signature + 1);
    signature[0] = 0;
    refuse_signature(f, "a zero in front", signature, 257);
    refuse_signature(f, "a byte is missing", signature + 1, 255);
    refuse_signature(f, "nothing", signature, 0);
    accept(f, "good", forge_end(f->forge, signature + 1, 256));
}

/* ---- form ---- */

static void test_token_of_another_form_is_refused(void **state)
{
    static const char *const changes[] = {
        "=", "==", ".", ".x", " ", "\n", "A", "%3D", "\xc3\xa4"
    };
    struct fixture *f = *state;
    struct weh_str good = rs256(f, HEADER, CLAIMS);
    static char text[FORGE_TOKEN_MAX + 16];
    char *dot = NULL;

    for (size_t i = 0; i < WEH_ARRAY_LEN(changes); i++) {
        (void)snprintf(text, FORGE_TOKEN_MAX, "%s%s", good.ptr, changes[i]);
        refuse(f, "something behind", weh_str_from(text));
        (void)snprintf(text, FORGE_TOKEN_MAX, "%s%s", changes[i], good.ptr);
        refuse(f, "something in front", weh_str_from(text));
    }
    (void)snprintf(text, FORGE_TOKEN_MAX, "%s", good.ptr);
    refuse(f, "NUL behind", (struct weh_str){ text, good.len + 1 });
    dot = strchr(text, '.');
    *dot = '\0';
    refuse(f, "NUL for a dot", (struct weh_str){ text, good.len });
    refuse(f, "one part", weh_str_from(text));
    *dot = '.';
    *strrchr(text, '.') = '\0';
    refuse(f, "two parts", weh_str_from(text));
    (void)strcat(text, ".");
    refuse(f, "no signature", weh_str_from(text));
    /* 256 bytes are 341 digits and a rest of two bits: the last digit has one spelling only. */
    (void)snprintf(text, FORGE_TOKEN_MAX, "%s", good.ptr);
    text[good.len - 1] = (char)(text[good.len - 1] + 1);
    refuse(f, "unused bits", (struct weh_str){ text, good.len });
}

static void test_token_that_is_huge_is_refused(void **state)
{
    struct fixture *f = *state;
    static char claims[65536];
    static char many[16384];

    memset(many, 'x', 7000);
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":\"%s\"}", many);
    refuse(f, "7000 bytes", rs256(f, HEADER, claims));
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD ",\"sub\":\"%.128s\"," SCOPE "," TIMES "}", many);
    refuse(f, "a long user", rs256(f, HEADER, claims));
    (void)snprintf(claims, sizeof(claims), "{\"alg\":\"RS256\",\"kid\":\"%.300s\"}", many);
    refuse(f, "a long kid", rs256(f, claims, CLAIMS));
    many[0] = '\0';
    for (unsigned i = 0; i < 65; i++) {
        (void)sprintf(many + strlen(many), "weh:view:m%u ", i);
    }
    (void)snprintf(claims, sizeof(claims), "{" ISS "," AUD "," SUB ",\"scope\":\"%s\"," TIMES "}",
                   many);
    refuse(f, "65 iModels", rs256(f, HEADER, claims));
    memset(many, ' ', 300);
    many[300] = '\0';
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB ",\"scope\":\"weh:view%s\"," TIMES "}", many);
    refuse(f, "300 scopes", rs256(f, HEADER, claims));
    memset(many, ',', 1100);
    for (size_t i = 0; i < 1100; i += 2) {
        many[i] = '1';
    }
    many[1099] = '\0';
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":[%s,%s]}", many, many);
    refuse(f, "1100 values", rs256(f, HEADER, claims));
}

/* A JWS with another JWS as its payload. */
static void test_nested_token_is_refused(void **state)
{
    struct fixture *f = *state;
    char inner[4096];

    (void)snprintf(inner, sizeof(inner), "%s", rs256(f, HEADER, CLAIMS).ptr);
    refuse(f, "nested", rs256(f, HEADER, inner));
    refuse(f, "nested and named",
           rs256(f, "{\"alg\":\"RS256\",\"kid\":\"r\",\"cty\":\"JWT\"}", inner));
}

/* ---- keys ---- */

/* Keys that may not be used are left out, so that a token of theirs finds none. */
static void test_key_that_is_unfit_is_left_out(void **state)
{
    static const char *const bad[] = {
        "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
        "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", /* not on the curve */
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
        "{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"AQ\",\"y\":\"AQ\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"d\":\"AQ\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"use\":\"enc\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"key_ops\":[\"sign\"]}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"alg\":\"RS256\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
        "\"kid\":7}",
        "{\"kty\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmU\"}",
        "{\"kty\":\"quantum\"}",
        "7",
    };
    struct weh_alg_list algs;
    struct weh_alg_list hmac;
    struct weh_key_set *keys = NULL;
    size_t n_secrets = 0;
    char jwks[1024];

    (void)state;
    assert_int_equal(weh_alg_list_read("RS256 PS256 ES256 ES384 EdDSA", "x", &algs, NULL), WEH_OK);
    assert_int_equal(weh_alg_list_read("HS256", "x", &hmac, NULL), WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[%s]}", bad[i]);
        assert_int_equal(weh_jwks_read(weh_str_from(jwks), &algs, &keys, &n_secrets, NULL),
                         WEH_E_NOT_FOUND);
    }
    assert_int_equal(weh_jwks_read(WEH_STR("{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}]}"),
                                   &hmac, &keys, &n_secrets, NULL),
                     WEH_E_NOT_FOUND);
}

static void test_weak_rsa_key_is_left_out(void **state)
{
    EVP_PKEY *weak = EVP_RSA_gen(1024);
    struct weh_alg_list algs;
    struct weh_key_set *keys = NULL;
    size_t n_secrets = 0;
    char jwk[1024];
    char jwks[1200];

    (void)state;
    assert_int_equal(weh_alg_list_read("RS256", "x", &algs, NULL), WEH_OK);
    forge_jwk(weak, "", jwk, sizeof(jwk));
    (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[{%s}]}", jwk);
    assert_int_equal(weh_jwks_read(weh_str_from(jwks), &algs, &keys, &n_secrets, NULL),
                     WEH_E_NOT_FOUND);
    forge_jwk(shared.keys[FORGE_RSA], "", jwk, sizeof(jwk));
    (void)strcpy(strstr(jwk, ",\"e\""), ",\"e\":\"AQ\""); /* everything is its own signature */
    (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[{%s}]}", jwk);
    assert_int_equal(weh_jwks_read(weh_str_from(jwks), &algs, &keys, &n_secrets, NULL),
                     WEH_E_NOT_FOUND);
    EVP_PKEY_free(weak);
}

static void test_text_that_is_no_key_set_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[]", "x", "{\"keys\":null}"
    };
    struct weh_alg_list algs;
    struct weh_key_set *keys = NULL;
    size_t n_secrets = 0;

    (void)state;
    assert_int_equal(weh_alg_list_read("RS256", "x", &algs, NULL), WEH_OK);
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        assert_int_equal(weh_jwks_read(weh_str_from(bad[i]), &algs, &keys, &n_secrets, NULL),
                         WEH_E_PARSE);
    }
    assert_int_equal(weh_alg_list_read("RS256 none", "x", &algs, NULL), WEH_E_BAD_ARGS);
    assert_int_equal(weh_alg_list_read("RS256 RS256", "x", &algs, NULL), WEH_E_BAD_ARGS);
    assert_int_equal(weh_alg_list_read(" ", "x", &algs, NULL), WEH_E_BAD_ARGS);
}

static void test_token_without_kid_needs_a_single_key(void **state)
{
    struct fixture *f = *state;
    char jwk[2048];
    char other[2048];
    char jwks[8192];

    forge_jwk(f->forge->keys[FORGE_RSA], ",\"kid\":\"one\"", jwk, sizeof(jwk));
    forge_jwk(strangers.keys[FORGE_RSA], ",\"kid\":\"two\"", other, sizeof(other));
    (void)snprintf(jwks, sizeof(jwks), "{\"keys\":[{%s},{%s}]}", jwk, other);
    write_file(f->file, jwks);
    assert_int_equal(weh_auth_reload(f->auth, NULL), WEH_OK);
    accept(f, "one", rs256(f, "{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS));
    refuse(f, "the other", rs256(f, "{\"alg\":\"RS256\",\"kid\":\"two\"}", CLAIMS));
    refuse(f, "no kid", rs256(f, "{\"alg\":\"RS256\"}", CLAIMS));
}

static void test_secret_counts_where_it_is_configured(void **state)
{
    static const char secret[] = "secretsecretsecretsecretsecretsecre";
    struct fixture *f = *state;
    struct weh_diag diag;
    struct weh_str body;
    uint8_t mac[1024];

    set(f, "auth.algorithms", "HS256 RS256");
    open_auth(f);
    body = forge_body(f->forge, WEH_STR("{\"alg\":\"HS256\",\"kid\":\"h\"}"), WEH_STR(CLAIMS));
    accept(
        f, "HS256",
        forge_end(f->forge, mac, forge_mac(secret, sizeof(secret) - 1, body.ptr, body.len, mac)));
    assert_int_equal(chmod(f->file, 0644), 0);
    weh_auth_destroy(f->auth);
    f->auth = NULL;
    assert_int_equal(weh_auth_create(&f->config, NULL, &f->auth, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.where, "auth.jwks_file");
}

static void test_pem_file_with_a_key_and_rubbish(void **state)
{
    struct fixture *f = *state;
    FILE *file = fopen(f->file, "w");
    struct weh_diag diag;

    assert_non_null(file);
    assert_int_equal(PEM_write_PUBKEY(file, f->forge->keys[FORGE_P256]), 1);
    assert_int_equal(PEM_write_PUBKEY(file, f->forge->keys[FORGE_RSA]), 1);
    (void)fclose(file);
    set(f, "auth.jwks_file", "");
    set(f, "auth.pem_file", f->file);
    open_auth(f);
    accept(f, "RS256", rs256(f, HEADER, CLAIMS)); /* a PEM key has no id: any kid is right */
    accept(
        f, "ES256",
        forge_token(f->forge, "{\"alg\":\"ES256\"}", CLAIMS, f->forge->keys[FORGE_P256], "ES256"));
    refuse(
        f, "PS256",
        forge_token(f->forge, "{\"alg\":\"PS256\"}", CLAIMS, f->forge->keys[FORGE_RSA], "PS256"));
    write_file(f->file, "no keys here\n");
    assert_int_equal(weh_auth_reload(f->auth, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.where, "auth.pem_file");
    assert_null(strstr(diag.text, f->folder));
    accept(f, "what was there goes on", rs256(f, HEADER, CLAIMS));
    file = fopen(f->file, "w");
    assert_int_equal(
        PEM_write_PrivateKey(file, f->forge->keys[FORGE_P256], NULL, NULL, 0, NULL, NULL), 1);
    (void)fclose(file);
    assert_int_equal(weh_auth_reload(f->auth, &diag), WEH_E_BAD_ARGS);
}

static void test_settings_that_do_not_fit_are_refused(void **state)
{
    static const struct {
        const char *key;
        const char *value;
        const char *where;
    } bad[] = {
        { "auth.issuer", "", "auth.issuer" },
        { "auth.issuer", "webedithost", "auth.issuer" },
        { "auth.audience", "", "auth.audience" },
        { "auth.user_claim", "", "auth.user_claim" },
        { "auth.jwks_file", "", "auth.jwks_url" },
        { "auth.jwks_url", "https://id.example/keys", "auth.jwks_url" }, /* and a file */
        { "auth.algorithms", "RS256 none", "auth.algorithms" },
        { "auth.jwks_file", "/nonexistent", "auth.jwks_file" },
        { "auth.jwks_file", "/dev/zero", "auth.jwks_file" },
        { "auth.jwks_file", "/", "auth.jwks_file" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        struct weh_config config;
        struct weh_auth *auth = NULL;
        struct weh_diag diag = { .err = WEH_OK };

        assert_int_equal(weh_config_init(&config, NULL), WEH_OK);
        assert_int_equal(weh_config_set(&config, "auth.mode", "external", "", NULL), WEH_OK);
        assert_int_equal(weh_config_set(&config, "auth.issuer", "https://i", "", NULL), WEH_OK);
        assert_int_equal(weh_config_set(&config, "auth.jwks_file", f->file, "", NULL), WEH_OK);
        assert_int_equal(weh_config_set(&config, bad[i].key, bad[i].value, "", NULL), WEH_OK);
        assert_int_equal(weh_auth_create(&config, NULL, &auth, &diag), WEH_E_BAD_ARGS);
        assert_string_equal(diag.where, bad[i].where);
        weh_config_fini(&config);
    }
}

static void test_url_of_keys_must_be_https_or_this_machine(void **state)
{
    static const char *const bad[] = {
        "http://id.example/keys",           "file:///etc/passwd", "ftp://127.0.0.1/",
        "http://127.0.0.1.evil.example/",   "http://localhostx/", "https://user@id.example/",
        "http://127.0.0.1:1@evil.example/", "id.example",         ""
    };
    static const char *const good[] = { "https://id.example/keys", "http://127.0.0.1:1/keys",
                                        "http://localhost/keys", "http://[::1]:1/" };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        assert_int_equal(weh_key_url_check(bad[i], NULL), WEH_E_BAD_ARGS);
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(good); i++) {
        assert_int_equal(weh_key_url_check(good[i], NULL), WEH_OK);
    }
}

/* ---- both issuers, scopes, memory ---- */

static void test_own_tokens_count_beside_the_issuer_s_only_if_both_do(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = { .user = "untouched" };
    struct weh_auth *local = NULL;
    char *token = NULL;

    assert_int_equal(weh_auth_issue_token(f->auth, "ann", "weh:edit", 60, &token, NULL),
                     WEH_E_STATE);
    set(f, "auth.mode", "local");
    assert_int_equal(weh_auth_create(&f->config, NULL, &local, NULL), WEH_OK);
    set(f, "auth.mode", "both");
    assert_int_equal(weh_auth_issue_token(local, "ann", "weh:edit", 60, &token, NULL), WEH_OK);
    refuse(f, "own token", weh_str_from(token));
    open_auth(f);
    accept(f, "own token with both", weh_str_from(token));
    accept(f, "the issuer's with both", rs256(f, HEADER, CLAIMS));
    assert_int_equal(weh_auth_verify_token(local, rs256(f, HEADER, CLAIMS), &identity, NULL),
                     WEH_E_UNAUTHENTICATED);
    weh_auth_destroy(local);
    weh_free(token);
}

/* An issuer's key may not speak for this server's own tokens, nor the other way round. */
static void test_issuer_cannot_make_own_tokens(void **state)
{
    struct fixture *f = *state;

    set(f, "auth.mode", "both");
    open_auth(f);
    refuse(f, "iss of the server",
           rs256(f, HEADER, "{\"iss\":\"webedithost\"," AUD "," SUB "," SCOPE "," TIMES "}"));
}

static void test_scopes_for_single_imodels_count_there_only(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = { .user = "" };

    assert_int_equal(
        weh_auth_verify_token(f->auth,
                              rs256(f, HEADER,
                                    "{" ISS "," AUD "," SUB
                                    ",\"scope\":\"weh:view weh:edit:house weh:view:house "
                                    "weh:admin:a%20b%C3%A4 other\"," TIMES "}"),
                              &identity, NULL),
        WEH_OK);
    assert_int_equal(identity.access, WEH_ACCESS_VIEW);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("house")),
                     WEH_ACCESS_EDIT);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("House")),
                     WEH_ACCESS_VIEW);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("hous")),
                     WEH_ACCESS_VIEW);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("a b\xc3\xa4")),
                     WEH_ACCESS_ADMIN);
    assert_int_equal(weh_grants_highest(identity.access, identity.grants), WEH_ACCESS_ADMIN);
    weh_identity_fini(&identity);
    assert_int_equal(
        weh_auth_verify_token(
            f->auth,
            rs256(f, HEADER, "{" ISS "," AUD "," SUB ",\"scp\":[\"weh:edit:house\"]," TIMES "}"),
            &identity, NULL),
        WEH_OK);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("other")),
                     WEH_ACCESS_NONE);
    assert_int_equal(weh_grants_access(identity.access, identity.grants, WEH_STR("")),
                     WEH_ACCESS_NONE);
    weh_identity_fini(&identity);
}

static void test_token_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    struct weh_str token =
        rs256(f, HEADER,
              "{" ISS "," AUD "," SUB ",\"scope\":\"weh:view weh:edit:a weh:edit:b\"," TIMES "}");
    size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    while (err != WEH_OK) {
        struct weh_identity identity = { .user = "" };

        fake_alloc_fail_at(++nth);
        err = weh_auth_verify_token(f->auth, token, &identity, NULL);
        assert_int_equal(err == WEH_OK, fake_alloc_has_failed() == 0);
        fake_alloc_reset();
        weh_identity_fini(&identity);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_true(nth > 3);
}

static void test_key_files_survive_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    while (err != WEH_OK) {
        struct weh_auth *auth = NULL;

        fake_alloc_fail_at(++nth);
        err = weh_auth_create(&f->config, NULL, &auth, NULL);
        assert_int_equal(err == WEH_OK, fake_alloc_has_failed() == 0);
        fake_alloc_reset();
        weh_auth_destroy(auth);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_true(nth > 8);
}

static void test_forgeries_were_many(void **state)
{
    (void)state;
    print_message("%u forgeries, 0 accepted\n", n_refused);
    assert_true(n_refused >= 60);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_of_every_algorithm_is_accepted),
        TEST(test_claims_may_have_these_forms),
        TEST(test_user_may_be_another_claim),
        cmocka_unit_test(test_signatures_of_the_rfcs_are_good),
        TEST(test_header_that_asks_for_more_is_refused),
        TEST(test_claims_that_are_not_for_us_now_are_refused),
        TEST(test_token_type_can_be_prescribed),
        TEST(test_public_key_is_no_secret),
        TEST(test_signature_by_another_key_is_refused),
        TEST(test_embedded_key_is_not_used),
        TEST(test_salt_of_another_length_is_refused),
        TEST(test_elliptic_signature_of_another_form_is_refused),
        TEST(test_edwards_signature_is_not_malleable),
        TEST(test_rsa_padding_of_another_form_is_refused),
        TEST(test_token_of_another_form_is_refused),
        TEST(test_token_that_is_huge_is_refused),
        TEST(test_nested_token_is_refused),
        cmocka_unit_test(test_key_that_is_unfit_is_left_out),
        cmocka_unit_test(test_weak_rsa_key_is_left_out),
        cmocka_unit_test(test_text_that_is_no_key_set_is_refused),
        TEST(test_token_without_kid_needs_a_single_key),
        TEST(test_secret_counts_where_it_is_configured),
        TEST(test_pem_file_with_a_key_and_rubbish),
        TEST(test_settings_that_do_not_fit_are_refused),
        cmocka_unit_test(test_url_of_keys_must_be_https_or_this_machine),
        TEST(test_own_tokens_count_beside_the_issuer_s_only_if_both_do),
        TEST(test_issuer_cannot_make_own_tokens),
        TEST(test_scopes_for_single_imodels_count_there_only),
        TEST(test_token_survives_any_failed_allocation),
        TEST(test_key_files_survive_any_failed_allocation),
        cmocka_unit_test(test_forgeries_were_many),
    };

    return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
