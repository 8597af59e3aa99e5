/* tests/unit/wire/test_writer.c - what is written, and that it reads back, in both encodings. */
#include <math.h>

#include "fake_alloc.h"
#include "value_tools.h"
#include "wire_fixture.h"

static const enum weh_codec codecs[] = { WEH_CODEC_JSON, WEH_CODEC_MSGPACK };

static void test_writer_random_values_read_back_equal(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = UINT64_C(0x20260614);
    struct weh_arena arena;
    struct weh_value back;

    weh_arena_init(&arena, 0);
    for (int i = 0; i < 400; i++) {
        enum weh_codec codec = codecs[i % 2];
        /* JSON writes binary values as strings: another test's business. */
        struct weh_value value = value_invent(&arena, &seed, 4, codec == WEH_CODEC_MSGPACK);

        start_writing(f, codec);
        weh_sink_value(f->writer.sink, &value);
        assert_int_equal(weh_message_decode(codec, written(f), &roomy, &arena, &back, &f->diag),
                         WEH_OK);
        assert_true(value_equal(&value, &back));
        weh_arena_reset(&arena);
    }
    weh_arena_fini(&arena);
}

static void write_call(struct weh_writer *writer, const struct weh_value *id)
{
    weh_call_begin(writer, id, WEH_STR("a.b"));
    weh_sink_map_begin(writer->sink, WEH_SINK_UNKNOWN);
    weh_sink_key(writer->sink, "x");
    weh_sink_int(writer->sink, 1);
    weh_sink_map_end(writer->sink);
    weh_call_end(writer);
}

static void write_reply(struct weh_writer *writer, const struct weh_value *id)
{
    weh_reply_begin(writer, id);
    weh_sink_array_begin(writer->sink, 2);
    weh_sink_bool(writer->sink, true);
    weh_sink_null(writer->sink);
    weh_sink_array_end(writer->sink);
    weh_reply_end(writer);
}

static const struct weh_value id_seven = { .type = WEH_VALUE_INT, .as.integer = 7 };
static const struct weh_value id_text = { .type = WEH_VALUE_STRING, .n = 2, .as.string = "id" };

static void test_writer_json_messages_have_the_shape_of_json_rpc(void **state)
{
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_JSON);
    write_reply(&f->writer, &id_seven);
    assert_true(
        weh_str_eq_text(written(f), "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[true,null]}"));
    start_writing(f, WEH_CODEC_JSON);
    write_call(&f->writer, &id_text);
    assert_true(weh_str_eq_text(
        written(f), "{\"jsonrpc\":\"2.0\",\"id\":\"id\",\"method\":\"a.b\",\"params\":{\"x\":1}}"));
    start_writing(f, WEH_CODEC_JSON);
    write_call(&f->writer, NULL);
    assert_true(weh_str_eq_text(written(f),
                                "{\"jsonrpc\":\"2.0\",\"method\":\"a.b\",\"params\":{\"x\":1}}"));
}

static void test_writer_msgpack_messages_have_the_shape_of_msgpack_rpc(void **state)
{
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_MSGPACK);
    write_reply(&f->writer, &id_seven);
    assert_true(weh_str_eq(written(f), WEH_STR("\x94\x01\x07\xc0\x92\xc3\xc0")));
    start_writing(f, WEH_CODEC_MSGPACK);
    write_call(&f->writer, &id_text);
    assert_true(weh_str_eq(written(f), WEH_STR("\x94\x00\xa2id\xa3"
                                               "a.b\xdf\0\0\0\x01\xa1x\x01")));
    start_writing(f, WEH_CODEC_MSGPACK);
    write_call(&f->writer, NULL);
    assert_true(weh_str_eq(written(f), WEH_STR("\x93\x02\xa3"
                                               "a.b\xdf\0\0\0\x01\xa1x\x01")));
}

static void test_writer_error_carries_code_message_and_data(void **state)
{
    struct fixture *f = *state;
    struct weh_diag diag = { 0 };

    (void)weh_fail_where(&diag, WEH_E_MISSING_ID, "props.\"x\"", "no element %s", "0x1");
    weh_diag_detail(&diag, "secret");
    start_writing(f, WEH_CODEC_JSON);
    weh_error_write(&f->writer, &id_seven, &diag, NULL);
    assert_true(weh_str_eq_text(
        written(f),
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1014,\"message\":\"no element 0x1\","
        "\"data\":{\"name\":\"MissingId\",\"iTwin\":65569,\"where\":\"props.\\\"x\\\"\"}}}"));

    diag = (struct weh_diag){ .err = WEH_E_PARSE };
    start_writing(f, WEH_CODEC_JSON);
    weh_error_write(&f->writer, NULL, &diag, NULL);
    assert_true(weh_str_eq_text(
        written(f),
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":"
        "\"the message is not valid JSON or MessagePack\",\"data\":{\"name\":\"ParseError\"}}}"));

    diag.itwin = 5;
    start_writing(f, WEH_CODEC_MSGPACK);
    weh_error_write(&f->writer, NULL, &diag, NULL);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    assert_string_equal(
        as_json(f, &f->value),
        "[1,null,{\"code\":-32700,\"message\":\"the message is not valid JSON or MessagePack\","
        "\"data\":{\"name\":\"ParseError\",\"iTwin\":5}},null]");
}

