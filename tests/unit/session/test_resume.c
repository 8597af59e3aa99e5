/* tests/unit/session/test_resume.c - sessions that lose their channel and are taken back on another. The
 * test's thread is the service thread, the clock stands until it is moved. */
#include <stdlib.h>

#include "fake_clock.h"
#include "session_fixture.h"

#define CLIENTS 6

/* The channels that follow the fixture's own, and what a client keeps of its session. */
struct client {
    struct fixture *f;
    struct fake_channel *fakes[CLIENTS];
    size_t n_fakes;
    char session[32];
    char token[64];
    char old_token[64];
};

static struct fake_channel *next_channel(struct client *client, const char *user,
                                         enum weh_codec codec)
{
    struct fake_channel *fake = weh_calloc(1, sizeof(*fake));

    assert_non_null(fake);
    assert_true(client->n_fakes < CLIENTS);
    client->fakes[client->n_fakes++] = fake;
    assert_int_equal(connect_as(client->f, fake, user, codec), WEH_OK);
    return fake;
}

/* What no test has brought to an end ends here. */
static void finish(struct client *client)
{
    struct fixture *f = client->f;

    for (size_t i = 0; i < client->n_fakes; i++) {
        if (client->fakes[i]->session != NULL) {
            fake_channel_cut(client->fakes[i], WEH_CLOSE_CLIENT_CLOSED);
        }
    }
    if (f->fake->session != NULL) {
        fake_channel_cut(f->fake, WEH_CLOSE_CLIENT_CLOSED);
    }
    weh_host_stop(f->host, 0, true);
    fake_channel_serve(f->fake, f->host);
    for (;;) {
        unsigned seen = fake_channel_wakes(f->fake);

        (void)weh_host_service(f->host);
        if (weh_host_session_count(f->host) == 0) {
            break;
        }
        fake_channel_wait_wake(f->fake, seen);
    }
    weh_host_attach(f->host, NULL, NULL);
    for (size_t i = 0; i < client->n_fakes; i++) {
        fake_channel_fini(client->fakes[i]);
        weh_free(client->fakes[i]);
    }
}

static void ask(struct fake_channel *fake, int id, const char *method, const char *params)
{
    char text[512];

    (void)snprintf(text, sizeof(text),
                   "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}", id, method,
                   params);
    fake_channel_deliver(fake, text);
}

static void copy_member(const char *reply, const char *key, char *out, size_t size)
{
    char pattern[32];
    const char *at;

    (void)snprintf(pattern, sizeof(pattern), "\"%s\":\"", key);
    at = strstr(reply, pattern);
    assert_non_null(at);
    at += strlen(pattern);
    (void)snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void keep(struct client *client, const char *reply)
{
    memcpy(client->old_token, client->token, sizeof(client->token));
    copy_member(reply, "session", client->session, sizeof(client->session));
    copy_member(reply, "token", client->token, sizeof(client->token));
}

/* Hello on the fixture's channel: frame 1. */
static struct client say_hello(void **state)
{
    struct client client = { .f = *state };

    client.f->config.limits_sessions = CLIENTS + 1;
    client.f->config.limits_mailbox_messages = 100;
    client.f->config.session_linger_s = 30;
    request(client.f, 1, "test.hello", "{}");
    keep(&client, fake_channel_wait(client.f->fake, 1));
    return client;
}

static void ask_resume(const struct client *client, struct fake_channel *fake, const char *session,
                       const char *token, int received)
{
    char params[256];

    (void)client;
    (void)snprintf(params, sizeof(params), "{\"session\":\"%s\",\"token\":\"%s\",\"received\":%d}",
                   session, token, received);
    ask(fake, 100, "test.hello", params);
}

/* Resume on a new channel with the token kept; the reply. */
static const char *resume(struct client *client, int received)
{
    struct fake_channel *fake = next_channel(client, "ada", WEH_CODEC_JSON);
    const char *reply;

    ask_resume(client, fake, client->session, client->token, received);
    reply = fake_channel_wait(fake, 1);
    if (strstr(reply, "\"result\"") != NULL) {
        keep(client, reply);
    }
    return reply;
}

static struct fake_channel *last(const struct client *client)
{
    return client->fakes[client->n_fakes - 1];
}

static void assert_has(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL) {
        fail_msg("no %s in %s", part, text);
    }
}

