/* tests/unit/net/test_frame_check.c - headers of frames, in every way a stream can be cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "frame_check.h"

#define MASK "\x01\x02\x03\x04"

struct sample {
    const char *bytes;
    size_t n;
    enum weh_frame_fault fault;
    uint64_t n_data_frames;
};

#define SAMPLE(text, fault, n)                       \
    {                                                \
        text, sizeof(text) - 1, WEH_FRAME_##fault, n \
    }

/* clang-format off */
static const struct sample samples[] = {
    SAMPLE("", FINE, 0),
    SAMPLE("\x81\x85" MASK "hello", FINE, 1),
    SAMPLE("\x81\x80" MASK "\x82\x80" MASK, FINE, 2),
    SAMPLE("\x01\x81" MASK "a\x89\x81" MASK "p\x80\x81" MASK "b", FINE, 2),
    SAMPLE("\x8a\x80" MASK "\x88\x82" MASK "xx", FINE, 0),
    SAMPLE("\x82\xfe\x00\x03" MASK "abc\x81\x81" MASK "x", FINE, 2),
    SAMPLE("\x82\xff\x00\x00\x00\x00\x00\x00\x00\x02" MASK "ab\x81\x80" MASK, FINE, 2),
    SAMPLE("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" MASK "ab", FINE, 1),
    SAMPLE("\x81\x05hello", UNMASKED, 0),
    SAMPLE("\x81\x00", UNMASKED, 0),
    SAMPLE("\x89\x00", UNMASKED, 0),
    SAMPLE("\x82\x7e", UNMASKED, 0),
    SAMPLE("\x82\x7f", UNMASKED, 0),
    SAMPLE("\x81\x81" MASK "x\x81\x01y", UNMASKED, 1),
    SAMPLE("\xc1\x80", MALFORMED, 0),
    SAMPLE("\xa1\x80", MALFORMED, 0),
    SAMPLE("\x91\x80", MALFORMED, 0),
    SAMPLE("\x83\x80", MALFORMED, 0),
    SAMPLE("\x87\x80", MALFORMED, 0),
    SAMPLE("\x8b\x80", MALFORMED, 0),
    SAMPLE("\x8f\x80", MALFORMED, 0),
    SAMPLE("\x09\x80", MALFORMED, 0),
    SAMPLE("\x89\xfe", MALFORMED, 0),
    SAMPLE("\x88\xff", MALFORMED, 0),
    SAMPLE("\x88\x80" MASK, FINE, 0),
    SAMPLE("\x88\x81" MASK "x", FINE, 0),
    SAMPLE("\x88\x84" MASK "\x02\xea\xc0\xa0", FINE, 0),       /* 1000, U+00E4 */
    SAMPLE("\x88\x83" MASK "\x02\xea\xc0", BAD_REASON, 0),      /* half of it */
    SAMPLE("\x88\x84" MASK "\x02\xea\xfc\xfb", BAD_REASON, 0), /* FF FF */
    SAMPLE("\x88\x80" MASK "\x81\x00", FINE, 0),               /* behind the end */
    SAMPLE("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" MASK, MALFORMED, 1),
};
/* clang-format on */

static void expect(const struct weh_frame_check *check, const struct sample *sample)
{
    assert_int_equal(check->fault, sample->fault);
    assert_int_equal(check->n_data_frames, sample->n_data_frames);
}

static void test_frame_check_finds_what_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        struct weh_frame_check check = { .is_websocket = true };

        assert_true(weh_frame_check_feed(&check, (const uint8_t *)samples[i].bytes, samples[i].n) <=
                    samples[i].n);
        expect(&check, &samples[i]);
    }
}

static void test_frame_check_finds_the_same_however_the_stream_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const uint8_t *bytes = (const uint8_t *)samples[i].bytes;
        struct weh_frame_check single = { .is_websocket = true };

        for (size_t at = 0; at < samples[i].n; at++) {
            (void)weh_frame_check_feed(&single, bytes + at, 1);
        }
        expect(&single, &samples[i]);
        for (size_t cut = 0; cut <= samples[i].n; cut++) {
            struct weh_frame_check check = { .is_websocket = true };

            (void)weh_frame_check_feed(&check, bytes, cut);
            (void)weh_frame_check_feed(&check, bytes + cut, samples[i].n - cut);
            expect(&check, &samples[i]);
        }
    }
}

