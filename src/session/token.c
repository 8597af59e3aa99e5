/* src/session/token.c - what the token of a session allows, and its end.
 *
 * The session has what its last token gives: for every iModel, and for single ones. The worker that
 * holds the session checks before each request; the service thread tells the client in time that the
 * token ends, and ends the session when no other came.
 */
#include <string.h>

#include "weh/clock.h"

#include "call_priv.h"

#define WARN_MS 60000 /* before the end of the token */

enum weh_access weh_session_access_to(const struct weh_session *session, struct weh_str imodel)
{
    return weh_grants_access(session->access, session->grants, imodel);
}

enum weh_access weh_session_access(const struct weh_session *session)
{
    return session->state == WEH_SESSION_READY
               ? session->open_access
               : weh_grants_highest(session->access, session->grants);
}

void weh_session_set_open_access(struct weh_session *session, enum weh_access access)
{
    session->open_access = access;
}

int64_t weh_session_expires_ms(const struct weh_session *session)
{
    return atomic_load(&session->expires_ms);
}

void weh_session_renew(struct weh_session *session, const struct weh_identity *identity)
{
    struct weh_grants *old = session->grants;

    session->access = identity->access;
    session->open_access = identity->access;
    session->grants = weh_grants_acquire(identity->grants);
    weh_grants_release(old);
    atomic_store(&session->expires_ms, identity->expires_ms);
}

void session_hand_rights(const struct weh_session *session, struct weh_session *wanted)
{
    struct weh_grants *old = NULL;

    (void)pthread_mutex_lock(&wanted->lock);
    if (wanted->has_new_rights) {
        old = wanted->new_rights.grants;
    }
    wanted->new_rights.access = session->access;
    wanted->new_rights.grants = weh_grants_acquire(session->grants);
    wanted->new_rights.expires_ms = atomic_load(&session->expires_ms);
    wanted->has_new_rights = true;
    memcpy(wanted->shown.peer, session->peer, sizeof(wanted->shown.peer));
    (void)pthread_mutex_unlock(&wanted->lock);
    atomic_store(&wanted->expires_ms, atomic_load(&session->expires_ms));
    weh_grants_release(old);
}

void session_take_rights(struct weh_session *session)
{
    struct weh_identity rights = { .grants = NULL };
    bool has_new_token;
    bool has_new;

    (void)pthread_mutex_lock(&session->lock);
    has_new_token = session->has_new_token;
    session->has_new_token = false;
    has_new = session->has_new_rights;
    if (has_new) {
        rights.access = session->new_rights.access;
        rights.grants = session->new_rights.grants;
        rights.expires_ms = session->new_rights.expires_ms;
        session->new_rights.grants = NULL;
        session->has_new_rights = false;
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (has_new) {
        weh_session_renew(session, &rights);
        weh_grants_release(rights.grants);
    }
    if ((has_new || has_new_token) && session->host->options.ops->renewed != NULL) {
        session->host->options.ops->renewed(session->workspace);
    }
}

weh_err session_check_token(const struct weh_session *session, const struct weh_method *method,
                            struct weh_diag *diag)
{
    const int64_t expires_ms = atomic_load(&session->expires_ms);
    /* Of a method for the open iModel; the others look at the iModel they name. */
    const bool is_for_open = (method->states & WEH_IN(NEW)) == 0 && !session->is_ipc;
    const enum weh_access access =
        is_for_open ? session->open_access : weh_grants_highest(session->access, session->grants);

    if ((method->flags & WEH_METHOD_WITHOUT_TOKEN) != 0) {
        return WEH_OK;
    }
    if (expires_ms != 0 && weh_clock_wall_ms() >= expires_ms) {
        return weh_fail(diag, WEH_E_TOKEN_EXPIRED,
                        "the token has ended; send another with session.renewToken");
    }
    if (method->access > access) {
        return weh_fail(diag, WEH_E_DENIED, "%s needs more rights than yours", method->name);
    }
    return WEH_OK;
}

/* ---- the service thread ---- */

weh_err session_check_operator(struct weh_session *session, const struct weh_method *method,
                               struct weh_diag *diag)
{
    const int64_t expires_ms = atomic_load(&session->expires_ms);
    enum weh_access access = atomic_load(&session->access);

    if ((method->flags & WEH_METHOD_WITHOUT_TOKEN) != 0) {
        return WEH_OK;
    }
    /* What it has been resumed with counts at once; the worker takes it with the next request. */
    (void)pthread_mutex_lock(&session->lock);
    if (session->has_new_rights) {
        access = session->new_rights.access;
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (expires_ms != 0 && weh_clock_wall_ms() >= expires_ms) {
        return weh_fail(diag, WEH_E_TOKEN_EXPIRED,
                        "the token has ended; send another with session.renewToken");
    }
    /* Rights to single iModels give none over the server. */
    if (method->access > access) {
        return weh_fail(diag, WEH_E_DENIED, "%s needs the scope weh:admin", method->name);
    }
    return WEH_OK;
}

void session_tell_time(struct weh_session *session, const char *name, const char *key,
                       int64_t wall_ms)
{
    char time[WEH_TIME_TEXT_SIZE];
    struct weh_writer writer;
    struct weh_buf buf;

    weh_time_print(wall_ms, time);
    weh_buf_init(&buf, 0);
    session_own_begin(session, &writer, &buf);
    weh_call_begin(&writer, NULL, weh_str_from(name));
    weh_sink_map_begin(writer.sink, 1);
    weh_sink_key(writer.sink, key);
    weh_sink_text(writer.sink, time);
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    session_send_own(session, SENDER_CHANNEL, &buf);
}

void weh_session_check_expiry(struct weh_session *session, int64_t now_ms)
{
    const int64_t grace_ms = session->host->options.config->auth_expiry_grace_s * 1000;
    const int64_t expires_ms = atomic_load(&session->expires_ms);

    if (expires_ms == 0 || now_ms < expires_ms - WARN_MS) {
        return;
    }
    if (now_ms >= expires_ms && now_ms - expires_ms >= grace_ms) {
        weh_session_end(session, WEH_CLOSE_TOKEN_EXPIRED);
    } else if (session->told_expires_ms != expires_ms) {
        session->told_expires_ms = expires_ms;
        session_tell_time(session, "session.onTokenExpiring", "expires", expires_ms);
    }
}
