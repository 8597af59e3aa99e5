/* tests/scenario/isolation/iso_proxy.h - a way to the server that breaks: each connection is cut after a
 * random number of bytes. */
#ifndef ISO_PROXY_H
#define ISO_PROXY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>

#include "weh/err.h"

#define ISO_LINKS 64

struct iso_link {
    int fds[2];  /* client, server; -1: free */
    size_t left; /* bytes until it is cut */
};

/** To be zeroed before it is started. */
struct iso_proxy {
    uint16_t port; /* listened on */
    uint16_t server_port;
    int listen_fd;
    bool is_running;
    uint64_t random;
    uint32_t max_cuts; /* then connections last */
    atomic_uint n_cuts;
    atomic_bool cutting; /* from here on; set by the user, when there are sessions to resume */
    atomic_bool stopping;
    pthread_t thread;
    struct iso_link links[ISO_LINKS];
};

WEH_MUST_CHECK weh_err iso_proxy_start(struct iso_proxy *proxy, uint16_t server_port, uint64_t seed,
                                       uint32_t max_cuts, struct weh_diag *diag);
void iso_proxy_stop(struct iso_proxy *proxy);

#endif
