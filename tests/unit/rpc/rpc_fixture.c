/* tests/unit/rpc/rpc_fixture.c - a server without sockets: its folder, its clients, their requests. */
#include "rpc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weh/alloc.h"
#include "weh/briefcase.h"
#include "weh/id.h"
#include "weh/json.h"
#include "weh/rpc.h"

static void copy_file(const char *from, const char *to)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    size_t n;

    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, n, out), n);
    }
    (void)fclose(in);
    assert_int_equal(fclose(out), 0);
}

void copy_imodel(const struct fixture *f, const char *data, const char *name)
{
    char from[512];
    char to[512];

    (void)snprintf(from, sizeof(from), "%s/%s", getenv("WEH_TEST_DATA"), data);
    (void)snprintf(to, sizeof(to), "%s/imodels/%s.bim", f->dir, name);
    copy_file(from, to);
}

void connect_user(struct fixture *f, struct client *client, const char *user,
                  enum weh_access access)
{
    struct weh_identity identity = { .access = access };

    (void)snprintf(identity.user, sizeof(identity.user), "%s", user);
    connect_identity(f, client, &identity);
}

void connect_client(struct fixture *f, struct client *client, enum weh_access access)
{
    connect_user(f, client, access == WEH_ACCESS_VIEW ? "vera" : "ada", access);
}

void connect_scoped(struct fixture *f, struct client *client, const char *user, const char *scope)
{
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    bool found = false;

    (void)snprintf(identity.user, sizeof(identity.user), "%s", user);
    assert_int_equal(weh_identity_add_scope(&identity, weh_str_from(scope), &found, NULL), WEH_OK);
    assert_true(found);
    connect_identity(f, client, &identity);
    weh_identity_fini(&identity);
}

void connect_identity(struct fixture *f, struct client *client, const struct weh_identity *identity)
{
    struct weh_session_options options = { .host = f->host,
                                           .codec = WEH_CODEC_JSON,
                                           .access = identity->access,
                                           .grants = identity->grants,
                                           .expires_ms = identity->expires_ms,
                                           .user = identity->user,
                                           .peer = "127.0.0.1:1" };

    client->fake = weh_calloc(1, sizeof(*client->fake));
    assert_non_null(client->fake);
    fake_channel_init(client->fake);
    weh_arena_init(&client->arena, 0);
    options.channel = &client->fake->channel;
    assert_int_equal(weh_session_create(&options, &client->fake->session, NULL), WEH_OK);
}

void disconnect_client(struct client *client)
{
    if (client->fake == NULL) {
        return;
    }
    if (client->fake->session != NULL) {
        fake_channel_lose(client->fake, WEH_CLOSE_SOCKET_LOST);
    }
    fake_channel_fini(client->fake);
    weh_arena_fini(&client->arena);
    weh_free(client->fake);
    *client = (struct client){ 0 };
}

int rpc_setup_group(void **state)
{
    (void)state;
    return (int)weh_briefcase_global_init(NULL);
}

static int64_t drain(void *ctx, uint64_t within_ms)
{
    struct fixture *f = ctx;

    f->drained_ms = within_ms;
    return 0;
}

static void reload(void *ctx, struct weh_reload *out)
{
    struct fixture *f = ctx;

    f->n_reloads++;
    weh_buf_printf(&out->needs_restart, "listen.port, data.dir");
    out->failed[0].what = "certificates";
    (void)snprintf(out->failed[0].where, sizeof(out->failed[0].where), "tls.key");
    out->n_failed = 1;
}

static enum weh_log_level set_log_level(void *ctx, enum weh_log_level level)
{
    struct fixture *f = ctx;
    const enum weh_log_level before = f->log_level;

    f->log_level = level;
    return before;
}

