/* tests/unit/wire/test_ipc_packed.c - what stock frontends say and are sent in MessagePack. */
#include "weh/ipc.h"

#include "fake_alloc.h"
#include "wire_fixture.h"

static const struct weh_value id_seven = { .type = WEH_VALUE_INT, .as.integer = 7 };

/* Read the message [0, 1, @method, @params]; @params is one value in MessagePack. */
static weh_err unwrap(struct fixture *f, const char *method, struct weh_str params)
{
    static uint8_t bytes[2048];
    const size_t n = strlen(method);
    size_t len = 0;
    weh_err err;

    assert_true(n < 32 && params.len + n + 4 < sizeof(bytes));
    bytes[len++] = 0x94;
    bytes[len++] = 0;
    bytes[len++] = 1;
    bytes[len++] = (uint8_t)(0xa0 | n);
    memcpy(bytes + len, method, n);
    memcpy(bytes + len + n, params.ptr, params.len);
    err = read_envelope(f, WEH_CODEC_MSGPACK,
                        (struct weh_str){ (const char *)bytes, len + n + params.len });
    return err == WEH_OK ? weh_ipc_unwrap(&f->envelope, &f->diag) : err;
}

static weh_err decode_args(struct fixture *f)
{
    weh_arena_reset(&f->arena);
    return weh_ipc_packed_decode(&f->envelope, &roomy, &f->arena, &f->value, &f->diag);
}

static void test_unwrap_invoke_finds_channel_method_and_arguments(void **state)
{
    struct fixture *f = *state;
    static const struct weh_str params = BYTES("\x83\xa7"
                                               "channel\xba"
                                               "itwin.itwinjs-core/ipc-app\xa6"
                                               "method\xa4open\xa4"
                                               "args\x92\x01\xc4\x02\xff\x00");

    assert_int_equal(unwrap(f, "ipc.invoke", params), WEH_OK);
    assert_true(f->envelope.is_ipc && f->envelope.has_id && !f->envelope.is_old);
    assert_true(weh_str_eq_text(f->envelope.scope, "ipc-app"));
    assert_true(weh_str_eq_text(f->envelope.method, "open"));
    assert_int_equal(decode_args(f), WEH_OK);
    assert_int_equal(f->value.n, 2);
    assert_int_equal(f->value.as.items[1].type, WEH_VALUE_BINARY);
    assert_int_equal(f->value.as.items[1].n, 2);
}

static void test_unwrap_spelling_of_4_0_and_channels_of_nobody_are_told_apart(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(unwrap(f, "ipc.send",
                            (struct weh_str)BYTES("\x81\xa7"
                                                  "channel\xad"
                                                  "itwin.ipc-app")),
                     WEH_OK);
    assert_true(f->envelope.is_ipc && f->envelope.is_old);
    assert_true(weh_str_eq_text(f->envelope.scope, "ipc-app"));
    assert_int_equal(f->envelope.method.len, 0);
    assert_int_equal(decode_args(f), WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_ARRAY);
    assert_int_equal(f->value.n, 0);
    assert_int_equal(unwrap(f, "ipc.send",
                            (struct weh_str)BYTES("\x81\xa7"
                                                  "channel\xa5other")),
                     WEH_OK);
    assert_true(f->envelope.is_ipc);
    assert_int_equal(f->envelope.scope.len, 0);
}

static void test_unwrap_rpc_finds_interface_operation_and_parameters(void **state)
{
    struct fixture *f = *state;
    static const struct weh_str params =
        BYTES("\x83\xa7"
              "channel\xd9\x1fitwin.itwinjs-core/rpc-over-ipc\xa6"
              "method\xa7request\xa4"
              "args\x91\x83\xaa"
              "definition\x82\xad"
              "interfaceName\xa1I\xb0interfaceVersion\xa5"
              "1.2.3\xa9operation\xa2op\xaaparameters\x92\x05\xc0");

    assert_int_equal(unwrap(f, "ipc.invoke", params), WEH_OK);
    assert_true(f->envelope.is_rpc);
    assert_true(weh_str_eq_text(f->envelope.scope, "I"));
    assert_true(weh_str_eq_text(f->envelope.version, "1.2.3"));
    assert_true(weh_str_eq_text(f->envelope.method, "op"));
    assert_int_equal(decode_args(f), WEH_OK);
    assert_int_equal(f->value.n, 2);
}

