/* tests/unit/auth/test_keys.c - keys in their files, settings, scopes, and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "weh/alloc.h"

#include "auth_priv.h"
#include "fake_alloc.h"
#include "issuer_fixture.h"

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
    forge_jwk(issuer_keys.keys[FORGE_RSA], "", jwk, sizeof(jwk));
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
    expect_good(f, "one", rs256(f, "{\"alg\":\"RS256\",\"kid\":\"one\"}", CLAIMS));
    expect_refused(f, "the other", rs256(f, "{\"alg\":\"RS256\",\"kid\":\"two\"}", CLAIMS));
    expect_refused(f, "no kid", rs256(f, "{\"alg\":\"RS256\"}", CLAIMS));
}

static void test_secret_counts_where_it_is_configured(void **state)
{
    static const char secret[] = "secretsecretsecretsecretsecretsecre";
    struct fixture *f = *state;
    struct weh_diag diag;
    struct weh_str body;
    uint8_t mac[1024];

    set_key(f, "auth.algorithms", "HS256 RS256");
    open_auth(f);
    body = forge_body(f->forge, WEH_STR("{\"alg\":\"HS256\",\"kid\":\"h\"}"), WEH_STR(CLAIMS));
    expect_good(
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
    set_key(f, "auth.jwks_file", "");
    set_key(f, "auth.pem_file", f->file);
    open_auth(f);
    expect_good(f, "RS256", rs256(f, HEADER, CLAIMS)); /* a PEM key has no id: any kid is right */
    expect_good(
        f, "ES256",
        forge_token(f->forge, "{\"alg\":\"ES256\"}", CLAIMS, f->forge->keys[FORGE_P256], "ES256"));
    expect_refused(
        f, "PS256",
        forge_token(f->forge, "{\"alg\":\"PS256\"}", CLAIMS, f->forge->keys[FORGE_RSA], "PS256"));
    write_file(f->file, "no keys here\n");
    assert_int_equal(weh_auth_reload(f->auth, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.where, "auth.pem_file");
    assert_null(strstr(diag.text, f->folder));
    expect_good(f, "what was there goes on", rs256(f, HEADER, CLAIMS));
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

static void test_own_tokens_count_beside_the_issuer_s_only_if_both_do(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = { .user = "untouched" };
    struct weh_auth *local = NULL;
    char *token = NULL;

    assert_int_equal(weh_auth_issue_token(f->auth, "ann", "weh:edit", 60, &token, NULL),
                     WEH_E_STATE);
    set_key(f, "auth.mode", "local");
    assert_int_equal(weh_auth_create(&f->config, NULL, &local, NULL), WEH_OK);
    set_key(f, "auth.mode", "both");
    assert_int_equal(weh_auth_issue_token(local, "ann", "weh:edit", 60, &token, NULL), WEH_OK);
    expect_refused(f, "own token", weh_str_from(token));
    open_auth(f);
    expect_good(f, "own token with both", weh_str_from(token));
    expect_good(f, "the issuer's with both", rs256(f, HEADER, CLAIMS));
    assert_int_equal(weh_auth_verify_token(local, rs256(f, HEADER, CLAIMS), &identity, NULL),
                     WEH_E_UNAUTHENTICATED);
    weh_auth_destroy(local);
    weh_free(token);
}

/* An issuer's key may not speak for this server's own tokens, nor the other way round. */
static void test_issuer_cannot_make_own_tokens(void **state)
{
    struct fixture *f = *state;

    set_key(f, "auth.mode", "both");
    open_auth(f);
    expect_refused(
        f, "iss of the server",
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, issuer_setup, issuer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };

    return cmocka_run_group_tests(tests, issuer_make_keys, issuer_drop_keys);
}
