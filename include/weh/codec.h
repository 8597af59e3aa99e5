/* include/weh/codec.h - messages as bytes: MessagePack-RPC, JSON-RPC 2.0, and what stock iTwin.js
 * frontends speak (weh/ipc.h has what is unlike in that).
 *
 * One message a WebSocket message, the same methods in the first two (PROTOCOL.md). Reading is in
 * two steps: the envelope is found by a scan that allocates nothing and bounds everything (service
 * thread), the params are decoded later (worker thread). Nothing here keeps state between messages.
 */
#ifndef WEH_CODEC_H
#define WEH_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/json.h"
#include "weh/sink.h"
#include "weh/value.h"

enum weh_codec {
    WEH_CODEC_JSON,
    WEH_CODEC_MSGPACK,
    WEH_CODEC_IPC
};

/** "json", "msgpack" or "ipc". Static. */
const char *weh_codec_name(enum weh_codec codec);

/** Messages are text frames (of IPC: with binary ones behind them). */
static inline bool weh_codec_is_text(enum weh_codec codec)
{
    return codec != WEH_CODEC_MSGPACK;
}

/** What a message may hold; longer ones are the transport's business. */
struct weh_codec_limits {
    uint32_t max_depth;  /* containers inside each other, params included; at most 64 */
    uint32_t max_values; /* values in all, keys included */
};

/** MessagePack nests no deeper, whatever the limits say (msgpack-c 4.0, MSGPACK_EMBED_STACK_SIZE). */
#define WEH_MSGPACK_MAX_DEPTH 32

#define WEH_REQUEST_ID_MAX  64  /* bytes of a string id */
#define WEH_METHOD_NAME_MAX 128 /* bytes of a method name */

/** What an edit was about: told with its error to stock frontends. */
struct weh_edit_subject {
    bool is_edit;                  /* false: nothing is known */
    const struct weh_value *props; /* what was to be inserted or updated, or NULL */
    uint64_t id;                   /* what was to be deleted, or 0 */
};

/** The binary frames of an IPC message, one behind the other. */
struct weh_ipc_parts {
    const uint8_t *bytes;
    const uint8_t *lengths; /* n times uint32_t, not aligned */
    uint32_t n;
};

/** The outside of a message; views into its bytes. */
struct weh_envelope {
    bool has_id;           /* false: a notification, which gets no reply */
    struct weh_value id;   /* INT, UINT or STRING of at most WEH_REQUEST_ID_MAX bytes */
    struct weh_str method; /* 1 to WEH_METHOD_NAME_MAX bytes; of IPC any number */
    struct weh_str params; /* the encoded params; empty when absent */

    /* Of messages of stock frontends only; empty for the others. */
    bool is_ipc;             /* it is one of them */
    struct weh_str scope;    /* whose method: a channel without its prefixes, or an RPC interface */
    struct weh_str channel;  /* as the message has it, escapes included */
    struct weh_str version;  /* of the RPC interface, as the client has it */
    bool is_rpc;             /* a call of an RPC interface */
    struct weh_str activity; /* the client's name of an RPC call; empty when it has escapes */
    bool is_old;             /* the channel is spelled as in iTwin.js 4.0 */
    int64_t sequence;        /* -1: none */
    struct weh_ipc_parts parts;
};

/**
 * Check the whole message @bytes against @limits and find its envelope. Allocates nothing.
 *
 * JSON: an object with "jsonrpc": "2.0", "method", optional "id" and "params"; other members are an
 * error, as are escapes in their names, the method and a string id. MessagePack: [0, id, method,
 * params] or [2, method, params]; params may be left out. null params are absent ones; whether they
 * are a map is asked when they are decoded, so that the error is the caller's BAD_ARGS.
 *
 * @out  on failure its id is set when it could be read (has_id), so that the error can name it.
 *
 * WEH_E_PARSE (not the encoding at all), WEH_E_INVALID_REQUEST, WEH_E_LIMIT.
 */
WEH_MUST_CHECK weh_err weh_envelope_read(enum weh_codec codec, struct weh_str bytes,
                                         const struct weh_codec_limits *limits,
                                         struct weh_envelope *out, struct weh_diag *diag);

