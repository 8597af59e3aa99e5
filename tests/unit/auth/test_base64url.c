/* tests/unit/auth/test_base64url.c - one spelling for every sequence of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/compiler.h"

#include "base64url.h"

static bool decodes(const char *text, const char *bytes, size_t n)
{
    uint8_t out[64];
    size_t n_out = 99;

    return weh_base64url_decode(weh_str_from(text), out, sizeof(out), &n_out) && n_out == n &&
           memcmp(out, bytes, n) == 0;
}

/* RFC 4648 section 10, without the padding, and the two digits that differ. */
static void test_base64url_vectors_decode_and_encode(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } vectors[] = {
        { "", 0, "" },
        { "f", 1, "Zg" },
        { "fo", 2, "Zm8" },
        { "foo", 3, "Zm9v" },
        { "foob", 4, "Zm9vYg" },
        { "fooba", 5, "Zm9vYmE" },
        { "foobar", 6, "Zm9vYmFy" },
        { "\xfb\xff", 2, "-_8" },
        { "\0\0\0", 3, "AAAA" },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(vectors); i++) {
        struct weh_buf buf;

        assert_true(decodes(vectors[i].text, vectors[i].bytes, vectors[i].n));
        weh_buf_init(&buf, 0);
        weh_base64url_encode((const uint8_t *)vectors[i].bytes, vectors[i].n, &buf);
        assert_int_equal(buf.len, strlen(vectors[i].text));
        assert_memory_equal(buf.data == NULL ? (const uint8_t *)"" : buf.data, vectors[i].text,
                            buf.len);
        weh_buf_fini(&buf);
    }
}

static void test_base64url_in_another_spelling_is_refused(void **state)
{
    static const char *const bad[] = { "Z",      "Zm9vY", "Zg==", "Zg=",      "Zh",
                                       "Zm9vYh", "+_8",   "-/8",  " Zg",      "Zg ",
                                       "Zg\n",   "Z.g",   "Zm8=", "\x80\x80", "Zm 9v" };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(bad); i++) {
        assert_false(decodes(bad[i], "", 0) || decodes(bad[i], "f", 1) || decodes(bad[i], "fo", 2));
    }
}

static void test_base64url_never_writes_beyond_the_room(void **state)
{
    uint8_t out[4] = { 1, 2, 3, 4 };
    size_t n = 0;

    (void)state;
    assert_true(weh_base64url_decode(WEH_STR("Zm9v"), out, 3, &n));
    assert_int_equal(n, 3);
    assert_int_equal(out[3], 4);
    assert_false(weh_base64url_decode(WEH_STR("Zm9vYg"), out, 3, &n));
    assert_int_equal(out[3], 4);
}

static void test_base64url_round_trips_all_bytes(void **state)
{
    uint8_t bytes[256];
    uint8_t back[256];

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 167 + 13);
    }
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        struct weh_buf buf;
        size_t n_back = 0;

        weh_buf_init(&buf, 0);
        weh_base64url_encode(bytes, n, &buf);
        assert_true(weh_base64url_decode((struct weh_str){ (const char *)buf.data, buf.len }, back,
                                         sizeof(back), &n_back));
        assert_int_equal(n_back, n);
        assert_memory_equal(back, bytes, n);
        weh_buf_fini(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url_vectors_decode_and_encode),
        cmocka_unit_test(test_base64url_in_another_spelling_is_refused),
        cmocka_unit_test(test_base64url_never_writes_beyond_the_room),
        cmocka_unit_test(test_base64url_round_trips_all_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
