/* tests/unit/wire/test_envelope.c - the outside of a message in both encodings, and its params. */
#include "wire_fixture.h"

struct row {
    struct weh_str bytes;
    weh_err err;
    const char *text; /* of the diag; NULL: any */
};

static void check(struct fixture *f, enum weh_codec codec, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        weh_err err = read_envelope(f, codec, rows[i].bytes);

        print_message("row %zu: %s\n", i, f->diag.text);
        assert_int_equal(err, rows[i].err);
        assert_int_equal(f->diag.err, err);
        assert_string_equal(f->diag.text, rows[i].text == NULL ? f->diag.text : rows[i].text);
    }
}

static void test_envelope_json_request_is_split_into_views(void **state)
{
    struct weh_str bytes = WEH_STR(" {\"jsonrpc\": \"2.0\", \"id\" : 7 , \"method\":\"a.b\",\n"
                                   "\"params\" : {\"x\":[1,{\"y\":\"}\\\"\"}]} } ");
    struct fixture *f = *state;

    assert_int_equal(read_envelope(f, WEH_CODEC_JSON, bytes), WEH_OK);
    assert_true(f->envelope.has_id);
    assert_int_equal(f->envelope.id.type, WEH_VALUE_INT);
    assert_int_equal(f->envelope.id.as.integer, 7);
    assert_true(weh_str_eq_text(f->envelope.method, "a.b"));
    assert_true(weh_str_eq_text(f->envelope.params, "{\"x\":[1,{\"y\":\"}\\\"\"}]}"));
    assert_true(f->envelope.params.ptr > bytes.ptr &&
                f->envelope.params.ptr < bytes.ptr + bytes.len);
}

static void test_envelope_msgpack_request_is_split_into_views(void **state)
{
    struct weh_str bytes = WEH_STR("\x94\x00\x07\xa3"
                                   "a.b\x81\xa1x\x92\x01\xc0");
    struct fixture *f = *state;

    assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, bytes), WEH_OK);
    assert_true(f->envelope.has_id);
    assert_int_equal(f->envelope.id.as.integer, 7);
    assert_true(weh_str_eq_text(f->envelope.method, "a.b"));
    assert_ptr_equal(f->envelope.method.ptr, bytes.ptr + 4);
    assert_ptr_equal(f->envelope.params.ptr, bytes.ptr + 7);
    assert_int_equal(f->envelope.params.len, 6);
}

static void test_envelope_without_params_or_with_null_has_empty_ones(void **state)
{
    static const struct {
        enum weh_codec codec;
        struct weh_str bytes;
    } rows[] = {
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}") },
        { WEH_CODEC_JSON,
          BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":null}") },
        { WEH_CODEC_JSON, BYTES("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":{ }}") },
        { WEH_CODEC_MSGPACK, BYTES("\x93\x00\x01\xa1m") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\xc0") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\x80") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        f->value.type = WEH_VALUE_BOOL;
        assert_int_equal(read_call(f, rows[i].codec, rows[i].bytes), WEH_OK);
        assert_int_equal(f->value.type, WEH_VALUE_MAP);
        assert_int_equal(f->value.n, 0);
    }
}

static void test_envelope_notification_has_no_id(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(
        read_envelope(f, WEH_CODEC_JSON, WEH_STR("{\"method\":\"m\",\"jsonrpc\":\"2.0\"}")),
        WEH_OK);
    assert_false(f->envelope.has_id);
    assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, WEH_STR("\x93\x02\xa1m\x80")), WEH_OK);
    assert_false(f->envelope.has_id);
    assert_int_equal(f->envelope.params.len, 1);
    assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, WEH_STR("\x92\x02\xa1m")), WEH_OK);
}

