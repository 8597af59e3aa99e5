/* tests/unit/session/test_method.c - arguments by the row of a method, states and close reasons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"
#include "weh/method.h"

#include "fake_alloc.h"

/* clang-format off */
static const struct weh_arg_spec specs[] = {
    { "count",  WEH_ARG_INT,        false, 1, 10, NULL, "" },
    { "text",   WEH_ARG_STRING,     false, 1, 4,  NULL, "" },
    { "mode",   WEH_ARG_CHOICE,     false, 0, 0,  "read|write", "" },
    { "id",     WEH_ARG_ID,         false, 0, 0,  NULL, "" },
    { "ids",    WEH_ARG_IDS,        false, 1, 2,  NULL, "" },
    { "guid",   WEH_ARG_GUID,       false, 0, 0,  NULL, "" },
    { "props",  WEH_ARG_OBJECT,     false, 0, 0,  NULL, "" },
    { "flag",   WEH_ARG_BOOL,       false, 0, 0,  NULL, "" },
    { .name = NULL },
};

static const struct weh_arg_spec required[] = {
    { "id", WEH_ARG_REQUEST_ID, true, 0, 0, NULL, "" },
    { .name = NULL },
};
/* clang-format on */

static weh_err decode(const struct weh_arg_spec *with, const char *text, struct weh_arg *out,
                      struct weh_diag *diag)
{
    static struct weh_arena arena;
    struct weh_json_limits limits = { 32, 10000 };
    struct weh_value value;

    weh_arena_fini(&arena);
    if (text == NULL) {
        return WEH_OK;
    }
    assert_int_equal(weh_json_parse(weh_str_from(text), &limits, &arena, &value, NULL), WEH_OK);
    return weh_args_decode(with, &value, &arena, out, diag);
}

