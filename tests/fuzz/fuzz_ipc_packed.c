/* tests/fuzz/fuzz_ipc_packed.c - fuzz target: any bytes as what a stock frontend says in MessagePack. */
#include <stdlib.h>

#include "weh/ipc.h"

#include "fuzz.h"

static void must(bool held)
{
    if (!held) {
        abort(); /* what libFuzzer sees */
    }
}

static const struct weh_codec_limits limits = { 32, 2000 };
/* An answer is deeper than what it repeats. */
static const struct weh_codec_limits answer_limits = { WEH_MSGPACK_MAX_DEPTH, UINT32_MAX };

static bool lies_within(struct weh_str view, struct weh_str bytes)
{
    return view.len == 0 || (view.ptr >= bytes.ptr && view.ptr + view.len <= bytes.ptr + bytes.len);
}

static void check_text(struct weh_str text, struct weh_str bytes)
{
    must(lies_within(text, bytes) || weh_str_eq_text(text, "rpc"));
    must(weh_str_is_utf8(text));
}

/* Any answer to it can be read by the other side: with the arguments as the result, or with the error. */
static void check_answer(const struct weh_envelope *envelope, const struct weh_value *args,
                         const struct weh_diag *diag)
{
    struct weh_arena arena;
    struct weh_writer writer;
    struct weh_value answer;
    struct weh_buf buf;

    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, WEH_CODEC_MSGPACK, &buf);
    weh_ipc_answers(&writer, envelope);
    if (args != NULL) {
        weh_reply_begin(&writer, &envelope->id);
        weh_sink_value(writer.sink, args);
        weh_reply_end(&writer);
    } else {
        weh_error_write(&writer, &envelope->id, diag, NULL);
    }
    must(buf.err == WEH_OK);
    must(weh_message_decode(WEH_CODEC_MSGPACK, (struct weh_str){ (const char *)buf.data, buf.len },
                            &answer_limits, &arena, &answer, NULL) == WEH_OK);
    must(answer.type == WEH_VALUE_ARRAY && answer.n == 4);
    weh_writer_fini(&writer);
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

static void check_args(const struct weh_envelope *envelope)
{
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_arena arena;
    struct weh_value args;
    weh_err err;

    weh_arena_init(&arena, 0);
    err = weh_ipc_packed_decode(envelope, &limits, &arena, &args, &diag);
    must(err == WEH_OK || (err == WEH_E_BAD_ARGS && diag.err == err));
    must(err != WEH_OK || args.type == WEH_VALUE_ARRAY);
    if (envelope->has_id) {
        check_answer(envelope, err == WEH_OK ? &args : NULL, &diag);
    }
    weh_arena_fini(&arena);
}

static void check_members(const struct weh_envelope *envelope, struct weh_str bytes)
{
    must(envelope->channel.len > 0);
    check_text(envelope->channel, bytes);
    check_text(envelope->scope, bytes);
    check_text(envelope->method, bytes);
    check_text(envelope->version, bytes);
    check_text(envelope->activity, bytes);
    must(lies_within(envelope->params, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct weh_str bytes = { (const char *)data, size };
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_envelope envelope;

    if (weh_envelope_read(WEH_CODEC_MSGPACK, bytes, &limits, &envelope, &diag) != WEH_OK) {
        return 0; /* fuzz_envelope_msgpack looks at these */
    }
    if (weh_ipc_unwrap(&envelope, &diag) != WEH_OK) {
        must(diag.err == WEH_E_BAD_ARGS && !envelope.is_ipc);
        if (envelope.has_id) {
            check_answer(&envelope, NULL, &diag);
        }
        return 0;
    }
    if (envelope.is_ipc) {
        check_members(&envelope, bytes);
        check_args(&envelope);
    }
    return 0;
}