static void test_envelope_id_may_be_any_integer_or_short_string(void **state)
{
    static const struct {
        const char *json;
        struct weh_str msgpack;
        enum weh_value_type type;
        int64_t integer;
    } rows[] = {
        { "0", BYTES("\x93\x00\x00\xa1m"), WEH_VALUE_INT, 0 },
        { "-0", BYTES("\x93\x00\xd0\x00\xa1m"), WEH_VALUE_INT, 0 },
        { "127", BYTES("\x93\x00\x7f\xa1m"), WEH_VALUE_INT, 127 },
        { "-1", BYTES("\x93\x00\xff\xa1m"), WEH_VALUE_INT, -1 },
        { "-32", BYTES("\x93\x00\xe0\xa1m"), WEH_VALUE_INT, -32 },
        { "-1", BYTES("\x93\x00\xd1\xff\xff\xa1m"), WEH_VALUE_INT, -1 },
        { "200", BYTES("\x93\x00\xcc\xc8\xa1m"), WEH_VALUE_INT, 200 },
        { "40000", BYTES("\x93\x00\xcd\x9c\x40\xa1m"), WEH_VALUE_INT, 40000 },
        { "-40000", BYTES("\x93\x00\xd2\xff\xff\x63\xc0\xa1m"), WEH_VALUE_INT, -40000 },
        { "4294967295", BYTES("\x93\x00\xce\xff\xff\xff\xff\xa1m"), WEH_VALUE_INT, 4294967295 },
        { "9223372036854775807", BYTES("\x93\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\xa1m"),
          WEH_VALUE_INT, INT64_MAX },
        { "-9223372036854775808", BYTES("\x93\x00\xd3\x80\0\0\0\0\0\0\0\xa1m"), WEH_VALUE_INT,
          INT64_MIN },
        { "18446744073709551615", BYTES("\x93\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa1m"),
          WEH_VALUE_UINT, -1 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        char text[128];
        int n = snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"m\"}",
                         rows[i].json);

        assert_int_equal(read_envelope(f, WEH_CODEC_JSON, (struct weh_str){ text, (size_t)n }),
                         WEH_OK);
        assert_int_equal(f->envelope.id.type, rows[i].type);
        assert_true(f->envelope.id.as.integer == rows[i].integer);
        assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, rows[i].msgpack), WEH_OK);
        assert_int_equal(f->envelope.id.type, rows[i].type);
        assert_true(f->envelope.id.as.integer == rows[i].integer);
    }
    assert_int_equal(
        read_envelope(f, WEH_CODEC_JSON,
                      WEH_STR("{\"jsonrpc\":\"2.0\",\"id\":\"\xc3\xa9-1\",\"method\":\"m\"}")),
        WEH_OK);
    assert_true(weh_str_eq_text(weh_value_str(&f->envelope.id), "\xc3\xa9-1"));
    assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, WEH_STR("\x93\x00\xd9\x02id\xa1m")),
                     WEH_OK);
    assert_true(weh_str_eq_text(weh_value_str(&f->envelope.id), "id"));
}