static void test_writer_request_is_read_back_by_the_envelope(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(codecs); i++) {
        start_writing(f, codecs[i]);
        write_call(&f->writer, &id_seven);
        assert_int_equal(read_call(f, codecs[i], written(f)), WEH_OK);
        assert_true(f->envelope.has_id);
        assert_true(value_equal(&f->envelope.id, &id_seven));
        assert_true(weh_str_eq_text(f->envelope.method, "a.b"));
        assert_int_equal(f->value.n, 1);
    }
}

static void test_writer_containers_of_unknown_size_nest_and_get_their_counts(void **state)
{
    struct fixture *f = *state;
    struct weh_sink *sink;

    start_writing(f, WEH_CODEC_MSGPACK);
    sink = f->writer.sink;
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (int i = 0; i < 300; i++) {
        weh_sink_map_begin(sink, i % 2 == 0 ? WEH_SINK_UNKNOWN : 2);
        weh_sink_key(sink, "a");
        weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
        weh_sink_array_end(sink);
        weh_sink_key(sink, "b");
        weh_sink_map_begin(sink, 0);
        weh_sink_map_end(sink);
        weh_sink_map_end(sink);
    }
    weh_sink_array_end(sink);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    assert_int_equal(f->value.n, 300);
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(f->value.as.items[i].n, 2);
        assert_int_equal(weh_value_get(&f->value.as.items[i], "a")->type, WEH_VALUE_ARRAY);
        assert_int_equal(weh_value_get(&f->value.as.items[i], "b")->type, WEH_VALUE_MAP);
    }
}

static void test_writer_msgpack_replaces_bytes_that_are_not_utf8(void **state)
{
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_MSGPACK);
    weh_sink_text(f->writer.sink, "a\xff\xc3\xa9\xc3");
    assert_true(weh_str_eq(written(f), WEH_STR("\xa9"
                                               "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd")));
}

static void test_writer_msgpack_writes_nan_as_nil(void **state)
{
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_MSGPACK);
    weh_sink_array_begin(f->writer.sink, 2);
    weh_sink_real(f->writer.sink, (double)NAN);
    weh_sink_real(f->writer.sink, -(double)INFINITY);
    weh_sink_array_end(f->writer.sink);
    assert_true(weh_str_eq(written(f), WEH_STR("\x92\xc0\xc0")));
}

static void test_writer_too_deep_is_an_error_and_no_overrun(void **state)
{
    struct fixture *f = *state;

    for (uint32_t depth = 63; depth < 200; depth += 1 + depth / 66 * 50) {
        start_writing(f, WEH_CODEC_MSGPACK);
        for (uint32_t i = 0; i < depth; i++) {
            weh_sink_map_begin(f->writer.sink, WEH_SINK_UNKNOWN);
            weh_sink_key(f->writer.sink, "k");
        }
        weh_sink_null(f->writer.sink);
        for (uint32_t i = 0; i < depth; i++) {
            weh_sink_map_end(f->writer.sink);
        }
        assert_int_equal(f->buf.err, depth > WEH_WRITER_MAX_DEPTH ? WEH_E_TOO_LARGE : WEH_OK);
    }
}

static void test_writer_keeps_to_the_limit_of_its_buffer(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(codecs); i++) {
        size_t whole;

        start_writing(f, codecs[i]);
        write_call(&f->writer, &id_text);
        whole = written(f).len;
        for (size_t limit = 1; limit <= whole; limit++) {
            struct weh_buf buf;
            struct weh_writer writer;

            weh_buf_init(&buf, limit);
            weh_writer_init(&writer, codecs[i], &buf);
            write_call(&writer, &id_text);
            assert_true(buf.len <= limit);
            assert_int_equal(buf.err, limit < whole ? WEH_E_TOO_LARGE : WEH_OK);
            weh_buf_fini(&buf);
        }
    }
}

/* A long reply while the @nth allocation fails: how the writer's buffer ended. */
static weh_err write_with_failure(enum weh_codec codec, unsigned nth)
{
    struct weh_buf buf;
    struct weh_writer writer;
    weh_err err;

    weh_buf_init(&buf, 0);
    weh_writer_init(&writer, codec, &buf);
    fake_alloc_fail_at(nth);
    weh_reply_begin(&writer, &id_text);
    weh_sink_array_begin(writer.sink, WEH_SINK_UNKNOWN);
    for (int n = 0; n < 1000; n++) {
        weh_sink_text(writer.sink, "text");
    }
    weh_sink_array_end(writer.sink);
    weh_reply_end(&writer);
    fake_alloc_reset();
    err = buf.err;
    weh_buf_fini(&buf);
    return err;
}

