/* tests/bench/lws_echo.c - the least that libwebsockets on libuv can do: what weh bench compares with.
 *
 * Echoes messages of at most 4096 bytes on a free loopback port, prints a ready line as webedithost
 * does and ends with SIGTERM. Not part of the server, and no example for one.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <libwebsockets.h>
#include <uv.h>

#define MESSAGE_MAX 4096

struct echo {
    size_t len;
    unsigned char bytes[LWS_PRE + MESSAGE_MAX];
};

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct echo *echo = user;

    if (reason == LWS_CALLBACK_RECEIVE) {
        if (len > MESSAGE_MAX || !lws_is_final_fragment(wsi)) {
            return -1;
        }
        memcpy(echo->bytes + LWS_PRE, in, len);
        echo->len = len;
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE) {
        if (lws_write(wsi, echo->bytes + LWS_PRE, echo->len, LWS_WRITE_BINARY) < 0) {
            return -1;
        }
    }
    return 0;
}

static void on_sigterm(uv_signal_t *signal, int number)
{
    (void)number;
    uv_stop(signal->loop);
}

int main(void)
{
    static const struct lws_protocols protocols[] = {
        { .name = "echo",
          .callback = on_event,
          .per_session_data_size = sizeof(struct echo),
          .rx_buffer_size = MESSAGE_MAX },
        { .name = NULL },
    };
    struct lws_context_creation_info info = { 0 };
    struct lws_context *context;
    uv_signal_t sigterm;
    uv_loop_t loop;
    void *loops[1] = { &loop };
    int port;

    lws_set_log_level(0, NULL);
    if (uv_loop_init(&loop) != 0) {
        return 1;
    }
    info.port = 0;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.options = LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = loops;
    context = lws_create_context(&info);
    if (context == NULL) {
        return 1;
    }
    port = lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default"));
    uv_signal_init(&loop, &sigterm);
    uv_signal_start(&sigterm, on_sigterm, SIGTERM);
    printf("{\"event\":\"ready\",\"port\":%d,\"sessionUrl\":\"ws://127.0.0.1:%d/\"}\n", port, port);
    fflush(stdout);
    uv_run(&loop, UV_RUN_DEFAULT);

    /* libwebsockets asks for this order with a foreign loop. */
    uv_close((uv_handle_t *)&sigterm, NULL);
    lws_context_destroy(context);
    uv_run(&loop, UV_RUN_DEFAULT);
    lws_context_destroy(context);
    return uv_loop_close(&loop) == 0 ? 0 : 1;
}
