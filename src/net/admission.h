/* src/net/admission.h - how many connections come from one address, and which are at the handshake.
 *
 * Numbers only: who is turned away, and how, is decided by the callers. Nothing here locks: all of it
 * belongs to the service thread.
 */
#ifndef WEH_ADMISSION_H
#define WEH_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include "weh/err.h"

#define WEH_ADMISSION_BUCKETS 4096

/** Where a client is: an IPv4 address mapped into IPv6, or the first 64 bits of an IPv6 address, which
 * is what one client has. */
struct weh_address {
    struct in6_addr in6;
    bool is_known; /* false: no internet address */
};

struct weh_address_count;

/** One connection. */
struct weh_admitted {
    struct weh_address_count *from; /* NULL: not counted */
    struct weh_admitted *older, *newer;
    bool is_at_handshake;
    uint64_t since_ms;
};

struct weh_admission {
    struct weh_address_count *buckets[WEH_ADMISSION_BUCKETS];
    uint64_t seed; /* nobody outside can choose addresses that share a bucket */
    struct weh_admitted *oldest, *newest;
    size_t n_handshakes;
};

WEH_MUST_CHECK weh_err weh_admission_init(struct weh_admission *admission, struct weh_diag *diag);

/** The address of a socket's other end. */
struct weh_address weh_address_of(const struct sockaddr *address);
/** The address that @text (its length @n) is, IPv4 or IPv6; not known when it is none. */
struct weh_address weh_address_parse(const char *text, size_t n);
/** True for 127.0.0.1 and ::1: programs of this machine, proxies among them. */
bool weh_address_is_here(const struct weh_address *address);

/** Connections that are counted for @address. */
size_t weh_admission_count(const struct weh_admission *admission,
                           const struct weh_address *address);

/** A connection begins, with the handshake. */
void weh_admission_enter(struct weh_admission *admission, struct weh_admitted *admitted,
                         uint64_t now_ms);
/** Count @admitted, which is counted for no or another address, for @address (unless that is not
 * known). WEH_E_NOMEM: it counts for none. */
WEH_MUST_CHECK weh_err weh_admission_place(struct weh_admission *admission,
                                           struct weh_admitted *admitted,
                                           const struct weh_address *address);
/** How many connections come from where @admitted does, itself included; 0: it is not counted. */
size_t weh_admission_count_beside(const struct weh_admitted *admitted);
/** The handshake is over, or given up. May be called again. */
void weh_admission_opened(struct weh_admission *admission, struct weh_admitted *admitted);
/** The connection is gone. */
void weh_admission_leave(struct weh_admission *admission, struct weh_admitted *admitted);

#endif
