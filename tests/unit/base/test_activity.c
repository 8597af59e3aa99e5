/* tests/unit/base/test_activity.c - which names of activities and traces count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weh/activity.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"

static void test_activity_id_is_visible_ascii_up_to_its_limit(void **state)
{
    char text[WEH_ACTIVITY_SIZE + 1];

    (void)state;
    assert_true(weh_activity_is_valid(WEH_STR("a")));
    assert_true(weh_activity_is_valid(WEH_STR("4f1c9a62-0000-4000-8000-1234567890ab")));
    assert_true(weh_activity_is_valid(WEH_STR("!~")));
    assert_false(weh_activity_is_valid((struct weh_str){ "", 0 }));
    assert_false(weh_activity_is_valid(WEH_STR("a b")));
    assert_false(weh_activity_is_valid(WEH_STR("a\n")));
    assert_false(weh_activity_is_valid(WEH_STR("a\x7f")));
    assert_false(weh_activity_is_valid(WEH_STR("\xc3\xa4")));
    memset(text, 'x', sizeof(text));
    assert_true(weh_activity_is_valid((struct weh_str){ text, WEH_ACTIVITY_SIZE - 1 }));
    assert_false(weh_activity_is_valid((struct weh_str){ text, WEH_ACTIVITY_SIZE }));
}

static void assert_trace(const char *text, const char *wanted)
{
    char trace[WEH_TRACE_SIZE] = "before";

    assert_int_equal(weh_traceparent_read(weh_str_from(text), trace), wanted[0] != '\0');
    assert_string_equal(trace, wanted);
}

static void test_traceparent_gives_its_trace_id(void **state)
{
    (void)state;
    assert_trace("00-" TRACE "-" SPAN "-01", TRACE);
    assert_trace("00-" TRACE "-" SPAN "-ff", TRACE);
    assert_trace("cc-" TRACE "-" SPAN "-01", TRACE);
    assert_trace("cc-" TRACE "-" SPAN "-01-what.comes.later", TRACE);
}

static void test_traceparent_that_is_not_one_gives_nothing(void **state)
{
    (void)state;
    assert_trace("", "");
    assert_trace("00", "");
    assert_trace("ff-" TRACE "-" SPAN "-01", "");
    assert_trace("00-" TRACE "-" SPAN "-01-more", "");
    assert_trace("cc-" TRACE "-" SPAN "-01more", "");
    assert_trace("00-" TRACE "-" SPAN "-0", "");
    assert_trace("00-" TRACE "-" SPAN "-0x", "");
    assert_trace("0x-" TRACE "-" SPAN "-01", "");
    assert_trace("00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", "");
    assert_trace("00-00000000000000000000000000000000-" SPAN "-01", "");
    assert_trace("00-" TRACE "-0000000000000000-01", "");
    assert_trace("00_" TRACE "-" SPAN "-01", "");
    assert_trace("00-" TRACE "_" SPAN "-01", "");
    assert_trace("00-" TRACE "-" SPAN "_01", "");
    assert_trace("00-" TRACE "-b7ad6b716920333\n-01", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_activity_id_is_visible_ascii_up_to_its_limit),
        cmocka_unit_test(test_traceparent_gives_its_trace_id),
        cmocka_unit_test(test_traceparent_that_is_not_one_gives_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
