/* src/net/http.c - the few things that are no session: tickets and a greeting here; health and metrics in
 * http_ops.c, the editor page in http_site.c.
 *
 * No request opens a file.
 */
#include "http.h"

#include <stdio.h>
#include <string.h>

#include "weh/buf.h"

#include "handshake.h"
#include "net_priv.h"
#include "origin.h"

int weh_http_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
    int length = lws_hdr_total_length(wsi, token);

    out[0] = '\0';
    if (length <= 0) {
        return -1;
    }
    if ((size_t)length >= size || lws_hdr_copy(wsi, out, (int)size, token) < 0) {
        return -2;
    }
    return length;
}

int weh_http_path(struct lws *wsi, struct weh_str *path)
{
    char *uri = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &uri, &len);

    *path = (struct weh_str){ uri, uri == NULL || len < 0 ? 0 : (size_t)len };
    return method;
}

int weh_http_write(struct lws *wsi, const struct weh_http_reply *reply)
{
    static const uint8_t headroom[LWS_PRE];
    size_t body_len = reply->body == NULL ? 0 : strlen(reply->body);
    struct weh_buf text;
    bool is_written = false;

    weh_buf_init(&text, 0);
    weh_buf_append(&text, headroom, sizeof(headroom));
    weh_buf_printf(&text,
                   "HTTP/1.1 %s\r\n"
                   "Content-Length: %zu\r\n"
                   "%s%s%s%s"
                   "Cache-Control: no-store\r\n"
                   "X-Content-Type-Options: nosniff\r\n"
                   "\r\n",
                   reply->status, body_len, reply->type == NULL ? "" : "Content-Type: ",
                   reply->type == NULL ? "" : reply->type, reply->type == NULL ? "" : "\r\n",
                   reply->headers == NULL ? "" : reply->headers);
    weh_buf_append(&text, reply->body, body_len);
    if (text.err == WEH_OK) {
        size_t n = text.len - LWS_PRE;

        /* One write for all: LWS_WRITE_HTTP leaves the bytes as they are. What the kernel does not
         * take at once libwebsockets keeps and sends later. */
        is_written = lws_write(wsi, text.data + LWS_PRE, n, LWS_WRITE_HTTP_HEADERS) >= (int)n;
    }
    weh_buf_fini(&text);
    return is_written ? 0 : -1;
}

/* ---- requests ---- */

int weh_http_finish(struct weh_conn *conn, const struct weh_http_reply *reply)
{
    conn->is_authentic = false;
    conn->deadline_ms =
        weh_net_now_ms(conn->net) + (uint64_t)conn->net->config->limits_handshake_s * 1000;
    if (weh_http_write(conn->wsi, reply) != 0) {
        return -1;
    }
    return lws_http_transaction_completed(conn->wsi) != 0 ? -1 : 0;
}

int weh_http_plain(struct weh_conn *conn, const char *status, const char *headers, const char *body)
{
    struct weh_http_reply reply = { status, "text/plain; charset=utf-8", body, headers };

    return weh_http_finish(conn, &reply);
}

/* The CORS header for the request's Origin in @out ("" without one); false when the origin is not
 * allowed. What is echoed has matched the list byte by byte. */
static bool cors(struct weh_conn *conn, char *out, size_t size)
{
    char origin[256];
    int len = weh_http_header(conn->wsi, WSI_TOKEN_ORIGIN, origin, sizeof(origin));

    out[0] = '\0';
    if (len == -1) {
        return true;
    }
    if (len < 0 || !weh_origin_is_allowed((struct weh_str){ origin, (size_t)len },
                                          conn->net->config->auth_origins)) {
        return false;
    }
    (void)snprintf(out, size, "Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n", origin);
    return true;
}

static int tickets_reply(struct weh_conn *conn, const char *cors_headers)
{
    char ticket[WEH_TICKET_SIZE];
    char headers[512];
    char body[128];
    struct weh_http_reply reply = { "200 OK", "application/json", body, cors_headers };

    if (!conn->is_authentic) {
        (void)snprintf(headers, sizeof(headers), "%sWWW-Authenticate: Bearer\r\n", cors_headers);
        return weh_http_plain(conn, "401 Unauthorized", headers, "a bearer token is needed\n");
    }
    if (weh_auth_issue_ticket(conn->net->options.auth, &conn->identity, ticket, NULL) != WEH_OK) {
        (void)snprintf(headers, sizeof(headers), "%sRetry-After: %lld\r\n", cors_headers,
                       (long long)conn->net->config->auth_ticket_ttl_s);
        weh_metrics_add(conn->net->metrics, WEH_METRIC_LIMIT_TICKETS, 1);
        return weh_http_plain(conn, "503 Service Unavailable", headers,
                              "too many tickets are out\n");
    }
    weh_metrics_add(conn->net->metrics, WEH_METRIC_TICKETS, 1);
    (void)snprintf(body, sizeof(body), "{\"ticket\":\"%s\",\"expiresIn\":%lld}", ticket,
                   (long long)conn->net->config->auth_ticket_ttl_s);
    return weh_http_finish(conn, &reply);
}

