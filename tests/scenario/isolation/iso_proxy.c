/* tests/scenario/isolation/iso_proxy.c - a way to the server that breaks: each connection is cut after a
 * random number of bytes, in either direction, in the middle of whatever that is. */
#include "iso_proxy.h"

#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "weh/alloc.h"

#define FIRST_BYTES 300   /* mostly inside of the handshake */
#define MOST_BYTES  40000 /* then inside of hello, requests, replies */
#define CHUNK       4096

#define N_FDS ((size_t)2 * ISO_LINKS + 1)

static uint64_t next_random(struct iso_proxy *proxy)
{
    proxy->random ^= proxy->random << 13;
    proxy->random ^= proxy->random >> 7;
    proxy->random ^= proxy->random << 17;
    return proxy->random;
}

static void set_budget(struct iso_proxy *proxy, struct iso_link *link)
{
    link->left = SIZE_MAX;
    if (atomic_load(&proxy->cutting) && atomic_load(&proxy->n_cuts) < proxy->max_cuts) {
        uint64_t most = next_random(proxy) % 8 == 0 ? FIRST_BYTES : MOST_BYTES;

        link->left = (size_t)(next_random(proxy) % most);
    }
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

static void close_link(struct iso_link *link, bool reset)
{
    struct linger now = { 1, 0 };

    for (int i = 0; i < 2; i++) {
        if (reset) {
            (void)setsockopt(link->fds[i], SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        }
        (void)close(link->fds[i]);
        link->fds[i] = -1;
    }
}

static struct iso_link *free_link(struct iso_proxy *proxy)
{
    for (size_t i = 0; i < ISO_LINKS; i++) {
        if (proxy->links[i].fds[0] < 0) {
            return &proxy->links[i];
        }
    }
    return NULL;
}

static void accept_link(struct iso_proxy *proxy)
{
    int fd = accept4(proxy->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    struct iso_link *link = free_link(proxy);

    if (fd < 0 || link == NULL) {
        (void)close(fd);
        return;
    }
    link->fds[0] = fd;
    link->fds[1] = connect_to(proxy->server_port);
    set_budget(proxy, link);
    if (link->fds[1] < 0) {
        close_link(link, true);
    }
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, bytes, n, MSG_NOSIGNAL);

        if (done <= 0) {
            return false;
        }
        bytes += done;
        n -= (size_t)done;
    }
    return true;
}

/* Pass on what came from one side, up to the byte where the link is cut. */
static void pass(struct iso_proxy *proxy, struct iso_link *link, int from)
{
    char bytes[CHUNK];
    ssize_t n = recv(link->fds[from], bytes, sizeof(bytes), 0);
    size_t len = n < 0 ? 0 : (size_t)n;
    bool cut;

    if (link->left == SIZE_MAX) {
        set_budget(proxy, link);
    }
    cut = len > link->left;
    if (n <= 0) {
        close_link(link, n < 0);
        return;
    }
    len = cut ? link->left : len;
    if (!write_all(link->fds[1 - from], bytes, len)) {
        close_link(link, true);
        return;
    }
    if (link->left != SIZE_MAX) {
        link->left -= len;
    }
    if (cut) {
        atomic_fetch_add(&proxy->n_cuts, 1);
        close_link(link, next_random(proxy) % 2 == 0);
    }
}

/* Wait for something to pass on; false when that is not possible. */
static bool wait_for_input(const struct iso_proxy *proxy, struct pollfd fds[N_FDS])
{
    nfds_t n = 0;

    for (size_t i = 0; i < ISO_LINKS; i++) {
        fds[n++] = (struct pollfd){ .fd = proxy->links[i].fds[0], .events = POLLIN };
        fds[n++] = (struct pollfd){ .fd = proxy->links[i].fds[1], .events = POLLIN };
    }
    fds[n++] = (struct pollfd){ .fd = proxy->listen_fd, .events = POLLIN };
    return poll(fds, n, 100) >= 0 || errno == EINTR;
}

static void pass_ready(struct iso_proxy *proxy, const struct pollfd fds[N_FDS])
{
    for (size_t i = 0; i < N_FDS - 1; i++) {
        struct iso_link *link = &proxy->links[i / 2];

        if (fds[i].revents != 0 && link->fds[i % 2] >= 0) {
            pass(proxy, link, (int)(i % 2));
        }
    }
}

static void *work(void *argument)
{
    struct iso_proxy *proxy = argument;
    struct pollfd fds[N_FDS];

    while (!atomic_load(&proxy->stopping) && wait_for_input(proxy, fds)) {
        pass_ready(proxy, fds);
        if (fds[N_FDS - 1].revents != 0) {
            accept_link(proxy);
        }
    }
    return NULL;
}

weh_err iso_proxy_start(struct iso_proxy *proxy, uint16_t server_port, uint64_t seed,
                        uint32_t max_cuts, struct weh_diag *diag)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    proxy->server_port = server_port;
    proxy->random = seed * 2 + 1;
    proxy->max_cuts = max_cuts;
    for (size_t i = 0; i < ISO_LINKS; i++) {
        proxy->links[i].fds[0] = -1;
        proxy->links[i].fds[1] = -1;
    }
    proxy->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (proxy->listen_fd < 0 ||
        bind(proxy->listen_fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(proxy->listen_fd, 256) != 0 ||
        getsockname(proxy->listen_fd, (struct sockaddr *)&address, &size) != 0) {
        return weh_fail(diag, WEH_E_IO, "no listening socket");
    }
    proxy->port = ntohs(address.sin_port);
    if (pthread_create(&proxy->thread, NULL, work, proxy) != 0) {
        return weh_fail(diag, WEH_E_IO, "no thread");
    }
    proxy->is_running = true;
    return WEH_OK;
}

void iso_proxy_stop(struct iso_proxy *proxy)
{
    if (!proxy->is_running) {
        return;
    }
    atomic_store(&proxy->stopping, true);
    (void)pthread_join(proxy->thread, NULL);
    for (size_t i = 0; i < ISO_LINKS; i++) {
        if (proxy->links[i].fds[0] >= 0) {
            close_link(&proxy->links[i], false);
        }
    }
    (void)close(proxy->listen_fd);
    proxy->is_running = false;
}