static void test_writer_survives_any_failed_allocation(void **state)
{
    size_t live = fake_alloc_live();

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(codecs); i++) {
        weh_err err = WEH_E_NOMEM;
        unsigned nth = 0;

        while (err == WEH_E_NOMEM) {
            err = write_with_failure(codecs[i], ++nth);
            assert_int_equal(fake_alloc_live(), live);
        }
        assert_int_equal(err, WEH_OK);
        assert_true(nth > 2);
    }
}

static weh_err read_incoming(struct fixture *f, enum weh_codec codec, struct weh_str bytes,
                             struct weh_incoming *out)
{
    assert_int_equal(decode(f, codec, bytes), WEH_OK);
    return weh_incoming_read(codec, &f->value, out, &f->diag);
}

static void test_incoming_messages_of_a_server_are_sorted(void **state)
{
    struct fixture *f = *state;
    struct weh_diag diag = { .err = WEH_E_BUSY };
    struct weh_incoming incoming;

    for (size_t i = 0; i < WEH_ARRAY_LEN(codecs); i++) {
        start_writing(f, codecs[i]);
        write_reply(&f->writer, &id_text);
        assert_int_equal(read_incoming(f, codecs[i], written(f), &incoming), WEH_OK);
        assert_int_equal(incoming.kind, WEH_INCOMING_RESULT);
        assert_true(value_equal(&incoming.id, &id_text));
        assert_int_equal(incoming.value.n, 2);

        start_writing(f, codecs[i]);
        weh_error_write(&f->writer, NULL, &diag, NULL);
        assert_int_equal(read_incoming(f, codecs[i], written(f), &incoming), WEH_OK);
        assert_int_equal(incoming.kind, WEH_INCOMING_ERROR);
        assert_int_equal(incoming.id.type, WEH_VALUE_NULL);
        assert_int_equal(weh_value_get(&incoming.value, "code")->as.integer, 1003);

        start_writing(f, codecs[i]);
        write_call(&f->writer, NULL);
        assert_int_equal(read_incoming(f, codecs[i], written(f), &incoming), WEH_OK);
        assert_int_equal(incoming.kind, WEH_INCOMING_NOTIFICATION);
        assert_true(weh_str_eq_text(incoming.method, "a.b"));
        assert_int_equal(incoming.value.type, WEH_VALUE_MAP);
    }
    /* A null result is a result. */
    assert_int_equal(read_incoming(f, WEH_CODEC_JSON,
                                   WEH_STR("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}"),
                                   &incoming),
                     WEH_OK);
    assert_int_equal(incoming.kind, WEH_INCOMING_RESULT);
}

static void test_incoming_that_no_server_sends_is_a_parse_error(void **state)
{
    static const struct {
        enum weh_codec codec;
        struct weh_str bytes;
    } rows[] = {
        { WEH_CODEC_JSON, BYTES("[]") },
        { WEH_CODEC_JSON, BYTES("1") },
        { WEH_CODEC_JSON, BYTES("{}") },
        { WEH_CODEC_JSON, BYTES("{\"id\":1,\"result\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"1.0\",\"id\":1,\"result\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"result\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1,\"error\":{}}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":true,\"result\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"method\":1}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":7}") },
        { WEH_CODEC_MSGPACK, BYTES("\x80") },
        { WEH_CODEC_MSGPACK, BYTES("\x90") },
        { WEH_CODEC_MSGPACK, BYTES("\x91\x01") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\x80") },
        { WEH_CODEC_MSGPACK, BYTES("\x93\x01\x01\xc0") },
        { WEH_CODEC_MSGPACK, BYTES("\x95\x01\x01\xc0\xc0\xc0") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x01\xc3\xc0\xc0") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x01\x01\xa1x\xc0") },
        { WEH_CODEC_MSGPACK, BYTES("\x93\x02\x01\x80") },
        { WEH_CODEC_MSGPACK, BYTES("\x93\x02\xa1m\x07") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x02\xa1m\x80\x80") },
    };
    struct fixture *f = *state;
    struct weh_incoming incoming;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(read_incoming(f, rows[i].codec, rows[i].bytes, &incoming), WEH_E_PARSE);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_writer_random_values_read_back_equal),
        TEST(test_writer_json_messages_have_the_shape_of_json_rpc),
        TEST(test_writer_msgpack_messages_have_the_shape_of_msgpack_rpc),
        TEST(test_writer_error_carries_code_message_and_data),
        TEST(test_writer_request_is_read_back_by_the_envelope),
        TEST(test_writer_containers_of_unknown_size_nest_and_get_their_counts),
        TEST(test_writer_msgpack_replaces_bytes_that_are_not_utf8),
        TEST(test_writer_msgpack_writes_nan_as_nil),
        TEST(test_writer_too_deep_is_an_error_and_no_overrun),
        TEST(test_writer_keeps_to_the_limit_of_its_buffer),
        TEST(test_writer_survives_any_failed_allocation),
        TEST(test_incoming_messages_of_a_server_are_sorted),
        TEST(test_incoming_that_no_server_sends_is_a_parse_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