static void test_unwrap_rpc_without_its_members_is_no_operation(void **state)
{
    static const struct weh_str all[] = {
        BYTES("\x80"),
        BYTES("\xc0"),
        BYTES("\x91\xc0"),
        BYTES("\x91\x81\xaa"
              "definition\x05"),
        BYTES("\x91\x82\xaa"
              "definition\x80\xa9operation\x07"),
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(all); i++) {
        static const struct weh_str head =
            BYTES("\x83\xa7"
                  "channel\xd9\x1fitwin.itwinjs-core/rpc-over-ipc\xa6"
                  "method\xa7request\xa4"
                  "args");
        char bytes[256];

        memcpy(bytes, head.ptr, head.len);
        memcpy(bytes + head.len, all[i].ptr, all[i].len);
        assert_int_equal(unwrap(f, "ipc.invoke", (struct weh_str){ bytes, head.len + all[i].len }),
                         WEH_OK);
        assert_true(f->envelope.is_rpc);
        assert_int_equal(f->envelope.scope.len + f->envelope.method.len, 0);
        assert_int_equal(f->envelope.params.len, 0);
    }
}

static void test_unwrap_wrong_params_are_refused_and_keep_the_id(void **state)
{
    static const struct {
        const char *method;
        struct weh_str params;
    } all[] = {
        { "ipc.invoke", BYTES("\xc0") },
        { "ipc.invoke", BYTES("\x80") },
        { "ipc.invoke", BYTES("\x92\x01\x02") },
        { "ipc.invoke", BYTES("\x81\xa6method\xa1m") },
        { "ipc.invoke", BYTES("\x82\xa7"
                              "channel\x01\xa6method\xa1m") },
        { "ipc.invoke", BYTES("\x82\xa7"
                              "channel\xa1"
                              "c\xa6method\xa0") },
        { "ipc.invoke", BYTES("\x81\xa7"
                              "channel\xa1"
                              "c") },
        { "ipc.invoke", BYTES("\x83\xa7"
                              "channel\xa1"
                              "c\xa6method\xa1m\xa4more\x01") },
        { "ipc.invoke", BYTES("\x83\xa7"
                              "channel\xa1"
                              "c\xa6method\xa1m\x05\x01") },
        { "ipc.send", BYTES("\x82\xa7"
                            "channel\xa1"
                            "c\xa6method\xa1m") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(all); i++) {
        assert_int_equal(unwrap(f, all[i].method, all[i].params), WEH_E_BAD_ARGS);
        assert_false(f->envelope.is_ipc);
        assert_true(f->envelope.has_id);
        /* A message that could be read: its sender is told of the method that it has called. */
        assert_true(weh_str_eq_text(f->envelope.method, all[i].method));
    }
}

static void test_unwrap_leaves_other_methods_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(unwrap(f, "session.ping", (struct weh_str)BYTES("\x80")), WEH_OK);
    assert_false(f->envelope.is_ipc);
    assert_true(weh_str_eq_text(f->envelope.method, "session.ping"));
}

static void test_packed_arguments_must_be_an_array(void **state)
{
    struct fixture *f = *state;
    static const struct weh_str params = BYTES("\x82\xa7"
                                               "channel\xa7itwin.a\xa4"
                                               "args\x80");

    assert_int_equal(unwrap(f, "ipc.send", params), WEH_OK);
    assert_int_equal(decode_args(f), WEH_E_BAD_ARGS);
}

static void test_packed_arrays_of_numbers_have_their_type(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(decode(f, WEH_CODEC_MSGPACK,
                            (struct weh_str)BYTES("\xd7\x08"
                                                  "\0\0\0\0\0\0\xf0\x3f")),
                     WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_BINARY);
    assert_int_equal(f->value.view, WEH_VIEW_FLOAT64);
    assert_int_equal(f->value.n, 8);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK,
                            (struct weh_str)BYTES("\xd6\x08"
                                                  "1234")),
                     WEH_E_BAD_ARGS);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK,
                            (struct weh_str)BYTES("\xd6\x0a"
                                                  "1234")),
                     WEH_E_BAD_ARGS);
}

/* ---- writing ---- */

