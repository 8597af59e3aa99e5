/* tests/unit/auth/test_auth.c - tokens, their forgeries (RFC 8725), tickets, the key file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/auth.h"
#include "weh/config.h"

#include "base64url.h"
#include "fake_alloc.h"
#include "fake_clock.h"

#define NOW_S 1800000000

struct fixture {
    char folder[64];
    char key_path[96];
    struct weh_config config;
    struct weh_auth *auth;
    char token[4096]; /* what forge made */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    char data[80];

    if (f == NULL) {
        return -1;
    }
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/weh-auth-XXXXXX");
    if (mkdtemp(f->folder) == NULL) {
        return -1;
    }
    (void)snprintf(data, sizeof(data), "%s/data", f->folder);
    (void)snprintf(f->key_path, sizeof(f->key_path), "%s/auth.key", data);
    fake_clock_set_ms((int64_t)NOW_S * 1000);
    if (weh_config_init(&f->config, NULL) != WEH_OK ||
        weh_config_set(&f->config, "data.dir", data, "test", NULL) != WEH_OK ||
        weh_auth_create(&f->config, NULL, &f->auth, NULL) != WEH_OK) {
        return -1;
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char *slash = NULL;

    weh_auth_destroy(f->auth);
    weh_config_fini(&f->config);
    (void)unlink(f->key_path);
    slash = strrchr(f->key_path, '/');
    *slash = '\0';
    (void)rmdir(f->key_path);
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

/* A token of @header and @claims signed with @key as our own would be. */
static struct weh_str forge_with(struct fixture *f, const char *header, const char *claims,
                                 const void *key, size_t n_key)
{
    uint8_t mac[32];
    unsigned n = 0;
    struct weh_buf buf;
    size_t len = 0;

    weh_buf_init(&buf, 0);
    weh_base64url_encode((const uint8_t *)header, strlen(header), &buf);
    weh_buf_byte(&buf, '.');
    weh_base64url_encode((const uint8_t *)claims, strlen(claims), &buf);
    assert_non_null(HMAC(EVP_sha256(), key, (int)n_key, buf.data, buf.len, mac, &n));
    weh_buf_byte(&buf, '.');
    weh_base64url_encode(mac, sizeof(mac), &buf);
    assert_int_equal(buf.err, WEH_OK);
    assert_true(buf.len < sizeof(f->token));
    memcpy(f->token, buf.data, buf.len);
    f->token[buf.len] = '\0';
    len = buf.len;
    weh_buf_fini(&buf);
    return (struct weh_str){ f->token, len };
}

static struct weh_str forge(struct fixture *f, const char *header, const char *claims)
{
    uint8_t key[32];
    int fd = open(f->key_path, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, key, sizeof(key)), sizeof(key));
    (void)close(fd);
    return forge_with(f, header, claims, key, sizeof(key));
}

#define GOOD_HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define CLAIMS(iss, aud, sub, scope, times) \
    "{\"iss\":" iss ",\"aud\":" aud ",\"sub\":" sub ",\"scope\":" scope times "}"
#define GOOD_TIMES ",\"iat\":1799999999,\"exp\":1800000100"
#define GOOD_CLAIMS \
    CLAIMS("\"webedithost\"", "\"webedithost\"", "\"ann\"", "\"weh:edit\"", GOOD_TIMES)

static weh_err verify(struct fixture *f, struct weh_str token)
{
    struct weh_identity identity;

    return weh_auth_verify_token(f->auth, token, &identity, NULL);
}

static void test_token_that_was_issued_is_valid_until_it_ends(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity;
    char *token = NULL;

    assert_int_equal(
        weh_auth_issue_token(f->auth, "ann@example.com", "weh:admin", 60, &token, NULL), WEH_OK);
    assert_int_equal(weh_auth_verify_token(f->auth, weh_str_from(token), &identity, NULL), WEH_OK);
    assert_string_equal(identity.user, "ann@example.com");
    assert_int_equal(identity.access, WEH_ACCESS_ADMIN);
    assert_int_equal(identity.expires_ms, ((int64_t)NOW_S + 60) * 1000);
    fake_clock_advance_ms(59999);
    assert_int_equal(verify(f, weh_str_from(token)), WEH_OK);
    fake_clock_advance_ms(1);
    assert_int_equal(verify(f, weh_str_from(token)), WEH_E_UNAUTHENTICATED);
    weh_free(token);
}

