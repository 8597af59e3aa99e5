/* src/net/admin_http.c - what is asked on the admin socket.
 *
 * One request, one answer: no session is made, so operators get in while the server is full or stops.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weh/admin.h"
#include "weh/alloc.h"

#include "http.h"
#include "net_priv.h"

#define ADMIN_PATH "/v1/admin"
#define BODY_LIMIT 65536

static int call_host(struct weh_conn *conn)
{
    struct weh_http_reply reply = { "200 OK", "application/json", NULL, NULL };
    const struct weh_str body = { (const char *)conn->rx, conn->rx_len };
    char user[32];
    char peer[32];
    const struct weh_caller caller = { user, peer };
    struct weh_buf text;
    int result = 0;

    (void)snprintf(user, sizeof(user), "uid:%u", (unsigned)conn->peer_uid);
    (void)snprintf(peer, sizeof(peer), "pid:%d", (int)conn->peer_pid);
    weh_buf_init(&text, 0);
    weh_host_call(conn->net->options.host, &caller, body, &text);
    if (text.err == WEH_OK && text.len == 0) {
        reply = (struct weh_http_reply){ "204 No Content", NULL, NULL, NULL };
    }
    weh_buf_byte(&text, '\0');
    if (text.err == WEH_OK) {
        reply.body = reply.type == NULL ? NULL : (const char *)text.data;
        result = weh_http_finish(conn, &reply);
    } else {
        result = weh_http_plain(conn, "500 Internal Server Error", NULL, "no memory\n");
    }
    weh_buf_fini(&text);
    return result;
}

static void drop_body(struct weh_conn *conn)
{
    weh_free(conn->rx);
    conn->rx = NULL;
    conn->rx_len = 0;
    conn->rx_capacity = 0;
}

/* Refuse a request whose body may follow: nothing more is read. */
static int refuse(struct weh_conn *conn, const char *status, const char *text)
{
    (void)weh_http_plain(conn, status, "Connection: close\r\n", text);
    return -1;
}

static int post(struct weh_conn *conn)
{
    char length[24];
    const int n = weh_http_header(conn->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length, sizeof(length));
    size_t expected = 0;

    if (n == -1 || lws_hdr_total_length(conn->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        return refuse(conn, "411 Length Required", "send a Content-Length\n");
    }
    if (n < 0 || n > 8 || strspn(length, "0123456789") != (size_t)n) {
        return refuse(conn, "413 Payload Too Large", "a request is not that long\n");
    }
    expected = strtoul(length, NULL, 10);
    if (expected == 0 || expected > BODY_LIMIT) {
        return expected == 0
                   ? refuse(conn, "400 Bad Request", "a request in JSON-RPC is needed\n")
                   : refuse(conn, "413 Payload Too Large", "a request is not that long\n");
    }
    drop_body(conn);
    conn->rx = weh_malloc(expected);
    if (conn->rx == NULL) {
        return refuse(conn, "503 Service Unavailable", "no memory\n");
    }
    conn->rx_capacity = expected;
    conn->is_reply_due = true;
    return 0;
}

int weh_admin_body(struct weh_conn *conn, const void *bytes, size_t len)
{
    if (!conn->is_reply_due) {
        return 0;
    }
    if (len > conn->rx_capacity - conn->rx_len) {
        return -1;
    }
    if (len != 0) {
        memcpy(conn->rx + conn->rx_len, bytes, len);
        conn->rx_len += len;
    }
    return 0;
}

int weh_admin_body_done(struct weh_conn *conn)
{
    int result = 0;

    if (conn->is_reply_due) {
        conn->is_reply_due = false;
        result = call_host(conn);
        drop_body(conn);
    }
    return result;
}

int weh_admin_request(struct weh_conn *conn)
{
    struct weh_str path;
    const int method = weh_http_path(conn->wsi, &path);

    conn->is_reply_due = false;
    if (method == LWSHUMETH_GET && weh_http_is_ops(path)) {
        return weh_http_ops(conn, path);
    }
    if (method == LWSHUMETH_POST && weh_str_eq_text(path, ADMIN_PATH)) {
        return post(conn);
    }
    return refuse(conn, "404 Not Found", "POST " ADMIN_PATH " is what is served here\n");
}