static void test_resume_running_and_waiting_requests_are_answered_on_the_new_channel(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    request(f, 2, "test.wait", "{}");
    wait_until_waiting(f, 1);
    request(f, 3, "test.count", "{}");
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(f->n_closed, 0);
    open_gate(f);
    assert_has(resume(&client, 0), "\"resumed\":true,\"received\":2");
    assert_has(fake_channel_wait(last(&client), 2), "\"id\":2,\"result\":false");
    assert_has(fake_channel_wait(last(&client), 3), "\"id\":3,\"result\":1");
    ask(last(&client), 4, "test.count", "{}");
    assert_has(fake_channel_wait(last(&client), 4), "\"id\":4,\"result\":2");
    finish(&client);
}

static void test_resume_sends_again_what_the_client_lacks_and_nothing_else(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    for (int i = 2; i <= 6; i++) {
        request(f, i, "test.count", "{}");
    }
    (void)fake_channel_wait(f->fake, 6);
    fake_channel_cut(f->fake, WEH_CLOSE_PING_TIMEOUT);
    assert_has(resume(&client, 3), "\"received\":5");
    assert_has(fake_channel_wait(last(&client), 2), "\"id\":5,\"result\":4");
    assert_has(fake_channel_wait(last(&client), 3), "\"id\":6,\"result\":5");
    ask(last(&client), 7, "test.count", "{}");
    assert_has(fake_channel_wait(last(&client), 4), "\"id\":7,\"result\":6");
    assert_int_equal(last(&client)->n_frames, 4);
    finish(&client);
}

/* More than the outbox has room for waits in a file for the client to come back. */
static void test_resume_sends_what_waits_in_a_file_too(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;
    char wanted[32];

    f->fake->reads = false;
    request(f, 2, "test.many", "{\"n\":40}");
    wait_until_waiting(f, 1);
    request(f, 3, "test.count", "{}");
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 0), "\"resumed\":true,\"received\":2");
    for (int i = 1; i <= 40; i++) {
        (void)snprintf(wanted, sizeof(wanted), "\"n\":%d,", i);
        assert_has(fake_channel_wait(last(&client), 1 + (size_t)i), wanted);
    }
    assert_has(fake_channel_wait(last(&client), 42), "\"id\":2,\"result\":40");
    assert_has(fake_channel_wait(last(&client), 43), "\"id\":3,\"result\":1");
    assert_int_equal(last(&client)->n_frames, 43);
    finish(&client);
}

static void test_resume_sends_a_half_sent_message_again_as_a_whole(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    f->fake->half_at = 2;
    request(f, 2, "test.count", "{}");
    (void)fake_channel_wait(f->fake, 2);
    request(f, 3, "test.count", "{}");
    while (f->fake->half == NULL) {
        unsigned seen = fake_channel_wakes(f->fake);

        fake_channel_drain(f->fake);
        if (f->fake->half == NULL) {
            fake_channel_wait_wake(f->fake, seen);
        }
    }
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 1), "\"received\":2");
    assert_string_equal(fake_channel_wait(last(&client), 2),
                        "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":2}");
    finish(&client);
}

static void test_resume_takes_over_from_a_living_channel(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    request(f, 2, "test.count", "{}");
    (void)fake_channel_wait(f->fake, 2);
    assert_has(resume(&client, 1), "\"resumed\":true");
    assert_null(f->fake->session);
    assert_int_equal(f->fake->detached_for, WEH_CLOSE_RESUMED_ELSEWHERE);
    ask(last(&client), 3, "test.count", "{}");
    assert_has(fake_channel_wait(last(&client), 2), "\"result\":2");
    assert_int_equal(f->n_closed, 1); /* the workspace of the connection that resumed */
    finish(&client);
}

