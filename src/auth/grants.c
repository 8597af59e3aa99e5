/* src/auth/grants.c - scopes as access: to every iModel, and to single ones by name. */
#include <stdatomic.h>
#include <string.h>

#include "weh/access.h"
#include "weh/alloc.h"

#define NAME_MAX_BYTES 128 /* of an iModel */

struct grant {
    enum weh_access access;
    size_t n_name;
    char name[NAME_MAX_BYTES];
};

struct weh_grants {
    atomic_uint n_holders;
    size_t n;
    struct grant items[];
};

const char *weh_access_name(enum weh_access access)
{
    static const char *const names[] = {
        [WEH_ACCESS_NONE] = "none",
        [WEH_ACCESS_VIEW] = "view",
        [WEH_ACCESS_EDIT] = "edit",
        [WEH_ACCESS_ADMIN] = "admin",
    };

    return names[access];
}

static struct weh_str grant_name(const struct grant *grant)
{
    return (struct weh_str){ grant->name, grant->n_name };
}

enum weh_access weh_grants_access(enum weh_access access, const struct weh_grants *grants,
                                  struct weh_str name)
{
    for (size_t i = 0; grants != NULL && i < grants->n; i++) {
        const struct grant *grant = &grants->items[i];

        if (grant->access > access && weh_str_eq(grant_name(grant), name)) {
            access = grant->access;
        }
    }
    return access;
}

enum weh_access weh_grants_highest(enum weh_access access, const struct weh_grants *grants)
{
    for (size_t i = 0; grants != NULL && i < grants->n; i++) {
        access = grants->items[i].access > access ? grants->items[i].access : access;
    }
    return access;
}

struct weh_grants *weh_grants_acquire(struct weh_grants *grants)
{
    if (grants != NULL) {
        atomic_fetch_add(&grants->n_holders, 1);
    }
    return grants;
}

void weh_grants_release(struct weh_grants *grants)
{
    if (grants != NULL && atomic_fetch_sub(&grants->n_holders, 1) == 1) {
        weh_free(grants);
    }
}

void weh_identity_copy(struct weh_identity *to, const struct weh_identity *from)
{
    *to = *from;
    (void)weh_grants_acquire(to->grants);
}

void weh_identity_fini(struct weh_identity *identity)
{
    weh_grants_release(identity->grants);
    *identity = (struct weh_identity){ .access = WEH_ACCESS_NONE };
}

/* ---- scopes ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte at the front of @text, "%C3" or as it stands; @text goes on behind it. False for a percent
 * sign alone. */
static bool next_byte(struct weh_str *text, char *out)
{
    size_t n = 1;

    *out = text->ptr[0];
    if (*out == '%') {
        int high = text->len > 2 ? hex_value(text->ptr[1]) : -1;
        int low = text->len > 2 ? hex_value(text->ptr[2]) : -1;

        if (high < 0 || low < 0) {
            return false;
        }
        *out = (char)(high << 4 | low);
        n = 3;
    }
    *text = (struct weh_str){ text->ptr + n, text->len - n };
    return true;
}

/* Undo the percent-encoding of @text (RFC 3986 section 2.1); false when it cannot be a name. */
static bool decode_name(struct weh_str text, struct grant *out)
{
    out->n_name = 0;
    while (text.len != 0) {
        char byte = '\0';

        if (out->n_name == sizeof(out->name) || !next_byte(&text, &byte) || byte == '\0') {
            return false;
        }
        out->name[out->n_name++] = byte;
    }
    return out->n_name != 0 && weh_str_is_utf8(grant_name(out));
}

static weh_err add_grant(struct weh_identity *identity, const struct grant *grant,
                         struct weh_diag *diag)
{
    struct weh_grants *grants = identity->grants;
    size_t n = grants == NULL ? 0 : grants->n;

    if (n == WEH_GRANTS_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "more than %d iModels in one token", WEH_GRANTS_MAX);
    }
    grants = weh_realloc(grants, sizeof(*grants) + (n + 1) * sizeof(grants->items[0]));
    if (grants == NULL) {
        return weh_fail_nomem(diag);
    }
    if (n == 0) {
        atomic_init(&grants->n_holders, 1);
    }
    grants->items[n] = *grant;
    grants->n = n + 1;
    identity->grants = grants;
    return WEH_OK;
}

static bool starts_with(struct weh_str text, struct weh_str head)
{
    return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

/* "edit" or "edit:NAME": the level, and what follows it in @rest. */
static enum weh_access read_level(struct weh_str text, struct weh_str *rest)
{
    for (enum weh_access access = WEH_ACCESS_VIEW; access <= WEH_ACCESS_ADMIN; access++) {
        struct weh_str level = weh_str_from(weh_access_name(access));

        if (!starts_with(text, level)) {
            continue;
        }
        *rest = (struct weh_str){ text.ptr + level.len, text.len - level.len };
        if (rest->len == 0 || rest->ptr[0] == ':') {
            return access;
        }
    }
    return WEH_ACCESS_NONE;
}

weh_err weh_identity_add_scope(struct weh_identity *identity, struct weh_str scope, bool *found,
                               struct weh_diag *diag)
{
    static const struct weh_str prefix = { "weh:", 4 };
    struct grant grant = { .access = WEH_ACCESS_NONE };
    struct weh_str rest;

    if (!starts_with(scope, prefix)) {
        return WEH_OK;
    }
    scope = (struct weh_str){ scope.ptr + prefix.len, scope.len - prefix.len };
    grant.access = read_level(scope, &rest);
    if (grant.access == WEH_ACCESS_NONE) {
        return WEH_OK;
    }
    if (rest.len == 0) {
        identity->access = grant.access > identity->access ? grant.access : identity->access;
        *found = true;
        return WEH_OK;
    }
    if (!decode_name((struct weh_str){ rest.ptr + 1, rest.len - 1 }, &grant)) {
        return WEH_OK;
    }
    *found = true;
    return add_grant(identity, &grant, diag);
}