static void test_frame_check_stays_at_the_first_fault(void **state)
{
    static const uint8_t bad[] = { 0x81, 0x01, 'x' };
    static const uint8_t good[] = { 0x81, 0x80, 1, 2, 3, 4 };
    struct weh_frame_check check = { .is_websocket = true };

    (void)state;
    assert_int_equal(weh_frame_check_feed(&check, bad, sizeof(bad)), 2);
    assert_int_equal(weh_frame_check_feed(&check, good, sizeof(good)), 0);
    assert_int_equal(check.fault, WEH_FRAME_UNMASKED);
    assert_int_equal(check.n_data_frames, 0);
}

static void test_frame_check_keeps_the_last_ping_however_the_stream_is_cut(void **state)
{
    static const char stream[] = "\x89\x85" MASK "\x49\x67\x6f\x68\x6e" /* "Hello" */
                                 "\x8a\x83" MASK "abc"                  /* a pong */
                                 "\x89\x82" MASK "ac"                   /* "`a" */
                                 "\x81\x80" MASK;
    const size_t n = sizeof(stream) - 1;
    const size_t first_end = 11, second_begin = 20, second_end = 28;

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct weh_frame_check check = { .is_websocket = true };
        bool is_first = cut >= first_end && cut <= second_begin;

        assert_int_equal(weh_frame_check_feed(&check, (const uint8_t *)stream, cut), cut);
        assert_int_equal(weh_frame_check_has_ping(&check), is_first || cut >= second_end);
        if (is_first) {
            assert_int_equal(check.n_control, 5);
            assert_memory_equal(check.control, "Hello", 5);
        }
        (void)weh_frame_check_feed(&check, (const uint8_t *)stream + cut, n - cut);
        assert_int_equal(check.n_pings, 2);
        assert_int_equal(check.n_control, 2);
        assert_memory_equal(check.control, "`a", 2);
    }
}

static void test_frame_check_stops_behind_a_close_frame(void **state)
{
    static const uint8_t bytes[] = "\x81\x80" MASK "\x88\x80" MASK "\x89\x80" MASK;
    struct weh_frame_check check = { .is_websocket = true };

    (void)state;
    assert_int_equal(weh_frame_check_feed(&check, bytes, sizeof(bytes) - 1), 12);
    assert_true(check.is_closed);
    assert_int_equal(weh_frame_check_feed(&check, bytes, sizeof(bytes) - 1), 0);
    assert_false(weh_frame_check_has_ping(&check));
}

static void test_frame_check_knows_the_end_of_a_request(void **state)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    size_t n = sizeof(request) - 1;

    (void)state;
    for (size_t cut = 0; cut <= n; cut++) {
        struct weh_frame_check check = { .is_websocket = false };

        weh_frame_check_http(&check, (const uint8_t *)request, cut);
        assert_int_equal(weh_frame_check_at_header_end(&check), cut == n);
        weh_frame_check_http(&check, (const uint8_t *)request + cut, n - cut);
        assert_true(weh_frame_check_at_header_end(&check));
        weh_frame_check_http(&check, (const uint8_t *)"\x81", 1);
        assert_false(weh_frame_check_at_header_end(&check));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_check_finds_what_it_should),
        cmocka_unit_test(test_frame_check_finds_the_same_however_the_stream_is_cut),
        cmocka_unit_test(test_frame_check_stays_at_the_first_fault),
        cmocka_unit_test(test_frame_check_keeps_the_last_ping_however_the_stream_is_cut),
        cmocka_unit_test(test_frame_check_stops_behind_a_close_frame),
        cmocka_unit_test(test_frame_check_knows_the_end_of_a_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
