/* tests/scenario/isolation/iso_session.c - one session: what it sends and what it may get.
 */
#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/sink.h"

#include "iso.h"

/* splitmix64: the same numbers on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15U);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static bool fail(struct iso_session *session)
{
    session->failed = true;
    return false;
}

void iso_label(uint32_t session, uint64_t seed, char out[48])
{
    (void)snprintf(out, 48, ISO_MARKER_FORMAT "%016llx", session, (unsigned long long)seed);
}

void iso_name(uint32_t number, char out[24])
{
    (void)snprintf(out, 24, "session-%04u", number);
}

/* The payload of the ping with @seed, mostly short, now and then long. Returns its length. */
static size_t ping_text(uint32_t number, uint64_t seed, char *out)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/";
    uint64_t state = seed;
    size_t n = next_random(&state) % (seed % 64 == 0 ? ISO_TEXT_MAX : 200);
    int start = snprintf(out, 16, ISO_MARKER_FORMAT, number);
    size_t end = (size_t)start + n;

    for (size_t i = (size_t)start; i < end; i++) {
        out[i] = digits[next_random(&state) % 64];
    }
    return end;
}

static void put_text(struct weh_sink *sink, const char *key, const char *text)
{
    weh_sink_key(sink, key);
    weh_sink_text(sink, text);
}

static void put_insert(struct weh_sink *sink, const char *label)
{
    weh_sink_map_begin(sink, 1);
    weh_sink_key(sink, "props");
    weh_sink_map_begin(sink, 5);
    put_text(sink, "classFullName", "BisCore:Subject");
    put_text(sink, "model", "0x1");
    weh_sink_key(sink, "code");
    weh_sink_map_begin(sink, 3);
    put_text(sink, "spec", "0x1");
    put_text(sink, "scope", "0x1");
    put_text(sink, "value", "");
    weh_sink_map_end(sink);
    weh_sink_key(sink, "parent");
    weh_sink_map_begin(sink, 2);
    put_text(sink, "id", "0x1");
    put_text(sink, "relClassName", "BisCore:SubjectOwnsSubjects");
    weh_sink_map_end(sink);
    put_text(sink, "userLabel", label);
    weh_sink_map_end(sink);
    weh_sink_map_end(sink);
}

static uint64_t element_id(const struct iso_session *session, uint32_t element)
{
    return ISO_FIRST_ID(session->number) + 1 + element;
}

/* What comes next; changes the model as the server will. */
static struct iso_pending plan(struct iso_session *session)
{
    struct iso_pending pending = { .kind = ISO_PING, .seed = next_random(&session->random) };
    uint64_t dice = next_random(&session->random) % 100;
    bool dirty = session->n_settled < session->n_elements;

    if (session->undo_next || (dice >= 98 && !dirty && session->n_txns > 0)) {
        session->undo_next = false;
        pending.kind = ISO_UNDO;
        pending.txn = session->txns[--session->n_txns];
        for (uint32_t i = pending.txn.first; i < pending.txn.end; i++) {
            session->elements[i].live = false;
        }
    } else if (dice >= 94) {
        pending.kind = ISO_SAVE;
        pending.txn = (struct iso_txn){ session->n_settled, session->n_elements };
        if (dirty) {
            session->txns[session->n_txns++] = pending.txn;
        }
        session->n_settled = session->n_elements;
        session->undo_next = dice >= 98 && session->n_txns > 0;
    } else if (dice >= 70) {
        pending.kind = ISO_INSERT;
        pending.element = session->n_elements++;
        session->elements[pending.element] = (struct iso_element){ pending.seed, true };
    } else if (dice >= 40 && session->n_known > 0) {
        pending.kind = ISO_GET;
        pending.element = (uint32_t)(pending.seed % session->n_known);
        pending.expect_live = session->elements[pending.element].live;
    }
    return pending;
}