static void test_token_for_any_user_name_survives_the_round_trip(void **state)
{
    static const char *const users[] = { "a", "\xc3\xa4\xe2\x82\xac", "\"\\\b\n", "x y" };
    struct fixture *f = *state;
    char longest[128];

    memset(longest, 'u', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (size_t i = 0; i <= WEH_ARRAY_LEN(users); i++) {
        const char *user = i < WEH_ARRAY_LEN(users) ? users[i] : longest;
        struct weh_identity identity;
        char *token = NULL;

        assert_int_equal(weh_auth_issue_token(f->auth, user, "weh:view", 60, &token, NULL), WEH_OK);
        assert_int_equal(weh_auth_verify_token(f->auth, weh_str_from(token), &identity, NULL),
                         WEH_OK);
        assert_string_equal(identity.user, user);
        weh_free(token);
    }
}

static void test_token_for_an_impossible_user_name_is_refused(void **state)
{
    struct fixture *f = *state;
    char too_long[129];
    char *token = NULL;

    memset(too_long, 'u', sizeof(too_long) - 1);
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_equal(weh_auth_issue_token(f->auth, "", "weh:view", 60, &token, NULL),
                     WEH_E_BAD_ARGS);
    assert_int_equal(weh_auth_issue_token(f->auth, too_long, "weh:view", 60, &token, NULL),
                     WEH_E_BAD_ARGS);
    assert_int_equal(weh_auth_issue_token(f->auth, "\xff", "weh:view", 60, &token, NULL),
                     WEH_E_BAD_ARGS);
}

static void test_token_with_a_good_form_is_valid(void **state)
{
    static const char *const good[][2] = {
        { GOOD_HEADER, GOOD_CLAIMS },
        { "{\"alg\":\"HS256\"}", GOOD_CLAIMS },
        { GOOD_HEADER, CLAIMS("\"webedithost\"", "[\"other\",\"webedithost\"]", "\"ann\"",
                              "\"openid weh:view\"", GOOD_TIMES) },
        { GOOD_HEADER, CLAIMS("\"webedithost\"", "\"webedithost\"", "\"ann\"", "\"weh:admin\"",
                              ",\"exp\":1800000001.0,\"nbf\":1800000000") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(good); i++) {
        assert_int_equal(verify(f, forge(f, good[i][0], good[i][1])), WEH_OK);
    }
}

static void test_token_with_several_scopes_gives_the_highest(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity;
    struct weh_str token = forge(f, GOOD_HEADER,
                                 CLAIMS("\"webedithost\"", "\"webedithost\"", "\"ann\"",
                                        "\"weh:view weh:admin weh:edit\"", GOOD_TIMES));

    assert_int_equal(weh_auth_verify_token(f->auth, token, &identity, NULL), WEH_OK);
    assert_int_equal(identity.access, WEH_ACCESS_ADMIN);
}

/* RFC 8725 2.1, 3.1: the token must not choose the algorithm. */
static void test_token_with_another_header_is_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{\"alg\":\"None\",\"typ\":\"JWT\"}",
        "{\"alg\":\"hs256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS384\",\"typ\":\"JWT\"}",
        "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":null,\"typ\":\"JWT\"}",
        "{\"alg\":[\"HS256\"],\"typ\":\"JWT\"}",
        "{\"alg\":\"HS256\",\"alg\":\"none\"}",
        "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"typ\":7}",
        "{\"alg\":\"HS256\",\"crit\":[\"exp\"]}",
        "{\"alg\":\"HS256\",\"crit\":[]}",
        "{\"alg\":\"HS256\\u0000\"}",
        "[\"alg\",\"HS256\"]",
        "\"HS256\"",
        "{\"alg\":\"HS256\"} ,",
        "{\"alg\":\"HS256\"",
        "",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(headers); i++) {
        assert_int_equal(verify(f, forge(f, headers[i], GOOD_CLAIMS)), WEH_E_UNAUTHENTICATED);
    }
}

static void test_token_with_other_claims_is_refused(void **state)
{
#define W "\"webedithost\""
    static const char *const claims[] = {
        CLAIMS("\"other\"", W, "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS("null", W, "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS("[" W "]", W, "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, "\"other\"", "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, "[]", "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, "[7,\"webedithost2\"]", "\"ann\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, W, "\"\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, W, "7", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, W, "\"a\\u0000b\"", "\"weh:edit\"", GOOD_TIMES),
        CLAIMS(W, W, "\"ann\"", "\"\"", GOOD_TIMES),
        CLAIMS(W, W, "\"ann\"", "\"weh:edits\"", GOOD_TIMES),
        CLAIMS(W, W, "\"ann\"", "\"weh:EDIT\"", GOOD_TIMES),
        CLAIMS(W, W, "\"ann\"", "[\"weh:edit\"]", GOOD_TIMES),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ""),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1800000000"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1799999999"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":\"1800000100\""),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":-1"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1800000100.5"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":9223372036854775807"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1e300"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1800000100,\"nbf\":1800000001"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1800000100,\"nbf\":\"0\""),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", ",\"exp\":1800000100,\"exp\":1800000100"),
        CLAIMS(W, W, "\"ann\"", "\"weh:edit\"", GOOD_TIMES ",\"sub\":\"bob\""),
        "{}",
        "[]",
        "null",
        "",
        GOOD_CLAIMS "x",
        "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
    };
