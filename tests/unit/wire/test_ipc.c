/* tests/unit/wire/test_ipc.c - messages of stock iTwin.js frontends: blocks, pairs, envelopes, binary
 * values both ways, answers and pushes. */
#include "weh/ipc.h"

#include "wire_fixture.h"

/* What a test delivers: a text frame and binary ones. */
struct message {
    uint8_t bytes[8192];
    size_t len;
    uint32_t lengths[8];
    uint32_t n;
};

static void add(struct message *message, const void *bytes, size_t n)
{
    assert_true(message->len + n <= sizeof(message->bytes));
    memcpy(message->bytes + message->len, bytes, n);
    message->len += n;
}

static void add_part(struct message *message, const void *bytes, uint32_t n)
{
    add(message, bytes, n);
    message->lengths[message->n++] = n;
}

static void finish(struct message *message)
{
    add(message, message->lengths, message->n * sizeof(uint32_t));
    add(message, &message->n, sizeof(message->n));
}

/* The pair whose string is @inner, as JSON.stringify writes it. */
static void add_pair(struct message *message, const char *inner, unsigned n_parts)
{
    char tail[16];

    add(message, "[\"", 2);
    for (; *inner != '\0'; inner++) {
        if (*inner == '"' || *inner == '\\') {
            add(message, "\\", 1);
        }
        add(message, inner, 1);
    }
    (void)snprintf(tail, sizeof(tail), "\",%u]", n_parts);
    add(message, tail, strlen(tail));
}

static weh_err read_message(struct fixture *f, struct message *message)
{
    memset(&f->diag, 0, sizeof(f->diag));
    return weh_ipc_read(message->bytes, message->len, &roomy, &f->envelope, &f->diag);
}

/* Read the message object @inner. The envelope looks into a buffer that the next call uses again. */
static weh_err read_inner(struct fixture *f, const char *inner)
{
    static struct message message;

    message = (struct message){ .n = 0 };
    add_pair(&message, inner, 0);
    finish(&message);
    return read_message(f, &message);
}

static weh_err read_text(struct fixture *f, struct weh_str text)
{
    static struct message message;

    message = (struct message){ .n = 0 };
    add(&message, text.ptr, text.len);
    finish(&message);
    return read_message(f, &message);
}

static weh_err decode_params(struct fixture *f)
{
    weh_arena_reset(&f->arena);
    return weh_ipc_params_decode(&f->envelope, &roomy, &f->arena, &f->value, &f->diag);
}

#define IS(view, text) assert_true(weh_str_eq_text(view, text))

/* ---- reading ---- */

static void test_ipc_invoke_is_split_into_views(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, "{\"type\":2,\"channel\":\"itwin.itwinjs-core/ipc-app\","
                                   "\"method\":\"openStandalone\",\"data\":[\"a\\\"b\",2,null],"
                                   "\"request\":7,\"sequence\":3}"),
                     WEH_OK);
    assert_true(f->envelope.has_id);
    assert_int_equal(f->envelope.id.as.integer, 7);
    assert_int_equal(f->envelope.sequence, 3);
    IS(f->envelope.scope, "ipc-app");
    IS(f->envelope.method, "openStandalone");
    IS(f->envelope.channel, "itwin.itwinjs-core/ipc-app");
    assert_false(f->envelope.is_old);
    assert_false(f->envelope.is_rpc);
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value), "[\"a\\\"b\",2,null]");
}

static void test_ipc_members_come_in_any_order_and_unknown_ones_are_left_alone(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, " { \"sequence\" : 0 , \"x\":{\"type\":1}, \"request\":1, "
                                   "\"method\":\"m\", \"channel\":\"itwin.app\", \"type\":2 } "),
                     WEH_OK);
    IS(f->envelope.scope, "app");
    IS(f->envelope.method, "m");
    assert_true(f->envelope.has_id);
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value), "[]");
}

static void test_ipc_channel_is_known_in_the_spelling_of_4_0(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, "{\"type\":2,\"channel\":\"itwin.ipc-app\",\"method\":\"m\","
                                   "\"request\":1,\"sequence\":0}"),
                     WEH_OK);
    IS(f->envelope.scope, "ipc-app");
    assert_true(f->envelope.is_old);
    /* Without the prefix that all have it is nobody's. */
    assert_int_equal(read_inner(f, "{\"type\":2,\"channel\":\"ipc-app\",\"method\":\"m\"}"),
                     WEH_OK);
    IS(f->envelope.scope, "");
}