static void write_request(struct iso_session *session, const struct iso_pending *pending)
{
    static const char *const methods[] = { "session.ping", "elements.getElementProps",
                                           "elements.insertElement", "txns.saveChanges",
                                           "txns.reverseTxns" };
    struct weh_sink *sink = weh_rpc_client_begin(session->rpc, methods[pending->kind]);
    char label[48];
    size_t n;

    switch (pending->kind) {
    case ISO_PING:
        n = ping_text(session->number, pending->seed, session->text);
        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "data");
        weh_sink_str(sink, (struct weh_str){ session->text, n });
        weh_sink_map_end(sink);
        break;
    case ISO_GET:
        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "id");
        weh_sink_id(sink, element_id(session, pending->element));
        weh_sink_map_end(sink);
        break;
    case ISO_INSERT:
        iso_label(session->number, pending->seed, label);
        put_insert(sink, label);
        break;
    case ISO_SAVE:
    case ISO_UNDO:
    case ISO_KINDS:
        weh_sink_map_begin(sink, 0);
        weh_sink_map_end(sink);
        break;
    }
}

bool iso_session_send(struct iso_session *session)
{
    session->n_window = 0;
    session->n_answered = 0;
    while (!session->failed && session->n_left > 0 && session->n_window < ISO_WINDOW) {
        struct iso_pending *pending = &session->window[session->n_window];

        *pending = plan(session);
        write_request(session, pending);
        if (weh_rpc_client_send(session->rpc, &pending->id, &session->diag) != WEH_OK) {
            return fail(session);
        }
        session->n_window++;
        session->n_left--;
    }
    return !session->failed && session->n_window > 0;
}

static bool is_text(const struct weh_value *value, const char *text)
{
    return value != NULL && value->type == WEH_VALUE_STRING &&
           weh_str_eq_text(weh_value_str(value), text);
}

static bool is_id(const struct weh_value *value, uint64_t id)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "0x%llx", (unsigned long long)id);
    return is_text(value, text);
}

/* No text of another session anywhere in the bytes as they came. */
static bool check_raw(struct iso_session *session, struct weh_str raw)
{
    const char *at = raw.ptr;
    size_t rest = raw.len;
    char own[16];
    size_t n = (size_t)snprintf(own, sizeof(own), ISO_MARKER_FORMAT, session->number);

    while ((at = memmem(at, rest, ISO_MARKER, strlen(ISO_MARKER))) != NULL) {
        rest = raw.len - (size_t)(at - raw.ptr);
        if (rest < n || memcmp(at, own, n) != 0) {
            weh_fail(&session->diag, WEH_E_STATE, "a text of another session: %.*s",
                     (int)(rest < 40 ? rest : 40), at);
            return fail(session);
        }
        at += n;
        rest -= n;
    }
    return true;
}

/* The ids of a transaction as iTwin.js' compressed set: they follow each other. */
static void txn_ids(const struct iso_session *session, struct iso_txn txn, char out[64])
{
    unsigned long long first = element_id(session, txn.first);
    unsigned n = txn.end - txn.first;

    if (n == 1) {
        (void)snprintf(out, 64, "+%llX", first);
    } else if (n == 2) {
        (void)snprintf(out, 64, "+%llX+1", first);
    } else {
        (void)snprintf(out, 64, "+%llX+1*%X", first, n - 1);
    }
}

static const char *const save_notifications[] = { "txns.onCommit", "txns.onElementsChanged",
                                                  "txns.onCommitted" };
static const char *const undo_notifications[] = { "txns.onBeforeUndoRedo", "txns.onElementsChanged",
                                                  "txns.onChangesApplied", "txns.onAfterUndoRedo" };

static uint32_t expected_notifications(const struct iso_pending *pending)
{
    bool changes = pending->txn.end > pending->txn.first;

    if (!changes) {
        return 0;
    }
    if (pending->kind == ISO_SAVE) {
        return WEH_ARRAY_LEN(save_notifications);
    }
    return pending->kind == ISO_UNDO ? WEH_ARRAY_LEN(undo_notifications) : 0;
}

