/* tests/unit/base/test_err.c - the table of errors, and raising one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "weh/err.h"
#include "weh/str.h"

static void test_err_table_has_unique_names_and_codes(void **state)
{
    (void)state;
    for (int a = WEH_OK + 1; a < WEH_E_COUNT; a++) {
        const struct weh_err_info *row = weh_err_info((weh_err)a);

        assert_true(row->name[0] != '\0');
        assert_true(row->help[0] != '\0');
        for (int b = a + 1; b < WEH_E_COUNT; b++) {
            assert_string_not_equal(row->name, weh_err_info((weh_err)b)->name);
            assert_int_not_equal(row->code, weh_err_info((weh_err)b)->code);
        }
    }
}

static void test_err_fail_fills_the_diag_once(void **state)
{
    struct weh_diag diag;

    (void)state;
    assert_int_equal(weh_fail_where(&diag, WEH_E_NOT_FOUND, "id", "no element %d", 7),
                     WEH_E_NOT_FOUND);
    assert_int_equal(diag.err, WEH_E_NOT_FOUND);
    assert_string_equal(diag.where, "id");
    assert_string_equal(diag.text, "no element 7");
    assert_string_equal(diag.detail, "");
    assert_non_null(strstr(diag.file, "test_err.c"));
    weh_diag_detail(&diag, "rc=%d", 5);
    assert_string_equal(diag.detail, "rc=5");
    assert_int_equal(weh_fail(NULL, WEH_E_NOMEM, "nobody listens"), WEH_E_NOMEM);
}

static void test_err_long_text_is_cut_between_characters(void **state)
{
    struct weh_diag diag;
    char text[600];

    (void)state;
    /* One byte more at each round: the cut falls on every place of a three-byte character. */
    for (size_t shift = 0; shift < 3; shift++) {
        size_t n = shift;

        memset(text, 'x', shift);
        for (; n + 3 < sizeof(text); n += 3) {
            memcpy(text + n, "\xe2\x82\xac", 3);
        }
        text[n] = '\0';
        (void)weh_fail_where(&diag, WEH_E_LIMIT, text, "%s", text);
        assert_true(weh_str_is_utf8(weh_str_from(diag.text)));
        assert_true(weh_str_is_utf8(weh_str_from(diag.where)));
        assert_true(strlen(diag.text) > sizeof(diag.text) - 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err_table_has_unique_names_and_codes),
        cmocka_unit_test(test_err_fail_fills_the_diag_once),
        cmocka_unit_test(test_err_long_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
