/* tests/unit/auth/test_claims.c - form, header and claims of an issuer's tokens. All are signed with the
 * right key: it is what they say that is wrong (RFC 8725). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "issuer_fixture.h"

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
        expect_good(f, good[i].header,
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
        expect_good(f, good[i], rs256(f, HEADER, good[i]));
    }
}

static void test_user_may_be_another_claim(void **state)
{
    struct fixture *f = *state;

    set_key(f, "auth.user_claim", "email");
    open_auth(f);
    expect_good(
        f, "email",
        rs256(f, HEADER, "{" ISS "," AUD ",\"sub\":\"7\",\"email\":\"ann\"," SCOPE "," TIMES "}"));
    expect_refused(f, "no email", rs256(f, HEADER, CLAIMS));
}

/* RFC 7515 appendix A.1 to A.3, RFC 8037 appendix A.4. */
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
        expect_refused(f, bad[i], rs256(f, bad[i], CLAIMS));
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
        expect_refused(f, bad[i], rs256(f, HEADER, bad[i]));
    }
}

static void test_token_type_can_be_prescribed(void **state)
{
    struct fixture *f = *state;

    set_key(f, "auth.token_type", "at+jwt");
    open_auth(f);
    expect_good(f, "at+jwt", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", CLAIMS));
    expect_refused(f, "JWT", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}", CLAIMS));
    expect_refused(f, "none", rs256(f, "{\"alg\":\"RS256\"}", CLAIMS));
    set_key(f, "auth.token_type", "JWT");
    open_auth(f);
    expect_good(f, "JWT", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"jwt\"}", CLAIMS));
    expect_refused(f, "at+jwt", rs256(f, "{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", CLAIMS));
}

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
        expect_refused(f, "something behind", weh_str_from(text));
        (void)snprintf(text, FORGE_TOKEN_MAX, "%s%s", changes[i], good.ptr);
        expect_refused(f, "something in front", weh_str_from(text));
    }
    (void)snprintf(text, FORGE_TOKEN_MAX, "%s", good.ptr);
    expect_refused(f, "NUL behind", (struct weh_str){ text, good.len + 1 });
    dot = strchr(text, '.');
    *dot = '\0';
    expect_refused(f, "NUL for a dot", (struct weh_str){ text, good.len });
    expect_refused(f, "one part", weh_str_from(text));
    *dot = '.';
    *strrchr(text, '.') = '\0';
    expect_refused(f, "two parts", weh_str_from(text));
    (void)strcat(text, ".");
    expect_refused(f, "no signature", weh_str_from(text));
    /* 256 bytes are 341 digits and a rest of two bits: the last digit has one spelling only. */
    (void)snprintf(text, FORGE_TOKEN_MAX, "%s", good.ptr);
    text[good.len - 1] = (char)(text[good.len - 1] + 1);
    expect_refused(f, "unused bits", (struct weh_str){ text, good.len });
}

static void test_token_that_is_huge_is_refused(void **state)
{
    struct fixture *f = *state;
    static char claims[65536];
    static char many[16384];

    memset(many, 'x', 7000);
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":\"%s\"}", many);
    expect_refused(f, "7000 bytes", rs256(f, HEADER, claims));
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD ",\"sub\":\"%.128s\"," SCOPE "," TIMES "}", many);
    expect_refused(f, "a long user", rs256(f, HEADER, claims));
    (void)snprintf(claims, sizeof(claims), "{\"alg\":\"RS256\",\"kid\":\"%.300s\"}", many);
    expect_refused(f, "a long kid", rs256(f, claims, CLAIMS));
    many[0] = '\0';
    for (unsigned i = 0; i < 65; i++) {
        (void)sprintf(many + strlen(many), "weh:view:m%u ", i);
    }
    (void)snprintf(claims, sizeof(claims), "{" ISS "," AUD "," SUB ",\"scope\":\"%s\"," TIMES "}",
                   many);
    expect_refused(f, "65 iModels", rs256(f, HEADER, claims));
    memset(many, ' ', 300);
    many[300] = '\0';
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB ",\"scope\":\"weh:view%s\"," TIMES "}", many);
    expect_refused(f, "300 scopes", rs256(f, HEADER, claims));
    memset(many, ',', 1100);
    for (size_t i = 0; i < 1100; i += 2) {
        many[i] = '1';
    }
    many[1099] = '\0';
    (void)snprintf(claims, sizeof(claims),
                   "{" ISS "," AUD "," SUB "," SCOPE "," TIMES ",\"x\":[%s,%s]}", many, many);
    expect_refused(f, "1100 values", rs256(f, HEADER, claims));
}

/* A JWS with another JWS as its payload. */
static void test_nested_token_is_refused(void **state)
{
    struct fixture *f = *state;
    char inner[4096];

    (void)snprintf(inner, sizeof(inner), "%s", rs256(f, HEADER, CLAIMS).ptr);
    expect_refused(f, "nested", rs256(f, HEADER, inner));
    expect_refused(f, "nested and named",
                   rs256(f, "{\"alg\":\"RS256\",\"kid\":\"r\",\"cty\":\"JWT\"}", inner));
}

static void test_forgeries_were_many(void **state)
{
    (void)state;
    print_message("%u forgeries, 0 accepted\n", n_refused);
    assert_true(n_refused >= 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, issuer_setup, issuer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_of_every_algorithm_is_accepted),
        TEST(test_claims_may_have_these_forms),
        TEST(test_user_may_be_another_claim),
        TEST(test_header_that_asks_for_more_is_refused),
        TEST(test_claims_that_are_not_for_us_now_are_refused),
        TEST(test_token_type_can_be_prescribed),
        TEST(test_token_of_another_form_is_refused),
        TEST(test_token_that_is_huge_is_refused),
        TEST(test_nested_token_is_refused),
        cmocka_unit_test(test_forgeries_were_many),
    };

    return cmocka_run_group_tests(tests, issuer_make_keys, issuer_drop_keys);
}
