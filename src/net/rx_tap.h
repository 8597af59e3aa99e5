/* src/net/rx_tap.h - whose reads are looked at before libwebsockets gets them. */
#ifndef WEH_RX_TAP_H
#define WEH_RX_TAP_H

#include "net_priv.h"

/** From here on this thread's reads by libwebsockets are looked at for @net (NULL: no more). */
void weh_rx_tap_attach(struct weh_net *net);
WEH_MUST_CHECK weh_err weh_rx_tap_register(struct weh_net *net, struct weh_conn *conn);
void weh_rx_tap_forget(struct weh_net *net, struct weh_conn *conn);

#endif
