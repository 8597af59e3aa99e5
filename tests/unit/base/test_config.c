/* tests/unit/base/test_config.c - settings: table, file, environment, reload, example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

#include "weh/config.h"

#include "fake_alloc.h"

static int setup(void **state)
{
    static struct weh_config config;

    assert_int_equal(weh_config_init(&config, NULL), WEH_OK);
    *state = &config;
    return 0;
}

static int teardown(void **state)
{
    weh_config_fini(*state);
    assert_int_equal(fake_alloc_live(), 0);
    return 0;
}

static void test_config_defaults_are_safe(void **state)
{
    struct weh_config *config = *state;

    assert_string_equal(config->listen_host, "127.0.0.1");
    assert_false(config->listen_allow_plain_remote);
    assert_string_equal(config->auth_mode, "local");
}

static void test_config_wrong_values_are_named(void **state)
{
    static const char *const wrong[][3] = {
        { "listen.port", "65536", "0 to 65535" },
        { "listen.port", "", "0 to 65535" },
        { "listen.port", "80x", "0 to 65535" },
        { "listen.port", "-1", "0 to 65535" },
        { "listen.port", "99999999999999999999999", "0 to 65535" },
        { "listen.allow_plain_remote", "yes", "true or false" },
        { "log.level", "loud", "error|warn|info|debug" },
        { "log.level", "error|warn", "error|warn|info|debug" },
        { "listen.prot", "1", "no setting" },
    };
    struct weh_config *config = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct weh_diag diag;

        assert_int_equal(weh_config_set(config, wrong[i][0], wrong[i][1], "--set", &diag),
                         WEH_E_BAD_ARGS);
        assert_string_equal(diag.where, wrong[i][0]);
        assert_non_null(strstr(diag.text, wrong[i][2]));
        assert_non_null(strstr(diag.text, "--set"));
    }
    assert_int_equal(config->listen_port, 8423);
}

/* Write @text to a temporary file; its name in @path. */
static void write_file(char path[32], const char *text)
{
    FILE *file;
    int fd;

    (void)snprintf(path, 32, "/tmp/weh-config-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    file = fdopen(fd, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void test_config_file_error_names_file_line_and_key(void **state)
{
    struct weh_diag diag;
    char path[32];
    char wanted[64];

    write_file(path, "# a comment\n\n[listen]\nhost = ::1\nport = many\n");
    assert_int_equal(weh_config_read_file(*state, path, &diag), WEH_E_BAD_ARGS);
    (void)snprintf(wanted, sizeof(wanted), "%s:5: listen.port", path);
    assert_non_null(strstr(diag.text, wanted));
    (void)unlink(path);

    write_file(path, "[listen]\nport\n");
    assert_int_equal(weh_config_read_file(*state, path, &diag), WEH_E_BAD_ARGS);
    (void)snprintf(wanted, sizeof(wanted), "%s:2:", path);
    assert_non_null(strstr(diag.text, wanted));
    (void)unlink(path);
    assert_int_equal(weh_config_read_file(*state, path, &diag), WEH_E_FILE_NOT_FOUND);
}

static void test_config_environment_overrides_the_file(void **state)
{
    char port[] = "WEH_LISTEN_PORT=1234";
    char other[] = "WEH_TOKEN=secret";
    char bad[] = "WEH_LOG_LEVEL=loud";
    char *environment[] = { other, port, NULL };
    char *wrong[] = { bad, NULL };
    struct weh_config *config = *state;
    struct weh_diag diag;
    char path[32];

    write_file(path, "[listen]\nport = 99\nhost=::1 \n");
    assert_int_equal(weh_config_read_file(config, path, NULL), WEH_OK);
    (void)unlink(path);
    assert_int_equal(config->listen_port, 99);
    assert_string_equal(config->listen_host, "::1");
    assert_int_equal(weh_config_read_environment(config, environment, NULL), WEH_OK);
    assert_int_equal(config->listen_port, 1234);
    assert_int_equal(weh_config_read_environment(config, wrong, &diag), WEH_E_BAD_ARGS);
    assert_non_null(strstr(diag.text, "WEH_LOG_LEVEL"));
}

static void test_config_reload_takes_reloadable_keys_and_names_the_others(void **state)
{
    struct weh_config *config = *state;
    struct weh_config fresh;
    struct weh_buf ignored;

    weh_buf_init(&ignored, 0);
    assert_int_equal(weh_config_init(&fresh, NULL), WEH_OK);
    assert_int_equal(weh_config_set(&fresh, "log.level", "debug", "test", NULL), WEH_OK);
    assert_int_equal(weh_config_set(&fresh, "limits.sessions", "7", "test", NULL), WEH_OK);
    assert_int_equal(weh_config_set(&fresh, "listen.port", "1", "test", NULL), WEH_OK);
    assert_int_equal(weh_config_set(&fresh, "listen.host", "::1", "test", NULL), WEH_OK);
    assert_int_equal(weh_config_reload(config, &fresh, &ignored, NULL), WEH_OK);
    weh_buf_byte(&ignored, '\0');
    assert_string_equal(config->log_level, "debug");
    assert_int_equal(config->limits_sessions, 7);
    assert_int_equal(config->listen_port, 8423);
    assert_string_equal(ignored.data, "listen.host, listen.port");
    weh_buf_fini(&ignored);
    weh_config_fini(&fresh);
}

struct reader {
    const struct weh_config *config;
    atomic_bool stop;
    size_t n_odd;
};

/* What a session does on its thread. */
static void *read_settings(void *ctx)
{
    struct reader *reader = ctx;

    while (!atomic_load(&reader->stop)) {
        const char *durability = reader->config->txn_durability;
        int64_t n = reader->config->limits_sessions;

        if ((strcmp(durability, "full") != 0 && strcmp(durability, "normal") != 0) ||
            (n != 5000 && n != 7)) {
            reader->n_odd++;
        }
    }
    return NULL;
}

static void test_config_is_reloaded_while_others_read(void **state)
{
    struct weh_config *config = *state;
    struct reader reader = { .config = config };
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, read_settings, &reader), 0);
    for (int i = 0; i < 200; i++) {
        struct weh_config fresh;
        struct weh_buf ignored;

        weh_buf_init(&ignored, 0);
        assert_int_equal(weh_config_init(&fresh, NULL), WEH_OK);
        assert_int_equal(
            weh_config_set(&fresh, "txn.durability", i % 2 == 0 ? "normal" : "full", "test", NULL),
            WEH_OK);
        assert_int_equal(
            weh_config_set(&fresh, "limits.sessions", i % 2 == 0 ? "7" : "5000", "test", NULL),
            WEH_OK);
        assert_int_equal(weh_config_reload(config, &fresh, &ignored, NULL), WEH_OK);
        weh_config_fini(&fresh);
    }
    atomic_store(&reader.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reader.n_odd, 0);
}

