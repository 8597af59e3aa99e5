/* include/weh/ipc.h - the wire of stock iTwin.js frontends: what of it is unlike the other encodings.
 *
 * A message is one text frame, the JSON array [S, n], and n binary frames right behind it. S is a
 * string that holds the JSON text of the message object, in which {"ipc":"binary","type":T,"index":I}
 * stands for the I-th binary frame (@itwin/core-common, IpcWebSocket). Between the network and a
 * session such a message is one block of bytes: the text, the parts, the length of each part
 * (uint32_t, in the machine's order), the number of parts (uint32_t).
 */
#ifndef WEH_IPC_H
#define WEH_IPC_H

#include "weh/codec.h"

/** Binary frames of one message that a client may send. */
#define WEH_IPC_MAX_PARTS 4096

/** Bytes that a block of @n parts has behind the last one. */
#define WEH_IPC_TRAILER_BYTES(n) (((size_t)(n) + 1) * sizeof(uint32_t))

/** How many binary frames follow the text frame @text: read from its end, the rest is not looked at.
 * False when it does not end as such a text does, or when they are more than WEH_IPC_MAX_PARTS. */
bool weh_ipc_count_parts(struct weh_str text, uint32_t *out);

/**
 * Cut a block into text and parts.
 *
 * False when the lengths in it do not fit.
 */
bool weh_ipc_split(struct weh_str block, struct weh_str *text, struct weh_ipc_parts *parts);

/** The length of the @i-th of @parts. */
uint32_t weh_ipc_part_length(const struct weh_ipc_parts *parts, uint32_t i);

/**
 * Check a whole message against @limits and find its envelope, as weh_envelope_read does for the
 * other encodings. Depth counts from data on. The text is unescaped in place: @block is changed.
 *
 * Invoke is a request with the id `request` (an INT), or one that nobody waits for when that is missing
 * or 0; Send is a notification, whose method is empty. Members of the object may come in any order,
 * unknown ones are left alone.
 *
 * WEH_E_PARSE, WEH_E_INVALID_REQUEST (also a type that clients do not send), WEH_E_LIMIT. There is no
 * answering such a message: the connection has to end.
 */
WEH_MUST_CHECK weh_err weh_ipc_read(uint8_t *block, size_t len,
                                    const struct weh_codec_limits *limits, struct weh_envelope *out,
                                    struct weh_diag *diag);

/**
 * Decode the params of an envelope from weh_ipc_read (same @limits): an array, empty when they are
 * absent. What stands for a part is a BINARY value, a view into the block.
 *
 * WEH_E_BAD_ARGS when they are no array, when a part is named that is not there, or when its length is
 * none of its kind's; and those of weh_params_decode.
 */
WEH_MUST_CHECK weh_err weh_ipc_params_decode(const struct weh_envelope *envelope,
                                             const struct weh_codec_limits *limits,
                                             struct weh_arena *arena, struct weh_value *out,
                                             struct weh_diag *diag);

/**
 * The same messages in MessagePack-RPC: "ipc.invoke" {channel, method, args} and "ipc.send" {channel, args}. Binary values
 * stand where they are: bin, or ext of the type that the view has in IPC. Make @envelope, which weh_envelope_read has found in
 * MessagePack, that of what is inside; one with another method stays as it is.
 *
 * WEH_E_BAD_ARGS when a member is missing, of a wrong kind, or unknown. @envelope's id stays in any case.
 */
WEH_MUST_CHECK weh_err weh_ipc_unwrap(struct weh_envelope *envelope, struct weh_diag *diag);

/** Decode the params of an envelope from weh_ipc_unwrap. As weh_ipc_params_decode. */
WEH_MUST_CHECK weh_err weh_ipc_packed_decode(const struct weh_envelope *envelope,
                                             const struct weh_codec_limits *limits,
                                             struct weh_arena *arena, struct weh_value *out,
                                             struct weh_diag *diag);

/** Whom the answer is for: to be called before weh_reply_begin or weh_error_write. @envelope is kept. */
void weh_ipc_answers(struct weh_writer *writer, const struct weh_envelope *envelope);

/** What the error is about that weh_error_write is to write: to be called after weh_ipc_answers. @subject is kept. */
void weh_ipc_error_about(struct weh_writer *writer, const struct weh_edit_subject *subject);

/** Forget what was written since weh_reply_begin, be it half a value: another one can be written. A failure of
 * the buffer stays. */
void weh_ipc_reply_restart(struct weh_writer *writer);
/** Bytes of text since weh_reply_begin, as they are before they become a string of the pair. */
size_t weh_ipc_reply_length(const struct weh_writer *writer);
/** Write binary values as "encoding=base64;...", the way iTwin.js has them in rows (@as_text), or as parts. */
void weh_ipc_binary_as_text(struct weh_writer *writer, bool as_text);

/** A Push on the channel of @key in @family ("txns"): begin, write arguments one after the other,
 * end. @method, the first argument, may be NULL: there is none. @is_old: names as iTwin.js 4.0 has
 * them. */
void weh_ipc_push_begin(struct weh_writer *writer, const char *family, struct weh_str key,
                        const char *method, bool is_old);
void weh_ipc_push_end(struct weh_writer *writer);

/** Number the message in the block @block that a writer has made. The numbers of a connection begin with
 * 0. */
void weh_ipc_set_sequence(uint8_t *block, uint64_t sequence);

#endif
