/* src/net/tls.h - certificates, the server's and the clients'. Service thread. */
#ifndef WEH_NET_TLS_H
#define WEH_NET_TLS_H

#include <stdbool.h>

#include "weh/access.h"
#include "weh/config.h"
#include "weh/err.h"

struct lws;
struct weh_net;

/** Check what the keys tls.* name; WEH_E_BAD_ARGS (where is the key), WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_tls_check_files(const struct weh_config *config, struct weh_diag *diag);

/** What libwebsockets does not set: versions, and who of the clients may come in. False when
 * tls.client_ca cannot be read. @ssl_ctx is kept for weh_tls_reload. */
bool weh_tls_restrict(struct weh_net *net, void *ssl_ctx);

/** Read certificate, key and authorities anew, for the handshakes from now on; all or nothing. Errors as
 * weh_tls_check_files. Without TLS: nothing to do. */
WEH_MUST_CHECK weh_err weh_tls_reload(struct weh_net *net, struct weh_diag *diag);

/** Who the connection's client certificate says its client is, where that is configured. */
bool weh_tls_client_identity(const struct weh_net *net, struct lws *wsi, struct weh_identity *out);

#endif
