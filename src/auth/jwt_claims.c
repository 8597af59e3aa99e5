/* src/auth/jwt_claims.c - what a token says: from whom, for whom, about whom, until when, what for.
 */
#include <string.h>

#include "jwt.h"

#define SCOPES_MAX 256 /* in one token, those of others included */

static bool is_text(const struct weh_value *value, const char *text)
{
    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(value), text);
}

/* "aud" is a text or an array of texts (RFC 7519 4.1.3). */
static bool is_for(const struct weh_value *claims, const char *audience)
{
    const struct weh_value *aud = weh_value_get(claims, "aud");

    if (aud == NULL || aud->type != WEH_VALUE_ARRAY) {
        return is_text(aud, audience);
    }
    for (uint32_t i = 0; i < aud->n; i++) {
        if (is_text(&aud->as.items[i], audience)) {
            return true;
        }
    }
    return false;
}

/* RFC 8725 section 3.11: a token of another kind is not for us. */
static bool is_type_right(struct weh_str type, const char *wanted)
{
    bool is_access_token = weh_str_eq_nocase(type, WEH_STR("at+jwt")) ||
                           weh_str_eq_nocase(type, WEH_STR("application/at+jwt"));
    bool is_jwt = type.len == 0 || weh_str_eq_nocase(type, WEH_STR("JWT"));

    if (strcmp(wanted, "at+jwt") == 0) {
        return is_access_token;
    }
    return is_jwt || (strcmp(wanted, "any") == 0 && is_access_token);
}

/* Seconds since 1970, in a range that survives becoming milliseconds. */
static bool read_time(const struct weh_value *claims, const char *name, int64_t *out_ms)
{
    const struct weh_value *value = weh_value_get(claims, name);
    int64_t seconds = 0;

    if (value == NULL || !weh_value_to_int64(value, &seconds) || seconds < 0 ||
        seconds > INT64_MAX / 2000) {
        return false;
    }
    *out_ms = seconds * 1000;
    return true;
}

static weh_err read_times(const struct weh_value *claims, const struct weh_jwt_rules *rules,
                          int64_t now_ms, struct weh_identity *out, struct weh_diag *diag)
{
    int64_t exp_ms = 0;
    int64_t time_ms = 0;

    if (!read_time(claims, "exp", &exp_ms)) {
        return weh_jwt_refuse(diag, "no end");
    }
    out->expires_ms = exp_ms + rules->skew_ms;
    if (now_ms >= out->expires_ms) {
        return weh_jwt_refuse(diag, "expired");
    }
    if (weh_value_get(claims, "nbf") != NULL &&
        (!read_time(claims, "nbf", &time_ms) || now_ms + rules->skew_ms < time_ms)) {
        return weh_jwt_refuse(diag, "not valid yet");
    }
    if (weh_value_get(claims, "iat") != NULL &&
        (!read_time(claims, "iat", &time_ms) || now_ms + rules->skew_ms < time_ms ||
         time_ms > exp_ms)) {
        return weh_jwt_refuse(diag, "made in the future");
    }
    return WEH_OK;
}

static bool read_user(const struct weh_value *claims, const char *name, struct weh_identity *out)
{
    const struct weh_value *user = weh_value_get(claims, name);

    if (user == NULL || user->type != WEH_VALUE_STRING || user->n == 0 ||
        user->n >= sizeof(out->user) || memchr(user->as.string, '\0', user->n) != NULL) {
        return false;
    }
    memcpy(out->user, user->as.string, user->n);
    out->user[user->n] = '\0';
    return true;
}

/* ---- scopes ---- */

/* One text, separated by spaces (RFC 8693 section 4.2). */
static weh_err add_scopes(struct weh_str text, struct weh_identity *out, bool *found,
                          struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    for (size_t n = 0; text.len != 0 && err == WEH_OK; n++) {
        struct weh_str scope;

        if (n == SCOPES_MAX) {
            return weh_jwt_refuse(diag, "too many scopes");
        }
        text = weh_str_split(text, ' ', &scope);
        err = weh_identity_add_scope(out, scope, found, diag);
    }
    return err;
}

/* "scope" is a text; "scp" a text, or an array with one scope an item. */
static weh_err read_scopes(const struct weh_value *claims, struct weh_identity *out,
                           struct weh_diag *diag)
{
    const struct weh_value *scope = weh_value_get(claims, "scope");
    const struct weh_value *list = weh_value_get(claims, "scp");
    bool found = false;
    weh_err err = WEH_OK;

    if (scope != NULL && scope->type == WEH_VALUE_STRING) {
        err = add_scopes(weh_value_str(scope), out, &found, diag);
    }
    if (err == WEH_OK && list != NULL && list->type == WEH_VALUE_STRING) {
        err = add_scopes(weh_value_str(list), out, &found, diag);
    }
    for (uint32_t i = 0; list != NULL && list->type == WEH_VALUE_ARRAY && i < list->n; i++) {
        const struct weh_value *item = &list->as.items[i];

        if (err == WEH_OK && item->type == WEH_VALUE_STRING) {
            err = weh_identity_add_scope(out, weh_value_str(item), &found, diag);
        }
    }
    if (err == WEH_E_LIMIT) {
        return weh_jwt_refuse(diag, "scopes for too many iModels");
    }
    return err == WEH_OK && !found ? weh_jwt_refuse(diag, "no scope of ours") : err;
}

weh_err weh_jwt_claims(const struct weh_jwt *jwt, const struct weh_jwt_rules *rules, int64_t now_ms,
                       struct weh_arena *arena, struct weh_identity *out, struct weh_diag *diag)
{
    struct weh_identity identity = { .access = WEH_ACCESS_NONE };
    struct weh_value claims;
    weh_err err = weh_jwt_read_part(jwt->claims_part, arena, &claims, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (!is_type_right(jwt->type, rules->type)) {
        return weh_jwt_refuse(diag, "header: typ");
    }
    if (!is_text(weh_value_get(&claims, "iss"), rules->issuer) ||
        !is_for(&claims, rules->audience)) {
        return weh_jwt_refuse(diag, "issuer or audience");
    }
    err = read_times(&claims, rules, now_ms, &identity, diag);
    if (err == WEH_OK && !read_user(&claims, rules->user_claim, &identity)) {
        err = weh_jwt_refuse(diag, "no user");
    }
    if (err == WEH_OK) {
        err = read_scopes(&claims, &identity, diag);
    }
    if (err == WEH_OK) {
        *out = identity;
    } else {
        weh_identity_fini(&identity);
    }
    return err;
}
