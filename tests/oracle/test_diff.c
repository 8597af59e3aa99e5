/* tests/oracle/test_diff.c - the report sees every kind of difference, and only those. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/json.h"

#include "oracle_diff.h"

static struct weh_value parse(struct weh_arena *arena, const char *text)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000 };
    struct weh_value value = { 0 };

    assert_int_equal(weh_json_parse(weh_str_from(text), &limits, arena, &value, NULL), WEH_OK);
    return value;
}

struct diff_case {
    const char *expected;
    const char *actual;
    const char *what; /* NULL: equal */
    const char *path;
};

static const struct diff_case cases[] = {
    { "{\"a\":[1,{\"b\":\"x\"}],\"c\":null}", "{\"a\":[1,{\"b\":\"x\"}],\"c\":null}", NULL, "" },
    { "{\"a\":[1,{\"b\":\"x\"}]}", "{\"a\":[1,{\"b\":\"y\"}]}", "value", "a[1].b" },
    { "{\"a\":1,\"b\":2}", "{\"a\":1}", "missing", "b" },
    { "{\"a\":1}", "{\"a\":1,\"b\":2}", "unexpected", "b" },
    { "{\"o\":{\"a\":1,\"b\":2}}", "{\"o\":{\"b\":2,\"a\":1}}", "order", "o" },
    { "[1,2]", "[1]", "missing", "[1]" },
    { "[1]", "[1,2]", "unexpected", "[1]" },
    { "{\"a\":null}", "{}", "missing", "a" },
    { "1", "\"1\"", "type", "" },
    { "0", "false", "type", "" },
    { "null", "0", "type", "" },
    { "true", "false", "value", "" },
    { "1", "1.0", NULL, "" },
    { "1.0000000000001", "1.0000000000002", NULL, "" },
    { "1.000000000001", "1.000000000004", "value", "" },
    { "1e-30", "0", "value", "" },
    { "9007199254740993", "9007199254740992", "value", "" },
    { "{\"$base64\":\"AQID\"}", "\"encoding=base64;AQID\"", NULL, "" },
    { "{\"$base64\":\"AQID\"}", "\"encoding=base64;AQIE\"", "bytes", "" },
    { "{\"$base64\":\"AQID\"}", "\"AQID\"", "bytes", "" },
    { "{\"$base64\":\"\"}", "null", "bytes", "" },
};

static const struct diff_case metadata_cases[] = {
    { "{\"a\":1,\"b\":2}", "{\"c\":3,\"b\":2,\"a\":1}", NULL, "" },
    { "{\"a\":1}", "{\"c\":3}", "missing", "a" },
    { "{\"properties\":{\"p\":{\"a\":1}}}", "{\"properties\":{\"p\":{\"b\":2,\"a\":1}}}", NULL,
      "" },
    { "{\"properties\":{\"p\":{}}}", "{\"properties\":{\"p\":{},\"q\":{}}}", "unexpected",
      "properties.q" },
    { "{\"properties\":{\"p\":{},\"q\":{}}}", "{\"properties\":{\"q\":{},\"p\":{}}}", "order",
      "properties" },
    { "{\"customAttributes\":[{\"x\":{}}]}", "{\"customAttributes\":[{\"x\":[1]}]}", NULL, "" },
    { "{\"x\":{}}", "{\"x\":[1]}", "type", "x" },
};

static void check_cases(const struct diff_case *all, size_t n, bool is_metadata)
{
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    for (size_t i = 0; i < n; i++) {
        struct weh_value expected = parse(&arena, all[i].expected);
        struct weh_value actual = parse(&arena, all[i].actual);
        struct oracle_difference difference = { .is_metadata = is_metadata };
        bool equal = oracle_equal(&expected, &actual, &difference);

        if (equal != (all[i].what == NULL)) {
            fail_msg("%s %s", all[i].expected, all[i].actual);
        }
        if (!equal) {
            assert_string_equal(difference.what, all[i].what);
        }
        assert_string_equal(difference.path, all[i].path);
    }
    weh_arena_fini(&arena);
}

static void test_diff_tells_what_differs_first_and_where(void **state)
{
    (void)state;
    check_cases(cases, WEH_ARRAY_LEN(cases), false);
}

static void test_diff_of_metadata_lets_our_side_say_more(void **state)
{
    (void)state;
    check_cases(metadata_cases, WEH_ARRAY_LEN(metadata_cases), true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diff_tells_what_differs_first_and_where),
        cmocka_unit_test(test_diff_of_metadata_lets_our_side_say_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
