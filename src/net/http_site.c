/* src/net/http_site.c - the editor page: files that are in memory, as HTTP wants them.
 *
 * A body goes out as fast as the kernel takes it, straight from where it stands; a client that is too slow for
 * SLOWEST_RATE is given up.
 */
#include <stdio.h>
#include <string.h>

#include "weh/buf.h"

#include "http.h"
#include "net_priv.h"

#define WRITES_A_TURN 4  /* then the other connections get theirs */
#define SLOWEST_RATE  16 /* bytes a millisecond */

/* Scripts and styles from here only, none inline; WebSockets to here only ('self' stands for those as well: CSP 3,
 * 6.7.2.8); shown in no other page. */
#define PAGE_POLICY                                                    \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; " \
    "style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "  \
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; "     \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"  \
    "Cross-Origin-Opener-Policy: same-origin\r\n"                      \
    "Cross-Origin-Resource-Policy: same-origin\r\n"                    \
    "Referrer-Policy: no-referrer\r\n"                                 \
    "X-Content-Type-Options: nosniff\r\n"

static struct weh_str header_of(struct weh_conn *conn, enum lws_token_indexes token, char *out,
                                size_t size)
{
    int n = weh_http_header(conn->wsi, token, out, size);

    return (struct weh_str){ out, n < 0 ? 0 : (size_t)n };
}

static int write_head(struct weh_conn *conn, const struct weh_site_file *file,
                      const struct weh_site_body *body, enum weh_site_coding coding, bool is_known)
{
    static const char *const codings[] = {
        [WEH_SITE_BROTLI] = "Content-Encoding: br\r\n",
        [WEH_SITE_GZIP] = "Content-Encoding: gzip\r\n",
        [WEH_SITE_PLAIN] = "",
    };
    char text[LWS_PRE + 1536];
    char length[48] = "";
    int n;

    if (!is_known) {
        (void)snprintf(length, sizeof(length), "Content-Length: %zu\r\n", body->len);
    }
    n = snprintf(text + LWS_PRE, sizeof(text) - LWS_PRE,
                 "HTTP/1.1 %s\r\n%sContent-Type: %s\r\n%sETag: %s\r\nVary: Accept-Encoding\r\n"
                 "Cache-Control: %s\r\n" PAGE_POLICY "\r\n",
                 is_known ? "304 Not Modified" : "200 OK", length, file->type, codings[coding],
                 body->etag, file->is_lasting ? "public, max-age=31536000, immutable" : "no-cache");
    weh_assert(n > 0 && (size_t)n < sizeof(text) - LWS_PRE);
    return lws_write(conn->wsi, (unsigned char *)text + LWS_PRE, (size_t)n,
                     LWS_WRITE_HTTP_HEADERS) >= n
               ? 0
               : -1;
}

/* The answer is out: the next request, or the end. */
static int done(struct weh_conn *conn)
{
    conn->deadline_ms =
        weh_net_now_ms(conn->net) + (uint64_t)conn->net->config->limits_handshake_s * 1000;
    return lws_http_transaction_completed(conn->wsi) != 0 ? -1 : 0;
}

int weh_http_site(struct weh_conn *conn, int method, struct weh_str path)
{
    const struct weh_site_file *file = weh_site_find(conn->net->options.site, path);
    const struct weh_site_body *body = NULL;
    enum weh_site_coding coding;
    char accept[512];
    char known[1024];
    bool is_known;

    body = weh_site_choose(
        file, header_of(conn, WSI_TOKEN_HTTP_ACCEPT_ENCODING, accept, sizeof(accept)), &coding);
    is_known = weh_site_is_named(
        header_of(conn, WSI_TOKEN_HTTP_IF_NONE_MATCH, known, sizeof(known)), body->etag);
    conn->is_authentic = false;
    if (write_head(conn, file, body, coding, is_known) != 0) {
        return -1;
    }
    if (is_known || method == LWSHUMETH_HEAD || body->len == 0) {
        return done(conn);
    }
    conn->page = body->data;
    conn->page_left = body->len;
    conn->deadline_ms = weh_net_now_ms(conn->net) +
                        (uint64_t)conn->net->config->limits_handshake_s * 1000 +
                        body->len / SLOWEST_RATE;
    /* libwebsockets' own timeout, for the whole request, does not know how much there is to send. */
    lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
    (void)lws_callback_on_writable(conn->wsi);
    return 0;
}

int weh_http_go_on(struct weh_conn *conn)
{
    /* lws_write may use the bytes in front of what it is given. */
    unsigned char piece[LWS_PRE + 8192];

    for (unsigned i = 0; conn->page_left != 0; i++) {
        size_t n = sizeof(piece) - LWS_PRE;

        if (i == WRITES_A_TURN || lws_send_pipe_choked(conn->wsi)) {
            (void)lws_callback_on_writable(conn->wsi);
            return 0;
        }
        n = conn->page_left < n ? conn->page_left : n;
        memcpy(piece + LWS_PRE, conn->page, n);
        if (lws_write(conn->wsi, piece + LWS_PRE, n, LWS_WRITE_HTTP) < (int)n) {
            return -1;
        }
        conn->page += n;
        conn->page_left -= n;
        if (conn->page_left == 0) {
            return done(conn);
        }
    }
    return 0;
}
