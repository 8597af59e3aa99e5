/* src/net/http_ops.c - what those ask who look after the server: is it alive, is it ready, what does
 * it count. */
#include <string.h>

#include "weh/host.h"

#include "handshake.h"
#include "http.h"
#include "net_priv.h"

/* No session more can be made: who balances load should look elsewhere. */
static bool is_full(const struct weh_net *net)
{
    return net->n_sessions >= (uint64_t)net->config->limits_sessions;
}

static int ready_reply(struct weh_conn *conn)
{
    static const char busy[] = "503 Service Unavailable";

    if (conn->net->is_draining) {
        return weh_http_plain(conn, busy, "Connection: close\r\nRetry-After: 10\r\n", "stopping\n");
    }
    if (is_full(conn->net)) {
        return weh_http_plain(conn, busy, "Retry-After: 10\r\n", "full\n");
    }
    return weh_http_plain(conn, "200 OK", NULL, "ready\n");
}

/* May the client have the metrics? They tell how many work here and what they do, not who. */
static bool may_see_metrics(struct weh_conn *conn)
{
    const char *access = conn->net->config->metrics_access;

    if (strcmp(access, "open") == 0 || conn->is_admin) {
        return true;
    }
    return strcmp(access, "admin") == 0 && weh_handshake_bearer(conn) &&
           conn->identity.access >= WEH_ACCESS_ADMIN;
}

static int metrics_reply(struct weh_conn *conn)
{
    struct weh_buf text;
    int result;

    if (!may_see_metrics(conn)) {
        weh_metrics_add(conn->net->metrics, WEH_METRIC_REFUSED_METRICS, 1);
        return strcmp(conn->net->config->metrics_access, "off") == 0
                   ? weh_http_plain(conn, "404 Not Found", NULL, "not found\n")
                   : weh_http_plain(conn, "401 Unauthorized", "WWW-Authenticate: Bearer\r\n",
                                    "a bearer token with the scope weh:admin is needed\n");
    }
    weh_buf_init(&text, 0);
    weh_metrics_print(conn->net->options.host, &text);
    weh_buf_byte(&text, '\0');
    if (text.err == WEH_OK) {
        struct weh_http_reply reply = { "200 OK", "text/plain; version=0.0.4; charset=utf-8",
                                        (const char *)text.data, NULL };

        result = weh_http_finish(conn, &reply);
    } else {
        result = weh_http_plain(conn, "500 Internal Server Error", NULL, "no memory\n");
    }
    weh_buf_fini(&text);
    return result;
}

bool weh_http_is_ops(struct weh_str path)
{
    return weh_str_eq_text(path, "/healthz") || weh_str_eq_text(path, "/readyz") ||
           weh_str_eq_text(path, "/metrics");
}

int weh_http_ops(struct weh_conn *conn, struct weh_str path)
{
    if (weh_str_eq_text(path, "/metrics")) {
        return metrics_reply(conn);
    }
    if (weh_str_eq_text(path, "/readyz")) {
        return ready_reply(conn);
    }
    return weh_http_plain(conn, "200 OK", NULL, "ok\n");
}
