/* tests/fuzz/fuzz_ipc.c - fuzz target: a text frame and binary ones as a message of a stock frontend.
 *
 * The first NUL ends the text, each further one begins another binary frame.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/ipc.h"

#include "fuzz.h"

#define MUST(condition)                        \
    do {                                       \
        if (!(condition)) {                    \
            abort(); /* what libFuzzer sees */ \
        }                                      \
    } while (0)

#define MAX_PARTS 4

static const struct weh_codec_limits limits = { 32, 2000 };

/* @data as the network delivers it, in a block of just that size: parts begin behind NULs, which no JSON
 * has. */
static uint8_t *make_block(const uint8_t *data, size_t size, size_t *len)
{
    uint32_t lengths[MAX_PARTS] = { 0 };
    uint32_t n_parts = 0;
    uint8_t *block = malloc(size + WEH_IPC_TRAILER_BYTES(MAX_PARTS));
    uint8_t *exact;

    MUST(block != NULL);
    *len = 0;
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\0' && n_parts < MAX_PARTS) {
            n_parts++;
            continue;
        }
        block[(*len)++] = data[i];
        if (n_parts > 0) {
            lengths[n_parts - 1]++;
        }
    }
    memcpy(block + *len, lengths, n_parts * sizeof(uint32_t));
    memcpy(block + *len + n_parts * sizeof(uint32_t), &n_parts, sizeof(n_parts));
    *len += WEH_IPC_TRAILER_BYTES(n_parts);
    exact = realloc(block, *len);
    MUST(exact != NULL);
    return exact;
}

static bool lies_within(struct weh_str view, const uint8_t *block, size_t len)
{
    const uint8_t *start = (const uint8_t *)view.ptr;

    return view.len == 0 || (start >= block && start + view.len <= block + len);
}

/* Any answer to it is a pair that the other side can read. */
static void check_answer(const struct weh_envelope *envelope, const struct weh_value *params,
                         const struct weh_diag *diag)
{
    struct weh_ipc_parts parts;
    struct weh_writer writer;
    struct weh_buf buf;
    struct weh_str text;
    uint32_t n;

    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, WEH_CODEC_IPC, &buf);
    weh_ipc_answers(&writer, envelope);
    if (params != NULL) {
        weh_reply_begin(&writer, &envelope->id);
        weh_sink_value(writer.sink, params);
        weh_reply_end(&writer);
    } else {
        weh_error_write(&writer, &envelope->id, diag, NULL);
    }
    MUST(buf.err == WEH_OK);
    weh_ipc_set_sequence(buf.data, 9007199254740991U);
    MUST(weh_ipc_split((struct weh_str){ (const char *)buf.data, buf.len }, &text, &parts));
    MUST(weh_ipc_count_parts(text, &n) && n == parts.n);
    /* A Response is what clients do not send: all of it was read when that is found. */
    MUST(weh_ipc_read(buf.data, buf.len, &(struct weh_codec_limits){ 64, UINT32_MAX },
                      &(struct weh_envelope){ .has_id = false }, NULL) == WEH_E_INVALID_REQUEST);
    weh_buf_fini(&buf);
}

static void check(uint8_t *block, size_t len)
{
    struct weh_diag diag = { .err = WEH_OK };
    struct weh_envelope envelope;
    struct weh_arena arena;
    struct weh_value params;
    weh_err err = weh_ipc_read(block, len, &limits, &envelope, &diag);

    if (err != WEH_OK) {
        MUST(err == WEH_E_PARSE || err == WEH_E_INVALID_REQUEST || err == WEH_E_LIMIT);
        MUST(diag.err == err);
        return;
    }
    MUST(lies_within(envelope.scope, block, len) || weh_str_eq_text(envelope.scope, "rpc"));
    MUST(lies_within(envelope.channel, block, len));
    MUST(lies_within(envelope.method, block, len));
    MUST(lies_within(envelope.version, block, len));
    MUST(lies_within(envelope.params, block, len));
    MUST(!envelope.has_id || envelope.id.as.integer > 0);
    weh_arena_init(&arena, 0);
    err = weh_ipc_params_decode(&envelope, &limits, &arena, &params, &diag);
    MUST(err == WEH_OK || (err == WEH_E_BAD_ARGS && diag.err == err));
    check_answer(&envelope, err == WEH_OK ? &params : NULL, &diag);
    weh_arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct weh_ipc_parts parts;
    struct weh_str text;
    uint8_t *block;
    size_t len;

    /* As a block that nobody has made: lengths that do not fit. */
    (void)weh_ipc_split((struct weh_str){ (const char *)data, size }, &text, &parts);
    block = make_block(data, size, &len);
    check(block, len);
    free(block);
    return 0;
}
