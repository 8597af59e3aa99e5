/* tests/unit/base/test_spill.c - bytes in memory and in a temporary file. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/resource.h>

#include "weh/spill.h"

#include "fake_alloc.h"

static uint8_t byte_at(uint64_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

static void fill(struct weh_spill *spill, size_t n, size_t step)
{
    uint8_t bytes[512];
    uint64_t at = weh_spill_len(spill);

    for (size_t done = 0; done < n; done += step) {
        for (size_t i = 0; i < step; i++) {
            bytes[i] = byte_at(at++);
        }
        assert_int_equal(weh_spill_append(spill, bytes, step, NULL), WEH_OK);
    }
}

static void check(const struct weh_spill *spill, uint64_t at, size_t n)
{
    uint8_t bytes[700];

    assert_int_equal(weh_spill_read(spill, at, bytes, n, NULL), WEH_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(bytes[i], byte_at(at + i));
    }
}

static void test_few_bytes_stay_in_memory(void **state)
{
    struct weh_spill spill = { .keep_bytes = 1000 };

    (void)state;
    fill(&spill, 1000, 100);
    assert_true(weh_spill_is_small(&spill));
    assert_int_equal(spill.fd_plus_1, 0);
    check(&spill, 0, 700);
    check(&spill, 999, 1);
    check(&spill, 1000, 0);
    weh_spill_fini(&spill);
}

static void test_many_bytes_read_as_written_across_file_and_memory(void **state)
{
    struct weh_spill spill = { .keep_bytes = 1000 };

    (void)state;
    fill(&spill, 100000 / 300 * 300, 300);
    assert_false(weh_spill_is_small(&spill));
    assert_true(spill.tail.len > 0 && spill.tail.len <= 1000);
    for (uint64_t at = 0; at + 700 <= weh_spill_len(&spill); at += 333) {
        check(&spill, at, 700);
    }
    check(&spill, spill.in_file - 350, 650);
    weh_spill_fini(&spill);
}

static void test_cleared_bytes_are_gone_and_others_take_their_place(void **state)
{
    struct weh_spill spill = { .keep_bytes = 64 };

    (void)state;
    fill(&spill, 1000, 100);
    weh_spill_clear(&spill);
    assert_int_equal(weh_spill_len(&spill), 0);
    assert_int_equal(spill.fd_plus_1, 0);
    fill(&spill, 300, 100);
    check(&spill, 0, 300);
    weh_spill_fini(&spill);
    assert_int_equal(weh_spill_len(&spill), 0);
}

static void test_limit_is_kept(void **state)
{
    struct weh_spill spill = { .keep_bytes = 64, .limit_bytes = 500 };
    uint8_t bytes[100] = { 0 };

    (void)state;
    fill(&spill, 500, 100);
    assert_int_equal(weh_spill_append(&spill, bytes, 1, NULL), WEH_E_LIMIT);
    weh_spill_fini(&spill);
}

static void test_full_storage_is_told(void **state)
{
    struct weh_spill spill = { .keep_bytes = 64 };
    struct rlimit before;
    struct rlimit small;
    uint8_t bytes[100] = { 0 };

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 250;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(weh_spill_append(&spill, bytes, 100, NULL), WEH_OK);
    assert_int_equal(weh_spill_append(&spill, bytes, 100, NULL), WEH_OK);
    assert_int_equal(weh_spill_append(&spill, bytes, 100, NULL), WEH_E_DISK_FULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    weh_spill_fini(&spill);
}

static void test_folder_comes_from_the_environment(void **state)
{
    struct weh_spill spill = { .keep_bytes = 16 };

    (void)state;
    /* One that does not exist is passed over, as SQLite does. */
    assert_int_equal(setenv("SQLITE_TMPDIR", "/nonexistent/folder", 1), 0);
    fill(&spill, 300, 100);
    check(&spill, 0, 300);
    assert_int_equal(unsetenv("SQLITE_TMPDIR"), 0);
    weh_spill_fini(&spill);
}

static void test_each_allocation_may_fail(void **state)
{
    unsigned n = 0;
    bool failed = true;

    (void)state;
    while (failed) {
        struct weh_spill spill = { .keep_bytes = 64 };
        uint8_t bytes[100] = { 0 };
        weh_err err = WEH_OK;

        fake_alloc_fail_at(++n);
        for (unsigned i = 0; i < 5 && err == WEH_OK; i++) {
            err = weh_spill_append(&spill, bytes, sizeof(bytes), NULL);
        }
        failed = fake_alloc_has_failed() != 0;
        fake_alloc_reset();
        assert_int_equal(err, failed ? WEH_E_NOMEM : WEH_OK);
        weh_spill_fini(&spill);
    }
    assert_true(n > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_bytes_stay_in_memory),
        cmocka_unit_test(test_many_bytes_read_as_written_across_file_and_memory),
        cmocka_unit_test(test_cleared_bytes_are_gone_and_others_take_their_place),
        cmocka_unit_test(test_limit_is_kept),
        cmocka_unit_test(test_full_storage_is_told),
        cmocka_unit_test(test_folder_comes_from_the_environment),
        cmocka_unit_test(test_each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
