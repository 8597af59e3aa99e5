/* tests/unit/session/test_overflow.c - a request that tells more than the outbox has room for. */
#include <unistd.h>

#include "session_fixture.h"

#define MANY 200 /* of 50,000 bytes; the outbox may have 100,000 */

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in %.200s", part, text);
    }
}

/* Of the first hundred descriptors. */
static size_t open_files(void)
{
    char path[32];
    char target[8];
    size_t n = 0;

    for (int i = 0; i < 100; i++) {
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
        n += readlink(path, target, sizeof(target)) > 0;
    }
    return n;
}

/* All is told, and nothing of it read. */
static void tell_many_unread(struct fixture *f, int id)
{
    char params[32];
    unsigned seen = f->n_waiting;

    f->fake->reads = false;
    (void)snprintf(params, sizeof(params), "{\"n\":%d}", MANY);
    request(f, id, "test.many", params);
    wait_until_waiting(f, seen + 1);
}

static void assert_all_told(struct fixture *f, int id)
{
    size_t before = f->fake->n_frames;
    char wanted[48];

    for (size_t i = 1; i <= MANY; i++) {
        (void)snprintf(wanted, sizeof(wanted), "\"params\":{\"n\":%zu,", i);
        assert_has(fake_channel_wait(f->fake, before + i), wanted);
    }
    (void)snprintf(wanted, sizeof(wanted), "\"id\":%d,\"result\":%d", id, MANY);
    assert_has(fake_channel_wait(f->fake, before + MANY + 1), wanted);
}

static void assert_no_gap(const struct fake_channel *fake)
{
    char wanted[48];

    for (size_t i = 0; i < fake->n_frames; i++) {
        (void)snprintf(wanted, sizeof(wanted), "\"params\":{\"n\":%zu,", i + 1);
        if (strstr(fake->frames[i], "test.told") != NULL) {
            assert_has(fake->frames[i], wanted);
        }
    }
}

static void test_overflow_comes_in_order_however_late_the_client_reads(void **state)
{
    struct fixture *f = *state;
    const size_t n_files = open_files();

    for (int round = 0; round < 3; round++) {
        tell_many_unread(f, 10 * round + 1);
        request(f, 10 * round + 2, "test.count", "{}");
        f->fake->reads = true;
        assert_all_told(f, 10 * round + 1);
        assert_has(fake_channel_wait(f->fake, ((size_t)round + 1) * (MANY + 2)), "\"result\":");
        /* Nothing but that, and the file is gone. */
        assert_int_equal(f->n_calls, round + 1);
        assert_int_equal(f->fake->n_frames, ((size_t)round + 1) * (MANY + 2));
        assert_int_equal(open_files(), n_files);
    }
}

static void test_overflow_lets_no_request_run_before_it_is_read(void **state)
{
    struct fixture *f = *state;

    tell_many_unread(f, 1);
    request(f, 2, "test.count", "{}");
    f->fake->reads = true;
    (void)fake_channel_wait(f->fake, MANY / 2);
    assert_int_equal(f->n_calls, 0);
    (void)fake_channel_wait(f->fake, MANY + 2);
    assert_int_equal(f->n_calls, 1);
}

static void test_overflow_is_overtaken_by_answers_out_of_band(void **state)
{
    struct fixture *f = *state;

    tell_many_unread(f, 1);
    request(f, 2, "test.cancel", "{\"id\":99}");
    f->fake->reads = true;
    (void)fake_channel_wait(f->fake, MANY + 2);
    for (size_t i = 0; i < MANY; i++) {
        if (strstr(f->fake->frames[i], "\"id\":2,") != NULL) {
            return;
        }
    }
    fail_msg("the answer came last");
}

static void test_overflow_beyond_the_limit_ends_a_client_that_does_not_read(void **state)
{
    struct fixture *f = *state;
    const size_t n_files = open_files();

    f->config.limits_temporary_bytes = 1000000;
    tell_many_unread(f, 1);
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_SLOW_READER);
    assert_int_equal(f->fake->n_frames, 0);
    assert_int_equal(open_files(), n_files);
}

static void test_overflow_is_dropped_with_its_session(void **state)
{
    struct fixture *f = *state;
    const size_t n_files = open_files();

    tell_many_unread(f, 1);
    fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(f->n_closed, 1);
    assert_int_equal(open_files(), n_files);
}

/* What is sent before the close has no gap. */
static void test_overflow_of_a_session_that_is_stopped_ends_where_it_ends(void **state)
{
    struct fixture *f = *state;

    tell_many_unread(f, 1);
    weh_session_end(f->fake->session, WEH_CLOSE_SHUTDOWN);
    f->fake->reads = true;
    assert_int_equal(fake_channel_wait_close(f->fake), WEH_CLOSE_SHUTDOWN);
    assert_true(f->fake->n_frames > 0 && f->fake->n_frames < MANY);
    assert_no_gap(f->fake);
}

static void test_overflow_without_memory_ends_the_session_or_nothing(void **state)
{
    struct fixture *f = *state;
    unsigned n_ended = 0;
    bool has_failed = true;

    for (unsigned nth = 1; has_failed; nth += 1 + nth / 8) {
        struct fake_channel *fake = weh_calloc(1, sizeof(*fake));
        const char *last;

        fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
        fake_channel_fini(f->fake);
        weh_free(f->fake);
        f->fake = fake;
        assert_int_equal(connect_session(f, fake), WEH_OK);
        f->fake->reads = false;
        request(f, 1, "test.many", "{\"n\":30}");
        fake_alloc_fail_once(nth);
        f->fake->reads = true;
        last = fake_channel_wait(f->fake, 31);
        has_failed = fake_alloc_has_failed() != 0;
        fake_alloc_reset();
        if (last == NULL) {
            enum weh_close_reason reason = fake_channel_wait_close(f->fake);

            assert_true(reason == WEH_CLOSE_FAULT);
            n_ended++;
        } else {
            assert_has(last, "\"result\":30");
        }
    }
    assert_true(n_ended > 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_overflow_comes_in_order_however_late_the_client_reads),
        TEST(test_overflow_lets_no_request_run_before_it_is_read),
        TEST(test_overflow_is_overtaken_by_answers_out_of_band),
        TEST(test_overflow_beyond_the_limit_ends_a_client_that_does_not_read),
        TEST(test_overflow_is_dropped_with_its_session),
        TEST(test_overflow_of_a_session_that_is_stopped_ends_where_it_ends),
        TEST(test_overflow_without_memory_ends_the_session_or_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
