/* tests/unit/wire/test_ipc_write.c - what stock iTwin.js frontends are sent: answers, errors, pushes, binary values. */
#include "weh/ipc.h"

#include "wire_fixture.h"

static const struct weh_value id_seven = { .type = WEH_VALUE_INT, .as.integer = 7 };

static void start_answer(struct fixture *f, bool is_rpc)
{
    const struct weh_envelope envelope = { .channel = WEH_STR("itwin.itwinjs-core/a\\\"b"),
                                           .is_rpc = is_rpc };

    start_writing(f, WEH_CODEC_IPC);
    weh_ipc_answers(&f->writer, &envelope);
}

/* The text of what was written, its number filled in. NUL-terminated. */
static const char *sent_text(struct fixture *f, struct weh_ipc_parts *parts)
{
    static char copy[4096];
    struct weh_str text;

    assert_int_equal(f->buf.err, WEH_OK);
    weh_ipc_set_sequence(f->buf.data, 12);
    assert_true(weh_ipc_split(written(f), &text, parts));
    assert_true(text.len < sizeof(copy));
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

#define HEAD "[\"{\\\"sequence\\\":12              ,\\\"type\\\":"
#define ANSWER \
    HEAD "3,\\\"channel\\\":\\\"itwin.itwinjs-core/a\\\\\\\"b\\\",\\\"response\\\":7,\\\"data\\\":"

static void test_ipc_reply_has_number_channel_and_result(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_map_begin(f->writer.sink, 1);
    weh_sink_key(f->writer.sink, "a");
    weh_sink_text(f->writer.sink, "q\"\\\n\xc3\xa9");
    weh_sink_map_end(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts),
                        ANSWER "{\\\"result\\\":{\\\"a\\\":\\\"q\\\\\\\"\\\\\\\\\\\\n"
                               "\xc3\xa9\\\"}}}\",0]");
    assert_int_equal(parts.n, 0);
}

static void test_ipc_reply_without_a_result_is_empty(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), ANSWER "{}}\",0]");
    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_null(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), ANSWER "{\\\"result\\\":null}}\",0]");
    /* Pages look for a member of what an RPC operation gives. */
    start_answer(f, true);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_null(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), ANSWER "{}}\",0]");
}

static void test_ipc_binary_values_follow_in_order(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_array_begin(f->writer.sink, 3);
    weh_sink_binary(f->writer.sink, "abc", 3);
    weh_sink_binary_view(f->writer.sink, WEH_VIEW_FLOAT64, "12345678", 8);
    weh_sink_binary(f->writer.sink, "", 0);
    weh_sink_array_end(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(
        sent_text(f, &parts), ANSWER
        "{\\\"result\\\":[{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":0,\\\"index\\\":0},{\\\"ipc\\\":"
        "\\\"binary\\\",\\\"type\\\":8,\\\"index\\\":1},{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":0,"
        "\\\"index\\\":2}]}}\",3]");
    assert_int_equal(parts.n, 3);
    assert_int_equal(weh_ipc_part_length(&parts, 0), 3);
    assert_int_equal(weh_ipc_part_length(&parts, 1), 8);
    assert_int_equal(weh_ipc_part_length(&parts, 2), 0);
    assert_memory_equal(parts.bytes, "abc12345678", 11);
}

static void test_ipc_reply_can_begin_anew(void **state)
{
    struct fixture *f = *state;
    struct weh_sink *sink;
    struct weh_ipc_parts parts;

    start_answer(f, true);
    weh_reply_begin(&f->writer, &id_seven);
    sink = f->writer.sink;
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "a");
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_binary(sink, "abc", 3);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "no value");
    assert_true(weh_ipc_reply_length(&f->writer) > 20);
    weh_ipc_reply_restart(&f->writer);
    assert_int_equal(weh_ipc_reply_length(&f->writer), 0);
    weh_sink_array_begin(sink, 2);
    weh_sink_int(sink, 1);
    weh_sink_binary(sink, "d", 1);
    weh_sink_array_end(sink);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts),
                        ANSWER "{\\\"result\\\":[1,{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":0,"
                               "\\\"index\\\":0}]}}\",1]");
    assert_memory_equal(parts.bytes, "d", 1);
}