#undef W
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(claims); i++) {
        assert_int_equal(verify(f, forge(f, GOOD_HEADER, claims[i])), WEH_E_UNAUTHENTICATED);
    }
}

static void test_token_signed_with_another_key_is_refused(void **state)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n";
    static const uint8_t zeros[32];
    struct fixture *f = *state;

    assert_int_equal(verify(f, forge_with(f, GOOD_HEADER, GOOD_CLAIMS, zeros, sizeof(zeros))),
                     WEH_E_UNAUTHENTICATED);
    assert_int_equal(verify(f, forge_with(f, GOOD_HEADER, GOOD_CLAIMS, zeros, 0)),
                     WEH_E_UNAUTHENTICATED);
    assert_int_equal(verify(f, forge_with(f, GOOD_HEADER, GOOD_CLAIMS, pem, sizeof(pem) - 1)),
                     WEH_E_UNAUTHENTICATED);
}

/* Put every other character of interest at @at of the token; none makes a valid one. */
static void expect_no_other_at(struct fixture *f, struct weh_str token, size_t at)
{
    static const char others[] = { 'A', 'Q', '_', '.', '=', '+', ' ', '\n', '\0' };
    char kept = f->token[at];

    for (size_t i = 0; i < sizeof(others); i++) {
        if (others[i] != kept) {
            f->token[at] = others[i];
            assert_int_equal(verify(f, token), WEH_E_UNAUTHENTICATED);
        }
    }
    f->token[at] = kept;
}

static void test_token_with_any_character_changed_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_str token = forge(f, GOOD_HEADER, GOOD_CLAIMS);

    assert_int_equal(verify(f, token), WEH_OK);
    for (size_t i = 0; i < token.len; i++) {
        expect_no_other_at(f, token, i);
        assert_int_equal(verify(f, (struct weh_str){ f->token, i }), WEH_E_UNAUTHENTICATED);
    }
    assert_int_equal(verify(f, token), WEH_OK);
}

static void test_token_of_another_form_is_refused(void **state)
{
    static const char *const forms[] = { "", ".", "..", "...", "a.b.c", "Bearer x", "....." };
    struct fixture *f = *state;
    struct weh_str token = forge(f, GOOD_HEADER, GOOD_CLAIMS);
    char *big = malloc(100000);

    assert_non_null(big);
    for (size_t i = 0; i < WEH_ARRAY_LEN(forms); i++) {
        assert_int_equal(verify(f, weh_str_from(forms[i])), WEH_E_UNAUTHENTICATED);
    }
    assert_int_equal(verify(f, (struct weh_str){ NULL, 0 }), WEH_E_UNAUTHENTICATED);
    f->token[token.len] = '.'; /* a fourth part: JWE, or rubbish */
    assert_int_equal(verify(f, (struct weh_str){ f->token, token.len + 1 }), WEH_E_UNAUTHENTICATED);
    memset(big, 'A', 100000);
    assert_int_equal(verify(f, (struct weh_str){ big, 100000 }), WEH_E_UNAUTHENTICATED);
    free(big);
}