static void test_resume_expired_linger_ends_the_session(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(weh_host_service(f->host), 30000);
    fake_clock_advance_ms(29999);
    assert_int_equal(weh_host_service(f->host), 1);
    assert_int_equal(weh_host_session_count(f->host), 1);
    fake_clock_advance_ms(1);
    fake_channel_wait_ended(f->fake, f->host, client.session);
    assert_int_equal(f->closed_for, WEH_CLOSE_NOT_RESUMED);
    assert_has(resume(&client, 0), "\"ResumeFailed\"");
    finish(&client);
}

static void test_resume_clock_stops_when_the_client_is_back(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    fake_clock_advance_ms(20000);
    assert_has(resume(&client, 0), "\"resumed\":true");
    fake_clock_advance_ms(20000);
    (void)weh_host_service(f->host);
    ask(last(&client), 2, "test.count", "{}");
    assert_has(fake_channel_wait(last(&client), 2), "\"result\":1");
    finish(&client);
}

static void test_resume_without_linger_hello_or_loss_the_session_ends_with_its_channel(void **state)
{
    static const enum weh_close_reason ends[] = { WEH_CLOSE_CLIENT_CLOSED, WEH_CLOSE_TOKEN_EXPIRED,
                                                  WEH_CLOSE_PROTOCOL, WEH_CLOSE_SHUTDOWN };
    struct client client = say_hello(state);
    struct fixture *f = client.f;
    struct fake_channel *fake;

    for (size_t i = 0; i < WEH_ARRAY_LEN(ends); i++) {
        fake = next_channel(&client, "ada", WEH_CODEC_JSON);
        ask(fake, 1, "test.hello", "{}");
        (void)fake_channel_wait(fake, 1);
        fake_channel_lose(fake, ends[i]);
        assert_int_equal(f->closed_for, ends[i]);
    }
    fake = next_channel(&client, "ada", WEH_CODEC_JSON);
    fake_channel_lose(fake, WEH_CLOSE_SOCKET_LOST); /* no hello */
    f->config.session_linger_s = 0;
    fake_channel_lose(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(f->closed_for, WEH_CLOSE_SOCKET_LOST);
    finish(&client);
}

/* Where the activity id of an error begins: it differs with each. */
static char *without_activity(char *error)
{
    char *at = strstr(error, ",\"activityId\"");

    assert_non_null(at);
    return at;
}

static void assert_starts_with(const char *text, const char *start)
{
    assert_true(strncmp(text, start, strlen(start)) == 0);
    assert_true(strncmp(text + strlen(start), ",\"activityId\":\"s", 16) == 0);
}

static void test_resume_wrong_credentials_get_one_and_the_same_error(void **state)
{
    struct client client = say_hello(state);
    char wrong[64];
    char first[512];
    struct fake_channel *fake = next_channel(&client, "ada", WEH_CODEC_JSON);

    memcpy(wrong, client.token, sizeof(wrong));
    wrong[47] = wrong[47] == '0' ? '1' : '0';
    ask_resume(&client, fake, client.session, wrong, 0);
    (void)snprintf(first, sizeof(first), "%s", fake_channel_wait(fake, 1));
    *without_activity(first) = '\0';
    assert_has(first, "\"ResumeFailed\"");
    ask_resume(&client, fake, "s0000000000000000", client.token, 0);
    assert_starts_with(fake_channel_wait(fake, 2), first);
    ask_resume(&client, fake, client.session, "", 0);
    assert_starts_with(fake_channel_wait(fake, 3), first);
    ask_resume(&client, fake, weh_session_name(fake->session), client.token, 0);
    assert_starts_with(fake_channel_wait(fake, 4), first);
    fake = next_channel(&client, "bob", WEH_CODEC_JSON);
    ask_resume(&client, fake, client.session, client.token, 0);
    assert_starts_with(fake_channel_wait(fake, 1), first);
    /* It is a session like any other still. */
    ask(fake, 1, "test.count", "{}");
    assert_has(fake_channel_wait(fake, 2), "\"result\":1");
    assert_has(resume(&client, 0), "\"resumed\":true");
    finish(&client);
}

static void test_resume_hundred_thousand_guesses_find_nothing(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;
    struct fake_channel *fake = weh_calloc(1, sizeof(*fake));
    unsigned n_guesses = 0;
    unsigned random = 1;

    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    while (n_guesses < 100000) {
        assert_int_equal(connect_as(f, fake, "ada", WEH_CODEC_JSON), WEH_OK);
        for (size_t n = 1; n <= 5; n++) {
            char guess[64];

            memcpy(guess, client.token, sizeof(guess));
            random = random * 1103515245U + 12345U;
            /* As near as a guess can be: one digit is wrong. */
            guess[random / 65536 % 48] ^= 1;
            n_guesses++;
            ask_resume(&client, fake, client.session, guess, 0);
            assert_has(fake_channel_wait(fake, n), "\"ResumeFailed\"");
        }
        assert_int_equal(fake_channel_wait_close(fake), WEH_CLOSE_RESUME_GUESSES);
        fake_channel_lose(fake, WEH_CLOSE_RESUME_GUESSES);
        fake_channel_fini(fake);
    }
    weh_free(fake);
    assert_has(resume(&client, 0), "\"resumed\":true");
    finish(&client);
}

static void test_resume_token_is_rotated_and_the_used_one_is_good_until_a_message(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 0), "\"resumed\":true");
    assert_string_not_equal(client.token, client.old_token);
    /* The reply is lost: the client only has the token that it used. */
    fake_channel_cut(last(&client), WEH_CLOSE_SOCKET_LOST);
    memcpy(client.token, client.old_token, sizeof(client.token));
    assert_has(resume(&client, 0), "\"resumed\":true");
    ask(last(&client), 2, "test.count", "{}");
    (void)fake_channel_wait(last(&client), 2);
    fake_channel_cut(last(&client), WEH_CLOSE_SOCKET_LOST);
    {
        char good[64];

        memcpy(good, client.token, sizeof(good));
        memcpy(client.token, client.old_token, sizeof(client.token));
        assert_has(resume(&client, 1), "\"ResumeFailed\"");
        memcpy(client.token, good, sizeof(client.token));
    }
    assert_has(resume(&client, 1), "\"resumed\":true,\"received\":1");
    finish(&client);
}

