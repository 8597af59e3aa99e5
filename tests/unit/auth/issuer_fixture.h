/* tests/unit/auth/issuer_fixture.h - a server that takes tokens of an issuer, and that issuer. */
#ifndef ISSUER_FIXTURE_H
#define ISSUER_FIXTURE_H

#include "weh/auth.h"
#include "weh/config.h"

#include "forge.h"

#define NOW_S 1800000000

#define ISS    "\"iss\":\"https://id.example\""
#define AUD    "\"aud\":\"webedithost\""
#define SUB    "\"sub\":\"ann\""
#define SCOPE  "\"scope\":\"weh:edit\""
#define TIMES  "\"iat\":1799999999,\"exp\":1800000100"
#define CLAIMS "{" ISS "," AUD "," SUB "," SCOPE "," TIMES "}"
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"r\"}"

struct fixture {
    char folder[64];
    char file[96]; /* of keys: those of forge */
    struct weh_config config;
    struct weh_auth *auth;
    struct forge *forge;
};

/** Keys are made once for all tests: RSA takes its time. */
extern struct forge issuer_keys;
/** Keys that the server does not know. */
extern struct forge strangers;
/** Tokens that were refused as they should. */
extern unsigned n_refused;

/* For cmocka. */
int issuer_make_keys(void **state);
int issuer_drop_keys(void **state);
int issuer_setup(void **state);
int issuer_teardown(void **state);

void set_key(struct fixture *f, const char *key, const char *value);
void write_file(const char *path, const char *text);
/** Make the server anew, with the settings as they are. */
void open_auth(struct fixture *f);

/** @token is ann's, and valid. */
void expect_good(struct fixture *f, const char *what, struct weh_str token);
/** @token, which is forged as @what says, is refused. */
void expect_refused(struct fixture *f, const char *what, struct weh_str token);

/** A token of the issuer, signed with its RSA key. */
struct weh_str rs256(struct fixture *f, const char *header, const char *claims);

#endif
