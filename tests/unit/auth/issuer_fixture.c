/* tests/unit/auth/issuer_fixture.c - keys in a file, a server that reads them, tokens for it. */
#include "issuer_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "fake_clock.h"

struct forge issuer_keys;
struct forge strangers;
unsigned n_refused;

void set_key(struct fixture *f, const char *key, const char *value)
{
    assert_int_equal(weh_config_set(&f->config, key, value, "test", NULL), WEH_OK);
}

void write_file(const char *path, const char *text)
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

void open_auth(struct fixture *f)
{
    struct weh_diag diag = { .err = WEH_OK };

    weh_auth_destroy(f->auth);
    f->auth = NULL;
    if (weh_auth_create(&f->config, NULL, &f->auth, &diag) != WEH_OK) {
        print_error("%s: %s\n", diag.where, diag.text);
    }
    assert_non_null(f->auth);
}

int issuer_setup(void **state)
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
    set_key(f, "data.dir", data);
    set_key(f, "auth.mode", "external");
    set_key(f, "auth.issuer", "https://id.example");
    set_key(f, "auth.jwks_file", f->file);
    f->forge = &issuer_keys;
    write_jwks(f);
    open_auth(f);
    *state = f;
    return 0;
}

int issuer_teardown(void **state)
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

int issuer_make_keys(void **state)
{
    (void)state;
    forge_init(&issuer_keys);
    forge_init(&strangers);
    return 0;
}

int issuer_drop_keys(void **state)
{
    (void)state;
    forge_fini(&issuer_keys);
    forge_fini(&strangers);
    return 0;
}

void expect_good(struct fixture *f, const char *what, struct weh_str token)
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

void expect_refused(struct fixture *f, const char *what, struct weh_str token)
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

struct weh_str rs256(struct fixture *f, const char *header, const char *claims)
{
    return forge_token(f->forge, header, claims, f->forge->keys[FORGE_RSA], "RS256");
}
