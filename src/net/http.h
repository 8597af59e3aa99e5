/* src/net/http.h - answers to requests that are no upgrade, and reading their headers.
 *
 * Service thread only. Texts are copied into the answer; nothing is owned.
 */
#ifndef WEH_NET_HTTP_H
#define WEH_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include <libwebsockets.h>

#include "weh/str.h"

struct weh_conn;

struct weh_http_reply {
    const char *status; /* "404 Not Found" */
    const char *type;   /* NULL: no body */
    const char *body;
    const char *headers; /* "Name: value\r\n"..., may be NULL */
};

/** Write a whole answer. 0, or -1 when the connection has to be dropped. */
int weh_http_write(struct lws *wsi, const struct weh_http_reply *reply);
/** Answer, and go on with the connection (0) or close it (-1) as HTTP wants. */
int weh_http_finish(struct weh_conn *conn, const struct weh_http_reply *reply);
/** The same with a text; @headers may be NULL. */
int weh_http_plain(struct weh_conn *conn, const char *status, const char *headers,
                   const char *body);
/** http_ops.c: /healthz, /readyz, /metrics. */
bool weh_http_is_ops(struct weh_str path);
int weh_http_ops(struct weh_conn *conn, struct weh_str path);
/** http_site.c: files of the editor page. @method is GET or HEAD. */
int weh_http_site(struct weh_conn *conn, int method, struct weh_str path);
/** The kernel takes more: send on what weh_http_site has begun. */
int weh_http_go_on(struct weh_conn *conn);
/** Answer a request that is no upgrade: what the lws callback returns. */
int weh_http_request(struct weh_conn *conn);
/** Its body is in. */
int weh_http_body_done(struct weh_conn *conn);
/** Copy header @token into @out: its length, -1 when it is absent, -2 when it does not fit. */
int weh_http_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size);
/** Method (LWSHUMETH_), and the path without the query in @path. */
int weh_http_path(struct lws *wsi, struct weh_str *path);

#endif
