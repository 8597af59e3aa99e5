/* tests/unit/net/test_origin.c - which web pages may connect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/compiler.h"

#include "origin.h"

static bool allowed(const char *origin, const char *list)
{
    return weh_origin_is_allowed(weh_str_from(origin), list);
}

static void test_origin_of_this_machine_is_allowed_by_default(void **state)
{
    static const char *const good[] = { "http://localhost",      "https://localhost",
                                        "http://localhost:3000", "http://127.0.0.1:1",
                                        "https://[::1]:65535",   "http://[::1]" };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(good); i++) {
        assert_true(allowed(good[i], ""));
        assert_true(allowed(good[i], "  "));
    }
}

static void test_origin_that_only_looks_like_this_machine_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "null",
        "localhost",
        "http://",
        "ftp://localhost",
        "file://localhost",
        "ws://localhost",
        "HTTP://localhost",
        "http://LOCALHOST",
        "http://localhost/",
        "http://localhost:",
        "http://localhost:0",
        "http://localhost:65536",
        "http://localhost:080000",
        "http://localhost:80x",
        "http://localhost:-1",
        "http://localhost.",
        "http://localhost.evil.example",
        "http://localhostx",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.2",
        "http://127.1",
        "http://[::1",
        "http://[::2]",
        "http://user@localhost",
        "http://evil.example#http://localhost",
        " http://localhost",
        "http://localhost ",
        "http://localhost\t",
        "http://localhost\n",
        "http://localhost,http://localhost",
        "http://localhost;",
        "http://localhost?",
        "http://localhost/index.html",
        "http://localhost#",
        "http://localhost\\",
        "http://localhost:80:80",
        "http://localhost: 80",
        "http://localhost:+80",
        "http://localhost:0x50",
        "http://localhost:99999999999999999999",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "http://evil.example/http://localhost",
        "http://evil.example?http://localhost",
        "http://sub.localhost",
        "http://local\xe2\x80\x8bhost",
        "http://\xef\xbd\x8cocalhost",
        "http://0x7f000001",
        "http://2130706433",
        "http://0.0.0.0",
        "http://127.0.0.01",
        "http://127.000.000.001",
        "http://[::ffff:127.0.0.1]",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::1%lo]",
        "http://::1",
        "http:/localhost",
        "http:localhost",
        "//localhost",
        "https:///localhost",
        "javascript://localhost",
        "chrome-extension://localhost",
        "about:blank",
        "*",
        "NULL",
        "undefined",
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        assert_false(allowed(bad[i], ""));
        assert_false(allowed(bad[i], "https://a.example"));
    }
}

static void test_origin_in_the_list_is_allowed_and_no_other(void **state)
{
    const char *list = "https://a.example  https://b.example:8443 ";

    (void)state;
    assert_true(allowed("https://a.example", list));
    assert_true(allowed("https://b.example:8443", list));
    assert_false(allowed("https://b.example", list));
    assert_false(allowed("https://a.example:443", list));
    assert_false(allowed("http://a.example", list));
    assert_false(allowed("https://a.example https://b.example:8443", list));
    assert_false(allowed("https://sub.a.example", list));
    assert_false(allowed("https://a.exampl", list));
    assert_false(allowed("", list));
}

static void test_origin_list_replaces_the_default(void **state)
{
    (void)state;
    assert_false(allowed("http://localhost:3000", "https://a.example"));
    assert_true(allowed("http://localhost:3000", "https://a.example http://localhost:3000"));
}

static void test_origin_list_knows_no_patterns(void **state)
{
    (void)state;
    assert_false(allowed("https://a.example", "*"));
    assert_false(allowed("https://a.example", "https://*.example"));
    assert_true(allowed("*", "*"));
}

static void test_origin_is_a_view_and_not_a_text(void **state)
{
    (void)state;
    assert_true(weh_origin_is_allowed((struct weh_str){ "http://localhostXXX", 16 }, ""));
    assert_false(weh_origin_is_allowed((struct weh_str){ "http://localhost\0x", 18 }, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origin_of_this_machine_is_allowed_by_default),
        cmocka_unit_test(test_origin_that_only_looks_like_this_machine_is_refused),
        cmocka_unit_test(test_origin_in_the_list_is_allowed_and_no_other),
        cmocka_unit_test(test_origin_list_replaces_the_default),
        cmocka_unit_test(test_origin_list_knows_no_patterns),
        cmocka_unit_test(test_origin_is_a_view_and_not_a_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