static void test_ipc_binary_values_stand_in_the_text_where_rows_have_them(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_answer(f, true);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_array_begin(f->writer.sink, 3);
    weh_ipc_binary_as_text(&f->writer, true);
    weh_sink_binary(f->writer.sink, "abc", 3);
    weh_sink_binary(f->writer.sink, "", 0);
    weh_ipc_binary_as_text(&f->writer, false);
    weh_sink_binary(f->writer.sink, "def", 3);
    weh_sink_array_end(f->writer.sink);
    weh_reply_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), ANSWER
                        "{\\\"result\\\":[\\\"encoding=base64;YWJj\\\",\\\"encoding=base64;\\\","
                        "{\\\"ipc\\\":\\\"binary\\\",\\\"type\\\":0,\\\"index\\\":0}]}}\",1]");
    assert_int_equal(parts.n, 1);
}

static const char *error_text(struct fixture *f, bool is_rpc, const struct weh_diag *diag,
                              const char *activity)
{
    struct weh_ipc_parts parts;

    start_answer(f, is_rpc);
    weh_error_write(&f->writer, &id_seven, diag, activity);
    return sent_text(f, &parts);
}

static void test_ipc_error_is_told_as_the_stock_backend_does(void **state)
{
    static const struct {
        weh_err err;
        int32_t itwin;
        enum weh_itwin_error itwin_error;
        const char *text;
    } rows[] = {
        { WEH_E_NOT_FOUND, 0, WEH_ITWIN_BY_NUMBER,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65574,\\\"name\\\":\\\"Not Found\\\",\\\"message\\\":"
          "\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":"
          "\\\"Not Found\\\"}}}}\",0]" },
        { WEH_E_METHOD_NOT_FOUND, 65606, WEH_ITWIN_BY_NUMBER,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65606,\\\"name\\\":\\\"Error (65606)\\\","
          "\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"bentley-error\\\","
          "\\\"key\\\":\\\"Error (65606)\\\"}}}}\",0]" },
        { WEH_E_DUPLICATE_CODE, 0, WEH_ITWIN_BY_NUMBER,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65547,\\\"message\\\":\\\"what\\\","
          "\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\",\\\"key\\\":\\\"DuplicateCode\\\"}}}}\",0]" },
        { WEH_E_DENIED, 0, WEH_ITWIN_BY_NUMBER,
          ANSWER
          "{\\\"error\\\":{\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"webedithost\\\",\\\"key\\\":"
          "\\\"Denied\\\"},\\\"message\\\":\\\"what\\\"}}}\",0]" },
        { WEH_E_IMODEL_NOT_FOUND, 0, WEH_ITWIN_BY_NUMBER,
          ANSWER "{\\\"error\\\":{\\\"message\\\":\\\"iModel not found\\\","
                 "\\\"isIModelNotFoundResponse\\\":true}}}\",0]" },
        { WEH_E_BAD_ARGS, 0, WEH_ITWIN_TYPE_ERROR,
          ANSWER "{\\\"error\\\":{\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":"
                 "{\\\"scope\\\":\\\"imodel-native\\\",\\\"key\\\":\\\"TypeError\\\"}}}}\",0]" },
        { WEH_E_BAD_ARGS, 0, WEH_ITWIN_NO_KEY,
          ANSWER
          "{\\\"error\\\":{\\\"name\\\":\\\"invalid-arguments\\\",\\\"message\\\":\\\"what\\\","
          "\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"imodel-cache\\\",\\\"key\\\":"
          "\\\"invalid-arguments\\\"}}}}\",0]" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        const struct weh_diag diag = { .err = rows[i].err,
                                       .itwin = rows[i].itwin,
                                       .itwin_error = rows[i].itwin_error,
                                       .text = "what" };

        assert_string_equal(error_text(f, false, &diag, ""), rows[i].text);
    }
}

static void test_ipc_error_of_an_edit_tells_what_it_was_about(void **state)
{
    static const struct weh_edit_subject deleted = { .is_edit = true, .id = 0x16 };
    static const struct weh_value nothing = { .type = WEH_VALUE_MAP };
    static const struct weh_edit_subject inserted = { .is_edit = true, .props = &nothing };
    static const struct {
        const struct weh_edit_subject *subject;
        int32_t itwin;
        const char *where;
        const char *text;
    } rows[] = {
        { &deleted, 65546, "",
          "{\\\"errorNumber\\\":65546,\\\"metadata\\\":{\\\"elementId\\\":\\\"0x16\\\"},"
          "\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\","
          "\\\"key\\\":\\\"DeletionProhibited\\\"}}" },
        { &inserted, 65601, "",
          "{\\\"errorNumber\\\":65601,\\\"metadata\\\":{\\\"elProps\\\":{}},\\\"message\\\":"
          "\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\",\\\"key\\\":"
          "\\\"ConstraintNotUnique\\\"}}" },
        { &inserted, 65539, "classFullName",
          "{\\\"scope\\\":\\\"imodel-native\\\",\\\"key\\\":\\\"65539\\\"}" },
        { &inserted, 65539, "code.scope",
          "{\\\"scope\\\":\\\"dgn-db\\\",\\\"key\\\":\\\"BadArg\\\"}" },
        { &inserted, 65574, "",
          "{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":\\\"Not Found\\\"}" },
        { &inserted, 94220, "",
          "{\\\"scope\\\":\\\"imodel-native\\\",\\\"key\\\":\\\"GeometryStreamError\\\"}" },
        { NULL, 94220, "",
          "{\\\"errorNumber\\\":94220,\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":"
          "\\\"imodel-native\\\",\\\"key\\\":\\\"GeometryStreamError\\\"}}" },
        { &inserted, 13, "",
          "{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":\\\"BE_SQLITE_FULL\\\"}" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        struct weh_diag diag = { .err = WEH_E_WRITE, .itwin = rows[i].itwin, .text = "what" };
        struct weh_ipc_parts parts;

        (void)snprintf(diag.where, sizeof(diag.where), "%s", rows[i].where);
        start_answer(f, false);
        weh_ipc_error_about(&f->writer, rows[i].subject);
        weh_error_write(&f->writer, &id_seven, &diag, NULL);
        assert_non_null(strstr(sent_text(f, &parts), rows[i].text));
    }
}

static void test_ipc_error_of_a_closed_channel_tells_its_key(void **state)
{
    const struct weh_diag diag = {
        .err = WEH_E_DENIED, .itwin_error = WEH_ITWIN_CHANNEL, .where = "mine", .text = "what"
    };
    struct fixture *f = *state;

    assert_string_equal(
        error_text(f, false, &diag, NULL),
        ANSWER "{\\\"error\\\":{\\\"name\\\":\\\"not-allowed\\\",\\\"channelKey\\\":\\\"mine\\\","
               "\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":"
               "\\\"itwin-ChannelControl\\\",\\\"key\\\":\\\"not-allowed\\\"}}}}\",0]");
}

static void test_ipc_rpc_error_of_a_wrong_type_has_a_number(void **state)
{
    const struct weh_diag diag = { .err = WEH_E_BAD_ARGS, .itwin_error = WEH_ITWIN_TYPE_ERROR };
    struct fixture *f = *state;

    assert_non_null(strstr(error_text(f, true, &diag, NULL), "\\\"errorNumber\\\":65539"));
}

static void test_ipc_rpc_error_of_an_unknown_key_has_a_number(void **state)
{
    const struct weh_diag diag = { .err = WEH_E_IMODEL_NOT_FOUND, .text = "iModel not found" };
    struct fixture *f = *state;

    assert_non_null(strstr(error_text(f, true, &diag, NULL), "\\\"errorNumber\\\":65574"));
}

static void test_ipc_error_names_its_activity_for_the_log_of_the_page(void **state)
{
    static const char activity[] =
        "\\\"loggingMetadata\\\":{\\\"activityId\\\":\\\"a-1\\\"}}}}\",0]";
    const struct weh_diag fault = { .err = WEH_E_NOT_FOUND, .text = "what" };
    const struct weh_diag unknown_key = { .err = WEH_E_IMODEL_NOT_FOUND, .text = "what" };
    struct fixture *f = *state;

    assert_non_null(strstr(error_text(f, false, &fault, "a-1"), activity));
    assert_non_null(strstr(error_text(f, true, &fault, "a-1"), activity));
    /* Pages know this one by its shape. */
    assert_null(strstr(error_text(f, false, &unknown_key, "a-1"), "a-1"));
}

static void test_ipc_push_has_the_method_before_its_arguments(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_writing(f, WEH_CODEC_IPC);
    weh_ipc_push_begin(&f->writer, "txns", WEH_STR("k\"1"), "notifyCommitted", false);
    weh_sink_bool(f->writer.sink, true);
    weh_sink_int(f->writer.sink, 5);
    weh_ipc_push_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), HEAD
                        "1,\\\"channel\\\":\\\"itwin.itwinjs-core/txns/k\\\\\\\"1\\\",\\\"data\\\":"
                        "[\\\"notifyCommitted\\\",true,5]}\",0]");
    start_writing(f, WEH_CODEC_IPC);
    weh_ipc_push_begin(&f->writer, "txns", WEH_STR("k"), NULL, true);
    weh_ipc_push_end(&f->writer);
    assert_string_equal(sent_text(f, &parts),
                        HEAD "1,\\\"channel\\\":\\\"itwin.txns:k\\\",\\\"data\\\":[]}\",0]");
}

