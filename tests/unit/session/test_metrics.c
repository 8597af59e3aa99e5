/* tests/unit/session/test_metrics.c - what is counted, and the text that monitoring reads. */
#include "weh/metrics.h"

#include "session_fixture.h"

static int64_t counted(const struct fixture *f, enum weh_metric metric)
{
    return weh_metrics_get(weh_host_metrics(f->host), metric);
}

/* All metrics as text; the caller's. */
static char *print_all(const struct fixture *f)
{
    struct weh_buf text;
    size_t len;

    weh_buf_init(&text, 0);
    weh_metrics_print(f->host, &text);
    weh_buf_byte(&text, '\0');
    assert_int_equal(text.err, WEH_OK);
    return (char *)weh_buf_take(&text, &len);
}

static void assert_has(const struct fixture *f, const char *line)
{
    char *text = print_all(f);

    if (strstr(text, line) == NULL) {
        fail_msg("no %s in\n%s", line, text);
    }
    weh_free(text);
}

static void test_metrics_count_requests_failures_and_errors_by_name(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.count", "{}");
    request(f, 2, "test.count", "{}");
    request(f, 3, "test.fail", "{}");
    (void)fake_channel_wait(f->fake, 3);
    assert_has(f, "\nwebedithost_requests_total{method=\"test.count\"} 2\n");
    assert_has(f, "\nwebedithost_request_failures_total{method=\"test.count\"} 0\n");
    assert_has(f, "\nwebedithost_request_failures_total{method=\"test.fail\"} 1\n");
    assert_has(f, "\nwebedithost_errors_total{error=\"NotFound\"} 1\n");
    assert_has(
        f, "\nwebedithost_request_duration_seconds_bucket{method=\"test.count\",le=\"+Inf\"} 2\n");
    assert_has(f, "\nwebedithost_request_duration_seconds_count{method=\"test.count\"} 2\n");
    assert_int_equal(counted(f, WEH_METRIC_MESSAGES_RECEIVED), 3);
}

static void test_metrics_of_refused_request_count_as_failure(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.edit", "{}"); /* the fixture's user may view only */
    (void)fake_channel_wait(f->fake, 1);
    assert_has(f, "\nwebedithost_request_failures_total{method=\"test.edit\"} 1\n");
    assert_has(f, "\nwebedithost_errors_total{error=\"Denied\"} 1\n");
}

static void test_metrics_follow_the_states_of_sessions(void **state)
{
    struct fixture *f = *state;
    static struct fake_channel second;

    assert_int_equal(counted(f, WEH_METRIC_SESSIONS_NEW), 1);
    assert_int_equal(connect_session(f, &second), WEH_OK);
    assert_int_equal(counted(f, WEH_METRIC_SESSIONS_NEW), 2);
    assert_int_equal(counted(f, WEH_METRIC_SESSIONS_STARTED), 2);
    fake_channel_lose(&second, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(counted(f, WEH_METRIC_SESSIONS_NEW), 1);
    assert_int_equal(counted(f, WEH_METRIC_SESSIONS_CLOSING), 0);
    assert_has(f, "\nwebedithost_sessions_ended_total{reason=\"SOCKET_LOST\"} 1\n");
    fake_channel_fini(&second);
}

static void test_metrics_tell_what_waits(void **state)
{
    struct fixture *f = *state;

    request(f, 1, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 2, "test.count", "{}");
    request(f, 3, "test.count", "{}");
    assert_has(f, "\nwebedithost_mailbox_messages 2\n");
    assert_has(f, "\nwebedithost_workers_busy 1\n");
    open_gate(f);
    (void)fake_channel_wait(f->fake, 3);
    assert_has(f, "\nwebedithost_mailbox_messages 0\n");
}

/* Every line is a comment or NAME{LABELS} VALUE; a family has its head first and once. */
static void check_line(const char *line, size_t len, char family[128])
{
    static const char prefix[] = "webedithost_";
    size_t n = strcspn(line, "{ ");

    if (strncmp(line, "# HELP ", 7) == 0) {
        (void)snprintf(family, 128, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        assert_true(len > 7 + strlen(family) + 1); /* the help is not empty */
        return;
    }
    if (strncmp(line, "# TYPE ", 7) == 0) {
        assert_memory_equal(line + 7, family, strlen(family));
        return;
    }
    assert_true(strncmp(line, prefix, sizeof(prefix) - 1) == 0);
    assert_true(n >= strlen(family) && strncmp(line, family, strlen(family)) == 0);
    assert_true(strspn(strrchr(line, ' ') + 1, "0123456789.-") > 0);
}

static void test_metrics_text_is_in_prometheus_form(void **state)
{
    struct fixture *f = *state;
    char family[128] = "";
    char *text;

    request(f, 1, "test.count", "{}");
    (void)fake_channel_wait(f->fake, 1);
    text = print_all(f);
    for (char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");

        assert_true(line[len] == '\n');
        line[len] = '\0';
        check_line(line, len, family);
        line += len + 1;
    }
    weh_free(text);
}

static void test_metrics_text_without_memory_is_marked_as_failed(void **state)
{
    struct fixture *f = *state;
    struct weh_buf text;

    fake_alloc_fail_at(3);
    weh_buf_init(&text, 0);
    weh_metrics_print(f->host, &text);
    fake_alloc_reset();
    assert_int_equal(text.err, WEH_E_NOMEM);
    weh_buf_fini(&text);
}

static void test_metrics_families_are_told_once_each(void **state)
{
    struct weh_metric_family families[64];
    size_t n = 0;

    (void)state;
    while (n < 64 && weh_metrics_family(n, &families[n])) {
        assert_true(families[n].help[0] != '\0');
        for (size_t i = 0; i < n; i++) {
            assert_string_not_equal(families[i].name, families[n].name);
        }
        n++;
    }
    assert_in_range(n, 20, 63);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_metrics_count_requests_failures_and_errors_by_name),
        TEST(test_metrics_of_refused_request_count_as_failure),
        TEST(test_metrics_follow_the_states_of_sessions),
        TEST(test_metrics_tell_what_waits),
        TEST(test_metrics_text_is_in_prometheus_form),
        TEST(test_metrics_text_without_memory_is_marked_as_failed),
        TEST(test_metrics_families_are_told_once_each),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
