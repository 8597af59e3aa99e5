/* tests/unit/geom/test_view_angles.c - angles of views as the native library 5.1.72 stores them (measured). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weh/placement.h"

static void test_view_angles_come_back_from_the_matrix_as_those_near_zero(void **state)
{
    static const struct {
        double given[3];
        double stored[3];
    } cases[] = {
        { { 0, 0, 0 }, { 0, 0, 0 } },
        { { 318, 0, 0 }, { -42, 0, 0 } },
        { { 213, 0, 0 }, { -147, 0, 0 } },
        { { 146, 0, 0 }, { 146, 0, 0 } },
        { { 0, 60, 0 }, { 0, 59.999999999999986, 0 } },
        { { 0, 0, 45 }, { 0, 0, 45 } },
        { { 30, 20, 10 }, { 29.999999999999996, 20, 10 } },
        { { 216, 81, -72.3 }, { 36, 99, 107.7 } },
        { { 10, 90, 20 }, { 29.999999999999996, 90, 0 } },
        { { 10, -90, 0 }, { 10, -90, 0 } },
        { { 359, 100, -270 }, { -1, 100, 90 } },
        { { 1e-9, 0.001, 400 }, { 1e-9, 0.001, 40 } },
        { { 170, 175, 5 }, { -10, 4.999999999999999, -175 } },
        { { 318, 100, -270 }, { -41.99999999999999, 100, 90 } },
    };

    (void)state;
    for (size_t i = 0; i < WEH_ARRAY_LEN(cases); i++) {
        double angles[3];

        for (unsigned k = 0; k < 3; k++) {
            angles[k] = weh_angle_round(cases[i].given[k]);
        }
        weh_view_angles_round(angles);
        for (unsigned k = 0; k < 3; k++) {
            if (angles[k] != cases[i].stored[k]) {
                print_error("case %zu, angle %u: %.17g\n", i, k, angles[k]);
            }
            assert_true(angles[k] == cases[i].stored[k]);
        }
    }
}

static void test_view_angles_that_came_back_stay(void **state)
{
    (void)state;
    for (int yaw = -720; yaw <= 720; yaw += 45) {
        for (int pitch = -180; pitch <= 180; pitch += 15) {
            double once[3] = { yaw, pitch, 33.0 };
            double twice[3];

            weh_view_angles_round(once);
            for (unsigned k = 0; k < 3; k++) {
                assert_true(once[k] >= -180.0 && once[k] <= 180.0);
                twice[k] = once[k];
            }
            weh_view_angles_round(twice);
            for (unsigned k = 0; k < 3; k++) {
                assert_true(twice[k] - once[k] < 1e-9 && once[k] - twice[k] < 1e-9);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_angles_come_back_from_the_matrix_as_those_near_zero),
        cmocka_unit_test(test_view_angles_that_came_back_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
