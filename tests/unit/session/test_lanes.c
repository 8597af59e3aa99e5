/* tests/unit/session/test_lanes.c - long requests of some sessions do not hold up those of others. */
#include "host_priv.h"
#include "session_fixture.h"

/* More than the two workers of the fixture and their slots. */
#define CROWD 6

struct crowd {
    struct fixture *f;
    struct fake_channel *fakes[CROWD];
};

static int setup(void **state)
{
    static struct crowd crowd;
    void *fixture = NULL;

    if (session_setup_most(&fixture, 256) != 0) {
        return -1;
    }
    crowd = (struct crowd){ .f = fixture };
    crowd.f->config.limits_sessions = CROWD + 1;
    for (int i = 0; i < CROWD; i++) {
        crowd.fakes[i] = weh_calloc(1, sizeof(*crowd.fakes[i]));
        assert_non_null(crowd.fakes[i]);
        assert_int_equal(connect_session(crowd.f, crowd.fakes[i]), WEH_OK);
    }
    *state = &crowd;
    return 0;
}

static int teardown(void **state)
{
    struct crowd *crowd = *state;
    void *fixture = crowd->f;

    open_gate(crowd->f);
    for (int i = 0; i < CROWD; i++) {
        fake_channel_lose(crowd->fakes[i], WEH_CLOSE_SOCKET_LOST);
        fake_channel_fini(crowd->fakes[i]);
        weh_free(crowd->fakes[i]);
    }
    return session_teardown(&fixture);
}

static void all_begin(const struct crowd *crowd, const char *method)
{
    char text[128];

    (void)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", method);
    for (int i = 0; i < CROWD; i++) {
        fake_channel_deliver(crowd->fakes[i], text);
    }
    wait_until_waiting(crowd->f, CROWD);
}

static void test_short_requests_are_answered_while_more_long_ones_run_than_there_are_workers(
    void **state)
{
    struct crowd *crowd = *state;

    all_begin(crowd, "test.spin");
    request(crowd->f, 1, "test.count", "{}");
    assert_non_null(strstr(fake_channel_wait(crowd->f->fake, 1), "\"result\":1"));
    open_gate(crowd->f);
    for (int i = 0; i < CROWD; i++) {
        assert_non_null(strstr(fake_channel_wait(crowd->fakes[i], 1), "\"result\":null"));
    }
}

static void test_short_requests_are_answered_while_more_wait_for_the_disk_than_there_are_workers(
    void **state)
{
    struct crowd *crowd = *state;

    all_begin(crowd, "test.wait");
    request(crowd->f, 1, "test.count", "{}");
    assert_non_null(strstr(fake_channel_wait(crowd->f->fake, 1), "\"result\":1"));
    assert_true(weh_metrics_get(weh_host_metrics(crowd->f->host), WEH_METRIC_WORKERS_JOINED) >=
                CROWD - 1);
}

static void test_a_long_request_that_waits_for_its_turn_can_be_cancelled(void **state)
{
    struct crowd *crowd = *state;

    all_begin(crowd, "test.spin");
    for (int i = 0; i < CROWD; i++) {
        fake_channel_deliver(crowd->fakes[i], "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":"
                                              "\"test.cancel\",\"params\":{\"id\":1}}");
    }
    for (int i = 0; i < CROWD; i++) {
        (void)fake_channel_wait(crowd->fakes[i], 2);
        assert_true(strstr(crowd->fakes[i]->frames[0], "Cancelled") != NULL ||
                    strstr(crowd->fakes[i]->frames[1], "Cancelled") != NULL);
    }
}

static void test_a_session_with_long_requests_is_served_again_and_again(void **state)
{
    struct crowd *crowd = *state;

    all_begin(crowd, "test.spin");
    open_gate(crowd->f);
    for (int i = 0; i < CROWD; i++) {
        for (size_t k = 0; k < 10; k++) {
            fake_channel_deliver(crowd->fakes[i],
                                 "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"test.notify\"}");
            (void)fake_channel_wait(crowd->fakes[i], 3 + 2 * k);
        }
    }
}

static void test_a_session_leaves_the_short_lane_and_comes_back(void **state)
{
    struct usage usage = { 0 };

    (void)state;
    usage_add(&usage, 4999999);
    assert_int_equal(usage.lane, LANE_SHORT);
    usage_add(&usage, 5000000);
    assert_int_equal(usage.lane, LANE_LONG);
    for (int i = 0; i < 3; i++) {
        usage_add(&usage, 100000);
    }
    assert_int_equal(usage.lane, LANE_LONG);
    usage_add(&usage, 100000);
    assert_int_equal(usage.lane, LANE_SHORT);
}

static void test_who_uses_more_is_in_a_higher_band(void **state)
{
    struct usage light = { 0 };
    struct usage heavy = { 0 };

    (void)state;
    usage_add(&light, 100000);
    usage_add(&heavy, 50000000);
    usage_rank(&light);
    usage_rank(&heavy);
    assert_int_equal(light.band, 0);
    assert_in_range(heavy.band, 5, 6);
    usage_add(&heavy, UINT64_C(3600000000000));
    usage_rank(&heavy);
    assert_int_equal(heavy.band, N_BANDS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_short_requests_are_answered_while_more_long_ones_run_than_there_are_workers, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            test_short_requests_are_answered_while_more_wait_for_the_disk_than_there_are_workers,
            setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_long_request_that_waits_for_its_turn_can_be_cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_session_with_long_requests_is_served_again_and_again,
                                        setup, teardown),
        cmocka_unit_test(test_a_session_leaves_the_short_lane_and_comes_back),
        cmocka_unit_test(test_who_uses_more_is_in_a_higher_band),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
