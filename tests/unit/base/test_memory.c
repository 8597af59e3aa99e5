/* tests/unit/base/test_memory.c - arenas and buffers: limits, failures, growth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weh/alloc.h"
#include "weh/arena.h"
#include "weh/buf.h"

#include "fake_alloc.h"

static void test_arena_memory_is_zeroed_aligned_and_given_back(void **state)
{
    struct weh_arena arena;
    size_t live = fake_alloc_live();

    (void)state;
    weh_arena_init(&arena, 0);
    for (size_t size = 1; size < 20000; size = size * 3 + 1) {
        uint8_t *memory = weh_arena_alloc(&arena, size);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % sizeof(max_align_t) % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 0xff, size);
    }
    weh_arena_reset(&arena);
    assert_int_equal(arena.used_bytes, 0);
    assert_true(fake_alloc_live() <= live + 1);
    assert_int_equal(*(uint8_t *)weh_arena_alloc(&arena, 64), 0);
    weh_arena_fini(&arena);
    assert_int_equal(fake_alloc_live(), live);
}

static void test_arena_over_its_limit_or_absurd_size_is_refused(void **state)
{
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 1000);
    assert_non_null(weh_arena_alloc(&arena, 900));
    assert_null(weh_arena_alloc(&arena, 200));
    assert_null(weh_arena_alloc(&arena, SIZE_MAX));
    assert_null(weh_arena_array(&arena, SIZE_MAX / 2, 3));
    assert_non_null(weh_arena_alloc(&arena, 16));
    weh_arena_fini(&arena);
}

static void test_arena_without_memory_returns_null_and_stays_usable(void **state)
{
    struct weh_arena arena;

    (void)state;
    weh_arena_init(&arena, 0);
    fake_alloc_fail_at(1);
    assert_null(weh_arena_alloc(&arena, 10));
    fake_alloc_reset();
    assert_non_null(weh_arena_strdup(&arena, WEH_STR("text")));
    weh_arena_fini(&arena);
}

static void test_buf_error_is_sticky_until_cleared(void **state)
{
    struct weh_buf buf;

    (void)state;
    weh_buf_init(&buf, 8);
    weh_buf_append(&buf, "12345678", 8);
    assert_int_equal(buf.err, WEH_OK);
    weh_buf_byte(&buf, 'x');
    assert_int_equal(buf.err, WEH_E_TOO_LARGE);
    assert_int_equal(buf.len, 8);
    weh_buf_clear(&buf);
    weh_buf_printf(&buf, "%d", 42);
    assert_memory_equal(buf.data, "42", 2);
    weh_buf_fini(&buf);
}

static void test_buf_that_has_grown_keeps_its_limit(void **state)
{
    struct weh_buf buf;

    (void)state;
    /* Twice what it begins with, less one: the memory does not double beyond the limit. */
    weh_buf_init(&buf, 511);
    for (size_t i = 0; i < 511; i++) {
        weh_buf_byte(&buf, (uint8_t)i);
    }
    assert_int_equal(buf.err, WEH_OK);
    assert_true(buf.capacity <= 511);
    weh_buf_byte(&buf, 'x');
    assert_int_equal(buf.err, WEH_E_TOO_LARGE);
    assert_int_equal(buf.len, 511);
    assert_int_equal(buf.data[510], 510 & 0xff);
    weh_buf_fini(&buf);
}

static void test_buf_without_memory_keeps_what_it_has(void **state)
{
    struct weh_buf buf;
    char big[5000];

    (void)state;
    memset(big, 'x', sizeof(big));
    weh_buf_init(&buf, 0);
    weh_buf_append(&buf, "abc", 3);
    fake_alloc_fail_at(1);
    weh_buf_append(&buf, big, sizeof(big));
    fake_alloc_reset();
    assert_int_equal(buf.err, WEH_E_NOMEM);
    assert_int_equal(buf.len, 3);
    assert_memory_equal(buf.data, "abc", 3);
    assert_null(weh_buf_reserve(&buf, 1));
    weh_buf_fini(&buf);
}

static void test_buf_printf_longer_than_its_scratch_is_whole(void **state)
{
    struct weh_buf buf;
    char big[1000];
    uint8_t *taken;
    size_t len;

    (void)state;
    memset(big, 'y', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    weh_buf_init(&buf, 0);
    weh_buf_printf(&buf, "<%s>", big);
    taken = weh_buf_take(&buf, &len);
    assert_int_equal(len, sizeof(big) + 1);
    assert_int_equal(taken[0], '<');
    assert_int_equal(taken[len - 1], '>');
    assert_null(buf.data);
    weh_free(taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_memory_is_zeroed_aligned_and_given_back),
        cmocka_unit_test(test_arena_over_its_limit_or_absurd_size_is_refused),
        cmocka_unit_test(test_arena_without_memory_returns_null_and_stays_usable),
        cmocka_unit_test(test_buf_error_is_sticky_until_cleared),
        cmocka_unit_test(test_buf_that_has_grown_keeps_its_limit),
        cmocka_unit_test(test_buf_without_memory_keeps_what_it_has),
        cmocka_unit_test(test_buf_printf_longer_than_its_scratch_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
