/* tests/unit/wire/wire_fixture.h - what the tests of the wire need each time. */
#ifndef WEH_WIRE_FIXTURE_H
#define WEH_WIRE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weh/codec.h"

/** A view of a literal with any bytes in it. */
#define BYTES(literal)               \
    {                                \
        literal, sizeof(literal) - 1 \
    }

static const struct weh_codec_limits roomy = { 32, 100000 };

struct fixture {
    struct weh_arena arena;
    struct weh_diag diag;
    struct weh_value value;
    struct weh_envelope envelope;
    struct weh_buf buf;
    struct weh_buf json; /* of as_json */
    struct weh_writer writer;
};

static inline int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    weh_arena_init(&f->arena, 0);
    weh_buf_init(&f->buf, 0);
    weh_buf_init(&f->json, 0);
    *state = f;
    return 0;
}

static inline int tear_down(void **state)
{
    struct fixture *f = *state;

    weh_arena_fini(&f->arena);
    weh_buf_fini(&f->buf);
    weh_buf_fini(&f->json);
    free(f);
    return 0;
}

/** The arena is empty before and holds f->value after. */
static inline weh_err decode(struct fixture *f, enum weh_codec codec, struct weh_str bytes)
{
    memset(&f->diag, 0, sizeof(f->diag));
    weh_arena_reset(&f->arena);
    return weh_message_decode(codec, bytes, &roomy, &f->arena, &f->value, &f->diag);
}

static inline weh_err read_envelope(struct fixture *f, enum weh_codec codec, struct weh_str bytes)
{
    memset(&f->diag, 0, sizeof(f->diag));
    return weh_envelope_read(codec, bytes, &roomy, &f->envelope, &f->diag);
}

/** Read the envelope and then the params of @bytes, as the server does. */
static inline weh_err read_call(struct fixture *f, enum weh_codec codec, struct weh_str bytes)
{
    weh_err err = read_envelope(f, codec, bytes);

    weh_arena_reset(&f->arena);
    if (err != WEH_OK) {
        return err;
    }
    return weh_params_decode(codec, f->envelope.params, &roomy, &f->arena, &f->value, &f->diag);
}

/** What f->writer has written, as a view. */
static inline struct weh_str written(const struct fixture *f)
{
    assert_int_equal(f->buf.err, WEH_OK);
    return (struct weh_str){ (const char *)f->buf.data, f->buf.len };
}

static inline void start_writing(struct fixture *f, enum weh_codec codec)
{
    weh_buf_clear(&f->buf);
    weh_writer_init(&f->writer, codec, &f->buf);
}

/** @value as JSON, NUL-terminated, good until the next call. */
static inline const char *as_json(struct fixture *f, const struct weh_value *value)
{
    struct weh_writer writer;

    weh_buf_clear(&f->json);
    weh_writer_init(&writer, WEH_CODEC_JSON, &f->json);
    weh_sink_value(writer.sink, value);
    weh_buf_byte(&f->json, '\0');
    assert_int_equal(f->json.err, WEH_OK);
    return (const char *)f->json.data;
}

#endif
