/* src/net/admission.c - addresses in a table of fixed size, handshakes in the order they began. */
#include "admission.h"

#include <string.h>

#include <arpa/inet.h>

#include "weh/alloc.h"
#include "weh/id.h"

struct weh_address_count {
    struct weh_address_count *next;
    struct in6_addr in6;
    size_t n;
};

weh_err weh_admission_init(struct weh_admission *admission, struct weh_diag *diag)
{
    memset(admission, 0, sizeof(*admission));
    return weh_random(&admission->seed, sizeof(admission->seed), diag);
}

/* ---- addresses ---- */

static struct weh_address from_in4(const struct in_addr *in4)
{
    struct weh_address address = { .is_known = true };

    address.in6.s6_addr[10] = 0xff;
    address.in6.s6_addr[11] = 0xff;
    memcpy(address.in6.s6_addr + 12, in4, sizeof(*in4));
    return address;
}

static struct weh_address from_in6(const struct in6_addr *in6)
{
    struct weh_address address = { .in6 = *in6, .is_known = true };

    if (!IN6_IS_ADDR_V4MAPPED(in6) && !IN6_IS_ADDR_LOOPBACK(in6)) {
        memset(address.in6.s6_addr + 8, 0, 8);
    }
    return address;
}

struct weh_address weh_address_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        return from_in4(&((const struct sockaddr_in *)(const void *)address)->sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        return from_in6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
    }
    return (struct weh_address){ .is_known = false };
}

struct weh_address weh_address_parse(const char *text, size_t n)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr in4;
    struct in6_addr in6;

    if (n == 0 || n >= sizeof(copy) || memchr(text, '\0', n) != NULL) {
        return (struct weh_address){ .is_known = false };
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (inet_pton(AF_INET, copy, &in4) == 1) {
        return from_in4(&in4);
    }
    if (inet_pton(AF_INET6, copy, &in6) == 1) {
        return from_in6(&in6);
    }
    return (struct weh_address){ .is_known = false };
}

bool weh_address_is_here(const struct weh_address *address)
{
    static const uint8_t here4[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };

    return address->is_known && (IN6_IS_ADDR_LOOPBACK(&address->in6) ||
                                 memcmp(&address->in6, here4, sizeof(here4)) == 0);
}

/* ---- how many of each ---- */

static size_t bucket_of(const struct weh_admission *admission, const struct in6_addr *in6)
{
    uint64_t hash = 14695981039346656037U ^ admission->seed; /* FNV-1a, from a secret start */

    for (size_t i = 0; i < sizeof(in6->s6_addr); i++) {
        hash = (hash ^ in6->s6_addr[i]) * 1099511628211U;
    }
    return (size_t)(hash ^ hash >> 32) % WEH_ADMISSION_BUCKETS;
}

static struct weh_address_count *find(const struct weh_admission *admission,
                                      const struct in6_addr *in6)
{
    struct weh_address_count *count = admission->buckets[bucket_of(admission, in6)];

    while (count != NULL && memcmp(&count->in6, in6, sizeof(*in6)) != 0) {
        count = count->next;
    }
    return count;
}

size_t weh_admission_count(const struct weh_admission *admission, const struct weh_address *address)
{
    const struct weh_address_count *count =
        address->is_known ? find(admission, &address->in6) : NULL;

    return count == NULL ? 0 : count->n;
}

size_t weh_admission_count_beside(const struct weh_admitted *admitted)
{
    return admitted->from == NULL ? 0 : admitted->from->n;
}

static void count_less(struct weh_admission *admission, struct weh_admitted *admitted)
{
    struct weh_address_count *count = admitted->from;
    struct weh_address_count **link = NULL;

    admitted->from = NULL;
    if (count == NULL || --count->n != 0) {
        return;
    }
    link = &admission->buckets[bucket_of(admission, &count->in6)];
    while (*link != count) {
        link = &(*link)->next;
    }
    *link = count->next;
    weh_free(count);
}

weh_err weh_admission_place(struct weh_admission *admission, struct weh_admitted *admitted,
                            const struct weh_address *address)
{
    struct weh_address_count *count = NULL;

    count_less(admission, admitted);
    if (!address->is_known) {
        return WEH_OK;
    }
    count = find(admission, &address->in6);
    if (count == NULL) {
        struct weh_address_count **bucket =
            &admission->buckets[bucket_of(admission, &address->in6)];

        count = weh_calloc(1, sizeof(*count));
        if (count == NULL) {
            return WEH_E_NOMEM;
        }
        count->in6 = address->in6;
        count->next = *bucket;
        *bucket = count;
    }
    count->n++;
    admitted->from = count;
    return WEH_OK;
}

/* ---- handshakes ---- */

void weh_admission_enter(struct weh_admission *admission, struct weh_admitted *admitted,
                         uint64_t now_ms)
{
    *admitted = (struct weh_admitted){ .since_ms = now_ms, .is_at_handshake = true };
    admitted->older = admission->newest;
    if (admission->newest != NULL) {
        admission->newest->newer = admitted;
    } else {
        admission->oldest = admitted;
    }
    admission->newest = admitted;
    admission->n_handshakes++;
}

void weh_admission_opened(struct weh_admission *admission, struct weh_admitted *admitted)
{
    if (!admitted->is_at_handshake) {
        return;
    }
    if (admitted->older != NULL) {
        admitted->older->newer = admitted->newer;
    } else {
        admission->oldest = admitted->newer;
    }
    if (admitted->newer != NULL) {
        admitted->newer->older = admitted->older;
    } else {
        admission->newest = admitted->older;
    }
    admitted->older = NULL;
    admitted->newer = NULL;
    admitted->is_at_handshake = false;
    admission->n_handshakes--;
}

void weh_admission_leave(struct weh_admission *admission, struct weh_admitted *admitted)
{
    weh_admission_opened(admission, admitted);
    count_less(admission, admitted);
}