static void test_token_error_has_a_reason_without_the_token(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity;
    struct weh_diag diag;
    struct weh_str token = forge(f, "{\"alg\":\"none\"}", GOOD_CLAIMS);

    assert_int_equal(weh_auth_verify_token(f->auth, token, &identity, &diag),
                     WEH_E_UNAUTHENTICATED);
    assert_non_null(strstr(diag.text, "header"));
    assert_null(strstr(diag.text, f->token));
}

/* ---- tickets ---- */

static struct weh_identity ann(void)
{
    return (struct weh_identity){ .user = "ann",
                                  .access = WEH_ACCESS_EDIT,
                                  .expires_ms = ((int64_t)NOW_S + 3600) * 1000 };
}

static void test_ticket_is_good_once(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = ann();
    struct weh_identity got = { .user = "" };
    char ticket[WEH_TICKET_SIZE];

    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_OK);
    assert_int_equal(strlen(ticket), WEH_TICKET_SIZE - 1);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(ticket), &got, NULL), WEH_OK);
    assert_string_equal(got.user, "ann");
    assert_int_equal(got.access, WEH_ACCESS_EDIT);
    assert_int_equal(got.expires_ms, identity.expires_ms);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(ticket), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
}

static void test_ticket_is_good_until_its_time_is_up(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = ann();
    struct weh_identity got;
    char first[WEH_TICKET_SIZE];
    char second[WEH_TICKET_SIZE];

    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, first, NULL), WEH_OK);
    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, second, NULL), WEH_OK);
    assert_string_not_equal(first, second);
    fake_clock_advance_ms(f->config.auth_ticket_ttl_s * 1000 - 1);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(first), &got, NULL), WEH_OK);
    fake_clock_advance_ms(1);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(second), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
}

static void test_ticket_does_not_outlive_its_token(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = ann();
    struct weh_identity got;
    char ticket[WEH_TICKET_SIZE];

    identity.expires_ms = ((int64_t)NOW_S + 5) * 1000;
    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_OK);
    fake_clock_advance_ms(5000);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(ticket), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
}

static void test_ticket_that_is_not_one_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = ann();
    struct weh_identity got;
    char ticket[WEH_TICKET_SIZE];
    char changed[WEH_TICKET_SIZE + 1];

    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_OK);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, WEH_STR(""), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, (struct weh_str){ ticket, 31 }, &got, NULL),
                     WEH_E_UNAUTHENTICATED);
    (void)snprintf(changed, sizeof(changed), "%sx", ticket);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(changed), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
    (void)snprintf(changed, sizeof(changed), "%s", ticket);
    changed[31] = changed[31] == '0' ? '1' : '0';
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(changed), &got, NULL),
                     WEH_E_UNAUTHENTICATED);
    assert_int_equal(weh_auth_redeem_ticket(f->auth, weh_str_from(ticket), &got, NULL), WEH_OK);
}

static void test_ticket_beyond_the_limit_is_refused_until_old_ones_end(void **state)
{
    struct fixture *f = *state;
    struct weh_identity identity = ann();
    char ticket[WEH_TICKET_SIZE];

    f->config.auth_tickets_max = 40;
    for (int i = 0; i < 40; i++) {
        assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_OK);
    }
    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_E_LIMIT);
    fake_clock_advance_ms(f->config.auth_ticket_ttl_s * 1000);
    assert_int_equal(weh_auth_issue_ticket(f->auth, &identity, ticket, NULL), WEH_OK);
}

/* ---- the key ---- */