static void test_ipc_request_that_is_missing_or_0_waits_for_no_answer(void **state)
{
    static const char *const inner[] = {
        "{\"type\":2,\"channel\":\"itwin.a\",\"method\":\"m\",\"sequence\":1}",
        "{\"type\":2,\"channel\":\"itwin.a\",\"method\":\"m\",\"request\":0,\"sequence\":1}",
        "{\"type\":2,\"channel\":\"itwin.a\",\"method\":\"m\",\"request\":null,\"sequence\":1}",
        "{\"type\":0,\"channel\":\"itwin.a\",\"data\":[1],\"request\":5,\"sequence\":1}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(inner); i++) {
        assert_int_equal(read_inner(f, inner[i]), WEH_OK);
        assert_false(f->envelope.has_id);
        assert_int_equal(f->envelope.sequence, 1);
    }
    IS(f->envelope.method, "");
}

static void test_ipc_sequence_that_is_no_number_from_0_is_a_missing_one(void **state)
{
    static const char *const numbers[] = { "-1", "1.5", "\"0\"", "null", "1e0", "[0]" };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(numbers); i++) {
        char inner[128];

        (void)snprintf(inner, sizeof(inner), "{\"type\":0,\"channel\":\"itwin.a\",\"sequence\":%s}",
                       numbers[i]);
        assert_int_equal(read_inner(f, inner), WEH_OK);
        assert_true(f->envelope.sequence < 0);
    }
}

#define RPC(definition, rest)                                                             \
    "{\"type\":2,\"channel\":\"itwin.itwinjs-core/rpc-over-ipc\",\"method\":\"request\"," \
    "\"data\":[{" definition rest "}],\"request\":1,\"sequence\":0}"

static void test_ipc_rpc_call_is_found_in_its_data(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        read_inner(f, RPC("\"definition\":{\"interfaceName\":\"IModelReadRpcInterface\","
                          "\"interfaceVersion\":\"3.7.0\"},",
                          "\"context\":{\"id\":\"x\"},\"operation\":\"queryRows\","
                          "\"parameters\":[{\"key\":\"k\"},[1]]")),
        WEH_OK);
    assert_true(f->envelope.is_rpc);
    IS(f->envelope.scope, "IModelReadRpcInterface");
    IS(f->envelope.version, "3.7.0");
    IS(f->envelope.method, "queryRows");
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value), "[{\"key\":\"k\"},[1]]");
}

static void test_ipc_control_version_asks_for_the_endpoints_whatever_the_name(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, RPC("\"definition\":{\"interfaceName\":\"RGV2VG9v+/==\","
                                       "\"interfaceVersion\":\"CONTROL\"},",
                                       "\"operation\":\"describeEndpoints\",\"parameters\":[]")),
                     WEH_OK);
    IS(f->envelope.scope, "rpc");
    IS(f->envelope.method, "describeEndpoints");
    IS(f->envelope.version, "");
}

static void test_ipc_rpc_call_without_what_it_needs_names_nothing(void **state)
{
    static const char *const inner[] = {
        RPC("", ""),
        RPC("\"definition\":7,", "\"operation\":[]"),
        "{\"type\":2,\"channel\":\"itwin.rpc-over-ipc\",\"method\":\"request\",\"data\":[]}",
        "{\"type\":2,\"channel\":\"itwin.rpc-over-ipc\",\"method\":\"request\",\"data\":7}",
        "{\"type\":2,\"channel\":\"itwin.rpc-over-ipc\",\"method\":\"request\",\"data\":[7]}",
        "{\"type\":2,\"channel\":\"itwin.rpc-over-ipc\",\"method\":\"request\"}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(inner); i++) {
        assert_int_equal(read_inner(f, inner[i]), WEH_OK);
        assert_true(f->envelope.is_rpc);
        IS(f->envelope.scope, "");
        IS(f->envelope.method, "");
        assert_int_equal(decode_params(f), WEH_OK);
    }
}