/* Exactly the ids of @pending's transaction, and nothing else changed. */
static bool check_changes(struct iso_session *session, struct iso_pending *pending,
                          const struct weh_value *params)
{
    bool is_save = pending->kind == ISO_SAVE;
    const struct weh_value *txn_id = weh_value_get(params, "txnId");
    char ids[64];

    txn_ids(session, pending->txn, ids);
    if (txn_id != NULL && txn_id->type == WEH_VALUE_STRING) {
        (void)snprintf(pending->txn_id, sizeof(pending->txn_id), "%.*s",
                       WEH_STR_ARGS(weh_value_str(txn_id)));
    }
    return is_text(weh_value_get(params, "cause"), is_save ? "save" : "undo") &&
           is_text(weh_value_get(params, is_save ? "inserted" : "deleted"), ids) &&
           weh_value_get(params, is_save ? "deleted" : "inserted") == NULL &&
           weh_value_get(params, "updated") == NULL;
}

static void on_notification(void *ctx, const struct weh_rpc_message *message)
{
    struct iso_session *session = ctx;
    struct iso_pending *pending = &session->window[session->n_answered];
    const char *const *names = pending->kind == ISO_SAVE ? save_notifications : undo_notifications;
    uint32_t step = pending->n_notified;

    if (session->failed || !check_raw(session, message->raw) ||
        weh_str_eq_text(message->incoming.method, "session.onProgress")) {
        return; /* a machine that is busy tells of its progress */
    }
    pending->n_notified++;
    if (step >= expected_notifications(pending) ||
        !weh_str_eq_text(message->incoming.method, names[step])) {
        weh_fail(&session->diag, WEH_E_STATE, "notification %u of request %llu is %.*s", step,
                 (unsigned long long)pending->id, WEH_STR_ARGS(message->incoming.method));
        session->failed = true;
    } else if (step == 1 && !check_changes(session, pending, &message->incoming.value)) {
        weh_fail(&session->diag, WEH_E_STATE, "wrong changes in a notification: %.*s",
                 (int)(message->raw.len < 200 ? message->raw.len : 200), message->raw.ptr);
        session->failed = true;
    }
}

static bool check_element(const struct iso_session *session, const struct iso_pending *pending,
                          const struct weh_value *props)
{
    char label[48];

    iso_label(session->number, session->elements[pending->element].seed, label);
    return is_id(weh_value_get(props, "id"), element_id(session, pending->element)) &&
           is_text(weh_value_get(props, "userLabel"), label);
}

/* True when @message is what must answer @pending. */
static bool check_reply(struct iso_session *session, const struct iso_pending *pending,
                        const struct weh_rpc_message *message)
{
    const struct weh_value *value = &message->incoming.value;
    bool is_result = message->incoming.kind == WEH_INCOMING_RESULT;
    const struct weh_value *item;
    bool saved = false;
    size_t n;

    switch (pending->kind) {
    case ISO_PING:
        n = ping_text(session->number, pending->seed, session->text);
        item = weh_value_get(value, "data");
        return is_result && item != NULL && item->type == WEH_VALUE_STRING &&
               weh_str_eq(weh_value_str(item), (struct weh_str){ session->text, n });
    case ISO_GET:
        return pending->expect_live
                   ? is_result && check_element(session, pending, value)
                   : !is_result && weh_str_eq_text(weh_rpc_error_name(message), "NotFound");
    case ISO_INSERT:
        session->n_known = pending->element + 1;
        return is_result &&
               is_id(weh_value_get(value, "id"), element_id(session, pending->element));
    case ISO_SAVE:
        return is_result && weh_value_to_bool(weh_value_get(value, "saved"), &saved) &&
               saved == (pending->txn.end > pending->txn.first) &&
               (!saved || is_text(weh_value_get(value, "txnId"), pending->txn_id));
    case ISO_UNDO:
        item = weh_value_get(value, "reversed");
        return is_result && item != NULL && item->type == WEH_VALUE_ARRAY && item->n == 1 &&
               is_text(&item->as.items[0], pending->txn_id);
    case ISO_KINDS:
        break;
    }
    return false;
}

