/* tools/weh/soak/soak_check.c - what comes in: whose it is, what it answers, what it tells. */
#include <stdio.h>
#include <string.h>

#include "soak.h"

#define SHOWN 300

static int shown(struct weh_str raw)
{
    return (int)(raw.len < SHOWN ? raw.len : SHOWN);
}

/* No text of another session anywhere in the bytes as they came. */
static bool is_own(const struct soak_session *session, struct weh_str raw)
{
    const char *at = raw.ptr;
    size_t rest = raw.len;
    char own[16];
    size_t n = (size_t)snprintf(own, sizeof(own), SOAK_MARKER "%04u-", session->number);

    while (rest > 0 && (at = memmem(at, rest, SOAK_MARKER, strlen(SOAK_MARKER))) != NULL) {
        rest = raw.len - (size_t)(at - raw.ptr);
        if ((rest < n || memcmp(at, own, n) != 0) &&
            (rest < strlen(SOAK_BASE) || memcmp(at, SOAK_BASE, strlen(SOAK_BASE)) != 0)) {
            return false;
        }
        at += strlen(SOAK_MARKER);
        rest -= strlen(SOAK_MARKER);
    }
    return true;
}

bool soak_check_message(struct soak_session *session, struct weh_str raw, struct soak_message *out)
{
    static const struct weh_codec_limits limits = { .max_depth = 32, .max_values = 1000000 };
    struct weh_arena *arena = &session->soak->arena;
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_value value;
    weh_err err;

    weh_arena_reset(arena);
    *out = (struct soak_message){ .raw = raw };
    err = weh_message_decode(session->codec, raw, &limits, arena, &value, &diag);
    if (err == WEH_OK) {
        err = weh_incoming_read(session->codec, &value, &out->incoming, &diag);
    }
    if (err != WEH_OK) {
        return soak_session_fail(session, SOAK_FAULT_PROTOCOL, "a message that is none: %s: %.*s",
                                 diag.text, shown(raw), raw.ptr);
    }
    return is_own(session, raw) ||
           soak_session_fail(session, SOAK_FAULT_FOREIGN, "a text of another session: %.*s",
                             shown(raw), raw.ptr);
}

/* ---- notifications ---- */

static char letter_of(struct weh_str method)
{
    static const struct {
        const char *method;
        char letter;
    } letters[] = {
        { "txns.onCommit", 'c' },         { "txns.onElementsChanged", 'e' },
        { "txns.onCommitted", 'C' },      { "txns.onBeforeUndoRedo", 'b' },
        { "txns.onChangesApplied", 'a' }, { "txns.onAfterUndoRedo", 'z' },
        { "session.onProgress", ' ' },
    };

    for (size_t i = 0; i < WEH_ARRAY_LEN(letters); i++) {
        if (weh_str_eq_text(method, letters[i].method)) {
            return letters[i].letter;
        }
    }
    return '?';
}

static bool hear_changes(struct soak_heard *heard, const struct weh_value *params)
{
    struct soak_set *set;

    if (heard->n_steps == SOAK_TXNS_MAX) {
        return false;
    }
    set = &heard->steps[heard->n_steps].set;
    *set = (struct soak_set){ 0, 0 };
    heard->steps[heard->n_steps++].txn_id = soak_read_id(weh_value_get(params, "txnId"));
    return soak_read_id_set(weh_value_get(params, "inserted"), SOAK_INSERTED, set) &&
           soak_read_id_set(weh_value_get(params, "updated"), SOAK_UPDATED, set) &&
           soak_read_id_set(weh_value_get(params, "deleted"), SOAK_DELETED, set);
}

void soak_check_notification(struct soak_session *session, const struct soak_message *message)
{
    struct soak_heard *heard = &session->heard;
    char letter = letter_of(message->incoming.method);

    if (letter == ' ') {
        return; /* a long request: nobody can say whether one is */
    }
    if (letter == '?' || heard->n + 1 >= sizeof(heard->letters) ||
        (letter == 'e' && !hear_changes(heard, &message->incoming.value))) {
        (void)soak_session_fail(session, SOAK_FAULT_NOTIFICATION,
                                "an unexpected notification: %.*s", shown(message->raw),
                                message->raw.ptr);
        return;
    }
    heard->letters[heard->n++] = letter;
    heard->letters[heard->n] = '\0';
}

/* ---- replies ---- */

/* A server with too much to do may refuse what begins something, and says when to come again. */
static bool is_put_off(struct soak_session *session, const struct soak_pending *pending,
                       const struct soak_message *message)
{
    const struct weh_value *data = weh_value_get(&message->incoming.value, "data");
    int64_t retry_s = 0;

    if ((pending->kind != SOAK_OPEN && pending->kind != SOAK_CHECKOUT) ||
        !soak_is_error(message, "Busy") ||
        !weh_value_to_int64(weh_value_get(data, "retryAfter"), &retry_s) || retry_s <= 0) {
        return false;
    }
    session->soak->n_put_off++;
    session->retry_s = (uint32_t)(retry_s < 60 ? retry_s : 60);
    return true;
}

void soak_check_reply(struct soak_session *session, const struct soak_message *message)
{
    const struct soak_pending *pending = &session->window[session->n_answered];
    const struct soak_kind_info *info = NULL;
    int64_t id = 0;

    if (session->n_answered == session->n_window ||
        !weh_value_to_int64(&message->incoming.id, &id) || (uint64_t)id != pending->id) {
        (void)soak_session_fail(session, SOAK_FAULT_REPLY, "a reply that was not the next: %.*s",
                                shown(message->raw), message->raw.ptr);
        return;
    }
    info = soak_kind_info(pending->kind);
    if ((info->flags & SOAK_TELLS) == 0 && session->heard.n > 0) {
        (void)soak_session_fail(session, SOAK_FAULT_NOTIFICATION,
                                "%s (%s) caused notifications: %s", info->method, info->name,
                                session->heard.letters);
        return;
    }
    if (is_put_off(session, pending, message)) {
        session->n_answered++;
        return;
    }
    if (!info->check(session, pending, message)) {
        (void)soak_session_fail(
            session,
            message->incoming.kind == WEH_INCOMING_ERROR ? SOAK_FAULT_ERROR : SOAK_FAULT_REPLY,
            "a wrong reply to %s (%s), after the notifications \"%s\": %.*s", info->method,
            info->name, session->heard.n == 0 ? "" : session->heard.letters, shown(message->raw),
            message->raw.ptr);
        return;
    }
    if (!session->was_lost) {
        soak_histogram_add(&session->soak->latency[pending->kind],
                           soak_now_ns() - pending->sent_ns);
    }
    session->heard.n = 0;
    session->heard.letters[0] = '\0';
    session->heard.n_steps = 0;
    session->n_answered++;
}
