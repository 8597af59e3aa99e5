/* tests/unit/session/test_service.c - what the host does in the service thread: finding sessions by id,
 * ticks at their time. The test's thread is the service thread, the clock stands until it is moved. */
#include "fake_clock.h"
#include "session_fixture.h"

static void wait_until(struct fixture *f, const unsigned *count, unsigned n)
{
    (void)pthread_mutex_lock(&f->lock);
    while (*count < n) {
        (void)pthread_cond_wait(&f->changed, &f->lock);
    }
    (void)pthread_mutex_unlock(&f->lock);
}

static void wait_until_ticked(struct fixture *f, unsigned n)
{
    wait_until(f, &f->n_ticks, n);
}

/* Play the service thread until something is due in @after_ms. */
static void serve_until_due_in(struct fixture *f, uint64_t after_ms)
{
    for (;;) {
        unsigned seen = fake_channel_wakes(f->fake);

        if (weh_host_service(f->host) == after_ms) {
            return;
        }
        fake_channel_wait_wake(f->fake, seen);
    }
}

static void start(struct fixture *f, uint64_t tick_after_ms)
{
    atomic_store(&f->tick_after_ms, tick_after_ms);
    fake_channel_serve(f->fake, f->host);
    request(f, 1, "test.count", "{}");
    (void)fake_channel_wait(f->fake, 1);
}

static void test_service_has_nothing_due_for_idle_sessions(void **state)
{
    struct fixture *f = *state;

    start(f, 0);
    assert_true(weh_host_service(f->host) == WEH_NEVER);
    fake_clock_advance_ms(3600000);
    assert_true(weh_host_service(f->host) == WEH_NEVER);
    assert_int_equal(f->n_ticks, 0);
}

static void test_service_tick_comes_when_wanted_and_again(void **state)
{
    struct fixture *f = *state;

    start(f, 500);
    serve_until_due_in(f, 500);
    fake_clock_advance_ms(499);
    assert_int_equal(weh_host_service(f->host), 1);
    assert_int_equal(f->n_ticks, 0);
    fake_clock_advance_ms(1);
    (void)weh_host_service(f->host);
    wait_until_ticked(f, 1);
    assert_int_equal(f->ticked_idle_ms, 500);
    serve_until_due_in(f, 500);
    fake_clock_advance_ms(700);
    (void)weh_host_service(f->host);
    wait_until_ticked(f, 2);
    assert_int_equal(f->ticked_idle_ms, 1200);
    atomic_store(&f->tick_after_ms, 0);
}

static void test_service_request_moves_the_tick(void **state)
{
    struct fixture *f = *state;

    start(f, 500);
    serve_until_due_in(f, 500);
    fake_clock_advance_ms(400);
    request(f, 2, "test.count", "{}");
    (void)fake_channel_wait(f->fake, 2);
    wait_until(f, &f->n_asked, 2);
    fake_clock_advance_ms(100);
    (void)weh_host_service(f->host);
    assert_int_equal(f->n_ticks, 0);
    serve_until_due_in(f, 400);
    fake_clock_advance_ms(400);
    (void)weh_host_service(f->host);
    wait_until_ticked(f, 1);
    assert_int_equal(f->ticked_idle_ms, 500);
}

/* Nor right behind it: the session was not idle. */
static void test_service_no_tick_beside_a_request(void **state)
{
    struct fixture *f = *state;

    start(f, 500);
    serve_until_due_in(f, 500);
    request(f, 2, "test.wait", "{}");
    wait_until_waiting(f, 1);
    fake_clock_advance_ms(1000);
    (void)weh_host_service(f->host);
    assert_int_equal(f->n_ticks, 0);
    open_gate(f);
    (void)fake_channel_wait(f->fake, 2);
    serve_until_due_in(f, 500);
    assert_int_equal(f->n_ticks, 0);
}

static void test_service_session_with_a_tick_due_ends_in_good_order(void **state)
{
    struct fixture *f = *state;

    start(f, 500);
    serve_until_due_in(f, 500);
    fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(f->closed_for, WEH_CLOSE_SOCKET_LOST);
    assert_true(weh_host_service(f->host) == WEH_NEVER);
}

static void count_session(void *ctx, struct weh_session *session)
{
    (void)session;
    (*(unsigned *)ctx)++;
}

/* More than the first buckets hold, with different deadlines; they go in another order. */
static void test_service_finds_each_of_many_sessions(void **state)
{
    enum {
        N = 100
    };
    struct fixture *f = *state;
    struct fake_channel *fakes = weh_calloc(N, sizeof(*fakes));
    unsigned n = 0;

    f->config.limits_sessions = N + 1;
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(connect_session(f, &fakes[i]), WEH_OK);
        atomic_store(&f->tick_after_ms, 1000 + i * 7919 % N);
        fake_channel_deliver(&fakes[i], "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.count\"}");
        (void)fake_channel_wait(&fakes[i], 1);
    }
    for (unsigned i = 0; i < N; i++) {
        assert_ptr_equal(weh_host_find(f->host, weh_str_from(weh_session_name(fakes[i].session))),
                         fakes[i].session);
    }
    assert_null(weh_host_find(f->host, WEH_STR("s0123456789abcdef")));
    assert_null(weh_host_find(f->host, WEH_STR("")));
    weh_host_each(f->host, count_session, &n);
    assert_int_equal(n, N + 1);
    for (unsigned i = 0; i < N; i++) {
        unsigned at = i * 7 % N;

        fake_channel_lose(&fakes[at], WEH_CLOSE_CLIENT_CLOSED);
        fake_channel_fini(&fakes[at]);
    }
    assert_int_equal(weh_host_session_count(f->host), 1);
    weh_free(fakes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)
        T(test_service_has_nothing_due_for_idle_sessions),
        T(test_service_tick_comes_when_wanted_and_again),
        T(test_service_request_moves_the_tick),
        T(test_service_no_tick_beside_a_request),
        T(test_service_session_with_a_tick_due_ends_in_good_order),
        T(test_service_finds_each_of_many_sessions),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
