/* tests/unit/base/test_value_sink.c - a sink that makes a tree of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"
#include "weh/value_sink.h"

#include "fake_alloc.h"

static const char text[] =
    "{\"a\":[1,-2,3.5,\"x\\u0000y\",true,null,[],{}],\"b\":{\"c\":{\"d\":[[[\"deep\"]]]}},"
    "\"many\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20],\"u\":18446744073709551615}";

/* Parse @text, copy it through the sink, write it again. */
static weh_err copy(struct weh_arena *arena, struct weh_value *out)
{
    struct weh_json_limits limits = { 60, 1000 };
    struct weh_value_sink sink;
    struct weh_value value;
    weh_err err =
        weh_json_parse((struct weh_str){ text, sizeof(text) - 1 }, &limits, arena, &value, NULL);

    if (err != WEH_OK) {
        return err;
    }
    weh_value_sink_init(&sink, arena);
    weh_sink_value(&sink.sink, &value);
    return weh_value_sink_take(&sink, out, NULL);
}

static void test_value_sink_makes_the_tree_that_was_written(void **state)
{
    struct weh_arena arena;
    struct weh_value value;
    struct weh_buf buf;
    struct weh_json_writer writer;

    (void)state;
    weh_arena_init(&arena, 0);
    weh_buf_init(&buf, 0);
    assert_int_equal(copy(&arena, &value), WEH_OK);
    weh_json_writer_init(&writer, &buf);
    weh_sink_value(&writer.sink, &value);
    assert_int_equal(buf.len, sizeof(text) - 1);
    assert_memory_equal(buf.data, text, sizeof(text) - 1);
    weh_buf_fini(&buf);
    weh_arena_fini(&arena);
}

static void test_value_sink_copies_bytes_and_drops_what_is_no_number(void **state)
{
    struct weh_arena arena;
    struct weh_value_sink sink;
    struct weh_value value;
    uint8_t bytes[] = { 1, 2, 3 };

    (void)state;
    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    weh_sink_array_begin(&sink.sink, WEH_SINK_UNKNOWN);
    weh_sink_binary(&sink.sink, bytes, sizeof(bytes));
    weh_sink_real(&sink.sink, __builtin_nan(""));
    weh_sink_array_end(&sink.sink);
    bytes[0] = 9;
    assert_int_equal(weh_value_sink_take(&sink, &value, NULL), WEH_OK);
    assert_int_equal(value.n, 2);
    assert_int_equal(value.as.items[0].type, WEH_VALUE_BINARY);
    assert_int_equal(value.as.items[0].as.binary[0], 1);
    assert_int_equal(value.as.items[1].type, WEH_VALUE_NULL);
    weh_arena_fini(&arena);
}

static void test_value_sink_refuses_what_is_too_deep(void **state)
{
    struct weh_arena arena;
    struct weh_value_sink sink;
    struct weh_value value;
    struct weh_diag diag;

    (void)state;
    weh_arena_init(&arena, 0);
    weh_value_sink_init(&sink, &arena);
    for (int i = 0; i < 1000; i++) {
        weh_sink_array_begin(&sink.sink, 1);
    }
    for (int i = 0; i < 1000; i++) {
        weh_sink_array_end(&sink.sink);
    }
    assert_int_equal(weh_value_sink_take(&sink, &value, &diag), WEH_E_TOO_LARGE);
    weh_arena_fini(&arena);
}

static void test_value_sink_survives_any_failed_allocation(void **state)
{
    weh_err err = WEH_E_NOMEM;

    (void)state;
    for (unsigned n = 1; err != WEH_OK; n++) {
        struct weh_arena arena;
        struct weh_value value;

        weh_arena_init(&arena, 0);
        fake_alloc_fail_at(n);
        err = copy(&arena, &value);
        fake_alloc_reset();
        assert_true(err == WEH_OK || err == WEH_E_NOMEM);
        weh_arena_fini(&arena);
        assert_int_equal(fake_alloc_live(), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_sink_makes_the_tree_that_was_written),
        cmocka_unit_test(test_value_sink_copies_bytes_and_drops_what_is_no_number),
        cmocka_unit_test(test_value_sink_refuses_what_is_too_deep),
        cmocka_unit_test(test_value_sink_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
