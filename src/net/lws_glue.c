/* src/net/lws_glue.c - libwebsockets as a guest of our loop: its context, and its callbacks.
 *
 * The rules that keep libwebsockets 4.1.6 safe stand here as comments where they bind. Rule 9 is in
 * the build: its headers turn debug macros on unless NDEBUG is defined.
 */
#include <string.h>

#include <unistd.h>

#include "handshake.h"
#include "http.h"
#include "net_priv.h"
#include "tls.h"

#ifndef NDEBUG
    #error "libwebsockets' installed header turns its debug macros on without NDEBUG"
#endif

#define SECONDS_MAX 65535

static int on_event(struct weh_conn *conn, enum lws_callback_reasons reason, void *in, size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return conn->is_admin ? -1 : weh_handshake_confirm(conn);
    case LWS_CALLBACK_HTTP:
        return conn->is_admin ? weh_admin_request(conn) : weh_http_request(conn);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return weh_http_go_on(conn);
    case LWS_CALLBACK_HTTP_BODY:
        return conn->is_admin ? weh_admin_body(conn, in, len) : 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return conn->is_admin ? weh_admin_body_done(conn) : weh_http_body_done(conn);
    case LWS_CALLBACK_ESTABLISHED:
        return weh_conn_established(conn);
    case LWS_CALLBACK_RECEIVE:
        return weh_conn_receive(conn, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        conn->alive_ms = weh_net_now_ms(conn->net);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return weh_conn_writable(conn);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return weh_conn_peer_closes(conn, in, len);
    case LWS_CALLBACK_RAW_ADOPT:
    case LWS_CALLBACK_RAW_CONNECTED:
    case LWS_CALLBACK_RAW_RX:
        /* libwebsockets turns a CONNECT request into a raw connection. */
        return -1;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        weh_conn_gone(conn);
        return 0;
    default:
        return 0;
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct weh_conn *conn = NULL;
    int result = 0;

    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        return weh_tls_restrict(lws_context_user(lws_get_context(wsi)), user) ? 0 : 1;
    }
    conn = wsi == NULL ? NULL : lws_get_opaque_user_data(wsi);
    if (conn == NULL || conn->state == WEH_CONN_GONE) {
        return 0;
    }
    conn->wsi = wsi;
    conn->n_pins++;
    result = on_event(conn, reason, in, len);
    conn->n_pins--;
    weh_conn_settle(conn);
    return result;
}

/* Rule: no extensions member anywhere: permessage-deflate would abort the process on legal traffic.
 * The first protocol is what a client without a subprotocol gets, and serves the HTTP requests. */
#define PROTOCOLS(frame_bytes)                                                 \
    {                                                                          \
        { WEH_SUBPROTOCOL_JSON, callback, 0, frame_bytes, 0, NULL, 0 },        \
            { WEH_SUBPROTOCOL_MSGPACK, callback, 0, frame_bytes, 0, NULL, 0 }, \
            { WEH_SUBPROTOCOL_IPC, callback, 0, frame_bytes, 0, NULL, 0 },     \
            { NULL, NULL, 0, 0, 0, NULL, 0 },                                  \
    }

static const struct lws_protocols protocols[] = PROTOCOLS(WEH_NET_FRAME_BYTES);
static const struct lws_protocols tls_protocols[] = PROTOCOLS(WEH_NET_TLS_FRAME_BYTES);

static uint16_t seconds(int64_t value)
{
    return (uint16_t)(value < 1 ? 1 : value > SECONDS_MAX ? SECONDS_MAX : value);
}