static void start_answer(struct fixture *f, bool is_rpc)
{
    const struct weh_envelope envelope = { .is_ipc = true, .is_rpc = is_rpc };

    start_writing(f, WEH_CODEC_MSGPACK);
    weh_ipc_answers(&f->writer, &envelope);
}

/* What was written, as JSON. */
static const char *answer(struct fixture *f)
{
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    return as_json(f, &f->value);
}

static void test_packed_reply_is_an_object_with_the_result(void **state)
{
    struct fixture *f = *state;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_text(f->writer.sink, "done");
    weh_reply_end(&f->writer);
    assert_string_equal(answer(f), "[1,7,null,{\"result\":\"done\"}]");
}

static void test_packed_reply_without_a_result_is_empty(void **state)
{
    struct fixture *f = *state;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_reply_end(&f->writer);
    assert_string_equal(answer(f), "[1,7,null,{}]");
    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_null(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(answer(f), "[1,7,null,{\"result\":null}]");
    start_answer(f, true);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_null(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(answer(f), "[1,7,null,{}]");
}

static void test_packed_reply_begun_anew_has_only_what_came_then(void **state)
{
    struct fixture *f = *state;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_map_begin(f->writer.sink, WEH_SINK_UNKNOWN);
    weh_sink_key(f->writer.sink, "rows");
    weh_sink_array_begin(f->writer.sink, WEH_SINK_UNKNOWN);
    weh_sink_int(f->writer.sink, 1);
    assert_true(weh_ipc_reply_length(&f->writer) > 0);
    weh_ipc_reply_restart(&f->writer);
    assert_int_equal(weh_ipc_reply_length(&f->writer), 0);
    weh_sink_map_begin(f->writer.sink, WEH_SINK_UNKNOWN);
    weh_sink_key(f->writer.sink, "status");
    weh_sink_int(f->writer.sink, 2);
    weh_sink_map_end(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(answer(f), "[1,7,null,{\"result\":{\"status\":2}}]");
}

static void test_packed_binary_is_bytes_a_typed_array_or_text(void **state)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4 };
    struct fixture *f = *state;
    const struct weh_value *items;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_array_begin(f->writer.sink, 3);
    weh_sink_binary(f->writer.sink, bytes, 4);
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_UINT16, bytes, 4);
    weh_ipc_binary_as_text(&f->writer, true);
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_UINT16, bytes, 4);
    weh_ipc_binary_as_text(&f->writer, false);
    weh_sink_array_end(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    items = weh_value_get(&f->value.as.items[3], "result")->as.items;
    assert_int_equal(items[0].view, WEH_VIEW_UINT8);
    assert_int_equal(items[1].view, WEH_VIEW_UINT16);
    assert_memory_equal(items[1].as.binary, bytes, 4);
    assert_int_equal(items[2].type, WEH_VALUE_STRING);
    assert_true(weh_str_eq_text(weh_value_str(&items[2]), "encoding=base64;AQIDBA=="));
}

static void test_packed_binary_of_other_sessions_is_bytes(void **state)
{
    static const uint8_t bytes[] = { 1, 2 };
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_MSGPACK);
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_UINT16, bytes, 2);
    assert_int_equal(decode(f, WEH_CODEC_MSGPACK, written(f)), WEH_OK);
    assert_int_equal(f->value.view, WEH_VIEW_UINT8);
}

static void test_packed_error_is_a_result_in_the_form_of_iTwin_js(void **state)
{
    struct fixture *f = *state;
    struct weh_diag diag = { .err = WEH_E_IMODEL_NOT_FOUND };

    start_answer(f, false);
    weh_error_write(&f->writer, &id_seven, &diag, "activity");
    assert_string_equal(answer(f), "[1,7,null,{\"error\":{\"message\":\"iModel not found\","
                                   "\"isIModelNotFoundResponse\":true}}]");
}

static void test_packed_push_is_a_notification(void **state)
{
    struct fixture *f = *state;

    start_writing(f, WEH_CODEC_MSGPACK);
    weh_ipc_push_begin(&f->writer, "txns", WEH_STR("k"), "notifyCommit", false);
    weh_sink_bool(f->writer.sink, true);
    weh_ipc_push_end(&f->writer);
    assert_string_equal(answer(f), "[2,\"ipc.push\",{\"channel\":\"itwin.itwinjs-core/txns/k\","
                                   "\"args\":[\"notifyCommit\",true]}]");
}

