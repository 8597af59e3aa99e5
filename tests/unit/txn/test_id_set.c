/* tests/unit/txn/test_id_set.c - the compressed text form of a set of ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/id_set.h"

static void check(const weh_id *ids, size_t n, const char *expected)
{
    struct weh_buf out;

    weh_buf_init(&out, 0);
    weh_id_set_write(ids, n, &out);
    weh_buf_byte(&out, 0);
    assert_int_equal(out.err, WEH_OK);
    assert_string_equal((const char *)out.data, expected);
    weh_buf_fini(&out);
}

#define CHECK(expected, ...) \
    check((const weh_id[]){ __VA_ARGS__ }, sizeof((const weh_id[]){ __VA_ARGS__ }) / 8, expected)

static void test_id_set_of_the_format_description_is_written(void **state)
{
    weh_id run[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        run[i] = 0x18 + i;
    }
    check(NULL, 0, "");
    CHECK("+1", 1);
    CHECK("+1*3+2*3", 1, 2, 3, 5, 7, 9);
    CHECK("+10*2", 0x10, 0x20);
    check(run, 20, "+18+1*13");
    CHECK("+20000000001+1", 0x20000000001, 0x20000000002);
    CHECK("+FFFFFFFFFFFFFFFF", 0xffffffffffffffff);
}

static void test_id_set_invalid_and_repeated_ids_are_left_out(void **state)
{
    (void)state;
    CHECK("", 0);
    CHECK("+1*2", 0, 0, 1, 1, 2, 2);
    CHECK("+5+A", 5, 3, 15);
}

static void test_id_list_keeps_the_first_of_equal_ids_in_their_order(void **state)
{
    weh_id ids[] = { 7, 3, 7, 0, 9, 3, 0, 1, 7 };
    const weh_id expected[] = { 7, 3, 0, 9, 1 };
    struct weh_id_list list = { NULL, 0 };
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 0);
    assert_int_equal(weh_id_list_unique(ids, WEH_ARRAY_LEN(ids), &arena, &list, NULL), WEH_OK);
    assert_int_equal(list.n, WEH_ARRAY_LEN(expected));
    assert_memory_equal(list.ids, expected, sizeof(expected));
    assert_int_equal(weh_id_list_unique(ids, 0, &arena, &list, NULL), WEH_OK);
    assert_int_equal(list.n, 0);
    weh_arena_fini(&arena);
}

static void test_id_set_over_the_limit_tells_the_buffer(void **state)
{
    const weh_id ids[] = { 1, 3, 7 };
    struct weh_buf out;

    (void)state;
    weh_buf_init(&out, 3);
    weh_id_set_write(ids, 3, &out);
    assert_int_equal(out.err, WEH_E_TOO_LARGE);
    weh_buf_fini(&out);
}

static void check_read(const char *text, size_t n, const weh_id *expected)
{
    struct weh_id_list list;
    struct weh_diag diag;
    struct weh_arena arena;

    weh_arena_init(&arena, 0);
    assert_int_equal(weh_id_set_read(weh_str_from(text), "idSet", 1000, &arena, &list, &diag),
                     WEH_OK);
    assert_int_equal(list.n, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(list.ids[i] == expected[i]);
    }
    weh_arena_fini(&arena);
}

#define CHECK_READ(text, ...) \
    check_read(text, sizeof((const weh_id[]){ __VA_ARGS__ }) / 8, (const weh_id[]){ __VA_ARGS__ })

static void test_id_set_that_was_written_is_read(void **state)
{
    (void)state;
    check_read("", 0, NULL);
    CHECK_READ("+1", 1);
    CHECK_READ("+1*3+2*3", 1, 2, 3, 5, 7, 9);
    CHECK_READ("+20000000001+1", 0x20000000001, 0x20000000002);
    CHECK_READ("+FFFFFFFFFFFFFFFF", 0xffffffffffffffff);
    CHECK_READ("+FFFFFFFFFFFFFFFE+1", 0xfffffffffffffffe, 0xffffffffffffffff);
}

static void test_id_set_of_another_form_is_refused_by_name(void **state)
{
    static const char *const bad[] = {
        "1",
        "+",
        "+0",
        "+1*",
        "+1*0",
        "+1+",
        "+1**2",
        "+a",
        " +1",
        "+1 ",
        "*2",
        "+1-2",
        "+G",
        "++1",
        "+1*2*3",
        "+FFFFFFFFFFFFFFFF+1",
        "+10000000000000000",
        "+FFFFFFFFFFFFFFFF*2",
        "+1*3E9",
        "+1*FFFFFFFFFFFFFFFF",
        "+1*3E8+1",
    };
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 0);
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        struct weh_id_list list;
        struct weh_diag diag;

        assert_int_equal(weh_id_set_read(weh_str_from(bad[i]), "idSet", 1000, &arena, &list, &diag),
                         WEH_E_BAD_ARGS);
        assert_string_equal(diag.where, "idSet");
    }
    CHECK_READ("+1*3", 1, 2, 3);
    weh_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id_set_of_the_format_description_is_written),
        cmocka_unit_test(test_id_set_invalid_and_repeated_ids_are_left_out),
        cmocka_unit_test(test_id_list_keeps_the_first_of_equal_ids_in_their_order),
        cmocka_unit_test(test_id_set_over_the_limit_tells_the_buffer),
        cmocka_unit_test(test_id_set_that_was_written_is_read),
        cmocka_unit_test(test_id_set_of_another_form_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
