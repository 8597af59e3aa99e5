/* src/net/origin.c - the list of origins. No patterns: what looks like one matches nothing. */
#include "origin.h"

#include "weh/compiler.h"

static bool starts_with(struct weh_str str, const char *head, struct weh_str *rest)
{
    size_t n = strlen(head);

    if (str.len < n || memcmp(str.ptr, head, n) != 0) {
        return false;
    }
    *rest = (struct weh_str){ str.ptr + n, str.len - n };
    return true;
}

/* "" or ":" and a port number. */
static bool is_port(struct weh_str str)
{
    unsigned long port = 0;

    if (str.len == 0) {
        return true;
    }
    if (str.ptr[0] != ':' || str.len < 2 || str.len > 6) {
        return false;
    }
    for (size_t i = 1; i < str.len; i++) {
        if (str.ptr[i] < '0' || str.ptr[i] > '9') {
            return false;
        }
        port = port * 10 + (unsigned long)(str.ptr[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

static bool is_loopback(struct weh_str origin)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    struct weh_str host;
    struct weh_str port;

    if (!starts_with(origin, "http://", &host) && !starts_with(origin, "https://", &host)) {
        return false;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(hosts); i++) {
        if (starts_with(host, hosts[i], &port) && is_port(port)) {
            return true;
        }
    }
    return false;
}

bool weh_origin_is_allowed(struct weh_str origin, const char *allowed)
{
    struct weh_str rest = weh_str_from(allowed);
    bool is_list_empty = true;

    if (origin.len == 0) {
        return false;
    }
    while (rest.len != 0) {
        struct weh_str head;

        rest = weh_str_split(rest, ' ', &head);
        if (head.len == 0) {
            continue;
        }
        is_list_empty = false;
        if (weh_str_eq(head, origin)) {
            return true;
        }
    }
    return is_list_empty && is_loopback(origin);
}