bool iso_session_receive(struct iso_session *session)
{
    while (!session->failed && session->n_answered < session->n_window) {
        struct iso_pending *pending = &session->window[session->n_answered];
        struct weh_rpc_message message;

        if (weh_rpc_client_await(session->rpc, pending->id, &message, &session->diag) != WEH_OK) {
            return fail(session);
        }
        if (session->failed || !check_raw(session, message.raw)) {
            return false;
        }
        if (pending->n_notified != expected_notifications(pending)) {
            weh_fail(&session->diag, WEH_E_STATE,
                     "%u notifications before the reply to %llu, of kind %d: %.*s",
                     pending->n_notified, (unsigned long long)pending->id, (int)pending->kind,
                     (int)(message.raw.len < 150 ? message.raw.len : 150), message.raw.ptr);
            return fail(session);
        }
        if (!check_reply(session, pending, &message)) {
            weh_fail(&session->diag, WEH_E_STATE, "wrong reply to request %llu of kind %d: %.*s",
                     (unsigned long long)pending->id, (int)pending->kind,
                     (int)(message.raw.len < 150 ? message.raw.len : 150), message.raw.ptr);
            return fail(session);
        }
        session->counts[pending->kind]++;
        session->n_answered++;
    }
    session->n_window = 0;
    return !session->failed;
}

static bool demand(struct iso_session *session)
{
    struct weh_rpc_message message;

    return weh_rpc_client_demand(session->rpc, &message, &session->diag) == WEH_OK || fail(session);
}

bool iso_session_open(struct iso_session *session, const struct weh_rpc_options *options,
                      uint32_t n_messages)
{
    struct weh_sink *sink;
    char name[24];

    session->n_left = n_messages;
    session->elements = weh_calloc((size_t)n_messages + 1, sizeof(*session->elements));
    session->txns = weh_calloc((size_t)n_messages + 1, sizeof(*session->txns));
    if (session->elements == NULL || session->txns == NULL) {
        weh_fail_nomem(&session->diag);
        return fail(session);
    }
    if (weh_rpc_client_open(options, &session->rpc, &session->diag) != WEH_OK) {
        return fail(session);
    }
    iso_name(session->number, name);
    sink = weh_rpc_client_begin(session->rpc, "briefcase.open");
    weh_sink_map_begin(sink, 1);
    put_text(sink, "imodel", name);
    weh_sink_map_end(sink);
    if (!demand(session)) {
        return false;
    }
    weh_rpc_client_on_notification(session->rpc, on_notification, session);
    return true;
}

bool iso_session_end(struct iso_session *session)
{
    bool saves = session->number % 2 == 0;
    struct weh_sink *sink;

    weh_rpc_client_on_notification(session->rpc, NULL, NULL);
    sink = weh_rpc_client_begin(session->rpc, "briefcase.close");
    weh_sink_map_begin(sink, 1);
    put_text(sink, "unsaved", saves ? "save" : "abandon");
    weh_sink_map_end(sink);
    if (!demand(session)) {
        return false;
    }
    for (uint32_t i = session->n_settled; !saves && i < session->n_elements; i++) {
        session->elements[i].live = false;
    }
    sink = weh_rpc_client_begin(session->rpc, "session.close");
    weh_sink_map_begin(sink, 0);
    weh_sink_map_end(sink);
    if (!demand(session)) {
        return false;
    }
    /* Now, so that the server need not wait for the answer to its close frame. */
    weh_rpc_client_close(session->rpc);
    session->rpc = NULL;
    return true;
}

void iso_session_fini(struct iso_session *session)
{
    weh_rpc_client_close(session->rpc);
    session->rpc = NULL;
    weh_free(session->elements);
    session->elements = NULL;
    weh_free(session->txns);
    session->txns = NULL;
}
