/* tests/unit/geom/test_placement.c - placements: what is accepted, how numbers are rounded.
 *
 * Expected values were measured with the native library 5.1.72.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weh/json.h"
#include "weh/placement.h"

struct fixture {
    struct weh_arena arena;
    struct weh_value value;
    struct weh_diag diag;
    struct weh_buf buf;
    struct weh_json_writer writer;
};

static const struct weh_value *parse(struct fixture *f, const char *text)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, 1000 };

    assert_int_equal(weh_json_parse(weh_str_from(text), &limits, &f->arena, &f->value, &f->diag),
                     WEH_OK);
    return &f->value;
}

static const char *finish(struct fixture *f)
{
    weh_buf_byte(&f->buf, 0);
    assert_int_equal(f->buf.err, WEH_OK);
    return (const char *)f->buf.data;
}

static int setup(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    weh_arena_init(&fixture.arena, 0);
    weh_buf_init(&fixture.buf, 0);
    weh_json_writer_init(&fixture.writer, &fixture.buf);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    weh_arena_fini(&f->arena);
    weh_buf_fini(&f->buf);
    return 0;
}

static void test_placement_in_space_is_rounded_and_written_without_zero_angles(void **state)
{
    struct fixture *f = *state;
    struct weh_placement3d placement;

    assert_int_equal(weh_placement3d_read(parse(f, "{\"origin\":[1,2],\"angles\":{\"yaw\":30,"
                                                   "\"roll\":15},\"bbox\":{\"low\":[0,5,0],"
                                                   "\"high\":{\"x\":-1,\"y\":1}}}"),
                                          &placement, &f->diag),
                     WEH_OK);
    weh_placement3d_write(&placement, &f->writer.sink);
    assert_string_equal(finish(f),
                        "{\"origin\":[1,2,0],\"angles\":{\"roll\":14.999999999999998,\"yaw\":"
                        "29.999999999999996},\"bbox\":{\"low\":[-1,1,0],\"high\":[0,5,0]}}");
}

static void test_placement_without_members_is_at_the_origin(void **state)
{
    struct fixture *f = *state;
    struct weh_placement3d placement;

    assert_int_equal(weh_placement3d_read(parse(f, "{}"), &placement, &f->diag), WEH_OK);
    weh_placement3d_write(&placement, &f->writer.sink);
    assert_string_equal(finish(f), "{\"origin\":[0,0,0],\"angles\":{},\"bbox\":{\"low\":[0,0,0],"
                                   "\"high\":[0,0,0]}}");
}

static void test_placement_that_is_not_stored_is_written_without_box(void **state)
{
    struct fixture *f = *state;
    struct weh_placement3d in_space = { 0 };
    struct weh_placement2d in_plane = { 0 };

    weh_sink_array_begin(&f->writer.sink, 2);
    weh_placement3d_write(&in_space, &f->writer.sink);
    weh_placement2d_write(&in_plane, &f->writer.sink);
    weh_sink_array_end(&f->writer.sink);
    assert_string_equal(finish(f), "[{\"origin\":[0,0,0],\"angles\":{}},{\"origin\":[0,0]}]");
}

static void test_placement_in_a_plane_keeps_its_angle(void **state)
{
    struct fixture *f = *state;
    struct weh_placement2d placement;

    assert_int_equal(weh_placement2d_read(parse(f, "{\"origin\":[1,2,9],\"angle\":{\"degrees\":30}"
                                                   ",\"bbox\":{\"low\":[1,1],\"high\":[2,3]}}"),
                                          &placement, &f->diag),
                     WEH_OK);
    weh_placement2d_write(&placement, &f->writer.sink);
    assert_string_equal(finish(f), "{\"origin\":[1,2],\"angle\":29.999999999999996,\"bbox\":"
                                   "{\"low\":[1,1],\"high\":[2,3]}}");
}

static void test_angles_take_the_official_rounding(void **state)
{
    static const struct {
        double given;
        double stored;
    } cases[] = { { 30, 29.999999999999996 },
                  { 15, 14.999999999999998 },
                  { 3, 3.0000000000000004 },
                  { 20, 20 },
                  { 400, 400 },
                  { 0, 0 },
                  { 120, 119.99999999999999 } };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        assert_true(weh_angle_round(cases[i].given) == cases[i].stored);
    }
}

static void test_placement_of_wrong_shape_is_refused_by_member(void **state)
{
    static const struct {
        const char *text;
        const char *where;
    } cases[] = {
        { "7", "placement" },
        { "[1,2,3]", "placement" },
        { "{\"origin\":\"x\"}", "placement.origin" },
        { "{\"origin\":[1,\"x\"]}", "placement.origin" },
        { "{\"origin\":{\"x\":true}}", "placement.origin" },
        { "{\"origin\":[80150001,0,0]}", "placement.origin" },
        { "{\"bbox\":{\"low\":[0,0,-1],\"high\":[0,0,40075000]}}", "placement.bbox" },
        { "{\"bbox\":{\"low\":[1e308,0,0],\"high\":[-1e308,0,0]}}", "placement.bbox" },
        { "{\"angles\":5}", "placement.angles" },
        { "{\"angles\":{\"pitch\":\"x\"}}", "placement.angles.pitch" },
        { "{\"angles\":{\"roll\":{}}}", "placement.angles.roll" },
        { "{\"bbox\":[]}", "placement.bbox" },
        { "{\"bbox\":{\"high\":5}}", "placement.bbox.high" },
        { "{\"extra\":5}", "placement" },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        struct weh_placement3d placement;

        assert_int_equal(weh_placement3d_read(parse(f, cases[i].text), &placement, &f->diag),
                         WEH_E_BAD_ARGS);
        assert_string_equal(f->diag.where, cases[i].where);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_placement_in_space_is_rounded_and_written_without_zero_angles),
        TEST(test_placement_without_members_is_at_the_origin),
        TEST(test_placement_that_is_not_stored_is_written_without_box),
        TEST(test_placement_in_a_plane_keeps_its_angle),
        TEST(test_angles_take_the_official_rounding),
        TEST(test_placement_of_wrong_shape_is_refused_by_member),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
