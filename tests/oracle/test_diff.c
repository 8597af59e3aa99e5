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

static const struct {
    const char *expected;
    const char *actual;
    const char *what; /* NULL: equal */
    const char *path;
} cases[] = {
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

static void test_diff_tells_what_differs_first_and_where(void **state)
{
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_value expected = parse(&arena, cases[i].expected);
        struct weh_value actual = parse(&arena, cases[i].actual);
        struct oracle_difference difference = { .what = NULL };
        bool equal = oracle_equal(&expected, &actual, &difference);

        if (equal != (cases[i].what == NULL)) {
            fail_msg("%s %s", cases[i].expected, cases[i].actual);
        }
        if (!equal) {
            assert_string_equal(difference.what, cases[i].what);
        }
        assert_string_equal(difference.path, cases[i].path);
    }
    weh_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diff_tells_what_differs_first_and_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