static void test_config_example_reads_back_as_the_defaults(void **state)
{
    struct weh_config fresh;
    struct weh_buf example;
    struct weh_buf a;
    struct weh_buf b;
    char path[32];

    weh_buf_init(&example, 0);
    weh_buf_init(&a, 0);
    weh_buf_init(&b, 0);
    weh_config_print_example(&example);
    weh_buf_byte(&example, '\0');
    write_file(path, (const char *)example.data);
    assert_int_equal(weh_config_init(&fresh, NULL), WEH_OK);
    assert_int_equal(weh_config_read_file(&fresh, path, NULL), WEH_OK);
    (void)unlink(path);
    weh_config_print_values(*state, &a);
    weh_config_print_values(&fresh, &b);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    weh_config_fini(&fresh);
    weh_buf_fini(&example);
    weh_buf_fini(&a);
    weh_buf_fini(&b);
}

static void test_config_survives_any_failed_allocation(void **state)
{
    weh_err err = WEH_E_NOMEM;
    unsigned nth = 1;

    (void)state;
    for (; err == WEH_E_NOMEM; nth++) {
        struct weh_config fresh;
        size_t live = fake_alloc_live();

        fake_alloc_fail_at(nth);
        err = weh_config_init(&fresh, NULL);
        fake_alloc_reset();
        weh_config_fini(&fresh);
        assert_int_equal(fake_alloc_live(), live);
    }
    assert_int_equal(err, WEH_OK);
    assert_true(nth > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_config_defaults_are_safe),
        T(test_config_wrong_values_are_named),
        T(test_config_file_error_names_file_line_and_key),
        T(test_config_environment_overrides_the_file),
        T(test_config_reload_takes_reloadable_keys_and_names_the_others),
        T(test_config_is_reloaded_while_others_read),
        T(test_config_example_reads_back_as_the_defaults),
        T(test_config_survives_any_failed_allocation),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