static void test_ipc_escapes_of_the_outer_string_are_undone_once(void **state)
{
    static const char text[] =
        "[\"{\\\"type\\\":0,\\\"channel\\\":\\\"itwin.a\\\",\\u0022data\\u0022:"
        "[\\\"\\\\n\\\\u00e9 \\u00e9 \\ud83d\\ude00 \\u20ac\\\"\\/**\\/]}\",0]";
    static const char fine[] =
        "[\"{\\\"type\\\":0,\\\"channel\\\":\\\"itwin.a\\\",\\u0022data\\u0022:"
        "[\\\"\\\\n\\\\u00e9 \\u00E9 \\ud83d\\ude00 \\u20ac\\\"\\n\\t\\r ]}\",0]";
    struct fixture *f = *state;

    assert_int_equal(read_text(f, weh_str_from(text)), WEH_E_PARSE); /* JSON has no comments */
    assert_int_equal(read_text(f, weh_str_from(fine)), WEH_OK);
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value),
                        "[\"\\n\xc3\xa9 \xc3\xa9 \xf0\x9f\x98\x80 \xe2\x82\xac\"]");
}

static void test_ipc_text_that_is_no_pair_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "[\"{}\"]",
        "[0,\"{}\"]",
        "[{},0]",
        "[\"{}\",0",
        "[\"{}\",0]x",
        "[\"{}\",]",
        "[\"{}\",0,0]",
        "[\"{\",0]",
        "[\"{}{}\",0]",
        "[\"[]\",0]",
        "[\"null\",0]",
        "[\"\\ud800\",0]",
        "[\"{\\\"a\\\":1,}\",0]",
        "[\"{\\\"a\\\" 1}\",0]",
        "[\"\xff\",0]",
        "[\"{\\\"a\\\":\xc3}\",0]",
        "[\"{\\\"a\\\":\\\"\\\\ud800\\\"}\",0]",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        print_message("%s\n", texts[i]);
        assert_int_equal(read_text(f, weh_str_from(texts[i])), WEH_E_PARSE);
    }
}

static void test_ipc_object_that_is_no_message_is_refused(void **state)
{
    static const char *const inner[] = {
        "{}",
        "{\"type\":2}",
        "{\"type\":2,\"channel\":7}",
        "{\"type\":2,\"channel\":\"\"}",
        "{\"type\":\"2\",\"channel\":\"itwin.a\"}",
        "{\"channel\":\"itwin.a\"}",
        "{\"type\":1,\"channel\":\"itwin.a\"}",
        "{\"type\":3,\"channel\":\"itwin.a\"}",
        "{\"type\":-2,\"channel\":\"itwin.a\"}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(inner); i++) {
        assert_int_equal(read_inner(f, inner[i]), WEH_E_INVALID_REQUEST);
    }
}

static void test_ipc_depth_counts_from_data_on(void **state)
{
    struct fixture *f = *state;
    char inner[256];
    char deep[2 * 33 + 1] = "";

    for (unsigned depth = 32; depth <= 33; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        deep[2 * (size_t)depth] = '\0';
        (void)snprintf(inner, sizeof(inner), "{\"type\":0,\"channel\":\"itwin.a\",\"data\":%s}",
                       deep);
        assert_int_equal(read_inner(f, inner), depth <= 32 ? WEH_OK : WEH_E_LIMIT);
    }
}

static void test_ipc_number_of_values_is_bounded(void **state)
{
    static const struct weh_codec_limits few = { 32, 20 };
    struct message message = { .n = 0 };
    struct fixture *f = *state;

    add_pair(&message,
             "{\"type\":0,\"channel\":\"itwin.a\",\"data\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]}",
             0);
    finish(&message);
    assert_int_equal(weh_ipc_read(message.bytes, message.len, &few, &f->envelope, &f->diag),
                     WEH_E_LIMIT);
}