static void test_args_of_an_array_go_by_position(void **state)
{
    struct weh_arg args[WEH_MAX_ARGS];
    struct weh_diag diag;

    (void)state;
    /* count, then text; null is an absent one. */
    assert_int_equal(decode(specs, "[10,\"abcd\"]", args, NULL), WEH_OK);
    assert_true(args[0].given && args[0].as.integer == 10);
    assert_true(args[1].given && weh_str_eq_text(args[1].as.string, "abcd"));
    assert_false(args[2].given);
    assert_int_equal(decode(specs, "[null,\"abcd\"]", args, NULL), WEH_OK);
    assert_false(args[0].given);
    assert_int_equal(decode(specs, "[10,7]", args, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.where, "text");
    /* What is beyond the last is left alone. */
    assert_int_equal(decode(required, "[5,\"more\",{}]", args, NULL), WEH_OK);
    assert_int_equal(decode(required, "[null]", args, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.text, "id is missing");
    assert_int_equal(decode(required, "[]", args, NULL), WEH_E_BAD_ARGS);
    assert_int_equal(decode(required, NULL, args, NULL), WEH_OK);
}

static void test_args_of_every_type_are_decoded(void **state)
{
    struct weh_arg args[WEH_MAX_ARGS];

    (void)state;
    assert_int_equal(decode(specs,
                            "{\"count\":10.0,\"text\":\"abcd\",\"mode\":\"write\",\"id\":\"0x1f\","
                            "\"ids\":[\"0x1\",\"0x2\"],"
                            "\"guid\":\"b18d9612-2609-4d5d-8d4a-123456789abc\",\"props\":{},"
                            "\"flag\":true,\"_meta\":{\"activityId\":\"a\"}}",
                            args, NULL),
                     WEH_OK);
    assert_int_equal(args[0].as.integer, 10);
    assert_true(weh_str_eq_text(args[1].as.string, "abcd"));
    assert_true(weh_str_eq_text(args[2].as.string, "write"));
    assert_int_equal(args[3].as.id, 0x1f);
    assert_int_equal(args[4].as.list.n, 2);
    assert_int_equal(args[4].as.list.ids[1], 2);
    assert_int_equal(args[5].as.guid.bytes[0], 0xb1);
    assert_int_equal(args[6].as.value->type, WEH_VALUE_MAP);
    assert_true(args[7].as.boolean);
    (void)decode(NULL, NULL, NULL, NULL);
}

static void test_args_that_are_null_count_as_absent(void **state)
{
    struct weh_arg args[WEH_MAX_ARGS];
    struct weh_diag diag;

    (void)state;
    assert_int_equal(decode(specs, "{\"count\":null,\"props\":null}", args, NULL), WEH_OK);
    assert_false(args[0].given);
    assert_false(args[6].given);
    assert_int_equal(decode(required, "{\"id\":null}", args, &diag), WEH_E_BAD_ARGS);
    assert_string_equal(diag.where, "id");
    (void)decode(NULL, NULL, NULL, NULL);
}

static void test_args_that_are_wrong_are_named(void **state)
{
    static const char *const wrong[][2] = {
        { "{\"count\":0}", "count" },
        { "{\"count\":11}", "count" },
        { "{\"count\":1.5}", "count" },
        { "{\"count\":\"1\"}", "count" },
        { "{\"count\":18446744073709551615}", "count" },
        { "{\"text\":\"\"}", "text" },
        { "{\"text\":\"abcde\"}", "text" },
        { "{\"text\":5}", "text" },
        { "{\"mode\":\"rea\"}", "mode" },
        { "{\"mode\":\"read|write\"}", "mode" },
        { "{\"id\":31}", "id" },
        { "{\"id\":\"0x\"}", "id" },
        { "{\"id\":\"0x0\"}", "id" },
        { "{\"ids\":[]}", "ids" },
        { "{\"ids\":[\"0x1\",\"0x1\",\"0x1\"]}", "ids" },
        { "{\"ids\":[\"0x1\",2]}", "ids" },
        { "{\"ids\":\"0x1\"}", "ids" },
        { "{\"guid\":\"nonsense\"}", "guid" },
        { "{\"props\":[]}", "props" },
        { "{\"flag\":1}", "flag" },
        { "{\"unknown\":1}", "unknown" },
        { "{\"_meta\":\"x\"}", "_meta" },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(wrong); i++) {
        struct weh_arg args[WEH_MAX_ARGS];
        struct weh_diag diag;

        assert_int_equal(decode(specs, wrong[i][0], args, &diag), WEH_E_BAD_ARGS);
        assert_string_equal(diag.where, wrong[i][1]);
        assert_non_null(strstr(diag.text, wrong[i][1]));
    }
    (void)decode(NULL, NULL, NULL, NULL);
}

static void test_args_without_memory_fail_and_leak_nothing(void **state)
{
    struct weh_json_limits limits = { 32, 10000 };
    struct weh_arena arena;
    struct weh_value value;
    size_t live = fake_alloc_live();
    struct weh_arg args[WEH_MAX_ARGS];
    struct weh_diag diag;

    (void)state;
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_json_parse(WEH_STR("{\"ids\":[\"0x1\"]}"), &limits, &arena, &value, NULL),
                     WEH_OK);
    arena.limit_bytes = arena.used_bytes;
    assert_int_equal(weh_args_decode(specs, &value, &arena, args, &diag), WEH_E_NOMEM);
    weh_arena_fini(&arena);
    assert_int_equal(fake_alloc_live(), live);
}

static void test_state_moves_are_those_of_the_drawing(void **state)
{
    /* Row: from, column: to, in the order of the enum. */
    static const char *const moves[] = {
        /* NEW      */ ".x.x.",
        /* OPENING  */ "x.xx.",
        /* READY    */ "x..x.",
        /* CLOSING  */ "....x",
        /* CLOSED   */ ".....",
    };

    (void)state;
    for (int from = WEH_SESSION_NEW; from <= WEH_SESSION_CLOSED; from++) {
        for (int to = WEH_SESSION_NEW; to <= WEH_SESSION_CLOSED; to++) {
            assert_int_equal(
                weh_session_may_move((enum weh_session_state)from, (enum weh_session_state)to),
                moves[from][to] == 'x');
        }
        assert_non_null(weh_session_state_name((enum weh_session_state)from));
    }
}

static void test_close_reasons_have_sendable_codes(void **state)
{
    (void)state;
    for (int i = 0; i < WEH_CLOSE_COUNT; i++) {
        const struct weh_close_info *info = weh_close_info((enum weh_close_reason)i);

        assert_true((info->code >= 1000 && info->code <= 1014 && info->code != 1004 &&
                     info->code != 1005) ||
                    (info->code >= 4000 && info->code <= 4999)); /* free for private use */
        assert_true(strlen(info->text) > 0 && strlen(info->text) < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_args_of_an_array_go_by_position),
        cmocka_unit_test(test_args_of_every_type_are_decoded),
        cmocka_unit_test(test_args_that_are_null_count_as_absent),
        cmocka_unit_test(test_args_that_are_wrong_are_named),
        cmocka_unit_test(test_args_without_memory_fail_and_leak_nothing),
        cmocka_unit_test(test_state_moves_are_those_of_the_drawing),
        cmocka_unit_test(test_close_reasons_have_sendable_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