static void test_resume_forgotten_messages_end_the_session_and_say_so(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    f->config.session_resume_bytes = 100000;
    request(f, 2, "test.big", "{}");
    request(f, 3, "test.big", "{}");
    (void)fake_channel_wait(f->fake, 3);
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 0), "\"ResumeLost\"");
    fake_channel_wait_ended(last(&client), f->host, client.session);
    assert_int_equal(f->closed_for, WEH_CLOSE_RESUME_LOST);
    finish(&client);
}

static void test_resume_acknowledged_messages_make_room(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    f->config.session_resume_bytes = 100000;
    request(f, 2, "test.big", "{}");
    (void)fake_channel_wait(f->fake, 2);
    request(f, 3, "test.ack", "{\"received\":9}");
    assert_has(fake_channel_wait(f->fake, 3), "\"where\":\"received\"");
    request(f, 4, "test.ack", "{\"received\":2}");
    (void)fake_channel_wait(f->fake, 4);
    request(f, 5, "test.big", "{}");
    (void)fake_channel_wait(f->fake, 5);
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 3), "\"resumed\":true,\"received\":4");
    assert_has(fake_channel_wait(last(&client), 2), "\"id\":5");
    finish(&client);
}

static void test_resume_more_received_than_sent_is_refused(void **state)
{
    struct client client = say_hello(state);

    fake_channel_cut(client.f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 1), "\"where\":\"resume\"");
    assert_has(resume(&client, 0), "\"resumed\":true");
    finish(&client);
}

