/* src/rpc/channels.c - the open channels of a workspace, and in which channel a model is.
 *
 * As with the stock backend it is the model that counts, and one that was found in an open channel is not looked
 * up again until a channel is closed.
 */
#include "channels.h"

#include <stdio.h>
#include <string.h>

#include "weh/alloc.h"
#include "weh/aspect.h"
#include "weh/value_sink.h"

#include "rpc_priv.h"

#define SHARED     "shared"
#define ROOT_CLASS "BisCore:ChannelRootAspect"

#define ROOT_SUBJECT 1

/* Channels of a page that are open at a time. */
#define MAX_OPEN 32
/* Models that are known to be in an open channel. */
#define N_KNOWN 64
/* Elements from a model up to the root; a damaged file may have a ring of them. */
#define MAX_LEVELS 1000

struct channels {
    bool is_shared_closed;
    char keys[MAX_OPEN][CHANNELS_MAX_KEY + 1];
    size_t n;
    weh_id known[N_KNOWN];
};

void channels_destroy(struct channels *channels)
{
    weh_free(channels);
}

/* Those of the workspace; NULL when there is no memory for them. */
static struct channels *get(struct weh_call *call)
{
    struct workspace *workspace = call_workspace(call);

    if (workspace->channels == NULL) {
        workspace->channels = weh_calloc(1, sizeof(*workspace->channels));
    }
    return workspace->channels;
}

/* Where @key stands among the open ones; their number when it does not. */
static size_t find(const struct channels *channels, struct weh_str key)
{
    size_t i = 0;

    while (i < channels->n && !weh_str_eq_text(key, channels->keys[i])) {
        i++;
    }
    return i;
}

weh_err channels_allow(struct weh_call *call, struct weh_str key, struct weh_diag *diag)
{
    struct channels *channels = get(call);

    if (channels == NULL) {
        return weh_fail_nomem(diag);
    }
    if (weh_str_eq_text(key, SHARED)) {
        channels->is_shared_closed = false;
        return WEH_OK;
    }
    if (find(channels, key) < channels->n) {
        return WEH_OK;
    }
    if (channels->n == MAX_OPEN) {
        return weh_fail_where(diag, WEH_E_LIMIT, "channelKey", "%d channels are open already",
                              MAX_OPEN);
    }
    weh_assert(key.len <= CHANNELS_MAX_KEY);
    memcpy(channels->keys[channels->n], key.ptr, key.len);
    channels->keys[channels->n++][key.len] = '\0';
    return WEH_OK;
}

weh_err channels_forbid(struct weh_call *call, struct weh_str key, struct weh_diag *diag)
{
    struct channels *channels = get(call);
    size_t at;

    if (channels == NULL) {
        return weh_fail_nomem(diag);
    }
    memset(channels->known, 0, sizeof(channels->known));
    at = find(channels, key);
    if (weh_str_eq_text(key, SHARED)) {
        channels->is_shared_closed = true;
    } else if (at < channels->n) {
        channels->n--;
        memmove(channels->keys[at], channels->keys[at + 1],
                (channels->n - at) * sizeof(channels->keys[0]));
    }
    return WEH_OK;
}

/* The owner of the ChannelRootAspect of @element; empty when it has none. */
static weh_err read_owner(struct weh_call *call, weh_id element, struct weh_str *out,
                          struct weh_diag *diag)
{
    const struct weh_value *owner;
    struct weh_value_sink sink;
    struct weh_value aspects;
    weh_err err;

    weh_value_sink_init(&sink, call->arena);
    err = weh_aspects_get_props(call_workspace(call)->bis, element, WEH_STR(ROOT_CLASS), &sink.sink,
                                diag);
    if (err == WEH_E_BAD_ARGS) {
        return WEH_OK; /* BisCore before 1.0.10 has no such class */
    }
    if (err == WEH_OK) {
        err = weh_value_sink_take(&sink, &aspects, diag);
    }
    if (err != WEH_OK || aspects.n == 0) {
        return err;
    }
    owner = weh_value_get(&aspects.as.items[0], "owner");
    if (owner != NULL && owner->type == WEH_VALUE_STRING) {
        *out = weh_value_str(owner);
    }
    return WEH_OK;
}

/* The key of the channel that @element is in. */
static weh_err channel_of(struct weh_call *call, weh_id element, struct weh_str *out,
                          struct weh_diag *diag)
{
    struct weh_element_place place;
    bool found = true;
    weh_err err = WEH_OK;

    *out = WEH_STR("");
    for (unsigned i = 0; i < MAX_LEVELS && element != ROOT_SUBJECT; i++) {
        err = read_owner(call, element, out, diag);
        if (err != WEH_OK || out->len > 0) {
            return err;
        }
        err = weh_element_get_place(call_workspace(call)->bis, element, &place, &found, diag);
        if (err != WEH_OK || !found) {
            break;
        }
        element = place.parent != 0 ? place.parent : place.model;
    }
    *out = WEH_STR(SHARED);
    return err;
}

static bool is_open(const struct channels *channels, struct weh_str key)
{
    return weh_str_eq_text(key, SHARED) ? !channels->is_shared_closed
                                        : find(channels, key) < channels->n;
}

static weh_err refuse(struct weh_str key, struct weh_diag *diag)
{
    /* Longer than what is told of it, so that it is cut there, between characters. */
    char text[sizeof(diag->text)];
    weh_err err;

    (void)snprintf(text, sizeof(text), "%.*s", WEH_STR_ARGS(key));
    err = weh_fail_where(diag, WEH_E_DENIED, text, "Channel %s is not allowed", text);
    if (diag != NULL) {
        diag->itwin_error = WEH_ITWIN_CHANNEL;
    }
    return err;
}

weh_err channels_check_model(struct weh_call *call, weh_id model, struct weh_diag *diag)
{
    struct channels *channels = get(call);
    struct weh_str key;
    weh_err err;

    if (channels == NULL) {
        return weh_fail_nomem(diag);
    }
    if (model == 0 || channels->known[model % N_KNOWN] == model) {
        return WEH_OK;
    }
    err = channel_of(call, model, &key, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (!is_open(channels, key)) {
        return refuse(key, diag);
    }
    channels->known[model % N_KNOWN] = model;
    return WEH_OK;
}

weh_err channels_check_element(struct weh_call *call, weh_id element, struct weh_diag *diag)
{
    struct weh_element_place place = { 0, 0 };
    bool found = false;
    weh_err err = weh_element_get_place(call_workspace(call)->bis, element, &place, &found, diag);

    return err == WEH_OK && found ? channels_check_model(call, place.model, diag) : err;
}
