/* src/net/rx_tap.c - sees the bytes that libwebsockets reads, before it parses them.
 *
 * libwebsockets 4.1.6 has no hook between the socket and its frame parser, and it does not tell
 * whether a frame was masked. It reads a plain socket with recv and a TLS one with SSL_read, and
 * both are looked up in the program first: these two definitions stand in front of the libraries'
 * and call them by their other names (recvfrom, SSL_read_ex), which do the same.
 *
 * Threads without an attached net, and descriptors that no connection is registered for, pass
 * through. If the definitions were ever bypassed (another read call in a later libwebsockets), no
 * upgrade request would be seen to end and every handshake would be refused: it fails closed.
 */
#include "rx_tap.h"

#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "weh/alloc.h"

#include "net_priv.h"

#define EXPORTED __attribute__((visibility("default"), used))

/* Under names of our own, so that no header's inline variant of them gets in the way. */
ssize_t weh_tap_recv(int fd, void *bytes, size_t size, int flags) __asm__("recv");
int weh_tap_ssl_read(SSL *ssl, void *bytes, int size) __asm__("SSL_read");

/* recv has no argument for a context. One net a thread: set for the time of weh_net_run. */
static _Thread_local struct weh_net *attached;

void weh_rx_tap_attach(struct weh_net *net)
{
    attached = net;
}

weh_err weh_rx_tap_register(struct weh_net *net, struct weh_conn *conn)
{
    size_t fd = (size_t)conn->fd;

    if (fd >= net->n_by_fd) {
        size_t n = fd < 64 ? 128 : fd * 2;
        struct weh_conn **grown = weh_realloc(net->by_fd, n * sizeof(struct weh_conn *));

        if (grown == NULL) {
            return WEH_E_NOMEM;
        }
        memset(grown + net->n_by_fd, 0, (n - net->n_by_fd) * sizeof(struct weh_conn *));
        net->by_fd = grown;
        net->n_by_fd = n;
    }
    net->by_fd[fd] = conn;
    return WEH_OK;
}

void weh_rx_tap_forget(struct weh_net *net, struct weh_conn *conn)
{
    size_t fd = (size_t)conn->fd;

    /* The number may belong to the next connection already. */
    if (fd < net->n_by_fd && net->by_fd[fd] == conn) {
        net->by_fd[fd] = NULL;
    }
}

/* What is to become of @n bytes (more than none) of frames: how many of them libwebsockets gets. */
static size_t look_at_frames(struct weh_conn *conn, uint8_t *bytes, size_t n)
{
    struct weh_frame_check *check = &conn->check;
    size_t used = 0;

    if (check->fault != WEH_FRAME_FINE || check->is_closed) {
        return n;
    }
    used = weh_frame_check_feed(check, bytes, n);
    if (check->fault == WEH_FRAME_UNMASKED && weh_frame_check_is_control(check)) {
        /* It would be answered before we can act. With this length libwebsockets refuses it: RFC
         * 6455 5.5. The last byte looked at is the one with the mask bit and the length. */
        bytes[used - 1] = 0xff;
    }
    if (check->fault != WEH_FRAME_FINE) {
        weh_conn_violated(conn);
    } else if (check->n_pings != 0) {
        weh_inbox_post(conn);
    }
    /* RFC 6455 1.4: what follows a close frame is discarded. libwebsockets would read it, and fail on
     * nonsense instead of answering the close frame. */
    return check->is_closed ? used : n;
}

static size_t look_at(int fd, void *bytes, size_t n)
{
    struct weh_conn *conn = NULL;

    if (attached == NULL || fd < 0 || (size_t)fd >= attached->n_by_fd) {
        return n;
    }
    conn = attached->by_fd[fd];
    if (conn == NULL || n == 0) {
        return n;
    }
    if (conn->check.is_websocket) {
        return look_at_frames(conn, bytes, n);
    }
    weh_frame_check_http(&conn->check, bytes, n);
    return n;
}

EXPORTED ssize_t weh_tap_recv(int fd, void *bytes, size_t size, int flags)
{
    ssize_t n = recvfrom(fd, bytes, size, flags, NULL, NULL);

    if (n > 0 && (flags & MSG_PEEK) == 0) {
        int saved = errno;

        n = (ssize_t)look_at(fd, bytes, (size_t)n);
        errno = saved;
    }
    return n;
}

EXPORTED int weh_tap_ssl_read(SSL *ssl, void *bytes, int size)
{
    size_t n = 0;

    if (size < 0) {
        return -1;
    }
    if (SSL_read_ex(ssl, bytes, (size_t)size, &n) != 1) {
        /* SSL_read tells the end of the stream by 0 (SSL_read(3), "RETURN VALUES"). */
        return SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN ? 0 : -1;
    }
    return (int)look_at(SSL_get_fd(ssl), bytes, n);
}