#define REQUEST(rest) BYTES("{\"jsonrpc\":\"2.0\"," rest "}")
#define X64           "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_envelope_json_that_is_no_request_is_refused(void **state)
{
    static const struct row rows[] = {
        { BYTES("{}"), WEH_E_INVALID_REQUEST, "jsonrpc must be \"2.0\"" },
        { BYTES("[]"), WEH_E_INVALID_REQUEST, "batches are not supported" },
        { BYTES("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\"}]"), WEH_E_INVALID_REQUEST,
          "batches are not supported" },
        { BYTES("\"x\""), WEH_E_INVALID_REQUEST, "the message must be an object" },
        { BYTES("1"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("null"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("{\"id\":1,\"method\":\"m\"}"), WEH_E_INVALID_REQUEST, "jsonrpc must be \"2.0\"" },
        { BYTES("{\"jsonrpc\":2.0,\"method\":\"m\"}"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("{\"jsonrpc\":\"1.0\",\"method\":\"m\"}"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("{\"jsonrpc\":\"2\\u002e0\",\"method\":\"m\"}"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"id\":1"), WEH_E_INVALID_REQUEST, "method must be a string without escapes" },
        { REQUEST("\"method\":1"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":null"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"\""), WEH_E_INVALID_REQUEST, "method must have 1 to 128 bytes" },
        { REQUEST("\"method\":\"" X64 X64 "\""), WEH_OK, NULL },
        { REQUEST("\"method\":\"" X64 X64 "x\""), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"\\u006d\""), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"method\":\"m\""), WEH_E_INVALID_REQUEST,
          "member stands twice" },
        { REQUEST("\"method\":\"m\",\"jsonrpc\":\"2.0\""), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"params\":{},\"params\":{}"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"id\":1,\"method\":\"m\",\"id\":2"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"\\u006dethod\":\"m\""), WEH_E_INVALID_REQUEST, "unknown member" },
        { REQUEST("\"method\":\"m\",\"\\u006dethod\":\"n\""), WEH_E_INVALID_REQUEST,
          "unknown member" },
        { REQUEST("\"method\":\"m\",\"Params\":{}"), WEH_E_INVALID_REQUEST, "unknown member" },
        { REQUEST("\"method\":\"m\",\"\":1"), WEH_E_INVALID_REQUEST, "unknown member" },
        { REQUEST("\"method\":\"m\",\"id\\u0000\":1"), WEH_E_INVALID_REQUEST, "unknown member" },
        { REQUEST("\"method\":\"m\",\"result\":1"), WEH_E_INVALID_REQUEST, "unknown member" },
        { REQUEST("\"method\":\"m\",\"id\":null"), WEH_E_INVALID_REQUEST,
          "id must be an integer or a string" },
        { REQUEST("\"method\":\"m\",\"id\":1.0"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":1e2"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":true"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":[1]"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":{}"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":18446744073709551616"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":-9223372036854775809"), WEH_E_INVALID_REQUEST, NULL },
        { REQUEST("\"method\":\"m\",\"id\":\"a\\n\""), WEH_E_INVALID_REQUEST,
          "id must have no escapes" },
        { REQUEST("\"method\":\"m\",\"id\":\"" X64 "\""), WEH_OK, NULL },
        { REQUEST("\"method\":\"m\",\"id\":\"" X64 "x\""), WEH_E_INVALID_REQUEST,
          "id is too long" },
    };

    check(*state, WEH_CODEC_JSON, rows, WEH_ARRAY_LEN(rows));
}

static void test_envelope_json_that_is_malformed_is_a_parse_error(void **state)
{
    static const struct row rows[] = {
        { BYTES(""), WEH_E_PARSE, NULL },
        { BYTES("{"), WEH_E_PARSE, NULL },
        { BYTES("{,}"), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\""), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\",}"), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\"} x"), WEH_E_PARSE,
          "text behind the message" },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}{}"), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}\0"), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\" \"method\":\"m\"}"), WEH_E_PARSE, NULL },
        { BYTES("{'jsonrpc':'2.0'}"), WEH_E_PARSE, NULL },
        { BYTES("[1,"), WEH_E_PARSE, NULL },
        { BYTES("\xef\xbb\xbf{}"), WEH_E_PARSE, NULL },
        { REQUEST("\"method\":\"\xff\""), WEH_E_PARSE, "invalid UTF-8" },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":NaN}"), WEH_E_PARSE, NULL },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":01}"), WEH_E_PARSE, NULL },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":1,}"), WEH_E_PARSE, NULL },
        { REQUEST("\"method\":\"m\",\"params\":[1}"), WEH_E_PARSE, NULL },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":\"\\ud800\"}"), WEH_E_PARSE,
          "lone surrogate" },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":\"\\udc00\"}"), WEH_E_PARSE,
          "lone surrogate" },
        { REQUEST("\"method\":\"m\",\"params\":{\"a\":\"\xed\xa0\x80\"}"), WEH_E_PARSE, NULL },
    };

    check(*state, WEH_CODEC_JSON, rows, WEH_ARRAY_LEN(rows));
}