int rpc_setup(void **state)
{
    struct fixture *f = weh_calloc(1, sizeof(*f));
    struct weh_host_options options = { .ops = weh_rpc_app_ops() };

    assert_non_null(f);
    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/weh-rpc-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_int_equal(weh_config_init(&f->config, NULL), WEH_OK);
    f->config.session_linger_s = 0; /* a client that is lost has gone */
    assert_int_equal(weh_config_set(&f->config, "data.dir", f->dir, "test", NULL), WEH_OK);
    assert_int_equal(weh_auth_create(&f->config, NULL, &f->auth, NULL), WEH_OK);
    assert_int_equal(weh_rpc_app_create(&f->config, NULL, f->auth, &f->app, NULL), WEH_OK);
    options.config = &f->config;
    options.methods = weh_rpc_methods(&options.n_methods);
    options.app = f->app;
    f->drained_ms = UINT64_MAX;
    f->log_level = WEH_LOG_INFO;
    f->control = (struct weh_control){ drain, reload, set_log_level, f };
    options.control = &f->control;
    assert_int_equal(weh_host_create(&options, &f->host, NULL), WEH_OK);
    copy_imodel(f, "empty.bim", "empty");
    connect_client(f, &f->a, WEH_ACCESS_EDIT);
    *state = f;
    return 0;
}

int rpc_teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];

    disconnect_client(&f->a);
    disconnect_client(&f->b);
    weh_host_destroy(f->host);
    weh_rpc_app_destroy(f->app);
    weh_auth_destroy(f->auth);
    weh_config_fini(&f->config);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
    weh_free(f);
    return 0;
}

/* The next frame, decoded; valid until the next call. */
const struct weh_value *next_message(struct client *client)
{
    static struct weh_value value;
    struct weh_json_limits limits = { 32, 1000000 };
    const char *text = fake_channel_wait(client->fake, client->n_read + 1);

    assert_non_null(text);
    client->n_read++;
    weh_arena_fini(&client->arena);
    assert_int_equal(weh_json_parse(weh_str_from(client->fake->frames[client->n_read - 1]), &limits,
                                    &client->arena, &value, NULL),
                     WEH_OK);
    return &value;
}

void send_request(struct client *client, const char *method, const char *params)
{
    char *text = NULL;

    client->n_requests++;
    assert_true(asprintf(&text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}",
                         client->n_requests, method, params) > 0);
    fake_channel_deliver(client->fake, text);
    free(text);
}

/* Send and wait for the reply; notifications before it are skipped. */
const struct weh_value *reply_of(struct client *client, const char *method, const char *params)
{
    const struct weh_value *message;

    send_request(client, method, params);
    do {
        message = next_message(client);
    } while (weh_value_get(message, "id") == NULL);
    return message;
}

const struct weh_value *call(struct client *client, const char *method, const char *params)
{
    const struct weh_value *message = reply_of(client, method, params);

    if (weh_value_get(message, "error") != NULL) {
        print_error("%s %s: %s\n", method, params, client->fake->frames[client->n_read - 1]);
    }
    assert_null(weh_value_get(message, "error"));
    return weh_value_get(message, "result");
}

void call_fails(struct client *client, const char *method, const char *params, const char *name,
                const char *where)
{
    const struct weh_value *error = weh_value_get(reply_of(client, method, params), "error");
    const struct weh_value *data = weh_value_get(error, "data");
    const struct weh_value *at = weh_value_get(data, "where");

    assert_non_null(error);
    if (!weh_str_eq_text(weh_value_str(weh_value_get(data, "name")), name)) {
        print_error("%s %s: %s\n", method, params, client->fake->frames[client->n_read - 1]);
    }
    assert_true(weh_str_eq_text(weh_value_str(weh_value_get(data, "name")), name));
    if (where != NULL) {
        assert_non_null(at);
        assert_true(weh_str_eq_text(weh_value_str(at), where));
    }
}

void assert_text(const struct weh_value *map, const char *key, const char *wanted)
{
    const struct weh_value *value = weh_value_get(map, key);

    assert_non_null(value);
    assert_int_equal(value->type, WEH_VALUE_STRING);
    if (!weh_str_eq_text(weh_value_str(value), wanted)) {
        print_error("%s is %.*s, not %s\n", key, WEH_STR_ARGS(weh_value_str(value)), wanted);
    }
    assert_true(weh_str_eq_text(weh_value_str(value), wanted));
}

void assert_bool(const struct weh_value *map, const char *key, bool wanted)
{
    bool value = !wanted;

    assert_true(weh_value_to_bool(weh_value_get(map, key), &value));
    assert_int_equal(value, wanted);
}
