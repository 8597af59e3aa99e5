/* include/weh/net.h - the network side: listener, HTTP, handshake, sockets.
 *
 * One service thread runs a libuv loop of ours with libwebsockets as a guest. All functions but
 * weh_net_stop belong to that thread.
 */
#ifndef WEH_NET_H
#define WEH_NET_H

#include <stdint.h>

#include "weh/auth.h"
#include "weh/config.h"
#include "weh/err.h"
#include "weh/log.h"
#include "weh/session.h"
#include "weh/site.h"

struct weh_net;

struct weh_net_options {
    const struct weh_config *config; /* kept */
    struct weh_host *host;           /* kept: sessions are made with it */
    struct weh_auth *auth;           /* kept */
    const struct weh_log *log;       /* kept */
    const struct weh_site *site;     /* kept: what is served beside sessions; NULL: nothing */
    /** SIGHUP arrived; service thread. May be NULL. */
    void (*reload)(void *ctx);
    /** Stopping has begun: nobody gets in any more; service thread. May be NULL. */
    void (*stopping)(void *ctx);
    void *ctx;
};

/**
 * Listen. Handles SIGTERM and SIGINT (drain, then weh_net_run returns) and SIGHUP (reload).
 *
 * WEH_E_BAD_ARGS (where names the configuration key: address, certificate, no TLS on a public
 * address), WEH_E_BUSY (address in use), WEH_E_IO, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_net_create(const struct weh_net_options *options, struct weh_net **out,
                                      struct weh_diag *diag);

/** The port listened on. */
uint16_t weh_net_port(const struct weh_net *net);

/** "ws" or "wss" URL of the session endpoint, "http(s)://host:port/", into @out. */
size_t weh_net_session_url(const struct weh_net *net, char *out, size_t size);
size_t weh_net_ipc_url(const struct weh_net *net, char *out, size_t size);
size_t weh_net_http_url(const struct weh_net *net, char *out, size_t size);

/** Serve until stopped, drained, and left by every session. The process is ending then: SIGTERM and
 * SIGINT stay blocked in the calling thread. */
WEH_MUST_CHECK weh_err weh_net_run(struct weh_net *net, struct weh_diag *diag);

/** Read the certificates (tls.*) anew, for the connections from now on; all or nothing. Service thread, as
 * from options->reload. Errors as weh_net_create. */
WEH_MUST_CHECK weh_err weh_net_reload(struct weh_net *net, struct weh_diag *diag);

/** Ask to drain and stop. Any thread. */
void weh_net_stop(struct weh_net *net);

/** The same within @within_ms, or sooner than it was said before if that is sooner. Does not call back.
 * Returns when it will be over, wall clock. Service thread. */
int64_t weh_net_drain(struct weh_net *net, uint64_t within_ms);

/** After weh_net_run has returned (NULL is fine). */
void weh_net_destroy(struct weh_net *net);

#endif
