/* src/net/origin.h - which web pages may connect (RFC 6454 origins). */
#ifndef WEH_ORIGIN_H
#define WEH_ORIGIN_H

#include <stdbool.h>

#include "weh/str.h"

/**
 * True when a page of @origin may connect.
 *
 * @allowed  origins separated by spaces, compared byte by byte; empty: http and https origins of
 *           this machine (localhost, 127.0.0.1, [::1]) on any port.
 */
bool weh_origin_is_allowed(struct weh_str origin, const char *allowed);

#endif