/* ---- memory ---- */

static const struct weh_str many_args = BYTES("\x83\xa7"
                                              "channel\xa7itwin.a\xa6"
                                              "method\xa1m\xa4"
                                              "args\x93\x81\xa1"
                                              "a\x92\x01\x02\xd6\xff\0\0\0\0\xd4\x01\x07");

static void test_packed_reading_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    const size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 0;

    while (err == WEH_E_NOMEM) {
        struct weh_arena arena;

        weh_arena_init(&arena, 0);
        fake_alloc_fail_at(++nth);
        err = unwrap(f, "ipc.invoke", many_args);
        /* To find the members takes no memory. */
        assert_int_equal(err, WEH_OK);
        err = weh_ipc_packed_decode(&f->envelope, &roomy, &arena, &f->value, &f->diag);
        fake_alloc_reset();
        weh_arena_fini(&arena);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 1);
}

/* What the @nth failed allocation makes of an answer (@is_push: of a push); WEH_OK: a message that can be read. */
static weh_err write_with_failure(struct fixture *f, bool is_push, unsigned nth)
{
    static const uint8_t bytes[4096];
    const struct weh_envelope envelope = { .is_ipc = true };
    struct weh_buf buf;
    weh_err err;

    weh_buf_init(&buf, 0);
    weh_writer_init(&f->writer, WEH_CODEC_MSGPACK, &buf);
    fake_alloc_fail_at(nth);
    if (is_push) {
        weh_ipc_push_begin(&f->writer, "txns", WEH_STR("key"), "notifyCommit", false);
    } else {
        weh_ipc_answers(&f->writer, &envelope);
        weh_reply_begin(&f->writer, &id_seven);
        weh_sink_array_begin(f->writer.sink, WEH_SINK_UNKNOWN);
    }
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_FLOAT64, bytes, sizeof(bytes));
    weh_ipc_binary_as_text(&f->writer, true);
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_FLOAT64, bytes, sizeof(bytes));
    if (is_push) {
        weh_ipc_push_end(&f->writer);
    } else {
        weh_sink_array_end(f->writer.sink);
        weh_reply_end(&f->writer);
    }
    fake_alloc_reset();
    err = buf.err;
    if (err == WEH_OK) {
        assert_int_equal(
            decode(f, WEH_CODEC_MSGPACK, (struct weh_str){ (const char *)buf.data, buf.len }),
            WEH_OK);
        weh_arena_fini(&f->arena);
    }
    weh_writer_fini(&f->writer);
    weh_buf_fini(&buf);
    return err;
}

static void test_packed_writing_survives_any_failed_allocation(void **state)
{
    struct fixture *f = *state;
    const size_t live = fake_alloc_live();

    for (int is_push = 0; is_push < 2; is_push++) {
        weh_err err = WEH_E_NOMEM;
        unsigned nth = 0;

        while (err == WEH_E_NOMEM) {
            err = write_with_failure(f, is_push == 1, ++nth);
            assert_int_equal(fake_alloc_live(), live);
        }
        assert_int_equal(err, WEH_OK);
        assert_true(nth > 2);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_unwrap_invoke_finds_channel_method_and_arguments),
        TEST(test_unwrap_spelling_of_4_0_and_channels_of_nobody_are_told_apart),
        TEST(test_unwrap_rpc_finds_interface_operation_and_parameters),
        TEST(test_unwrap_rpc_without_its_members_is_no_operation),
        TEST(test_unwrap_wrong_params_are_refused_and_keep_the_id),
        TEST(test_unwrap_leaves_other_methods_alone),
        TEST(test_packed_arguments_must_be_an_array),
        TEST(test_packed_arrays_of_numbers_have_their_type),
        TEST(test_packed_reply_is_an_object_with_the_result),
        TEST(test_packed_reply_without_a_result_is_empty),
        TEST(test_packed_reply_begun_anew_has_only_what_came_then),
        TEST(test_packed_binary_is_bytes_a_typed_array_or_text),
        TEST(test_packed_binary_of_other_sessions_is_bytes),
        TEST(test_packed_error_is_a_result_in_the_form_of_iTwin_js),
        TEST(test_packed_push_is_a_notification),
        TEST(test_packed_reading_survives_any_failed_allocation),
        TEST(test_packed_writing_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