static void test_key_is_kept_and_readable_by_the_owner_only(void **state)
{
    struct fixture *f = *state;
    struct weh_str token = forge(f, GOOD_HEADER, GOOD_CLAIMS);
    struct stat info;

    assert_int_equal(stat(f->key_path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(info.st_size, 32);
    weh_auth_destroy(f->auth);
    f->auth = NULL;
    assert_int_equal(weh_auth_create(&f->config, NULL, &f->auth, NULL), WEH_OK);
    assert_int_equal(verify(f, token), WEH_OK);
}

static void test_key_that_others_can_read_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_auth *auth = NULL;
    struct weh_diag diag;

    for (unsigned mode = 1; mode < 0100; mode <<= 1) {
        assert_int_equal(chmod(f->key_path, 0600 | mode), 0);
        assert_int_equal(weh_auth_create(&f->config, NULL, &auth, &diag), WEH_E_IO);
        assert_string_equal(diag.where, "data.dir");
        assert_null(strstr(diag.text, f->folder));
    }
}

static void test_key_that_is_no_key_is_refused(void **state)
{
    struct fixture *f = *state;
    struct weh_auth *auth = NULL;

    assert_int_equal(truncate(f->key_path, 31), 0);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
    assert_int_equal(truncate(f->key_path, 33), 0);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
    assert_int_equal(unlink(f->key_path), 0);
    assert_int_equal(symlink("/dev/zero", f->key_path), 0);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
    assert_int_equal(unlink(f->key_path), 0);
    assert_int_equal(mkfifo(f->key_path, 0600), 0);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
}

static void test_key_in_an_impossible_folder_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct weh_auth *auth = NULL;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/none/deeper", f->folder);
    assert_int_equal(weh_config_set(&f->config, "data.dir", path, "test", NULL), WEH_OK);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
    assert_int_equal(weh_config_set(&f->config, "data.dir", f->key_path, "test", NULL), WEH_OK);
    assert_int_equal(weh_auth_create(&f->config, NULL, &auth, NULL), WEH_E_IO);
}

/* Everything once, as far as memory allows. True when none of it failed. */
static bool use_auth(struct weh_auth *auth)
{
    struct weh_identity identity = ann();
    char ticket[WEH_TICKET_SIZE];
    char *token = NULL;
    bool is_ok = weh_auth_issue_token(auth, "ann", "weh:edit", 60, &token, NULL) == WEH_OK;

    if (is_ok) {
        is_ok = weh_auth_verify_token(auth, weh_str_from(token), &identity, NULL) == WEH_OK;
    }
    weh_free(token);
    return weh_auth_issue_ticket(auth, &identity, ticket, NULL) == WEH_OK && is_ok;
}

static void test_auth_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    size_t live = fake_alloc_live();
    bool is_ok = false;
    unsigned nth = 0;

    while (!is_ok) {
        struct weh_auth *auth = NULL;

        fake_alloc_fail_at(++nth);
        is_ok = weh_auth_create(&f->config, NULL, &auth, NULL) == WEH_OK && use_auth(auth);
        assert_int_equal(is_ok, fake_alloc_has_failed() == 0);
        fake_alloc_reset();
        weh_auth_destroy(auth);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_true(nth > 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_token_that_was_issued_is_valid_until_it_ends),
        TEST(test_token_for_any_user_name_survives_the_round_trip),
        TEST(test_token_for_an_impossible_user_name_is_refused),
        TEST(test_token_with_a_good_form_is_valid),
        TEST(test_token_with_several_scopes_gives_the_highest),
        TEST(test_token_with_another_header_is_refused),
        TEST(test_token_with_other_claims_is_refused),
        TEST(test_token_signed_with_another_key_is_refused),
        TEST(test_token_with_any_character_changed_is_refused),
        TEST(test_token_of_another_form_is_refused),
        TEST(test_token_error_has_a_reason_without_the_token),
        TEST(test_ticket_is_good_once),
        TEST(test_ticket_is_good_until_its_time_is_up),
        TEST(test_ticket_does_not_outlive_its_token),
        TEST(test_ticket_that_is_not_one_is_refused),
        TEST(test_ticket_beyond_the_limit_is_refused_until_old_ones_end),
        TEST(test_key_is_kept_and_readable_by_the_owner_only),
        TEST(test_key_that_others_can_read_is_refused),
        TEST(test_key_that_is_no_key_is_refused),
        TEST(test_key_in_an_impossible_folder_is_an_error),
        TEST(test_auth_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