/**
 * Decode @params of an envelope that weh_envelope_read accepted (same @limits).
 *
 * @out  a map (empty when params are absent or null). Views into @params or copies in @arena: both
 *       must outlive it. MessagePack: a whole float stays a REAL; ext -1 (timestamp) becomes an ISO
 *       8601 STRING; fixext1 type 0 (msgpackr's undefined) becomes NULL.
 *
 * WEH_E_PARSE, WEH_E_BAD_ARGS (not a map, duplicate key, other ext types, NaN or infinity, a key
 * that is no string or holds a NUL, bad UTF-8), WEH_E_LIMIT (also the arena's), WEH_E_NOMEM.
 *
 * The trees of jansson and msgpack-c come from malloc and are gone again on return: the first takes
 * up to about 150 bytes a value, the second at most 24 bytes a value in one piece.
 */
WEH_MUST_CHECK weh_err weh_params_decode(enum weh_codec codec, struct weh_str params,
                                         const struct weh_codec_limits *limits,
                                         struct weh_arena *arena, struct weh_value *out,
                                         struct weh_diag *diag);

/** Decode any message into a value (for clients and tests). Errors as weh_params_decode; what JSON
 * itself refuses (duplicate keys, say) is WEH_E_PARSE here. */
WEH_MUST_CHECK weh_err weh_message_decode(enum weh_codec codec, struct weh_str bytes,
                                          const struct weh_codec_limits *limits,
                                          struct weh_arena *arena, struct weh_value *out,
                                          struct weh_diag *diag);

#define WEH_WRITER_MAX_DEPTH 64

/** A sink that encodes onto the end of a buffer. MessagePack containers of unknown size get their
 * header when they end. */
struct weh_writer {
    enum weh_codec codec;
    struct weh_buf *buf;
    struct weh_sink *sink; /* write values here */
    struct weh_json_writer json;
    struct {
        struct weh_str channel; /* that is answered on, as it stands in JSON */
        bool is_rpc;
        bool is_packed;   /* in MessagePack (weh_ipc_unwrap) */
        size_t start;     /* of the message in buf */
        size_t key_at;    /* of the result's key */
        size_t result_at; /* of the result */
        uint32_t result_depth;
        const struct weh_edit_subject *subject; /* of an error; NULL: none */
        struct weh_buf parts;                   /* bytes of binary values, one behind the other */
        struct weh_buf lengths;                 /* of each, uint32_t */
    } ipc;
    struct {
        struct weh_sink sink;
        uint32_t depth;
        struct {
            size_t start;      /* offset of the container's header in buf */
            uint32_t count;    /* values so far; of maps the keys */
            uint32_t expected; /* what the header says, or WEH_SINK_UNKNOWN */
            bool map;
        } level[WEH_WRITER_MAX_DEPTH];
    } msgpack;
};

/**
 * Append to @buf (kept). All went well when @buf->err is WEH_OK at the end; containers deeper than
 * WEH_WRITER_MAX_DEPTH are WEH_E_TOO_LARGE. The writer must not move afterwards. A container that is
 * begun with a number of members or items must get as many.
 */
void weh_writer_init(struct weh_writer *writer, enum weh_codec codec, struct weh_buf *buf);

/** Free what a message that was begun and not ended has taken. Only IPC takes anything. */
void weh_writer_fini(struct weh_writer *writer);

/** A reply: begin, write exactly one value to @writer->sink, end. Of IPC it may be none. */
void weh_reply_begin(struct weh_writer *writer, const struct weh_value *id);
void weh_reply_end(struct weh_writer *writer);

/** A whole error reply {code, message, data:{name, iTwin?, where?, op?, activityId?}}, of IPC in the
 * form of iTwin.js. @id NULL when unknown (never of IPC), @activity_id NULL or "" when there is none. */
void weh_error_write(struct weh_writer *writer, const struct weh_value *id,
                     const struct weh_diag *diag, const char *activity_id);

/** A notification (or, with @id, a request: for clients): begin, write one map, end. Not of IPC. */
void weh_call_begin(struct weh_writer *writer, const struct weh_value *id, struct weh_str method);
void weh_call_end(struct weh_writer *writer);

/** What a client gets. */
enum weh_incoming_kind {
    WEH_INCOMING_RESULT,
    WEH_INCOMING_ERROR,
    WEH_INCOMING_NOTIFICATION
};

struct weh_incoming {
    enum weh_incoming_kind kind;
    struct weh_value id;    /* NULL type when the server could not tell, or a notification */
    struct weh_str method;  /* of a notification */
    struct weh_value value; /* result, error {code, message, data} or params */
};

/** Sort a decoded server message @message. WEH_E_PARSE when it is not one. Views into @message. */
WEH_MUST_CHECK weh_err weh_incoming_read(enum weh_codec codec, const struct weh_value *message,
                                         struct weh_incoming *out, struct weh_diag *diag);

#endif
