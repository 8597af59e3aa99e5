/* tests/fuzz/wire_check.c - what must hold for any bytes that the wire is given.. */
#include "wire_check.h"

#include "weh/compiler.h"

#include "value_tools.h"

static const struct weh_codec_limits limits = { 32, 20000 };

/* A tree takes at most 32 bytes a member, of which the message has two at least, 16 more for its
 * place in the sorting, and a JSON string is copied and rounded up. */
#define BYTES_PER_BYTE 64
#define BYTES_AT_LEAST 1024

/* A finding ends the process, as weh_assert does. */
#define MUST(condition) must(condition, #condition, __LINE__)

static void must(bool held, const char *condition, int line)
{
    if (!held) {
        weh_assert_failed(condition, __FILE__, line);
    }
}

static void encode(struct weh_buf *buf, enum weh_codec codec, const struct weh_value *value)
{
    struct weh_writer writer;

    weh_buf_init(buf, 0);
    weh_writer_init(&writer, codec, buf);
    weh_sink_value(writer.sink, value);
    MUST(buf->err == WEH_OK);
}

static struct weh_str bytes_of(const struct weh_buf *buf)
{
    return (struct weh_str){ (const char *)buf->data, buf->len };
}

/* A diag that goes to the client must be something that can be written. */
static void check_diag(weh_err err, const struct weh_diag *diag)
{
    MUST(diag->err == err);
    MUST(diag->text[0] != '\0');
    MUST(weh_str_is_utf8(weh_str_from(diag->text)));
    MUST(weh_str_is_utf8(weh_str_from(diag->where)));
}

static void check_round_trip(enum weh_codec codec, const struct weh_value *value)
{
    struct weh_arena arena;
    struct weh_value back;
    struct weh_diag diag;
    struct weh_buf buf;

    weh_arena_init(&arena, 0);
    encode(&buf, codec, value);
    MUST(weh_message_decode(codec, bytes_of(&buf), &limits, &arena, &back, &diag) == WEH_OK);
    MUST(value_equal(value, &back));
    weh_buf_fini(&buf);

    /* The other encoding says the same but for binary values, which JSON has as strings. */
    codec = codec == WEH_CODEC_JSON ? WEH_CODEC_MSGPACK : WEH_CODEC_JSON;
    encode(&buf, codec, value);
    MUST(weh_message_decode(codec, bytes_of(&buf), &limits, &arena, &back, &diag) == WEH_OK);
    MUST(codec == WEH_CODEC_JSON || value_equal(value, &back));
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

void wire_check_message(enum weh_codec codec, struct weh_str bytes)
{
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_arena arena;
    struct weh_value value;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_message_decode(codec, bytes, &limits, &arena, &value, &diag);
    MUST(arena.used_bytes <= bytes.len * BYTES_PER_BYTE + BYTES_AT_LEAST);
    if (err == WEH_OK) {
        check_round_trip(codec, &value);
    } else {
        MUST(err != WEH_E_NOMEM);
        check_diag(err, &diag);
    }
    weh_arena_fini(&arena);
}

static const struct weh_value *item(enum weh_codec codec, const struct weh_value *message,
                                    const char *key, uint32_t i)
{
    return codec == WEH_CODEC_JSON ? weh_value_get(message, key) : &message->as.items[i];
}

/* The decoder's view of a message that the envelope's scan has let pass. */
static void check_against_decoder(enum weh_codec codec, struct weh_str bytes,
                                  const struct weh_envelope *envelope)
{
    struct weh_arena arena;
    struct weh_value message;
    struct weh_diag diag;
    const struct weh_value *method;

    weh_arena_init(&arena, 0);
    if (weh_message_decode(codec, bytes, &limits, &arena, &message, &diag) == WEH_OK) {
        MUST(message.type == (codec == WEH_CODEC_JSON ? WEH_VALUE_MAP : WEH_VALUE_ARRAY));
        method = item(codec, &message, "method", envelope->has_id ? 2 : 1);
        MUST(method != NULL && method->type == WEH_VALUE_STRING);
        MUST(weh_str_eq(weh_value_str(method), envelope->method));
        MUST(!envelope->has_id || value_equal(item(codec, &message, "id", 1), &envelope->id));
    } else {
        /* Only the params may hold what the decoder refuses and the scan does not see. */
        struct weh_value params;

        MUST(weh_params_decode(codec, envelope->params, &limits, &arena, &params, &diag) ==
             WEH_E_BAD_ARGS);
    }
    weh_arena_fini(&arena);
}

static void check_error_reply(enum weh_codec codec, const struct weh_value *id,
                              const struct weh_diag *diag)
{
    struct weh_incoming incoming;
    struct weh_writer writer;
    struct weh_arena arena;
    struct weh_value reply;
    struct weh_buf buf;

    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, codec, &buf);
    weh_error_write(&writer, id, diag, NULL);
    MUST(weh_message_decode(codec, bytes_of(&buf), &limits, &arena, &reply, NULL) == WEH_OK);
    MUST(weh_incoming_read(codec, &reply, &incoming, NULL) == WEH_OK);
    MUST(incoming.kind == WEH_INCOMING_ERROR);
    MUST(id == NULL || value_equal(id, &incoming.id));
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

static void check_params(enum weh_codec codec, const struct weh_envelope *envelope)
{
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_arena arena;
    struct weh_value params;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_params_decode(codec, envelope->params, &limits, &arena, &params, &diag);
    MUST(arena.used_bytes <= envelope->params.len * BYTES_PER_BYTE + BYTES_AT_LEAST);
    if (err == WEH_OK) {
        MUST(params.type == WEH_VALUE_MAP);
        check_round_trip(codec, &params);
    } else {
        /* Whatever is malformed or too much, the envelope's scan has found it. */
        MUST(err == WEH_E_BAD_ARGS);
        check_diag(err, &diag);
        check_error_reply(codec, envelope->has_id ? &envelope->id : NULL, &diag);
    }
    weh_arena_fini(&arena);
}

void wire_check_envelope(enum weh_codec codec, struct weh_str bytes)
{
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_envelope envelope;
    weh_err err = weh_envelope_read(codec, bytes, &limits, &envelope, &diag);

    if (err != WEH_OK) {
        MUST(err == WEH_E_PARSE || err == WEH_E_INVALID_REQUEST || err == WEH_E_LIMIT);
        check_diag(err, &diag);
        check_error_reply(codec, envelope.has_id ? &envelope.id : NULL, &diag);
        return;
    }
    MUST(envelope.method.len > 0 && envelope.method.len <= WEH_METHOD_NAME_MAX);
    MUST(weh_str_is_utf8(envelope.method));
    check_against_decoder(codec, bytes, &envelope);
    check_params(codec, &envelope);
}
