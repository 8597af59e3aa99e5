/* src/session/claim_session.c - claims and sessions: what a session has open is kept, and opened again for
 * its client after a restart.
 *
 * Opening is a request like any other, which the server makes in the client's name: rights, limits, the
 * audit log and the recovery of unsaved edits are those of briefcase.open. It waits in the mailbox before
 * all that the client can send.
 */
#include <stdio.h>

#include "weh/alloc.h"
#include "weh/claim.h"
#include "weh/id.h"

#include "call_priv.h"

/* ---- kept ---- */

void weh_session_put_claim(struct weh_session *session, struct weh_claim *claim)
{
    const struct weh_host_options *host = &session->host->options;
    struct weh_log_who who = session_who(session);
    struct weh_diag diag = { .err = WEH_OK };
    bool is_resumable;

    (void)snprintf(claim->session_id, sizeof(claim->session_id), "%s", session->name);
    (void)snprintf(claim->user, sizeof(claim->user), "%s", session->user);
    claim->previous[0] = '\0';
    (void)pthread_mutex_lock(&session->lock);
    is_resumable = session->is_resumable;
    weh_hex_print(session->token, sizeof(session->token), claim->token);
    if (session->has_previous) {
        weh_hex_print(session->previous, sizeof(session->previous), claim->previous);
    }
    (void)pthread_mutex_unlock(&session->lock);
    if (host->claims == NULL || !is_resumable || host->config->session_linger_s == 0) {
        return;
    }
    if (weh_claims_put(host->claims, claim, &diag) != WEH_OK) {
        weh_log(host->log, WEH_LOG_WARN, &who, "claim.failed",
                WEH_F_TEXT("error", weh_err_info(diag.err)->name),
                WEH_F_TEXT("detail", diag.detail));
    }
}

void weh_session_drop_claim(struct weh_session *session)
{
    struct weh_claims *claims = session->host->options.claims;

    if (claims != NULL) {
        weh_claims_drop(claims, session->name);
    }
}

/* ---- followed ---- */

bool claim_take(struct weh_session *session, const struct weh_resume *from, struct weh_claim *out)
{
    struct weh_claims *claims = session->host->options.claims;

    /* A session of stock frontends could not open what the claim tells: it stays for one that can. */
    return claims != NULL && !session->is_ipc &&
           weh_claims_take(claims, from->session_id, from->token, session->user, out);
}

static void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

weh_err claim_follow(struct weh_session *session, const struct weh_claim *claim,
                     struct weh_diag *diag)
{
    const struct weh_log_who who = { session->name, NULL };
    struct weh_writer writer;
    struct weh_buf buf;

    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, session->codec, &buf);
    weh_call_begin(&writer, NULL, WEH_STR("briefcase.open"));
    weh_sink_map_begin(writer.sink, 3);
    put_text(writer.sink, claim->is_checkout ? "briefcase" : "imodel", claim->name);
    put_text(writer.sink, "mode", claim->readonly ? "readonly" : "readwrite");
    put_text(writer.sink, "unsaved", claim->readonly ? "ask" : "restore");
    weh_sink_map_end(writer.sink);
    weh_call_end(&writer);
    weh_log(session->host->options.log, WEH_LOG_INFO, &who, "session.led_back",
            WEH_F_TEXT("from", claim->session_id),
            WEH_F_TEXT(claim->is_checkout ? "briefcase" : "imodel", claim->name));
    return session_order(session, &buf, diag);
}