static void test_resume_in_the_other_encoding_is_refused(void **state)
{
    struct client client = say_hello(state);
    struct fake_channel *fake;
    static const char begin[] = "\x94\x00\x01\xaatest.hello\x83\xa7session\xb1";
    char message[256];
    size_t n = sizeof(begin) - 1;
    uint8_t *bytes;

    fake_channel_cut(client.f->fake, WEH_CLOSE_SOCKET_LOST);
    fake = next_channel(&client, "ada", WEH_CODEC_MSGPACK);
    memcpy(message, begin, n);
    n += (size_t)snprintf(message + n, sizeof(message) - n, "%s\xa5token\xd9%c%s\xa8received",
                          client.session, 48, client.token);
    message[n++] = 0;
    bytes = weh_malloc(n);
    assert_non_null(bytes);
    memcpy(bytes, message, n);
    weh_session_receive(fake->session, bytes, n);
    assert_has(fake_channel_wait(fake, 1) + 8, "other encoding");
    assert_has(resume(&client, 0), "\"resumed\":true");
    finish(&client);
}

static void test_resume_stop_ends_detached_sessions(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    weh_host_stop(f->host, 10000, false);
    fake_channel_wait_ended(f->fake, f->host, client.session);
    assert_int_equal(f->closed_for, WEH_CLOSE_SHUTDOWN);
    finish(&client);
}

static void test_resume_detached_sessions_do_not_fill_the_host(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    f->config.limits_sessions = 1;
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_has(resume(&client, 0), "\"resumed\":true");
    finish(&client);
}

static void test_resume_is_let_in_when_there_is_too_much_to_do(void **state)
{
    struct client client = say_hello(state);
    struct fixture *f = client.f;

    f->config.limits_overload_ms = 1000;
    /* Two keep the workers, the third waits for one. */
    for (int i = 0; i < 3; i++) {
        ask(next_channel(&client, "bob", WEH_CODEC_JSON), 1, "test.wait", "{}");
        wait_until_waiting(f, i < 2 ? (unsigned)i + 1 : 2);
    }
    fake_clock_advance_ms(1500);
    assert_int_equal(weh_host_room(f->host, "bob"), WEH_ROOM_OVERLOAD);
    assert_int_equal(weh_host_room(f->host, "ada"), WEH_ROOM_OVERLOAD);
    fake_channel_cut(f->fake, WEH_CLOSE_SOCKET_LOST);
    assert_int_equal(weh_host_room(f->host, "ada"), WEH_ROOM_FREE);
    assert_int_equal(weh_host_room(f->host, "bob"), WEH_ROOM_OVERLOAD);
    open_gate(f);
    finish(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)
        T(test_resume_running_and_waiting_requests_are_answered_on_the_new_channel),
        T(test_resume_sends_again_what_the_client_lacks_and_nothing_else),
        T(test_resume_sends_what_waits_in_a_file_too),
        T(test_resume_sends_a_half_sent_message_again_as_a_whole),
        T(test_resume_takes_over_from_a_living_channel),
        T(test_resume_expired_linger_ends_the_session),
        T(test_resume_clock_stops_when_the_client_is_back),
        T(test_resume_without_linger_hello_or_loss_the_session_ends_with_its_channel),
        T(test_resume_wrong_credentials_get_one_and_the_same_error),
        T(test_resume_hundred_thousand_guesses_find_nothing),
        T(test_resume_token_is_rotated_and_the_used_one_is_good_until_a_message),
        T(test_resume_forgotten_messages_end_the_session_and_say_so),
        T(test_resume_acknowledged_messages_make_room),
        T(test_resume_more_received_than_sent_is_refused),
        T(test_resume_in_the_other_encoding_is_refused),
        T(test_resume_stop_ends_detached_sessions),
        T(test_resume_detached_sessions_do_not_fill_the_host),
        T(test_resume_is_let_in_when_there_is_too_much_to_do),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
