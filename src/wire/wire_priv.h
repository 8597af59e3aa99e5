/* src/wire/wire_priv.h - what the files of the wire share.
 *
 * The scan of MessagePack lives here because both the envelope and the values need it; nothing else
 * may look at foreign MessagePack bytes before it has.
 */
#ifndef WEH_WIRE_PRIV_H
#define WEH_WIRE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weh/codec.h"

/** A scan over MessagePack that checks structure, lengths and limits; it allocates nothing. */
struct weh_mp_scan {
    const uint8_t *start;
    const uint8_t *at;
    const uint8_t *end;
    uint32_t max_depth;
    uint32_t max_values;
    uint32_t n_values; /* seen so far, keys included */
    size_t zone_bytes; /* what msgpack-c will take from its zone for the values seen */
};

enum weh_mp_kind {
    WEH_MP_OTHER,
    WEH_MP_STRING,
    WEH_MP_ARRAY,
    WEH_MP_MAP,
    WEH_MP_NEVER
};

/** The first bytes of a value. */
struct weh_mp_head {
    enum weh_mp_kind kind;
    size_t head_size; /* bytes in front of the payload */
    uint64_t n;       /* bytes of payload, items of an array, members of a map */
};

/** @bytes is kept as a view; depths above what msgpack-c can nest are cut to that. */
void weh_mp_scan_init(struct weh_mp_scan *scan, struct weh_str bytes,
                      const struct weh_codec_limits *limits);

/**
 * Look at the value under @scan without stepping over it.
 *
 * WEH_E_PARSE when it is cut off (payload included; of the values in a container there are at least
 * as many bytes left as they need) or begins with a byte that is no type.
 */
WEH_MUST_CHECK weh_err weh_mp_scan_head(const struct weh_mp_scan *scan, struct weh_mp_head *out,
                                        struct weh_diag *diag);

/**
 * Step over one whole value that stands inside @depth containers.
 *
 * WEH_E_PARSE, WEH_E_LIMIT.
 */
WEH_MUST_CHECK weh_err weh_mp_scan_value(struct weh_mp_scan *scan, uint32_t depth,
                                         struct weh_diag *diag);

/** The envelope of a MessagePack or JSON message; as weh_envelope_read. */
WEH_MUST_CHECK weh_err weh_mp_envelope_read(struct weh_str bytes,
                                            const struct weh_codec_limits *limits,
                                            struct weh_envelope *out, struct weh_diag *diag);
WEH_MUST_CHECK weh_err weh_json_envelope_read(struct weh_str bytes,
                                              const struct weh_codec_limits *limits,
                                              struct weh_envelope *out, struct weh_diag *diag);

/** Params in JSON that an envelope's scan has let pass, whatever they are. As weh_params_decode. */
WEH_MUST_CHECK weh_err weh_json_params_decode(struct weh_str params,
                                              const struct weh_codec_limits *limits,
                                              struct weh_arena *arena, struct weh_value *out,
                                              struct weh_diag *diag);

/* ipc_read.c; the same for both encodings of what stock frontends say. */

/* Members of a request of an RPC interface. */
enum {
    RPC_DEFINITION,
    RPC_OPERATION,
    RPC_PARAMETERS,
    RPC_CONTEXT,
    RPC_MEMBER_COUNT
};
extern const char *const weh_ipc_rpc_names[RPC_MEMBER_COUNT];

/* Members of its definition. */
enum {
    DEFINITION_NAME,
    DEFINITION_VERSION,
    DEFINITION_MEMBER_COUNT
};
extern const char *const weh_ipc_definition_names[DEFINITION_MEMBER_COUNT];

/** Find scope and spelling in the channel. */
void weh_ipc_sort_channel(struct weh_envelope *out);
/** Whether it asks for an operation of an RPC interface. */
bool weh_ipc_is_rpc_request(const struct weh_envelope *envelope);
/** Of an operation: that of iTwin.js' own control interface, which may have any name. */
void weh_ipc_sort_control(struct weh_envelope *out);

/* envelope_msgpack.c */

/** Step over one value inside a container and keep its bytes. WEH_E_PARSE, WEH_E_LIMIT. */
WEH_MUST_CHECK weh_err weh_mp_take(struct weh_mp_scan *scan, struct weh_str *out,
                                   struct weh_diag *diag);
/** The payload of the string @bytes, a whole value. False when it is no string or no UTF-8. */
bool weh_mp_read_string(struct weh_str bytes, struct weh_str *out);

/* ipc_write.c; for the doors in writer.c, whose comments tell of them. */

void weh_ipc_put_binary(struct weh_json_writer *json, enum weh_binary_view view, const void *bytes,
                        size_t n);
void weh_ipc_reply_begin(struct weh_writer *writer, const struct weh_value *id);
void weh_ipc_reply_end(struct weh_writer *writer);
void weh_ipc_error_write(struct weh_writer *writer, const struct weh_value *id,
                         const struct weh_diag *diag, const char *activity_id);

/** @bytes as one MessagePack value and nothing behind it; as weh_message_decode. */
WEH_MUST_CHECK weh_err weh_mp_decode(struct weh_str bytes, const struct weh_codec_limits *limits,
                                     struct weh_arena *arena, struct weh_value *out,
                                     struct weh_diag *diag);

/** Raise WEH_E_LIMIT when it is @arena's own limit that has no room for @size, else WEH_E_NOMEM. */
weh_err weh_wire_no_room(const struct weh_arena *arena, size_t size, struct weh_diag *diag);

/**
 * Find a key that stands twice among the @n @members, whatever a peer chose them to be, in
 * n log n steps. @arena holds what the sorting needs.
 *
 * @duplicate  such a member, NULL when there is none.
 *
 * WEH_E_NOMEM, WEH_E_LIMIT.
 */
WEH_MUST_CHECK weh_err weh_wire_find_duplicate(const struct weh_member *members, uint32_t n,
                                               struct weh_arena *arena,
                                               const struct weh_member **duplicate,
                                               struct weh_diag *diag);

/** The sink of MessagePack, for weh_writer_init. */
extern const struct weh_sink_ops weh_mp_sink_ops;

#endif
