/* src/wire/ipc_msgpack.c - what stock frontends say, in MessagePack-RPC.
 *
 * The message is inside the params of "ipc.invoke" and "ipc.send", which the scan of the envelope has let pass: here its
 * members are found, and its arguments are left for later.
 */
#include "weh/ipc.h"

#include "wire_priv.h"

#define INVOKE "ipc.invoke"
#define SEND   "ipc.send"

enum member {
    MEMBER_CHANNEL,
    MEMBER_ARGS,
    MEMBER_METHOD,
    MEMBER_COUNT
};

/* The last one is not of "ipc.send". */
static const char *const names[MEMBER_COUNT] = { "channel", "args", "method" };

static const char *const context_names[] = { "id" };

/* Which members are wanted of a map, and what they are; ptr NULL: not there. */
struct wanted {
    const char *const *names;
    struct weh_str *values;
    size_t n;
    bool has_others; /* found some that are not wanted */
};

/* The container @bytes, a value that has passed a scan already: @scan before its first item. False when it is
 * none of @kind. */
static bool go_into(struct weh_str bytes, enum weh_mp_kind kind, struct weh_mp_scan *scan,
                    uint64_t *n)
{
    static const struct weh_codec_limits roomy = { WEH_MSGPACK_MAX_DEPTH, UINT32_MAX };
    struct weh_mp_head head;

    weh_mp_scan_init(scan, bytes, &roomy);
    if (bytes.len == 0 || weh_mp_scan_head(scan, &head, NULL) != WEH_OK || head.kind != kind) {
        return false;
    }
    scan->at += head.head_size;
    *n = head.n;
    return true;
}

static void sort_in(struct wanted *wanted, struct weh_str key, struct weh_str value)
{
    struct weh_str name;

    for (size_t i = 0; i < wanted->n && weh_mp_read_string(key, &name); i++) {
        if (weh_str_eq_text(name, wanted->names[i])) {
            wanted->values[i] = value;
            return;
        }
    }
    wanted->has_others = true;
}

static bool look_into(struct weh_str bytes, struct wanted *wanted)
{
    struct weh_mp_scan scan;
    uint64_t n = 0;

    if (!go_into(bytes, WEH_MP_MAP, &scan, &n)) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        struct weh_str key;
        struct weh_str value;

        if (weh_mp_take(&scan, &key, NULL) != WEH_OK ||
            weh_mp_take(&scan, &value, NULL) != WEH_OK) {
            return false;
        }
        sort_in(wanted, key, value);
    }
    return true;
}

static struct weh_str first_item(struct weh_str array)
{
    struct weh_mp_scan scan;
    struct weh_str item = { "", 0 };
    uint64_t n = 0;

    if (!go_into(array, WEH_MP_ARRAY, &scan, &n) || n == 0 ||
        weh_mp_take(&scan, &item, NULL) != WEH_OK) {
        return (struct weh_str){ "", 0 };
    }
    return item;
}

/* Empty when it is no string. */
static struct weh_str text_of(struct weh_str bytes)
{
    struct weh_str text;

    return bytes.len > 0 && weh_mp_read_string(bytes, &text) ? text : (struct weh_str){ "", 0 };
}

/* What is missing is no method of ours. */
static void read_rpc(struct weh_envelope *out)
{
    struct weh_str members[RPC_MEMBER_COUNT] = { { NULL, 0 } };
    struct weh_str definition[DEFINITION_MEMBER_COUNT] = { { NULL, 0 } };
    struct wanted wanted = { weh_ipc_rpc_names, members, RPC_MEMBER_COUNT, false };
    struct wanted wanted_of_it = { weh_ipc_definition_names, definition, DEFINITION_MEMBER_COUNT,
                                   false };
    struct weh_str activity = { NULL, 0 };
    struct wanted wanted_of_context = { context_names, &activity, 1, false };

    (void)!look_into(first_item(out->params), &wanted);
    (void)!look_into(members[RPC_DEFINITION], &wanted_of_it);
    (void)!look_into(members[RPC_CONTEXT], &wanted_of_context);
    out->activity = text_of(activity);
    out->scope = text_of(definition[DEFINITION_NAME]);
    out->version = text_of(definition[DEFINITION_VERSION]);
    out->method = text_of(members[RPC_OPERATION]);
    out->params = members[RPC_PARAMETERS];
    weh_ipc_sort_control(out);
}

weh_err weh_ipc_unwrap(struct weh_envelope *envelope, struct weh_diag *diag)
{
    const bool is_invoke = weh_str_eq_text(envelope->method, INVOKE);
    struct weh_str members[MEMBER_COUNT] = { { NULL, 0 } };
    struct wanted wanted = { names, members, is_invoke ? MEMBER_COUNT : MEMBER_METHOD, false };
    struct weh_str channel;
    struct weh_str method;

    if (!is_invoke && !weh_str_eq_text(envelope->method, SEND)) {
        return WEH_OK;
    }
    if (!look_into(envelope->params, &wanted) || wanted.has_others) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "params",
                              is_invoke ? "params must be {channel, method, args}"
                                        : "params must be {channel, args}");
    }
    channel = text_of(members[MEMBER_CHANNEL]);
    method = text_of(members[MEMBER_METHOD]);
    if (channel.len == 0 || (is_invoke && method.len == 0)) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, channel.len == 0 ? "channel" : "method",
                              "channel and method must be strings");
    }
    envelope->channel = channel;
    envelope->method = method;
    envelope->params = members[MEMBER_ARGS];
    weh_ipc_sort_channel(envelope);
    if (weh_ipc_is_rpc_request(envelope)) {
        read_rpc(envelope);
    }
    return WEH_OK;
}

weh_err weh_ipc_packed_decode(const struct weh_envelope *envelope,
                              const struct weh_codec_limits *limits, struct weh_arena *arena,
                              struct weh_value *out, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *out = (struct weh_value){ .type = WEH_VALUE_NULL };
    if (envelope->params.len > 0) {
        err = weh_mp_decode(envelope->params, limits, arena, out, diag);
    }
    if (err == WEH_OK && out->type == WEH_VALUE_NULL) {
        *out = (struct weh_value){ .type = WEH_VALUE_ARRAY };
    }
    if (err == WEH_OK && out->type != WEH_VALUE_ARRAY) {
        err = weh_fail_where(diag, WEH_E_BAD_ARGS, "args", "arguments must be an array, not %s",
                             weh_value_type_name(out));
    }
    return err;
}