static void test_ipc_reply_beyond_the_limit_is_an_error_and_takes_nothing(void **state)
{
    struct fixture *f = *state;

    for (size_t limit = 1; limit < 300; limit++) {
        weh_buf_fini(&f->buf);
        f->buf.limit_bytes = limit;
        start_answer(f, false);
        weh_reply_begin(&f->writer, &id_seven);
        weh_sink_binary(f->writer.sink, "0123456789", 10);
        weh_reply_end(&f->writer);
        if (f->buf.err == WEH_OK) {
            break;
        }
        assert_int_equal(f->buf.err, WEH_E_TOO_LARGE);
    }
    assert_int_equal(f->buf.err, WEH_OK);
    f->buf.limit_bytes = 0;
}

static void test_ipc_answer_that_is_given_up_is_freed(void **state)
{
    struct fixture *f = *state;

    start_answer(f, false);
    weh_reply_begin(&f->writer, &id_seven);
    weh_sink_binary(f->writer.sink, "0123456789", 10);
    weh_writer_fini(&f->writer); /* AddressSanitizer sees what is left */
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_ipc_reply_has_number_channel_and_result),
        T(test_ipc_reply_without_a_result_is_empty),
        T(test_ipc_binary_values_follow_in_order),
        T(test_ipc_reply_can_begin_anew),
        T(test_ipc_binary_values_stand_in_the_text_where_rows_have_them),
        T(test_ipc_error_is_told_as_the_stock_backend_does),
        T(test_ipc_error_of_an_edit_tells_what_it_was_about),
        T(test_ipc_error_of_a_closed_channel_tells_its_key),
        T(test_ipc_rpc_error_of_a_wrong_type_has_a_number),
        T(test_ipc_rpc_error_of_an_unknown_key_has_a_number),
        T(test_ipc_error_names_its_activity_for_the_log_of_the_page),
        T(test_ipc_push_has_the_method_before_its_arguments),
        T(test_ipc_reply_beyond_the_limit_is_an_error_and_takes_nothing),
        T(test_ipc_answer_that_is_given_up_is_freed),
    };

    return cmocka_run_group_tests_name("ipc_write", tests, NULL, NULL);
}
