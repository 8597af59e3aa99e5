/* tests/unit/geom/test_placement_move.c - placements moved and turned.
 *
 * Expected values were computed with @itwin/core-common and @itwin/core-geometry 5.1.9.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/json.h"
#include "weh/placement_move.h"

static const struct weh_placement3d slanted = { .origin = { 1, 2, 3 },
                                                .angles = { 30, 10, -20 },
                                                .low = { 0, 0, 0 },
                                                .high = { 1, 2, 3 },
                                                .has_box = true };

static weh_err parse(const char *text, struct weh_arena *arena, struct weh_value *out)
{
    static const struct weh_json_limits limits = { 8, 100 };

    weh_arena_init(arena, 0);
    return weh_json_parse(weh_str_from(text), &limits, arena, out, NULL);
}

static weh_err read_transform(const char *text, struct weh_transform *out)
{
    struct weh_arena arena;
    struct weh_value value;
    weh_err err = parse(text, &arena, &value);

    err = err == WEH_OK ? weh_transform_read(&value, "transform", out, NULL) : err;
    weh_arena_fini(&arena);
    return err;
}

static weh_err read_matrix(const char *text, double out[9])
{
    struct weh_arena arena;
    struct weh_value value;
    weh_err err = parse(text, &arena, &value);

    err = err == WEH_OK ? weh_matrix_read(&value, "matrix", out, NULL) : err;
    weh_arena_fini(&arena);
    return err;
}

static void assert_is(const double *actual, const double *expected, int n)
{
    for (int i = 0; i < n; i++) {
        if (actual[i] != expected[i]) {
            fail_msg("%d: %.17g, not %.17g", i, actual[i], expected[i]);
        }
    }
}

/* The arc tangents of C and of V8 differ in their last bit now and then. */
static void assert_are(const double *actual, const double *expected)
{
    for (int i = 0; i < 3; i++) {
        if (fabs(actual[i] - expected[i]) > 4e-14) {
            fail_msg("%d: %.17g, not %.17g", i, actual[i], expected[i]);
        }
    }
}

static void test_rows_and_members_are_the_same_transform(void **state)
{
    static const char *const texts[] = {
        "[[0,-1,0,5],[1,0,0,6],[0,0,1,7]]", "[0,-1,0,5,1,0,0,6,0,0,1,7]",
        "{\"matrix\":[[0,-1,0],[1,0,0],[0,0,1]],\"origin\":{\"x\":5,\"y\":6,\"z\":7}}"
    };
    static const double matrix[9] = { 0, -1, 0, 1, 0, 0, 0, 0, 1 };
    static const double origin[3] = { 5, 6, 7 };
    struct weh_transform transform;

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        assert_int_equal(read_transform(texts[i], &transform), WEH_OK);
        assert_is(transform.matrix, matrix, 9);
        assert_is(transform.origin, origin, 3);
    }
}

static void test_what_is_no_transform_is_refused(void **state)
{
    static const char *const texts[] = { "1",
                                         "[]",
                                         "\"x\"",
                                         "null",
                                         "[[0,1,2],[0,1,2],[0,1,2]]",
                                         "[[0,1,2,\"3\"],[0,1,2,3],[0,1,2,3]]",
                                         "[1,[2],3]",
                                         "{\"matrix\":[1,2]}",
                                         "{\"origin\":7}" };
    struct weh_transform transform;
    double matrix[9];

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        assert_int_equal(read_transform(texts[i], &transform), WEH_E_BAD_ARGS);
    }
    assert_int_equal(read_matrix("[[1,0],[0,1]]", matrix), WEH_E_BAD_ARGS);
    assert_int_equal(read_matrix("null", matrix), WEH_OK);
}

static void test_a_quarter_turn(void **state)
{
    static const double origin[3] = { 3, 7, 10 };
    static const double angles[3] = { 120.00000000000001, 10, -20 };
    struct weh_placement3d placement = slanted;
    struct weh_transform transform;

    (void)state;
    /* The cosine of 90 degrees in JavaScript. */
    assert_int_equal(read_transform("[[6.123233995736766e-17,-1,0,5],"
                                    "[1,6.123233995736766e-17,0,6],[0,0,1,7]]",
                                    &transform),
                     WEH_OK);
    assert_int_equal(weh_placement3d_move(&placement, &transform, NULL), WEH_OK);
    assert_is(placement.origin, origin, 3);
    assert_are(placement.angles, angles);
}

