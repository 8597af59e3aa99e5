/* src/net/client_lws.c - the client's side of libwebsockets: its context, its callbacks.
 *
 * The default poll loop: one connection is what it is good at.
 */
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "weh/alloc.h"

#include "client_priv.h"

#ifndef NDEBUG
    #error "libwebsockets' installed header turns its debug macros on without NDEBUG"
#endif

#define PROTOCOL_NAME "weh-client"
#define READ_BYTES    65536

static void note(struct weh_client *client, const char *text, size_t len)
{
    if (client->why[0] == '\0' && text != NULL) {
        len = len < sizeof(client->why) - 1 ? len : sizeof(client->why) - 1;
        memcpy(client->why, text, len);
        client->why[len] = '\0';
    }
}

static void closed(struct weh_client *client)
{
    client->state = WEH_CLIENT_CLOSED;
    client->wsi = NULL;
}

/* libwebsockets compares the certificate with a name; a number it would compare as a name too. */
static bool is_address_certified(const struct weh_client *client, struct lws *wsi)
{
    X509 *certificate = NULL;
    bool is_ok = false;

    if (!client->url.is_tls || !client->url.is_address) {
        return true;
    }
    certificate = SSL_get1_peer_certificate(lws_get_ssl(wsi));
    is_ok = certificate != NULL && X509_check_ip_asc(certificate, client->url.host, 0) == 1;
    X509_free(certificate);
    return is_ok;
}

/* The last moment before the request goes out, and with it the token. */
static int append_headers(struct weh_client *client, struct lws *wsi, void *in, size_t len)
{
    static const unsigned char name[] = "authorization:";
    unsigned char **at = in;
    unsigned char *end = *at + len;
    const char *value = client->authorization;

    if (!is_address_certified(client, wsi)) {
        note(client, "the certificate is not for this address", 39);
        return -1;
    }
    if (value == NULL) {
        return 0;
    }
    return lws_add_http_header_by_name(wsi, name, (const unsigned char *)value, (int)strlen(value),
                                       at, end);
}

static int take_fragment(struct weh_client *client, struct lws *wsi, const void *bytes, size_t len)
{
    struct weh_client_item *item = NULL;

    weh_buf_append(&client->partial, bytes, len);
    if (lws_is_final_fragment(wsi) == 0 && client->partial.err == WEH_OK) {
        return 0;
    }
    item = client->partial.err == WEH_OK ? weh_calloc(1, sizeof(*item)) : NULL;
    if (item == NULL) {
        note(client, "a message is too large for this client", 38);
        return -1;
    }
    item->is_text = lws_frame_is_binary(wsi) == 0;
    item->memory = weh_buf_take(&client->partial, &item->len);
    weh_client_queue_push(&client->in, item);
    return 0;
}

static void peer_closes(struct weh_client *client, const uint8_t *bytes, size_t len)
{
    if (len >= 2) {
        client->close_code = (uint16_t)(bytes[0] << 8 | bytes[1]);
        note(client, (const char *)bytes + 2, len - 2);
    }
}

static int on_event(struct weh_client *client, struct lws *wsi, enum lws_callback_reasons reason,
                    void *in, size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return append_headers(client, wsi, in, len);
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        client->state = WEH_CLIENT_OPEN;
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        client->http_status = lws_http_client_http_response(wsi);
        note(client, in, in == NULL ? 0 : len);
        closed(client);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return take_fragment(client, wsi, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (client->is_closing) {
            lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
            return -1;
        }
        return weh_client_lws_flush(client) ? 0 : -1;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        peer_closes(client, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        closed(client);
        return 0;
    default:
        return 0;
    }
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct weh_client *client = wsi == NULL ? NULL : lws_get_opaque_user_data(wsi);

    (void)user;
    if (client == NULL || client->state == WEH_CLIENT_CLOSED) {
        return 0;
    }
    return on_event(client, wsi, reason, in, len);
}

weh_err weh_client_lws_open(struct weh_client *client, const struct weh_client_options *options,
                            struct weh_diag *diag)
{
    struct lws_context_creation_info info;
    struct lws_client_connect_info connect;

    lws_set_log_level(0, NULL);
    client->protocols[0] = (struct lws_protocols){ .name = PROTOCOL_NAME,
                                                   .callback = callback,
                                                   .rx_buffer_size = READ_BYTES };
    memset(&info, 0, sizeof(info));
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = client->protocols;
    info.pt_serv_buf_size = READ_BYTES;
    info.max_http_header_data2 = 16384;
    if (client->url.is_tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.client_ssl_ca_filepath = options->ca_file;
    }
    client->context = lws_create_context(&info);
    if (client->context == NULL) {
        return weh_fail(diag, WEH_E_IO, "libwebsockets could not start%s",
                        options->ca_file == NULL ? "" : " (can the CA file be read?)");
    }

    memset(&connect, 0, sizeof(connect));
    connect.context = client->context;
    connect.address = client->url.host;
    connect.port = client->url.port;
    connect.path = client->url.path;
    connect.host = client->url.authority;
    connect.protocol = options->subprotocol;
    connect.local_protocol_name = PROTOCOL_NAME;
    connect.ietf_version_or_minus_one = -1;
    connect.opaque_user_data = client;
    connect.pwsi = &client->wsi;
    if (client->url.is_tls) {
        connect.ssl_connection = LCCSCF_USE_SSL;
        if (client->url.is_address) {
            connect.ssl_connection |= LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
        }
    }
    if (lws_client_connect_via_info(&connect) == NULL) {
        closed(client);
    }
    return WEH_OK;
}

static void on_time_up(lws_sorted_usec_list_t *timer)
{
    struct weh_client *client = WEH_CONTAINER_OF(timer, struct weh_client, timer);

    client->is_time_up = true;
    /* The turn of the loop that runs this would go on to wait for the next timer. */
    lws_cancel_service(client->context);
}

void weh_client_lws_wait(struct weh_client *client, weh_client_condition condition,
                         uint32_t timeout_ms)
{
    client->is_time_up = false;
    if (timeout_ms == 0) {
        (void)lws_service(client->context, -1); /* what is there, without waiting */
        return;
    }
    lws_sul_schedule(client->context, 0, &client->timer, on_time_up, (lws_usec_t)timeout_ms * 1000);
    while (!condition(client) && !client->is_time_up && client->state != WEH_CLIENT_CLOSED) {
        if (lws_service(client->context, 0) < 0) {
            note(client, "the event loop failed", 21);
            closed(client);
        }
    }
    lws_sul_cancel(&client->timer);
}

static bool write_fragment(struct weh_client *client, struct weh_client_item *item)
{
    size_t left = item->len - item->done;
    size_t n = left < WEH_CLIENT_FRAGMENT_BYTES ? left : WEH_CLIENT_FRAGMENT_BYTES;
    int type = item->is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
    int flags = lws_write_ws_flags(type, item->done == 0, n == left);

    if (lws_write(client->wsi, item->memory + LWS_PRE + item->done, n,
                  (enum lws_write_protocol)flags) < (int)n) {
        return false;
    }
    item->done += n;
    return true;
}

bool weh_client_lws_flush(struct weh_client *client)
{
    while (client->out.head != NULL) {
        struct weh_client_item *item = client->out.head;

        if (lws_partial_buffered(client->wsi) != 0) {
            (void)lws_callback_on_writable(client->wsi);
            return true;
        }
        if (!write_fragment(client, item)) {
            return false;
        }
        if (item->done == item->len) {
            weh_client_item_destroy(weh_client_queue_pop(&client->out));
        }
    }
    return true;
}
