/* tests/unit/rpc/rpc_fixture.h - a server without sockets: its folder, its clients, their requests. */
#ifndef RPC_FIXTURE_H
#define RPC_FIXTURE_H

#include "weh/admin.h"
#include "weh/arena.h"
#include "weh/auth.h"
#include "weh/config.h"
#include "weh/host.h"
#include "weh/rpc.h"
#include "weh/value.h"

#include "fake_channel.h"

/* One client. */
struct client {
    struct fake_channel *fake;
    struct weh_arena arena; /* of the last message */
    size_t n_read;          /* frames looked at */
    int n_requests;
};

struct fixture {
    struct weh_config config;
    struct weh_auth *auth;
    struct weh_rpc_app *app;
    struct weh_host *host;
    struct weh_control control; /* of the process that there is not */
    uint64_t drained_ms;        /* what it was asked for; UINT64_MAX: nothing yet */
    unsigned n_reloads;
    enum weh_log_level log_level;
    char dir[64];
    struct client a;
    struct client b;
};

/* For cmocka; the folder has a copy of empty.bim, and client a may edit. */
int rpc_setup_group(void **state);
int rpc_setup(void **state);
int rpc_teardown(void **state);

/** Copy @data of the test data as the iModel @name. */
void copy_imodel(const struct fixture *f, const char *data, const char *name);
void connect_client(struct fixture *f, struct client *client, enum weh_access access);
void connect_identity(struct fixture *f, struct client *client,
                      const struct weh_identity *identity);
void connect_user(struct fixture *f, struct client *client, const char *user,
                  enum weh_access access);
/** The user with one scope: "weh:edit:NAME". */
void connect_scoped(struct fixture *f, struct client *client, const char *user, const char *scope);
void disconnect_client(struct client *client);

void send_request(struct client *client, const char *method, const char *params);
/** The next frame, decoded; valid until the next call. */
const struct weh_value *next_message(struct client *client);
/** Send and wait for the reply; notifications before it are skipped. */
const struct weh_value *reply_of(struct client *client, const char *method, const char *params);
/** The result, which there must be. */
const struct weh_value *call(struct client *client, const char *method, const char *params);
/** There must be an error of that name (and where, when it is not NULL). */
void call_fails(struct client *client, const char *method, const char *params, const char *name,
                const char *where);

void assert_text(const struct weh_value *map, const char *key, const char *wanted);
void assert_bool(const struct weh_value *map, const char *key, bool wanted);

#endif