static void test_a_turn_about_the_middle(void **state)
{
    static const double origin[3] = { 0.89935674861953, 2.6180531509641076, 2.482590100416363 };
    static const double angles[3] = { 45.46897339292535, 6.544139459575718, 6.883188461984796 };
    /* By 33 degrees about (1, 1, 1). */
    static const char turn[] = "[[0.8924470452969494,-0.2606710161255786,0.3682239708286293],"
                               "[0.3682239708286293,0.8924470452969494,-0.2606710161255786],"
                               "[-0.2606710161255786,0.3682239708286293,0.8924470452969494]]";
    struct weh_placement3d placement = slanted;
    struct weh_transform transform;
    double matrix[9];
    double center[3];

    (void)state;
    assert_int_equal(read_matrix(turn, matrix), WEH_OK);
    weh_placement3d_center(&placement, center);
    weh_transform_about(center, matrix, &transform);
    assert_int_equal(weh_placement3d_move(&placement, &transform, NULL), WEH_OK);
    assert_is(placement.origin, origin, 3);
    assert_are(placement.angles, angles);
}

static void test_what_no_angles_stand_for_is_refused(void **state)
{
    static const char *const texts[] = { "[[2,0,0,0],[0,2,0,0],[0,0,2,0]]",
                                         "[[-1,0,0,0],[0,1,0,0],[0,0,1,0]]",
                                         "[[0,0,0,0],[0,0,0,0],[0,0,0,0]]",
                                         "[[1e308,0,0,0],[0,1e308,0,0],[0,0,1e308,0]]" };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(texts); i++) {
        struct weh_placement3d placement = slanted;
        struct weh_transform transform;

        assert_int_equal(read_transform(texts[i], &transform), WEH_OK);
        assert_int_equal(weh_placement3d_move(&placement, &transform, NULL), WEH_E_STATE);
        assert_is(placement.origin, slanted.origin, 3);
    }
}

static void test_in_two_dimensions_only_the_plane_is_left_to_move_in(void **state)
{
    static const double origin[2] = { 3, 6 };
    struct weh_placement2d placement = { .origin = { 1, 2 }, .high = { 1, 1 }, .has_box = true };
    struct weh_transform transform;

    (void)state;
    assert_int_equal(read_transform("[[0,-1,0,5],[1,0,0,5],[0,0,1,0]]", &transform), WEH_OK);
    assert_int_equal(weh_placement2d_move(&placement, &transform, NULL), WEH_OK);
    assert_is(placement.origin, origin, 2);
    assert_true(placement.angle == 90);
    assert_int_equal(read_transform("[[1,0,0,0],[0,0,-1,0],[0,1,0,0]]", &transform), WEH_OK);
    assert_int_equal(weh_placement2d_move(&placement, &transform, NULL), WEH_E_STATE);
}

static void test_without_a_box_there_is_nothing_to_move(void **state)
{
    struct weh_placement3d placement = slanted;

    (void)state;
    assert_true(weh_placement3d_is_valid(&placement));
    placement.low[1] = 3;
    assert_false(weh_placement3d_is_valid(&placement));
    placement.low[1] = 0;
    placement.origin[2] = 1e9;
    assert_false(weh_placement3d_is_valid(&placement));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_members_are_the_same_transform),
        cmocka_unit_test(test_what_is_no_transform_is_refused),
        cmocka_unit_test(test_a_quarter_turn),
        cmocka_unit_test(test_a_turn_about_the_middle),
        cmocka_unit_test(test_what_no_angles_stand_for_is_refused),
        cmocka_unit_test(test_in_two_dimensions_only_the_plane_is_left_to_move_in),
        cmocka_unit_test(test_without_a_box_there_is_nothing_to_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
