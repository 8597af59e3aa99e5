/* tests/unit/geom/test_json_failures.c - reading and measuring geometry while any allocation fails. */
#include <string.h>

#include "fake_alloc.h"
#include "geom_fixture.h"

static weh_err unit_part(void *context, uint64_t part_id, struct weh_geom_range *out,
                         struct weh_diag *diag)
{
    (void)context;
    (void)part_id;
    (void)diag;
    *out = (struct weh_geom_range){ { 0.0, 0.0, 0.0 }, { 1.0, 1.0, 1.0 } };
    return WEH_OK;
}

static weh_err read_and_measure(const struct weh_value *json, struct weh_arena *arena)
{
    const struct weh_geom_part_boxes parts = { unit_part, NULL };
    struct weh_geom_range box;
    struct weh_diag diag;
    struct weh_geom geom;
    weh_err err = weh_geom_json_read(json, arena, &geom, &diag);

    return err == WEH_OK ? weh_geom_box(&geom, &parts, &box, &diag) : err;
}

static void fail_each(const struct weh_value *json, unsigned *n_failed)
{
    size_t live = fake_alloc_live();
    weh_err err = WEH_E_NOMEM;

    for (unsigned nth = 1; err == WEH_E_NOMEM; nth++) {
        struct weh_arena arena;

        weh_arena_init(&arena, 0);
        fake_alloc_fail_at(nth);
        err = read_and_measure(json, &arena);
        assert_true(err == WEH_E_NOMEM || !fake_alloc_has_failed());
        *n_failed += err == WEH_E_NOMEM;
        fake_alloc_reset();
        weh_arena_fini(&arena);
        assert_int_equal(fake_alloc_live(), live);
    }
}

static void test_geom_json_and_box_survive_any_failed_allocation(void **state)
{
    struct geom_cases cases;
    unsigned n_failed = 0;

    (void)state;
    geom_cases_open(&cases, "geom.native.jsonl.xz");
    for (unsigned i = 0; i < cases.n; i++) {
        fail_each(cases.items[i].in, &n_failed);
    }
    geom_cases_close(&cases);
    print_message("%u failures\n", n_failed);
    assert_true(n_failed > 300);
}

/* An arena that is too small is a refusal of its own kind. */
static void test_geom_json_beyond_the_limit_of_the_arena_is_too_large(void **state)
{
    struct geom_cases cases;
    unsigned n = 0;

    (void)state;
    geom_cases_open(&cases, "geom.native.jsonl.xz");
    for (unsigned i = 0; i < cases.n; i++) {
        struct weh_arena arena;
        weh_err err;

        weh_arena_init(&arena, 256);
        err = read_and_measure(cases.items[i].in, &arena);
        assert_int_not_equal(err, WEH_E_CORRUPT);
        n += err == WEH_E_TOO_LARGE || err == WEH_E_NOMEM;
        weh_arena_fini(&arena);
    }
    geom_cases_close(&cases);
    assert_true(n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geom_json_and_box_survive_any_failed_allocation),
        cmocka_unit_test(test_geom_json_beyond_the_limit_of_the_arena_is_too_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
