/* tests/unit/wire/test_ipc_read.c - messages of stock iTwin.js frontends: blocks, pairs, envelopes, binary
 * values in arguments. */
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

/* ---- envelopes ---- */

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
    assert_int_equal(
        read_inner(f, "{\"type\":2,\"channel\":\"itwin.RPC\",\"method\":\"request\",\"data\":[{"
                      "\"definition\":{\"interfaceName\":\"I\",\"interfaceVersion\":\"1.0.0\"},"
                      "\"operation\":\"o\",\"parameters\":[]}],\"request\":1}"),
        WEH_OK);
    assert_true(f->envelope.is_rpc);
    IS(f->envelope.scope, "I");
    assert_int_equal(read_inner(f, "{\"type\":2,\"channel\":\"itwin.itwinjs-core/RPC\","
                                   "\"method\":\"request\"}"),
                     WEH_OK);
    assert_false(f->envelope.is_rpc);
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
    IS(f->envelope.activity, "x");
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
        RPC("", "\"context\":7"),
        RPC("", "\"context\":{\"id\":7}"),
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
        IS(f->envelope.activity, "");
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

static void test_ipc_half_a_surrogate_pair_becomes_the_replacement_character(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_inner(f, "{\"type\":0,\"channel\":\"itwin.a\",\"data\":[\"a\\ud800\","
                                   "\"\\uDC00b\\uD83D\\uDE00\",\"\\ud800\\ud800\\udc00\","
                                   "\"\\ud800\\n\",\"\\\\ud800\"]}"),
                     WEH_OK);
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value),
                        "[\"a\xef\xbf\xbd\",\"\xef\xbf\xbd\x62\xf0\x9f\x98\x80\","
                        "\"\xef\xbf\xbd\xf0\x90\x80\x80\",\"\xef\xbf\xbd\\n\",\"\\\\ud800\"]");
    assert_int_equal(
        read_inner(f, "{\"type\":2,\"channel\":\"itwin.\\ud800\",\"method\":\"\\udfff\"}"), WEH_OK);
    IS(f->envelope.scope, "\\ufffd");
    IS(f->envelope.method, "\\ufffd");
    assert_int_equal(read_inner(f, "{\"type\":0,\"channel\":\"itwin.a\",\"data\":[\"\\ud800\"]x"),
                     WEH_E_PARSE);
}

static void test_ipc_half_a_surrogate_pair_may_stand_in_the_outer_string(void **state)
{
    static const char text[] = "[\"{\\\"type\\\":0,\\\"channel\\\":\\\"itwin.a\\\",\\\"data\\\":"
                               "[\\\"c\\ud800\\ud83d\\ude00\\udc00\\\"]}\",0]";
    struct fixture *f = *state;

    assert_int_equal(read_text(f, weh_str_from(text)), WEH_OK);
    assert_int_equal(decode_params(f), WEH_OK);
    assert_string_equal(as_json(f, &f->value), "[\"c\xef\xbf\xbd\xf0\x9f\x98\x80\xef\xbf\xbd\"]");
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

/* ---- arguments ---- */

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
        T(test_ipc_half_a_surrogate_pair_becomes_the_replacement_character),
        T(test_ipc_half_a_surrogate_pair_may_stand_in_the_outer_string),
        T(test_ipc_text_that_is_no_pair_is_refused),
        T(test_ipc_object_that_is_no_message_is_refused),
        T(test_ipc_depth_counts_from_data_on),
        T(test_ipc_number_of_values_is_bounded),
        T(test_ipc_parts_are_counted_from_the_end_of_the_text),
        T(test_ipc_block_whose_lengths_do_not_fit_is_refused),
        T(test_ipc_marker_of_each_type_becomes_a_binary_value),
        T(test_ipc_marker_that_names_nothing_is_a_bad_argument),
        T(test_ipc_arguments_that_are_no_array_are_bad),
    };

    return cmocka_run_group_tests_name("ipc_read", tests, NULL, NULL);
}