static void test_envelope_msgpack_that_is_no_request_is_refused(void **state)
{
    static const struct row rows[] = {
        { BYTES("\x80"), WEH_E_INVALID_REQUEST, "the message must be an array" },
        { BYTES("\x01"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x90"), WEH_E_INVALID_REQUEST, "the message must begin with 0 or 2" },
        { BYTES("\x94\x03\x01\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\xa1\x30\x01\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x01\x01\xc0\xc0"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x91\x00"), WEH_E_INVALID_REQUEST, "a request is [0, id, method, params]" },
        { BYTES("\x92\x00\x01"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x95\x00\x01\xa1m\x80\x80"), WEH_E_INVALID_REQUEST,
          "the message has too many items" },
        { BYTES("\x91\x02"), WEH_E_INVALID_REQUEST, "a notification is [2, method, params]" },
        { BYTES("\x94\x02\xa1m\x80\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\x01\x01\x80"), WEH_E_INVALID_REQUEST, "method must be a string" },
        { BYTES("\x94\x00\x01\xc4\x01m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\x01\xa0\x80"), WEH_E_INVALID_REQUEST, "method must have 1 to 128 bytes" },
        { BYTES("\x94\x00\x01\xd9\x80" X64 X64 "\x80"), WEH_OK, NULL },
        { BYTES("\x94\x00\x01\xd9\x81" X64 X64 "x\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\x01\xa1\xff\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\xc0\xa1m\x80"), WEH_E_INVALID_REQUEST,
          "id must be an integer or a string" },
        { BYTES("\x94\x00\xcb\x3f\xf0\0\0\0\0\0\0\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\xc3\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\x90\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\xd4\x00\x00\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\xa1\xff\xa1m\x80"), WEH_E_INVALID_REQUEST, NULL },
        { BYTES("\x94\x00\xd9\x40" X64 "\xa1m\x80"), WEH_OK, NULL },
        { BYTES("\x94\x00\xd9\x41" X64 "x\xa1m\x80"), WEH_E_INVALID_REQUEST, "id is too long" },
    };

    check(*state, WEH_CODEC_MSGPACK, rows, WEH_ARRAY_LEN(rows));
}

static void test_envelope_msgpack_that_is_malformed_is_a_parse_error(void **state)
{
    static const struct row rows[] = {
        { BYTES(""), WEH_E_PARSE, NULL },
        { BYTES("\xc1"), WEH_E_PARSE, NULL },
        { BYTES("{\"jsonrpc\":\"2.0\",\"method\":\"m\"}"), WEH_E_PARSE, NULL },
        { BYTES("\x94\x00\x01\xa1m"), WEH_E_PARSE, NULL },
        { BYTES("\x94\x00\x01\xa1m\x80\x80"), WEH_E_PARSE, "bytes behind the message" },
        { BYTES("\x94\x00\x01\xa1m\xc1"), WEH_E_PARSE, NULL },
        { BYTES("\xdd\xff\xff\xff\xff\x00\x01\xa1m\x80"), WEH_E_PARSE, NULL },
        { BYTES("\x94\x00\x01\xa1m\xdd\xff\xff\xff\xff"), WEH_E_PARSE, NULL },
        { BYTES("\x94\x00\x01\xdb\xff\xff\xff\xffm\x80"), WEH_E_PARSE, NULL },
        { BYTES("\x94\x00\x01\xa1m\x81\xa1\x78"), WEH_E_PARSE, NULL },
    };

    check(*state, WEH_CODEC_MSGPACK, rows, WEH_ARRAY_LEN(rows));
}

static void test_envelope_error_knows_the_id_when_it_could_be_read(void **state)
{
    static const struct {
        enum weh_codec codec;
        struct weh_str bytes;
    } rows[] = {
        { WEH_CODEC_JSON, BYTES("{\"x\":1,\"id\":9,\"jsonrpc\":\"2.0\",\"method\":\"m\"}") },
        { WEH_CODEC_JSON, BYTES("{\"method\":1,\"id\":9}") },
        { WEH_CODEC_JSON, BYTES("{\"id\":9,\"method\":\"m\",\"params\":{\"a\":}}") },
        { WEH_CODEC_JSON, BYTES("{\"id\":9,\"method\":\"m\"} trailing") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x09\x01\x80") },
        { WEH_CODEC_MSGPACK, BYTES("\x92\x00\x09") },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x09\xa1m\xc1") },
        { WEH_CODEC_MSGPACK, BYTES("\x95\x00\x09\xa1m\x80\x80") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_not_equal(read_envelope(f, rows[i].codec, rows[i].bytes), WEH_OK);
        assert_true(f->envelope.has_id);
        assert_int_equal(f->envelope.id.as.integer, 9);
    }
    assert_int_equal(read_envelope(f, WEH_CODEC_JSON, WEH_STR("{\"id\":{},\"method\":\"m\"}")),
                     WEH_E_INVALID_REQUEST);
    assert_false(f->envelope.has_id);
}

static void test_envelope_depth_and_values_are_limited(void **state)
{
    const struct weh_codec_limits small = { 3, 9 };
    static const struct {
        enum weh_codec codec;
        weh_err err;
        struct weh_str bytes;
    } rows[] = {
        { WEH_CODEC_JSON, WEH_OK, REQUEST("\"method\":\"m\",\"params\":{\"a\":[]}") },
        { WEH_CODEC_JSON, WEH_E_LIMIT, REQUEST("\"method\":\"m\",\"params\":{\"a\":[[]]}") },
        { WEH_CODEC_JSON, WEH_E_LIMIT, REQUEST("\"method\":\"m\",\"params\":{\"a\":[1]}") },
        { WEH_CODEC_MSGPACK, WEH_OK,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\x90") },
        { WEH_CODEC_MSGPACK, WEH_E_LIMIT,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\x91\x90") },
        { WEH_CODEC_MSGPACK, WEH_OK,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\x92\x01\x02") },
        { WEH_CODEC_MSGPACK, WEH_E_LIMIT,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\x93\x01\x02\x03") },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(
            weh_envelope_read(rows[i].codec, rows[i].bytes, &small, &f->envelope, &f->diag),
            rows[i].err);
    }
}

static void test_envelope_deep_nesting_is_a_limit_in_both_encodings(void **state)
{
    struct fixture *f = *state;
    size_t n = 100000;
    char *bytes = malloc(n);

    memset(bytes, '[', n);
    assert_int_equal(read_envelope(f, WEH_CODEC_JSON, (struct weh_str){ bytes, n }), WEH_E_LIMIT);
    memset(bytes, 0x91, n);
    assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, (struct weh_str){ bytes, n }),
                     WEH_E_LIMIT);
    free(bytes);
}

static void test_envelope_cut_at_any_byte_never_passes(void **state)
{
    static const struct weh_str json = BYTES(
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"m\",\"params\":{\"a\":[1,\"\\u00e9\",-1.5e3]}}");
    static const struct weh_str msgpack = BYTES("\xdc\x00\x04\x00\xa1x\xd9\x01m\xde\x00\x01\xa1"
                                                "a\x93\x01\xd9\x01x\xca\0\0\0\0");
    struct fixture *f = *state;

    for (size_t n = 0; n <= json.len; n++) {
        char *copy = malloc(n + 1);

        memcpy(copy + 1, json.ptr, n);
        assert_int_equal(read_envelope(f, WEH_CODEC_JSON, (struct weh_str){ copy + 1, n }),
                         n == json.len ? WEH_OK : WEH_E_PARSE);
        free(copy);
    }
    for (size_t n = 0; n <= msgpack.len; n++) {
        char *copy = malloc(n + 1);

        memcpy(copy + 1, msgpack.ptr, n);
        assert_int_equal(read_envelope(f, WEH_CODEC_MSGPACK, (struct weh_str){ copy + 1, n }),
                         n == msgpack.len ? WEH_OK : WEH_E_PARSE);
        free(copy);
    }
}

static void test_params_that_are_no_map_or_break_the_model_are_bad_args(void **state)
{
    static const struct {
        enum weh_codec codec;
        struct weh_str bytes;
        const char *text;
    } rows[] = {
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":[1]"),
          "params must be an object, not array" },
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":\"x\""),
          "params must be an object, not string" },
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":{\"a\":1,\"a\":2}"),
          "duplicate key" },
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":{\"a\":1,\"\\u0061\":2}"),
          "duplicate key" },
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":{\"a\":1e999}"),
          "number out of range" },
        { WEH_CODEC_JSON, REQUEST("\"method\":\"m\",\"params\":{\"\\u0000\":1}"), "NUL in a key" },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\x91\x01"),
          "params must be an object, not array" },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\x01"),
          "params must be an object, not number" },
        { WEH_CODEC_MSGPACK,
          BYTES("\x94\x00\x01\xa1m\x82\xa1"
                "a\x01\xa1"
                "a\x01"),
          "duplicate key" },
        { WEH_CODEC_MSGPACK,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\xca\x7f\x80\0\0"),
          "NaN or infinity" },
        { WEH_CODEC_MSGPACK, BYTES("\x94\x00\x01\xa1m\x81\x01\x01"), "key that is no string" },
        { WEH_CODEC_MSGPACK,
          BYTES("\x94\x00\x01\xa1m\x81\xa1"
                "a\xa1\xff"),
          "invalid UTF-8" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(rows); i++) {
        assert_int_equal(read_envelope(f, rows[i].codec, rows[i].bytes), WEH_OK);
        assert_int_equal(read_call(f, rows[i].codec, rows[i].bytes), WEH_E_BAD_ARGS);
        assert_string_equal(f->diag.text, rows[i].text);
        assert_true(f->diag.where[0] != '\0' || strcmp(f->diag.text, "key that is no string") == 0);
    }
}

