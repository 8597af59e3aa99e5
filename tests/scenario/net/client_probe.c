/* tests/scenario/net/client_probe.c - weh/client.h against the echo server.
 *
 * client_probe URL TOKEN CA|- : tries everything the header promises, says what failed, and prints
 * the round trip of a small message. Exit 0 when all held.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/client.h"
#include "weh/clock.h"

#define BIG_BYTES     ((size_t)5 << 20)
#define N_PIPELINED   500
#define N_ROUND_TRIPS 2000
#define WAIT_MS       20000

static int n_failed;

static void check(bool is_true, const char *what, const struct weh_diag *diag)
{
    (void)printf("%s %s%s%s\n", is_true ? "ok" : "FAILED", what,
                 is_true || diag == NULL ? "" : ": ", is_true || diag == NULL ? "" : diag->text);
    n_failed += is_true ? 0 : 1;
}

static struct weh_client *open_or_die(const struct weh_client_options *options)
{
    struct weh_client *client = NULL;
    struct weh_diag diag = { .text = "" };

    if (weh_client_open(options, &client, &diag) != WEH_OK) {
        (void)printf("FAILED to open: %s\n", diag.text);
        exit(1); /* NOLINT(concurrency-mt-unsafe) */
    }
    return client;
}

static bool echoes(struct weh_client *client, const void *bytes, size_t len, struct weh_diag *diag)
{
    struct weh_client_message message;

    return weh_client_send(client, bytes, len, true, diag) == WEH_OK &&
           weh_client_receive(client, WAIT_MS, &message, diag) == WEH_OK && message.is_text &&
           message.bytes != NULL && message.len == len && memcmp(message.bytes, bytes, len) == 0;
}

static void try_messages(const struct weh_client_options *options)
{
    struct weh_client *client = open_or_die(options);
    struct weh_diag diag = { .text = "" };
    struct weh_client_message message;
    char *big = weh_malloc(BIG_BYTES);
    bool is_in_order = true;
    char text[32];

    if (big == NULL) {
        abort();
    }
    memset(big, 'b', BIG_BYTES);
    check(echoes(client, "hello", 5, &diag), "small message", &diag);
    check(echoes(client, "", 0, &diag), "empty message", &diag);
    check(echoes(client, big, BIG_BYTES, &diag), "big message", &diag);
    weh_free(big);

    for (int i = 0; i < N_PIPELINED; i++) {
        int n = snprintf(text, sizeof(text), "message %d", i);

        is_in_order =
            weh_client_send(client, text, (size_t)n, true, &diag) == WEH_OK && is_in_order;
    }
    for (int i = 0; i < N_PIPELINED; i++) {
        int n = snprintf(text, sizeof(text), "message %d", i);

        is_in_order = weh_client_receive(client, WAIT_MS, &message, &diag) == WEH_OK &&
                      message.len == (size_t)n && memcmp(message.bytes, text, message.len) == 0 &&
                      is_in_order;
    }
    check(is_in_order, "pipelined messages in order", &diag);
    check(weh_client_receive(client, 20, &message, &diag) == WEH_OK && message.bytes == NULL,
          "no message within the time", &diag);
    check(weh_client_fd(client) >= 0, "a descriptor", NULL);
    weh_client_close(client);
}

static void try_close(const struct weh_client_options *options)
{
    struct weh_client *client = open_or_die(options);
    struct weh_diag diag = { .text = "" };
    struct weh_client_message message;

    check(weh_client_send(client, "close", 5, true, &diag) == WEH_OK, "send before close", &diag);
    check(weh_client_receive(client, WAIT_MS, &message, &diag) == WEH_E_IO &&
              strstr(diag.text, "1000 session.close") != NULL,
          "close is reported with code and reason", &diag);
    check(weh_client_close_code(client) == 1000, "close code", NULL);
    check(weh_client_send(client, "x", 1, true, &diag) == WEH_E_IO, "send after close fails", NULL);
    check(weh_client_fd(client) == -1, "no descriptor after close", NULL);
    weh_client_close(client);
}

static weh_err open_err(const struct weh_client_options *options, struct weh_diag *diag)
{
    struct weh_client *client = NULL;
    weh_err err = weh_client_open(options, &client, diag);

    weh_client_close(client);
    return err;
}

static void try_refusals(const struct weh_client_options *options)
{
    static const char *const bad_urls[] = { "",          "http://localhost/", "ws://",
                                            "ws://:80/", "ws://host:0/",      "ws://host:70000/",
                                            "ws://[::1", "ws://host:1x/" };
    struct weh_client_options changed = *options;
    struct weh_diag diag = { .text = "" };

    changed.token = "wrong";
    check(open_err(&changed, &diag) == WEH_E_UNAUTHENTICATED, "wrong token", &diag);
    changed.token = NULL;
    check(open_err(&changed, &diag) == WEH_E_UNAUTHENTICATED, "no token", &diag);
    changed.token = options->token;
    changed.subprotocol = "unknown.v9";
    check(open_err(&changed, &diag) == WEH_E_IO && strstr(diag.text, "400") != NULL,
          "unknown subprotocol", &diag);
    changed = *options;
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad_urls); i++) {
        changed.url = bad_urls[i];
        check(open_err(&changed, &diag) == WEH_E_BAD_ARGS, "bad URL", &diag);
    }
    if (strncmp(options->url, "wss", 3) == 0) {
        changed = *options;
        changed.ca_file = NULL;
        check(open_err(&changed, &diag) == WEH_E_IO, "unknown certificate", &diag);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void measure(const struct weh_client_options *options)
{
    static uint64_t us[N_ROUND_TRIPS];
    struct weh_client *client = open_or_die(options);
    bool is_ok = true;

    for (size_t i = 0; i < N_ROUND_TRIPS; i++) {
        uint64_t start = weh_clock_mono_us();

        is_ok = echoes(client, "ping", 4, NULL) && is_ok;
        us[i] = weh_clock_mono_us() - start;
    }
    qsort(us, N_ROUND_TRIPS, sizeof(us[0]), compare);
    check(is_ok, "round trips", NULL);
    (void)printf("round trip us p50 %llu p99 %llu\n", (unsigned long long)us[N_ROUND_TRIPS / 2],
                 (unsigned long long)us[N_ROUND_TRIPS * 99 / 100]);
    weh_client_close(client);
}

int main(int argc, char **argv)
{
    struct weh_client_options options = { .subprotocol = "weh.v1.json" };

    if (argc != 4) {
        return 2;
    }
    options.url = argv[1];
    options.token = argv[2];
    options.ca_file = strcmp(argv[3], "-") == 0 ? NULL : argv[3];
    try_messages(&options);
    try_close(&options);
    try_refusals(&options);
    measure(&options);
    return n_failed == 0 ? 0 : 1;
}
