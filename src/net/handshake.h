/* src/net/handshake.h - what is asked of an HTTP request before it may be anything. */
#ifndef WEH_NET_HANDSHAKE_H
#define WEH_NET_HANDSHAKE_H

#include "net_priv.h"

/** Look at an upgrade request: 0 goes on, 1 was answered, -1 drops the connection. */
int weh_handshake_confirm(struct weh_conn *conn);
/** Who sent the request, by bearer token. */
bool weh_handshake_bearer(struct weh_conn *conn);
/** False when there are more connections than there may be from where the request comes. */
bool weh_handshake_is_address_fine(struct weh_conn *conn);
#define WEH_TOO_MANY_CONNECTIONS "too many connections from this address\n"
/** True when the query holds what looks like a token: proxies write URLs down. */
bool weh_handshake_has_token_in_url(struct lws *wsi);
#define WEH_TOKEN_IN_URL \
    "a token does not belong into a URL: send it as Authorization: Bearer, or get a ticket\n"

#endif