static int tickets_post(struct weh_conn *conn)
{
    char length[24];
    char cors_headers[384];
    char headers[416];
    int n = weh_http_header(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof(length));

    if (!cors(conn, cors_headers, sizeof(cors_headers))) {
        return weh_http_plain(conn, "403 Forbidden", NULL, "this origin is not allowed\n");
    }
    /* libwebsockets 4.1.6 gives no body that is sent in chunks. */
    if (lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        (void)weh_http_plain(conn, "411 Length Required", cors_headers, "send a Content-Length\n");
        return -1;
    }
    if (weh_handshake_has_token_in_url(conn->wsi)) {
        (void)weh_http_plain(conn, "400 Bad Request", cors_headers, WEH_TOKEN_IN_URL);
        return -1;
    }
    conn->is_authentic = weh_handshake_bearer(conn);
    if (n == -1) {
        /* libwebsockets takes what follows for a body without end: let nothing follow. */
        (void)snprintf(headers, sizeof(headers), "%sConnection: close\r\n", cors_headers);
        (void)tickets_reply(conn, headers);
        return -1;
    }
    if (n == 1 && length[0] == '0') {
        return tickets_reply(conn, cors_headers);
    }
    if (n < 0 || n > 4 || strspn(length, "0123456789") != (size_t)n) {
        (void)weh_http_plain(conn, "413 Payload Too Large", cors_headers, "no body is needed\n");
        return -1;
    }
    /* The body says nothing, but it has to be read before the answer. */
    conn->is_reply_due = true;
    return 0;
}

static int tickets_preflight(struct weh_conn *conn)
{
    char headers[640];
    char cors_headers[384];
    struct weh_http_reply reply = { "204 No Content", NULL, NULL, headers };

    if (!cors(conn, cors_headers, sizeof(cors_headers))) {
        return weh_http_plain(conn, "403 Forbidden", NULL, "this origin is not allowed\n");
    }
    (void)snprintf(headers, sizeof(headers),
                   "%sAccess-Control-Allow-Methods: POST\r\n"
                   "Access-Control-Allow-Headers: authorization, content-type\r\n"
                   "Access-Control-Max-Age: 600\r\n",
                   cors_headers);
    return weh_http_finish(conn, &reply);
}

int weh_http_request(struct weh_conn *conn)
{
    struct weh_str path;
    int method = weh_http_path(conn->wsi, &path);

    conn->is_reply_due = false;
    if (method == LWSHUMETH_GET && weh_http_is_ops(path)) {
        return weh_http_ops(conn, path);
    }
    if (conn->net->is_draining) {
        (void)weh_http_plain(conn, "503 Service Unavailable",
                             "Connection: close\r\nRetry-After: 10\r\n", "stopping\n");
        return -1;
    }
    if (!weh_handshake_is_address_fine(conn)) {
        (void)weh_http_plain(conn, "429 Too Many Requests",
                             "Connection: close\r\nRetry-After: 10\r\n", WEH_TOO_MANY_CONNECTIONS);
        return -1;
    }
    if (method == LWSHUMETH_POST && weh_str_eq_text(path, "/v1/tickets")) {
        return tickets_post(conn);
    }
    if (method == LWSHUMETH_OPTIONS && weh_str_eq_text(path, "/v1/tickets")) {
        return tickets_preflight(conn);
    }
    if (conn->net->options.site != NULL && (method == LWSHUMETH_GET || method == LWSHUMETH_HEAD) &&
        weh_site_find(conn->net->options.site, path) != NULL) {
        return weh_http_site(conn, method, path);
    }
    if (method == LWSHUMETH_GET && weh_str_eq_text(path, "/")) {
        return weh_http_plain(conn, "200 OK", NULL, "webedithost " WEH_VERSION "\n");
    }
    if (method == LWSHUMETH_GET &&
        (weh_str_eq_text(path, WEH_SESSION_PATH) || weh_str_eq_text(path, WEH_IPC_PATH))) {
        return weh_http_plain(conn, "426 Upgrade Required",
                              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                              "this is a WebSocket endpoint\n");
    }
    return weh_http_plain(conn, "404 Not Found", NULL, "not found\n");
}

int weh_http_body_done(struct weh_conn *conn)
{
    char cors_headers[384];

    if (!conn->is_reply_due) {
        return 0;
    }
    conn->is_reply_due = false;
    if (!cors(conn, cors_headers, sizeof(cors_headers))) {
        return -1;
    }
    return tickets_reply(conn, cors_headers);
}