static void test_ipc_parts_are_counted_from_the_end_of_the_text(void **state)
{
    static const struct {
        const char *text;
        bool is_fine;
        uint32_t n;
    } rows[] = {
        { "[\"x\",0]", true, 0 },
        { "[\"x\",4096] \n", true, 4096 },
        { "[\"x\" , 12 ]", true, 12 },
        { "[\"x\",4097]", false, 0 },
        { "[\"x\",40960]", false, 0 },
        { "[\"x\",]", false, 0 },
        { "[\"x\",-1]", false, 0 },
        { "[\"x\",1.5]", false, 0 },
        { "[\"x\",1e1]", false, 0 },
        { "[\"x\"]", false, 0 },
        { "", false, 0 },
        { "]", false, 0 },
        { "3]", false, 0 },
        { ",3]", true, 3 },
        { "[\"x\",3", false, 0 },
        { "[\"x\",99999999999999999999]", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        uint32_t n = 0;

        print_message("%s\n", rows[i].text);
        assert_int_equal(weh_ipc_count_parts(weh_str_from(rows[i].text), &n), rows[i].is_fine);
        assert_true(!rows[i].is_fine || n == rows[i].n);
    }
}

static void test_ipc_block_whose_lengths_do_not_fit_is_refused(void **state)
{
    static const uint32_t numbers[][3] = { { 9, 9, 7 }, { 1000, 0, 1 }, { UINT32_MAX, 1, 2 } };
    struct fixture *f = *state;
    struct message message = { .len = 3 };

    assert_int_equal(read_message(f, &message), WEH_E_PARSE);
    for (size_t i = 0; i < WEH_ARRAY_LEN(numbers); i++) {
        message = (struct message){ .n = 0 };
        add_pair(&message, "{\"type\":0,\"channel\":\"itwin.a\"}", 0);
        add(&message, numbers[i], sizeof(numbers[i]));
        if (i == 1) {
            message.len -= sizeof(uint32_t); /* one part of no less than 1000 bytes */
            memcpy(message.bytes + message.len - sizeof(uint32_t), &(uint32_t){ 1 },
                   sizeof(uint32_t));
            memcpy(message.bytes + message.len - 2 * sizeof(uint32_t), &(uint32_t){ 1000 },
                   sizeof(uint32_t));
        }
        assert_int_equal(read_message(f, &message), WEH_E_PARSE);
    }
}

/* ---- binary values in ---- */

static void test_ipc_marker_of_each_type_becomes_a_binary_value(void **state)
{
    static const uint8_t bytes[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    struct fixture *f = *state;

    for (unsigned type = 0; type < WEH_VIEW_COUNT; type++) {
        struct message message = { .n = 0 };
        const struct weh_value *value;
        char inner[256];

        (void)snprintf(
            inner, sizeof(inner),
            "{\"type\":2,\"channel\":\"itwin.a\",\"method\":\"m\",\"data\":[1,{\"g\":[{\"data\":"
            "{\"ipc\":\"binary\",\"type\":%u,\"index\":1}}]},{\"ipc\":\"binary\",\"type\":0,"
            "\"index\":0}],\"request\":1,\"sequence\":0}",
            type);
        add_pair(&message, inner, 2);
        add_part(&message, "", 0);
        add_part(&message, bytes, sizeof(bytes));
        finish(&message);
        assert_int_equal(read_message(f, &message), WEH_OK);
        assert_int_equal(decode_params(f), WEH_OK);
        assert_int_equal(f->value.type, WEH_VALUE_ARRAY);
        value = weh_value_get(&weh_value_get(&f->value.as.items[1], "g")->as.items[0], "data");
        assert_int_equal(value->type, WEH_VALUE_BINARY);
        assert_int_equal(value->view, type);
        assert_int_equal(value->n, sizeof(bytes));
        assert_memory_equal(value->as.binary, bytes, sizeof(bytes));
        assert_int_equal(f->value.as.items[2].type, WEH_VALUE_BINARY);
        assert_int_equal(f->value.as.items[2].n, 0);
    }
}

static void test_ipc_marker_that_names_nothing_is_a_bad_argument(void **state)
{
    static const char *const markers[] = {
        "{\"ipc\":\"binary\",\"type\":0,\"index\":1}",
        "{\"ipc\":\"binary\",\"type\":0,\"index\":-1}",
        "{\"ipc\":\"binary\",\"type\":10,\"index\":0}",
        "{\"ipc\":\"binary\",\"type\":-1,\"index\":0}",
        "{\"ipc\":\"binary\",\"type\":\"0\",\"index\":0}",
        "{\"ipc\":\"binary\",\"type\":0}",
        "{\"ipc\":\"binary\",\"type\":3,\"index\":0}",
        "{\"ipc\":\"binary\",\"type\":7,\"index\":0}",
        "{\"ipc\":\"binary\",\"type\":8,\"index\":0}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(markers); i++) {
        struct message message = { .n = 0 };
        char inner[256];

        (void)snprintf(
            inner, sizeof(inner),
            "{\"type\":2,\"channel\":\"itwin.a\",\"method\":\"m\",\"data\":[[%s]],\"request\":1}",
            markers[i]);
        add_pair(&message, inner, 1);
        add_part(&message, "abc", 3);
        finish(&message);
        assert_int_equal(read_message(f, &message), WEH_OK);
        assert_int_equal(decode_params(f), WEH_E_BAD_ARGS);
    }
}

static void test_ipc_arguments_that_are_no_array_are_bad(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, "{\"type\":2,\"channel\":\"itwin.a\",\"data\":{}}"), WEH_OK);
    assert_int_equal(decode_params(f), WEH_E_BAD_ARGS);
    assert_int_equal(
        read_inner(f, "{\"type\":2,\"channel\":\"itwin.a\",\"data\":[{\"a\":1,\"a\":2}]}"), WEH_OK);
    assert_int_equal(decode_params(f), WEH_E_BAD_ARGS);
}

