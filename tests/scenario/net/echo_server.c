/* tests/scenario/net/echo_server.c - src/net with echoing sessions, as a process to be attacked.
 *
 * echo_server [KEY=VALUE]... (and token_ttl_s, which may be shorter than the daemon's): prints a ready line as the daemon does, and a line on standard error
 * for each session that went and for what is left at the end. Exit 0 when nothing is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "weh/alloc.h"
#include "weh/net.h"

#include "echo_session.h"

static void die(const struct weh_diag *diag)
{
    (void)fprintf(stderr, "%s: %s\n", diag->where, diag->text);
    exit(2); /* NOLINT(concurrency-mt-unsafe): nothing else runs yet */
}

static void configure(struct weh_config *config, int argc, char **argv, uint32_t *token_ttl_s)
{
    struct weh_diag diag;

    if (weh_config_init(config, &diag) != WEH_OK ||
        weh_config_set(config, "admin.socket", "", "default", &diag) != WEH_OK) {
        die(&diag);
    }
    for (int i = 1; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (equals == NULL) {
            exit(2); /* NOLINT(concurrency-mt-unsafe) */
        }
        *equals = '\0';
        if (strcmp(argv[i], "token_ttl_s") == 0) {
            *token_ttl_s = (uint32_t)strtoul(equals + 1, NULL, 10);
        } else if (weh_config_set(config, argv[i], equals + 1, "argument", &diag) != WEH_OK) {
            die(&diag);
        }
    }
}

static void on_reload(void *ctx)
{
    (void)ctx;
    (void)fprintf(stderr, "reload\n");
}

static void print_ready(struct weh_net *net, struct weh_auth *auth, uint32_t token_ttl_s)
{
    char session_url[128];
    char http_url[128];
    char *token = NULL;
    struct weh_diag diag;

    if (weh_auth_issue_token(auth, "echo", "weh:edit", token_ttl_s, &token, &diag) != WEH_OK) {
        die(&diag);
    }
    (void)weh_net_session_url(net, session_url, sizeof(session_url));
    (void)weh_net_http_url(net, http_url, sizeof(http_url));
    (void)printf("{\"event\":\"ready\",\"port\":%u,\"sessionUrl\":\"%s\",\"httpUrl\":\"%s\","
                 "\"pid\":%ld,\"token\":\"%s\"}\n",
                 (unsigned)weh_net_port(net), session_url, http_url, (long)getpid(), token);
    (void)fflush(stdout);
    weh_free(token);
}

int main(int argc, char **argv)
{
    struct weh_log log = { WEH_LOG_INFO, WEH_LOG_TEXT, STDERR_FILENO };
    struct weh_config config;
    struct weh_auth *auth = NULL;
    struct weh_net *net = NULL;
    struct weh_net_options options;
    uint32_t token_ttl_s = 3600;
    struct weh_diag diag;

    configure(&config, argc, argv, &token_ttl_s);
    if (weh_auth_create(&config, NULL, &auth, &diag) != WEH_OK) {
        die(&diag);
    }
    options = (struct weh_net_options){
        .config = &config,
        .host = echo_host_create(&config),
        .auth = auth,
        .log = &log,
        .reload = on_reload,
    };
    if (weh_net_create(&options, &net, &diag) != WEH_OK) {
        die(&diag);
    }
    print_ready(net, auth, token_ttl_s);
    if (weh_net_run(net, &diag) != WEH_OK) {
        die(&diag);
    }
    echo_host_destroy(options.host);
    weh_net_destroy(net);
    weh_auth_destroy(auth);
    weh_config_fini(&config);
    return 0;
}
