/* tests/unit/base/test_log.c - a line an event, whatever stands in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "weh/log.h"

/* Log one event and return the line, read back through a pipe. */
static const char *logged(enum weh_log_format format, const char *text)
{
    static char line[16384];
    struct weh_log_who who = { "s1", NULL };
    struct weh_log log = { WEH_LOG_INFO, format, 0 };
    int ends[2];
    ssize_t n;

    assert_int_equal(pipe(ends), 0);
    log.fd = ends[1];
    weh_log(&log, WEH_LOG_DEBUG, &who, "not.shown", WEH_F_INT("n", 1));
    weh_log(&log, WEH_LOG_WARN, &who, "test.event", WEH_F_TEXT("text", text), WEH_F_INT("n", -5));
    n = read(ends[0], line, sizeof(line) - 1);
    assert_true(n > 0);
    line[n] = '\0';
    (void)close(ends[0]);
    (void)close(ends[1]);
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    return line;
}

static void test_log_text_line_is_key_value(void **state)
{
    (void)state;
    assert_non_null(strstr(logged(WEH_LOG_TEXT, "plain"),
                           " level=warn event=test.event session=s1 activity=- text=plain n=-5\n"));
    assert_non_null(strstr(logged(WEH_LOG_TEXT, "two words\n\"x\"=1"),
                           " text=\"two words\\n\\\"x\\\"=1\" n=-5\n"));
}

static void test_log_json_line_is_an_object(void **state)
{
    (void)state;
    assert_non_null(strstr(logged(WEH_LOG_JSON, "a \"b\"\n"),
                           "\"level\":\"warn\",\"event\":\"test.event\",\"session\":\"s1\","
                           "\"activity\":\"-\",\"text\":\"a \\\"b\\\"\\n\",\"n\":-5}\n"));
}

static void test_log_line_too_long_is_cut_and_still_one_line(void **state)
{
    static char text[12000];
    const char *line;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    line = logged(WEH_LOG_TEXT, text);
    assert_non_null(strstr(line, "event=test.event"));
    assert_true(strlen(line) <= 8193);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log_text_line_is_key_value),
        cmocka_unit_test(test_log_json_line_is_an_object),
        cmocka_unit_test(test_log_line_too_long_is_cut_and_still_one_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