/* ---- writing ---- */

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

static const char *error_text(struct fixture *f, bool is_rpc, const struct weh_diag *diag)
{
    struct weh_ipc_parts parts;

    start_answer(f, is_rpc);
    weh_error_write(&f->writer, &id_seven, diag, "activity");
    return sent_text(f, &parts);
}

static void test_ipc_error_is_told_as_the_stock_backend_does(void **state)
{
    static const struct {
        weh_err err;
        int32_t itwin;
        const char *text;
    } rows[] = {
        { WEH_E_NOT_FOUND, 0,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65574,\\\"name\\\":\\\"Not Found\\\",\\\"message\\\":"
          "\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":"
          "\\\"Not Found\\\"}}}}\",0]" },
        { WEH_E_METHOD_NOT_FOUND, 65606,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65606,\\\"name\\\":\\\"Error (65606)\\\","
          "\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"bentley-error\\\","
          "\\\"key\\\":\\\"Error (65606)\\\"}}}}\",0]" },
        { WEH_E_DUPLICATE_CODE, 0,
          ANSWER
          "{\\\"error\\\":{\\\"errorNumber\\\":65547,\\\"message\\\":\\\"what\\\","
          "\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\",\\\"key\\\":\\\"DuplicateCode\\\"}}}}\",0]" },
        { WEH_E_DENIED, 0,
          ANSWER
          "{\\\"error\\\":{\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"webedithost\\\",\\\"key\\\":"
          "\\\"Denied\\\"},\\\"message\\\":\\\"what\\\"}}}\",0]" },
        { WEH_E_IMODEL_NOT_FOUND, 0,
          ANSWER "{\\\"error\\\":{\\\"message\\\":\\\"iModel not found\\\","
                 "\\\"isIModelNotFoundResponse\\\":true}}}\",0]" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        const struct weh_diag diag = { .err = rows[i].err, .itwin = rows[i].itwin, .text = "what" };

        assert_string_equal(error_text(f, false, &diag), rows[i].text);
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
        const char *text;
    } rows[] = {
        { &deleted, 65546,
          "{\\\"errorNumber\\\":65546,\\\"metadata\\\":{\\\"elementId\\\":\\\"0x16\\\"},"
          "\\\"message\\\":\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\","
          "\\\"key\\\":\\\"DeletionProhibited\\\"}}" },
        { &inserted, 65601,
          "{\\\"errorNumber\\\":65601,\\\"metadata\\\":{\\\"elProps\\\":{}},\\\"message\\\":"
          "\\\"what\\\",\\\"iTwinErrorId\\\":{\\\"scope\\\":\\\"dgn-db\\\",\\\"key\\\":"
          "\\\"ConstraintNotUnique\\\"}}" },
        { &inserted, 65539, "{\\\"scope\\\":\\\"imodel-native\\\",\\\"key\\\":\\\"65539\\\"}" },
        { &inserted, 65574, "{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":\\\"Not Found\\\"}" },
        { &inserted, 13,
          "{\\\"scope\\\":\\\"bentley-error\\\",\\\"key\\\":\\\"BE_SQLITE_FULL\\\"}" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        const struct weh_diag diag = { .err = WEH_E_WRITE, .itwin = rows[i].itwin, .text = "what" };
        struct weh_ipc_parts parts;

        start_answer(f, false);
        weh_ipc_error_about(&f->writer, rows[i].subject);
        weh_error_write(&f->writer, &id_seven, &diag, NULL);
        assert_non_null(strstr(sent_text(f, &parts), rows[i].text));
    }
}

static void test_ipc_rpc_error_of_an_unknown_key_has_a_number(void **state)
{
    const struct weh_diag diag = { .err = WEH_E_IMODEL_NOT_FOUND, .text = "iModel not found" };
    struct fixture *f = *state;

    assert_non_null(strstr(error_text(f, true, &diag), "\\\"errorNumber\\\":65574"));
}

static void test_ipc_push_has_the_method_before_its_arguments(void **state)
{
    struct fixture *f = *state;
    struct weh_ipc_parts parts;

    start_writing(f, WEH_CODEC_IPC);
    weh_ipc_push_begin(&f->writer, WEH_STR("txns/k\"1"), "notifyCommitted", false);
    weh_sink_bool(f->writer.sink, true);
    weh_sink_int(f->writer.sink, 5);
    weh_ipc_push_end(&f->writer);
    assert_string_equal(sent_text(f, &parts), HEAD
                        "1,\\\"channel\\\":\\\"itwin.itwinjs-core/txns/k\\\\\\\"1\\\",\\\"data\\\":"
                        "[\\\"notifyCommitted\\\",true,5]}\",0]");
    start_writing(f, WEH_CODEC_IPC);
    weh_ipc_push_begin(&f->writer, WEH_STR("txns/k"), NULL, true);
    weh_ipc_push_end(&f->writer);
    assert_string_equal(sent_text(f, &parts),
                        HEAD "1,\\\"channel\\\":\\\"itwin.txns/k\\\",\\\"data\\\":[]}\",0]");
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
        T(test_ipc_invoke_is_split_into_views),
        T(test_ipc_members_come_in_any_order_and_unknown_ones_are_left_alone),
        T(test_ipc_channel_is_known_in_the_spelling_of_4_0),
        T(test_ipc_request_that_is_missing_or_0_waits_for_no_answer),
        T(test_ipc_sequence_that_is_no_number_from_0_is_a_missing_one),
        T(test_ipc_rpc_call_is_found_in_its_data),
        T(test_ipc_control_version_asks_for_the_endpoints_whatever_the_name),
        T(test_ipc_rpc_call_without_what_it_needs_names_nothing),
        T(test_ipc_escapes_of_the_outer_string_are_undone_once),
        T(test_ipc_text_that_is_no_pair_is_refused),
        T(test_ipc_object_that_is_no_message_is_refused),
        T(test_ipc_depth_counts_from_data_on),
        T(test_ipc_number_of_values_is_bounded),
        T(test_ipc_parts_are_counted_from_the_end_of_the_text),
        T(test_ipc_block_whose_lengths_do_not_fit_is_refused),
        T(test_ipc_marker_of_each_type_becomes_a_binary_value),
        T(test_ipc_marker_that_names_nothing_is_a_bad_argument),
        T(test_ipc_arguments_that_are_no_array_are_bad),
        T(test_ipc_reply_has_number_channel_and_result),
        T(test_ipc_reply_without_a_result_is_empty),
        T(test_ipc_binary_values_follow_in_order),
        T(test_ipc_reply_can_begin_anew),
        T(test_ipc_binary_values_stand_in_the_text_where_rows_have_them),
        T(test_ipc_error_is_told_as_the_stock_backend_does),
        T(test_ipc_error_of_an_edit_tells_what_it_was_about),
        T(test_ipc_rpc_error_of_an_unknown_key_has_a_number),
        T(test_ipc_push_has_the_method_before_its_arguments),
        T(test_ipc_reply_beyond_the_limit_is_an_error_and_takes_nothing),
        T(test_ipc_answer_that_is_given_up_is_freed),
    };

    return cmocka_run_group_tests_name("ipc", tests, NULL, NULL);
}