static void fill_info(struct weh_net *net, struct lws_context_creation_info *info,
                      void *foreign_loops[1])
{
    const struct weh_config *config = net->config;

    net->keepalive.secs_since_valid_ping = seconds(config->limits_ping_s);
    net->keepalive.secs_since_valid_hangup = seconds(
        config->limits_ping_timeout_s > config->limits_ping_s ? config->limits_ping_timeout_s
                                                              : config->limits_ping_s + 1);

    /* Rule: our own accept; libwebsockets spins when descriptors run out. */
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->protocols = net->is_tls ? tls_protocols : protocols;
    info->user = net;
    /* Rule: our own libuv loop. Its poll loop collapses with idle connections, and without a
     * foreign loop the plugin installs signal handlers of its own.
     * Rule: text is checked only when asked to. */
    foreign_loops[0] = &net->loop;
    info->foreign_loops = foreign_loops;
    info->options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_VALIDATE_UTF8;
    /* Rule: fd_limit_per_thread stays 0; a value makes looking up a descriptor a linear search. */
    /* Rule: with the default of 4096 an Authorization of 8 kB is dropped without an answer. The
     * memory is given back after the upgrade. */
    info->max_http_header_data2 = 16384;
    info->pt_serv_buf_size = WEH_NET_READ_BYTES;
    info->timeout_secs = seconds(config->limits_handshake_s);
    info->keepalive_timeout = (int)seconds(config->limits_handshake_s);
    info->timeout_secs_ah_idle = seconds(config->limits_handshake_s);
    info->retry_and_idle_policy = &net->keepalive;
    if (net->is_tls) {
        info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info->ssl_cert_filepath = config->tls_certificate;
        info->ssl_private_key_filepath = config->tls_key;
        info->alpn = "http/1.1"; /* WebSocket over HTTP/2 is another protocol */
    }
}

weh_err weh_lws_open(struct weh_net *net, struct weh_diag *diag)
{
    struct lws_context_creation_info info;
    void *foreign_loops[1];

    /* What it would log is said by peers; our own lines say what matters. */
    lws_set_log_level(0, NULL);
    memset(&info, 0, sizeof(info));
    fill_info(net, &info, foreign_loops);
    net->context = lws_create_context(&info);
    if (net->context == NULL) {
        return weh_fail(diag, WEH_E_IO,
                        "libwebsockets %s could not start (is its libuv plugin "
                        "installed?)",
                        lws_get_library_version());
    }
    net->vhost = lws_get_vhost_by_name(net->context, "default");
    if (net->vhost == NULL) {
        return weh_fail(diag, WEH_E_IO, "libwebsockets made no vhost");
    }
    return WEH_OK;
}

/* Hand @conn's socket to libwebsockets. */
static void adopt(struct weh_net *net, struct weh_conn *conn)
{
    struct lws *wsi = NULL;
    lws_adopt_desc_t desc;

    memset(&desc, 0, sizeof(desc));
    desc.vh = net->vhost;
    desc.type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET;
    if (net->is_tls && !conn->is_admin) {
        desc.type |= LWS_ADOPT_ALLOW_SSL;
    }
    desc.fd.sockfd = conn->fd;
    desc.opaque = conn;
    conn->n_pins++;
    wsi = lws_adopt_descriptor_vhost_via_info(&desc);
    conn->n_pins--;
    if (wsi == NULL) {
        weh_conn_gone(conn);
    } else if (conn->state != WEH_CONN_GONE) {
        conn->wsi = wsi;
    }
    weh_conn_settle(conn);
}

void weh_lws_adopt(struct weh_net *net, int fd, const struct weh_address *address)
{
    struct weh_conn *conn = NULL;

    if (weh_conn_create(net, fd, address, &conn) == WEH_OK) {
        adopt(net, conn);
    } else {
        (void)close(fd);
    }
}

void weh_lws_adopt_admin(struct weh_net *net, int fd, const struct ucred *peer)
{
    struct weh_conn *conn = NULL;

    if (weh_conn_create(net, fd, NULL, &conn) == WEH_OK) {
        conn->peer_uid = peer->uid;
        conn->peer_pid = peer->pid;
        adopt(net, conn);
    } else {
        (void)close(fd);
    }
}