static void test_params_undefined_of_msgpackr_are_empty(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(read_call(f, WEH_CODEC_MSGPACK, WEH_STR("\x94\x00\x01\xa1m\xd4\x00\x00")),
                     WEH_OK);
    assert_int_equal(f->value.type, WEH_VALUE_MAP);
    assert_int_equal(f->value.n, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_envelope_json_request_is_split_into_views),
        TEST(test_envelope_msgpack_request_is_split_into_views),
        TEST(test_envelope_without_params_or_with_null_has_empty_ones),
        TEST(test_envelope_notification_has_no_id),
        TEST(test_envelope_id_may_be_any_integer_or_short_string),
        TEST(test_envelope_json_that_is_no_request_is_refused),
        TEST(test_envelope_json_that_is_malformed_is_a_parse_error),
        TEST(test_envelope_msgpack_that_is_no_request_is_refused),
        TEST(test_envelope_msgpack_that_is_malformed_is_a_parse_error),
        TEST(test_envelope_error_knows_the_id_when_it_could_be_read),
        TEST(test_envelope_depth_and_values_are_limited),
        TEST(test_envelope_deep_nesting_is_a_limit_in_both_encodings),
        TEST(test_envelope_cut_at_any_byte_never_passes),
        TEST(test_params_that_are_no_map_or_break_the_model_are_bad_args),
        TEST(test_params_undefined_of_msgpackr_are_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
